"""The solver: what it calls the same is so for every record, and what differs the engine shows."""

import re
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st
from test_proving import DIFFERENT, SAME

from oneway.core.diagnostics import Refused, Span
from oneway.core.records import MISSING
from oneway.mapping.expressions import Context, EvaluationError, Expression, ExpressionSyntax, parse
from oneway.planning.impact import impact
from oneway.runs.proving.prove import maker_of
from oneway.runs.proving.situation import ProofSituation
from oneway.runs.proving.solver.decide import Sameness, decide
from oneway.runs.proving.solver.formulas import GapFormulas
from oneway.runs.proving.solver.symbolic import Symbols
from proving.faults import AS_OF, SOUND, compiled

FEW = 1_200

CONTEXT = Context(AS_OF, {}, strict=True)
KEYS = ("a", "b", "c")
VALUES: list[Any] = [None, "", " ", "x", "y", True, False, 0, 1, 2.5, ["x"], [], MISSING]
LEAVES = st.sampled_from([*KEYS, *KEYS, "'x'", "'y'", "''", "`1`", "`0`", "`true`", "`null`"])
SIGNS = st.sampled_from(["||", "&&", "==", "!=", "<", ">=", "||", "&&"])
PRESENCE = st.sampled_from(["is_blank({})", "is_present({})", "coalesce({}, {})", "coalesce({})",
                            "default({}, {})", "not_null({}, {})", "iif({}, {}, {})"])  # fmt: skip


def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    called = st.builds(lambda how, *parts: how.format(*parts), PRESENCE, inner, inner, inner)
    return st.one_of(
        st.builds("({} {} {})".format, inner, SIGNS, inner),
        st.builds("(!({}))".format, inner),
        st.builds("({} | @)".format, inner),
        called,
    )


EXPRESSIONS = st.recursive(LEAVES, deeper, max_leaves=5).filter(lambda text: is_one(text))
RECORDS = st.fixed_dictionaries({key: st.sampled_from(VALUES) for key in KEYS})


def parsed(text: str) -> Expression:
    return parse(text, Span("law", 1, 1, 1))


def is_one(text: str) -> bool:
    """Return whether a text is an expression: `!(a) | @` is refused."""
    try:
        parsed(text)
    except ExpressionSyntax:
        return False
    return True


def known(symbols: Symbols, record: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Return what stands for each open term of a record."""
    found = []
    for (key,), answer in symbols.paths.items():
        absent = record[key] is MISSING
        value = symbols.constant(None if absent else record[key])
        found += [(answer.value, value), (answer.stated, z3.BoolVal(not absent))]
        found += [(answer.exact.absent, z3.BoolVal(absent))]
        found += [(answer.exact.wrong, z3.BoolVal(False))]
    return found


def said(text: str, record: dict[str, Any]) -> list[Any]:
    """Return what the formulas say of an expression on a record."""
    symbols = Symbols("source")
    answer = symbols.answer(parsed(text))
    pairs = known(symbols, record)

    def simple(term: Any) -> Any:
        return z3.simplify(z3.substitute(term, *pairs))

    def hangs(found: GapFormulas) -> tuple[bool, bool]:
        return z3.is_true(simple(found.absent)), z3.is_true(simple(found.wrong))

    if z3.is_true(simple(answer.fails)):
        return ["fails"]
    questions = [hangs(each) for each in (answer.exact, answer.truth, answer.written)]
    return [simple(answer.value), z3.is_true(simple(answer.stated)), *questions]


def real(text: str, record: dict[str, Any]) -> list[Any]:
    """Return what the interpreter says of it, in the same words."""
    data = {key: value for key, value in record.items() if value is not MISSING}
    try:
        found = parsed(text).decide(data, CONTEXT)
    except EvaluationError:
        return ["fails"]
    symbols = Symbols("source")
    symbols.answer(parsed(text))
    known(symbols, record)
    questions = [
        (any(not gap.wrong for gap in gaps), any(bool(gap.wrong) for gap in gaps))
        for gaps in (found.exact, found.truth, found.written)
    ]
    return [symbols.constant(found.value), found.stated, *questions]


@given(EXPRESSIONS, RECORDS)
@settings(max_examples=150)
def test_the_formulas_say_what_the_interpreter_says(text: str, record: dict[str, Any]) -> None:
    ours, theirs = (list(map(str, each(text, record))) for each in (said, real))
    if "before(" not in ours[0]:  # which of two texts is less is open
        assert ours == theirs


def verdict(one: str, other: str) -> tuple[Sameness, tuple[str, ...]]:
    found = decide(compiled(one), compiled(other), AS_OF, None, FEW)
    if found.verdict is Sameness.DIFFERENT:
        assert found.treated is not None
        assert found.treated.person is not None
    return found.verdict, found.because


@pytest.mark.parametrize(("one", "other"), SAME[:-1])
def test_rewrites_are_the_same_for_every_record(one: str, other: str) -> None:
    assert verdict(SOUND, SOUND.replace(one, other)) == (Sameness.SAME, ())


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_an_edit_is_confirmed_by_the_engine(one: str, other: str) -> None:
    assert verdict(SOUND, SOUND.replace(one, other))[0] is Sameness.DIFFERENT


ROWS = st.fixed_dictionaries(
    {key: st.sampled_from(VALUES) for key in ("last", "team", "email", "status")}
)
PLACES = {
    "rule": ("when: email,", 'when: "{}",'),
    "leavers": ("when: status == 'Left'", 'when: "{}"'),
    "field": ("start: start", 'start: "{}"'),
    "when": ("start: start", 'start: {{from: start, when: "{}"}}'),
    "default": ("start: start", 'start: {{from: start, default: "{}"}}'),
    "left": ("left: is_past(leaveDate)", 'left: "{}"'),
}
NAMES = dict(zip(KEYS, ("last", "team", "status"), strict=True))
USERS_NAMES = dict(zip(KEYS, ("name", "team", "leaveDate"), strict=True))


def placed(place: str, text: str) -> str:
    """Return the sound mapping with an expression in a place, over the keys that are there."""
    names = USERS_NAMES if place == "left" else NAMES
    words = re.sub(r"\b[abc]\b", lambda found: names[found[0]], text)
    old, new = PLACES[place]
    return SOUND.replace(old, new.format(words))


def others(text: str) -> list[str]:
    """Return expressions beside one: two that say the same, and two that may not."""
    return [f"({text} || {text})", f"(!(!({text})))", f"({text} && b)", f"({text} || 'x')"]


@given(EXPRESSIONS, st.integers(0, 3), st.sampled_from(sorted(PLACES)), st.lists(ROWS, max_size=6))
@settings(max_examples=10)
def test_what_is_called_the_same_is_so_for_random_records_and_what_is_not_is_shown(
    text: str, which: int, place: str, rows: list[dict[str, Any]]
) -> None:
    try:
        versions = [compiled(placed(place, each)) for each in (text, others(text)[which])]
    except Refused:
        return  # what lint calls an error
    found = decide(*versions, AS_OF, None, 60)
    if found.verdict is not Sameness.SAME:
        shown = found.treated is not None and found.treated.situation is not None
        assert shown is (found.verdict is Sameness.DIFFERENT)
        return
    makers = [maker_of(each, AS_OF, None) for each in versions]
    usual = makers[0].usual()
    for row in rows:
        source = {k: v for k, v in (usual | row).items() if v is not MISSING}
        user = {"name": row["last"], "team": row["team"], "leaveDate": row["status"]}
        target = {"id": "t1", "reference": usual["code"], "email": "ada.quill@example.com", **user}
        target = {k: v for k, v in target.items() if v is not MISSING}
        for users in ((), (target,)):
            plans = [m.planned(ProofSituation((), "agrees", (source,), users)) for m in makers]
            assert impact(*plans).people == ()
