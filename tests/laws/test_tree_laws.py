"""`under(...)`: random trees with circles, gaps and rows that contradict each other."""

from dataclasses import replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from oneway.core.records import Record, Snapshot, identity
from oneway.core.seal import Seal
from oneway.mapping.generated.program import GeneratedProgram
from oneway.mapping.interpreter import Interpreted
from oneway.planning.plan import Kind
from oneway.runs.read import table_digest
from worlds import World, bound, planned

NODES: list[Any] = ["A", "B", "C", "D", "a", 1, "é", "e\u0301"]
"""Two of them are one text in two forms."""
BLANK: list[Any] = [None, "", " "]
ABSENT = "absent"


def mapping(start: Any = "A") -> dict[str, Any]:
    shown = f"'{start}'" if isinstance(start, str) else f"`{start}`"
    asked = f"under('units', dept, {shown})"
    return {
        "oneway": 1,
        "name": "trees",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "references": {
            "units": {
                "from": "target", "resource": "departments", "key": "code", "parent": "above",
            },
        },
        "match": [{"source": "code", "target": "ref"}],
        "only": [{"id": "unit", "when": asked, "otherwise": "Elsewhere"}],
        "fields": {
            "ref": {"from": "code", "write": "on_create"},
            "nick": {"from": "name", "when": asked},
            "fullName": f"iif({asked}, 'in', 'out')",
            "note": f"{asked} || name",
            "state": {"from": asked, "on_blank": "clear"},
        },
        "joiners": {"create": True, "unless_taken": []},
    }  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a tree that is mostly one, and people at some of its nodes, and at others."""
    nodes = draw(st.lists(st.sampled_from(NODES), min_size=1, max_size=8))
    rows = []
    for number, node in enumerate(nodes):
        row: dict[str, Any] = {"code": node}
        above = draw(st.sampled_from([*NODES, *NODES[:3], *BLANK, ABSENT, ["A"]]))
        if above != ABSENT:
            row["above"] = above
        rows.append(Record(f"{number}", row))
    people = [
        Record(f"s{n}", {"id": f"s{n}", "code": f"{n}", "name": "Ann", "dept": dept})
        for n, dept in enumerate(draw(st.lists(st.sampled_from([*NODES, *BLANK]), max_size=5)))
    ]
    complete = draw(st.sampled_from([True, True, True, False]))
    return World(
        mapping(draw(st.sampled_from(NODES))),
        Snapshot(tuple(people)),
        Snapshot(()),
        Snapshot(tuple(rows), complete=complete),
    )


def answer(world: World, node: Any, start: Any) -> bool | str:
    """Return what is true of a node, by following it up step by step."""
    if node in BLANK:
        return "unknown"
    rows = [record.data for record in world.departments.records]
    codes = [identity(row["code"]) for row in rows]
    if not world.departments.complete or identity(start) not in codes:
        return "unknown"
    for _ in range(len(rows) + 1):
        mine = [row for row in rows if identity(row["code"]) == identity(node)]
        if not mine:
            return "unknown"
        if identity(node) == identity(start):
            return True
        above = [row.get("above", ABSENT) for row in mine]
        if ABSENT in above or ["A"] in above:
            return "unknown"
        known = {"" if each in BLANK else identity(each) for each in above}
        if len(known) > 1:
            return "unknown"
        if known == {""}:
            return False
        node = above[0]
    return "unknown"


def start_of(world: World) -> Any:
    text = world.mapping["only"][0]["when"].partition("dept, ")[2][:-1]
    return text[1:-1] if text.startswith("'") else int(text[1:-1])


@given(worlds())
def test_a_node_is_under_another_one_or_not_or_it_is_not_known(world: World) -> None:
    program = bound(world)
    fields = [each.path for each in program.policy.fields]
    for record in world.source.records:
        row, said = program.source_row(record), answer(world, record.data["dept"], start_of(world))
        cells = dict(zip(fields, row.cells, strict=False))
        if said == "unknown":
            assert row.evaluation_error is not None
            assert "units" in row.evaluation_error.text
            assert not row.outside
            continue
        assert row.evaluation_error is None
        assert row.outside == (() if said else (0,))
        assert (cells["nick"].value == "Ann") is bool(said)
        assert cells["fullName"].value == ("in" if said else "out")


@given(worlds())
def test_a_condition_that_is_not_known_leaves_a_field_alone(world: World) -> None:
    rest = {key: value for key, value in world.mapping.items() if key != "only"}
    program = bound(replace(world, mapping=rest))
    fields = [each.path for each in program.policy.fields]
    for record in world.source.records:
        row, said = program.source_row(record), answer(world, record.data["dept"], start_of(world))
        cells = dict(zip(fields, row.cells, strict=True))
        if said == "unknown":
            states = {cells[path].state.value for path in ("nick", "fullName", "note", "state")}
            assert states == {"unstated"}


@given(worlds())
def test_generated_code_says_what_the_interpreter_says(world: World) -> None:
    program = bound(world)
    made = GeneratedProgram(program.code, program.context, program.tables, 0, 0)
    plain = Interpreted(program.code, program.context, program.tables)
    for record in world.source.records:
        assert repr(made.source_row(record)) == repr(plain.source_row(record))


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(world: World, chance: Any) -> None:
    rows = world.departments.records
    mixed = replace(world.departments, records=tuple(chance.sample(rows, len(rows))))
    other = replace(world, departments=mixed)
    outcomes = [(each.kind, each.source_id) for each in planned(world).outcomes]
    assert [(each.kind, each.source_id) for each in planned(other).outcomes] == outcomes
    seal, tables = Seal(b"k" * 32), (bound(world).tables, bound(other).tables)
    one, two = (table_digest("units", each["units"], seal) for each in tables)
    assert one == two


@given(worlds(), st.integers(0, 7), st.sampled_from(NODES))
@example(
    World(
        mapping(), Snapshot(()), Snapshot(()),
        Snapshot((Record("0", {"code": "A", "above": None}),)),
    ),
    0, "B",
)  # fmt: skip
def test_a_row_that_moves_makes_another_table(world: World, number: int, above: Any) -> None:
    rows = list(world.departments.records)
    at = number % len(rows)
    moved = Record(rows[at].id, {**rows[at].data, "above": above})
    changed = rows[at].data.get("above", ABSENT) != above
    rows[at] = moved
    other = replace(world, departments=replace(world.departments, records=tuple(rows)))
    seal, tables = Seal(b"k" * 32), (bound(world).tables, bound(other).tables)
    one, two = (table_digest("units", each["units"], seal) for each in tables)
    assert (one != two) is changed


@given(worlds())
def test_nobody_of_whom_it_is_not_known_is_created_or_left_out(world: World) -> None:
    said = {
        each.id: answer(world, each.data["dept"], start_of(world)) for each in world.source.records
    }
    for outcome in planned(world).outcomes:
        known = said[outcome.source_id or ""]
        if known == "unknown":
            assert outcome.kind is Kind.ERROR
        elif not known:
            assert outcome.kind is Kind.IGNORED
