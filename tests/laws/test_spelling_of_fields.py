"""A field that compares a value with a word says nothing where the value is nearly that word."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from laws.test_generated import refuse_another_row
from laws.test_spelling import (
    NOES,
    WORD,
    WORDS,
    as_another_type,
    literal,
    spellings,
    spelt_otherwise,
)
from oneway.core.records import Record, Snapshot, Value
from oneway.planning.access import still_in
from oneway.planning.plan import Kind
from worlds import World, bound, planned

TABLE = {"t": {"columns": {"k": "kind"}, "rows": [{"k": WORD, "then": "x"}, {"then": "y"}]}}
FIELDS = [
    "iif(kind == 'Contractor', 'x', 'y')",
    "iif(kind != 'Contractor', 'y', 'x')",
    "iif(!(kind == 'Contractor'), 'y', 'x')",
    "kind == 'Contractor' && 'x' || 'y'",
    "iif(kind == 'Agency', 'z', iif(kind == 'Contractor', 'x', 'y'))",
    'map_value(kind, `{"Contractor": "x"}`, \'y\')',
    "iif(one_of(kind, ['Agency', 'Contractor']), 'x', 'y')",
    "iif(contains(['Agency', 'Contractor'], kind), 'x', 'y')",
    "iif(trim(kind) == 'Contractor', 'x', 'y')",
    "iif(kind && kind == 'Contractor', 'x', 'y')",
    "choose('t')",
]


def world_of(text: str, kind: Value, more: dict[str, Any] | None = None) -> World:
    """Return a world of a person who has an account, and one field."""
    mapping: dict[str, Any] = {
        "oneway": 1,
        "name": "spelt",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "fields": {"ref": {"from": "code", "write": "on_create"}, "nick": text, **(more or {})},
        **({"choices": TABLE} if "choose" in text else {}),
    }
    users = (Record("t", {"id": "t", "ref": "a", "leaveDate": None, "nick": "was"}),)
    person = Record("s", {"id": "s", "code": "a", "kind": kind})
    return World(mapping, Snapshot((person,)), Snapshot(users), Snapshot(()))


def said(world: World) -> tuple[Any, str]:
    """Return what a plan would write to the field, and what is said of it; generated code agrees.

    None is written where the field is left alone.
    """
    (found,) = planned(world).outcomes
    assert found.kind in (Kind.UPDATE, Kind.UNCHANGED), found
    refuse_another_row(world)
    (row,) = (bound(world).source_row(each) for each in world.source.records)
    cell = row.cells[1]
    assert bool(cell.read) == (found.kind is Kind.UNCHANGED)
    return cell.value, cell.read


@given(spellings().filter(lambda each: each != WORD), st.sampled_from(FIELDS))
@settings(max_examples=120)
def test_a_field_is_left_alone_and_named(kind: str, text: str) -> None:
    assume(not ("trim" in text and kind.strip() == WORD))
    assert said(world_of(text, kind)) == (None, "kind: another spelling of 'Contractor'")


@pytest.mark.parametrize(
    ("asks", "kind"),
    [
        ("starts_with(kind, 'Contractor')", "contractor (temp)"),
        ("starts_with(kind, 'Contractor')", " Contractor"),
        ("contains(kind, 'Contractor')", "Senior contractor"),
        ("kind && contains('Contractor Agency', kind)", "agency"),
        ("contains(kind, 'Contractor')", ["contractor"]),
    ],
)
def test_so_it_is_with_a_part_of_a_text(asks: str, kind: Value) -> None:
    found, why = said(world_of(f"iif({asks}, 'x', 'y')", kind))
    assert found is None
    assert why.startswith("kind")


def test_a_word_within_a_remark_is_there_by_chance() -> None:
    """Not where access is decided: there, it counts."""
    asks = "contains(kind, 'Contractor')"
    kind = "Was paid as a contractor until May"
    assert said(world_of(f"iif({asks}, 'x', 'y')", kind)) == ("y", "")


OTHERS = [
    "Employee",
    "Contract",
    "Sub-Contractor",
    "C",
    "",
    "7",
    "A remark on a contractor of ours",
]


@given(st.sampled_from(OTHERS) | st.text("AbC0 -", max_size=9), st.sampled_from(FIELDS))
@settings(max_examples=80)
def test_another_word_is_an_answer_as_before(kind: str, text: str) -> None:
    assert said(world_of(text, kind)) == ("y", "")


@given(st.sampled_from(WORDS), st.data())
def test_so_it_is_with_another_type(word: Value, data: st.DataObject) -> None:
    other: st.SearchStrategy[Value] = st.sampled_from(as_another_type(word))
    if isinstance(word, str) and not word.isdigit():
        other = other | spelt_otherwise(word)
    value = data.draw(other)
    found, why = said(world_of(f"iif(kind == {literal(word)}, 'x', 'y')", value))
    assert found is None, (word, value)
    assert why.startswith("kind: ")


@pytest.mark.parametrize("more", ["kind == 'contractor'", "one_of(kind, ['contractor', 'x'])"])
@pytest.mark.parametrize("text", FIELDS[:3])
def test_a_spelling_that_another_part_of_the_mapping_names_is_known(more: str, text: str) -> None:
    """Both are words of the mapping, so neither is a slip of the other."""
    world = world_of(text, "contractor", {"first": f"iif({more}, 'a', 'b')"})
    assert said(world) == ("y", "")
    rule = {"id": "o", "when": f"!({more})", "otherwise": "is one"}
    asked = replace(world, mapping={**world_of(text, None).mapping, "eligible": [rule]})
    (row,) = (bound(asked).source_row(each) for each in asked.source.records)
    assert (row.cells[1].value, row.cells[1].read) == ("y", "")


@given(spellings().filter(lambda each: each != WORD))
@settings(max_examples=20)
def test_only_what_compares_a_value_is_left_alone(kind: str) -> None:
    """The value itself is written as it stands, beside a field that compares it."""
    world = world_of("kind", kind, {"first": FIELDS[0]})
    (row,) = (bound(world).source_row(each) for each in world.source.records)
    assert (row.cells[1].value, row.cells[1].read) == (kind, "")
    assert row.cells[2].value is None
    assert row.cells[2].read


def test_a_comparison_that_does_not_count_leaves_nothing_open() -> None:
    """Each asks about its own words, whatever the expression compares the value with elsewhere."""
    asks = "iif(kind == 'Agency', 'x', iif(code == 'b' && kind == 'Contractor', 'z', 'y'))"
    assert said(world_of(asks, "contractor")) == ("y", "")
    assert said(world_of(asks.replace("'b'", "'a'"), "contractor"))[0] is None


def test_a_leaver_who_keeps_access_by_it_is_listed_with_the_word() -> None:
    text = "iif(kind == 'Dismissed', '2026-06-01', '2026-12-31')"
    world = world_of("code", "DISMISSED")
    leavers = {"when": "code", "set": {"leaveDate": text}, "left": "is_past(leaveDate)"}
    plan = planned(replace(world, mapping={**world.mapping, "leavers": leavers}))
    (listed,) = still_in(plan, {}, planned=True)
    assert "becomes (kind: another spelling of 'Dismissed'): keeps access" in listed.why


def test_a_stand_in_that_depends_on_it_clears_nothing() -> None:
    text = "iif(kind == 'Contractor', 'x', `null`)"
    field = {"from": "nothing", "default": {"from": text}, "on_blank": "clear"}
    world = world_of("code", "CONTRACTOR")
    mapping = {**world.mapping, "fields": {**world.mapping["fields"], "nick": field}}
    for kind, outcome in (("CONTRACTOR", Kind.UNCHANGED), ("Agency", Kind.UPDATE)):
        person = Record("s", {"id": "s", "code": "a", "kind": kind, "nothing": None})
        asked = replace(world, mapping=mapping, source=Snapshot((person,)))
        assert planned(asked).outcomes[0].kind is outcome


def test_a_map_without_a_fallback_refuses_the_record_as_before() -> None:
    (found,) = planned(world_of('map_value(kind, `{"Contractor": "x"}`)', "CONTRACTOR")).outcomes
    assert found.kind is Kind.ERROR


@pytest.mark.parametrize("kind", ["contractor", "CONTRACTOR "])
def test_nobody_is_matched_by_nearly_a_word(kind: str) -> None:
    """The key would be that of another person, or of none: a second account."""
    world = world_of("kind", kind)
    key = {"source": "iif(kind == 'Contractor', join('', ['C', code]), code)", "target": "ref"}
    fields = {"ref": {"from": key["source"], "write": "on_create"}}
    asked = replace(world, mapping={**world.mapping, "match": [key], "fields": fields})
    found, *_ = planned(asked).outcomes
    assert (found.kind, found.actions) == (Kind.ERROR, ())
    assert "another spelling of 'Contractor'" in found.reasons[0].said


FLAGS = [
    "iif(kind, 'x', 'y')",
    "iif(!kind, 'y', 'x')",
    "kind && 'x' || 'y'",
    "lower(iif(code == 'b' || kind, 'X', 'Y'))",
    "iif(default(kind, `false`), 'x', 'y')",
    "iif(kind, iif(kind, 'x', 'z'), 'y')",
]
OF_ITEMS = [
    "iif(kind[?is], 'x', 'y')",
    "iif(kind[0].is, 'x', 'y')",
    "kind[?is && id == 'a'].to | [0] || 'y'",
    "iif(length(kind[?!is]) > `1`, 'y', 'x')",
]


def of_item(value: Value) -> Value:
    return [{"is": value, "id": "a", "to": "x"}, {"is": False, "id": "b", "to": "z"}]


@given(st.sampled_from([*NOES, 0, 0.0]), st.sampled_from([*FLAGS, *OF_ITEMS]))
def test_a_right_is_not_given_by_a_no(no: Value, text: str) -> None:
    """Nor taken: whoever wrote it may have asked whether there is any value."""
    where = "kind" if text in FLAGS else "kind[].is"
    world = world_of(text, no if text in FLAGS else of_item(no))
    assert said(world) == (None, f"{where}: of another type than `false`")


@pytest.mark.parametrize("no", ["No", "0", "false"])
def test_a_no_that_another_part_names_is_none_yet(no: str) -> None:
    world = world_of(FLAGS[0], no, {"first": f"iif(kind == '{no}', 'a', 'b')"})
    (row,) = (bound(world).source_row(each) for each in world.source.records)
    assert (row.cells[1].value, bool(row.cells[1].read)) == (None, True)
    assert row.cells[2].value == "a"
    refuse_another_row(world)


@given(
    st.sampled_from(
        [("yes", "x"), ("Noor", "x"), (True, "x"), (7, "x"), (False, "y"), (None, "y")]
    ),
    st.sampled_from([*FLAGS, *OF_ITEMS]),
)
def test_a_yes_or_a_boolean_is_an_answer(case: tuple[Value, str], text: str) -> None:
    value, answer = case
    assert said(world_of(text, value if text in FLAGS else of_item(value))) == (answer, "")


@given(
    st.sampled_from(NOES),
    st.sampled_from(
        [
            ("kind || code", None),
            ("coalesce(kind, code)", None),
            ("code && kind", None),
            ("iif(code, kind, 'y')", None),
            ("kind && join('', ['x', kind]) && 'x' || 'y'", "x"),
            ("iif(is_present(kind), 'x', 'y')", "x"),
            ("iif(kind == 'other', 'x', 'y')", "y"),
        ]
    ),
)
def test_a_value_that_is_not_asked_for_yes_or_no_is_none(
    no: str, case: tuple[str, str | None]
) -> None:
    text, answer = case
    assert said(world_of(text, no)) == (no if answer is None else answer, "")


@given(st.sampled_from(NOES))
def test_so_it_is_with_when_a_key_and_what_a_leaver_gets(no: str) -> None:
    when = world_of("code", no)
    when.mapping["fields"]["nick"] = {"from": "code", "when": "kind"}
    assert said(when)[1] == "kind: of another type than `false`"
    zero = world_of("code", 0)
    zero.mapping["fields"]["nick"] = {"from": "code", "when": "kind"}
    assert said(zero) == ("a", ""), "0 holds, as where a rule asks whether there is a value"
    key = {"source": "iif(kind, 'a', code)", "target": "ref"}
    fields = {"ref": {"from": key["source"], "write": "on_create"}}
    world = world_of("code", no)
    found, *_ = planned(
        replace(world, mapping={**world.mapping, "match": [key], "fields": fields})
    ).outcomes
    assert (found.kind, found.actions) == (Kind.ERROR, ())
    text = "iif(kind, '2026-12-31', '2026-06-01')"
    leavers = {"when": "code", "set": {"leaveDate": text}, "left": "is_past(leaveDate)"}
    (listed,) = still_in(
        planned(replace(world, mapping={**world.mapping, "leavers": leavers})), {}, planned=True
    )
    assert "becomes (kind: of another type than `false`): keeps access" in listed.why
