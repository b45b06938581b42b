"""A list of name/value pairs is read as an object: an entry that it lacks is no answer.

The same condition on an object that lacks the key is the oracle. What asks for something else of a
list, such as whether a group is in it, is answered by a list without it.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.test_spelling import leaving, outcome_of
from oneway.core.records import Record, Snapshot, Value
from oneway.mapping.generated.program import GeneratedProgram
from oneway.planning.access import still_in
from oneway.planning.plan import Kind
from worlds import bound, planned

PICKS = [
    "kind[?{0}].value | [0]", "(kind[?{0}])[0].value", "kind[?{0}] | [0].value",
    "kind[?{0}][].value | [-1]", "max(kind[?{0}].value)",
    "join('', kind[?{0}].value)", "kind[?x && {0}].value | [0]", "kind[?{0} && x].value | [0]",
    "kind[?{0}].value | sort(@) | [0]", "[kind[?{0}].value][] | [0]",
]  # fmt: skip
NAMED = ["name == 's'", "'s' == name", "lower(name) == 's'", "name == 's' || name == 'S'"]
"""Ways to ask for the entry."""
ASKED = [
    ("{0} == 'L'", "s == 'L'"), ("{0} != 'E'", "s != 'E'"), ("!({0} == 'E')", "!(s == 'E')"),
    ("!{0}", "!s"), ("{0}", "s"), ("upper({0}) == 'L'", "upper(s) == 'L'"),
    ("{0} == 'L' || gone", "s == 'L' || gone"), ("{0} == 'L' && gone", "s == 'L' && gone"),
    ("is_blank({0})", "is_blank(s)"), ("default({0}, 'L') == 'L'", "default(s, 'L') == 'L'"),
    ("coalesce({0}, 'E') == 'L'", "coalesce(s, 'E') == 'L'"),
]  # fmt: skip
ENTRIES = st.lists(st.sampled_from(["t", "u", "status"]), unique=True).map(
    lambda names: [{"name": each, "value": "L", "x": 1} for each in names]
)


def decided(condition: str, kind: Value, gone: Value, **parts: Any) -> tuple[Kind, bool]:
    """Return the outcome of a person who leaves on a condition, and whether they are listed."""
    world = leaving(condition, kind)
    (person,) = world.source.records
    object_of = {each["name"]: each["value"] for each in kind or ()}  # type: ignore[index, union-attr]
    data = {**person.data, **object_of, "gone": gone}
    world = replace(world, source=Snapshot((Record(person.id, data),)))
    plan = planned(replace(world, **parts))
    (found,) = plan.outcomes
    return found.kind, bool(still_in(plan, {}, planned=True))


@given(
    st.sampled_from(PICKS),
    st.sampled_from(NAMED),
    st.sampled_from(ASKED),
    ENTRIES,
    st.sampled_from(["L", "E", None]),
    st.booleans(),
)
def test_a_list_of_pairs_says_what_an_object_with_its_entries_does(
    pick: str, named: str, asked: tuple[str, str], others: list[Any], said: Value, gone: bool
) -> None:
    of_list, of_object = asked
    condition = of_list.format(f"({pick.format(f'({named})')})")
    kind = [*others, *([{"name": "s", "value": said, "x": 1}] if said is not None else [])]
    case = (condition, kind, gone)
    if said is None and "join" in pick and "(s, " in of_object:
        return  # which makes a text of no items
    assert decided(condition, kind, gone) == decided(of_object, kind, gone), case


@given(st.sampled_from(PICKS), st.sampled_from(NAMED), ENTRIES, st.sampled_from([None, "L", "E"]))
def test_generated_code_agrees(pick: str, named: str, kind: list[Any], said: Value) -> None:
    if said is not None:
        kind = [*kind, {"name": "s", "value": said, "x": 1}]
    world = leaving(f"({pick.format(f'({named})')}) == 'L'", kind)
    program = bound(world)
    generated = GeneratedProgram(program.code, program.context, program.tables, 0, 0)
    (person,) = world.source.records
    assert generated.source_row(person) == program.source_row(person)


ORDINARY = [
    ("jobs", "kind[?current].status | [0] == 'Ended'"),
    ("jobs", "kind[?type == 'Primary'].status | [0] == 'Ended'"),
    ("jobs", "length(kind[?status == 'Current']) == `0`"),
    ("groups", "!(kind[?name == 'Staff'] | [0])"),
    ("groups", "length(kind[?name == 'Staff']) == `0`"),
    ("groups", "!contains(kind[?type == 'direct'].value, 'g1')"),
    ("groups", "!contains(kind[].name, 'Staff')"),
    ("mails", "ends_with(kind[?type == 'work'].value | [0] || '', '@example.com')"),
]
LISTS: dict[str, list[Any]] = {
    "jobs": [{"type": "Second", "status": "Ended", "current": False}],
    "groups": [{"name": "Club", "type": "nested", "value": "g7"}],
    "mails": [{"type": "home", "value": "ann@example.com"}],
}


@pytest.mark.parametrize(("name", "condition"), ORDINARY)
def test_an_ordinary_list_answers_by_what_it_lacks(name: str, condition: str) -> None:
    for kind in (LISTS[name], []):
        found = outcome_of(leaving(condition, kind))
        assert found.kind in (Kind.UNCHANGED, Kind.LEAVE), (condition, kind, found.reasons)


def test_an_entry_is_null_where_its_system_leaves_out_nulls() -> None:
    condition = "kind[?name == 's'].value | [0] == 'L'"
    others = [{"name": "t", "value": "L"}]
    assert decided(condition, others, gone=False) == (Kind.ERROR, True)
    said = decided(condition, others, gone=False, leaves_out_nulls=True)
    assert said == (Kind.UNCHANGED, False)
