"""Renders past runs, as a table and as data."""

from collections.abc import Mapping, Sequence

from oneway.core.instants import moment, wall_clock
from oneway.history.journal import Run, RunState
from oneway.history.journal.run_counts import RunCounts
from oneway.planning.endings import Ending
from oneway.render import diagnostics
from oneway.render.layout import clip, columns, pad
from oneway.render.sanitize import harmless
from oneway.render.style import Ink, Style
from oneway.render.vocabulary import (
    ENDING_WORDS,
    RUN_STATE_COLUMN,
    RUN_STATE_INKS,
    RUN_STATES_SHORT,
)

_HEAD = ("run", "started", "connection", "why", "state")
_STARTED = _HEAD[1]
_NUMBERS = ("new", "chg", "left", "fail", "held")
_GAPS = ("", "  ", "  ", "  ", "  ", "  ", " ", " ", " ", " ")
_CONNECTION = 2
_STATE = 4
_LEAST = 6
"""The minimum width of a connection's name, even on a narrow terminal."""


def text(runs: Sequence[Run], counts: Mapping[int, RunCounts], style: Style) -> str:
    """Return runs as a table, one per line, or a line saying that there are none."""
    if not runs:
        return "No run.\n"
    starts, zone = _starts(runs)
    head = tuple(f"{name} ({zone})" if zone and name == _STARTED else name for name in _HEAD)
    rows = [head + _NUMBERS]
    rows += [_row(run, counts[run.id], start) for run, start in zip(runs, starts, strict=True)]
    widths = [max(columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    others = sum(widths) - widths[_CONNECTION] + sum(map(len, _GAPS))
    widths[_CONNECTION] = max(min(widths[_CONNECTION], style.width - others), _LEAST)
    lines = [style.paint(_line(rows[0], widths).rstrip(), Ink.STRONG)]
    for run, row in zip(runs, rows[1:], strict=True):
        plain = _line(row, widths)
        word = row[_STATE]
        at = sum(widths[:_STATE]) + sum(map(len, _GAPS[: _STATE + 1]))
        after = plain[at + len(word) :]
        lines.append((plain[:at] + style.paint(word, RUN_STATE_INKS[run.state]) + after).rstrip())
    return "\n".join(lines) + "\n"


def as_json(runs: Sequence[Run], counts: Mapping[int, RunCounts]) -> list[dict[str, object]]:
    """Return runs as data, in the given order; see `run_as_json`."""
    return [run_as_json(run, counts[run.id]) for run in runs]


def run_as_json(run: Run, counts: RunCounts) -> dict[str, object]:
    """Return a run as data.

    Keys: run (its id), connection, state (done, done_with_failures, held, refused, interrupted,
    running), why (by hand, schedule, connect), by, host, version, started, ended (null while it
    runs, or if it was interrupted and is not settled yet), as_of, mapping, digest, fingerprint,
    created, changed, left, failed, held, counts (by ending, so far if it has not ended), planned
    (number of actions), not_ended (number of actions without an ending; like planned, null if
    unknown), allowed, breaches (guard, text, allow, held), problems (as in `validate`).
    """
    start = run.start
    return {
        "run": run.id,
        "connection": start.connection,
        "state": run.state.value,
        "why": start.why.value,
        "by": start.by,
        "host": start.host,
        "version": start.version,
        "started": start.started,
        "ended": run.ended,
        "as_of": start.as_of,
        "mapping": start.mapping,
        "digest": start.digest,
        "fingerprint": start.fingerprint,
        "created": counts.created,
        "changed": counts.changed,
        "left": counts.left,
        "failed": counts.failed,
        "held": counts.held,
        **ends_as_json(run),
        "allowed": [
            {"guard": each.guard, "ceiling": each.ceiling, "by": each.by} for each in start.allowed
        ],
        "breaches": [
            {
                "guard": each.guard,
                "text": each.text,
                "allow": each.allow,
                "held": list(each.held),
            }
            for each in start.breaches
        ],
        "problems": diagnostics.as_json(run.problems),
    }


def ends_as_json(run: Run) -> dict[str, object]:
    """Return how many planned actions ended in each way: keys counts, planned, not_ended."""
    known = run.left is not None
    planned = sum(run.counts.values()) + (run.left or 0) if known else None
    return {"counts": dict(run.counts), "planned": planned, "not_ended": run.left}


def ends_in_words(run: Run) -> str:
    """Return how many planned actions ended in each way, such as "1 done, 45 not ended"."""
    counts = [(each, run.counts.get(each.value, 0)) for each in Ending]
    parts = [f"{number:,} {ENDING_WORDS[each]}" for each, number in counts if number]
    if run.left:
        parts.append(f"{run.left:,} not ended")
    return ", ".join(parts)


def state_in_words(state: RunState) -> str:
    """Return the wording of a state within a sentence."""
    return _STOPPED if state is RunState.REFUSED else state.value.replace("_", " ")


_STOPPED = RUN_STATES_SHORT[RunState.REFUSED]
"""The wording for a refused run; "refused" would suggest records that the target refused."""


def when(instant: str, zone: str) -> str:
    """Return an instant for people, to the minute: `2026-11-22 04:00 GMT`."""
    return harmless(moment(instant, zone))


def _starts(runs: Sequence[Run]) -> tuple[list[str], str]:
    """Return when each run began, and the zone of these times, or "" if each includes its own."""
    found = [wall_clock(run.start.started, run.start.zone) for run in runs]
    zones = {zone for _, zone in found}
    if len(zones) == 1:
        return [harmless(clock) for clock, _ in found], zones.pop()
    return [when(run.start.started, run.start.zone) for run in runs], ""


def _row(run: Run, counts: RunCounts, started: str) -> tuple[str, ...]:
    numbers = (counts.created, counts.changed, counts.left, counts.failed, counts.held)
    return (
        str(run.id),
        started,
        harmless(run.start.connection),
        run.start.why.value,
        RUN_STATE_COLUMN[run.state],
        *map(_short, numbers),
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = []
    for position, (cell, width) in enumerate(zip(row, widths, strict=True)):
        shown = clip(cell, width)
        right = position == 0 or position >= len(_HEAD)
        cells.append(" " * (width - columns(shown)) + shown if right else pad(shown, width))
    return "".join(gap + cell for gap, cell in zip(_GAPS, cells, strict=True))


def _short(number: int) -> str:
    """Return a number in at most four columns."""
    if number >= 10_000_000:
        return f"{number // 1_000_000}M"[-4:]
    if number >= 10_000:
        return f"{number // 1000}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"
    return str(number) if number else "-"
