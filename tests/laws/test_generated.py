"""Laws of generated code: it makes of every record what the interpreter makes of it.

And nothing of a mapping becomes a part of it, but for literals.
"""

import ast
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import product
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jmespath_suite import FILES, cases, needs_suite
from laws.test_expression_laws import EXPRESSIONS, JSON, RECORDS
from one_expression import found_of, function_of
from oneway.core.description import Capability, Field
from oneway.core.diagnostics import Refused, Span
from oneway.core.linear_pattern import whole
from oneway.core.records import MISSING, Record, Snapshot
from oneway.core.schema_pattern import compiled
from oneway.mapping.expressions import Context, EvaluationError, ExpressionSyntax, Reading, parse
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.functions import LIBRARY
from oneway.mapping.generated import leavers
from oneway.mapping.generated.functions import GeneratedRows, generated
from oneway.mapping.generated.nodes import DEEPEST
from oneway.mapping.generated.paths import unsure
from oneway.mapping.generated.program import GeneratedProgram
from oneway.mapping.generated.runtime import names_for
from oneway.mapping.generated.source import CodeText
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.record_schema import decidable, readable, writable
from oneway.mapping.rows import LONGEST_NAME
from strategies import worlds
from worlds import World, bound

SPAN = Span("law", 1, 1, 1)
AS_OF = datetime(2026, 3, 31, 4, tzinfo=UTC)
CONTEXT = Context(AS_OF, {"a": "set"}, strict=True)


def only_words(value):
    """Return what is wrong with a value by which something is decided: a check of our own."""
    return "" if value is None or isinstance(value, str) else "it is no word"


def no_number(value):
    """Return what is wrong with a value within a list: it may be a list or an object."""
    return "it is a number" if value.__class__ in (int, float) else ""


def no_empty_object(value):
    """Return what is wrong with an item of a list: it may have any key."""
    return "it is empty" if value == {} else ""


WITHIN = [
    (("a",), ()), (("a",), ("b",)), (("b",), ("a",)), (("b",), ()), (("a", "b"), ("c",)),
    (("a",), (), ("b",)), ((), ("a",)),
]  # fmt: skip
"""Places within lists whose values are checked."""
READINGS = [
    Reading(),
    Reading(absent_is_null=True),
    Reading(absent_is_null=True, except_for=frozenset({("a",), ("b", "a")})),
    Reading(checks={("a",): only_words, ("b", "c"): only_words}),
    Reading(item_checks=dict.fromkeys(WITHIN, no_number)),
    Reading(
        absent_is_null=True,
        item_checks=dict.fromkeys(WITHIN[::2], no_number),
        items_except_for=frozenset(WITHIN[1:]),
    ),
    Reading(
        absent_is_null=True,
        item_checks={(("a",), ("b",)): no_number},
        items_except_for=frozenset({(("a",), ("value",))}),
        deciding=True,
    ),
    Reading(absent_is_null=True, item_checks={(("a",), ()): no_empty_object}),
]


def answer(work):
    """Return what comes of an evaluation, so that two can be compared to the letter."""
    try:
        return repr(work())
    except EvaluationError as error:
        return f"EvaluationError: {error}"


def ways_of(expression, context=CONTEXT):
    """Return an expression as generated functions, each with its text and whether it decides."""
    found = [
        (deciding, *function_of(expression, context, deciding=deciding, usual=usual))
        for deciding, usual in product((True, False), (True, False))
    ]
    for _, _, text in found:
        refuse_strange_code(text)
    return found


def compare(expression, data, context=CONTEXT, ways=None):
    """Compare the ways to evaluate an expression on a record."""
    tree, reading = expression.tree, expression.reading
    for deciding, function, text in ways or ways_of(expression, context):
        expected = answer(
            lambda: found_of(evaluated(tree, data, context, reading, deciding=deciding))  # noqa: B023
        )
        assert answer(lambda: function(data)) == expected, text  # noqa: B023


@given(EXPRESSIONS, RECORDS, st.sampled_from(READINGS))
@settings(max_examples=150)
@example("a && b < `1`", {"b": "x"}, READINGS[0])
@example("a || (b || (c || a))", {}, READINGS[0])
@example("!(a && b)", {"b": False}, READINGS[0])
@example("coalesce(a, b.c)", {"a": 7, "b": {}}, READINGS[3])
@example("contains(a, upper(b))", {"b": 7}, READINGS[0])
@example("map_value(a, `{}`, b)", {"a": "x"}, READINGS[0])
@example("a == `true`", {"a": 1}, READINGS[0])
@example("a != `false`", {"a": 0}, READINGS[0])
@example("a == `1`", {"a": True}, READINGS[0])
@example("a[?b == 'x']", {"a": [{"b": 1}, {"b": "x"}, None]}, READINGS[4])
@example("a[?@ == 'x']", {"a": [1, "x"]}, READINGS[4])
@example("a[*]", {"a": [1, "x"]}, READINGS[4])
@example("a[?b == 'x'].b || c", {"a": [{"b": 1}, {}, "y"]}, READINGS[5])
@example("a[0] == 'x' && a[-1].b == 'x'", {"a": [1, {"b": 2}]}, READINGS[4])
@example("item(a, `1`) || only(b)", {"a": [1], "b": [{"a": 1}]}, READINGS[4])
@example("max_by(a, &b).b == 'x'", {"a": [{"b": 1}, {"b": 2}]}, READINGS[4])
@example("a[].b[] | contains(@, 'x')", {"a": [{"b": ["y"]}, [{"b": 1}]]}, READINGS[4])
@example("*.a == ['x']", {"c": {"a": 1}}, READINGS[4])
def test_an_expression_has_the_answer_of_the_interpreter(text, data, reading):
    try:
        expression = replace(parse(text, SPAN), reading=reading)
    except ExpressionSyntax:
        return
    compare(expression, data)


OF_ANY_FORM = [
    *product(
        (
            "a[?b == 'x'].b",
            "a[0].b",
            "[a, b][].b",
            "a[*].b[0]",
            "b[?a && @.a != 'x'] | [0]",
            "b[?a == 'x'] | [0].b",
        ),
        READINGS[-2:],
    ),
    *product(
        ("a.b || c", "a[?b == 'x'].c | [0]", "[a, b][]", "a.*.b", "a[1:].b", "!a && @"),
        READINGS[:1],
    ),
]


@cache
def generated_once(name):
    """Return the expressions of a list, each with its functions."""
    read = [replace(parse(text, SPAN), reading=way) for text, way in LISTS[name]]
    return [(each, ways_of(each)) for each in read]


@given(JSON)
def test_data_of_any_form_give_what_they_give_the_interpreter(data):
    for expression, ways in generated_once("any form"):
        compare(expression, data, ways=ways)


CHOSEN = (
    "a[?b == 'x'] | [0]",
    "a[?'x' == b] | [0].c",
    "(a[?b == 'x'])[0].c || a[?b == 'y'] | [0]",
    "a[?b == 'x'].c | [0]",
    "a[?b == 'x'].c | [-1]",
    "c.a[?b == ''] | [0].b == 'x' && c.a[?c == 'x'] | [0]",
    "a[?b == 'x'] | [0] | [0]",
    "a[?b == `1`] | [0]",
    "a[?b == 'x' && c] | [0]",
    "a[?b == 'x'] | [-1].c",
    "a[?b == 'x'] | length(@)",
    "a[?name == 'x'].value | [0]",
    "a[?name == 'x'] | [0].value",
    *(f"{'!(' * deep}a[?b == 'x'] | [0].c{')' * deep}" for deep in range(6, DEEPEST)),
)
"""Conditions that choose an item by a text of it, or nearly so."""
LISTS = {"any form": OF_ANY_FORM, "chosen": list(product(CHOSEN, READINGS))}
ITEMS = st.lists(
    st.one_of(
        st.dictionaries(
            st.sampled_from(("b", "c", "name", "value")),
            st.sampled_from(("x", "x", "x", "y", "", None, 1, True, ["x"], {"c": 1})),
        ),
        st.dictionaries(st.sampled_from(("b", "c", "name", "value")), st.just("x")),
    ),
    max_size=4,
)
STRANGE = st.sampled_from((None, "x", {"b": "x"}, {}, [None], ["x"], [[{"b": "x"}]]))


@given(ITEMS, st.one_of(st.just([]), STRANGE))
@settings(max_examples=settings().max_examples // 2)
@example([{"b": "x"}, {"b": "x", "c": 1}, {"b": "x", "c": 2}], [])
def test_an_item_that_is_chosen_by_a_text_is_the_interpreters(items, more):
    found = [*items, *more] if isinstance(more, list) else more
    for expression, ways in generated_once("chosen"):
        compare(expression, {"a": found, "c": {"a": items}}, ways=ways)


@needs_suite
@pytest.mark.parametrize("file", FILES)
def test_the_jmespath_suite_has_the_answers_of_the_interpreter(file):
    for case in cases(file):
        try:
            expression = parse(case.expression, SPAN)
        except ExpressionSyntax:
            continue
        ways = ways_of(expression)
        for data in (case.given, {}, None, [], "x", {"foo": 1}):
            compare(expression, data, ways=ways)


@pytest.mark.parametrize("function", LIBRARY, ids=lambda function: function.name)
def test_the_examples_of_a_function_have_the_answers_of_the_interpreter(function):
    for each in function.examples:
        context, expression = each.context, parse(each.expression, SPAN)
        ways = ways_of(expression, context)
        for data in (each.data, {}, dict.fromkeys(each.data), dict.fromkeys(each.data, 7)):
            compare(expression, data, context, ways)


FIELDS = st.builds(
    Field,
    path=st.just("a"),
    types=st.frozensets(
        st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"]),
        max_size=3,
    ),
    format=st.sampled_from(["", "date", "email"]),
    max_length=st.sampled_from([None, 0, 2]),
    pattern=st.sampled_from(["", "^a", "^[a-z]{2}$"]),
    enum=st.sampled_from([(), ("a", 1), ("a", "ab", None)]),
)
ONES = st.sampled_from([None, "", " ", "a", "ab", "abc", "\u00e9", "\ud800", 1, 1.0, 1.5, True])
ONES |= st.sampled_from([[], ["a"], {}, {"a": 1}, "2026-03-31"])


@given(FIELDS, ONES)
@settings(max_examples=400)
@example(Field("a", frozenset({"number"})), "a")
@example(Field("a", frozenset({"string"}), max_length=2), "abc")
def test_what_is_taken_for_fit_at_once_passes_the_check(field, value):
    for check in (writable(field), readable(field), decidable(field)):
        if check is None:
            continue
        source = CodeText()
        text = f"{unsure(source, check, 'value')}True"
        asked = eval(text, {**source.bound, "value": value})
        assert asked or not check(value)


@given(st.text(max_size=4) | st.sampled_from(["ab", "ab\n", "AB", "12", "1\u0662", "\ud800a", "a"]))
@example("ab\n")
def test_a_shape_of_one_class_is_the_pattern(text):
    for pattern in ("^[a-z]{2}$", "^[0-9]{2}$", "^[A-Za-z0-9]{1}$", r"^\d{2}$"):
        check = writable(Field("a", pattern=pattern))
        fits = whole(text) == text and compiled(pattern).found_in(text)
        assert (not check(text)) is fits


# Rows


def rows_of(program: Interpreted) -> GeneratedRows:
    """Return what is generated of a program."""
    rows = generated(program)
    assert rows.text, "nothing could be generated"
    refuse_strange_code(rows.text)
    return rows


@given(worlds())
@settings(max_examples=60)
def test_a_row_is_that_of_the_interpreter(world: World):
    refuse_another_row(world)


def refuse_another_row(world: World) -> None:
    """Fail where generated code makes of a record what the interpreter does not."""
    program = bound(world)
    reference = Interpreted(program.code, program.context, program.tables)
    rows, any_row = rows_of(reference), generated(reference, usual=False).source_row
    for record in world.source.records:
        expected = repr(reference.source_row(record))
        assert repr(rows.source_row(record)) == expected
        assert repr(any_row(record)) == expected
    for record in world.target.records:
        assert repr(rows.target_row(record)) == repr(reference.target_row(record))


@given(worlds())
@settings(max_examples=15)
def test_a_leaver_is_the_interpreters_once_tomorrows_code_says_what_moves(world: World):
    program = bound(world)
    reference = Interpreted(program.code, program.context, program.tables)
    people = [replace(each, data={**each.data, "status": "L"}) for each in world.source.records]
    with patch.object(leavers, "WORTH_IT", 0):
        rows = rows_of(reference)
        for record in (*people, *world.source.records):
            assert repr(rows.source_row(record)) == repr(reference.source_row(record))


FORMS = ["Cong\u00e9di\u00e9", "Conge\u0301die\u0301", 1, 1.0, True, "1", None, [1], [True]]


def leaving_world(left, records=()):
    """Return a world in which whoever is flagged leaves, and `left` says who has left."""
    mapping = {
        "oneway": 1,
        "name": "forms",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "fields": {"ref": "code"},
        "leavers": {"when": "flag", "set": {"nick": "name"}, "left": left},
    }
    return World(mapping, Snapshot(tuple(records)), Snapshot(()), Snapshot(()))


@given(st.permutations(FORMS), st.sampled_from(["Cong\u00e9di\u00e9", "Conge\u0301die\u0301", "1"]))
def test_whether_one_has_left_is_no_answer_for_another_who_compares_equal(forms, word):
    people = [{"code": f"k{n}", "flag": True, "name": each} for n, each in enumerate(forms)]
    records = tuple(Record(f"s{n}", each) for n, each in enumerate(people))
    program = bound(leaving_world(f"to_string(nick) == '{word}'", records))
    reference = Interpreted(program.code, program.context, program.tables)
    rows = rows_of(reference)
    for record in records:
        assert repr(rows.source_row(record)) == repr(reference.source_row(record))


ASKED = [*FORMS[:-2], MISSING, repr(MISSING)]


@pytest.mark.parametrize("step", [1, -1])
def test_what_is_remembered_of_a_leave_is_no_answer_for_another(step):
    ways = Capability.LEAVE, Capability.REACTIVATE
    asked = [*product(ASKED, ASKED, [(), *ASKED], ways)][::step]
    left = "nick == '1' || to_string(kind) == 'true' || kind == `null`"
    program = bound(leaving_world(left))
    remembering = GeneratedProgram(program.code, program.context, program.tables)
    reference = Interpreted(program.code, program.context, program.tables)
    for nick, kind, value, by in asked:
        held = {"id": "t", "nick": nick, "kind": kind}
        target = reference.target_row(
            Record("t", {key: each for key, each in held.items() if each is not MISSING})
        )
        written = () if value == () else ((("nick",), value),)
        for _ in range(2):  # as it is found out, and as it is remembered
            answer = remembering.left_with(target, written, by)
            assert answer is reference.left_with(target, written, by)


@pytest.mark.parametrize("part", ["id", "code", "name"])
def test_a_name_too_long_for_a_plan_is_left_to_the_interpreter(part: str):
    long = "x" * (LONGEST_NAME + 1)
    world = leaving_world("ref == 'x'")
    world.mapping["label"] = "name"
    world.mapping["leavers"]["set"] = {"nick": "code"}
    program = bound(world)
    reference = Interpreted(program.code, program.context, program.tables)
    rows = rows_of(reference)
    said = {"id": "1", "code": "c", "name": "n", part: long}
    record = Record(said["id"], {"code": said["code"], "name": said["name"], "flag": False})
    row = rows.source_row(record)
    assert repr(row) == repr(reference.source_row(record))
    assert row.evaluation_error
    held = Record(said["id"], {"id": said["id"], "ref": said["code"], "nick": None})
    target = rows.target_row(held)
    assert repr(target) == repr(reference.target_row(held))
    assert len(target.key) <= LONGEST_NAME


@given(worlds())
@settings(max_examples=15)
def test_a_program_makes_the_same_rows_before_and_after_it_is_generated(world: World):
    program = bound(world)
    never, *others = (
        GeneratedProgram(program.code, program.context, program.tables, *worth)
        for worth in ((10**9, 10**9), (0, 0), (0, 10**9), (1, 2))
    )
    for record in world.source.records:
        for each in others:
            assert repr(each.source_row(record)) == repr(never.source_row(record))
    for each in others:
        assert each.departed() == never.departed()


# Breaking out

_RUNTIME = set(names_for(CONTEXT))
_NAMES = re.compile(r"[a-z]+[0-9]+")
_OURS = _RUNTIME | {
    *("source_row", "target_row", "usual_source_row", "shaped_source_row", "shaped_target_row"),
    *("record_id", "item", "position", "steady_row", "whole_cells"),
    *("shaped_source_rows", "records", "rows", "usual", "other", "whole", "gone"),
    *("shaped_target_rows", "same", "find", "place", "holds", "starts", "held", "beside", "plain"),
    *("before", "own", "packed_leaving", "stated"),
    *("packed", "packed_once", "keys"),
    *("found", "record", "data", "label", "leaver", "missed", "left"),
    *(
        "later",
        "leaving",
        "failed",
        "row_of_source",
        "row_of_target",
        "cell_of",
        "STATED",
        "Evaluated",
        "sought",
    ),
    *(
        "interpreted",
        "interpreted_source_row",
        "interpreted_target_row",
        "interpreted_label",
        "interpreted_why",
        "interpreted_dated",
    ),
    *("interpreted_leaving", "interpreted_cell", "filled", "looked_up"),
    *("bool", "dict", "float", "int", "isinstance", "len", "list", "slice", "str", "tuple", "zip"),
}
_ATTRIBUTES = {"get", "strip", "casefold", "isascii", "append", "values", "data", "id", "problem"}
_ATTRIBUTES |= {"__class__", "damage", "join", "find", "beside", "index", "holds", "starts"}
_ATTRIBUTE = re.compile(r"m[0-9]+")
"""That of a value of a record which is read with others of its shape."""


def refuse_strange_code(text: str) -> None:
    """Fail where generated code names, calls or imports anything that is not ours."""
    assert text.isascii()
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, ast.Import | ast.ImportFrom | ast.Lambda | ast.Await), text
        if isinstance(node, ast.Name):
            assert node.id in _OURS or _NAMES.fullmatch(node.id), node.id
        if isinstance(node, ast.Attribute):
            assert node.attr in _ATTRIBUTES or _ATTRIBUTE.fullmatch(node.attr), node.attr
        if isinstance(node, ast.FunctionDef):
            assert node.name == "found" or node.name.endswith(
                ("source_row", "source_rows", "target_row", "target_rows")
            )


HOSTILE = [
    "x'); __import__('os').system('touch broken'); ('",
    '"""\nraise SystemExit\n"""',
    "\\",
    "\\'",
    "'\\''",
    "a\nimport os\n#",
    "a\r\nraise SystemExit",
    "\u2028raise SystemExit\u2029",
    "\x00",
    "\ud800",
    "{__builtins__}",
    "%s %(x)s {0} {x!r}",
    "# -*- coding: utf-7 -*-",
    "+AGEAYgBj-",
    "data",
    "__class__",
    "Leaves",
    "\u202e\u2066",
    "x" * 5000,
    "\N{FULLWIDTH LATIN SMALL LETTER A}",
]


def quoted(text: str) -> str:
    """Return an identifier of JMESPath that is any text at all."""
    return json.dumps(text)


def literal(text: str) -> str:
    """Return a literal of JMESPath that is any text at all."""
    return "`" + json.dumps(text).replace("`", "\\`") + "`"


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)))
@settings(max_examples=40)
def test_no_text_of_an_expression_breaks_out(text):
    forms = [quoted(text), f"a.{quoted(text)}", f"a == {literal(text)}", f"{{{quoted(text)}: a}}"]
    forms += [f"contains(a, {literal(text)})", f"setting({literal(text)})", f"[{literal(text)}]"]
    forms += [f"iif(a, {literal(text)}, b)", f"a[?{quoted(text)} == {literal(text)}]"]
    for form in forms:
        try:
            expression = parse(form, SPAN)
        except ExpressionSyntax:
            continue
        context = replace(CONTEXT, settings={text: text})
        ways = ways_of(expression, context)
        for data in ({"a": text, text: text}, {"a": {text: 1}}, {"a": [{text: text}]}, {}):
            compare(expression, data, context, ways)


@given(st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=40)), worlds())
@settings(max_examples=30)
def test_no_text_of_a_mapping_breaks_out(text, world):
    path = json.dumps(text) if text.strip() else '"x"'
    fields = {**world.mapping["fields"], path: {"from": path, "when": f"{path} != {literal(text)}"}}
    fields["nick"] = {"value": text}
    mapping = {**world.mapping, "fields": fields, "label": path}
    try:
        program = bound(replace(world, mapping=mapping))
    except Refused:
        return  # no field of that name, or none that may be mapped
    reference = Interpreted(program.code, program.context, program.tables)
    rows = rows_of(reference)
    for record in world.source.records:
        for data in (record.data, {**record.data, text: text}):
            odd = replace(record, data=data)
            assert repr(rows.source_row(odd)) == repr(reference.source_row(odd))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_canary_of_a_name_from_outside_is_found(text):
    with pytest.raises((AssertionError, SyntaxError, ValueError)):
        refuse_strange_code(f"def found(data):\n    return evil_{text}.{text}()\n")
