"""Summarises a run in one sentence, with the numbers and facts around it."""

from collections import Counter
from collections.abc import Sequence

from oneway.core.phrases import count, people
from oneway.history.discrepancies import unsynced
from oneway.history.journal.rows import RunState, Why
from oneway.history.last_good import is_good
from oneway.mapping.spec import GuardKind
from oneway.notices.remedies import remedy_of
from oneway.notices.texts import unshut
from oneway.planning.endings import Ending
from oneway.planning.plan import Kind, Plan, Verb
from oneway.planning.plan_inputs import Allowance
from oneway.render.access_list import who_left
from oneway.render.report.actions import ReportAction
from oneway.render.report.page import Fact, Figure, ReportSection, Tone
from oneway.render.report.phrases import day, duration, moment, text
from oneway.render.report.unsynced import has_gone
from oneway.render.sanitize import shown
from oneway.render.vocabulary import VERBS_DONE
from oneway.runs.past.past_run import PastRun
from oneway.runs.past.without_connection import runs_without_connection

_NOT_DONE = (
    ((Ending.HELD,), ("is held back", "are held back")),
    ((Ending.REJECTED,), ("was refused by the target", "were refused by the target")),
    (
        (Ending.POSTPONED,),
        ("refused before was not sent again yet", "refused before were not sent again yet"),
    ),
    (
        (Ending.STALE, Ending.NOT_SENT, Ending.NOT_ATTEMPTED),
        ("was not written this time", "were not written this time"),
    ),
    ((Ending.UNKNOWN,), ("may have been written", "may have been written")),
)

_UNWRITTEN = "nothing is known to have been written"


def heading(past: PastRun, found: Sequence[ReportAction], urgent: Sequence[ReportSection]) -> str:
    """Return the outcome: "12 people were created, 3 were changed; 2 did not sync".

    Leavers who can still get in come first. It says that everybody is up to date only if no
    section needs attention (`urgent` is empty).
    """
    said = _shrunk(past) + _became(past, found, urgent)
    number = len(past.run.still_in)
    if not number:
        return said
    return f"{people(number)} who {who_left(past.run.still_in)} can still get in. {said}"


def _shrunk(past: PastRun) -> str:
    """Return a sentence on people missing from the target list, if a guard held the run for it."""
    if all(each.guard != GuardKind.TARGET_SHRINK.value for each in past.run.start.breaches):
        return ""
    system, plan = text(past.target) or "the target", past.plan
    gone = sum(has_gone(each) for each in plan.notable) if plan is not None else 0
    if plan is None or not gone:
        return f"Far fewer people than before are matched in {system}. "
    if any(each.name == "target" and not each.records for each in plan.reads):
        known = (
            "the 1 person known there is" if gone == 1 else f"all {people(gone)} known there are"
        )
        return f"The list of {system} came back empty: {known} gone. "
    return f"{people(gone)} known in {system} {'is' if gone == 1 else 'are'} gone from its list. "


def _became(past: PastRun, found: Sequence[ReportAction], urgent: Sequence[ReportSection]) -> str:
    done = _done(found)
    rest = _rest(past, found)
    match past.run.state:
        case RunState.REFUSED:
            stopped = "The run was stopped"
            return f"{stopped} after {done}" if done else f"{stopped}: nothing was written"
        case RunState.RUNNING:
            begun = "The run has not ended yet"
            return f"{begun}; so far, {done}" if done else begun
        case RunState.INTERRUPTED:
            begun = "The run was interrupted, and did not finish"
            said = f"{begun}; before that, {done}" if done else f"{begun}: {_UNWRITTEN}"
            doubtful = sum(each.in_doubt for each in found)
            return f"{said}; {people(doubtful)} may have been written" if doubtful else said
    if not done and not rest:
        return _idle(past, urgent)
    if not found and _not_syncing(past) > 0:
        return "; ".join(("Nothing had to be written", _joined(rest, named=True)))
    first = done or (_UNWRITTEN if _ended(found, Ending.UNKNOWN) else "nothing was written")
    first = f"{first[0].upper()}{first[1:]}"
    return "; ".join((first, _joined(rest, named=not done))) if rest else first


def _idle(past: PastRun, urgent: Sequence[ReportSection]) -> str:
    """Return the outcome of a run without actions."""
    if past.plan is None:  # without a plan, we know nothing about anybody
        return "Nothing was written"
    if urgent:
        return "Nothing had to be written"
    return "Everybody is up to date: nothing had to be written"


def lead(past: PastRun) -> str:
    """Return a second sentence: how many people needed no change."""
    run = past.run
    match run.state:
        case RunState.REFUSED:
            return "See below what is wrong, and what to do about it."
        case RunState.RUNNING:
            return "It is still going on: this page shows what it has done so far."
        case RunState.INTERRUPTED if run.ended is None:
            return "The next run looks up the writes in flight before it writes anything."
        case RunState.INTERRUPTED:
            return "Writes in flight have been looked up since; later runs plan what is left."
    if past.plan is None:
        return ""
    same = past.plan.counts()[Kind.UNCHANGED.value]
    if not same:
        return ""
    verb = "was" if same == 1 else "were"
    return f"{people(same)} {verb} already as the source has them."


def tone(past: PastRun, found: Sequence[ReportAction], urgent: Sequence[ReportSection]) -> Tone:
    """Return how urgent the whole run is."""
    if past.stoppage or past.run.state in (RunState.REFUSED, RunState.INTERRUPTED):
        return Tone.TROUBLE
    waits = any(each.ending is not Ending.DONE for each in found)
    careful = urgent or waits or past.run.state is RunState.RUNNING
    return Tone.CAUTION if careful else Tone.GOOD


def figures(
    past: PastRun, found: Sequence[ReportAction], sections: Sequence[ReportSection]
) -> tuple[Figure, ...]:
    """Return the key figures, each with a link to its details."""
    done = Counter(each.verb for each in found if each.ending is Ending.DONE)
    counts = past.plan.counts() if past.plan is not None else {}
    ids = {each.id for each in sections}
    always = bool(found) or past.plan is not None
    rows = [
        (done[Verb.CREATE], "created", Tone.GOOD, ("created",), always),
        (done[Verb.UPDATE], "changed", Tone.GOOD, ("changed",), always),
        (done[Verb.LEAVE], "marked as leavers", Tone.GOOD, ("left",), always),
        (done[Verb.CORRECT], "leave corrected", Tone.GOOD, ("corrected",), False),
        (done[Verb.REACTIVATE], "came back", Tone.GOOD, ("back",), False),
        (done[Verb.DEACTIVATE], "deactivated", Tone.GOOD, ("deactivated",), False),
        (counts.get("unchanged", 0), "unchanged", Tone.CALM, (), bool(counts)),
        (_not_syncing(past), "did not sync", Tone.CAUTION, _STAYING, False),
        (_ended(found, Ending.HELD), "held back", Tone.CAUTION, ("held",), False),
        (_ended(found, Ending.REJECTED), "refused", Tone.TROUBLE, ("refused",), False),
        (_ended(found, Ending.POSTPONED), "refused before", Tone.CAUTION, ("postponed",), False),
        (sum(each.in_doubt for each in found), "not known", Tone.TROUBLE, ("unknown",), False),
    ]
    return tuple(
        Figure(number, noun, tone, next((id for id in wanted if id in ids and number), ""))
        for number, noun, tone, wanted, also_none in rows
        if number or also_none
    )


def status(past: PastRun, tone: Tone) -> str:
    """Return the status of a run in a few words."""
    if past.stoppage is not None:
        return "Nothing runs now" if past.stoppage.silent else "The runs after this one fail"
    return _STATUS[tone]


_STATUS = {
    Tone.GOOD: "All is well",
    Tone.CALM: "All is well",
    Tone.CAUTION: "Needs attention",
    Tone.TROUBLE: "The run was stopped",
}


def stoppage(past: PastRun) -> str:
    """Return what has stopped the connection since this run, or ""."""
    found = past.stoppage
    if found is None:
        return ""
    of = day(past.run.start.started, past.run.start.zone)
    last = f"This is the last run that finished, of {of}"
    said = f"{last}. Since then" if found.is_last else f"This is a run of {of}. Now"
    what = "nothing runs" if found.silent else "no run finishes"
    known = f", as found on {moment(found.since, past.run.start.zone)}" if found.since else ""
    why = ", ".join(f"{text(remedy_of(each).title)} ({text(each)})" for each in found.about)
    return f"{said} {what}: {why}{known}"


def access(past: PastRun) -> str:
    """Return a sentence on who keeps access while no run completes; "" if runs complete."""
    if past.run.state is RunState.RUNNING or (past.stoppage is None and is_good(past.run)):
        return ""
    system = text(past.target) or "the target"
    since = day(past.last_good, past.run.start.zone) if past.last_good else ""
    return unshut(since, system, some=past.run.state is RunState.INTERRUPTED)


def facts(past: PastRun) -> tuple[Fact, ...]:
    """Return the start, connection, operator and duration of the run."""
    start, ended = past.run.start, past.run.ended
    took = duration(start.started, ended) if ended is not None else ""
    found = [
        Fact("When", moment(start.started, start.zone), text(start.started)),
        connected(past),
        Fact("Started", _started(past)),
        Fact("Took", took),
        *systems(past.plan),
    ]
    return tuple(each for each in found if each.text)


def connected(past: PastRun) -> Fact:
    """Return the connection, or the mapping of a run without one."""
    alone = runs_without_connection(past.run)
    return Fact("Mapping" if alone else "Connection", text(connection(past)))


def systems(plan: Plan | None) -> tuple[Fact, ...]:
    """Return the source and the target."""
    inputs = plan.inputs if plan is not None else {}
    return tuple(Fact(label, text(inputs[role].text)) for label, role in _ENDS if role in inputs)


_ENDS = (("From", "source"), ("To", "target"))


def foot(past: PastRun) -> tuple[Fact, ...]:
    """Return the facts that support needs about a run."""
    run, plan = past.run, past.plan
    found = [
        Fact("Run", f"{run.id:,}" if run.id else ""),
        Fact("Mapping", text(run.start.mapping)),
        Fact("Mapping file", text(plan.mapping_file) if plan is not None else ""),
        Fact("Mapping digest", text(run.start.digest)[:12]),
        Fact("Plan", text(run.start.fingerprint)[:12]),
        Fact("As of", text(run.start.as_of)),
        Fact("Allowed", ", ".join(map(_allowed, run.start.allowed))),
        Fact("Version", text(f"oneway {run.start.version}") if run.start.version else ""),
        Fact("Machine", text(run.start.host)),
    ]
    if plan is not None:
        found += [Fact(f"Read: {text(each.name)}", count(each.records)) for each in plan.reads]
        settings = (f"{name} = {shown(value)}" for name, value in sorted(plan.settings.items()))
        found.append(Fact("Settings", text(", ".join(settings))))
    return tuple(each for each in found if each.text)


def connection(past: PastRun) -> str:
    """Return the name of the connection, or of the mapping without one."""
    if past.plan is not None and past.plan.connection is not None:
        return past.plan.connection.name
    start = past.run.start
    return start.mapping if runs_without_connection(past.run) else start.connection


def _started(past: PastRun) -> str:
    start = past.run.start
    by = text(start.by)
    match start.why:
        case Why.SCHEDULE:
            return "by the schedule"
        case Why.CONNECT:
            return f"by {by}, while connecting" if by else "while connecting"
    return f"by {by}, by hand" if by else "by hand"


def _allowed(each: Allowance) -> str:
    return text(f"{each.guard} up to {each.ceiling:,}, by {each.by}")


def _done(found: Sequence[ReportAction]) -> str:
    counts = Counter(each.verb for each in found if each.ending is Ending.DONE)
    parts: list[str] = []
    for verb, (one, more) in VERBS_DONE.items():
        number = counts[verb]
        if number:
            who = f"{number:,}" if parts else people(number)
            parts.append(f"{who} {one if number == 1 else more}")
    return listed(parts)


def _rest(past: PastRun, found: Sequence[ReportAction]) -> list[tuple[int, str]]:
    """Return the number of all other people, by outcome."""
    staying = _not_syncing(past)
    parts = [(staying, "did not sync")] if staying else []
    for endings, (one, more) in _NOT_DONE:
        number = sum(_ended(found, ending) for ending in endings)
        if number:
            parts.append((number, one if number == 1 else more))
    return parts


def _joined(parts: Sequence[tuple[int, str]], *, named: bool) -> str:
    said: list[str] = []
    for number, words in parts:
        who = people(number) if named and not said else f"{number:,}"
        said.append(f"{who} {words}")
    return listed(said)


def listed(parts: Sequence[str]) -> str:
    """Return parts as one enumeration."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _not_syncing(past: PastRun) -> int:
    if past.plan is None:
        return sum(each.ending.unsynced for each in past.discrepancies)
    return sum(unsynced(each) is not None for each in past.plan.notable)


def _ended(found: Sequence[ReportAction], ending: Ending) -> int:
    return sum(each.ending is ending for each in found)


_STAYING = ("missing", "conflicts", "errors", "gone", "rehires")
