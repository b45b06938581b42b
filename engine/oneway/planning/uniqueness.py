"""Decides who gets a value that only one record may hold.

A draft that writes a unique value, or creates a record with an `unless_taken` value, claims that
value. Claims are decided by what the target would hold after the plan:

- Two updates that claim one value conflict with each other, as do two creates; a create
  yields to an update.
- A create whose match key another draft writes into that key's field yields as well: from
  then on that record would be found by the key.
- An update yields to a pending create that has claimed the value or the key, by which a later run
  finds out how that create ended.
- A value that another target record holds is free only if that record gives it up in the
  same plan; then the two are ordered. A circle of such claims is a conflict.

The drafts that remain are the largest set in which all of this holds, so the result does
not depend on the order of records, and a plan made after the apply finds nothing new.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from oneway.core.compare import comparable
from oneway.core.dataclass import dataclass
from oneway.core.records import MISSING
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.spec import Absent
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.diff import (
    doubled,
)
from oneway.planning.draft import Draft
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.possible_records import PENDING
from oneway.planning.record_owner import owner_text
from oneway.planning.similar.marks import claims_of, each_claim
from oneway.planning.spoken_values import Namesakes, Slot, SpokenValues


@dataclass(frozen=True, slots=True)
class GrantedClaims:
    """The drafts after claims are granted, and for each the drafts that must be applied first."""

    drafts: tuple[Draft, ...]
    before: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]


def grant_claims(
    drafts: Sequence[Draft],
    targets: Sequence[TargetRow],
    policy: Policy,
    pending: Mapping[str, Mapping[str, str]] | None = None,
) -> GrantedClaims:
    """Turn every draft whose claim cannot be met into a conflict, and order the others.

    `pending` are the claims of pending creates (`LinkEvidence.claimed`).
    """
    claims = _Claims(drafts, targets, policy)
    refused = _found_by_their_keys(drafts, policy) | claims.rivals()
    refused |= _on_its_way(drafts, pending or {})
    while True:
        refused = claims.closed(refused)
        more = claims.circles(refused) or claims.spared(drafts, refused)
        if not more:
            break
        refused |= more
    granted = tuple([
        _stopped(draft, refused[draft.identity])
        if refused and draft.identity in refused
        else claims.warned(draft, refused)
        for draft in drafts
    ])  # fmt: skip
    return GrantedClaims(granted, claims.order(refused))


def _found_by_their_keys(drafts: Sequence[Draft], policy: Policy) -> dict[tuple[str, str], Reason]:
    """Return the creates whose match key another draft writes into its own record, and why."""
    levels: dict[str, list[int]] = defaultdict(list)
    for level, path in enumerate(policy.match_paths):
        levels[path].append(level)
    written: dict[Slot, list[Draft]] = defaultdict(list)
    for draft in drafts:
        every = draft.access_changes + draft.differences
        for each in [change for change in every if change.rule.path in levels]:
            for level in levels[each.rule.path]:
                written[level, comparable(each.after, policy.match[level])].append(draft)
    refused: dict[tuple[str, str], Reason] = {}
    for draft in drafts if written else ():
        if draft.verb is not Verb.CREATE or draft.row is None:
            continue
        for level, key in enumerate(draft.row.keys):
            others = [each for each in written.get((level, key), ()) if each is not draft]
            if key is not None and others:
                reason = _same_key(policy.match_paths[level], others)
                refused.setdefault(draft.identity, reason)
    return refused


def _on_its_way(
    drafts: Sequence[Draft], pending: Mapping[str, Mapping[str, str]]
) -> dict[tuple[str, str], Reason]:
    """Return the updates that write a value of a pending create, and why."""
    return {
        draft.identity: Reason(PENDING, why, each.rule.place, warning=True)
        for draft in (drafts if pending else ())
        if draft.row is not None and draft.target is not None
        for each in draft.differences
        if (why := pending.get(draft.row.source_id, {}).get(each.rule.path))
    }


def _stopped(draft: Draft, reason: Reason) -> Draft:
    if draft.kind is Kind.ABSENT:
        perhaps = tuple(each for each in draft.reasons if each.code == MAY_HAVE_LEFT)
        reasons, has_access = (reason, *perhaps), bool(perhaps)
        return draft._replace(
            access=None, access_changes=(), has_access=has_access, reasons=reasons
        )
    return draft.without_fields(Kind.CONFLICT, reason)


class _Claims:
    """The claims of all drafts against what the target holds."""

    def __init__(
        self,
        drafts: Sequence[Draft],
        targets: Sequence[TargetRow],
        policy: Policy,
    ) -> None:
        self.policy = policy
        self.watched = policy.watched
        self.ways = doubled(policy)
        position = {policy.fields[i].path: i for i in self.ways}
        self.claimed: dict[tuple[str, str], tuple[Slot, ...]] = {}
        self.drafts: dict[tuple[str, str], Draft] = {}
        self.by_target: dict[str, tuple[str, str]] = {}
        self.by_slot: dict[Slot, list[tuple[str, str]]] = defaultdict(list)
        self.targets = targets
        self.everybody = drafts
        for draft in drafts:
            slots = tuple([
                (i, claim)
                for each in draft.differences
                if (i := position.get(each.rule.path)) is not None
                for claim in claims_of(each.after, self.ways[i]) or (None,)
            ])  # fmt: skip
            unwritten = tuple(self._unwritten(draft)) if draft.verb is Verb.CREATE else ()
            if not (slots or unwritten):
                continue
            identity = draft.identity
            self.drafts[identity], self.claimed[identity] = draft, slots + unwritten
            if draft.target is not None:
                self.by_target[draft.target.target_id] = identity
            for slot in slots:
                if slot[1] is not None:
                    self.by_slot[slot].append(identity)
        self.holders = self._holders()
        self.disputed = {
            identity: slots
            for identity, slots in (self.claimed.items() if self.holders else ())
            if any(self._others(self.drafts[identity], slot) for slot in slots)
        }
        """The claims to values that other target records hold now; rare."""

    def _unwritten(self, draft: Draft) -> Iterator[Slot]:
        """Yield the unique values that a create does not write, which a record may hold as well."""
        cells = draft.row.cells if draft.row is not None else ()
        for i in self.watched if cells else ():
            yield from ((i, claim) for claim in claims_of(cells[i].unwritten, self.ways[i]))

    @cached_property
    def people(self) -> Mapping[str, tuple[TargetRow, SourceRow | None]]:
        """The target records and the source records drafted for them, by target id."""
        rows = {e.target.target_id: e.row for e in self.everybody if e.target is not None}
        return {each.target_id: (each, rows.get(each.target_id)) for each in self.targets}

    def _holders(self) -> dict[Slot, list[str]]:
        """Return the holders of each claimed value."""
        wanted = {slot for slots in self.claimed.values() for slot in slots}
        holders: dict[Slot, list[str]] = defaultdict(list)
        known = [each for each in self.targets if each.values] if wanted else []
        for i, compare in self.ways.items() if wanted else ():
            values = [each.values[i] for each in known]
            for at, claim in each_claim([None if v is MISSING else v for v in values], compare):
                if (i, claim) in wanted:
                    holders[i, claim].append(known[at].target_id)
        return holders

    def rivals(self) -> dict[tuple[str, str], Reason]:
        """Return the drafts that lose a claim to another draft, each with the reason."""
        refused: dict[tuple[str, str], Reason] = {}
        for (i, _), identities in self.by_slot.items():
            claimants = [self.drafts[each] for each in identities] if len(identities) > 1 else ()
            for draft in claimants:
                rivals = [
                    each for each in claimants if each is not draft and self._yields(draft, each, i)
                ]
                if rivals:
                    refused.setdefault(draft.identity, _rivalled(self.policy.fields[i], rivals))
        return refused

    def closed(self, refused: Mapping[tuple[str, str], Reason]) -> dict[tuple[str, str], Reason]:
        """Return the refused drafts, and drafts that claim a value which a refused one keeps."""
        closed = dict(refused)
        while True:
            more = {
                identity: reason
                for identity in self.disputed
                if identity not in closed
                and (reason := self._blocked(self.drafts[identity], closed)) is not None
            }
            if not more:
                return closed
            closed |= more

    def circles(self, refused: Mapping[tuple[str, str], Reason]) -> dict[tuple[str, str], Reason]:
        """Return the drafts that wait for each other in a circle, each with the reason."""
        waits = {identity: set(needs) for identity, needs in self.order(refused).items()}
        while True:
            free = {identity for identity, needs in waits.items() if not needs & waits.keys()}
            if not free:
                break
            waits = {identity: needs for identity, needs in waits.items() if identity not in free}
        circle = _on_a_circle(waits)
        text = "these records would exchange unique values in a circle; free one of them by hand"
        return {
            identity: Reason(
                "circle",
                text,
                candidates=tuple(sorted(each[1] for each in circle)),
            )
            for identity in circle
        }

    def spared(
        self, drafts: Sequence[Draft], refused: Mapping[tuple[str, str], Reason]
    ) -> dict[tuple[str, str], Reason]:
        """Return the deactivations of records that an unmatched source record may belong to.

        The person is employed and was not created, and has a unique value or the whole name of the
        absent record: it may be theirs under another key.
        """
        if self.policy.absent is not Absent.DEACTIVATE:
            return {}
        rows = [
            draft.row
            for draft in drafts
            if draft.row is not None and draft.target is None
            if draft.verb is None or draft.identity in refused
        ]
        speaking, named = SpokenValues(self.policy, rows), Namesakes(self.policy, rows)
        return {
            draft.identity: reason
            for draft in drafts
            if draft.access is Verb.DEACTIVATE and draft.identity not in refused
            if draft.target is not None
            and (reason := speaking.of(draft.target) or named.of(draft.target)) is not None
        }

    def order(
        self, refused: Mapping[tuple[str, str], Reason]
    ) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
        """Return the drafts that must go first, for each remaining draft that claims values."""
        return {
            identity: tuple(
                sorted(
                    {
                        self.by_target[target]
                        for slot in slots
                        for target in self._others(self.drafts[identity], slot)
                        if target in self.by_target
                    }
                )
            )
            for identity, slots in self.disputed.items()
            if identity not in refused
        }

    def _blocked(self, draft: Draft, refused: Mapping[tuple[str, str], Reason]) -> Reason | None:
        for slot in self.disputed[draft.identity]:
            if self._others(draft, slot) and (staying := self._staying(draft, slot, refused)):
                return self._taken(self.policy.fields[slot[0]], staying)
        return None

    def _staying(
        self, draft: Draft, slot: Slot, refused: Mapping[tuple[str, str], Reason]
    ) -> list[str]:
        """Return the other target records that hold a value and keep it."""
        others = self._holding(draft, slot)
        return sorted(each for each in others if not self._gives_up(each, slot, refused))

    def warned(self, draft: Draft, refused: Mapping[tuple[str, str], Reason]) -> Draft:
        """Add a warning to an update for each key or `unless_taken` value that it doubles."""
        slots = () if draft.target is None else self.claimed.get(draft.identity, ())
        if not slots:
            return draft
        reasons = tuple(
            replace(reason, warning=True)
            for slot in slots
            if slot[1] is not None and not self.policy.fields[slot[0]].unique
            for reason in (
                *self._doubled(draft, slot, refused),
                *self._exchanged(draft, slot, refused),
            )
        )
        return draft._replace(reasons=(*draft.reasons, *reasons)) if reasons else draft

    def _doubled(
        self, draft: Draft, slot: Slot, refused: Mapping[tuple[str, str], Reason]
    ) -> Iterator[Reason]:
        """Yield a warning for each other record that keeps the value or is given it."""
        rule = self.policy.fields[slot[0]]
        if staying := self._staying(draft, slot, refused):
            yield self._taken(rule, staying)
        others = (self.drafts[each] for each in self.by_slot.get(slot, ()) if each not in refused)
        if rivals := [each for each in others if each is not draft]:
            yield _rivalled(rule, rivals)

    def _exchanged(
        self, draft: Draft, slot: Slot, refused: Mapping[tuple[str, str], Reason]
    ) -> Iterator[Reason]:
        """Yield a warning if an update takes a value in a circle or a chain of exchanges."""
        givers = [
            target
            for target in self._holding(draft, slot)
            if self._gives_up(target, slot, refused)
            and {draft.identity, self.by_target[target]} <= self.exchanging
        ]
        if givers:
            named = (owner_text(each, *self.people.get(each, (None, None))) for each in givers)
            rule = self.policy.fields[slot[0]]
            text = (
                f"{rule.path} belongs to {', '.join(named)} until this plan, and further records "
                "pass such values on: was a column of the export sorted or moved?"
            )
            yield Reason("circle", text, rule.place, tuple(givers))

    @cached_property
    def exchanging(self) -> set[tuple[str, str]]:
        """The updates that pass values of `unless_taken`, keys included, on from one to the next.

        Some of them both take a value and give one up, as on a circle, or within a chain. A value
        that is passed on just once is nothing unusual.
        """
        takes = {
            identity: {
                self.by_target[target]
                for slot in slots
                if slot[1] is not None and not self.policy.fields[slot[0]].unique
                for target in self._holding(self.drafts[identity], slot)
                if target in self.by_target
            }
            for identity, slots in (self.claimed.items() if self.holders else ())
            if self.drafts[identity].target is not None
        }
        between = {each for givers in takes.values() for each in givers if takes.get(each)}
        takers = {each for each, givers in takes.items() if givers & between}
        return between.union(takers, *(takes[each] for each in between))

    def _taken(self, rule: FieldRule, targets: Sequence[str]) -> Reason:
        named = (owner_text(each, *self.people.get(each, (None, None))) for each in targets)
        text = f"{rule.path} already belongs to {', '.join(named)}"
        return Reason("taken", text, rule.place, tuple(targets))

    def _others(self, draft: Draft, slot: Slot) -> list[str]:
        contested = slot[1] is not None and self._contested(draft, slot[0])
        return self._holding(draft, slot) if contested else []

    def _holding(self, draft: Draft, slot: Slot) -> list[str]:
        own = draft.target.target_id if draft.target is not None else None
        return [target for target in self.holders.get(slot, ()) if target != own]

    def _gives_up(self, target: str, slot: Slot, refused: Mapping[tuple[str, str], Reason]) -> bool:
        identity = self.by_target.get(target)
        if identity is None or identity in refused:
            return False
        own = [each for each in self.claimed[identity] if each[0] == slot[0]]
        return bool(own) and slot not in own

    def _contested(self, draft: Draft, i: int) -> bool:
        creating = draft.verb is Verb.CREATE
        return self.policy.fields[i].unique or (creating and i in self.policy.unless_taken)

    def _yields(self, draft: Draft, rival: Draft, i: int) -> bool:
        """Return whether `draft` loses a value to `rival`, which claims it too."""
        if draft.verb is Verb.CREATE:
            return self._contested(draft, i)
        return rival.verb is not Verb.CREATE and self.policy.fields[i].unique


def _on_a_circle(
    waits: Mapping[tuple[str, str], set[tuple[str, str]]],
) -> set[tuple[str, str]]:
    """Return the drafts on a circle, without those that only wait for one of them."""

    def reached(start: tuple[str, str]) -> set[tuple[str, str]]:
        seen: set[tuple[str, str]] = set()
        todo = [start]
        while todo:
            for each in waits.get(todo.pop(), ()):
                if each not in seen:
                    seen.add(each)
                    todo.append(each)
        return seen

    return {identity for identity in waits if identity in reached(identity)}


def _same_key(path: str, rivals: Iterable[Draft]) -> Reason:
    ids = tuple(sorted(each.identity[1] for each in rivals))
    text = f"another record of this plan is given the {path} that this one is matched by: "
    return Reason("claimed_twice", text + ", ".join(ids), candidates=ids)


def _rivalled(rule: FieldRule, rivals: Iterable[Draft]) -> Reason:
    ids = tuple(sorted(each.identity[1] for each in rivals))
    text = f"another record of this plan claims the same {rule.path}: {', '.join(ids)}"
    return Reason("claimed_twice", text, rule.place, ids)
