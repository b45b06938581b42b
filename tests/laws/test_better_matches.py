"""Of two records, the nearer one is a person's: no key alone writes to the other.

The model counts by itself what a person and a record have in common.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from memory import applied
from oneway.core.records import Record, Snapshot
from oneway.mapping.spec import GuardsSpec
from oneway.planning.access import still_in
from oneway.planning.guards import judge
from oneway.planning.links import NO_LINKS, Link, LinkEvidence
from oneway.planning.plan import Kind, Plan, Verb
from oneway.planning.plan_inputs import Allowance
from worlds import World, planned

FIELDS: Mapping[str, Any] = {
    "ref": {"from": "code", "write": "on_create"},
    "first": "first",
    "last": "last",
    "email": "mail",
}
MAPPING: Mapping[str, Any] = {
    "oneway": 1,
    "name": "nearest",
    "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
    "label": "join(' ', [first, last])",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": FIELDS,
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    },
}
NAMES = ("first", "last", "email")
FIRST, LAST, MAILS = ("Ann", "Ben"), ("Ash", "Birch"), ("a@x.example", "b@x.example")
CODES = ("A", "B", "0C")


def somebody(code: st.SearchStrategy[Any], state: st.SearchStrategy[Any]) -> Any:
    return st.tuples(
        code, st.sampled_from(FIRST), st.sampled_from(LAST), st.sampled_from([*MAILS, None]), state
    )


PEOPLE = st.lists(
    somebody(st.sampled_from(CODES), st.sampled_from("EL")),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each[0],
)
USERS = st.lists(
    somebody(st.sampled_from([*CODES, "C", None]), st.sampled_from(["on", "on", "off"])),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each[0],
)
PARTS = st.fixed_dictionaries(
    {
        "absent": st.sampled_from(["report", "deactivate"]),
        "joiners": st.sampled_from([{}, {"unless_taken": ["email"]}]),
        "label": st.sampled_from(["join(' ', [first, last])", "first", "last"]),
    }
)


def world_of(people: Any, users: Any, parts: Any, ids: str = "s") -> World:
    source = [
        Record(
            f"{ids}{n}" if ids else code,
            {"code": code, "first": first, "last": last, "mail": mail, "status": status},
        )
        for n, (code, first, last, mail, status) in enumerate(people)
    ]
    target = [
        Record(f"t{n}", {"ref": ref, "first": first, "last": last, "email": mail, "state": state})
        for n, (ref, first, last, mail, state) in enumerate(users)
    ]
    snapshots = Snapshot(tuple(source)), Snapshot(tuple(target)), Snapshot(())
    return World({**MAPPING, **parts}, *snapshots)


def linked_by(world: World) -> LinkEvidence:
    """Return that earlier runs matched people and users by what are their codes now."""
    by_code = {user.data["ref"]: user.id for user in world.target.records}
    return LinkEvidence(
        tuple(
            Link(each.id, by_code[each.data["code"]], "", "2026-06-01", "2026-06-14")
            for each in world.source.records
            if each.data["code"] in by_code
        )
    )


def common(world: World, person: Mapping[str, Any], user: Mapping[str, Any]) -> int:
    said = {**person, "email": person["mail"]}
    named = world.mapping["label"]
    names = [each for each in NAMES if each in named or each == "email"]
    return sum(said[each] is not None and said[each] == user[each] for each in names)


def exclusive(world: World, person: Mapping[str, Any], user: Mapping[str, Any]) -> bool:
    taken = world.mapping["joiners"].get("unless_taken", ())
    return bool(taken) and person["mail"] is not None and person["mail"] == user["email"]


def nearest(world: World, plan: Plan) -> dict[str, list[str]]:
    """Return the users of nobody that are nearer to people than the one that their key finds.

    Of somebody who stays, more than a name has to say so.
    """
    users = {each.id: each.data for each in world.target.records}
    matched = {each.source_id: each.target_id for each in plan.outcomes if each.source_id}
    nobodys = users.keys() - matched.values()
    found = {}
    for each in world.source.records:
        own = matched[each.id]
        if own is None or exclusive(world, each.data, users[own]):
            continue
        said, leaves = each.data["mail"], each.data["status"] == "L"
        rivals = [id for id in nobodys if leaves or (said and said == users[id]["email"])]
        scores = {id: common(world, each.data, users[id]) for id in rivals}
        most = max([0, common(world, each.data, users[own]), *scores.values()])
        best = [id for id in scores if scores[id] == most]
        found[each.id] = best if most > common(world, each.data, users[own]) else []
    return {id: best for id, best in found.items() if best}


def let_through(plan: Plan) -> list[Any]:
    blocked = judge(plan, GuardsSpec()).blocked
    return [each for each in plan.actions if each.id not in blocked]


@given(PEOPLE, USERS, PARTS)
def test_law_19_nothing_is_written_by_key_while_another_record_is_nearer(
    people: Any, users: Any, parts: Any
) -> None:
    """The pair is held by name, and a leaver's nearer record is listed."""
    world = world_of(people, users, parts)
    plan = planned(world)
    nearer = nearest(world, plan)
    assert not [each for each in let_through(plan) if each.source_id in nearer]
    listed = {each.target_id for each in still_in(plan, judge(plan, GuardsSpec()).ends())}
    states = {each.id: each.data["state"] for each in world.target.records}
    for each in world.source.records:
        if each.data["status"] == "L":
            assert {id for id in nearer.get(each.id, ()) if states[id] == "on"} <= listed
    keys = [each.key for each in plan.notable if each.source_id in nearer]
    named = replace(plan, allowed=tuple(Allowance(f"identities:{key}", 1, "me") for key in keys))
    held = {each.source_id for each in plan.actions} - {e.source_id for e in let_through(named)}
    assert not held & nearer.keys()


@given(PEOPLE, USERS, PARTS)
def test_law_19_a_link_that_repeats_the_key_says_no_more(
    people: Any, users: Any, parts: Any
) -> None:
    """Where the id of a source record is its code, each pair is held that is without links."""
    world = world_of(people, users, parts, ids="")
    # Who is spared as absent is no leaver: the guard `leavers` counts others then.
    allowed = (Allowance("leavers", 9, "me"),)
    without = planned(world, allowed=allowed)
    blocked = judge(without, GuardsSpec()).blocked
    pairs = {each.id for each in without.actions if each.source_id and each.target_id}
    with_links = planned(world, evidence=linked_by(world), allowed=allowed)
    assert not {each.id for each in let_through(with_links)} & blocked & pairs


@given(PEOPLE, USERS, PARTS)
def test_law_19_two_who_have_each_others_codes_are_held(
    people: Any, users: Any, parts: Any
) -> None:
    assume(len(people) > 1)
    one, other = people[0], people[1]
    assume(one[1] != other[1] or one[2] != other[2])
    swapped = [(other[0], *one[1:]), (one[0], *other[1:])]
    theirs = [(*each[:4], "on") for each in (one, other)]
    whole = {**parts, "label": MAPPING["label"], "joiners": {}}
    world = world_of(swapped, theirs, whole, ids="")
    assume(one[3] != other[3] or one[1:3] != other[1:3])
    assert let_through(planned(world, evidence=linked_by(world))) == []


@given(
    st.sampled_from(["on_create", "overwrite"]),
    st.sampled_from(["B", "C", None]),
    st.sampled_from([(None, None), ("Ann", "Ash")]),
    st.booleans(),
    st.sampled_from([(), ("email",), ("first", "last"), NAMES]),
    PARTS,
)
def test_law_19_nobody_is_locked_out_by_the_row_of_a_leaver_without_a_name(
    write: str, code: str | None, names: Any, linked: bool, theirs: Any, parts: Any
) -> None:
    """The leaver's row has the code of somebody whose own row finds another record, or none.

    If the person who stays has something else, or has it of their own record, the leave is written.
    """
    ben = {"first": "Ben", "last": "Birch", "mail": MAILS[1]}
    says = {key: ben[key] for key in ben if {"mail": "email"}.get(key, key) in theirs}
    people = [("A", None, None, None, "L"), (code, *[says.get(each) for each in ben], "E")]
    users = [("A", *ben.values(), "on"), ("B", *names, None, "on")]
    fields = {key: {"from": key, "write": write} for key in ("first", "last")}
    fields |= {"ref": FIELDS["ref"], "email": {"from": "mail", "write": write}}
    world = world_of(people, users, {**parts, "label": MAPPING["label"], "fields": fields}, ids="")
    ids = [replace(each, id=each.data["code"] or "9") for each in world.source.records]
    world = replace(world, source=Snapshot(tuple(ids)))
    plan = planned(world, evidence=linked_by(world) if linked else NO_LINKS)
    leaves = {each.target_id for each in let_through(plan) if each.verb is Verb.LEAVE}
    assert ("t0" in leaves) is (not theirs)


def test_law_19_a_leaver_without_a_name_leaves_beside_a_namesake() -> None:
    """The namesake's own record has as much of their values."""
    people = [("A", None, None, None, "L"), ("B", "Ben", "Birch", MAILS[1], "E")]
    users = [("A", "Ben", "Birch", None, "on"), ("B", "Ben", "Birch", MAILS[1], "on")]
    world = world_of(people, users, {"absent": "report", "joiners": {}}, ids="")
    assert [each.verb for each in let_through(planned(world))] == [Verb.LEAVE]


@given(PEOPLE, USERS, PARTS)
def test_law_19_nobody_is_created_while_a_record_of_their_name_is_deactivated(
    people: Any, users: Any, parts: Any
) -> None:
    world = world_of(people, users, {**parts, "absent": "deactivate", "label": MAPPING["label"]})
    plan = planned(world)
    by_id = {each.id: each.data for each in (*world.source.records, *world.target.records)}
    name = {id: (data["first"], data["last"]) for id, data in by_id.items()}
    done = let_through(plan)
    created = {name[each.source_id] for each in done if each.verb is Verb.CREATE}
    gone = {name[each.target_id] for each in done if each.verb is Verb.DEACTIVATE}
    leaves = {name[e.target_id] for e in plan.actions if e.verb is Verb.DEACTIVATE} - gone
    assert not created & (gone | leaves)


@given(PEOPLE, USERS, PARTS, st.booleans())
def test_law_19_nobody_is_created_whose_record_the_next_plan_deactivates(
    people: Any, users: Any, parts: Any, linked: bool
) -> None:
    """A record that is spared for somebody who is created would be nobody's afterwards."""
    world = world_of(people, users, {**parts, "absent": "deactivate"})
    plan = planned(world, evidence=linked_by(world) if linked else NO_LINKS)
    done = {each.id for each in let_through(plan)}
    held = [each.id for each in plan.actions if each.id not in done]
    after = world.with_target(applied(world, plan, held=held).target.records)
    then = planned(after, evidence=linked_by(after) if linked else NO_LINKS)
    going = {each.target_id for each in plan.actions if each.verb is Verb.DEACTIVATE}
    gone = {each.target_id for each in let_through(then) if each.verb is Verb.DEACTIVATE}
    assert gone <= going


@given(PEOPLE, USERS, PARTS)
def test_law_19_a_leaver_without_a_record_is_listed_while_one_of_their_name_is_nobodys(
    people: Any, users: Any, parts: Any
) -> None:
    world = world_of(people, users, {**parts, "label": MAPPING["label"]})
    plan = planned(world)
    listed = {each.source_id for each in still_in(plan, {}, planned=True)}
    taken = {each.target_id for each in plan.outcomes if each.source_id}
    there = [
        (each.data["first"], each.data["last"])
        for each in world.target.records
        if each.data["state"] == "on" and each.id not in taken
    ]
    for outcome in plan.outcomes:
        record = next((e for e in world.source.records if e.id == outcome.source_id), None)
        if record is None or record.data["status"] != "L" or outcome.kind is not Kind.IGNORED:
            continue
        if (record.data["first"], record.data["last"]) in there:
            assert record.id in listed


@given(PEOPLE, USERS, PARTS)
def test_law_14_a_sensitive_key_decides_what_an_open_one_does_and_is_not_shown(
    people: Any, users: Any, parts: Any
) -> None:
    secret = {"A": "sesame-1", "B": "sesame-2", "0C": "0777", "C": "777", None: None}
    people = [(secret[each[0]], *each[1:]) for each in people]
    users = [(secret[each[0]], *each[1:]) for each in users]
    hidden = {**FIELDS, "ref": {**FIELDS["ref"], "sensitive": True}}
    open_ = planned(world_of(people, users, parts))
    plan = planned(world_of(people, users, {**parts, "fields": hidden}))
    assert sorted(map(decided, plan.outcomes)) == sorted(map(decided, open_.outcomes))
    for text in (reason.said for each in plan.notable for reason in each.reasons):
        assert not any(each in text for each in secret.values() if each)


def decided(outcome: Any) -> tuple[str, ...]:
    verbs = [each.verb.value for each in outcome.actions]
    codes = [each.code for each in outcome.reasons]
    ids = [str(outcome.source_id), str(outcome.target_id)]
    return (*ids, outcome.kind.value, str(outcome.has_access), *verbs, *codes)
