"""A code that passes to another person is noticed, although names are written on create only.

The id of the source's records is the code, so that a link says no more than the key. What tells is
the name: no word of it is as it was when the two were linked. A name that changes word by word is
the same person's.
"""

import json
import shutil
import sqlite3
from typing import Any

import pytest
from cli_world import Ended, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
label: join(' ', [first, last])
match: [{source: id, target: reference}]
fields:
  reference: {from: id, write: on_create}
%s  team: team
  active: {value: true, write: on_create}
joiners: {%s}
leavers:
  when: status == 'Former'
  set: {active: {value: false}}
  left: active == `false`
absent: %s
"""
NAMES = """\
  first: {from: first, write: on_create}
  last: {from: last, write: on_create}
  email: {from: email, write: on_create}
"""
FIELDS = {
    "on_create": NAMES,
    "email overwritten": NAMES.replace("email, write: on_create", "email"),
    "only names": NAMES.partition("  email")[0],
    "whole name": "  name: {from: \"join(' ', [first, last])\", write: on_create}\n",
    "no names": "",
}
"""How the mapping writes what names people."""
CONNECTION = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nschedule: never\n"
ADA = {"id": "7", "first": "Ada", "last": "Quill", "email": "ada@example.com"}
WIM = {"id": "7", "first": "Wim", "last": "Vance", "email": "wim@example.com"}
EVA = {"id": "7", "first": "Eva", "last": "Moss", "email": "eva@example.com"}
STAY = [
    {"id": f"{n}", "first": f"First{c}", "last": f"Last{c}", "email": f"{c}@example.com"}
    for n, c in enumerate("pqrstu", 10)
]


def people(*more: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"team": "A", "status": "Current"} | each for each in (*STAY, *more)]


def mapping_of(fields: str, absent: str) -> str:
    return MAPPING % (fields, "unless_taken: [email]" if "email" in fields else "", absent)


def begin(world: World, fields: str = NAMES, absent: str = "report") -> None:
    (world.folder / "connections").mkdir(exist_ok=True)
    world.write("connections/acme.yaml", CONNECTION)
    world.write("m.yaml", mapping_of(fields, absent))
    world.write("users.json", [])
    ended = night(world, people(ADA), "--allow", "creates=9")
    assert ended.code == 0, ended.out


def night(world: World, rows: list[dict[str, Any]] | None, *more: str) -> Ended:
    if rows is not None:
        world.write("people.json", rows)
    return world.run("sync", "acme", "--format", "json", *more)


def listed(ended: Ended) -> list[str]:
    found = ended.data
    return sorted(each["target_id"] for each in found.get("still_in", found))


def user_of(world: World, code: str) -> dict[str, Any]:
    (found,) = [each for each in world.read("users.json") if each["reference"] == code]
    return dict(found)


@pytest.mark.parametrize("team", ["A", "B"])
@pytest.mark.parametrize("absent", ["report", "deactivate"])
@pytest.mark.parametrize("fields", FIELDS)
def test_who_has_the_code_of_somebody_gone_is_not_given_their_account(
    bare: World, fields: str, absent: str, team: str
) -> None:
    """Ada, who was never listed, vanishes on the night on which Wim comes with her code."""
    begin(bare, FIELDS[fields], absent)
    adas = user_of(bare, "7")
    for _ in range(2):  # and it is not forgotten
        ended = night(bare, people(WIM | {"team": team}))
        assert (ended.code, listed(ended)) == (5, [adas["id"]]), ended.out
        assert user_of(bare, "7") == adas
    said = bare.run("plan", "acme").flat
    assert "no word of the name is as it was" in said
    assert "key 7 finds target record" in said
    ended = night(bare, None, "--allow", "reused:7")
    assert (ended.code, listed(ended)) == (0, []), ended.out
    assert user_of(bare, "7")["team"] == team
    assert night(bare, None).code == 0
    # Wim's name is remembered by now.
    assert night(bare, people(EVA)).code == 5


def test_names_that_are_overwritten_are_held_by_the_guard_as_before(bare: World) -> None:
    begin(bare, NAMES.replace(", write: on_create", ""))
    ended = night(bare, people(WIM))
    assert ended.code == 4, ended.out
    assert [each["guard"] for each in ended.data["plan"]["verdict"]["breaches"]] == ["identities"]
    assert night(bare, None, "--allow", "reused:7").code == 0
    assert user_of(bare, "7")["first"] == "Wim"


def test_an_email_that_stays_shows_that_a_person_with_another_name_does(bare: World) -> None:
    """It is a key, which no field writes: the record is looked at beside all of its keys."""
    begin(bare)
    text = mapping_of(FIELDS["only names"], "report")
    keys = "{source: id, target: reference}, {source: email, target: email}"
    bare.write("m.yaml", text.replace("{source: id, target: reference}", keys))
    ended = night(bare, people(WIM | {"email": ADA["email"]}))
    assert (ended.code, listed(ended)) == (0, []), ended.out
    assert night(bare, people(EVA)).code == 5


def test_old_links_are_completed_and_say_nothing_before(bare: World) -> None:
    """A store of an older version has no names, and a mapping with another label others."""
    begin(bare)
    for forget in (True, False):
        if forget:
            with sqlite3.connect(bare.folder / ".oneway" / "journal.db") as store:
                store.execute("UPDATE link SET names = ''")
        else:
            text = mapping_of(NAMES, "report").replace("[first, last]", "[last, first]")
            bare.write("m.yaml", text)
        who = WIM if forget else ADA | {"first": "Eva", "last": "Moss", "email": "e@example.com"}
        assert night(bare, people(who)).code == 0
        assert night(bare, people(who | {"first": "Bo", "last": "Ives"})).code == 5
        assert night(bare, people(who)).code == 0


def lose_key(world: World) -> bytes:
    """Remove the key of the digests, as where a journal is restored without it."""
    path = world.folder / ".oneway" / "seal.key"
    key = path.read_bytes()
    path.unlink()
    return key


@pytest.mark.parametrize("fields", ["on_create", "no names"])
def test_without_the_key_nobody_is_given_an_account_by_a_name_that_cannot_be_compared(
    bare: World, fields: str
) -> None:
    begin(bare, FIELDS[fields])
    lose_key(bare)
    adas, told = user_of(bare, "7"), fields == "on_create"
    theirs = [adas["id"]] if told else sorted(each["id"] for each in bare.read("users.json"))
    for _ in range(2):
        ended = night(bare, people(WIM))
        assert ended.code == (5 if told else 4), ended.out  # of the others, their names tell
        assert listed(ended) == theirs
        assert user_of(bare, "7") == adas
    said = bare.run("plan", "acme").flat
    assert "the name cannot be compared with the one that its link remembers" in said
    if told:  # where records differ, it takes a word for each
        assert night(bare, None, "--allow", "seal_key").code == 5
    which = ["reused:7"] if told else ["seal_key", "--allow", "target_shrink=9"]
    ended = night(bare, None, "--allow", *which)
    assert (ended.code, listed(ended)) == (0, []), ended.out
    assert night(bare, None).code == 0
    assert night(bare, people(EVA)).code == 5  # names are remembered by the new key


def test_another_key_is_said_once_where_records_tell_who_everybody_is(bare: World) -> None:
    begin(bare)
    key = lose_key(bare)
    codes = [night(bare, people(ADA)) for _ in range(2)]
    assert [each.code for each in codes] == [0, 0], codes[0].out
    first, second = ([e["code"] for e in each.data["plan"]["remarks"]] for each in codes)
    assert ("seal_key" in first, "seal_key" in second) == (True, False)
    assert "put back the key that belongs to this history" in codes[0].out
    (bare.folder / ".oneway" / "seal.key").write_bytes(key)  # found again: said once more
    assert night(bare, people(ADA)).code == 0


def test_names_of_an_earlier_version_are_compared_and_completed(bare: World) -> None:
    begin(bare)
    store = bare.folder / ".oneway" / "journal.db"
    with sqlite3.connect(store) as opened:
        opened.execute("UPDATE link SET names = substr(names, 9)")
    assert night(bare, people(EVA)).code == 5
    assert night(bare, people(ADA)).code == 0
    with sqlite3.connect(store) as opened:
        kept = [each for (each,) in opened.execute("SELECT names FROM link").fetchall()]
    assert {len(each) for each in kept} == {40}


def test_only_keyed_digests_of_names_are_kept_and_they_are_forgotten(bare: World) -> None:
    begin(bare)
    store = bare.folder / ".oneway" / "journal.db"
    with sqlite3.connect(store) as opened:
        kept = dict(opened.execute("SELECT source_id, names FROM link").fetchall())
    assert {len(each) for each in kept.values()} == {40}  # two marks, the label and two words
    assert len({each[:16] for each in kept.values()}) == 1
    words = [each[at : at + 8] for each in kept.values() for at in range(16, 40, 8)]
    assert len({*words}) == len(words)
    assert bare.run("forget", "7").code == 0
    with sqlite3.connect(store) as opened:
        left = [each for (each,) in opened.execute("SELECT names FROM link").fetchall()]
    assert kept["7"] not in left
    assert len(left) == len(STAY)


def test_a_night_that_reads_only_what_has_changed_notices_it_too(bare: World) -> None:
    begin(bare)
    text = (bare.folder / "connections" / "acme.yaml").read_text()
    bare.write("connections/acme.yaml", text + "only_changed: true\n")
    for name in ("people", "users"):
        mapping = (bare.folder / "m.yaml").read_text().replace(f"{name}.json}}", f"{name}.jsonl}}")
        bare.write("m.yaml", mapping)
        rows = bare.read(f"{name}.json")
        bare.write(f"{name}.jsonl", "".join(f"{json.dumps(each)}\n" for each in rows))

    def changed(who: dict[str, Any]) -> Ended:
        rows = people(who)
        bare.write("people.jsonl", "".join(f"{json.dumps(each)}\n" for each in rows))
        return night(bare, None)

    for _ in range(2):
        assert changed(ADA).code == 0
    for _ in range(2):
        assert changed(WIM).code == 5
    assert changed(ADA | {"last": "Vance", "email": "ada.vance@example.com"}).code == 0


@pytest.mark.parametrize("email", ["{from: email, default: no@example.com}", "setting('mail')"])
def test_a_constant_is_no_more_than_the_code(bare: World, email: str) -> None:
    """Of two people whose records are as they should be, an email of their own tells one."""
    fields = f"  email: {email}\n"
    setting = "settings: {mail: {type: string, default: no@example.com, description: Shared.}}\n"
    text = mapping_of(fields, "report").replace("join(' ', [first, last])", "id")
    bare.write("m.yaml", setting + text)
    people_ = [{"id": f"{n}", "team": "A", "status": "Current"} for n in (1, 2)]
    people_[1] |= {"email": "own@example.com"} if "default" in email else {}
    mails = ["no@example.com", people_[1].get("email", "no@example.com")]
    bare.write("people.json", people_)
    bare.write("users.json", [
        {"id": f"u{n}", "reference": f"{n}", "email": mails[n - 1], "team": "A", "active": True}
        for n in (1, 2)
    ])  # fmt: skip
    assert bare.run("plan", "m.yaml", "--out", "plan.json").code == 0
    kept = (bare.folder / "plan.json").read_text()
    assert '["1","1","1","u1",true]' in kept
    assert f'["2","2","2","u2",{"false" if "own" in mails[1] else "true"}]' in kept


# Any history of one code, beside a model

FIRST, LAST, MAIL = ("Ada", "Wim", "Eva"), ("Quill", "Vance", "Moss"), ("a", "b", "c")
ROWS = st.one_of(st.none(), st.tuples(*map(st.sampled_from, (FIRST, LAST, MAIL))))
Row = tuple[str, str, str]


def agrees(fields: str, row: Row, held: Row) -> bool:
    """Return whether any name that the target holds is the row's."""
    compared = {"no names": 0, "only names": 2}.get(fields, 3)
    return any(one == other for one, other in zip(row[:compared], held, strict=False))


@given(st.sampled_from(["on_create", "email overwritten", "only names", "no names"]),
       st.lists(ROWS, min_size=2, max_size=6))  # fmt: skip
@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
def test_law_any_history_of_a_code_is_judged_as_the_model_does(
    bare: World, fields: str, nights: list[Row | None]
) -> None:
    """A name passes on if no word is as it was, and nothing in the target says that it stays."""
    shutil.rmtree(bare.folder / ".oneway", ignore_errors=True)
    begin(bare, FIELDS[fields])
    known: Row = ("Ada", "Quill", "a")
    assert night(bare, people(row_of(known))).code == 0
    held = known if fields == "email overwritten" else ("Ada", "Quill", "ada@example.com")
    is_listed = False
    for row in nights:
        if row is not None:
            other = not {*known[:2]} & {*row[:2]}
            is_listed = other and not agrees(fields, row, held)
            if not is_listed:
                known = row
                held = (*held[:2], row[2]) if fields == "email overwritten" else held
        ended = night(bare, people(*map(row_of, filter(None, [row]))))
        assert ended.code == (5 if is_listed else 0), (row, known, held, ended.out)
        assert bool(listed(ended)) == is_listed


def row_of(row: Row) -> dict[str, Any]:
    return dict(zip(("id", "first", "last", "email"), ("7", *row), strict=True))
