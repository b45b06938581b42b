"""The effect of an edit: plans both versions of a mapping over the same records."""

from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.progress import Progress
from oneway.core.records import Snapshot
from oneway.core.seal import Seal
from oneway.mapping.lookup_table import tabulate
from oneway.planning.breach import Breach
from oneway.planning.guards import judge
from oneway.planning.impact import Impact, impact
from oneway.planning.plan import Plan
from oneway.runs.plan import plan_of
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.read import ReadInputs, read_inputs
from oneway.runs.systems import OpenSystems

_SEAL = Seal(b"the effect of an edit is shown, and not kept")


@dataclass(frozen=True, slots=True)
class EditImpact:
    """What an edit changes for people, and the guards that fire before and after it."""

    impact: Impact
    fired_before: tuple[Breach, ...]
    fired_after: tuple[Breach, ...]
    before: Plan
    after: Plan

    @property
    def newly_fired(self) -> tuple[Breach, ...]:
        """The guards that the new version sets off, and the old one does not."""
        names = {each.name for each in self.fired_before}
        return tuple(each for each in self.fired_after if each.name not in names)


def edit_impact(
    old: PreparedRun, new: PreparedRun, systems: OpenSystems, progress: Progress
) -> EditImpact:
    """Return how the new version of a mapping treats people differently from the old one.

    `systems` are those of the new version. Inputs that both versions read are read once. Raises
    `Refused` if a read fails.
    """
    after = read_inputs(new, systems, progress)
    before = _with(old, after, new) or _read(old, systems, progress)
    plans = [plan_of(each, found, _SEAL) for each, found in ((old, before), (new, after))]
    verdicts = [judge(plan, each.guards) for plan, each in zip(plans, (old, new), strict=True)]
    fired_before, fired_after = (tuple(verdict.breaches) for verdict in verdicts)
    return EditImpact(impact(*plans), fired_before, fired_after, *plans)


def _read(old: PreparedRun, systems: OpenSystems, progress: Progress) -> ReadInputs:
    with OpenSystems(old, systems.shared) as own:
        return read_inputs(old, own, progress)


def _with(old: PreparedRun, found: ReadInputs, new: PreparedRun) -> ReadInputs | None:
    """Return the inputs as the old version sees them; None if it reads other resources."""
    ours, theirs = old.inputs, new.inputs
    snapshots = {each: _snapshot(found, role) for role, each in theirs.items()}
    if not set(ours.values()) <= snapshots.keys():
        return None
    codes = old.compiled.code.references
    references = {code.name: snapshots[ours[f"references.{code.name}"]] for code in codes}
    tables = {code.name: tabulate(code, references[code.name], old.context) for code in codes}
    program = old.compiled.bind(old.context, tables)
    return replace(found, references=references, tables=tables, program=program)


def _snapshot(found: ReadInputs, role: str) -> Snapshot:
    if role == "source":
        return found.source
    return found.target if role == "target" else found.references[role.removeprefix("references.")]
