"""A form has no place for an object: `validate` says so before anybody's night ends with it."""

import pytest
from cli_world import World

from directory import MANIFEST

MAPPING = """\
oneway: 1
name: forms
source: {connector: file, resource: people.json}
target: {connector: directory, resource: people}
match: [{source: code, target: code}]
fields:
  code: {from: code, write: on_create}
  FIELD
leavers: {when: left, set: {SET}, left: left == `true`}
"""
FORM = 'PATCH, path: "/people/{id}", encoding: form'
CREATE = "POST, path: /people, encoding: form"
LEFT = "left: {value: true}"
REFUSED = "request sends a form, which has no place for the object 'address'"


@pytest.mark.parametrize(
    ("update", "create", "field", "leave", "refused"),
    [
        (FORM, "", "address.city: city", LEFT, "update"),
        (FORM, "", "address: address", LEFT, "update"),
        (FORM, "", "address.city: {from: city, write: on_create}", LEFT, ""),
        (FORM, "", "address.city: {from: city, write: never}", LEFT, ""),
        (FORM, "", "name: name", f"{LEFT}, address.city: {{value: x}}", "leave"),
        (FORM, "", "name: name", LEFT, ""),
        (FORM + ', body: {"id": "{id}", "...": "{values}"}', "", "address.city: city", LEFT,
         "update"),
        ("", CREATE, "address.city: {from: city, write: on_create}", LEFT, "create"),
        ("", CREATE, "name: name", f"{LEFT}, address.city: {{value: x}}", ""),
        ("", "", "address.city: city", LEFT, ""),
    ],
)  # fmt: skip
def test_an_object_in_a_form_is_refused_where_the_mapping_writes_it(
    bare: World, update: str, create: str, field: str, leave: str, refused: str
) -> None:
    manifest = MANIFEST.replace(
        'PATCH, path: "/people/{id}"', update or 'PATCH, path: "/people/{id}"'
    )
    manifest = manifest.replace("POST, path: /people", create or "POST, path: /people")
    properties = "address: {type: object, properties: {city: {type: string}}}\n        code:"
    (bare.folder / "connectors").mkdir()
    bare.write("connectors/directory.yaml", manifest.replace("code:", properties, 1))
    bare.write("m.yaml", MAPPING.replace("FIELD", field).replace("SET", leave))
    ended = bare.run("validate", "m.yaml")
    assert (REFUSED in ended.flat) == bool(refused), ended.out
    if refused:
        assert (ended.code, "[M112]" in ended.flat) == (1, True)
        assert f"`{refused}` {REFUSED}" in ended.flat
