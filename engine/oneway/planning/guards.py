"""Guards: what must never happen by accident, judged on the whole plan before any write.

A guard compares a count with `max(floor, ceil(share x managed))`, where managed are the
target records that source records matched: not everybody, or a few managed people among
many others could all be lost. What was done in the last seven days counts as well, or two
leavers a day would empty a company unseen. What fires holds back its own kind of action (or
the whole plan, with `on_breach: stop`); a source that shrank holds back everything. A person
may raise the ceiling for one plan, and cannot turn the guard off.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import ceil
from shlex import quote

from oneway.mapping.spec import GuardKind, GuardsSpec, OnBreach
from oneway.planning.plan import Action, Plan, Verb


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


WINDOW = timedelta(days=7)
"""How far back a guard looks."""


@dataclass(frozen=True, slots=True)
class RecentRuns:
    """What earlier runs of the same connection did within the window.

    `done` counts actions by what guards count them as (`counted_as`); `source_records` is
    the size of the source at the last good run, None before the first.
    """

    done: Mapping[str, int] = field(default_factory=dict)
    source_records: int | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A guard that fired: what it counted, how many, how many pass, and what lets them pass.

    `field` is set for `field_changes`, which counts each field by itself; `earlier` is how
    many were done within the window; `base` is what the share is taken of.
    """

    kind: GuardKind
    field: str
    found: int
    earlier: int
    ceiling: int
    limit: Limit
    base: int
    blocked: tuple[str, ...]

    @property
    def name(self) -> str:
        """The guard as `--allow` names it."""
        return _name(self.kind, self.field)

    @property
    def setting(self) -> str:
        """The key of a mapping that holds the limit."""
        if self.kind is GuardKind.SOURCE_SHRINK:
            return "guards.source.shrink"
        return f"guards.{self.kind.value}"

    @property
    def total(self) -> int:
        """What is compared with the ceiling."""
        return self.found + self.earlier

    @property
    def text(self) -> str:
        """What fired and why, in one sentence."""
        what = f"{self.found} now"
        if self.earlier:
            what += f" and {self.earlier} in the last {WINDOW.days} days"
        of = "records at the last good run" if self.kind is GuardKind.SOURCE_SHRINK else "managed"
        share = f"{_percent(self.limit.share)} of {self.base} {of}"
        limit = f"the larger of {self.limit.floor} and {share}" if self.limit.floor else share
        return f"{self.name}: {what}, at most {self.ceiling} pass ({limit})"

    @property
    def allow(self) -> str:
        """The option that lets exactly this many pass, in this plan only, as a shell takes it."""
        return f"--allow {quote(f'{self.name}={self.total}')}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guards say of a plan; `blocked` are the ids of the actions not to be applied."""

    breaches: tuple[Breach, ...]
    blocked: frozenset[str]

    @property
    def fired(self) -> bool:
        """Whether any guard fired."""
        return bool(self.breaches)

    @property
    def source_shrank(self) -> bool:
        """Whether the source has fewer records than can be believed."""
        return any(breach.kind is GuardKind.SOURCE_SHRINK for breach in self.breaches)


def judge(
    plan: Plan,
    guards: GuardsSpec,
    history: RecentRuns = RecentRuns(),
    waiting: Collection[str] = frozenset(),
) -> Verdict:
    """Return what the guards of a mapping say of a plan; a pure function.

    `waiting` are the ids of actions that are not sent this time, because the target refused
    them before: they count on the day on which they are sent.
    """
    limits = DEFAULTS | {
        kind: Limit(Fraction(str(limit.share)), limit.floor) for kind, limit in guards.limits
    }
    actions = tuple(action for action in plan.actions if action.id not in waiting)
    everything = tuple(action.id for action in actions)
    raised = {allowance.guard: allowance.ceiling for allowance in plan.allowed}
    counts = [
        _Count(kind, field, len(ids), ids, limits[kind], plan.managed)
        for kind in limits
        for field, ids in _counted(kind, actions)
    ]
    counts += _shrunk(plan, guards, history, everything)
    found = (_breach(each, history, raised) for each in counts)
    breaches = tuple(sorted((each for each in found if each is not None), key=_in_order))
    if breaches and guards.on_breach is OnBreach.STOP:
        return Verdict(breaches, frozenset(everything))
    return Verdict(breaches, frozenset(id for breach in breaches for id in breach.blocked))


def counted_as(action: Action) -> tuple[str, ...]:
    """Return the names of the guards that count an action."""
    return tuple(
        _name(kind, field)
        for kind in (*_VERBS, GuardKind.CLEARS, GuardKind.FIELD_CHANGES)
        for field, ids in _counted(kind, [action])
        if ids
    )


@dataclass(frozen=True, slots=True)
class _Count:
    """How many a guard found, of what, and which actions it would hold back."""

    kind: GuardKind
    field: str
    found: int
    actions: tuple[str, ...]
    limit: Limit
    base: int


def _breach(count: _Count, history: RecentRuns, raised: Mapping[str, int]) -> Breach | None:
    name = _name(count.kind, count.field)
    earlier = history.done.get(name, 0)
    allowed = max(raised.get(name, 0), raised.get(count.kind.value, 0))
    ceiling = max(count.limit.ceiling(count.base), allowed)
    if not count.found or count.found + earlier <= ceiling:
        return None
    return Breach(
        count.kind,
        count.field,
        count.found,
        earlier,
        ceiling,
        count.limit,
        count.base,
        count.actions,
    )


def _shrunk(
    plan: Plan, guards: GuardsSpec, history: RecentRuns, everything: tuple[str, ...]
) -> list[_Count]:
    """Return how many records the source lost since the last good run, if it lost any."""
    before = history.source_records
    now = next(read.records for read in plan.reads if read.name == "source")
    if before is None or now >= before:
        return []
    limit = Limit(Fraction(str(guards.source_shrink)), 0)
    return [_Count(GuardKind.SOURCE_SHRINK, "", before - now, everything, limit, before)]


def _in_order(breach: Breach) -> tuple[int, str]:
    return (list(GuardKind).index(breach.kind), breach.field)


def _name(kind: GuardKind, field: str) -> str:
    return f"{kind.value}.{field}" if field else kind.value


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
