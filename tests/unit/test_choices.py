"""What an option may be, as a system lists it, and what a manifest may not say of that."""

import pytest
from rest_world import KEY, altered, described, opened, reply

from oneway.connections.discovery import complete, describe, open_connector
from oneway.core.access import Access, Secret
from oneway.core.connector import Choice
from oneway.core.connector_errors import ReadError
from oneway.core.diagnostics import Refused

TENANT = "  tenant: {description: Whose., default: t1}\n"
CHOICES = """\
  tenant:
    description: Whose.
    choices:
      path: /tenants
      records: data
      pagination: {type: page, param: page, start: 1}
      value: id
      label: about.name
"""
LISTED = altered(TENANT, CHOICES)


def listed(*items: object) -> object:
    return reply({"data": list(items)})


def test_choices_are_read_page_by_page_without_the_option_itself() -> None:
    first = listed({"id": 7, "about": {"name": "Seven"}}, {"id": "b", "about": {}})
    connector, world = opened(first, listed({"about": {"name": "x"}}), listed(), manifest=LISTED)
    assert connector.choices("tenant") == (Choice("7", "Seven"), Choice("b", "b"))
    assert world.urls == ["/tenants?page=1", "/tenants?page=2", "/tenants?page=3"]
    assert connector.choices("base_url") == ()


def test_what_cannot_be_listed_is_a_read_error_without_the_key() -> None:
    connector, _ = opened(reply({"message": f"bad {KEY}"}, 401), manifest=LISTED)
    with pytest.raises(ReadError) as caught:
        connector.choices("tenant")
    assert caught.value.code == "R102"
    assert KEY not in str(caught.value)


def test_a_connector_is_opened_to_choose_without_what_is_to_be_chosen() -> None:
    description = described(LISTED)
    assert [o.name for o in description.options if o.choices] == ["tenant"]
    without = Access({}, {"api_key": Secret("k")})
    with pytest.raises(Refused):
        complete(description, without)
    assert "tenant" not in complete(description, without, choosing=True).options
    open_connector(description, without, choosing=True).close()
    with pytest.raises(Refused) as caught:
        open_connector(description, Access({}, {}), choosing=True)
    assert [d.code for d in caught.value.diagnostics] == ["C112"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("path: /tenants", 'path: "/x/{tenant}/tenants"'),
        ('base_url: "{base_url}"', 'base_url: "https://{tenant}.example.com"'),
        ('base_url: "{base_url}"', 'base_url: "{base_url}"\nheaders: {X-T: "{tenant}"}'),
        ('value: "{api_key}"', 'value: "{api_key} {tenant}"'),
    ],
)
def test_a_list_cannot_need_what_is_chosen_from_it(old: str, new: str) -> None:
    with pytest.raises(Refused) as caught:
        described(altered(old, new, LISTED))
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.line > 0) == ("C121", True)


def test_choices_may_use_what_is_chosen_before_and_nothing_else() -> None:
    later = CHOICES.replace("tenant:", "branch:").replace("/tenants", "/tenants/{tenant}/branches")
    described(altered(CHOICES, CHOICES + later, LISTED))
    for wrong in (altered(CHOICES, later + CHOICES, LISTED), altered("/tenants", "/{x}", LISTED)):
        with pytest.raises(Refused) as caught:
            described(wrong)
        assert {d.code for d in caught.value.diagnostics} <= {"C121", "C103"}


def test_every_mistake_in_choices_has_its_place() -> None:
    wrong = altered("records: data", "records: data[", LISTED)
    with pytest.raises(Refused) as caught:
        described(altered("      value: id\n", "", wrong))
    places = {(d.code, d.span.line) for d in caught.value.diagnostics}
    assert {code for code, _ in places} == {"C106", "S103"}
    assert all(line > 0 for _, line in places)


def test_employers_of_the_payroll_system_are_listed() -> None:
    (option,) = (o for o in describe("staffology").options if o.choices)
    assert (option.name, option.default) == ("employer", None)
