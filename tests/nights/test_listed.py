"""Law 19 over nights: who was listed is listed again, or what ended it was seen."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nights.life import MEMORY
from nights.listed import Json, Story
from oneway.history import last_good
from oneway.planning import planner

ANN = {"id": "s1", "code": "C1", "name": "Ann", "mail": "ann@example.com", "status": "L"}
HELD = {"ref": "C1", "fullName": "Ann", "email": "ann@example.com", "active": True}
BEA = {"id": "s2", "code": "C2", "name": "Bea", "mail": "bea@example.com", "status": "E"}


def live(
    nights: Sequence[Json], users: Mapping[str, Json], *, by_id: bool = True, **rules: Any
) -> list[list[str]]:
    """Live through nights; return the records that each lists, or whose they may be."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        guards = {"leavers": {"share": "100%", "floor": 50}}
        story = Story(Path(folder) / "state", {"guards": guards, **rules}, users, by_id=by_id)
        found = [story.live(each) for each in nights]
    return [
        sorted({str(id) for e in night for id in (e.target_id, *e.candidates) if str(id)[0] == "t"})
        for night in found
    ]


def rows(ann: Json) -> st.SearchStrategy[list[Json]]:
    """Draw no row, or one of somebody who has left, or may have, or stays."""
    row = st.fixed_dictionaries({
        "id": st.just(ann["id"]),
        "code": st.sampled_from([*[ann["code"]] * 3, None, "X9"]),
        "name": st.sampled_from([ann["name"], ann["name"], "Deleted"]),
        "mail": st.sampled_from([ann["mail"], ann["mail"], None]),
        "status": st.sampled_from(["L", "L", "L", "E", f"word of {ann['id']}", None]),
        "problem": st.sampled_from(["", "", "", "it is cut off"]),
    })  # fmt: skip
    return st.one_of(st.just([]), row.map(lambda each: [stays_as(each, ann)]))


def stays_as(row: Json, ann: Json) -> Json:
    """Return a row, of somebody who stays with all that tells who they are."""
    return row if row["status"] != "E" else {**ann, "status": "E"}


def held(code: str) -> st.SearchStrategy[Json]:
    """Draw a user who may be Ann's."""
    return st.fixed_dictionaries({
        "ref": st.sampled_from([code, code, None, "C9"]),
        "fullName": st.sampled_from(["Ann", "Ann", "Deleted", "Zoe"]),
        "email": st.sampled_from(["ann@example.com", None]),
        "active": st.sampled_from([True, True, True, None]),
    })  # fmt: skip


EDITS: list[Json] = [
    *[{}] * 5, {"t1": {"active": False}}, {"t2": {"active": False}}, {"t1": {"active": True}},
    {"t1": {"ref": None}}, {"t2": {"ref": None}}, {"t1": {"fullName": "Zoe"}},
    {"t2": {"email": None}}, {"t2": {"active": True}},
]  # fmt: skip
PEOPLE = st.tuples(rows(ANN), rows({**ANN, "id": "s2", "code": "C2"})).map(lambda e: e[0] + e[1])
NIGHT = st.fixed_dictionaries({
    "people": PEOPLE,
    "hidden": st.sets(st.sampled_from(["t1", "t2"])),
    "users": st.sampled_from(EDITS),
    "refusing": st.booleans(),
})  # fmt: skip
EMPLOYED = {"people": [{**ANN, "status": "E"}]}


@given(
    st.fixed_dictionaries({"t1": held("C1"), "t2": held("C2")}),
    st.lists(NIGHT, min_size=2, max_size=4),
    st.sampled_from([[], [EMPLOYED]]),
    st.booleans(),
    st.sampled_from(["report", "deactivate"]),
)
@settings(
    deadline=None,
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_law_19_who_was_listed_stays_so_until_a_run_sees_what_ends_it(
    users: Mapping[str, Json], nights: list[Json], first: list[Json], by_id: bool, absent: str
) -> None:
    live([*first, *nights], users, by_id=by_id, absent=absent)


ANN_LEE = {**ANN, "name": "Ann Lee"}
CY = {"id": "s2", "code": "C2", "name": "Cy Moss", "mail": "cy@example.com"}
FULL = {
    "t1": {**HELD, "fullName": "Ann Lee"},
    "t2": {"ref": "C2", "fullName": "Cy Moss", "email": "cy@example.com", "active": True},
}


def rows_by_any_id(row: Json) -> st.SearchStrategy[list[Json]]:
    """Draw no row, or one with all that tells whose it is, by one of three ids."""
    id = st.sampled_from([row["id"], row["id"], f"{row['id']}x", f"{row['id']}y"])
    word = st.sampled_from(["L", "L", "E", f"word of {row['id']}", None])
    drawn = st.tuples(id, word).map(lambda e: [{**row, "id": e[0], "status": e[1]}])
    return st.one_of(st.just([]), drawn, drawn)


MOVES: list[Json] = [
    {}, {}, {"t1": "t3"}, {"t1": "t2", "t2": "t1"}, {"t1": "t4", "t2": "t3"}, {"t3": "t1"},
    {"t1": "u0", "u0": "t1"}, {"t2": "t5", "t1": "t2"},
]  # fmt: skip
NIGHT_OF_MOVES = st.fixed_dictionaries({
    "people": st.tuples(rows_by_any_id(ANN_LEE), rows_by_any_id(CY)).map(lambda e: e[0] + e[1]),
    "hidden": st.sampled_from([(), (), (), ("t1",), ("t2",), ("t3",)]),
    "active": st.sampled_from([{}, {}, {"t1": False}, {"t1": True}, {"t2": True}]),
    "moves": st.sampled_from(MOVES),
    "refusing": st.booleans(),
})  # fmt: skip
BOTH = {word: {"people": [{**ANN_LEE, "status": word}, {**CY, "status": word}]} for word in "EL"}


@given(
    st.sampled_from([[], [BOTH["L"] | {"refusing": True}], [BOTH["L"]], [BOTH["E"]]]),
    st.lists(NIGHT_OF_MOVES, min_size=2, max_size=4),
    st.booleans(),
    st.sampled_from(["report", "reactivate"]),
)
@settings(
    deadline=None,
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_law_19_holds_whatever_ids_their_records_get(
    first: list[Json], nights: list[Json], by_id: bool, rehires: str
) -> None:
    again = {} if rehires == "report" else {"reactivate": {"active": True}}
    live([*first, *nights], FULL, by_id=by_id, absent="report", rehires=again or rehires)


STORIES: dict[str, tuple[Json, list[Json], list[list[str]]]] = {
    "the target shows a record again": (
        {"t1": HELD},
        [
            EMPLOYED,
            {"people": [ANN], "refusing": True},
            {"people": [ANN], "hidden": ["t1"]},
            {},
            {"users": {"t1": {"active": False}}},
            {},
        ],
        [[], ["t1"], [], ["t1"], [], []],
    ),
    "one of two who may have a record goes, and the other stays": (
        {"t1": {**HELD, "ref": None}},
        [
            {"people": [ANN, {**ANN, "id": "s2", "code": "C2"}]},
            {"people": [{**ANN, "id": "s2", "code": "C2", "status": "E", "name": "Cy"}]},
        ],
        [["t1"], ["t1"]],
    ),
    "one of two who may have a record goes, and then the other stays": (
        {"t1": {**HELD, "ref": None}},
        [
            {"people": [ANN, {**ANN, "id": "s2", "code": "C2"}]},
            {"people": [{**ANN, "id": "s2", "code": "C2"}]},
            {"people": [{**ANN, "id": "s2", "code": "C2", "status": "E", "name": "Cy"}]},
        ],
        [["t1"]] * 3,
    ),
    "one of two records is not shown for a night": (
        {"t1": {**HELD, "ref": None}, "t2": {**HELD, "ref": None}},
        [{"people": [ANN]}, {"people": [ANN], "hidden": ["t2"]}, {}],
        [["t1", "t2"], ["t1"], ["t1", "t2"]],
    ),
    "a second record of somebody whose row says nothing for a night": (
        {"t1": HELD, "t2": {**HELD, "ref": None}},
        [
            EMPLOYED,
            {"people": [ANN]},
            {"people": [{"id": "s1"}], "hidden": ["t2"]},
            {"people": [{**ANN, "name": "Deleted", "mail": None}]},
        ],
        [[], ["t2"], ["t1"], ["t2"]],
    ),
    "a word that is no answer comes with the record that is shown again": (
        {"t1": HELD},
        [
            EMPLOYED,
            {"people": [ANN], "refusing": True},
            {"hidden": ["t1"]},
            {"people": [{**ANN, "status": "Out"}]},
            EMPLOYED,
        ],
        [[], ["t1"], [], ["t1"], []],
    ),
    "a newcomer has the address of somebody who is gone": (
        {"t1": HELD},
        [
            EMPLOYED,
            {"refusing": True},
            {"people": [{**BEA, "mail": "ann@example.com"}]},
            {"people": [BEA]},
            {},
        ],
        [[], ["t1"], ["t1"], [], []],
    ),
    "somebody who stays has the record": (
        {"t1": HELD},
        [
            EMPLOYED,
            {"people": [ANN], "refusing": True},
            {"people": [{**ANN, "id": "s2", "status": "E"}]},
            {"people": []},
        ],
        [[], ["t1"], [], []],
    ),
}


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_story_of_somebody_who_was_listed(name: str) -> None:
    users, nights, listed = STORIES[name]
    absent = "deactivate" if "newcomer" in name else "report"
    assert live(nights, users, absent=absent) == listed


BACK = {"people": [{**ANN, "status": "E"}]}
OUT = {"people": [{**ANN, "status": "Out"}]}
ZOE = {"people": [{**ANN, "code": "C9", "name": "Zoe", "mail": "zoe@example.com", "status": "E"}]}
OPEN, CLOSED = {"users": {"t1": {"active": True}}}, {"users": {"t1": {"active": False}}}
LEFT = {"people": [ANN]}
SAID: dict[str, tuple[list[Json], list[list[str]]]] = {
    "the account was closed before the source said so": (
        [EMPLOYED, LEFT | CLOSED, {}, OPEN, CLOSED],
        [[], [], [], ["t1"], []],
    ),
    "the account is opened on the night that the row goes": (
        [EMPLOYED, LEFT | CLOSED, OPEN],
        [[], [], ["t1"]],
    ),
    "a word that nobody else has is no answer": (
        [EMPLOYED, LEFT, OUT, OUT | OPEN, BACK, {}],
        [[], [], [], ["t1"], [], []],
    ),
    "a blank status is no answer": (
        [EMPLOYED, LEFT, {"people": [{**ANN, "status": None}]}] + 2 * [OUT | OPEN],
        [[], [], [], ["t1"], ["t1"]],
    ),
    "nobody closes the account of somebody who leaves twice": (
        [EMPLOYED, LEFT, BACK, BACK | OPEN, BACK, LEFT, {}, OPEN],
        [[], [], [], [], [], [], [], ["t1"]],
    ),
    "somebody is back, and let in by hand, and their row is missing for a night": (
        [EMPLOYED, LEFT, BACK, BACK | OPEN, BACK, {}, BACK],
        [[], [], [], [], [], [], []],
    ),
    "their row is somebody else's by now": (
        [EMPLOYED, LEFT, ZOE, ZOE | OPEN, ZOE, {}],
        [[], [], [], ["t1"], ["t1"], ["t1"]],
    ),
    "nobody has the record for a while": (
        [EMPLOYED, LEFT, {}, {"hidden": ["t1"]}, {"hidden": ["t1"]}, OPEN],
        [[], [], [], [], [], ["t1"]],
    ),
}


ANN_STAYS, ANN_LEFT = ({"people": [{**ANN_LEE, "status": word}]} for word in "EL")
ZED = {"ref": None, "fullName": "Zed Zander", "email": "zed@example.com", "active": True}
NEW_ROW = {**ANN_LEE, "id": "s9"}
UNHEARD, BLANK = ({"people": [{**NEW_ROW, "status": word}]} for word in ("Out", None))
REFUSED = ANN_LEFT | {"refusing": True}
HIRED_AGAIN, NO_U9 = {"people": [{**NEW_ROW, "status": "E"}]}, {"hidden": ["u9"]}
RENUMBERED: dict[str, tuple[list[Json], list[list[str]]]] = {
    "the record of somebody listed has another id": (
        [ANN_STAYS, REFUSED, {}, {"moves": {"t1": "t3"}}, {}, {"active": {"t3": False}}, {}],
        [[], ["t1"], ["t1"], ["t3"], ["t3"], [], []],
    ),
    "a closed record has another id, and is open again": (
        [ANN_STAYS, ANN_LEFT, {}, {"moves": {"t1": "t3"}, "active": {"t3": True}}, {}],
        [[], [], [], ["t3"], ["t3"]],
    ),
    "a record has its old id again": (
        [ANN_STAYS, REFUSED, {"moves": {"t1": "t3"}}, {"moves": {"t3": "t1"}}, {}],
        [[], ["t1"], ["t3"], ["t1"], ["t1"]],
    ),
    "a second account has the key of a closed one": (
        [ANN_STAYS, ANN_LEFT, {}, {"new": {"t5": FULL["t1"]}}, {}],
        [[], [], [], ["t5"], ["t5"]],
    ),
    "id and key change together": (
        [ANN_STAYS, REFUSED, {"moves": {"t1": "t3"}, "users": {"t3": {"ref": "X7"}}}],
        [[], ["t1"], ["t3"]],
    ),
    "two records change their ids": (
        [ANN_STAYS, REFUSED, {"moves": {"t1": "t2", "t2": "t1"}}],
        [[], ["t1"], ["t2"]],
    ),
    "their id becomes that of somebody employed": (
        [ANN_STAYS, REFUSED, {"moves": {"t1": "t3", "u0": "t1"}}, {}],
        [[], ["t1"], ["t3"], ["t3"]],
    ),
    "their id becomes somebody else's after their account was deleted": (
        [ANN_STAYS, ANN_LEFT, {"moves": {"t1": "u9"}} | NO_U9, {"new": {"t1": ZED}} | NO_U9],
        [[], [], [], []],
    ),
    "their account is made anonymous while nobody sees it": (
        [ANN_STAYS, ANN_LEFT, {"hidden": ["t1"]}, {"users": {"t1": {**ZED, "ref": "C1"}}}],
        [[], [], [], ["t1"]],
    ),
    "they are back with another account, and their row is missing for a night": (
        [
            ANN_STAYS, ANN_LEFT, {"moves": {"t1": "u9"}} | NO_U9,
            {"new": {"t4": FULL["t1"]}} | HIRED_AGAIN | NO_U9, HIRED_AGAIN | NO_U9, NO_U9,
        ],
        [[]] * 6,
    ),
    "their row has another id and a word that nobody else has": (
        [ANN_STAYS, REFUSED, UNHEARD, UNHEARD, {}],
        [[], ["t1"], ["t1"], ["t1"], ["t1"]],
    ),
    "their row has another id and no word": ([ANN_STAYS, REFUSED, BLANK], [[], ["t1"], ["t1"]]),
    "their row has another id and they stay": (
        [ANN_STAYS, REFUSED, HIRED_AGAIN, {}],
        [[], ["t1"], [], []],
    ),
    "the row and the record have other ids": (
        [ANN_STAYS, REFUSED, {**UNHEARD, "moves": {"t1": "t3"}}],
        [[], ["t1"], ["t3"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(RENUMBERED))
@pytest.mark.parametrize("by_id", [True, False])
def test_a_story_of_ids_that_change(name: str, by_id: bool) -> None:
    nights, listed = RENUMBERED[name]
    users = FULL if "two" in name else {"t1": FULL["t1"]}
    found = live(nights, users, absent="report", rehires="report", by_id=by_id)
    assert found == listed or not by_id


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_story_of_somebody_whom_the_source_has_said_to_have_left(name: str) -> None:
    nights, listed = SAID[name]
    assert live(nights, {"t1": HELD}, absent="report", rehires="report") == listed


def test_a_leave_that_is_nobodys_and_was_written_is_remembered() -> None:
    nights = [EMPLOYED, {}, OPEN]
    assert live(nights, {"t1": HELD}, absent="deactivate") == [[], [], ["t1"]]


def test_two_records_of_somebody_in_conflict_are_remembered() -> None:
    users = {"t1": HELD | {"active": False}, "t2": HELD | {"active": False}}
    nights = [LEFT, {}, OPEN, {"users": {"t2": {"active": True}}}]
    assert live(nights, users, absent="report") == [[], [], ["t1"], ["t1", "t2"]]


BROKEN: dict[str, Callable[[], Any]] = {
    "what a run did not see is not remembered": lambda: patch.object(
        last_good, "stored_listed", lambda *_: {}
    ),
    "only what is listed anew is listed": lambda: patch.object(
        planner, "still_listed", lambda _, drafts, *__: tuple(drafts)
    ),
}


def test_an_engine_that_forgets_who_had_left_is_noticed() -> None:
    nights, _ = SAID["the account is opened on the night that the row goes"]
    forgets = patch("oneway.history.journal.said_left.stored_left", lambda *_: None)
    with forgets, pytest.raises(AssertionError, match="somebody was forgotten"):
        live(nights, {"t1": HELD}, absent="report", rehires="report")


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_an_engine_that_forgets_who_was_listed_is_noticed(what: str) -> None:
    users, nights, _ = STORIES["the target shows a record again"]
    forgets = patch("oneway.history.journal.said_left.stored_left", lambda *_: None)
    with forgets, BROKEN[what](), pytest.raises(AssertionError, match="somebody was forgotten"):
        live(nights, users, absent="report")
