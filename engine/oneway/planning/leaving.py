"""Decides what a leave or a return writes, and whether the target record has left afterwards."""

from oneway.core.compare import same
from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.redacted import GIVEN, facts_of
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.program import LeftAnswer
from oneway.mapping.rows import CellState, SourceRow, TargetRow
from oneway.mapping.spec import Merge
from oneway.planning.access import UNSAID
from oneway.planning.diff import (
    KEEP,
    FieldChange,
    at_update,
    differing,
    hidden,
    is_hidden,
    merged,
    present,
    stays_until_later,
    unlisted,
    wanted,
)
from oneway.planning.ineffective import LeftWith, not_known, written
from oneway.planning.plan import Reason


@dataclass(frozen=True, slots=True)
class LeaveAndReturn:
    """Decides about the access of a matched pair; `left_with` is the program's."""

    policy: Policy
    left_with: LeftWith

    def has_access(self, row: SourceRow, target: TargetRow) -> bool:
        """Return whether a leaver can still get in according to the target.

        A person whose last day is not over has not left yet.
        """
        hidden = self.hidden(row, target)
        left = target.left and not self._tells_by(hidden)
        if left or row.leaves_later or self._is_yet_to_leave(row, target):
            return False
        if hidden:
            return True
        fields = tuple(zip(self.policy.leaving, row.leaving, target.leaving, strict=True))
        rules = self.policy.leaving
        if differing(fields) or unlisted(rules, row.leaving, target.leaving):
            return True
        silent = all(wanted(rule, cell) is KEEP for rule, cell, _ in fields)
        if (silent or self.untold(row)) and not target.scheduled:
            return True
        return self.answer(target, (), ()) in (LeftAnswer.STAYS, LeftAnswer.UNKNOWN)

    def hidden(self, row: SourceRow, target: TargetRow) -> tuple[FieldRule, ...]:
        """Return the fields of a leave that are left alone, because the record hides them."""
        return hidden(self.policy.leaving, row.leaving, target.leaving, leaving=True)

    def _tells_by(self, rules: tuple[FieldRule, ...]) -> bool:
        """Return whether one of these fields shows whether a record has left."""
        return any(self.policy.leaving[i] in rules for i in self.policy.telling)

    def _is_yet_to_leave(self, row: SourceRow, target: TargetRow) -> bool:
        """Return whether the last day that the source states is still to come, by `left`."""
        if not stays_until_later(self.policy, row):
            return False
        changes = at_update(self.policy.leaving, row.leaving, target.leaving)
        return self.left_after(target, changes) is LeftAnswer.DUE

    def answer(
        self,
        target: TargetRow,
        changes: tuple[FieldChange, ...],
        others: tuple[FieldChange, ...],
    ) -> LeftAnswer:
        """Return whether a record counts as left once the leave is written.

        `others` are the changes of a separate action. If they would change the answer, it is
        UNKNOWN.
        """
        after = self.left_after(target, changes)
        if not others or self.left_after(target, (*changes, *others)) is after:
            return after
        return LeftAnswer.UNKNOWN

    def left_after(self, target: TargetRow, changes: tuple[FieldChange, ...]) -> LeftAnswer:
        """Return whether a record would say that its person has left after all changes."""
        if self.policy.left is None:
            return LeftAnswer.LEFT
        return self.left_with(target, written(changes), Capability.LEAVE)

    def unsaid(self, row: SourceRow, after: LeftAnswer) -> tuple[Reason, ...]:
        """Return why a leaver keeps access: none of the written values says that they have left."""
        if after is LeftAnswer.UNKNOWN and not self.untold(row):
            place = self.policy.left.place if self.policy.left is not None else None
            return (Reason(UNSAID, not_known(self.policy), place, warning=True),)
        rules = self.untold(row) or self.policy.leaving
        paths = ", ".join(rule.path for rule in rules)
        cells = tuple(zip(self.policy.leaving, row.leaving, strict=True))
        said = any(rule in rules and wanted(rule, cell) is not KEEP for rule, cell in cells)
        why = f"{paths} may not be overwritten" if said else f"nothing says what {paths} becomes"
        lacks = "; ".join(dict.fromkeys(c.read for rule, c in cells if rule in rules and c.read))
        why += f" ({lacks})" if lacks and not said else ""
        text = f"has left, and {why}: keeps access"
        return (Reason(UNSAID, text, rules[0].place, warning=True),)

    def untold(self, row: SourceRow) -> tuple[FieldRule, ...]:
        """Return the fields that show whether a record has left, and that get no value."""
        rules, cells = self.policy.leaving, row.leaving
        return tuple([rules[i] for i in self.policy.telling if wanted(rules[i], cells[i]) is KEEP])

    def reactivation(self, row: SourceRow, target: TargetRow) -> tuple[FieldChange, ...]:
        """Return the changes that undo a leave: by default, they clear what it set.

        A key that is absent from the source record clears nothing.
        """
        given = dict(self.policy.reactivating)
        return tuple(
            FieldChange(rule, before, after)
            for position, rule in enumerate(self.policy.returning)
            if not self._says_nothing(row, position)
            and not self._merges_unseen(target, position)
            and not same(
                before := present(target.leaving[position]),
                after := merged(rule, before, given.get(position)),
            )
            and GIVEN not in facts_of(before)
        )

    def _merges_unseen(self, target: TargetRow, position: int) -> bool:
        rule = self.policy.returning[position]
        return rule.merge is not Merge.REPLACE and is_hidden(rule, target.leaving[position])

    def unsaid_return(self, row: SourceRow, target: TargetRow) -> tuple[Reason, ...]:
        """Return the reasons for fields of a leave that stay, as the source lacks their keys."""
        return tuple(
            Reason(
                "unsaid",
                f"{rule.path} is left as it is: a key that it is made from is not given, "
                f"in {rule.expression}",
                rule.place,
                warning=True,
            )
            for position, rule in enumerate(self.policy.leaving)
            if self._says_nothing(row, position) and present(target.leaving[position]) is not None
        )

    def still_left(
        self,
        target: TargetRow,
        changes: tuple[FieldChange, ...],
        others: tuple[FieldChange, ...] = (),
    ) -> bool:
        """Return whether a record still counts as left once its person is brought back."""
        after = written((*changes, *others))
        return self.left_with(target, after, Capability.REACTIVATE) is LeftAnswer.LEFT

    def _says_nothing(self, row: SourceRow, position: int) -> bool:
        given = position in dict(self.policy.reactivating)
        return not given and row.leaving[position].state is CellState.UNSTATED
