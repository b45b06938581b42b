"""The people of a plan who do not sync, and why: rules, conflicts, errors, rehires."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from oneway.history.discrepancies import DiscrepancyKind, unsynced
from oneway.planning.names import named as named_reason
from oneway.planning.names import names_of
from oneway.planning.plan import Kind, Outcome, Plan, Reason
from oneway.planning.similar.near_misses import other_reasons
from oneway.render.discrepancies import by_subject
from oneway.render.report.page import (
    Cell,
    ReportPerson,
    ReportSection,
    ReportTable,
    ReportText,
    Tone,
)
from oneway.render.report.phrases import person, since, text
from oneway.runs.past.past_run import PastRun


def left_out(past: PastRun, plan: Plan) -> ReportSection | None:
    """Return the people whom a rule leaves out, by the rule."""
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


def conflicts(past: PastRun, plan: Plan) -> ReportSection | None:
    """Return the people whose key or values contradict those of others."""
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


def unreadable(past: PastRun, plan: Plan) -> ReportSection | None:
    """Return the people whose record could not be read."""
    errors = [each for each in plan.notable if each.kind is Kind.ERROR]
    these = [each for each in errors if not has_gone(each)]
    about = "These records could not be read. Correct the record in the source, or the mapping."
    title = _unsynced(past, "could not be read")
    return ReportTable(title, ("Person", "Why"), _why(past, plan, these)).section(
        "errors", Tone.CAUTION, about
    )


def gone(past: PastRun, plan: Plan) -> ReportSection | None:
    """Return the people whose target record is no longer there."""
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


def rehires(past: PastRun, plan: Plan) -> ReportSection | None:
    """Return the people who are back in the source, and are not brought back."""
    these = [each for each in plan.notable if unsynced(each) is DiscrepancyKind.REHIRE]
    about = (
        "No leavers in the source, and leavers in the target. Bring them back by hand, or decide "
        "that they stay away."
    )
    rows = tuple((_who(past, each), _reasons(each.reasons[:1], {})) for each in these)
    return ReportTable("Back at work?", ("Person", "Why"), rows).section(
        "rehires", Tone.CAUTION, about
    )


def _unsynced(past: PastRun, why: str) -> str:
    return f"{'Does' if past.planned else 'Did'} not sync: {why}"


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
