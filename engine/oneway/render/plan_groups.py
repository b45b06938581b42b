"""Groups the records of a plan by outcome, and by the reason for it."""

from collections.abc import Callable, Iterable
from functools import cache

from oneway.core.dataclass import dataclass
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.later_key import LATER_KEY
from oneway.planning.names import names_of
from oneway.planning.one_per_person import ANOTHER
from oneway.planning.plan import Kind, Outcome, Plan
from oneway.planning.similar.near_misses import NEAR_MISS, other_reasons
from oneway.render.outcome_names import LEFT_OUT, name, sentence


@dataclass(frozen=True, slots=True)
class Group:
    """Records that share one reason."""

    title: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class PlanSection:
    """A kind of outcome with its records, grouped by reason."""

    title: str
    groups: tuple[Group, ...]

    @property
    def records(self) -> int:
        """The number of records in it."""
        return sum(len(group.outcomes) for group in self.groups)


LEFT_ALONE = "left alone"
"""The wording for `ignored`: the mapping says to do nothing about a person."""

_STAYING = {
    Kind.ERROR: "in error",
    Kind.CONFLICT: "in conflict",
    Kind.INELIGIBLE: "ineligible",
    Kind.IGNORED: LEFT_ALONE,
}
NEAR_MISSES = "Perhaps one person, though no key matches"
"""The title of the list of unmatched people, with the records that may be theirs."""


def staying(plan: Plan) -> tuple[PlanSection, ...]:
    """Return the source records that do not sync, by kind and reason."""
    sections = (
        PlanSection(
            word,
            _by_title((o for o in plan.notable if o.kind is kind), _reasons(plan)),
        )
        for kind, word in _STAYING.items()
        if kind is not Kind.IGNORED
    )
    return tuple(section for section in sections if section.groups)


def left_alone(plan: Plan) -> tuple[Group, ...]:
    """Return the source records that are left alone, by reason."""
    return _by_title((o for o in plan.notable if o.kind is Kind.IGNORED), _reasons(plan))


def rehired(plan: Plan) -> tuple[Group, ...]:
    """Return people who are employed in the source but have left in the target, by reason."""
    return _by_title((o for o in plan.notable if o.kind is Kind.REHIRE), _reasons(plan))


def absent(plan: Plan) -> tuple[Group, ...]:
    """Return the target records that no source record matched, by reason."""
    return _by_title((o for o in plan.notable if o.kind is Kind.ABSENT), _reasons(plan))


def warnings(plan: Plan) -> tuple[Group, ...]:
    """Return the warnings that are not shown elsewhere, such as drift."""
    skipped = {Kind.REHIRE: 1}  # the first reason of a rehire is its own section
    drifting: dict[str, list[Outcome]] = {}
    for outcome in plan.notable:
        if not outcome.reasons or outcome.kind in _STAYING or outcome.kind is Kind.ABSENT:
            continue
        for reason in other_reasons(outcome.reasons)[skipped.get(outcome.kind, 0) :]:
            if reason.code == MAY_HAVE_LEFT or (reason.code == LATER_KEY and outcome.actions):
                continue  # shown with the action, or in the list of those who can still get in
            drifting.setdefault(sentence(reason), []).append(outcome)
    groups = [Group(title, tuple(found)) for title, found in drifting.items()]
    return tuple(groups)


def near_misses(plan: Plan) -> list[str]:
    """Return the records that nearly match a target record, with both keys."""
    return [
        f"{name(outcome)}: {sentence(reason)}"
        for outcome in plan.notable
        for reason in outcome.reasons
        if reason.code == NEAR_MISS
    ]


def counted(group: Group) -> str:
    """Return how many records a reason concerns, and how many of them exist in the target."""
    number = len(group.outcomes)
    there = sum(each.target_id is not None and each.kind is not Kind.ABSENT
                for each in group.outcomes)  # fmt: skip
    if number == 1 or not there or group.outcomes[0].kind not in LEFT_OUT:
        return f"{number:,}"
    have = "has a record" if there == 1 else "have records"
    return f"{number:,}, of whom {there:,} {have} in the target"


def _by_title(outcomes: Iterable[Outcome], title: Callable[[Outcome], str]) -> tuple[Group, ...]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(title(outcome), []).append(outcome)
    return tuple(Group(text, tuple(found)) for text, found in groups.items())


def _reasons(plan: Plan) -> Callable[[Outcome], str]:
    names = cache(lambda: names_of(plan.parts))  # computed only if a reason needs names

    def said(outcome: Outcome) -> str:
        rehire = outcome.kind is Kind.REHIRE
        reasons = outcome.reasons[:1] if rehire else other_reasons(outcome.reasons)
        # Hundreds of former employments need no details, only the words that they share.
        alike = all(each.code == ANOTHER for each in reasons)
        said = (sentence(e, names() if e.candidates and not alike else {}) for e in reasons)
        return "; ".join(said) or "no reason is known"

    return said
