"""A JSON Patch of the changed fields applies to every record (RFC 6902), whatever it lacks."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oneway_connectors.rest.patch import json_patch, scim_operations, with_new_objects

KEYS = st.sampled_from(["a", "b", "c/~d"])
SCALARS = st.one_of(st.none(), st.integers(0, 3), st.just("x"), st.just([1]))


def objects(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    inner = st.dictionaries(KEYS, leaf, min_size=1, max_size=3)
    return st.dictionaries(KEYS, st.one_of(leaf, inner), max_size=3)


def patched(record: dict[str, Any], operations: Any) -> dict[str, Any]:
    """Return the record after a patch; raises where RFC 6902 says that it fails."""
    found = deepcopy(record)
    for each in operations:
        keys = [k.replace("~1", "/").replace("~0", "~") for k in each["path"].split("/")[1:]]
        place = found
        for key in keys[:-1]:
            place = place[key]
        assert isinstance(place, dict), each
        if each["op"] == "remove":
            del place[keys[-1]]
        else:
            place[keys[-1]] = each["value"]
    return found


def merged(record: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the record with these values, without the keys of those that are cleared."""
    found = dict(record)
    for key, value in values.items():
        if isinstance(value, dict) and value:
            below = found.get(key)
            inner = merged(below if isinstance(below, dict) else {}, value)
            if inner or isinstance(below, dict):
                found[key] = inner
        elif value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def fitting(record: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the values without those that would clear what the record does not hold."""
    return {
        key: fitting(record.get(key) if isinstance(record.get(key), dict) else {}, value)
        if isinstance(value, dict) and value and isinstance(record.get(key), dict)
        else value
        for key, value in values.items()
        if value is not None or key in record
    }


@given(objects(SCALARS), objects(SCALARS))
def test_a_patch_applies_to_every_record(record: dict[str, Any], values: dict[str, Any]) -> None:
    sent = fitting(record, values)
    found = patched(record, json_patch(with_new_objects(sent, record)))
    assert found == merged(record, sent)


@given(objects(SCALARS), objects(SCALARS))
def test_scim_names_each_field(record: dict[str, Any], values: dict[str, Any]) -> None:
    paths = [each["path"] for each in scim_operations(with_new_objects(values, record))]
    assert all("." in path for path in paths if path.split(".")[0] in _nested(values))


def _nested(values: dict[str, Any]) -> set[str]:
    return {key for key, value in values.items() if isinstance(value, dict)}
