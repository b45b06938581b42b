"""The section on what needs attention: errors, guards, refusals, unknown codes."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from oneway.core.diagnostics import Diagnostic
from oneway.core.phrases import count
from oneway.history.discrepancies import DiscrepancyKind, unsynced
from oneway.history.journal.rows import RunState
from oneway.mapping.lookup_table import OTHER_FORM
from oneway.mapping.spec import GuardKind
from oneway.notices.remedies import remedy_of
from oneway.notices.remedies_of_codes import DIED
from oneway.planning.access import StillIn, still_in
from oneway.planning.endings import Ending
from oneway.planning.later_key import LATER_KEY
from oneway.planning.names import named as named_reason
from oneway.planning.names import names_of
from oneway.planning.plan import Kind, Miss, Outcome, Plan, Reason
from oneway.planning.plan_inputs import Read
from oneway.planning.similar.near_misses import NEAR_MISS, other_reasons
from oneway.render import remedies
from oneway.render.access_list import still_in_title
from oneway.render.discrepancies import by_subject
from oneway.render.lookup_misses import instead, people, whose
from oneway.render.plan_changes import remark
from oneway.render.report.actions import ReportAction
from oneway.render.report.flapping import flapping
from oneway.render.report.guards import held
from oneway.render.report.page import (
    Cell,
    Data,
    ReportPerson,
    ReportSection,
    ReportTable,
    ReportText,
    Tone,
)
from oneway.render.report.phrases import fields, moment, named, person, since, text
from oneway.render.vocabulary import VERBS_TO_DO
from oneway.runs.past.past_run import PastRun
from oneway.runs.past.without_connection import sync_arguments_of_run

_CONFLICTS = {
    "duplicate": "Two people: correct the one that is wrong in the source. One person with a "
    "record for each job: say by source.one_per which counts.",
    "near_duplicate": "One person: correct the row that is wrong. Two: --allow reused:KEY, once.",
    "came_back": "One person: declare source.one_per, or give the record the new key by hand. Two: "
    "--allow reused:KEY, once.",
    "one_per": "One is wrong: correct its status or date in the source. Both are right, as with "
    "two jobs: let `current` of source.one_per name the main one.",
    "ambiguous": "Correct the record in the target that is not this person's.",
    "claimed": "See which of them the target record belongs to, and correct the other one.",
    "taken": "Often the same person under another reference: correct it where it is wrong.",
    "claimed_twice": "Two people would get one value: correct it for one of them in the source.",
    "circle": "They would swap values: free one of them by hand in the target.",
}
"""The advice on a conflict, by the code of its reason."""


def attention(past: PastRun, found: Sequence[ReportAction]) -> tuple[ReportSection, ...]:
    """Return the sections that need attention, most urgent first."""
    plan = past.plan
    sections = [
        _standing(past),
        _still_in(past),
        _problems(past),
        _unnotified(past),
        _interrupted(past),
        held(past, found),
        _refused(past, found),
        _postponed(past, found),
        _unknown(found),
    ]
    if plan is not None:
        sections += [
            _open(plan),
            _noticed(plan),
            _later_keys(plan),
            _near_misses(plan),
            _left_out(past, plan),
            _conflicts(past, plan),
            _errors(past, plan),
            _gone(past, plan),
            _misses(plan),
            _rehires(past, plan),
            flapping(past),
            _lists("Not read whole", _NOT_WHOLE, (e for e in plan.reads if not e.complete)),
            _lists("Gaps in lists", _GAPS, (e for e in plan.reads if e.complete and e.problems)),
        ]
    return tuple(each for each in sections if each is not None)


def meant(action: ReportAction) -> tuple[Cell, Cell]:
    """Return the person of an action, and what was planned."""
    if not action.changes:
        return action.person, ReportText((VERBS_TO_DO[action.verb],))
    return action.person, fields(action.changes, action.verb, action.plan, done=False)


def _problems(past: PastRun) -> ReportSection | None:
    about = "Nothing was written after this. What is left waits for a run that finishes."
    table = _mistakes(past, "Why the run was stopped", past.run.problems)
    return table.section("problems", Tone.TROUBLE, about)


def _unnotified(past: PastRun) -> ReportSection | None:
    about = "The connection runs. Channels with a mistake are sent nothing until it is corrected."
    table = _mistakes(past, "Who may not be notified", past.unnotified)
    return table.section("unnotified", Tone.CAUTION, about)


def _mistakes(past: PastRun, caption: str, found: Sequence[Diagnostic]) -> ReportTable:
    connection = past.run.start.connection
    mapping = sync_arguments_of_run(past.run, past.plan, past.given)
    rows = tuple(
        (
            ReportText((text(each.summary),), text(each.code)),
            ReportText(_remedy(each, connection, mapping)),
            _place(each),
        )
        for each in found
    )
    return ReportTable(caption, ("What is wrong", "What to do", "Where"), rows)


def _interrupted(past: PastRun) -> ReportSection | None:
    """Return the advice on a run that died, until another run has looked up its writes."""
    if past.run.state is not RunState.INTERRUPTED or past.run.ended is not None:
        return None
    about = "What it had written stays. Nothing was written after this."
    rows = (_row(past, DIED),)
    title = "The run was interrupted"
    return ReportTable(title, ("What is wrong", _TO_DO), rows).section(
        "interrupted", Tone.TROUBLE, about
    )


def _standing(past: PastRun) -> ReportSection | None:
    """Return what has stopped the connection since this run, with the steps and the files."""
    found = past.stoppage
    if found is None:
        return None
    since = f", since {moment(found.since, past.run.start.zone)}" if found.since else ""
    about = (
        "This page shows an earlier run. The problem below keeps the connection from "
        f"running{since}."
    )
    rows = tuple(
        (*_row(past, each), ReportText(tuple(map(text, found.files.get(each, ())))))
        for each in found.about
    )
    title = "What has stopped the connection"
    columns = ("What is wrong", _TO_DO, "Where")
    return ReportTable(title, columns, rows).section("standing", Tone.TROUBLE, about)


def _row(past: PastRun, name: str) -> tuple[Cell, Cell]:
    """Return the cells for a code or guard: what it means, and who does what about it."""
    connection, mapping = (
        past.run.start.connection,
        sync_arguments_of_run(past.run, past.plan, past.given),
    )
    known = remedy_of(name)
    what = ReportText((text(known.title), text(known.looks)), "" if name == DIED else text(name))
    steps = remedies.for_code(name, connection, _system(past, name), mapping)
    return what, ReportText((text(steps),))


def _system(past: PastRun, name: str) -> str:
    """Return the system that a code or guard is about, in words, or "" if unknown."""
    if name.startswith("R") and name not in _OF_TARGET:
        source = past.plan.inputs.get("source") if past.plan is not None else None
        return f"the source ({source.text})" if source is not None and name in _OF_SOURCE else ""
    return f"the target ({past.target})" if past.target else ""


_OF_SOURCE, _OF_TARGET = frozenset({"R160", "R161"}), frozenset({"R162"})
_TO_DO = "What to do"


def _remedy(problem: Diagnostic, connection: str, mapping: str) -> tuple[str, ...]:
    who = remedy_of(problem.code, problem.span.file).by
    return (f"For {who}:", *map(text, remedies.steps_for(problem, connection, mapping)))


def _refused(past: PastRun, found: Iterable[ReportAction]) -> ReportSection | None:
    these = [each for each in found if each.ending is Ending.REJECTED]
    rows = tuple(
        (*meant(each), ReportText((text(each.reason),), text(each.code))) for each in these
    )
    about = " ".join(("The target did not take these.", *_steps(past, these)))
    columns = ("Person", "What was sent", "What the target said")
    return ReportTable("Refused by the target", columns, rows).section(
        "refused", Tone.TROUBLE, about
    )


def _postponed(past: PastRun, found: Iterable[ReportAction]) -> ReportSection | None:
    these = [each for each in found if each.ending is Ending.POSTPONED]
    rows = tuple((*meant(each), ReportText(_some(each.reason), text(each.code))) for each in these)
    about = (
        "The target refused the same values before, so they were not sent: they wait for the day "
        "that is named, and will be refused again unless somebody acts."
    )
    about = " ".join((about, *_steps(past, these)))
    columns = ("Person", "Planned change", "Why not")
    title = "Refused before, and not sent again yet"
    return ReportTable(title, columns, rows).section("postponed", Tone.CAUTION, about)


def _steps(past: PastRun, found: Sequence[ReportAction]) -> list[str]:
    """Return a paragraph for each code of these actions: who does what. Leaves come first."""
    connection, mapping = (
        past.run.start.connection,
        sync_arguments_of_run(past.run, past.plan, past.given),
    )
    system = text(past.target) or "the target"
    kinds = dict.fromkeys((each.code, each.verb.takes_access) for each in found)
    said = [
        remedies.for_code(code, connection, system, mapping, leaving=leaving)
        for code, leaving in sorted(kinds, key=lambda kind: not kind[1])
    ]
    return list(dict.fromkeys(said))


def _unknown(found: Iterable[ReportAction]) -> ReportSection | None:
    these = [each for each in found if each.in_doubt]
    rows = tuple((*meant(each), ReportText(_some(each.reason), text(each.code))) for each in these)
    about = (
        "Sent, and no answer came that says whether it happened. The next run looks it up before "
        "it writes anything"
    )
    if any(each.verb.takes_access for each in these):
        about += (
            ". Until then, people who have left may still get in: see the list of those who can."
        )
    else:
        about += ": do nothing, unless it stays like this."
    columns = ("Person", "What was sent", "What is known")
    return ReportTable("Not known whether it happened", columns, rows).section(
        "unknown", Tone.CAUTION, about
    )


def _still_in(past: PastRun) -> ReportSection | None:
    found = left_with_access(past)
    rows = tuple(
        (
            named(each.label, each.key, each.source_id, each.target_id),
            ReportText((text(each.why),)),
        )
        for each in found
    )
    these = sum(not each.may_have_left for each in found)
    unsure = len(found) - these
    held = any(each.guard == GuardKind.LEAVERS.value for each in past.run.start.breaches)
    if these:
        have = f"that {'this one has' if these == 1 else f'these {these:,} have'} left"
        have += f", and leaves it open of {unsure:,} more" if unsure else ""
    else:
        have = f"not whether {'this one has' if unsure == 1 else f'these {unsure:,} have'} left"
    about = f"The source says {have}, and the target may let them in all the same. "
    if not these:
        about += "Find out first whether they have left; if they have, block them by hand. Then"
    elif held:
        about += "Confirm it first; if it is true, block them by hand, now, and then"
    elif unsure:
        about += "Block those who have by hand, now, and find out about the others. Then"
    else:
        about += "Block them by hand, now, and then"
    about += " see to the reason."
    return ReportTable(still_in_title(found), ("Person", "Why"), rows).section(
        "access", Tone.TROUBLE, about
    )


def left_with_access(past: PastRun) -> tuple[StillIn, ...]:
    """Return the leavers who can still get in, as of the run's progress so far."""
    if past.run.ended is not None or past.plan is None:
        return past.run.still_in
    ends = {each.action_id: each.end for each in past.entries if each.end is not None}
    return still_in(past.plan, ends, undone=past.undone.keys())


def _noticed(plan: Plan) -> ReportSection | None:
    these = [each for each in plan.noticed if each.warning]
    rows = tuple((ReportText((text(remark(each)),)),) for each in these)
    about = "A new department may have a new code. If not, correct the table of the mapping."
    title = "Codes that the target has not had"
    return ReportTable(title, ("What would be written",), rows).section(
        "new-codes", Tone.CAUTION, about
    )


def _open(plan: Plan) -> ReportSection | None:
    rows = tuple((ReportText((text(remark(each)),)),) for each in plan.remarks)
    about = (
        "Only you can answer these questions about the mapping. For the integrator: answer them in "
        "the mapping, or delete them there."
    )
    title = "What the mapping leaves open"
    return ReportTable(title, ("What is open",), rows).section("open", Tone.TROUBLE, about)


def _later_keys(plan: Plan) -> ReportSection | None:
    about = (
        "The first key is another on each side, and a later one, such as the email, brought the "
        "two together. If they are two people, correct it before anything is written to the record."
    )
    return _two_records(plan, LATER_KEY, "later", "Matched only by a later key", about)


def _near_misses(plan: Plan) -> ReportSection | None:
    about = (
        "No key matches these people, but a record of the target is like them: its key differs in "
        "form alone (zeros, spaces, case), or it has their email or name. If they are one person, "
        "correct the key on one side."
    )
    return _two_records(plan, NEAR_MISS, "near", "Perhaps one person", about)


def _two_records(plan: Plan, code: str, id: str, title: str, about: str) -> ReportSection | None:
    """Return the lines about each person and a target record, for one code of reasons."""
    rows = tuple(
        (person(each), ReportText((text(reason.said),)))
        for each in plan.notable
        for reason in each.reasons
        if reason.code == code
    )
    return ReportTable(title, ("Person", "The two records"), rows).section(id, Tone.CAUTION, about)


def _unsynced(past: PastRun, why: str) -> str:
    return f"{'Does' if past.planned else 'Did'} not sync: {why}"


def _left_out(past: PastRun, plan: Plan) -> ReportSection | None:
    these = [each for each in plan.notable if each.kind is Kind.INELIGIBLE]
    these.sort(key=lambda each: [reason.text for reason in other_reasons(each.reasons)])
    counts = Counter(text(reason.text) for each in these for reason in other_reasons(each.reasons))
    said = "; ".join(f"{words}: {number:,}" for words, number in counts.most_common(8))
    about = (
        "If a value is missing or wrong, correct it in the source; the next run takes them along. "
        f"Whom a rule leaves out on purpose, it leaves out: there is nothing to do. {said}."
    )
    columns = ("Person", "Which rule does not hold")
    title = _unsynced(past, "left out by a rule")
    return ReportTable(title, columns, _why(past, plan, these)).section(
        "missing", Tone.CAUTION, about
    )


def _conflicts(past: PastRun, plan: Plan) -> ReportSection | None:
    these = [each for each in plan.notable if each.kind is Kind.CONFLICT]
    names = names_of(plan.parts)
    rows = tuple(
        (_who(past, each), _reasons(each.reasons, names), ReportText(_advice(each)))
        for each in these
    )
    about = (
        "It is uncertain who is meant, or a value belongs to another person. Nothing is guessed."
    )
    columns = ("Person", "Why", "What to do")
    title = _unsynced(past, "conflicts")
    return ReportTable(title, columns, rows).section("conflicts", Tone.CAUTION, about)


def _errors(past: PastRun, plan: Plan) -> ReportSection | None:
    errors = [each for each in plan.notable if each.kind is Kind.ERROR]
    these = [each for each in errors if not has_gone(each)]
    about = "These records could not be read. Correct the record in the source, or the mapping."
    title = _unsynced(past, "could not be read")
    return ReportTable(title, ("Person", "Why"), _why(past, plan, these)).section(
        "errors", Tone.CAUTION, about
    )


def _gone(past: PastRun, plan: Plan) -> ReportSection | None:
    these = [each for each in plan.notable if each.kind is Kind.ERROR and has_gone(each)]
    about = (
        "Earlier runs saw their record in the target, and it is not there now. For the target's "
        "administrator: check whether it was deleted, or whether the API key of the connection no "
        "longer sees it, and bring it back. Do not change the source. The integrator can let them "
        "be created again: `gone: create` in the mapping."
    )
    title = _unsynced(past, "gone from the target")
    return ReportTable(title, ("Person", "Why"), _why(past, plan, these)).section(
        "gone", Tone.CAUTION, about
    )


def has_gone(outcome: Outcome) -> bool:
    """Return whether the target no longer has the record that earlier runs saw."""
    return any(each.code == "gone" for each in outcome.reasons)


def _misses(plan: Plan) -> ReportSection | None:
    known = people(plan)
    rows = tuple(
        (
            Data(text(each.value)),
            ReportText((text(each.reference),)),
            ReportText((_found(each), f"for {whose(each, known)}")),
            ReportText((_mend(each),)),
        )
        for each in plan.misses
    )
    about = (
        "Codes of the source that the target has no reference for, such as those of departments. "
        "The people are synced, except for the field that needs the code."
    )
    columns = ("Code", "Looked up in", "Found", "What to do")
    title = "Codes without a reference"
    return ReportTable(title, columns, rows).section("codes", Tone.CAUTION, about)


def _rehires(past: PastRun, plan: Plan) -> ReportSection | None:
    these = [each for each in plan.notable if unsynced(each) is DiscrepancyKind.REHIRE]
    about = (
        "No leavers in the source, and leavers in the target. Bring them back by hand, or decide "
        "that they stay away."
    )
    rows = tuple((_who(past, each), _reasons(each.reasons[:1], {})) for each in these)
    return ReportTable("Back at work?", ("Person", "Why"), rows).section(
        "rehires", Tone.CAUTION, about
    )


_NOT_WHOLE = "These lists may lack records. Nobody is created, or counts as gone, because of that."
_GAPS = "These lists were read whole. Some of their records cannot be used, for the reason given."


def _lists(title: str, about: str, reads: Iterable[Read]) -> ReportSection | None:
    rows = tuple(
        (
            ReportText((text(each.name),)),
            ReportText((count(each.records), *map(text, each.problems))),
        )
        for each in reads
    )
    columns = ("List", "What is known")
    anchor = title.lower().replace(" ", "-")
    return ReportTable(title, columns, rows).section(anchor, Tone.CAUTION, about)


def _why(past: PastRun, plan: Plan, outcomes: Collection[Outcome]) -> tuple[tuple[Cell, ...], ...]:
    names = names_of(plan.parts) if outcomes else {}
    return tuple(
        (_who(past, each), _reasons(other_reasons(each.reasons), names)) for each in outcomes
    )


def _who(past: PastRun, outcome: Outcome) -> ReportPerson:
    found = by_subject(past.discrepancies).get(outcome.source_id or "")
    return person(outcome, since(found, past.run.start))


def _reasons(found: Iterable[Reason], names: Mapping[str, str]) -> ReportText:
    said = tuple(text(named_reason(each, names)) for each in found)
    return ReportText(said or ("no reason is known",))


def _advice(outcome: Outcome) -> tuple[str, ...]:
    codes = dict.fromkeys(each.code for each in outcome.reasons)
    return tuple(_CONFLICTS[code] for code in codes if code in _CONFLICTS)


def _found(miss: Miss) -> str:
    found = miss.why or ("not at all" if miss.found == 0 else f"{miss.found:,} times")
    return f"{found}{text(instead(miss))}"


def _mend(miss: Miss) -> str:
    if miss.found:
        return "Let only one row have this code."
    if miss.why == OTHER_FORM:
        return "Write the code as the row has it, or the other way round."
    if miss.why:
        return "Correct the row: it needs a value, and a key that no other row has."
    return "Give the row that is meant this reference, or correct the code in the source."


def _place(found: Diagnostic) -> ReportText:
    return ReportText((text(str(found.span)),))


def _some(said: str) -> tuple[str, ...]:
    return (text(said),) if said else ()
