"""`under(...)`: random trees with circles, gaps and rows that contradict each other."""

from dataclasses import replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from oneway.core.compare import identity
from oneway.core.records import Record, Snapshot
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


def mapping(start: Any = "A", top: str = "") -> dict[str, Any]:
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
                **({"top": top} if top else {}),
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
        if draw(st.booleans()):
            row["kind"] = draw(st.sampled_from(["top", "unit", "", None]))
        rows.append(Record(f"{number}", row))
    people = [
        Record(f"s{n}", {"id": f"s{n}", "code": f"{n}", "name": "Ann", "dept": dept})
        for n, dept in enumerate(draw(st.lists(st.sampled_from([*NODES, *BLANK]), max_size=5)))
    ]
    complete = draw(st.sampled_from([True, True, True, False]))
    top = draw(st.sampled_from(["", "kind == 'top'"]))
    return World(
        mapping(draw(st.sampled_from(NODES)), top),
        Snapshot(tuple(people)),
        Snapshot(()),
        Snapshot(tuple(rows), complete=complete),
    )


def answer(world: World, node: Any, start: Any) -> bool | str:
    """Return what is true of a node, by following it up step by step."""
    way, ends = way_up(world, node)
    others, other_ends = way_up(world, start)
    if not (world.departments.complete and way and others):
        return "unknown"
    if identity(start) in way:
        return True
    last = [row for row in of_tree(world) if identity(row["code"]) == way[-1]]
    named = "top" in world.mapping["references"]["units"]
    is_top = named and all(row.get("kind") == "top" for row in last)
    is_one_tree = other_ends and others[-1] == way[-1]
    return False if ends and (is_top or is_one_tree) else "unknown"


def of_tree(world: World) -> list[dict[str, Any]]:
    return [record.data for record in world.departments.records]


def way_up(world: World, node: Any) -> tuple[list[Any], bool]:
    """Return a node and those above it, and whether the last one has a blank parent."""
    way: list[Any] = []
    while node not in BLANK:
        mine = [row for row in of_tree(world) if identity(row["code"]) == identity(node)]
        if not mine or identity(node) in way:
            return way, False
        way.append(identity(node))
        above = [row.get("above", ABSENT) for row in mine]
        if ABSENT in above or ["A"] in above:
            return way, False
        if len({"" if each in BLANK else identity(each) for each in above}) > 1:
            return way, False
        node = above[0]
    return way, True


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


@st.composite
def whole_trees(draw: st.DrawFn) -> World:
    """Draw trees whose rows all have their parents, and people who work, have left, or are out."""
    size = draw(st.integers(2, 7))
    above = [
        draw(st.sampled_from([None, *range(number), *range(number)])) for number in range(size)
    ]
    rows = [
        {
            "code": f"N{number}",
            "above": None if each is None else f"N{each}",
            "kind": "top" if each is None else "unit",
        }
        for number, each in enumerate(above)
    ]
    start, closed = (draw(st.integers(0, size - 1)) for _ in range(2))
    asked = {"when": f"under('units', dept, 'N{start}')", "otherwise": "Elsewhere", "id": "unit"}
    made = mapping("A", draw(st.sampled_from(["", "kind == 'top'"])))
    made |= {
        "only": [asked],
        "out_of_scope": draw(st.sampled_from(["leave", "ignore"])),
        "fields": {"ref": {"from": "code", "write": "on_create"}},
        "leavers": {
            "when": f"status == 'L' || under('units', dept, 'N{closed}')",
            "set": {"state": {"value": "out"}},
            "left": "state == 'out'",
        },
        "rehires": {"reactivate": {"state": "in"}},
    }
    people = [
        Record(f"s{n}", {"id": f"s{n}", "code": f"{n}", "dept": f"N{at}", "status": status})
        for n, (at, status) in enumerate(
            draw(st.lists(st.tuples(st.integers(0, size - 1), st.sampled_from("EL")), max_size=5))
        )
    ]
    users = [
        Record(
            f"t{n}", {"id": f"t{n}", "ref": f"{n}", "state": draw(st.sampled_from(["in", "out"]))}
        )
        for n in range(len(people))
        if draw(st.booleans())
    ]
    tree = tuple(Record(f"{n}", row) for n, row in enumerate(rows))
    return World(made, Snapshot(tuple(people)), Snapshot(tuple(users)), Snapshot(tree))


@given(whole_trees(), st.data())
def test_no_lost_cell_or_row_of_a_tree_changes_what_happens_to_anybody(
    world: World, data: st.DataObject
) -> None:
    """Only a person whose place is not known any more is an error."""
    rows: list[Record | None] = list(world.departments.records)
    places = st.tuples(
        st.integers(0, len(rows) - 1), st.sampled_from(["above", "above", "kind", "code", "row"])
    )
    for at, what in data.draw(st.lists(places, min_size=1, max_size=4)):
        row = rows[at]
        if row is not None:
            lost = data.draw(st.sampled_from(BLANK))
            rows[at] = None if what == "row" else replace(row, data={**row.data, what: lost})
    kept = tuple(row for row in rows if row is not None)
    damaged = replace(world, departments=replace(world.departments, records=kept))
    before, after = ({e.source_id: e for e in planned(each).outcomes} for each in (world, damaged))
    for id, outcome in after.items():
        if outcome.kind is not Kind.ERROR:
            assert (outcome.kind, outcome.target_id) == (before[id].kind, before[id].target_id)


@given(whole_trees(), st.integers(0, 6))
def test_a_tree_with_one_top_or_named_tops_says_of_everybody_where_they_stand(
    world: World, start: int
) -> None:
    rows = [record.data for record in world.departments.records]
    one = sum(row["above"] is None for row in rows) == 1
    if one or "top" in world.mapping["references"]["units"]:
        tree = bound(world).tables["units"].tree
        assert tree is not None
        codes = [row["code"] for row in rows]
        below = codes[start % len(codes)]
        said = {code: tree.is_under(code, below) for code in codes}
        assert {code for code in codes if said[code]} == {
            code for code in codes if below in way_up(world, code)[0]
        }
        assert not list(tree.unnamed([below]))
