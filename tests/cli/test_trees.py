"""`under(...)` on the command line: a misspelt node, a tree that changes, the way up."""

from typing import Any

import pytest
from cli_world import Ended, World

UNITS = """\
code,parentCode
ROOT,
OPS,ROOT
OPS-2,OPS
OPS-2-1,OPS-2
FIN,ROOT
"""
MAPPING = """\
oneway: 1
name: units
source: {{connector: file, resource: people.json}}
target: {{connector: file, resource: users.json}}
settings:
  start: {{type: string, default: OPS, description: Who takes part}}
references:
  units:
    from: {{connector: file, options: {{id: code}}}}
    resource: units.csv
    key: code
    parent: parentCode
match: [{{source: code, target: reference}}]
{part}: [{{id: unit, when: "under('units', unit, {start})", otherwise: Another unit}}]
fields:
  id: {{from: code, write: on_create}}
  reference: {{from: code, write: on_create}}
  name: name
leavers:
  when: gone
  set: {{active: {{value: false}}}}
  left: active == `false`
{more}
"""
OF_UNITS = {"000": "OPS", "001": "OPS-2", "002": "OPS-2-1", "003": "FIN", "004": None, "005": "NEW"}


@pytest.fixture
def there(world: World) -> World:
    world.write("units.csv", UNITS)
    world.write("people.json", people())
    world.write("users.json", [
        {"id": code, "reference": code, "name": f"Ada {code}", "active": True} for code in OF_UNITS
    ])  # fmt: skip
    return world


def people(**units: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"e{code}", "code": code, "name": f"Ada {code}", "unit": unit, "gone": False}
        for code, unit in (OF_UNITS | units).items()
    ]


def night(
    world: World, number: int, command: str = "sync", *args: str, start: str = "'OPS'",
    part: str = "only", more: str = "",
) -> Ended:  # fmt: skip
    world.write("m.yaml", MAPPING.format(start=start, part=part, more=more))
    return world.run(command, "m.yaml", "--as-of", f"2026-10-{number:02}", *args)


def outcomes(ended: Ended) -> dict[str, str]:
    return {each["key"]: each["outcome"] for each in ended.data["outcomes"]}


def test_who_stands_below_a_node_takes_part_and_who_stands_nowhere_is_an_error(
    there: World,
) -> None:
    ended = night(there, 1, "plan", "--format", "json")
    assert outcomes(ended) == {
        "000": "unchanged", "001": "unchanged", "002": "unchanged",
        "003": "ignored", "004": "error", "005": "error",
    }  # fmt: skip
    assert "under('units'): unit is blank" in night(there, 1, "plan").flat
    assert "under('units'): NEW is in no row of units" in night(there, 1, "plan").flat


def test_a_leaver_whose_node_is_cleared_is_not_left_out(there: World) -> None:
    """A blank node put a leaver out of the sync, and they kept access."""
    gone = [{**each, "gone": each["code"] in ("001", "004")} for each in people(**{"001": None})]
    there.write("people.json", gone)
    ended = night(there, 1)
    assert ended.code == 5
    assert "unit is blank" in ended.flat
    assert "unit is blank" in night(there, 1, "explain", "001").flat
    meant = MAPPING.replace('"under(', '"is_present(unit) && under(')
    there.write("m.yaml", meant.format(start="'OPS'", part="only", more=""))
    said = outcomes(there.run("plan", "m.yaml", "--format", "json"))
    assert (said["001"], said["004"], said["005"]) == ("ignored", "ignored", "error")


def test_a_rule_of_eligible_says_what_is_not_known(there: World) -> None:
    ended = night(there, 1, "plan", "--format", "json", part="eligible")
    said = outcomes(ended)
    assert (said["000"], said["003"], said["005"]) == ("unchanged", "ineligible", "ineligible")
    assert "NEW is in no row of units" in night(there, 1, "plan", part="eligible").flat


PEOPLE = """\
code,name,status,manager
001,Ann,Current,
002,Ben,Current,001
003,Cy,Current,002
009,Zoe,Former,
"""
OF_A_MANAGER = """\
oneway: 1
name: people
source: {{connector: file, resource: people.csv, options: {{id: code}}}}
target: {{connector: file, resource: users.json}}
references: {{team: {{from: source, resource: people.csv, key: code, parent: manager}}}}
match: [{{source: code, target: reference}}]
only: [{{id: team, when: "{only}", otherwise: Another team}}]
fields: {{reference: {{from: code, write: on_create}}, name: name}}
joiners: {{unless_taken: [reference]}}
leavers: {{when: status == 'Former', set: {{active: {{value: false}}}}, left: active == `false`}}
"""


@pytest.mark.parametrize(
    ("only", "code", "active"),
    [
        ("under('team', code, '001')", 5, True),
        ("under('team', code, '001') || status == 'Former'", 0, False),
    ],
)
def test_a_leaver_whose_manager_is_cleared_does_not_keep_access_in_silence(
    world: World, only: str, code: int, active: bool
) -> None:
    """They stood in no team, so `only` left them alone, with exit code 0."""
    world.write("m.yaml", OF_A_MANAGER.format(only=only))
    world.write("people.csv", PEOPLE.replace("003,Cy,Current,002", "003,Cy,Former,"))
    world.write("users.json", [
        {"id": int(code), "reference": code, "name": name, "active": True}
        for code, name in (("001", "Ann"), ("002", "Ben"), ("003", "Cy"))
    ])  # fmt: skip
    ended = world.run("sync", "m.yaml", "--as-of", "2026-10-01")
    assert ended.code == code
    assert ("the parent of 003 in team is blank" in ended.flat) is active
    assert [each["active"] for each in world.read("users.json")] == [True, True, active]
    assert "R181" not in world.run("validate", "m.yaml").out


def test_several_tops_are_named_once_and_then_all_is_said(there: World) -> None:
    there.write("units.csv", UNITS.replace("FIN,ROOT", "FIN,\nHR,"))
    there.write("people.json", people(**{"004": "HR", "005": "FIN"}))
    more = "out_of_scope: leave"
    said = outcomes(night(there, 1, "plan", "--format", "json", more=more))
    assert [said[each] for each in ("002", "003", "004", "005")] == ["unchanged", *["error"] * 3]
    lacking = "2 rows of 'units' have no parent, and `top` does not name them: FIN, HR;"
    add = "`top: one_of(code, ['FIN', 'HR'])`"
    for command in ("validate", "check"):
        shown = there.run(command, "m.yaml")
        assert lacking in " ".join(shown.out.split())
        assert add in " ".join(shown.out.split())
    text = there.folder.joinpath("m.yaml").read_text()
    top = "    top: one_of(code, ['FIN', 'HR'])\n"
    there.write(
        "m.yaml", text.replace("    parent: parentCode\n", "    parent: parentCode\n" + top)
    )
    for command in ("validate", "check"):
        assert "R181" not in there.run(command, "m.yaml").out
    said = outcomes(there.run("plan", "m.yaml", "--format", "json"))
    assert [said[each] for each in ("002", "003", "004", "005")] == ["unchanged", *["leave"] * 3]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("OPS,ROOT\nOPS,FIN\n", "the parent of OPS in units is not known: lines 3, 7 and 8"),
        ("ROOT,OPS-2\n", "the parent of ROOT in units is not known: lines 2 and 7"),
        ("A,B\nB,A\n", "A is above itself in units: A < B < A"),
        ("A,GONE\n", "GONE is in no row of units"),
        ("A,#N/A\n", "the parent of A in units is not known"),
    ],
)
def test_a_way_up_that_is_not_clear_says_nothing_of_those_below(
    there: World, rows: str, said: str
) -> None:
    there.write("units.csv", UNITS + rows)
    there.write("people.json", people(**{"005": "A" if rows.startswith("A") else "FIN"}))
    ended = night(there, 1, "plan", start="'OPS-2-1'")
    if rows.startswith("OPS"):
        there.write("people.json", people(**{"005": "OPS"}))
        ended = night(there, 1, "plan", start="'OPS-2-1'")
    assert said in ended.flat
    found = outcomes(night(there, 1, "plan", "--format", "json", start="'OPS-2-1'"))
    assert (found["002"], found["005"]) == ("unchanged", "error")


@pytest.mark.parametrize("start", ["'OSP'", "setting('start')"])
def test_a_starting_node_that_is_not_there_writes_nothing(there: World, start: str) -> None:
    more = "out_of_scope: leave"
    args = ("--set", "start=OSP") if "setting" in start else ()
    ended = night(there, 1, "sync", *args, start=start, more=more)
    said = ended.flat
    assert ended.code != 0
    assert "the starting node in 'units' is OSP, which has no row; nothing will be written" in said
    assert "R166" in said
    assert all(each["active"] for each in there.read("users.json"))
    checked = night(there, 1, "check", *args, start=start, more=more)
    assert "Starting nodes that their trees do not have" in checked.out
    assert checked.code != 0


def test_a_table_that_lost_rows_makes_nobody_leave(there: World) -> None:
    more = "out_of_scope: leave\nguards: {leavers: {share: 100%, floor: 99}}"
    there.write("people.json", people(**{"003": "OPS", "004": "OPS", "005": "OPS-2"}))
    assert night(there, 1, more=more).code == 0
    for number, units in enumerate(
        (
            "code,parentCode\nROOT,\nOPS,ROOT\n",
            "code,parentCode\nROOT,\nOPS,ROOT\nOPS-2,\nOPS-2-1,\nFIN,\n",
            "code,above\nROOT,\nOPS,ROOT\nOPS-2,OPS\nOPS-2-1,OPS-2\nFIN,ROOT\n",
            "code,parentCode\n",
        ),
        2,
    ):
        there.write("units.csv", units)
        night(there, 2 * number, more=more)
        assert all(each["active"] for each in there.read("users.json")), units
        there.write("units.csv", UNITS)
        assert night(there, 2 * number + 1, more=more).code == 0


def test_a_blank_node_makes_nobody_leave(there: World) -> None:
    ended = night(there, 1, "plan", "--format", "json", more="out_of_scope: leave")
    said = outcomes(ended)
    assert (said["003"], said["004"], said["005"]) == ("leave", "error", "error")


def test_a_column_of_nodes_that_came_back_empty_holds_the_run(there: World) -> None:
    assert night(there, 1).code == 0
    there.write("people.json", people(**dict.fromkeys(OF_UNITS)))
    held = night(there, 2)
    assert held.code == 4
    assert "values_gone.source.unit" in held.out


def test_a_second_night_sees_that_a_node_has_moved(there: World) -> None:
    there.write("people.json", people(**{"005": "FIN"}))
    more = "out_of_scope: leave"
    there.write("users.json", [each for each in there.read("users.json") if each["id"] < "003"])
    assert night(there, 1, more=more).code == 0
    assert night(there, 2, more=more).code == 0
    there.write("units.csv", UNITS.replace("OPS-2-1,OPS-2", "OPS-2-1,FIN"))
    assert night(there, 3, more=more).code == 0
    assert [each["active"] for each in there.read("users.json")] == [True, True, False]


def test_a_saved_plan_is_stale_once_a_node_has_moved(there: World) -> None:
    users = there.read("users.json")
    there.write("users.json", [each for each in users if each["id"] != "002"])
    assert night(there, 1, "plan", "--out", "plan.json").code == 0
    there.write("units.csv", UNITS.replace("OPS-2-1,OPS-2", "OPS-2-1,FIN"))
    ended = there.run("apply", "plan.json")
    assert (ended.code, "W160" in ended.out) == (5, True)
    assert len(there.read("users.json")) == 5


def test_explain_shows_the_way_up(there: World) -> None:
    ended = night(there, 1, "explain", "002")
    assert "units: OPS-2-1 < OPS-2 < OPS < ROOT" in ended.flat
    assert "units: ? (NEW is in no row of units)" in night(there, 1, "explain", "005").flat


def test_explain_says_why_a_field_is_left_alone(there: World) -> None:
    when = "under('units', unit, 'OPS')"
    mapping = MAPPING.format(start="'OPS'", part="only", more="")
    rule = next(line for line in mapping.splitlines() if line.startswith("only"))
    there.write("m.yaml", mapping.replace(rule + "\n", "").replace(
        "  name: name", f'  name: {{from: name, when: "{when}"}}'
    ))  # fmt: skip
    said = there.run("explain", "m.yaml", "005").flat
    assert "it is not known whether `when` holds: under('units'): NEW is in no row" in said


@pytest.mark.parametrize(("who", "said"), [("002", "true"), ("003", "false"), ("005", "null")])
def test_eval_asks_the_tree(there: World, who: str, said: str) -> None:
    night(there, 1, "plan")
    asked = ("eval", "under('units', unit, 'OPS')", "--mapping", "m.yaml", "--record", who)
    assert there.run(*asked, "--format", "json").data[-1]["value"] == {
        "true": True, "false": False, "null": None,
    }[said]  # fmt: skip


def test_a_named_expression_may_ask_a_tree(there: World) -> None:
    let = """\
let:
  ours: "under('units', unit, let('start'))"
  start: "'OPS'"
  above: trim(parentCode)
"""
    mapping = MAPPING.format(start="'OPS'", part="only", more=let)
    mapping = mapping.replace("\"under('units', unit, 'OPS')\"", "let('ours')")
    there.write("m.yaml", mapping.replace("parent: parentCode", "parent: let('above')"))
    found = outcomes(there.run("plan", "m.yaml", "--format", "json"))
    assert (found["002"], found["003"], found["005"]) == ("unchanged", "ignored", "error")
    there.write("m.yaml", there.folder.joinpath("m.yaml").read_text().replace("'OPS'", "'OSP'"))
    lost = there.run("plan", "m.yaml")
    assert "the starting node in 'units' is OSP" in lost.flat


def test_a_run_is_planned_again_from_what_it_kept(there: World) -> None:
    assert night(there, 1).code in (0, 5)
    ended = there.run("replay", "m.yaml")
    assert ended.code == 0, ended.out + ended.err
    assert "same" in ended.flat


def test_everybody_who_reports_to_somebody(world: World) -> None:
    managers = {"1": None, "2": "1", "3": "2", "4": "1", "5": "9"}
    world.write("people.json", [
        {"id": id, "code": id, "name": f"Ada {id}", "managerId": above}
        for id, above in managers.items()
    ])  # fmt: skip
    world.write("users.json", [])
    world.write(
        "m.yaml",
        """\
oneway: 1
name: units
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
references:
  managers: {from: source, resource: people.json, key: id, parent: managerId}
match: [{source: code, target: reference}]
only: [{id: team, when: "under('managers', id, '2')", otherwise: Another team}]
fields: {reference: code, name: name}
""",
    )
    said = outcomes(world.run("plan", "m.yaml", "--format", "json"))
    assert said == {"1": "ignored", "2": "create", "3": "create", "4": "ignored", "5": "error"}


TEST = """\
oneway_test: 1
mapping: m.yaml
as_of: 2026-11-24
references:
  units:
    - {code: ROOT, parentCode: null}
    - {code: OPS, parentCode: ROOT}
    - {code: FIN, parentCode: ROOT}
record: {id: e0, code: "000", name: Ada, unit: OPS, gone: false}
target: {id: "000", reference: "000", name: Ada, active: true}
cases:
  - {name: In, target: {}, expect: {outcome: unchanged}}
  - {name: Out, target: {}, record: {unit: FIN}, expect: {outcome: ignored}}
  - {name: Nowhere, target: {}, record: {unit: NEW}, expect: {outcome: error}}
"""


def test_a_mapping_test_gives_the_tree_and_notices_another_condition(there: World) -> None:
    there.write("m.test.yaml", TEST)
    night(there, 1, "plan")
    assert there.run("test", "m.yaml").code == 0
    mutated = there.run("test", "m.yaml", "--mutate")
    assert "`parent: code` in units" not in mutated.out  # a circle: noticed
    recorded = there.run("test", "m.yaml", "--record", "002")
    there.write("m.test.yaml", TEST + recorded.out)
    again = there.run("test", "m.yaml", "--format", "json")
    assert again.code == 0, again.out
    proved = there.run("prove", "m.yaml", "--situations", "300")
    assert proved.code in (0, 1), proved.err
    assert "Traceback" not in proved.err
