"""Compares two plans, as a whole and record by record."""

from collections.abc import Iterator

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.core.seal import Sealed
from oneway.planning.plan import Change, Outcome, Plan
from oneway.planning.plan_file.codec import to_data

RecordName = tuple[str, str]
"""("source", id) or, for a record that is only in the target, ("target", id)."""


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """One difference between two plans, of one record or of the plan as a whole.

    `record` is the id of a source record, or of a target record if `on_target`; both are blank for
    the plan as a whole. `before` is what the first plan says, `after` the second.
    """

    record: str
    name: str
    what: str
    before: "Value | Sealed"
    after: "Value | Sealed"
    on_target: bool = False


def differences(before: Plan, after: Plan) -> Iterator[PlanDifference]:
    """Yield the differences of two plans, first as a whole, then record by record."""
    yield from _whole(before, after)
    left, right = by_record(before), by_record(after)
    for id in sorted({*left, *right}):
        yield from _of_record(id, left.get(id), right.get(id))


def _whole(before: Plan, after: Plan) -> Iterator[PlanDifference]:
    pairs: tuple[tuple[str, Value, Value], ...] = (
        ("mapping", before.mapping, after.mapping),
        ("mapping file", before.mapping_file, after.mapping_file),
        ("mapping digest", before.mapping_digest, after.mapping_digest),
        ("engine", before.engine, after.engine),
        ("as of", before.as_of, after.as_of),
        ("settings", dict(before.settings), dict(after.settings)),
        ("inputs", _inputs(before), _inputs(after)),
        ("reads", _reads(before), _reads(after)),
        ("managed", before.managed, after.managed),
        ("values without a reference", _misses(before), _misses(after)),
        ("allowed", _allowed(before), _allowed(after)),
    )
    for what, left, right in pairs:
        if identity(left) != identity(right):
            yield PlanDifference("", "", what, left, right)


def _inputs(plan: Plan) -> list[Value]:
    return [to_data(plan.connection), {role: to_data(each) for role, each in plan.inputs.items()}]


def _reads(plan: Plan) -> list[Value]:
    return [
        [
            each.name,
            each.records,
            each.complete,
            list(each.problems),
            each.digest,
            dict(each.stated),
            each.unread,
            dict(each.valued),
            each.left_out,
        ]
        for each in plan.reads
    ]


def _misses(plan: Plan) -> list[Value]:
    return [
        [each.reference, each.field, each.value, each.found, each.records] for each in plan.misses
    ]


def _allowed(plan: Plan) -> list[Value]:
    return [[each.guard, each.ceiling, each.by] for each in plan.allowed]


def _reasons(outcome: Outcome) -> list[Value]:
    return [f"{each.code}: {each.said}" for each in outcome.reasons]


def _places(outcome: Outcome) -> list[Value]:
    """Return the places, candidates and weights of an outcome's reasons."""
    return [[str(each.place), list(each.candidates), each.warning] for each in outcome.reasons]


def by_record(plan: Plan) -> dict[RecordName, Outcome]:
    """Return the outcomes of a plan by record. Plans over the same inputs have the same records."""
    return {record_of(each): each for each in plan.outcomes}


def record_of(outcome: Outcome) -> RecordName:
    """Return the name of an outcome's record: the source's if there is one, else the target's."""
    if outcome.source_id is not None:
        return ("source", outcome.source_id)
    return ("target", str(outcome.target_id))


def _of_record(
    id: tuple[str, str], before: Outcome | None, after: Outcome | None
) -> Iterator[PlanDifference]:
    on_target = id[0] == "target"
    shown = before or after
    assert shown is not None
    name = shown.label or shown.key
    for what, left, right in _said(before, after):
        if _identity(left) != _identity(right):
            yield PlanDifference(id[1], name, what, left, right, on_target)


def _said(
    before: Outcome | None, after: Outcome | None
) -> Iterator[tuple[str, "Value | Sealed", "Value | Sealed"]]:
    yield "outcome", _kind(before), _kind(after)
    if before is None or after is None:
        return
    yield "key", before.key, after.key
    yield "name", before.label, after.label
    yield "target record", before.target_id, after.target_id
    yield "reasons", _reasons(before), _reasons(after)
    yield "place of reasons", _places(before), _places(after)
    yield "has access", before.has_access, after.has_access
    yield "action", _verbs(before), _verbs(after)
    if not before.actions or not after.actions:
        return
    yield "waits for", _waits(before), _waits(after)
    yield "claims", _claims(before), _claims(after)
    changes = {each.field: each for action in before.actions for each in action.changes}
    others = {each.field: each for action in after.actions for each in action.changes}
    for path in sorted({*changes, *others}):
        yield from _change(path, changes.get(path), others.get(path))


def _change(
    field: str, before: Change | None, after: Change | None
) -> Iterator[tuple[str, "Value | Sealed", "Value | Sealed"]]:
    if before is None or after is None:
        yield f"writes {field}", before is not None, after is not None
        return
    yield f"{field} before", before.before, after.before
    yield f"{field} after", before.after, after.after
    yield f"expression of {field}", before.expression, after.expression
    yield f"place of {field}", str(before.place), str(after.place)


def _claims(outcome: Outcome) -> list[Value]:
    """Return the claims of an outcome, those on sensitive values by their digests."""
    return [
        [
            each.path,
            each.value.digest if isinstance(each.value, Sealed) else each.value,
            each.compare.value,
        ]
        for action in outcome.actions
        for each in action.claims
    ]


def _kind(outcome: Outcome | None) -> str | None:
    return None if outcome is None else outcome.kind.value


def _verbs(outcome: Outcome) -> str | None:
    return ", ".join(action.verb.value for action in outcome.actions) or None


def _waits(outcome: Outcome) -> list[Value]:
    return [id for action in outcome.actions for id in action.depends_on]


def _identity(value: "Value | Sealed") -> object:
    return ("sealed", value.digest) if isinstance(value, Sealed) else identity(value)
