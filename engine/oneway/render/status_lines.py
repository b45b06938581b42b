"""Renders one connection in a line or two: its worst problem, and the remedy."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from shlex import quote

from oneway.core.instants import day
from oneway.core.phrases import count
from oneway.history.allow_command import allow_command, allowed_together, effect_of_allowing
from oneway.history.discrepancies import DiscrepancyKind
from oneway.history.journal import Breached, Run
from oneway.history.words import DISCREPANCY_WORDS
from oneway.planning.access import StillIn
from oneway.render import remedies
from oneway.render.access_list import who_left
from oneway.render.history import when
from oneway.render.layout import clip, columns, pad, wrap
from oneway.render.sanitize import harmless
from oneway.render.style import Ink, Style
from oneway.runs.past.flapping import FlappingChange
from oneway.runs.past.status import ConnectionStatus, Need, Waiting

WORDS: Mapping[Need, str] = {
    Need.ACCESS: "with leavers who can still get in",
    Need.REFUSED: "stopped by an error",
    Need.INTERRUPTED: "interrupted",
    Need.FUTURE: "stopped by an instant in the future",
    Need.BROKEN: "broken",
    Need.OVERDUE: "overdue",
    Need.FAILED: "with records that failed",
    Need.HELD: "held by a guard",
    Need.UNDELIVERED: "with notices that did not arrive",
    Need.NOT_STICKING: "with changes that do not stick",
    Need.UNSYNCED: "with people who do not sync",
    Need.UNTOLD: "that notify nobody",
}
"""The words that follow the number of connections with each need."""

_SHORT = {
    Need.ACCESS: "access",
    Need.REFUSED: "stopped",
    Need.INTERRUPTED: "interrupted",
    Need.FUTURE: "clock",
    Need.BROKEN: "broken",
    Need.OVERDUE: "overdue",
    Need.FAILED: "failures",
    Need.HELD: "held",
    Need.UNDELIVERED: "notices",
    Need.NOT_STICKING: "changes that do not stick",
    Need.UNSYNCED: "people who do not sync",
    Need.UNTOLD: "nobody is notified",
}


def brief(each: ConnectionStatus, wide: int, style: Style, *, advised: bool) -> Iterator[str]:
    """Yield a line with a connection's worst problem and, if `advised`, one with the remedy."""
    worst = each.needs[0]
    name = pad(clip(harmless(each.name), 24), min(wide, 24))
    ink = Ink.CAUTION if worst in _CALMER else Ink.TROUBLE
    said = clip(_SAID[worst](each), max(style.width - len(name) - 4, 20))
    yield style.paint(f"! {name}", Ink.STRONG) + "  " + style.paint(said, ink)
    if advised:
        advice = _ADVICE[worst](each)
        also = f" (also: {', '.join(_SHORT[need] for need in each.needs[1:])})"
        if each.needs[1:] and columns(advice + also) <= style.width - 4:
            advice += also
        yield from wrap(advice, style, 4)  # not clipped, as the reader copies the command


def waiting(each: Waiting, zone: str) -> str:
    """Return how many records were not written, since when, why, and when they are retried."""
    records = count(each.records)
    then = f"next try {harmless(each.next_try) if each.next_try else 'with the next run'}"
    code = f" [{harmless(each.code)}]" if each.code else ""
    why = [clip(harmless(each.reason), 200)] if each.reason else []
    if each.ending is DiscrepancyKind.REFUSED:
        what = f"the target refuses {records}"
    elif each.ending is DiscrepancyKind.UNKNOWN:
        what, then = f"{records} {DISCREPANCY_WORDS[each.ending]},", "the next run looks it up"
    else:
        what = f"{records} not written"
        if each.ending is not DiscrepancyKind.NOT_SENT:
            why = [DISCREPANCY_WORDS[each.ending], *why]
    reason = f": {': '.join(why)}" if why else ""
    return f"{what} since {harmless(day(each.since, zone))}{reason}{code}; {then}"


_IN_FLIGHT = (
    "it did not finish. For the operator: nothing for the data, as the next run looks up "
    "what was in flight, and goes on; `oneway resume` does so now"
)
_SETTLED = "it did not finish. For the operator: nothing is in flight; the next run continues"


def interrupted(run: Run) -> str:
    """Return what a run that died means, and what to do about it."""
    return _IN_FLIGHT if run.ended is None else _SETTLED


def left_behind(connection: str) -> str:
    """Return what to do about the people of a connection that nothing can run."""
    command = harmless(f"oneway disconnect {quote(connection)}")
    return (
        "For the operator: no run can change that, because its file is not here. If another "
        f"connection has taken its place, end their access in the target, then `{command}`; "
        "if not, put the file back."
    )


NO_SCHEDULER = "see that `oneway serve`, or `oneway run-due` in cron, is running"


def only_if_right(connection: str, breaches: Sequence[Breached], mapping: str) -> str:
    """Return the command that allows what guards hold back, with a warning."""
    command = allow_command(connection, breaches, mapping)
    known = effect_of_allowing(each.guard for each in breaches)
    return f"{known.only}, to {known.passes}, once: `{harmless(command)}`"


def flapping(found: Sequence[FlappingChange]) -> str:
    """Return how many changes the target undoes."""
    number = len(found)
    verb = "does" if number == 1 else "do"
    return f"{count(number, 'change')} {verb} not stick: written again, as the target undid them"


def _access(each: ConnectionStatus) -> str:
    number = len(each.still_in)
    first = each.still_in[0]
    name = clip(harmless(first.label or first.key), 30)
    more = f" and {number - 1:,} more" if number > 1 else ""
    have = "has" if number == 1 else "have"
    return f"{name}{more} {have} {who_left(each.still_in)} and can still get in"


def _refused(each: ConnectionStatus) -> str:
    assert each.ended is not None
    problem = next(iter(each.ended.problems), None)
    if problem is None:
        return "stopped by an error"
    return f"stopped: {harmless(problem.summary)} [{problem.code}]"


def _interrupted(each: ConnectionStatus) -> str:
    run = each.ended
    assert run is not None
    done = run.counts.get("done", 0)
    of = f" of {run.planned:,}" if run.planned is not None else ""
    return f"interrupted {when(run.start.started, each.zone)}, {done:,}{of} actions done"


def _broken(each: ConnectionStatus) -> str:
    found = each.broken[0]
    if each.tells is not None and found.span.file == each.file:
        return f"not everyone is notified: {harmless(found.summary)} [{found.code}]"
    return f"cannot be read: {harmless(found.summary)} [{found.code}]"


def _failed(each: ConnectionStatus) -> str:
    found = each.waiting[0]
    what = _SHORTLY.get(found.ending, "not written")
    why = harmless(found.reason) or DISCREPANCY_WORDS[found.ending]
    return f"{count(found.records)} {what} since {harmless(day(found.since, each.zone))}: {why}"


_SHORTLY = {DiscrepancyKind.REFUSED: "refused", DiscrepancyKind.UNKNOWN: "perhaps written"}


def _held(each: ConnectionStatus) -> str:
    held = each.held[0]
    ids = held.breach.held
    number = count(len(ids), "action") if ids else "the run is"
    since = harmless(day(held.since, each.zone))
    return f"{number} held back since {since}: {harmless(held.breach.text)}"


_SAID: Mapping[Need, Callable[[ConnectionStatus], str]] = {
    Need.ACCESS: _access,
    Need.REFUSED: _refused,
    Need.INTERRUPTED: _interrupted,
    Need.FUTURE: lambda each: f"nothing runs until {when(each.future, each.zone)}: it is recorded",
    Need.BROKEN: _broken,
    Need.OVERDUE: lambda each: f"was due {when(each.missed, each.zone)}, and has not run",
    Need.FAILED: _failed,
    Need.HELD: _held,
    Need.UNDELIVERED: lambda each: f"{count(len(each.undelivered), 'notice')} did not arrive",
    Need.NOT_STICKING: lambda each: flapping(each.flapping),
    Need.UNSYNCED: lambda each: (
        f"{count(sum(len(g.discrepancies) for g in each.unsynced))} do not sync"
    ),
    Need.UNTOLD: lambda _: "nobody is notified of its problems",
}
_CALMER = frozenset({Need.HELD, Need.UNDELIVERED, Need.NOT_STICKING, Need.UNSYNCED, Need.UNTOLD})


def _more(each: ConnectionStatus) -> str:
    return f"`oneway status --connection {harmless(quote(each.name))}`"


def _help(each: ConnectionStatus) -> str:
    assert each.ended is not None
    problem = next(iter(each.ended.problems), None)
    if problem is None:
        return _more(each)
    step = remedies.first_step(problem.code, each.name, each.mapping)
    return _then(step, each) if step else harmless(problem.help) or _more(each)


def _allow(each: ConnectionStatus) -> str:
    first = allowed_together([held.breach for held in each.held])[0]
    command = allow_command(each.name, first, each.mapping)
    return f"only if it is right: `{harmless(command)}`"


def _cure(each: ConnectionStatus) -> str:
    found = each.waiting[0]
    step = remedies.first_step(found.code, each.name, each.mapping)
    return _then(step or _CURES.get(found.ending, _AGAIN), each)


def _then(step: str, each: ConnectionStatus) -> str:
    """Return a step, with the command that shows more unless the step has a command."""
    return step if "`" in step else f"{step}: {_more(each)}"


def _end_of_access(found: Sequence[StillIn]) -> str:
    unsure = sum(each.may_have_left for each in found)
    if not unsure:
        return "end their access by hand, now"
    if unsure < len(found):
        return "end the access of those who have left by hand, now; of the others, find out first"
    return "find out first whether they have left, and if so, end their access by hand"


def _go_on(each: ConnectionStatus) -> str:
    resumable = each.ended is not None and each.ended.ended is None
    return "`oneway resume`, or the next run" if resumable else "the next run continues"


_CURES = {
    DiscrepancyKind.REFUSED: "correct what it names, in the source",
    DiscrepancyKind.UNKNOWN: "nothing, unless it stays so, for the next run looks it up",
}
_AGAIN = "the next run tries again"
_ADVICE: Mapping[Need, Callable[[ConnectionStatus], str]] = {
    Need.ACCESS: lambda each: f"{_end_of_access(each.still_in)}: {_more(each)}",
    Need.REFUSED: _help,
    Need.INTERRUPTED: _go_on,
    Need.FUTURE: lambda each: f"`oneway runs forget-future {harmless(quote(each.name))}`",
    Need.BROKEN: lambda each: f"`oneway validate {harmless(quote(each.file))}`",
    Need.OVERDUE: lambda _: NO_SCHEDULER,
    Need.FAILED: _cure,
    Need.HELD: _allow,
    Need.UNDELIVERED: lambda each: f"`oneway notify list {harmless(quote(each.name))}`",
    Need.NOT_STICKING: lambda each: f"see what in the target undoes it: {_more(each)}",
    Need.UNSYNCED: _more,
    Need.UNTOLD: lambda each: f"add `notify` to {harmless(each.file)}, or notify.yaml beside it",
}
