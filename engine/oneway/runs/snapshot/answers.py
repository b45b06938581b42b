"""Notes what a program answers about target records while a plan is made.

A condition that reads a sensitive value cannot be evaluated again from a snapshot: its answers are
stored instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.paths import path_text
from oneway.core.records import Record
from oneway.mapping.policy import Policy
from oneway.mapping.program import LeftAnswer, OwnTable, Program, Written
from oneway.mapping.rows import Cell, SourceRow, TargetRow


@dataclass(frozen=True, slots=True)
class NotedAnswers:
    """What a program answered, by target record: only what a replay would not assume."""

    left: dict[str, dict[str, LeftAnswer]] = field(default_factory=dict)
    """The answers of `Program.left_with`, by `question_of`."""

    def noted(self, program: Program) -> Program:
        """Return the program; what it answers is noted here."""
        return _NotingProgram(program, self)


def question_of(written: Sequence[Written], by: Capability) -> str:
    """Return which question about a record this is: who writes, and the paths that are written."""
    return " ".join((by.value, *sorted(path_text(keys) for keys, _ in written)))


def assumed(by: Capability) -> LeftAnswer:
    """Return what a replay assumes: a leave makes `left` hold, and a return ends it."""
    return LeftAnswer.LEFT if by is Capability.LEAVE else LeftAnswer.STAYS


@dataclass(frozen=True, slots=True)
class _NotingProgram:
    program: Program
    answers: NotedAnswers

    @property
    def policy(self) -> Policy:
        return self.program.policy

    def source_row(self, record: Record) -> SourceRow:
        return self.program.source_row(record)

    def target_row(self, record: Record) -> TargetRow:
        return self.program.target_row(record)

    def left_with(
        self, target: TargetRow, written: Sequence[Written], by: Capability
    ) -> LeftAnswer:
        answer = self.program.left_with(target, written, by)
        if answer is not assumed(by):
            self.answers.left.setdefault(target.target_id, {})[question_of(written, by)] = answer
        return answer

    def absence_counts(self, target: TargetRow) -> bool | None:
        return self.program.absence_counts(target)

    def departed(self) -> tuple[Cell, ...]:
        return self.program.departed()

    def own_tables(self) -> Mapping[str, OwnTable]:
        return self.program.own_tables()
