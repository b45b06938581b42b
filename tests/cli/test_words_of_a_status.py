"""The words of a status: drafted, asked for, and what follows where one is blank or unknown."""

import re
from collections.abc import Sequence

import pytest
import yaml
from cli_world import World

MAPPING = """\
oneway: 1
name: words
source:
  connector: file
  resource: people.csv
  options: {id: code}
%s
target: {connector: file, resource: staff.json}
match:
  - {source: code, target: reference}
%s
fields:
  reference: {from: code, write: on_create}
  name: name
leavers:
  when: %s
  set: {active: {value: false}}
  left: active == `false`
"""
DECLARED = """\
  record:
    type: object
    additionalProperties: true
    properties: {status: {type: string, enum: %s}, gone: {type: string}}
"""
ROWS = ("1,Ann,Active,no,Staff", "2,Bob,Former,no,Staff")


def written(
    world: World,
    when: str = "status == 'Former'",
    *,
    only: str = "",
    words: str = "",
    rows: Sequence[str] = ROWS,
) -> str:
    """Write a mapping and its files; return what `validate` says, on one line."""
    world.write("w.yaml", MAPPING % (DECLARED % words if words else "", only, when))
    world.write("people.csv", "\n".join(("code,name,status,gone,kind", *rows, "")))
    users = [
        {"id": str(n), "reference": str(n), "name": row.split(",")[1], "active": True}
        for n, row in enumerate(rows, 1)
    ]
    world.write("staff.json", users)
    return " ".join(world.run("validate", "w.yaml").out.split())


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ("status == 'Former'", "status"),
        ("status != 'Active'", "status"),
        ("contains(['Former', 'Dead'], status)", "status"),
        ("one_of(lower(status), ['former'])", "status"),
        ("gone == 'yes' || kind == 'Guest'", "gone"),
    ],
)
def test_words_that_nothing_lists_are_asked_for(world: World, when: str, field: str) -> None:
    said = written(world, f'"{when}"')
    assert f"no record schema lists the words of '{field}'" in said
    assert "[M227]" in said
    assert f"properties: {{{field}: {{type: string, enum: [" in said
    assert "on the mapping: oneway validate w.yaml" in world.run("check", "w.yaml").err


@pytest.mark.parametrize("when", ["gone", "starts_with(status, 'F')", "name == '9999-12-31'"])
def test_what_is_no_list_of_words_is_not_asked_for(world: World, when: str) -> None:
    assert "M227" not in written(world, f'"{when}"')


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("only: [{id: x, when: kind == 'Staff', otherwise: x}]", True),
        ("eligible: [{id: x, when: kind != 'Guest', otherwise: x}]", True),
        ("eligible: [{id: x, when: kind == 'Staff', otherwise: x}]", False),
        ("eligible: [{id: x, when: kind && kind != 'Guest', otherwise: x}]", True),
    ],
)
def test_rules_are_looked_at_where_an_unknown_word_lets_somebody_in(
    world: World, rule: str, asked: bool
) -> None:
    said = written(world, only=rule, words="[Active, Former]")
    assert ("words of 'kind'" in said) is asked


def test_the_lines_that_are_asked_for_do_what_is_said(world: World) -> None:
    """A blank and an unknown word are errors, and the people are in the list."""
    rows = (*ROWS, "3,Cy,,no,Staff", "4,Di,Leaver,no,Staff")
    said = written(world, rows=rows)
    lines = said.replace("| ", "").partition("add `record: ")[2].partition("`")[0]
    lines = lines.replace('"Former", ...', "Active, Former")
    mapping = yaml.safe_load((world.folder / "w.yaml").read_text())
    mapping["source"]["record"] = yaml.safe_load(lines)
    world.write("w.yaml", mapping)
    assert "no mistakes" in world.run("validate", "w.yaml").out
    plan = world.run("plan", "w.yaml", "--exit-code")
    assert plan.code == 5
    assert "Have perhaps left, and can still get in (2)" in plan.out
    assert world.run("plan", "w.yaml").code == 0
    named = world.run("plan", "w.yaml", "--format", "json").data["still_in"]
    assert [each["key"] for each in named] == ["3", "4"]


def test_a_blank_word_may_be_one_of_the_words(world: World) -> None:
    written(world, words='["", Former]', rows=("1,Ann,,no,Staff", "2,Bob,Former,no,Staff"))
    assert "still get in" not in world.run("plan", "w.yaml").out


SCOPE = 'only: [{id: here, when: "%s", otherwise: x}]'


@pytest.mark.parametrize(
    ("only", "when", "hidden"),
    [
        ("status == 'Current'", "status == 'Former'", True),
        ("status == 'Current'", "status != 'Current'", True),
        ("status == 'Current' && name", "status == 'Former' && is_past(gone)", True),
        ("contains(['Current', 'New'], status)", "one_of(status, ['Former'])", True),
        ("status == 'Current'", "status == 'Former' || gone == 'yes'", True),
        ("is_blank(gone)", "gone", True),
        ("!is_past(gone)", "is_past(gone)", True),
        ("lower(status) == 'current'", "status == 'Former'", True),
        ("lower(status) == 'former'", "status == 'Former'", False),
        ("status != 'former'", "lower(status) == 'former'", False),
        ("status == 'Current'", "gone == 'yes'", False),
        ("kind == 'Staff'", "status == 'Former'", False),
        ("starts_with(status, 'C')", "status == 'Former'", False),
        ("!is_past(gone)", "gone", False),
        ("setting('all') || status == 'Current'", "status == 'Former'", False),
    ],
)
def test_an_only_that_hides_who_leaves_is_an_error(
    world: World, only: str, when: str, hidden: bool
) -> None:
    more = "settings: {all: {type: boolean, default: false, description: x}}\n" * ("all" in only)
    said = written(world, f'"{when}"', only=more + SCOPE % only)
    assert ("error: `only` leaves out everyone" in said) is hidden, said


def test_an_only_may_leave_leavers_out_where_they_leave_for_that(world: World) -> None:
    scope = SCOPE % "status == 'Current'"
    assert "M145" not in written(world, only=f"out_of_scope: leave\n{scope}")


@pytest.mark.parametrize(
    ("statuses", "listed"),
    [
        (["Active"] * 5 + ["Former"], "Status: {type: string, enum: [Active, Former]}"),
        (["Active"] * 4 + ["Former", ""], "Status: {type: string, enum: [Active, Former]}"),
        ([""] * 5 + ["Former"], "Status: {type: string, enum: [Former, '']}"),
        (["Working: yes"] * 3 + ["Left #1", "Left"], "enum: ['Working: yes', 'Left #1', Left]"),
        ([f"Kind {n}" for n in range(20)] + ["Former"], ""),
    ],
)
def test_a_draft_lists_the_words_that_it_has_seen(
    world: World, statuses: list[str], listed: str
) -> None:
    rows = [f"{n:03},Ann {n},a{n}@example.com,{each}" for n, each in enumerate(statuses)]
    world.write("p.csv", "\n".join(("code,name,email,Status", *rows, "")))
    users = [{"id": "1", "reference": "001", "name": "Ann 1", "active": True}]
    world.write("u.json", users)
    made = world.run("new", "new.yaml", "--source", "p.csv", "--target", "u.json")
    assert made.code == 0, made.err
    text = (world.folder / "new.yaml").read_text()
    assert (listed in text) if listed else ("record:" not in text)
    text = re.sub(r"^# eligible:.*?(?=^fields:)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = "\n".join(
        line.removeprefix("# ") if line.startswith(("# leavers", "#   ")) and "Left" not in listed
        else line
        for line in text.partition("# And who")[0].splitlines()
    )  # fmt: skip
    world.write("new.yaml", text + "\n")
    validated = world.run("validate", "new.yaml")
    assert validated.code == 0, validated.out
    assert ("M227" in validated.out) is (not listed)


def test_a_draft_without_a_word_of_leavers_lists_none(world: World) -> None:
    world.write("p.csv", "code,name,Status\n001,Ann,Active\n002,Bob,Active\n")
    world.write("u.json", [{"id": "1", "reference": "001", "name": "Ann"}])
    assert world.run("new", "new.yaml", "--source", "p.csv", "--target", "u.json").code == 0
    assert "record:" not in (world.folder / "new.yaml").read_text()


def test_a_draft_lists_words_in_an_object(world: World) -> None:
    people = [
        {"id": str(n), "name": f"Ann {n}", "job": {"status": word}}
        for n, word in enumerate(["Active", "Active", "Former"])
    ]
    world.write("p.json", people)
    world.write("u.json", [{"id": "1", "name": "Ann 1", "active": True}])
    assert world.run("new", "new.yaml", "--source", "p.json", "--target", "u.json").code == 0
    record = yaml.safe_load((world.folder / "new.yaml").read_text())["source"]["record"]
    job = record["properties"]["job"]
    assert job["properties"] == {"status": {"type": "string", "enum": ["Active", "Former"]}}
    assert world.run("validate", "new.yaml").code == 0


def staff(words: Sequence[str], kinds: Sequence[str] = ()) -> tuple[str, ...]:
    """Return rows of people with these statuses, and kinds."""
    return tuple(
        f"{n},P{n},{word},no,{kinds[n - 1] if kinds else 'Staff'}"
        for n, word in enumerate(words, 1)
    )


def night(world: World, day: int, rows: Sequence[str], *options: str) -> tuple[int, str]:
    """Run one night; return its exit code, and what was printed, on one line."""
    world.write("people.csv", "\n".join(("code,name,status,gone,kind", *rows, "")))
    ended = world.run("sync", "w.yaml", "--as-of", f"2026-06-{day:02}", *options)
    return ended.code, " ".join(ended.out.split())


FIRST = ["Former"] * 5 + ["Current"] * 9


def begun(world: World, when: str, rows: Sequence[str], *, only: str = "") -> None:
    """Sync for the first time; those who have left have left in the target, too."""
    written(world, f'"{when}"', only=only, rows=rows)
    users = world.read("staff.json")
    for user, row in zip(users, rows, strict=True):
        user["active"] = "Former" not in row
    world.write("staff.json", users)
    assert night(world, 1, rows)[0] == 0


@pytest.mark.parametrize(
    "when",
    [
        "status == 'Former'",
        "lower(status) == 'former'",
        "contains(['Former', 'Dead'], status)",
        "starts_with(status, 'Form')",
        "status == 'Former' || gone == 'yes'",
        "status == 'Former' && kind == 'Staff'",
    ],
)
def test_a_word_that_is_another_one_by_now_holds_the_run(world: World, when: str) -> None:
    begun(world, when, staff(FIRST))
    for day in (2, 3):
        code, out = night(world, day, staff([each.replace("Former", "Leaver") for each in FIRST]))
        assert code == 4, out
        assert "values_gone.source.status::" in out
        assert "by the last good run, 5 records should have '" in out
        assert "in 'status', 0 have it now; at most 2 may have lost it" in out
        assert "may concern: 1 P1" in out or "may concern: 1," in out
    assert night(world, 4, staff(FIRST))[0] == 0


def test_a_person_may_take_the_source_at_its_word(world: World) -> None:
    begun(world, "status == 'Former'", staff(FIRST))
    back = staff(["Current"] * 14)
    assert night(world, 2, back)[0] == 4
    code, out = night(world, 2, back, "--allow", "values_gone.source.status::Former=5")
    assert (code, "Guards that fired" in out) == (0, False)
    assert night(world, 3, back)[0] == 0


@pytest.mark.parametrize(
    "second",
    [
        ["Former"] * 3 + ["Leaver"] * 2 + ["Current"] * 9,
        ["Dead"] * 5 + ["Current"] * 9,
        FIRST[:5] + ["Active"] * 9,
        [*FIRST, "Upcoming", "Upcoming", "Upcoming"],
    ],
)
def test_other_words_hold_nothing(world: World, second: list[str]) -> None:
    """Few, another word of the condition, words of those who stay, and new people."""
    begun(world, "contains(['Former', 'Dead'], status)", staff(FIRST))
    code, out = night(world, 2, staff(second))
    assert (code, "values_gone" in out) == (0, False), out


def test_a_blank_word_is_told_once(world: World) -> None:
    begun(world, "status == 'Former'", staff(FIRST))
    code, out = night(world, 2, staff([""] * 14))
    assert (code, "values_gone.source.status:" in out) == (4, True)
    assert "values_gone.source.status::" not in out


def test_a_word_that_keeps_people_out_is_counted_as_well(world: World) -> None:
    kinds = ["Guest"] * 4 + ["Staff"] * 10
    rule = "eligible: [{id: x, when: kind != 'Guest', otherwise: x}]"
    statuses = ["Current"] * 14
    begun(world, "status == 'Former'", staff(statuses, kinds), only=rule)
    visitors = [each.replace("Guest", "Visitor") for each in kinds]
    code, out = night(world, 2, staff(statuses, visitors))
    assert (code, "4 records should have 'Guest' in 'kind', 0 have it now" in out) == (4, True)


def test_leavers_whom_the_export_lists_no_more_have_lost_no_word(world: World) -> None:
    begun(world, "status == 'Former'", staff(FIRST))
    rows = staff(FIRST)[5:]
    joined = tuple(f"{n},P{n},Current,no,Staff" for n in range(30, 35))
    code, out = night(world, 2, (*rows, *joined), "--allow", "target_shrink=5")
    assert (code, "values_gone" in out) == (0, False), out


def test_a_target_whose_records_are_all_there_is_not_said_to_have_lost_them(world: World) -> None:
    begun(world, "status == 'Former'", staff(FIRST))
    code, out = night(world, 2, staff(FIRST)[:6])
    assert code == 4
    assert "14 records were matched at the last good run, 6 are now, and it still has 14" in out
