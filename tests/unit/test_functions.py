"""The function library: every example, and what it refuses."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from oneway.core.diagnostics import Span
from oneway.mapping.expressions import BUILT_IN, Context, EvaluationError, ExpressionSyntax, parse
from oneway.mapping.functions import LIBRARY, invoke
from oneway.mapping.functions.entra import ENTRA
from oneway.mapping.functions.names import title_case
from tables import expression

SPAN = Span("test", 1, 1, 1)
EXAMPLES = [(function, example) for function in LIBRARY for example in function.examples]
AS_OF = datetime.fromisoformat("2026-03-31T04:00:00+00:00")


def parsed_example(example):
    return expression(example.expression, let=example.let, choices=example.choices)


def evaluate(expression, data=None, context=None):
    return parse(expression, SPAN).evaluate(data or {}, context or Context(AS_OF))[0]


@pytest.mark.parametrize(("function", "example"), EXAMPLES, ids=[e.expression for _, e in EXAMPLES])
def test_example(function, example):
    result = parsed_example(example).evaluate(example.data, example.context)[0]
    assert result == example.result
    assert type(result) is type(example.result)
    assert f"{function.name}(" in example.expression


def test_every_function_is_documented_and_named_once():
    names = [function.name for function in LIBRARY]
    assert len(set(names)) == len(names)
    assert not set(names) & set(BUILT_IN), "JMESPath's own functions keep their meaning"
    for function in LIBRARY:
        assert function.examples
        assert function.summary.endswith(".")
        assert re.fullmatch(r"[a-z_]+", function.name)


def test_signatures():
    by_name = {function.name: function.signature for function in LIBRARY}
    assert by_name["pad_left"] == "pad_left(text, width, [fill])"
    assert by_name["concat"] == "concat(value...)"
    assert by_name["parse_date"] == "parse_date(text, [pattern...])"
    assert by_name["today"] == "today()"


@pytest.mark.parametrize("row", ENTRA, ids=[row.entra for row in ENTRA])
def test_entra_function_is_sayable_or_says_why_not(row):
    if row.expression:
        parse(row.expression, SPAN)
    else:
        assert row.remark


@pytest.mark.parametrize(
    "function", [f for f in LIBRARY if f.null_in_null_out], ids=lambda f: f.name
)
def test_null_in_is_null_out(function):
    more = {"string": ".", "integer": 1, "object": {}, "array": [], "any": 1}
    needed = [more[p.types[0]] for p in function.parameters[1:] if not p.optional]
    assert invoke(function, [None, *needed], Context(AS_OF)) is None


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("pad_left(n, `3`)", "pad_left() needs text, not a number; to_text() makes text of it"),
        ("lower(list)", "lower() needs text, not a list"),
        ("add_days(t, f)", "add_days() needs a whole number, not a number"),
        ("pad_left(t, big)", "a width is from 0 to 1000"),
        ("replace(long, 'x', long)", "the text would be longer than 100,000 characters"),
        ("regex_match(long, 'x')", "patterns read texts of at most 10,000 characters"),
        ("regex_match(half, 'x')", "the text is not valid Unicode"),
        ("regex_match(t, open)", "the pattern is not valid: missing )"),
        ("map_value(t, `{}`)", "map_value() has no entry for this value, and no default"),
        (
            "map_value(' ', `{}`)",
            "map_value() has no entry for blank text, and no default; "
            "write x && map_value(x, ...) if blank stays blank",
        ),
        ("is_past(t)", "the text is not a date like 2026-03-31; parse_date() reads other forms"),
        ("parse_date(t, 'dd/MM/yyyy')", "parse_date() finds no date in the text"),
        (
            "parse_date('2026-03-31', 'dd/MM/yyyy')",
            "parse_date() finds no date in the text (its form is yyyy-MM-dd)",
        ),
        ("parse_date('03/04/2026', 'yyyy-MM-dd')", "parse_date() finds no date in the text"),
        ("add_days('2026-03-31', big)", None),
        ("add_months('2026-03-31', huge)", "the date would lie outside the years 1 to 9999"),
        ("add_days('2026-03-31', huge)", "the date would lie outside the years 1 to 9999"),
        ("to_integer(f)", "to_integer() needs a whole number, or text that is one"),
        (
            "to_boolean(t)",
            "to_boolean() knows yes, true, on, 1 and no, false, off, 0, and yes and no abroad",
        ),
        ("setting('nope')", "the mapping has no setting of that name"),
        ("only(list)", "only() needs a list of at most one value"),
        ("to_text(huge)", "the value has no form as text"),
    ],
)
def test_refusals_say_why_without_the_value(expression, said):
    data = {
        "t": "secret", "n": 5, "f": 1.5, "list": ["secret", "b"], "big": 2000, "huge": 10**400,
        "long": "x" * 20_000, "half": "secret\ud800", "open": "(secret",
    }  # fmt: skip
    if said is None:
        assert evaluate(expression, data) == "2031-09-21"
        return
    with pytest.raises(EvaluationError) as raised:
        evaluate(expression, data)
    assert raised.value.summary == said


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ("o'brien", "O'Brien"),
        ("D’ARCY", "D’Arcy"),
        ("it's", "It's"),
        ("mcdonald", "McDonald"),
        ("mc", "Mc"),
        ("MACKENZIE", "Mackenzie"),
        ("jean-luc", "Jean-Luc"),
        ("e\u0301lodie", "Élodie"),
        ("ßtrange", "Sstrange"),
        ("o'", "O'"),
    ],
)
def test_title_case_of_names(given, result):
    assert title_case(given) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("regex_replace('abc', 'x*', '-')", "-a-b-c-"),
        (r"regex_replace('ab', '(a)|(b)', '[\1\2]')", "[a][b]"),
        (r"regex_replace('é1', '[0-9]', '\0\0')", "é11"),
        ("regex_extract('éé12', '[0-9]+')", "12"),
        ("regex_extract('ab', '(x)?b')", None),
        ("regex_extract('a-b', '(.)-(.)', `2`)", "b"),
        ("word('a  b', `2`)", "b"),
        ("word('a b', `0`)", None),
        ("right('abc', `0`)", ""),
        ("substring('abc', `9`)", ""),
        ("substring('abc', `-9`, `2`)", "ab"),
        ("group('00000', `2`, '-')", "00-00-0"),
        ("parse_date('29 february 2024', 'd MMMM yyyy')", "2024-02-29"),
        ("parse_date('01/01/50', 'dd/MM/yy{1950}')", "1950-01-01"),
        ("parse_date('01/01/49', 'dd/MM/yy{1950}')", "2049-01-01"),
        ("parse_date('01/01/00', 'dd/MM/yy{1901}')", "2000-01-01"),
        ("parse_date('991231', 'yy{1900}MMdd')", "1999-12-31"),
        ("format_date('2026-03-31', 'd/M/yy')", "31/3/26"),
        ("parse_date('31/03/2026 23:59', 'dd/MM/yyyy HH:mm')", "2026-03-31"),
        ("parse_date(' ')", None),
        ("format_date('2026-03-31T23:30:05+01:00', 'HH:mm:ss')", "23:30:05"),
        ("format_date('0042-01-02', 'yyyy/M/d')", "0042/1/2"),
        ("months_between('2026-03-31', '2026-01-31')", -2),
        ("years_between('2024-02-29', '2025-02-28')", 1),
        ("years_between('2030-01-01', '2026-03-31')", -3),
        ("days_between('2026-01-01', '')", None),
        ("is_past('')", None),
        ("to_text(`1e15`)", "1000000000000000"),
        ("to_text(`0.1`)", "0.1"),
        ("to_integer('-007.0')", -7),
        ("to_boolean('FALSCH')", False),
        ("to_boolean('na\u0303o')", False),
        ("to_boolean(' Oui ')", True),
        ("to_boolean(`0`)", False),
        ("iif(`0`, 'a', 'b')", "a"),
        ("one_of(`42`, ['42'])", False),
        ("unique([`1`, `true`, `1.0`, '1'])", [1, True, "1"]),
        ("coalesce(' ', `[]`)", None),
        ("email_domain('nobody')", None),
        ("from_filetime(to_filetime('1601-01-02'))", "1601-01-02"),
        ("from_filetime('0')", None),
        ("from_filetime(' ')", None),
        ("from_filetime(`9223372036854775807`)", None),
        ("from_filetime('9223372036854775807')", None),
        ("from_filetime(`9.223372036854775807e18`)", None),
        ("from_filetime(`0.0`)", None),
        ("day_in('2026-06-29T23:00:00Z', 'Europe/London')", "2026-06-30"),
        ("day_in('2026-01-29T23:00:00Z', 'Europe/London')", "2026-01-29"),
        ("day_in('2026-06-30T00:30:00+10:00', 'Europe/London')", "2026-06-29"),
        ("day_in('2026-06-29T23:00:00', 'Europe/London')", "2026-06-29"),
        ("day_in(' 2026-06-29 ', 'Pacific/Auckland')", "2026-06-29"),
        ("day_in('/Date(1782774000000+0000)/', 'Europe/London')", "2026-06-30"),
        ("day_in(`1782774000`, 'Europe/London')", "2026-06-30"),
        ("day_in(`1782774000000.0`, 'Asia/Tokyo')", "2026-06-30"),
        ("day_in(`0`, 'America/New_York')", "1969-12-31"),
        ("day_in(' ', 'UTC')", None),
        ("iif(`true`, 'a', parse_date('x'))", "a"),
        ("iif(`false`, parse_date('x'), 'b')", "b"),
        ("default('a', parse_date('x'))", "a"),
        ("coalesce(null, 'a', parse_date('x'))", "a"),
        ("map_value('x', {x: 'a'}, parse_date('x'))", "a"),
    ],
)
def test_corners(expression, result):
    value = evaluate(expression)
    assert value == result
    assert type(value) is type(result)


@pytest.mark.parametrize(
    "expression",
    [
        "iif(`true`, parse_date('x'), 'b')",
        "iif(`false`, 'a', parse_date('x'))",
        "default(' ', parse_date('x'))",
        "coalesce(null, parse_date('x'), 'a')",
        "map_value('y', {x: 'a'}, parse_date('x'))",
        "from_filetime(`-1`)",
        "from_filetime('never')",
        "from_filetime(`1.5`)",
        "day_in('soon', 'UTC')",
        "day_in('0001-01-01T00:00:00Z', 'America/New_York')",
        "day_in(`1e300`, 'UTC')",
    ],
)
def test_what_is_evaluated_can_fail(expression):
    with pytest.raises(EvaluationError):
        evaluate(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "day_in('/Date(-62135596800000)/', 'America/New_York')",
        "day_in(`-62135596800`, 'Europe/London')",
        "day_in('0001-01-01T00:00:00Z', 'America/New_York')",
        "day_in('9999-12-31T23:59:59Z', 'Asia/Tokyo')",
    ],
)
def test_the_first_and_the_last_instant_often_stand_for_no_date(expression):
    with pytest.raises(EvaluationError, match="often mean no date: compare the value"):
        evaluate(expression)


@pytest.mark.parametrize("text", ["1782774000000", " 1782774000", "-5.5"])
def test_seconds_in_a_text_are_no_instant_until_they_are_a_number(text):
    with pytest.raises(EvaluationError, match="to_number"):
        evaluate(f"day_in('{text}', 'UTC')")
    assert evaluate(f"day_in(to_number('{text.strip()}'), 'UTC')")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("32000", 32000),
        (" -1.50 ", -1.5),
        ("1e3", 1000.0),
        (7, 7),
        (2.5, 2.5),
        ("", None),
        (" ", None),
        (None, None),
        ([], None),
    ],
)
def test_a_mapping_reads_numbers(value, number):
    assert evaluate("to_number(x)", {"x": value}, Context(AS_OF, strict=True)) == number


@pytest.mark.parametrize(
    "value", ["41,250.00", "£28500", "１２", "1_000", "nan", "inf", "0x10", "12 000", True, [7]]
)
def test_what_a_mapping_cannot_read_as_a_number_is_an_error_and_never_blank(value):
    strict = Context(AS_OF, strict=True)
    with pytest.raises(EvaluationError):
        evaluate("to_number(x)", {"x": value}, strict)
    with pytest.raises(EvaluationError):
        evaluate("sum(x[*].to_number(@))", {"x": ["1", value]}, strict)


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("3.000", ",", 3000),
        ("3.000", ".", 3),
        ("1.250,50", ",", 1250.5),
        ("1,250.50", ".", 1250.5),
        ("1 250,5", ",", 1250.5),
        ("1\u202f250,5", ",", 1250.5),
        ("1'250.50", ".", 1250.5),
        ("20,00-", ",", -20),
        (" ", ",", None),
        (None, ",", None),
        (37.5, ",", 37.5),
    ],
)
def test_a_number_is_read_by_its_decimal_mark(text, mark, number):
    assert evaluate(f"parse_number(x, '{mark}')", {"x": text}, Context(AS_OF)) == number


@pytest.mark.parametrize(
    ("text", "mark"),
    [("37.5", ","), ("1,250.50", ","), ("1.25.000", ","), ("0.500", ","), ("1.000.00", "."),
     ("1 000'000", "."), ("-1-", "."), ("EUR 5", "."), ("1.250,50", "."), (True, ".")],
)  # fmt: skip
def test_text_that_does_not_fit_the_mark_is_an_error(text, mark):
    with pytest.raises(EvaluationError):
        evaluate(f"parse_number(x, '{mark}')", {"x": text}, Context(AS_OF))


def test_today_is_the_day_in_the_contexts_zone():
    late = datetime.fromisoformat("2026-03-31T23:30:00+00:00")
    tokyo = timezone(timedelta(hours=9))
    assert evaluate("today()", {}, Context(late)) == "2026-03-31"
    assert evaluate("today()", {}, Context(late, {}, tokyo)) == "2026-04-01"


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "^(a|a)*$", ".*.*.*.*=", "(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_patterns_that_backtrack_elsewhere_end(pattern):
    assert evaluate(f"regex_match(text, '{pattern}')", {"text": "a" * 9_999 + "!"}) is False


@pytest.mark.parametrize(
    "expression",
    [
        "regex_match(a, '(')",
        "regex_match(a, '(?=x)')",
        r"regex_match(a, '(a)\1')",
        f"regex_match(a, '{'a' * 201}')",
        "regex_match(a, '((a{100}){100}){100}')",
        "format_date(a, 'YYYY')",
        "format_date(a, 'MMMMM')",
        "parse_date(a, 'dd MM')",
        "parse_number(a, ';')",
        "parse_date(a, 'dd MM yyyy yy')",
        "parse_date(a, 'dd/MM/yy')",
        "parse_date(a, 'd.M.yyyy', 'd.M.yy')",
        "parse_date(a, 'dd/MM/yy{0000}')",
        "parse_date(a, 'dd/MM/yy{9901}')",
        "parse_date(a, 'dd/MM/yy{50}')",
        "parse_date(a, 'dd/MM/yyyy yy{1950}')",
        "format_date(a, 'dd/MM/yy{1950}')",
        "parse_date(a, 'EEE d M yyyy')",
        "pad_left(a, '3')",
        "pad_left(a, `-1`)",
        "pad_left(a, `3`, 'ab')",
        "split(a, '')",
        "left(a, `1.5`)",
    ],
)
def test_literal_arguments_that_can_never_do_are_found_when_parsed(expression):
    with pytest.raises(ExpressionSyntax) as raised:
        parse(expression, SPAN)
    wrong = expression[raised.value.offset :][: raised.value.length]
    assert wrong[0] in "'`"
    assert wrong[-1] in "'`"


def test_settings_are_not_shown():
    assert "hidden" not in repr(Context(AS_OF, {"x": "hidden"}))
