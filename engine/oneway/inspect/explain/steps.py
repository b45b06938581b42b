"""The steps of an explanation, as data."""

from collections.abc import Mapping
from dataclasses import field

from oneway.core.compare import Compare
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import Value
from oneway.planning.links import Link
from oneway.planning.plan import Action, Kind, Reason

NOT_ASKED = "not asked"
"""The start of a verdict on a question for which nothing was evaluated."""

OUTSIDE = f"{NOT_ASKED}: the sync is not for this person"


@dataclass(frozen=True, slots=True)
class KeyStep:
    """One match key: what it compares, its value on this record, and the match."""

    source: str
    target: str
    compare: Compare
    value: Value
    place: Span
    verdict: str


@dataclass(frozen=True, slots=True)
class RuleStep:
    """A rule of `only` or `eligible`; `holds` is None if it was not asked, or is not known.

    `values` are what its expression read, with their names; nothing of it is sensitive.
    """

    id: str
    expression: str
    otherwise: str
    place: Span
    holds: bool | None
    verdict: str
    values: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about leaving, its expression, the answer in words, and what it read."""

    about: str
    expression: str
    place: Span
    verdict: str
    values: str = ""


@dataclass(frozen=True, slots=True)
class FieldStep:
    """One target field: the source of its value, its values, and the outcome.

    `read` is the result of the expression, `value` the wanted one (after lookup and default),
    `before` what the target holds, `after` what it will hold.
    """

    path: str
    expression: str
    place: Span
    state: str
    read: Value
    value: Value
    before: Value
    after: Value
    policy: tuple[str, ...]
    verdict: str
    leaving: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    """What people know looked-up values by, by the value's canonical JSON."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What earlier runs and the guards say about an action, or about a record without one.

    `text` is how it ends, since when, why, and when it is tried again. `sent`: the action is sent
    anyway. `unsure`: an earlier run may have done it already.
    """

    text: str
    sent: bool = True
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one record; `why` is how it ends and why, in sentences."""

    kind: Kind
    key: str
    label: str
    source_id: str | None
    target_id: str | None
    keys: tuple[KeyStep, ...]
    scope: tuple[RuleStep, ...]
    """The rules of `only`."""
    rules: tuple[RuleStep, ...]
    leaving: tuple[Condition, ...]
    fields: tuple[FieldStep, ...]
    reasons: tuple[Reason, ...]
    why: tuple[str, ...]
    actions: tuple[Action, ...] = ()
    link: Link | None = None
    """The link that earlier runs remember."""
    waits: bool = False
    """Whether it has actions, none of which is sent."""
    still_in: bool = False
    """Whether the person has left, and can still get in after the plan."""
