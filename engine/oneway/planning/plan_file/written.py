"""A plan as plain JSON data: every key of every object, always but one."""

from collections.abc import Callable
from typing import Any

from oneway.core.diagnostics import Span
from oneway.core.records import Value
from oneway.core.seal import Sealed
from oneway.planning.plan import (
    FORMAT,
    Action,
    Allowance,
    Awaits,
    Change,
    Claim,
    Miss,
    Outcome,
    Plan,
    PlanConnection,
    PlanInput,
    Read,
    Reason,
)

Data = dict[str, Any]


def content_of(plan: Plan) -> Data:
    """Return all that a plan says; the fingerprint is taken over it."""
    return {
        "oneway_plan": FORMAT,
        "mapping": {
            "name": plan.mapping,
            "file": plan.mapping_file,
            "digest": plan.mapping_digest,
        },
        "as_of": plan.as_of,
        "settings": dict(plan.settings),
        "connection": _optional(connection_data, plan.connection),
        "inputs": {role: input_data(each) for role, each in plan.inputs.items()},
        "reads": [_read(each) for each in plan.reads],
        "managed": plan.managed,
        "counts": plan.counts(),
        "outcomes": [_outcome(each) for each in plan.outcomes],
        "misses": [_miss(each) for each in plan.misses],
        "allowed": [_allowance(each) for each in plan.allowed],
    }


def connection_data(connection: PlanConnection) -> Data:
    """Return a plan's connection as JSON data."""
    return {"name": connection.name, "file": connection.file}


def input_data(each: PlanInput) -> Data:
    """Return one input of a plan as JSON data."""
    return {
        "connector": each.connector,
        "resource": each.resource,
        "options": dict(each.options),
        "file": each.file,
    }


def _read(read: Read) -> Data:
    return {
        "name": read.name,
        "records": read.records,
        "complete": read.complete,
        "problems": list(read.problems),
    }


def _outcome(outcome: Outcome) -> Data:
    return {
        "kind": outcome.kind.value,
        "key": outcome.key,
        "label": outcome.label,
        "source_id": outcome.source_id,
        "target_id": outcome.target_id,
        "reasons": [_reason(each) for each in outcome.reasons],
        "actions": [_action(each) for each in outcome.actions],
        "has_access": outcome.has_access,
        # There only where there is one: hardly any mapping has a sensitive key.
        **({"key_digest": outcome.key_digest} if outcome.key_digest else {}),
    }


def _reason(reason: Reason) -> Data:
    return {
        "code": reason.code,
        "text": reason.text,
        "place": _optional(place_text, reason.place),
        "candidates": list(reason.candidates),
        "warning": reason.warning,
    }


def _action(action: Action) -> Data:
    return {
        "id": action.id,
        "verb": action.verb.value,
        "source_id": action.source_id,
        "target_id": action.target_id,
        "changes": [_change(each) for each in action.changes],
        "claims": [_claim(each) for each in action.claims],
        "depends_on": list(action.depends_on),
    }


def _change(change: Change) -> Data:
    awaits = change.awaits
    return {
        "field": change.field,
        "before": _value(change.before),
        "after": _value(change.after),
        "expression": change.expression,
        "place": place_text(change.place),
        **({} if awaits is None else _awaits(awaits)),
    }


def _awaits(awaits: Awaits) -> Data:
    return {"awaits": {"action": awaits.action, "lookup": awaits.lookup}}


def _claim(claim: Claim) -> Data:
    return {
        "path": claim.path,
        "value": _value(claim.value),
        "compare": claim.compare.value,
    }


def _miss(miss: Miss) -> Data:
    return {
        "reference": miss.reference,
        "value": miss.value,
        "found": miss.found,
        "records": miss.records,
        "field": miss.field,
    }


def _allowance(allowance: Allowance) -> Data:
    return {"guard": allowance.guard, "ceiling": allowance.ceiling, "by": allowance.by}


def _value(value: Value | Sealed) -> Data:
    # Wrapped, so that an object with a key "sealed" is not taken for a sealed value.
    return {"sealed": value.digest} if isinstance(value, Sealed) else {"value": value}


def place_text(place: Span) -> str:
    """Return a place as `file:line:column:end`."""
    return f"{place.file}:{place.line}:{place.column}:{place.end}"


def _optional(write: Callable[[Any], Any], each: Any) -> Any:
    return None if each is None else write(each)
