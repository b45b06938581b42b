"""Whatever a plan holds, it is printed: within the width, and without a control character."""

import json
import re
import unicodedata
from fractions import Fraction

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from any_plans import ACTIONS, FINITE, PLACES, PLANS, TEXTS
from oneway.applying.result import Result
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.mapping.spec import GuardKind
from oneway.planning.breach import Breach, Verdict
from oneway.planning.endings import Ending
from oneway.planning.guard_kinds import Limit
from oneway.render import Style, diagnostics, plans, results
from oneway.render.layout import clip, columns, flow_lines, wrap
from oneway.render.sanitize import harmless, markdown, shown

BREACHES = st.builds(
    Breach,
    kind=st.sampled_from(GuardKind),
    field=TEXTS,
    found=st.integers(1, 9999),
    ceiling=st.integers(0, 99),
    limit=st.just(Limit(Fraction(1, 10), 2)),
    earlier=st.integers(0, 9),
    base=st.integers(0, 999),
    blocked=st.lists(st.sampled_from("abcdef"), max_size=3).map(tuple),
)
VERDICTS = st.lists(BREACHES, max_size=2).map(
    lambda found: Verdict(tuple(found), frozenset(id for each in found for id in each.blocked))
)
WIDTHS = st.integers(40, 130)


def hidden(text):
    """Return what a terminal does not show, new lines left out."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl")}


def fits(text, width):
    return all(columns(line) <= width for line in text.split("\n"))


@given(PLANS, VERDICTS, WIDTHS, st.none() | st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_a_plan_as_text_is_harmless_and_fits(plan, verdict, width, limit):
    text = plans.text(plan, verdict, Style(width=width), limit=limit)
    assert not hidden(text)
    assert fits(text, width)


@given(PLANS, VERDICTS)
@settings(max_examples=100, deadline=None)
def test_colour_adds_nothing_but_colour(plan, verdict):
    plain = plans.text(plan, verdict, Style())
    colored = plans.text(plan, verdict, Style(color=True))
    for code in ("0", "1", "2", "31", "32", "33", "1;31", "1;32", "1;33"):
        colored = colored.replace(f"\x1b[{code}m", "")
    assert colored == plain


@given(PLANS, VERDICTS)
@settings(max_examples=100, deadline=None)
def test_a_plan_as_markdown_is_harmless(plan, verdict):
    text = plans.markdown(plan, verdict)
    assert not hidden(text)
    assert text.count("<details>") == text.count("\n</details>")
    rows = [line for line in text.split("\n") if line.startswith("| `")]
    assert all(row.count("|") == 6 for row in rows)


@given(PLANS, VERDICTS)
@settings(max_examples=100, deadline=None)
def test_a_plan_as_data_is_json_without_what_is_sealed(plan, verdict):
    data = plans.as_json(plan, verdict)
    assert json.loads(json.dumps(data)) == data
    assert "0" * 64 not in json.dumps(data)
    assert sum(data["counts"].values()) == len(data["outcomes"])


RESULTS = st.builds(Result, st.sampled_from(Ending), TEXTS, TEXTS, TEXTS, action=ACTIONS)


@given(st.lists(RESULTS), WIDTHS)
@settings(max_examples=60, deadline=None)
def test_results_are_harmless_and_fit(ended, width):
    text = results.text(ended, Style(width=width))
    assert not hidden(text)
    assert fits(text, width)
    assert json.loads(json.dumps(results.as_json(ended)))["counts"]


@given(PLACES, st.sampled_from(Severity), TEXTS, TEXTS, TEXTS, WIDTHS)
@example(Span("", 1, 12, 0), Severity.ERROR, "", "", "0\U00010b92\U0001133a\U00018d09", 40)
@settings(max_examples=150, deadline=None)
def test_a_diagnostic_is_harmless(span, severity, summary, help, quote, width):
    found = [Diagnostic(span, severity, "M101", summary, help, quote)]
    text = diagnostics.text(found, Style(width=width))
    assert not hidden(text)
    assert fits(text.partition("\n")[2], width), "all but the line that editors read"


@given(TEXTS)
def test_harmless_text_has_no_hidden_character_and_stays(text):
    safe = harmless(text)
    assert not hidden(safe)
    assert "\n" not in safe
    assert harmless(safe) == safe


@given(TEXTS, st.integers(3, 60))
def test_clipped_text_fits(text, width):
    assert columns(clip(harmless(text), width)) <= width


@given(TEXTS, WIDTHS, st.integers(0, 8), st.integers(0, 12))
def test_wrapping_loses_nothing_but_spaces(text, width, indent, hang):
    lines = wrap(harmless(text), Style(width=width), indent, hang)
    assert "".join(lines).replace(" ", "") == harmless(text).replace(" ", "")
    assert all(columns(line) <= width for line in lines)


@given(TEXTS)
def test_a_code_span_holds_no_markup(text):
    span = markdown(text)
    if span.startswith("`"):
        assert not set("`|\\") & set(span[1:-1])
    elif span:
        inner = span.removeprefix("<code>").removesuffix("</code>")
        assert not set("<>|`*_[]") & set(inner)


@given(FINITE)
def test_a_value_is_shown_on_one_line(value):
    assert not hidden(shown(value))
    assert "\n" not in shown(value)


_TEXT = st.text(st.sampled_from("a \\\"'#:-{}[],é"), max_size=120)
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(_TEXT, inner, max_size=6),
)


@given(_DATA)
def test_a_value_in_several_lines_is_the_same_value_in_yaml(value: object) -> None:
    lines = flow_lines("  - record:", json.dumps(value, ensure_ascii=False), 8)
    assert yaml.safe_load("\n".join(lines)) == [{"record": value}]
    assert [line for line in lines if columns(line) > 80 and ", " in _TEXTS.sub("", line)] == []


_TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"')
