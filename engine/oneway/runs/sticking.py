"""Changes of a run that do not stick: the runs before wrote them too, and the target undid them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from oneway.core.diagnostics import Refused
from oneway.history.digests import RECORD
from oneway.history.flapping import needed
from oneway.history.journal import Journal, JournalEntry, Run
from oneway.planning.plan import Ending, Outcome, Verb
from oneway.runs.lookup import plan_of_run


@dataclass(frozen=True, slots=True)
class NotSticking:
    """An action of a run, and which of its fields do not stick; none for a record created again.

    `runs` is how many runs in a row wrote it, the run itself among them.
    """

    key: str
    label: str
    source_id: str | None
    target_id: str | None
    verb: Verb
    fields: tuple[str, ...]
    runs: int


def not_sticking(journal: Journal, run: Run) -> tuple[NotSticking, ...]:
    """Return what the last run of a connection wrote though earlier ones had written it."""
    times: dict[str, dict[str, int]] = {}
    for (action, field), found in journal.written(run.start.connection).items():
        if found.times > 1:
            times.setdefault(action, {})[field] = found.times
    if not times:
        return ()
    entries = [each for each in journal.entries(run.id) if each.action_id in times]
    return tuple(_found(entries, times, _outcomes(journal, run)))


def _found(
    entries: list[JournalEntry],
    times: Mapping[str, Mapping[str, int]],
    outcomes: Mapping[str, Outcome],
) -> Iterator[NotSticking]:
    for each in entries:
        again = {f: n for f, n in times[each.action_id].items() if n > needed(each.verb)}
        # What another run wrote is no news of this one.
        if not again or each.end is None or each.end.ending is not Ending.DONE:
            continue
        outcome = outcomes.get(each.action_id)
        key = each.source_id or each.target_id or ""
        yield NotSticking(
            key=key if outcome is None else outcome.key,
            label="" if outcome is None else outcome.label,
            source_id=each.source_id,
            target_id=each.target_id,
            verb=each.verb,
            fields=tuple(sorted(again.keys() - {RECORD})),
            runs=max(again.values()),
        )


def _outcomes(journal: Journal, run: Run) -> Mapping[str, Outcome]:
    """Return who is meant by each action; nobody where the plan is not kept, or is damaged."""
    plan = None
    with suppress(Refused):
        plan = plan_of_run(journal, run)
    told = () if plan is None else plan.telling
    return {action.id: outcome for outcome in told for action in outcome.actions}
