"""Tables of rules: what is said of their rows, and where a mapping sees through them."""

from datetime import UTC, datetime

import pytest
from test_lint import BASE, LEAVERS, compiled, described, found

from oneway.core.diagnostics import Span
from oneway.documents.yaml_source import parse as parse_yaml
from oneway.mapping.expressions import Context, EvaluationError, ExpressionSyntax, parse
from oneway.mapping.expressions.steps import branches, steps_of
from oneway.runs.proving.domains import domains
from oneway.runs.proving.mutate import edits
from tables import expression

CONTEXT = Context(datetime(2026, 6, 15, tzinfo=UTC), strict=True)
ROWS = """\
      - {name: [Ann, Bo], then: a}
      - {name: Ann, mail: x, then: b}
      - {name: [Bo, Cy], then: c}
      - {name: [Cy, Bo], then: d}
      - {mail: x, then: e}
      - {mail: x, name: Di, then: f}
      - {then: g}
      - {name: Di, then: h}
"""


def with_table(rows: str = ROWS, columns: str = "{name: name, mail: mail}") -> str:
    """Return a small mapping with a table; its fields may go on."""
    table = f"choices:\n  t:\n    columns: {columns}\n    rows:\n{rows}"
    return BASE.replace("match:", f"{table}match:")


def test_rows_that_are_never_reached_are_named_with_the_one_that_fits_first() -> None:
    said = [
        each for each in found(with_table() + "  fullName: choose('t')\n") if each.code == "M231"
    ]
    assert [(each.span.line, each.summary) for each in said] == [
        (10, "never reached: the row on line 9 fits all that it fits"),
        (12, "never reached: the row on line 11 has the same cells"),
        (14, "never reached: the row on line 13 fits all that it fits"),
        (16, "never reached: the row on line 15 fits all that it fits"),
    ]


@pytest.mark.parametrize(
    ("rows", "columns", "code", "text"),
    [
        ("      - {nmae: Ann, then: a}\n", "{name: name}", "M158", "no column 'nmae'"),
        ("      - {name: Ann, then: a}\n", "{name: name, mail: mail}", "M232", "asks for 'mail'"),
        ("      - {name: Ann, then: a}\n", "{name: name, then: mail}", "M158", "no column"),
        ("      - {name: Ann, then: a}\n", "{name: nmae}", "M101", "field 'nmae'"),
        ("      - {name: Ann, then: {from: nmae}}\n", "{name: name}", "M101", "field 'nmae'"),
        ("      - {name: 7, then: a}\n", "{name: name}", "M216", "never equal"),
        ("      - {name: Ann, then: a}\n", "{name: choose('t')}", "M157", "'t' uses itself"),
    ],
)
def test_a_mistake_in_a_table_is_told_at_its_place(
    rows: str, columns: str, code: str, text: str
) -> None:
    wrong = next(each for each in found(with_table(rows, columns) + "  fullName: choose('t')\n"))
    assert wrong.code == code
    assert text in wrong.summary
    assert wrong.span.line in (7, 9, 6)


SAYS = "      - {name: Ann, then: %s}\n      - {then: false}\n"


@pytest.mark.parametrize(
    ("then", "remedy"),
    [
        ("no", "`then: false`, without"),
        ("off", "`then: false`, without"),
        ("'false'", "`then: false`, without"),
        ("n", "`then: false`, without"),
        ("nein", "`then: false`, without"),
        ("0", "`then: false`, without"),
        ("0.0", "`then: true` or `then: false`"),
        ("yes", "`then: true`, without"),
        ("Gone", "`then: true` or `then: false`"),
        ("{from: \"'no'\"}", "`then: false`, without"),
        ("{from: \"gone && 'no'\"}", "`then: false`, without"),
    ],
)
def test_a_row_that_says_a_text_is_no_condition(then: str, remedy: str) -> None:
    """`then: no` is a text, which holds: an employed person was deactivated."""
    leavers = LEAVERS.replace("when: gone", "when: choose('t')")
    wrong = [
        each
        for each in found(with_table(SAYS % then, "{name: name}") + leavers)
        if each.code == "M160"
    ]
    assert [each.span.line for each in wrong] == [9]
    assert "row 1 of 't', on line 9, says" in wrong[0].summary
    assert "which leavers.when takes for yes" in wrong[0].summary
    assert remedy in wrong[0].help


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ("  email: {from: mail, when: choose('t')}\n", True),
        ("  email: choose('t') && mail\n", True),
        ("  email: iif(choose('t'), mail, name)\n", True),
        ("  email: iif(name == 'a', choose('t'), mail)\n", False),
        ("  email: \"join('', tags[?choose('t')])\"\n", True),
        ("  email: \"to_string(!choose('t'))\"\n", True),
        ("  email: choose('t') || mail\n", False),
        ("  email: {from: mail, when: choose('t') == 'no'}\n", False),
        ("  email: {from: mail, when: \"is_present(choose('t'))\"}\n", False),
        ("  email: {from: mail, when: \"default(choose('t'), `false`)\"}\n", True),
        ("only: [{id: a, when: \"name == 'x' || choose('t')\", otherwise: x}]\n", True),
        ("eligible: [{id: a, when: \"!choose('t')\", otherwise: x}]\n", True),
        (LEAVERS + "  left: choose('t')\n", True),
    ],
)
def test_a_condition_asks_for_yes_or_no_and_a_value_does_not(more: str, asked: bool) -> None:
    table = with_table(SAYS % "no", "{name: name}")
    codes = [each.code for each in found(table + more)]
    assert codes.count("M160") == asked


def test_a_row_that_says_true_false_or_nothing_is_a_condition() -> None:
    for then in ("true", "false", "null", "''", "{from: gone}"):
        leavers = LEAVERS.replace("when: gone", "when: choose('t')")
        mapping = with_table(SAYS % then, "{name: name}") + leavers
        assert "M160" not in [each.code for each in found(mapping)], then


def test_a_named_expression_that_is_a_text_is_no_condition() -> None:
    mapping = BASE.replace("match:", "let:\n  left: \"'no'\"\nmatch:")
    leavers = LEAVERS.replace("when: gone", "when: let('left')")
    wrong = [each for each in found(mapping + leavers) if each.code == "M160"]
    assert [each.span.line for each in wrong] == [6]
    assert "the text 'no', which leavers.when takes for yes" in wrong[0].summary
    assert "M160" not in [each.code for each in found(mapping + "  email: let('left')\n")]


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("\"join('-', ['CC', name])\"", "is an expression"),
        ("upper(name)", "is an expression"),
        ("name == 'Ann'", "is an expression"),
        ("address.city || 'none'", "is an expression"),
        ("[upper(name)]", "is an expression"),
        ("mail", "is a field of the source"),
        ("address.city", "is a field of the source"),
        ("Manager (acting)", ""),
        ('"f(x)"', ""),
        ("CC-OPS", ""),
        ("A|B", ""),
        ("'a == b ?'", ""),
        ("'O''Neill''s'", ""),
        ("{from: upper(name)}", ""),
    ],
)
def test_a_row_that_says_the_text_of_an_expression_is_reported(then: str, said: str) -> None:
    """The text itself was written to the records, and nothing warned of it."""
    table = with_table(
        f"      - {{name: Ann, then: {then}}}\n      - {{then: x}}\n", "{name: name}"
    )
    codes = ("M161", "M223")
    wrong = [each for each in found(table + "  fullName: choose('t')\n") if each.code in codes]
    assert [each.span.line for each in wrong] == [9] * bool(said)
    for each in wrong:
        assert each.code == ("M161" if said == "is an expression" else "M223")
        assert each.summary.startswith("row 1 of 't' says the text")
        assert said in each.summary
        assert "then: {from: " in each.help


@pytest.mark.parametrize("then", ["\"'three'\"", "'`3`'"])
def test_quotes_of_an_expression_around_what_a_row_says_are_reported(then: str) -> None:
    table = with_table(
        f"      - {{name: Ann, then: {then}}}\n      - {{then: x}}\n", "{name: name}"
    )
    wrong = next(each for each in found(table + "  fullName: choose('t')\n"))
    assert (wrong.code, wrong.span.line) == ("M223", 9)
    assert "with its quotes" in wrong.summary


def test_a_table_without_a_use_is_reported() -> None:
    assert [
        each.code for each in found(with_table("      - {name: Ann, then: a}\n", "{name: name}"))
    ] == ["M230"]


@pytest.mark.parametrize("text", ["choose('t', name)", "choose('t', name, mail)", "choose(name)"])
def test_it_takes_its_name_alone(text: str) -> None:
    mapping = with_table("      - {name: Ann, then: a}\n", "{name: name}")
    for used in (text, f"join('', [choose('t'), {text}])"):
        wrong = found(mapping + f'  fullName: "{used}"\n')
        assert [each.code for each in wrong] == ["M103"], used
    with pytest.raises(ExpressionSyntax):
        parse(text, Span("m.yaml"))


def test_its_value_has_the_types_of_its_rows() -> None:
    mapping = with_table("      - {name: Ann, then: 7}\n      - {then: 8}\n", "{name: name}")
    wrong = [each for each in found(mapping + "  fullName: choose('t')\n") if each.code != "M208"]
    assert [(each.code, each.span.line, each.help) for each in wrong] == [
        ("M123", 9, "write it in quotes: '7'"),
        ("M123", 10, "write it in quotes: '8'"),
    ]
    assert [each.code for each in found(mapping + "  fullName: trim(choose('t'))\n")] == ["M218"]
    assert found(mapping + "  age: choose('t')\n") == []


def test_what_a_column_reads_is_sensitive_where_it_is_used() -> None:
    mapping = with_table("      - {account: x, then: a}\n      - {then: b}\n", "{account: account}")
    rules = compiled(mapping + "  fullName: choose('t')\n").code.policy.fields
    assert [rule.path for rule in rules if rule.sensitive] == ["fullName"]


def test_nearly_a_word_of_a_cell_is_no_answer_where_access_is_decided() -> None:
    table = with_table("      - {name: Former, then: gone}\n      - {then: here}\n", "{name: name}")
    leavers = LEAVERS.replace("when: gone", "when: choose('t') == 'gone'")
    leaver = compiled(table + leavers).code.leaver
    assert leaver is not None
    said = {name: leaver.decide({"name": name}, CONTEXT) for name in ("Former", "FORMER", "Cy")}
    assert (said["Former"].value, said["Former"].truth) == (True, ())
    assert (said["Cy"].value, said["Cy"].truth) == (False, ())
    assert "Former" in said["FORMER"].truth[0].wrong


TABLE = {
    "columns": {"name": "name", "level": "level"},
    "rows": [
        {"name": ["Ann", "Bo"], "level": 1, "then": "first"},
        {"name": "Cy", "then": {"from": "nick"}},
        {"level": True, "then": "second"},
    ],
}


def test_the_row_that_fits_is_shown_with_its_columns() -> None:
    table = expression("choose('t') || 'none'", choices={"t": TABLE})
    steps = steps_of(table, {"name": "Bo", "level": 1, "nick": "C"}, CONTEXT)
    assert [(each.text, each.value) for each in steps] == [
        ("name", "Bo"),
        ("level", 1),
        ("(name == 'Ann' || name == 'Bo') && level == `1`", True),
        ("choose('t')", "first"),
        ("choose('t') || 'none'", "first"),
    ]
    assert len(list(branches(table))) == len(TABLE["rows"]) + 1


def test_no_row_that_fits_is_an_error_that_names_the_table() -> None:
    table = expression("choose('t')", choices={"t": TABLE})
    for data in (
        {"name": "Di", "level": 7},
        {"name": None, "level": None},
        {"name": "anna", "level": "2"},
    ):
        with pytest.raises(EvaluationError, match="no row of 't' fits"):
            table.decide(data, CONTEXT)
    assert table.decide({"name": "Di"}, CONTEXT).exact
    assert table.decide({"name": "ann", "level": 1}, CONTEXT).exact
    assert not table.decide({"name": "Cy", "nick": "x"}, CONTEXT).exact


def test_a_table_may_be_long_and_use_names() -> None:
    rows = [
        {"code": [f"A{n}", f"B{n}"], "grade": [str(each) for each in range(n % 7 + 1)], "then": n}
        for n in range(250)
    ]
    rows.append({"code": [f"C{n}" for n in range(300)], "then": -1})
    table = {"columns": {"code": "let('code')", "grade": "grade"}, "rows": [*rows, {"then": 0}]}
    found = expression("choose('t')", let={"code": "trim(code)"}, choices={"t": table})
    assert found.evaluate({"code": " A249", "grade": "3"}, CONTEXT)[0] == 249
    assert found.evaluate({"code": "B6", "grade": "7"}, CONTEXT)[0] == 0
    assert found.evaluate({"code": "C299", "grade": None}, CONTEXT)[0] == -1


def test_one_that_is_too_long_written_out_is_refused() -> None:
    rows = "".join(f"      - {{name: {'x' * 900}{n}, then: {n}}}\n" for n in range(250))
    (wrong, *_) = found(with_table(rows, "{name: name}") + "  age: choose('t')\n")
    assert (wrong.code, wrong.span.line) == ("M103", 6)
    assert "characters, written out" in wrong.summary


def test_its_rows_are_edited_one_by_one() -> None:
    mapping = with_table() + "  fullName: choose('t')\n"
    texts = {
        each.text
        for each in edits(parse_yaml(mapping.encode(), "m.yaml"))
        if each.part == "choices"
    }
    assert {
        "drop row 1 of t", "row 2 of t for any mail", "row 3 of t for one name fewer",
        "row 8 of t before row 7", "row 7 of t says not g",
    } <= texts  # fmt: skip


def test_each_column_is_tried_with_the_words_of_its_own_cells() -> None:
    rows = "      - {name: Ann, then: x}\n"
    rows += "      - {mail: [m, n], then: {from: 'tags[0]'}}\n      - {then: y}\n"
    code = compiled(with_table(rows) + "  fullName: choose('t')\n").code
    asked = [code.fields[1].source.expression] if code.fields[1].source else []
    people = described()["payroll"].resources["people"]
    made = domains(asked, people, datetime(2026, 6, 15, tzinfo=UTC), {})
    words = {
        path: {each.value for each in found} for path, found in made.items() if path != ("tags",)
    }
    assert "Ann" in words["name",] - words["mail",]
    assert {"m", "n"} <= words["mail",] - words["name",]
    assert not {"t", "x", "y"} & (words["name",] | words["mail",])
