"""A plan from plain JSON data; anything out of shape raises KeyError, TypeError or ValueError."""

from collections.abc import Callable
from typing import Any, TypeVar

from oneway.core.diagnostics import Span
from oneway.core.records import Compare, Value
from oneway.core.seal import Sealed
from oneway.planning.plan import (
    Action,
    Allowance,
    Awaits,
    Change,
    Claim,
    Kind,
    Miss,
    Outcome,
    Plan,
    PlanConnection,
    PlanInput,
    Read,
    Reason,
    Verb,
)
from oneway.planning.plan_file.written import Data

T = TypeVar("T")


def plan_of(data: Data) -> Plan:
    """Return the plan whose content this is; the caller compares both for what is left over."""
    mapping = data["mapping"]
    return Plan(
        mapping=_text(mapping["name"]),
        mapping_file=_text(mapping["file"]),
        mapping_digest=_text(mapping["digest"]),
        as_of=_text(data["as_of"]),
        settings=dict(data["settings"]),
        connection=_optional(connection_of_data, data["connection"]),
        inputs={role: input_of_data(each) for role, each in data["inputs"].items()},
        reads=_each(_read, data["reads"]),
        managed=_count(data["managed"]),
        outcomes=_each(_outcome, data["outcomes"]),
        misses=_each(_miss, data["misses"]),
        allowed=_each(_allowance, data["allowed"]),
    )


def connection_of_data(data: Data) -> PlanConnection:
    """Return a plan's connection."""
    return PlanConnection(name=_text(data["name"]), file=_text(data["file"]))


def input_of_data(data: Data) -> PlanInput:
    """Return one input of a plan."""
    return PlanInput(
        connector=_text(data["connector"]),
        resource=_text(data["resource"]),
        options={name: _text(text) for name, text in data["options"].items()},
        file=_optional(_text, data["file"]),
    )


def _read(data: Data) -> Read:
    return Read(
        name=_text(data["name"]),
        records=_count(data["records"]),
        complete=_flag(data["complete"]),
        problems=_each(_text, data["problems"]),
    )


def _outcome(data: Data) -> Outcome:
    return Outcome(
        kind=Kind(data["kind"]),
        key=_text(data["key"]),
        label=_text(data["label"]),
        source_id=_optional(_text, data["source_id"]),
        target_id=_optional(_text, data["target_id"]),
        reasons=_each(_reason, data["reasons"]),
        actions=_each(_action, data["actions"]),
        has_access=_flag(data["has_access"]),
        key_digest=_text(data.get("key_digest", "")),
    )


def _reason(data: Data) -> Reason:
    return Reason(
        code=_text(data["code"]),
        text=_text(data["text"]),
        place=_optional(_place, data["place"]),
        candidates=_each(_text, data["candidates"]),
        warning=_flag(data["warning"]),
    )


def _action(data: Data) -> Action:
    return Action(
        id=_text(data["id"]),
        verb=Verb(data["verb"]),
        source_id=_optional(_text, data["source_id"]),
        target_id=_optional(_text, data["target_id"]),
        changes=_each(_change, data["changes"]),
        claims=_each(_claim, data["claims"]),
        depends_on=_each(_text, data["depends_on"]),
    )


def _change(data: Data) -> Change:
    return Change(
        field=_text(data["field"]),
        before=_value(data["before"]),
        after=_value(data["after"]),
        expression=_text(data["expression"]),
        place=_place(data["place"]),
        awaits=_optional(_awaits, data.get("awaits")),
    )


def _awaits(data: Data) -> Awaits:
    return Awaits(_text(data["action"]), _text(data["lookup"]))


def _claim(data: Data) -> Claim:
    return Claim(
        path=_text(data["path"]),
        value=_value(data["value"]),
        compare=Compare(data["compare"]),
    )


def _miss(data: Data) -> Miss:
    return Miss(
        reference=_text(data["reference"]),
        value=_text(data["value"]),
        found=_count(data["found"]),
        records=_count(data["records"]),
        field=_text(data["field"]),
    )


def _allowance(data: Data) -> Allowance:
    return Allowance(_text(data["guard"]), _count(data["ceiling"]), _text(data["by"]))


def _value(data: Data) -> Value | Sealed:
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


def _each(read: Callable[[Any], T], data: object) -> tuple[T, ...]:
    if not isinstance(data, list):
        raise TypeError("not a list")
    return tuple(read(each) for each in data)


def _optional(read: Callable[[Any], T], data: object) -> T | None:
    return None if data is None else read(data)
