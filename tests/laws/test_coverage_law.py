"""What coverage calls seen on both sides, no edit turns round unnoticed.

The cases expect all that comes of their records: what nobody asks for, no test can notice.
"""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.runs.mapping_tests.check import TARGET, check_test, holds_for, plan_case
from oneway.runs.mapping_tests.coverage import HowMuch, coverage
from oneway.runs.mapping_tests.spec import Case, Expectation, MappingTest
from oneway.runs.prepare.compilation import compile_data

FIELDS = {"reference": {"from": "code", "write": "on_create"}, "name": "name", "email": "email"}
MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "people-to-members",
    "source": {"connector": "file", "resource": "people.json", "options": {"id": "id"}},
    "target": {"connector": "file", "resource": "members.json", "options": {"id": "id"}},
    "match": [{"source": "code", "target": "reference"}],
    "only": [{"id": "kind", "when": "kind != 'temp'", "otherwise": "Not for members"}],
    "eligible": [
        {"id": "name", "when": "name", "otherwise": "No name"},
        {"id": "held", "when": "!held", "otherwise": "Held", "for": ["joiners"]},
    ],
    "fields": FIELDS,
    "joiners": {"unless_taken": ["email"]},
    "leavers": {"when": "gone", "set": {"active": "!gone"}, "left": "active == `false`"},
}
TURNED = {
    "only kind": ("only", 0, "when"),
    "eligible name": ("eligible", 0, "when"),
    "eligible held": ("eligible", 1, "when"),
    "leavers.when": ("leavers", "when"),
    "leavers.left": ("leavers", "left"),
}
BASE = compile_data(json.dumps(MAPPING).encode(), "m.yaml", ())[0]


def turned(path: tuple[Any, ...]) -> Any:
    """Return the mapping with one condition the other way round."""
    data = json.loads(json.dumps(MAPPING))
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = f"!({holder[path[-1]]})"
    return compile_data(json.dumps(data).encode(), "m.yaml", ())[0]


EDITED = {about: turned(path) for about, path in TURNED.items()}

FLAGS = st.sampled_from([True, False, False, None])
PERSON = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["A", "A", "A", None]),
        "name": st.sampled_from(["Ann", "Ann", None]),
        "email": st.sampled_from(["a@example.com", "b@example.com", None]),
        "kind": st.sampled_from(["staff", "staff", "staff", "temp"]),
        "held": FLAGS,
        "gone": FLAGS,
    },
)
USER = st.fixed_dictionaries(
    {
        "reference": st.sampled_from(["A", "A", "B"]),
        "name": st.sampled_from(["Ann", None]),
        "email": st.sampled_from(["a@example.com", None]),
        "active": FLAGS,
    },
)
SITUATIONS = st.tuples(st.lists(PERSON, min_size=1, max_size=2), st.lists(USER, max_size=1))


def expecting(situation: tuple[list[Any], list[Any]], number: int, test: MappingTest) -> Case:
    """Return a case that expects all that comes of its records."""
    people, users = ([{"id": f"{n}", **row} for n, row in enumerate(rows)] for rows in situation)
    case = Case(
        f"{number}", Span("m.test.yaml"), tuple(people), tuple(users), {}, {}, test.as_of, {}
    )
    expected = {}
    for each in plan_case(case, test, BASE).plan.outcomes:
        name = each.source_id or f"{TARGET}{each.target_id}"
        expected[name] = Expectation(
            Span("m.test.yaml"),
            outcome=each.kind.value,
            fields={change.field: change.after for change in each.changes},  # type: ignore[misc]
            only=True,
            only_reasons=tuple(reason.code for reason in each.reasons),
        )
    return replace(case, expected=expected)


@given(st.lists(SITUATIONS, min_size=6, max_size=16))
@settings(max_examples=40)
def test_a_condition_that_was_seen_on_both_sides_cannot_be_turned_round(
    situations: list[tuple[list[Any], list[Any]]],
) -> None:
    test = MappingTest("m.test.yaml", "m.yaml", "2026-11-24", {}, {}, {}, {}, (), ())
    cases = [expecting(each, number, test) for number, each in enumerate(situations)]
    test = replace(test, cases=tuple(cases))
    result = check_test(test, BASE)
    assert result.failed == 0
    for each in coverage(result):
        if each.decision.about in EDITED and each.seen is HowMuch.ALL:
            assert not holds_for(test, EDITED[each.decision.about]), each
