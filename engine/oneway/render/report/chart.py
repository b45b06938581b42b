"""The chart of how recent runs ended: shapes of the bars, and the same in words."""

from collections.abc import Sequence

from oneway.core.words import count
from oneway.history.journal import Run
from oneway.history.journal.rows import RunState
from oneway.planning.plan import Ending
from oneway.render.report.page import Bar, Chart, Piece
from oneway.render.report.words import moment
from oneway.render.vocabulary import RUN_STATES_SHORT

KINDS = (("written", "Written"), ("held", "Held back"), ("missed", "Not written"))
"""The counted outcomes, from the bottom of a bar to its top."""

# In units of the drawing: from bar to bar, a bar's width, the height of the highest, the room
# above for its number, and what the smallest piece takes, so that one in a thousand is seen.
_SLOT, _BAR, _ROOM, _HEAD, _LEAST = 24.0, 14.0, 96.0, 18.0, 3.0
_FEWEST = 10
"""The least number of slots, so that a few bars do not fill the width."""


def chart(runs: Sequence[Run], this: int) -> Chart | None:
    """Return the chart of runs, given newest first; None if there is nothing to compare."""
    shown = tuple(reversed(runs))
    if len(shown) < 2:
        return None
    most = max(sum(_counts(run)) for run in shown)
    highest = next(run.id for run in shown if sum(_counts(run)) == most)
    bars = tuple(
        _bar(position, run, most, labelled=run.id in (highest, this), this=run.id == this)
        for position, run in enumerate(shown)
    )
    width = _SLOT * max(len(shown), _FEWEST)
    return Chart(width, _HEAD + _ROOM + 1, _HEAD + _ROOM, _BAR, KINDS, bars, _summary(shown))


def _bar(position: int, run: Run, most: int, *, labelled: bool, this: bool) -> Bar:
    counts = _counts(run)
    base = _HEAD + _ROOM
    pieces = []
    for (kind, _), number in zip(KINDS, counts, strict=True):
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
        refused=run.state is RunState.REFUSED,
        run=run.id,
        when=moment(run.start.started, run.start.zone),
        counts=counts,
        state="nothing to do"
        if run.state is RunState.DONE and not total
        else RUN_STATES_SHORT[run.state],
    )


def _counts(run: Run) -> tuple[int, int, int]:
    written = run.counts.get(Ending.DONE.value, 0)
    held = run.counts.get(Ending.HELD.value, 0)
    return written, held, max(sum(run.counts.values()) - written - held, 0)


def _summary(runs: Sequence[Run]) -> str:
    totals = [sum(each) for each in zip(*map(_counts, runs), strict=True)]
    said = ", ".join(
        f"{total:,} {words.lower()}" for (_, words), total in zip(KINDS, totals, strict=True)
    )
    if sum(totals[1:]):
        said += " (a change that waits counts in each run)"
    stopped = sum(run.state is RunState.REFUSED for run in runs)
    if stopped:
        said += f"; {count(stopped, 'run')} stopped by an error"
    return f"The last {len(runs)} runs together: {said}."
