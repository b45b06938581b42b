"""Laws of reshaped records: what depends on an absent key is not stated.

JMESPath answers `{left: status != 'In'}` though `status` is absent, and that would end somebody's
access. Where every key is there, JMESPath's own answer counts.
"""

from copy import deepcopy
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.records import Value
from oneway_connectors.rest.responses import search
from unit.rest_world import altered, opened, reply

WHOLE: dict[str, Any] = {
    "status": "In", "kind": "Staff", "flag": True, "jobs": [{"current": True}, {"current": False}],
}  # fmt: skip
FILLS: list[Any] = [None, "In", "Out", "", True, False, [], [{"current": True}], [{}, {}]]
PARTS = [
    "status == 'In'", "status != 'In'", "!status", "kind == status", "flag", "!flag",
    "length(jobs) == `2`", "jobs == `[]`", "jobs[0].current == `true`", "contains(['In'], status)",
    "to_string(status) == 'null'", "type(jobs) == 'array'", "[status, kind] == ['In', 'Staff']",
]  # fmt: skip
CONDITIONS = st.recursive(
    st.sampled_from(PARTS).map(lambda part: f"({part})"),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["||", "&&"]), inner).map(lambda p: f"({' '.join(p)})"),
        inner.map(lambda part: f"(!{part})"),
    ),
    max_leaves=4,
)


def reshaped(expression: str, record: Value) -> Any:
    """Return what an expression makes of a record, or "omitted"."""
    made = search(f"{{made: {expression}}}", record)
    assert isinstance(made, dict)
    return made.get("made", "omitted")


@given(CONDITIONS, st.sampled_from(sorted(WHOLE)), st.sampled_from(FILLS))
def test_a_condition_that_answers_holds_whatever_the_absent_key_is(
    condition: str, key: str, fill: Any
) -> None:
    assert reshaped(condition, WHOLE) == jmespath.search(condition, WHOLE)
    said = reshaped(condition, {name: each for name, each in WHOLE.items() if name != key})
    try:
        filled = jmespath.search(condition, {**WHOLE, key: fill})
    except jmespath.exceptions.JMESPathTypeError:
        return
    assert said == "omitted" or bool(said) == bool(filled)


@pytest.mark.parametrize(
    ("expression", "record", "made"),
    [
        ("status == 'In'", {}, "omitted"),
        ("!status", {}, "omitted"),
        ("!status", {"status": None}, True),
        ("status", {"status": None}, None),
        ("job.status == 'In'", {"job": {}}, "omitted"),
        ("job.status == 'In'", {"job": None}, False),
        ("length(jobs[?current] || `[]`) == `0`", {}, "omitted"),
        ("length(jobs[?current]) == `0`", {"jobs": [{}]}, "omitted"),
        ("length(jobs[?current]) == `0`", {"jobs": []}, True),
        ("starts_with(status, 'In')", {}, "omitted"),
        ("join(' ', [first, last])", {"first": "Al"}, "omitted"),
        ("nick || name", {"name": "Al"}, "Al"),
        ("nick || name", {"nick": "Al"}, "Al"),
        ("nick || name", {"name": None}, "omitted"),
        ("not_null(nick, name)", {"name": "Al"}, "Al"),
        ("not_null(nick, name)", {}, "omitted"),
        ("to_string(status) || name", {"name": "Al"}, "omitted"),
        ("status == 'C' && 'EXT' || dept", {"dept": "OPS"}, "omitted"),
        ("not_null(status, '') == 'In'", {}, False),
        ("(status || '') == 'In'", {}, "omitted"),
        ("!(not_null(end, `null`))", {}, True),
        ("!(not_null(end, `false`))", {}, True),
        ("status == 'In' || flag", {"flag": True}, True),
        ("status == 'In' || flag", {"flag": False}, "omitted"),
        ("flag && status == 'In'", {"flag": False}, False),
        ("status == 'In' && flag", {"flag": False}, False),
        ("jobs[].team", {"jobs": [{"team": "a"}, {}]}, "omitted"),
        ("jobs[].team", {"jobs": [{"team": "a"}, {"team": None}]}, ["a"]),
        ("jobs[].team | [0]", {"jobs": [{"team": "a"}, {}]}, "a"),
        ("jobs[].team | [0]", {"jobs": [{}, {"team": "a"}]}, "omitted"),
        ("jobs[].team | [-1]", {"jobs": [{}, {"team": "a"}]}, "a"),
        ("a[?name == 's'].value | [0]", {"a": [{"name": "s", "value": "In"}, {}]}, "In"),
        ("a[?name == 's'].value | [0]", {"a": [{}, {"name": "s", "value": "In"}]}, "omitted"),
        ("a[?not_null(main, `false`)] | [0].value", {"a": [{}, {"main": True, "value": 1}]}, 1),
        ("{status: status == 'In', id: id}", {"id": 1}, {"id": 1}),
        ("{s: status}.s", {}, "omitted"),
    ],
)  # fmt: skip
def test_what_is_made_of_an_absent_key(expression: str, record: Any, made: Any) -> None:
    assert reshaped(expression, deepcopy(record)) == made


@pytest.mark.parametrize("place", ["list", "detail", "into"])
def test_a_person_whose_key_is_absent_says_nothing(place: str) -> None:
    people = [{"id": "1", "status": "In"}, {"id": "2"}]
    shape = "{id: id, active: status == 'In'}"
    manifest = altered("page, start: 1, size_param: size, size: 2}", "page, start: 1, next: more}")
    answers = [reply({"data": people, "more": False})]
    if place == "list":
        manifest = altered("records: data", f'records: "data[].{shape}"', manifest)
    else:
        record = shape if place == "detail" else "status == 'In'"
        into = "replace" if place == "detail" else "active"
        detail = f'detail: [{{path: "/people/{{id}}", record: "{record}", into: {into}}}]'
        manifest = altered("    find:", f"    {detail}\n    find:", manifest)
        answers += map(reply, people)
    one, other = opened(*answers, manifest=manifest)[0].reader("people").read().records
    assert one.data["active"] is True
    assert "active" not in other.data
    assert bool(other.problem) is (place == "into")
    if other.problem:
        assert "write what it then is: not_null(key, 'none')" in other.problem
