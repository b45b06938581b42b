"""The effect of an edit: the plans that `oneway plan` makes of both versions, and their guards."""

from collections.abc import Callable
from dataclasses import replace

from oneway.connections.connection import Connection
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Findings, Refused
from oneway.core.progress import Progress
from oneway.mapping.compiler import Compiled
from oneway.mapping.spec import GuardsSpec
from oneway.planning.access import still_in
from oneway.planning.breach import Breach
from oneway.planning.endings import End, Ending
from oneway.planning.guard_kinds import LooserGuard, looser_guards
from oneway.planning.impact import Impact, PlanFate, impact
from oneway.planning.plan import Outcomes, Plan
from oneway.runs.compare.connection_edits import edited_in_connection, redirected
from oneway.runs.compare.edited_part import EditedPart
from oneway.runs.compare.edited_parts import edited_parts
from oneway.runs.compare.version_files import VersionFiles
from oneway.runs.open_questions import is_open
from oneway.runs.prepare.as_run import as_run_by
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import RunRequest
from oneway.runs.prepare.validate_connection import connection_mistakes
from oneway.runs.preview import Preview, errors_in, preview
from oneway.runs.read import Known, read_together
from oneway.runs.session import OLDER_STORE, Operator, RunSession
from oneway.runs.systems import OpenSystems


@dataclass(frozen=True, slots=True)
class Version:
    """What `oneway plan` says of one version of a mapping.

    If the version before cannot even be planned, its plan is empty, and the errors say why.
    `remembers`: the store has a run before it, so that links and earlier runs count.
    """

    plan: Plan
    errors: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    breaches: tuple[Breach, ...] = ()
    fate: PlanFate = PlanFate()
    remembers: bool = False
    guards: GuardsSpec | None = None
    """None for a version that cannot be planned."""

    @property
    def open_questions(self) -> bool:
        """Whether a question is open, so that the plan cannot be applied."""
        return is_open(self.plan)

    @property
    def writes_nothing(self) -> bool:
        """Whether the plan may not be applied at all."""
        return bool(self.errors) or self.open_questions

    @property
    def still_in(self) -> frozenset[tuple[str | None, str | None]]:
        """Who has left and can still get in after the plan, by both ids."""
        return frozenset((each.source_id, each.target_id) for each in self.fate.still_in)


@dataclass(frozen=True, slots=True)
class EditImpact:
    """What an edit changes for people, and what the plans of both versions say beside that."""

    impact: Impact
    before: Version
    after: Version
    planned_before: bool = True
    """Whether there is a plan of the version before."""
    edited: tuple[EditedPart, ...] | None = ()
    """The parts with another meaning; None if the version before is not valid."""
    redirected: tuple[EditedPart, ...] = ()
    """What leads source or target to another system or account."""

    @property
    def loosens_guards(self) -> bool:
        """Whether a guard lets more through than before, or may, if it cannot be compared."""
        return self.edited is None or bool(self.looser)

    @property
    def keeps_access(self) -> bool:
        """Whether a person keeps access, or may, if the version before cannot be planned."""
        return not self.planned_before or bool(self.impact.keep_access)

    @property
    def leads_elsewhere(self) -> bool:
        """Whether another system or account is read or written, or may be, if it is not known."""
        return self.edited is None or bool(self.redirected)

    @property
    def newly_fired(self) -> tuple[Breach, ...]:
        """The guards that the new version sets off, and the old one does not."""
        return _only(self.after, self.before, lambda each: each.name)

    @property
    def ceased(self) -> tuple[Breach, ...]:
        """The guards that the old version sets off, and the new one does not."""
        return () if self.after.errors else _only(self.before, self.after, lambda each: each.name)

    @property
    def looser(self) -> tuple[LooserGuard, ...]:
        """The guards that let more through in the new version, whether or not they fire now."""
        was, now = self.before.guards, self.after.guards
        return () if was is None or now is None else tuple(looser_guards(was, now))

    @property
    def said_now(self) -> tuple[Breach, ...]:
        """The guards of the new version whose message the old version does not have."""
        return _only(self.after, self.before, lambda each: each.text)

    @property
    def new_remarks(self) -> tuple[str, ...]:
        """What only the new plan remarks, such as an open question."""
        known = {each.text for each in self.before.plan.remarks}
        return tuple(each.text for each in self.after.plan.remarks if each.text not in known)

    @property
    def new_warnings(self) -> tuple[Diagnostic, ...]:
        """What only the new version warns of about the inputs."""
        known = {(each.code, each.summary) for each in self.before.warnings}
        return tuple(
            each
            for each in self.after.warnings
            if each.code == OLDER_STORE or (each.code, each.summary) not in known
        )


def _only(one: Version, other: Version, said: Callable[[Breach], str]) -> tuple[Breach, ...]:
    known = {said(each) for each in other.breaches}
    return tuple(each for each in one.breaches if said(each) not in known)


def edit_impact(
    request: RunRequest,
    old: VersionFiles,
    operator: Operator,
    progress: Progress,
    *,
    retry_now: bool = False,
) -> EditImpact:
    """Return how the plan of a mapping, or of a connection, differs from that of its old version.

    Both plans are those that `oneway plan` makes, over one store, which stays as it is, and over
    the systems as they are reached now. What both versions read in the same way is read once.
    Raises `Refused` if the version now cannot be planned.
    """
    asked = old.asked_in_place_of(request)
    compiled = _compiled(asked, old)
    new = prepare_run(request, beside=compiled)
    edits = _edits(compiled, new.compiled, old.connection, request.connection)
    folder = operator.state.path
    with OpenSystems(new, folder if folder.is_dir() else None) as systems:
        earlier: PreparedRun | None = None
        why: tuple[Diagnostic, ...] = ()
        try:
            earlier = prepare_run(asked, old.mapping, new.compiled)
        except Refused as refused:
            why = errors_in(old.mistakes or refused.diagnostics)
        known = read_together(earlier, new, systems, progress) if earlier is not None else {}
        plans = _Previews(operator, progress, known, retry_now)
        after = plans.of(new, systems)
        if earlier is not None:
            try:
                with systems.of_version(earlier) as own:
                    return _compared(plans.of(earlier, own), after, edits)
            except Refused as refused:
                why = errors_in(refused.diagnostics)
        nobody = replace(after.plan, outcomes=Outcomes(()), remarks=())
        return _compared(Version(nobody, why), after, edits, planned=False)


_Edits = tuple[tuple[EditedPart, ...] | None, tuple[EditedPart, ...]]
"""The edited parts, None if the version before has none, and those that lead elsewhere."""


def _edits(
    old: Compiled | None, new: Compiled, was: Connection | None, now: Connection | None
) -> _Edits:
    if old is None:
        return None, ()
    own = now.written.document if now is not None else None
    was = now if was is None else was
    found = edited_parts(as_run_by(old, was), as_run_by(new, now), own)
    if was is not None and now is not None:
        found += edited_in_connection(was, now)
    return found, redirected(old.spec, new.spec, was, now)


def _compiled(request: RunRequest, old: VersionFiles) -> Compiled | None:
    """Return the version before, compiled; None if its mapping or its connection has a mistake.

    An option that the connector does not have, or that is secret, may hold a credential: what such
    a connection said is not compared, so that its values are not shown.
    """
    connection = request.connection
    manifests = connection.manifests if connection is not None else None
    try:
        made, known = compile_data(old.mapping, request.mapping, request.folders, manifests)
        if old.connection is not None:
            Findings(list(connection_mistakes(old.connection, made, known))).refuse_errors()
    except Refused:
        return None
    return made


@dataclass(frozen=True, slots=True)
class _Previews:
    """Plans versions of a mapping over the same inputs and the same store."""

    operator: Operator
    progress: Progress
    known: Known
    retry_now: bool

    def of(self, prepared: PreparedRun, systems: OpenSystems) -> Version:
        """Return what `oneway plan` says of a version, of everybody in the inputs."""
        with RunSession(prepared, self.operator, systems, looks=True) as session:
            shown = preview(
                session, self.progress, retry_now=self.retry_now, whole=True, known=self.known
            )
            past = session.past
            remembers = past is not None and bool(past.runs(session.past_name, limit=1))
            remembers = remembers or bool(session.unread)  # which a warning says
        return Version(
            shown.plan,
            shown.errors,
            tuple(each for each in shown.findings if each not in shown.errors),
            shown.verdict.breaches,
            _fate(shown),
            remembers,
            prepared.guards,
        )


def _compared(
    before: Version, after: Version, edits: _Edits, *, planned: bool = True
) -> EditImpact:
    found = impact(before.plan, after.plan, before.fate, after.fate)
    if not planned:
        # Only people to whom something happens: the others were not looked at before.
        acting = tuple(each for each in found.people if each.shown.actions)
        found = replace(found, people=acting)
    return EditImpact(found, before, after, planned, *edits)


def _fate(shown: Preview) -> PlanFate:
    """Return what a plan would not send, with what depends on it, and who can still get in."""
    plan = shown.plan
    unsent = dict(shown.unsent)
    if shown.errors or is_open(plan):
        unsent = {each.id: _NOT_SENT for each in plan.actions}
    waiting = [each for each in plan.actions if each.depends_on] if unsent else []
    more = True
    while more:
        late = [
            e.id
            for e in waiting
            if e.id not in unsent and not unsent.keys().isdisjoint(e.depends_on)
        ]
        unsent |= dict.fromkeys(late, _NOT_SENT)
        more = bool(late)
    listed = still_in(plan, unsent, undone=shown.memory.reverted, planned=True)
    return PlanFate(unsent, listed)


_NOT_SENT = End(Ending.NOT_ATTEMPTED)
