"""What the engine writes down of a run: the one form that journals made by hand must have too.

`entry_of` fills in what the engine never leaves out; `unlike_the_engine` says what it would
never write. A law holds the second to runs that are applied; whoever makes a run by hand for a
test passes it through both, so that renderers and notices are tested with what they will meet.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from oneway.applying.gates import GIVEN_UP
from oneway.history.journal import End, JournalEntry, Run
from oneway.history.journal.rows import Breached
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Plan

TRIED = (Ending.REJECTED, Ending.NOT_SENT, Ending.UNKNOWN, Ending.STALE)
SENT = (Ending.DONE, Ending.REJECTED, Ending.UNKNOWN)
_WHY = {
    Ending.REJECTED: ("W101", "the target refused it"),
    Ending.NOT_SENT: ("W102", "no connection"),
    Ending.UNKNOWN: ("W105", "no answer"),
    Ending.STALE: ("W160", "changed in the target since the plan: name"),
    Ending.POSTPONED: ("W101", "refused once on 2026-11-21 with the same values"),
    Ending.NOT_ATTEMPTED: ("", "an action that must go before it was not done"),
}


def entry_of(
    run: int, action: Action, end: End | None, breaches: Sequence[Breached] = ()
) -> JournalEntry:
    """Return the entry of an action that ended so; None where it is on its way."""
    whole = None if end is None else _whole(action, end, breaches)
    sent = whole is None or whole.ending in SENT
    return JournalEntry(
        run=run,
        action_id=action.id,
        verb=action.verb,
        source_id=action.source_id,
        target_id=action.target_id if whole is None else whole.target_id,
        token="0" * 32 if sent else "",
        sent=sent,
        end=whole,
    )


def _whole(action: Action, end: End, breaches: Sequence[Breached]) -> End:
    ending = end.ending
    target = end.target_id or action.target_id
    if ending is Ending.DONE:
        return End(ending, "2001" if target is None else target)
    if ending is Ending.HELD:
        assert breaches, "nothing is held back where no guard fired"
        named = tuple(each.guard for each in breaches if action.id in each.held)
        guards = named or tuple(each.guard for each in breaches)
        return End(ending, target, reason=f"held back by {', '.join(guards)}", guards=guards)
    code, reason = _WHY[ending]
    if ending is Ending.STALE:
        return End(ending, target, code, end.reason or reason)
    if ending is Ending.NOT_ATTEMPTED:
        given_up = GIVEN_UP if end.code == GIVEN_UP else code
        return End(ending, target, given_up, end.reason or reason)
    found = replace(end, target_id=target, code=end.code or code, reason=end.reason or reason)
    if ending is Ending.POSTPONED:
        return replace(found, guards=(), until=end.until or "2026-11-23")
    return replace(found, guards=(), until="")


def unlike_the_engine(
    run: Run, entries: Sequence[JournalEntry], plan: Plan | None
) -> tuple[str, ...]:
    """Return what the engine would never write down so; nothing where all is as it writes."""
    found = [said for entry in entries for said in _of_entry(entry, run.start.breaches)]
    if run.problems:
        return (*found, *(["a refused run has actions"] if entries else []))
    if plan is not None:
        found += _of_plan(run, entries, plan)
    if run.ended is not None:
        if any(each.end is None for each in entries):
            found.append("a run has ended, and an action has not")
        counts = Counter(each.end.ending.value for each in entries if each.end is not None)
        if {name: number for name, number in run.counts.items() if number} != dict(counts):
            found.append(f"the run counts {dict(run.counts)}, its entries are {dict(counts)}")
    return tuple(found)


def _of_plan(run: Run, entries: Iterable[JournalEntry], plan: Plan) -> Iterator[str]:
    known, planned = {each.action_id for each in entries}, {each.id for each in plan.actions}
    if known - planned:
        yield f"{known - planned} were not planned"
    if run.ended is not None and planned - known:
        yield f"{planned - known} have no ending"


def _of_entry(entry: JournalEntry, breaches: Sequence[Breached]) -> Iterator[str]:
    end = entry.end
    if end is None:
        if not entry.token:
            yield "what is on its way has no token"
        return
    name = f"{entry.action_id} {end.ending.value}"
    if bool(end.guards) is not (end.ending is Ending.HELD):
        yield f"{name}: guards {end.guards}"
    if not set(end.guards) <= {each.guard for each in breaches}:
        yield f"{name}: guards {end.guards} that did not fire"
    if bool(end.until) is not (end.ending is Ending.POSTPONED):
        yield f"{name}: until {end.until!r}"
    if end.until:
        date.fromisoformat(end.until)
    if not end.reason and end.ending is not Ending.DONE:
        yield f"{name}: no reason"
    if not end.code and end.ending in (*TRIED, Ending.POSTPONED):
        yield f"{name}: no code"
    if end.code and end.ending in (Ending.DONE, Ending.HELD):
        yield f"{name}: code {end.code}"
    if end.ending is Ending.STALE and end.code not in ("W160", "W163"):
        yield f"{name}: code {end.code}"
    if end.ending is Ending.NOT_ATTEMPTED and end.code not in ("", GIVEN_UP):
        yield f"{name}: code {end.code}"
    if end.ending is Ending.DONE and end.target_id is None:
        yield f"{name}: no target record"
    if entry.sent and not entry.token:
        yield f"{name}: sent without a token"
    if end.ending in SENT and not entry.sent and end.code != GIVEN_UP:
        yield f"{name}: not sent"
