"""Applies an approved plan, and journals every step."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field, replace
from socket import gethostname
from typing import TYPE_CHECKING

from oneway import __version__
from oneway.applying.apply import ApplySystems, Approved, Earlier, Result, Watch, apply
from oneway.applying.preconditions import LiveState
from oneway.applying.unknown_writes import Sent, TargetMemory
from oneway.core.connector import MOST_IN_FLIGHT
from oneway.core.dataclass import dataclass
from oneway.core.progress import Progress, silent
from oneway.core.seal import Seal
from oneway.core.telemetry import note
from oneway.history.digests import digests_of
from oneway.history.flapping import planned_parts
from oneway.history.journal import Breached, JournalEntry, RunStart
from oneway.history.links import learn_created, matched
from oneway.mapping.program import Program
from oneway.mapping.spec import GuardKind
from oneway.planning.access import MORE_CHANGED, UNMATCHED, StillIn, still_in
from oneway.planning.breach import Verdict
from oneway.planning.guards import counted_as
from oneway.planning.leaving_doubts import as_written
from oneway.planning.plan import Action, End, Ending, Plan, Verb
from oneway.planning.plan_file import dump, fingerprint
from oneway.runs.lost_output import keep_lost
from oneway.runs.past.discrepancies import ends_of, write_discrepancies
from oneway.runs.prepare.prepared import connection_of, lag_of, side_of
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.session import Operator, RunSession
from oneway.runs.systems import RefusesWrites

if TYPE_CHECKING:
    from oneway.history.journal import Journal


@dataclass(frozen=True, slots=True)
class Approval:
    """The fingerprint that was approved, what the guards say, and what is not sent today."""

    fingerprint: str
    verdict: Verdict
    postponed: Mapping[str, End] = field(default_factory=dict)
    """How each action ends that waits because the target refused it before, by action id."""
    kept: Mapping[str, bytes] = field(default_factory=dict)
    """What the plan was derived from, to be kept with the run."""
    began: str = ""
    """The instant at which the run began to read; blank if it reads nothing."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Why actions of a saved plan are not sent that a new plan would not send, by action id."""

    def of(self, earlier: Earlier) -> Approved:
        """Return the approval for an apply, including what an earlier try left behind."""
        blocked = self.verdict.ends()
        return Approved(self.fingerprint, blocked, self.postponed, earlier, self.stale)


def apply_plan(
    session: RunSession,
    plan: Plan,
    approval: Approval,
    program: Program,
    progress: Progress = silent,
) -> Iterator[Result]:
    """Apply an approved plan and yield how each action ended.

    The journal says that the run has ended once the last action has. Raises `Refused` before any
    write if the plan is not the approved one or the journal cannot be written, and `Stopped` if
    the operator stops the run.
    """
    telling = not session.prepared.reads_elsewhere
    log = RunLog(session.journal, plan, session.operator, approval, telling=telling)
    memory, saved = target_memory(session, plan), not approval.began
    systems = apply_systems(session, program, memory, saved=saved)
    if plan.actions and isinstance(systems.writer, RefusesWrites):
        systems.writer.refuse_unwritable()
    watch = Watch(progress, session.operator.stopping)
    yield from apply(plan, approval.of(Earlier()), systems, log, watch)
    # Not reached by a run that is stopped midway: it has not ended.
    log.finish(approval.verdict)


def target_memory(
    session: RunSession, plan: Plan, entries: Sequence[JournalEntry] = ()
) -> TargetMemory:
    """Return what is known of the target beyond what it shows; `entries` are what was sent."""
    # With the store, and not before it is used:
    from oneway.history.journal.links import created_records, links

    name = connection_of(plan)
    known = links(session.journal, name).pairs
    owners = {each.target_id: each.source_id or "" for each in plan.parts if each.target_id}
    sent = {
        each.action_id: Sent(
            at=parse_instant(each.sent_at) if each.sent_at else None,
            job=each.end.job if each.end is not None else "",
            record=(each.target_id or "") if each.verb is Verb.CREATE else "",
        )
        for each in entries
    }
    return TargetMemory(
        connection=name,
        lag=lag_of(session.prepared),
        now=session.now(),
        owners=owners | {target_id: source_id for source_id, target_id in known},
        linked=dict(known),
        sent=sent,
        created=created_records(session.journal, name),
        zone=session.prepared.zone,
    )


def apply_systems(
    session: RunSession, program: Program, memory: TargetMemory, *, saved: bool = True
) -> ApplySystems:
    """Return the systems that an apply reads and writes; `saved` as in `LiveState`."""
    systems, inputs = session.systems, session.prepared.inputs
    source, target = systems.reader(inputs["source"]), systems.reader(inputs["target"])
    live = LiveState(program, source, target, session.seal, saved)
    sides = (side_of(session.prepared, inputs[name]) for name in ("source", "target"))
    own = [each.concurrency for each in sides if each.concurrency is not None]
    at_most = min(own, default=MOST_IN_FLIGHT)
    return ApplySystems(live, systems.writer(inputs["target"]), memory, at_most)


class RunLog:
    """Journals the steps of one run.

    `of` is an earlier run, or the approval of a new one. A new run begins, and a resumed one
    reopens, with its first step: a refusal before that changes nothing. The next run is compared
    with this one only where it is `telling`: it has read what its connection says.
    """

    def __init__(
        self,
        journal: "Journal",
        plan: Plan,
        operator: Operator,
        of: int | Approval,
        *,
        resuming: bool = False,
        telling: bool = True,
    ) -> None:
        self.journal = journal
        self.plan = plan
        self.operator = operator
        self.seal: Seal = operator.state.seal()
        # The run must hold its lease for everything it writes down from here on.
        journal.lease = operator.leases.get(connection_of(plan))
        self._of = of
        self._start: tuple[RunStart, str] | None = None
        self._resuming = resuming
        self._telling = telling
        self._counted = counted_as(plan)
        self._created = {
            action.id: each
            for each in plan.notable
            for action in each.actions
            if action.verb is Verb.CREATE
        }

    def prepare(self) -> None:
        """Prepare the record of the run's start, which takes a while."""
        if isinstance(self._of, Approval) and self._start is None:
            # Not earlier: a plan that is refused before its first step has sent nothing.
            self._start = start_of(self.plan, self.operator, self._of), dump(self.plan)

    @property
    def run(self) -> int:
        if isinstance(self._of, Approval):
            self.prepare()
            assert self._start is not None
            (start, text), self._start = self._start, None
            seen = matched(self.plan, self._of.verdict, start.started)
            kept, planned = self._of.kept, len(self.plan.actions)
            allows = self._allows_side_effects(self._of.verdict)
            self._of = self.journal.begin(start, text, kept, planned, seen)
            if allows:
                from oneway.history.journal.side_effects import let_through

                let_through(self.journal, start.connection, self._of)
            note("run", run=self._of)
        return self._of

    def _allows_side_effects(self, verdict: Verdict) -> bool:
        """Return whether the plan lets records through that updates changed unasked."""
        kind = GuardKind.SIDE_EFFECTS
        allowed = any(each.guard == kind.value for each in self.plan.allowed)
        return allowed and not any(each.kind is kind for each in verdict.breaches)

    def at_once(self) -> AbstractContextManager[None]:
        """Return a block that journals everything in one transaction."""
        _ = self.run  # in a transaction of its own: packing its snapshots takes a while
        return self.journal.at_once()

    def intended(self, action: Action, token: str) -> None:
        """Journal that an action is about to be sent: from now on it may have happened."""
        # The plan's instant, as guards look back from one: not the clock, which may disagree.
        counted, at = self._counted[action.id], self.plan.as_of
        with self._going_on():
            self.journal.intended(self.run, action, token, counted=counted, at=at)
        self.journal.sent(self.run, action.id, instant_text(self.operator.now()))

    def sent_again(self, action: Action) -> None:
        """Journal that what an earlier try sent is about to be sent again."""
        with self._going_on():
            self.journal.sent_again(self.run, action.id, instant_text(self.operator.now()))

    def leaving(self, actions: Sequence[Action]) -> None:
        """Prove again, just before their requests leave, the actions whose proof is old."""
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
                traces = None if each.ending.withheld else digests_of(each.action, self.seal)
                self.journal.ended(self.run, each.action, each.end, traces)
                if each.ending is Ending.UNKNOWN and each.code == MORE_CHANGED:
                    from oneway.history.journal.side_effects import keep_side_effect

                    keep_side_effect(self.journal, self.run, each.action.id)
            self._learn_created(results)

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        """Reopen a resumed run at its first step, which the block takes."""
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
        self.ended([Result(each, Ending.NOT_ATTEMPTED, reason=reason) for each in left])

    def settle(self) -> None:
        """End an interrupted run whose actions all have an ending by now.

        Its verdict is no longer known, so the next run is not compared with it.
        """
        now = instant_text(self.operator.now())
        with self.journal.at_once():
            counts, entries = self.journal.counts(self.run), self.journal.entries(self.run)
            self.journal.finish(self.run, counts, now, still_in=self._still_in(entries))
            self.journal.interrupted(self.run)
            keep_lost(self.journal, self.run)
            write_discrepancies(self.journal, self.run, self.plan, entries)
        self._note_end()

    def _forget_what_healed(self) -> None:
        self.journal.forget_all_but(connection_of(self.plan), planned_parts(self.plan))

    def finish(self, verdict: Verdict | None = None) -> None:
        """End the run, whose actions all have an ending.

        If guards distrust the source or the target, the next run is not compared with this one
        either.
        """
        source = next(read for read in self.plan.reads if read.name == "source")
        good = self._telling and (verdict is None or not verdict.shrank)
        records = source.readable if source.complete and good else None
        now = instant_text(self.operator.now())
        with self.journal.at_once(), self._going_on():
            if good:  # records missing from a distrusted list have not healed
                self._forget_what_healed()
            managed = self.plan.managed if records is not None else None
            counts, entries = self.journal.counts(self.run), self.journal.entries(self.run)
            reads = as_written(self.plan.reads, self._written(entries))
            still = self._still_in(entries)
            self.journal.finish(self.run, counts, now, records, managed, still, reads)
            if verdict is not None and verdict.shrank:
                self._keep_leavers()
            keep_lost(self.journal, self.run)
            write_discrepancies(self.journal, self.run, self.plan, entries)
        self._note_end()

    def _keep_leavers(self) -> None:
        """Store the leavers whose linked record is missing: it may be in what the list lacks."""
        from oneway.history.journal.links import links
        from oneway.history.journal.refused_leavers import store_leavers

        missing = {
            each.source_id
            for each in self.plan.notable
            if each.source_id and any(reason.code == UNMATCHED for reason in each.reasons)
        }
        if missing:
            linked = links(self.journal, connection_of(self.plan)).targets.keys()
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

        undone = reverted_by(self.journal, connection_of(self.plan), self.run)
        return still_in(self.plan, ends_of(entries), undone=undone.keys())

    def _learn_created(self, results: Sequence[Result]) -> None:
        created = [
            (self._created[each.action.id], each.target_id)
            for each in results
            if each.action.id in self._created
            and each.ending is Ending.DONE
            and each.target_id is not None
        ]
        if created:
            name, now = connection_of(self.plan), instant_text(self.operator.now())
            learn_created(self.journal, name, created, now)


def start_of_none(operator: Operator, mapping: str, connection: str) -> RunStart:
    """Return the journal's record of a run that never had a plan."""
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
    """Return the journal's record of a run at its start."""
    connection = connection_of(plan)
    start = start_of_none(operator, plan.mapping, connection)
    return replace(
        start,
        started=approval.began or start.started,
        digest=plan.mapping_digest,
        fingerprint=fingerprint(plan),
        as_of=plan.as_of,
        allowed=plan.allowed,
        breaches=tuple(
            Breached(b.name, b.text, b.allow, b.blocked) for b in approval.verdict.breaches
        ),
    )
