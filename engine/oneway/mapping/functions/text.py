"""Functions that cut, join and fill text."""

import re

from oneway.core.records import Value
from oneway.mapping.functions.function import (
    MAX_ITEMS,
    EvaluationError,
    Example,
    Function,
    Parameter,
    within_limit,
)
from oneway.mapping.functions.values import as_text

MAX_WIDTH = 1000


class _OnlyDigits(dict[int, int | None]):
    """What becomes of each character: nothing, unless it is one of the digits 0 to 9."""

    def __missing__(self, code: int) -> None:
        """Leave out any other character."""


_DIGITS = _OnlyDigits({code: code if chr(code).isdigit() else None for code in range(128)})
"""Without a call for each of the usual characters: much faster than a pattern."""


def _not_empty(value: Value) -> None:
    if value == "":
        raise EvaluationError("the text to look for is empty")


def _width(value: Value) -> None:
    if isinstance(value, int) and not 0 <= value <= MAX_WIDTH:
        raise EvaluationError(f"a width is from 0 to {MAX_WIDTH}")


def _count(value: Value) -> None:
    if isinstance(value, int) and value < 0:
        raise EvaluationError("a number of characters is not negative")


def _one_character(value: Value) -> None:
    if isinstance(value, str) and len(value) != 1:
        raise EvaluationError("the text to fill with is one character")


def replace(text: str, old: str, new: str) -> str:
    """Return the text with every `old` replaced."""
    within_limit(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def substring(text: str, start: int, length: int | None = None) -> str:
    """Return characters from `start`, counted from 0, or from the end where it is negative."""
    first = max(len(text) + start, 0) if start < 0 else start
    return text[first:] if length is None else text[first : first + length]


def pad_left(text: str, width: int, fill: str = " ") -> str:
    """Return the text filled on the left to a width; longer text stays as it is."""
    return text.rjust(width, fill)


def pad_right(text: str, width: int, fill: str = " ") -> str:
    """Return the text filled on the right to a width; longer text stays as it is."""
    return text.ljust(width, fill)


def digits(text: str) -> str:
    """Return the digits 0 to 9 of a text; digits of other scripts are not digits of a code."""
    return text.translate(_DIGITS)


def letters(text: str) -> str:
    """Return the letters of a text, those of every script."""
    return "".join(c for c in text if c.isalpha())


def split(text: str, separator: str) -> list[Value]:
    """Return the parts of the text between separators."""
    if text.count(separator) >= MAX_ITEMS:
        raise EvaluationError(f"the list would hold more than {MAX_ITEMS:,} texts")
    return [*text.split(separator)]


def concat(*values: Value) -> str:
    """Return the values as one text; null is nothing."""
    parts = ["" if value is None else as_text(value) for value in values]
    within_limit(sum(map(len, parts)))
    return "".join(parts)


def group(text: str, size: int, separator: str) -> str:
    """Return the text with a separator after each `size` characters."""
    if size < 1:
        raise EvaluationError("a group has at least one character")
    within_limit(len(text) + len(text) // size * len(separator))
    return separator.join(text[i : i + size] for i in range(0, len(text), size))


def after(text: str, separator: str) -> str | None:
    """Return the text after the first separator, or null without one."""
    _, found, rest = text.partition(separator)
    return rest if found else None


def word(text: str, number: int, separators: str = " ") -> str | None:
    """Return the word at a position counted from 1, or null if there are fewer."""
    words = [w for w in re.split(f"[{re.escape(separators)}]+", text) if w]
    return words[number - 1] if 0 < number <= len(words) else None


def index_of(text: str, part: str) -> int | None:
    """Return where a part first stands, counted from 0, or null if it does not."""
    position = text.find(part)
    return None if position < 0 else position


_TEXT = Parameter("text")
_SEPARATOR = Parameter("separator", check=_not_empty)
_COUNT = Parameter("count", ("integer",), check=_count)

FUNCTIONS = (
    Function(
        "trim",
        (_TEXT,),
        "string",
        "The text without white space at both ends.",
        (
            Example("trim(name)", {"name": "  Ada "}, "Ada"),
            Example("trim(name)", {"name": None}, None),
        ),
        str.strip,
    ),
    Function(
        "normalize_spaces",
        (_TEXT,),
        "string",
        "The text with each run of white space as one space, and none at the ends.",
        (
            Example(
                "normalize_spaces(name)", {"name": " Ada \t Mary  Lovelace "}, "Ada Mary Lovelace"
            ),
        ),
        lambda text: " ".join(text.split()),
    ),
    Function(
        "remove_spaces",
        (_TEXT,),
        "string",
        "The text without any white space.",
        (Example("remove_spaces(phone)", {"phone": "01632 960 001"}, "01632960001"),),
        lambda text: "".join(text.split()),
    ),
    Function(
        "lower",
        (_TEXT,),
        "string",
        "The text in lower case.",
        (Example("lower(email)", {"email": "Ada@Example.com"}, "ada@example.com"),),
        str.lower,
    ),
    Function(
        "upper",
        (_TEXT,),
        "string",
        "The text in upper case.",
        (Example("upper(code)", {"code": "hr1"}, "HR1"),),
        str.upper,
    ),
    Function(
        "concat",
        (Parameter("value", ("string", "number", "boolean", "null"), variadic=True),),
        "string",
        "All values as one text; null adds nothing, and numbers are written as by to_text().",
        (
            Example(
                "concat(first, ' ', last)", {"first": "Ada", "last": "Lovelace"}, "Ada Lovelace"
            ),
            Example("concat(code, '.test')", {"code": None}, ".test"),
        ),
        concat,
    ),
    Function(
        "replace",
        (_TEXT, Parameter("old", check=_not_empty), Parameter("new")),
        "string",
        "The text with every `old` replaced by `new`; case counts.",
        (
            Example(
                "replace(email, '@old.example', '@example.com')",
                {"email": "ada@old.example"},
                "ada@example.com",
            ),
        ),
        replace,
    ),
    Function(
        "split",
        (_TEXT, _SEPARATOR),
        "array",
        "The parts of the text between separators.",
        (Example("split(tags, ',')", {"tags": "a,b,,c"}, ["a", "b", "", "c"]),),
        split,
    ),
    Function(
        "substring",
        (
            _TEXT,
            Parameter("start", ("integer",), "counted from 0; negative: from the end"),
            Parameter("length", ("integer",), optional=True, check=_count),
        ),
        "string",
        "Part of the text; positions beyond its end add nothing.",
        (
            Example("substring(code, `2`)", {"code": "HR0042"}, "0042"),
            Example("substring(code, `0`, `2`)", {"code": "HR0042"}, "HR"),
            Example("substring(code, `-2`)", {"code": "HR0042"}, "42"),
        ),
        substring,
    ),
    Function(
        "left",
        (_TEXT, _COUNT),
        "string",
        "The first characters of the text.",
        (Example("left(first, `1`)", {"first": "Ada"}, "A"),),
        lambda text, count: text[:count],
    ),
    Function(
        "right",
        (_TEXT, _COUNT),
        "string",
        "The last characters of the text.",
        (Example("right(account, `4`)", {"account": "00000042"}, "0042"),),
        lambda text, count: text[-count:] if count else "",
    ),
    Function(
        "pad_left",
        (
            _TEXT,
            Parameter("width", ("integer",), check=_width),
            Parameter("fill", optional=True, check=_one_character),
        ),
        "string",
        "The text filled on the left up to a width (at most 1000), with spaces or `fill`.",
        (Example("pad_left(code, `6`, '0')", {"code": "42"}, "000042"),),
        pad_left,
    ),
    Function(
        "pad_right",
        (
            _TEXT,
            Parameter("width", ("integer",), check=_width),
            Parameter("fill", optional=True, check=_one_character),
        ),
        "string",
        "The text filled on the right up to a width (at most 1000), with spaces or `fill`.",
        (Example("pad_right(code, `6`, '0')", {"code": "42"}, "420000"),),
        pad_right,
    ),
    Function(
        "digits",
        (_TEXT,),
        "string",
        "The digits 0 to 9 of the text.",
        (Example("digits(sortCode)", {"sortCode": "00-00-42"}, "000042"),),
        digits,
    ),
    Function(
        "letters",
        (_TEXT,),
        "string",
        "The letters of the text, of every script.",
        (Example("letters(code)", {"code": "HR-0042"}, "HR"),),
        letters,
    ),
    Function(
        "group",
        (_TEXT, Parameter("size", ("integer",)), Parameter("separator")),
        "string",
        "The text with a separator after each `size` characters: a sort code from its digits.",
        (Example("group(digits(sortCode), `2`, '-')", {"sortCode": "000042"}, "00-00-42"),),
        group,
    ),
    Function(
        "before",
        (_TEXT, _SEPARATOR),
        "string",
        "The part before the first separator; the whole text without one.",
        (
            Example("before(department, ' - ')", {"department": "HR - People"}, "HR"),
            Example("before(department, ' - ')", {"department": "HR"}, "HR"),
        ),
        lambda text, separator: text.partition(separator)[0],
    ),
    Function(
        "after",
        (_TEXT, _SEPARATOR),
        "string or null",
        "The part after the first separator; null without one.",
        (
            Example("after(department, ' - ')", {"department": "HR - People"}, "People"),
            Example("after(department, ' - ')", {"department": "HR"}, None),
        ),
        after,
    ),
    Function(
        "word",
        (
            _TEXT,
            Parameter("number", ("integer",), "counted from 1"),
            Parameter(
                "separators",
                description="each of its characters separates words",
                optional=True,
                check=_not_empty,
            ),
        ),
        "string or null",
        "One word of the text; null if it has fewer.",
        (
            Example("word(name, `2`)", {"name": "Ada Mary Lovelace"}, "Mary"),
            Example("word(code, `3`, '-/')", {"code": "UK-HR/42"}, "42"),
        ),
        word,
    ),
    Function(
        "index_of",
        (_TEXT, Parameter("part", check=_not_empty)),
        "number or null",
        "The position of a part's first occurrence, counted from 0; null if it does not occur.",
        (Example("index_of(code, '-')", {"code": "HR-42"}, 2),),
        index_of,
    ),
    Function(
        "starts_with_any",
        (_TEXT, Parameter("prefix", variadic=True)),
        "boolean",
        "Whether the text starts with one of the prefixes; case counts.",
        (Example("starts_with_any(code, 'C', 'X')", {"code": "X42"}, True),),
        lambda text, *prefixes: text.startswith(prefixes),
    ),
)
