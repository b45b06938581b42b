"""Who may be in the source twice, under two forms of one key, is not written on a guess."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.key_forms import loose
from oneway.core.records import Record, Snapshot
from oneway.planning.plan import Outcome
from oneway.planning.plan_inputs import Allowance
from oneway.planning.similar.near_duplicates import _of_one_form
from worlds import World, planned

MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "twice",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": {"from": "code", "write": "on_create"}, "fullName": "name"},
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    },
    "absent": "deactivate",
}
EMPLOYED, LEFT = "E", "L"


def outcomes(
    source: list[tuple[Any, ...]], target: list[tuple[Any, str]], allowed: str = "", **changed: Any
) -> dict[str, Outcome]:
    """Return what becomes of people (code, status, name) and of target records (ref, state)."""
    people = [
        Record(f"s{n}", {"code": code, "status": status, "name": name, "type": name})
        for n, (code, status, name) in enumerate((*row, "Ann")[:3] for row in source)
    ]
    users = [
        Record(f"t{n}", {"ref": ref, "state": state, "fullName": "Bea" if ref == "7" else "Ann"})
        for n, (ref, state) in enumerate(target)
    ]
    made = World(MAPPING | changed, Snapshot(tuple(people)), Snapshot(tuple(users)), Snapshot(()))
    let = (Allowance(f"reused:{allowed}", 1, "me"),) if allowed else ()
    plan = planned(made, allowed=let)
    return {str(each.source_id or each.target_id): each for each in plan.outcomes}


def said(*given: Any, **more: Any) -> dict[str, str]:
    """Return the outcome of each record, with the code of its conflict."""
    return {
        id: " ".join([each.kind.value, *(r.code for r in each.reasons if "dupl" in r.code)])
        for id, each in outcomes(*given, **more).items()
    }


TWICE = "conflict near_duplicate"


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ("0042", "leading zeros"),
        (" 42", "spaces"),
        (42, "number and text"),
        ("42\u200b", "invisible characters"),
        ("\uff14\uff12", "Unicode form"),
    ],
)
def test_who_has_another_form_of_a_matched_key_is_not_created(
    other: object, difference: str
) -> None:
    found = outcomes([("42", EMPLOYED), (other, EMPLOYED), ("7", EMPLOYED)], [("42", "on")])
    assert {id: each.kind.value for id, each in found.items()} == {
        "s0": "unchanged", "s1": "conflict", "s2": "create",
    }  # fmt: skip
    (reason,) = found["s1"].reasons
    assert reason.candidates == ("s0", "t0")
    assert f'source record s0 has "42" ({difference})' in reason.text
    assert reason.text.endswith('; target record t0 has "42": perhaps one person twice')


def test_case_counts_where_the_comparison_says_so() -> None:
    people = [("SmithJ", EMPLOYED), ("smithj", EMPLOYED)]
    assert said(people, [("SmithJ", "on")]) == {"s0": "unchanged", "s1": TWICE}
    key = {"source": "code", "target": "ref", "compare": "ignore_case"}
    assert set(said(people, [], match=[key]).values()) == {"conflict duplicate"}


def test_of_two_joiners_neither_is_created() -> None:
    assert said([("42", EMPLOYED), ("0042", EMPLOYED)], []) == {"s0": TWICE, "s1": TWICE}


def test_nobody_is_locked_out_by_a_row_of_their_past() -> None:
    """The one row says that they have left, the other that they are employed."""
    people = [("42", LEFT), ("0042", EMPLOYED)]
    for name in ("Ann", "Zoe"):  # who may have married
        rows = [people[0], (*people[1], name)]
        found = outcomes(rows, [("42", "on")])
        assert said(rows, [("42", "on")]) == {"s0": TWICE, "s1": TWICE, "t0": "absent"}
        assert found["s0"].has_access
        assert not any(each.actions for each in found.values())
    assert said(people, [("42", "off")]) == {"s0": "unchanged", "s1": TWICE}


def test_a_leaver_whom_nothing_matches_holds_up_nobody() -> None:
    assert said([("42", LEFT), ("0042", EMPLOYED)], []) == {"s0": "ignored", "s1": "create"}
    assert said([("42", LEFT), ("0042", LEFT)], [("42", "on")]) == {"s0": "leave", "s1": "ignored"}


def test_what_is_in_the_target_under_any_of_the_forms_is_not_deactivated() -> None:
    people = [("42", EMPLOYED), ("0042", EMPLOYED)]
    found = outcomes(people, [("042", "on"), ("7", "on")])
    assert [a.target_id for each in found.values() for a in each.actions] == ["t1"]


@pytest.mark.parametrize("absent", ["deactivate", "report", "ignore"])
@pytest.mark.parametrize("state", ["on", "off"])
def test_what_is_in_the_target_under_any_of_the_forms_is_not_absent(
    absent: str, state: str
) -> None:
    people = [("42", EMPLOYED), ("0042", EMPLOYED)]
    found = outcomes(people, [("042", state), ("7", "on")], absent=absent)
    codes = {id: each.reasons[0].code for id, each in found.items()}
    assert codes == {"s0": "near_duplicate", "s1": "near_duplicate",
                     "t0": "in_conflict", "t1": "absent"}  # fmt: skip


def test_a_person_says_that_they_are_two() -> None:
    people = [("42", LEFT), ("0042", EMPLOYED)]
    assert said(people, [("42", "on")], "0042") == {"s0": "leave", "s1": "create"}
    assert said(people, [("42", "on")], "42") == {"s0": "leave", "s1": TWICE}


def test_two_who_are_both_matched_are_two() -> None:
    people = [("42", LEFT), ("0042", EMPLOYED)]
    assert said(people, [("42", "on"), ("0042", "on")]) == {"s0": "leave", "s1": "unchanged"}


def test_whom_the_sync_is_not_for_stands_in_nobodys_way() -> None:
    only = [{"id": "own", "when": "type != 'Other'", "otherwise": "Not ours"}]
    found = said([("42", EMPLOYED, "Other"), ("0042", EMPLOYED)], [], only=only)
    assert found == {"s0": "ignored", "s1": "create"}


def test_a_sensitive_key_is_compared_and_not_shown() -> None:
    fields = {"ref": {"from": "code", "write": "on_create", "sensitive": True}}
    people = [("42", EMPLOYED), ("0042", EMPLOYED)]
    assert said(people, [], fields=fields) == {"s0": TWICE, "s1": TWICE}


def test_a_later_key_counts_where_the_target_record_has_it() -> None:
    """Whom an earlier key matched holds up others by a later key only over that target record."""
    keys = [{"source": "code", "target": "ref"}, {"source": "name", "target": "fullName"}]
    people = [("1", EMPLOYED, "Ann"), ("2", EMPLOYED, "ANN")]
    assert said(people, [("1", "on")], match=keys) == {"s0": "unchanged", "s1": TWICE}


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.text("aA0é1 ", min_size=n, max_size=n))))
def test_plain_keys_of_one_length_and_case_have_no_other_form(keys: list[str]) -> None:
    """So that such keys, as those of most sources, need not be compared one by one."""
    if _of_one_form(keys):
        assert len(set(map(loose, keys))) == len(set(keys))
    assert not _of_one_form([*keys, "a", "00"])
    assert not _of_one_form([*keys, 1])
