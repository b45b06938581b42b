"""Finds target records that fit a person better than the record that a match key found.

A code may be mistyped, reissued or exchanged, which no key shows. If links of earlier runs do not
settle whose record it is, names, emails and other keys are compared: if another record has more of
the person's values, and has no match or fits its own match less well, a human decides.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, partial
from typing import NamedTuple

from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.core.records import Value
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import whole, whole_target
from oneway.mapping.spec import Absent
from oneway.planning.absent import SPARED
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.diff import perhaps_left
from oneway.planning.draft import Draft
from oneway.planning.match import Pairs
from oneway.planning.plan import STRANGER, Kind, Reason, Verb
from oneway.planning.record_owner import owner_text
from oneway.planning.similar.lookalikes import (
    by_name,
    compared_fields,
    held_value,
    is_keyless,
    namesakes_of,
    naming_of,
    said_value,
)
from oneway.planning.similar.marks import has_email, marks_of
from oneway.planning.similar.near_misses import NEAR_MISS
from oneway.planning.similar.same_person import (
    is_supported,
    likeness_of,
    shares_keys,
    shares_single,
)
from oneway.planning.similar.second_records import perhaps_theirs

_TOO_MANY = 100
"""A value that more records than this hold identifies nobody."""

Slot = tuple[str, Hashable]
"""The path of a field or match key, and a value in its comparable form."""


@dataclass(frozen=True, slots=True)
class BetterMatch:
    """Target records that have more of a person's values than the record that a key found.

    `alone` are those that no source record matched; `what` are the paths in which the first one
    agrees with the person.
    """

    targets: tuple[TargetRow, ...]
    alone: tuple[TargetRow, ...]
    what: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the target records."""
        return tuple(each.target_id for each in self.targets)

    @property
    def text(self) -> str:
        """Which record fits better, and by which fields. Shows no value but the record's key."""
        first, *others = self.targets
        named = owner_text(first.target_id, first, None)
        more = f", and so do {len(others)} more" if others else ""
        return f"{named} has more in common with this person ({', '.join(self.what)}){more}"


class BetterMatches(NamedTuple):
    """Drafts, and what `better_matches` found about them.

    `sure` are the ids of source records whose match a link or a unique value confirms, among the
    people for whom something is written: no others are checked. `closer` names people who stay and
    have more in common with a leaver's record than the leaver, by the record's id.
    """

    drafts: tuple[Draft, ...]
    nearer: Mapping[str, BetterMatch]
    sure: AbstractSet[str]
    closer: Mapping[str, str]


def better_matches(
    drafts: Sequence[Draft], policy: Policy, linked: Mapping[str, str]
) -> tuple[Mapping[str, BetterMatch], AbstractSet[str]]:
    """Return the target records that fit people better than their match, and `BetterMatches.sure`.

    Checks people whose match is written to, and people who have left or may have left. Skips those
    whose match is confirmed by a unique value in common or by a link that says more than its key. A
    name alone does not contradict the key of a person who stays, unless two names are exchanged.
    """
    search = _BetterSearch(policy, drafts, linked)
    found = {}
    for each in drafts:
        if _is_in_question(each) and (nearer := search.of(each)) is not None:
            found[each.identity[1]] = nearer
    return found, search.confirmed


def with_better_matches(
    drafts: Sequence[Draft], policy: Policy, linked: Mapping[str, str], quiet: Pairs
) -> BetterMatches:
    """Return `better_matches`, with a reason in the drafts of records that fit a leaver better.

    Such a leave may end another person's access, while the leaver still gets in by the record
    named. `quiet` are further matched pairs.
    """
    nearer, sure = better_matches(drafts, policy, linked)
    closer = closer_people(drafts, policy, linked, quiet)
    if not nearer:  # the usual case
        return BetterMatches(tuple(drafts), nearer, sure, closer)
    rows = (each.row for each in drafts if each.row is not None)
    left = {row.source_id: row for row in rows if perhaps_left(policy, row)}
    theirs = {
        target.target_id: left[source_id]
        for source_id, found in sorted(nearer.items())
        for target in found.alone
        if source_id in left and not target.left
    }

    def marked(draft: Draft) -> Draft:
        row = theirs.get(draft.target.target_id) if draft.target is not None else None
        if row is None or any(each.code == MAY_HAVE_LEFT for each in draft.reasons):
            return draft
        reason = perhaps_theirs(row, "name or other values")
        return draft._replace(reasons=(*draft.reasons, reason), has_access=True)

    return BetterMatches(tuple(map(marked, drafts)), nearer, sure, closer)


def closer_people(
    drafts: Sequence[Draft], policy: Policy, linked: Mapping[str, str], quiet: Pairs
) -> Mapping[str, str]:
    """Return people who stay and have more of a record's values than the leaver it is closed for.

    The result is by the record's id. A leaver's row may have lost its name and then contradicts
    nothing, although the record may belong to somebody whose own key finds another record. The
    search therefore starts from the record, whatever is written for the people who stay.
    """
    search = _BetterSearch(policy, drafts, linked)
    alone = filter(search.leaves_by_key_alone, drafts)
    leaving = {each.target.target_id: each.target for each in alone if each.target is not None}
    if not leaving:  # the usual case
        return {}
    holders = search.holders_among(leaving.values())
    found = {}
    pairs = [(each.row, each.target) for each in drafts if each.row is not None]
    others = zip(map(whole, quiet.rows), map(whole_target, quiet.targets), strict=True)
    for row, own in (*pairs, *others):
        if perhaps_left(policy, row) or (own is not None and own.target_id in leaving):
            continue
        for id, shared in search.shared_with(row, holders).items():
            if search.is_closer(row, own, leaving[id], shared):
                what = ", ".join(sorted({path for path, _ in shared}))
                found[id] = f"source record {row.source_id} has more in common with it ({what})"
    return found


def _may_leave(row: SourceRow) -> bool:
    """Return whether a person leaves, now or later, or may have left."""
    return row.leaver or row.may_have_left


def perhaps_there(
    drafts: Sequence[Draft], near: Mapping[str, Sequence[Reason]], policy: Policy
) -> Mapping[str, Reason]:
    """Return why new people may already have a record that is deactivated as absent, by source id.

    The record has their whole name or is among their `near` misses. With a new code and no email,
    nothing else shows that the two are one person. Records that this plan spares count as well: it
    may spare them only for these people, and the next plan would then deactivate them.
    """
    if policy.absent is not Absent.DEACTIVATE:
        return {}
    absent = {each.identity[1]: each for each in drafts if _may_go(each)}
    naming = naming_of(policy)
    named = by_name([each.target for each in absent.values() if each.target is not None], naming)
    found = {}
    for draft in drafts if absent else ():
        if draft.row is None or draft.verb is not Verb.CREATE:
            continue
        said = (*draft.reasons, *near.get(draft.row.source_id, ()))
        misses = [id for each in said if each.code == NEAR_MISS for id in each.candidates]
        names = [each.target_id for each in namesakes_of(policy, draft.row, named)]
        ids = tuple(dict.fromkeys(id for id in (*names, *misses) if id in absent))
        if ids:
            then = (
                ""
                if any(absent[id].access is not None for id in ids)
                else " once they have a record"
            )
            what = "has the same name" if set(ids) <= set(names) else "is nearly the same"
            text = f"target record {some(ids)} would be deactivated as absent{then}, and {what}"
            text += ": perhaps one person"
            found[draft.row.source_id] = Reason(STRANGER, text, None, ids, warning=True)
    return found


def _may_go(draft: Draft) -> bool:
    """Return whether a record is deactivated as absent, or spared only for an unmatched person."""
    target = draft.target
    if draft.kind is not Kind.ABSENT or target is None or target.left or is_keyless(target):
        return False
    return draft.access is not None or draft.reasons[0].code in SPARED


def _is_in_question(draft: Draft) -> bool:
    row, target = draft.row, draft.target
    if row is None or target is None or not (row.cells and target.values):
        return False
    return _may_leave(row) or _is_written(draft)


def _is_written(draft: Draft) -> bool:
    return draft.verb is not None or draft.access is not None


class _BetterSearch:
    """Searches all target records except those of people for whom nothing is written."""

    def __init__(self, policy: Policy, drafts: Sequence[Draft], linked: Mapping[str, str]) -> None:
        self.policy = policy
        self.linked = linked
        self.fields = [each for each in compared_fields(policy) if each in policy.identifying]
        self.others = [each for each in compared_fields(policy) if each not in policy.identifying]
        self.drafts = drafts
        self.own_scores: dict[str, int] = {}
        self.confirmed: set[str] = set()
        """The ids of source records whose match a link or a unique value confirms, filled as they
        are checked."""

    @cached_property
    def rivals(self) -> Mapping[str, tuple[SourceRow | None, TargetRow]]:
        """The target records that may fit somebody better, with their own match, by target id."""
        return {
            each.target.target_id: (each.row, each.target)
            for each in self.drafts
            if each.target is not None
            and (each.row is None or (_is_written(each) and not self.sure(each.row, each.target)))
        }

    @cached_property
    def holders(self) -> Mapping[Slot, AbstractSet[str]]:
        """The ids of `rivals`, by each value that they hold."""
        return self.holders_among(target for _, target in self.rivals.values())

    def of(self, draft: Draft) -> BetterMatch | None:
        """Return the records that fit a person best, if they fit better than the matched one."""
        row, target = draft.row, draft.target
        assert row is not None
        assert target is not None
        if self.sure(row, target):  # the usual case
            return None
        said = dict.fromkeys(self._said(row))
        own = self._score(row, target)
        if own >= len(dict(said)) - 1:
            return None
        shared = {id: self._shared(said, id) for id in self._candidates(said)}
        shared.pop(target.target_id, None)
        nearer = {
            id: slots
            for id, slots in shared.items()
            if len(slots) > own
            and len(slots) > self._kept(id)
            and (_may_leave(row) or self._tells(id, slots))
        }
        most = max(map(len, nearer.values()), default=0)
        ids = sorted(id for id, slots in nearer.items() if len(slots) == most)
        if not ids:
            return None
        pairs = [self.rivals[id] for id in ids]
        alone = tuple(each for owner, each in pairs if owner is None)
        what = tuple(path for path, _ in nearer[ids[0]])
        return BetterMatch(tuple(each for _, each in pairs), alone, what)

    def sure(self, row: SourceRow, target: TargetRow) -> bool:
        """Return whether a link, or a value that only one record may hold, confirms a match."""
        supported = bool(self.linked) and is_supported(self.linked, row, target)
        if supported or shares_single(self.policy, row, target):
            self.confirmed.add(row.source_id)
            return True
        return shares_keys(row, target)

    def leaves_by_key_alone(self, draft: Draft) -> bool:
        """Return whether a leave ends access to a record that shares only its key with the row."""
        row, target = draft.row, draft.target
        if draft.access is None or not draft.access.takes_access or row is None or target is None:
            return False
        return not self.sure(row, target) and not self._score(row, target)

    def holders_among(self, targets: Iterable[TargetRow]) -> Mapping[Slot, AbstractSet[str]]:
        """Return the ids of these records, by each value that they hold."""
        found: dict[Slot, set[str]] = defaultdict(set)
        for target in targets:
            for slot in self._held(target):
                found[slot].add(target.target_id)
        return dict(found)

    def shared_with(
        self, row: SourceRow, holders: Mapping[Slot, AbstractSet[str]]
    ) -> Mapping[str, AbstractSet[Slot]]:
        """Return the values that a person shares with records, by the records' ids."""
        found: dict[str, set[Slot]] = defaultdict(set)
        for slot in self._said(row):
            for id in holders.get(slot, ()):
                found[id].add(slot)
        return found

    def is_closer(
        self, row: SourceRow, own: TargetRow | None, target: TargetRow, shared: AbstractSet[Slot]
    ) -> bool:
        """Return whether a person shares more with a record than with their own, if they have one.

        They must share its whole name or something that tells more than a name (`_tell`).
        """
        if own is not None and self.sure(row, own):
            return False
        paths = {path for path, _ in shared}
        held = {i for i in self.policy.naming if held_value(target, i) is not None}
        named = held and {self.policy.fields[i].path for i in held} <= paths
        return bool(named or self._tell(shared)) and (
            own is None or len(paths) > self._score(row, own)
        )

    def _kept(self, id: str) -> int:
        """Return how much a record has in common with its own match; -1 if it has none."""
        owner, target = self.rivals[id]
        if owner is None:
            return -1
        if id not in self.own_scores:
            self.own_scores[id] = self._score(owner, target)
        return self.own_scores[id]

    def _tells(self, id: str, shared: Iterable[Slot]) -> bool:
        """Return whether more than a name contradicts the key of a person who stays.

        Names change, and namesakes are common.
        """
        return self.rivals[id][0] is not None or self._tell(shared)

    def _tell(self, shared: Iterable[Slot]) -> bool:
        """Return whether a unique value, a match key or an email is among these values."""
        paths = {self.policy.fields[each].path for each in self.policy.unless_taken}
        return any(
            path in paths or path.startswith(_KEY) or "@" in str(value) for path, value in shared
        )

    def _score(self, row: SourceRow, target: TargetRow) -> int:
        """Return in how many values a pair agrees, not counting the key that found the record."""
        held = set(self._held(target))
        paths = {path for path, value in self._said(row) if (path, value) in held}
        paths |= {each.path for each in likeness_of(self.policy, row, target).agreeing}
        return len(paths) - any(path.startswith(_KEY) for path in paths)

    def _candidates(self, said: Iterable[Slot]) -> Iterable[str]:
        lists = (self.holders.get(slot, ()) for slot in said)
        return {id for ids in lists if len(ids) <= _TOO_MANY for id in ids}

    def _shared(self, said: Iterable[Slot], id: str) -> Sequence[Slot]:
        """Return a value of each path in which a record agrees with a person."""
        return [*{slot[0]: slot for slot in said if id in self.holders.get(slot, ())}.values()]

    def _said(self, row: SourceRow) -> Iterator[Slot]:
        yield from self._keys(row.keys)
        yield from self._values(partial(said_value, self.policy, row))

    def _held(self, target: TargetRow) -> Iterator[Slot]:
        yield from self._keys(target.keys)
        yield from self._values(partial(held_value, target))

    def _keys(self, keys: Sequence[Hashable]) -> Iterator[Slot]:
        for level, key in enumerate(keys):
            if key is not None:
                yield f"{_KEY}{level + 1}", key

    def _values(self, value_at: Callable[[int], Value]) -> Iterator[Slot]:
        """Yield the values that identify a person: those of `label`, the exclusive ones, emails."""
        for position in self.fields:
            value, path = value_at(position), self.policy.fields[position].path
            yield from ((path, mark) for mark in (marks_of(value) if value is not None else ()))
        for position in self.others:
            value, path = value_at(position), self.policy.fields[position].path
            yield from ((path, mark) for mark in (marks_of(value) if has_email(value) else ()))


_KEY = "match key "
