"""A value that a lookup finds is shown with its key and its row's name: `8 (LAB Laboratory)`."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from cli_world import MAPPING, TEAMS, World, person, user
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.core.records import Record
from oneway.core.seal import canonical
from oneway.mapping.code import ReferenceCode
from oneway.mapping.expressions import Context, parse
from oneway.mapping.value_names import value_names

MOVED = "7 (OPS) -> 8 (LAB)"


def all_move(world: World, number: int = 12) -> None:
    world.write("people.json", [person(n, team="LAB") for n in range(1, number + 1)])
    world.write("users.json", [user(n) for n in range(1, number + 1)])


def test_every_place_names_what_a_lookup_finds(world: World) -> None:
    all_move(world)
    planned = world.run("plan", "m.yaml", "--allow", "field_changes.team=12", "--out", "plan.json")
    assert "team: all 12 become 8 (LAB)" in planned.flat
    assert MOVED in planned.flat
    assert "8 (LAB)" in world.run("plan", "m.yaml", "--format", "markdown").out
    # Nothing but the plan is needed later: the table may have changed by then.
    assert world.run("apply", "plan.json", "--approve", fingerprint(world)).code == 0
    assert MOVED in world.run("runs", "show", "latest").flat
    page = world.folder / "page.html"
    assert world.run("report", "latest", "--out", str(page)).code == 0
    assert "8 (LAB)" in page.read_text(encoding="utf-8")


def fingerprint(world: World) -> str:
    return str(world.read("plan.json")["fingerprint"])


def test_a_run_can_be_derived_again_with_its_names(world: World) -> None:
    all_move(world, 3)
    assert world.run("sync", "m.yaml").code == 0
    replayed = world.run("replay", "latest", "--format", "json").data
    assert replayed["same"] is True


def test_a_sensitive_table_names_nothing(world: World) -> None:
    all_move(world, 3)
    mapping = MAPPING.replace("lookup: teams}", "lookup: teams, sensitive: true}")
    world.write("m.yaml", mapping)
    assert world.run("plan", "m.yaml", "--out", "plan.json").code == 0
    assert "names" not in world.read("plan.json")
    assert "LAB" not in json.dumps(world.read("plan.json")["outcomes"])


def test_a_value_of_two_keys_has_no_name(world: World) -> None:
    all_move(world)
    world.write("teams.json", [*TEAMS, {"id": 7, "code": "OPERATIONS"}])
    assert "7 -> 8 (LAB)" in world.run("plan", "m.yaml").flat


ROWS = {"OPS": "Operations", "LAB": "Laboratory"}
WITH_LABEL = MAPPING.replace("value: id}", "value: id, label: name}")


def named(world: World, mapping: str = WITH_LABEL, number: int = 12) -> None:
    all_move(world, number)
    world.write("teams.json", [{**each, "name": ROWS[str(each["code"])]} for each in TEAMS])
    world.write("m.yaml", mapping)


def test_every_place_shows_the_label_of_the_row(world: World) -> None:
    named(world)
    planned = world.run("plan", "m.yaml", "--allow", "field_changes.team=12", "--out", "plan.json")
    assert "team: all 12 become 8 (LAB Laboratory)" in planned.flat
    names = {"team": {"7": "OPS Operations", "8": "LAB Laboratory"}}
    assert world.read("plan.json")["names"] == names
    told = world.run("explain", "m.yaml", "P001").flat
    assert '"LAB", becomes 8 (LAB Laboratory)' in told
    assert "before 7 (OPS Operations)" in told
    page = world.folder / "page.html"
    assert world.run("apply", "plan.json", "--approve", fingerprint(world)).code == 0
    assert "7 (OPS Operations) -> 8 (LAB Laboratory)" in world.run("runs", "show", "latest").flat
    assert world.run("report", "latest", "--out", str(page)).code == 0
    assert "8 (LAB Laboratory)" in page.read_text(encoding="utf-8")
    # What stays as it is is named as well, where one person is explained.
    assert "before 8 (LAB Laboratory), after 8" in world.run("explain", "m.yaml", "P001").flat


def test_a_label_that_no_row_has_is_a_warning_and_changes_nothing_else(world: World) -> None:
    named(world, WITH_LABEL.replace("label: name}", "label: nmae}"))
    world.write("people.json", [person(1, team="XXX")])
    planned = world.run("plan", "m.yaml", "--out", "plan.json")
    assert "no record of reference 'teams' has the key 'nmae' (label) [R171]" in planned.flat
    assert "did you mean 'name'?" in planned.flat
    assert "may lack rows" not in planned.flat
    teams = next(each for each in world.read("plan.json")["reads"] if each["name"] == "teams")
    assert set(teams["stated"]) == {"code", "id"}, "a guard would watch what only people read"


def test_validate_names_the_field_that_a_label_must_mean(world: World) -> None:
    table = "{connector: file, record: {properties: {id: {}, code: {}, name: {}}}}"
    mapping = MAPPING.replace("{from: target, resource: teams", f"{{from: {table}, resource: teams")
    named(world, mapping.replace("value: id}", "value: id, label: nmae}"))
    said = world.run("validate", "m.yaml")
    assert said.code == 1
    assert "unknown reference 'teams' field 'nmae' [M101]" in said.flat
    assert "did you mean 'name'?" in said.flat


def test_what_the_record_schema_of_a_table_marks_names_nothing(world: World) -> None:
    marked = "{properties: {id: {}, code: {sensitive: true}, name: {}}}"
    mapping = WITH_LABEL.replace(
        "from: target, resource: teams",
        f"from: {{connector: file, record: {marked}}}, resource: teams",
    )
    named(world, mapping, number=3)
    assert world.run("plan", "m.yaml", "--out", "plan.json").code == 0
    assert "names" not in world.read("plan.json")
    assert "(LAB" not in world.run("explain", "m.yaml", "P001").flat
    code, name = "code: {sensitive: true}, name: {}", "code: {}, name: {sensitive: true}"
    world.write("m.yaml", mapping.replace(code, name))
    said = world.run("validate", "m.yaml")
    assert "`label` of reference 'teams' reads a sensitive field [M122]" in said.flat


PEOPLE = "from: target, resource: users.json"


def test_a_person_of_the_target_is_named_as_other_rows_are(world: World) -> None:
    mapping = MAPPING.replace(
        "match:",
        f"  people: {{{PEOPLE}, key: reference, value: id, label: name}}\nmatch:",
    ).replace("  phone:", "  boss: {from: boss, lookup: people}\n  phone:")
    world.write("m.yaml", mapping)
    world.write("people.json", [person(1), person(2, boss="P001")])
    world.write("users.json", [user(1, boss=None), user(2, boss=None)])
    assert "nothing -> 1 (P001 Person 1)" in world.run("plan", "m.yaml").flat
    # What the mapping keeps to itself of people is not shown of a colleague either.
    secret = mapping.replace("write: on_create}", "write: on_create, sensitive: true}")
    world.write("m.yaml", secret)
    assert "nothing -> 1 boss" in world.run("plan", "m.yaml").flat
    world.write("m.yaml", mapping.replace("  name: name", "  name: {from: name, sensitive: true}"))
    said = world.run("validate", "m.yaml").flat
    assert "`label` of reference 'people' reads a sensitive field [M122]" in said


VALUES = st.sampled_from([7, 8, "7", "x", None])
ROW = st.fixed_dictionaries(
    {"id": VALUES, "code": st.sampled_from(["OPS", "LAB", " ", None, 7])},
    optional={"name": st.sampled_from(["Operations", "OPS Operations", "OPS", "", 3, None, []])},
)


@given(st.lists(ROW, max_size=6), st.randoms(use_true_random=False))
def test_a_name_is_what_all_rows_of_a_value_say(rows: list[dict[str, Any]], rng: Random) -> None:
    id, code, name = (parse(each, Span("m.yaml")) for each in ("id", "code", "name"))
    table = ReferenceCode("teams", code, id, label=name, says_label=True)
    context = Context(as_of=datetime(2026, 1, 1, tzinfo=UTC), settings={})
    wanted = {canonical(each) for each in (7, 8, "7", "x")}
    records = [Record(str(number), row) for number, row in enumerate(rows)]
    found = value_names(table, records, context, wanted)
    for each in wanted:
        said = [row for row in rows if row["id"] is not None and canonical(row["id"]) == each]
        codes = {_shown(row["code"], row["id"]) for row in said}
        names = {_shown(row.get("name"), row["id"]) for row in said}
        parts = ["".join(texts) if len(texts) == 1 else "" for texts in (codes, names)]
        whole = parts[1] if parts[0] and parts[1].startswith(parts[0]) else " ".join(parts).strip()
        assert found.get(each, "") == whole
    rng.shuffle(records)
    assert value_names(table, records, context, wanted) == found
    hidden = replace(table, secret=frozenset({"label"}))
    closed = value_names(hidden, records, context, wanted)
    assert not any("Operations" in text for text in closed.values())


def _shown(said: Any, value: Any) -> str:
    return "" if said in (None, " ", "", []) or said == value else str(said)


def test_an_edit_names_the_values_that_it_would_write(world: World) -> None:
    named(world, number=3)
    edited = WITH_LABEL.replace("team: {from: team, lookup", "team: {value: OPS, lookup")
    world.write("new.yaml", edited)
    told = world.run("impact", "new.yaml", "--old", "m.yaml")
    assert "team: 8 (LAB Laboratory), now left alone" in told.flat
    told = world.run("impact", "m.yaml", "--old", "new.yaml", "--format", "json").data
    (first, *_) = (each["fields"][0]["after"] for each in told["people"])
    assert first == {"value": 8, "name": "LAB Laboratory"}
