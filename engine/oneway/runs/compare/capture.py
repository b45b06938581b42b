"""Captures what a plan was derived from, without sensitive values, so that it can be replayed.

inputs     what the mapping made of each record that was read (`snapshot_file`)
mapping    the mapping's bytes
unkept     in their place: why nothing is stored
"""

import hashlib
from collections.abc import Mapping

from oneway import __version__
from oneway.core.diagnostics import Refused
from oneway.core.records import Collected
from oneway.core.seal import Seal, Sealed
from oneway.documents.yaml_source import LIMIT as MAPPING_LIMIT
from oneway.mapping.packed_rows import SourceRows, TargetRows
from oneway.mapping.policy import Policy
from oneway.mapping.short_rows import whole, whole_target
from oneway.planning.plan import Plan, Verb
from oneway.planning.planner import Header
from oneway.runs.prepare.compilation import read_file
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.read import EvaluatedInputs, projection_of
from oneway.runs.snapshot.projection import Projection
from oneway.runs.snapshot.redact import redactor_of
from oneway.runs.snapshot.short_rows import ShortTexts
from oneway.runs.snapshot.snapshot_file import LIMIT, Items, RunSnapshot, Shape, TooLarge, dump

INPUTS, MAPPING, UNKEPT = "inputs", "mapping", "unkept"


def snapshots_of(
    prepared: PreparedRun, found: EvaluatedInputs, plan: Plan, seal: Seal, *, limit: int = LIMIT
) -> Mapping[str, bytes]:
    """Return the snapshots to store with a run, by name.

    `found` are the plan's inputs, read with `capture`. A snapshot holds what the mapping reads of
    a record and makes of it; of sensitive values, only which ones are equal. If it takes more than
    `limit` bytes, compressed, the result says so under `unkept`.
    """
    try:
        mapping = read_file(prepared.request.mapping, MAPPING_LIMIT + 1)
    except Refused:
        return not_stored("the mapping could not be read again")
    if hashlib.sha256(mapping).hexdigest() != plan.mapping_digest:
        return not_stored("the mapping was changed during the run")
    try:
        projection = projection_of(prepared)
        data = inputs_of(found, projection, plan, seal, limit=limit)
        return {INPUTS: data, MAPPING: mapping}
    except TooLarge:
        return not_stored(f"it would take more than {limit:,} bytes, compressed")
    except (ValueError, RecursionError):  # NaN, or lists nested too deeply
        return not_stored("it contains a value that cannot be stored")


def inputs_of(
    found: EvaluatedInputs, projection: Projection, plan: Plan, seal: Seal, *, limit: int = LIMIT
) -> bytes:
    """Return what a plan was derived from, without its sensitive values; raise `TooLarge`.

    Raises `ValueError` if no JSON can hold it.
    """
    policy, code = found.program.policy, projection.code
    closed = not all(map(projection.is_open_on_target, (code.left, code.scheduled)))
    assert len(found.stored[0]) == len(found.source.items), "not read with `capture`"
    veiler = redactor_of(policy, plan, found.target.items, found.program.departed(), seal)
    snapshot = RunSnapshot(
        version=__version__,
        header=_header(plan),
        shape=shape_of(policy),
        departed=veiler.gone(),
        deactivated=_deactivated(plan),
        source=Collected((), found.source.complete, found.source.problems),
        target=Collected((), found.target.complete, found.target.problems),
        trees=(projection.source_tree, projection.target_tree),
        tables={name: found.tables[name] for name in projection.tables},
        evidence=found.evidence,
        left=found.answers.left if closed else {},
    )
    source = SourceRows.of(found.source.items)
    target = TargetRows.of(found.target.items, source)
    short = ShortTexts(veiler, source, target)
    rows = (
        text or veiler.source_row(whole(source[at])) for at, text in enumerate(short.of_sources())
    )
    targets = (
        text or veiler.target_row(whole_target(target[at]))
        for at, text in enumerate(short.of_targets())
    )
    items = Items(
        zip(rows, found.stored[0], strict=True), zip(targets, found.stored[1], strict=True)
    )
    return dump(snapshot, items, limit)


def shape_of(policy: Policy) -> Shape:
    """Return the shape of a policy, which the rows of a snapshot must fit."""
    rules = (*policy.fields, *policy.leaving)
    return Shape(
        match=policy.match_paths,
        rules=tuple(rule.id for rule in policy.rules),
        fields=tuple(rule.path for rule in policy.fields),
        leaving=tuple(rule.path for rule in policy.leaving),
        sensitive=tuple(rule.path for rule in rules if rule.sensitive),
    )


def _header(plan: Plan) -> Header:
    sides = [each for each in plan.reads if each.name in ("source", "target")]
    return Header(
        mapping_file=plan.mapping_file,
        mapping_digest=plan.mapping_digest,
        as_of=plan.as_of,
        settings=plan.settings,
        connection=plan.connection,
        inputs=plan.inputs,
        references=tuple(each for each in plan.reads if each.name not in ("source", "target")),
        allowed=plan.allowed,
        engine=plan.engine,
        stated={each.name: each.stated for each in sides},
        unread={each.name: each.unread for each in sides},
        valued={each.name: each.valued for each in sides},
        left_out=sum(each.left_out for each in sides),
        names=plan.names,
        remarks=plan.remarks,
    )


def _deactivated(plan: Plan) -> Mapping[str, Mapping[str, str]]:
    """Return digests of the values written that come from no source record."""
    found: dict[str, dict[str, str]] = {}
    for action in plan.actions:
        record = action.source_id if action.verb is Verb.REACTIVATE else action.target_id
        if action.verb in (Verb.DEACTIVATE, Verb.REACTIVATE) and record is not None:
            after = ((change.field, change.after) for change in action.changes)
            sealed = {name: each.digest for name, each in after if isinstance(each, Sealed)}
            if sealed:
                found[record] = sealed
    return found


def not_stored(why: str) -> Mapping[str, bytes]:
    """Return what is stored in place of snapshots: the reason why there are none."""
    return {UNKEPT: why.encode()}
