"""A plan: what happens to each record, why, and where each value comes from.

A plan is data: it cannot write. It contains sensitive values only as `Sealed`, never in clear.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import Enum
from functools import cached_property, lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple, overload

from oneway.core.compare import Compare
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import Value, is_scalar
from oneway.core.seal import Sealed, canonical
from oneway.planning.plan_inputs import Allowance, PlanConnection, PlanInput, Read

FORMAT = 3
"""The version of the plan file; readers refuse any other version."""


class Kind(Enum):
    """The outcome of one record. Every source record has exactly one; ABSENT is the target's."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    LEAVE = "leave"
    REHIRE = "rehire"
    IGNORED = "ignored"
    INELIGIBLE = "ineligible"
    CONFLICT = "conflict"
    ERROR = "error"
    ABSENT = "absent"


class Verb(Enum):
    """What an action does to the target."""

    CREATE = "create"
    UPDATE = "update"
    LEAVE = "leave"
    CORRECT = "correct"
    """Corrects the leave, such as its day, of somebody who has left already."""
    REACTIVATE = "reactivate"
    DEACTIVATE = "deactivate"

    @property
    def takes_access(self) -> bool:
        """Whether it takes access away, or corrects how that was done."""
        return self in (Verb.LEAVE, Verb.CORRECT, Verb.DEACTIVATE)

    @property
    def writes_leave(self) -> bool:
        """Whether it writes the mapping's values for a leaver."""
        return self in (Verb.LEAVE, Verb.CORRECT)

    @property
    def changes_access(self) -> bool:
        """Whether it takes access away or gives it back."""
        return self.takes_access or self is Verb.REACTIVATE


@dataclass(frozen=True, slots=True)
class Awaits:
    """The create whose new record will give a value, and the lookup table that finds it."""

    action: str
    lookup: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one action: before, after, and the expression and place it comes from.

    `before` is None for a create. Blank values are None.
    """

    field: str
    before: Value | Sealed
    after: Value | Sealed
    expression: str
    place: Span
    awaits: "Awaits | None" = None
    """Set if the value is known only after another action; `after` is then what is looked up."""
    fallback: bool = False
    """Whether a lookup failed, so that `after` is the fallback of `on_miss`."""

    @property
    def clears(self) -> bool:
        """Whether this clears a value."""
        return self.after is None and self.before is not None

    @property
    def falls_back(self) -> bool:
        """Whether this replaces a value by the fallback of a failed lookup."""
        return self.fallback and self.before is not None


@dataclass(frozen=True, slots=True)
class Claim:
    """A value that no target record may have when a record is created; apply checks this again."""

    path: str
    value: Value | Sealed
    compare: Compare


@dataclass(frozen=True, slots=True)
class Action:
    """One write to the target.

    `id` is a digest of the verb and the record, not of values: it stays the same from plan to
    plan, and is the token of the write. `depends_on` names the actions that must be done first (a
    unique value changes hands, a record is referred to). An update without a `target_id` changes
    the record that the first of them creates.
    """

    id: str
    verb: Verb
    source_id: str | None
    target_id: str | None
    changes: tuple[Change, ...]
    claims: tuple[Claim, ...] = ()
    depends_on: tuple[str, ...] = ()
    why: str = ""
    """For a leave, the source's values that say that the person has left."""


STRANGER = "stranger"
"""The code of a reason: no identifying value is equal on both sides."""
ANONYMOUS = "anonymous"
"""The code of a reason: a closed record no longer shows its person, and nothing is written to it.
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an outcome is what it is, or a note about it.

    `code` is a word for programs (a rule's id, "ambiguous", "taken"), `text` is for people, and
    `candidates` are the ids of the records that it names. `value` is the value that broke an
    expression, with its key: `salary: "1O"`; blank if it is sensitive.
    """

    code: str
    text: str
    place: Span | None = None
    candidates: tuple[str, ...] = ()
    warning: bool = False
    value: str = ""

    @property
    def said(self) -> str:
        """The text, with the value that caused it."""
        return f"{self.text} ({self.value})" if self.value else self.text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to one record. `key` is the match value that people know it by.

    `source_id` is None only for an absent target record. A record has at most one action that takes
    access away or gives it back, followed by one for its other fields. With `has_access`, a person
    who has left can or may still get in until the first action is done; without an action, the run
    does not end that.
    """

    kind: Kind
    key: str
    label: str
    source_id: str | None
    target_id: str | None
    reasons: tuple[Reason, ...] = ()
    actions: tuple[Action, ...] = ()
    has_access: bool = False
    key_digest: str = ""
    """The keyed digest of the first match value, if that is sensitive."""
    only_by_key: bool = False
    """Whether only a key, and no link or other field, says that the records are one person."""

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to report: the record is unchanged, without a note."""
        said = self.actions or self.reasons or self.has_access
        return not said and self.kind is Kind.UNCHANGED

    @property
    def short(self) -> "Outcome | Quiet":
        """This outcome as a `Quiet` if that loses nothing, else itself."""
        if not self.is_quiet:
            return self
        source_id, target_id = self.source_id, self.target_id
        if self.key_digest or source_id is None or target_id is None:
            return self
        return Quiet(self.key, source_id, self.label, target_id, self.only_by_key)

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes of all actions, in order."""
        return tuple(change for action in self.actions for change in action.changes)

    def action_of(self, verb: Verb) -> Action:
        """Return the action with a verb; raise `LookupError` if there is none."""
        for action in self.actions:
            if action.verb is verb:
                return action
        raise LookupError(verb.value)


class Quiet(NamedTuple):
    """An outcome with nothing to report: a pair of equal records."""

    key: str
    source_id: str
    label: str
    target_id: str
    only_by_key: bool = False

    @property
    def outcome(self) -> Outcome:
        """The same as an `Outcome`."""
        return Outcome(Kind.UNCHANGED, self.key, self.label, self.source_id, self.target_id,
                       only_by_key=self.only_by_key)  # fmt: skip


class Outcomes(Sequence[Outcome]):
    """The outcomes of a plan, in order; quiet ones are made on demand."""

    __slots__ = ("_made", "_telling", "parts")

    def __init__(self, parts: Sequence[Outcome | Quiet]) -> None:
        self.parts = parts
        self._made: tuple[Outcome, ...] | None = None
        self._telling: tuple[Outcome, ...] | None = None

    @property
    def runs(self) -> "Sequence[Outcome | Quiet | Sequence[Quiet]]":
        """The outcomes in order; consecutive quiet ones may be grouped."""
        return self.parts

    @property
    def notable(self) -> tuple[Outcome, ...]:
        """The outcomes with anything to report, in order."""
        if self._telling is None:
            self._telling = _but_quiet(self.runs)
        return self._telling

    def _all(self) -> tuple[Outcome, ...]:
        if self._made is None:
            runs = ((e,) if isinstance(e, Outcome | Quiet) else e for e in self.runs)
            self._made = tuple(
                [
                    each if isinstance(each, Outcome) else each.outcome
                    for run in runs
                    for each in run
                ]
            )
        return self._made

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._all())

    @overload
    def __getitem__(self, at: int) -> Outcome: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Outcome, ...]: ...
    def __getitem__(self, at: int | slice) -> Outcome | tuple[Outcome, ...]:
        return self._all()[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcomes | tuple) and self._all() == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as of any plan

    def __repr__(self) -> str:
        """Return the representation of a tuple of all outcomes."""
        return repr(self._all())


def _but_quiet(parts: "Iterable[Outcome | Quiet | Sequence[Quiet]]") -> tuple[Outcome, ...]:
    """Return the outcomes with anything to report, in order."""
    return tuple([each for each in parts if isinstance(each, Outcome) and not each.is_quiet])


@dataclass(frozen=True, slots=True)
class Miss:
    """A value that a reference table does not contain exactly once, and for how many records.

    `whose` are the ids of the first of those source records.
    """

    reference: str
    value: str
    found: int
    records: int
    field: str
    whose: tuple[str, ...] = ()
    why: str = ""
    """Says that the row has no value or cannot be read; "" if no row, or several, match."""
    instead: str = ""
    """The constant that is written instead, or the key that is looked up instead."""


EARLIER_RUNS = "earlier runs"
"""The `KeyCount` of pairs that only a link matched."""


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many records one match key matched, by the target field of the key."""

    key: str
    records: int


@dataclass(frozen=True)  # without slots, for cached properties
class Plan:
    """Everything that one run would do, in a fixed order; it depends only on the inputs."""

    mapping: str
    mapping_file: str
    mapping_digest: str
    as_of: str
    settings: Mapping[str, Value]
    inputs: Mapping[str, PlanInput]
    """The resources to read and write: "source", "target" and each "references.NAME"."""
    reads: tuple[Read, ...]
    managed: int
    """How many target records are matched, which is the base of the guards' shares."""
    outcomes: Sequence[Outcome]
    misses: tuple[Miss, ...] = ()
    allowed: tuple[Allowance, ...] = ()
    connection: PlanConnection | None = None
    engine: str = ""
    """The version of Oneway that made the plan."""
    matched_by: tuple[KeyCount, ...] = ()
    """How many of `managed` each match key matched, in order; () if the first matched all."""
    remarks: tuple[Reason, ...] = ()
    """Remarks to read before approving the plan, such as that nobody can leave by it."""
    noticed: tuple[Reason, ...] = field(default=(), compare=False)
    """Observations about the records; not stored in the plan file, nor approved with it."""
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The display names of looked-up values, by field and the value's canonical JSON."""

    def name_of(self, field: str, value: Value | Sealed) -> str:
        """Return the display name of a looked-up value of a field, or ""."""
        known = self.names.get(field)
        return known.get(canonical(value), "") if known and is_scalar(value) else ""

    @property
    def parts(self) -> "Sequence[Outcome | Quiet]":
        """The outcomes in order, quiet ones in their short form."""
        return self.outcomes.parts if isinstance(self.outcomes, Outcomes) else self.outcomes

    @property
    def runs(self) -> "Sequence[Outcome | Quiet | Sequence[Quiet]]":
        """The outcomes in order; consecutive quiet ones may be grouped."""
        return self.outcomes.runs if isinstance(self.outcomes, Outcomes) else self.outcomes

    def singly(self) -> "Iterator[Outcome | Quiet]":
        """Yield the outcomes, in order, without storing consecutive quiet ones in memory."""
        for run in self.runs:
            if isinstance(run, Outcome | Quiet):
                yield run
            else:
                yield from run

    @cached_property
    def worked_out(self) -> dict[str, str]:
        """A cache for slow computations on this plan, by name."""
        return {}

    @cached_property
    def notable(self) -> tuple[Outcome, ...]:
        """The outcomes with anything to report, in order: all but the quiet ones."""
        outcomes = self.outcomes
        return outcomes.notable if isinstance(outcomes, Outcomes) else _but_quiet(outcomes)

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """The writes, in the order in which they are applied."""
        return tuple(action for outcome in self.notable for action in outcome.actions)

    @cached_property
    def by_verb(self) -> tuple[tuple[Verb, tuple[Outcome, ...]], ...]:
        """The outcomes that have an action, by verb, in a fixed order of verbs."""
        found: dict[int, list[Outcome]] = {id(verb): [] for verb in Verb}  # quicker than its hash
        for outcome in self.notable:
            for action in outcome.actions:
                same = found[id(action.verb)]
                if not same or same[-1] is not outcome:
                    same.append(outcome)
        return tuple((verb, tuple(found[id(verb)])) for verb in Verb if found[id(verb)])

    def counts(self) -> dict[str, int]:
        """Return how many records have each outcome; includes outcomes without records."""
        found = Counter([id(outcome.kind) for outcome in self.notable])  # quicker than its hash
        counts = {kind.value: found[id(kind)] for kind in Kind}
        counts[Kind.UNCHANGED.value] += len(self.outcomes) - len(self.notable)
        return counts


def action_id(mapping: str, side: str, record: str, part: str = "") -> str:
    """Return the stable id of an action: 16 hex digits over the mapping, the record and the part.

    A plan has up to three actions for a record, with the parts "", "access" and "wait". The id does
    not depend on the verb, so it is the same in today's plan as in yesterday's.
    """
    more = f",{quoted(part)}" if part else ""
    said = f"{_beginning(mapping, side)},{quoted(record)}{more}]"
    return hashlib.sha256(said.encode("ascii")).hexdigest()[:16]


@lru_cache
def _beginning(mapping: str, side: str) -> str:
    """Return the beginning of the digested text, which is the same for the whole plan."""
    return canonical([mapping, side]).removesuffix("]")
