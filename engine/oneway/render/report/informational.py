"""The section for information: what waits, what differs, who is on one side only."""

from collections.abc import Iterable, Sequence

from oneway.planning.endings import Ending
from oneway.planning.later_key import LATER_KEY
from oneway.planning.plan import Kind, Outcome, Reason
from oneway.render.plan_groups import LEFT_ALONE
from oneway.render.report.actions import ReportAction
from oneway.render.report.attention import meant
from oneway.render.report.page import (
    Cell,
    ReportSection,
    ReportTable,
    ReportText,
    Tone,
)
from oneway.render.report.phrases import person, text
from oneway.runs.past.past_run import PastRun

_WHY_NOT = {
    Ending.STALE: "It changed while the run went on.",
    Ending.NOT_SENT: "It did not happen.",
    Ending.NOT_ATTEMPTED: "It was not tried.",
}
_STAYING = frozenset({Kind.INELIGIBLE, Kind.CONFLICT, Kind.ERROR, Kind.IGNORED, Kind.ABSENT})


def informational(past: PastRun, found: Sequence[ReportAction]) -> tuple[ReportSection, ...]:
    """Return the informational sections."""
    outcomes = past.plan.notable if past.plan is not None else ()
    sections = (
        _not_begun(past, found),
        _waiting(found),
        _differing(outcomes),
        _of_kind(outcomes, Kind.ABSENT, "absent", "Not in the source", _ABSENT),
        _of_kind(outcomes, Kind.IGNORED, "ignored", LEFT_ALONE.capitalize(), _IGNORED),
    )
    return tuple(each for each in sections if each is not None)


def _not_begun(past: PastRun, found: Iterable[ReportAction]) -> ReportSection | None:
    begun = {each.action_id for each in past.entries}
    rows = tuple(meant(each) for each in found if each.end is None and each.id not in begun)
    about = "The run was interrupted before these, or has not come to them yet. The next run does."
    return ReportTable("Not begun", _MEANT[:2], rows).section("not_begun", Tone.CALM, about)


def _waiting(found: Iterable[ReportAction]) -> ReportSection | None:
    rows = tuple(
        (*meant(each), ReportText((_WHY_NOT[each.ending], *_said(each)), text(each.code)))
        for each in found
        if each.ending is not None and each.ending in _WHY_NOT
    )
    about = (
        "Nothing was written for these. The next run tries again, and takes along those whose "
        "reason is gone by then."
    )
    return ReportTable("Not written this time", _MEANT, rows).section("waiting", Tone.CALM, about)


def _differing(outcomes: Iterable[Outcome]) -> ReportSection | None:
    """Return the remarks on people who sync."""
    rows: list[tuple[Cell, ...]] = []
    for each in outcomes:
        if each.kind not in _STAYING and (noted := _noted(each)):
            rows.append((person(each), ReportText(tuple(text(reason.said) for reason in noted))))
    about = "Noticed, and left alone, as the mapping says."
    return ReportTable("Noticed", ("Person", "What"), tuple(rows)).section(
        "noticed", Tone.CALM, about
    )


def _noted(outcome: Outcome) -> Sequence[Reason]:
    # The first reason of a rehire only says that it is one.
    found = outcome.reasons[1:] if outcome.kind is Kind.REHIRE else outcome.reasons
    return [each for each in found if each.code != LATER_KEY]  # has its own section


def _of_kind(
    outcomes: Iterable[Outcome], kind: Kind, id: str, title: str, about: str
) -> ReportSection | None:
    rows = tuple(
        (person(each), ReportText(tuple(text(reason.said) for reason in each.reasons)))
        for each in outcomes
        if each.kind is kind and not each.actions
    )
    return ReportTable(title, ("Person", "Why"), rows).section(id, Tone.CALM, about)


def _said(action: ReportAction) -> tuple[str, ...]:
    return (text(action.reason),) if action.reason else ()


_MEANT = ("Person", "Planned change", "Why not")
_ABSENT = (
    "Target records without a source record, such as administrators and other accounts that "
    "belong to no person. They are left alone."
)
_IGNORED = (
    "People whom the mapping leaves alone altogether, or does not create; leavers who have no "
    "record in the target; and records of people for whom another record counts."
)
