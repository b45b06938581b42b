"""A gap is named as the expression has it: with `[]` for each list that is gone through."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from oneway.core.diagnostics import Span
from oneway.mapping.expressions import Context, parse
from oneway.mapping.expressions.gaps import texts
from oneway.mapping.expressions.reading import Reading

CONTEXT = Context(datetime(2026, 6, 15, 12, tzinfo=UTC), {})
RECORD: dict[str, Any] = {
    "teams": [{"members": [{"role": "lead", "status": "FORMER"}]}],
    "jobs": [{}],
}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("jobs[].status", "jobs[].status is not given"),
        ("teams[].members[].grade", "teams[].members[].grade is not given"),
        ("teams[0].members[].grade", "teams[].members[].grade is not given"),
        ("teams[].members[].role.code", "teams[].members[].role: it is not an object"),
    ],
)
def test_a_key_that_an_item_lacks_is_named(expression: str, said: str) -> None:
    found = parse(expression, Span("x")).decide(RECORD, CONTEXT)
    assert texts(found.exact or found.truth) == said


def test_a_value_that_is_unfit_is_named_at_its_place() -> None:
    places = [(("teams",), ("members",), ("status",)), (("teams",), (), ("members",), ("status",))]
    reading = Reading(item_checks=dict.fromkeys(places, lambda _: "unfit"))
    expression = parse("teams[].members[].status", Span("x"))
    found = replace(expression, reading=reading).decide(RECORD, CONTEXT)
    assert texts(found.exact or found.truth) == "teams[].members[].status: unfit"
