"""Whoever was listed as able to get in stays so until an answer ends it.

The target says that they cannot get in, the source that they stay, or an operator ends it. Nothing
else does: neither a rehearsal, nor another mapping for a night, nor a word that is no answer.
"""

import json
import re
import shutil
from typing import Any

import pytest
from cli_world import Ended, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listener import Listener

MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
label: name
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  name: name
  active: {value: true, write: on_create}
joiners: {}
"""
LEAVERS = """\
leavers:
  when: status == 'Former'
  set: {active: {value: false}}
  left: active == `false`
"""
FOR_ALL = LEAVERS.replace("active == `false`", "active == `false` || reference")
HELD = "guards: {leavers: {share: 0, floor: 0}}\n"
CONNECTION = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
schedule: never
notify:
  - webhook: {url: "%s"}
    on: [failure, guard, recovery]
"""
PEOPLE = 12


def people(**words: str) -> list[dict[str, Any]]:
    """Return everybody; `p1="Former"` says the status of one of them."""
    return [
        {
            "id": f"e{n}",
            "code": f"{n:03}",
            "name": f"P {n}",
            "status": words.get(f"p{n}", "Current"),
        }
        for n in range(1, PEOPLE + 1)
    ]


def without(number: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in rows if each["id"] != f"e{number}"]


def users() -> list[dict[str, Any]]:
    return [
        {"id": str(n), "reference": f"{n:03}", "name": f"P {n}", "active": True}
        for n in range(1, PEOPLE + 1)
    ]


@pytest.fixture
def acme(hook: Listener, bare: World) -> World:
    """A connection over two files; its first two people have left, and a guard holds them."""
    (bare.folder / "connections").mkdir()
    bare.write("connections/acme.yaml", CONNECTION % hook.url)
    begin(bare)
    return bare


def begin(world: World, rows: list[dict[str, Any]] | None = None, *, held: bool = True) -> None:
    """Sync for the first time, and see two people leave."""
    shutil.rmtree(world.folder / ".oneway", ignore_errors=True)
    rows = rows or people()
    world.write("m.yaml", MAPPING + LEAVERS + (HELD if held else ""))
    world.write("users.json", users())
    assert night(world, rows).code == 0
    left = [each | {"status": "Former"} for each in rows[:2]]
    assert night(world, [*left, *rows[2:]]).code == (4 if held else 0)


def night(world: World, rows: list[dict[str, Any]] | None = None, *more: str) -> Ended:
    if rows is not None:
        world.write("people.json", rows)
    return world.run("sync", "acme", "--format", "json", *more)


def listed(ended: Ended) -> list[str]:
    found = ended.data
    return sorted(each["target_id"] for each in found.get("still_in", found))


def standing(world: World) -> list[str]:
    data = world.run("status", "--format", "json").data
    (found,) = [each for each in data["connections"] if each["name"] == "acme"]
    return sorted(each["target_id"] for each in found["still_in"])


def told(hook: Listener) -> list[str]:
    return [json.loads(each.body)["type"].removeprefix("connection.") for each in hook.heard]


# A run over other systems than the connection's own


def test_a_rehearsal_on_a_copy_says_nothing_of_the_connection(acme: World, hook: Listener) -> None:
    shutil.copy(acme.folder / "users.json", acme.folder / "copy.json")
    ended = night(acme, None, "--target", "copy.json", "--allow", "leavers=2")
    assert (ended.code, listed(ended)) == (0, [])
    assert [each["active"] for each in acme.read("copy.json")[:3]] == [False, False, True]
    assert (standing(acme), told(hook)) == (["1", "2"], ["guard"])
    ended = acme.run("sync", "acme")
    assert "Not sticking" not in ended.out  # what was written to the copy was not written here
    assert "in the last 7 days" not in ended.flat
    ended = night(acme, without(1, people(p2="Former")))
    assert listed(ended) == ["1", "2"]


def test_a_rehearsal_is_applied_and_told_by_what_it_was_given(acme: World) -> None:
    shutil.copy(acme.folder / "users.json", acme.folder / "copy.json")
    plan = ("plan", "acme", "--target", "copy.json", "--out", "plan.json")
    assert acme.run(*plan).code == 4
    assert acme.run("apply", "plan.json").code == 4
    said = acme.run("status").flat
    assert "oneway sync acme --target copy.json" in said
    assert acme.run(*plan, "--allow", "leavers=2").code == 0
    assert acme.run("apply", "plan.json").code == 0
    assert [each["active"] for each in acme.read("copy.json")[:3]] == [False, False, True]
    assert standing(acme) == ["1", "2"]


def test_a_run_that_reads_another_source_ends_nothing(acme: World, hook: Listener) -> None:
    acme.write("old.json", people())
    ended = night(acme, None, "--source", "old.json")
    assert (ended.code, listed(ended)) == (5, ["1", "2"])
    assert "does not read what the connection says" in ended.data["still_in"][0]["why"]
    assert (standing(acme), told(hook)) == (["1", "2"], ["guard"])
    assert listed(night(acme, without(1, people(p2="Former")))) == ["1", "2"]


def test_nor_does_one_in_which_their_row_has_another_id(acme: World) -> None:
    acme.write("old.json", [people()[0] | {"id": "e99"}, *people()[1:]])
    ended = night(acme, None, "--source", "old.json")
    assert (ended.code, listed(ended), standing(acme)) == (5, ["1", "2"], ["1", "2"])


def test_what_it_writes_to_the_connection_s_target_counts(acme: World) -> None:
    acme.write("m.yaml", MAPPING + LEAVERS + "guards: {leavers: {share: 0, floor: 2}}\n")
    acme.write("new.json", people(p1="Former", p2="Former"))
    ended = night(acme, None, "--source", "new.json")
    assert (ended.code, listed(ended)) == (0, [])
    ended = night(acme, people(p1="Former", p2="Former", p3="Former"))
    assert (ended.code, listed(ended)) == (4, ["3"])


def test_a_short_list_of_another_source_is_not_what_the_next_is_compared_with(acme: World) -> None:
    acme.write("few.json", people()[:10])
    assert night(acme, None, "--source", "few.json", "--allow", "source_shrink=9").code != 1
    ended = night(acme, people(p1="Former", p2="Former")[:8])
    assert "source_shrink" in ended.out


# The mapping says for a night that nobody has left


def test_a_mapping_without_leavers_takes_nobody_off(acme: World, hook: Listener) -> None:
    acme.write("m.yaml", MAPPING)
    for _ in range(2):
        ended = night(acme)
        assert (ended.code, listed(ended)) == (5, ["1", "2"])
    assert told(hook) == ["guard", "failure"]  # no recovery: nothing looks for leavers
    acme.write("m.yaml", MAPPING + LEAVERS)
    ended = night(acme, without(1, people(p2="Former")))
    assert (ended.code, listed(ended)) == (5, ["1"])
    rows = acme.read("users.json")
    acme.write("users.json", [each | {"active": each["id"] not in "12"} for each in rows])
    assert night(acme).code == 0
    assert told(hook)[-1] == "recovery"


def test_a_condition_that_holds_of_all_takes_nobody_off(acme: World) -> None:
    acme.write("m.yaml", MAPPING + FOR_ALL + HELD)
    for _ in range(2):
        ended = night(acme, people()[2:])
        assert (ended.code, listed(ended)) == (5, ["1", "2"])
        assert "also of those who stay" in ended.data["still_in"][0]["why"]
    acme.write("m.yaml", MAPPING + LEAVERS + HELD)
    assert listed(night(acme)) == ["1", "2"]


def test_a_scope_that_leaves_them_out_takes_nobody_off(acme: World) -> None:
    only = "only: [{id: few, when: \"code != '001' && code != '002'\", otherwise: is one of two}]\n"
    acme.write("m.yaml", MAPPING + only + LEAVERS + HELD)
    assert listed(night(acme)) == ["1", "2"]
    assert listed(night(acme, people(p2="Former"))) == ["2"]  # elsewhere, they stay
    acme.write("m.yaml", MAPPING + LEAVERS + HELD)
    assert listed(night(acme, without(2, people()))) == ["2"]


# What the source says is no answer


@pytest.mark.parametrize("word", ["", "Terminated"])
def test_a_word_that_is_no_answer_takes_nobody_off(acme: World, word: str) -> None:
    for _ in range(2):
        ended = night(acme, people(p1=word, p2="Former"))
        assert listed(ended) == ["1", "2"]
    why = ended.data["still_in"][0]["why"]
    assert "the source does not say that they stay" in why
    assert ("(`enum`)" in why) == bool(word)  # what to do about it
    ended = night(acme, people(p2="Former"))
    assert listed(ended) == ["2"]  # the source says a word of theirs who stay


def test_a_word_that_others_had_before_is_an_answer(acme: World) -> None:
    for _ in range(2):  # whose words are noted since somebody is listed
        assert listed(night(acme, people(p1="Former", p2="Former", p9="On leave"))) == ["1", "2"]
    assert listed(night(acme, people(p1="On leave", p2="Former", p9="On leave"))) == ["2"]


def test_a_word_that_somebody_else_gets_with_the_listed_is_no_answer(acme: World) -> None:
    """They may have left as well, by a new word that nobody knows."""
    night(acme, people(p1="Former", p2="Former"))
    for _ in range(2):
        rows = people(p1="Terminated", p2="Former", p9="Terminated")
        assert listed(night(acme, rows)) == ["1", "2"]
    most = {f"p{n}": "Terminated" for n in range(3, PEOPLE + 1)}
    assert listed(night(acme, people(p1="Terminated", p2="Former", **most))) == ["2"]


def test_a_word_of_those_alone_who_have_left_is_none(acme: World) -> None:
    rows = acme.read("users.json")
    acme.write("users.json", [each | {"active": each["id"] != "9"} for each in rows])
    ended = night(acme, people(p1="Terminated", p2="Former", p9="Terminated"))
    assert listed(ended) == ["1", "2"]


def test_a_blank_is_an_answer_where_those_who_stay_have_none(acme: World) -> None:
    blank = [each | {"status": ""} for each in people()]
    begin(acme, blank)
    assert listed(night(acme, [blank[0], *people(p2="Former")[1:2], *blank[2:]])) == ["2"]


def test_another_value_that_nobody_else_has_does_not_matter(acme: World) -> None:
    """But for the kind, they would be no leaver either."""
    when = "when: \"status == 'Former' || (kind == 'Guest' && status == 'Out')\""
    leavers = LEAVERS.replace("when: status == 'Former'", when)
    acme.write("m.yaml", MAPPING + leavers + HELD)
    kinds = [each | {"kind": "Staff"} for each in people(p1="Former", p2="Former")]
    assert listed(night(acme, kinds)) == ["1", "2"]
    ended = night(acme, [kinds[0] | {"kind": "Director", "status": "Current"}, *kinds[1:]])
    assert listed(ended) == ["2"]


def test_a_row_that_becomes_anonymous_takes_nobody_off(bare: World) -> None:
    """Nothing but the name said whose the account was. Some nights the row says even less."""
    (bare.folder / "connections").mkdir()
    bare.write("connections/acme.yaml", CONNECTION.partition("notify")[0])
    bare.write("m.yaml", MAPPING + LEAVERS)
    bare.write("users.json", [users()[0] | {"reference": ""}, *users()[1:]])
    left = people(p1="Former")
    assert night(bare, left).code == 5
    odd = [[{"code": ""}], [{}, {"code": "099"}]]
    for rows in ([{}], [{"name": ""}], odd[0], [{}], odd[1], [{}], *odd, *odd, [{}]):
        ended = night(bare, [*(left[0] | {"name": "Deleted"} | each for each in rows), *left[1:]])
        found = ended.data["still_in"]
        assert ended.code == 5
        assert ("e1", ["1"]) in [(each["source_id"], each["candidates"]) for each in found]
    bare.write("users.json", [users()[0] | {"reference": "", "active": False}, *users()[1:]])
    assert night(bare, [left[0] | {"name": "Deleted"}, *left[1:]]).code == 0


@pytest.mark.parametrize("word", ["Former", "Terminated"])
def test_a_second_account_of_an_anonymous_row_stays_listed(acme: World, word: str) -> None:
    """The leaver's own account is closed, and only the name said whose the other one is."""
    begin(acme, held=False)
    second = users()[0] | {"id": "99", "reference": ""}
    acme.write("users.json", [*acme.read("users.json"), second])
    left = people(p1="Former", p2="Former")
    assert listed(night(acme, left)) == ["99"]
    for name in ("Deleted", "", "Deleted"):
        anonymous = left[0] | {"name": name, "status": word}
        ended = night(acme, [anonymous, *left[1:]])
        assert (ended.code, listed(ended), standing(acme)) == (5, ["99"], ["99"])
        assert ended.data["still_in"][0]["candidates"] == ["e1"]
    rows = acme.read("users.json")
    closed = [each | {"active": each["active"] and each["id"] != "99"} for each in rows]
    if word == "Former":
        acme.write("users.json", closed)
    else:
        assert acme.run("forget", "e1", "--force").code == 0
    assert night(acme).code == 0


# The target does not show their record for a night


@pytest.mark.parametrize("gone", [False, True])
def test_a_record_that_is_shown_again_is_listed_again(acme: World, *, gone: bool) -> None:
    """It was not there when it was asked for, and nobody was listed; then it gives access again."""
    acme.write("users.json", users()[1:])
    hidden = without(1, people(p2="Former")) if gone else people(p1="Former", p2="Former")
    ended = night(acme, hidden)
    assert (ended.code, listed(ended), standing(acme)) == (4, ["2"], ["2"])
    acme.write("users.json", users())
    rows = without(1, people(p2="Former"))
    for _ in range(2):
        assert (listed(night(acme, rows)), standing(acme)) == (["1", "2"], ["1", "2"])
        assert acme.run("replay", "acme").code == 0
    acme.write("users.json", [each | {"active": each["id"] != "1"} for each in users()])
    assert listed(night(acme)) == ["2"]
    acme.write("users.json", users())
    assert listed(night(acme)) == ["1", "2"]  # they had left, and nothing has said that they stay


def test_a_record_that_is_shown_by_a_run_of_another_source_stays_listed(acme: World) -> None:
    """That source says that everybody stays, and is not asked."""
    acme.write("users.json", users()[1:])
    assert listed(night(acme, without(1, people(p2="Former")))) == ["2"]
    acme.write("users.json", users())
    acme.write("stay.json", people())
    assert listed(night(acme, None, "--source", "stay.json")) == ["1", "2"]


def test_who_is_forgotten_is_not_listed_if_their_record_is_shown_again(acme: World) -> None:
    acme.write("users.json", users()[1:])
    rows = without(1, people(p2="Former"))
    assert listed(night(acme, rows)) == ["2"]
    assert acme.run("forget", "e1").code == 0  # their access has ended, as far as that was seen
    acme.write("users.json", users())
    assert listed(night(acme, rows)) == ["2"]


# Their id is another person's by now


NAMED = """\
oneway: 1
name: people
source: {connector: file, resource: people.csv, options: {id: code}}
target: {connector: file, resource: users.json}
label: join(' ', [first, last])
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  email: {from: mail, write: %(write)s}
  first: {from: first, write: %(write)s}
  last: last
  active: {value: true, write: on_create}
joiners: {unless_taken: [email]}
guards: {leavers: {share: 0, floor: 0}, source: {shrink: 100%%}}
"""
ADA = "E1,Ada,Quill,ada@example.com"
NEWCOMER = "E1,Wim,Vance,wim@example.com"
ALIKE = ["E1,Ada,Vance,ada@work.example", "E1,Addy,Quill,q@work.example", "E1,,,ada@example.com"]


def with_status(row: str, status: str) -> str:
    return f"code,first,last,mail,status\n{row},{status}\nE2,Bo,Stone,bo@example.com,Current\n"


@pytest.mark.parametrize("write", ["on_create", "overwrite"])
@pytest.mark.parametrize("known", ["by their code", "by their name", "no more by their code"])
def test_who_has_their_code_now_takes_nobody_off(bare: World, write: str, known: str) -> None:
    """The one who was listed has not come back; who resembles them more than by a code has."""

    def users(reference: str = "E1") -> list[dict[str, Any]]:
        names = [("Ada", "Quill", reference), ("Bo", "Stone", "E2")]
        return [
            {"id": str(n), "reference": code, "email": f"{first.lower()}@example.com"}
            | {"first": first, "last": last, "active": True}
            for n, (first, last, code) in enumerate(names, 1)
        ]

    def on(row: str, status: str, *more: str) -> Ended:
        bare.write("people.csv", with_status(row, status))
        return night(bare, None, *more)

    def begun() -> None:
        shutil.rmtree(bare.folder / ".oneway", ignore_errors=True)
        bare.write("users.json", users("" if known == "by their name" else "E1"))
        if known != "by their name":
            assert on(ADA, "Current").code == 0
        assert listed(on(ADA, "Former")) == ["1" if known != "by their name" else None]
        if known == "no more by their code":
            bare.write("users.json", users(""))

    (bare.folder / "connections").mkdir()
    bare.write("connections/acme.yaml", CONNECTION.partition("notify")[0])
    bare.write("m.yaml", NAMED % {"write": write} + LEAVERS)
    begun()
    for _ in range(2):
        ended = on(NEWCOMER, "Current")
        assert (ended.code, listed(ended)) == (5, ["1"])
        assert bare.read("users.json")[0]["last"] == "Quill"
    if known == "by their code":
        for row in ALIKE:
            begun()
            assert on(row, "Current").code == 0
        begun()
        assert on(NEWCOMER, "Current", "--allow", "reused:E1").code in (0, 4)
    else:
        closed = [each | {"active": each["id"] != "1"} for each in bare.read("users.json")]
        bare.write("users.json", closed)
        assert on(NEWCOMER, "Current").code == 0


# This sync ended their access, and their record is gone


def ended_access(world: World) -> None:
    begin(world, held=False)
    assert night(world, people()[2:]).code == 0
    world.write("users.json", users())


def test_who_was_kept_out_and_can_get_in_again_is_listed(acme: World) -> None:
    ended_access(acme)
    for _ in range(2):
        ended = night(acme)
        assert (ended.code, listed(ended)) == (5, ["1", "2"])
    assert acme.run("plan", "acme", "--exit-code").code == 5
    assert "can still get in" in acme.run("explain", "acme", "001").flat
    rows = acme.read("users.json")
    acme.write("users.json", [each | {"active": each["id"] != "1"} for each in rows])
    ended = night(acme)
    assert (ended.code, listed(ended)) == (5, ["2"])
    told = re.findall(r"oneway (forget \S+ --force) takes them", acme.run("plan", "acme").flat)
    (remedy,) = set(told)
    assert acme.run(*remedy.split()).code == 0  # on purpose: an operator says so
    ended = night(acme)
    assert (ended.code, listed(ended)) == (0, [])


def test_who_is_back_in_the_source_is_not_listed(acme: World) -> None:
    ended_access(acme)
    again = people()[0] | {"id": "e99"}  # rehired, with a new id
    ended = night(acme, [again, *people()[1:]])
    assert (ended.code, listed(ended)) == (0, [])


def test_who_was_brought_back_by_a_sync_and_vanishes_is_not_listed(acme: World) -> None:
    begin(acme, held=False)
    acme.write("m.yaml", MAPPING + LEAVERS + "rehires: {reactivate: {active: true}}\n")
    assert night(acme, people()).code == 0
    assert all(each["active"] for each in acme.read("users.json"))
    ended = night(acme, people()[1:])
    assert (ended.code, listed(ended)) == (0, [])


def test_who_vanishes_without_having_left_is_not_listed(acme: World) -> None:
    acme.write("m.yaml", MAPPING + LEAVERS)
    assert listed(night(acme)) == []
    assert listed(night(acme, without(5, people()[2:]))) == []


# A connection that reads only what has changed


def test_a_connection_that_reads_what_has_changed_lists_the_same(acme: World) -> None:
    text = (acme.folder / "connections/acme.yaml").read_text()
    acme.write("connections/acme.yaml", text + "only_changed: true\n")
    acme.write("m.yaml", MAPPING.replace("people.json", "people.jsonl") + LEAVERS + HELD)

    def changed(rows: list[dict[str, Any]]) -> Ended:
        acme.write("people.jsonl", "".join(f"{json.dumps(each)}\n" for each in rows))
        return night(acme)

    shutil.rmtree(acme.folder / ".oneway")
    for _ in range(2):
        assert changed(people()).code == 0
    assert listed(changed(people(p1="Former", p2="Former"))) == ["1", "2"]
    assert listed(changed(people(p1="Terminated", p2="Former"))) == ["1", "2"]
    assert listed(changed(people(p2="Former"))) == ["2"]  # nobody else's line has changed


# A process that is killed


@pytest.mark.parametrize("at", ["recover_in_flight", "plan_run", "check_inputs", "judge_plan"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_process_that_is_killed_takes_nobody_off(
    acme: World, monkeypatch: pytest.MonkeyPatch, at: str, *, gone: bool
) -> None:
    """However far it has come, and whether or not the source loses their records then."""

    def killed(*_: object, **__: object) -> None:
        raise SystemExit(137)

    rows = people()[2:] if gone else None
    with monkeypatch.context() as patched:
        patched.setattr(f"oneway.runs.sync.{at}", killed)
        assert night(acme, rows).code == 1
    assert standing(acme) == ["1", "2"]
    assert listed(night(acme)) == ["1", "2"]
    assert standing(acme) == ["1", "2"]


# All of it, over some nights

NO_LEAVERS, ALL = "no leavers", "left by all"
MAPPINGS = {
    "": MAPPING + LEAVERS + HELD,
    NO_LEAVERS: MAPPING,
    ALL: MAPPING + FOR_ALL + HELD,
}
NIGHT = st.fixed_dictionaries({
    "mapping": st.sampled_from(["", "", "", NO_LEAVERS, ALL]),
    "word": st.sampled_from(["Former", "Former", "", "Terminated", "Current", None]),
    "out": st.sampled_from([False, False, False, True]),
    "other": st.sampled_from(["", "", "--source", "--target"]),
})  # fmt: skip


@given(st.lists(NIGHT, min_size=2, max_size=5))
@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
def test_law_19_over_nights(acme: World, nights: list[dict[str, Any]]) -> None:
    """Who was listed stays so until the target says that they are out, or the source, they stay.

    If their record is opened again before the source says that they stay, they are listed again.
    """
    begin(acme)
    acme.write("stay.json", people())
    is_listed = had_left = True
    for each in nights:
        if each["other"] == "--target":  # a rehearsal: nothing of it matters
            shutil.copy(acme.folder / "users.json", acme.folder / "copy.json")
            night(acme, None, "--target", "copy.json", "--allow", "leavers=9")
            assert ("1" in standing(acme)) == is_listed
        mapping, word, is_out = each["mapping"], each["word"], each["out"]
        if (mapping, word) == (ALL, "Former"):
            word = None  # or they would leave: the guard counts nobody twice
        acme.write("m.yaml", MAPPINGS[mapping])
        rows = acme.read("users.json")
        acme.write("users.json", [rows[0] | {"active": not is_out}, *rows[1:]])
        said = people(p1=word or "", p2="Former")
        elsewhere = each["other"] == "--source"
        more = ("--source", "stay.json") if elsewhere else ()
        ended = night(acme, said if word is not None else without(1, said), *more)
        if mapping == "" and is_out:
            is_listed = False
        elif mapping == "" and not elsewhere and word in ("Former", "Current"):
            is_listed = had_left = word == "Former"
        elif mapping == "":
            is_listed = is_listed or had_left
        assert ("1" in listed(ended)) == is_listed, (each, ended.out)
        assert ("1" in standing(acme)) == is_listed


@pytest.mark.parametrize("nights", [1, 2])
def test_answers_of_another_system_in_which_others_have_the_ids_end_nothing(
    acme: World, nights: int
) -> None:
    """A sandbox gives the id of a listed leaver's record to a person who stays."""
    rows = without(1, without(2, people()))
    assert listed(night(acme, rows)) == ["1", "2"]
    live = acme.read("users.json")
    sandbox = [each | {"id": "1"} if each["id"] == "9" else each for each in live[1:]]
    acme.write("users.json", sandbox)
    for _ in range(nights):
        ended = night(acme)
        assert (ended.code, listed(ended)) == (5, ["1", "2"]), ended.out
    said = acme.run("plan", "acme").flat
    assert "target record 1, which was listed as that of a leaver, source record e1" in said
    acme.write("users.json", live)
    ended = night(acme)
    assert (ended.code, listed(ended)) == (5, ["1", "2"]), ended.out
    assert ended.data["plan"]["counts"].get("conflict", 0) == 0
    # In earnest, a human says so: the person's record was made again, and has that id.
    acme.write("users.json", sandbox)
    ended = night(acme, None, "--allow", "reused:009")
    assert listed(ended) == ["2"], ended.out
