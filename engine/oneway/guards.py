"""Guards: what must never happen by accident, judged on the whole plan before any write.

A guard compares a count with `max(floor, ceil(share x managed))`, where managed are the
target records that source records matched: not everybody, or a few managed people among
many others could all be lost. What fires holds back its own kind of action (or the whole
plan, with `on_breach: stop`); a person may raise the ceiling for one plan, and cannot turn
the guard off.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from oneway.plan import Action, Plan, Verb
from oneway.spec import GuardKind, GuardsSpec, OnBreach


@dataclass(frozen=True, slots=True)
class Limit:
    """More than max(floor, ceil(share x managed)) of a kind is too many."""

    share: Fraction
    floor: int

    def ceiling(self, managed: int) -> int:
        """Return the largest count that passes."""
        return max(self.floor, ceil(self.share * managed))


DEFAULTS = {
    GuardKind.LEAVERS: Limit(Fraction(1, 10), 2),
    GuardKind.CLEARS: Limit(Fraction(1, 10), 2),
    GuardKind.FIELD_CHANGES: Limit(Fraction(1, 2), 10),
}
"""In force where a mapping says nothing: creates and updates are free until it does."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A guard that fired: what it counted, how many, how many pass, and what lets them pass.

    `field` is set for `field_changes`, which counts each field by itself.
    """

    kind: GuardKind
    field: str
    found: int
    ceiling: int
    limit: Limit
    managed: int
    held: tuple[str, ...]

    @property
    def name(self) -> str:
        """The guard as `--allow` names it."""
        return f"{self.kind.value}.{self.field}" if self.field else self.kind.value

    @property
    def text(self) -> str:
        """What fired and why, in one sentence."""
        share = f"{_percent(self.limit.share)} of {self.managed} managed"
        limit = f"the larger of {self.limit.floor} and {share}"
        return f"{self.name}: {self.found} found, at most {self.ceiling} pass ({limit})"

    @property
    def allow(self) -> str:
        """The option that lets exactly this many pass, in this plan only."""
        return f"--allow {self.name}={self.found}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guards say of a plan; `held` are the ids of the actions that must not be applied."""

    breaches: tuple[Breach, ...]
    held: frozenset[str]

    @property
    def blocked(self) -> bool:
        """Whether any guard fired."""
        return bool(self.breaches)


def judge(plan: Plan, guards: GuardsSpec) -> Verdict:
    """Return what the guards of a mapping say of a plan; a pure function."""
    limits = DEFAULTS | {
        kind: Limit(Fraction(str(limit.share)), limit.floor) for kind, limit in guards.limits
    }
    raised = {allowance.guard: allowance.ceiling for allowance in plan.allowed}
    actions = plan.actions
    breaches = tuple(
        breach
        for kind in GuardKind
        if kind in limits
        for field, counted in _counted(kind, actions)
        if (breach := _breach(kind, field, counted, limits[kind], plan.managed, raised)) is not None
    )
    if breaches and guards.on_breach is OnBreach.STOP:
        return Verdict(breaches, frozenset(action.id for action in actions))
    return Verdict(breaches, frozenset(id for breach in breaches for id in breach.held))


def _breach(
    kind: GuardKind,
    field: str,
    counted: tuple[str, ...],
    limit: Limit,
    managed: int,
    raised: dict[str, int],
) -> Breach | None:
    name = f"{kind.value}.{field}" if field else kind.value
    allowed = max(raised.get(name, 0), raised.get(kind.value, 0))
    ceiling = max(limit.ceiling(managed), allowed)
    if len(counted) <= ceiling:
        return None
    return Breach(kind, field, len(counted), ceiling, limit, managed, counted)


def _counted(kind: GuardKind, actions: Iterable[Action]) -> list[tuple[str, tuple[str, ...]]]:
    """Return, for each thing that a guard counts by itself, the ids of the actions counted."""
    if kind is GuardKind.FIELD_CHANGES:
        return _by_field(actions)
    verbs = _VERBS.get(kind)
    ids = tuple(
        action.id
        for action in actions
        if (action.verb in verbs if verbs else any(change.clears for change in action.changes))
    )
    return [("", ids)]


_VERBS = {
    GuardKind.CREATES: (Verb.CREATE,),
    GuardKind.UPDATES: (Verb.UPDATE, Verb.REACTIVATE),
    GuardKind.LEAVERS: (Verb.LEAVE, Verb.DEACTIVATE),
}


def _by_field(actions: Iterable[Action]) -> list[tuple[str, tuple[str, ...]]]:
    changed = [
        (change.field, action.id)
        for action in actions
        if action.verb is not Verb.CREATE
        for change in action.changes
    ]
    counts = Counter(field for field, _ in changed)
    return [(field, tuple(id for each, id in changed if each == field)) for field in sorted(counts)]


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g} %"
