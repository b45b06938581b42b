"""Converts a recorded case into the data of a mapping test."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import cast

from oneway.core.paths import at, path_of, path_text
from oneway.core.records import MISSING, Value
from oneway.core.seal import Sealed
from oneway.mapping.compiler import Compiled
from oneway.planning.plan import Change, Outcome
from oneway.runs.mapping_tests.check import TARGET, record_id
from oneway.runs.mapping_tests.load import test_beside
from oneway.runs.mapping_tests.results import Planned
from oneway.runs.mapping_tests.spec import Case, MappingTest
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.snapshot.projection import Path, cut, reads, tree_of

Data = dict[str, Value]


def source_paths(compiled: Compiled) -> set[Path]:
    """Return every path that a mapping reads in a source record."""
    code = compiled.code
    found = [each.expression for each in code.match_source]
    found += [each for each in (*code.only, *code.rules, code.leaver, code.label) if each]
    found += [each for field in (*code.fields, *code.leaving) for each in field.expressions]
    own = path_of(record_id(compiled.spec.source, compiled.source))
    return {own, *(path for each in found for path in reads(each))}


def target_paths(compiled: Compiled) -> set[Path]:
    """Return every path that a mapping reads or writes in a target record."""
    code = compiled.code
    found = [*code.match_target, *(each for _, each in code.target_conditions)]
    written = (rule.keys for rule in (*code.policy.fields, *code.policy.leaving))
    own = path_of(record_id(compiled.spec.target, compiled.target))
    return {own, *written, *(path for each in found for path in reads(each))}


def cut_to(data: Mapping[str, Value], paths: set[Path]) -> Data:
    """Return a record reduced to some paths."""
    tree = tree_of(paths)
    return dict(data) if tree is None else cut(data, tree)


def expected_of(outcome: Outcome, planned: Planned) -> Data:
    """Return what a test expects of an outcome, under the case's key for that record.

    The values are invented, the sensitive ones too.
    """
    expected: Data = {"outcome": outcome.kind.value}
    values = {each.field: _value(each, outcome, planned) for each in outcome.changes}
    if values:
        said = {name: value for name, value in values.items() if value is not MISSING}
        if said:
            expected["only_fields" if said == values else "fields"] = cast(Value, said)
    if codes := sorted({reason.code for reason in outcome.reasons}):
        expected["reasons"] = [*codes]
    if outcome.source_id is None:
        return {"expect_each": {f"{TARGET}{outcome.target_id}": expected}}
    only = len(planned.source.records) == 1
    return {"expect": expected} if only else {"expect_each": {outcome.source_id: expected}}


def _value(change: Change, outcome: Outcome, planned: Planned) -> object:
    """Return the value that a change writes; MISSING if it is not known yet."""
    if not isinstance(change.after, Sealed):
        return MISSING if change.awaits is not None else change.after
    records = {each.id: each for each in planned.source.records}
    if outcome.source_id not in records:
        return MISSING
    row, policy = planned.program.source_row(records[outcome.source_id]), planned.program.policy
    pairs = [*zip(policy.fields, row.cells, strict=False)]
    pairs += zip(policy.leaving, row.leaving, strict=False)
    cells = {rule.path: cell for rule, cell in pairs}
    cell = cells[change.field]
    return cell.value if cell.value is not None else cell.initial


def empty_test(prepared: PreparedRun) -> MappingTest:
    """Return an empty test beside a mapping."""
    file = prepared.spec.file
    beside = test_beside(file)
    as_of = instant_text(prepared.request.as_of)
    return MappingTest(beside, file, as_of, {}, {}, {}, {}, (), ())


def in_test(test: MappingTest, case: Case, expected: Data, prepared: PreparedRun) -> Data:
    """Return the mapping's test with this case, and no other one."""
    said: Data = {"name": case.name}
    if parse_instant(case.as_of) != parse_instant(test.as_of):
        said["as_of"] = case.as_of
    usual = {each.name: each.default for each in prepared.spec.settings} | dict(test.settings)
    said |= _stand_ins(case, usual)
    usual_record = cut_to(test.record, source_paths(prepared.compiled))
    said |= _side(case.records, usual_record, ("record", "records", "without"))
    if case.targets:
        usual_user = cut_to(test.target, target_paths(prepared.compiled))
        said |= _side(case.targets, usual_user, ("target", "targets", "target_without"))
    whole = _head(test.mapping, test.file, test.as_of)
    whole |= {"settings": dict(test.settings), "record": dict(test.record)}
    return whole | {
        "target": dict(test.target),
        "cases": [said | expected],
    }


def as_test(case: Case, expected: Data, prepared: PreparedRun) -> Data:
    """Return a separate test, whose cases start from the person's records."""
    file = empty_test(prepared).file
    whole = _head(prepared.spec.file, file, case.as_of)
    usual = {each.name: each.default for each in prepared.spec.settings}
    whole |= _stand_ins(case, usual)
    said: Data = {"name": case.name}
    if len(case.records) == 1:
        whole["record"] = dict(case.records[0])
    else:
        said["records"] = [dict(each) for each in case.records]
    if len(case.targets) == 1:
        whole["target"], said["target"] = dict(case.targets[0]), {}
    elif case.targets:
        said["targets"] = [dict(each) for each in case.targets]
    return whole | {"cases": [said | expected]}


def _stand_ins(case: Case, usual: Mapping[str, Value]) -> Data:
    """Return a case's unusual settings, and its lookup tables."""
    said: Data = {}
    if settings := {k: v for k, v in case.settings.items() if usual.get(k) != v}:
        said["settings"] = settings
    if case.references:
        said["references"] = {
            name: [dict(each) for each in rows] for name, rows in case.references.items()
        }
    return said


def _head(mapping: str, file: str, as_of: str) -> Data:
    here = PurePath(file).parent
    path = PurePath(mapping)
    name = path.relative_to(here) if path.is_relative_to(here) else path
    return {"oneway_test": 1, "mapping": name.as_posix(), "as_of": as_of.removesuffix("T00:00:00Z")}


def _side(
    records: Sequence[Mapping[str, Value]], usual: Mapping[str, Value], names: tuple[str, str, str]
) -> Data:
    """Return records by the values they have, and the usual record's keys that they lack."""
    one, several, without = names
    there = [dict(leaves(each)) for each in records]
    lacks = {path for path, _ in leaves(usual)}
    # A case can take a key from all its records only.
    lacks = {p for p in lacks if all(at(each, path_of(p)) is MISSING for each in records)}
    said: Data = {one: there[0]} if len(there) == 1 else {several: [*there]}
    if lacks and records:
        said[without] = [*sorted(lacks)]
    return said


def leaves(data: Mapping[str, Value], way: Path = ()) -> Iterator[tuple[str, Value]]:
    """Yield each value of a record that is no object with keys, by its path as text."""
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*way, key))
        else:
            yield path_text((*way, key)), value
