"""Doubts matches that nothing but a key supports: the key may have passed to another person.

A doubted match becomes a conflict, and a person decides.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.spec import Absent, Rehires
from oneway.planning.diff import held_from_leave, is_there, present
from oneway.planning.links import LinkEvidence
from oneway.planning.match import NOBODY, Match, Matches
from oneway.planning.plan import Reason
from oneway.planning.similar.marks import claims_of
from oneway.planning.similar.same_person import (
    comparison,
    is_id,
    is_supported,
    likeness_beside,
    likeness_of,
)


@dataclass(frozen=True, slots=True)
class MatchDoubts:
    """The evidence against matches by key. A human has let the keys in `allowed` decide."""

    policy: Policy
    evidence: LinkEvidence
    allowed: frozenset[str]
    returns: "ReturnDoubts"

    @classmethod
    def of(cls, policy: Policy, evidence: LinkEvidence, allowed: frozenset[str]) -> "MatchDoubts":
        """Return the doubts by the evidence of a run."""
        returns = ReturnDoubts(policy, evidence.targets, allowed, evidence.ended)
        return cls(policy, evidence, allowed, returns)

    def hold(self, matches: Matches, rows: Sequence[SourceRow]) -> Matches:
        """Return the matches with a conflict in place of each doubted one."""
        held = {}
        for row in rows:
            found = matches.of(row)
            if found.target is None:
                continue
            reason = self._of(row, found.target)
            if reason is not None:
                held[row.source_id] = found.contested(reason, found.target)
        held |= self._of_others(matches, rows)
        return replace(matches, by_source={**matches.by_source, **held}) if held else matches

    def _of(self, row: SourceRow, target: TargetRow) -> Reason | None:
        """Return why a row may not be the person whose record its key finds."""
        return (
            self.returns.reason(row, target)
            or self._outside_on_a_guess(row, target)
            or self._listed_for_another(row, target)
            or self._linked_elsewhere(row, target)
        )

    def _outside_on_a_guess(self, row: SourceRow, target: TargetRow) -> Reason | None:
        """Return why a row outside the sync may not be the person whose record its key finds.

        The person who had the key before may be gone, and would keep access unnoticed, because no
        action is planned for the row. None if nothing suggests that, or if absent people are not
        deactivated.
        """
        if self.policy.absent is not Absent.DEACTIVATE or not row.outside:
            return None
        if row.leaver or target.left or row.key in self.allowed:
            return None
        likeness = likeness_beside(self.policy, row, target)
        if not likeness.two_people or is_supported(self.evidence.targets, row, target):
            return None
        text = f"{_by_key_alone(row, target)}; {likeness.text}: {_decides(row)}"
        return Reason("reused", text, candidates=(target.target_id,))

    def _listed_for_another(self, row: SourceRow, target: TargetRow) -> Reason | None:
        """Return why a record is not a row's: it belonged to somebody else who had the row's id.

        A record that has left matters only if the plan would reactivate it.
        """
        theirs = self.evidence.listed.get(target.target_id) == row.source_id
        if not theirs or row.source_id not in self.evidence.passed_on:
            return None
        if target.left and self.policy.rehires is not Rehires.REACTIVATE:
            return None
        what = (
            "has left, and would be given back" if target.left else "has left and can still get in"
        )
        text = (
            f"the key {row.key} finds target record {target.target_id}, which may be that of a "
            f"person who {what}; {likeness_of(self.policy, row, target).text}: a person decides"
        )
        return Reason("reused", text, candidates=(target.target_id,), warning=True)

    def _linked_elsewhere(self, row: SourceRow, target: TargetRow) -> Reason | None:
        """Return why a record is not a row's: another connection has linked it to its own person.

        Two employers may use one code for two people. One word of a name or a shared office then
        proves nothing.
        """
        said = self.evidence.elsewhere.get(target.target_id)
        if said is None or row.key in self.allowed:
            return None
        if is_supported(self.evidence.targets, row, target):
            return None
        likeness = likeness_beside(self.policy, row, target)
        if likeness.one_person:
            return None
        text = (
            f"the key {row.key} finds target record {target.target_id}, and {said}; "
            f"{likeness.text}: {_decides(row)}"
        )
        return Reason("reused", text, candidates=(target.target_id,), warning=True)

    def _of_others(self, matches: Matches, rows: Sequence[SourceRow]) -> dict[str, Match]:
        """Return conflicts for rows whose key finds a record that seems to be another row's person.

        The key is the id, so links do not show whose it was before; nothing else agrees; and an
        unmatched row has a value that only the record's owner can have.
        """
        policy = self.policy
        found = [(row, matches.of(row)) for row in rows] if policy.exclusive else []
        slots = {
            slot: row.source_id
            for row, each in found
            if each == NOBODY and row.cells
            for slot in _unique(policy, {i: row.cells[i].telling for i in policy.exclusive})
        }
        conflicts = {}
        for row, each in found if slots else ():
            target = each.target
            if target is None or target.left:
                continue
            if row.key in self.allowed or not is_there(policy, row):
                continue
            if not (target.values and any(is_id(row, value) for value in row.key_values)):
                continue
            values = {i: present(target.values[i]) for i in policy.exclusive}
            other = next(filter(None, map(slots.get, _unique(policy, values))), None)
            if other is None:
                continue
            likeness = likeness_beside(policy, row, target)
            if likeness.two_people and not is_supported(self.evidence.targets, row, target):
                text = (
                    f"{_by_key_alone(row, target)}, and source record {other} has a value of it "
                    f"that only one record may hold; {likeness.text}: {_decides(row)}"
                )
                reason = Reason("reused", text, candidates=(target.target_id,), warning=True)
                conflicts[row.source_id] = each.contested(reason, target)
        return conflicts


@dataclass(frozen=True, slots=True)
class ReturnDoubts:
    """The evidence against returns to a record that a key finds.

    `links` are the linked target records by source record, `ended` the records whose access this
    sync ended. A human has let the keys in `allowed` decide.
    """

    policy: Policy
    links: Mapping[str, str]
    allowed: Collection[str]
    ended: Collection[str] = ()

    def reason(self, row: SourceRow, target: TargetRow) -> Reason | None:
        """Return why a row may not be the leaver whose record its key finds, else None.

        There is a reason if no run has linked the two (the store is new or lost, or the id is the
        key), and they differ or have no identifying value in common (the row may have no name yet).
        A newcomer who was given the key would get the leaver's account.
        """
        policy = self.policy
        half = not target.left and target.target_id in self.ended
        out = bool(held_from_leave(policy, row, target)) if half else target.left
        if not out or policy.rehires is not Rehires.REACTIVATE:
            return None
        if row.outside or row.key in self.allowed or not is_there(policy, row):
            return None
        # A later key may find a person who comes back with a new number.
        keys = enumerate(zip(row.keys, target.keys, strict=False))
        level = next((at for at, (one, other) in keys if one is not None and one == other), 0)
        likeness = likeness_beside(policy, row, target, after=level)
        readable = bool(policy.identifying and row.cells and target.values)
        untold = readable and not likeness.agreeing and not likeness.exclusive
        if not (likeness.differing or untold) or is_supported(self.links, row, target):
            return None
        linked = self.links.get(row.source_id) == target.target_id
        known = "the link from earlier runs only repeats this key"
        known = known if linked else "no run remembers whose it was"
        text = (
            f"the key {row.key} finds target record {target.target_id}, which has left, and "
            f"{known}; {likeness.text}: {_decides(row)}"
        )
        return Reason("reused", text, candidates=(target.target_id,))


def _decides(row: SourceRow) -> str:
    return f"a person decides; if it is theirs, --allow reused:{row.key}"


def _by_key_alone(row: SourceRow, target: TargetRow) -> str:
    return f"nothing but the key {row.key} says that target record {target.target_id} is theirs"


def _unique(policy: Policy, values: Mapping[int, Value]) -> Iterator[tuple[int, Hashable]]:
    """Yield the unique values of a record, given by position, in comparable form."""
    for i, value in values.items():
        if policy.fields[i].tells(value):
            for claim in claims_of(value, comparison(policy.fields[i])):
                yield i, claim
