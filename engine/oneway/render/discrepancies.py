"""Describes a person who differs from the source, in the same words everywhere."""

from collections.abc import Mapping, Sequence

from oneway.core.instants import day
from oneway.history.discrepancies import Story, Trouble
from oneway.planning.plan import Action
from oneway.render.layout import clip
from oneway.render.sanitize import harmless

STORY_WORDS: Mapping[Trouble, str] = {
    Trouble.REFUSED: "the target refuses it",
    Trouble.HELD: "held back by a guard",
    Trouble.UNKNOWN: "sent, and no answer came that says whether it happened",
    Trouble.NOT_SENT: "not written",
    Trouble.STALE: "it changed while the run went on",
    Trouble.NOT_ATTEMPTED: "it was not tried",
    Trouble.NOT_BEGUN: "the run was interrupted before it",
    Trouble.ERROR: "does not sync: in error",
    Trouble.CONFLICT: "does not sync: in conflict",
    Trouble.INELIGIBLE: "does not sync: ineligible",
    Trouble.REHIRE: "rehire, left to a person",
    Trouble.NOT_STICKING: "does not stick",
}
"""How each story ended, in words."""

_NEXT = {
    Trouble.REFUSED: "next try with the next run",
    Trouble.HELD: "next try once a person lets it through",
    Trouble.UNKNOWN: "the next run looks it up",
    Trouble.ERROR: "next try once the source is corrected",
    Trouble.CONFLICT: "next try once it is corrected",
    Trouble.INELIGIBLE: "next try once the source has it",
    Trouble.REHIRE: "next try once a person has decided",
    Trouble.NOT_STICKING: "written again with the next run",
}


def as_json(story: Story | None) -> dict[str, object] | None:
    """Return a story as data: {ending, code, reason, since, next_try}, or null.

    `since` is an instant, or null where this would be the first run that ends so; `next_try` a
    day, or null for the next run.
    """
    if story is None:
        return None
    return {
        "ending": story.ending.value,
        "code": story.code,
        "reason": story.reason,
        "since": story.since or None,
        "next_try": story.next_try or None,
    }


def about(story: Story) -> dict[str, object]:
    """Return a story as data, with the person it is about."""
    return {
        "key": story.key,
        "label": story.label,
        "source_id": story.source_id,
        "target_id": story.target_id,
        **(as_json(story) or {}),
    }


def since(story: Story, zone: str) -> str:
    """Return the day on which it began; nothing if no run has ended this way yet."""
    return f"since {harmless(day(story.since, zone))}" if story.since else ""


def then(story: Story) -> str:
    """Return when it is tried again."""
    if story.next_try:
        return f"next try {harmless(story.next_try)}"
    return _NEXT.get(story.ending, "next try with the next run")


def sentence(story: Story, zone: str, *, with_reason: bool = True) -> str:
    """Return a whole story: the ending, since which day in a zone, why, and the next try.

    Callers that show the reason themselves leave it out.
    """
    began = since(story, zone)
    why = clip(harmless(story.reason), 400) if with_reason else ""
    if story.ending is Trouble.HELD and why:  # it says by which guards
        return "".join((why, f" {began}" if began else "", f"; {then(story)}"))
    return "".join(
        (
            STORY_WORDS[story.ending],
            f" {began}" if began else "",
            f": {why}" if why else "",
            f" [{harmless(story.code)}]" if story.code and not _is_worded(story) else "",
            f"; {then(story)}",
        )
    )


def of_actions(
    actions: Sequence[Action], source_id: str | None, told: Mapping[str, Story]
) -> list[dict[str, object]]:
    """Return the stories of one record as data: of each of its actions, or its own."""
    subjects = [action.id for action in actions] or [source_id or ""]
    return [
        {"subject": subject, **(as_json(told[subject]) or {})}
        for subject in subjects
        if subject in told
    ]


def by_subject(found: Sequence[Story]) -> dict[str, Story]:
    """Return stories by subject: an action's id, or a record's without an action."""
    return {each.subject: each for each in found}


def _is_worded(story: Story) -> bool:
    """Return whether the code is Oneway's own, so that the reason alone says more."""
    return story.ending.unsynced or story.ending is Trouble.HELD
