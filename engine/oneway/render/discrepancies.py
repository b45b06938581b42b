"""Describes how a person differs from the source, in the same words everywhere."""

from collections.abc import Mapping, Sequence

from oneway.core.instants import day
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.history.words import DISCREPANCY_WORDS
from oneway.planning.plan import Action
from oneway.render.layout import clip
from oneway.render.sanitize import harmless

_NEXT = {
    DiscrepancyKind.REFUSED: "next try with the next run",
    DiscrepancyKind.HELD: "next try once a person lets it through",
    DiscrepancyKind.UNKNOWN: "the next run looks it up",
    DiscrepancyKind.ERROR: "next try once the source is corrected",
    DiscrepancyKind.CONFLICT: "next try once it is corrected",
    DiscrepancyKind.INELIGIBLE: "next try once the source has it",
    DiscrepancyKind.REHIRE: "next try once a person has decided",
    DiscrepancyKind.NOT_STICKING: "written again with the next run",
}


def as_json(discrepancy: Discrepancy | None) -> dict[str, object] | None:
    """Return a discrepancy as data: {ending, code, reason, since, next_try}, or null.

    `since` is an instant, or null if this would be the first run with this ending; `next_try` is
    a day, or null for the next run.
    """
    if discrepancy is None:
        return None
    return {
        "ending": discrepancy.ending.value,
        "code": discrepancy.code,
        "reason": discrepancy.reason,
        "since": discrepancy.since or None,
        "next_try": discrepancy.next_try or None,
    }


def about(discrepancy: Discrepancy) -> dict[str, object]:
    """Return a discrepancy as data, with the person it is about."""
    return {
        "key": discrepancy.key,
        "label": discrepancy.label,
        "source_id": discrepancy.source_id,
        "target_id": discrepancy.target_id,
        **(as_json(discrepancy) or {}),
    }


def since(discrepancy: Discrepancy, zone: str) -> str:
    """Return the day on which it began, or "" if no run has ended this way yet."""
    return f"since {harmless(day(discrepancy.since, zone))}" if discrepancy.since else ""


def then(discrepancy: Discrepancy) -> str:
    """Return when it is tried again."""
    if discrepancy.next_try:
        return f"next try {harmless(discrepancy.next_try)}"
    return _NEXT.get(discrepancy.ending, "next try with the next run")


def sentence(discrepancy: Discrepancy, zone: str, *, with_reason: bool = True) -> str:
    """Return a discrepancy in a sentence: the ending, since which day, why, and the next try."""
    began = since(discrepancy, zone)
    why = clip(harmless(discrepancy.reason), 400) if with_reason else ""
    if discrepancy.ending is DiscrepancyKind.HELD and why:  # the reason names the guards
        return "".join((why, f" {began}" if began else "", f"; {then(discrepancy)}"))
    return "".join(
        (
            DISCREPANCY_WORDS[discrepancy.ending],
            f" {began}" if began else "",
            f": {why}" if why else "",
            f" [{harmless(discrepancy.code)}]"
            if discrepancy.code and not _is_worded(discrepancy)
            else "",
            f"; {then(discrepancy)}",
        )
    )


def of_actions(
    actions: Sequence[Action], source_id: str | None, known: Mapping[str, Discrepancy]
) -> list[dict[str, object]]:
    """Return the discrepancies of a record's actions, or of the record itself, as data."""
    subjects = [action.id for action in actions] or [source_id or ""]
    return [
        {"subject": subject, **(as_json(known[subject]) or {})}
        for subject in subjects
        if subject in known
    ]


def by_subject(found: Sequence[Discrepancy]) -> dict[str, Discrepancy]:
    """Return discrepancies by subject: an action's id, or a record's without an action."""
    return {each.subject: each for each in found}


def _is_worded(discrepancy: Discrepancy) -> bool:
    """Return whether the code is Oneway's own, so that the reason alone is clearer."""
    return discrepancy.ending.unsynced or discrepancy.ending is DiscrepancyKind.HELD
