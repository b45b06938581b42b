"""One story per person: whoever tells of somebody tells the same, and a plain model agrees.

The model walks through the runs of the journal from the first on, and knows nothing of how the
engine keeps stories. It is compared with `runs show`, `status` and the report; what the plan said
beforehand is compared with what became of it, and `explain` with the plan.
"""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass

from oneway.history.backoff import next_try
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.history.journal import Breached, Journal, JournalEntry, Run, RunState
from oneway.history.memory import Memory
from oneway.history.words import DISCREPANCY_WORDS
from oneway.inspect.explain import explain
from oneway.planning.breach import Verdict
from oneway.planning.endings import Ending
from oneway.planning.plan import Kind, Outcome, Plan
from oneway.render import Style, explanations, past_run, plans, status
from oneway.render.discrepancies import by_subject, since, then
from oneway.render.layout import clip
from oneway.render.record_histories import Past, RecordHistory, record_histories
from oneway.render.report import page
from oneway.render.report.page import Page, ReportPerson
from oneway.render.report.phrases import day
from oneway.render.sanitize import harmless
from oneway.runs.judge import judge_plan, load_memory
from oneway.runs.past.discrepancies import discrepancies_of_run
from oneway.runs.past.past_run import load_past_run
from oneway.runs.past.status import connection_statuses
from oneway.runs.plan import plan_of
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import connection_of
from oneway.runs.read import read_inputs
from oneway.state.folder import StateFolder
from written_rows import WrittenRows

from .oracle import Violation, demand
from .world import World

WORDS = {
    Ending.REJECTED: "refused",
    Ending.POSTPONED: "refused",
    Ending.HELD: "held",
    Ending.UNKNOWN: "unknown",
    Ending.NOT_SENT: "not_sent",
    Ending.STALE: "stale",
    Ending.NOT_ATTEMPTED: "not_attempted",
}
STAYING = {
    Kind.ERROR: "error",
    Kind.CONFLICT: "conflict",
    Kind.INELIGIBLE: "ineligible",
    Kind.REHIRE: "rehire",
}


@dataclass(frozen=True)
class Told:
    """What one place says of one person, or of one action of theirs."""

    ending: str
    since: str
    next_try: str


def after_each_run(world: World) -> int:
    """Demand that every place tells what the model does of the last run; return of how many."""
    state = StateFolder(world.state_folder)
    if not state.has_journal:
        return 0
    with Journal.open(state.journal) as journal:
        runs = journal.runs(limit=10_000)
        if not runs:
            return 0
        _no_false_success(journal, runs)
        last = next((run for run in runs if not run.problems), None)
        if last is None:
            return 0
        model = _model(journal, [run for run in reversed(runs) if not run.problems])
        for name, told in _places(journal, last, world).items():
            _compare(name, told, model)
        return len(model)


def foretold(world: World, plan: Plan, verdict: Verdict, memory: Memory) -> None:
    """Demand that what a plan says will not be done was not done, and is told of alike."""
    state = StateFolder(world.state_folder)
    before = by_subject(memory.discrepancies_of(plan, verdict.ends()))
    listed = plans.as_json(plan, verdict, memory)["outcomes"]
    assert isinstance(listed, list)
    shown = {each["subject"]: each for found in listed for each in found["stories"]}
    demand(set(shown) == set(before), "a plan's data lacks somebody's story")
    with Journal.open(state.journal) as journal:
        (run,) = journal.runs(connection_of(plan, world.state_folder), limit=1)
        after = by_subject(discrepancies_of_run(journal, run, plan, journal.entries(run.id)))
    waits = {**memory.postponed, **verdict.ends()}
    for subject, story in before.items():
        is_sent = any(a.id == subject for a in plan.actions) and subject not in waits
        if is_sent:
            continue
        said = after.get(subject)
        demand(said is not None, f"{subject} has a story in the plan, and none in the run")
        assert said is not None
        as_planned = (said.ending, said.code, said.reason, said.next_try)
        planned = (story.ending, story.code, story.reason, story.next_try)
        demand(as_planned == planned, f"the plan says {planned}, and the run {as_planned}")
        demand(said.since == (story.since or plan.as_of), "the plan and the run differ in since")


def explained(world: World) -> int:
    """Demand that `explain` begins with what the plan says of everybody; return of how many."""
    prepared, operator = prepare_run(world.request()), world.operator
    with world._session(prepared, operator) as session, session.systems:
        reading = read_inputs(prepared, session.systems)
        plan = plan_of(prepared, reading, session.seal)
        memory = load_memory(session, plan)
        ends = {**memory.postponed, **judge_plan(session, plan, memory).ends()}
    told = by_subject(memory.discrepancies_of(plan, ends))
    said = explanations.forecasts(told, ends, prepared.zone)
    inputs = (prepared.compiled, reading.program, reading.source, reading.target, plan)
    seen = 0
    for outcome in plan.outcomes:
        mine = [told[s] for s in _subjects(outcome) if s in told]
        if not mine or outcome.source_id is None:
            continue
        found = explain(*inputs, outcome.source_id, said)
        found = tuple(each for each in found if each.source_id == outcome.source_id)
        (data,) = explanations.as_json(found, told)
        stories = data["stories"]
        assert isinstance(stories, list)
        demand(
            [s["since"] for s in stories] == [each.since or None for each in mine],
            "explain and the plan differ in since",
        )
        head = " ".join(
            explanations.text(found, Style(width=10_000), prepared.zone).split("\n\n")[0].split()
        )
        for each in mine:
            _headed(head, each, prepared.zone)
        if outcome.actions and all(action.id in ends for action in outcome.actions):
            demand("will be" not in head, f"explain: {head}")
        seen += 1
    return seen


def _headed(head: str, story: Discrepancy, zone: str) -> None:
    """Demand that an explanation's answer says how it ends, since when, why, and when again."""
    reasons = [] if story.ending.unsynced else [clip(harmless(story.reason), 400)]
    for part in (DISCREPANCY_WORDS[story.ending], since(story, zone), then(story), *reasons):
        is_word = (
            story.ending is DiscrepancyKind.HELD and part == DISCREPANCY_WORDS[DiscrepancyKind.HELD]
        )
        demand(is_word or " ".join(part.split()) in head, f"explain: {head!r}, without {part!r}")


@contextmanager
def undisturbed(world: World) -> Iterator[None]:
    """Let nothing go wrong for a block, and the dice be as they were before it."""
    wire, dice = world.wire, world.rng.getstate()
    before = (wire.rate, wire.planning_rate, wire.down)
    wire.rate = wire.planning_rate = 0.0
    wire.down = ""
    try:
        yield
    finally:
        wire.rate, wire.planning_rate, wire.down = before
        world.rng.setstate(dice)


def _no_false_success(journal: Journal, runs: Sequence[Run]) -> None:
    """Demand that no run counts as a success of which an action has no ending."""
    for run in runs:
        entries = {each.action_id: each.end for each in journal.entries(run.id)}
        whole = run.planned is None or len(entries) >= run.planned
        ended = run.ended is not None and whole and all(entries.values())
        if not ended and not run.problems:
            demand(
                run.state in (RunState.INTERRUPTED, RunState.RUNNING),
                f"run {run.id} has actions that did not end, and is {run.state.value}",
            )


def _model(journal: Journal, runs: Sequence[Run]) -> Mapping[str, Told]:
    """Return what is to be told of the last run, by whom it is about."""
    before: dict[tuple[str, str, str], str] = {}
    told: dict[str, Told] = {}
    rows = WrittenRows()
    for run in runs:
        told, chains = {}, {}
        plan = load_past_run(journal, run).plan
        assert plan is not None
        ends = {each.action_id: each for each in journal.entries(run.id)}
        done = [each for each in plan.actions if _is_done(ends.get(each.id))]
        for action in done:
            rows.wrote(action)
        if run.state.is_whole and not any(_of_list(each) for each in run.start.breaches):
            rows.forget_all_but(plan)
        undone = {each.id for each in done if rows.runs(each)}
        for outcome in plan.outcomes:
            for subject, word, code, until in _said(outcome, ends, undone):
                chain = (subject, word, code)
                chains[chain] = before.get(chain, run.start.as_of)
                told[subject] = Told(word, chains[chain], until)
        # What an interrupted run has not settled is not kept: the next one begins anew.
        before = chains if run.ended is not None else before
    failures = journal.failures(runs[-1].start.connection)
    for subject, each in told.items():
        failure = failures.get(subject)
        if each.ending == "refused" and failure is not None and not each.next_try:
            again = next_try(failure)
            until = again.isoformat() if again is not None else ""
            told[subject] = Told(each.ending, each.since, until)
    return told


def _is_done(entry: JournalEntry | None) -> bool:
    return entry is not None and entry.end is not None and entry.end.ending is Ending.DONE


def _of_list(breach: Breached) -> bool:
    """Return whether a guard distrusts a list: what it lacks has not healed."""
    return breach.guard.startswith(("source_shrink", "target_shrink", "keys_gone", "values_gone"))


def _said(
    outcome: Outcome, ends: Mapping[str, JournalEntry], undone: Set[str]
) -> Iterator[tuple[str, str, str, str]]:
    if not outcome.actions and outcome.kind in STAYING:
        reasons = [each for each in outcome.reasons if each.code != "near_miss"]
        reasons = reasons[:1] if outcome.kind is Kind.REHIRE else reasons
        codes = " ".join(each.code for each in reasons)
        yield outcome.source_id or "", STAYING[outcome.kind], codes, ""
    for action in outcome.actions:
        entry = ends.get(action.id)
        if entry is None or (entry.end is None and not entry.sent):
            yield action.id, "not_begun", "", ""
        elif entry.end is None:
            yield action.id, "unknown", "", ""
        elif entry.end.ending is not Ending.DONE:
            word = WORDS[entry.end.ending]
            code = " ".join(entry.end.guards) if word == "held" else entry.end.code
            yield action.id, word, "" if word == "refused" else code, entry.end.until
        elif action.id in undone:
            yield action.id, "not_sticking", "", ""


def _places(journal: Journal, run: Run, world: World) -> Mapping[str, Mapping[str, Told]]:
    found = load_past_run(journal, run)
    past = Past(run, found.plan, found.entries, discrepancies=found.discrepancies)
    people = record_histories(past)
    shown = past_run.as_json(past, people)["people"]
    assert isinstance(shown, list)
    (standing,) = connection_statuses((), journal, world.wire.now)
    data = status.as_json([standing])["connections"]
    assert isinstance(data, list)
    _texts(past, people, standing.discrepancies or ())
    _reported(page(found), found.discrepancies, run)
    today = world.wire.now.date().isoformat()
    return {
        "runs show": {
            (each.action.id if each.action else each.outcome.source_id or ""): _of(one["story"])
            for each, one in zip(people, shown, strict=True)
            if one["story"] is not None
        },
        "status": {
            story.subject: _of(one, today)
            for story, one in zip(standing.discrepancies or (), data[0]["stories"], strict=True)
        },
        "report": {each.subject: _plain(each) for each in found.discrepancies},
    }


def _texts(past: Past, people: Sequence[RecordHistory], told: Sequence[Discrepancy]) -> None:
    """Demand that the text says since when, where that is not the run itself."""
    text = past_run.text(past, people, Style(width=10_000), chosen=True)
    for each in told:
        if each.since != past.run.start.as_of:
            began = since(each, past.run.start.zone)
            demand(began in text, f"`runs show` does not say {began} of {each.key}")


def _reported(found: Page, stories: Sequence[Discrepancy], run: Run) -> None:
    """Demand that the report says since when beside whom it is about, and when it is tried next."""
    notes: dict[str, set[str]] = {}
    for part in found.parts:
        for section in part.sections:
            for block in section.blocks:
                for row in block.table.rows if block.table is not None else ():
                    if isinstance(row[0], ReportPerson):
                        notes.setdefault(row[0].key, set()).add(row[0].note)
                        notes.setdefault(row[0].name, set()).add(row[0].note)
    for each in stories:
        said = {note for name in (each.key, each.label) for note in notes.get(name, ())}
        if each.since != run.start.as_of:
            wanted = f"since {day(each.since, run.start.zone)}"
            demand(any(wanted in note for note in said), f"the report lacks {wanted!r}: {said}")
        if each.next_try:
            wanted = f"next try {day(each.next_try, run.start.zone)}"
            demand(any(wanted in note for note in said), f"the report lacks {wanted!r}: {said}")


def _compare(name: str, told: Mapping[str, Told], model: Mapping[str, Told]) -> None:
    if name == "status":
        told = {
            subject: each if each.next_try else Told(each.ending, each.since, "")
            for subject, each in told.items()
        }
        model = {
            subject: Told(each.ending, each.since, told[subject].next_try)
            if subject in told and not told[subject].next_try
            else each
            for subject, each in model.items()
        }
    if told != model:
        differ = {
            subject: (told.get(subject), model.get(subject))
            for subject in {*told, *model}
            if told.get(subject) != model.get(subject)
        }
        raise Violation(f"{name} and the model differ: {differ}")


def _of(data: Mapping[str, object], today: str = "") -> Told:
    data = json.loads(json.dumps(data))
    next_day = str(data["next_try"] or "")
    demand(not today or not next_day or next_day > today, "a next try that has come is told of")
    return Told(str(data["ending"]), str(data["since"] or ""), next_day)


def _plain(story: Discrepancy) -> Told:
    return Told(story.ending.value, story.since, story.next_try)


def _subjects(outcome: Outcome) -> Sequence[str]:
    return [action.id for action in outcome.actions] or [outcome.source_id or ""]
