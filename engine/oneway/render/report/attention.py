"""The section on what needs attention: errors, guards, refusals, unknown codes."""

from collections.abc import Iterable, Sequence

from oneway.core.phrases import count
from oneway.mapping.lookup_table import OTHER_FORM
from oneway.mapping.spec import GuardKind
from oneway.planning.access import StillIn, still_in
from oneway.planning.endings import Ending
from oneway.planning.later_key import LATER_KEY
from oneway.planning.plan import Miss, Plan
from oneway.planning.plan_inputs import Read
from oneway.planning.similar.near_misses import NEAR_MISS
from oneway.render import remedies
from oneway.render.access_list import still_in_title
from oneway.render.lookup_misses import instead, people, whose
from oneway.render.plan_changes import remark
from oneway.render.report.actions import ReportAction
from oneway.render.report.flapping import flapping
from oneway.render.report.guards import held
from oneway.render.report.page import (
    Cell,
    Data,
    ReportSection,
    ReportTable,
    ReportText,
    Tone,
)
from oneway.render.report.phrases import fields, named, person, text
from oneway.render.report.problems import interrupted, run_problems, stopped_since, unnotified
from oneway.render.report.unsynced import conflicts, gone, left_out, rehires, unreadable
from oneway.render.vocabulary import VERBS_TO_DO
from oneway.runs.past.past_run import PastRun
from oneway.runs.past.without_connection import sync_arguments_of_run


def attention(past: PastRun, found: Sequence[ReportAction]) -> tuple[ReportSection, ...]:
    """Return the sections that need attention, most urgent first."""
    plan = past.plan
    sections = [
        stopped_since(past),
        _still_in(past),
        run_problems(past),
        unnotified(past),
        interrupted(past),
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
            left_out(past, plan),
            conflicts(past, plan),
            unreadable(past, plan),
            gone(past, plan),
            _misses(plan),
            rehires(past, plan),
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
    rows = tuple((*meant(each), _reason(each)) for each in these)
    about = (
        "The target refused the same values before, so they were not sent: they wait for the day "
        "that is named, and will be refused again unless somebody acts."
    )
    about = " ".join((about, *_steps(past, these)))
    columns = ("Person", "Planned change", "Why not")
    title = "Refused before, and not sent again yet"
    return ReportTable(title, columns, rows).section("postponed", Tone.CAUTION, about)


def _unknown(found: Iterable[ReportAction]) -> ReportSection | None:
    these = [each for each in found if each.in_doubt]
    rows = tuple((*meant(each), _reason(each)) for each in these)
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


def _reason(action: ReportAction) -> ReportText:
    said = (text(action.reason),) if action.reason else ()
    return ReportText(said, text(action.code))


def _steps(past: PastRun, found: Sequence[ReportAction]) -> list[str]:
    """Return a paragraph for each code of these actions: who does what. Leaves come first."""
    connection = past.run.start.connection
    mapping = sync_arguments_of_run(past.run, past.plan, past.given)
    system = text(past.target) or "the target"
    kinds = dict.fromkeys((each.code, each.verb.takes_access) for each in found)
    said = [
        remedies.for_code(code, connection, system, mapping, leaving=leaving)
        for code, leaving in sorted(kinds, key=lambda kind: not kind[1])
    ]
    return list(dict.fromkeys(said))
