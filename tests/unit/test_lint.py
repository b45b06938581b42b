"""Lint rules and the compiler's errors: a mapping, the code expected, and where."""

import pytest
import yaml

from oneway.connections.discovery import describe
from oneway.core.codes import CODES as OTHER_CODES
from oneway.core.connector import Capability, Description, Field, Resource
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.mapping.compiler import Compiled, compile_mapping
from oneway.mapping.lint import CODES, EXAMPLE, RULES
from oneway.mapping.lint.rule import LintRule
from oneway.mapping.load import load_mapping

BASE = """\
oneway: 1
name: lint
source: {connector: payroll, resource: people}
target: {connector: expenses, resource: users}
match:
  - {source: code, target: ref}
fields:
  ref: code
"""


def text(*names: str) -> frozenset[str]:
    return frozenset(names)


PEOPLE = {
    name: Field(name, text(*types), sensitive=name == "account")
    for name, *types in [
        ["code", "string"],
        ["number", "integer"],
        ["name", "string"],
        ["mail", "string"],
        ["tags", "array"],
        ["account", "string"],
        ["gone", "boolean"],
        ["address", "object"],
        ["address.city", "string"],
    ]
}
USERS = {
    name: Field(name, text(*types), computed=name == "seq", required=name == "ref")
    for name, *types in [
        ["ref", "string"],
        ["email", "string"],
        ["fullName", "string"],
        ["age", "integer"],
        ["tags", "array"],
        ["seq", "string"],
        ["leaveDate", "string"],
        ["bank", "object"],
        ["bank.no", "string"],
        ["bank.code", "string"],
    ]
}
ALL = frozenset(Capability)


def described(capabilities: frozenset[Capability] = ALL) -> dict[str, Description]:
    people = Resource("people", "id", PEOPLE, ALL)
    users = Resource("users", "id", USERS, capabilities)
    departments = Resource("departments", "id", {}, ALL, open=True)
    return {
        "payroll": Description("payroll", "Payroll", "rest", {"people": people}),
        "expenses": Description(
            "expenses", "Expenses", "rest", {"users": users, "departments": departments}
        ),
    }


def compiled(mapping: str, capabilities: frozenset[Capability] = ALL) -> Compiled:
    loaded = load_mapping(mapping.encode(), "m.yaml")
    return compile_mapping(loaded.spec, loaded.document.lines, described(capabilities))


def found(mapping: str, capabilities: frozenset[Capability] = ALL) -> list[Diagnostic]:
    try:
        return list(compiled(mapping, capabilities).warnings)
    except Refused as refused:
        return list(refused.diagnostics)


LEAVERS = "leavers:\n  when: gone\n  set: {leaveDate: {value: x}}\n"

CASES = [
    # code, place, the mapping: BASE and more, or a BASE with something replaced
    ("M101", "9:13", BASE + "  fullName: nmae\n"),
    ("M101", "9:21", BASE + "  fullName: address.ctiy\n"),
    ("M101", "6:28", BASE.replace("target: ref}", "target: reff}")),
    ("M102", "9:3", BASE + "  emial: mail\n"),
    ("M103", "9:18", BASE + "  fullName: name |\n"),
    ("M103", "9:13", BASE + "  fullName: titel_case(name)\n"),
    ("M106", "3:40", BASE.replace("resource: people", "resource: peeple")),
    ("M107", "9:31", BASE + "  email: {from: mail, lookup: nothing}\n"),
    ("M108", "9:21", BASE + "  fullName: setting('nothing')\n"),
    ("M109", "10:3", BASE + "  bank.no: name\n  bank: address\n"),
    ("M109", "12:9", BASE + "  leaveDate: name\n" + LEAVERS),
    ("M109", "12:9", BASE + "  leaveDate: {from: name, write: if_empty}\n" + LEAVERS),
    ("M110", "9:3", BASE + "  email: {from: mail, merge: add}\n"),
    ("M111", "9:3", BASE + "  seq: code\n"),
    ("M113", "9:3", BASE + "  email: {from: mail, default: a, initial: b}\n"),
    ("M113", "9:3", BASE + "  email: {from: mail, initial: b, on_blank: clear}\n"),
    ("M114", "9:26", BASE + "joiners: {unless_taken: [emial]}\n"),
    ("M116", "0:0", BASE + "absent: deactivate\n"),
    ("M116", "0:0", BASE + "rehires: reactivate\n"),
    ("M118", "9:12", BASE + "time_zone: Europe/Lundon\n"),
    ("M120", "4:40", BASE.replace("{connector: expenses, resource: users}",
                                  "{connector: payroll, resource: people}")),
    ("M121", "11:5", BASE + "eligible:\n  - {id: a, when: name, otherwise: x}\n"
                            "  - {id: a, when: mail, otherwise: y}\n"),
    ("M122", "9:8", BASE + "label: account\n"),
    ("M123", "9:16", BASE + "  age: {value: many}\n"),
    ("M124", "9:14", BASE + "  leaveDate: today()\n"),
    ("M130", "6:28", BASE.replace("  ref: code", "  email: mail")),
    ("M131", "8:3", BASE.replace("  ref: code", "  ref: name")),
    ("M203", "13:5", BASE + LEAVERS +
     "eligible:\n  - {id: a, when: name, otherwise: x, for: [leavers]}\n"),
    ("M204", "9:3", BASE + "  email: {from: mail, on_miss: clear}\n"),
    ("M205", "4:41", BASE.replace("  ref: code", "  email: mail")
     .replace("code, target: ref", "mail, target: email")),
    ("M206", "9:3", BASE + "  tags: {from: tags, merge: add, on_blank: clear}\n"),
    ("M207", "6:14", BASE.replace("source: code", "source: number")
     .replace("ref: code", "ref: number")),
    ("M208", "9:8", BASE + "  age: name\n"),
    ("M212", "9:14", BASE + "  leaveDate: mail || today()\n"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "place", "mapping"), CASES)
def test_each_mistake_has_its_code_and_its_place(code: str, place: str, mapping: str) -> None:
    by_code = {(d.code, f"{d.span.line}:{d.span.column}") for d in found(mapping)}
    assert (code, place) in by_code


def of_example(part: str) -> list[Diagnostic]:
    """Return what is found in the rules' example mapping, with some of its keys replaced."""
    data = yaml.safe_load(EXAMPLE) | yaml.safe_load(part)
    loaded = load_mapping(yaml.safe_dump(data, sort_keys=False).encode(), "m.yaml")
    names = {data["source"]["connector"], data["target"]["connector"]}
    described = {name: describe(name) for name in names}
    try:
        compiled = compile_mapping(loaded.spec, loaded.document.lines, described)
    except Refused as refused:
        return list(refused.diagnostics)
    return list(compiled.warnings)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_reports_its_failing_example_and_accepts_the_other(rule: LintRule) -> None:
    reported = [each for each in of_example(rule.failing) if each.code == rule.code]
    assert reported
    assert {each.severity for each in reported} == {rule.severity}
    assert of_example(rule.passing) == []


def test_the_rules_are_in_the_order_of_their_codes() -> None:
    """Each module is named after its code, so none is found twice or out of place."""
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert not {rule.code for rule in RULES} & OTHER_CODES.keys()


def test_a_good_mapping_has_nothing_to_say() -> None:
    assert found(BASE) == []


def test_a_rule_that_does_not_name_leavers_keeps_nobody_in() -> None:
    for whom in ("", ", for: [joiners, movers]"):
        rule = f"eligible:\n  - {{id: a, when: name, otherwise: x{whom}}}\n"
        assert "M203" not in [d.code for d in found(BASE + LEAVERS + rule)]


def test_a_key_with_a_stand_in_for_itself_is_no_key() -> None:
    """Whoever has no code would be found by somebody else's from then on."""
    for stand_in in ("default: A1", "initial: A1"):
        wrong = found(BASE.replace("ref: code", f"ref: {{from: code, {stand_in}}}"))
        assert "M131" in [d.code for d in wrong]


def test_leaving_writes_a_match_key_no_more_than_a_field_does() -> None:
    mapping = BASE.replace("  - {source: code, target: ref}", "  - {source: code, target: ref}\n"
                           "  - {source: mail, target: email}")  # fmt: skip
    leavers = LEAVERS.replace("leaveDate", "email")
    assert "M131" in [d.code for d in found(mapping + leavers)]
    assert "M131" not in [d.code for d in found(mapping + LEAVERS)]


def test_every_code_that_is_reported_is_listed() -> None:
    reported = {d.code for _, _, mapping in CASES for d in found(mapping)}
    assert reported <= CODES.keys()
