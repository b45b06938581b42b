"""Recalls the links of earlier runs, and asks the systems again about missing records.

A list may be incomplete. A linked target record that the list omits is requested by its id, and
before a person is deactivated for being absent, the source is asked once more.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import datetime
from itertools import product, takewhile
from typing import TypeVar

from oneway.core.connector import Capability, Reader, ReadError, finds_by
from oneway.core.dataclass import dataclass
from oneway.core.records import Collected, Record
from oneway.mapping.packed_rows import ids_of, others_of, with_ids, with_more
from oneway.mapping.program import TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, whole_target
from oneway.planning.access import UNMATCHED, StillIn
from oneway.planning.guards import RecentRuns
from oneway.planning.leaving_doubts import ALL_LEFT
from oneway.planning.links import NO_LINKS, Link, LinkEvidence, Origin, alone
from oneway.planning.plan import Kind, Plan, Reason, Verb
from oneway.planning.reconcile import hidden
from oneway.runs.evidence.pending_creates import (
    PendingCreate,
    pending_creates,
    returns_on_their_way,
    shown_by,
)
from oneway.runs.prepare.prepared import Input, PreparedRun, lag_of, resource_of
from oneway.runs.prepare.request import instant_text
from oneway.runs.read import EvaluatedInputs, ReadInputs, projection_of
from oneway.runs.session import RunSession
from oneway.runs.systems import OpenSystems

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the store knows about a connection when a run begins; `now` is the clock's instant.

    `creates` may still happen, and so may returns into the target records of `returns`, which says
    why. `recent` is what guards know about earlier runs, and `good_since` is
    when the last good one began; blank before the first. `still_in` are the source records of the
    people who had left and could still get in after the last run that knows; `seen_leaving` are
    those of them whom only refused runs saw leave. `listed` are the target records that may be
    theirs, with their source records; `alone` those that were listed by themselves. `zone` is the
    time zone in which people are shown days.
    `mapping` is the digest of that run's mapping; blank if that run could not rely on what target
    records say about leaving (`leaving_doubts.ALL_LEFT`).
    """

    links: Sequence[Link] = ()
    creates: Sequence[PendingCreate] = ()
    now: datetime | None = None
    recent: RecentRuns = field(default_factory=RecentRuns)
    good_since: str = ""
    still_in: frozenset[str] = frozenset()
    zone: str = ""
    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    alone: tuple[tuple[str, str], ...] = ()
    seen_leaving: frozenset[str] = frozenset()
    mapping: str = ""
    returns: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[Reason, ...] = ()
    """The plan's remarks about the history that an edited mapping continues."""

    @property
    def evidence(self) -> LinkEvidence:
        """The evidence before any system is asked again."""
        return LinkEvidence(
            self.links, pending=self.pending, returning=self.returns, zone=self.zone
        )

    @property
    def pending(self) -> Mapping[str, str]:
        """The source records whose create may still happen, and why it is not sent again."""
        return {each.source_id: each.why for each in self.creates}

    def listing(self, last: Sequence[StillIn]) -> "Remembered":
        """Return the same, with these people added to the list of who could still get in."""
        listed = _perhaps_theirs(last)
        found = frozenset(e.source_id for e in last if e.source_id).union(*listed.values())
        both = {id: whose | self.listed.get(id, whose) for id, whose in listed.items()}
        by_itself = (each for each in last if each.source_id is None and each.target_id)
        alone = {(str(each.target_id), id) for each in by_itself for id in each.candidates}
        return replace(
            self,
            still_in=self.still_in | found,
            listed={**self.listed, **both},
            alone=tuple(sorted(alone.union(self.alone))),
        )


NOTHING_REMEMBERED = Remembered()
"""What is known about a connection that has never run."""

_LOOK_BACK = 50
"""How many runs to look back for one that knows who can still get in; refused ones do not."""


def recall(session: RunSession) -> Remembered:
    """Return what the journal remembers of the run's connection."""
    journal, now = session.past, session.now()
    if journal is None:
        return Remembered(now=now)
    from oneway.history.journal.links import links  # loads the store: only once it is used
    from oneway.history.journal.refused_leavers import stored_leavers
    from oneway.history.last_good import knows_everybody, last_still_in

    name, zone = session.past_name, session.prepared.zone
    before = session.predecessor
    known = links(journal, name)
    creates = pending_creates(session, journal, name)
    # With another target, links and sizes are void; people who were listed stay listed.
    runs = journal.runs(before.name if before is not None else name, limit=_LOOK_BACK)
    last = last_still_in(runs)
    remarks = (before.remark(len(last), zone),) if before is not None else ()
    since = takewhile(lambda run: not knows_everybody(run), runs)
    seen = frozenset[str]().union(*(stored_leavers(journal, run.id) for run in since))
    by = next((run.start.digest for run in runs if run.knows_access), "")
    relied = not any(ALL_LEFT in each.why for each in last)
    remembered = Remembered(
        known,
        creates,
        now,
        RecentRuns(stated=journal.last_stated(name), valued=journal.last_valued(name)),
        journal.last_good_start(name),
        zone=zone,
        mapping=by if relied else "",
        returns=returns_on_their_way(session, journal, name),
        remarks=remarks,
    ).listing(last)
    alone = seen - remembered.still_in
    return replace(remembered, still_in=remembered.still_in | alone, seen_leaving=alone)


def _perhaps_theirs(last: Iterable[StillIn]) -> Mapping[str, frozenset[str]]:
    """Return the target records in a list of who can still get in, with their possible owners."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in last:
        if each.source_id is not None:
            for id in filter(None, (each.target_id, *each.candidates)):
                found[id].add(each.source_id)
        elif each.target_id is not None:
            found[each.target_id].update(each.candidates)
    return {id: frozenset(whose) for id, whose in sorted(found.items()) if whose}


def looked_up(
    prepared: PreparedRun, systems: OpenSystems, found: EvaluatedInputs, remembered: Remembered
) -> EvaluatedInputs:
    """Return the inputs with linked target records that the target's list did not show."""
    if not (remembered.links or remembered.listed):
        return replace(found, evidence=remembered.evidence)
    sources, shown = found.passed_over.linking()
    sources.update(ids_of(found.source.items))
    shown.update(ids_of(found.target.items))
    remembered = _as_listed(remembered, shown)
    records, evidence = _hidden(prepared, systems, sources, shown, remembered)
    return replace(_with_targets(prepared, found, records), evidence=evidence)


def looked_up_records(
    prepared: PreparedRun, systems: OpenSystems, found: ReadInputs, remembered: Remembered | None
) -> tuple[ReadInputs, LinkEvidence]:
    """Do the same as `looked_up`, for inputs whose records are kept."""
    if remembered is None:
        return found, NO_LINKS
    sources = {each.id for each in found.source.records}
    shown = {each.id for each in found.target.records}
    remembered = _as_listed(remembered, shown)
    records, evidence = _hidden(prepared, systems, sources, shown, remembered)
    target = replace(found.target, records=(*found.target.records, *records))
    return replace(found, target=target), evidence


def asked_again(
    prepared: PreparedRun, systems: OpenSystems, found: EvaluatedInputs, plan: Plan
) -> EvaluatedInputs | None:
    """Return the inputs with source records that only a second read showed.

    The source is asked if the plan would deactivate people for being absent: by id if it supports
    that and the record was linked, then by reading its list again for people still missing. Returns
    None if nothing changed.
    """
    doomed = {
        action.target_id
        for action in plan.actions
        if action.verb is Verb.DEACTIVATE and action.target_id is not None
    }
    if not doomed:
        return None
    second = _SecondLook(prepared, systems, found)
    records = second.of([*map(whole_target, with_ids(found.target.items, doomed))])
    if not records and second.whole:
        return None
    found = _with_sources(prepared, found, records, found.evidence)
    source = found.source
    if not second.whole:
        source = replace(source, complete=False, problems=(*source.problems, *second.problems))
    return replace(found, source=source)


def _with_sources(
    prepared: PreparedRun,
    found: EvaluatedInputs,
    records: Sequence[Record],
    evidence: LinkEvidence,
) -> EvaluatedInputs:
    """Return the inputs with source records that only a second look showed."""
    rows: list[AnySourceRow] = [found.program.source_row(each) for each in records]
    seen = evidence.second_look | {each.id for each in records}
    kept = found.kept
    if any(kept):
        projection = projection_of(prepared)
        kept = (kept[0].and_also(map(projection.of_source, records)), kept[1])
    return replace(
        found,
        source=_with(found.source, rows),
        evidence=replace(evidence, second_look=seen),
        kept=kept,
    )


def owners_asked(
    prepared: PreparedRun, systems: OpenSystems, found: EvaluatedInputs, plan: Plan
) -> EvaluatedInputs | None:
    """Return the inputs with linked source records that the list lacks, requested by id.

    They are requested if another record of the person would make them leave. Returns None if that
    is never so, or the source cannot be asked by id.
    """
    disputed = {
        id
        for each in plan.notable
        if each.kind is Kind.CONFLICT and each.has_access
        for why in each.reasons
        if why.code == "reused"
        for id in why.candidates
    }
    source = prepared.inputs["source"]
    if not disputed or not _by_id(prepared, source):  # the usual case
        return None
    asked = {each for each, target_id in found.evidence.table.pairs if target_id in disputed}
    shown, _ = found.passed_over.ids()
    asked -= {*shown, *ids_of(found.source.items), *found.evidence.no_source}
    if not asked:
        return None
    reader = systems.reader(source)
    answers = {id: _asked(source, reader, id) for id in sorted(asked)}
    records = [each for each in answers.values() if each is not None and not each.problem]
    gone = frozenset(id for id, each in answers.items() if each is None)
    if not records and not gone:
        return None
    evidence = replace(found.evidence, no_source=found.evidence.no_source | gone)
    return _with_sources(prepared, found, records, evidence)


def searched(
    prepared: PreparedRun, systems: OpenSystems, found: EvaluatedInputs, plan: Plan
) -> EvaluatedInputs | None:
    """Return the inputs with the target records of leavers that only a search showed.

    If the target's list is known to hide records, the target is searched by match keys for each
    leaver without a match. A leaver who cannot be searched for counts as able to get in. Returns
    None if nothing changed.
    """
    unlisted = [
        each
        for each in (others_of(found.target.items) if found.evidence.unlisted else ())
        if isinstance(each, TargetRow)
    ]
    if not hidden(found.evidence, unlisted):
        return None
    unmatched = {
        each.source_id or ""
        for each in plan.outcomes
        if each.kind is Kind.IGNORED and any(why.code == UNMATCHED for why in each.reasons)
    }
    rows = with_ids(found.source.items, unmatched)
    records, unanswered = _by_their_keys(prepared, systems, found, rows)
    if not (records or unanswered):
        return None
    evidence = replace(
        found.evidence,
        unlisted=found.evidence.unlisted | records.keys(),
        pending={**unanswered, **found.evidence.pending},
    )
    return replace(_with_targets(prepared, found, tuple(records.values())), evidence=evidence)


def _by_their_keys(
    prepared: PreparedRun,
    systems: OpenSystems,
    found: EvaluatedInputs,
    rows: Iterable[AnySourceRow],
) -> tuple[Mapping[str, Record], Mapping[str, str]]:
    """Search for unlisted target records with a match key of a row; return them by id.

    Also returns why some rows cannot be searched for, by source id.
    """
    target, paths = prepared.inputs["target"], found.program.policy.match_paths
    reader = systems.reader(target)
    levels = [level for level, path in enumerate(paths) if path and finds_by(reader, path)]
    shown = {*found.passed_over.linking()[1], *ids_of(found.target.items)}
    records: dict[str, Record] = {}
    unanswered: dict[str, str] = {}
    for row, level in product(rows, levels):
        if row.keys[level : level + 1] in ((), (None,)):
            continue
        try:
            came = reader.find(paths[level], row.key_values[level])
        except ReadError as error:
            if error.code not in {*_OF_ONE_RECORD, "R111"}:
                raise target.cannot_read(error) from None
            why = f"the list of target records lacks some, and a search by {paths[level]} fails"
            unanswered[row.source_id] = f"{why}: {error.summary} [{error.code}]"
            continue
        for each in came:
            theirs = found.program.target_row(each).keys[level : level + 1]
            if each.id not in shown and row.keys[level] in theirs:
                records[each.id] = each
    return records, unanswered


def _with_targets(
    prepared: PreparedRun, found: EvaluatedInputs, records: Sequence[Record]
) -> EvaluatedInputs:
    """Return the inputs with further target records."""
    rows: list[AnyTargetRow] = [found.program.target_row(each) for each in records]
    target = _with(found.target, rows)
    if not any(found.kept) or not records:
        return replace(found, target=target)
    more = map(projection_of(prepared).of_target, records)
    return replace(found, target=target, kept=(found.kept[0], found.kept[1].and_also(more)))


class _SecondLook:
    """Asks the source again for people missing from its list."""

    def __init__(self, prepared: PreparedRun, systems: OpenSystems, found: EvaluatedInputs) -> None:
        self.each = prepared.inputs["source"]
        self.reader = systems.reader(self.each)
        self.by_id = _by_id(prepared, self.each)
        self.found = found
        self.linked = {target: source for source, target in found.evidence.table.pairs}
        self.problems: tuple[str, ...] = ()
        self.whole = True

    def of(self, targets: Sequence[TargetRow]) -> tuple[Record, ...]:
        """Return the source records of these target records, as far as they exist."""
        records: dict[str, Record] = {}
        rest = False
        for each in targets:
            asked = None
            if self.by_id and each.target_id in self.linked:
                asked = _asked(self.each, self.reader, self.linked[each.target_id])
            if asked is not None:
                records[asked.id] = asked
            else:
                # It may exist under another id: some sources re-issue ids.
                rest = True
        if rest:
            records |= {each.id: each for each in self._listed()}
        shown, _ = self.found.passed_over.ids()
        shown.update(ids_of(self.found.source.items))
        return tuple(each for id, each in sorted(records.items()) if id not in shown)

    def _listed(self) -> tuple[Record, ...]:
        """Return the records of a second reading of the list."""
        again = _trying(self.each, self.reader.read)
        self.whole, self.problems = again.complete, again.problems
        return again.records


def _as_listed(remembered: Remembered, shown: AbstractSet[str]) -> Remembered:
    """Return the same, with remembered target ids in the case that the list uses.

    Some systems answer a create with an id in another case. An id stays as it is if it is linked
    itself, or if several records have it in different cases.
    """
    table = remembered.evidence.table
    missing = {target for _, target in table.without_targets(shown)}
    if not missing:
        return remembered
    ids = [each for each in shown if each not in table.only_sources]
    listed = alone([each.casefold() for each in ids], ids)
    asked = alone([each.casefold() for each in missing], missing)
    forms = {
        id: form
        for folded, id in asked.items()
        if id is not None and (form := listed.get(folded)) is not None
    }
    if not forms:
        return remembered
    return replace(
        remembered,
        links=tuple(
            each._replace(target_id=forms.get(each.target_id, each.target_id)) for each in table
        ),
        listed={forms.get(id, id): whose for id, whose in remembered.listed.items()},
    )


def _hidden(
    prepared: PreparedRun,
    systems: OpenSystems,
    sources: AbstractSet[str],
    shown: AbstractSet[str],
    remembered: Remembered,
) -> tuple[tuple[Record, ...], LinkEvidence]:
    """Return the known target records missing from a list, and evidence about the others.

    They are linked, or were listed as perhaps those of people who have left.
    """
    evidence = remembered.evidence
    # A new source record may be a linked person under a re-issued id.
    links = evidence.table
    anybody = not links.targets.keys() >= sources
    missing = links.of_pairs(
        each
        for each in links.without_targets(shown)
        if anybody or each[0] in sources or each[0] in remembered.still_in
    )
    linked = {each.target_id for each in missing}
    listed = remembered.listed.keys() - shown
    ids = sorted(linked | listed)
    if not ids:
        return (), evidence
    target = prepared.inputs["target"]
    reader, by_id = systems.reader(target), _by_id(prepared, target)
    unread: dict[str, str] = {}
    records = _by_ids(target, reader, ids, unread) if by_id else _by_list(target, reader, ids)
    lag, now = lag_of(prepared), remembered.now
    late = {
        each.target_id: instant_text(until)
        for each in missing
        if each.origin is Origin.CREATED
        and now is not None
        and (until := shown_by(each.since, lag)) is not None
        and now < until
    }
    there = frozenset(each.id for each in records)
    gone = frozenset(ids) - there - unread.keys() - late.keys() if by_id else frozenset[str]()
    unseen = frozenset(ids) - there - gone
    return records, replace(
        evidence, unlisted=there, gone=gone, unread=unread, unseen=unseen, late=late
    )


def _by_ids(
    each: Input, reader: Reader, ids: Iterable[str], unread: dict[str, str]
) -> tuple[Record, ...]:
    """Request records by their ids; adds to `unread` why some cannot be read.

    The list was read just now, so that a refusal is about this one record, and stops no others.
    """
    records: list[Record] = []
    for id in ids:
        found = _asked(each, reader, id)
        if found is not None and found.problem:
            unread[id] = found.problem
        elif found is not None:
            records.append(found)
    return tuple(records)


def _by_list(each: Input, reader: Reader, ids: Collection[str]) -> tuple[Record, ...]:
    records = _trying(each, reader.read).records
    return tuple(record for record in records if record.id in ids)


def _asked(each: Input, reader: Reader, id: str) -> Record | None:
    """Request a record by its id; if the system refuses to show it, the record has a problem."""
    try:
        return reader.get(id)
    except ReadError as error:
        if error.code not in _OF_ONE_RECORD:
            raise each.cannot_read(error) from None
        return Record(id, {}, f"{error.summary} [{error.code}]")


def _trying(each: Input, act: Callable[[], T]) -> T:
    try:
        return act()
    except ReadError as error:
        raise each.cannot_read(error) from None


_OF_ONE_RECORD = frozenset({"R103", "R106", "R107", "R110", "R112"})
"""The codes of errors that may concern one record: it must not be seen, or its id is odd."""


def _by_id(prepared: PreparedRun, each: Input) -> bool:
    resource = resource_of(prepared, each)
    return resource is not None and Capability.GET in resource.capabilities


def _with(found: Collected[T], more: Sequence[T]) -> Collected[T]:
    return replace(found, items=with_more(found.items, more)) if more else found
