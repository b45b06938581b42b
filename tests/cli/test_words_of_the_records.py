"""What the records say against a mapping: names meant as text, misspelt words and fields."""

import json

import pytest
from cli_world import World

MAPPING = """
oneway: 1
name: words
source: {connector: file, resource: s.csv, options: {id: Staff No}}
target: {connector: file, resource: %s}
match:
  - {source: '"Staff No"', target: reference}
eligible:
  - {id: type, when: '%s', otherwise: left out}
fields:
  reference: {from: '"Staff No"', write: on_create}
  name: %s
  %s: Team
leavers:
  when: %s
  set: {leaveDate: '"Leave Date"'}
  left: is_past(leaveDate)
"""
CSV = (
    "Staff No,Name,Known As,Team,Type,Leave Date\n"
    "1,Ann,-,Sales,CONTRACTOR ,\n"
    "2,Bob,Bo,Sales,Permanent,2024-05-31\n"
)
TARGET = [
    {"id": "9", "reference": "2", "name": "Bob", "team": "Sales", "leaveDate": None, "x": {"a": 1}}
]


def said(
    world: World,
    *,
    when: str = "Type",
    name: str = "Name",
    field: str = "team",
    leaver: str = "'\"Leave Date\"'",
    target: str = "t.json",
    csv: str = CSV,
) -> str:
    """Return what `validate` says of a mapping, on one line for each finding."""
    world.write("m.yaml", MAPPING % (target, when.replace("'", "''"), name, field, leaver))
    world.write("s.csv", csv)
    world.write("t.json", TARGET)
    world.write("t.csv", "id,reference,name,team,leaveDate\n9,2,Bob,Sales,\n")
    return " ".join(world.run("validate", "m.yaml").out.split())


@pytest.mark.parametrize(
    "name",
    [
        """iif("Known As" == "-", Name, "Known As")""",
        """iif("Known As" != '-' && "-" < Name, Name, Team)""",
        """iif(contains(["-", 'x'], "Known As"), Name, Team)""",
        """iif(one_of("Known As", ["-"]), Name, Team)""",
        """iif(contains("Known As", "-"), Name, Team)""",
        """iif(starts_with("Known As", "-"), Name, Team)""",
        """replace("Known As", "-", Name)""",
        """join("-", [Name, Team])""",
        """coalesce("Known As", "-")""",
        """iif(Name, "-", Name)""",
        """Name || "-" """,
        """concat(Name, "-", Team)""",
        """map_value("Known As", {Bo: "-"}, 'x')""",
    ],
)
def test_a_name_that_no_record_has_where_text_is_meant_is_an_error(world: World, name: str) -> None:
    found = said(world, name=json.dumps(name))
    assert "error: no record of the source has the key '-' (fields.name)" in found
    assert "for the text, write '-'" in found
    assert "[R175]" in found
    assert world.run("plan", "m.yaml").code == 1


def test_a_date_that_decides_who_leaves_is_text_as_well(world: World) -> None:
    found = said(world, leaver="""'"Leave Date" && "Leave Date" < "28/11/2026"'""")
    assert "[R170] double quotes name a field: for the text, write '28/11/2026'" in found
    assert "absent: null" not in found


def test_a_renamed_column_is_no_text_and_what_nothing_reads_is_named(world: World) -> None:
    name = json.dumps("""iif("Known As" == '-', Name, "Known As")""")
    found = said(world, name=name, csv=CSV.replace("Known As", "Preferred"))
    assert "error: " not in found
    assert "nothing reads these: Preferred" in found
    assert "credentials" not in found
    found = said(world, csv=CSV.replace("Team", "Tm"), field="team")
    assert "[R171]" in found
    found = said(world, csv=CSV.replace("Leave Date", "Date of Leaving"))
    assert "did you mean 'Date of Leaving'?" in found


@pytest.mark.parametrize(
    ("when", "near"),
    [
        ("Type != 'Contractor'", "CONTRACTOR "),
        ("'contractor ' != Type", "CONTRACTOR "),
        ("lower(trim(Type)) != 'Contractor'", "contractor"),
        ("!contains(['Agency', 'Contractor'], Type)", "CONTRACTOR "),
        ("!one_of(Type, ['Contractr'])", "CONTRACTOR "),
        ("Type == 'permanant'", "Permanent"),
        ("starts_with(Type, 'perm')", "Permanent"),
        ("!contains(Type, 'contract')", "CONTRACTOR "),
        ("map_value(Type, {Contractor: 'no'}, 'yes') == 'yes'", "CONTRACTOR "),
    ],
)
def test_a_word_that_is_nearly_one_of_the_records_is_named(
    world: World, when: str, near: str
) -> None:
    found = said(world, when=when)
    assert "warning: no record of the source has" in found
    assert f"did you mean '{near}'?" in found
    assert "(eligible.when) [R176]" in found
    assert "[R176]" in world.run("plan", "m.yaml").err
    assert "Words that no record has" in world.run("check", "m.yaml").out


@pytest.mark.parametrize(
    ("when", "near"),
    [
        ("Type != 'Agency'", "Agency worker"),
        ("!one_of(Type, ['Agency', 'Intern'])", "Agency worker"),
        ("lower(Type) == 'worker'", "agency worker"),
        ("Type != 'Permanent (UK)'", "Permanent"),
    ],
)
def test_a_word_that_says_more_or_less_than_one_of_the_records_is_named(
    world: World, when: str, near: str
) -> None:
    found = said(world, when=when, csv=CSV.replace("CONTRACTOR ", "Agency worker"))
    assert f"did you mean '{near}'?" in found
    assert "(eligible.when) [R176]" in found


@pytest.mark.parametrize(
    "when",
    [
        "Type != 'CONTRACTOR '",
        "lower(trim(Type)) != 'contractor'",
        "Type != 'Contractor' && Type != 'CONTRACTOR '",
        "Type != 'Agency'",
        "Team != 'Sales 2' && Name != 'Abe'",
        "Type != Team",
    ],
)
def test_other_words_are_not_spoken_of(world: World, when: str) -> None:
    assert "R176" not in said(world, when=when)


def test_a_constant_of_another_type_is_spoken_of_once(world: World) -> None:
    """R173 says so, with the word that the records have."""
    found = said(world, when='"Staff No" != `1`')
    assert "[R173] did you mean '1'?" in found
    assert "R176" not in found


def test_leavers_and_fields_are_looked_at_and_what_is_sensitive_is_not(world: World) -> None:
    assert "(leavers.when) [R176]" in said(world, leaver="Type == 'permanent'")
    assert "(fields.name) [R176]" in said(world, name="iif(Team == 'sales', Name, Type)")
    hidden = """{from: "iif(Team == 'sales', Name, Type)", sensitive: true}"""
    assert "R176" not in said(world, name=hidden)


def test_a_key_with_too_many_values_is_no_list_of_words(world: World) -> None:
    rows = "".join(f"{n},N{n},-,Sales,T{n}x,\n" for n in range(400))
    assert "R176" not in said(world, when="Type != 'CONTRACTOR'", csv=CSV + rows)


@pytest.mark.parametrize("field", ["taem", "Team", "teams", "x.b"])
def test_a_field_that_nobody_has_is_an_error_where_one_has_nearly_that_name(
    world: World, field: str
) -> None:
    found = said(world, field=field)
    wrong = field != "x.b"
    assert f"{'error' if wrong else 'warning'}: no record of the target has" in found
    assert "new_columns: add" in found
    assert ("did you mean" in found) == wrong
    assert (world.run("plan", "m.yaml").code == 1) == wrong


def test_a_new_field_can_be_asked_for(world: World) -> None:
    asked = "t.json, options: {new_columns: add}"
    assert "R172" not in said(world, field="squad", target=asked)
    found = said(world, field="taem", target=asked)
    assert "warning: no record of the target has the field 'taem'" in found
    found = said(world, field="squad", target="t.csv, options: {new_columns: add}")
    assert "R172" not in found
    schema = "{type: object, properties: {taem: {type: string}}, additionalProperties: true}"
    assert "R172" not in said(world, field="taem", target=f"t.json, record: {schema}")


def test_what_leavers_set_is_compared_with_every_field(world: World) -> None:
    said(world)
    text = (
        (world.folder / "m.yaml")
        .read_text(encoding="utf-8")
        .replace("set: {leaveDate:", "set: {leavDate:")
    )
    text = text.replace("  team: Team\n", "  team: Team\n  leaveDate: '\"Leave Date\"'\n")
    world.write("m.yaml", text)
    found = " ".join(world.run("validate", "m.yaml").out.split())
    assert "error: no record of the target has the field 'leavDate'" in found
    assert "did you mean 'leaveDate'?" in found


def test_a_label_that_no_record_has_is_told(world: World) -> None:
    found = said(world)
    assert "R171" not in found
    world.write(
        "m.yaml", "label: join(' ', [nmae, Team])\n" + (world.folder / "m.yaml").read_text()
    )
    found = " ".join(world.run("validate", "m.yaml").out.split())
    assert "no record of the source has the key 'nmae' (label) [R171]" in found


def test_a_heading_with_a_dot_is_a_path(world: World) -> None:
    csv = CSV.replace("Known As", "Staff.Alias")
    found = said(world, name="'\"Staff.Alias\"'", csv=csv)
    assert "did you mean the path Staff.Alias, without quotes?" in found
    assert "headings: flat" in found
    assert "R171" not in said(world, name="Staff.Alias", csv=csv)
