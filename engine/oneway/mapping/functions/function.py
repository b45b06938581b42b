"""The definition of a library function: its signature, examples, and how to call it.

Functions are pure: the only present they know is `Context.as_of`. They are total: whatever
JSON they are given, they return JSON or raise `EvaluationError` with a sentence that never
holds the data itself, for the data are people's names and bank accounts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum
from functools import partial

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.mapping.functions.node_tree import NodeTree, TreeRow

MAX_TEXT = 100_000
"""The longest text, in characters, that a function returns."""


MAX_ITEMS = 100_000
"""The longest list that a function makes of a text."""


class EvaluationError(Exception):
    """An expression has no value on a record; `summary` says why, without the record's values."""

    def __init__(self, summary: str) -> None:
        self.summary = summary
        super().__init__(summary)


class OverBudget(EvaluationError):
    """An expression costs more on a record than it may."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an evaluation knows besides the record: the run's instant and the settings.

    `as_of` is aware; `zone` decides which day it is. `settings` may hold secrets, so the repr
    omits them.
    """

    as_of: datetime
    settings: Mapping[str, Value] = field(default_factory=dict, repr=False)
    zone: tzinfo = UTC
    strict: bool = False
    """Whether a value that to_number() cannot read is an error, as in every mapping. JMESPath's
    own answer is null, which would clear a field."""
    trees: Mapping[str, NodeTree] = field(default_factory=dict, repr=False)
    """The trees that lookup tables make, by the names of the references."""

    @property
    def today(self) -> date:
        """The day of `as_of` in `zone`."""
        return self.as_of.astimezone(self.zone).date()

    def later(self, days: int) -> "Context":
        """Return the same context some days later; itself where the calendar ends before."""
        try:
            return replace(self, as_of=self.as_of + timedelta(days=days))
        except OverflowError:
            return self


class Uses(Enum):
    """What a function reads beside its arguments."""

    NOTHING = "nothing"
    TODAY = "today"
    SETTINGS = "settings"
    NAMED = "named expressions"
    TREES = "trees"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function.

    `types` are JMESPath's (string, number, boolean, array, object, null), and `integer` and `any`.
    `check` raises `EvaluationError` for an argument that can never work; literals are checked when
    an expression is parsed. A `lazy` parameter reaches the function as a `LazyArgument`: the
    function evaluates it where needed, or not at all.
    """

    name: str
    types: tuple[str, ...] = ("string",)
    description: str = ""
    optional: bool = False
    variadic: bool = False
    check: Callable[[Value], None] | None = None
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class LazyArgument:
    """An argument that is evaluated when called."""

    evaluate: Callable[[], Value]

    def __call__(self) -> Value:
        return self.evaluate()


@dataclass(frozen=True, slots=True)
class Example:
    """An expression, the record it is evaluated on, and the result."""

    expression: str
    data: Value
    result: Value
    as_of: str = "2026-03-31T04:00:00+00:00"
    settings: Mapping[str, Value] = field(default_factory=dict)
    let: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Value] = field(default_factory=dict)
    trees: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    """The parents of the nodes of each tree, by their keys."""

    @property
    def context(self) -> Context:
        """What the expression is evaluated in."""
        trees = {
            name: NodeTree(name, {identity(k): (TreeRow(k, parent),) for k, parent in rows.items()})
            for name, rows in self.trees.items()
        }
        return Context(datetime.fromisoformat(self.as_of), self.settings, trees=trees)


@dataclass(frozen=True, slots=True)
class Function:
    """A library function.

    `call` takes the arguments, after the `Context` where `uses` says so. Where the first
    parameter does not accept null, null in is null out, so that an optional field fails no
    record; `call` is not asked then.
    """

    name: str
    parameters: tuple[Parameter, ...]
    returns: str
    summary: str
    examples: tuple[Example, ...]
    call: Callable[..., Value]
    uses: Uses = Uses.NOTHING

    @property
    def signature(self) -> str:
        """The call as an integrator writes it: `pad_left(text, width, [fill])`."""
        return f"{self.name}({', '.join(_shown(p) for p in self.parameters)})"

    @property
    def fewest(self) -> int:
        """The least number of arguments."""
        return sum(not p.optional for p in self.parameters)

    @property
    def most(self) -> int | None:
        """The largest number of arguments, or None for any number."""
        variadic = any(p.variadic for p in self.parameters)
        return None if variadic else len(self.parameters)

    @property
    def null_in_null_out(self) -> bool:
        """Whether null as the first argument is null as the result."""
        return bool(self.parameters) and not {"null", "any"} & set(self.parameters[0].types)

    def parameter(self, position: int) -> Parameter:
        """Return the parameter of the argument at a position."""
        return self.parameters[min(position, len(self.parameters) - 1)]


def _shown(parameter: Parameter) -> str:
    name = f"{parameter.name}..." if parameter.variadic else parameter.name
    return f"[{name}]" if parameter.optional else name


TYPE_WORDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "array-number": "a list of numbers",
    "array-string": "a list of texts",
    "expref": "an expression with &",
}


def type_name(value: object) -> str:
    """Return the JMESPath type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def wrong_type(function: str, wanted: Sequence[str], given: str) -> EvaluationError:
    """Return the error of an argument of the wrong type; the types are JMESPath's."""
    words = " or ".join(TYPE_WORDS.get(name, name) for name in wanted)
    hint = "; to_text() makes text of it" if wanted == ("string",) and given == "number" else ""
    return EvaluationError(f"{function}() needs {words}, not {TYPE_WORDS.get(given, given)}{hint}")


def invoke(
    function: Function, arguments: Sequence[Value | LazyArgument], context: Context
) -> Value:
    """Call a function on arguments; raise `EvaluationError`.

    An argument of a lazy parameter may be a `LazyArgument`, or its value.
    """
    if len(arguments) < function.fewest or len(arguments) > _most(function, arguments):
        raise EvaluationError(f"{function.signature} is given {len(arguments)} arguments")
    if arguments and arguments[0] is None and function.null_in_null_out:
        return None
    checked = tuple(_checked(function, arguments))
    with_context = checked if function.uses is Uses.NOTHING else (context, *checked)
    result = function.call(*with_context)
    if isinstance(result, str):
        within_limit(len(result))
    return result


def _most(function: Function, arguments: Sequence[Value | LazyArgument]) -> int:
    return len(arguments) if function.most is None else function.most


def within_limit(length: int) -> None:
    """Raise `EvaluationError` if a text of so many characters is too long."""
    if length > MAX_TEXT:
        raise EvaluationError(f"the text would be longer than {MAX_TEXT:,} characters")


def _checked(
    function: Function, arguments: Sequence[Value | LazyArgument]
) -> Iterator[Value | LazyArgument]:
    for position, argument in enumerate(arguments):
        if isinstance(argument, LazyArgument):
            yield argument
        elif function.parameter(position).lazy:
            yield LazyArgument(partial(_itself, argument))
        else:
            yield checked_argument(function, position, argument)


def _itself(value: Value) -> Value:
    return value


def checked_argument(function: Function, position: int, argument: Value) -> Value:
    """Return an argument as a function takes it; raise `EvaluationError` if it does not."""
    parameter = function.parameter(position)
    value = _of_type(function, parameter, argument)
    if parameter.check is not None:
        parameter.check(value)
    return value


def _of_type(function: Function, parameter: Parameter, argument: Value) -> Value:
    given = type_name(argument)
    if given in parameter.types or "any" in parameter.types:
        return argument
    if "integer" in parameter.types:
        whole = _whole(argument)
        if whole is not None:
            return whole
    raise wrong_type(function.name, parameter.types, given)


def _whole(value: Value) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None
