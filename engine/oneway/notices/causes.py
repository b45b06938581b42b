"""Derives from a run which problems it shows, and which ones it proves solved; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oneway.connections import Occasion
from oneway.core.diagnostics import Severity
from oneway.history.backoff import PastFailure
from oneway.history.journal import Run, RunState
from oneway.notices.remedies import DIED, STILL_IN, UNNAMED
from oneway.planning.plan import Ending

_GIVEN_UP = "W112"
_ANSWERED = (Ending.DONE, Ending.REJECTED)
_FAILING = (Ending.REJECTED, Ending.NOT_SENT, Ending.UNKNOWN)
"""Not STALE, which the next plan corrects; not POSTPONED, which the refusals cover."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The problems that one run shows: failing codes and firing guards, with numbers of records.

    `whole`: the run reached its end, so problems that it does not show are over. `wrote`: the
    same holds for problems of writing.
    """

    failing: Mapping[str, int]
    holding: Mapping[str, int]
    whole: bool
    wrote: bool

    def of(self, kind: Occasion) -> Mapping[str, int]:
        """Return the failing codes, or the firing guards."""
        return self.holding if kind is Occasion.GUARD else self.failing


def shown(
    run: Run, ends: Mapping[tuple[Ending, str], int], refusals: Iterable[PastFailure] = ()
) -> Shown:
    """Return the problems that a run shows.

    `ends` counts its actions by ending and code. `refusals` are records that the target refused
    before and that have not been written since: tonight they may only have waited.
    """
    match run.state:
        case RunState.RUNNING:
            return Shown({}, {}, whole=False, wrote=False)
        case RunState.INTERRUPTED:
            return Shown({DIED: 0}, {}, whole=False, wrote=False)
        case RunState.REFUSED:
            errors = Counter(d.code for d in run.problems if d.severity is Severity.ERROR)
            return Shown(dict.fromkeys(errors, 0) or {UNNAMED: 0}, {}, whole=False, wrote=False)
        case _:
            held = {each.guard: len(each.held) for each in run.start.breaches}
            # If no planned action got an answer, it is not known whether writes work.
            wrote = not ends or any(end in _ANSWERED for end, _ in ends)
            failing = _failing(ends, refusals)
            if run.still_in and not held:  # if a guard holds, its notice comes first
                failing = {STILL_IN: len(run.still_in), **failing}
            return Shown(failing, held, whole=True, wrote=wrote)


def _failing(
    ends: Mapping[tuple[Ending, str], int], refusals: Iterable[PastFailure]
) -> Mapping[str, int]:
    tonight: Counter[str] = Counter()
    for (end, code), records in ends.items():
        if end in _FAILING and code != _GIVEN_UP:
            tonight[code or UNNAMED] += records
    still = Counter(each.code or UNNAMED for each in refusals)
    found = tonight | still  # a record refused tonight is in both
    left = sum(n for (end, code), n in ends.items() if code == _GIVEN_UP and end is not Ending.DONE)
    if left and not found:
        found[_GIVEN_UP] = left
    return dict(sorted(found.items()))
