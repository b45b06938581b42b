"""Within lists, what decides is asked what it is asked elsewhere: its spelling, type and schema."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from laws.test_spelling import leaving, literal, outcome_of, words_and_what_is_nearly_one, world_of
from oneway.core.compare import identity
from oneway.core.description import Resource
from oneway.core.diagnostics import Span
from oneway.core.records import Record, Value
from oneway.documents.record_fields import fields_of, items_of
from oneway.mapping.expressions import Context, Expression, parse
from oneway.mapping.profile.read_keys import tallies_of
from oneway.mapping.profile.word_groups import word_groups
from oneway.mapping.record_schema import reading_of
from oneway.planning.access import still_in
from oneway.planning.plan import Kind
from worlds import AS_OF, bound, compiled, planned

OF_OBJECTS = [
    "kind[?s == {0}]", "kind[?s != {0}]", "kind[?n && s == {0}] | [0]", "kind[0].s == {0}",
    "contains(kind[*].s, {0})", "contains(kind[].s, {0})", "(kind[*].s | [0]) == {0}",
    "length(kind[?s == {0}]) == `0`", "sort_by(kind, &n)[-1].s == {0}",
    "max_by(kind, &n).s == {0}", "item(kind[*].s, `1`) == {0}", "{{s: kind[0].s}}.s == {0}",
    "coalesce(kind[0].s, kind[1].s) == {0}", "contains([{0}, 'Agency'], kind[0].s)",
    "one_of(kind[-1].s, [{0}])", "map(&s, kind)[0] == {0}", "[kind, kind][].s | [0] == {0}",
    "kind[?t[?@ == {0}]]", "contains(kind[].t[], {0})", "kind[?contains(t, {0})]",
]  # fmt: skip
"""Conditions on a list of an object that has a value in `s`, and a list of it in `t`."""
OF_VALUES = [
    "contains(kind, {0})", "kind[?@ == {0}]", "kind[0] == {0}", "only(kind) == {0}",
    "sort(kind)[0] == {0}", "reverse(kind)[-1] == {0}", "kind[*] | [0] == {0}",
]  # fmt: skip
OF_TEXTS = [
    "starts_with({1}, {0})", "ends_with({1}, {0})", "contains({1}, {0})",
    "starts_with_any({1}, 'zzz', {0})",
]  # fmt: skip


@given(
    words_and_what_is_nearly_one(),
    st.sampled_from([(each, True) for each in OF_OBJECTS] + [(each, False) for each in OF_VALUES]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=200)
def test_what_is_nearly_a_word_decides_nothing_within_lists(
    pair: tuple[Value, Value], asked: tuple[str, bool], negated: bool, only: bool
) -> None:
    (word, value), (condition, of_objects) = pair, asked
    if condition.startswith(
        "one_of"
    ):  # which compares canonically: the word in two characters is it
        assume(identity(value) != identity(word))
    text = condition.format(literal(word))
    text = f"!({text})" if negated else text
    kind: Value = [{"s": value, "n": 1, "t": [value]}] if of_objects else [value]
    found = outcome_of(world_of(text, kind, only=only))
    assert found.kind in (Kind.INELIGIBLE, Kind.ERROR), (text, kind, found)
    assert not found.actions
    said = " ".join(each.said for each in found.reasons)
    assert "kind" in said or "cannot" in said or "needs" in said, said
    if not negated and not only:
        (listed,) = still_in(planned(leaving(text, kind)), {}, planned=True)
        assert listed.may_have_left


@given(st.sampled_from(OF_TEXTS), st.sampled_from(["kind", "kind[0]", "kind[0].s"]), st.booleans())
def test_a_part_of_a_text_in_another_spelling_decides_nothing(
    condition: str, read: str, negated: bool
) -> None:
    text = condition.format("'Former'", read)
    text = f"!({text})" if negated else text
    for value in ("FORMER", " Former\u00a0", "FORMER - x FORMER", "\uff26ormer", "For\u200bmer"):
        if value == " Former\u00a0" and condition.startswith("contains"):
            continue  # which it holds
        kind: Value = {"kind": value, "kind[0]": [value], "kind[0].s": [{"s": value}]}[read]
        found = outcome_of(world_of(text, kind))
        assert found.kind is Kind.INELIGIBLE, (text, value)
        assert "another spelling of 'Former'" in found.reasons[0].said, (text, value)


HELD = [
    ("Left", "LEFT "), ("Left", "left (resigned)"), ("Left", "Resigned, LEFT-2026"),
    ("Left", "STATUS_LEFT"), ("Left", "ex left/unpaid"), ("Term", "TERMINATED"),
    ("Left", "PARTLEFT"), ("@Old.", "ann@OLD.example.com"), ("On leave", "on  LEAVE until May"),
]  # fmt: skip
NOT_HELD = [
    ("Left", "Working; left-handed"), ("Left", "leftover shifts"), ("Left", "left's"),
    ("Left", "cleft palate"), ("Left", "non-left"), ("IT", "Works with Anna"), ("Left", ""),
]  # fmt: skip


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize(("word", "value"), HELD + NOT_HELD)
def test_a_text_holds_a_word_in_another_spelling_in_whole_words_alone(
    word: str, value: str, negated: bool
) -> None:
    for condition, kind in (("kind", value), ("kind[0].s", [{"s": value}])):
        held = f"contains({condition}, '{word}')"
        found = outcome_of(world_of(f"!{held}" if negated else held, kind))
        is_spelt = any("another spelling" in each.said for each in found.reasons)
        assert is_spelt is ((word, value) in HELD), (word, value)
        assert found.kind is Kind.INELIGIBLE if is_spelt or not negated else Kind.CREATE


IN_LISTS_IN_LISTS: list[tuple[str, Value]] = [
    ("contains(kind[].t[], `true`)", [{"t": [[True]]}]),
    ("contains(kind[].t[].u[], 'Former')", [{"t": [{"u": [["Former"]]}]}]),
    ("contains(kind[].t[].u[].v[].w[], 'Former')", [{"t": [{"u": [{"v": [{"w": "FORMER"}]}]}]}]),
    ("kind[].t[].u[] | [0] == 'Former'", [{"t": [{"u": [["Former"]]}]}]),
]


@pytest.mark.parametrize(("condition", "value"), IN_LISTS_IN_LISTS)
def test_what_is_nearly_a_word_decides_nothing_in_flattened_lists(
    condition: str, value: Value
) -> None:
    found = outcome_of(world_of(f"!({condition})", value))
    assert found.kind is Kind.INELIGIBLE
    assert "kind[]" in found.reasons[0].said


def test_what_is_declared_of_flattened_lists_is_asked_of_their_items() -> None:
    """A list in a list is no item that is right because the list that it stands in may be one."""
    items = {"type": "object", "properties": {"t": {"type": "array", "items": {"type": "string"}}}}
    schema = {"kind": {"type": "array", "items": items}}
    asked = deciding("contains(kind[].t[], 'x')", schema, False)
    assert is_unsaid(asked, {"kind": [{"t": [["y"]]}]})
    assert is_unsaid(asked, {"kind": [{"t": [7]}]})
    assert not is_unsaid(asked, {"kind": [{"t": ["y"]}, {"t": []}]})


ANSWERS: list[tuple[str, Value]] = [
    ("!(kind[?s == 'Former'])", [{"s": "Current"}, {"s": None}, {"s": "Formerly"}]),
    ("kind[?lower(trim(s)) == 'former']", [{"s": "FORMER "}]),
    ("kind[?s == 'FORMER' || s == 'Former']", [{"s": "FORMER"}]),
    ("kind[0].s == 'Former'", [{"s": "Former"}, {"s": "FORMER"}]),
    ("kind[?n && s == 'Former'] == `[]`", [{"s": "FORMER", "n": False}]),
    ("contains(kind, 'Former')", ["FORMER", "Former"]),
    ("!contains(kind, 'Former')", ["Formerly", None]),
    ("contains(kind[].s[], 'x')", [{"s": ["x"]}, {"s": "y"}]),
    ("starts_with(kind, 'Former')", "Former: FORMER"),
    ("!contains(kind, 'man')", "Team Anna"),
    ("!starts_with(kind, 'HR ')", "HRD"),
    ("sort_by(kind, &n)[-1].s == 'Former'", [{"s": "Former", "n": 2}, {"s": "FORMER", "n": 1}]),
    ("kind[?s == `true` || s == 'true']", [{"s": "true"}]),
    ("kind[].{s: s}[].s | [0] == 'Former'", [{"s": "Former"}]),
]


@pytest.mark.parametrize(("condition", "value"), ANSWERS)
def test_another_word_or_one_that_is_named_is_an_answer_within_lists(
    condition: str, value: Value
) -> None:
    assert outcome_of(world_of(condition, value)).kind is Kind.CREATE, condition


SCHEMAS: list[dict[str, Any]] = [
    {}, {"type": "string"}, {"type": ["string", "null"]}, {"enum": ["x", "y"]},
    {"type": "string", "enum": ["x", "", None]}, {"type": "boolean"}, {"type": "integer"},
    {"type": ["integer", "string"]},
]  # fmt: skip
VALUES: list[Value] = [None, "", " ", "x", "y", "z", 1, 1.5, True, [], ["x"], {}, {"p": "x"}]
ABSENT: Value = ["the key is absent"]
WITHIN = {
    "jobs[?p == 'x']": "objects", "jobs[0].p == 'x'": "objects", "(jobs[*].p)[0] == 'x'": "objects",
    "jobs[?p != 'x'] | length(@) == `1`": "objects", "a.jobs[0].p == 'x'": "inner",
    "max_by(jobs, &n).p == 'x'": "objects", "jobs[].more[0].p == 'x'": "deep",
    "tags[0] == 'x'": "values", "tags[?@ == 'x']": "values", "contains(tags, 'x')": "values",
    "a.jobs[0].tags[0] == 'x'": "tagged", "contains(a.jobs[0].tags, 'x')": "tagged",
}  # fmt: skip


def deciding(text: str, schema: dict[str, Any], absent_is_null: bool) -> Expression:
    """Return a condition on records that a schema declares, which decides about access."""
    record = {"type": "object", "properties": schema}
    fields = fields_of(record, absent_is_null=absent_is_null)
    items = items_of(record, absent_is_null=absent_is_null)
    resource = Resource(
        "people", "id", fields, frozenset(), absent_is_null=absent_is_null, items=items
    )
    expression = parse(text, Span("law", 1, 1, 1))
    return Expression(
        text,
        expression.span,
        expression.facts,
        expression.tree,
        reading_of(resource, deciding=True),
    )


def is_unsaid(expression: Expression, data: Value) -> bool:
    return bool(expression.decide(data, Context(AS_OF)).truth)


@given(
    st.sampled_from(SCHEMAS),
    st.sampled_from([*VALUES, ABSENT]),
    st.sampled_from(sorted(WITHIN)),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=400)
def test_what_a_record_declares_is_asked_within_lists_as_elsewhere(
    schema: dict[str, Any], value: Value, text: str, required: bool, absent_is_null: bool
) -> None:
    place = WITHIN[text]
    if value is ABSENT and place in ("values", "tagged"):
        return
    person: dict[str, Value] = {} if value is ABSENT else {"p": value}
    needs = {"required": ["p"]} if required else {}
    item = {"type": "object", "properties": {"p": schema}, **needs}
    plain = {"type": "object", "properties": {"o": item}}
    wanted = is_unsaid(deciding("o.p == 'x'", plain["properties"], absent_is_null), {"o": person})
    tags = {"type": "array", "items": schema}
    jobs = {"type": "array", "items": item}
    more = {"type": "array", "items": {"type": "object", "properties": {"more": jobs}}}
    tagged = {"type": "array", "items": {"type": "object", "properties": {"tags": tags}}}
    declared, data = {
        "objects": ({"jobs": jobs}, {"jobs": [{**person, "n": 1}]}),
        "inner": (
            {"a": {"type": "object", "properties": {"jobs": jobs}}},
            {"a": {"jobs": [person]}},
        ),
        "deep": ({"jobs": more}, {"jobs": [{"more": [person]}]}),
        "values": ({"tags": tags}, {"tags": [value]}),
        "tagged": (
            {"a": {"type": "object", "properties": {"jobs": tagged}}},
            {"a": {"jobs": [{"tags": [value]}]}},
        ),
    }[place]  # fmt: skip
    assert is_unsaid(deciding(text, declared, absent_is_null), data) is wanted, (text, data)


@pytest.mark.parametrize("item", [None, "x", 7])
def test_an_item_that_is_no_object_where_objects_are_declared_is_no_answer(item: Value) -> None:
    jobs = {"type": "array", "items": {"type": "object", "properties": {"p": {"type": "string"}}}}
    for text in ("jobs[?p == 'x']", "jobs[0].p == 'x'", "length(jobs[?p != 'x']) > `0`"):
        assert is_unsaid(deciding(text, {"jobs": jobs}, False), {"jobs": [item]})
        assert not is_unsaid(deciding(text, {"jobs": jobs}, False), {"jobs": [{"p": "y"}]})


COUNTED = [
    "kind[?s == 'x']",
    "kind[0].s == 'x'",
    "contains(kind[].s, 'x')",
    "kind[*].s | [0] == 'x'",
]
ITEMS: list[Value] = [{"s": "x"}, {"s": "y"}, {"s": None}, {}, None, "x", 7, {"s": ["x"]}]


@given(
    st.sampled_from(COUNTED),
    st.lists(st.lists(st.sampled_from(ITEMS), max_size=3), min_size=1, max_size=5),
)
def test_who_has_a_word_within_a_list_is_counted_as_one_by_one(
    condition: str, kinds: list[Value]
) -> None:
    """So that a word that an export renames within lists is missed: `values_gone`."""
    world = world_of("code", None)
    leavers = {"when": condition, "set": {"leaveDate": "today()"}, "left": "leaveDate"}
    code = bound(replace(world, mapping={**world.mapping, "leavers": leavers})).code
    (group,) = word_groups(code)
    assert group.name == "kind[].s::x"
    records = [Record(str(n), {"kind": each}) for n, each in enumerate(kinds)]
    lacking = [{"s": "x"} not in each for each in kinds if isinstance(each, list)]
    assert [group.lacking_at(each) for each in records] == lacking
    tally = tallies_of(code, compiled(world).spec)["source"]
    for each in records:
        tally.note(each)
    assert tally.valued()[group.name] == lacking.count(False)


def test_only_words_that_decide_are_counted_within_lists() -> None:
    world = world_of("!(kind[?s == 'x'])", None)
    assert [each.name for each in word_groups(bound(world).code)] == ["kind[].s::x"]
    world = world_of("kind[?s == 'x']", None)
    assert not word_groups(bound(world).code)
