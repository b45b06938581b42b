"""Renders one past run: who started it, what was planned, and how each action ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from oneway.core.dataclass import dataclass
from oneway.core.instants import moment
from oneway.core.phrases import count
from oneway.history.allow_command import allowed_together
from oneway.history.discrepancies import DiscrepancyKind
from oneway.history.journal import Run, RunStart, RunState
from oneway.history.journal.discrepancies import DISCREPANCIES
from oneway.history.journal.listed_records import LISTED
from oneway.history.journal.refused_leavers import LEAVING
from oneway.history.journal.said_left import LEFT
from oneway.planning.endings import Ending
from oneway.planning.names import named, names_of
from oneway.planning.plan import Kind, Plan
from oneway.render import (
    diagnostics,
    lookup_misses,
    outcome_names,
    plan_changes,
    plan_content,
    plan_groups,
    remedies,
    results,
    status_lines,
)
from oneway.render.discrepancies import as_json as as_json_of
from oneway.render.discrepancies import sentence, since, then
from oneway.render.history import ends_in_words
from oneway.render.layout import clip, wrap
from oneway.render.plans import as_data
from oneway.render.record_histories import Past, RecordHistory, ending_of
from oneway.render.sanitize import harmless, shown
from oneway.render.style import Ink, Style
from oneway.render.vocabulary import (
    ENDING_MEANING,
    ENDING_WORDS,
    RUN_STATE_INKS,
    RUN_STATES,
    VERB_MARKERS,
)
from oneway.runs.lost_output import LOST
from oneway.runs.past.without_connection import GIVEN, sync_arguments_of_run

_QUIET = frozenset({Kind.UNCHANGED, Kind.IGNORED, Kind.ABSENT})
"""Outcomes without an action, which are counted, and named only on request."""

_STAYED = {
    Kind.ERROR: "does not sync: in error",
    Kind.CONFLICT: "does not sync: in conflict",
    Kind.INELIGIBLE: "does not sync: ineligible",
    Kind.REHIRE: "rehire, left to a person",
    Kind.IGNORED: plan_groups.LEFT_ALONE,
    Kind.ABSENT: "not in the source",
    Kind.UNCHANGED: "unchanged",
}
_NOT_BEGUN = "not begun"
_UNSETTLED = " (the next run settles it, or `oneway resume`)"
_MARGIN = 12


def as_json(past: Past, people: Sequence[RecordHistory]) -> dict[str, object]:
    """Return a run's people as data: {still_in, people: [...], reads: [...] or null, kept: [...]}.

    `lost_output` are descriptions of outputs that were not written completely.

    `still_in` are the leavers who could still get in: [{key, label, source_id, target_id, why,
    may_have_left, candidates}].

    Each of the people has the keys of a plan, and `ending`, `code`, `reason` and `record` (all null
    if the action was not begun), `held_by` (guards), `until` (the day on which a postponed action
    is sent again), and `discrepancy` ({ending, code, reason, since, next_try}, or null if they are
    in sync). A person with two actions appears twice; `doing` is the verb of each.
    """
    plan = past.plan
    return {
        "still_in": [asdict(each) for each in past.run.still_in],
        "people": [_person_as_json(each) for each in people],
        "reads": None
        if plan is None
        else [
            {"name": each.name, "records": each.records, "complete": each.complete}
            for each in plan.reads
        ],
        "settings": None if plan is None else dict(plan.settings),
        **({"connection": None, "inputs": None} if plan is None else as_data.inputs_as_json(plan)),
        "kept": sorted(past.snapshots - {DISCREPANCIES, GIVEN, LEAVING, LEFT, LISTED, LOST}),
        "lost_output": list(past.lost),
        "links": dict(past.run.links),
    }


def text(past: Past, people: Sequence[RecordHistory], style: Style, *, chosen: bool = False) -> str:
    """Return a run for people; `chosen` if the command selected some of its people.

    Otherwise people without an action are counted, not named.
    """
    whose = past.run.start.connection or past.run.start.mapping
    mapping = sync_arguments_of_run(past.run, past.plan, past.given)
    lines = [*results.still_in(past.run.still_in, style), *_head(past, style)]
    if past.run.problems:
        lines += ["", *diagnostics.text(past.run.problems, style).splitlines()]
        for said in remedies.for_problems(past.run.problems, whose, mapping):
            lines += wrap(said, style, 7, 9)
    for group in allowed_together(past.run.start.breaches):
        lines += [""]
        for breach in group:
            lines += _marked(f"! {harmless(breach.text)}", style)
            if past.plan is not None and (
                them := plan_content.may_concern(past.plan, breach.guard)
            ):
                lines += wrap(them, style, 2, 4)
        steps = (remedies.for_code(breach.guard, whose, mapping=mapping) for breach in group)
        for remedy in dict.fromkeys(steps):
            lines += wrap(remedy, style, 2, 4)
        lines += wrap(status_lines.only_if_right(whose, group, mapping), style, 2, 4)
    if past.plan is not None:
        first, *more = plan_content.totals(past.plan)
        lines += [
            "",
            *(line for each in (f"Planned: {first}", *more) for line in wrap(each, style)),
            *(line for each in plan_changes.alike(past.plan) for line in wrap(each, style, 2, 4)),
        ]
    if past.plan is not None and past.plan.misses and not chosen:
        lines += ["", *_marked("! values without a reference:", style)]
        known = lookup_misses.people(past.plan)
        for miss in past.plan.misses:
            lines += wrap(lookup_misses.missed(miss, known), style, 2, 4)
    shown_people = [
        each for each in people if chosen or each.action or each.outcome.kind not in _QUIET
    ]
    names = names_of(past.plan.parts) if past.plan is not None else {}
    lines += _people(shown_people, RunContext(past.run.start, past.plan, names, style))
    if chosen and not people:
        lines += ["", "No person matches."]
    return "\n".join(lines) + "\n"


def _head(past: Past, style: Style) -> Iterator[str]:
    run, start = past.run, past.run.start
    title = f"Run {run.id} of {harmless(start.connection or start.mapping)}: "
    unsettled = run.state is RunState.INTERRUPTED and run.ended is None
    said = RUN_STATES[run.state] + (_UNSETTLED if unsettled else "")
    first, *more = wrap(title + said, style, 0, 2)
    inked = first.startswith(title)
    yield _inked(first, len(title), run.state, style) if inked else first
    yield from more
    yield from _fact("started", f"{_instant(start.started, run)}, {_by(run)}", style)
    if run.ended is not None:
        took = _took(start.started, run.ended)
        yield from _fact("ended", f"{_instant(run.ended, run)}, {took}", style)
    ends = ends_in_words(run)
    if ends:
        yield from _fact("actions", ends, style)
    if forgotten := sum(each.is_forgotten for each in past.entries):
        said = (
            f"{count(forgotten, 'action')}, by `oneway forget`: counted above, and not listed below"
        )
        yield from _fact("forgotten", said, style)
    yield from _fact("as of", _instant(start.as_of, run), style)
    version = f", oneway {harmless(start.version)}" if start.version else ""
    mapping = past.plan.mapping_file if past.plan is not None else start.mapping
    digest = f" ({start.digest[:12]})" if start.digest else ""
    yield from _fact("mapping", f"{harmless(mapping)}{digest}{version}", style)
    if start.fingerprint:
        yield from _fact("plan", harmless(start.fingerprint[:12]), style)
    if past.plan is not None:
        for each in past.plan.reads:
            yield from _fact(each.name, plan_content.read(past.plan, each), style)
        for name, value in sorted(past.plan.settings.items()):
            yield from _fact("setting", f"{harmless(name)} = {shown(value)}", style)
    if run.links:
        yield from _fact("links", _links(run.links), style)
    for allowance in start.allowed:
        said = f"{harmless(allowance.guard)} up to {allowance.ceiling:,}, by {allowance.by}"
        yield from _fact("allowed", harmless(said), style)
    yield from _fact("kept", _kept(past), style)
    if past.lost:
        yield from _fact("lost", f"{' and '.join(past.lost)} {_GONE}", style)


def _inked(line: str, at: int, state: RunState, style: Style) -> str:
    return style.paint(line[:at], Ink.STRONG) + style.paint(line[at:], RUN_STATE_INKS[state])


_GONE = "from some point on: the reader was gone, or the disk full; the run went on"


def _by(run: Run) -> str:
    start = run.start
    where = f" on {start.host}" if start.host else ""
    return harmless(f"{start.why.value}, {start.by}{where}")


def _links(counts: Mapping[str, int]) -> str:
    """Return how many links a run saw: known, new and replaced."""
    parts = ((counts.get(word, 0), word) for word in ("known", "new", "replaced"))
    return ", ".join(f"{number:,} {word}" for number, word in parts if number) or "none"


def _kept(past: Past) -> str:
    if past.plan is None:
        return "no plan"
    if "inputs" in past.snapshots:
        return f"the plan, and what it was derived from: oneway replay {past.run.id}"
    return f"the plan, and not its inputs: {harmless(past.unkept)}" if past.unkept else "the plan"


def _fact(name: str, said: str, style: Style) -> list[str]:
    return wrap(f"{name:<{_MARGIN - 3}} {said}", style, 2, _MARGIN)


@dataclass(frozen=True, slots=True)
class RunContext:
    """The context of lines about a run's people: its start, plan, names, and the style."""

    start: RunStart
    plan: Plan | None
    names: Mapping[str, str]
    style: Style


def _people(people: Sequence[RecordHistory], context: RunContext) -> Iterator[str]:
    """Yield a section for each ending, problems first."""
    style = context.style
    endings = [*(e for e in Ending if e is not Ending.DONE), None, Ending.DONE]
    for ending in endings:
        found = [each for each in people if each.action and ending_of(each) is ending]
        if found:
            yield ""
            yield from _title(ending, len(found), style)
            for each in found:
                yield from _acted(each, context)
    for kind, title in _STAYED.items():
        found = [each for each in people if each.outcome.kind is kind and not each.action]
        if found:
            yield ""
            yield from _stayed(f"{title} ({len(found):,})", found, context)


def _title(ending: Ending | None, number: int, style: Style) -> list[str]:
    if ending is Ending.DONE:
        return [style.paint(f"done ({number:,})", Ink.GOOD)]
    word = _NOT_BEGUN if ending is None else ENDING_WORDS[ending]
    meaning = "" if ending is None else f": {ENDING_MEANING[ending]}"
    return _marked(f"! {word} ({number:,}){meaning}", style)


def _acted(each: RecordHistory, context: RunContext) -> Iterator[str]:
    style = context.style
    outcome, action = each.outcome, each.action
    assert action is not None
    record = each.end.target_id if each.end is not None and each.end.target_id else None
    where = f" (record {clip(harmless(record))})" if record and record != outcome.key else ""
    yield from wrap(
        f"{VERB_MARKERS[action.verb]} {outcome_names.name(outcome)}{where}", style, 2, 4
    )
    for change in action.changes:
        assert context.plan is not None, "its actions are the plan's"
        said = (
            f"{harmless(change.field)}: {plan_changes.changed(change, action.verb, context.plan)}"
        )
        yield from wrap(said, style, 6, 8)
    why = _why(each)
    if why:
        yield from wrap(f"! {why}", style, 6, 8)
    if each.discrepancy is not None and each.discrepancy.ending is DiscrepancyKind.NOT_STICKING:
        yield from wrap(f"! {sentence(each.discrepancy, context.start.zone)}", style, 6, 8)
    elif so := _since(each, context.start):
        yield from wrap(so, style, 8)
    for reason in outcome.reasons:
        yield from wrap(clip(harmless(named(reason, context.names)), 400), style, 6, 8)


def _why(each: RecordHistory) -> str:
    if each.end is None or not (each.end.reason or each.end.code):
        return ""
    code = f" [{harmless(each.end.code)}]" if each.end.code else ""
    return f"{clip(harmless(each.end.reason), 400)}{code}"


def _since(each: RecordHistory, start: RunStart) -> str:
    """Return when a discrepancy began, unless with this run, and the day of the next try."""
    if each.discrepancy is None:
        return ""
    new = each.discrepancy.since in ("", start.as_of)
    said = [] if new else [since(each.discrepancy, start.zone)]
    said += [then(each.discrepancy)] if each.discrepancy.next_try else []
    return "; ".join(said)


def _stayed(title: str, found: Sequence[RecordHistory], context: RunContext) -> Iterator[str]:
    style = context.style
    yield style.paint(title, Ink.STRONG)
    by_reason: dict[str, list[RecordHistory]] = {}
    for each in found:
        reasons = "; ".join(
            outcome_names.sentence(reason, context.names) for reason in each.outcome.reasons
        )
        by_reason.setdefault(reasons, []).append(each)
    for reason, people in by_reason.items():
        indent = 2
        if reason:
            yield from wrap(f"{reason} ({count(len(people))})", style, 2, 4)
            indent = 6
        for each in people:
            values = "; ".join(reason.value for reason in each.outcome.reasons if reason.value)
            listed = f" ({clip(harmless(values), 120)})" if values else ""
            so = _since(each, context.start)
            said = outcome_names.who(each.outcome) + listed + (f", {so}" if so else "")
            yield from wrap(said, style, indent, indent + 2)


def _marked(said: str, style: Style) -> list[str]:
    return [style.paint(line, Ink.CAUTION) for line in wrap(said, style, 0, 2)]


def _person_as_json(each: RecordHistory) -> dict[str, object]:
    end = each.end
    return {
        **as_data.outcome(each.outcome),
        "ending": None if end is None else end.ending.value,
        "code": None if end is None else end.code,
        "reason": None if end is None else end.reason,
        "record": None if end is None else end.target_id,
        "held_by": [] if end is None else list(end.guards),
        "until": None if end is None or not end.until else end.until,
        "doing": None if each.action is None else each.action.verb.value,
        "story": as_json_of(each.discrepancy),
    }


def _instant(text: str, run: Run) -> str:
    return harmless(moment(text, run.start.zone, seconds=True))


def _took(started: str, ended: str) -> str:
    try:
        gone = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
    except ValueError:  # not timestamps that Oneway wrote
        return "after an unknown time"
    seconds = int(gone.total_seconds())
    if seconds < 0:
        return "the clock was set back meanwhile"
    minutes, rest = divmod(seconds, 60)
    return f"after {minutes} min {rest} s" if minutes else f"after {rest} s"
