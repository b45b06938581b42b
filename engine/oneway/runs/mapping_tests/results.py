"""What a mapping test found: mismatches of cases, claims that fail, fields that nothing reads."""

from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import Snapshot
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions.steps import EvaluationStep
from oneway.mapping.interpreter import Interpreted
from oneway.planning.breach import Verdict
from oneway.planning.plan import Outcome, Plan
from oneway.runs.mapping_tests.spec import Case, MappingClaim, MappingTest, UnreadField


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A failed expectation: its place, and the steps that led to the value.

    `about` is "outcome", "reasons", "held_by", "record" or a target field; `steps` are those
    of the field's expression. A sensitive value is a `Sealed`; a field that is left alone is
    `MISSING`; for a "record", None means the only one.
    """

    place: Span
    about: str
    wanted: object
    got: object
    steps: tuple[EvaluationStep, ...] = ()
    expression: Span | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case ended: as expected if there is no mismatch."""

    case: Case
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """The records that contradict a claim, by their case (or file)."""

    claim: MappingClaim
    spoken_of: int
    against: tuple[tuple[str, Outcome], ...]


@dataclass(frozen=True, slots=True)
class UnreadResult:
    """A field that may not be read, and what of the mapping reads it, with its place."""

    asked: UnreadField
    read_at: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """One case as the engine sees it: the records, the program, the plan and its verdict."""

    name: str
    source: Snapshot
    target: Snapshot
    program: Interpreted
    plan: Plan
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class MappingTestResult:
    """How a mapping test ended; `planned` are its cases, and the fixture, for coverage.

    `unread` are the fields that the mapping may not read.
    """

    test: MappingTest
    compiled: Compiled
    cases: tuple[CaseResult, ...]
    claims: tuple[ClaimResult, ...]
    planned: tuple[Planned, ...] = field(repr=False, default=())
    unread: tuple[UnreadResult, ...] = ()

    @property
    def failed(self) -> int:
        """The number of failed cases, claims, and fields that are read."""
        cases = sum(bool(each.mismatches) for each in self.cases)
        claims = sum(bool(each.against) for each in self.claims)
        return cases + claims + sum(bool(each.read_at) for each in self.unread)

    @property
    def passed(self) -> int:
        """The number of the others."""
        return len(self.cases) + len(self.claims) + len(self.unread) - self.failed
