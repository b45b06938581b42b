"""Renders the status of each connection: one line each, then what needs attention."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from oneway.history.journal import Run, RunState
from oneway.render import diagnostics
from oneway.render.history import ends_as_json, ends_in_words, state_in_words, when
from oneway.render.layout import clip, columns, count, pad, people, wrap
from oneway.render.plans.content import STILL_IN, still_in_line
from oneway.render.sanitize import harmless
from oneway.render.style import Ink, Style
from oneway.render.vocabulary import RUN_STATE_INKS
from oneway.runs.status import ConnectionStatus, HeldBack, Refusing

_NAME = 24
"""The widest a name is in its column."""


def text(standings: Sequence[ConnectionStatus], style: Style, *, limit: int | None = 0) -> str:
    """Return how connections stand; `limit` is how many people are named for each reason."""
    if not standings:
        return "No connection, and nothing has run yet.\n"
    wide = max(columns(clip(harmless(each.name), _NAME)) for each in standings)
    lines = [line for each in standings for line in _lines(each, wide, style, limit)]
    return "\n".join(lines) + "\n"


def as_json(standings: Sequence[ConnectionStatus]) -> dict[str, object]:
    """Return how connections stand, as data: {connections: [...]}.

    Each has: name, file (null without one), problems (of the file, as `validate` gives them),
    last and last_done ({run, state, started, ended, counts, planned, not_ended} or null: the
    last three as `runs` gives them), next (an instant, or null), future (an instant that
    is recorded and in the future, or null),
    unsynced (a list of {kind, reason, number, people}; null if no plan is known), held (a
    list of {guard, text, allow, number, since}), refused (a list of {code, reason, records,
    since, next_try}; null for whenever it runs next), undelivered (how many notices were
    tried in vain: {waiting, given_up}), still_in ([{key, label, source_id, target_id, why}]:
    who has left and can still get in since the last run) and links (how many people are linked).
    """
    return {"connections": [_data(each) for each in standings]}


def _data(each: ConnectionStatus) -> dict[str, object]:
    unsynced = [
        {
            "kind": group.kind,
            "reason": group.reason,
            "number": len(group.people),
            "people": list(group.people),
        }
        for group in each.unsynced
    ]
    return {
        "name": each.name,
        "file": each.file or None,
        "problems": diagnostics.as_json(each.broken),
        "still_in": [asdict(found) for found in each.still_in],
        "last": _run_data(each.last),
        "last_done": _run_data(each.last_done),
        "next": each.due or None,
        "future": each.future or None,
        "unsynced": unsynced if each.planned else None,
        "held": list(map(_held_data, each.held)),
        "refused": list(map(_refusing_data, each.refusing)),
        "undelivered": {
            "waiting": sum(not notice.given_up for notice in each.undelivered),
            "given_up": sum(notice.given_up for notice in each.undelivered),
        },
        "links": each.links,
    }


def _held_data(held: HeldBack) -> dict[str, object]:
    return {
        "guard": held.breach.guard,
        "text": held.breach.text,
        "allow": held.breach.allow,
        "number": len(held.breach.held),
        "since": held.since,
    }


def _refusing_data(refusing: Refusing) -> dict[str, object]:
    return {
        "code": refusing.code,
        "reason": refusing.reason,
        "records": refusing.records,
        "since": refusing.since,
        "next_try": None if refusing.next_try is None else refusing.next_try.isoformat(),
    }


def _run_data(run: Run | None) -> dict[str, object] | None:
    if run is None:
        return None
    return {
        "run": run.id,
        "state": run.state.value,
        "started": run.start.started,
        "ended": run.ended,
        **ends_as_json(run),
    }


def _lines(each: ConnectionStatus, wide: int, style: Style, limit: int | None) -> Iterator[str]:
    name = pad(clip(harmless(each.name), _NAME), wide)
    head, *more = wrap("; ".join(_said(each)), style, wide + 2)
    yield style.paint(name, Ink.STRONG) + _inked(head[wide:], each, style)
    yield from more
    if each.still_in:
        title = f"! {STILL_IN} ({len(each.still_in):,})"
        yield from (style.paint(line, Ink.TROUBLE) for line in wrap(title, style, 4, 6))
        for found in each.still_in:
            yield from wrap(still_in_line(found), style, 6, 8)
    for broken in each.broken:
        yield from diagnostics.text([broken], style).splitlines()
    if each.last is not None and each.last.state is RunState.REFUSED:
        for problem in each.last.problems:
            said = f"! {harmless(problem.summary)} [{problem.code}]"
            yield from _marked(said, style)
    if each.future:
        said = f"! {each.future} is recorded, which is in the future: nothing runs until then"
        yield from _marked(said, style)
        yield from wrap(f"`oneway runs forget-future {harmless(each.name)}`", style, 6)
    for held in each.held:
        yield from _marked(_held(held), style)
        allow = harmless(held.breach.allow)
        yield from wrap(f"`oneway sync {harmless(each.name)} {allow}`", style, 6)
    for refusing in each.refusing:
        yield from _marked(_refusing(refusing), style)
    if each.undelivered:
        yield from _marked(_undelivered(each), style)
    yield from _unsynced(each, style, limit)


def _said(each: ConnectionStatus) -> Iterator[str]:
    if each.file == each.name and each.broken:
        yield "cannot be read"
        return
    if each.last is None:
        yield "has not run yet"
    else:
        ends = ends_in_words(each.last)
        run = f"run {each.last.id}: {ends}" if ends else f"run {each.last.id}"
        yield f"{state_in_words(each.last.state)} {when(each.last.start.started)} ({run})"
        if each.last_done is not None and each.last_done.id != each.last.id:
            yield f"last done {when(each.last_done.start.started)}"
        elif each.last_done is None:
            yield "never done yet"
    if each.links:
        yield f"{each.links:,} linked"
    if not each.file:
        yield "no file in this folder"
    elif each.never:
        yield "runs by hand"
    else:
        yield f"next {when(each.due)}" if each.due else "never due again"


def _inked(head: str, each: ConnectionStatus, style: Style) -> str:
    if each.last is None:
        return head
    word = state_in_words(each.last.state)
    return head.replace(word, style.paint(word, RUN_STATE_INKS[each.last.state]), 1)


def _held(held: HeldBack) -> str:
    number = len(held.breach.held)
    verb = "is" if number == 1 else "are"
    held_back = f"{count(number, 'action')} {verb} held back since {when(held.since)}"
    return f"! {held_back}: {harmless(held.breach.text)}"


def _refusing(each: Refusing) -> str:
    records = count(each.records)
    day = each.next_try.isoformat() if each.next_try is not None else "with the next run"
    code = f" [{harmless(each.code)}]" if each.code else ""
    why = clip(harmless(each.reason), 200)
    return f"! the target refuses {records} since {each.since[:10]}, next try {day}: {why}{code}"


def _undelivered(each: ConnectionStatus) -> str:
    number = len(each.undelivered)
    over = sum(notice.given_up for notice in each.undelivered)
    given_up = f", {over:,} given up" if over else ""
    name = harmless(each.name)
    return f"! {count(number, 'notice')} did not arrive{given_up}: `oneway notify list {name}`"


def _unsynced(each: ConnectionStatus, style: Style, limit: int | None) -> Iterator[str]:
    number = sum(len(group.people) for group in each.unsynced)
    if not number:
        return
    yield from wrap(f"{count(number)} {'does' if number == 1 else 'do'} not sync:", style, 4, 6)
    for group in each.unsynced:
        reason = f": {clip(harmless(group.reason), 200)}" if group.reason else ""
        yield from wrap(f"{len(group.people):,} {group.kind}{reason}", style, 6, 8)
        if limit != 0:
            names = [clip(harmless(name), 40) for name in group.people]
            yield from wrap(people(names, limit), style, 8, 10)


def _marked(said: str, style: Style) -> list[str]:
    return [style.paint(line, Ink.CAUTION) for line in wrap(said, style, 4, 6)]
