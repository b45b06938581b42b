"""The changes of a run that do not stick: of which people, and since when."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused
from oneway.history.discrepancies import Story
from oneway.history.flapping import Undone
from oneway.history.journal import Journal, Run
from oneway.history.journal.discrepancies import kept_stories
from oneway.history.journal.flapping import undone_by
from oneway.planning.plan import Outcome
from oneway.runs.past.find_run import plan_of_run


@dataclass(frozen=True, slots=True)
class NotSticking:
    """An action of a run that does not stick, and the instant of the first run that says so."""

    key: str
    label: str
    source_id: str | None
    target_id: str | None
    since: str
    undone: Undone


def not_sticking(journal: Journal, run: Run) -> tuple[NotSticking, ...]:
    """Return what a run wrote although earlier runs had written it."""
    found = undone_by(journal, run.start.connection, run.id)
    if not found:
        return ()
    stories = _stories(journal, run)
    # A run of an older version has no story of it.
    outcomes = {} if found.keys() <= stories.keys() else _outcomes(journal, run)
    return tuple(
        NotSticking(
            key=who.key if who is not None else each.source_id or each.target_id or "",
            label=who.label if who is not None else "",
            source_id=each.source_id,
            target_id=each.target_id,
            since=stories[each.action_id].since if each.action_id in stories else run.start.as_of,
            undone=found[each.action_id],
        )
        for each in journal.entries(run.id)
        if each.action_id in found
        for who in [stories.get(each.action_id) or outcomes.get(each.action_id)]
    )


def _stories(journal: Journal, run: Run) -> Mapping[str, Story]:
    """Return the stories stored with a run, by action id; none if they are damaged."""
    kept: Iterable[Story] = ()
    with suppress(Refused):
        kept = kept_stories(journal, run.id) or ()
    return {each.subject: each for each in kept}


def _outcomes(journal: Journal, run: Run) -> Mapping[str, Outcome]:
    """Return the person of each action; empty if the plan is not stored, or is damaged."""
    plan = None
    with suppress(Refused):
        plan = plan_of_run(journal, run)
    told = () if plan is None else plan.telling
    return {action.id: outcome for outcome in told for action in outcome.actions}
