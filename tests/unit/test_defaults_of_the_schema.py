"""What the schema of mappings calls a default is what a mapping without the key does."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from oneway.mapping.spec import Merge
from whole_mappings import load_mapping

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "mapping.schema.json").read_text("utf-8")
)
MAPPING = """
oneway: 1
name: people
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
only: [{id: staff, when: staff, otherwise: Not staff}]
match: [{source: code, target: code}]
eligible: [{id: email, when: email, otherwise: No email}]
fields:
  code: {from: code}
  tags: {from: tags, merge: add}
joiners: {unless_taken: [code]}
leavers: {when: left, set: {active: {value: false}}, left: active == `false`}
"""
PLACES = {
    "MatchSpec": ("match", 0),
    "RuleSpec": ("eligible", 0),
    "FieldSpec": ("fields", "code"),
    "JoinersSpec": ("joiners",),
    "": (),
}


def defaults() -> list[tuple[str, str, object]]:
    """Return each key with a default, and the definition that it stands in."""
    found = []
    for name, part in {"": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, about in part.get("properties", {}).items():
            known = about
            if "$ref" in about and "default" not in about:
                known = SCHEMA["$defs"][about["$ref"].rpartition("/")[2]]
            if "default" in known and name in PLACES:
                found.append((name, key, known["default"]))
    return found


@pytest.mark.parametrize(("name", "key", "value"), defaults())
def test_a_default_that_is_written_changes_nothing(name: str, key: str, value: object) -> None:
    plain = yaml.safe_load(MAPPING)
    written = copy.deepcopy(plain)
    part = written
    for step in PLACES[name]:
        part = part[step]
    part[key] = value
    assert meaning(plain) == meaning(written)


def meaning(data: object) -> str:
    """Return a mapping as it is loaded, without the places of its text."""
    spec = load_mapping(yaml.safe_dump(data, sort_keys=False).encode(), "m.yaml").spec
    rules = [sorted(each.value for each in rule.categories) for rule in spec.eligible]
    fields = [
        (each.path, each.write, each.on_blank, each.on_miss, each.merge or Merge.REPLACE)
        for each in spec.fields
    ]
    zone = "UTC" if spec.time_zone is None else spec.time_zone.text
    others: tuple[object, ...] = (
        spec.joiners.create,
        spec.absent,
        spec.rehires,
        spec.out_of_scope,
        zone,
    )
    others += (spec.rekey, spec.gone)
    compared = [each.compare for each in (*spec.fields, *spec.match)]
    return repr((rules, fields, others, compared))


def test_rules_fields_and_matches_have_defaults() -> None:
    assert {name for name, _, _ in defaults()} >= {"RuleSpec", "FieldSpec"}
