"""The laws of a mapping, and the search for a situation that breaks one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from enum import Enum

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import Value
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Expression
from oneway.mapping.policy import FieldRule
from oneway.planning.guard_kinds import LooserGuard
from oneway.planning.impact import PersonImpact, impact
from oneway.runs.compare.edited_part import EditedPart
from oneway.runs.mapping_tests.check import parsed_claims
from oneway.runs.mapping_tests.spec import MappingClaim, MappingTest
from oneway.runs.proving.cases import breaking, noticing
from oneway.runs.proving.choice import ChosenSituations, choose
from oneway.runs.proving.laws import NOWHERE, BrokenLaw, SeenSituation, broken_laws
from oneway.runs.proving.situation import Bound, ProofSituation
from oneway.runs.proving.situations import SituationMaker

DEFAULT_SITUATIONS = 20_000
"""Enough for every pair of classes in the shipped mappings, within seconds."""


@dataclass(frozen=True, slots=True)
class MappingProof:
    """What a proof found, and how far it searched."""

    broken: tuple[BrokenLaw, ...]
    bound: Bound
    leavers: bool = True
    """Whether the mapping says who has left; if not, the proof claims nothing about leavers."""


@dataclass(frozen=True, slots=True)
class DifferentTreatment:
    """A situation that two versions of a mapping treat differently; None if there is none.

    `case` passes on the old version and fails on the new one, and was run on both; None if none
    does.
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
    found none. `looser` are the guards that let more through in the new version, and `redirected`
    is what leads it to another system or account.
    """

    verdict: Sameness
    because: tuple[str, ...] = ()
    treated: DifferentTreatment | None = None
    looser: tuple[LooserGuard, ...] = ()
    redirected: tuple[EditedPart, ...] = ()


def prove(
    compiled: Compiled,
    as_of: datetime,
    test: MappingTest | None = None,
    most: int = DEFAULT_SITUATIONS,
) -> MappingProof:
    """Return the laws and claims that a mapping breaks within a bound.

    A test, if there is one, supplies the usual record, the lookup tables and the claims.
    """
    maker = maker_of(compiled, as_of, test)
    chosen = choose(maker, most)
    claims = parsed_claims(test, compiled) if test is not None else []
    broken: dict[tuple[str, Span], BrokenLaw] = {}
    for situation in chosen.situations:
        seen = SeenSituation(maker, situation, maker.planned(situation))
        for each in broken_laws(seen, claims):
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
"""For how many situations `EditJudge` tries to make a case, for one edit."""


@dataclass(slots=True)
class EditJudge:
    """Judges edits of a mapping by the situations of the unedited mapping."""

    compiled: Compiled
    as_of: datetime
    test: MappingTest | None
    most: int = 1_200
    _maker: SituationMaker = field(init=False)
    _chosen: ChosenSituations = field(init=False)
    _claims: list[tuple[MappingClaim, Expression]] = field(init=False)
    _known: set[str] = field(default_factory=set)
    """The laws that the unedited mapping breaks."""

    def __post_init__(self) -> None:
        self._maker = maker_of(self.compiled, self.as_of, self.test)
        self._chosen = choose(self._maker, self.most)
        self._claims = parsed_claims(self.test, self.compiled) if self.test is not None else []
        for situation in filter(_is_simple, self._chosen.situations):
            self._known.update(each.law for each in self._broken(self._maker, situation))

    def judged(self, edited: Compiled) -> tuple[BrokenLaw | None, DifferentTreatment]:
        """Return a law that only the edit breaks, and a situation that it treats differently.

        The situation is the first for which a case can be made, else the first found; None if there
        is none.
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
                continue  # equal rows under equal rules give an equal plan
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
        return broken_laws(SeenSituation(maker, situation, maker.planned(situation)), self._claims)


def _decide_alike(one: Compiled, other: Compiled) -> bool:
    """Return whether two mappings plan equal rows alike, however they compute the rows."""
    return _beside_rows(one) == _beside_rows(other)


def _beside_rows(compiled: Compiled) -> str:
    """Return everything but rows that a plan depends on, as text."""
    code, said = compiled.code, compiled.code.policy
    policy = replace(
        said,
        fields=_without_text(said.fields),
        leaving=_without_text(said.leaving),
        returning=_without_text(said.returning),
        only=tuple(replace(each, otherwise="", place=NOWHERE) for each in said.only),
        rules=tuple(replace(each, otherwise="", place=NOWHERE) for each in said.rules),
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


def _without_text(rules: Sequence[FieldRule]) -> tuple[FieldRule, ...]:
    return tuple(replace(each, expression="", place=NOWHERE) for each in rules)


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
    """Return how far a maker's situations reach."""
    classes = [*maker.source_classes().values(), *maker.target_classes().values()]
    return Bound(
        paths=len(classes),
        classes=sum(map(len, classes)),
        situations=sum(len(each.situations) for each in tried),
        pairs=sum(each.pairs for each in tried),
        of_pairs=sum(each.of_pairs for each in tried),
    )
