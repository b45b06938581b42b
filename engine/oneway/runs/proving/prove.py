"""The laws of a mapping, and the search for a situation that breaks one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from enum import Enum
from itertools import islice

from oneway.core.connector import Capability
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import (
    MISSING,
    Record,
    Snapshot,
    Value,
    at,
    holds,
    is_blank,
    path_of,
    path_text,
    with_value,
)
from oneway.core.seal import Sealed
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import EvaluationError, Expression
from oneway.mapping.program import Cell, FieldRule, LeftAnswer
from oneway.mapping.values_read import values_read
from oneway.planning.impact import PersonImpact, impact
from oneway.planning.ineffective import BACK_IN_VAIN, IN_VAIN
from oneway.planning.plan import Kind, Outcome, Plan, Verb
from oneway.runs.mapping_tests.check import parsed_claims
from oneway.runs.mapping_tests.spec import MappingClaim, MappingTest
from oneway.runs.proving.cases import breaking, noticing
from oneway.runs.proving.choice import ChosenSituations, choose
from oneway.runs.proving.domains import source_expressions
from oneway.runs.proving.situations import Bound, ProofSituation, SituationMaker

DEFAULT_SITUATIONS = 20_000
"""Enough for every pair of classes of the shipped mappings, in a few seconds."""


@dataclass(frozen=True, slots=True)
class BrokenLaw:
    """A law that a mapping breaks: the simplest situation found, and what happens in it.

    `place` is the line of the mapping at fault; `wanted` is the outcome a test would expect, and
    `case` is such a case of the mapping's test, as tried: None if none gives the same outcome.
    """

    law: str
    text: str
    place: Span
    situation: ProofSituation
    outcome: Outcome
    wanted: str
    case: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class MappingProof:
    """The findings of a proof, and how far it looked."""

    broken: tuple[BrokenLaw, ...]
    bound: Bound
    leavers: bool = True
    """Whether the mapping says who has left; if not, nothing is claimed about leavers."""


@dataclass(frozen=True, slots=True)
class DifferentTreatment:
    """A situation that two versions of a mapping treat differently; None if there is none.

    `case` passes on the old version and fails on the new one, as tried; None if none does.
    """

    situation: ProofSituation | None
    person: PersonImpact | None
    bound: Bound
    case: Mapping[str, Value] | None = None


class Sameness(Enum):
    """The verdict on two versions."""

    SAME = "the same for every record"
    DIFFERENT = "different"
    UNDECIDED = "cannot decide"


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """How two versions compare; `because` names the parts that cannot be decided.

    `treated` is a situation that the engine treats differently, or the extent of a search that
    found none.
    """

    verdict: Sameness
    because: tuple[str, ...] = ()
    treated: DifferentTreatment | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
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


Law = Callable[[_Seen], Iterator[BrokenLaw]]


def prove(
    compiled: Compiled,
    as_of: datetime,
    test: MappingTest | None = None,
    most: int = DEFAULT_SITUATIONS,
) -> MappingProof:
    """Return the laws and claims that a mapping breaks within a bound; its test gives the usual
    record, its tables and its claims, where it has one.
    """
    maker = maker_of(compiled, as_of, test)
    chosen = choose(maker, most)
    claims = parsed_claims(test, compiled) if test is not None else []
    broken: dict[tuple[str, Span], BrokenLaw] = {}
    for situation in chosen.situations:
        seen = _Seen(maker, situation, maker.planned(situation))
        for each in _all_broken(seen, claims):
            broken.setdefault((each.law, each.place), each)
    found = tuple(
        replace(x, case=breaking(x.situation, x.law, maker, x.outcome, x.wanted))
        for x in broken.values()
    )
    bound = bound_of(maker, chosen)
    return MappingProof(found, bound, compiled.spec.leavers is not None)


def same(
    old: Compiled,
    new: Compiled,
    as_of: datetime,
    test: MappingTest | None = None,
    most: int = DEFAULT_SITUATIONS,
) -> DifferentTreatment:
    """Return the simplest situation within a bound that two versions treat differently.

    Situations combine the classes that either version distinguishes.
    """
    makers = [maker_of(each, as_of, test) for each in (old, new)]
    record, tried = makers[0].usual(), list[ChosenSituations]()
    for maker in makers:
        maker.record = record
        tried.append(choose(maker, most // 2))
        for situation in tried[-1].situations:
            before, after = (each.planned(situation) for each in makers)
            people = impact(before, after).people
            if people:
                return treated(situation, people[0], makers, bound_of(maker, *tried))
    return DifferentTreatment(None, None, bound_of(makers[1], *tried))


def treated(
    situation: ProofSituation, person: PersonImpact, makers: Sequence[SituationMaker], bound: Bound
) -> DifferentTreatment:
    """Return a situation that two versions treat differently, with a case that tells them apart."""
    old, new = (each.compiled for each in makers)
    case = noticing(situation, difference(person), makers[0], old, new)
    return DifferentTreatment(situation, person, bound, case)


def difference(person: PersonImpact) -> str:
    """Return how a person is treated differently: `leave, now unchanged (leaveDate)`."""
    before, after = person.turn
    fields = ", ".join(field.field for field in person.fields)
    what = f"{before}, now {after}" if before != after else f"{after}, otherwise"
    return f"{what} ({fields})" if fields else what


_MOST_CASES = 8
"""Of how many situations `EditJudge` tries to make a case, for one edit."""


@dataclass(slots=True)
class EditJudge:
    """Judges edits of a mapping by the situations of the mapping without them."""

    compiled: Compiled
    as_of: datetime
    test: MappingTest | None
    most: int = 1_200
    _maker: SituationMaker = field(init=False)
    _chosen: ChosenSituations = field(init=False)
    _claims: list[tuple[MappingClaim, Expression]] = field(init=False)
    _known: set[str] = field(default_factory=set)
    """The laws that the mapping itself breaks."""

    def __post_init__(self) -> None:
        self._maker = maker_of(self.compiled, self.as_of, self.test)
        self._chosen = choose(self._maker, self.most)
        self._claims = parsed_claims(self.test, self.compiled) if self.test is not None else []
        for situation in filter(_is_simple, self._chosen.situations):
            self._known.update(each.law for each in self._broken(self._maker, situation))

    def judged(self, edited: Compiled) -> tuple[BrokenLaw | None, DifferentTreatment]:
        """Return a law that an edit breaks in a simple situation, but the mapping does not; and
        the first situation that the edit treats differently and of which a case can be made, or
        the first one, or None where it treats all alike.
        """
        maker = maker_of(edited, self.as_of, self.test)
        maker.record = self._maker.usual()
        bound = bound_of(maker, self._chosen)
        found, tries = DifferentTreatment(None, None, bound), _MOST_CASES
        alike = _decide_alike(self.compiled, edited)
        for situation in self._chosen.situations:
            if not _is_simple(situation) and (found.case is not None or not tries):
                break
            if alike and maker.row_texts(situation) == self._maker.row_texts(situation):
                continue  # the same rows under the same rules: the same plan
            if _is_simple(situation):
                for each in self._broken(maker, situation):
                    if each.law not in self._known:
                        return each, found
            if found.case is None and tries:
                people = impact(self._maker.planned(situation), maker.planned(situation)).people
                if people:
                    other = treated(situation, people[0], (self._maker, maker), bound)
                    found = other if other.case is not None or found.person is None else found
                    tries -= 1
        return None, found

    def _broken(self, maker: SituationMaker, situation: ProofSituation) -> Iterator[BrokenLaw]:
        return _all_broken(_Seen(maker, situation, maker.planned(situation)), self._claims)


def _decide_alike(one: Compiled, other: Compiled) -> bool:
    """Return whether two mappings make one plan of equal rows, however they come to the rows."""
    return _beside_rows(one) == _beside_rows(other)


def _beside_rows(compiled: Compiled) -> str:
    """Return everything in a mapping that a plan depends on apart from its rows, as text."""
    code, said = compiled.code, compiled.code.policy
    policy = replace(
        said,
        fields=_without_text(said.fields),
        leaving=_without_text(said.leaving),
        returning=_without_text(said.returning),
        only=tuple(replace(each, otherwise="", place=_NOWHERE) for each in said.only),
        rules=tuple(replace(each, otherwise="", place=_NOWHERE) for each in said.rules),
        left=None,
        absent_place=None,
        absent_when="",
    )
    asked = [*code.match_target, code.left, code.scheduled, code.absent_when]
    asked += [each for table in code.references for each in table.read]
    asked += [each for field in code.leaving for each in field.expressions]
    given = [(each.constant, each.default, each.initial, each.lookup) for each in code.leaving]
    texts = [each.text if each is not None else "" for each in asked]
    return repr((policy, texts, given, code.target_reading, code.unsure))


_NOWHERE = Span("")


def _without_text(rules: Sequence[FieldRule]) -> tuple[FieldRule, ...]:
    return tuple(replace(each, expression="", place=_NOWHERE) for each in rules)


def _is_simple(situation: ProofSituation) -> bool:
    return len(situation.changes) <= 1


def maker_of(compiled: Compiled, as_of: datetime, test: MappingTest | None) -> SituationMaker:
    settings: Mapping[str, Value] = {each.name: each.default for each in compiled.spec.settings}
    if test is None:
        return SituationMaker(compiled, as_of, settings)
    known = {each.name for each in compiled.spec.references}
    tables = {name: rows for name, rows in test.references.items() if name in known}
    settings = {**settings, **{k: v for k, v in test.settings.items() if k in settings}}
    record, user = dict(test.record) or None, dict(test.target) or None
    return SituationMaker(compiled, as_of, settings, record, user, tables, test)


def bound_of(maker: SituationMaker, *tried: ChosenSituations) -> Bound:
    """Return how far the situations of a maker reach."""
    classes = [*maker.source_classes().values(), *maker.target_classes().values()]
    return Bound(
        paths=len(classes),
        classes=sum(map(len, classes)),
        situations=sum(len(each.situations) for each in tried),
        pairs=sum(each.pairs for each in tried),
        of_pairs=sum(each.of_pairs for each in tried),
    )


def _applied(seen: _Seen) -> Snapshot:
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
            if given is MISSING or is_blank(given):  # the mapping may write the id of a file itself
                data = with_value(data, path, id)
            else:
                id = str(given)
        records[id] = dict(data)
    return Snapshot(tuple(Record(id, data) for id, data in records.items()))


def _sealed_values(seen: _Seen, cells: Sequence[Cell], leaving: Sequence[Cell]) -> dict[str, Value]:
    code = seen.compiled.code
    pairs = [*zip(code.policy.fields, cells, strict=False)]
    pairs += zip(code.policy.leaving, leaving, strict=False)
    return {rule.path: cell.value for rule, cell in pairs}


def _settles(seen: _Seen) -> Iterator[BrokenLaw]:
    """A plan right after an apply holds no action: otherwise the target is written every night."""
    if not seen.plan.actions or not seen.situation.fits:
        return  # a first run repairs what it can of a misshapen target record
    source = Snapshot(tuple(Record(str(n), r) for n, r in enumerate(seen.situation.source, 1)))
    applied = _applied(seen)
    again = seen.maker.plan_of(source, applied, seen.situation.settings)
    after = replace(seen.situation, target=tuple(dict(each.data) for each in applied.records))
    outcomes = (each for each in again.outcomes if each.actions)
    for outcome, action in ((each, each.actions[0]) for each in islice(outcomes, 1)):
        first = action.changes[0] if action.changes else None
        place = first.place if first is not None else Span(seen.compiled.spec.file)
        text = f"the next run writes {first.field if first else 'it'} again, and so every night"
        yield BrokenLaw("settles", text, place, after, outcome, "unchanged")


def _leavers_leave(seen: _Seen) -> Iterator[BrokenLaw]:
    """A person who has left in the source and is matched with certainty loses access."""
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


def _leaving_is_seen(seen: _Seen) -> Iterator[BrokenLaw]:
    """After a leave is applied, `left` holds, or will by its date; after a return it does not."""
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
            continue  # it follows a leave request of the target itself, which nothing here answers
        answer = _left_after(seen, action.target_id or "", by)
        fits = _GONE if leaves else {LeftAnswer.STAYS, LeftAnswer.DUE}
        if answer not in fits:
            text = f"{action.verb.value}: `left` {'does not hold' if leaves else 'holds'} after it"
            place, wanted = action.changes[0].place, "leave" if leaves else "rehire"
            yield BrokenLaw("leaving is seen", text, place, seen.situation, outcome, wanted)


_GONE = {LeftAnswer.LEFT, LeftAnswer.DUE}


def _left_after(seen: _Seen, target_id: str, by: Capability) -> LeftAnswer:
    """Return whether a target record has left, as it is after the plan."""
    program = seen.maker.program(None, seen.situation.settings)
    after = next(each for each in _applied(seen).records if each.id == target_id)
    return program.left_with(program.target_row(after), (), by)


def _lacks_value(seen: _Seen) -> bool:
    """Return whether no field of `leavers.set` has a value to write."""
    row = seen.maker.row(seen.situation)
    return all(is_blank(cell.value) for cell in row.leaving)


def _gaps_take_nothing(seen: _Seen) -> Iterator[BrokenLaw]:
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


def _parting(seen: _Seen) -> Span:
    """Return the place of what says that a person leaves: a rule of `only`, or `leavers.when`."""
    row, leavers = seen.maker.row(seen.situation), seen.compiled.spec.leavers
    for position in row.outside:
        return seen.compiled.code.policy.only[position].place
    return leavers.when.span if leavers is not None else Span(seen.compiled.spec.file)


def _leavers_stay_out(seen: _Seen) -> Iterator[BrokenLaw]:
    """A person who has left in the source is never created."""
    row = seen.maker.row(seen.situation)
    if row.leaver and seen.outcome.kind is Kind.CREATE:
        text = "has left in the source, and is created"
        yield BrokenLaw(
            "leavers stay out", text, _parting(seen), seen.situation, seen.outcome, "ignored"
        )


def _usual_syncs(seen: _Seen) -> Iterator[BrokenLaw]:
    """The usual record syncs: it is created, and left alone where the target agrees."""
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


def _evaluates(seen: _Seen) -> Iterator[BrokenLaw]:
    """Every expression has a value on whatever the record schema allows."""
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
        return  # types are unknown: any field may have a gap, but nothing else
    if not _fails(seen, error.expression):
        return  # it has a value that the target refuses: the quality of data is not a law
    text = f"the expression has no value: {error.text}{_where(seen, error.expression)}"
    yield BrokenLaw("evaluates", text, error.place, seen.situation, seen.outcome, "unchanged")


def _where(seen: _Seen, text: str) -> str:
    """Return which values of a situation an expression reads; nothing that is sensitive."""
    record, secret = seen.situation.source[0], seen.compiled.code.secrets.source
    said = dict.fromkeys(values_read(each, record, secret) for each in _written(seen, text))
    shown = "; ".join(filter(None, said))
    return f" ({shown})" if shown else ""


def _written(seen: _Seen, text: str) -> list[Expression]:
    return [each for each in source_expressions(seen.compiled) if each.shown == text]


def _fails(seen: _Seen, text: str) -> bool:
    """Return whether an expression cannot be evaluated on a situation's source record."""
    context = seen.maker.program(None, seen.situation.settings).context
    try:
        for each in _written(seen, text):
            each.decide(seen.situation.source[0], context)
    except EvaluationError:
        return True
    return False


_LAWS: tuple[Law, ...] = (
    _usual_syncs,
    _leavers_leave,
    _leaving_is_seen,
    _leavers_stay_out,
    _gaps_take_nothing,
    _evaluates,
    _settles,
)


def _all_broken(
    seen: _Seen, claims: Sequence[tuple[MappingClaim, Expression]]
) -> Iterator[BrokenLaw]:
    for law in _LAWS if len(seen.situation.source) == 1 else (_settles,):
        yield from law(seen)
    yield from _claimed(seen, claims)


def _claimed(seen: _Seen, claims: Sequence[tuple[MappingClaim, Expression]]) -> Iterator[BrokenLaw]:
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
