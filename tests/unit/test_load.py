"""A mapping's bytes to its spec, and every mistake of a file in one run."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.compare import Compare
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.mapping.spec import (
    Absent,
    Category,
    Constant,
    GuardKind,
    Merge,
    OnBlank,
    OnBreach,
    OnMiss,
    Rehires,
    Text,
    Write,
)
from whole_mappings import load_mapping

ROOT = Path(__file__).parents[2]
SEED = ROOT / "mappings" / "staffology-to-expensein.yaml"
GOLDEN = sorted((ROOT / "tests" / "golden" / "diagnostics").glob("*.yaml"))

WHOLE = """\
oneway: 1
name: whole
label: "join(' ', [first, last])"
time_zone: Europe/London
settings:
  currency: {type: string, default: GBP, description: The currency of new users.}
source: {connector: file, resource: people.csv, options: {id: employeeId, header: true}}
target: {connector: expensein, resource: users}
references:
  teams: {from: {connector: file, options: {id: code}}, resource: teams.csv, key: code, value: id}
match:
  - {source: code, target: reference}
  - {source: email, target: email, compare: ignore_case}
eligible:
  - {id: email, when: email, otherwise: Email is missing, for: [joiners, movers]}
fields:
  name: first
  currency: {value: GBP, write: if_empty}
  known: {from: known, default: {from: first}, initial: Unknown, on_blank: clear}
  team: {from: team, lookup: teams, on_miss: ineligible, when: team}
  roles: {from: roles, merge: add, compare: unordered, sensitive: true}
joiners: {create: false, unless_taken: [email]}
leavers:
  when: left
  set: {leaveDate: {from: leaveDate, write: overwrite}, active: {value: false}}
  left: is_past(leaveDate)
  scheduled: is_future(leaveDate)
rehires: {reactivate: {active: true}}
absent: deactivate
guards:
  leavers: {share: 12.5%, floor: 3}
  creates: {share: 0.5, floor: 0}
  on_breach: stop
  source: {shrink: 30%}
  keys: {gone: 40%}
  values: {gone: 25%}
"""


def diagnostics(data: bytes) -> tuple[Diagnostic, ...]:
    with pytest.raises(Refused) as caught:
        load_mapping(data, "f.yaml")
    return caught.value.diagnostics


def test_the_seed_mapping_loads_with_the_parts_of_the_help_page() -> None:
    data = SEED.read_bytes()
    loaded = load_mapping(data, "m.yaml").spec
    assert loaded.digest == hashlib.sha256(data).hexdigest()
    assert [rule.id for rule in loaded.eligible] == [
        "first-name",
        "last-name",
        "email",
        "payroll-code",
    ]
    assert [field.path for field in loaded.fields if field.sensitive] == [
        "bankDetails.accountName",
        "bankDetails.accountNumber",
        "bankDetails.sortCode",
    ]
    assert [text.text for text in loaded.joiners.unless_taken] == ["email", "reference"]


def test_every_part_of_the_language_reaches_the_spec() -> None:
    loaded = load_mapping(WHOLE.encode(), "f.yaml")
    it = loaded.spec
    assert (it.name, it.title, it.file) == ("whole", "whole", "f.yaml")
    assert it.label is not None
    assert it.label.text == "join(' ', [first, last])"
    assert it.time_zone is not None
    assert it.time_zone.text == "Europe/London"
    assert (it.settings[0].name, it.settings[0].type, it.settings[0].default) == (
        "currency",
        "string",
        "GBP",
    )
    assert [(k, c.value) for k, c in it.source.options] == [("id", "employeeId"), ("header", True)]
    assert [m.compare for m in it.match] == [Compare.EXACT, Compare.IGNORE_CASE]
    assert it.eligible[0].categories == {Category.JOINERS, Category.MOVERS}
    assert (it.joiners.create, it.rehires, it.absent) == (
        False,
        Rehires.REACTIVATE,
        Absent.DEACTIVATE,
    )
    assert [(path, constant.value) for path, constant in it.reactivated] == [("active", True)]
    assert loaded.document.file == "f.yaml"


def test_references_of_another_connector_carry_it() -> None:
    reference = load_mapping(WHOLE.encode(), "f.yaml").spec.references[0]
    assert reference.side is None
    assert reference.endpoint is not None
    assert reference.endpoint.connector.text == "file"
    assert reference.endpoint.resource.text == reference.resource.text == "teams.csv"
    assert reference.endpoint.options[0][1].value == "code"


def test_field_rules_carry_what_was_written_and_the_defaults() -> None:
    fields = {field.path: field for field in load_mapping(WHOLE.encode(), "f.yaml").spec.fields}
    name, known = fields["name"], fields["known"]
    assert isinstance(name.source, Text)
    assert (name.source.text, name.written, name.write) == ("first", frozenset(), Write.OVERWRITE)
    assert isinstance(known.default, Text)
    assert known.default.text == "first"
    assert isinstance(known.initial, Constant)
    assert (known.initial.value, known.on_blank) == ("Unknown", OnBlank.CLEAR)
    assert fields["currency"].value is not None
    assert (fields["currency"].value.value, fields["currency"].source) == ("GBP", None)
    assert (fields["currency"].write, name.merge) == (Write.IF_EMPTY, None)
    assert fields["team"].on_miss is OnMiss.INELIGIBLE
    assert (fields["roles"].merge, fields["roles"].sensitive) == (Merge.ADD, True)
    assert fields["roles"].written == {"from", "merge", "compare", "sensitive"}


@pytest.mark.parametrize("rehires", list(Rehires))
def test_rehires_may_be_one_word(rehires: Rehires) -> None:
    text = WHOLE.replace("{reactivate: {active: true}}", rehires.value)
    it = load_mapping(text.encode(), "f.yaml").spec
    assert (it.rehires, it.reactivated) == (rehires, ())


def test_leavers_and_guards_reach_the_spec() -> None:
    it = load_mapping(WHOLE.encode(), "f.yaml").spec
    assert it.leavers is not None
    assert [field.path for field in it.leavers.set] == ["leaveDate", "active"]
    assert it.leavers.set[1].value == Constant(False, it.leavers.set[1].value.span)  # type: ignore[union-attr]
    assert it.leavers.scheduled is not None
    limits = {kind: (limit.share, limit.floor) for kind, limit in it.guards.limits}
    assert limits == {GuardKind.LEAVERS: (0.125, 3), GuardKind.CREATES: (0.5, 0)}
    assert (it.guards.on_breach, it.guards.source_shrink) == (OnBreach.STOP, 0.3)
    assert (it.guards.keys_gone, it.guards.values_gone) == (0.4, 0.25)


def test_the_place_of_an_expression_is_that_of_its_text() -> None:
    loaded = load_mapping(WHOLE.encode(), "f.yaml")
    for field in loaded.spec.fields:
        if field.source:
            line = loaded.document.lines[field.source.span.line - 1]
            span = field.source.span
            assert line[span.column - 1 : span.end - 1] == field.source.text


@pytest.mark.parametrize(("share", "value"), [("0%", 0), ("100%", 1), ("7 %", 0.07), ("1", 1)])
def test_shares_are_percentages_or_numbers(share: str, value: float) -> None:
    text = WHOLE.replace("12.5%", share)
    assert (
        dict(load_mapping(text.encode(), "f").spec.guards.limits)[GuardKind.LEAVERS].share == value
    )


@pytest.mark.parametrize("share", ["101%", "-1%", "1.5", "'0.1'", "'%'", "NaN%", "1e1%", "10"])
def test_a_share_beyond_the_whole_is_refused(share: str) -> None:
    (found,) = diagnostics(WHOLE.replace("12.5%", share).encode())
    assert found.code in ("S105", "S106")


def test_a_newer_language_is_the_only_complaint_about_a_mapping_made_for_it() -> None:
    (found,) = diagnostics(b"oneway: 2\nfuture: yes\n")
    assert (found.code, found.span.line, found.span.column) == ("S111", 1, 9)


@pytest.mark.parametrize("version", ["0", "'1'", "1.5", "true", "null"])
def test_any_other_version_is_a_mistake(version: str) -> None:
    (found,) = diagnostics(WHOLE.replace("oneway: 1", f"oneway: {version}").encode())
    assert found.code == "S104"


def test_mistakes_of_text_and_shape_come_in_one_run() -> None:
    text = WHOLE.replace("name: whole", "name: whole\nname: again\nnom: x") + "1: x\nabsent: no\n"
    assert [d.code for d in diagnostics(text.encode())] == ["Y108", "S102", "Y116", "Y108"]


def test_a_value_that_could_not_be_read_is_reported_once() -> None:
    text = WHOLE.replace("absent: deactivate", "absent: *gone")
    assert [d.code for d in diagnostics(text.encode())] == ["Y117"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mapping_with_any_stretch_replaced_loads_or_is_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(WHOLE)))
    end = data.draw(st.integers(start, min(len(WHOLE), start + 40)))
    middle = data.draw(st.text("ab: {}[]\n\"'-*&!|>%1#,", max_size=8))
    text = WHOLE[:start] + middle + WHOLE[end:]
    try:
        load_mapping(text.encode(), "f.yaml")
    except Refused as refused:
        lines = text.split("\n")
        for found in refused.diagnostics:
            assert 1 <= found.span.line <= len(lines)
            assert 1 <= found.span.column <= len(lines[found.span.line - 1]) + 1


def rendered(path: Path) -> str:
    try:
        load_mapping(path.read_bytes(), path.name)
    except Refused as refused:
        return "".join(
            f"{d.span}: {d.severity.value}: {d.summary} [{d.code}]\n"
            + f"    {d.help}\n" * bool(d.help)
            for d in refused.diagnostics
        )
    return "loads\n"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_diagnostics_are_as_written_down(path: Path) -> None:
    assert rendered(path) == path.with_suffix(".expected").read_text("utf-8")


def test_there_are_files_to_compare_with() -> None:
    assert len(GOLDEN) >= 5
