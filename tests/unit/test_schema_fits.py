"""Whether data fit a schema is what jsonschema says, for each schema and odd data."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from oneway.documents.schema_check import schema_data, schema_names
from oneway.documents.schema_check.fits import fits_of
from oneway.documents.schema_check.patterns import validator_of
from oneway.documents.yaml_source import read_all

ROOT = Path(__file__).parents[2]
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, -1, "", "a", "id", "A b", [], {}]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "id", "type"]), inner, max_size=3)
    ),
    max_leaves=8,
)
RULES: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["integer", "number", "string", ["null", "array"], "object"]),
    "const": VALUES,
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    "minLength": st.integers(0, 2),
    "maxItems": st.integers(0, 2),
    "minProperties": st.integers(0, 2),
    "minimum": st.sampled_from([0, 1, 2.5]),
    "exclusiveMinimum": st.sampled_from([0, 1]),
    "pattern": st.sampled_from(["^a", "[A-Z]", r"\d$"]),
    "required": st.lists(st.sampled_from(["a", "id"]), max_size=2, unique=True),
    "dependentRequired": st.dictionaries(
        st.sampled_from(["a", "id"]), st.lists(st.sampled_from(["id", "type"]), unique=True)
    ),
    "uniqueItems": st.booleans(),
}


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw schemas that hold others, with one to itself at the root."""
    inner = inner | st.just({"$ref": "#/$defs/a"})
    some = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "items": inner,
            "prefixItems": some,
            "properties": st.dictionaries(st.sampled_from(["a", "id"]), inner, max_size=2),
            "additionalProperties": inner,
            "propertyNames": inner,
            "anyOf": some,
            "allOf": some,
            "oneOf": some,
            "if": inner,
            "then": inner,
            "else": inner,
        },
    )


PLAIN = st.fixed_dictionaries({}, optional=RULES) | st.booleans()
SCHEMAS = st.recursive(PLAIN, schemas, max_leaves=6)
# One that names itself without an array or object between would never end.
NAMED = st.fixed_dictionaries({}, optional=RULES | {"items": st.just({"$ref": "#/$defs/a"})})


@given(SCHEMAS.filter(lambda each: isinstance(each, dict)), NAMED, VALUES)
def test_a_value_fits_a_schema_exactly_where_jsonschema_says_so(
    schema: Any, named: Any, value: Any
) -> None:
    whole = {**schema, "$defs": {"a": named}}
    fits = fits_of(whole)
    assert fits is not None
    assert fits(value) is validator_of(whole).is_valid(value)


def documents() -> list[tuple[str, Any]]:
    """Return our own mappings and manifests, which are valid."""
    paths = [*ROOT.glob("mappings/*.yaml"), *ROOT.glob("connectors/oneway_connectors/*/*.yaml")]
    kinds = {"oneway": "mapping", "oneway_connector": "connector", "oneway_test": "mapping-test"}
    read = [yaml.load(path.read_bytes(), yaml.BaseLoader) for path in sorted(paths)]
    named = zip(sorted(paths), (kinds[next(iter(data))] for data in read), strict=True)
    found = [(name, read_all(path.read_bytes(), str(path)).document) for path, name in named]
    return [(name, document.data) for name, document in found if document is not None]


@pytest.mark.parametrize("seed", range(5))
def test_a_document_with_a_slip_fits_exactly_where_jsonschema_says_so(seed: int) -> None:
    chance = random.Random(seed)
    for name, data in documents():
        schema = schema_data(name)
        fits, validator = fits_of(schema), validator_of(schema)
        assert fits is not None
        assert fits(data)
        for _ in range(6):
            slipped = copy.deepcopy(data)
            _slip(slipped, chance)
            assert fits(slipped) is validator.is_valid(slipped), json.dumps(slipped)


def _slip(data: Any, chance: random.Random) -> None:
    """Change one thing, somewhere."""
    while True:
        keys = list(data) if isinstance(data, dict) else list(range(len(data)))
        key = chance.choice(keys)
        if isinstance(data[key], dict | list) and data[key] and chance.random() < 0.8:
            data = data[key]
            continue
        odd = [None, True, 1, "", "x", [], {}, {"x": 1}, ["x", "x"], 1.5]
        match chance.randrange(3):
            case 0:
                del data[key]
            case 1:
                data[key] = chance.choice(odd)
            case _ if isinstance(data, dict):
                data[chance.choice(["x", "from", "value", "when", "id"])] = chance.choice(odd)
            case _:
                data.append(chance.choice(odd))
        return


@pytest.mark.parametrize("name", schema_names())
def test_every_schema_has_known_keywords_only(name: str) -> None:
    assert fits_of(schema_data(name)) is not None


@pytest.mark.parametrize(
    "schema",
    [{"not": {}}, {"patternProperties": {}}, {"contains": {}}, {"$ref": "https://example.com"}],
)
def test_a_schema_with_an_unknown_keyword_is_left_to_jsonschema(schema: Any) -> None:
    assert fits_of(schema) is None
