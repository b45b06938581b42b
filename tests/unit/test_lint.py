"""Lint rules and the compiler's errors: a mapping, the code expected, and where."""

import pytest
import yaml

from oneway.connections.discovery import describe
from oneway.core.codes import CODES as OTHER_CODES
from oneway.core.description import Capability, Description, Field, Resource
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.mapping.compiler import Compiled
from oneway.mapping.lint import EXAMPLE
from oneway.mapping.lint.codes import CODES
from oneway.mapping.lint.every_rule import RULES
from oneway.mapping.lint.rule import LintRule, fields
from oneway.mapping.spec import GuardKind
from oneway.planning.guard_kinds import DEFINITIONS, GuardDefinition
from whole_mappings import compile_mapping, load_mapping

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


# What a mapping says of its own findings

SETTING = "settings:\n  idle: {type: boolean, default: false, description: Nothing.}\n"


def severities(mapping: str) -> list[tuple[str, str]]:
    return [(each.code, each.severity.value) for each in found(mapping)]


@pytest.mark.parametrize("level", ["error", "warning", "note", "off"])
def test_a_mapping_says_how_much_a_finding_matters(level: str) -> None:
    entry = f"lint: [{{code: M213, severity: {level}, because: It is about to be used}}]\n"
    wanted = [] if level == "off" else [("M213", level)]
    assert severities(BASE + SETTING + entry) == wanted


def test_a_lint_entry_speaks_of_one_part_only() -> None:
    two = SETTING + "  other: {type: boolean, default: false, description: Nothing.}\n"
    for at, left in (("settings.idle", 11), ("settings.other", 10)):
        entry = f"lint: [{{code: M213, at: {at}, severity: off, because: Soon}}]\n"
        assert [(d.code, d.span.line) for d in found(BASE + two + entry)] == [("M213", left)]


def test_a_rule_is_named_by_its_id() -> None:
    rules = LEAVERS + "eligible:\n  - {id: a, when: name, otherwise: x, for: [leavers]}\n"
    entry = "lint: [{code: M203, at: eligible.a, severity: off, because: They keep it}]\n"
    assert severities(BASE + rules + entry) == []


def test_an_error_stays_an_error() -> None:
    entry = "lint: [{code: M111, severity: off, because: It is known}]\n"
    assert severities(BASE + "  seq: code\n" + entry) == [("M111", "error"), ("M153", "error")]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("{code: M213, severity: off, because: x}", "M253"),
        ("{code: M999, severity: off, because: x}", "M153"),
        ("{code: M213, at: settings.nothing, severity: off, because: x}", "M153"),
    ],
)
def test_a_lint_entry_that_does_nothing_is_told(entry: str, code: str) -> None:
    assert code in [each.code for each in found(BASE + f"lint: [{entry}]\n")]


# Siblings of the rules' examples


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("M215", "  age: {from: code, lookup: d}\nreferences:\n"
                 "  d: {from: target, resource: departments, key: k, value: v}\n"),
        ("M216", "  email: {from: mail, when: number == '5'}\n"),
        ("M216", "  email: {from: mail, when: \"'yes' != gone\"}\n"),
        ("M216", "  email: {from: mail, when: name > '2026-01-01'}\n"),
        ("M216", "  email: {from: mail, when: length(name) == '3'}\n"),
        ("M216", "  email: {from: mail, when: name == number}\n"),
        ("M217", "  email: {from: mail, when: \"gone && !gone\"}\n"),
        ("M217", "  email: {from: mail, when: name == 'a' && name == 'b'}\n"),
        ("M217", "  email: {from: mail, when: lower(name) == 'Ada'}\n"),
        ("M217", "  email: {from: mail, when: number > `5` && number < `3`}\n"),
        ("M217", "  email: {from: mail, when: is_past(mail) && is_future(mail)}\n"),
        ("M217", "leavers:\n  when: gone || !gone\n  set: {leaveDate: {value: x}}\n"),
        ("M218", "  email: upper(number)\n"),
        ("M218", "  email: join(' ', name)\n"),
        ("M218", "  email: name == 'a' && name == 'b' && mail\n"),
        ("M218", "  email: digits(gone)\n"),
        ("M219", "  email: coalesce(name, mail) || 'x' || mail\n"),
        ("M219", "  email: \"iif(gone && !gone, name, mail)\"\n"),
        ("M219", "  email: \"(name || 'x') || mail\"\n"),
        ("M222", "guards: {clears: {share: 100%, floor: 0}}\n"),
        ("M222", "guards: {leavers: {share: 1%, floor: 5000}}\n"),
        ("M222", "guards: {source: {shrink: 100%}}\n"),
        ("M222", "guards: {leavers: {share: 99.9%, floor: 0}}\n"),
        ("M222", "guards: {identities: {share: 0%, floor: 500}}\n"),
        ("M223", "  email: {value: mail}\n"),
        ("M223", "  email: {value: address.city}\n"),
        ("M161", "  email: {value: lower(mail)}\n"),
        ("M161", "  email: {from: mail, default: lower(name)}\n"),
        ("M161", "  email: {from: mail, initial: \"name == 'Ann'\"}\n"),
        ("M161", "rehires: {reactivate: {gone: today()}}\n" + LEAVERS),
        ("M223", "  email: {from: mail, default: address.city}\n"),
        ("M123", "  email: {from: mail, default: 12}\n"),
        ("M123", "  email: {from: mail, write: on_create, initial: true}\n"),
    ],
)  # fmt: skip
def test_a_rule_finds_the_like_of_its_example(code: str, more: str) -> None:
    assert code in [each.code for each in found(BASE + more)]


@pytest.mark.parametrize(
    "more",
    [
        "  email: {from: mail, when: number == `5`}\n",
        "  email: {from: mail, when: gone == `true` || number > `5`}\n",
        "  email: {from: mail, when: lower(name) == 'ada' || upper(name) == 'EVE'}\n",
        "  email: {from: mail, when: \"name != 'a' && name != 'b'\"}\n",
        "  email: {from: mail, when: \"regex_match(name, '^[0-9]{7}$')\"}\n",
        '  email: {from: mail, when: "length(name) > `20`"}\n',
        "  email: {from: mail, when: \"starts_with(name, 'Z') && name != mail\"}\n",
        "  email: {from: mail, when: \"contains(tags, 'staff')\"}\n",
        '  email: "iif(gone, name, mail) || code"\n',
        '  email: "name || mail || code"\n',
        "  email: {value: someone@example.com}\n",
        "  email: \"tags[0] || join(' ', tags)\"\n",
        "guards: {leavers: {share: 50%, floor: 20}, creates: {share: 100%, floor: 50}}\n",
    ],
)
def test_what_can_be_meant_is_left_alone(more: str) -> None:
    assert found(BASE + more) == []


def test_a_rule_about_use_waits_until_nothing_is_misspelt() -> None:
    assert "M213" not in [each.code for each in found(BASE + "  email: mial\n" + SETTING)]


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("sortCode", True),
        ("bank.sort_code", True),
        ("Account Number", True),
        ("NINumber", True),
        ("IBAN", True),
        ("nationalInsuranceNumber", True),
        ("basePay.salary", True),
        ("Portal Password", True),
        ("Account no.", True),
        ("N.I. Number", True),
        ("Bank Sort Code", True),
        ("bank.account", True),
        ("bankDetails.number", True),
        ("ni.number", True),
        ("User PIN", True),
        ("Annual Salary (GBP)", True),
        ("Rekeningnummer", True),
        ("Secretary", False),
        ("GL Account Number", False),
        ("gl.account.number", False),
        ("bank.name", False),
        ("user.account", False),
        ("Must Change Password", False),
        ("Account Manager", False),
        ("Pinboard", False),
        ("accountName", False),
        ("companyNumber", False),
        ("salaryBand", False),
        ("pinboard", False),
    ],
)
def test_what_nobody_should_read_is_known_by_its_name(path: str, secret: bool) -> None:
    mapping = BASE.replace(
        "connector: expenses, resource: users", "connector: file, resource: u.json"
    )
    loaded = load_mapping(f'{mapping}  "{path}": name\n'.encode(), "m.yaml")
    catalogue = described() | {"file": describe("file")}
    warnings = compile_mapping(loaded.spec, loaded.document.lines, catalogue).warnings
    assert ("M221" in [each.code for each in warnings]) is secret


@pytest.mark.parametrize(
    ("fields", "going", "left", "place"),
    [
        ("  enabled: gone\n", "enabled", "enabld", "13:16"),
        ("  enabled: {value: true, write: on_create}\n", "enabled", "enabld", "13:16"),
        ("  email: mail\n", "enabld", "enabled", "12:9"),
        ("  enabled: {value: true, write: on_create}\n", "enabld", "enabled", "12:9"),
    ],
)
def test_a_name_that_a_leave_misspells_is_pointed_at_where_it_is_wrong(
    fields: str, going: str, left: str, place: str
) -> None:
    file = BASE.replace("connector: expenses, resource: users", "connector: file, resource: u.json")
    leavers = (
        "leavers:\n  when: gone\n"
        f"  set: {{{going}: {{value: false}}}}\n  left: ref && {left} == `false`\n"
    )
    loaded = load_mapping((file + fields + leavers).encode(), "m.yaml")
    with pytest.raises(Refused) as refused:
        compile_mapping(
            loaded.spec, loaded.document.lines, described() | {"file": describe("file")}
        )
    (finding,) = (each for each in refused.value.diagnostics if each.code == "M134")
    assert f"{finding.span.line}:{finding.span.column}" == place
    assert finding.help == "did you mean 'enabled'?"


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("today()", "is_present(end)"),
        ("mail", "!is_blank(end)"),
        ("mail || today()", "is_past(coalesce(end, '2999-12-31'))"),
        ("mail || today()", "is_past(not_null(end, '2999-12-31'))"),
        ("mail", "end == `1` || is_blank(ref)"),
    ],
)
def test_a_computed_leave_may_be_any_value_that_left_asks_for(value: str, left: str) -> None:
    file = BASE.replace("connector: expenses, resource: users", "connector: file, resource: u.json")
    file += "  email: mail\n"
    leavers = f'leavers:\n  when: gone\n  set: {{end: "{value}"}}\n  left: "{left}"\n'
    loaded = load_mapping((file + leavers).encode(), "m.yaml")
    catalogue = described() | {"file": describe("file")}
    warnings = compile_mapping(loaded.spec, loaded.document.lines, catalogue).warnings
    assert "M134" not in [each.code for each in warnings]


def test_no_field_is_advised_whose_name_would_be_an_expression() -> None:
    made = BASE.replace("target: ref}", "target: \"iif(starts_with(ref, 'UK'), ref, email)\"}")
    (finding,) = (each for each in found(made) if each.code == "M130")
    assert finding.help.startswith("match by a plain target field")


def test_a_typed_column_of_a_table_takes_a_number_and_a_flat_heading_is_one() -> None:
    """The dots of a flat heading are no path, in the option as in the field."""
    options = "{headings: flat, types: Pay.EUR=number}"
    end = f"{{connector: file, resource: users.csv, options: {options}}}"
    part = f"target: {end}\n" + fields("Pay.EUR: {value: 3}")
    assert "M137" not in [each.code for each in of_example(part)]
    other = part.replace("Pay.EUR=number", "Pay=number")
    assert "M137" in [each.code for each in of_example(other)]


DAYS = "source: {connector: file, resource: people.csv, options: {types: Last=date:dd.MM.yyyy}}\n"


@pytest.mark.parametrize(
    ("when", "set", "told"),
    [
        ("Last", "today()", True),
        ("Status == 'Left' || Last", "today()", True),
        ("Status == 'Left' && Last", "today()", True),
        ("is_past(Last)", "today()", False),
        ("Last && !is_future(Last)", "today()", False),
        ("iif(Last, !is_future(Last), Status == 'Left')", "today()", False),
        ("Status", "today()", False),
        # The target takes the day in advance: who leaves later is told of as well.
        ("Last", "Last", False),
        ("Last || Status == 'Left'", "coalesce(Last, today())", False),
    ],
)
def test_a_date_alone_is_no_condition_of_leavers(when: str, set: str, told: bool) -> None:
    leavers = f'leavers:\n  when: "{when}"\n  set: {{leaveDate: "{set}"}}\n'
    part = f"{DAYS}{leavers}  left: is_past(leaveDate)\n"
    assert ("M228" in [each.code for each in of_example(part)]) is told


@pytest.mark.parametrize(
    ("when", "refused"),
    [
        ("mail < '2026'", True),
        ("iif(name, mail < '2026', gone)", True),
        ("name || mail < '2026'", True),
        ("mail && mail < '2026'", False),
        ("mail && name && mail < '2026'", False),
        ("iif(mail, mail < '2026', gone)", False),
        ("iif(is_present(mail), name && mail < '2026', gone)", False),
        ("iif(is_blank(mail), gone, mail < '2026')", False),
        ("is_present(mail) && mail < '2026'", False),
        ("!mail || mail < '2026'", False),
        ("!(is_blank(mail) || mail >= '2026')", False),
        ("iif(mail, gone, mail < '2026')", True),
    ],
)
def test_text_that_is_compared_only_where_there_is_any_is_no_error(
    when: str, refused: bool
) -> None:
    part = f'leavers:\n  when: "{when}"\n  set: {{leaveDate: today()}}\n'
    part += "  left: is_past(leaveDate)\n"
    assert ("M135" in [each.code for each in found(BASE + part)]) is refused


@pytest.mark.parametrize("rule", ["status == 'Current'", "status=='Current'"])
def test_a_rule_that_only_asks_as_well_never_keeps_anybody_out(rule: str) -> None:
    part = (
        "only:\n  - {id: us, when: status == 'Current', otherwise: Not ours}\n"
        f'eligible:\n  - {{id: us-too, when: "{rule}", otherwise: Not ours}}\n'
    )
    assert "M229" in [each.code for each in of_example(part)]


WHEN = """\
leavers:
  when: %s
  set: {{leaveDate: today()}}
  left: leaveDate
""".replace("{{", "{").replace("}}", "}")


@pytest.mark.parametrize(
    ("condition", "decides"),
    [
        ("contains('FL', name)", True),
        ("starts_with('Former', name)", True),
        ("ends_with(join('', ['F', 'L']), name)", True),
        ("gone && contains('FL', name)", True),
        ("name && contains('FL', name)", False),
        ("is_present(name) && contains('FL', name)", False),
        ("contains(name, 'F')", False),
        ("contains(['F', 'L'], name)", False),
        ("contains(tags, 'F')", False),
        ("contains('FL', lower(name))", True),
        ("name && contains('FL', lower(name))", False),
        ("contains('FL', default(name, 'X'))", False),
        ("contains('FL', default(name, 'F'))", True),
    ],
)
def test_a_blank_that_is_part_of_every_text_decides_nothing(condition: str, decides: bool) -> None:
    codes = [each.code for each in found(BASE + WHEN % f'"{condition}"')]
    assert ("M135" in codes) is decides
    for field in (
        f"  nick: \"iif({condition}, 'x', 'y')\"\n",
        f'  nick: {{from: mail, when: "{condition}"}}\n',
    ):
        codes = [each.code for each in found(BASE + field)]
        assert ("M135" in codes) is decides


@pytest.mark.parametrize(
    ("more", "blind"),
    [
        ("  email: mail\n", False),
        ("  email: mail\n  age: number\n", True),
        ("  bank.no: {from: account, sensitive: true}\n", True),
        ("  bank.no: {from: account, sensitive: true, write: on_create}\n", False),
        ("  fullName: name\n  age: number\n", False),
        ("  age: number\n  tags: tags\nlabel: to_text(number)\n", False),
        ("  email: mail\n  age: number\njoiners: {unless_taken: [email]}\n", True),
        ("  email: mail\n  age: number\njoiners: {unless_taken: [email, age]}\n", False),
    ],
)
def test_a_mapping_that_tells_nobody_apart_is_told(more: str, blind: bool) -> None:
    """A code that passes to a newcomer would overwrite another person's record unnoticed."""
    summaries = [each.summary for each in found(BASE + more) if each.code == "M222"]
    assert bool(summaries) is blind
    assert all("'identities' never fires" in each for each in summaries)


@pytest.mark.parametrize("each", DEFINITIONS, ids=lambda each: each.kind.value)
def test_every_guard_that_never_fires_is_told(each: GuardDefinition) -> None:
    def told(share: str, floor: int = 0) -> bool:
        _, *keys = each.setting.split(".")
        limit = f"{{{keys[1]}: {share}}}" if each.of_list else f"{{share: {share}, floor: {floor}}}"
        summaries = [one.summary for one in found(f"{BASE}guards: {{{keys[0]}: {limit}}}\n")]
        return any(f"the guard '{each.kind.value}' never fires" in one for one in summaries)

    assert told("100%") is (each.kind is not GuardKind.CREATES)
    assert not told("10%", 10)
    assert told("0%", 500) is (each.default is not None)


@pytest.mark.parametrize(("written", "back"), [("true", "false"), ("false", "true")])
def test_a_return_is_advised_to_undo_what_the_leave_wrote(written: str, back: str) -> None:
    part = """\
target:
  connector: file
  resource: users.json
  record: {type: object, additionalProperties: true, properties: {locked: {type: boolean}}}
leavers: {when: status == 'Former', set: {locked: {value: %s}}, left: "locked == `%s`"}
rehires: reactivate
"""
    (found,) = [each for each in of_example(part % (written, written)) if each.code == "M162"]
    assert f"{{locked: {back}}}" in found.help


@pytest.mark.parametrize(
    ("left", "help"), [(", left: is_past(leaveDate)", "leave out `write"), ("", "leavers.left")]
)
def test_a_leave_date_that_moves_says_how_it_would_stay(left: str, help: str) -> None:
    part = (
        "leavers: {when: status == 'Former', set: {leaveDate: {from: today(), write: overwrite}}%s}"
    )
    (found,) = [each for each in of_example(part % left) if each.code == "M124"]
    assert help in found.help
