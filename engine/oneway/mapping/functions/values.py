"""Functions over values of any kind: blank or not, converted, translated, chosen."""

import re

from oneway.core.records import Value, holds, identity, is_blank
from oneway.mapping.functions.function import (
    Context,
    EvaluationError,
    Example,
    Function,
    Parameter,
    Uses,
)

_INTEGER = re.compile(r"[+-]?[0-9]{1,300}(\.0{0,300})?")
_LARGEST = 10**300
_TRUE = frozenset({"true", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "no", "n", "off", "0"})


def as_text(value: Value) -> str:
    """Return a text, number or boolean as text: 42.0 is "42", true is "true"."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    # Not isfinite(): it cannot take an integer of 400 digits. NaN compares as false.
    if isinstance(value, int | float) and abs(value) < _LARGEST:
        return str(int(value)) if value == int(value) else repr(value)
    raise EvaluationError("the value has no form as text")


def to_integer(value: str | int | float) -> int | None:
    """Return a whole number, or null for blank text."""
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if _INTEGER.fullmatch(text):
            return int(text.partition(".")[0])
    elif abs(value) < _LARGEST and value == int(value):
        return int(value)
    raise EvaluationError("to_integer() wants a whole number, or text that is one")


def to_boolean(value: str | int | float | bool) -> bool | None:
    """Return true or false, or null for blank text."""
    if isinstance(value, bool):
        return value
    word = as_text(value).strip().lower()
    if not word:
        return None
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise EvaluationError("to_boolean() knows true, yes, y, on, 1 and false, no, n, off, 0 only")


def map_value(value: str | int | float | bool, table: dict[str, Value], *other: Value) -> Value:
    """Return what a table holds for a value, written as text; else the default, if one is given."""
    key = as_text(value)
    if key in table:
        return table[key]
    if other:
        return other[0]
    raise EvaluationError("map_value() has no entry for this value, and no default")


def coalesce(*values: Value) -> Value:
    """Return the first value that is not blank, or null."""
    return next((value for value in values if not is_blank(value)), None)


def one_of(value: Value, options: list[Value]) -> bool:
    """Return whether a list holds the value; `42` is not `"42"`."""
    return identity(value) in {identity(option) for option in options}


def setting(context: Context, name: str) -> Value:
    """Return the value of a setting of the mapping."""
    if name not in context.settings:
        raise EvaluationError("the mapping has no setting of that name")
    return context.settings[name]


_ANY = Parameter("value", ("any",))
_SCALAR = Parameter("value", ("string", "number", "boolean"))

FUNCTIONS = (
    Function(
        "is_blank",
        (_ANY,),
        "boolean",
        "Whether the value is null, text of white space only, or an empty list or object.",
        (
            Example("is_blank(email)", {"email": "  "}, True),
            Example("is_blank(n)", {"n": 0}, False),
        ),
        is_blank,
    ),
    Function(
        "is_present",
        (_ANY,),
        "boolean",
        "Whether the value is not blank.",
        (Example("is_present(email)", {"email": "ada@example.com"}, True),),
        lambda value: not is_blank(value),
    ),
    Function(
        "default",
        (_ANY, Parameter("other", ("any",))),
        "any",
        "The value, or the other where it is blank.",
        (Example("default(knownAs, firstName)", {"knownAs": " ", "firstName": "Ada"}, "Ada"),),
        lambda value, other: other if is_blank(value) else value,
    ),
    Function(
        "coalesce",
        (Parameter("value", ("any",), variadic=True),),
        "any",
        "The first value that is not blank; null where all are.",
        (Example("coalesce(work, home, 'none')", {"work": "", "home": None}, "none"),),
        coalesce,
    ),
    Function(
        "iif",
        (
            Parameter("condition", ("any",)),
            Parameter("then", ("any",)),
            Parameter("otherwise", ("any",)),
        ),
        "any",
        "`then` where the condition holds, else `otherwise`; blank and false do not hold.",
        (Example("iif(status == 'Former', 'left', 'here')", {"status": "Former"}, "left"),),
        lambda condition, then, otherwise: then if holds(condition) else otherwise,
    ),
    Function(
        "map_value",
        (_SCALAR, Parameter("table", ("object",)), Parameter("default", ("any",), optional=True)),
        "any",
        "What the table holds for the value; numbers and booleans are looked up as text. A value"
        " that the table does not hold is the default, or an error where none is given.",
        (
            Example(
                """map_value(status, `{"0": "Current", "1": "Former"}`)""", {"status": 1}, "Former"
            ),
            Example(
                "map_value(gender, {M: 'Male', F: 'Female'}, 'Other')", {"gender": "X"}, "Other"
            ),
        ),
        map_value,
    ),
    Function(
        "one_of",
        (_ANY, Parameter("options", ("array",))),
        "boolean",
        "Whether the list holds the value; 42 is not '42'.",
        (Example("one_of(status, ['Current', 'Upcoming'])", {"status": "Current"}, True),),
        one_of,
    ),
    Function(
        "to_text",
        (_SCALAR,),
        "string",
        "A number or boolean as text; a whole number without a point.",
        (
            Example("to_text(code)", {"code": 42.0}, "42"),
            Example("to_text(flag)", {"flag": True}, "true"),
        ),
        as_text,
    ),
    Function(
        "to_integer",
        (Parameter("value", ("string", "number")),),
        "number or null",
        "A whole number, from a number or its text; blank text is null, anything else an error.",
        (Example("to_integer(code)", {"code": " 0042 "}, 42),),
        to_integer,
    ),
    Function(
        "to_boolean",
        (_SCALAR,),
        "boolean or null",
        "True for true, yes, y, on and 1, false for false, no, n, off and 0; blank text is null,"
        " anything else an error.",
        (Example("to_boolean(active)", {"active": "Yes"}, True),),
        to_boolean,
    ),
    Function(
        "setting",
        (Parameter("name", description="written out, in quotes"),),
        "any",
        "The value of one of the mapping's settings.",
        (
            Example(
                "setting('include_bank_details')", {}, True, settings={"include_bank_details": True}
            ),
        ),
        setting,
        Uses.SETTINGS,
    ),
)
