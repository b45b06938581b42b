"""A spec becomes a program: names are resolved, and what cannot work is said at once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from test_lint import ALL, BASE, LEAVERS, compiled, found

from oneway.core.description import Capability
from oneway.mapping.compiler import connectors_of
from whole_mappings import compile_mapping, load_mapping
from worlds import AS_OF, _system


def test_all_mistakes_are_reported_in_one_run() -> None:
    mapping = BASE + "  emial: mail\n  fullName: nmae\n  email: {from: mail, lookup: x}\n"
    assert [d.code for d in found(mapping)] == ["M102", "M101", "M107"]


def test_a_mistake_quotes_its_line_and_guesses() -> None:
    (wrong,) = found(BASE + "  emial: mail\n")
    assert wrong.quote == "  emial: mail"
    assert wrong.help == "did you mean 'email'?"


def test_what_a_system_cannot_do_is_said_before_any_call() -> None:
    for missing in (Capability.CREATE, Capability.UPDATE, Capability.READ, Capability.LEAVE):
        codes = [d.code for d in found(BASE + LEAVERS, ALL - {missing})]
        assert "M112" in codes
    off = BASE + "joiners: {create: false}\n"
    assert "M112" not in [d.code for d in found(off, ALL - {Capability.CREATE})]


def test_a_sensitive_field_of_the_source_makes_its_rule_sensitive() -> None:
    fields = compiled(BASE + "  bank.no: digits(account)\n  email: mail\n").code.policy.fields
    assert {rule.path: rule.sensitive for rule in fields} == {
        "ref": False, "bank.no": True, "email": False
    }  # fmt: skip


@pytest.mark.parametrize("stand_in", ["default", "initial"])
def test_so_does_one_that_may_stand_in_for_its_value(stand_in: str) -> None:
    rule = f"  email: {{from: mail, {stand_in}: {{from: digits(account)}}}}\n"
    fields = compiled(BASE + rule).code.policy.fields
    assert {rule.path for rule in fields if rule.sensitive} == {"email"}


def test_an_open_record_has_no_unknown_fields() -> None:
    loaded = load_mapping((BASE + "  anything: goes\n").encode(), "m.yaml")
    catalogue = {
        name: replace(_system(name, main, {}), name=name)
        for name, main in (("payroll", "people"), ("expenses", "users"))
    }
    assert compile_mapping(loaded.spec, loaded.document.lines, catalogue).warnings == ()


def test_the_policy_says_which_keys_a_created_record_carries() -> None:
    keys = "match:\n  - {source: mail, target: email, compare: ignore_case}"
    two = BASE.replace("match:", keys) + "  email: {from: mail, when: gone}\n"
    policy = compiled(two).code.policy
    assert policy.match_paths == ("email", "ref")
    assert policy.carried == (False, True)


def test_a_key_that_reads_what_is_sensitive_is_not_shown() -> None:
    assert compiled(BASE).code.policy.key_shown == (True,)
    secret = BASE.replace("code", "account")
    assert compiled(secret).code.policy.key_shown == (False,)
    marked = BASE.replace("ref: code", "ref: {from: code, sensitive: true}")
    assert compiled(marked).code.policy.key_shown == (False,)


def test_the_day_of_the_run_is_the_mapping_s_own() -> None:
    late = datetime(2026, 6, 15, 23, 30, tzinfo=UTC)
    assert str(compiled(BASE).context({}, late).today) == "2026-06-15"
    london = compiled(BASE + "time_zone: Europe/London\n")
    assert str(london.context({}, late).today) == "2026-06-16"
    assert london.context({}, AS_OF).as_of == AS_OF


def test_each_connector_is_named_once() -> None:
    references = "references:\n  d: {from: {connector: file}, resource: d.csv, key: a, value: b}\n"
    spec = load_mapping((BASE + references).encode(), "m.yaml").spec
    assert [name.text for name in connectors_of(spec)] == ["payroll", "expenses", "file"]
