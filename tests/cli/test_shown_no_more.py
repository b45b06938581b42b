"""A target that stops showing people once they have left, and cannot be asked for one record."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cli_world import Ended, World
from sqlalchemy import delete, select

from listener import JsonHandler, serving
from oneway.history.journal.journal import Journal
from oneway.history.journal.said_left import LEFT as STORED
from oneway.history.journal.said_left import store_left, stored_left
from oneway.history.journal.tables import run, snapshot
from oneway.planning.said_left import NOBODY_LEFT

MANIFEST = """\
oneway_connector: 1
name: acme
title: Acme
kind: rest
options: {base_url: {description: Where.}}
base_url: "{base_url}"
resources:
  users:
    id: id
    list: {path: /users, records: data, pagination: {type: none}}
    create: {method: POST, path: /users}
    update: {method: PATCH, path: "/users/{id}"}
    lag: 0
    record: {type: object, additionalProperties: true}
"""
MAPPING = """\
oneway: 1
name: people
label: name
source: {connector: file, resource: people.json}
target: {connector: acme.yaml, resource: users}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  name: name
guards: {leavers: {share: 0%, floor: GUARD}, target: {shrink: 90%}}
LEAVERS
"""
CLOSED = (
    "leavers: {when: status == 'Former', set: {active: {value: false}}, left: active == `false`}"
)
DATED = "leavers: {when: leave, set: {leave: leave}, left: is_past(leave)}"
Record = dict[str, Any]


def person(number: int, status: str = "Current", leave: str | None = None) -> Record:
    name = f"Name{number} Quill{number}"
    return {"id": f"h{number}", "code": f"E{number}", "name": name} | {
        "status": status, "leave": leave
    }  # fmt: skip


def user(number: int, active: bool = True, leave: str | None = None, **more: Any) -> Record:
    name = f"Name{number} Quill{number}"
    found = {"id": str(number), "reference": f"E{number}", "name": name, "active": active}
    return {**found, "leave": leave, **more}


class Nights:
    """Nights over the same people; only what each gives differs."""

    def __init__(self, world: World) -> None:
        self.world, self.day, self.leavers = world, 1, CLOSED
        self.users: dict[str, Record] = {}
        self.lets_in = False
        """Whether the target gives access with every update of a name."""
        self.shows(user(1))

    def begin(self, leavers: str = CLOSED) -> "Nights":
        """Run a night on which nobody has left."""
        self.leavers = leavers
        self.set_mapping()
        assert self.sync().code == 0
        return self

    def set_mapping(self, guard: str = "10") -> None:
        """Write the mapping with this number of leavers at most."""
        text = MAPPING.replace("LEAVERS", self.leavers).replace("GUARD", guard)
        self.world.write("m.yaml", text)

    def sync(self, first: Record | None = None) -> Ended:
        """Run a night on which `first` is what the source says of the first person."""
        self.day += 1
        people = [first or person(1), *(person(n) for n in range(2, 6))]
        self.world.write("people.json", people)
        at = f"2026-11-{self.day:02}T04:00:00Z"
        return self.world.run("sync", "m.yaml", "--format", "json", "--as-of", at)

    def shows(self, *first: Record) -> None:
        """Let the target show these records beside those of the people who stay."""
        shown = [*first, *(user(n) for n in range(2, 6))]
        self.users = {each["id"]: each for each in shown}


@pytest.fixture
def nights(bare: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    found = Nights(bare)

    class Handler(JsonHandler):
        def do_GET(self) -> None:
            self.answer(200, {"data": list(found.users.values())})

        def do_PATCH(self) -> None:
            each = found.users[self.path.rpartition("/")[2]]
            sent = self.sent()
            each.update(sent)
            each["active"] = each["active"] or (found.lets_in and "name" in sent)
            self.answer(200, each)

    bare.write("acme.yaml", MANIFEST)
    with serving(Handler) as url:
        monkeypatch.setenv("ONEWAY_ACME_BASE_URL", url)
        yield found


LEFT = person(1, "Former")


def is_listed(ended: Ended) -> bool:
    """Return whether the first person is listed, which the exit code says as well."""
    found = {each["target_id"] or each["source_id"] for each in ended.data["still_in"]}
    assert (ended.code == 5) == bool(found), (ended.code, found)
    return bool(found & {"1", "h1"})


def left(nights: Nights) -> Nights:
    """Run two nights, of which the second ends the access of the first person, confirmed."""
    nights.begin()
    ended = nights.sync(LEFT)
    assert (ended.code, ended.data["counts"]["done"]) == (0, 1)
    return nights


def test_whose_leave_was_confirmed_and_who_is_shown_no_more_has_left(nights: Nights) -> None:
    left(nights)
    nights.shows()
    for _ in range(4):
        assert not is_listed(nights.sync(LEFT))
    nights.day += 10
    assert not is_listed(nights.sync(LEFT))
    # The runs that wrote the leave may be deleted: the later ones know it.
    assert nights.world.run("runs", "prune", "--older-than", "8d").code == 0
    assert not is_listed(nights.sync(LEFT))
    ended = nights.sync(person(1))  # back at work: their record may be there, and is not created
    (theirs,) = (e for e in ended.data["plan"]["outcomes"] if e["source_id"] == "h1")
    assert (theirs["outcome"], theirs["actions"]) == ("error", [])
    assert not is_listed(nights.sync(LEFT))


def test_who_is_seen_to_have_left_and_is_shown_no_more_has_left(nights: Nights) -> None:
    left(nights)
    nights.sync(LEFT)  # the list shows them for another night
    nights.shows()
    assert not is_listed(nights.sync(LEFT))


def test_a_leave_with_a_day_to_come_ends_when_the_target_shows_the_record_no_more(
    nights: Nights,
) -> None:
    leaves = person(1, leave="2026-11-05")
    nights.begin(DATED)
    for _ in range(4):
        assert not is_listed(nights.sync(leaves))
    nights.shows()
    for _ in range(3):
        assert not is_listed(nights.sync(leaves))


def test_a_list_that_is_short_for_one_night_lists_nobody_for_good(nights: Nights) -> None:
    left(nights)
    nights.shows({"id": "9", "reference": {"no": "key"}, "name": "x", "active": True})
    assert is_listed(nights.sync(LEFT))  # that record may be theirs
    nights.shows()
    assert not is_listed(nights.sync(LEFT))


def test_a_target_that_was_restored_lets_them_leave_again(nights: Nights) -> None:
    left(nights)
    nights.shows()
    assert not is_listed(nights.sync(LEFT))
    nights.shows(user(1))
    ended = nights.sync(LEFT)
    assert ended.data["counts"]["done"] == 1
    nights.shows()
    assert not is_listed(nights.sync(LEFT))
    assert not is_listed(nights.sync(LEFT))


def test_who_was_seen_again_with_access_stays_listed_when_they_are_shown_no_more(
    nights: Nights,
) -> None:
    left(nights)
    nights.shows()
    assert not is_listed(nights.sync(LEFT))
    nights.shows(user(1))
    nights.set_mapping("0")  # the leave is held
    assert nights.sync(LEFT).code == 4
    nights.set_mapping()
    nights.shows()
    for _ in range(3):
        assert is_listed(nights.sync(LEFT))


def test_who_was_brought_back_and_leaves_again_is_listed_until_that_is_written(
    nights: Nights,
) -> None:
    left(nights)
    nights.shows(user(1))
    assert nights.sync(person(1)).code == 0  # brought back by hand
    nights.shows()
    assert is_listed(nights.sync(LEFT))
    nights.shows(user(1))
    assert nights.sync(LEFT).data["counts"]["done"] == 1
    nights.shows()
    assert not is_listed(nights.sync(LEFT))


def test_a_record_in_place_of_the_closed_one_is_not_hidden_by_it(nights: Nights) -> None:
    left(nights)
    nights.shows()
    assert not is_listed(nights.sync(LEFT))
    nights.shows(user(1) | {"id": "9"})
    nights.set_mapping("0")
    ended = nights.sync(LEFT)
    assert {each["source_id"] for each in ended.data["still_in"]} == {"h1"}
    nights.set_mapping()
    nights.shows()
    assert nights.sync(LEFT).code == 5


def test_a_record_of_a_dated_leave_that_was_shortened_stays_listed(nights: Nights) -> None:
    """The record lost its last day in the target, and then the target hides it."""
    leaves = person(1, leave="2026-11-10")
    nights.begin(DATED)
    nights.sync(leaves)
    nights.shows(user(1))
    nights.set_mapping("0")
    nights.sync(leaves)
    nights.set_mapping()
    nights.day = 12
    nights.shows()
    assert is_listed(nights.sync(leaves))


def test_who_was_let_in_again_by_an_update_after_their_leave_stays_listed(nights: Nights) -> None:
    nights.begin()
    nights.lets_in, changed = True, LEFT | {"name": "Name1 Smith"}
    assert is_listed(nights.sync(changed))
    nights.shows()
    for _ in range(3):
        assert is_listed(nights.sync(changed))


FAR = person(1, leave="2026-11-12")
SOON = person(1, leave="2026-11-03")


def dated(nights: Nights, *, shown: bool) -> Nights:
    """Write a leave on 12 November in advance; the list shows it for another night, or not."""
    nights.begin(DATED)
    ended = nights.sync(FAR)
    assert (ended.code, ended.data["counts"]["done"]) == (0, 1)
    if shown:
        assert not is_listed(nights.sync(FAR))
    nights.shows()
    return nights


@pytest.mark.parametrize("shown", [True, False])
def test_a_record_is_open_until_its_day_is_over_though_the_day_was_brought_forward(
    nights: Nights, shown: bool
) -> None:
    dated(nights, shown=shown)
    first = nights.day + 1
    listed = [nights.day for _ in range(12) if is_listed(nights.sync(SOON))]
    assert listed == list(range(first, 13))


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("said", [FAR, person(1, leave="2026-11-15")], ids=["same", "later"])
def test_a_record_that_the_list_drops_before_its_day_is_an_error_until_then(
    nights: Nights, said: Record, shown: bool
) -> None:
    dated(nights, shown=shown)
    while nights.day < 17:
        ended = nights.sync(said)
        assert not is_listed(ended)  # nobody has left before the day
        found = [e["outcome"] for e in ended.data["plan"]["outcomes"] if e["source_id"] == "h1"]
        assert ("error" in found) == (nights.day <= 12), nights.day


def test_a_day_to_come_is_remembered_without_the_runs_that_wrote_it(nights: Nights) -> None:
    dated(nights, shown=False)
    assert is_listed(nights.sync(SOON))
    nights.day = 11
    assert is_listed(nights.sync(SOON))
    assert nights.world.run("runs", "prune", "--older-than", "8d").code == 0
    nights.day = 11  # the day itself, once more
    assert is_listed(nights.sync(SOON))
    assert not is_listed(nights.sync(SOON))


@pytest.mark.parametrize("shown", [True, False])
def test_whose_day_is_withdrawn_and_who_leaves_after_all(nights: Nights, shown: bool) -> None:
    dated(nights, shown=shown)
    ended = nights.sync(person(1))
    (theirs,) = (e for e in ended.data["plan"]["outcomes"] if e["source_id"] == "h1")
    assert (ended.code, theirs["outcome"], theirs["actions"]) == (0, "error", [])
    assert is_listed(nights.sync(SOON))
    nights.day = 12
    assert not is_listed(nights.sync(SOON))


def test_a_day_that_was_brought_forward_in_the_target_counts(nights: Nights) -> None:
    """The record is shown when the source brings the day forward, and hidden from then on."""
    dated(nights, shown=True)
    nights.shows(user(1, leave="2026-11-12"))
    assert nights.sync(SOON).data["counts"]["done"] == 1
    nights.shows()
    assert not is_listed(nights.sync(SOON))


def test_a_day_whose_bringing_forward_was_held_is_still_to_come(nights: Nights) -> None:
    dated(nights, shown=True)
    nights.shows(user(1, leave="2026-11-12"))
    nights.set_mapping("0")
    assert is_held(nights.sync(SOON))
    nights.set_mapping()
    nights.shows()
    assert is_listed(nights.sync(SOON))
    assert is_listed(nights.sync(SOON))
    nights.day = 12
    assert not is_listed(nights.sync(SOON))


@pytest.mark.parametrize("shown", [True, False])
def test_a_store_of_an_older_version_knows_the_day_of_the_source(
    nights: Nights, shown: bool
) -> None:
    dated(nights, shown=shown)
    forget_days(nights, closed=shown)
    for _ in range(3):
        assert is_listed(nights.sync(SOON))
    nights.day = 12
    assert not is_listed(nights.sync(SOON))


def is_held(ended: Ended) -> bool:
    return ended.code in (4, 5) and ended.data["counts"]["done"] == 0


def forget_days(nights: Nights, *, closed: bool) -> None:
    """Store what a version stored that did not remember the days of records."""
    with Journal.open(nights.world.folder / ".oneway/journal.db") as journal:
        name = journal.rows(select(run.c.connection))[0][0]
        (id, left) = stored_left(journal, name) or (0, NOBODY_LEFT)
        store_left(journal, name, id, replace(left, closed=frozenset({"1"} if closed else ())))
        (text,) = journal.stored_data(id, STORED).values()
        kept = {k: v for k, v in json.loads(text).items() if k not in ("holding", "writing")}
        which = (snapshot.c.run == id) & (snapshot.c.name == STORED)
        with journal.at_once():
            journal.change(delete(snapshot).where(which))
            journal.store_data(id, STORED, json.dumps(kept).encode())
