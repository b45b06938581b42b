"""Who gets a value that only one record may hold, by example."""

from dataclasses import replace

import pytest

from oneway.core.records import Record, Snapshot
from oneway.planning.plan import Kind, Outcome
from worlds import World, planned

MAPPING = {
    "oneway": 1,
    "name": "claims",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": {"from": "code", "write": "on_create"}, "email": "mail"},
}


def world(
    people: dict[str, str], users: dict[str, str], *, taken: bool = False, unique: bool = True
) -> World:
    mapping = MAPPING | {"joiners": {"unless_taken": ["email"] if taken else []}}
    return World(
        mapping,
        Snapshot(tuple(Record(f"s{c}", {"code": c, "mail": m}) for c, m in people.items())),
        Snapshot(tuple(Record(f"t{c}", {"ref": c, "email": m}) for c, m in users.items())),
        Snapshot(()),
        frozenset({"email"}) if unique else frozenset(),
        leaves_out_nulls=True,
    )


def outcomes(world: World) -> dict[str, Outcome]:
    return {each.key: each for each in planned(world).outcomes}


def kinds(world: World) -> dict[str, str]:
    return {key: each.kind.value for key, each in outcomes(world).items()}


def test_a_unique_value_that_another_record_holds_is_a_conflict_that_names_it() -> None:
    found = outcomes(world({"A": "b@example.com"}, {"A": "a@example.com", "B": "B@example.com"}))
    assert found["A"].kind is Kind.CONFLICT
    assert found["A"].actions == ()
    assert found["A"].reasons[-1].candidates == ("tB",)


def test_a_value_that_is_given_up_is_free_and_the_two_are_ordered() -> None:
    found = outcomes(
        world(
            {"A": "b@example.com", "B": "new@example.com"},
            {"A": "a@example.com", "B": "b@example.com"},
        )
    )
    (first,), (second,) = found["B"].actions, found["A"].actions
    assert first is not None
    assert second is not None
    assert second.depends_on == (first.id,)
    assert first.depends_on == ()


def test_a_circle_is_a_conflict_and_who_waits_for_it_as_well() -> None:
    swapped = {"A": "b@example.com", "B": "a@example.com", "C": "a@example.com"}
    users = {"A": "a@example.com", "B": "b@example.com", "C": "c@example.com"}
    assert set(kinds(world(swapped, users)).values()) == {"conflict"}


def test_three_in_a_circle_and_a_free_one_beside_it() -> None:
    people = {
        "A": "b@example.com",
        "B": "c@example.com",
        "C": "a@example.com",
        "D": "d@example.com",
    }
    users = {"A": "a@example.com", "B": "b@example.com", "C": "c@example.com", "D": "x@example.com"}
    found = outcomes(world(people, users))
    assert [found[key].kind.value for key in "ABCD"] == [*["conflict"] * 3, "update"]
    assert found["A"].reasons[-1].code == "circle"


def test_two_updates_that_claim_one_value_conflict_with_each_other() -> None:
    same = {"A": "new@example.com", "B": "NEW@example.com"}
    users = {"A": "a@example.com", "B": "b@example.com"}
    found = outcomes(world(same, users))
    assert [found[key].reasons[-1].candidates for key in "AB"] == [("sB",), ("sA",)]


def test_a_create_yields_to_an_update() -> None:
    same = {"A": "new@example.com", "J": "new@example.com"}
    users = {"A": "a@example.com"}
    assert kinds(world(same, users)) == {"A": "update", "J": "conflict"}


def test_two_joiners_that_claim_one_value_conflict_with_each_other() -> None:
    same = {"J": "new@example.com", "K": "New@example.com"}
    found = kinds(world(same, {}, taken=True, unique=False))
    assert found == {"J": "conflict", "K": "conflict"}


def test_unless_taken_names_the_owner_and_knows_emails_without_case() -> None:
    found = outcomes(world({"J": "A@example.com"}, {"Z": "a@example.com"}, taken=True))
    assert found["J"].kind is Kind.CONFLICT
    assert found["J"].reasons[-1].candidates == ("tZ",)


def test_an_update_that_gives_what_unless_taken_names_and_somebody_keeps_is_warned_of() -> None:
    people = {
        "A": "b@example.com",
        "C": "d@example.com",
        "D": "new@example.com",
        "N": "b@example.com",
    }
    users = {"A": "a@example.com", "B": "B@example.com", "C": "c@example.com", "D": "d@example.com"}
    found = outcomes(world(people, users, taken=True, unique=False))
    assert [found[key].kind.value for key in people] == ["update", "update", "update", "conflict"]
    said = {key: [(each.code, each.warning) for each in found[key].reasons] for key in "ACD"}
    doubted = ("stranger", True)  # the email says that the code may have found another's record
    assert said == {"A": [doubted, ("taken", True)], "C": [doubted], "D": []}


@pytest.mark.parametrize("size", [2, 5])
def test_values_that_are_not_unique_and_go_round_in_a_circle_are_warned_of(size: int) -> None:
    """Here the column of an export has slipped; a value that is merely passed on is as usual."""
    names = "ABCDE"[:size]
    people = dict(zip(names, [f"{each}@example.com" for each in names[1:] + "A"], strict=True))
    users = {each: f"{each}@example.com" for each in names}
    people |= {"X": "new@example.com", "Y": "x@example.com", "Z": "A@example.com"}
    users |= {"X": "x@example.com", "Y": "y@example.com", "Z": "z@example.com"}
    found = outcomes(world(people, users, taken=True, unique=False))
    assert {found[key].kind.value for key in people} == {"update"}
    assert warned(found) == {*names, "Z"}  # Z gets what A gives up as well


def warned(found: dict[str, Outcome]) -> set[str]:
    """Return who is warned of values that are passed on by several records."""
    return {
        key
        for key, each in found.items()
        if any(e.code == "circle" and e.warning for e in each.reasons)
    }


@pytest.mark.parametrize("size", range(2, 6))
def test_a_chain_of_values_that_slip_is_warned_of_from_two_on(size: int) -> None:
    """The first gets a new email, and each of the others that of the one before."""
    names = "ABCDEF"[: size + 1]
    mails = ["new@example.com", *(f"{each}@example.com" for each in names[:-1])]
    people = dict(zip(names, mails, strict=True))
    users = {each: f"{each}@example.com" for each in names}
    found = outcomes(world(people, users, taken=True, unique=False))
    assert {each.kind for each in found.values()} == {Kind.UPDATE}
    assert warned(found) == {*names[1:]}
    pair = outcomes(world({e: people[e] for e in "AB"}, users, taken=True, unique=False))
    assert warned(pair) == set()


def keyed(compare: str, write: str) -> World:
    """Return people of whom one is given another's email, which is the second match key."""
    people = {"A": "b@example.com", "C": "new@example.com", "D": "new@example.com"}
    users = {"A": "a@example.com", "B": "B@example.com", "C": "c@example.com", "D": "d@example.com"}
    made = world(people, users, unique=False)
    keys = [*MAPPING["match"], {"source": "mail", "target": "email", "compare": compare}]
    fields = MAPPING["fields"] | {"email": {"from": "mail", "write": write}}
    return replace(made, mapping=made.mapping | {"match": keys, "fields": fields})


def test_an_update_that_gives_somebody_elses_match_key_is_warned_of() -> None:
    found = outcomes(keyed("ignore_case", "overwrite"))
    said = {key: [(r.code, r.warning, r.candidates) for r in found[key].reasons] for key in "ACD"}
    assert said == {
        "A": [("stranger", True, ("tB",)), ("taken", True, ("tB",))],
        "C": [("claimed_twice", True, ("sD",))],
        "D": [("claimed_twice", True, ("sC",))],
    }
    assert {found[key].kind for key in "ACD"} == {Kind.UPDATE}


def test_a_match_key_counts_as_its_comparison_says_and_only_where_an_update_writes_it() -> None:
    assert outcomes(keyed("exact", "overwrite"))["A"].reasons == ()
    assert outcomes(keyed("ignore_case", "on_create"))["A"].kind is Kind.UNCHANGED


def test_a_create_waits_for_who_gives_its_value_up() -> None:
    people = {"A": "new@example.com", "J": "a@example.com"}
    users = {"A": "a@example.com"}
    found = outcomes(world(people, users, taken=True, unique=False))
    (create,), (update,) = found["J"].actions, found["A"].actions
    assert create is not None
    assert update is not None
    assert create.depends_on == (update.id,)


def test_who_is_in_conflict_gives_nothing_up() -> None:
    people = {"A": "b@example.com", "B": "c@example.com"}
    users = {"A": "a@example.com", "B": "b@example.com", "C": "c@example.com"}
    assert kinds(world(people, users)) == {"A": "conflict", "B": "conflict", "C": "absent"}


def test_values_that_nothing_marks_unique_may_be_shared() -> None:
    people = {"A": "b@example.com"}
    users = {"A": "a@example.com", "B": "b@example.com"}
    assert kinds(world(people, users, unique=False))["A"] == "update"


def test_a_create_yields_where_another_record_is_given_its_match_key() -> None:
    """Created, it would be found by a key that from then on is another person's as well."""
    base = world({}, {}, unique=False)
    keys = [*MAPPING["match"], {"source": "mail", "target": "email"}]  # type: ignore[misc]
    two = replace(
        base,
        mapping={**base.mapping, "match": keys},
        source=Snapshot(
            (
                Record("s1", {"code": "A", "mail": "m@example.com"}),
                Record("s2", {"mail": "m@example.com"}),
            )
        ),
        target=Snapshot((Record("t1", {"ref": "A", "email": "old@example.com"}),)),
    )
    by_source = {each.source_id: each for each in planned(two).outcomes}
    assert by_source["s1"].kind is Kind.UPDATE
    assert by_source["s2"].kind is Kind.CONFLICT
    assert by_source["s2"].reasons[-1].candidates == ("s1",)
