"""The changes of a run that do not stick: of which people, and since when."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused
from oneway.history.discrepancies import Discrepancy
from oneway.history.flapping import RevertedWrite
from oneway.history.journal import Journal, Run
from oneway.history.journal.discrepancies import stored_discrepancies
from oneway.history.journal.flapping import reverted_by
from oneway.planning.plan import Outcome
from oneway.runs.past.find_run import plan_of_run


@dataclass(frozen=True, slots=True)
class FlappingChange:
    """An action of a run that does not stick, and the instant of the first run that says so."""

    key: str
    label: str
    source_id: str | None
    target_id: str | None
    since: str
    undone: RevertedWrite


def flapping_changes(journal: Journal, run: Run) -> tuple[FlappingChange, ...]:
    """Return what a run wrote although earlier runs had written it."""
    found = reverted_by(journal, run.start.connection, run.id)
    if not found:
        return ()
    discrepancies = _discrepancies(journal, run)
    # A run of an older version has no discrepancy of it.
    outcomes = {} if found.keys() <= discrepancies.keys() else _outcomes(journal, run)
    return tuple(
        FlappingChange(
            key=who.key if who is not None else each.source_id or each.target_id or "",
            label=who.label if who is not None else "",
            source_id=each.source_id,
            target_id=each.target_id,
            since=discrepancies[each.action_id].since
            if each.action_id in discrepancies
            else run.start.as_of,
            undone=found[each.action_id],
        )
        for each in journal.entries(run.id)
        if each.action_id in found
        for who in [discrepancies.get(each.action_id) or outcomes.get(each.action_id)]
    )


def _discrepancies(journal: Journal, run: Run) -> Mapping[str, Discrepancy]:
    """Return the discrepancies stored with a run, by action id; none if they are damaged."""
    kept: Iterable[Discrepancy] = ()
    with suppress(Refused):
        kept = stored_discrepancies(journal, run.id) or ()
    return {each.subject: each for each in kept}


def _outcomes(journal: Journal, run: Run) -> Mapping[str, Outcome]:
    """Return the person of each action; empty if the plan is not stored, or is damaged."""
    plan = None
    with suppress(Refused):
        plan = plan_of_run(journal, run)
    outcomes = () if plan is None else plan.notable
    return {action.id: outcome for outcome in outcomes for action in outcome.actions}
