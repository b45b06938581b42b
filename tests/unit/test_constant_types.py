"""Constants of another type than every record's value, and what is said of them."""

from typing import Any

import pytest

from oneway.core.diagnostics import Severity
from oneway.core.records import Record, Snapshot
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.profile.read_keys import tallies_of
from worlds import World, compiled

MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "types",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": {"from": "code", "write": "on_create"}},
}


def found(mapping: dict[str, Any], side: str, values: list[Any]) -> list[tuple[str, Severity, str]]:
    """Return what is said of constants, where the records of a side hold these under `on`."""
    made = compiled(World({**MAPPING, **mapping}, Snapshot(()), Snapshot(()), Snapshot(())))
    tally: KeyTally = tallies_of(made.code, made.spec)[side]
    for n, value in enumerate(values):
        tally.note(Record(f"{n}", {"id": f"{n}", "ref": "A", "code": "A", "on": value}))
    said = (each for each in tally.unheld() if each.code == "R173")
    return [(each.summary, each.severity, each.span.file) for each in said]


OFF = {"when": "status", "set": {"on": {"value": "no"}}, "left": "on == 'no'"}


def test_a_constant_beside_values_of_another_type_stops_the_run_where_access_hangs_on_it() -> None:
    said = found({"leavers": OFF}, "target", [None, True, False])
    assert [severity for _, severity, _ in said] == [Severity.ERROR] * 2
    assert said[0][0] == (
        "leavers.left has the text 'no', and each value of 'on' in the target is true or false; "
        "nothing will be written"
    )
    assert said[1][0].startswith("leavers.set.on has the text 'no', and each value")


@pytest.mark.parametrize("values", [[], [None, ""], [True, "yes"], [[], {}]])
def test_one_value_of_the_type_is_enough_and_blank_ones_say_nothing(values: list[Any]) -> None:
    assert found({"leavers": OFF}, "target", values) == []


def test_what_a_rule_compares_with_is_warned_of() -> None:
    rule = {"id": "on", "when": "on == `1`", "otherwise": "Is off"}
    ((summary, severity, _),) = found({"eligible": [rule]}, "source", ["1", "2"])
    assert severity is Severity.WARNING
    assert summary == "eligible.when has the number 1, and each value of 'on' in the source is text"


NAMES = {"names": {"from": "source", "resource": "people", "key": "code", "value": "on"}}
TABLE = {"t": {"columns": {"code": "code"}, "rows": [{"code": "A", "then": "no"}, {"then": True}]}}


@pytest.mark.parametrize(
    "rule",
    [
        {"value": "no"},
        {"from": "kind", "default": "no"},
        {"from": "kind", "initial": "no"},
        {"from": "kind", "lookup": "names", "on_miss": {"use": "no"}},
        "choose('t')",
    ],
)
def test_every_constant_that_a_record_may_be_given_is_compared(rule: Any) -> None:
    more = {"references": NAMES, "choices": TABLE}
    fields = {**MAPPING["fields"], "on": rule}
    ((summary, severity, _),) = found({**more, "fields": fields}, "target", [True, False])
    assert severity is Severity.WARNING
    assert summary.startswith("fields.on has the text 'no', and each value of 'on' in the target")
    set = {**OFF, "set": {"on": rule}}
    said = found({**more, "leavers": {**set, "left": "on"}}, "target", [True, False])
    assert [severity for _, severity, _ in said] == [Severity.ERROR]


def test_a_constant_that_is_looked_up_is_not_what_is_written() -> None:
    rule = {"value": "no", "lookup": "names", "on_miss": {"look_up": "yes"}}
    fields = {**MAPPING["fields"], "on": rule}
    assert found({"references": NAMES, "fields": fields}, "target", [True]) == []
