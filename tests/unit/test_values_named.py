"""A value that is refused is named where the refusal is told, unless it is sensitive."""

from made import made

MAPPING = """
oneway: 1
name: m
source: {connector: payroll, resource: employees}
target: {connector: expenses, resource: users}
match:
  - {source: code, target: reference}
references:
  offices: {from: target, resource: offices, key: name, value: id}
fields:
  reference: code
  department: FIELD
"""
OFFICES = {"offices": [{"id": 1, "name": "Leeds"}]}


def reasons_of(field, **person):
    text = MAPPING.replace("FIELD", field)
    done = made(text, [{"id": "a", "code": "1", **person}], [], OFFICES)
    (outcome,) = [each for each in done.plan.outcomes if each.source_id]
    return outcome.kind.value, [(each.text, each.value) for each in outcome.reasons]


def test_a_field_that_a_record_cannot_do_without_names_what_it_read():
    field = '{from: "map_value(unit, `{}`, `null`)", on_blank: ineligible}'
    found = [("no value for department", 'unit: "Legal"')]
    assert reasons_of(field, unit="Legal") == ("ineligible", found)


def test_a_lookup_that_a_record_cannot_do_without_names_what_it_looked_for():
    field = "{from: unit, lookup: offices, on_miss: ineligible}"
    kind, reasons = reasons_of(field, unit="York")
    assert (kind, reasons[0][1]) == ("ineligible", 'unit: "York"')


def test_a_sensitive_value_is_not_named():
    field = '{from: "map_value(unit, `{}`, `null`)", on_blank: ineligible, sensitive: true}'
    assert reasons_of(field, unit="Legal") == ("ineligible", [("no value for department", "")])


def test_an_expression_says_which_value_has_no_entry_and_what_to_do_about_a_blank_one():
    field = '{from: "map_value(unit, `{}`)"}'
    _, ((text, value),) = reasons_of(field, unit="Legal")
    assert ("has no entry" in text, value) == (True, 'unit: "Legal"')
    _, ((text, _),) = reasons_of(field, unit="")
    assert "write x && map_value(x, ...)" in text
