"""The laws of a mapping: what must hold in each situation, however the mapping is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.diagnostics import Span
from oneway.core.paths import at, path_of, path_text, with_value
from oneway.core.records import MISSING, Record, Snapshot, Value, holds, is_blank
from oneway.core.seal import Sealed
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import EvaluationError, Expression
from oneway.mapping.program import LeftAnswer
from oneway.mapping.rows import Cell
from oneway.mapping.values_read import values_read
from oneway.planning.ineffective import BACK_IN_VAIN, IN_VAIN
from oneway.planning.plan import STRANGER, Kind, Outcome, Plan, Verb
from oneway.runs.mapping_tests.spec import MappingClaim
from oneway.runs.proving.domains import source_expressions
from oneway.runs.proving.situation import ProofSituation
from oneway.runs.proving.situations import SituationMaker


@dataclass(frozen=True, slots=True)
class BrokenLaw:
    """A law that a mapping breaks, with the simplest situation found and its outcome.

    `place` is the line of the mapping at fault; `wanted` is the outcome a test would expect. `case`
    is such a case of the mapping's test, which was run; None if no case gives the same outcome.
    """

    law: str
    text: str
    place: Span
    situation: ProofSituation
    outcome: Outcome
    wanted: str
    case: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class SeenSituation:
    """One situation, planned."""

    maker: SituationMaker
    situation: ProofSituation
    plan: Plan

    @property
    def outcome(self) -> Outcome:
        return next(each for each in self.plan.outcomes if each.source_id is not None)

    @property
    def compiled(self) -> Compiled:
        return self.maker.compiled


Law = Callable[[SeenSituation], Iterator[BrokenLaw]]
NOWHERE = Span("")


def _applied(seen: SeenSituation) -> Snapshot:
    """Return the target after every action of the plan."""
    records = {str(n): dict(each) for n, each in enumerate(seen.situation.target, 1)}
    row = seen.maker.row(seen.situation)
    values = _sealed_values(seen, row.cells, row.leaving)
    for action in seen.plan.actions:
        id = action.target_id or f"n{len(records)}"
        data: Mapping[str, Value] = records.get(id, {})
        for change in action.changes:
            after = change.after
            value = values.get(change.field) if isinstance(after, Sealed) else after
            data = with_value(data, path_of(change.field), value)
        if action.verb is Verb.CREATE:
            path = path_of(seen.compiled.target.id or "id")
            given = at(data, path)
            if given is MISSING or is_blank(given):  # the mapping may write a file's id itself
                data = with_value(data, path, id)
            else:
                id = str(given)
            data = seen.maker.let_in(dict(data))
        records[id] = dict(data)
    return Snapshot(tuple(Record(id, data) for id, data in records.items()))


def _sealed_values(
    seen: SeenSituation, cells: Sequence[Cell], leaving: Sequence[Cell]
) -> dict[str, Value]:
    code = seen.compiled.code
    pairs = [*zip(code.policy.fields, cells, strict=False)]
    pairs += zip(code.policy.leaving, leaving, strict=False)
    return {rule.path: cell.value for rule, cell in pairs}


def _settles(seen: SeenSituation) -> Iterator[BrokenLaw]:
    """After an apply, nothing is left to do; otherwise the target is written every night."""
    if not seen.plan.actions or not seen.situation.fits:
        return  # a first run repairs what it can in a misshapen target record
    if _repairs_the_target(seen):
        return
    source = Snapshot(tuple(Record(str(n), r) for n, r in enumerate(seen.situation.source, 1)))
    applied = _applied(seen)
    again = seen.maker.plan_of(source, applied, seen.situation.settings)
    after = replace(seen.situation, target=tuple(dict(each.data) for each in applied.records))
    outcomes = (each for each in again.outcomes if each.actions and not _is_announced(each, seen))
    for outcome, action in ((each, each.actions[0]) for each in islice(outcomes, 1)):
        first = action.changes[0] if action.changes else None
        place = first.place if first is not None else Span(seen.compiled.spec.file)
        text = f"the next run writes {first.field if first else 'it'} again, and so every night"
        yield BrokenLaw("settles", text, place, after, outcome, "unchanged")


def _is_announced(outcome: Outcome, seen: SeenSituation) -> bool:
    """Return whether the plan said that the next run would act on a target record."""
    reasons = (reason for each in seen.plan.outcomes for reason in each.reasons)
    return any(each.code == STRANGER and outcome.target_id in each.candidates for each in reasons)


def _repairs_the_target(seen: SeenSituation) -> bool:
    """Return whether a leave is written to a record that cannot be evaluated.

    Once it can be, the next run writes the other fields.
    """
    program = seen.maker.program(None, seen.situation.settings)
    return any(
        program.target_row(Record("1", each)).evaluation_error is not None
        for each in seen.situation.target
    )


def _leavers_leave(seen: SeenSituation) -> Iterator[BrokenLaw]:
    """A person who has left in the source and certainly matches loses access."""
    row, outcome = seen.maker.row(seen.situation), seen.outcome
    leavers = seen.compiled.spec.leavers
    if leavers is None or not row.leaver or seen.situation.user != "agrees":
        return
    if row.evaluation_error is not None or not seen.situation.target:
        return
    program = seen.maker.program(None, seen.situation.settings)
    target = program.target_row(Record("1", seen.situation.target[0]))
    matched = outcome.target_id is not None
    if not matched or target.left or target.evaluation_error is not None:
        return
    written = {each.field for each in outcome.changes}
    set_by = {rule.path for rule in seen.compiled.code.policy.leaving}
    same_already = outcome.kind in (Kind.UNCHANGED, Kind.UPDATE, Kind.LEAVE)
    if written & set_by or (same_already and not _lacks_value(seen)):
        return
    text = "has left in the source, and keeps access"
    yield BrokenLaw("leavers leave", text, _parting(seen), seen.situation, outcome, "leave")


def _leaving_is_seen(seen: SeenSituation) -> Iterator[BrokenLaw]:
    """After a leave, `left` holds, or will by its date; after a return, it does not."""
    if seen.compiled.code.left is None or not seen.situation.fits:
        return
    outcome, vain = seen.outcome, {IN_VAIN: "leave", BACK_IN_VAIN: "rehire"}
    for reason in (each for each in outcome.reasons if each.code in vain):
        place = reason.place or Span(seen.compiled.spec.file)
        wanted = vain[reason.code]
        yield BrokenLaw("leaving is seen", reason.text, place, seen.situation, outcome, wanted)
    for action in outcome.actions:
        leaves = action.verb.takes_access
        if not leaves and action.verb is not Verb.REACTIVATE:
            continue
        by = Capability.LEAVE if leaves else Capability.REACTIVATE
        if seen.compiled.code.unsure.get(by):
            continue  # the target's own leave request decides, and no system answers here
        answer = _left_after(seen, action.target_id or "", by)
        fits = _GONE if leaves else {LeftAnswer.STAYS, LeftAnswer.DUE}
        if answer not in fits:
            text = f"{action.verb.value}: `left` {'does not hold' if leaves else 'holds'} after it"
            place, wanted = action.changes[0].place, "leave" if leaves else "rehire"
            yield BrokenLaw("leaving is seen", text, place, seen.situation, outcome, wanted)


_GONE = {LeftAnswer.LEFT, LeftAnswer.DUE}


def _left_after(seen: SeenSituation, target_id: str, by: Capability) -> LeftAnswer:
    """Return whether a target record counts as left after the plan."""
    program = seen.maker.program(None, seen.situation.settings)
    after = next(each for each in _applied(seen).records if each.id == target_id)
    return program.left_with(program.target_row(after), (), by)


def _lacks_value(seen: SeenSituation) -> bool:
    """Return whether no field of `leavers.set` has a value to write."""
    row = seen.maker.row(seen.situation)
    return all(is_blank(cell.value) for cell in row.leaving)


def _gaps_take_nothing(seen: SeenSituation) -> Iterator[BrokenLaw]:
    """No employed person loses access because a value is absent, null or blank."""
    leavers = seen.compiled.spec.leavers
    if leavers is None or seen.situation.user != "agrees" or len(seen.situation.changes) != 1:
        return
    (change,) = seen.situation.changes
    gap = change.found.value is MISSING or is_blank(change.found.value)
    if change.side == "source" and gap and seen.outcome.kind is Kind.LEAVE:
        text = f"leaves because {'.'.join(change.found.path)} {change.found.label}"
        place = _parting(seen)
        yield BrokenLaw("gaps take nothing", text, place, seen.situation, seen.outcome, "unchanged")


def _parting(seen: SeenSituation) -> Span:
    """Return the place of the rule that makes a person leave: one of `only`, or `leavers.when`."""
    row, leavers = seen.maker.row(seen.situation), seen.compiled.spec.leavers
    for position in row.outside:
        return seen.compiled.code.policy.only[position].place
    return leavers.when.span if leavers is not None else Span(seen.compiled.spec.file)


def _leavers_stay_out(seen: SeenSituation) -> Iterator[BrokenLaw]:
    """A person who has left in the source is never created."""
    row = seen.maker.row(seen.situation)
    if row.leaver and seen.outcome.kind is Kind.CREATE:
        text = "has left in the source, and is created"
        yield BrokenLaw(
            "leavers stay out", text, _parting(seen), seen.situation, seen.outcome, "ignored"
        )


def _usual_syncs(seen: SeenSituation) -> Iterator[BrokenLaw]:
    """The usual record syncs: it is created, or left alone if the target agrees."""
    if seen.situation.changes or seen.situation.user in ("left", "other"):
        return
    outcome = seen.outcome
    creates = seen.compiled.code.policy.create
    wanted = {"none": Kind.CREATE if creates else Kind.IGNORED, "agrees": Kind.UNCHANGED}
    if outcome.kind is not wanted[seen.situation.user]:
        reasons = "; ".join(reason.said for reason in outcome.reasons)
        place = next((r.place for r in outcome.reasons if r.place), Span(seen.compiled.spec.file))
        test = seen.maker.test
        given = f" (`record` in {test.file})" if test is not None and test.record else ""
        text = f"the usual record{given} ends as {outcome.kind.value!r}"
        text += f": {reasons}" if reasons else ""
        want = wanted[seen.situation.user].value
        yield BrokenLaw("the usual syncs", text, place, seen.situation, outcome, want)


def _evaluates(seen: SeenSituation) -> Iterator[BrokenLaw]:
    """Every expression has a value on every record that the record schema allows."""
    if seen.situation.user != "agrees":
        return  # the same record is tried beside each kind of target record
    row = seen.maker.row(seen.situation)
    error = row.evaluation_error
    if error is None or not seen.situation.fits or len(seen.situation.changes) > 1:
        return
    if any(change.found.value is MISSING for change in seen.situation.changes):
        return  # an unstated value is an error on purpose
    listed = seen.compiled.source.fields
    changed = [path_text(c.found.path) for c in seen.situation.changes if c.side == "source"]
    unsure = not listed or any(path not in listed for path in changed)
    if unsure and not all(is_blank(c.found.value) for c in seen.situation.changes):
        return  # without known types, any field may be missing, but nothing else may vary
    if not _fails(seen, error.expression):
        return  # the target refuses its value: data quality is not a law
    text = f"the expression has no value: {error.text}{_where(seen, error.expression)}"
    yield BrokenLaw("evaluates", text, error.place, seen.situation, seen.outcome, "unchanged")


def _where(seen: SeenSituation, text: str) -> str:
    """Return the values of a situation that an expression reads, without sensitive ones."""
    record, secret = seen.situation.source[0], seen.compiled.code.secrets.source
    said = dict.fromkeys(values_read(each, record, secret) for each in _written(seen, text))
    shown = "; ".join(filter(None, said))
    return f" ({shown})" if shown else ""


def _written(seen: SeenSituation, text: str) -> list[Expression]:
    return [each for each in source_expressions(seen.compiled) if each.shown == text]


def _fails(seen: SeenSituation, text: str) -> bool:
    """Return whether an expression cannot be evaluated on a situation's source record."""
    context = seen.maker.program(None, seen.situation.settings).context
    try:
        for each in _written(seen, text):
            each.decide(seen.situation.source[0], context)
    except EvaluationError:
        return True
    return False


LAWS: tuple[Law, ...] = (
    _usual_syncs,
    _leavers_leave,
    _leaving_is_seen,
    _leavers_stay_out,
    _gaps_take_nothing,
    _evaluates,
    _settles,
)


def broken_laws(
    seen: SeenSituation, claims: Sequence[tuple[MappingClaim, Expression]]
) -> Iterator[BrokenLaw]:
    for law in LAWS if len(seen.situation.source) == 1 else (_settles,):
        yield from law(seen)
    yield from broken_claims(seen, claims)


def broken_claims(
    seen: SeenSituation, claims: Sequence[tuple[MappingClaim, Expression]]
) -> Iterator[BrokenLaw]:
    context = seen.maker.program(None, seen.situation.settings).context
    for claim, about in claims:
        try:
            speaks = holds(about.evaluate(seen.situation.source[0], context)[0])
        except EvaluationError:
            continue
        kind = seen.outcome.kind.value
        if speaks and (kind in claim.outcomes) is not claim.always:
            wanted = sorted(claim.outcomes)[0] if claim.always else "unchanged"
            text = f"{claim.name}: it is {kind}"
            yield BrokenLaw("claim", text, claim.span, seen.situation, seen.outcome, wanted)
