"""A record whose last value may be cut off counts as whole where that makes no difference."""

from dataclasses import replace
from typing import Any

import pytest

from oneway.core.records import Record, Snapshot
from oneway.mapping.generated.program import GeneratedProgram
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.lookup_table import tabulate
from oneway.planning.plan import Verb
from worlds import World, bound, planned

MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "cut",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": {"from": "code", "write": "on_create"}, "fullName": "name"},
    "leavers": {
        "when": "status == 'Former'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    },
}
HELD = Record("t1", {"ref": "1", "fullName": "Ann", "state": "on"})


def cut(path: str, **data: Any) -> Record:
    data = {"code": "1", "name": "Ann", "status": "Current", "note": "so", **data}
    return Record("s1", data, damage="may be cut off", lost=((path,),), place="line 9", cut=True)


@pytest.mark.parametrize(
    ("record", "declared", "certain"),
    [
        (cut("status", status="For"), False, False),
        (cut("status", status="For"), True, False),
        (cut("status", status="Former"), False, False),
        (cut("status", status="Former"), True, True),
        (cut("status", status="Current"), True, True),
        (cut("note", note="s"), False, True),
        (cut("name", name="An"), True, False),
        (cut("code"), True, False),
        (replace(cut("note"), problem="has no id"), False, False),
        (replace(cut("note"), cut=False), False, False),
    ],
)
@pytest.mark.parametrize("one_per", [False, True])
def test_a_value_that_may_be_cut_decides_only_if_it_is_a_declared_word(
    record: Record, declared: bool, certain: bool, one_per: bool
) -> None:
    mapping = dict(MAPPING)
    if one_per:
        per = {"person": "code", "latest_by": "'2026-01-01'"}
        mapping["source"] = {**MAPPING["source"], "one_per": per}
    program = bound(World(mapping, *[Snapshot(())] * 3))
    words = {("status",): frozenset({"Current", "Former"})} if declared else {}
    code = replace(program.code, words=words)
    whole = Record(record.id, record.data)
    for kind in (Interpreted, GeneratedProgram):
        made = kind(code, program.context, program.tables)
        row = made.source_row(record)
        assert (row == made.source_row(whole)) == certain
        assert (row.evaluation_error is None) == certain
        assert row.may_have_left == (("status",) in record.lost and not certain)


def test_a_leave_that_does_not_depend_on_what_may_be_cut_is_written() -> None:
    record = cut("name", name="An", status="Former")
    plan = planned(World(MAPPING, Snapshot((record,)), Snapshot((HELD,)), Snapshot(())))
    assert [[e.verb for e in each.actions] for each in plan.outcomes] == [[Verb.LEAVE]]


def test_a_row_of_a_lookup_table_counts_if_the_table_does_not_read_what_may_be_cut() -> None:
    references = {"r": {"from": "target", "resource": "departments", "key": "ref", "value": "id"}}
    program = bound(World({**MAPPING, "references": references}, *[Snapshot(())] * 3))
    (code,) = program.code.references
    for path, complete in (("note", True), ("id", False), ("ref", False)):
        data = {"ref": "A", "id": 4, "note": "x"}
        row = Record("1", data, damage="cut", lost=((path,),), cut=True)
        assert tabulate(code, Snapshot((row,)), program.context).complete == complete, path
