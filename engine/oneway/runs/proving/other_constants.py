"""Replaces one number or word of an expression by another one."""

from collections.abc import Collection, Iterator, Sequence

from oneway.core.records import Value
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import BY_NAME, Uses

OF_NAMES = frozenset(
    name for name, each in BY_NAME.items() if each.uses in (Uses.SETTINGS, Uses.NAMED)
)
"""Functions whose argument is a name, which no other word could replace."""
_OF_WORDS = frozenset(
    ("one_of", "contains", "starts_with", "ends_with", "iif", "map_value", "coalesce", "default")
)
"""Functions that compare a text with words, or return one; others take formats and patterns."""
_IN_WORDS = ("multi_select_list", "multi_select_dict", "key_val_pair")

Enums = Collection[Sequence[Value]]
"""The words that the record schema has, a list for each field."""


def other_constants(node: Node, enums: Enums, *, words: bool = False) -> Iterator[Node]:
    """Yield an expression with each of its numbers, and of the words that it compares, replaced."""
    match node["type"]:
        case "literal":
            for other in other_values(node["value"], enums, words=words):
                yield {**node, "value": other}
            return
        case "function_expression":
            if node["value"] in OF_NAMES:
                return
            words = node["value"] in _OF_WORDS
        case "comparator":
            words = True
        case _:
            words = words and node["type"] in _IN_WORDS
    for number, child in enumerate(node["children"]):
        if isinstance(child, dict):
            for one in other_constants(child, enums, words=words):
                children = list(node["children"])
                children[number] = one
                yield {**node, "children": children}


def other_values(value: Value, enums: Enums, *, words: bool = True) -> Iterator[Value]:
    """Yield a number plus one, another word, or a table or list with one entry replaced."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from ({**value, key: each} for each in other_values(one, enums, words=words))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            others = other_values(one, enums, words=words)
            yield from ([*value[:place], each, *value[place + 1 :]] for each in others)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value + 1
    elif isinstance(value, str) and value and words:
        yield _other_word(value, enums)


def _other_word(word: str, enums: Enums) -> Value:
    """Return the next word of the field that has this one, or a text that no field has."""
    known = next((each for each in enums if word in each and len(each) > 1), None)
    return f"not {word}" if known is None else known[(known.index(word) + 1) % len(known)]
