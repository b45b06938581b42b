"""Functions over values of any kind: blanks, conversions, translations, choices."""

import re

from oneway.core import decimal_marks
from oneway.core.compare import identity
from oneway.core.parsing import NUMBER, number_of
from oneway.core.records import Value, holds, is_blank
from oneway.core.unicode import normal
from oneway.core.yes_and_no import NO, YES
from oneway.mapping.functions.function import (
    Context,
    EvaluationError,
    Example,
    Function,
    LazyArgument,
    Parameter,
    Uses,
)

_INTEGER = re.compile(r"[+-]?[0-9]{1,300}(\.0{0,300})?")
_LARGEST = 10**300


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
    if is_blank(value):
        return None
    if isinstance(value, str):
        text = value.strip()
        if _INTEGER.fullmatch(text):
            return int(text.partition(".")[0])
    elif abs(value) < _LARGEST and value == int(value):
        return int(value)
    raise EvaluationError("to_integer() needs a whole number, or text that is one")


def to_number(value: Value) -> int | float | None:
    """Return a number, or null for null and blank text.

    JMESPath's own function gives null for all that it cannot read, so that `£28500` would clear
    a salary.
    """
    if is_blank(value):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return number_of(value.strip())
    raise EvaluationError(
        "to_number() needs a number, or text that is one, such as 41250.5; "
        "parse_number() reads 1.250,50 and 1,250.50"
    )


def parse_number(value: str | int | float, mark: str) -> int | float | None:
    """Return the number that a text holds by its decimal mark, or null for blank text."""
    if not isinstance(value, str):
        return value
    if is_blank(value):
        return None
    found = decimal_marks.number_in(value, mark)
    if found is None:
        like = _LIKE[mark]
        raise EvaluationError(f"parse_number() with '{mark}' needs text such as {like}")
    return found


_LIKE = {decimal_marks.POINT: "1,250.50 or 1250.5", decimal_marks.COMMA: "1.250,50 or 1250,5"}


def _check_mark(mark: Value) -> None:
    if mark not in decimal_marks.MARKS:
        raise EvaluationError("the decimal mark is '.' or ','")


def to_boolean(value: str | int | float | bool) -> bool | None:
    """Return true or false, or null for blank text."""
    if isinstance(value, bool):
        return value
    if is_blank(value):
        return None
    word = normal(as_text(value).strip().lower(), "NFC")
    if word in YES | NO:
        return word in YES
    raise EvaluationError(
        "to_boolean() knows yes, true, on, 1 and no, false, off, 0, and yes and no abroad"
    )


def map_value(
    value: str | int | float | bool, table: dict[str, Value], *other: LazyArgument
) -> Value:
    """Return the entry of a table for a value, written as text; else the default, if given."""
    key = as_text(value)
    if key in table:
        return table[key]
    if other:
        return other[0]()
    if is_blank(key):
        raise EvaluationError(
            "map_value() has no entry for blank text, and no default; "
            "write x && map_value(x, ...) if blank stays blank"
        )
    raise EvaluationError("map_value() has no entry for this value, and no default")


def default(value: Value, other: LazyArgument) -> Value:
    """Return the value, or the other where it is blank."""
    return other() if is_blank(value) else value


def coalesce(*values: LazyArgument) -> Value:
    """Return the first value that is not blank, or null."""
    return next((found for value in values if not is_blank(found := value())), None)


def iif(condition: Value, then: LazyArgument, otherwise: LazyArgument) -> Value:
    """Return one of two values; the other is not evaluated."""
    return then() if holds(condition) else otherwise()


def one_of(value: Value, options: list[Value]) -> bool:
    """Return whether a list holds the value; `42` is not `"42"`."""
    return identity(value) in {identity(option) for option in options}


def setting(context: Context, name: str) -> Value:
    """Return the value of a setting of the mapping."""
    if name not in context.settings:
        raise EvaluationError("the mapping has no setting of that name")
    return context.settings[name]


def let(context: Context, name: str) -> Value:
    """Refuse a named expression: a mapping's have been written out before it is evaluated."""
    del context, name
    raise EvaluationError("let() uses an expression of a mapping, and there is no mapping here")


def choose(context: Context, name: str) -> Value:
    """Refuse a table of rules: a mapping's have been written out before it is evaluated."""
    del context, name
    raise EvaluationError("choose() uses a table of a mapping, and there is no mapping here")


_ANY = Parameter("value", ("any",))
_SCALAR = Parameter("value", ("string", "number", "boolean"))

FUNCTIONS = (
    Function(
        "is_blank",
        (_ANY,),
        "boolean",
        "Whether the value is null, text that shows nothing, or an empty list or object.",
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
        (_ANY, Parameter("other", ("any",), lazy=True)),
        "any",
        "The value, or the other if it is blank. The other is evaluated only then.",
        (Example("default(knownAs, firstName)", {"knownAs": " ", "firstName": "Ada"}, "Ada"),),
        default,
    ),
    Function(
        "coalesce",
        (Parameter("value", ("any",), variadic=True, lazy=True),),
        "any",
        "The first value that is not blank; null if all are. Later values are not evaluated.",
        (Example("coalesce(work, home, 'none')", {"work": "", "home": None}, "none"),),
        coalesce,
    ),
    Function(
        "iif",
        (
            Parameter("condition", ("any",)),
            Parameter("then", ("any",), lazy=True),
            Parameter("otherwise", ("any",), lazy=True),
        ),
        "any",
        "`then` if the condition holds, else `otherwise`; blank and false do not hold. Only the"
        " chosen one is evaluated.",
        (
            Example("iif(status == 'Former', 'left', 'here')", {"status": "Former"}, "left"),
            Example("iif(start == 'tbc', null, parse_date(start))", {"start": "tbc"}, None),
        ),
        iif,
    ),
    Function(
        "map_value",
        (
            _SCALAR,
            Parameter("table", ("object",)),
            Parameter("default", ("any",), optional=True, lazy=True),
        ),
        "any",
        "The table's entry for the value; numbers and booleans are looked up as text. A value"
        " without an entry gives the default, or an error without one.",
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
        "Whether the list contains the value; 42 is not '42'.",
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
        "parse_number",
        (
            Parameter("value", ("string", "number")),
            Parameter("mark", description="the decimal mark: '.' or ','", check=_check_mark),
        ),
        "number or null",
        "The number in a text with that decimal mark, its thousands separated or not; blank text is"
        " null, anything else an error. A number stays as it is.",
        (
            Example("parse_number(salary, ',')", {"salary": "41.250,50"}, 41250.5),
            Example("parse_number(salary, '.')", {"salary": "41,250.50"}, 41250.5),
            Example("parse_number(hours, ',')", {"hours": "37,5"}, 37.5),
            Example("parse_number(pay, ',')", {"pay": "3.000"}, 3000),
        ),
        parse_number,
    ),
    Function(
        "to_boolean",
        (_SCALAR,),
        "boolean or null",
        "True for true, yes, y, on and 1, false for false, no, n, off and 0, and for yes and no in"
        " other languages (`oui`, `Nein`, `FALSCH`); blank text is null, anything else an error.",
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
    Function(
        "let",
        (Parameter("name", description="written out, in quotes"),),
        "any",
        "What one of the mapping's named expressions means here, as if it stood here in brackets.",
        (
            Example(
                "let('is_staff') && is_present(email)",
                {"type": "Employee", "email": "ada@example.com"},
                True,
                let={"is_staff": "type != 'Contractor'"},
            ),
        ),
        let,
        Uses.NAMED,
    ),
    Function(
        "choose",
        (Parameter("name", description="written out, in quotes"),),
        "any",
        "What the first row that fits says, in one of the mapping's tables of rules (`choices`).",
        (
            Example(
                "choose('access_level')",
                {"department": "OPS", "grade": "D"},
                3,
                choices={
                    "access_level": {
                        "columns": {"department": "department", "grade": "grade"},
                        "rows": [
                            {"department": "OPS", "grade": ["M", "D"], "then": 3},
                            {"department": "OPS", "then": 2},
                            {"then": 1},
                        ],
                    }
                },
            ),
        ),
        choose,
        Uses.NAMED,
    ),
)
