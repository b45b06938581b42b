"""The set-up steps, checked on what was read."""

from dataclasses import replace

from made import made, snapshot

from oneway.core.connector import Finding, Probe
from oneway.core.description import Assumption, Description
from oneway.core.records import Record, Snapshot
from oneway.inspect.checks import CheckState, Evidence, checks
from oneway.render import Style
from oneway.render import checks as render
from oneway.render.layout import columns

MAPPING = """
oneway: 1
name: m
source: {connector: payroll, resource: employees}
target: {connector: expenses, resource: users}
references:
  departments: {from: target, resource: departments, key: reference, value: id}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  email: email
  departmentId: {from: department, lookup: departments, on_miss: MISS}
joiners: {create: true, unless_taken: [email]}
"""


def checked(records, held, departments=(), miss="keep", **evidence):
    text = MAPPING.replace("MISS", miss)
    done = made(text, records, held, {"departments": list(departments)})
    given = Evidence(done.source, done.target, done.tables)
    results = checks(done.compiled, done.program, replace(given, **evidence))
    text = render.text(results, Style())
    assert all(columns(line) <= 80 for line in text.split("\n"))
    assert [each["title"] for each in render.as_json(results)] == [r.title for r in results]
    return {each.title: each for each in results}


LOOKUP = "departmentId: department in departments"


def test_each_code_has_exactly_one_row():
    source = [{"id": i, "code": f"P{i}", "department": "D1"} for i in range(3)]
    found = checked(source, [], [{"id": 1, "reference": "D1"}])[LOOKUP]
    assert found.state is CheckState.OK
    assert found.lines == ("every value in the source has exactly one row",)


def test_codes_with_no_row_or_two_are_named_with_how_many_people_have_them():
    codes = ["D1", "HR", "HR", "D2"]
    source = [{"id": i, "code": f"P{i}", "department": code} for i, code in enumerate(codes)]
    rows = [{"id": i, "reference": r} for i, r in enumerate(["D1", "D2", "D2"])]
    found = checked(source, [], rows)[LOOKUP]
    assert found.state is CheckState.WARNING
    assert found.lines[:2] == ("D2: 2 rows, 1 record", "HR: 0 rows, 2 records")
    assert checked(source, [], rows, miss="ineligible")[LOOKUP].state is CheckState.FAILED


def test_records_of_a_table_without_a_key_are_counted_and_named():
    source = [{"id": "a", "code": "P1", "department": "D1"}]
    rows = [{"id": i, "reference": r} for i, r in enumerate(["D1", None, " "])]
    found = checked(source, [], rows)[LOOKUP]
    assert found.state is CheckState.WARNING
    assert found.lines == (
        "every value in the source has exactly one row",
        "2 records of departments without a value for reference, which no lookup finds: 1, 2",
    )


def test_match_keys_are_filled_and_unique_on_both_sides():
    source = [{"id": "a", "code": "P1"}, {"id": "b", "code": "P1"}, {"id": "c", "code": " "}]
    target = [{"id": 1, "reference": "P1"}, {"id": 2, "reference": None}]
    found = checked(source, target)
    said = found["Match key 1 in the source: code"]
    assert said.state is CheckState.WARNING
    assert said.lines == ("records a, b have one value", "1 record without a value: c")
    said = found["Match key 1 in the target: reference"]
    assert said.lines == ("1 record without a value: 2",)
    good = checked([{"id": "a", "code": "P1"}], [{"id": 1, "reference": "P1"}])
    assert good["Match key 1 in the target: reference"].state is CheckState.OK


def test_values_that_keep_joiners_out_have_one_holder_each():
    target = [{"id": i, "reference": f"P{i}", "email": "same@example.com"} for i in range(12)]
    said = checked([], target)["email in the target (joiners.unless_taken)"]
    assert said.state is CheckState.WARNING
    assert said.lines[0].endswith("and 2 more have one value")
    assert "same@example.com" not in said.lines[0], "named by id: a value may be sensitive"


def test_probes_are_shown_and_a_failed_one_fails():
    probes = {
        "payroll": (Probe("list employees", Finding.OK), Probe("read one", Finding.UNTESTED)),
        "expenses": (Probe("list users", Finding.FAILED, "401"),),
    }
    found = checked([{"id": "a", "code": "P1"}], [], probes=probes)
    assert found["Connection to payroll"].state is CheckState.OK
    assert found["Connection to expenses"].state is CheckState.FAILED
    assert found["Connection to expenses"].lines == ("failed: list users (401)",)


def test_an_empty_or_incomplete_read_fails():
    assert checked([], [])["Records of the source"].state is CheckState.FAILED
    assert checked([], [])["Records of the target"].state is CheckState.OK
    cut = Snapshot((), complete=False, problems=("page 2 was cut off",))
    found = checked([{"id": "a", "code": "P1"}], [], target=cut)["Records of the target"]
    assert found.state is CheckState.FAILED
    assert "page 2 was cut off" in found.lines


def test_records_that_cannot_be_evaluated_are_named():
    source = snapshot([{"id": "a", "code": ["x"]}, Record("line 2", {}, "not JSON")])
    said = checked([], [], source=source)["Records that cannot be evaluated"]
    assert said.state is CheckState.WARNING
    assert said.lines[1] == "source record line 2: not JSON"


def test_assumptions_are_listed_in_full_and_writing_is_untested():
    described = Description(
        "expenses", "Expenses", "rest", {}, assumptions=(Assumption("PATCH", "try one user"),)
    )
    found = checked([{"id": "a", "code": "P1"}], [], descriptions=(described,))
    assert found["Assumed of Expenses"].lines == ("PATCH. To check: try one user",)
    assert found["Permission to write"].state is CheckState.UNTESTED
