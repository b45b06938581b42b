"""Bodies that are more than the values: operations, values among other keys, quoted filters."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_world import altered, described, opened, reply

from oneway.core.connector_errors import ReadError
from oneway.core.diagnostics import Refused
from oneway.core.records import Value
from oneway_connectors.rest.patch import scim_operations
from oneway_connectors.rest.template import fill_body

URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANIFEST = altered(
    '    find: {email: {email: "{value}"}}\n',
    f"    names: {{enterprise: '{URN}'}}\n"
    "    find: {email: {filter: 'email eq {value_json}'}}\n",
)

KEYS = st.sampled_from(["a", "b", "name", URN])
LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
VALUES = st.recursive(
    st.dictionaries(KEYS, LEAVES, min_size=1, max_size=3),
    lambda inner: st.dictionaries(KEYS, LEAVES | inner, min_size=1, max_size=3),
    max_leaves=6,
)


def leaves(values: Mapping[str, Value]) -> int:
    return sum(leaves(v) if isinstance(v, dict) and v else 1 for v in values.values())


def carried_out(done: list[Any]) -> dict[str, Any]:
    """Return what the operations make of nobody, removed fields as None."""
    made: dict[str, Any] = {}
    for each in done:
        inside, path = made, each["path"].replace(URN + ":", URN + "\0").replace(".", "\0")
        path = path.replace(URN.replace(".", "\0"), URN)
        *way, last = path.split("\0")
        for key in way:
            inside = inside.setdefault(key, {})
        inside[last] = each.get("value")
    return made


@given(VALUES)
def test_operations_say_what_the_values_say_a_field_each(values: dict[str, Value]) -> None:
    done = scim_operations(values)
    assert len(done) == leaves(values)
    assert carried_out(done) == values
    for each in done:
        assert isinstance(each, dict)
        assert (each["op"] == "remove") == ("value" not in each) == (each.get("value") is None)


def test_an_extension_has_a_colon_before_its_attributes() -> None:
    assert scim_operations({URN: {"department": "Ops"}, "name": {"familyName": None}}) == [
        {"op": "replace", "path": f"{URN}:department", "value": "Ops"},
        {"op": "remove", "path": "name.familyName"},
    ]


@given(VALUES)
def test_values_stand_among_other_keys_which_they_never_replace(values: dict[str, Value]) -> None:
    body: Value = {"...": "{values}", "schemas": ["x"], "a": "fixed"}
    assert fill_body(body, {}, values) == {**values, "schemas": ["x"], "a": "fixed"}


def test_an_ellipsis_with_anything_else_is_a_key_as_any() -> None:
    assert fill_body({"...": "x"}, {}, {"a": 1}) == {"...": "x"}


@given(st.text(st.characters(codec="utf-8")))
def test_a_value_cannot_leave_its_quotes(value: str) -> None:
    rest, world = opened(reply({"data": []}), manifest=MANIFEST)
    rest.reader("people").find("email", value)
    asked = world.asked[0].url.params["filter"]
    assert asked.startswith("email eq ")
    assert json.loads(asked.removeprefix("email eq ")) == value


@pytest.mark.parametrize("value", ["al", "ada@example.com", 'o"ne\\', "ab\ncd"])
def test_what_was_asked_in_quotes_is_not_shown(value: str) -> None:
    said = {"message": f"nobody is called <{value}>, I fear"}
    rest, _ = opened(reply(said, 400), manifest=MANIFEST)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        rest.reader("people").find("email", value)
    assert "I fear" in str(caught.value)
    assert len(value) < 3 or value not in str(caught.value)


def test_mappings_know_a_key_by_another_name_in_both_directions() -> None:
    shown = {"id": "1", URN: {"department": "Ops"}}
    rest, world = opened(reply(shown), reply(shown, 201), reply(None, 204), manifest=MANIFEST)
    record = rest.reader("people").get("1")
    assert record is not None
    assert record.data == {"id": "1", "enterprise": {"department": "Ops"}}
    writer = rest.writer("people")
    writer.create({"enterprise": {"department": "Ops"}}, "t")
    writer.update("1", {"enterprise": {"department": None}}, "t")
    sent = [json.loads(request.content) for request in world.asked[1:]]
    assert sent == [{URN: {"department": "Ops"}}, {URN: {"department": None}}]


def test_operations_are_a_whole_body_or_a_whole_item_of_one() -> None:
    text = altered(
        'update: {method: PATCH, path: "/people/{id}"}',
        'update: {method: PATCH, path: "/people/{id}", body: {ops: "x {operations}"}}',
    )
    with pytest.raises(Refused) as caught:
        described(text)
    assert [each.code for each in caught.value.diagnostics] == ["C105"]


def test_a_name_must_be_a_field_where_the_record_schema_is_closed() -> None:
    text = MANIFEST.replace("      additionalProperties: true\n", "")
    with pytest.raises(Refused) as caught:
        described(text)
    assert [each.code for each in caught.value.diagnostics] == ["C107"]


def test_a_search_that_answers_404_has_found_nobody() -> None:
    rest, _ = opened(reply({"error": "No users found"}, 404), manifest=MANIFEST)
    assert rest.reader("people").find("email", "ada@example.com") == ()


def test_a_list_that_answers_404_is_not_empty() -> None:
    rest, _ = opened(reply({}, 404), manifest=MANIFEST)
    with pytest.raises(ReadError):
        rest.reader("people").read()
