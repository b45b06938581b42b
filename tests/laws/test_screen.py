"""The screen in front of the planner: the plan is the same, byte for byte, as without it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import test_own_lookups
import test_scope
from hypothesis import example, given
from hypothesis import strategies as st
from test_link_laws import DAY, TOWNS, Town

from memory import applied
from oneway.core.records import Record, Snapshot
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning import plan_order, planner
from oneway.planning.access import still_in
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.match import NO_PAIRS
from oneway.planning.plan import Kind, Plan
from oneway.planning.plan_file import dump
from oneway.planning.plan_inputs import Allowance
from oneway.planning.screen import Screened, screen
from strategies import accepted, oddly_leaving_worlds, worlds
from worlds import World, bound, planned

NOBODY = LinkEvidence()


@contextmanager
def unscreened() -> Iterator[None]:
    """Let the planner look at everybody."""

    def everybody(
        _: Policy, rows: Sequence[SourceRow], targets: Sequence[TargetRow], *_rest: object
    ) -> Screened:
        return Screened(NO_PAIRS, rows, targets)

    with patch.object(planner, "screen", everybody):
        yield


def refuse_difference(
    world: World, evidence: LinkEvidence = NOBODY, allowed: tuple[Allowance, ...] = ()
) -> Plan:
    """Return the plan of a world, which is the same with the screen and without it."""
    with patch.object(plan_order, "_AT_A_TIME", 2):
        screened = planned(world, evidence=evidence, allowed=allowed)
    with unscreened():
        whole = planned(world, evidence=evidence, allowed=allowed)
    assert dump(screened) == dump(whole)
    assert screened == whole
    return screened


def quiet(world: World, evidence: LinkEvidence = NOBODY) -> list[str]:
    """Return the source ids of those whom the screen passes."""
    program = bound(world)
    rows = [program.source_row(each) for each in world.source.records]
    targets = [program.target_row(each) for each in world.target.records]
    pairs = screen(program.policy, rows, targets, evidence, ()).quiet
    return sorted(row.source_id for row, _ in pairs)


@st.composite
def nights(draw: st.DrawFn, first: st.SearchStrategy[World]) -> World:
    """Draw the night after a run: most is as payroll says, some of it as it was before.

    Some records are there twice, under two ids, and some are gone.
    """
    world = draw(first)
    done = applied(world, planned(world))
    before = {each.id: each for each in world.target.records}
    target = [
        before.get(each.id, each) if draw(st.sampled_from([False, False, True])) else each
        for each in done.target.records
    ]
    world = world.with_target(_twice(draw, target))
    source = _twice(draw, list(world.source.records))
    return replace(world, source=replace(world.source, records=tuple(source)))


def _twice(draw: st.DrawFn, records: list[Record]) -> list[Record]:
    ids = [each.id for each in records]
    again = draw(st.lists(st.sampled_from(ids), max_size=1)) if ids else []
    gone = draw(st.lists(st.sampled_from(ids), max_size=1)) if ids else []
    found = [each for each in records if each.id not in gone]
    return found + [replace(each, id=f"{each.id}x") for each in records if each.id in again]


@given(worlds())
def test_screened_plan_is_unscreened_plan(world: World) -> None:
    refuse_difference(world)


@given(nights(worlds()))
def test_it_is_on_the_night_after_when_hardly_anything_changed(world: World) -> None:
    refuse_difference(world)


@given(nights(oddly_leaving_worlds().filter(accepted)))
def test_it_is_where_what_is_written_may_not_be_seen_as_leaving(world: World) -> None:
    refuse_difference(world)


@given(nights(test_scope.scoped()))
def test_it_is_where_some_are_out_of_scope(world: World) -> None:
    refuse_difference(world)


@given(nights(test_own_lookups.worlds()))
def test_it_is_where_people_refer_to_each_other(world: World) -> None:
    refuse_difference(world)


@given(nights(worlds()), st.randoms(use_true_random=False))
def test_order_decides_nothing(world: World, chance: Any) -> None:
    refuse_difference_in_another_order(world, chance)


def refuse_difference_in_another_order(world: World, chance: Any) -> None:
    """Fail where a plan, or whom the screen passes, depends on the order of records."""
    source, target = (
        replace(each, records=tuple(chance.sample(each.records, len(each.records))))
        for each in (world.source, world.target)
    )
    shuffled = replace(world, source=source, target=target)
    assert dump(planned(shuffled)) == dump(refuse_difference(world))
    assert quiet(shuffled) == quiet(world)


ANNS = Town(
    people=(("s1", "A", "Ann", "a@x.example", False),),
    users=(("t1", "A", "Ann", "a@x.example"), ("t2", None, "Ben", "b@x.example")),
    links=(),
)
SOURCES, TARGETS = ("s1", "s2", "s3"), ("t1", "t2", "t3", "t4")


@given(
    TOWNS,
    st.sets(st.sampled_from(TARGETS)),
    st.sets(st.sampled_from(TARGETS)),
    st.sets(st.sampled_from(SOURCES)),
    st.sets(st.sampled_from(SOURCES)),
    st.sets(st.sampled_from(SOURCES)),
    st.dictionaries(st.sampled_from(TARGETS), st.frozensets(st.sampled_from(SOURCES)), max_size=2),
    st.booleans(),
    st.sampled_from([(), (Allowance("reused:A", 1, "eve"),)]),
)
@example(ANNS, set(), set(), set(), set(), set(), {"t1": frozenset({"s2"})}, True, ())
@example(ANNS, set(), set(), set(), set(), set(), {"t2": frozenset({"s1"})}, False, ())
def test_it_is_whatever_earlier_runs_remember(
    town: Town,
    unlisted: set[str],
    late: set[str],
    pending: set[str],
    again: set[str],
    doubted: set[str],
    listed: dict[str, frozenset[str]],
    unclear: bool,
    allowed: tuple[Allowance, ...],
) -> None:
    there = {user[0] for user in town.users}
    evidence = LinkEvidence(
        tuple(Link(source, target, "", DAY, DAY) for source, target in town.links),
        unlisted=frozenset(unlisted & there),
        gone=frozenset({target for _, target in town.links} - there),
        late=dict.fromkeys(late, DAY),
        pending=dict.fromkeys(pending, "it may be there"),
        second_look=frozenset(again),
        doubted=dict.fromkeys(doubted, "values are gone"),
        before=listed,
        source_unclear=unclear,
    )
    refuse_difference(town.world, evidence, allowed)


@given(nights(worlds()))
def test_nobody_quiet_is_anything_but_unchanged(world: World) -> None:
    with unscreened():
        outcomes = {each.source_id: each for each in planned(world).outcomes}
    for source_id in quiet(world):
        found = outcomes[source_id]
        assert found.kind is Kind.UNCHANGED
        assert not found.reasons
        assert not found.actions
        assert not found.has_access


MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "two-keys",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}, {"source": "mail", "target": "email"}],
    "eligible": [],
    "fields": {"ref": {"from": "code", "write": "on_create"}, "email": "mail", "fullName": "name"},
    "joiners": {"create": True, "unless_taken": []},
    "leavers": {
        "when": "status == 'L'",
        "set": {"leaveDate": {"value": "2026-01-01"}},
        "left": "leaveDate",
    },
}


def person(id: str, **given: Any) -> Record:
    known = {"code": f"c{id}", "mail": f"{id}@x.example", "name": id, "status": "E"}
    return Record(f"s{id}", {"id": f"s{id}", **known, **given})


def user(id: str, **given: Any) -> Record:
    known = {"ref": f"c{id}", "email": f"{id}@x.example", "fullName": id, "leaveDate": None}
    return Record(f"t{id}", {"id": f"t{id}", **known, **given})


def town_of(people: Sequence[Record], users: Sequence[Record]) -> World:
    everybody = Snapshot(tuple(people)), Snapshot(tuple(users)), Snapshot(())
    return World(MAPPING, *everybody, unique=frozenset({"email"}))


def test_all_of_whom_nothing_is_to_be_said_are_quiet() -> None:
    ids = [f"{n}" for n in range(50)]
    world = town_of(list(map(person, ids)), list(map(user, ids)))
    assert quiet(world) == sorted(f"s{id}" for id in ids)
    assert {each.kind for each in refuse_difference(world).outcomes} == {Kind.UNCHANGED}


@given(
    st.lists(st.sampled_from(["reception", "l@x.example", "k@x.example", None]), max_size=4),
    st.integers(0, 8),
    st.sampled_from(["x", "l@x.example", None]),
)
@example(["l@x.example", "reception", "reception"], 8, "l@x.example")
@example(["l@x.example"], 8, "l@x.example")
def test_what_a_field_holds_is_said_by_quiet_records_too(
    mails: list[str | None], number: int, mail: str | None
) -> None:
    """A field of emails is one though the few records that nobody is matched with hold none."""
    ids = [f"{n}" for n in range(number)]
    users = [
        *map(user, ids),
        *(user(f"v{n}", ref=None, email=each) for n, each in enumerate(mails)),
    ]
    town = town_of([*map(person, ids), person("l", mail=mail, status="L")], users)
    keys = MAPPING["match"][:1]
    plan = refuse_difference(replace(town, mapping={**MAPPING, "match": keys}, unique=frozenset()))
    if number == 8 and mail is not None and mail in mails:
        assert [each.source_id for each in still_in(plan, {}, planned=True)] == ["sl"]


def test_whoever_somebody_else_speaks_of_is_not() -> None:
    """By a key, by an email that is claimed, by a link, by a leave, or by a change."""
    ids = ["a", "b", "c", "d", "e", "f"]
    people = [person(id) for id in ids] + [
        person("u", code="cb"),  # has the first key of b
        person("v", mail="c@x.example"),  # is created with the email of c, which finds c
        person("w", name="W"),  # has another name in the target
        person("x", status="L"),
        person("y", mail="d@x.example"),  # has another email in the target, and wants that of d
    ]
    users = [user(id) for id in [*ids, "w", "x", "y", "z"]]
    users += [user("k", ref="ce")]  # has the first key of e
    world = town_of(people, users)
    refuse_difference(world)
    assert quiet(world) == ["sa", "sf"]
    linked = LinkEvidence((Link("sf", "tz", "", DAY, DAY), Link("sa", "ta", "", DAY, DAY)))
    refuse_difference(world, linked)
    assert quiet(world, linked) == ["sa"]
    another = LinkEvidence((Link("sz", "tf", "", DAY, DAY),))  # was somebody else's
    refuse_difference(world, another)
    assert quiet(world, another) == ["sa"]
    unlisted = LinkEvidence((Link("sf", "tf", "", DAY, DAY),), unlisted=frozenset({"tf"}))
    refuse_difference(world, unlisted)
    assert quiet(world, unlisted) == ["sa"]


def test_nor_is_whose_record_half_a_leave_still_tells_in() -> None:
    """No run need have noted that they left: the one that wrote it may have been killed."""
    world = town_of([person("a"), person("b")], [user("a"), user("b", leaveDate="2026-01-01")])
    leavers = {**MAPPING["leavers"], "left": "leaveDate && !email"}
    world = replace(world, mapping={**MAPPING, "leavers": leavers, "rehires": "report"})
    links = Link("sa", "ta", "", DAY, DAY), Link("sb", "tb", "", DAY, DAY)
    ended = LinkEvidence(links, ended={"ta": "2026-01-01", "tb": "2026-01-01"})
    assert [each.kind for each in refuse_difference(world, ended).outcomes] == [
        Kind.UNCHANGED,
        Kind.REHIRE,
    ]


def test_nor_is_whose_value_somebody_claims_who_is_found_by_no_such_key() -> None:
    """A mover and a joiner want the emails of two others, which match nobody."""
    ids = ["a", "b", "c"]
    movers = [person("y", mail="b@x.example"), person("z", mail="c@x.example")]
    people = [*map(person, ids), *movers]
    world = town_of(people, list(map(user, [*ids, "y"])))
    world = replace(world, mapping=MAPPING | {"match": MAPPING["match"][:1]})
    plan = refuse_difference(world)
    assert quiet(world) == ["sa"]
    assert plan.actions == ()


RULES = {
    "eligible": [{"id": "named", "when": "name", "otherwise": "has no name"}],
    "fields": {
        **MAPPING["fields"],
        "nick": {"from": "nick", "on_blank": "ineligible"},
        "note": {"from": "note", "write": "never"},
        "dept": {"from": "dept", "lookup": "departments"},
        "boss": {"from": "boss", "lookup": "users", "on_miss": "clear"},
    },
    "references": {
        "departments": {"from": "target", "resource": "departments", "key": "code", "value": "id"},
        "users": {"from": "target", "resource": "users", "key": "fullName", "value": "ref"},
    },
}


def test_nor_is_anybody_of_whom_something_is_to_be_said() -> None:
    """Each has the same in both systems, but for one reason to speak of them."""
    told = {
        "a": {},
        "b": {"name": ""},  # a rule fails
        "c": {"nick": ""},  # a field refuses them
        "d": {"note": "new"},  # drifts
        "e": {"dept": "D9"},  # is in no department
        "f": {"boss": "Old"},  # of whom the target will know nobody by that name
        "g": {"name": "New"},  # was called Old
    }
    usual = {"nick": "n", "note": "", "dept": None, "boss": None}
    people = [person(id, **(usual | given)) for id, given in told.items()]
    users = [user(id, **usual) for id in told]
    users[1] = user("b", **usual | {"fullName": ""})
    users[2] = user("c", **usual | {"nick": ""})
    users[5] = user("f", **usual | {"boss": "cg"})
    users[6] = user("g", **usual | {"fullName": "Old"})
    world = replace(town_of(people, users), mapping=MAPPING | RULES)
    refuse_difference(world)
    assert quiet(world) == ["sa"]


def test_nor_is_whoever_does_not_say_what_they_hold() -> None:
    """A user without the key may hold any email: nobody with one is created."""
    hidden = Record("ta", {k: v for k, v in user("a").data.items() if k != "email"})
    world = town_of([person("a", mail=""), person("b"), person("j")], [hidden, user("b")])
    world = replace(world, mapping=MAPPING | {"match": MAPPING["match"][:1]})
    plan = refuse_difference(world)
    assert quiet(world) == ["sb"]
    (joiner,) = [each for each in plan.outcomes if each.source_id == "sj"]
    assert [reason.code for reason in joiner.reasons] == ["unproven"]
