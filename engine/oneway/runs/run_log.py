"""Journals the steps of a run: its start, every action, its end, and what it leaves behind."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from socket import gethostname
from typing import TYPE_CHECKING

from oneway import __version__
from oneway.applying.result import Result
from oneway.core.seal import Seal
from oneway.core.telemetry import note
from oneway.history.digests import digests_of
from oneway.history.flapping import planned_parts
from oneway.history.journal import Breached, JournalEntry, Run, RunStart
from oneway.history.links import labels_of, learn_created, matched
from oneway.history.name_digests import NameDigests
from oneway.mapping.policy import Policy
from oneway.mapping.spec import GuardKind
from oneway.planning.access import (
    AS_PLANNED,
    MORE_CHANGED,
    OUT_BY_NOW,
    UNMATCHED,
    StillIn,
    still_in,
)
from oneway.planning.breach import Verdict
from oneway.planning.endings import DONE_BEFORE, FOUND, Ending
from oneway.planning.guards import counted_as
from oneway.planning.leaving_doubts import as_written, let_in
from oneway.planning.listed_before import carried_on, ended_by, joined, records_of
from oneway.planning.plan import Action, Plan, Verb
from oneway.planning.plan_file import fingerprint, in_parts
from oneway.planning.said_left import NOBODY_LEFT, SaidLeft, with_owners
from oneway.runs.approval import Approval
from oneway.runs.lost_output import store_lost
from oneway.runs.past.discrepancies import ends_of, write_discrepancies
from oneway.runs.prepare.prepared import connection_of
from oneway.runs.prepare.request import instant_text
from oneway.runs.session import Operator

if TYPE_CHECKING:
    from oneway.history.journal import Journal

_LOOK_BACK = 50
"""How many runs to look back for one that knows who can still get in; refused ones do not."""


class RunLog:
    """Journals the steps of one run.

    `of` is an earlier run, or the approval of a new one. A new run begins, or a resumed one
    reopens, with its first step; a refusal before that changes nothing. The next run is not
    compared with this one if this one reads `elsewhere`, not what its connection names. `names`
    digests people's names for their links; `resuming` is the approval of a resumed run.
    """

    def __init__(
        self,
        journal: "Journal",
        plan: Plan,
        operator: Operator,
        of: int | Approval,
        names: NameDigests,
        *,
        resuming: Approval | None = None,
        elsewhere: bool = False,
    ) -> None:
        self.journal = journal
        self.plan = plan
        self.operator = operator
        self.seal: Seal = operator.state.seal()
        # From here on, the run must hold its lease for everything that it journals.
        self.name = connection_of(plan, operator.state.path)
        journal.lease = operator.leases.get(self.name)
        self._of = of
        self._names = names
        self._start: tuple[RunStart, bytes] | None = None
        self._resuming = resuming is not None
        self._elsewhere = elsewhere
        self.left: SaidLeft | None = None
        """Everyone who has left according to the source, for the next run."""
        self.policy: Policy | None = None
        """What the mapping does, for other connections; None if the run began earlier."""
        self.place = ("", "")
        """The digests of the run's systems and account (`RunSession.place`)."""
        approval = of if isinstance(of, Approval) else resuming
        self._since = approval.since if approval is not None else AS_PLANNED
        self._counted = counted_as(plan)
        self._created = {
            action.id: each
            for each in plan.notable
            for action in each.actions
            if action.verb is Verb.CREATE
        }

    def prepare(self) -> None:
        """Prepare the record of the run's start, as that takes a while."""
        if isinstance(self._of, Approval) and self._start is None:
            from oneway.history.journal.packed import packed

            # Not earlier: a plan that is refused before its first step sends nothing.
            self._start = (
                start_of(self.plan, self.operator, self._of),
                packed(in_parts(self.plan)),
            )

    @property
    def run(self) -> int:
        """The number of the run. A new run begins when this is first asked for."""
        if isinstance(self._of, Approval):
            self._of = self._begun(self._of)
        return self._of

    def _begun(self, approval: Approval) -> int:
        """Journal the start of the run, and return its number."""
        self.prepare()
        assert self._start is not None
        (start, data), self._start = self._start, None
        seen = matched(self.plan, approval.verdict, start.started, self._names)
        in_full = self._names.in_full(lambda: labels_of(self.plan))
        planned = len(self.plan.actions)
        run = self.journal.begin(start, data, approval.snapshots, planned, seen, in_full)
        if self._allows_side_effects(approval.verdict):
            from oneway.history.journal.side_effects import let_through

            let_through(self.journal, start.connection, run)
        if not self._elsewhere and self.policy is not None:
            from oneway.history.journal.remit import Remit, store_remit

            store_remit(self.journal, start.connection, run, Remit.of(self.policy, *self.place))
        if not self._elsewhere and self.left is not None:
            from oneway.history.journal.said_left import store_left

            store_left(self.journal, start.connection, run, self.left)
        note("run", run=run)
        return run

    def _allows_side_effects(self, verdict: Verdict) -> bool:
        """Return whether the plan allows records that updates changed beyond what they sent."""
        kind = GuardKind.SIDE_EFFECTS
        allowed = any(each.guard == kind.value for each in self.plan.allowed)
        return allowed and not any(each.kind is kind for each in verdict.breaches)

    def at_once(self) -> AbstractContextManager[None]:
        """Return a block that journals everything in one transaction."""
        _ = self.run  # begins in its own transaction: packing the snapshots takes a while
        return self.journal.at_once()

    def intended(self, action: Action, token: str) -> None:
        """Journal that an action is about to be sent: from now on it may have happened."""
        # The plan's instant, from which guards look back; the clock may differ.
        counted, at = self._counted[action.id], self.plan.as_of
        with self._going_on():
            self.journal.intended(self.run, action, token, counted=counted, at=at)
        self.journal.sent(self.run, action.id, instant_text(self.operator.now()))

    def sent_again(self, action: Action) -> None:
        """Journal that an action that an earlier try sent is about to be sent again."""
        with self._going_on():
            self.journal.sent_again(self.run, action.id, instant_text(self.operator.now()))

    def leaving(self, actions: Sequence[Action]) -> None:
        """Renew the proof of the lease, if old, just before requests of these actions are sent."""
        lease = self.journal.lease
        late = [] if lease is None else [each for each in actions if not lease.may_leave(each.id)]
        if late:
            with self.journal.at_once():
                for each in late:
                    self.sent_again(each)

    def ended(self, results: Sequence[Result]) -> None:
        """Journal how actions ended."""
        with self.journal.at_once(), self._going_on():
            for each in results:
                unsent = each.ending.withheld or each.reason.startswith(DONE_BEFORE)
                traces = None if unsent else digests_of(each.action, self.seal)
                self.journal.ended(self.run, each.action, each, traces)
                if each.code == MORE_CHANGED and each.ending in (Ending.UNKNOWN, Ending.DONE):
                    from oneway.history.journal.side_effects import store_side_effect

                    store_side_effect(self.journal, self.run, each.action.id)
            self._learn_created(results)

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        """Reopen a resumed run with the first step, which the block takes."""
        if not self._resuming:
            yield
            return
        from oneway.history.journal.discrepancies import drop_discrepancies

        with self.journal.at_once():
            self.journal.resumed(self.run)
            drop_discrepancies(self.journal, self.run)
            self._resuming = False
            yield

    def not_begun(self, reason: str) -> None:
        """End every action without an entry as not attempted."""
        known = {each.action_id for each in self.journal.entries(self.run)}
        left = [each for each in self.plan.actions if each.id not in known]
        self.ended([Result(Ending.NOT_ATTEMPTED, reason=reason, action=each) for each in left])

    def end_recovered(self) -> None:
        """End an interrupted run whose actions in flight have been looked up.

        Its verdict is no longer known, so the next run is not compared with it.
        """
        now = instant_text(self.operator.now())
        with self.journal.at_once():
            counts, entries = self.journal.counts(self.run), self.journal.entries(self.run)
            listed = self._still_in(entries)
            self.journal.finish(self.run, counts, now, still_in=listed)
            self._remember_listed(listed)
            self._remember_deactivated(entries)
            self.journal.interrupted(self.run)
            self._write_what_is_left(entries)
        self._note_end()

    def _forget_what_healed(self) -> None:
        self.journal.forget_all_but(self.name, planned_parts(self.plan))

    def finish(self, verdict: Verdict | None = None) -> None:
        """End the run; all of its actions have an ending.

        The next run is not compared with this one if guards distrust the source or the target.
        """
        distrusted = verdict is not None and verdict.shrank
        comparable = not (self._elsewhere or distrusted)
        source = next(read for read in self.plan.reads if read.name == "source")
        records = source.readable if source.complete and comparable else None
        now = instant_text(self.operator.now())
        with self.journal.at_once(), self._going_on():
            if comparable:  # a record missing from a distrusted list has not recovered
                self._forget_what_healed()
            counts, entries = self.journal.counts(self.run), self.journal.entries(self.run)
            listed = self._still_in(entries)
            self.journal.finish(
                self.run,
                counts,
                now,
                records,
                self.plan.managed if records is not None else None,
                listed,
                as_written(self.plan.reads, self._written(entries), self.plan.notable),
            )
            self._remember_listed(listed)
            self._remember_deactivated(entries)
            if distrusted:
                self._keep_leavers()
            self._write_what_is_left(entries)
        self._note_end()

    def _write_what_is_left(self, entries: Sequence[JournalEntry]) -> None:
        """Store how people still differ after the run, and the output that was lost."""
        store_lost(self.journal, self.run)
        write_discrepancies(self.journal, self.run, self.plan, entries)

    def _keep_leavers(self) -> None:
        """Store the leavers whose linked record is missing: an incomplete list may hide it."""
        from oneway.history.journal.links import links
        from oneway.history.journal.refused_leavers import store_leavers

        missing = {
            each.source_id
            for each in self.plan.notable
            if each.source_id and any(reason.code == UNMATCHED for reason in each.reasons)
        }
        if missing:
            linked = links(self.journal, self.name).targets.keys()
            store_leavers(self.journal, self.run, missing & linked)

    def _note_end(self) -> None:
        run = self.journal.run(self.run)
        if run is not None:
            counts = {name: count for name, count in run.counts.items() if count}
            note("run", run=run.id, state=run.state.value, still_in=len(run.still_in), **counts)

    def _written(self, entries: Sequence[JournalEntry]) -> list[Action]:
        """Return the actions that were done, or may have been."""
        ends, happened = ends_of(entries), (Ending.DONE, Ending.UNKNOWN)
        known = (each for each in self.plan.actions if each.id in ends)
        return [each for each in known if ends[each.id].ending in happened]

    def _still_in(self, entries: Sequence[JournalEntry]) -> tuple[StillIn, ...]:
        """Return who has left and can still get in, according to the journal."""
        from oneway.history.journal.flapping import reverted_by

        undone = reverted_by(self.journal, self.name, self.run)
        due = self._since.due
        found = still_in(self.plan, ends_of(entries), undone=undone.keys(), due=due)
        return (*self._since.of(found), *self._let_in(entries))

    def _remember_listed(self, listed: Sequence[StillIn]) -> None:
        """Store what the next run must know about records that were listed before this run."""
        from oneway.history.journal.listed_records import store_listed
        from oneway.history.last_good import knows_everybody, last_still_in, remembered_records

        name, past = self.name, tuple[Run, ...]()
        for number in (1, _LOOK_BACK):  # nearly always the last run knows everybody
            past = self.journal.runs(name, limit=number, before=self.run)
            if not past or knows_everybody(past[0]):
                break
        before = joined(records_of(last_still_in(past)), remembered_records(self.journal, past))
        if self.left is not None:
            before = {id: whose for id, whose in before.items() if id not in self.left.past}
        if before:
            ended = ended_by(self.plan, before) | self._since.ended
            store_listed(self.journal, self.run, carried_on(before, listed, ended))

    def _remember_deactivated(self, entries: Sequence[JournalEntry]) -> None:
        """Store whom the run deactivated as absent from the source."""
        from oneway.history.journal.links import links

        written = (each for each in self._written(entries) if each.verb is Verb.DEACTIVATE)
        done = {each.target_id for each in written if each.target_id is not None}
        if not done:
            return
        from oneway.history.journal.said_left import store_left, stored_left

        name = self.name
        owned = with_owners(done, links(self.journal, name).targets)
        _, left = stored_left(self.journal, name) or (0, NOBODY_LEFT)
        more = replace(left, records=joined(left.records, owned))
        store_left(self.journal, name, self.run, more)

    def _let_in(self, entries: Sequence[JournalEntry]) -> Iterator[StillIn]:
        """Yield people whose create was in doubt, and who vanished before it was known to be done.

        Leaves out people whose record was closed by then.
        """
        for each in entries:
            id, end, known = each.source_id or "", each.end, self._created.get(each.action_id)
            found = end is not None and end.reason == FOUND and end.code != OUT_BY_NOW
            if known and end is not None and found and id in self._since.vanished:
                why = let_in([id])[id]
                yield StillIn(known.key, known.label, id, end.target_id, why, may_have_left=True)

    def _learn_created(self, results: Sequence[Result]) -> None:
        created = [
            (self._created[each.action.id], each.target_id)
            for each in results
            if each.action.id in self._created
            and each.ending is Ending.DONE
            and each.target_id is not None
        ]
        if created:
            name, now = self.name, instant_text(self.operator.now())
            learn_created(self.journal, name, created, now, self._names)


def start_of_none(operator: Operator, mapping: str, connection: str) -> RunStart:
    """Return the journal's record of a run that ended without a plan."""
    return RunStart(
        mapping=mapping,
        digest="",
        fingerprint="",
        as_of="",
        started=instant_text(operator.now()),
        by=operator.name,
        connection=connection,
        why=operator.why,
        version=__version__,
        host=gethostname(),
        zone=operator.zone,
    )


def start_of(plan: Plan, operator: Operator, approval: Approval) -> RunStart:
    """Return the journal's record of the start of a run."""
    connection = connection_of(plan, operator.state.path)
    start = start_of_none(operator, plan.mapping, connection)
    return replace(
        start,
        started=approval.began or start.started,
        digest=plan.mapping_digest,
        fingerprint=fingerprint(plan),
        as_of=plan.as_of,
        allowed=plan.allowed,
        breaches=tuple(
            Breached(b.name, b.text, approval.verdict.allow(b), b.blocked)
            for b in approval.verdict.breaches
        ),
    )
