"""Replays a run: derives its plan again from its snapshot, and shows the differences.

The mapping is the one of the run, as its bytes were kept; the engine and the manifests are
today's. So a difference is a change in how plans are made: a newer version, a manifest, or a
snapshot that somebody touched. Where another mapping is named, it shows what that one would
have made of the run's inputs.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from oneway import __version__
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, refusal
from oneway.core.records import Record, Value, Veiled, identity
from oneway.core.seal import Seal, Sealed
from oneway.documents.yaml_source import LIMIT
from oneway.history.journal import Journal, Run, RunState
from oneway.mapping.compiler import Compiled
from oneway.mapping.program import Cell, OwnTable, Policy, SourceRow, TargetRow
from oneway.planning.plan import Change, Outcome, Plan
from oneway.planning.plan_file import dump, fingerprint, load
from oneway.planning.plan_file.codec import to_data
from oneway.planning.planner import Header, plan_rows
from oneway.runs.prepare import compile_data, read_file
from oneway.runs.replay import snapshot_file
from oneway.runs.replay.capture import INPUTS, MAPPING, UNKEPT, shape_of
from oneway.runs.replay.evaluate import ReEvaluation
from oneway.runs.replay.projection import Projection
from oneway.runs.replay.snapshot_file import RunSnapshot
from oneway.runs.request import parse_instant

_NOBODY = ""
_SHOWN = "its plan can be shown (`oneway runs show`), and cannot be derived again"


@dataclass(frozen=True, slots=True)
class Differs:
    """One thing that two plans say differently, of one record or of the plan as a whole.

    `record` is the id of a source record, or of a target record where `on_target`; both are
    blank for the plan as a whole. `before` is what the run's plan says, `after` the derived one.
    """

    record: str
    name: str
    what: str
    before: "Value | Sealed"
    after: "Value | Sealed"
    on_target: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """What deriving a run's plan again showed.

    `fingerprint` is that of the run's plan, `derived` that of the plan derived now ("" where
    the rows do not fit today's program). `version` is the engine's that planned the run.
    """

    run: int
    same: bool
    fingerprint: str
    derived: str
    version: str
    remarks: tuple[str, ...] = ()
    differences: tuple[Differs, ...] = ()


def replay(
    journal: Journal, run: Run, folders: Sequence[Path], mapping: str | None = None
) -> Replay:
    """Derive a run's plan again, by its own mapping or the one in a file.

    Manifests are looked for in `folders`. Raises `Refused` if nothing is kept of the run,
    where that was damaged, and where the other mapping needs what was not kept.
    """
    text = journal.plan_of(run.id)
    names = journal.kept(run.id, INPUTS, MAPPING, UNKEPT)
    where = f"run {run.id}"
    _refuse_unkept(run, text, names)
    before = load(text.encode(errors="surrogatepass"), where)
    kept = snapshot_file.load(names[INPUTS], where)
    if hashlib.sha256(names[MAPPING]).hexdigest() != kept.header.mapping_digest:
        raise refusal("F131", where, "the mapping that is kept of this run was changed", _SHOWN)
    then = _recompiled(names[MAPPING], kept, folders)
    remarks = tuple(_remarks(kept, mapping))
    wrong = unfit(kept, then.code.policy)
    if wrong:
        return Replay(run.id, False, fingerprint(before), "", kept.version, remarks, wrong)
    if mapping is not None:
        after = _by_another(kept, then, mapping, folders)
        found = tuple(each for each in differences(before, after) if not _is_of_place(each))
        prints = (fingerprint(before), fingerprint(after))
        return Replay(run.id, not found, *prints, kept.version, remarks, found)
    after = replayed(rederiving(kept, then, then), kept.header)
    same = dump(after) == text
    found = () if same else tuple(differences(before, after)) or (_ELSEWHERE,)
    prints = (fingerprint(before), fingerprint(after))
    return Replay(run.id, same, *prints, kept.version, remarks, found)


def _by_another(kept: RunSnapshot, then: Compiled, mapping: str, folders: Sequence[Path]) -> Plan:
    """Return the plan that another mapping makes of what was kept."""
    now = compile_data(read_file(mapping, LIMIT + 1), mapping, folders)[0]
    again = rederiving(kept, then, now)
    lacking = again.lacking()
    if lacking:
        help = "a run keeps what its own mapping reads; plan with today's data to see it"
        raise Refused(
            Diagnostic(Span(mapping), Severity.ERROR, "F134", f"nothing was kept for {each}", help)
            for each in lacking
        )
    header = replace(
        kept.header,
        mapping_file=mapping,
        mapping_digest=now.spec.digest,
        settings=again.context.settings,
    )
    return replayed(again, header)


def _is_of_place(each: Differs) -> bool:
    """Return whether two mappings differ so wherever they differ at all."""
    return each.what in ("mapping file", "mapping digest") or each.what.startswith("place of ")


def _refuse_unkept(run: Run, text: str, names: Mapping[str, bytes]) -> None:
    where = f"run {run.id}"
    if not text and run.state is RunState.REFUSED:
        help = f"`oneway runs show {run.id}` shows the error"
        raise refusal("F130", where, "an error stopped this run before it had a plan", help)
    if UNKEPT in names:
        why = names[UNKEPT].decode(errors="replace")
        help = f"`oneway runs show {run.id}` shows its plan"
        raise refusal("F130", where, f"nothing is kept of what it was derived from: {why}", help)
    if not text or INPUTS not in names or MAPPING not in names:
        summary = "nothing is kept of what its plan was derived from"
        help = "that is kept with the runs of sync, serve and run-due, not with `oneway apply`"
        raise refusal("F130", where, summary, help)


def _recompiled(mapping: bytes, kept: RunSnapshot, folders: Sequence[Path]) -> Compiled:
    file = kept.header.mapping_file
    try:
        return compile_data(mapping, file, folders)[0]
    except Refused as refused:
        summary = "the mapping of that run does not compile with today's engine and connectors"
        help = f"it was planned by oneway {kept.version}; this is {__version__}"
        first = Diagnostic(Span(file), Severity.ERROR, "F133", summary, help)
        raise Refused([first, *refused.diagnostics]) from None


def _remarks(kept: RunSnapshot, mapping: str | None) -> Iterator[str]:
    if kept.version != __version__:
        yield f"it was planned by oneway {kept.version}; this is {__version__}"
    if mapping is not None:
        yield f"derived by {mapping} as it is now, and compared with the plan of then"
        return
    file = kept.header.mapping_file
    try:
        now = hashlib.sha256(read_file(file, LIMIT + 1)).hexdigest()
    except Refused:
        yield f"{file} is not there any more; the mapping is the one that was kept"
        return
    if now != kept.header.mapping_digest:
        was = kept.header.mapping_digest[:12]
        yield f"{file} was changed since ({was} then, {now[:12]} now); the mapping is that of then"


_ELSEWHERE = Differs(_NOBODY, "", "the text of the plan", None, None)


class KeptSeal(Seal):
    """Gives each veiled value the digest that it had, and has no key."""

    __slots__ = ("_deactivated",)

    def __init__(self, deactivated: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(b"")
        self._deactivated = deactivated

    def digest(self, record: str, field: str, value: Value) -> str:
        """Return the digest that was kept; blank if the run had none."""
        found: object = value[-1] if isinstance(value, list) and value else value
        if isinstance(found, Veiled) and found.digest:
            return found.digest
        return self._deactivated.get(record, {}).get(field, "")


@dataclass(frozen=True, slots=True)
class Replaying:
    """A program whose rows are there already."""

    policy: Policy
    cells: tuple[Cell, ...]
    own: Mapping[str, OwnTable] = field(default_factory=dict)

    def source_row(self, record: Record) -> SourceRow:
        """Never asked: the rows are given to the planner."""
        raise NotImplementedError(record.id)

    def target_row(self, record: Record) -> TargetRow:
        """Never asked: what is held is given to the planner."""
        raise NotImplementedError(record.id)

    def departed(self) -> tuple[Cell, ...]:
        """Return what is written to a target record that no source record stands for."""
        return self.cells

    def own_tables(self) -> Mapping[str, OwnTable]:
        """Return the lookup tables that are made of the target's own records, by name."""
        return self.own


def unfit(kept: RunSnapshot, policy: Policy) -> tuple[Differs, ...]:
    """Return how a policy differs from the one that the rows were made by; it must not."""
    was, now = kept.shape, shape_of(policy)
    parts = (
        ("match", was.match, now.match),
        ("eligible", was.rules, now.rules),
        ("fields", was.fields, now.fields),
        ("leavers.set", was.leaving, now.leaving),
        ("sensitive", was.sensitive, now.sensitive),
    )
    return tuple(
        Differs(_NOBODY, "", name, list(before), list(after))
        for name, before, after in parts
        if before != after
    )


def replayed(again: ReEvaluation, header: Header) -> Plan:
    """Return the plan that today's engine derives from what was kept.

    `unfit` and `again.lacking()` must be nothing.
    """
    program = Replaying(again.now.code.policy, again.departed(), again.own_tables())
    seal = KeptSeal(again.kept.deactivated)
    evidence = again.kept.evidence
    source, target = again.source(), again.target()
    return plan_rows(program, source, target, seal=seal, header=header, evidence=evidence)


def rederiving(kept: RunSnapshot, then: Compiled, now: Compiled) -> ReEvaluation:
    """Return what evaluates the kept parts again, by `now`; `then` is the mapping of the run."""
    tables = frozenset(kept.tables)
    one, other = (Projection(each.code, each.source, each.target, tables) for each in (then, now))
    defaults = {spec.name: spec.default for spec in now.spec.settings}
    settings = {name: kept.header.settings.get(name, each) for name, each in defaults.items()}
    return ReEvaluation(kept, one, other, now.context(settings, parse_instant(kept.header.as_of)))


def differences(before: Plan, after: Plan) -> Iterator[Differs]:
    """Yield what two plans say differently: of the whole first, then record by record."""
    yield from _whole(before, after)
    left, right = _by_record(before), _by_record(after)
    for id in sorted({*left, *right}):
        yield from _of_record(id, left.get(id), right.get(id))


def _whole(before: Plan, after: Plan) -> Iterator[Differs]:
    pairs: tuple[tuple[str, Value, Value], ...] = (
        ("mapping", before.mapping, after.mapping),
        ("mapping file", before.mapping_file, after.mapping_file),
        ("mapping digest", before.mapping_digest, after.mapping_digest),
        ("engine", before.engine, after.engine),
        ("as of", before.as_of, after.as_of),
        ("settings", dict(before.settings), dict(after.settings)),
        ("inputs", _inputs(before), _inputs(after)),
        ("reads", _reads(before), _reads(after)),
        ("managed", before.managed, after.managed),
        ("values without a reference", _misses(before), _misses(after)),
        ("allowed", _allowed(before), _allowed(after)),
    )
    for what, left, right in pairs:
        if identity(left) != identity(right):
            yield Differs(_NOBODY, "", what, left, right)


def _inputs(plan: Plan) -> list[Value]:
    return [to_data(plan.connection), {role: to_data(each) for role, each in plan.inputs.items()}]


def _reads(plan: Plan) -> list[Value]:
    return [
        [
            each.name,
            each.records,
            each.complete,
            list(each.problems),
            each.digest,
            dict(each.stated),
        ]
        for each in plan.reads
    ]


def _misses(plan: Plan) -> list[Value]:
    return [
        [each.reference, each.field, each.value, each.found, each.records] for each in plan.misses
    ]


def _allowed(plan: Plan) -> list[Value]:
    return [[each.guard, each.ceiling, each.by] for each in plan.allowed]


def _reasons(outcome: Outcome) -> list[Value]:
    return [f"{each.code}: {each.said}" for each in outcome.reasons]


def _places(outcome: Outcome) -> list[Value]:
    """Return the rest of what reasons say."""
    return [[str(each.place), list(each.candidates), each.warning] for each in outcome.reasons]


def _by_record(plan: Plan) -> dict[tuple[str, str], Outcome]:
    return {_id(each): each for each in plan.outcomes}


def _id(outcome: Outcome) -> tuple[str, str]:
    if outcome.source_id is not None:
        return ("source", outcome.source_id)
    return ("target", str(outcome.target_id))


def _of_record(
    id: tuple[str, str], before: Outcome | None, after: Outcome | None
) -> Iterator[Differs]:
    on_target = id[0] == "target"
    shown = before or after
    assert shown is not None
    name = shown.label or shown.key
    for what, left, right in _said(before, after):
        if _identity(left) != _identity(right):
            yield Differs(id[1], name, what, left, right, on_target)


def _said(
    before: Outcome | None, after: Outcome | None
) -> Iterator[tuple[str, "Value | Sealed", "Value | Sealed"]]:
    yield "outcome", _kind(before), _kind(after)
    if before is None or after is None:
        return
    yield "key", before.key, after.key
    yield "name", before.label, after.label
    yield "target record", before.target_id, after.target_id
    yield "reasons", _reasons(before), _reasons(after)
    yield "place of reasons", _places(before), _places(after)
    yield "has access", before.has_access, after.has_access
    yield "action", _verbs(before), _verbs(after)
    if not before.actions or not after.actions:
        return
    yield "waits for", _waits(before), _waits(after)
    yield "claims", _claims(before), _claims(after)
    changes = {each.field: each for action in before.actions for each in action.changes}
    others = {each.field: each for action in after.actions for each in action.changes}
    for path in sorted({*changes, *others}):
        yield from _change(path, changes.get(path), others.get(path))


def _change(
    field: str, before: Change | None, after: Change | None
) -> Iterator[tuple[str, "Value | Sealed", "Value | Sealed"]]:
    if before is None or after is None:
        yield f"writes {field}", before is not None, after is not None
        return
    yield f"{field} before", before.before, after.before
    yield f"{field} after", before.after, after.after
    yield f"expression of {field}", before.expression, after.expression
    yield f"place of {field}", str(before.place), str(after.place)


def _claims(outcome: Outcome) -> list[Value]:
    """Return the claims of an outcome, those on sensitive values by their digests."""
    return [
        [
            each.path,
            each.value.digest if isinstance(each.value, Sealed) else each.value,
            each.compare.value,
        ]
        for action in outcome.actions
        for each in action.claims
    ]


def _kind(outcome: Outcome | None) -> str | None:
    return None if outcome is None else outcome.kind.value


def _verbs(outcome: Outcome) -> str | None:
    return ", ".join(action.verb.value for action in outcome.actions) or None


def _waits(outcome: Outcome) -> list[Value]:
    return [id for action in outcome.actions for id in action.depends_on]


def _identity(value: "Value | Sealed") -> object:
    return ("sealed", value.digest) if isinstance(value, Sealed) else identity(value)
