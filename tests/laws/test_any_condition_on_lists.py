"""Any condition on lists in lists: what a word decides there, nearly the word does not decide.

A condition is drawn together with the shape of the value that it reads, whose one leaf is the
word, nearly the word, another word, or blank. What the first two answer says what is wanted of the
others: nobody says so for each form of a condition.
"""

from dataclasses import replace
from typing import NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from laws.test_spelling import world_of
from oneway.core.diagnostics import Span
from oneway.core.records import Record, Value, holds
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, Expression, Reading, parse
from oneway.mapping.functions import EvaluationError
from oneway.mapping.profile.read_keys import tallies_of
from oneway.mapping.spelling import with_spellings
from worlds import AS_OF, bound

CODE = bound(world_of("code", None)).code


class Shape(NamedTuple):
    """Of a value: of a leaf, of a list of one (`[]`), or of an object with `s` and a number `n`."""

    kind: str
    inner: "Shape | None" = None

    def made(self, leaf: Value) -> Value:
        if self.inner is None:
            return leaf
        inner = self.inner.made(leaf)
        return [inner] if self.kind == "[]" else {"s": inner, "n": 1}


LEAF = Shape("leaf")
SHAPES = st.recursive(
    st.just(LEAF),
    lambda inner: st.builds(Shape, st.sampled_from(["[]", "[]", "{}"]), inner),
    max_leaves=5,
)
SAME_LIST = [
    "reverse({0})", "({0})[:1]", "({0})[?@]", "[{0}][]", "compact({0})", "not_null(`null`, {0})",
    "({0} || `[]`)", "coalesce({0}, `[]`)", "map(&@, {0})", "to_array({0})", "({0}) | @",
    "[{0}, {0}] | [0]", "iif(`true`, {0}, `null`)", "{{q: {0}}}.q", "values({{q: {0}}})[0]",
    "merge({{q: {0}}}, {{z: `1`}}).q", "({0} && {0})",
]  # fmt: skip
ITEM = [
    "({0})[0]", "({0})[-1]", "({0} | [0])", "item({0}, `1`)", "only({0})", "({0})[*] | [0]",
    "({0})[] | [0]",
]  # fmt: skip
SAME_OBJECT = [
    "({0} | @)", "merge({0}, {{z: `1`}})", "({0}).{{s: s, n: n}}", "[{0}] | [0]",
    "coalesce({0}, `{{}}`)",
]  # fmt: skip
SAME_OBJECTS = ["sort_by({0}, &n)", "({0})[?n]", "({0})[].{{s: s, n: n}}"]
OF_EACH = ["({0})[*].s", "({0})[].s", "map(&s, {0})", "({0})[?n == `1`].s"]
OF_LEAF = [
    "{0} == 'Former'", "'Former' == {0}", "contains(['Former', 'x'], {0})", "trim({0}) == 'Former'",
    "one_of({0}, ['Former', 'x'])", "starts_with({0}, 'Former')", "ends_with({0}, 'Former')",
    "iif({0} == 'Former', `true`, `false`)", "({0} || 'x') == 'Former'", "[{0}][?@ == 'Former']",
    "{{a: {0} == 'Former'}}.a", "map_value({0}, {{Former: 'x'}}, 'y') == 'x'",
]  # fmt: skip
OF_LEAVES = ["contains({0}, 'Former')", "contains(join(', ', {0}), 'Former')"]
OF_LIST = [
    "({0})[?{1}]", "length(({0})[?{1}]) == `1`", "({0})[?{1}] | [0]", "({0})[?{1}] != `[]`",
    "map(&({1}), {0})[0]", "contains(({0})[*].[{1}][], `true`)",
]  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn, text: str, shape: Shape) -> str:
    """Draw a condition on what a text reads: steps to a leaf, with filters on the way."""
    while shape.inner is not None:
        inner = shape.inner
        if shape.kind == "{}":
            text = draw(st.sampled_from(["{0}", *SAME_OBJECT])).format(text)
            text, shape = f"({text}).s", inner
            continue
        same = ["{0}", *SAME_LIST, *(SAME_OBJECTS if inner.kind == "{}" else ())]
        text = draw(st.sampled_from(same)).format(text)
        if inner is LEAF and draw(st.booleans()):
            return draw(st.sampled_from(OF_LEAVES)).format(text)
        ways = ["item", "filter"]
        ways += {"{}": ["each"], "[]": ["flatten"], "leaf": []}[inner.kind]
        way = draw(st.sampled_from(ways))
        if way == "filter":
            condition = draw(conditions("@", inner))
            return draw(st.sampled_from(OF_LIST)).format(text, condition)
        if way == "each":
            assert inner.inner is not None
            text = draw(st.sampled_from(OF_EACH)).format(text)
            shape = Shape("[]", inner.inner)
        elif way == "flatten":
            text, shape = f"({text})[]", inner
        else:
            text, shape = draw(st.sampled_from(ITEM)).format(text), inner
    return draw(st.sampled_from(OF_LEAF)).format(text)


@st.composite
def read(draw: st.DrawFn) -> tuple[str, Shape]:
    shape = draw(SHAPES)
    text = draw(conditions("kind", shape))
    return (f"!({text})" if draw(st.booleans()) else text), shape


def said(condition: Expression, kind: Value) -> bool | None:
    """Return what a condition says; None if it does not."""
    try:
        found = condition.decide({"kind": kind}, Context(AS_OF))
    except EvaluationError:
        return None
    return None if found.truth else holds(found.value)


def code_of(text: str) -> MappingCode:
    """Return the code of a mapping that lets nobody but these people leave, and no others in."""
    condition = parse(text, Span("law", 1, 1, 1))
    return with_spellings(replace(CODE, rules=(condition,), leaver=condition))


NEARLY: list[Value] = ["FORMER", " Former", "For\u200bmer", ["Former"], {"v": "former"}]


@given(read(), st.sampled_from(NEARLY))
@settings(max_examples=200)
def test_what_a_word_decides_nearly_the_word_does_not(
    drawn: tuple[str, Shape], nearly: Value
) -> None:
    text, shape = drawn
    checked = code_of(text).rules[0]
    plain = parse(text, checked.span)
    word, other = (said(plain, shape.made(each)) for each in ("Former", "Current"))
    assume(word is not other)
    assert said(checked, shape.made("Former")) is word, (text, shape)
    assert said(checked, shape.made("Current")) is other, (text, shape)
    assert said(checked, shape.made(nearly)) is not other, (text, shape)


@given(read(), st.sampled_from(["Leaver", "", None, "key"]))
@settings(max_examples=200)
def test_a_word_that_makes_leavers_is_missed(drawn: tuple[str, Shape], instead: Value) -> None:
    """Whatever an export does to it: renames it, blanks it, or renames a key on the way."""
    text, shape = drawn
    code = code_of(text)
    plain = parse(text, code.rules[0].span)
    assume(said(plain, shape.made("Former")) and not said(plain, shape.made("Current")))
    kind = shape.made("Former" if instead == "key" else instead)
    kinds = shape.made("Former"), _renamed(kind) if instead == "key" else kind
    assume(kinds[0] != kinds[1])
    numbers = []
    for each in kinds:
        tally = tallies_of(code)["source"]
        tally.reading = ABSENT_IS_NULL  # else a key that is renamed leaves everybody's leaving open
        tally.note(Record("1", {"kind": each}))
        numbers.append([*tally.counts().values(), *tally.valued().values()])
    assert any(left < had for had, left in zip(*numbers, strict=True)), (text, shape)


ABSENT_IS_NULL = Reading(absent_is_null=True, declared=frozenset({("kind",), ("kind", "s")}))


def _renamed(kind: Value) -> Value:
    if isinstance(kind, list):
        return [_renamed(each) for each in kind]
    if isinstance(kind, dict):
        return {"was" if key == "s" else key: _renamed(each) for key, each in kind.items()}
    return kind
