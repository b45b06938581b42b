"""Plans invented records with a drafted mapping: a first test expects what the engine does."""

import json
from collections.abc import Mapping
from typing import cast

from oneway.core.records import Value
from oneway.mapping.compiler import Compiled
from oneway.runs.mapping_tests.case_data import expected_of
from oneway.runs.mapping_tests.check import plan_case
from oneway.runs.mapping_tests.load import load_test

Data = dict[str, Value]


def expectation(test: Mapping[str, Value], case: Mapping[str, Value], compiled: Compiled) -> Data:
    """Return what the engine does in a case; `test` is the rest of the mapping's test."""
    bare: Data = {"name": "tried", "expect": {"outcome": "create"}}
    text = json.dumps({**test, "cases": [{**bare, **case}]})
    loaded = load_test(text.encode(), compiled.spec.file)
    planned = plan_case(loaded.cases[0], loaded, compiled)
    outcome = next(each for each in planned.plan.outcomes if each.source_id is not None)
    return cast(Data, expected_of(outcome, planned)["expect"])


def another(value: Value) -> Value:
    """Return a value of the same kind that is not the same; None if there is no obvious one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if not isinstance(value, str) or not value:
        return None
    if "@" in value:
        return "formerly@example.com"
    if value[:1].isalpha():
        return f"Former {value}"
    digits = [n for n, each in enumerate(value) if each.isdigit()]
    if not digits:
        return None
    last = digits[-1]
    return f"{value[:last]}{(int(value[last]) + 1) % 10}{value[last + 1 :]}"
