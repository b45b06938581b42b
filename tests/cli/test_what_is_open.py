"""What a mapping leaves open stands at the head of a plan, and an open question stops its apply."""

import re

import pytest
from cli_world import MAPPING, World, person, user

from oneway.cli.entry import run

LEAVERS = MAPPING[MAPPING.index("leavers:\n") :]
NOBODY = "No leavers are defined: nobody loses access"
QUESTIONS = """\
questions:
  leavers: Who has left, and what is written then?
  eligible: Who takes part?
  fields.email: Which address?
  eligible.kind: Who takes part?
"""
PLAN = ("plan", "m.yaml", "--out", "plan.json")


def without_leavers(world: World, more: str = "") -> None:
    world.write("m.yaml", MAPPING.replace(LEAVERS, more))
    world.write("people.json", [person(1, left=True), person(2)])


@pytest.mark.parametrize("format", ["text", "markdown", "html", "json"])
def test_a_plan_says_that_nobody_can_leave_by_its_mapping(world: World, format: str) -> None:
    without_leavers(world)
    said = world.run(*PLAN, "--format", format).out
    place = said.index("obody loses access")
    assert format == "json" or place < said.index("P001@example.com")
    applied = world.run("apply", "plan.json")
    assert (applied.code, applied.err.startswith(f"! {NOBODY}\n")) == (0, True)


def test_what_is_accepted_is_not_said(world: World) -> None:
    accepted = 'lint: [{code: M254, severity: "off", because: Nobody leaves here}]\n'
    without_leavers(world, accepted)
    assert NOBODY not in world.run(*PLAN).out
    assert NOBODY not in world.run("apply", "plan.json").err


def test_an_open_question_is_said_and_nothing_is_applied(world: World) -> None:
    """A draft that nobody has answered would let people in who have left."""
    without_leavers(world, QUESTIONS)
    before = world.read("users.json")
    planned = world.run(*PLAN)
    assert planned.code == 0
    head = planned.out[: planned.out.index("To create")]
    lines = len(MAPPING.replace(LEAVERS, "").splitlines())
    asked = "a question is open: leavers: Who has left, and what is written then?"
    assert f"! Line {lines + 2}: {asked}" in " ".join(head.split())
    assert "a question is open: eligible.kind: Who takes part?" in head
    assert "eligible:" not in head, "it is there"
    assert "fields.email" not in head
    assert "This plan cannot be applied" in head
    for command in (("apply", "plan.json"), ("sync", "m.yaml")):
        ended = world.run(*command)
        assert (ended.code, ended.err.count("[P118]")) == (1, 2), command
    assert world.read("users.json") == before
    assert [each["code"] for each in world.run(*PLAN, "--format", "json").data["remarks"]] == [
        *("M254", "M255", "M255")
    ]
    assert world.run("validate", "m.yaml").out.count("[M255]") == 2


def test_an_answer_is_the_part_that_a_question_is_about(world: World) -> None:
    world.write("m.yaml", MAPPING + QUESTIONS.replace("  eligible.kind: Who takes part?\n", ""))
    assert "a question is open" not in world.run(*PLAN).out
    assert world.run("apply", "plan.json").code == 0


KIND = "  - {id: kind, when: code, otherwise: Not of a kind that takes part}\n"


@pytest.mark.parametrize(
    ("more", "open"),
    [("", True), (KIND.replace("id: kind", "id: other"), True), (KIND, False), ("only", False)],
)
def test_a_rule_about_kinds_is_answered_by_no_other_rule(
    world: World, more: str, open: bool
) -> None:
    """Taking only the rule about emails would let all contractors in."""
    asked = "questions: {eligible.kind: Which kinds take part?}\n"
    if more == "only":
        text = MAPPING.replace("eligible:\n", f"only:\n{KIND}eligible:\n")
    else:
        text = MAPPING.replace("fields:\n", f"{more}fields:\n", 1)
    world.write("m.yaml", text + asked)
    assert ("[M255]" in world.run("validate", "m.yaml").out) is open
    assert world.run(*PLAN).code == 0
    assert world.run("apply", "plan.json").code == (1 if open else 0)


@pytest.mark.parametrize(
    ("about", "said"),
    [("leaver", "did you mean 'leavers'?"), ("field.email", "did you mean 'fields.email'?"),
     ("eligble.kind", "did you mean 'eligible.kind'?"), ("hr", "name what answers it"),
     ("fields.", "name what answers it"), ("only.kind", "")],
)  # fmt: skip
def test_a_question_that_nothing_can_answer_is_a_mistake(
    world: World, about: str, said: str
) -> None:
    world.write("m.yaml", f"{MAPPING}questions: {{'{about}': Why?}}\n")
    for command in (("validate", "m.yaml"), PLAN):
        ended = world.run(*command)
        assert (ended.code, "[M154]" in ended.out + ended.err) == (1, True)
        assert said in ended.flat


def test_a_leave_says_what_the_source_states(world: World) -> None:
    world.write("people.json", [person(2, left=True), person(3)])
    world.write("users.json", [user(2), user(3)])
    text = world.run(*PLAN).out
    assert "- leave P002 Person 2 (record 2)\n    because left: true\n" in text
    assert "because `left`" not in world.run(*PLAN, "--format", "markdown").out
    assert "The source says left: true." in world.run(*PLAN, "--format", "html").out
    assert (
        "will leave, with 1 field written, because left: true"
        in world.run("explain", "m.yaml", "P002").out
    )


def test_a_sensitive_reason_of_a_leave_is_hidden(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("when: left", "when: left || phone"))
    world.write("people.json", [person(2, phone="0555"), person(3)])
    world.write("users.json", [user(2), user(3)])
    for format in ("text", "json", "html"):
        said = world.run(*PLAN, "--format", format).out
        assert "0555" not in said
        assert "phone: ***" in said
    assert "0555" not in (world.folder / "plan.json").read_text()


TWO_KEYS = MAPPING.replace(
    "eligible:\n", "  - {source: email, target: email, compare: ignore_case}\neligible:\n", 1
)


def test_people_matched_by_a_later_key_are_told_with_both_first_keys(world: World) -> None:
    world.write("m.yaml", TWO_KEYS)
    world.write("people.json", [person(2, code="P200", name="New"), person(3, code="P300")])
    world.write("users.json", [user(2), user(3)])
    text = world.run(*PLAN).out
    assert "2 matched (0 by reference, 2 by email)" in text
    note = "! matched by email, although reference is another in the target record"
    assert f'{note} (reference: "P200" here, "P002" in the target)' in " ".join(text.split())
    _, warned = text.split("Warnings", 1)
    assert "P300 Person 3" in " ".join(warned.split())
    assert "P200" not in warned, "it is said with the action"
    assert "Matched only by a later key" in world.run(*PLAN, "--format", "html").out


def test_one_key_alone_and_the_first_key_say_nothing_of_keys(world: World) -> None:
    world.write("m.yaml", TWO_KEYS)
    assert "2 matched\n" in world.run(*PLAN).out


def test_lookups_that_miss_are_counted_beside_the_counts(world: World) -> None:
    world.write("teams.json", [{"id": "OPS", "code": 7}])
    text = world.run(*PLAN).out
    head = text[: text.index("To create")]
    assert "! team: the lookup in teams missed for 4 of 4 records: does its key fit?" in head


def test_the_expression_of_a_field_is_quoted_once_where_it_is_long(world: World) -> None:
    odd = "x" * 70
    long = f"name && replace(name, '{odd}', 'y')"
    world.write("m.yaml", MAPPING.replace("  name: name\n", f'  name: "{long}"\n'))
    world.write("people.json", [person(n, name=f"Any {n}") for n in (1, 2, 3)])
    text = world.run(*PLAN).out
    assert text.count("replace(") == 1
    assert len(re.findall(r"^ +name .*line 20$", text, re.MULTILINE)) == 2
    assert not re.search(r"line\n", text)


def test_a_leave_that_somebody_else_has_made_is_no_leaver_with_access(world: World) -> None:
    """The changed value is the one that was to be written: they cannot get in."""
    world.write("people.json", [person(2, left=True), person(3)])
    world.write("users.json", [user(2), user(3)])
    assert run(["plan", "m.yaml", "--as-of", "2026-06-15", "--out", "plan.json"]) == 0
    world.write("users.json", [user(2, leaveDate="2026-06-15"), user(3)])
    ended = world.run("apply", "plan.json")
    assert "1 stale" in ended.out
    assert "can still get in" not in ended.out
    assert "[W163]" in ended.out


def codes(world: World, table: str, **changed: object) -> str:
    """Return the plan of a dozen people whose teams are codes, and one of whom is changed."""
    lines = MAPPING.replace("  team: {from: team, lookup: teams}\n", f"  team: {table}\n")
    world.write("m.yaml", lines)
    people = [person(n, team=("Ops", "Lab")[n % 2]) for n in range(1, 14)]
    people[0] |= changed
    world.write("people.json", people)
    world.write("users.json", [user(n, team=("OPS", "LAB")[n % 2]) for n in range(2, 14)])
    return " ".join(world.run(*PLAN).out.split())


TABLE = "\"map_value(team, {Ops: 'OPS', Lab: '%s'})\""


def test_a_code_that_no_record_of_the_target_holds_is_said_beside_the_counts(world: World) -> None:
    text = codes(world, TABLE % "LBA")
    (line,) = re.findall(r"! (Line \d+: team: no target .*?) To create", text)
    assert line.endswith('no target record has "LBA" (7), which would be written')
    assert "Codes that the target has not had" in world.run(*PLAN, "--format", "html").out
    (noted,) = world.run(*PLAN, "--format", "json").data["noticed"]
    assert noted["code"] == "new_code"
    assert "noticed" not in world.read("plan.json")
    assert "no target record has" not in codes(world, TABLE % "LAB")
    # Names are no codes, though none of them was there; nor is what a lookup finds.
    assert "no target record has" not in codes(world, TABLE % "LAB", name="Quite New")


def test_values_that_stay_because_the_source_is_blank_are_counted_and_named(world: World) -> None:
    world.write("people.json", [person(2, name=""), person(3, team="", name="")])
    world.write("users.json", [user(2), user(3)])
    plan = world.run(*PLAN)
    said = "Blank in the source, kept in the target: name 2 (P002, P003), team 1 (P003)"
    assert said in " ".join(plan.out.split())
    world.write("people.json", [person(2), person(3)])
    assert "Blank in the source" not in world.run(*PLAN).out


def test_who_gets_a_boss_that_leaves_by_the_same_plan_is_told(world: World) -> None:
    bosses = "  bosses: {from: target, resource: users.json, key: reference, value: id}\n"
    mapping = MAPPING.replace("match:\n", f"{bosses}match:\n")
    boss = "  boss: {from: boss, lookup: bosses}\n"
    world.write("m.yaml", mapping.replace("  team: {", f"{boss}  team: {{"))
    people = [person(2, left=True, name="New"), person(3, boss="P002"), person(4, boss="P005")]
    world.write("people.json", [*people, person(5)])
    world.write("users.json", [user(2), user(3), user(4), user(5)])
    text = world.run(*PLAN).out
    assert text.count("! boss: P002 New leaves by this plan") == 1
    assert "leaves by this plan" in world.run(*PLAN, "--format", "markdown").out
    assert "1 person counts in two of these: P002 New." in " ".join(text.split())


def test_a_leaver_is_explained_by_both_rules_of_a_field(world: World) -> None:
    mapping = MAPPING.replace("  phone:", "  active: {value: true, write: on_create}\n  phone:")
    mapping = mapping.replace("leaveDate: today()", "active: {value: false}")
    world.write("m.yaml", mapping.replace("left: leaveDate", "left: active == `false`"))
    world.write("people.json", [person(2, left=True), person(3)])
    world.write("users.json", [user(2, active=True), user(3, active=True)])
    said = world.run("explain", "m.yaml", "P002").out
    assert "active: left alone: written only when a record is created" in " ".join(said.split())
    assert "active (on leaving): differs: will be written" in " ".join(said.split())
