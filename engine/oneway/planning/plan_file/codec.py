"""Converts the dataclasses of a plan to plain JSON data and back, field by field.

Reading uses cattrs, writing does not: importing it takes a tenth of the time of a small plan.
Reading is strict: a number in place of text is refused, not converted. Any wrong shape raises
KeyError, TypeError, ValueError or AttributeError.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast, get_args, get_origin

from oneway.core.diagnostics import Span
from oneway.core.records import Value
from oneway.core.seal import Sealed
from oneway.planning.plan import Miss, Outcome, Quiet, Reason
from oneway.planning.plan_inputs import Read

if TYPE_CHECKING:
    from cattrs import Converter

Data = dict[str, Any]
T = TypeVar("T")
_Content: TypeAlias = Value | Sealed


def to_data(each: object) -> Any:
    """Return a part of a plan as JSON data, except outcomes (`outcome_text`)."""
    if isinstance(each, str | int | float | None) and not isinstance(each, Enum):
        return each
    if isinstance(each, Span):
        return place_text(each)
    if isinstance(each, Enum):
        return each.value
    if isinstance(each, Mapping):
        return {to_data(key): to_data(value) for key, value in each.items()}
    if isinstance(each, Sequence):
        return list(map(to_data, each))
    assert is_dataclass(each)
    optional = _OPTIONAL.get(type(each), ())
    said = [(one, getattr(each, one.name)) for one in fields(each) if one.init]
    return {
        one.name: to_data(value)
        for one, value in said
        if one.name not in optional or value != _default_of(one)
    }


def _default_of(field: "Field[Any]") -> object:
    return field.default if field.default is not MISSING else cast(Any, field.default_factory)()


_OPTIONAL: Mapping[type, Sequence[str]] = {
    Reason: ("value",),
    Miss: ("whose", "instead"),
    Read: ("stated", "unread", "valued", "left_out"),
}
"""Keys that are only written if set, because they are rare or missing in older plans."""


def of_data(kind: type[T], data: object) -> T:
    """Return a part of a plan, decoded; the caller checks that nothing was left over."""
    return _converter().structure(data, kind)


def place_text(place: Span) -> str:
    """Return a place as `file:line:column:end`."""
    return f"{place.file}:{place.line}:{place.column}:{place.end}"


@cache
def _converter() -> "Converter":
    # Imported here because importing it takes longer than the rest of a `--help`.
    from cattrs import Converter

    made = Converter(detailed_validation=False)
    made.register_structure_hook(Span, lambda data, _: _place(data))
    made.register_structure_hook_func(_is_value, lambda data, _: data)
    made.register_structure_hook_func(_is_content, lambda data, _: _content_of(data))
    made.register_structure_hook(str, lambda data, _: _text(data))
    made.register_structure_hook(int, lambda data, _: _count(data))
    made.register_structure_hook(bool, lambda data, _: _flag(data))

    def tuples(kind: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
        inner = get_args(kind)[0]
        read = made.get_structure_hook(inner)
        return lambda data, _: tuple(read(each, inner) for each in _list(data))

    made.register_structure_hook_factory(_is_tuple, tuples)
    whole = made.get_structure_hook(Outcome)
    made.register_structure_hook(
        Outcome,
        lambda data, kind: _quiet(data).outcome if isinstance(data, list) else whole(data, kind),
    )
    return made


def _quiet(data: list[object]) -> Quiet:
    *names, only_by_key = data
    key, source_id, label, target_id = map(_text, names)
    return Quiet(key, source_id, label, target_id, _flag(only_by_key))


def _is_value(kind: Any) -> bool:
    # Recognised by its parts, because the depth to which its recursion is resolved varies.
    return {float, str} <= set(get_args(kind))


def _is_content(kind: Any) -> bool:
    return {float, str, Sealed} <= set(get_args(kind))


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) in (tuple, Sequence)


def _content_of(data: Data) -> _Content:
    if "sealed" in data:
        return Sealed(_text(data["sealed"]))
    value: Value = data["value"]
    return value


def _place(data: object) -> Span:
    file, line, column, end = _text(data).rsplit(":", 3)
    return Span(file, int(line), int(column), int(end))


def _text(data: object) -> str:
    if not isinstance(data, str):
        raise TypeError("not text")
    return data


def _count(data: object) -> int:
    if type(data) is not int or data < 0:
        raise TypeError("not a count")
    return data


def _flag(data: object) -> bool:
    if not isinstance(data, bool):
        raise TypeError("not true or false")
    return data


def _list(data: object) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError("not a list")
    return data
