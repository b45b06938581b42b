"""Asks a run's systems again for records that their lists lack.

A list may be incomplete. A linked target record that the list omits is requested by its id, and so
is a linked source record whose person still has access: some lists leave out those who have left.
Before a person is deactivated for being absent, the source's list is read once more.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import TypeVar

from oneway.core.abilities import finds_by
from oneway.core.connector import Reader
from oneway.core.connector_errors import ReadError
from oneway.core.description import Capability
from oneway.core.phrases import some
from oneway.core.records import Collected, Record, Snapshot
from oneway.mapping.packed_rows import ids_of, others_of, with_ids, with_more
from oneway.mapping.rows import TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.planning.absent import IN_CONFLICT
from oneway.planning.access import UNMATCHED
from oneway.planning.links import LinkEvidence, Origin, alone
from oneway.planning.plan import Kind, Outcome, Plan, Verb
from oneway.runs.evidence.pending_creates import shown_by
from oneway.runs.evidence.remembered import Remembered
from oneway.runs.prepare.prepared import PreparedRun, lag_of, resource_of
from oneway.runs.prepare.request import instant_text
from oneway.runs.read import EvaluatedInputs, projection_of
from oneway.runs.systems import OpenSystems

T = TypeVar("T")


class MissingRecords:
    """Asks the systems of a run for records that their lists lack.

    Methods that look at a plan return None if nothing changes. All raise `Refused` if a system
    cannot be asked.
    """

    def __init__(self, prepared: PreparedRun, systems: OpenSystems) -> None:
        self.prepared = prepared
        self._source = _System(prepared, systems, "source")
        self._target = _System(prepared, systems, "target")

    def linked(self, found: EvaluatedInputs, remembered: Remembered) -> EvaluatedInputs:
        """Return the inputs with linked target records that the target's list did not show."""
        if not (remembered.links or remembered.listed):
            return replace(found, evidence=remembered.evidence)
        sources, shown = found.passed_over.linking()
        sources.update(ids_of(found.source.items))
        shown.update(ids_of(found.target.items))
        records, evidence = self._hidden(sources, shown, _as_listed(remembered, shown))
        return replace(self._with_targets(found, records), evidence=evidence)

    def absent(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with source records that only a second look showed.

        Linked source records of target records that give access and match nobody are requested by
        id, if the source supports that; who stays by such an answer takes part only if the plan
        would deactivate them. If it still would deactivate people for being absent, the source's
        list is read again.
        """
        doomed = {
            action.target_id or "" for action in plan.actions if action.verb is Verb.DEACTIVATE
        }
        some = plan.notable if self._source.by_id else ()
        alone = {each.target_id or "" for each in some if _keeps_access(each)} - doomed
        if not (alone or doomed):
            return None
        shown, _ = found.passed_over.ids()
        shown.update(ids_of(found.source.items))
        records, answered = self._linked_sources(found.evidence, doomed, shown)
        leavers, unasked = self._linked_leavers(found, alone, shown)
        records |= leavers
        again = self._source.listed() if doomed - answered else None  # sources may re-issue ids
        if again is not None:
            records |= {each.id: each for each in again.records}
        missing = [each for id, each in sorted(records.items()) if id not in shown]
        is_whole = again is None or again.complete
        if not missing and is_whole and not unasked:
            return None
        found = self._with_sources(found, missing, found.evidence)
        whole = found.source.complete and is_whole
        more = () if again is None or again.complete else again.problems
        problems = (*found.source.problems, *more, *unasked)
        return replace(found, source=replace(found.source, complete=whole, problems=problems))

    def _linked_sources(
        self, evidence: LinkEvidence, targets: AbstractSet[str], shown: AbstractSet[str]
    ) -> tuple[dict[str, Record], AbstractSet[str]]:
        """Return the source records linked to these target records that no list showed, by id.

        Also returns the target records that have a source record in either way.
        """
        if not self._source.by_id:
            return {}, frozenset()
        linked = [(source, each) for source, each in evidence.table.pairs if each in targets]
        asked = {id: self._source.record(id) for id, _ in sorted(linked) if id not in shown}
        records = {id: each for id, each in asked.items() if each is not None}
        return records, {each for id, each in linked if id in shown or id in records}

    def _linked_leavers(
        self, found: EvaluatedInputs, targets: AbstractSet[str], shown: AbstractSet[str]
    ) -> tuple[dict[str, Record], tuple[str, ...]]:
        """Return the linked source records of leavers that no list showed, by id.

        The list may be limited by its query where a request by id is not. So only leavers count; an
        answer about anyone else is ignored. A record that cannot be requested counts as absent; if
        the system itself fails, this is also returned in words, and after a few failures no more
        requests are sent.
        """
        if not self._source.by_id:
            return {}, ()
        linked = {source for source, each in found.evidence.table.pairs if each in targets}
        records: dict[str, Record] = {}
        failed = []
        for place, id in enumerate(missing := sorted(linked - shown)):
            try:
                record = self._source.reader.get(id)
            except ReadError as error:
                if error.code not in _OF_ONE_RECORD:
                    failed.append(id)
                if len(failed) == _FAILURES:
                    failed += missing[place + 1 :]
                    break
                continue
            if record is not None and found.program.source_row(record).leaver:
                records[id] = record
        if not failed:
            return records, ()
        text = f"the list lacks source record {some(failed)}, and requests by id fail"
        said = "nothing says whether they have left: look them up there"
        return records, (f"{text}; {said}",)

    def owners(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with linked source records that the list lacks, requested by id.

        They are requested if another record of the person would make them leave.
        """
        disputed = {
            id
            for each in plan.notable
            if each.kind is Kind.CONFLICT and each.has_access
            for why in each.reasons
            if why.code == "reused"
            for id in why.candidates
        }
        if not disputed or not self._source.by_id:  # the usual case
            return None
        asked = {each for each, target_id in found.evidence.table.pairs if target_id in disputed}
        shown, _ = found.passed_over.ids()
        asked -= {*shown, *ids_of(found.source.items), *found.evidence.no_source}
        answers = {id: self._source.record(id) for id in sorted(asked)}
        records = [each for each in answers.values() if each is not None and not each.problem]
        gone = frozenset(id for id, each in answers.items() if each is None)
        if not records and not gone:
            return None
        evidence = replace(found.evidence, no_source=found.evidence.no_source | gone)
        return self._with_sources(found, records, evidence)

    def leavers(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with the target records of leavers that only a search showed.

        If the target's list is known to hide records, the target is searched by match keys for each
        leaver without a match. A leaver who cannot be searched for counts as able to get in.
        """
        unlisted = [
            each
            for each in (others_of(found.target.items) if found.evidence.unlisted else ())
            if isinstance(each, TargetRow)
        ]
        if not found.evidence.hidden(unlisted):
            return None
        unmatched = {
            each.source_id or ""
            for each in plan.outcomes
            if each.kind is Kind.IGNORED and any(why.code == UNMATCHED for why in each.reasons)
        }
        rows = with_ids(found.source.items, unmatched)
        records, unanswered = self._by_their_keys(found, rows)
        if not (records or unanswered):
            return None
        evidence = replace(
            found.evidence,
            unlisted=found.evidence.unlisted | records.keys(),
            pending={**unanswered, **found.evidence.pending},
        )
        return replace(self._with_targets(found, tuple(records.values())), evidence=evidence)

    def _by_their_keys(
        self, found: EvaluatedInputs, rows: Iterable[AnySourceRow]
    ) -> tuple[Mapping[str, Record], Mapping[str, str]]:
        """Search for unlisted target records with a match key of a row; return them by id.

        Also returns why some rows cannot be searched for, by source id.
        """
        target, paths = self._target, found.program.policy.match_paths
        levels = [
            level for level, path in enumerate(paths) if path and finds_by(target.reader, path)
        ]
        shown = {*found.passed_over.linking()[1], *ids_of(found.target.items)}
        records: dict[str, Record] = {}
        unanswered: dict[str, str] = {}
        for row, level in product(rows, levels):
            if row.keys[level : level + 1] in ((), (None,)):
                continue
            try:
                came = target.reader.find(paths[level], row.key_values[level])
            except ReadError as error:
                if error.code not in {*_OF_ONE_RECORD, "R111"}:
                    raise target.input.cannot_read(error) from None
                why = f"the list of target records lacks some, and a search by {paths[level]} fails"
                unanswered[row.source_id] = f"{why}: {error.summary} [{error.code}]"
                continue
            for each in came:
                theirs = found.program.target_row(each).keys[level : level + 1]
                if each.id not in shown and row.keys[level] in theirs:
                    records[each.id] = each
        return records, unanswered

    def _with_sources(
        self, found: EvaluatedInputs, records: Sequence[Record], evidence: LinkEvidence
    ) -> EvaluatedInputs:
        """Return the inputs with source records that only a second look showed."""
        rows: list[AnySourceRow] = [found.program.source_row(each) for each in records]
        seen = evidence.second_look | {each.id for each in records}
        stored = found.stored
        if any(stored):
            projection = projection_of(self.prepared)
            stored = (stored[0].and_also(map(projection.of_source, records)), stored[1])
        return replace(
            found,
            source=_with(found.source, rows),
            evidence=replace(evidence, second_look=seen),
            stored=stored,
            looked_up=((*found.looked_up[0], *records), found.looked_up[1]),
        )

    def _with_targets(self, found: EvaluatedInputs, records: Sequence[Record]) -> EvaluatedInputs:
        """Return the inputs with further target records."""
        rows: list[AnyTargetRow] = [found.program.target_row(each) for each in records]
        looked_up = (found.looked_up[0], (*found.looked_up[1], *records))
        found = replace(found, target=_with(found.target, rows), looked_up=looked_up)
        if not any(found.stored) or not records:
            return found
        more = map(projection_of(self.prepared).of_target, records)
        return replace(found, stored=(found.stored[0], found.stored[1].and_also(more)))

    def _hidden(
        self, sources: AbstractSet[str], shown: AbstractSet[str], remembered: Remembered
    ) -> tuple[tuple[Record, ...], LinkEvidence]:
        """Return the known target records missing from a list, and evidence about the others.

        Known records are linked, or listed as perhaps belonging to people who have left.
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
        ids = sorted({each.target_id for each in missing} | (remembered.listed.keys() - shown))
        if not ids:
            return (), evidence
        records, unread = self._target.records(ids)
        lag, now = lag_of(self.prepared), remembered.now
        late = {
            each.target_id: instant_text(until)
            for each in missing
            if each.origin is Origin.CREATED
            and now is not None
            and (until := shown_by(each.since, lag)) is not None
            and now < until
        }
        there, gone = frozenset(each.id for each in records), frozenset[str]()
        if self._target.by_id:
            gone = frozenset(ids) - there - unread.keys() - late.keys()
        unseen = frozenset(ids) - there - gone
        return records, replace(
            evidence, unlisted=there, gone=gone, unread=unread, unseen=unseen, late=late
        )


class _System:
    """The system of one side, asked for single records or for its list again."""

    def __init__(self, prepared: PreparedRun, systems: OpenSystems, side: str) -> None:
        self.input = prepared.inputs[side]
        self._systems = systems
        resource = resource_of(prepared, self.input)
        self.by_id = resource is not None and Capability.GET in resource.capabilities

    @cached_property
    def reader(self) -> Reader:
        """Its reader; opens the system, which the first list does with a better message."""
        return self._systems.reader(self.input)

    def record(self, id: str) -> Record | None:
        """Request a record; if the system refuses to show it, the record has a problem."""
        try:
            return self.reader.get(id)
        except ReadError as error:
            if error.code not in _OF_ONE_RECORD:
                raise self.input.cannot_read(error) from None
            return Record(id, {}, f"{error.summary} [{error.code}]")

    def records(self, ids: Sequence[str]) -> tuple[tuple[Record, ...], dict[str, str]]:
        """Return the records with these ids that exist, and why some cannot be read.

        The list was read just now, so that a refusal is about this one record, and stops no others.
        """
        if not self.by_id:
            return tuple(each for each in self.listed().records if each.id in ids), {}
        found = [each for id in ids if (each := self.record(id)) is not None]
        unread = {each.id: each.problem for each in found if each.problem}
        return tuple(each for each in found if not each.problem), unread

    def listed(self) -> Snapshot:
        """Read the list again."""
        try:
            return self.reader.read()
        except ReadError as error:
            raise self.input.cannot_read(error) from None


_FAILURES = 3
"""After as many failed requests, no more records are requested by id: each takes long."""


def _keeps_access(outcome: Outcome) -> bool:
    """Return whether a target record matches nobody and does not say that its person has left.

    `MissingRecords.owners` handles records that people are in conflict over.
    """
    codes = {each.code for each in outcome.reasons}
    return outcome.kind is Kind.ABSENT and codes.isdisjoint(("left", IN_CONFLICT))


_OF_ONE_RECORD = frozenset({"R103", "R106", "R107", "R110", "R112"})
"""The codes of errors that may concern one record: it must not be seen, or its id is odd."""


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
        before={forms.get(id, id): whose for id, whose in remembered.before.items()},
    )


def _with(found: Collected[T], more: Sequence[T]) -> Collected[T]:
    return replace(found, items=with_more(found.items, more)) if more else found
