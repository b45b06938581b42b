"""Erases one person from the store: links, entries, saved plans and snapshots."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from gzip import decompress

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, refusal
from oneway.core.seal import canonical
from oneway.history.journal import Journal, Run
from oneway.history.journal.discrepancies import store_discrepancies, stored_discrepancies
from oneway.history.journal.erase import (
    erase_entries,
    erase_snapshots,
    hide_reasons,
    ids_in_entries,
    replace_plan,
    replace_texts,
)
from oneway.history.journal.links import links, unlink
from oneway.history.journal.listed_records import store_listed, stored_listed
from oneway.history.journal.packed import packed
from oneway.history.journal.refused_leavers import store_leavers, stored_leavers
from oneway.history.journal.said_left import store_left, stored_left
from oneway.planning.access import StillIn
from oneway.planning.links import REUSED
from oneway.planning.listed_before import Records
from oneway.planning.plan import Outcome, Plan, Reason
from oneway.planning.plan_file import in_parts
from oneway.planning.plan_inputs import Allowance
from oneway.runs.compare.capture import INPUTS
from oneway.runs.past.find_run import plan_of_run

_ALL = 1_000_000
"""A number of runs that stands for all runs of a connection."""

HIDDEN = "(names a person who was forgotten)"
_NOBODY = "(a person who was forgotten)"


@dataclass(frozen=True, slots=True)
class Known:
    """The ids by which one connection knows a person, and the keys and names it has shown."""

    connection: str
    source_ids: frozenset[str]
    target_ids: frozenset[str]
    names: frozenset[str] = frozenset()
    named: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare to look for the person in texts."""
        # One or two digits in a text may mean anything else.
        texts = {each for each in self._all if len(each) > _SHORT}
        anywhere = "|".join(sorted(map(re.escape, texts), key=len, reverse=True)) or "(?!)"
        object.__setattr__(
            self, "named", re.compile(rf"(?<!\w)(?:{anywhere})(?!\w)", re.IGNORECASE)
        )

    def is_of(self, outcome: Outcome) -> bool:
        """Return whether an outcome is this person's."""
        return self.is_theirs(outcome.source_id, outcome.target_id)

    def is_theirs(self, source_id: str | None, target_id: str | None) -> bool:
        """Return whether two ids are this person's: that in the source, where there is one."""
        if source_id is not None:
            return source_id in self.source_ids
        return target_id in self.target_ids

    def is_id(self, id: str) -> bool:
        """Return whether an id, of either system, is this person's."""
        return id in self.source_ids | self.target_ids

    def is_named(self, reason: Reason) -> bool:
        """Return whether another person's reason names this person."""
        return any(map(self.is_id, reason.candidates)) or self.is_in(reason.text)

    def is_in(self, text: str) -> bool:
        """Return whether a text names this person."""
        return self.named.search(text) is not None

    def is_kept_in(self, data: bytes) -> bool:
        """Return whether the snapshot of a plan holds this person."""
        return any(canonical(each).encode() in data for each in self._all)

    @property
    def _all(self) -> frozenset[str]:
        return self.source_ids | self.target_ids | self.names


_SHORT = 2


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows of each kind were erased.

    `unread` are the runs whose plans cannot be read, and may hold the person still. `others`
    are source records that had one of the person's target records before or after.
    """

    connection: str
    links: int
    entries: int
    plans: int
    snapshots: int
    unread: tuple[int, ...] = ()
    others: tuple[str, ...] = ()


def find_person(journal: Journal, person: str, connection: str | None) -> tuple[Known, ...]:
    """Return how each connection knows a person: by a key, name or id, exactly as written.

    Raises `Refused` if it is not clear who is meant: a connection knows several people by it, or
    several connections know one, as a code may belong to another person there.
    """
    names = journal.connections() if connection is None else (connection,)
    found = [known for name in names if (known := _known(journal, name, person)) is not None]
    if len(found) > 1:
        ways = "; ".join(f"{each.connection}: {_described(each)}" for each in found)
        summary = f"several connections know somebody as {person!r}: {ways}"
        help = "name one with --connection; if it is one person, repeat this for each"
        raise refusal("U107", person, summary, help)
    return tuple(found)


def _described(known: Known) -> str:
    """Return the keys and names of a person, or the ids if there are none."""
    return ", ".join(sorted(filter(None, known.names)) or sorted(known.source_ids))


def keeps_digests(journal: Journal) -> bool:
    """Return whether keys are stored whose owner is unknown."""
    return any(each.key_digest for name in journal.connections() for each in links(journal, name))


def forget_person(journal: Journal, known: Known) -> Forgotten:
    """Erase a person from the store of a connection; raise `Refused` while a run is open.

    Guards still count what was done: the numbers stay, the person does not.
    """
    name = known.connection
    if journal.unfinished(name):
        summary = "a run of this connection was interrupted, and needs to know who is whom"
        raise refusal("F150", name, summary, "run `oneway resume`, then forget")
    plans = snapshots = 0
    unread, others = [], _others_written(journal, known)
    with journal.at_once():
        for run in journal.runs(name, limit=_ALL):
            plan, readable = _plan(journal, run)
            if not readable:
                unread.append(run.id)
            if plan is not None:
                others |= _others(known, plan)
                plans += _forget_plan(journal, run, known, plan)
            _forget_stories(journal, run.id, known)
            _forget_leaving(journal, run.id, known)
            _forget_listed(journal, run.id, known)
            _forget_in_texts(journal, run, known)
            snapshots += _forget_inputs(journal, run, known)
        _forget_left(journal, known)
        entries = erase_entries(journal, name, known.source_ids, known.target_ids)
        hide_reasons(journal, name, known.is_in, HIDDEN)
        unlinked = unlink(journal, name, _linked(journal, known))
    return Forgotten(
        name, unlinked, entries, plans, snapshots, tuple(sorted(unread)), tuple(sorted(others))
    )


def _value_names(known: Known, plan: Plan) -> dict[str, dict[str, str]]:
    """Return the names of looked-up values, except those that may be this person's.

    The target may have another name for the person, so the name of their record's number goes too.
    """
    ids = known.source_ids | known.target_ids
    found = {
        path: {
            value: name
            for value, name in names.items()
            if str(json.loads(value)) not in ids and not known.is_in(name)
        }
        for path, names in plan.names.items()
    }
    return {path: names for path, names in found.items() if names}


def _forget_plan(journal: Journal, run: Run, known: Known, plan: Plan) -> bool:
    """Remove a person from a run's plan; return whether it had them."""
    outcomes = tuple(_without(known, each) for each in plan.outcomes if not known.is_of(each))
    misses = tuple(
        replace(each, whose=tuple(id for id in each.whose if id not in known.source_ids))
        for each in plan.misses
    )
    allowed = _allowed(known, plan.allowed)
    less = replace(
        plan, outcomes=outcomes, misses=misses, allowed=allowed, names=_value_names(known, plan)
    )
    if less == plan:
        return False
    replace_plan(journal, run.id, packed(in_parts(less)))
    return True


def _forget_stories(journal: Journal, id: int, known: Known) -> None:
    """Remove a person from the discrepancies of a run, also where those of others name them."""
    stored = stored_discrepancies(journal, id)
    kept = [
        replace(each, reason=HIDDEN) if known.is_in(each.reason) else each
        for each in stored or ()
        if each.source_id not in known.source_ids and each.target_id not in known.target_ids
    ]
    if stored is not None and kept != list(stored):
        store_discrepancies(journal, id, kept)


def _forget_leaving(journal: Journal, id: int, known: Known) -> None:
    """Remove a person from the leavers that a refused run saw."""
    seen = stored_leavers(journal, id)
    if seen & known.source_ids:
        store_leavers(journal, id, seen - known.source_ids)


def _forget_listed(journal: Journal, id: int, known: Known) -> None:
    """Remove a person, and records that only they may own, from those that a run remembers."""
    before = stored_listed(journal, id)
    kept = _of_others(known, before)
    if kept != before:
        store_listed(journal, id, kept)


def _forget_left(journal: Journal, known: Known) -> None:
    """Remove a person from the stored leavers of the source."""
    stored = stored_left(journal, known.connection)
    if stored is not None:
        run, left = stored
        records = _of_others(known, left.records)
        theirs = known.target_ids | (left.records.keys() - records.keys())
        marks = {id: each for id, each in left.marks.items() if id not in theirs}
        later = {id: on for id, on in left.later.items() if id not in known.source_ids}
        back = left.back - known.source_ids
        since = {id: on for id, on in left.since.items() if id not in known.source_ids}
        kept = replace(
            left,
            records=records,
            back=back,
            later=later,
            marks=marks,
            gone=left.gone - theirs,
            since=since,
            unsettled=left.unsettled - known.source_ids,
            closed=None if left.closed is None else left.closed - theirs,
            holding={id: on for id, on in left.holding.items() if id not in theirs},
            writing={id: on for id, on in left.writing.items() if id not in theirs},
        )
        if kept != left:
            store_left(journal, known.connection, run, kept)


def _of_others(known: Known, records: Records) -> Records:
    """Return the records without the person's own, and without the person among the owners."""
    return {
        target: whose - known.source_ids
        for target, whose in records.items()
        if target not in known.target_ids and not (whose and whose <= known.source_ids)
    }


def _forget_in_texts(journal: Journal, run: Run, known: Known) -> None:
    """Remove a person from the texts of a run; the list of who can still get in stays as long."""
    still = tuple(
        StillIn("", _NOBODY, None, None, "it is not known any more")
        if _is_theirs_alone(known, each)
        else replace(
            each,
            why=HIDDEN if known.is_in(each.why) else each.why,
            candidates=tuple(id for id in each.candidates if not known.is_id(id)),
        )
        for each in run.still_in
    )
    breaches = tuple(
        replace(each, text=HIDDEN) if known.is_in(each.text) else each
        for each in run.start.breaches
    )
    problems = tuple(
        replace(each, summary=HIDDEN, help="")
        if known.is_in(f"{each.summary} {each.help}")
        else each
        for each in run.problems
    )
    start = replace(run.start, allowed=_allowed(known, run.start.allowed), breaches=breaches)
    without = replace(run, start=start, still_in=still, problems=problems)
    if without != run:
        replace_texts(journal, without)


def _is_theirs_alone(known: Known, listed: StillIn) -> bool:
    """Return whether an entry of a list is the person's, or is a record that only they may own."""
    theirs = known.is_theirs(listed.source_id, listed.target_id)
    alone = listed.source_id is None and bool(listed.candidates)
    return theirs or (alone and known.source_ids.issuperset(listed.candidates))


def _forget_inputs(journal: Journal, run: Run, known: Known) -> int:
    data = journal.stored_data(run.id, INPUTS).get(INPUTS, b"")
    while data[:2] == _GZIP:
        data = decompress(data)
    if not known.is_kept_in(data):
        return 0
    return erase_snapshots(journal, run.id, "a person was forgotten")


_GZIP = b"\x1f\x8b"


def _allowed(known: Known, allowed: Sequence[Allowance]) -> tuple[Allowance, ...]:
    """Return the allowances without the person's keys."""
    theirs = {f"{REUSED}{name}" for name in known.names}
    return tuple(
        replace(each, guard=f"{REUSED}{_NOBODY}") if each.guard in theirs else each
        for each in allowed
    )


def _known(journal: Journal, connection: str, person: str) -> Known | None:
    wanted = person.strip().casefold()
    pairs = ids_in_entries(journal, connection, person.strip())
    for each in links(journal, connection):
        if wanted in {text.casefold() for text in (each.key, each.source_id, each.target_id)}:
            pairs.add((each.source_id, each.target_id))
    for outcome in _outcomes(journal, connection):
        if wanted in {text.casefold() for text in _names(outcome)}:
            pairs.add((outcome.source_id, outcome.target_id))
    sources = frozenset(source for source, _ in pairs if source is not None)
    targets = frozenset(target for _, target in pairs if target is not None)
    if len(sources) > 1 or (not sources and len(targets) > 1):
        ids = ", ".join(sorted(sources or targets)[:10])
        summary = f"{connection}: several people answer to {person!r}: {ids}"
        raise refusal("U107", connection, summary, "name one of them by its id")
    return _named(journal, Known(connection, sources, targets)) if pairs else None


def _named(journal: Journal, known: Known) -> Known:
    """Return every key and name by which a connection knows a person, found by their ids."""
    linked = [e for e in links(journal, known.connection) if e.source_id in known.source_ids]
    names = {each.key for each in linked}
    targets = known.target_ids | {each.target_id for each in linked}
    for id in known.source_ids:
        pairs = ids_in_entries(journal, known.connection, id)
        targets |= {target for source, target in pairs if source == id and target is not None}
    for outcome in _outcomes(journal, known.connection):
        if known.is_of(outcome):
            names |= {outcome.key, outcome.label}
            targets |= {outcome.target_id} if outcome.target_id else set()
    return replace(known, target_ids=targets, names=frozenset(names - {""}))


def _names(outcome: Outcome) -> Iterator[str]:
    for text in (outcome.key, outcome.label, outcome.source_id, outcome.target_id):
        if text:
            yield text


def _outcomes(journal: Journal, connection: str) -> Iterator[Outcome]:
    """Yield the outcomes of all stored plans."""
    for run in journal.runs(connection, limit=_ALL):
        plan, _ = _plan(journal, run)
        yield from plan.outcomes if plan is not None else ()


def _plan(journal: Journal, run: Run) -> tuple[Plan | None, bool]:
    """Return the plan of a run, if any, and whether it could be read."""
    try:
        return plan_of_run(journal, run), True
    except Refused:
        return None, False  # damaged, or of another version: its people are unknown


def _others_written(journal: Journal, known: Known) -> set[str]:
    """Return the other source records from which one of the person's target records was written."""
    return {
        source
        for id in known.target_ids
        for source, target in ids_in_entries(journal, known.connection, id)
        if target == id and source is not None and source not in known.source_ids
    }


def _others(known: Known, plan: Plan) -> set[str]:
    return {
        each.source_id
        for each in plan.outcomes
        if each.source_id is not None
        and each.source_id not in known.source_ids
        and each.target_id in known.target_ids
    }


def _without(known: Known, outcome: Outcome) -> Outcome:
    reasons = tuple(
        replace(each, text=HIDDEN, value="", candidates=()) if known.is_named(each) else each
        for each in outcome.reasons
    )
    return replace(outcome, reasons=reasons)


def _linked(journal: Journal, known: Known) -> Sequence[str]:
    return [
        each.source_id
        for each in links(journal, known.connection)
        if each.source_id in known.source_ids or each.target_id in known.target_ids
    ]
