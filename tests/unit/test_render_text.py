"""What is printed, by example: diagnostics, results, functions, columns."""

from oneway.applying.result import Result
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.core.phrases import count
from oneway.mapping.functions import LIBRARY
from oneway.mapping.spec import GuardsSpec
from oneway.planning.breach import Verdict
from oneway.planning.endings import Ending
from oneway.planning.guards import RecentRuns, judge
from oneway.planning.plan import Action, Change, Kind, Outcome, Plan, Reason, Verb
from oneway.planning.plan_inputs import Read
from oneway.render import Style, diagnostics, functions, plans, results
from oneway.render.layout import clip, columns, pad, people, wrap
from oneway.render.sanitize import harmless, markdown, shown


def diagnostic(**keys):
    given = {
        "span": Span("mappings/acme.yaml", 21, 3, 8),
        "severity": Severity.ERROR,
        "code": "M102",
        "summary": "unknown target field 'emial'",
        "help": "did you mean 'email'?",
        "quote": "  emial: personalDetails.email",
    }
    return Diagnostic(**(given | keys))


def test_a_diagnostic_points_at_the_word():
    assert diagnostics.text([diagnostic()], Style()) == (
        "mappings/acme.yaml:21:3: error: unknown target field 'emial' [M102]\n"
        "   21 |   emial: personalDetails.email\n"
        "      |   ^^^^^ did you mean 'email'?\n"
    )


def test_a_diagnostic_without_a_line_gives_its_help_below():
    found = diagnostic(span=Span("plan.json"), quote="", summary="the plan is torn")
    assert diagnostics.text([found], Style()) == (
        "plan.json: error: the plan is torn [M102]\n       did you mean 'email'?\n"
    )


def test_the_caret_stands_below_its_word_after_tabs_and_wide_characters():
    quote = "\tname: '山田' + emial"
    start = quote.index("emial")
    span = Span("m.yaml", 2, start + 1, start + 6)
    lines = diagnostics.text([diagnostic(span=span, quote=quote, help="")], Style()).splitlines()
    before, _, _ = lines[1].partition("emial")
    assert columns(before) == lines[2].index("^")
    assert lines[2].endswith("^^^^^")


def test_the_caret_of_a_long_line_can_be_seen():
    quote = "x" * 500 + "emial" + "y" * 500
    found = diagnostic(span=Span("m.yaml", 2, 501, 506), quote=quote)
    _, line, caret, *rest = diagnostics.text([found], Style()).splitlines()
    at = caret.index("^")
    assert line[at : at + 5] == "emial"
    assert columns(line) <= 80
    assert rest == []


def test_long_help_goes_below_the_caret():
    found = diagnostic(help="write " + "one of these words " * 6)
    lines = diagnostics.text([found], Style()).splitlines()
    assert lines[2].strip("| ") == "^^^^^"
    assert all(line.startswith("      | ") for line in lines[3:])


def test_diagnostics_as_data_have_every_part():
    assert diagnostics.as_json([diagnostic()]) == [
        {
            "file": "mappings/acme.yaml",
            "line": 21,
            "column": 3,
            "end": 8,
            "severity": "error",
            "code": "M102",
            "summary": "unknown target field 'emial'",
            "help": "did you mean 'email'?",
        }
    ]


def result(id, ending, **keys):
    return Result(ending, f"t{id}", action=Action(id, Verb.UPDATE, f"s{id}", f"t{id}", ()), **keys)


def test_results_count_every_ending_and_list_what_was_not_done():
    ended = [
        result("1", Ending.DONE),
        result("2", Ending.REJECTED, code="W110", reason="400: email is taken"),
        result("3", Ending.HELD),
    ]
    action = ended[1].action
    outcome = Outcome(Kind.UPDATE, "PAY2", "Bob Sample", "s2", "t2", (), (action,))
    plan = Plan("m", "m.yaml", "0", "2026-11-22T04:00:00Z", {}, {}, (), 1, (outcome,))
    assert results.text(ended, Style(), plan) == (
        "Applied: 1 done, 1 rejected, 1 held back by a guard. 1 was changed.\n"
        "\n"
        "! rejected (1): the target refused it; nothing was written\n"
        "    update PAY2 Bob Sample  400: email is taken [W110]\n"
        "\n"
        "! held back by a guard (1): if it is right, let it pass with --allow in a new\n"
        "  plan; if not, correct the data\n"
        "    update t3\n"
    )
    assert results.as_json(ended)["counts"]["rejected"] == 1


def test_a_guard_names_the_key_of_its_limit_and_what_lets_the_plan_pass():
    reads = (Read("source", 60, True), Read("target", 90, True))
    plan = Plan("m", "m.yaml", "0", "2026-11-22T04:00:00Z", {}, {}, reads, 80, ())
    verdict = judge(plan, GuardsSpec(), RecentRuns(source_records=100))
    text = plans.text(plan, verdict, Style())
    assert "! There is no action to hold back." in text
    assert "limit: guards.source.shrink in m.yaml\n" in text
    assert "to let these pass, in this plan only: --allow source_shrink=40\n" in text


def test_a_plan_of_any_size_fits_a_comment_and_says_what_it_leaves_out():
    name = "`|" * 40
    span = Span("m.yaml", 1, 1)
    outcomes = []
    for i in range(2000):
        change = Change("field", None, name, "expression", span)
        action = Action(str(i), Verb.CREATE, str(i), None, (change,))
        outcomes.append(Outcome(Kind.CREATE, f"P{i}", name, str(i), None, (), (action,)))
        reason = Reason("x", f"reason {i}")
        outcomes.append(Outcome(Kind.CONFLICT, f"C{i}", name, f"c{i}", None, (reason,)))
    plan = Plan("m", "m.yaml", "0", "2026-11-22T04:00:00Z", {}, {}, (), 0, tuple(outcomes))
    text = plans.markdown(plan, Verdict((), frozenset()))
    assert len(text) < 65_536
    assert " more rows" in text
    assert text.count(" more\n") == 1


def test_nothing_to_apply_is_said():
    assert results.text([], Style()) == "Applied: nothing to do.\n"


def test_every_function_is_listed_and_shown_within_the_width():
    listed = functions.text(LIBRARY, Style())
    for each in LIBRARY:
        assert each.signature.split("(")[0] in listed
        alone = functions.text([each], Style())
        assert each.examples[0].expression.split("(")[0] in alone
        assert all(columns(line) <= 80 for line in (listed + alone).splitlines())
    assert len(functions.as_json(LIBRARY)) == len(LIBRARY)


def test_hidden_characters_are_shown_as_escapes():
    assert harmless("a\x1b[2Jb") == "a\\x1b[2Jb"
    assert harmless("two\nlines\t") == "two\\nlines\\t"
    assert harmless("\u202eevil") == "\\u202eevil"
    assert harmless("a\u00a0b\u00ad") == "a[no-break space]b[soft hyphen]"
    assert harmless("\U000e0101") == "\\U000e0101"
    assert harmless("\ud800") == "\\ud800"
    assert harmless("Zoë Núñez 山田") == "Zoë Núñez 山田"
    assert harmless("n\u0303") == "n\u0303"


def test_values_are_shown_as_json():
    assert shown(None) == "nothing"
    assert shown('a"b\\c') == '"a\\"b\\\\c"'
    assert shown([1, True, None, {"k": "v"}]) == '[1, true, null, {"k": "v"}]'


def test_a_value_of_any_depth_is_shown():
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert shown(deep).count("[") == 20


def test_code_spans_let_no_markup_out():
    assert markdown("@everyone") == "`@everyone`"
    assert markdown("a|b") == "<code>a&#124;b</code>"
    assert markdown("`x`") == "<code>&#96;x&#96;</code>"
    assert markdown("<b>|") == "<code>&#60;b&#62;&#124;</code>"


def test_columns_count_wide_characters_twice_and_marks_not_at_all():
    assert columns("山田") == 4
    assert columns("e\u0301") == 1
    assert pad("山", 4) == "山  "
    assert clip("山田太郎", 5) == "山..."
    assert clip("short", 5) == "short"


def test_a_command_is_not_broken_unless_no_line_holds_it():
    said = "only if it is right: `oneway sync acme --allow leavers=7`"
    assert wrap(said, Style(width=40), 2) == [
        "  only if it is right:",
        "  `oneway sync acme --allow leavers=7`",
    ]
    assert wrap(said, Style(width=30)) == [
        "only if it is right: `oneway",
        "sync acme --allow leavers=7`",
    ]
    assert wrap("one ` alone", Style(width=6)) == ["one `", "alone"]


def test_wrapping_keeps_the_spaces_inside_a_line():
    assert wrap("a   b c", Style(width=40), 2) == ["  a   b c"]
    assert wrap("one two", Style(width=5), 0, 2) == ["one", "  two"]


def test_counts_are_for_people():
    assert count(1) == "1 record"
    assert count(3412, "action") == "3,412 actions"
    assert people(["a", "b", "c"], 2) == "a, b, and 1 more; --verbose shows all"
