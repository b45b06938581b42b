"""Decides who stays in the list of people who have left and can still get in, and why.

A listed person stays listed until the target says that they cannot get in, or the source says that
they stay. Nothing else takes them off: not a missing record, value or word, not a missing part of
the mapping, and not a run that reads something else. If values that decide about leaving are gone,
the source does not count as saying that anyone stays. A person whose access this sync ended is
listed again if their record gives access, not only until a day to come, and the source no longer
has theirs.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from typing import TYPE_CHECKING

from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.core.paths import path_of
from oneway.history.name_digests import NameDigests
from oneway.mapping.has_left import leaves_by_itself, leaves_on
from oneway.mapping.packed_rows import ids_of, others_of, with_ids
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.profile.staying_words import StayingWords
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, SameRow, whole, whole_target
from oneway.mapping.spec import GuardKind, Rehires
from oneway.planning.breach import key_of, words_of
from oneway.planning.diff import perhaps_left
from oneway.planning.guards import gone
from oneway.planning.leaving_doubts import (
    ALL_LEFT,
    ELSEWHERE,
    UNASKED,
    doubted,
    let_in,
    passed_on,
    regained,
    since_when,
    staying_ids,
    unanswered,
    unanswered_return,
    unstated,
    vanished,
)
from oneway.planning.links import SEAL_KEY, Link, LinkEvidence, Links, Origin, let_through
from oneway.planning.listed_before import NO_RECORDS, Records
from oneway.planning.passed_on import PassedOn
from oneway.planning.plan import Kind, Outcome, Plan, Quiet, Reason, Verb
from oneway.planning.plan_inputs import Allowance, Read
from oneway.planning.planner import Header
from oneway.planning.said_left import (
    NOBODY_LEFT,
    SaidLeft,
    SaidNow,
    listed_in,
    unsettled_in,
    with_owners,
    writing_in,
)
from oneway.planning.similar.record_marks import RecordMarks
from oneway.planning.similar.same_person import likeness_of, said_names
from oneway.runs.evidence.remembered import Remembered
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.read import EvaluatedInputs

if TYPE_CHECKING:
    from oneway.history.journal import Journal


@dataclass(frozen=True, slots=True)
class LeavingDoubts:
    """What is known about the people who were listed, and links whose source records are gone.

    `rows` are the rows of people who were listed, or all rows. `targets` are all target records
    that were read; if nobody was listed, only those of `unlisted`. With `in_part`, some pairs were
    not read, and are in order. `again` are records that give access to people who had left.
    """

    prepared: PreparedRun
    remembered: Remembered
    unlisted: Sequence[Link]
    rows: Sequence[AnySourceRow]
    targets: Sequence[AnyTargetRow]
    words: StayingWords | None
    journal: "Journal | None"
    names: NameDigests
    marks: RecordMarks
    in_part: bool = False
    again: Records = field(default_factory=dict)

    def evidence(
        self,
        evidence: LinkEvidence,
        header: Header,
        tallies: Mapping[str, KeyTally],
        shown: Collection[str],
    ) -> LinkEvidence:
        """Return the evidence, with the people who may have left after all.

        `shown` are the source records that were read, by id.
        """
        closed = self._closed(evidence)
        if closed:
            evidence = replace(evidence, unseen=evidence.unseen - closed, closed=closed)
        again = self._open_again()
        if not again:
            return self._evidence(evidence, header, tallies, shown)
        left = self.remembered.left or NOBODY_LEFT
        anew = {id: whose - self.remembered.still_in for id, whose in again.items()}
        listing = replace(self, remembered=self.remembered.recalling(again), again=anew)
        evidence = replace(
            evidence,
            before=listing.remembered.before,
            unasked=evidence.unasked - left.back,
            open_again=frozenset(again.keys() - self.remembered.before.keys()),
        )
        return listing._evidence(evidence, header, tallies, shown)

    def _open_again(self) -> Records:
        """Return the records of former leavers that give access again.

        Leaves out records of people who still have left by the source: their row decides.
        """
        left = self.remembered.left
        if left is None or not left.records or self.prepared.compiled.code.left is None:
            return NO_RECORDS
        closed = {each.target_id for each in others_of(self.targets) if each.left}
        maybe = left.without(closed)
        there = {each[0] for each in with_ids(self.targets, maybe)} if maybe else set()
        leavers = {row.source_id for row in others_of(self.rows) if row.leaver} if there else set()
        return {id: maybe[id] for id in sorted(there) if maybe[id].isdisjoint(leavers)}

    def _closed(self, evidence: LinkEvidence) -> frozenset[str]:
        """Return the unseen records that gave no access when the target last showed them.

        Or when a run wrote the leave and saw it confirmed, if no run has seen the record since. A
        record with a day to come is open until then, whatever day the source states by now.
        """
        left = self.remembered.left or NOBODY_LEFT
        known = (left.closed or frozenset()) & evidence.unseen
        return known | (self._confirmed(evidence.unseen - known, evidence) - left.writing.keys())

    def _confirmed(self, unseen: AbstractSet[str], evidence: LinkEvidence) -> frozenset[str]:
        """Return the records whose leave a run wrote and that no run has seen since."""
        if self.journal is None or not unseen:
            return frozenset()
        from oneway.history.journal.ended_access import runs_that_ended_access

        ended = runs_that_ended_access(self.journal, self.prepared.connection_name, unseen)
        table = evidence.table
        seen = dict[str, str]()
        for each in table.of_pairs(pair for pair in table.pairs if pair[1] in ended):
            seen[each.target_id] = max(each.seen, seen.get(each.target_id, ""))
        return frozenset(
            id
            for id, run in ended.items()
            if run.id >= self.remembered.left_by and id in seen and seen[id] <= run.start.started
        )

    def _with_closed(self, left: SaidLeft, plan: Plan, evidence: LinkEvidence) -> SaidLeft:
        """Return what is remembered, with the records that give no access as far as is known.

        Those that this run shows say so themselves, unless the plan lists them, or unless all
        records seem to have left.
        """
        rows = (each for each in others_of(self.targets) if each.target_id in left.records)
        shown = {each.target_id: whole_target(each) for each in rows}
        judged = {} if evidence.all_left else shown
        out = {id for id, each in judged.items() if each.left}
        before = left.closed or frozenset()
        # A read of what has changed passes over records that are as they were.
        passed_over = before - shown.keys() - evidence.unseen if self.in_part else frozenset()
        found = (out | evidence.closed | passed_over) - listed_in(plan)
        confirmed = self._confirmed(evidence.unseen, evidence) & left.writing.keys()
        holding = {**left.holding, **{id: left.writing[id] for id in confirmed}}
        holding = {id: on for id, on in holding.items() if id not in shown}
        code, context = self.prepared.compiled.code, self.prepared.context
        for id in judged.keys() - out:
            if (on := leaves_on(code, context, judged[id])) is not None:
                holding[id] = self.marks.of_day(id, on)
        holding = {id: on for id, on in holding.items() if id in left.records}
        return replace(left, closed=frozenset(found & left.records.keys()), holding=holding)

    def _evidence(
        self,
        evidence: LinkEvidence,
        header: Header,
        tallies: Mapping[str, KeyTally],
        shown: Collection[str],
    ) -> LinkEvidence:
        still_in, listed = self.remembered.still_in, self.remembered.listed
        before = bool(evidence.before)
        back = {**regained(self._regained()), **let_in(self._let_in())}
        others = self._others(evidence.table, {each.guard for each in header.allowed})
        passed = passed_on({source: unlike for (source, _), unlike in others.items()})
        said = {id: why for id, why in passed.items() if id in still_in}
        all_left = (before or bool(still_in)) and self._all_left(shown)
        gone = self._gone(header, tallies) if before or still_in else ()
        why_none, unclear = self._why_none(), self._decides(gone)
        if still_in:
            leavers = {row.source_id for row in others_of(self.rows) if row.leaver}
            inconclusive = self._inconclusive()
            said |= unanswered({id: why for id, why in inconclusive.items() if id not in leavers})
            said |= vanished(still_in - back.keys(), shown)
            said |= doubted(still_in - (set() if unclear else self._staying()), gone)
            if all_left:
                said |= dict.fromkeys(still_in, ALL_LEFT)
            if why_none:
                said |= dict.fromkeys(still_in - leavers, why_none)
        if before:
            evidence = replace(
                evidence, source_unclear=bool(why_none) or unclear, all_left=all_left
            )
        evidence = replace(evidence, ended=self._ended(shown)) if shown else evidence
        seen, left = self.remembered.seen_leaving, frozenset[str]().union(*self.again.values())
        doubts = {**back, **passed, **since_when(said, seen, left)}
        if not doubts:
            return evidence
        theirs = {id: min(whose) for id, whose in listed.items() if whose.isdisjoint(shown)}
        theirs |= {id: source for source, id in others}
        others_by_now = frozenset(passed)
        return replace(
            evidence, doubted=doubts, listed=theirs, passed_on=others_by_now, all_left=all_left
        )

    def returns(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with the people who are not clearly back; None if there are none.

        Checks the people whose account the plan would reactivate.
        """
        inconclusive = self.inconclusive(plan, found.source.items, found.tallies["source"])
        if not inconclusive:
            return None
        return replace(found, evidence=replace(found.evidence, inconclusive=inconclusive))

    def taken_over(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with doubts about people who hold a record that was listed for others.

        The row of a listed person may have a new id, or had none. Returns None if all of these
        people clearly stay.
        """
        inconclusive = self._not_staying(found.evidence, plan)
        if not inconclusive:
            return None
        doubts = {**found.evidence.doubted, **since_when(unanswered(inconclusive), (), ())}
        return replace(found, evidence=replace(found.evidence, doubted=doubts))

    def _not_staying(self, evidence: LinkEvidence, plan: Plan) -> Mapping[str, str]:
        """Return why people with a record that was listed for others do not clearly stay."""
        before = evidence.before
        if not before or self.words is None:
            return {}
        singly = (each for each in plan.runs if isinstance(each, Outcome | Quiet))
        pairs = ((each.source_id, before.get(each.target_id or "")) for each in singly)
        asked = {id for id, whose in pairs if id and whose is not None and id not in whose}
        leavers = {row.source_id for row in others_of(self.rows) if row.leaver} if asked else set()
        asked -= leavers
        return self.words.inconclusive(leavers.union(_no_examples(plan)), asked) if asked else {}

    def left_after(self, plan: Plan, evidence: LinkEvidence) -> SaidLeft | None:
        """Return the people who have left by the source, stored for the next run."""
        before, code = self.remembered.left, self.prepared.compiled.code
        if code.leaver is None:
            return before
        links = self.remembered.evidence.targets
        if before is None:  # an older version stored only the leaves that it wrote
            before = SaidLeft(with_owners(self._ended_access(), links))
        rows = (each for each in others_of(self.rows) if isinstance(each, SourceRow))
        leavers = {row.source_id: self._day_of(row) for row in rows if row.leaver}
        asked = self.remembered.asked
        if self.words is not None:
            back = before.matched_in(plan) - asked
            asked |= back - self.words.inconclusive(leavers.keys(), back).keys() if back else back
        stayed = self._stayed(before.later.keys() - leavers.keys(), leavers)
        found = before.after(plan, evidence, SaidNow(leavers, stayed, asked))
        found = self._with_marks(found, {*evidence.before, *listed_in(plan)})
        if self.remembered.left is not None:  # the first run cannot know when they left
            today, gone = self.prepared.context.today, found.people - found.later.keys()
            since = {id: on for id in gone if (on := before.left_on(id, today))}
            found = replace(found, since=since)
        found = self._with_closed(found, plan, evidence)
        unsettled, writing = unsettled_in(plan, leavers, links), writing_in(plan, leavers)
        found = replace(found, unsettled=unsettled, writing=writing)
        if self.words is None or self.in_part:
            return found
        out = _no_examples(plan, but=(Kind.CREATE, Kind.INELIGIBLE, Kind.IGNORED))
        return replace(found, words=self.words.of_people_who_stay({*leavers, *out}))

    def _stayed(self, later: AbstractSet[str], leavers: Collection[str]) -> Mapping[str, bool]:
        """Return whether each of these people clearly stays; only those who are in the source."""
        here = later & {*ids_of(self.rows)} if later else later
        asked = here & self.remembered.asked if self.words is not None else frozenset[str]()
        inconclusive = (
            self.words.inconclusive(leavers, asked) if self.words is not None and asked else {}
        )
        return {id: id in asked and id not in inconclusive for id in here}

    def _day_of(self, row: SourceRow) -> str:
        """Return the digest of a leaver's last day if it is still to come; "" if it is unknown."""
        code, context = self.prepared.compiled.code, self.prepared.context
        if perhaps_left(code.policy, row):
            return ""
        day = leaves_on(code, context, TargetRow("", "", ()), row.leaving)
        return self.marks.of_day(row.source_id, day) if day is not None else ""

    def _with_marks(self, left: SaidLeft, listed: Collection[str]) -> SaidLeft:
        """Return what is remembered, with the marks of its records and of the `listed` ones."""
        wanted = left.records.keys() | listed
        marks = {id: each for id, each in left.marks.items() if id in wanted}
        fresh = wanted - marks.keys()
        rows = map(whole_target, with_ids(self.targets, fresh)) if fresh else ()
        marks |= {each.target_id: self.marks.of(each) for each in rows}
        gone = frozenset(wanted.difference(ids_of(self.targets)) if wanted else ())
        gone = left.gone & gone if self.in_part else gone
        return replace(left, marks=marks, gone=gone, day=str(self.prepared.context.today))

    def inconclusive(
        self, plan: Plan, rows: Iterable[AnySourceRow], tally: KeyTally
    ) -> Mapping[str, Reason]:
        """Return why people whom a plan would reactivate are not clearly back in the source.

        The key or value that said that they have left may be gone from the source; that alone
        brings nobody back. A leaver who is back until a later day has that day.
        """
        back = {each.source_id for each in plan.actions if each.verb is Verb.REACTIVATE}
        if not back or self.words is None:
            return {}
        leavers = {row.source_id for row in rows if row.leaver}
        asked = {each for each in back if each is not None} - leavers
        for key, had in self._gone_by_now(tally, plan.allowed):
            return dict.fromkeys(asked, unstated(key, had))
        inconclusive = self.words.inconclusive(leavers.union(_no_examples(plan)), asked)
        return {id: unanswered_return(why) for id, why in inconclusive.items()}

    def _gone_by_now(
        self, tally: KeyTally, allowed: Iterable[Allowance]
    ) -> Iterator[tuple[str, int]]:
        """Yield the keys that say who has left and that no record has any more, and how many had.

        Skips keys whose loss a human has allowed.
        """
        _, before = self.remembered.recent.stated.get("source", (0, {}))
        accepted = {each.guard: each.ceiling for each in allowed}
        for key in tally.unstated():
            had = before.get(key, 0)
            if had > accepted.get(f"{GuardKind.KEYS_GONE.value}.source.{key}", 0):
                yield key, had

    def _why_none(self) -> str:
        """Return why the source's answers do not count in this run; blank if they do."""
        if self.prepared.compiled.code.leaver is None:
            return UNASKED
        if self.prepared.reads_elsewhere:
            return ELSEWHERE
        return ""

    def _gone(self, header: Header, tallies: Mapping[str, KeyTally]) -> Sequence[str]:
        reads = [*header.references]
        for name in ("source", "target"):
            tally = tallies[name]
            records, left = tally.records + tally.unread, header.left_out if name == "source" else 0
            counts = (tally.counts(), tally.unread, tally.valued(), left)
            reads.append(Read(name, records, True, (), "", *counts))
        return gone(reads, self.prepared.guards, self.remembered.recent, header.allowed)

    def _decides(self, gone: Iterable[str]) -> bool:
        """Return whether any of these keys decides who people are, or whether they have left."""
        code = self.prepared.compiled.code
        one_per = code.one_per.expressions if code.one_per is not None else ()
        keys = (each.expression for each in code.match_source)
        asked = {
            "source": (code.leaver, *code.only, *one_per, *keys),
            "target": (code.left, code.scheduled, *code.match_target),
        }
        for role, counted in map(key_of, gone):
            key, _ = words_of(counted)
            paths = {path_of(key), path_of(key.partition("[]")[0])}
            if any(each is not None and each.reads_any(paths) for each in asked.get(role, ())):
                return True
        return False

    def _staying(self) -> AbstractSet[str]:
        """Return the people who clearly have not left according to the source."""
        return {*ids_of(self.rows)} - {
            row.source_id
            for row in others_of(self.rows)
            if isinstance(row, SourceRow) and (row.leaver or row.may_have_left or row.outside)
        }

    def _records_of(self, sources: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield these source records with the target records that were theirs, or may be."""
        pairs = self.remembered.evidence.table.pairs
        yield from (each for each in pairs if each[0] in sources)
        for id, whose in sorted(self.remembered.listed.items()):
            yield from ((each, id) for each in sorted(whose) if each in sources)

    def _renamed(self, links: Links, guards: Collection[str]) -> dict[tuple[str, str], str]:
        """Return the rows whose id may have passed to another person since they were linked.

        Each comes with its target record, and how it differs from that. A record that holds the
        values of its row is the same person's, if the mapping has a field that names people.
        """
        policy = self.prepared.compiled.code.policy
        held = others_of(self.targets) if policy.identifying else self.targets
        targets = {e[0]: e for e in held if not isinstance(e, SameRow) or not policy.identifying}
        pairs = [each for each in links.pairs if each[1] in targets]
        rows = {e[0]: e for e in with_ids(self.rows, {source for source, _ in pairs})}
        found, allowed = {}, let_through(guards)
        compared = PassedOn(policy, links.targets)
        for each in links.of_pairs(pair for pair in pairs if pair[0] in rows):
            row = rows[each.source_id]
            words = self._new_words(each, row)
            lost = SEAL_KEY not in guards and self.names.is_by_another_key(each.names)
            if words != 0 and row.key not in allowed:
                pair = (whole(row), whole_target(targets[each.target_id]))
                if unlike := compared.since_linked(*pair, words, lost=lost):
                    found[each[:2]] = unlike
        there = self._there({target: whole_target(targets[target]) for _, target in found})
        return {pair: unlike for pair, unlike in found.items() if pair[1] not in there}

    def _there(self, targets: Mapping[str, TargetRow]) -> AbstractSet[str]:
        """Return the records whose person clearly stays: another row has their key and more.

        A source may give its rows new ids, such as their numbers, so an id does not say who has
        gone.
        """
        policy = self.prepared.compiled.code.policy
        wanted = {each.keys[:1]: each for each in targets.values() if None not in each.keys[:1]}
        rows = (row for row in self.rows if row.keys[:1] in wanted) if wanted else ()
        return {
            target.target_id
            for row, target in ((whole(each), wanted[each.keys[:1]]) for each in rows)
            if not perhaps_left(policy, row) and likeness_of(policy, row, target).related
        }

    def _new_words(self, link: Link, row: AnySourceRow) -> int | None:
        """Return `NameDigests.new_words`; a label that lacks a part may be blank altogether."""
        names = row.label or " ".join(said_names(self.prepared.compiled.code.policy, whole(row)))
        return self.names.new_words(link, names)

    def _others(self, links: Links, guards: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Return the rows that may be other people than those who had their ids before.

        Each comes with a target record of the earlier person, and how it differs from that.
        `guards` are what people have allowed.
        """
        renamed = self._renamed(links, guards)
        if not self.remembered.still_in:
            return renamed
        return {**self._of_listed(let_through(guards)), **renamed}

    def _of_listed(self, allowed: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Return the rows that seem to be other people than those listed under their ids.

        Each comes with a target record of the listed person, and how it differs from that. Leaves
        out rows whose name is the one that their link remembers.
        """
        pairs = {*self._records_of(self.remembered.still_in)}
        rows = {e[0]: whole(e) for e in with_ids(self.rows, {source for source, _ in pairs})}
        held = {e[0]: whole_target(e) for e in with_ids(self.targets, {id for _, id in pairs})}
        policy, links = self.prepared.compiled.code.policy, self.remembered.evidence.table
        compared = PassedOn(policy, links.targets)
        known = links.of_pairs(pair for pair in pairs if pair[0] in rows)
        words = {e[:2]: self._new_words(e, rows[e[0]]) for e in known}
        found = {
            (source, target): compared.since_listed(
                rows[source], held[target], words.get((source, target))
            )
            for source, target in sorted(pair for pair in pairs if words.get(pair) != 0)
            if source in rows and target in held and rows[source].key not in allowed
        }
        return {pair: unlike for pair, unlike in found.items() if unlike}

    def _inconclusive(self) -> Mapping[str, str]:
        if self.words is None:
            return {}
        left = {each.target_id for each in others_of(self.targets) if each.left}
        pairs = self.remembered.evidence.table.pairs
        found = self.words.inconclusive({source for source, target in pairs if target in left})
        before, still_in = self.remembered.before, self.remembered.still_in
        asked = still_in.union(source for source, target in pairs if target in before)
        fresh = frozenset[str]().union(*self.again.values())
        if fresh:  # known only once the source has been read
            found = {**self.words.inconclusive((), fresh), **found}
        return {id: why for id, why in found.items() if id in asked}

    def _all_left(self, shown: Collection[str]) -> bool:
        """Return whether all target records count as left since the mapping changed.

        Even a person who stays counts as left then: the mapping is wrong, not the system.
        """
        if self.remembered.mapping == self.prepared.spec.digest:
            return False
        if self.in_part or not self.targets or not all(each.left for each in self.targets):
            return False
        there = {*ids_of(self.targets)}
        pairs, still_in = self.remembered.evidence.table.pairs, self.remembered.still_in
        return any(
            target in there and source in shown and source not in still_in
            for source, target in pairs
        )

    def _regained(self) -> Mapping[str, str]:
        """Return the people who have access although a sync ended it, and the day on which it did.

        Leaves out people whose record says by which day they will leave.
        """
        code = self.prepared.compiled.code
        if self.journal is None or not self.unlisted or code.left is None:
            return {}
        staying = staying_ids(self.targets)
        links = {e.target_id: e.source_id for e in self.unlisted if e.target_id in staying}
        ended = self._ended_access(links) if links else {}
        if self.remembered.left is not None:  # the others have come back since
            ended = {id: on for id, on in ended.items() if id in self.remembered.left.records}
        due = self._yet_to_leave(ended)
        return {links[target]: on for target, on in ended.items() if target not in due}

    def _yet_to_leave(self, wanted: Collection[str]) -> AbstractSet[str]:
        """Return which of these target records say that they will leave on a later day."""
        code, context = self.prepared.compiled.code, self.prepared.context
        found = map(whole_target, with_ids(self.targets, wanted))
        return {each.target_id for each in found if leaves_by_itself(code, context, each)}

    def _let_in(self) -> Iterator[str]:
        """Yield people whom a write of unknown result let in, and whom no run has seen since."""
        if self.journal is None or not self.unlisted or self.prepared.compiled.code.leaver is None:
            return
        from oneway.history.journal.let_in import found_later

        created, returned = found_later(self.journal, self.prepared.connection_name)
        for each in self.unlisted:
            fresh = each.origin is Origin.CREATED and each.since == each.seen
            back = each.target_id in returned and each.seen <= returned[each.target_id]
            if back or (fresh and each.target_id in created):
                yield each.source_id

    def _ended(self, shown: Collection[str]) -> Mapping[str, str]:
        """Return the linked records of present people whose access a sync ended, and when.

        A leave that wrote no constant cannot be recognised in the record.
        """
        code, spec = self.prepared.compiled.code, self.prepared.spec
        constant = any("value" in each.rule.written for each in code.leaving)
        if code.left is None or not constant or spec.rehires is Rehires.IGNORE:
            return {}
        pairs = self.remembered.evidence.table.pairs
        there = {target for source, target in pairs if source in shown}
        found = self._ended_access() if there else {}
        return {target: on for target, on in found.items() if target in there}

    def _ended_access(self, targets: Iterable[str] | None = None) -> Mapping[str, str]:
        if self.journal is None:
            return {}
        from oneway.history.journal.ended_access import ended_access

        name, zone = self.prepared.connection_name, self.prepared.zone
        ended = ended_access(self.journal, name, targets)
        return {target: day(at, zone) for target, at in ended.items()}


def _no_examples(plan: Plan, *, but: Collection[Kind] = ()) -> Iterator[str]:
    """Yield the source records of people who are no examples of those who stay.

    Their record says that they have left, they can still get in after leaving, or they do not sync.
    """
    stay = (Kind.UPDATE, Kind.UNCHANGED, *but)
    for each in plan.notable:
        if each.source_id is not None and (each.has_access or each.kind not in stay):
            yield each.source_id
