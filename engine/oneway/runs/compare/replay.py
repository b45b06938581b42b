"""Replays a run: derives its plan again from its snapshot, and shows the differences.

The mapping is that of the run, as its bytes were stored; the engine and the manifests are
today's. So a difference is a change in how plans are made: a newer version, a manifest, or an
altered snapshot. With another mapping, it shows the plan that this one would have made from the
run's inputs.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from oneway import __version__
from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, refusal
from oneway.core.records import Record, Value
from oneway.core.redacted import Redacted
from oneway.core.seal import Seal
from oneway.documents.yaml_source import LIMIT
from oneway.history.journal import Journal, Run, RunState
from oneway.mapping.compiler import Compiled
from oneway.mapping.policy import Policy
from oneway.mapping.program import LeftAnswer, OwnTable, Written
from oneway.mapping.rows import Cell, SourceRow, TargetRow
from oneway.planning.compare import PlanDifference, differences
from oneway.planning.ineffective import LeftWith
from oneway.planning.plan import Plan
from oneway.planning.plan_file import dump, fingerprint, load
from oneway.planning.planner import Header, RowsToPlan, plan_rows
from oneway.runs.compare.capture import INPUTS, MAPPING, UNKEPT, shape_of
from oneway.runs.compare.evaluate import ReEvaluation
from oneway.runs.prepare.compilation import compile_data, read_file
from oneway.runs.prepare.request import parse_instant
from oneway.runs.snapshot import snapshot_file
from oneway.runs.snapshot.projection import Projection
from oneway.runs.snapshot.snapshot_file import RunSnapshot

_SHOWN = "its plan can be shown (`oneway runs show RUN`), and cannot be derived again"


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of replaying a run.

    `fingerprint` is that of the run's plan, `derived` that of the plan derived now ("" where
    the rows do not fit today's program). `version` is the engine's that planned the run.
    """

    run: int
    same: bool
    fingerprint: str
    derived: str
    version: str
    remarks: tuple[str, ...] = ()
    differences: tuple[PlanDifference, ...] = ()


def replay(
    journal: Journal, run: Run, folders: Sequence[Path], mapping: str | None = None
) -> Replay:
    """Derive a run's plan again, by its own mapping or the one in a file.

    Manifests are looked for in `folders`. Raises `Refused` if the run's snapshot is missing or
    damaged, or if it lacks what the other mapping needs.
    """
    text = journal.plan_of(run.id)
    names = journal.stored_data(run.id, INPUTS, MAPPING, UNKEPT)
    where = f"run {run.id}"
    _refuse_not_stored(run, text, names)
    before = load(text.encode(errors="surrogatepass"), where)
    snapshot = snapshot_file.load(names[INPUTS], where)
    if hashlib.sha256(names[MAPPING]).hexdigest() != snapshot.header.mapping_digest:
        raise refusal(
            "F131", where, "the mapping that was stored with this run has been changed", _SHOWN
        )
    then = _recompiled(names[MAPPING], snapshot, folders)
    remarks = tuple(_remarks(snapshot, mapping))
    wrong = unfit(snapshot, then.code.policy)
    if wrong:
        return Replay(run.id, False, fingerprint(before), "", snapshot.version, remarks, wrong)
    if mapping is not None:
        after = _by_another(snapshot, then, mapping, folders)
        found = tuple(each for each in differences(before, after) if not _is_of_place(each))
        prints = (fingerprint(before), fingerprint(after))
        return Replay(run.id, not found, *prints, snapshot.version, remarks, found)
    after = replayed(re_evaluation(snapshot, then, then), snapshot.header)
    same = dump(after) == text
    found = () if same else tuple(differences(before, after)) or (_ELSEWHERE,)
    prints = (fingerprint(before), fingerprint(after))
    return Replay(run.id, same, *prints, snapshot.version, remarks, found)


def _by_another(
    snapshot: RunSnapshot, then: Compiled, mapping: str, folders: Sequence[Path]
) -> Plan:
    """Return the plan that another mapping makes of the stored inputs."""
    now = compile_data(read_file(mapping, LIMIT + 1), mapping, folders)[0]
    again = re_evaluation(snapshot, then, now)
    lacking = again.lacking()
    if lacking:
        help = "a run keeps what its own mapping reads; plan with today's data to see it"
        raise Refused(
            Diagnostic(
                Span(mapping), Severity.ERROR, "F134", f"nothing was stored for {each}", help
            )
            for each in lacking
        )
    header = replace(
        snapshot.header,
        mapping_file=mapping,
        mapping_digest=now.spec.digest,
        settings=again.context.settings,
    )
    return replayed(again, header)


def _is_of_place(each: PlanDifference) -> bool:
    """Return whether any two mappings differ in this way."""
    return each.what in ("mapping file", "mapping digest") or each.what.startswith("place of ")


def _refuse_not_stored(run: Run, text: str, names: Mapping[str, bytes]) -> None:
    where = f"run {run.id}"
    if not text and run.state is RunState.REFUSED:
        help = f"`oneway runs show {run.id}` shows the error"
        raise refusal("F130", where, "an error stopped this run before it had a plan", help)
    if UNKEPT in names:
        why = names[UNKEPT].decode(errors="replace")
        help = f"`oneway runs show {run.id}` shows its plan"
        raise refusal("F130", where, f"the inputs of its plan were not stored: {why}", help)
    if not text or INPUTS not in names or MAPPING not in names:
        summary = "the inputs of its plan were not stored"
        help = "runs of sync, serve and run-due store them, runs of `oneway apply` do not"
        raise refusal("F130", where, summary, help)


def _recompiled(mapping: bytes, snapshot: RunSnapshot, folders: Sequence[Path]) -> Compiled:
    file = snapshot.header.mapping_file
    try:
        return compile_data(mapping, file, folders)[0]
    except Refused as refused:
        summary = "the mapping of that run does not compile with today's engine and connectors"
        help = f"it was planned by oneway {snapshot.version}; this is {__version__}"
        first = Diagnostic(Span(file), Severity.ERROR, "F133", summary, help)
        raise Refused([first, *refused.diagnostics]) from None


def _remarks(snapshot: RunSnapshot, mapping: str | None) -> Iterator[str]:
    if snapshot.version != __version__:
        yield f"it was planned by oneway {snapshot.version}; this is {__version__}"
    if mapping is not None:
        yield f"derived by {mapping} as it is now, and compared with the earlier plan"
        return
    file = snapshot.header.mapping_file
    try:
        now = hashlib.sha256(read_file(file, LIMIT + 1)).hexdigest()
    except Refused:
        yield f"{file} is not there any more; the mapping is the stored one"
        return
    if now != snapshot.header.mapping_digest:
        was = snapshot.header.mapping_digest[:12]
        yield f"{file} was changed since ({was} then, {now[:12]} now); the mapping is that of then"


_ELSEWHERE = PlanDifference("", "", "the text of the plan", None, None)


class StoredSeal(Seal):
    """Seals with the digests that were stored; it has no key."""

    __slots__ = ("_deactivated",)

    def __init__(self, deactivated: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(b"")
        self._deactivated = deactivated

    def digest(self, record: str, field: str, value: Value) -> str:
        """Return the digest that was stored; blank if the run had none."""
        found: object = value[-1] if isinstance(value, list) and value else value
        if isinstance(found, Redacted) and found.digest:
            return found.digest
        return self._deactivated.get(record, {}).get(field, "")


@dataclass(frozen=True, slots=True)
class ReplayedProgram:
    """A program whose rows have been evaluated already."""

    policy: Policy
    cells: tuple[Cell, ...]
    left: LeftWith
    counts: Callable[[TargetRow], bool | None]
    own: Mapping[str, OwnTable] = field(default_factory=dict)

    def source_row(self, record: Record) -> SourceRow:
        """Never asked: the rows are given to the planner."""
        raise NotImplementedError(record.id)

    def target_row(self, record: Record) -> TargetRow:
        """Never asked: what is held is given to the planner."""
        raise NotImplementedError(record.id)

    def left_with(
        self, target: TargetRow, written: Sequence[Written], by: Capability
    ) -> LeftAnswer:
        """Return whether a target record has left once these values are written."""
        return self.left(target, written, by)

    def absence_counts(self, target: TargetRow) -> bool | None:
        """Return whether a record may be deactivated as absent; None if unknown."""
        return self.counts(target)

    def departed(self) -> tuple[Cell, ...]:
        """Return the values for a target record without a source record."""
        return self.cells

    def own_tables(self) -> Mapping[str, OwnTable]:
        """Return the lookup tables that are made of the target's own records, by name."""
        return self.own


def unfit(snapshot: RunSnapshot, policy: Policy) -> tuple[PlanDifference, ...]:
    """Return how a policy differs from that of the stored rows; any difference is an error."""
    was, now = snapshot.shape, shape_of(policy)
    parts = (
        ("match", was.match, now.match),
        ("eligible", was.rules, now.rules),
        ("fields", was.fields, now.fields),
        ("leavers.set", was.leaving, now.leaving),
        ("sensitive", was.sensitive, now.sensitive),
    )
    return tuple(
        PlanDifference("", "", name, list(before), list(after))
        for name, before, after in parts
        if before != after
    )


def replayed(again: ReEvaluation, header: Header) -> Plan:
    """Return the plan that today's engine derives from the snapshot.

    `unfit` and `again.lacking()` must be empty.
    """
    policy = again.now.code.policy
    asked = again.left_with, again.absence_counts
    program = ReplayedProgram(policy, again.departed(), *asked, again.own_tables())
    seal = StoredSeal(again.snapshot.deactivated)
    rows = RowsToPlan(again.source(), again.target(), again.snapshot.evidence)
    return plan_rows(program, rows, seal=seal, header=header)


def re_evaluation(snapshot: RunSnapshot, then: Compiled, now: Compiled) -> ReEvaluation:
    """Return what evaluates the snapshot again, by `now`; `then` is the mapping of the run."""
    open = Projection(now.code, now.source, now.target, frozenset(snapshot.tables))
    defaults = {spec.name: spec.default for spec in now.spec.settings}
    settings = {name: snapshot.header.settings.get(name, each) for name, each in defaults.items()}
    return ReEvaluation(
        snapshot, then.code, open, now.context(settings, parse_instant(snapshot.header.as_of))
    )
