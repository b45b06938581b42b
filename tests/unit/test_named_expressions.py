"""Named expressions: what they mean where they are used, and what is said of mistakes in them."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime

import pytest
from test_lint import BASE, LEAVERS, compiled, found

from oneway.core.diagnostics import Span
from oneway.mapping.expressions import Context, parse
from oneway.mapping.named_expressions import NamedExpressions, with_expressions
from oneway.mapping.spec import Text
from whole_mappings import load_mapping

CONTEXT = Context(datetime(2026, 6, 15, tzinfo=UTC))
SPAN = Span("m.yaml", 9, 5, 200)
LET = {
    "either": "a || b",
    "not_a": "!a",
    "jobs": "jobs[*]",
    "first": "jobs[0]",
    "is_main": "main && !is_blank(title)",
    "title": "title",
    "of_either": "let('either') && c",
}


def named(let: dict[str, str] = LET) -> NamedExpressions:
    found = NamedExpressions()
    for name, text in let.items():
        found = NamedExpressions(
            {**found.bodies, ("let", name): found.written_out(Text(text, SPAN))}
        )
    return found


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("let('either')", "a || b"),
        ("c && let('either')", "c && (a || b)"),
        ("let('either') && c", "(a || b) && c"),
        ("let('of_either')", "(a || b) && c"),
        ("!let('either')", "!(a || b)"),
        ("is_blank(let('either'))", "is_blank(a || b)"),
        ("join(' ', [let('title'), let('title')])", "join(' ', [(title), (title)])"),
        ("let('jobs').title", "(jobs[*]).title"),
        ("let('jobs')[0]", "(jobs[*])[0]"),
        ("let('first').title", "(jobs[0]).title"),
        ("jobs[?let('is_main')].title", "jobs[?(main && !is_blank(title))].title"),
        ("sort_by(jobs, &let('title'))", "sort_by(jobs, &(title))"),
        ("map(&let('is_main'), jobs)", "map(&(main && !is_blank(title)), jobs)"),
        ("{let: let('title')}", "{let: (title)}"),
        ('let ( `"title"` )', "title"),
        ("'let(''title'')'", "'let(''title'')'"),
        ('"let"', '"let"'),
    ],
)
def test_it_means_what_it_would_in_brackets(text: str, meaning: str) -> None:
    assert named().written_out(Text(text, SPAN)).text == meaning


def test_a_part_of_it_has_the_place_where_it_is_written() -> None:
    let = Span("m.yaml", 3, 12, 30)
    body = Text("gone && nmae", let)
    used = NamedExpressions({("let", "x"): body}).written_out(Text("mail && let('x') || bad", SPAN))
    assert used.text == "mail && (gone && nmae) || bad"
    assert used.shown == "mail && let('x') || bad"
    places = {word: used.span.part(used.text.index(word), len(word)) for word in ("nmae", "bad")}
    assert (places["nmae"].line, places["nmae"].column, places["nmae"].end) == (3, 20, 24)
    assert str(places["nmae"].via) == "m.yaml:9:13"
    assert (places["bad"].line, places["bad"].column) == (9, 5 + 20)
    assert places["bad"].via is None


def test_without_the_mapping_it_has_no_value() -> None:
    with pytest.raises(Exception, match="of a mapping"):
        parse("let('x')", SPAN).evaluate({}, CONTEXT)


def with_let(let: str) -> str:
    """Return a small mapping with named expressions; its fields may go on."""
    return BASE.replace("match:", f"let:\n{let}match:")


def test_an_unknown_field_is_told_once_at_the_named_expression() -> None:
    mapping = with_let("  nick: nmae || mail\n")
    mapping += "  fullName: let('nick')\n  email: lower(let('nick'))\n"
    (wrong,) = found(mapping)
    assert (wrong.code, wrong.span.line, wrong.quote) == ("M101", 6, "  nick: nmae || mail")
    assert wrong.help == "did you mean 'name'?; it is used on lines 11, 12"


def test_only_the_side_that_has_no_such_field_is_named() -> None:
    mapping = with_let("  name: name\n")
    mapping = mapping.replace(
        "- {source: code", "- {source: let('name'), target: let('name')}\n  - {source: code"
    )
    (wrong,) = (each for each in found(mapping) if each.code == "M101")
    assert wrong.summary == "unknown target field 'name'"
    assert wrong.help.endswith("it is used on line 8")


def test_a_mistake_of_syntax_names_the_lines_that_use_it() -> None:
    mapping = with_let("  nick: lower(mail\n") + "  fullName: let('nick')\n"
    (wrong,) = found(mapping)
    assert (wrong.code, wrong.span.line) == ("M103", 6)
    assert wrong.help.endswith("it is used on line 11")


@pytest.mark.parametrize(
    ("let", "summary"),
    [
        ("  a: let('a') && mail\n", "'a' uses itself"),
        ("  a: let('b')\n  b: lower(let('c'))\n  c: let('a')\n",
         "'a' uses 'b' uses 'c' uses 'a': a circle"),
    ],
)  # fmt: skip
def test_a_circle_is_refused(let: str, summary: str) -> None:
    (wrong,) = found(with_let(let) + "  fullName: let('a')\n")
    assert (wrong.code, wrong.summary, wrong.span.line) == ("M157", summary, 6)


@pytest.mark.parametrize(
    ("text", "code", "help"),
    [
        ("let('nikc')", "M155", "did you mean 'nick'?"),
        ("let('other')", "M155", "declare it under `let`"),
        ("let(nick)", "M103", ""),
        ("let('nick', mail)", "M103", ""),
        ("address.let('nick')", "M103", "map(&let('nick'), ...)"),
    ],
)
def test_a_use_that_cannot_be_is_refused(text: str, code: str, help: str) -> None:
    (wrong,) = found(with_let("  nick: mail\n") + f'  fullName: "{text}"\n')
    assert wrong.code == code
    assert help in wrong.help


def test_there_is_none_without_let() -> None:
    (wrong,) = found(BASE + "  fullName: let('nick')\n")
    assert (wrong.code, wrong.help) == ("M155", "declare it under `let`")


def test_what_it_reads_is_sensitive_where_it_is_used() -> None:
    mapping = with_let("  digits: digits(account)\n") + "  email: let('digits')\n"
    rules = {rule.path: rule.sensitive for rule in compiled(mapping).code.policy.fields}
    assert rules == {"ref": False, "email": True}
    (wrong,) = found(mapping + "label: let('digits')\n")
    assert wrong.code == "M122"


def test_its_comparisons_are_checked_where_access_is_decided() -> None:
    leavers = LEAVERS.replace("when: gone", "when: let('has_left')")
    assert leavers != LEAVERS
    written = compiled(BASE + LEAVERS.replace("when: gone", "when: \"name == 'Former'\""))
    used = compiled(with_let("  has_left: name == 'Former'\n") + leavers)
    assert used.code.leaver is not None
    assert written.code.leaver is not None
    for name in ("Former", "FORMER", "Current", None):
        data = {"name": name}
        assert used.code.leaver.decide(data, CONTEXT) == written.code.leaver.decide(data, CONTEXT)


def test_a_key_is_carried_by_whatever_name() -> None:
    mapping = with_let("  key: code\n").replace("source: code", "source: let('key')")
    policy = compiled(mapping).code.policy
    assert policy.carried == (True,)
    assert policy.fields[0].expression == "code"
    other = compiled(mapping.replace("ref: code", "ref: let('key')")).code.policy
    assert other.carried == (True,)
    assert (
        replace(other.fields[0], expression="code", place=policy.fields[0].place)
        == policy.fields[0]
    )


def test_one_that_grows_without_end_is_refused() -> None:
    let = "  n0: join(' ', [name, mail])\n"
    let += "".join(f"  n{i}: join(' ', [let('n{i - 1}'), let('n{i - 1}')])\n" for i in range(1, 30))
    codes = [each.code for each in found(with_let(let) + "  fullName: let('n29')\n")]
    assert codes == ["M103"]


WHOLE = """\
oneway: 1
name: whole
label: e0
time_zone: Europe/London
source:
  connector: file
  resource: a.csv
  options: {id: code}
  one_per: {person: e1, current: e2, latest_by: e3}
target: {connector: file, resource: b.csv}
references:
  t: {from: target, resource: b.csv, key: e4, value: e5, label: e6}
match:
  - {source: e7, target: e8}
only:
  - {id: a, when: e9, otherwise: Not}
eligible:
  - {id: b, when: e10, otherwise: Not}
fields:
  ref: e11
  other: {from: e12, default: {from: e13}, initial: {from: e14}, when: e15, lookup: t}
joiners: {unless_taken: [other]}
leavers:
  when: e16
  set: {gone: {from: e17, when: e18}}
  left: e19
  scheduled: e20
absent: {deactivate: {when: e21}}
"""


def test_a_name_may_stand_wherever_an_expression_may() -> None:
    spec = load_mapping(WHOLE.encode(), "m.yaml").spec
    changed = with_expressions(spec, lambda text: replace(text, text="!"))
    kept = {each.text for each in _texts(changed)} - {"!"}
    assert kept == {"file", "a.csv", "b.csv", "t", "other", "Europe/London"}
    assert {f"e{n}" for n in range(22)} == {each.text for each in _texts(spec)} - kept


def _texts(part: object) -> Iterator[Text]:
    if isinstance(part, Text):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from _texts(each)
    elif is_dataclass(part):
        for each in fields(part):
            yield from _texts(getattr(part, each.name))
