"""Names types and values in an integrator's words."""

from collections.abc import Iterable, Sequence

from oneway.documents.yaml_source import shown

_EXPECTED = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object (keys with values)",
    "null": "nothing",
}
_LONGEST_NUMBER = 40


def expected(types: Sequence[str]) -> str:
    """Return how to name what some JSON types allow."""
    return " or ".join(_EXPECTED.get(name, name) for name in types)


def found(value: object) -> str:
    """Return how to name a value that was found, short enough for a message."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            text = str(value)
            return f"the number {text}" if len(text) <= _LONGEST_NUMBER else "a very long number"
        case str():
            return f"the text {shown(value)}"
        case list():
            return "a list"
        case _:
            return "an object (keys with values)"


def type_help(types: Sequence[str], value: object) -> str:
    """Return what to do about a value of the wrong type, where that is plain."""
    if "boolean" in types and isinstance(value, str):
        return "only true and false are switches; yes, no, on and off are text"
    if "string" in types and isinstance(value, bool | int | float):
        return "put it in quotes"
    if "string" in types and isinstance(value, list | dict):
        return "text or an expression that begins with [ or { must be in quotes"
    if value is None:
        return "give it a value, or take the key out"
    return ""


def one_of(allowed: Iterable[object]) -> str:
    """Return how to name the values that are allowed."""
    words = [str(a).lower() if isinstance(a, bool) else str(a) for a in allowed]
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


def listed(keys: Iterable[str]) -> str:
    """Return keys in a row, each in quotes."""
    return ", ".join(f"'{key}'" for key in keys)
