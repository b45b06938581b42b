"""A key that has no effect beside another is a mistake: of tests, and of mappings."""

from pathlib import Path

import pytest

from oneway.connections.parse import load_connection
from oneway.core.diagnostics import Refused, Severity
from oneway.runs.mapping_tests.check import check_test
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.unknown_names import warnings_of
from oneway.runs.prepare.compilation import compile_partly
from oneway.runs.prepare.validate_connection import connection_mistakes

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
SHIPPED = sorted(MAPPINGS.rglob("*.test.yaml"))
HEAD = """\
oneway_test: 1
mapping: m.yaml
as_of: 2026-11-24
record: {id: a, code: A, first: Ada, status: Active, job: {title: Cook, pay: 1}}
target: {id: 1, ref: A, first: Ada, active: true}
"""
EXPECT = "expect: {outcome: unchanged}"
EACH = "expect_each: {a: {outcome: unchanged}}"
OUT = "expect.outcome"


def case(text: str) -> str:
    return f"{HEAD}cases:\n  - {{name: A case, {text}}}\n"


def columns(names: str, rows: str) -> str:
    return f"table: {{columns: [{names}], rows: [{rows}]}}"


def said(text: str) -> list[str]:
    """Return what is wrong with a test, in the words of each message."""
    try:
        load_test(text.encode(), "m.test.yaml")
    except Refused as refused:
        found = refused.diagnostics
    else:
        return []
    assert {each.code for each in found} == {"T107"}
    assert all(each.help and each.span.line > 1 for each in found)
    return [each.summary for each in found]


IDLE = [
    # a case, and what is said of it
    (
        f"record: {{status: Left}}, records: [{{id: a}}, {{id: b}}], {EACH}",
        "`record` has no effect",
    ),
    (f"target: {{first: B}}, targets: [{{id: 1}}, {{id: 2}}], {EXPECT}", "`target` has no effect"),
    (f"target_without: [first], {EXPECT}", "`target_without` has no effect with no `target`"),
    (
        f"targets: [], target_without: [first], {EXPECT}",
        "`target_without` has no effect with `targets: []`",
    ),
    (
        "records: [], without: [first], expect_each: {'target:1': {outcome: absent}}, target: {}",
        "`without` has no effect with `records: []`",
    ),
    (
        f"records: [], {EXPECT}, {columns('record.first', '[B]')}",
        "record.first has no effect with `records: []`",
    ),
    (
        f"targets: [], {EXPECT}, {columns('target.first', '[B]')}",
        "target.first has no effect with `targets: []`",
    ),
    (
        f"record: {{first: B}}, without: [first], {EXPECT}",
        "`without` takes away what `first` gives",
    ),
    (
        f"record: {{job.title: B}}, without: [job], {EXPECT}",
        "`without` takes away what `job.title` gives",
    ),
    (
        f"record: {{job: {{title: B}}}}, without: [job.title], {EXPECT}",
        "`without` takes away what `job` gives",
    ),
    (
        f"records: [{{id: a}}, {{id: b, first: B}}], without: [first], {EACH}",
        "`without` takes away what `first` gives",
    ),
    (
        f"without: [first], {EXPECT}, {columns('record.first', '[B]')}",
        "`without` takes away what record.first gives",
    ),
    (f"record: {{job.title: B, job: {{pay: 2}}}}, {EXPECT}", "job replaces what `job.title` gives"),
    (
        f"record: {{first: B}}, {EXPECT}, {columns('record.first', '[C]')}",
        "record.first replaces what `first` gives",
    ),
    (
        f"settings: {{a: true}}, {EXPECT}, {columns('setting.a', '[false]')}",
        "the column setting.a replaces it",
    ),
    (
        f"as_of: 2026-11-25, {EXPECT}, {columns('as_of', '[2026-11-26]')}",
        "the column as_of replaces it",
    ),
    (f"{EXPECT}, {columns(OUT, '[leave]')}", "the column expect.outcome replaces it"),
    (
        f"expect: {{fields: {{first: B}}}}, {columns('expect.fields.first', '[C]')}",
        "the column expect.fields.first replaces it",
    ),
    (
        f"{columns(f'record.first, record.first, {OUT}', '[A, B, update]')}",
        "two columns give record.first",
    ),
    (
        "expect: {fields: {first: B}, only_fields: {}}, target: {}",
        "`fields` has no effect beside `only_fields`",
    ),
    ("expect: {reasons: []}", "an empty `reasons` expects nothing"),
    ("expect: {not_written: []}", "an empty `not_written` expects nothing"),
    ("expect_each: {a: {fields: {}}}", "an empty `fields` expects nothing"),
    ("record: {status: Left}", "the case expects nothing"),
]
USED = [
    f"record: {{status: Left, job.title: B}}, without: [job.pay], {EXPECT}",
    f"record: {{job: {{title: B}}}}, without: [job.pay], {EXPECT}",
    f"records: [{{id: a}}, {{id: b}}], without: [first], targets: [{{id: 1}}, {{id: 2}}], {EACH}",
    f"target: {{}}, target_without: [first], {EXPECT}",
    f"target_without: [active], {columns(f'target.first, {OUT}', '[B, update]')}",
    "records: [], target: {}, expect_each: {'target:1': {outcome: absent}}",
    f"{columns(f'record.first, record.status, as_of, {OUT}', '[A, B, 2026-11-26, update]')}",
    "expect: {only_fields: {}, only_reasons: [], held_by: []}",
    f"expect: {{only_fields: {{first: B}}}}, {columns('expect.fields.active', '[true]')}",
]


@pytest.mark.parametrize(("text", "summary"), IDLE)
def test_what_a_case_says_without_effect_is_a_mistake(text: str, summary: str) -> None:
    found = said(case(text))
    assert any(each.startswith(summary) for each in found), found


@pytest.mark.parametrize("text", USED)
def test_what_has_an_effect_is_none(text: str) -> None:
    assert said(case(text)) == []


CLAIM = "always: [{name: All, for: first, outcome: [unchanged]}]\n"


def test_a_fixture_needs_a_claim_and_a_claim_needs_no_expectation() -> None:
    files = "fixture: {source: p.json}\n"
    assert said(HEAD + files) == ["`fixture` has no effect without a claim"]
    assert said(HEAD + files + CLAIM) == []
    assert said(case("record: {status: Left}") + CLAIM) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda each: each.stem)
def test_no_shipped_test_says_anything_without_effect(file: Path) -> None:
    load_test(file.read_bytes(), str(file))


MAPPING = """\
oneway: 1
name: m
source: {connector: file, resource: p.json, options: {id: id}}
target: {connector: file, resource: t.json, options: {id: id}}
references:
  teams: {from: {connector: file}, resource: teams.json, key: code, value: number}
match: [{source: code, target: ref}]
fields:
  ref: {from: code, write: on_create}
  team: {from: team, lookup: teams, on_miss: keep}
  x: %s
joiners: {unless_taken: [ref], create: %s}
"""
LEAVERS = "leavers: {when: status == 'Left', set: {gone: %s}, left: gone == `true`}\n"
RULE = "eligible: [{id: a, when: x, otherwise: None, for: [%s]}]\n"


def idle(text: str) -> list[str]:
    """Return what M204 says of a mapping."""
    found = compile_partly(text.encode(), "m.yaml", ()).found
    return [each.summary for each in found if each.code == "M204"]


FIELDS = [
    ("{value: A, on_blank: clear}", "`on_blank`"),
    ("{value: A, initial: B}", "`initial`"),
    ("{from: x, default: A, on_blank: keep}", "`on_blank`"),
    ("{from: x, write: on_create, on_blank: clear}", "`on_blank`"),
    ("{from: x, write: on_create, merge: add}", "`merge`"),
    ("{from: x, write: if_empty, merge: add}", "`merge`"),
    ("{from: x, write: if_empty, on_blank: clear}", "`on_blank`"),
    ("{from: x, write: never, initial: A}", "`initial`"),
    ("{from: x, on_miss: clear}", "`on_miss`"),
    ("{from: x, write: on_create, initial: A}", ""),
    ("{from: x, write: on_create, compare: ignore_case}", ""),
    ("{from: x, default: {from: y}, on_blank: clear}", ""),
    ("{from: x, default: A, lookup: teams, on_miss: keep, on_blank: clear}", ""),
    ("{from: x, merge: add}", ""),
]


@pytest.mark.parametrize(("field", "key"), FIELDS)
def test_a_key_of_a_field_without_effect_is_named(field: str, key: str) -> None:
    found = idle(MAPPING % (field, "true") + LEAVERS % "{value: true}")
    assert found == ([f"{key} has no effect on 'x'"] if key else [])


PEOPLE = [
    ("true", RULE % "leavers", ["the rule 'a' is for leavers, and nothing says who has left"]),
    ("false", RULE % "joiners", ["the rule 'a' is for joiners, and nobody is created"]),
    (
        "true",
        "out_of_scope: leave\n" + LEAVERS % "{value: true}",
        ["`out_of_scope` has no effect without `only`"],
    ),
    ("true", LEAVERS % "{from: x, initial: A}", ["`initial` has no effect on 'gone'"]),
    ("true", RULE % "leavers" + LEAVERS % "{value: true}", []),
    ("true", RULE % "joiners", []),
]


@pytest.mark.parametrize(("create", "more", "found"), PEOPLE)
def test_what_is_said_of_people_of_whom_there_are_none_is_named(
    create: str, more: str, found: list[str]
) -> None:
    assert idle(MAPPING % ("x", create) + more) == found


def test_an_initial_value_is_idle_if_nobody_is_created() -> None:
    text = MAPPING % ("{from: x, initial: A}", "false")
    assert idle(text) == ["`initial` has no effect on 'x'"]


PLAIN = """
oneway: 1
name: m
source: {connector: file, resource: people.jsonl}
target: {connector: file, resource: users.jsonl}
match: [{source: code, target: ref}]
fields: {ref: {from: code, write: on_create}, first: first}
guards: {creates: {share: 5%, floor: 1}}
"""
LINES = PLAIN
TABLE = PLAIN.replace("people.jsonl", "people.csv")
AS_LINES = TABLE.replace("people.csv}", "people.csv, options: {format: ndjson}}")
LOOSER = "guards: {creates: {share: 50%, floor: 9}}"
STRICTER = "guards: {creates: {share: 1%, floor: 1}}"
REVIEWED = "reviewed_by: Ada, 2026-11-20"
ONLY = "only_changed: true"
OF_CONNECTIONS = [
    (LINES, f"{REVIEWED}\n{LOOSER}", []),
    (LINES, f"{REVIEWED}\n{STRICTER}", ["`reviewed_by` has no effect"]),
    (LINES, REVIEWED, ["`reviewed_by` has no effect"]),
    (LINES, ONLY, []),
    (AS_LINES, ONLY, []),
    (TABLE, ONLY, ["`only_changed` has no effect"]),
    (TABLE, "only_changed: false", []),
]


@pytest.mark.parametrize(("mapping", "more", "idle"), OF_CONNECTIONS)
def test_keys_of_a_connection_without_effect_are_named_and_stop_nothing(
    mapping: str, more: str, idle: list[str]
) -> None:
    text = f"oneway_connection: 1\nname: acme\nmapping: m.yaml\n{more}\n"
    connection = load_connection(text.encode(), "acme.yaml")
    made = compile_partly(mapping.encode(), "m.yaml", ())
    found = connection_mistakes(connection, made.mapping, made.catalogue)
    assert [each.summary.partition(":")[0] for each in found] == idle
    assert {(each.code, each.severity) for each in found} <= {("M204", Severity.WARNING)}


NESTED = """
    record:
      additionalProperties: true
      properties:
        id: {type: string}
        job: {type: object, %s properties: {title: {type: string}}}
        tags: {type: array, items: {type: object, %s properties: {name: {type: string}}}}
"""
OPEN = "additionalProperties: true,"


@pytest.mark.parametrize(
    ("given", "idle"),
    [
        (("", ""), []),
        (("additionalProperties: false,", ""), []),
        ((OPEN, ""), ["job"]),
        (("", OPEN), ["tags"]),
    ],
)
def test_a_record_schema_that_is_open_below_its_top_is_named(
    given: tuple[str, str], idle: list[str]
) -> None:
    record = NESTED % given
    source = "source:\n    connector: file\n    resource: people.jsonl" + record
    text = PLAIN.replace("source: {connector: file, resource: people.jsonl}", source)
    found = compile_partly(text.encode(), "m.yaml", ()).found
    named = [each.summary for each in found if "additionalProperties" in each.summary]
    assert [each.split("'")[1] for each in named] == idle


WEBHOOK = "webhook: {url: 'https://hooks.example.com/x'}"
EMAIL = "email: {to: [ada@example.com], from: it@example.com, server: smtp.example.com}"
UPLOAD = "upload: {url: 'https://files.example.com/x', header: X-Key%s}"


def test_a_recorded_case_with_an_empty_fields_is_run_and_warned_of() -> None:
    """An earlier `test --record` wrote `fields: {}`; it kept all cases of its file from running."""
    test = load_test(
        case("target: {}, expect: {outcome: unchanged, fields: {}}").encode(), "m.test.yaml"
    )
    (warning,) = test.warnings
    assert (warning.code, warning.severity) == ("T107", Severity.WARNING)
    assert warning.summary == "an empty `fields` expects nothing"
    compiled = compile_partly(PLAIN.encode(), "m.yaml", ()).mapping
    assert check_test(test, compiled).failed == 0
    assert said(case("expect: {fields: {}}")) == ["an empty `fields` expects nothing"]
    assert said(case("target: {}, expect: {outcome: unchanged, reasons: []}"))


def test_names_for_a_fixture_alone_that_the_mapping_lacks_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / "people.jsonl").write_text('{"id": "a"}')
    claim = "never: [{name: Nobody, for: 'id == `7`', outcome: [create]}]"
    text = f"{HEAD}settings: {{swich: true}}\nreferences: {{teams: []}}\n"
    text += f"fixture: {{source: {tmp_path}/people.jsonl}}\n{claim}\n"
    test = load_test(text.encode(), "m.test.yaml")
    compiled = compile_partly(PLAIN.encode(), "m.yaml", ()).mapping
    found = warnings_of(test, compiled)
    assert [each.summary for each in found] == [
        "the mapping has no setting 'swich'",
        "the mapping has no reference 'teams'",
    ]
    assert {each.severity for each in found} == {Severity.WARNING}
    assert check_test(test, compiled).failed == 0


CHANNELS = [
    (f"{{{WEBHOOK}, {EMAIL}}}", ["'webhook' and 'email' exclude each other"]),
    (f"{{{UPLOAD % ''}}}", ["'header' needs 'token' beside it"]),
    (f"{{{WEBHOOK}, on: [failure]}}", []),
    (f"{{{WEBHOOK}}}, {{{EMAIL}}}", []),
    (f"{{{UPLOAD % ', token: {env: ONEWAY_TOKEN}'}}}", []),
]


@pytest.mark.parametrize(("channels", "found"), CHANNELS)
def test_a_notice_goes_to_every_channel_that_is_named(channels: str, found: list[str]) -> None:
    text = f"oneway_connection: 1\nname: acme\nmapping: m.yaml\nnotify: [{channels}]\n"
    try:
        load_connection(text.encode(), "acme.yaml")
    except Refused as refused:
        said = [each.summary for each in refused.diagnostics]
    else:
        said = []
    assert said == found
