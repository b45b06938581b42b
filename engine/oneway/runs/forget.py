"""Erases one person from the store: links, entries, saved plans and snapshots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oneway.core.diagnostics import Refused, refusal
from oneway.history.journal import Journal, Run
from oneway.history.journal.erase import erase_entries, erase_snapshots, replace_plan
from oneway.history.journal.links import links, unlink
from oneway.history.journal.stories import keep_stories, kept_stories
from oneway.planning.plan import Outcome, Plan, Reason
from oneway.planning.plan_file import dump
from oneway.runs.lookup import plan_of_run

_ALL = 1_000_000
"""Runs of a connection: all that there are."""

HIDDEN = "(names a person who was forgotten)"


@dataclass(frozen=True, slots=True)
class Known:
    """The ids by which one connection knows a person."""

    connection: str
    source_ids: frozenset[str]
    target_ids: frozenset[str]

    def is_of(self, outcome: Outcome) -> bool:
        """Return whether an outcome is this person's."""
        return outcome.source_id in self.source_ids or (
            outcome.source_id is None and outcome.target_id in self.target_ids
        )

    def is_named(self, reason: Reason) -> bool:
        """Return whether another person's reason names this person."""
        return bool((self.source_ids | self.target_ids) & set(reason.candidates))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows of each kind were erased."""

    connection: str
    links: int
    entries: int
    plans: int
    snapshots: int


def find_person(journal: Journal, person: str, connection: str | None = None) -> tuple[Known, ...]:
    """Return how each connection knows a person: by a key, a name or an id, as it was written.

    Raises `Refused` if one connection knows several by that.
    """
    names = journal.connections() if connection is None else (connection,)
    found = [known for name in names if (known := _known(journal, name, person)) is not None]
    return tuple(found)


def forget_person(journal: Journal, known: Known) -> Forgotten:
    """Erase a person from the store of a connection; raise `Refused` while a run is open.

    Guards go on counting what was done to them: how often stays, and to whom does not.
    """
    if journal.unfinished(known.connection):
        summary = "a run of this connection was interrupted, and needs to know who is whom"
        raise refusal("F150", known.connection, summary, "run `oneway resume`, then forget")
    plans = snapshots = 0
    with journal.at_once():
        for run, plan in _plans(journal, known.connection):
            kept = tuple(_without(known, each) for each in plan.outcomes if not known.is_of(each))
            if kept != plan.outcomes:
                less = replace(plan, outcomes=kept)
                replace_plan(journal, run.id, dump(less))
                _forget_stories(journal, run.id, known, less)
                snapshots += erase_snapshots(journal, run.id, "a person was forgotten")
                plans += 1
        entries = erase_entries(journal, known.connection, known.source_ids, known.target_ids)
        unlinked = unlink(journal, known.connection, _linked(journal, known))
    return Forgotten(known.connection, unlinked, entries, plans, snapshots)


def _forget_stories(journal: Journal, id: int, known: Known, plan: Plan) -> None:
    """Take a person out of the stories of a run, also where those of others name them."""
    told = kept_stories(journal, id)
    if told is None:
        return
    reasons = {each.source_id: each.reasons for each in plan.outcomes}
    kept = [
        replace(each, reason=HIDDEN)
        if any(reason.text == HIDDEN for reason in reasons.get(each.source_id, ()))
        else each
        for each in told
        if each.source_id not in known.source_ids and each.target_id not in known.target_ids
    ]
    keep_stories(journal, id, kept)


def _known(journal: Journal, connection: str, person: str) -> Known | None:
    wanted = person.strip().casefold()
    pairs: set[tuple[str | None, str | None]] = set()
    for each in links(journal, connection):
        if wanted in {text.casefold() for text in (each.key, each.source_id, each.target_id)}:
            pairs.add((each.source_id, each.target_id))
    for _, plan in _plans(journal, connection):
        pairs |= {
            (each.source_id, each.target_id)
            for each in plan.outcomes
            if wanted in {text.casefold() for text in _names(each)}
        }
    sources = frozenset(source for source, _ in pairs if source is not None)
    targets = frozenset(target for _, target in pairs if target is not None)
    if len(sources) > 1 or (not sources and len(targets) > 1):
        ids = ", ".join(sorted(sources or targets)[:10])
        summary = f"{connection}: several people answer to {person!r}: {ids}"
        raise refusal("U107", connection, summary, "name one of them by its id")
    return Known(connection, sources, targets) if pairs else None


def _names(outcome: Outcome) -> Iterator[str]:
    for text in (outcome.key, outcome.label, outcome.source_id, outcome.target_id):
        if text:
            yield text


def _plans(journal: Journal, connection: str) -> Iterator[tuple[Run, Plan]]:
    for run in journal.runs(connection, limit=_ALL):
        try:
            plan = plan_of_run(journal, run)
        except Refused:
            continue  # damaged, or of another version: what it holds cannot be told
        if plan is not None:
            yield run, plan


def _without(known: Known, outcome: Outcome) -> Outcome:
    reasons = tuple(
        replace(each, text=HIDDEN, candidates=()) if known.is_named(each) else each
        for each in outcome.reasons
    )
    return replace(outcome, reasons=reasons)


def _linked(journal: Journal, known: Known) -> Sequence[str]:
    return [
        each.source_id
        for each in links(journal, known.connection)
        if each.source_id in known.source_ids or each.target_id in known.target_ids
    ]
