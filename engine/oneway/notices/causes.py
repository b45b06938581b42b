"""Derives from a run which problems it has, and which ones it proves solved. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from oneway.connections.connection import Occasion
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Severity
from oneway.history.backoff import PastFailure
from oneway.history.journal import Breached, Run, RunState
from oneway.history.journal.incidents import Endings
from oneway.notices.remedies_of_codes import DIED, STILL_IN, UNNAMED
from oneway.planning.endings import Ending

_GIVEN_UP = "W112"
_ANSWERED = (Ending.DONE, Ending.REJECTED)
_FAILING = (Ending.REJECTED, Ending.NOT_SENT, Ending.UNKNOWN)
"""Not STALE, which the next plan corrects; not POSTPONED, which the refusals cover."""
_MISSED = frozenset(Ending) - {Ending.DONE, Ending.HELD, Ending.UNKNOWN}


@dataclass(frozen=True, slots=True)
class RunProblems:
    """The problems of one run: failing codes and firing guards, with numbers of records.

    `whole`: the run reached its end, so problems that it does not have are over. `wrote`: the same
    for problems of writing. A record with two actions counts once.
    """

    failing: Mapping[str, int]
    holding: Mapping[str, int]
    whole: bool
    wrote: bool
    missed: int = 0
    """Records not written completely, apart from those that a guard holds back."""
    doubtful: int = 0
    """Records for which it is unknown whether they were written."""
    unsure: bool = False
    """Whether somebody may have left and can still get in."""

    def of(self, kind: Occasion) -> Mapping[str, int]:
        """Return the failing codes, or the firing guards."""
        return self.holding if kind is Occasion.GUARD else self.failing


def run_problems(run: Run, ends: Endings, refusals: Iterable[PastFailure] = ()) -> RunProblems:
    """Return the problems of a run.

    `ends` says how its actions ended. `refusals` are actions that the target refused earlier and
    that have not succeeded since; this run may not have retried them.
    """
    match run.state:
        case RunState.RUNNING:
            return RunProblems({}, {}, whole=False, wrote=False)
        case RunState.INTERRUPTED:
            return RunProblems({DIED: 0}, {}, whole=False, wrote=False)
        case RunState.REFUSED:
            errors = Counter(d.code for d in run.problems if d.severity is Severity.ERROR)
            return RunProblems(
                dict.fromkeys(errors, 0) or {UNNAMED: 0}, {}, whole=False, wrote=False
            )
        case _:
            held = holding(run.start.breaches, ends)
            # If no planned action got an answer, writes may or may not work.
            wrote = not ends or any(end in _ANSWERED for end, _ in ends)
            failing = _failing(ends, refusals)
            if run.still_in:
                failing = {STILL_IN: len(run.still_in), **failing}
            missed = _records(ends, _MISSED)
            doubtful = len(_records(ends, {Ending.UNKNOWN}) - missed)
            unsure = any(each.may_have_left for each in run.still_in)
            return RunProblems(failing, held, True, wrote, len(missed), doubtful, unsure)


def holding(breaches: Iterable[Breached], ends: Endings) -> Mapping[str, int]:
    """Return how many records each guard holds back."""
    records = _by_action(ends)
    return {each.guard: len({records.get(id, id) for id in each.held}) for each in breaches}


def _failing(ends: Endings, refusals: Iterable[PastFailure]) -> Mapping[str, int]:
    """Count the failing records by code: those refused in this run, and those refused before."""
    found: dict[str, set[str]] = {}
    for (end, code), actions in ends.items():
        if end in _FAILING and code != _GIVEN_UP:
            found.setdefault(code or UNNAMED, set()).update(actions.values())
    records = _by_action(ends)
    for each in refusals:
        record = records.get(each.action_id, each.action_id)
        found.setdefault(each.code or UNNAMED, set()).add(record)
    left = {r for (_, code), each in ends.items() if code == _GIVEN_UP for r in each.values()}
    if left and not found:
        found[_GIVEN_UP] = left
    return {code: len(found[code]) for code in sorted(found)}


def _by_action(ends: Endings) -> Mapping[str, str]:
    return {id: record for actions in ends.values() for id, record in actions.items()}


def _records(ends: Endings, chosen: Collection[Ending]) -> set[str]:
    return {r for (end, _), each in ends.items() if end in chosen for r in each.values()}
