"""Guards: check the whole plan, before any write, for accidents such as too many leavers.

A guard compares a count with `max(floor, ceil(share x managed))`. `managed` are the target records
that source records matched: of all target records, a few managed people would be so small a share
that all could be lost. The last seven days count as well; otherwise two leavers a day would empty a
company unnoticed. Guards count people, not writes: a leave that is written again every night is one
leaver.

A guard that fires holds back its own kind of action, or the whole plan with `on_breach: stop`.
`field_changes` also holds back the creates that write the field. A source or target that shrank, or
keys or values that are gone, hold back everything. A human may raise the ceiling for one plan, but
cannot turn the guard off.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from math import floor

from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.mapping.profile.word_groups import SEPARATOR
from oneway.mapping.spec import GuardKind, GuardsSpec, OnBreach
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.breach import IDENTITY, Breach, Verdict, guard_name
from oneway.planning.guard_kinds import DEFINITIONS, GUARDS, GuardDefinition, Limit, limits_of
from oneway.planning.links import REUSED
from oneway.planning.plan import ANONYMOUS, STRANGER, Action, Kind, Outcome, Plan, Verb
from oneway.planning.plan_inputs import Allowance, PlanInput, Read

FEWEST_KEYS = 10
"""A key's loss counts only if at least this many records had it at the last good run."""

FEWEST_VALUES = 2
"""This many records may lose a key's value in one run, however few had one."""


@dataclass(frozen=True, slots=True)
class RecentRuns:
    """What earlier runs of the same connection did within the window.

    `done` are the people affected, by the names of guards (`counted_as`), as `person_of` names
    them. `source_records` is the size of the source at the last good run, `managed` how many target
    records it matched or created; None before the first good run. `stated` is how many records each
    of its reads had, and how many of them had each key; `valued` how many had a value. None of
    these numbers includes records that could not be read. `side_effects` are the target records
    that updates changed beyond what they sent, since a plan last allowed such records.
    """

    done: Mapping[str, frozenset[str]] = field(default_factory=dict)
    source_records: int | None = None
    managed: int | None = None
    stated: Mapping[str, tuple[int, Mapping[str, int]]] = field(default_factory=dict)
    valued: Mapping[str, tuple[int, Mapping[str, int]]] = field(default_factory=dict)
    side_effects: frozenset[str] = frozenset()


_NO_RUNS = RecentRuns()
_APART = (GuardKind.IDENTITIES, GuardKind.SIDE_EFFECTS)
"""The kinds of guards that do not count actions one by one."""


def judge(
    plan: Plan,
    guards: GuardsSpec,
    history: RecentRuns = _NO_RUNS,
    waiting: Collection[str] = frozenset(),
) -> Verdict:
    """Return the verdict of a mapping's guards on a plan.

    `waiting` are the ids of actions that are not sent this time because the target refused them
    before; they count when they are sent.
    """
    limits = limits_of(guards)
    everything = tuple(action.id for action in plan.actions if action.id not in waiting)
    raised = {allowance.guard: allowance.ceiling for allowance in plan.allowed}
    acting = _acting(plan, waiting)
    counts = [each for kind, limit in limits.items() if kind not in _APART
              for each in _counts(kind, plan, limit, acting, waiting)]  # fmt: skip
    counts.append(_identities(plan, limits[GuardKind.IDENTITIES], waiting))
    counts.append(_side_effects(plan, limits[GuardKind.SIDE_EFFECTS], history, waiting))
    counts += _shrunk(plan, guards, history, everything)
    counts += _gone(plan.reads, plan.inputs, guards, history, everything)
    found = (_breach(each, history, raised) for each in counts)
    breaches = tuple(sorted((each for each in found if each is not None), key=_in_order))
    if breaches and guards.on_breach is OnBreach.STOP:
        return Verdict(breaches, frozenset(everything), stops=True)
    return Verdict(breaches, frozenset(id for breach in breaches for id in breach.blocked))


def gone(
    reads: Iterable[Read], guards: GuardsSpec, history: RecentRuns, allowed: Iterable[Allowance]
) -> tuple[str, ...]:
    """Return the keys that are gone, or whose values are, by the names that guards give them.

    They are known before planning, and cast doubt on the return of people who had left.
    """
    raised = {allowance.guard: allowance.ceiling for allowance in allowed}
    counts = _gone(reads, {}, guards, history, ())
    return tuple(each.field for each in counts if _breach(each, history, raised) is not None)


def concerned(plan: Plan, guard: str) -> tuple[Outcome, ...]:
    """Return the people whom a loss of values may affect, most certain first.

    These are people who were listed as able to get in, people who have left only according to the
    target, and people who would be created. Empty for other guards, which name actions.
    """
    if guard.partition(".")[0] != GuardKind.VALUES_GONE.value:
        return ()
    return (
        *(each for each in plan.notable if any(r.code == MAY_HAVE_LEFT for r in each.reasons)),
        *(each for each in plan.notable if each.kind is Kind.REHIRE),
        *(each for each in plan.notable if each.kind is Kind.CREATE),
    )


def counted_as(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Return the names of the guards that count each action of a plan, by the action's id."""
    found: dict[str, list[str]] = {action.id: [] for action in plan.actions}
    acting = _acting(plan)
    for definition in DEFINITIONS:
        for counted, action in _counted(definition, acting):
            found[action.id].append(guard_name(definition.kind, counted))
    return {id: tuple(names) for id, names in found.items()}


def person_of(verb: Verb, source_id: str | None, target_id: str | None) -> str:
    """Return the person that an action counts for: one for all actions on a record."""
    if target_id is None or verb is Verb.CREATE:
        return f"source {source_id}"
    return f"target {target_id}"


@dataclass(frozen=True, slots=True)
class _Count:
    """The people a guard counted, or how many a list `lost`; and the actions it would block."""

    kind: GuardKind
    field: str
    people: frozenset[str]
    actions: tuple[str, ...]
    limit: Limit
    base: int
    lost: int = 0
    system: str = ""
    named: tuple[str, ...] = ()
    unread: int = 0
    there: int = 0
    creates: tuple[str, ...] = ()


def _breach(count: _Count, history: RecentRuns, raised: Mapping[str, int]) -> Breach | None:
    name = guard_name(count.kind, count.field)
    found = count.lost or len(count.people)
    earlier = len(history.done.get(name, frozenset()) - count.people)
    allowed = max(raised.get(name, 0), raised.get(count.kind.value, 0))
    ceiling = max(_ceiling(count), allowed)
    if not found or found + earlier <= ceiling:
        return None
    return Breach(
        count.kind,
        count.field,
        found,
        earlier,
        ceiling,
        count.limit,
        count.base,
        (*count.actions, *count.creates),
        count.system,
        count.named,
        count.unread,
        count.there,
        len(count.creates),
    )


def _ceiling(count: _Count) -> int:
    if count.kind in (GuardKind.KEYS_GONE, GuardKind.VALUES_GONE):
        # A count above this share of the base is too much.
        return max(count.limit.floor, floor(count.limit.share * count.base))
    return count.limit.ceiling(count.base)


def _shrunk(
    plan: Plan, guards: GuardsSpec, history: RecentRuns, everything: tuple[str, ...]
) -> Iterator[_Count]:
    """Yield how many records source and target lost since the last good run, if any.

    Compares only records that could be read. An unreadable record of either side may be half of a
    pair, so that the target has not lost it.
    """
    reads = {read.name: read for read in plan.reads}
    source, unread = reads["source"], sum(reads[side].unread for side in ("source", "target"))
    there = plan.managed + unread
    sizes = (
        (GuardKind.SOURCE_SHRINK, history.source_records, source.readable, source.unread),
        (GuardKind.TARGET_SHRINK, history.managed, there, unread),
    )
    for kind, before, now, unread in sizes:
        side = GUARDS[kind].list_setting.partition(".")[0]
        if before is not None and now < before:
            yield _Count(
                kind,
                "",
                frozenset(),
                everything,
                limits_of(guards)[kind],
                before,
                before - now,
                plan.inputs[side].text if side in plan.inputs else side,
                unread=unread,
                there=reads["target"].records if side == "target" else 0,
            )


def _gone(
    reads: Iterable[Read],
    inputs: Mapping[str, PlanInput],
    guards: GuardsSpec,
    history: RecentRuns,
    everything: tuple[str, ...],
) -> Iterator[_Count]:
    """Yield how many records lack a key that they should have, and how many lost its value.

    A key that too many records lack is counted as a lost key only.
    """
    for read in reads:
        system = inputs[read.role].text if read.role in inputs else read.role
        keys = _keys_gone(read, guards, history)
        values = _values_gone(read, guards, history)
        found = [(GuardKind.KEYS_GONE, key, *counted) for key, counted in keys.items()]
        found += [(GuardKind.VALUES_GONE, key, *counted) for key, counted in values.items()]
        missed: set[str] = set()
        for kind, key, limit, expected, lost in found:
            name, none = f"{read.role}.{key}", frozenset[str]()
            count = _Count(kind, name, none, everything, limit, expected, lost, system)
            path = key.partition(SEPARATOR)[0]
            outer = (path[: each.start()] for each in re.finditer(r"\[\]", path))
            if missed.isdisjoint((key, path, *outer)):
                yield count
            if lost > _ceiling(count):
                missed.add(key)


def _keys_gone(
    read: Read, guards: GuardsSpec, history: RecentRuns
) -> Mapping[str, tuple[Limit, int, int]]:
    """Return how many records should have each key, and how many of them lack it.

    The share of records that should have a key is that of the last good run. A record that could
    not be read counts as having every key. An empty lookup table lacks all keys, like an empty
    source: its codes can no longer be looked up.
    """
    limit = Limit(Fraction(str(guards.keys_gone)), 0)
    records, before = history.stated.get(read.name, (0, {}))
    found = {}
    is_emptied = read.role != read.name and not read.records
    for key, now in read.stated.items():
        had = before.get(key, 0)
        expected = had * read.readable // records if records else 0
        if is_emptied and had:
            found[key] = (limit, had, had)
        elif had >= FEWEST_KEYS and now < expected:
            found[key] = (limit, expected, expected - now)
    return found


def _values_gone(
    read: Read, guards: GuardsSpec, history: RecentRuns
) -> Mapping[str, tuple[Limit, int, int]]:
    """Return how many records should have a value in each key, and how many of them have lost it.

    As many should have one as at the last good run, or the same share if there are fewer records
    now; additional records may all be new. People who have left and are no longer listed have lost
    no value.
    """
    limit = Limit(Fraction(str(guards.values_gone)), FEWEST_VALUES)
    records, before = history.valued.get(read.name, (0, {}))
    found = {}
    for key, now in read.valued.items():
        had = before.get(key, 0)
        expected = min(had, had * read.readable // records) if records else 0
        expected = min(expected, had - read.left_out)
        if now < expected:
            found[key] = (limit, expected, expected - now)
    return found


def _in_order(breach: Breach) -> tuple[int, str]:
    return (list(GuardKind).index(breach.kind), breach.field)


def _counts(
    kind: GuardKind, plan: Plan, limit: Limit, acting: "_Acting", waiting: Collection[str]
) -> Iterator[_Count]:
    """Yield what a guard counted, for each field or key if it counts those separately."""
    found: dict[str, list[Action]] = {}
    for counted, action in _counted(GUARDS[kind], acting):
        found.setdefault(counted, []).append(action)
    creating = _creating(plan, waiting, found) if kind is GuardKind.FIELD_CHANGES else {}
    for counted in sorted(found):
        actions = found[counted]
        people = frozenset([person_of(each.verb, each.source_id, each.target_id)
                            for each in actions])  # fmt: skip
        ids = tuple(dict.fromkeys([each.id for each in actions]))
        creates = tuple(creating.get(counted, ()))
        yield _Count(kind, counted, people, ids, limit, plan.managed, creates=creates)


def _creating(
    plan: Plan, waiting: Collection[str], fields: Collection[str]
) -> Mapping[str, Sequence[str]]:
    """Return the actions that create or complete a record, by the fields that they write.

    They do not count under `field_changes`. But what causes too many changes, such as a wrong
    column, would be written to new records as well.
    """
    found: dict[str, list[str]] = {}
    for action in plan.actions if fields else ():
        if action.id in waiting or not (action.verb is Verb.CREATE or _completes_a_create(action)):
            continue
        written = [change.field for change in action.changes if change.field in fields]
        for name in dict.fromkeys(written):
            found.setdefault(name, []).append(action.id)
    return found


_Acting = Sequence[tuple[Outcome, Action]]
"""Actions that guards may count, with their outcomes."""


def _acting(plan: Plan, waiting: Collection[str] = ()) -> _Acting:
    """Return the actions of a plan that do not wait, except those that complete a create."""
    return [
        (outcome, action)
        for outcome in plan.notable
        for action in outcome.actions
        if action.id not in waiting and not _completes_a_create(action)
    ]


def _counted(definition: GuardDefinition, acting: _Acting) -> Iterator[tuple[str, Action]]:
    """Yield each action that a guard counts, with the field it counts under."""
    counter = definition.counter
    if counter is not None:
        for outcome, action in acting:
            for counted in counter(outcome, action):
                yield counted, action


def _identities(plan: Plan, limit: Limit, waiting: Collection[str]) -> _Count:
    """Count the people who would become someone else, except those who are allowed by name.

    Allowing a person to take over a record (`reused:00007`) allows this as well, because that
    message says what differs.
    """
    names = [each.guard for each in plan.allowed]
    allowed = {name.removeprefix(IDENTITY).removeprefix(REUSED) for name in names}
    strange = [
        outcome
        for outcome in plan.notable
        if outcome.reasons
        and outcome.actions
        and any(reason.code == STRANGER for reason in outcome.reasons)
    ]
    of_others = _are_other_people(plan, strange)
    found = [
        outcome
        for outcome in strange
        if outcome.key not in allowed
        and any(_may_be_held(outcome, each, waiting, of_others) for each in outcome.actions)
    ]
    ids = [
        action.id
        for outcome in found
        for action in outcome.actions
        if _may_be_held(outcome, action, waiting, of_others)
    ]
    ids += (id for id in _ends_of_their_own(plan, found) if id not in waiting)
    people = frozenset(
        person_of(outcome.actions[0].verb, outcome.source_id, outcome.target_id)
        for outcome in found
    )
    named = tuple(outcome.key for outcome in found)
    return _Count(GuardKind.IDENTITIES, "", people, tuple(ids), limit, plan.managed, named=named)


def _side_effects(
    plan: Plan, limit: Limit, history: RecentRuns, waiting: Collection[str]
) -> _Count:
    """Count the records that updates changed beyond what they sent.

    Any update or return may do so again, so they count if the plan has one. They also count as long
    as one of these records locks out a person who is in the source.
    """
    found = history.side_effects
    updates = (each for each in plan.actions if each.verb in (Verb.UPDATE, Verb.REACTIVATE))
    ids = tuple(each.id for each in updates if each.id not in waiting)
    out = {each.target_id for each in plan.notable if each.kind is Kind.REHIRE} if found else ()
    if not ids and found.isdisjoint(out):
        found = frozenset()
    named = some(sorted(found)) if found else ""
    return _Count(GuardKind.SIDE_EFFECTS, "", found, ids, limit, plan.managed, system=named)


_MANY = 3
"""`_are_other_people` needs at least this many people."""


def _are_other_people(plan: Plan, strange: Sequence[Outcome]) -> bool:
    """Return whether most people would become someone else, which suggests the wrong source.

    Ids and keys may then coincide by chance, so links prove nothing.
    """
    matched = [each for each in strange if each.target_id is not None]
    nobody = sum(any(r.code == ANONYMOUS for r in each.reasons) for each in plan.notable)
    return len(matched) >= _MANY and 2 * len(matched) > plan.managed - nobody


def _ends_of_their_own(plan: Plan, found: Sequence[Outcome]) -> Iterator[str]:
    """Yield the actions that deactivate, as absent, a record that may be one of these people's.

    The record has one of their unique values, or more of their values than the record that a
    mistyped key finds. A leaver spares no record.
    """
    staying = (each for each in found if not any(a.verb.takes_access for a in each.actions))
    said = (reason for each in staying for reason in each.reasons)
    theirs = {i for each in said if each.code in ("taken", STRANGER) for i in each.candidates}
    for outcome in plan.notable if theirs else ():
        if outcome.kind is Kind.ABSENT and outcome.target_id in theirs:
            yield from (action.id for action in outcome.actions)


def _may_be_held(
    outcome: Outcome, action: Action, waiting: Collection[str], of_others: bool
) -> bool:
    """Return whether an action may be blocked because it seems to concern another person.

    An action that takes access away is held only if everything but the key differs, and either no
    earlier run linked the two or the source lists other people (`_are_other_people`). It might lock
    out someone else, while the leaver keeps access by another record.
    """
    certain = action.verb.takes_access and not (outcome.only_by_key or of_others)
    return action.id not in waiting and not certain


def _completes_a_create(action: Action) -> bool:
    """Return whether an action completes a create, which counts for its person already."""
    return action.verb is not Verb.CREATE and action.target_id is None
