"""The rows that a mapping makes of records: what it says of a person, and what the target holds.

Cells and rows are named tuples, the fastest immutable objects to make; `short_rows` has shorter
forms of them.
"""

from collections.abc import Hashable
from enum import Enum
from typing import NamedTuple

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import Missing, Value


class CellState(Enum):
    """What a source record says about one target field."""

    STATED = "stated"
    BLANK = "blank"
    UNSTATED = "unstated"
    """A key that the expression reads is absent from the record: the field is unstated."""
    INACTIVE = "inactive"
    """The field's `when` does not hold on this record."""
    MISSED = "missed"
    """The reference table does not have the value exactly once."""


STATED = CellState.STATED
"""The state of nearly all cells; a module constant is faster than a look-up in the enum."""


class Cell(NamedTuple):
    """One field of one row; `initial` replaces a missing value at create.

    `moving` says that the value depends on the day of the run, like `today()`. It is known only for
    the fields of `leavers.set`.
    """

    state: CellState
    value: Value = None
    initial: Value = None
    sought: Value = None
    """The key that was looked up, if the table is made of the target's own records."""
    moving: bool = False
    read: str = ""
    """What the expression read, if the record needs a value here and has none; never sensitive.

    If the value depends on keys that list items lack, it names those keys. If the cell states a
    list all the same, its items are certain: they are added, and nothing is removed.
    """
    unwritten: Value = None
    """What the record has, if `when` keeps it from being written: it tells who the person is.

    Never sensitive.
    """

    @property
    def telling(self) -> Value:
        """What tells who the person is: the value, written or not."""
        return self[1] if self[0] is STATED else self[6]


@dataclass(frozen=True, slots=True)
class EvaluationFailure:
    """Why a record could not be evaluated; `place` is the expression's.

    `code` is "unsaid" if a key is absent from the record, else "failed". `value` is what the
    expression read or made, with its name; never sensitive.
    """

    text: str
    expression: str
    place: Span
    code: str = "failed"
    value: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """A value that a reference table holds `found` times, instead of once.

    `why` says in words that its row has no value, or cannot be read. `instead` is the fallback: the
    constant that is written, or the key that is looked up; "" without one.
    """

    reference: str
    value: str
    found: int
    field: str
    why: str = ""
    instead: str = ""


class RecordRank(NamedTuple):
    """What decides which of a person's records stands for the person.

    `person` is the same for all records of a person, in whatever form they name the person; None
    for a record that stands for itself.
    `latest` is a day. If any of the three is unknown, its failure says why.
    """

    person: Hashable = None
    current: bool = False
    latest: str = ""
    person_failure: EvaluationFailure | None = None
    current_failure: EvaluationFailure | None = None
    latest_failure: EvaluationFailure | None = None
    tied: bool = False
    """Whether another record might stand for the person too, so that a human must decide."""


class ImplausibleDay(NamedTuple):
    """What is implausible about a leave date.

    With `keeps_access`, the person has left and keeps access by it. With `none`, it may stand for
    "no date", so that the person does not leave.
    """

    text: str
    keeps_access: bool = False
    none: bool = False


LONGEST_NAME = 100_000
"""The longest id, key or label of a record, in characters: a plan file holds no longer ones."""


class SourceRow(NamedTuple):
    """A source record, evaluated by a mapping.

    `keys` are the match keys in comparable form, None if blank, and `key_values` their values; both
    end early at a key that failed (`keys_known` is False then). `cells` and `leaving` are in the
    order of `Policy.fields` and `Policy.leaving`. `failed_rules` are the positions of the
    eligibility rules that do not hold; `not_given` names the absent keys that some of them depend
    on. If `evaluation_error` is set, only the keys, `key` and `label` are known, and what was
    evaluated before the error: whether this is a `leaver`, and then all of `leaving` or none of it.
    `unsaid` names the absent key that the first unknown match key depends on: unless an earlier key
    decides, the row is an error.
    """

    source_id: str
    key: str
    label: str
    keys: tuple[Hashable, ...]
    key_values: tuple[Value, ...] = ()
    leaver: bool = False
    outside: tuple[int, ...] = ()
    """The positions of the rules of `only` that put this person outside the scope of the sync."""
    failed_rules: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()
    leaving: tuple[Cell, ...] = ()
    leaves_left: bool | None = None
    """Whether a target record with the values of `leaving` has left; None if unknown."""
    leaves_later: bool | None = None
    """Whether such a record is due to leave; None if unknown."""
    missed: tuple[Missed, ...] = ()
    evaluation_error: EvaluationFailure | None = None
    keys_known: bool = True
    not_given: tuple[tuple[int, str], ...] = ()
    unsaid: EvaluationFailure | None = None
    rank: RecordRank | None = None
    """Set if the source has several records of one person."""
    may_have_left: bool = False
    """Whether an error leaves open if the person has left; `leaver` is False then."""
    readable_keys: tuple[Hashable, ...] = ()
    """The match keys of an unreadable record, as far as they can be evaluated. They match no target
    record; they only show whose record this may be."""
    why: str = ""
    """For a leaver: what the condition read of the record, without sensitive values."""
    odd_day: ImplausibleDay | None = None
    """For a leaver with an implausible leave date: what is wrong with it."""


class TargetRow(NamedTuple):
    """A target record, as a mapping sees it.

    `values` and `leaving` are in the order of `Policy.fields` and `Policy.leaving`. MISSING stands
    for an absent key, None for null. `unsaid` is as in `SourceRow`.
    """

    target_id: str
    key: str
    keys: tuple[Hashable, ...]
    left: bool = False
    scheduled: bool = False
    values: tuple[Value | Missing, ...] = ()
    leaving: tuple[Value | Missing, ...] = ()
    evaluation_error: EvaluationFailure | None = None
    keys_known: bool = True
    unsaid: EvaluationFailure | None = None
    condition_values: tuple[Value | Missing, ...] = ()
    """The values at the paths of `Policy.condition_paths`."""
    readable_keys: tuple[Hashable, ...] = ()
    """As in `SourceRow`; None where a key is blank or lost."""

    @property
    def as_read(self) -> "TargetRow":
        """The same row with `readable_keys` as its keys, to find out whose record it may be."""
        return self._replace(keys=self.readable_keys) if self.readable_keys else self
