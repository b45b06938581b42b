"""Renders the status of each connection: one line each, then what needs attention."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from os.path import isfile
from shlex import quote

from oneway.core.instants import day
from oneway.core.phrases import count
from oneway.history.allow_command import allowed_together
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.history.journal import Run, RunState
from oneway.render import diagnostics, discrepancies, remedies, status_lines
from oneway.render.access_list import still_in_line, still_in_title
from oneway.render.history import ends_as_json, ends_in_words, state_in_words, when
from oneway.render.layout import clip, columns, pad, people, wrap
from oneway.render.places import place_text
from oneway.render.sanitize import harmless
from oneway.render.style import Ink, Style
from oneway.render.vocabulary import RUN_STATE_INKS
from oneway.runs.past.flapping import FlappingChange
from oneway.runs.past.status import ConnectionStatus, HeldBack, Need, NoticeChannels, Waiting

_NONE = "No connection, and nothing has run yet."
_NAME = 24
"""The maximum width of the column of names."""


def text(
    statuses: Sequence[ConnectionStatus],
    style: Style,
    *,
    limit: int | None = 0,
    whole: bool = True,
    chosen: bool = False,
) -> str:
    """Return the status of connections, given the worst first: a summary, then each of them.

    With `whole`, each connection has all details; otherwise those with problems have a line or two,
    and the others are counted. `chosen`: the caller left others out. At most `limit` people are
    named for each reason.
    """
    if not statuses:
        return "No connection has this problem.\n" if chosen else f"{_NONE}\n"
    wide = max(columns(clip(harmless(each.name), _NAME)) for each in statuses)
    lines = wrap(fleet(statuses), style, 0, 2) if len(statuses) > 1 else []
    lines = [style.paint(line, Ink.STRONG) for line in lines]
    if whole:
        lines += [line for each in statuses for line in _lines(each, wide, style, limit)]
        return "\n".join(lines) + "\n"
    urgent = [each for each in statuses if each.urgent]
    wide = max((columns(clip(harmless(each.name), _NAME)) for each in urgent), default=0)
    lines += [
        line
        for each in urgent
        for line in status_lines.brief(each, wide, style, advised=len(urgent) <= _ADVISED)
    ]
    others = len(statuses) - len(urgent)
    return "\n".join([*lines, *_others(others, style)]) + "\n"


_ADVISED = 10
"""Remedies are shown for at most this many connections with problems."""


def fleet(statuses: Sequence[ConnectionStatus]) -> str:
    """Return the status of all connections, in one sentence."""
    urgent = sum(each.urgent for each in statuses)
    counts = Counter(need for each in statuses for need in each.needs)
    said = [f"{number:,} {status_lines.WORDS[n]}" for n in Need if (number := counts[n])]
    running = sum(each.last is not None and each.last.lives for each in statuses)
    said += [f"{running:,} running"] if running else []
    total, need = count(len(statuses), "connection"), "needs" if urgent == 1 else "need"
    head = f"{total}: {urgent:,} {need} a person" if urgent else f"{total}: none needs a person"
    return f"{head} ({', '.join(said)})" if said else head


def _others(number: int, style: Style) -> list[str]:
    if not number:
        return []
    verb = "needs" if number == 1 else "need"
    return wrap(f"{count(number, 'other')} {verb} no action tonight: `oneway status --all`", style)


def as_json(statuses: Sequence[ConnectionStatus]) -> dict[str, object]:
    """Return the status of connections as data: {fleet, connections: [...]}, the worst first.

    `fleet` is {connections, urgent, needs: {need: connections}}. Each connection has: name,
    file (null without one), needs (what asks for a person, the worst first: access, refused,
    interrupted, future, broken, overdue, failed, held, undelivered, not_sticking, unsynced,
    untold), problems (of the file, as `validate` gives them), last and last_done ({run, state,
    started, ended, problems, counts, planned, not_ended} or null: problems are why it was
    refused, the last three as `runs` gives them), next (an instant, in the past
    if the run waits for a scheduler, or null), future (an
    instant that is recorded and yet to come, or null), disconnected (when that was, or null; it
    then needs nobody), missed (the due that should have run, or
    null), stories (null where no plan is known; a list of {key, label, source_id, target_id,
    ending, code, reason, since, next_try}: everyone who differs from the source), unsynced (a
    list of {kind, reason, since, number, people}; null where no plan is known), held (a list of
    {guard, text, allow, number, since}), refused (a list of {ending, code, reason, records,
    since, next_try}; null for the next run), undelivered (the number of notices whose delivery
    failed: {waiting, given_up}), still_in ([{key, label, source_id, target_id, why,
    may_have_left, candidates}]: leavers who can still get in, by the last run), not_sticking
    ([{key, label, source_id, target_id, since, verb, fields, runs}]: what was written again, as
    the target had undone it; no fields for a record created again), tells ({channels, file}:
    the number of its channels, and the file that names them, or null; null without a file) and
    links (the number of linked people).
    """
    counts = Counter(need for each in statuses for need in each.needs)
    return {
        "fleet": {
            "connections": len(statuses),
            "urgent": sum(each.urgent for each in statuses),
            "needs": {need.value: counts[need] for need in Need},
        },
        "connections": [_data(each) for each in statuses],
    }


def _data(each: ConnectionStatus) -> dict[str, object]:
    unsynced = [
        {
            "kind": _KINDS[group.kind],
            "reason": group.reason,
            "since": group.since or None,
            "number": len(group.discrepancies),
            "people": [_name(discrepancy) for discrepancy in group.discrepancies],
        }
        for group in each.unsynced
    ]
    stories = (
        None if each.discrepancies is None else list(map(discrepancies.about, each.discrepancies))
    )
    return {
        "name": each.name,
        "file": each.file or None,
        "needs": [need.value for need in each.needs],
        "problems": diagnostics.as_json(each.broken),
        "still_in": [asdict(found) for found in each.still_in],
        "last": _run_data(each.last),
        "last_done": _run_data(each.last_done),
        "next": each.due or None,
        "disconnected": each.disconnected or None,
        "future": each.future or None,
        "missed": each.missed or None,
        "stories": stories,
        "unsynced": None if stories is None else unsynced,
        "held": list(map(_held_data, each.held)),
        "refused": list(map(_waiting_data, each.waiting)),
        "undelivered": {
            "waiting": sum(not notice.given_up for notice in each.undelivered),
            "given_up": sum(notice.given_up for notice in each.undelivered),
        },
        "not_sticking": list(map(_flapping_data, each.flapping)),
        "tells": _tells_data(each.tells),
        "links": each.links,
    }


def _flapping_data(found: FlappingChange) -> dict[str, object]:
    return {
        "key": found.key,
        "label": found.label,
        "source_id": found.source_id,
        "target_id": found.target_id,
        "since": found.since,
        "verb": found.undone.verb.value,
        "fields": list(found.undone.fields),
        "runs": found.undone.runs,
    }


def _tells_data(tells: NoticeChannels | None) -> dict[str, object] | None:
    return None if tells is None else {"channels": tells.channels, "file": tells.file or None}


def _held_data(held: HeldBack) -> dict[str, object]:
    return {
        "guard": held.breach.guard,
        "text": held.breach.text,
        "allow": held.breach.allow,
        "number": len(held.breach.held),
        "since": held.since,
    }


def _waiting_data(waiting: Waiting) -> dict[str, object]:
    return {
        "ending": waiting.ending.value,
        "code": waiting.code,
        "reason": waiting.reason,
        "records": waiting.records,
        "since": waiting.since,
        "next_try": waiting.next_try or None,
    }


def _run_data(run: Run | None) -> dict[str, object] | None:
    if run is None:
        return None
    return {
        "run": run.id,
        "state": run.state.value,
        "started": run.start.started,
        "ended": run.ended,
        "problems": diagnostics.as_json(run.problems),
        **ends_as_json(run),
    }


def _lines(each: ConnectionStatus, wide: int, style: Style, limit: int | None) -> Iterator[str]:
    name = pad(clip(harmless(each.name), _NAME), wide)
    head, *more = wrap("; ".join(_said(each)), style, wide + 2)
    yield style.paint(name, Ink.STRONG) + _inked(head[wide:], each, style)
    yield from more
    if not each.disconnected:
        yield from _troubles(each, style, limit)


def _troubles(each: ConnectionStatus, style: Style, limit: int | None) -> Iterator[str]:
    if each.still_in:
        title = f"! {still_in_title(each.still_in)} ({len(each.still_in):,})"
        yield from (style.paint(line, Ink.TROUBLE) for line in wrap(title, style, 4, 6))
        for found in each.still_in:
            yield from wrap(still_in_line(found), style, 6, 8)
    if _is_left_behind(each) and (each.still_in or each.held):
        yield from wrap(status_lines.left_behind(each.name), style, 6, 8)
    for broken in each.broken:
        yield from diagnostics.text([broken], style).splitlines()
    if each.last is not None and each.last.state is RunState.REFUSED:
        for problem in each.last.problems:
            where = place_text(problem.span)
            yield from _marked(f"! {where}: {harmless(problem.summary)} [{problem.code}]", style)
        for said in remedies.for_problems(each.last.problems, each.name, each.mapping):
            yield from wrap(said, style, 6, 8)
    if each.last is not None and each.last.state is RunState.INTERRUPTED:
        yield from _marked(f"! {status_lines.interrupted(each.last)}", style)
    if each.future and not _is_told(each):
        until = when(each.future, each.zone)
        said = f"! {until} is recorded, which is in the future: nothing runs until then"
        yield from _marked(said, style)
        yield from wrap(remedies.for_code("F124", each.name, mapping=each.mapping), style, 6, 8)
    yield from _held_lines(each, style)
    if each.missed:
        yield from _marked(f"! it was due {when(each.missed, each.zone)}, and has not run", style)
        yield from wrap(f"For the operator: {status_lines.NO_SCHEDULER}", style, 6, 8)
    for waiting in each.waiting:
        yield from _marked(f"! {status_lines.waiting(waiting, each.zone)}", style)
        if waiting.code:
            yield from wrap(
                remedies.for_code(waiting.code, each.name, mapping=each.mapping), style, 6, 8
            )
    if each.undelivered:
        yield from _marked(_undelivered(each), style)
    yield from _flapping(each, style)
    yield from _unsynced(each, style, limit)


def _held_lines(each: ConnectionStatus, style: Style) -> Iterator[str]:
    """Yield what guards hold back, with one command for guards to be allowed together."""
    groups = allowed_together([held.breach for held in each.held])
    for group in groups:
        for held in each.held:
            if held.breach in group:
                yield from _marked(_held(held, each.zone), style)
        if _is_left_behind(each):
            continue  # the remedies are runs of it
        said = (
            remedies.for_code(breach.guard, each.name, mapping=each.mapping) for breach in group
        )
        for remedy in dict.fromkeys(said):
            yield from wrap(remedy, style, 6, 8)
        yield from wrap(status_lines.only_if_right(each.name, group, each.mapping), style, 6, 8)


def _is_left_behind(each: ConnectionStatus) -> bool:
    """Return whether nothing can run a connection: its file is gone, or has another name."""
    return not (each.file or (each.mapping and isfile(each.mapping_file)))


def _is_told(each: ConnectionStatus) -> bool:
    """Return whether the last run was refused because of an instant in the future."""
    problems = each.last.problems if each.last is not None else ()
    return any(problem.code in ("F117", "F124") for problem in problems)


def _said(each: ConnectionStatus) -> Iterator[str]:
    if each.file == each.name and each.broken:
        yield "cannot be read"
        return
    if each.disconnected:
        yield f"disconnected {when(each.disconnected, each.zone)}"
        yield f"its history is kept: oneway runs {harmless(quote(each.name))}"
        return
    if each.last is None:
        yield "has not run yet"
    else:
        ends = ends_in_words(each.last)
        run = f"run {each.last.id}: {ends}" if ends else f"run {each.last.id}"
        began = when(each.last.start.started, each.zone)
        yield f"{state_in_words(each.last.state)} {began} ({run})"
        if each.last_done is not None and each.last_done.id != each.last.id:
            yield f"last done {when(each.last_done.start.started, each.zone)}"
        elif each.last_done is None:
            yield "never done in full yet"
    if each.links:
        yield f"{each.links:,} linked"
    if each.mapping and isfile(each.mapping_file):
        yield f"{harmless(each.mapping_file)}, by hand"
    elif _is_left_behind(each):
        yield "no file in this folder"
    elif each.never:
        yield "runs by hand"
    elif each.waits:
        yield f"due since {when(each.due, each.zone)}, waits for `oneway serve` or `run-due`"
    else:
        yield f"next {when(each.due, each.zone)}" if each.due else "never due again"
    if each.tells is not None and not each.tells.channels:
        yield "notifies nobody"


def _inked(head: str, each: ConnectionStatus, style: Style) -> str:
    if each.last is None:
        return head
    word = state_in_words(each.last.state)
    return head.replace(word, style.paint(word, RUN_STATE_INKS[each.last.state]), 1)


def _held(held: HeldBack, zone: str) -> str:
    number = len(held.breach.held)
    verb = "is" if number == 1 else "are"
    what = f"{count(number, 'action')} {verb}" if number else "The run is"
    return f"! {what} held back since {when(held.since, zone)}: {harmless(held.breach.text)}"


def _undelivered(each: ConnectionStatus) -> str:
    number = len(each.undelivered)
    over = sum(notice.given_up for notice in each.undelivered)
    given_up = f", {over:,} given up" if over else ""
    name = harmless(quote(each.name))
    return f"! {count(number, 'notice')} did not arrive{given_up}: `oneway notify list {name}`"


def _flapping(each: ConnectionStatus, style: Style) -> Iterator[str]:
    if not each.flapping:
        return
    yield from _marked(f"! {status_lines.flapping(each.flapping)}", style)
    for found in each.flapping[:_NAMED]:
        yield from wrap(_unstuck(found, each.zone), style, 6, 8)
    if len(each.flapping) > _NAMED:
        command = f"`oneway report {harmless(quote(each.name))}`"
        more = f"and {len(each.flapping) - _NAMED:,} more: {command}"
        yield from wrap(more, style, 6, 8)


_NAMED = 10
"""How many people are named whose changes do not stick."""


def _unstuck(found: FlappingChange, zone: str) -> str:
    name = clip(harmless(_name(found)), 40)
    since = f" (since {harmless(day(found.since, zone))})" if found.since else ""
    return f"{name}: {clip(harmless(found.undone.reason), 200)}{since}"


def _unsynced(each: ConnectionStatus, style: Style, limit: int | None) -> Iterator[str]:
    number = sum(len(group.discrepancies) for group in each.unsynced)
    if not number:
        return
    yield from wrap(f"{count(number)} {'does' if number == 1 else 'do'} not sync:", style, 4, 6)
    for group in each.unsynced:
        reason = f": {clip(harmless(group.reason), 200)}" if group.reason else ""
        since = f" since {harmless(day(group.since, each.zone))}" if group.since else ""
        said = f"{len(group.discrepancies):,} {_KINDS[group.kind]}{since}{reason}"
        yield from wrap(said, style, 6, 8)
        if limit != 0:
            names = [
                _named(discrepancy, group.since, each.zone) for discrepancy in group.discrepancies
            ]
            yield from wrap(people(names, limit), style, 8, 10)


def _named(discrepancy: Discrepancy, first: str, zone: str) -> str:
    """Return a person's name, and the first day if it is later than the group's."""
    name = clip(harmless(_name(discrepancy)), 40)
    same = day(discrepancy.since, zone) == day(first, zone)
    return name if same else f"{name} ({discrepancies.since(discrepancy, zone)})"


def _name(discrepancy: Discrepancy | FlappingChange) -> str:
    key, label = discrepancy.key, discrepancy.label
    return f"{key} {label}" if label and label != key else key


_KINDS = {
    DiscrepancyKind.ERROR: "in error",
    DiscrepancyKind.CONFLICT: "in conflict",
    DiscrepancyKind.INELIGIBLE: "ineligible",
    DiscrepancyKind.REHIRE: "back at work? (rehire, left to a person)",
}


def _marked(said: str, style: Style) -> list[str]:
    return [style.paint(line, Ink.CAUTION) for line in wrap(said, style, 4, 6)]
