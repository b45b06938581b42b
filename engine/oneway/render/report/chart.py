"""The chart of how recent runs ended: the shapes of the bars, and a description."""

from collections.abc import Sequence

from oneway.core.phrases import count
from oneway.history.journal import Run
from oneway.history.journal.rows import RunState
from oneway.planning.endings import Ending
from oneway.render.report.page import Bar, Chart, Piece
from oneway.render.report.phrases import moment
from oneway.render.vocabulary import RUN_STATES_SHORT

KINDS = (
    ("written", "Written"),
    ("held", "Held back"),
    ("missed", "Not written"),
    ("unknown", "Not known"),
)
"""The counted outcomes, from the bottom of a bar to the top; the last one may be absent."""

# In units of the drawing: from bar to bar, the width of a bar, the height of the highest, the
# space above it for a number, and the smallest piece, so that one in a thousand is visible.
_SLOT, _BAR, _ROOM, _HEAD, _LEAST = 24.0, 14.0, 96.0, 18.0, 3.0
_FEWEST = 10
"""The minimum number of slots, so that a few bars do not fill the width."""


def chart(runs: Sequence[Run], this: int, flying: int = 0) -> Chart | None:
    """Return the chart of runs, given newest first; None if there is nothing to compare.

    `flying` is how many writes of this run were begun and have no ending.
    """
    shown = tuple(reversed(runs))
    if len(shown) < 2:
        return None
    counted = [_counts(run, flying if run.id == this else 0) for run in shown]
    kinds = KINDS if any(each[-1] for each in counted) else KINDS[:-1]
    counted = [each[: len(kinds)] for each in counted]
    most = max(map(sum, counted))
    highest = next(run.id for run, each in zip(shown, counted, strict=True) if sum(each) == most)
    bars = tuple(
        _bar(position, run, counts, most, labelled=run.id in (highest, this), this=run.id == this)
        for position, (run, counts) in enumerate(zip(shown, counted, strict=True))
    )
    width = _SLOT * max(len(shown), _FEWEST)
    return Chart(
        width, _HEAD + _ROOM + 1, _HEAD + _ROOM, _BAR, kinds, bars, _summary(shown, counted)
    )


def _bar(
    position: int, run: Run, counts: tuple[int, ...], most: int, *, labelled: bool, this: bool
) -> Bar:
    base = _HEAD + _ROOM
    pieces = []
    for (kind, _), number in zip(KINDS, counts, strict=False):
        if number:
            height = round(max(_ROOM * 0.9 * number / most, _LEAST), 2)
            base = round(base - height, 2)
            pieces.append(Piece(kind, base, height))
    total = sum(counts)
    return Bar(
        x=_SLOT * position + (_SLOT - _BAR) / 2,
        pieces=tuple(pieces),
        label=f"{total:,}" if labelled and total else "",
        label_y=base - 5,
        this=this,
        stopped=run.state in _STOPPED and not pieces,
        run=run.id,
        when=moment(run.start.started, run.start.zone),
        counts=counts,
        state=_state(run, counts),
    )


_STOPPED = (RunState.REFUSED, RunState.INTERRUPTED)


def _state(run: Run, counts: tuple[int, ...]) -> str:
    """Return how a run ended, in a few words."""
    if run.state is RunState.DONE and not sum(counts):
        return "nothing to do"
    if run.state is RunState.DONE_WITH_FAILURES and not counts[2] and any(counts[3:]):
        return "of some it is not known"
    return RUN_STATES_SHORT[run.state]


def _counts(run: Run, flying: int) -> tuple[int, ...]:
    written = run.counts.get(Ending.DONE.value, 0)
    held = run.counts.get(Ending.HELD.value, 0)
    unknown = run.counts.get(Ending.UNKNOWN.value, 0)
    missed = max(sum(run.counts.values()) - written - held - unknown, 0)
    return written, held, missed, unknown + flying


def _summary(runs: Sequence[Run], counted: Sequence[tuple[int, ...]]) -> str:
    totals = [sum(each) for each in zip(*counted, strict=True)]
    said = ", ".join(
        f"{total:,} {words.lower()}" for (_, words), total in zip(KINDS, totals, strict=False)
    )
    if sum(totals[1:]):
        said += " (a change that waits counts again in each run)"
    stopped = sum(run.state is RunState.REFUSED for run in runs)
    if stopped:
        said += f"; {count(stopped, 'run')} stopped by an error"
    died = sum(run.state is RunState.INTERRUPTED for run in runs)
    if died:
        said += f"; {count(died, 'run')} interrupted"
    return f"The last {len(runs)} runs together: {said}."
