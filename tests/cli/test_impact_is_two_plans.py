"""`oneway impact` says how the plans that `oneway plan` makes of both versions differ.

The plans of both versions are made beside it, over the same files and the same store, and compared
here by their JSON alone.
"""

import json
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cli_world import World, person, user
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from commands import Ended
from oneway.runs.read import _Reads

MAPPING = """\
oneway: 1
name: people
label: name
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
references:
  teams: {from: target, resource: teams.json, key: code, value: id}
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
joiners: {unless_taken: [email]}
leavers: {when: status == 'Left', set: {active: {value: false}}, left: "active == `false`"}
absent: ignore
guards: {leavers: {share: 100%, floor: 9}}
"""
GUARDS = "guards: {leavers: {share: 100%, floor: 9}}"
EDITS = {
    "tight": (GUARDS, "guards: {leavers: {share: 0%, floor: 1}}"),
    "stop": (GUARDS, "guards: {on_breach: stop, leavers: {share: 0%, floor: 1}}"),
    "fields": (GUARDS, "guards: {field_changes: {share: 0%, floor: 1}}"),
    "few": (GUARDS, "guards: {creates: {share: 0%, floor: 1}}"),
    "rekey": ("absent: ignore", "absent: ignore\nrekey: write"),
    "absent": ("absent: ignore", "absent: deactivate"),
    "back": ("label: name", "label: name\nrehires: {reactivate: {active: true}}"),
    "uncreated": ("{unless_taken", "{create: false, unless_taken"),
    "key": (": code", ": alt"),
    "name": ("  name: name", "  name: upper(name)"),
    "email": ("{from: email, compare", "{from: \"lower(email)\", compare"),
    "team": ("  name: name", "  name: name\n  team: {from: team, lookup: teams}"),
    "unknown": ("  name: name", "  namme: name"),
    "no key": ("when: status", "when: state"),
    "loose": ("status == 'Left'", "status == 'Left' || status == 'Away'"),
    "only": ("fields:", "only: {when: email, otherwise: Email is missing}\nfields:"),
    "rule": ("fields:", "eligible: [{id: email, when: email, otherwise: No email}]\nfields:"),
    "question": ("fields:", 'questions: {eligible.contractor: "Do they take part?"}\nfields:'),
    "broken": ("fields:", "felds:"),
}  # fmt: skip
KINDS = ["create", "update", "unchanged", "leave", "rehire", "ineligible", "conflict", "error",
         "absent", "keeps-access", "keeps-access"]  # fmt: skip


def edited(names: set[str]) -> str:
    text = MAPPING
    for name in sorted(names):
        text = text.replace(*EDITS[name], -1 if name == "key" else 1)
    return text


def people() -> list[dict[str, Any]]:
    return [person(n, status="Active", alt=f"P{n:03}") for n in range(1, 8)]


def users() -> list[dict[str, Any]]:
    return [user(n, active=True) for n in range(1, 8)]


@st.composite
def moved(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Return people and users of another day: new codes, words and emails, some of them gone."""
    source, target = people(), users()
    for row in (*source, person(8, status="Active", alt="A8"), person(9, status="Left", alt="A9")):
        changes: dict[str, list[Any]] = {
            "status": ["Left", "Left", "Away", "", None],
            "code": ["N001", "P002", None],
            "alt": ["P003", "N9"],
            "email": [None, "p002@example.com", "new@example.com"],
            "name": ["Another Name", "Person 2"],
            "team": ["LAB", "NONE"],
        }
        if draw(st.integers(0, 2)) == 0:
            key = draw(st.sampled_from(sorted(changes)))
            row[key] = draw(st.sampled_from(changes[key]))
        if row not in source and draw(st.booleans()):
            source.append(row)
    for row in target:
        if draw(st.integers(0, 5)) == 0:
            row |= draw(st.sampled_from([{"active": False}, {"name": "Old"}, {"reference": "N9"}]))
    del source[: draw(st.sampled_from([0, 0, 0, 1]))]
    del target[: draw(st.sampled_from([0, 0, 0, 1, 2]))]
    return source, target


class Told:
    """What a plan does with each person, from its JSON; nobody if it is refused."""

    def __init__(self, ended: Ended) -> None:
        found = ended.data
        problems = found.get("problems", [])
        self.errors = sorted(each["code"] for each in problems if each["severity"] == "error")
        self.plan = not problems
        asks = [each for each in found.get("remarks", ()) if each["code"] == "M255"]
        self.stops = bool(asks or self.errors)
        self.outcomes = {
            each["source_id"] or f"t{each['target_id']}": each for each in found.get("outcomes", ())
        }
        actions = [action for each in self.outcomes.values() for action in each["actions"]]
        verdict = found.get("verdict", {"held": [], "breaches": []})
        self.guards = [each["text"] for each in verdict["breaches"]]
        self.unsent = dict.fromkeys(verdict["held"], "held")
        if self.stops:
            self.unsent = {each["id"]: "not_attempted" for each in actions}
        for _ in actions:
            late = [e["id"] for e in actions if self.unsent.keys() & set(e["depends_on"])]
            self.unsent = {**dict.fromkeys(late, "not_attempted"), **self.unsent}
        self.still_in = {(e["source_id"], e["target_id"]) for e in found.get("still_in", ())}

    def kind(self, id: str) -> str:
        if id not in self.outcomes:
            return "nothing"
        found = self.outcomes[id]
        away = any(each["verb"] == "deactivate" for each in found["actions"])
        return "leave" if away else str(found["outcome"])

    def access(self, id: str) -> str | None:
        verbs = [each["verb"] for each in self.outcomes.get(id, {"actions": []})["actions"]]
        on_access = ("create", "leave", "deactivate", "reactivate")
        return next((each for each in verbs if each in on_access), None)

    def end(self, id: str) -> str | None:
        actions = self.outcomes[id]["actions"] if id in self.outcomes else ()
        return self.unsent.get(actions[0]["id"]) if actions else None

    def of(self, id: str) -> Any:
        """Return all that is told of a person, without who can still get in."""
        if id not in self.outcomes:
            return None
        found = self.outcomes[id]
        stays = found["outcome"] in ("ineligible", "conflict", "error")
        return [
            self.kind(id),
            self.end(id),
            sorted(
                [change["field"], repr(change["before"]), repr(change["after"]),
                 self.unsent.get(action["id"]) or ""]
                for action in found["actions"]
                for change in action["changes"]
            ),
            sorted(reason["code"] for reason in found["reasons"]) if stays else [],
            self.ended(id),
        ]  # fmt: skip

    def ended(self, id: str) -> str | None:
        """Return the target record whose access the plan is to end, sent or not."""
        leaves = id in self.outcomes and self.kind(id) == "leave"
        return str(self.outcomes[id]["target_id"]) if leaves else None

    def lists(self, id: str) -> bool:
        """Return whether the plan lists a person for another reason than an unsent leave."""
        return self.ended(id) is None and self.can_get_in(id)

    def keep_access(self, after: "Told") -> set[str]:
        """Return who keeps access by another plan."""
        ended = {after.ended(id) for id in after.outcomes} - {None}
        listed = {id for id in after.outcomes if after.lists(id)}
        records = {str(after.outcomes[id]["target_id"]) for id in listed}
        found = set()
        for id, each in self.outcomes.items():
            record = str(each["target_id"])
            if self.ended(id) is not None:
                found |= {id} if record not in ended else set()
            elif self.lists(id) and id not in listed and record not in (records - {"None"}) | ended:
                found |= {id} if each["target_id"] or after.ended(id) is None else set()
        return found

    def can_get_in(self, id: str) -> bool:
        found = self.outcomes.get(id)
        if found is None:
            return False
        # A plan lists who can get in once it is applied, which this one is not.
        not_applied = self.stops and self.kind(id) == "leave"
        return not_applied or (found["source_id"], found["target_id"]) in self.still_in


def stored(folder: Path) -> dict[str, str]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each): sha256(each.read_bytes()).hexdigest() for each in files}


def differing(before: Told, after: Told) -> Iterator[str]:
    """Yield whom the plans treat differently; if one is no plan, who has an action in the other."""
    for id in before.outcomes.keys() | after.outcomes.keys():
        if not before.plan:
            if after.outcomes[id]["actions"]:
                yield id
        elif before.of(id) != after.of(id) or before.can_get_in(id) is not after.can_get_in(id):
            yield id


ALLOWED = st.sampled_from([(), (), ("--allow", "leavers=5")])
ONE_OR_NONE = st.sets(st.sampled_from(sorted(EDITS)), max_size=1)
SOME = st.sets(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3)


@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)
@given(moved(), ONE_OR_NONE, SOME, st.booleans(), st.sampled_from(KINDS), ALLOWED)
def test_impact_is_the_difference_of_two_plans(
    world: World, rows: Any, was: set[str], now: set[str], linked: bool, kind: str, allow: Any
) -> None:
    shutil.rmtree(world.folder / ".oneway", ignore_errors=True)
    world.write("m.yaml", MAPPING)
    world.write("people.json", people())
    world.write("users.json", users())
    if linked:
        assert world.run("sync", "m.yaml").code == 0
    world.write("people.json", rows[0])
    world.write("users.json", rows[1])
    world.write("old.yaml", edited(was))
    world.write("m.yaml", edited(now))
    day = ("--as-of", "2030-01-01", *allow, "--format", "json")
    kept = stored(world.folder)
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", kind, *day)
    assert stored(world.folder) == kept, "impact has changed a file"
    after = Told(world.run("plan", "m.yaml", *day))
    shutil.copy(world.folder / "old.yaml", world.folder / "m.yaml")
    before = Told(world.run("plan", "m.yaml", *day))
    assert (ended.code == 1) is bool(after.errors)
    found = ended.data
    if "problems" in found:  # not even a plan can be made of the version now
        assert sorted(e["code"] for e in found["problems"] if e["severity"] == "error") == (
            after.errors
        )
        return
    sides = found["versions"]
    for side, told in (("before", before), ("after", after)):
        assert sides[side]["writes"] is not told.stops
        assert sorted(each["code"] for each in sides[side]["errors"]) == told.errors
        assert [each["text"] for each in sides[side]["guards"]] == told.guards
    assert sides["after"]["history"] is linked
    if after.errors:
        return  # its plan is not printed: only impact shows what it would have been
    expected = set(differing(before, after))
    event(f"{min(len(expected), 5)} people, {'linked' if linked else 'without a store'}")
    named = {e["source_id"] or f"t{e['target_id']}": e for e in found["people"]}
    if before.plan:
        assert named.keys() == expected
    else:
        assert expected <= named.keys()
    for id, each in named.items():
        assert (each["after"], each["unsent"]["after"]) == (after.kind(id), after.end(id))
        assert each["access"]["after"] == after.access(id)
        assert each["still_in"]["after"] is after.can_get_in(id)
        if before.plan:
            assert (each["before"], each["unsent"]["before"]) == (before.kind(id), before.end(id))
            assert each["still_in"]["before"] is before.can_get_in(id)
    if kind == "keeps-access":
        kept = before.keep_access(after)
        event(f"{min(len(kept), 3)} keep access")
        assert {id for id, each in named.items() if each["keeps_access"]} == kept
        assert found["keeps_access"] == (len(kept) if before.plan else None)
        assert (ended.code == 6) is bool(kept or not before.plan)
    elif before.plan:
        newly = [
            id
            for id in named
            if after.kind(id) == kind
            and (
                before.kind(id) != kind
                or (before.end(id) and not after.end(id))
                or after.access(id) not in (None, before.access(id))
            )
        ]
        assert (ended.code == 6) is bool(newly)


def test_what_a_guard_newly_holds_is_not_counted_and_what_goes_through_now_is(world: World) -> None:
    """A guard that holds back eight leaves is loosened, and then tightened."""
    world.write("people.json", [each | {"status": "Left"} for each in people()])
    world.write("users.json", users())
    world.write("loose.yaml", MAPPING)
    world.write("tight.yaml", edited({"tight"}))
    limits = ("--max-leavers", "0", "--fail-on", "leave")
    ended = world.run("impact", "loose.yaml", "--old", "tight.yaml", *limits)
    assert ended.code == 6
    assert "7 from leave (held back) to leave" in ended.flat
    assert "Guards that no longer fire: leavers." in ended.flat
    assert "can still get in: 7, now 0." in ended.flat
    ended = world.run("impact", "tight.yaml", "--old", "loose.yaml", *limits)
    assert ended.code == 0
    assert "7 from leave to leave (held back)" in ended.flat
    assert "Guards that newly fire: leavers." in ended.flat
    assert "can still get in: 0, now 7." in ended.flat
    ended = world.run("impact", "tight.yaml", "--old", "loose.yaml", "--allow", "leavers=7")
    assert ended.flat.startswith("Nothing changes for any of ")


def test_an_edit_that_makes_everybody_leave_fails_although_a_guard_would_hold_it(
    world: World,
) -> None:
    world.write("people.json", [each | {"status": "Here"} for each in people()])
    world.write("users.json", users())
    world.write("old.yaml", edited({"tight"}))
    world.write("m.yaml", edited({"tight"}).replace("status == 'Left'", "status == 'Here'"))
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--max-leavers", "0")
    assert "7 from unchanged to leave (held back)" in ended.flat
    assert ended.code == 6


@pytest.mark.parametrize(("old", "new", "code"), [("", "back", 6), ("back", "", 0)])
def test_an_edit_that_gives_access_back_fails_though_the_outcome_keeps_its_name(
    world: World, old: str, new: str, code: int
) -> None:
    """Both versions call it a rehire; one of them only reports it."""
    world.write("people.json", [each | {"status": "Here"} for each in people()])
    world.write("users.json", [*users()[:2], user(3, active=False), *users()[3:]])
    written = (
        "  name: name",
        "  name: name\n  note: {value: new}",
    )  # everybody else is treated differently, too
    world.write("old.yaml", edited({old} - {""}))
    world.write("m.yaml", edited({new} - {""}).replace(*written))
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "rehire")
    turn = ("rehire", "reactivate") if new else ("reactivate", "rehire")
    assert ended.code == code, ended.out
    assert "1 from {} to {}".format(*turn) in ended.flat
    first = next(each for each in ended.out.splitlines() if each.startswith("P0"))
    assert first.startswith("P003")
    assert first.endswith("{}, now {}".format(*turn))


def test_an_edit_by_which_nothing_would_be_written_ends_with_1(world: World) -> None:
    world.write("people.json", people())
    world.write("users.json", [each | {"name": "Old"} for each in users()])
    world.write("old.yaml", MAPPING)
    for edit, code in (("unknown", "R172"), ("no key", "R170")):
        world.write("m.yaml", edited({edit}))
        ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "update")
        assert ended.code == 1
        assert ended.out.startswith("Nothing would be written now: ")
        assert f"[{code}]" in ended.out
        assert f"[{code}]" in ended.err
        ended = world.run("impact", "old.yaml", "--old", "m.yaml", "--fail-on", "update")
        assert ended.code == 6
        assert ended.out.startswith("Nothing would be written before: ")
    world.write("m.yaml", edited({"question"}))
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "update")
    assert ended.code == 0
    assert "Nothing would be written now: a question is open." in ended.flat
    assert "! a question is open: eligible.contractor: Do they take part?" in ended.flat
    assert "7 from update to update (not sent)" in ended.flat
    ended = world.run("impact", "old.yaml", "--old", "m.yaml", "--fail-on", "update")
    assert ended.code == 6


def test_links_count_and_it_is_said_where_there_are_none(world: World) -> None:
    world.write("m.yaml", MAPPING)
    world.write("people.json", people())
    world.write("users.json", users())
    none = "the store has no run of this mapping: links and earlier runs are not considered"
    world.write("old.yaml", MAPPING)
    assert none in world.run("impact", "m.yaml", "--old", "old.yaml").flat
    assert not (world.folder / ".oneway").exists()
    assert world.run("sync", "m.yaml").code == 0
    world.write("people.json", [each | {"code": f"N{each['code']}"} for each in people()[:2]]
                + people()[2:])  # fmt: skip
    world.write("m.yaml", edited({"rekey"}))
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "update")
    assert ended.code == 6
    assert none not in ended.flat
    assert "2 from conflict to update" in ended.flat
    elsewhere = world.run("impact", "m.yaml", "--old", "old.yaml", "--state", "other")
    assert none in elsewhere.flat
    assert not (world.folder / "other").exists()


def test_a_name_that_only_one_version_has_is_given_to_that_one(world: World) -> None:
    """A new setting, a new table and an allowance: the version before is planned without them."""
    world.write("people.json", people())
    world.write("users.json", users())
    bare = MAPPING.replace("references:\n  teams: {from: target, resource: teams.json, "
                           "key: code, value: id}\n", "")  # fmt: skip
    world.write("old.yaml", bare)
    settings = "settings: {on: {type: boolean, default: false, description: A switch.}}\n"
    world.write("m.yaml", settings + edited({"team"}))
    given = (
        "--set",
        "on=true",
        "--reference",
        "teams=teams.json",
        "--allow",
        "field_changes.team=9",
    )
    for new, old in (("m.yaml", "old.yaml"), ("old.yaml", "m.yaml")):
        assert world.run("impact", new, "--old", old, *given).code == 0
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--set", "of=true")
    assert (ended.code, "U101" in ended.err) == (1, True)


def test_a_default_of_a_setting_is_that_of_each_version(world: World) -> None:
    world.write("people.json", people())
    world.write("users.json", users())
    text = "settings: {on: {type: boolean, default: false, description: A switch.}}\n"
    text += MAPPING.replace("  name: name", "  name: {from: upper(name), when: setting('on')}")
    world.write("old.yaml", text)
    world.write("m.yaml", text.replace("default: false", "default: true"))
    ended = world.run("impact", "m.yaml", "--old", "old.yaml")
    assert "written otherwise: name of 7" in ended.flat
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--set", "on=true")
    assert ended.flat.startswith("Nothing changes for any of ")


def test_json_says_what_is_not_sent(world: World) -> None:
    world.write("people.json", [each | {"status": "Left"} for each in people()])
    world.write("users.json", users())
    world.write("old.yaml", MAPPING)
    world.write("m.yaml", edited({"tight"}))
    found = json.loads(world.run("impact", "m.yaml", "--old", "old.yaml", "--format", "json").out)
    first = found["people"][0]
    assert first["unsent"] == {"before": None, "after": "held"}
    assert first["still_in"] == {"before": False, "after": True}
    assert first["fields"] == [
        {"field": "active", "before": {"value": False}, "after": {"value": False, "unsent": "held"}}
    ]
    assert found["versions"]["after"]["guards"][0]["name"] == "leavers"
    assert found["versions"]["after"]["guards"][0]["blocked"] == 7


def test_markdown_says_why_nothing_is_written_by_its_code_alone(world: World) -> None:
    world.write("people.json", people())
    world.write("users.json", users())
    world.write("old.yaml", MAPPING)
    world.write("m.yaml", edited({"unknown"}))
    given = ("impact", "m.yaml", "--old", "old.yaml", "--format", "markdown")
    ended = world.run(*given)
    assert ended.code == 1
    assert "Nothing would be written now: R172." in ended.out
    part = "fields.namme (added, m.yaml:11:3)"  # the part by its key in the mapping
    assert part in ended.out
    assert "namme" not in ended.out.partition("###")[0].replace(part, "")
    assert "namme" in world.run(*given, "--names").out.partition("###")[0]


def test_what_both_versions_read_alike_is_read_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target lacks a path that only one version reads, so only the target is read again."""
    read = list[str]()
    step = _Reads.step

    def noted(self: _Reads, role: str) -> Any:
        read.append(role)
        return step(self, role)

    monkeypatch.setattr(_Reads, "step", noted)
    world.write("people.json", people())
    world.write("users.json", users())
    world.write("old.yaml", MAPPING)
    every = ["references.teams", "source", "target"]
    for edit, expected in (("tight", every), ("team", sorted([*every, "source", "target"]))):
        read.clear()
        world.write("m.yaml", edited({edit}))
        assert world.run("impact", "m.yaml", "--old", "old.yaml").code == 0
        assert sorted(read) == expected


def test_what_depends_on_what_is_held_back_is_not_sent_either(world: World) -> None:
    """A joiner has an email that its owner gives up by an update, which is held for the team."""
    mapping, rows = edited({"team"}), people()
    rows[0] |= {"team": "LAB", "email": "new@example.com"}
    rows.append(person(8, status="Active", team=None, email="p001@example.com"))
    world.write("people.json", rows)
    world.write("users.json", users())
    world.write("old.yaml", mapping)
    world.write("m.yaml", mapping.replace(GUARDS, "guards: {field_changes: {share: 0%, floor: 0}}"))
    allowed = ("--allow", "field_changes.email=9")
    plan = world.run("plan", "m.yaml", *allowed, "--format", "json").data
    create = next(each for each in plan["outcomes"] if each["outcome"] == "create")
    assert create["actions"][0]["depends_on"] == plan["verdict"]["held"]
    given = ("--fail-on", "create", *allowed, "--format", "json")
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", *given)
    assert [each["unsent"]["after"] for each in ended.data["people"]] == ["not_attempted", "held"]
    assert ended.code == 0
    assert world.run("impact", "old.yaml", "--old", "m.yaml", *given).code == 6


LEAVING = "when: status == 'Left'"
BY_CODE = "source: code, target: reference}]\nfields:\n  reference: {from: code"
KEEPING = {
    "a day of grace": (LEAVING, f"{LEAVING} && is_past(end)", "leave to unchanged"),
    "one word more": (LEAVING, f"{LEAVING} && team == 'LAB'", "leave to unchanged"),
    "out of scope": ("fields:", "only: [{id: lab, when: team == 'LAB', otherwise: No}]\nfields:",
                     "leave to ignored"),
    "a rule for leavers": ("fields:", "eligible: [{id: lab, when: team == 'LAB', otherwise: No, "
                           "for: [leavers]}]\nfields:", "leave to ineligible"),
    "counts as left": ('"active == `false`"', '"active == `false` || reference"',
                       "leave to update"),
    "another record": (BY_CODE, BY_CODE.replace(": code", ": alt"), ""),
}  # fmt: skip


@pytest.mark.parametrize("edit", KEEPING)
def test_an_edit_by_which_a_leaver_keeps_access_fails_and_names_them_first(
    edit: str, world: World
) -> None:
    """In each, P001 left a year ago, or today; `users.json` has them with access."""
    rows = [each | {"end": None} for each in people()]
    rows[0] |= {"status": "Left", "alt": "P008"}
    world.write("people.json", rows)
    world.write("users.json", [*users(), user(8, active=True)])
    old, new, turn = KEEPING[edit]
    assert old in MAPPING
    world.write("old.yaml", MAPPING)
    world.write("m.yaml", MAPPING.replace(old, new))
    given = ("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "keeps-access")
    ended = world.run(*given)
    assert ended.code == 6, ended.out
    count = "Keep access that the version before ends, or are no longer listed: 1."
    assert ended.flat.startswith(count)
    assert turn in ended.flat
    shown = [line for line in ended.out.splitlines() if line.startswith("P0")]
    assert " Person 1: " in shown[0]
    assert "keeps access: the version before ends it" in ended.out
    found = world.run(*given, "--format", "json").data
    assert (found["keeps_access"], found["people"][0]["keeps_access"]) == (1, True)
    assert ", keeps access` (1)" in world.run(*given, "--format", "markdown").out
    back = world.run("impact", "old.yaml", "--old", "m.yaml", "--fail-on", "keeps-access")
    assert (back.code == 6) is (edit == "another record"), back.out


@pytest.mark.parametrize("edit", ["tight", "stop", "fields", "few", "rekey", "back", "uncreated",
                                  "name", "email", "team", "question", "loose",
                                  "rule"])  # fmt: skip
def test_an_ordinary_edit_lets_nobody_keep_access(edit: str, world: World) -> None:
    """A leaver is held back by a stricter guard, or waits for a question: they are still listed."""
    world.write("people.json", [each | {"status": "Left"} for each in people()[:2]] + people()[2:])
    world.write("users.json", users())
    world.write("old.yaml", MAPPING)
    world.write("m.yaml", edited({edit}))
    ended = world.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "keeps-access")
    assert (ended.code, "eep access" in ended.out, "keeps access" in ended.out) == (0, False, False)


def test_a_person_who_may_have_left_and_is_no_longer_listed_keeps_access(world: World) -> None:
    """The old version cannot tell what a blank means; the new one takes it for employed."""
    world.write("people.json", [people()[0] | {"status": ""}, *people()[1:]])
    world.write("users.json", users())
    schema = (
        "people.json, record: {type: object, additionalProperties: true, required: [status], "
        "properties: {status: {type: string, enum: [Active, Left]}}}"
    )
    old = MAPPING.replace("resource: people.json", f"resource: {schema}")
    world.write("old.yaml", old)
    given = ("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "keeps-access")
    assert "enum: [" in old
    world.write("m.yaml", old.replace("enum: [", 'enum: ["", '))
    ended = world.run(*given)
    assert (ended.code, "no longer listed: 1." in ended.flat) == (6, True), ended.err
    assert "can no longer get in" not in ended.out


def test_a_version_that_cannot_be_planned_fails_where_who_keeps_access_is_asked(
    world: World,
) -> None:
    world.write("people.json", people())
    world.write("users.json", users())
    world.write("old.yaml", edited({"broken"}))
    world.write("m.yaml", MAPPING)
    given = ("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "keeps-access")
    ended = world.run(*given)
    assert (ended.code, "Who keeps access cannot be said" in ended.flat) == (6, True)
    assert world.run(*given, "--format", "json").data["keeps_access"] is None
