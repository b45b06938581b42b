"""The page of a plan that is not applied yet: what would be done, and what needs attention."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from oneway.core.phrases import people
from oneway.history.discrepancies import unsynced
from oneway.history.journal.rows import Breached, Run, RunStart
from oneway.history.memory import Memory
from oneway.planning.access import StillIn
from oneway.planning.breach import Verdict
from oneway.planning.endings import Ending
from oneway.planning.plan import Kind, Plan, Verb
from oneway.planning.plan_file import fingerprint
from oneway.render import access_list
from oneway.render.report.actions import ReportAction, report_actions
from oneway.render.report.attention import attention
from oneway.render.report.informational import informational
from oneway.render.report.page import (
    Block,
    Cell,
    Fact,
    Figure,
    Page,
    ReportPart,
    ReportSection,
    ReportTable,
    ReportText,
    Tone,
)
from oneway.render.report.phrases import because, day, fields, moment, text
from oneway.render.report.summary import connected, foot, listed, systems
from oneway.render.vocabulary import VERBS_DUE, VERBS_TO_DO
from oneway.runs.past.past_run import PastRun

_STATUS = "A plan: nothing is written yet"
_APPLIES = "It is applied once somebody has approved it, and does nothing else then."


def planned_page(plan: Plan, verdict: Verdict, memory: Memory) -> Page:
    """Return the page of a plan before it is approved. Pure."""
    past = _as_run(plan, verdict, memory)
    ends = {**memory.postponed, **verdict.ends()}
    found = tuple(replace(each, end=ends.get(each.id)) for each in report_actions(past))
    due = tuple(each for each in found if each.end is None)
    rest = tuple(each for each in found if each.end is not None)
    urgent = attention(past, rest)
    todo, other = tuple(_todo(plan, due)), informational(past, rest)
    said = _heading(plan, past.run.still_in, due, rest)
    parts = (
        ReportPart("attention", "For you to look at", urgent),
        ReportPart("todo", "What would be done", todo),
        ReportPart("informational", "Good to know", other),
    )
    return Page(
        title=f"{text(past.run.start.connection or plan.mapping)}, plan of "
        f"{day(plan.as_of, memory.zone)}: {said}",
        heading=said,
        lead=" ".join(filter(None, (_same(plan), _APPLIES if due else ""))),
        status=_STATUS,
        tone=Tone.CAUTION if urgent else Tone.CALM,
        facts=(
            Fact("Planned", moment(plan.as_of, memory.zone), text(plan.as_of)),
            connected(past),
            *systems(plan),
        ),
        figures=tuple(_figures(plan, due, rest, {each.id for each in (*urgent, *todo)})),
        parts=tuple(part for part in parts if part.sections),
        chart=None,
        foot=foot(past),
    )


def _as_run(plan: Plan, verdict: Verdict, memory: Memory) -> PastRun:
    """Return the plan as a run that has done nothing."""
    start = RunStart(
        mapping=plan.mapping,
        digest=plan.mapping_digest,
        fingerprint=fingerprint(plan),
        as_of=plan.as_of,
        started=plan.as_of,
        by="",
        connection=plan.connection.name if plan.connection is not None else "",
        allowed=plan.allowed,
        version=plan.engine,
        breaches=tuple(
            Breached(b.name, b.text, verdict.allow(b), b.blocked) for b in verdict.breaches
        ),
        zone=memory.zone,
    )
    run = Run(0, start, plan.as_of, {}, still_in=access_list.access(plan, verdict, memory))
    discrepancies = memory.discrepancies_of(plan, verdict.ends())
    return PastRun(run=run, plan=plan, entries=(), discrepancies=discrepancies, planned=True)


def _todo(plan: Plan, due: Sequence[ReportAction]) -> Iterator[ReportSection]:
    for verb, title in VERBS_TO_DO.items():
        these = [each for each in due if each.verb is verb]
        if these:
            rows = tuple((e.person, *_due(e, plan)) for e in these)
            why = ("Why",) if verb.writes_leave else ()
            columns = ("Person", "The present value, then the new one", *why)
            block = Block(table=ReportTable(title, columns, rows))
            yield ReportSection(_id(verb), title, len(these), Tone.GOOD, "", (block,))


def _due(action: ReportAction, plan: Plan) -> Iterator[Cell]:
    """Yield what an action would write, and why a person leaves."""
    yield fields(action.changes, action.verb, plan, done=False)
    if action.verb.writes_leave:
        yield ReportText(because(action.why))


def _id(verb: Verb) -> str:
    return f"to-{verb.value}"


def _heading(
    plan: Plan,
    still_in: Sequence[StillIn],
    due: Sequence[ReportAction],
    rest: Sequence[ReportAction],
) -> str:
    parts = [(sum(e.verb is verb for e in due), words) for verb, words in VERBS_DUE.items()]
    said = [
        f"{people(number) if not i else f'{number:,}'} {words[number != 1]}"
        for i, (number, words) in enumerate((n, w) for n, w in parts if n)
    ]
    first = listed(said) or "Nothing is to be written"
    staying, held = _staying(plan), sum(e.ending is Ending.HELD for e in rest)
    others = [f"{staying:,} {'does' if staying == 1 else 'do'} not sync"] if staying else []
    others += [f"{held:,} {'is' if held == 1 else 'are'} held back"] if held else []
    whole = "; ".join(filter(None, (first, listed(others))))
    if not still_in:
        return whole
    return f"{people(len(still_in))} who {access_list.who_left(still_in)} can still get in. {whole}"


def _same(plan: Plan) -> str:
    same = plan.counts()[Kind.UNCHANGED.value]
    verb = "is" if same == 1 else "are"
    return f"{people(same)} {verb} already as the source has them." if same else ""


def _staying(plan: Plan) -> int:
    return sum(unsynced(each) is not None for each in plan.notable)


def _figures(
    plan: Plan, due: Sequence[ReportAction], rest: Sequence[ReportAction], ids: set[str]
) -> Iterator[Figure]:
    counts = Counter(each.verb for each in due)
    rows: list[tuple[int, str, Tone, tuple[str, ...]]] = [
        (counts[verb], title[:1].lower() + title[1:], Tone.GOOD, (_id(verb),))
        for verb, title in VERBS_TO_DO.items()
        if counts[verb] or verb in (Verb.CREATE, Verb.UPDATE, Verb.LEAVE)
    ]
    rows.append((plan.counts()[Kind.UNCHANGED.value], "unchanged", Tone.CALM, ()))
    held = sum(each.ending is Ending.HELD for each in rest)
    if _staying(plan):
        wanted = ("missing", "conflicts", "errors", "gone", "rehires")
        rows.append((_staying(plan), "do not sync", Tone.CAUTION, wanted))
    if held:
        rows.append((held, "held back", Tone.CAUTION, ("held",)))
    for number, noun, tone, sections in rows:
        yield Figure(number, noun, tone, next((id for id in sections if number and id in ids), ""))
