"""Back-off: remembers what the target refused, and retries it at growing intervals.

A record that is refused tonight will be refused tomorrow as well, unless it changes. The same
values are sent again after 1, 2, 4 and 7 days, and then every 7; different values at once. Days
are calendar days of the plans' instants in the connection's time zone, so that a nightly run that
starts a second earlier than the last one does not wait another night.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.core.parsing import parse_day
from oneway.core.seal import Seal
from oneway.history.digests import values_digest
from oneway.planning.plan import Plan

WAITS = (1, 2, 4, 7)
"""Days until the next try after the first refusal, the second, and so on; the last one repeats."""

EVERYBODYS = frozenset({"W103", "W104", "W109", "W110"})
"""Codes of refusals that the record did not cause: credentials, permissions, the address, a proxy,
the manifest. Their cause is fixed elsewhere, so the same values are retried in the next run."""


@dataclass(frozen=True, slots=True)
class PastFailure:
    """An action that the target refused.

    `first` and `last` are instants of plans, `digest` is that of the refused values, and `times`
    is how often the target refused these values.
    """

    action_id: str
    digest: str
    code: str
    reason: str
    first: str
    last: str
    times: int
    zone: str = ""
    """The time zone that decides the day; "" for UTC."""

    @property
    def last_day(self) -> date | None:
        """The day of the last refusal, or None if unknown."""
        return parse_day(day(self.last, self.zone))


@dataclass(frozen=True, slots=True)
class Refusal:
    """The earlier refusal of a planned action; `next_try` is None if it is sent now."""

    failure: PastFailure
    same_values: bool
    next_try: date | None

    @property
    def text(self) -> str:
        """The refusal in one sentence, with its code."""
        code = f" [{self.failure.code}]" if self.failure.code else ""
        return f"{self.sentence}{code}"

    @property
    def sentence(self) -> str:
        """The refusal without its code; the reason is as the target gave it."""
        failure = self.failure
        times = "once" if failure.times == 1 else f"{failure.times} times"
        since = day(failure.first, failure.zone)
        when = f"on {since}" if failure.times == 1 else f"since {since}"
        which = "the same values" if self.same_values else "other values"
        then = f"next try {self.next_try}" if self.next_try else "sent again now"
        return f"refused {times} {when} with {which}; {then}: {failure.reason}"


def refusals(
    plan: Plan, failures: Mapping[str, PastFailure], seal: Seal, *, retry_now: bool = False
) -> Mapping[str, Refusal]:
    """Return the earlier refusal of each planned action that has one, by action id."""
    found = {}
    for action in plan.actions:
        failure = failures.get(action.id)
        if failure is not None:
            same = values_digest(action, seal) == failure.digest
            waits = same and not retry_now
            found[action.id] = Refusal(failure, same, _next(failure, plan.as_of) if waits else None)
    return found


def next_try(failure: PastFailure) -> date | None:
    """Return the day from which the same values are sent again; None if every run sends them."""
    last = failure.last_day
    if failure.code in EVERYBODYS or last is None:
        return None
    try:
        return last + timedelta(days=WAITS[min(failure.times, len(WAITS)) - 1])
    except OverflowError:
        return None


def _next(failure: PastFailure, as_of: str) -> date | None:
    """Return the day of the next try of the same values, or None if it is due."""
    last, now, again = failure.last_day, parse_day(day(as_of, failure.zone)), next_try(failure)
    if again is None or last is None or now is None or now < last:
        return None  # a clock that was ahead recorded this refusal; it must not delay anything
    return again if now < again else None
