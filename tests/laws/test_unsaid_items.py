"""What an item of a list does not say decides nothing, in fields as in what decides about access.

A key is removed from some items of a record. Whatever the items might have held there, a field is
either left alone or has the value that it would have had, and a condition is either unknown or has
its answer.
"""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from laws.test_spelling import world_of
from laws.test_within_lists import is_unsaid
from one_expression import found_of, function_of
from oneway.core.diagnostics import Span
from oneway.core.records import Value, holds, is_blank
from oneway.mapping.expressions import Context, Evaluation, Reading, parse
from oneway.mapping.functions import EvaluationError
from oneway.mapping.generated.program import GeneratedProgram
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.rows import SourceRow
from oneway.planning.diff import at_update
from worlds import AS_OF, bound

CONTEXT = Context(AS_OF)
FILTERS = ["jobs[?s == 'x']", "jobs[?s != 'x']", "jobs[?s]", "jobs[?!s]", "jobs[?s && n > `1`]"]
LISTS = [
    *FILTERS, *(f"{each}.n" for each in FILTERS), "jobs[].s", "jobs[*].s", "map(&s, jobs)",
    "jobs[].[s, n][]", "jobs[].{s: s}", "jobs[?n > `1`].s", "jobs[?s] | [?n]",
    "unique(jobs[].s)", "jobs[?contains(['x', 'y'], s)].n", "jobs[?iif(s == 'x', `true`, `false`)]",
]  # fmt: skip
OF_LIST = [
    "{0}", "{0} | [0]", "{0} | [-1]", "({0})[0]", "({0})[1]", "length({0})", "{0} | [0] || 'none'",
    "coalesce({0} | [0], 'none')", "default({0} | [-1], 'none')", "not_null({0} | [0], 'none')",
    "is_blank({0})", "is_present({0})", "contains({0}, 'x')", "reverse({0})", "{0} && 'yes'",
    "iif({0}, 'yes', 'no')", "!({0})", "({0})[:1]", "compact({0})", "to_string({0})",
]  # fmt: skip
OTHERS = [
    "sum(jobs[?s == 'x'].n)", "sort_by(jobs, &to_string(s))[-1].n", "max_by(jobs, &to_string(s)).n",
    "join('-', map(&to_string(s), jobs))", "jobs[?s == 'x'].n | sum(@)", "jobs[0].s", "jobs[-1].s",
]  # fmt: skip
CHOSEN = [each for each in LISTS if each.startswith((*FILTERS, "jobs[?iif", "jobs[?contains"))]
HELD: list[Value] = ["x", "y", "", None]
"""What an item may hold under the key."""
JOBS = st.lists(st.sampled_from(["x", "y", "", None, "absent"]), max_size=4)


def record_of(held: Any) -> dict[str, Any]:
    jobs = [{"n": n % 3, **({} if s == "absent" else {"s": s})} for n, s in enumerate(held, 1)]
    return {"jobs": jobs}


def decided(text: str, data: Value) -> Evaluation | None:
    try:
        return parse(text, Span("law", 1, 1, 1)).decide(data, CONTEXT)
    except EvaluationError:
        return None


def filled(held: list[str]) -> list[list[Value]]:
    """Return what the items may hold in truth."""
    return [list(each) for each in product(*(HELD if s == "absent" else [s] for s in held))]


def same_for_all(text: str, held: list[Any], *, of_presence: bool = True) -> Evaluation | None:
    """Return the answer, once it is compared with each that the items may give in truth."""
    asked = decided(text, record_of(held))
    truths = [decided(text, record_of(each)) for each in filled(held)]
    for each in filter(None, truths if asked is not None else ()):
        assert asked is not None
        if not asked.truth:
            assert holds(each.value) is holds(asked.value), (text, held)
        if not asked.exact:
            assert each.value == asked.value, (text, held)
        if not asked.written and (asked.stated or not is_blank(asked.value)):
            assert each.value == asked.value, (text, held)
    return asked


@given(st.sampled_from(OF_LIST), st.sampled_from(LISTS), JOBS)
@settings(max_examples=400)
@example("{0} | [0]", "jobs[?s != 'x'].n", ["absent", "y"])
@example("is_blank({0})", "jobs[?s == 'x']", ["absent"])
@example("{0} | [0] || 'none'", "jobs[?s == 'x'].n", ["absent"])
@example("coalesce({0} | [0], 'none')", "jobs[?s == 'x'].n", ["absent"])
@example("length({0})", "jobs[?s == 'x']", ["x", "absent"])
@example("{0}", "jobs[?s == 'x']", ["absent", "x"])
@example("{0} | [-1]", "jobs[].s", ["x", "absent"])
def test_an_answer_is_unknown_or_the_same_whatever_an_item_holds(
    of_list: str, made: str, held: list[str]
) -> None:
    asks = any(each in of_list for each in ("is_", "coalesce", "default", "not_null", "||"))
    if asks and made not in CHOSEN:
        return  # it takes an absent key itself for a blank one: the mapping says so
    same_for_all(of_list.format(made), held)


@given(st.sampled_from(OTHERS), JOBS)
def test_a_function_over_items_is_unknown_or_the_same_whatever_they_hold(
    text: str, held: list[str]
) -> None:
    same_for_all(text, held)


@given(st.sampled_from(OF_LIST), st.sampled_from([*LISTS, "jobs[].[s || n][]"]), JOBS)
@settings(max_examples=200)
def test_generated_code_says_the_same_of_items(of_list: str, made: str, held: list[str]) -> None:
    expression = parse(of_list.format(made), Span("law", 1, 1, 1))
    data = record_of(held)
    try:
        expected = found_of(expression.decide(data, CONTEXT))
    except EvaluationError:
        return
    assert function_of(expression, CONTEXT)[0](data) == expected


SURE = [
    ("jobs[?s == 'x'].n | [0]", ["x", "absent"], 1),
    ("jobs[?s == 'x'].n | [-1]", ["absent", "x"], 2),
    ("(jobs[].s)[0]", ["y", "absent"], "y"),
    ("coalesce(jobs[?s == 'x'].n | [0], 'none')", ["x", "absent"], 1),
    ("length(jobs)", ["absent"], 1),
    ("sum(jobs[].n)", ["absent", "absent"], 3),
    ("jobs[?is_present(s)].s", ["x", "absent"], ["x"]),
    ("compact(jobs[].coalesce(s, ''))", ["x", "absent"], ["x"]),
    ("jobs[?n == `1` || s == 'x'].n", ["absent"], [1]),
    ("is_present(jobs[].s)", ["x", "absent"], True),
    ("iif(jobs[?s == 'x'], 'yes', 'no')", ["absent", "x"], "yes"),
    ("is_blank(jobs[?s == 'x'])", ["x", "absent"], False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "held", "value"), SURE)
def test_what_an_item_lacks_makes_no_difference_to_some_answers(
    text: str, held: list[str], value: Value
) -> None:
    found = decided(text, record_of(held))
    assert found is not None
    assert (found.value, found.written, found.truth) == (value, (), ())


def row_in_every_way(rule: Any, held: list[Any]) -> tuple[Interpreted, SourceRow]:
    """Return a mapping with a rule for `tags`, and the row that all ways make of a record."""
    world = world_of("code", record_of(held)["jobs"], there=True)
    mapping = {**world.mapping, "fields": {**world.mapping["fields"], "tags": rule}}
    program = bound(replace(world, mapping=mapping))
    (person,) = world.source.records
    row = Interpreted(program.code, program.context, program.tables).source_row(person)
    generated = GeneratedProgram(program.code, program.context, program.tables, 0, 0)
    assert repr(generated.source_row(person)) == repr(row)
    return program, row


SINGLE = [
    *OTHERS, "jobs[*] | [0].s", "item(jobs, `1`).s", "only(jobs).s", "coalesce(jobs, jobs)[-1].s",
    "jobs[0].[s]", "jobs[0] | s || 'none'", "jobs[0].s == 'x'", "jobs[0]", "max(jobs[].n)",
]  # fmt: skip


@given(st.sampled_from([*SINGLE, *LISTS]), st.booleans(), JOBS)
@settings(max_examples=100, deadline=None)
@example("jobs[0].s", False, ["absent"])
@example("jobs[0].s", True, ["absent"])
def test_a_cell_says_what_items_lack_in_every_way(
    text: str, decides: bool, held: list[str]
) -> None:
    text = text.replace("jobs", "kind")
    row_in_every_way({"from": "code", "when": text} if decides else text, held)


def written(text: str, merge: Any, held: list[Any], tags: Value) -> tuple[Any, str]:
    """Return what a target record has in `tags` once a plan is applied, and what its cell says."""
    rule = {"from": text.replace("jobs", "kind"), **({"merge": merge} if merge else {})}
    program, row = row_in_every_way(rule, held)
    cells, rules = row.cells[-1:], program.policy.fields[-1:]
    (change,) = at_update(rules, cells, (tags,)) or (None,)
    return (tags if change is None else change.after), cells[0].read


MERGES = [None, "add", {"own": ["x", "y"]}]


@given(
    st.sampled_from(["jobs[?s != ''].s", "jobs[].s", "unique(jobs[].s)", "jobs[].[s][]"]),
    st.sampled_from(MERGES),
    st.lists(st.sampled_from(["x", "y", "absent"]), max_size=3),
    st.lists(st.sampled_from(["x", "y", "z"]), max_size=3, unique=True),
)
@settings(max_examples=100, deadline=None)
@example("jobs[].s", {"own": ["x", "y"]}, ["x", "absent"], ["y", "z"])
@example("jobs[].s", "add", ["x", "absent"], ["z"])
@example("jobs[].s", None, ["x", "absent"], ["y"])
def test_a_list_gains_and_loses_only_what_is_certain(
    text: str, merge: Any, held: list[str], tags: list[Value]
) -> None:
    found, read = written(text, merge, held, tags)
    after: Any = found or []
    truths = [
        written(text, merge, list(each), tags)[0] or []
        for each in product(*(["x", "y"] if s == "absent" else [s] for s in held))
    ]
    assert bool(read) is ("absent" in held)
    if merge is None and read:
        assert after == tags
    gained = [each for each in after if each not in tags]
    assert all(each in truth for each in gained for truth in truths if isinstance(truth, list))
    lost = [each for each in tags if each not in after]
    assert not any(each in truth for each in lost for truth in truths if isinstance(truth, list))


UNSURE = [
    ("jobs[].{s: s} | [0].s", ["absent", "x"]),
    ("jobs[].[s] | [0][0]", ["absent", "x"]),
    ("jobs[?s != 'x'].n | [0]", ["absent", "y"]),
    ("jobs[?s != 'x'].n | [-1]", ["y", "absent"]),
    ("is_blank(jobs[?s != 'x'])", ["absent"]),
    ("is_present(jobs[?s != 'x'].n)", ["absent", "x"]),
    ("iif(jobs[?s != 'x'], 'yes', 'no')", ["absent"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "held"), UNSURE)
def test_what_is_not_certain_of_a_list_is_unknown(text: str, held: list[str]) -> None:
    found = decided(text, record_of(held))
    assert found is not None
    assert found.written
    assert found.truth


def test_what_is_certain_of_a_list_is_added() -> None:
    assert written("jobs[].s", {"own": ["x", "y"]}, ["x", "absent"], ["y"])[0] == ["y", "x"]
    assert written("jobs[?s != ''].s", "add", ["x", "absent"], ["z"])[0] == ["z", "x"]
    assert written("jobs[].s | [0]", None, ["x", "absent"], "y") == ("x", "")


ORDERS = ["sort_by(o, &s)[-1].n == `1`", "max_by(o, &s).n == `1`", "max(o[].s) == 'x'",
          "min_by(o, &s).n == `1`", "sort(o[].s)[0] == 'x'", "min(o[].s) == 'x'"]  # fmt: skip


@pytest.mark.parametrize("text", ORDERS)
@pytest.mark.parametrize(("held", "unknown"), [("", True), (" ", True), ("x", False)])
def test_no_order_by_blank_text_decides_about_access(text: str, held: str, unknown: bool) -> None:
    plain = parse(text, Span("law", 1, 1, 1))
    asked = replace(plain, reading=Reading(deciding=True))
    data: dict[str, Any] = {"o": [{"s": held, "n": 1}, {"s": "y", "n": 2}]}
    assert is_unsaid(asked, data) is unknown
    assert not is_unsaid(asked, {"o": data["o"][:1]}), "there is only one"
    assert not plain.decide(data, CONTEXT).truth, "it decides nothing"
    expected = found_of(asked.decide(data, CONTEXT))
    assert function_of(asked, CONTEXT)[0](data) == expected
