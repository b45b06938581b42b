"""Keys that differ in form alone are shown side by side."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oneway.core import key_forms
from oneway.core.key_forms import loose
from oneway.core.records import Record, Snapshot
from oneway.planning.access import still_in
from oneway.planning.plan import Kind, Outcome
from oneway.planning.similar.lookalikes import LOOKED_AT, kinds_of
from worlds import World, bound, planned

CODE = [{"source": "code", "target": "ref"}]
MAPPING = {
    "oneway": 1,
    "name": "near",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": CODE,
    "eligible": [],
    "fields": {"ref": {"from": "code", "write": "on_create"}, "fullName": "name"},
    "joiners": {"create": True, "unless_taken": []},
}


def world(source: list[object], target: list[object], **changed: object) -> World:
    return World(
        MAPPING | changed,
        Snapshot(tuple(Record(f"s{n}", {"code": c}) for n, c in enumerate(source))),
        Snapshot(tuple(Record(f"t{n}", {"ref": r}) for n, r in enumerate(target))),
        Snapshot(()),
    )


def near(source: list[object], target: list[object], **changed: object) -> dict[str, list[str]]:
    """Return the texts of near misses, by source id."""
    return {
        str(each.source_id): [r.text for r in each.reasons if r.code == "near_miss"]
        for each in planned(world(source, target, **changed)).outcomes
        if each.source_id is not None
    }


@pytest.mark.parametrize(
    ("source", "target", "difference"),
    [
        (42, "42", "number and text"),
        ("42", 42, "number and text"),
        (42.0, "42", "number and text"),
        ("0043", "43", "leading zeros"),
        ("E007", "E7", "leading zeros"),
        ("SmithJ", "smithj", "case"),
        ("Straße", "STRASSE", "case"),
        (" E4", "E4", "spaces"),
        ("E 4", "E4", "spaces"),
        ("E\u00a04", "E4", "spaces"),
        ("E5\u200b", "E5", "invisible characters"),
        ("\ufeffE5", "E5", "invisible characters"),
        ("E\u00ad5", "E5", "invisible characters"),
        ("Ｅ6", "E6", "Unicode form"),
        ("ﬁn", "fin", "Unicode form"),
        (" 007x", "7X", "spaces, case, leading zeros"),
        (7, " 007", "number and text, spaces, leading zeros"),
    ],
)
def test_keys_that_differ_in_form_alone_are_near(
    source: object, target: object, difference: str
) -> None:
    (text,) = near([source], [target])["s0"]
    assert f"({difference})" in text
    assert "target record t0 has " in text
    assert near([target], [source])["s0"]


def test_what_cannot_be_seen_is_shown_escaped() -> None:
    (text,) = near(["E5\u200b"], ["E5"])["s0"]
    assert text.startswith('ref is "E5\\u200b" here, and target record t0 has "E5" (')
    assert near([42], ["42"])["s0"][0].startswith('ref is 42 here, and target record t0 has "42" (')


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("42", "43"),
        ("0", "00x"),
        ("E4", "E40"),
        ("Zoë", "Zoe"),
        ("100", "1"),
        ("7", "70"),
        (1, True),
    ],
)
def test_keys_that_differ_otherwise_are_not_near(source: object, target: object) -> None:
    assert near([source], [target])["s0"] == []


def test_only_records_that_nothing_matches_are_near() -> None:
    assert near(["42"], ["42", "042"]) == {"s0": []}
    assert near(["42"], ["42", "042"]) == {"s0": []}


def test_several_are_named_and_a_table_of_them_is_cut() -> None:
    (text,) = near(["7"], [f"{'0' * n}7" for n in range(1, 9)])["s0"]
    assert text.count("target record") == 5
    assert "and 3 more" in text


def test_a_leaver_that_nearly_matches_keeps_access_and_is_named() -> None:
    leavers = {
        "when": "name == 'gone'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    }
    made = world([], [], leavers=leavers)
    made = made.with_target([Record("t0", {"ref": "0042", "state": "on"})])
    people = Snapshot((Record("s0", {"code": "42", "name": "gone"}),))
    (found,) = [
        each
        for each in planned(World(made.mapping, people, made.target, Snapshot(()))).outcomes
        if each.source_id == "s0"
    ]
    assert found.kind is Kind.IGNORED
    assert found.reasons[-1].text.endswith("that record keeps its access")


def test_a_sensitive_key_is_compared_and_not_shown() -> None:
    fields = {"ref": {"from": "code", "write": "on_create", "sensitive": True}}
    (text,) = near(["0042"], ["42"], fields=fields)["s0"]
    assert text == "target record t0, which nothing matches, has nearly the same ref (hidden)"


LIKE = {
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "fullName": "name",
        "email": {"from": "mail", "compare": "ignore_case"},
    },
    "label": "name",
}


def alike(source: dict[str, object], target: dict[str, object], **changed: object) -> list[str]:
    """Return what is said of one source record, of whom the target's key says nothing."""
    made = World(
        MAPPING | LIKE | changed,
        Snapshot((Record("s0", {"code": "42", **source}),)),
        Snapshot((Record("t0", {"ref": "", **target}), Record("t1", {"ref": "7"}))),
        Snapshot(()),
    )
    (outcome,) = [each for each in planned(made).outcomes if each.source_id == "s0"]
    return [r.text for r in outcome.reasons if r.code == "near_miss"]


def test_who_is_created_although_a_record_has_their_email_or_name_is_named() -> None:
    """The key that half of the users lack: without it, they would be created again."""
    (text,) = alike({"mail": "Ann@example.com"}, {"email": "ann@example.com "})
    assert text.startswith("email is 'Ann@example.com' here, and in target record t0")
    assert alike({"name": "Ann Oak"}, {"fullName": "ann  oak"}) == [
        "fullName is 'Ann Oak' here, and in target record t0, which nothing matches"
    ]
    assert alike({"name": "Ann Oak"}, {"fullName": "Ann Elm"}) == []
    assert alike({"name": ""}, {"fullName": ""}) == []


@pytest.mark.parametrize(
    ("joiner", "said"),
    [
        ({"mail": "Held@example.com"}, "email is 'Held@example.com' here, and in target record t0"),
        ({"name": "Ann Held"}, "fullName is 'Ann Held' here, and in target record t0 (k0)"),
        ({"staff": "007"}, 'staff is "007" here, and target record t0 has "7" (leading zeros)'),
    ],
)
def test_a_record_that_several_people_claim_may_be_a_joiners(
    joiner: dict[str, str], said: str
) -> None:
    people = [
        {"code": f"k{n}", "name": f"Ann Oak{n}", "mail": f"a{n}@example.com"} for n in range(6)
    ]
    users = [{"ref": e["code"], "fullName": e["name"], "email": e["mail"]} for e in people]
    users[0] |= {"fullName": "Ann Held", "email": "held@example.com", "staff": "7"}
    others = [people[0] | {"name": "Ann Elm"}, {"code": "new", "name": "Ann Ash"} | joiner]
    made = World(
        MAPPING | LIKE | {"match": [*CODE, {"source": "staff", "target": "staff"}]},
        Snapshot(tuple(Record(f"s{n}", e) for n, e in enumerate((*people, *others)))),
        Snapshot(tuple(Record(f"t{n}", e) for n, e in enumerate(users))),
        Snapshot(()),
    )
    found = {each.source_id: each for each in planned(made).outcomes}
    assert found["s0"].kind is found["s6"].kind is Kind.CONFLICT
    (text,) = [r.text for r in found["s7"].reasons if r.code == "near_miss"]
    assert text.startswith(said)
    assert text.endswith(", which nothing matches for certain")


@pytest.mark.parametrize(
    "mine", [{"mail": "held@example.com"}, {"name": "Ann Held"}, {"staff": "007"}]
)
def test_a_leaver_may_have_a_record_that_several_people_claim(mine: dict[str, str]) -> None:
    people = [
        {"code": f"k{n}", "name": f"Ann Oak{n}", "mail": f"a{n}@example.com", "staff": None}
        for n in range(6)
    ]
    users = [{"ref": e["code"], "fullName": e["name"], "email": e["mail"]} for e in people]
    held = {"fullName": "Ann Held", "email": "held@example.com", "staff": "7"}
    leaver = {"code": "x", "name": "Ann Ash", "mail": "x@example.com", "staff": None, "left": True}
    people += [people[0] | {"name": "Ann Elm"}, leaver | mine]
    no = {"staff": None, "off": False}
    leavers = {"when": "left", "set": {"off": {"value": True}}, "left": "off == `true`"}
    keys = [*CODE, {"source": "staff", "target": "staff"}]
    made = World(
        MAPPING | LIKE | {"match": keys, "leavers": leavers},
        Snapshot(tuple(Record(f"s{n}", {"left": False, **e}) for n, e in enumerate(people))),
        Snapshot(
            tuple(Record(f"t{n}", no | e) for n, e in enumerate([users[0] | held, *users[1:]]))
        ),
        Snapshot(()),
    )
    (who,) = still_in(planned(made), {}, planned=True)
    assert (who.source_id, found_of(made, "s7").kind) == ("s7", Kind.IGNORED)


def test_a_leaver_who_has_left_may_have_a_second_record_that_several_people_claim() -> None:
    people = [{"code": f"k{n}", "name": f"Ann Oak{n}", "mail": f"a{n}@example.com"} for n in (0, 1)]
    users = [{"ref": e["code"], "fullName": e["name"], "email": e["mail"]} for e in people]
    users[0] |= {"email": "a1@example.com"}
    people += [people[0] | {"name": "Ann Elm"}]
    leavers = {"when": "code == 'k1'", "set": {"off": {"value": True}}, "left": "off == `true`"}
    made = World(
        MAPPING | LIKE | {"leavers": leavers},
        Snapshot(tuple(Record(f"s{n}", e) for n, e in enumerate(people))),
        Snapshot(tuple(Record(f"t{n}", {**e, "off": n == 1}) for n, e in enumerate(users))),
        Snapshot(()),
    )
    assert found_of(made, "s1").kind is Kind.UNCHANGED
    (who,) = still_in(planned(made), {}, planned=True)
    assert (who.source_id, who.target_id) == (None, "t0")


def found_of(world: World, source_id: str) -> Outcome:
    """Return the outcome of one source record."""
    (found,) = [each for each in planned(world).outcomes if each.source_id == source_id]
    return found


def test_records_in_conflict_hide_no_other_of_the_name() -> None:
    people = [*({"code": "k", "name": f"Kim {n}"} for n in range(2)), {"code": "x", "name": "Lee"}]
    users = [*({"ref": "k", "fullName": "Lee"} for _ in range(3)), {"ref": "z", "fullName": "Lee"}]
    made = World(
        MAPPING | LIKE,
        Snapshot(tuple(Record(f"s{n}", e) for n, e in enumerate(people))),
        Snapshot(tuple(Record(f"t{n}", e) for n, e in enumerate(users))),
        Snapshot(()),
    )
    assert [each.candidates for each in found_of(made, "s2").reasons] == [("t3",)]


PEOPLE = {
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "first": "first",
        "last": "last",
        "phone": "phone",
        "email": "mail",
    },
    "label": "join(' ', [first, last])",
}
TRACEY = {"code": "s", "first": "Tracey", "last": "Smith", "phone": "7", "mail": "t@example.com"}
IAN = {"ref": "n", "first": "Ian", "last": "Smith", "phone": "8", "email": "ian@example.com"}


def of_tracey(held: dict[str, str], *, matched: bool) -> list[str]:
    """Return what is said of Tracey, while another record, of somebody or nobody, holds this."""
    others = [
        IAN | {"ref": f"o{n}", "last": f"Oak{n}", "phone": f"1{n}", "email": f"o{n}@example.com"}
        for n in range(6)
    ]
    ian = {"code": "n", "first": "Ian", "last": "Smith", "phone": "8", "mail": "ian@example.com"}
    people = [TRACEY, ian] if matched else [TRACEY]
    made = World(
        MAPPING | PEOPLE,
        Snapshot(tuple(Record(each["code"], each) for each in people)),
        Snapshot(tuple(Record(each["ref"], each) for each in (*others, IAN | held))),
        Snapshot(()),
    )
    (outcome,) = [each for each in planned(made).outcomes if each.source_id == "s"]
    return [r.text for r in outcome.reasons if r.code == "near_miss"]


@pytest.mark.parametrize(
    ("held", "matched", "named"),
    [
        ({}, True, False),  # a surname that no two records of the target share
        ({}, False, False),
        ({"phone": "7"}, True, False),  # a number, and it is somebody else's record
        ({"phone": "7", "last": "Elm"}, False, False),  # a number, and a name that is not hers
        ({"phone": "7", "first": "Tracey"}, False, True),
        ({"phone": "7", "first": "Tracey", "last": "Oak"}, False, True),  # she has married
        ({"phone": "7", "first": "Tracey"}, True, False),
        ({"first": "Tracey"}, False, True),  # her whole name
        ({"first": "Tracey"}, True, False),
        ({"email": "t@example.com"}, False, True),
        ({"email": "t@example.com"}, True, False),  # an address that two share
        ({"email": "t@example.com", "first": "Tracey"}, True, True),
    ],
)
def test_what_else_a_record_holds_says_whether_it_may_be_theirs(
    held: dict[str, str], matched: bool, named: bool
) -> None:
    assert bool(of_tracey(held, matched=matched)) == named


ALONE = ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("phones", "kind"),
    [
        ([], ""),
        (ALONE, "own"),
        (ALONE[1:], ""),  # too few to say so
        (["", None, *ALONE, " "], "own"),
        ([*ALONE, "5"], ""),
        ([*ALONE, " x", "X"], ""),  # one value but for case and spaces
        ([*ALONE, 6], ""),
        ([*ALONE, "2026-03-31"], ""),
        (["a@example.com", "2", "a@example.com"], "email"),
        (["a@example.com", "2"], ""),
        (["a@example.com", "b@example.com", "2026-03-31"], "email"),
        ([*map(str, range(LOOKED_AT)), "1"], "own"),  # the first ones say so
        ([*map(str, range(LOOKED_AT - 1)), "1"], ""),
        ([None, *map(str, range(LOOKED_AT)), "1"], "own"),
    ],
)
def test_the_values_of_a_field_say_whether_they_tell_people_apart(
    phones: list[object], kind: str
) -> None:
    held = [Record(f"t{n:03}", {"ref": f"r{n}", "phone": each}) for n, each in enumerate(phones)]
    program = bound(World(MAPPING | PEOPLE, Snapshot(()), Snapshot(tuple(held)), Snapshot(())))
    kinds = kinds_of([program.target_row(each) for each in held], program.policy)
    (phone,) = [n for n, rule in enumerate(program.policy.fields) if rule.path == "phone"]
    assert kinds[phone] == kind


@example("0")
@example("A00")
@example("ab000c")
@example("x007")
@example("0a0b")
@given(st.from_regex(r"[a-cA-C01]{0,8}", fullmatch=True))
def test_a_plain_key_has_the_form_that_each_step_gives_it(key):
    assert loose(key) == key_forms._through(key_forms._STEPS.values(), key)
