"""Expressions: what they read, where they are wrong, and whether what they read is stated."""

from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from oneway.core.diagnostics import Span
from oneway.mapping.expressions import Context, EvaluationError, ExpressionSyntax, parse

SPAN = Span("mapping.yaml", 3, 5, 9)
CONTEXT = Context(datetime(2026, 3, 31, 4, tzinfo=UTC), {"bank": True})


def evaluate(text, data):
    return parse(text, SPAN).evaluate(data, CONTEXT)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("a", ["a"]),
        ("a.b.c", ["a.b.c"]),
        ("a . b", ["a . b"]),
        ('a."b c".d', ['a."b c".d']),
        (r'"a\"b".c', [r'"a\"b".c']),
        ("a[?b == 'x'].c", ["a"]),
        ("a.b[0].c", ["a.b"]),
        ("a.b[].c", ["a.b"]),
        ("a.*.b", ["a"]),
        ("a[1:2].b", ["a"]),
        ("a || b.c && !d", ["a", "b.c", "d"]),
        ("a.b == c", ["a.b", "c"]),
        ("lower(a.b)", ["a.b"]),
        ("sort_by(a, &b)[0].c", ["a"]),
        ("a.b | 'x'", ["a.b"]),
        ("a | @", ["a"]),
        ("'é' == a", ["a"]),
        ("'it\\'s' == a || `\"\\`\"` == b", ["a", "b"]),
        ("{x: a, y: b.c}", ["a", "b.c"]),
        ("[a, b]", ["a", "b"]),
        ("(a[?lower(b) == c].d | [0]) || e", ["a", "e"]),
        ("a | [0] || e", ["a", "a | [0] || e"]),
        ("@.a", ["a"]),
        ("'x'", []),
    ],
)
def test_paths_and_their_places(text, paths):
    found = parse(text, SPAN).paths
    assert [text[p.offset : p.offset + p.length] for p in found] == paths


def test_paths_go_on_through_pipes_and_multiselects():
    expression = parse("a.b | [c, d.e]", SPAN)
    assert [p.keys for p in expression.paths] == [("a", "b", "c"), ("a", "b", "d", "e")]
    places = expression.paths[1].places
    assert [expression.text[p.offset : p.end] for p in places] == ["a", "b", "d", "e"]


def test_each_key_of_a_path_can_be_underlined():
    (path,) = parse('person."first name".initial', SPAN).paths
    assert path.keys == ("person", "first name", "initial")
    assert [(p.offset, p.length) for p in path.places] == [(0, 6), (7, 12), (20, 7)]


@pytest.mark.parametrize(
    ("text", "simple"),
    [("a", ("a",)), ("a.b", ("a", "b")), ("a[0]", None), ("a || b", None), ("@", None)],
)
def test_simple_is_a_path_and_nothing_else(text, simple):
    assert parse(text, SPAN).simple == simple


@pytest.mark.parametrize(
    ("text", "constant"),
    [("'x'", True), ("today()", True), ("`1`", True), ("a", False), ("@", False), ("*", False),
     ("keys(@)", False), ("[?a]", False), ("concat('a', 'b')", True)],
)  # fmt: skip
def test_constant_reads_nothing_of_the_record(text, constant):
    assert parse(text, SPAN).constant is constant


def test_functions_settings_and_the_present():
    expression = parse("setting('bank') && is_past(a) || is_past(b[?lower(c)])", SPAN)
    assert expression.functions == ("setting", "is_past", "lower")
    (use,) = expression.settings
    assert (use.name, use.place.offset, use.place.length) == ("bank", 8, 6)
    assert expression.uses_today
    assert not parse("lower(a)", SPAN).uses_today
    assert evaluate("setting('bank')", {}) == (True, True)


@pytest.mark.parametrize(
    ("text", "summary", "underlined"),
    [
        ("a.", "the expression ends too soon", "."),
        ("", "the expression ends too soon", ""),
        ("a b", "a name with a space needs quotes", "a b"),
        ("a ''", "two values are side by side", "'"),
        ('a "b c" d', "two values are side by side", '"'),
        ("a = b", "a single = means nothing", "="),
        ("a == 'x", "the ' is never closed", "'x"),
        ("a # b", "a name with a space needs quotes", "a # b"),
        ("x || trin(a)", "unknown function 'trin'", "trin"),
        ("trim(a, b)", "trim(text) takes 1 argument, not 2", "trim"),
        ("pad_left(a)", "pad_left(text, width, [fill]) takes 2 to 3 arguments, not 1", "pad_left"),
        ("abs()", "abs() takes 1 argument, not 0", "abs"),
        ("concat()", "concat(value...) takes at least 1 argument, not 0", "concat"),
        ("setting(a)", "setting() needs the name itself, in single quotes", "setting"),
        ("setting(`1`)", "setting() needs the name itself, in single quotes", "setting"),
        ("a || to_string(&b)", "to_string() does not take an expression with &", "to_string"),
        ("a == `NaN`", "NaN and Infinity are not JSON numbers", "`NaN`"),
        ('b || "lower"(a)', "a function's name has no quotes", '"lower"'),
    ],
)
def test_mistakes_have_a_place(text, summary, underlined):
    with pytest.raises(ExpressionSyntax) as raised:
        parse(text, SPAN)
    wrong = raised.value
    assert wrong.summary == summary
    assert text[wrong.offset : wrong.offset + wrong.length] == underlined


def test_did_you_mean():
    with pytest.raises(ExpressionSyntax) as raised:
        parse("trin(a)", SPAN)
    assert raised.value.help == "did you mean 'trim'?"


@pytest.mark.parametrize(
    "text",
    ["(" * 9_000, "!" * 9_000 + "a", "a" * 10_001, "`" + "[" * 9_000 + "`",
     "`" + "[" * 101 + "]" * 101 + "`", "9" * 9_000,
     "a[?" * 3_000, "a" + "||a" * 3_000, "{a:" * 3_000, "[@,@]" + "|[@,@]" * 60,
     "concat(@,@)" + "|concat(@,@)" * 60, "[" * 99 + "9" * 5_000],
)  # fmt: skip
def test_monstrous_texts_are_refused(text):
    with pytest.raises(ExpressionSyntax):
        parse(text, SPAN)


STATED = [
    # text, data, value, stated
    ("a", {"a": 1}, 1, True),
    ("a", {"a": None}, None, True),
    ("a", {}, None, False),
    ("a.b", {"a": None}, None, True),
    ("a.b", {"a": {}}, None, False),
    ("a.b", {}, None, False),
    ("a.b", {"a": "text"}, None, False),
    ("a.b", {"a": []}, None, False),
    ("a || b", {"a": "x"}, "x", True),
    ("a || b", {"b": "x"}, "x", False),
    ("a[0]", {"a": []}, None, True),
    ("a[0]", {"a": "text"}, None, False),
    ("a[*].b", {"a": [{"b": 1}, {"b": None}]}, [1], True),
    ("a[*].b", {"a": [{"b": 1}, {}]}, [1], False),
    ("a[?b].c", {"a": None}, None, True),
    ("a[?b].c", {"a": "text"}, None, False),
    ("a[]", {"a": {}}, None, False),
    ("a.*", {"a": []}, None, False),
    ("a[1:]", {"a": {}}, None, False),
    ("lower(a)", {"a": None}, None, True),
    ("lower(a)", {}, None, False),
    ("'x'", {}, "x", True),
]


@pytest.mark.parametrize(("text", "data", "value", "stated"), STATED)
def test_stated(text, data, value, stated):
    assert evaluate(text, data) == (value, stated)


@pytest.mark.parametrize(
    "text",
    ["name < n", "contains(n, name)", "contains(name, n)", "sum(list)", "max(list)", "length(n)",
     "sort_by(list, &x)", "to_number('inf')", "lower(list)", "join(name, list)", "sort(list)",
     "regex_match(name, name2)", "parse_date(name)", "map_value(name, `{}`)"],
)  # fmt: skip
def test_errors_never_show_the_record(text):
    data = {"name": "Zebedee", "name2": "(Zebedee", "n": 424242, "list": ["Zebedee", 424242]}
    with pytest.raises(EvaluationError) as raised:
        evaluate(text, data)
    assert "Zebedee" not in raised.value.summary
    assert "424242" not in raised.value.summary
    assert raised.value.__cause__ is None


def test_data_that_nest_too_deeply_are_an_error_of_the_record():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(EvaluationError):
        evaluate("a", {"a": deep})
    while deep:  # taken apart by hand: freeing it whole would recurse
        deep = deep.pop()


def test_nan_in_the_data_is_an_error():
    with pytest.raises(EvaluationError):
        evaluate("a", {"a": [float("nan")]})


def test_a_read_only_mapping_is_an_object():
    assert evaluate("keys(@)", MappingProxyType({"a": 1})) == (["a"], True)


def test_a_number_without_backticks_is_told_how_to_be_one() -> None:
    with pytest.raises(ExpressionSyntax) as caught:
        parse("id > 5", SPAN)
    assert caught.value.help == "write a number between backticks: `5`"


@pytest.mark.parametrize(("text", "marked"), [
    ("map_value(dept, {\"X\": 'EK', \"X\": 'VT'})", '"X"'),
    ("{a: b, a: c}", "a"),
    ("x[?y].{a: @[1:2], b: c, a: d}", "a"),
])  # fmt: skip
def test_a_key_stands_once_in_an_object(text: str, marked: str) -> None:
    with pytest.raises(ExpressionSyntax, match="is there twice") as caught:
        parse(text, Span(""))
    offset, length = caught.value.offset, caught.value.length
    assert (text[offset : offset + length], text.rindex(marked)) == (marked, offset)


@pytest.mark.parametrize("text", ["[{a: b}, {a: c}]", "{a: {a: b}, b: {a: c}}", "{a: x[0:1]}"])
def test_other_objects_may_have_the_same_key(text: str) -> None:
    parse(text, Span(""))
