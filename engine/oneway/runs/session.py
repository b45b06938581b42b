"""The session of a run: what all its steps share, each opened or worked out once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from oneway.applying.watch import never
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity
from oneway.core.seal import Seal, canonical
from oneway.history.journal import Why
from oneway.history.name_digests import NameDigests
from oneway.planning.said_left import SaidLeft
from oneway.runs.past.predecessor import Predecessor, predecessor_of
from oneway.runs.prepare.prepared import PreparedRun, credentials_of
from oneway.runs.prepare.whereabouts import systems_text
from oneway.runs.systems import OpenSystems
from oneway.state.folder import StateFolder

if TYPE_CHECKING:
    from oneway.applying.result import Result
    from oneway.history.journal import Journal
    from oneway.history.journal.lease import Lease


OLDER_STORE = "F126"
"""The code of a store that must be migrated before it can be read."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who applies a plan, with which state folder; `now` is the clock, for the journal.

    `stopping` is called before each action, and ends the run if it returns true. `leases` are the
    leases held, by connection (`hold_lock`). `zone` is the time zone in which the run's
    times are shown; "" for UTC.
    """

    name: str
    state: StateFolder
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = never
    why: Why = Why.HAND
    leases: dict[str, "Lease"] = field(default_factory=dict, repr=False, compare=False)
    zone: str = ""


class RunSession:
    """A run's systems, journal and seal, each opened once and shared by all steps of the run.

    The journal is opened at first use, and closed with the session. `systems` are those of the
    request unless others are given; their connections close with a block of their own. A session
    that only `looks` neither creates nor migrates a journal.
    """

    def __init__(
        self,
        prepared: PreparedRun,
        operator: Operator,
        systems: OpenSystems | None = None,
        *,
        looks: bool = False,
    ) -> None:
        self.prepared = prepared.at_home(operator.state.path)
        self.operator = replace(operator, zone=prepared.zone)
        self.systems = systems or OpenSystems(prepared, operator.state.path)
        self._journal: Journal | None = None
        self._looks = looks
        self.unread: tuple[Diagnostic, ...] = ()
        """Why the journal is not read, if it is of an older version that only a run may migrate."""
        self._predecessor: Predecessor | None = None
        self._sought = False
        self.last_as_of: datetime | None = None
        """The as-of instant of the last run: nothing is planned by an earlier one."""
        self.recovered: tuple[Result, ...] = ()
        """How the actions ended that an interrupted run had left in flight."""
        self.leaving: frozenset[str] = frozenset()
        """The source ids of people who leave according to what was read, if the run is refused."""
        self.left: SaidLeft | None = None
        """Whom the source has said to have left, by the last plan of the run."""

    @property
    def name(self) -> str:
        """The name under which the journal files this run, its predecessors and its successors."""
        return self.prepared.connection_name

    @property
    def predecessor(self) -> Predecessor | None:
        """The history that this run continues, if the mapping was edited (`predecessor_of`)."""
        if not self._sought:
            past = self.past
            self._predecessor = None
            if past is not None:
                self._predecessor = predecessor_of(past, self.prepared, self.names)
            self._sought = True
        return self._predecessor

    @property
    def past_name(self) -> str:
        """The name under which the journal files the runs before this one."""
        found = self.predecessor
        return found.name if found is not None and found.continues else self.name

    def take_over(self) -> None:
        """Store the history that this run continues under the run's own name."""
        found = self.predecessor
        if found is not None and found.continues and found.name != self.name:
            self.journal.rename(found.name, self.name)
            self._predecessor = replace(found, name=self.name)

    @cached_property
    def place(self) -> tuple[str, str]:
        """Keyed digests of the systems of the run, and of where their credentials are kept.

        They are the same under all names of the mapping, its files and its connection.
        """
        prepared, inputs = self.prepared, self.prepared.inputs
        refs = [credentials_of(prepared, inputs[role]) for role in ("source", "target")]
        systems = systems_text(prepared.plan_inputs, prepared.home)
        return self.seal.mac(f"systems {systems}"), self.seal.mac(f"account {canonical(refs)}")

    @property
    def only_changed(self) -> bool:
        """Whether records that have not changed since the last run are skipped."""
        connection = self.prepared.request.connection
        return connection is not None and connection.only_changed

    @property
    def state(self) -> StateFolder:
        """The state folder."""
        return self.operator.state

    @property
    def seal(self) -> Seal:
        """The seal with the state folder's key."""
        return self.state.seal()

    @property
    def names(self) -> NameDigests:
        """What digests people's names for their links."""
        return NameDigests(self.seal, self.prepared.compiled.code.label)

    @property
    def journal(self) -> "Journal":
        """The open journal, created if needed; raises `Refused` if it cannot be used."""
        if self._journal is None:
            assert not self._looks, "a session that only looks creates no journal"
            from oneway.history.journal import Journal  # slow to import, and few plans have a past

            self._journal = Journal.open(self.state.journal)
        return self._journal

    @property
    def past(self) -> "Journal | None":
        """The open journal, or None if nothing was ever journalled."""
        if self._journal is None and self._looks:
            self._journal = None if self.unread else self._looked_at()
            return self._journal
        return self.journal if self._journal is not None or self.state.has_journal else None

    def _looked_at(self) -> "Journal | None":
        if not self.state.has_journal:
            return None
        from oneway.history.journal import Journal

        try:
            return Journal.look(self.state.journal)
        except Refused as refused:
            if any(each.code != OLDER_STORE for each in refused.diagnostics):
                raise
            said = "; links and earlier runs are not considered"
            self.unread = tuple(
                replace(each, severity=Severity.WARNING, summary=f"{each.summary}{said}")
                for each in refused.diagnostics
            )
        return None

    @contextmanager
    def as_of_now(self) -> Iterator[None]:
        """Let the block plan as of the clock's instant, or the last run's if that is later."""
        kept, now = self.prepared, self.now()
        self.prepared = kept.as_of(max(now, self.last_as_of or now))
        try:
            yield
        finally:
            self.prepared = kept

    def now(self) -> datetime:
        """Return the operator's present."""
        return self.operator.now()

    def not_before(self, instant: datetime) -> None:
        """Move the present up to an instant if it is earlier."""
        clock = self.operator.now
        self.operator = replace(self.operator, now=lambda: max(clock(), instant))

    def stop_when(self, stopping: Callable[[], bool]) -> None:
        """Return whether `stopping` asks to end before the next action."""
        self.operator = replace(self.operator, stopping=stopping)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
