"""Splits an expression into its parts: the text of each, and its value on one record."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import did_you_mean
from oneway.core.paths import path_text
from oneway.core.records import Value, holds
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.expressions.expression import Expression
from oneway.mapping.expressions.syntax import SAME_SCOPE, Node, path_in
from oneway.mapping.expressions.table_rows import is_table, rows_of
from oneway.mapping.functions import Context, EvaluationError


@dataclass(frozen=True, slots=True)
class EvaluationStep:
    """One part of an expression, and its result on a record.

    `stated` is False if the record lacks a key that the part reads. `error` says why the part
    cannot be evaluated, or is "". `reason` says why a path finds nothing.
    """

    text: str
    value: Value = None
    stated: bool = True
    error: str = ""
    reason: str = ""


def steps_of(expression: Expression, data: Value, context: Context) -> tuple[EvaluationStep, ...]:
    """Return the parts of an expression in the order of evaluation, the whole last.

    Each part occurs once. A part that is evaluated on other data than the record, such as the items
    of a list, belongs to the part around it.
    """
    found = {step.text: step for step in _steps(expression.tree, data, context)}
    return tuple(found.values())


def _steps(node: Node, data: Value, context: Context) -> Iterator[EvaluationStep]:
    if node["type"] == "pipe":
        left, right = node["children"]
        yield from _steps(left, data, context)
        first = _step(left, data, context)
        if not first.error:
            yield from _steps(right, first.value, context)
    elif is_table(node):
        yield from _steps_of_rows(node, data, context)
    elif node["type"] in SAME_SCOPE:
        for child in node["children"]:
            yield from _steps(child, data, context)
    if node["type"] not in ("literal", "expref", "current", "identity"):
        yield _step(node, data, context)


def _steps_of_rows(node: Node, data: Value, context: Context) -> Iterator[EvaluationStep]:
    """Yield the columns of a table of rules, and the condition of the first row that fits."""
    for condition, then in rows_of(node):
        for compared in _comparators(condition):
            yield from _steps(compared["children"][0], data, context)
        found = _step(condition, data, context)
        if holds(found.value):
            yield found
            yield from _steps(then, data, context)
            return


def _comparators(condition: Node) -> Iterator[Node]:
    if condition["type"] == "comparator":
        yield condition
    elif condition["type"] != "literal":
        for child in condition["children"]:
            yield from _comparators(child)


def _step(node: Node, data: Value, context: Context) -> EvaluationStep:
    text = shown_text(node)
    if node["type"] == "key_val_pair":
        node = node["children"][0]
    try:
        answer = evaluated(node, data, context)
    except EvaluationError as error:
        return EvaluationStep(text, error=str(error))
    reason = _reason(path_in(node) or (), data) if answer.value is None else ""
    return EvaluationStep(text, answer.value, answer.stated, reason=reason)


def _reason(keys: Sequence[str], data: Value) -> str:
    """Return why a path finds nothing: its first key that is missing."""
    for at, key in enumerate(keys):
        before = path_text(keys[:at]) or "the record"
        match data:
            case dict() if key in data:
                data = data[key]
            case dict():
                near = did_you_mean(key, data)
                return f"{before} has no key '{key}'{f'; {near}' if near else ''}"
            case list():
                items = f"{path_text(keys[:at])}[].{path_text(keys[at:])}"
                return f"{before} is a list: for each item, write {items}"
            case None:
                return f"{before} is null"
            case _:
                return f"{before} is not an object, so it has no keys"
    return ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A place where an expression goes one of two ways, depending on `condition`."""

    text: str
    condition: Expression
    yes: str
    no: str


def branches(expression: Expression) -> Iterator[Branch]:
    """Yield each `||`, `&&` and `iif` that an expression evaluates on the record itself."""
    for node in _in_scope(expression.tree):
        if is_table(node):
            yield from _rows(expression, node)
            continue
        is_call = node["type"] == "function_expression"
        words = _BRANCHES.get(str(node["value"]) if is_call else node["type"])
        if words is not None:
            text = text_of(node["children"][0])
            condition = replace(expression, text=text, tree=node["children"][0])
            yield Branch(shown_text(node), condition, *words)


FITS = "fits"
"""The way of a row that decides, in a table of rules."""


def _rows(expression: Expression, node: Node) -> Iterator[Branch]:
    for condition, _ in rows_of(node):
        if condition["type"] != "literal":  # a row without conditions fits everything
            text = text_of(condition)
            asked = replace(expression, text=text, tree=condition)
            yield Branch(f"{shown_text(node)}, {text}", asked, FITS, "does not fit")


_BRANCHES = {
    "or_expression": ("left answers", "right answers"),
    "and_expression": ("right answers", "left answers"),
    "iif": ("then", "otherwise"),
}


def _in_scope(node: Node) -> Iterator[Node]:
    yield node
    children = [then for _, then in rows_of(node)] if is_table(node) else node["children"]
    for child in children if node["type"] in SAME_SCOPE else ():
        yield from _in_scope(child)


def shown_text(node: Node) -> str:
    """Return the text of a syntax tree for people; for a table of rules, only its name."""
    return text_of(_shortened(node))


def _shortened(node: Node) -> Node:
    if node["type"] == "slice":
        return node
    children = node["children"][:1] if is_table(node) else node["children"]
    return {**node, "children": [_shortened(each) for each in children]}


def text_of(node: Node) -> str:
    """Return a syntax tree as text: perhaps another spelling, but the same tree."""
    kind, children = node["type"], node["children"]
    match kind:
        case "field":
            return _identifier(str(node["value"]))
        case "literal":
            return literal_text(node["value"])
        case "current":
            return "@"
        case "identity":
            return ""
        case "index":
            return f"[{node['value']}]"
        case "slice":
            return _slice(cast(list[int | None], children))
        case "expref":
            return f"&{_bound(children[0], _TIGHTEST)}"
        case "not_expression":
            # `!a.b` is `(!a).b`: brackets around any operand but a single word
            one = children[0]["type"] in ("field", "function_expression", "literal", "current")
            return f"!{text_of(children[0])}" if one else f"!({text_of(children[0])})"
        case "function_expression":
            return f"{node['value']}({', '.join(map(text_of, children))})"
        case "multi_select_list":
            return f"[{', '.join(map(text_of, children))}]"
        case "multi_select_dict":
            return f"{{{', '.join(map(text_of, children))}}}"
        case "key_val_pair":
            return f"{_identifier(str(node['value']))}: {text_of(children[0])}"
        case "comparator" | "or_expression" | "and_expression" | "pipe":
            return _infix(node)
        case _:
            return _postfix(node)


def _slice(bounds: list[int | None]) -> str:
    start, stop, step = ("" if each is None else str(each) for each in bounds)
    return f"[{start}:{stop}:{step}]" if step else f"[{start}:{stop}]"


_SIGNS = {"lt": "<", "lte": "<=", "eq": "==", "ne": "!=", "gte": ">=", "gt": ">"}
_BINDING = {"pipe": 1, "or_expression": 2, "and_expression": 3, "comparator": 5}
_TIGHTEST = 9


def _infix(node: Node) -> str:
    signs = {"pipe": "|", "or_expression": "||", "and_expression": "&&"}
    sign = signs.get(node["type"]) or _SIGNS[node["value"]]
    strength = _BINDING[node["type"]]
    left, right = node["children"]
    return f"{_bound(left, strength)} {sign} {_bound(right, strength + 1)}"


def _bound(node: Node, strength: int) -> str:
    text = text_of(node)
    return f"({text})" if _BINDING.get(node["type"], _TIGHTEST) < strength else text


def _postfix(node: Node) -> str:
    """Return the text of what a step can follow: `a.b`, `a[0]`, `a[*].b`, `a[?c].b`, `a.*`."""
    first, *rest = node["children"]
    left = _led(first)
    if first["type"] == "subexpression" and node["type"] in ("index_expression", "projection"):
        left = f"({left})"  # a bracket binds more tightly than a dot
    match node["type"]:
        case "subexpression":
            return ".".join((left, *map(text_of, rest)))
        case "index_expression":
            return left + "".join(map(text_of, rest))
        case "flatten":
            return f"{left}[]"
        case "filter_projection":
            right, condition = rest
            return f"{left}[?{text_of(condition)}]{_tail(right)}"
        case "value_projection":
            return f"{left}.*{_tail(rest[0])}" if left else f"*{_tail(rest[0])}"
        case _:  # a projection of a list depends on its left side
            star = "" if _projects(first) else "[*]"
            return f"{left}{star}{_tail(rest[0])}"


def _projects(node: Node) -> bool:
    """Return whether a node is itself iterated over by a projection: `a[]` or `a[0:2]`."""
    if node["type"] == "flatten":
        return True
    children = node["children"]
    return node["type"] == "index_expression" and children[-1]["type"] == "slice"


def _led(node: Node) -> str:
    # what follows a projection belongs to it, unless in brackets
    return f"({text_of(node)})" if node["type"] in _LOOSE else _bound(node, _TIGHTEST)


_LOOSE = ("projection", "filter_projection", "value_projection", "not_expression")


def _tail(node: Node) -> str:
    text = text_of(node)
    bracketed = text.startswith("[") and node["type"] != "multi_select_list"
    return text if not text or bracketed else f".{text}"


def _identifier(name: str) -> str:
    plain = name.isascii() and name.isidentifier()
    return name if plain else json.dumps(name)


def literal_text(value: Value) -> str:
    """Return a constant as an expression."""
    if isinstance(value, str) and "\\" not in value:  # in single quotes, a backslash is literal
        return "'" + value.replace("'", "\\'") + "'"
    return "`" + json.dumps(value, ensure_ascii=False).replace("`", "\\`") + "`"
