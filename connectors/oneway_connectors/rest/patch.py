"""Turns changed fields into the operations of a PATCH, for SCIM and for JSON Patch.

Each field is an operation with its own path, so that its neighbours in an object stay unchanged,
however a server treats partial objects. A list is replaced completely.
"""

from collections.abc import Iterator, Mapping

from oneway.core.records import Value


def scim_operations(values: Mapping[str, Value]) -> list[Value]:
    """Return an operation for each field: `replace` with its value, or `remove` for null.

    See RFC 7644, section 3.5.2.
    """
    return [
        {"op": "remove", "path": _scim_path(keys)}
        if value is None
        else {"op": "replace", "path": _scim_path(keys), "value": value}
        for keys, value in _below((), values)
    ]


def json_patch(values: Mapping[str, Value]) -> list[Value]:
    """Return an operation for each field: `add`, which also replaces, or `remove` for null.

    An object that the record lacks is added whole: nothing can be added within it. See RFC 6902,
    sections 4.1 and 4.2, and RFC 6901 for paths.
    """
    return [
        {"op": "remove", "path": _pointer(keys)}
        if value is None
        else {"op": "add", "path": _pointer(keys), "value": value}
        for keys, value in _below((), values, into_new=False)
    ]


class NewObject(dict[str, Value]):
    """An object of which the record that is written has none yet."""


def with_new_objects(values: Mapping[str, Value], held: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return the values with a `NewObject` for each object that a record lacks.

    A value that would be cleared within such an object is not there, and is left out.
    """
    found: dict[str, Value] = {}
    for key, value in values.items():
        below = held.get(key)
        if not isinstance(value, dict) or not value:
            found[key] = value
        elif isinstance(below, dict):
            found[key] = dict(with_new_objects(value, below))
        elif new := _without_nulls(value):
            found[key] = NewObject(new)
    return found


def _without_nulls(values: Mapping[str, Value]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, value in values.items():
        kept = _without_nulls(value) if isinstance(value, dict) and value else value
        if kept is not None and (kept != {} or value == {}):
            found[key] = kept
    return found


def _below(
    above: tuple[str, ...], values: Mapping[str, Value], *, into_new: bool = True
) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Yield each field with its keys; objects are looked into, new ones only with `into_new`."""
    for key, value in values.items():
        new = isinstance(value, NewObject) and not into_new
        if isinstance(value, dict) and value and not new:
            yield from _below((*above, key), value, into_new=into_new)
        else:
            yield (*above, key), value


def _scim_path(keys: tuple[str, ...]) -> str:
    """Return a SCIM path; an extension's attributes follow a colon (RFC 7644, section 3.10)."""
    *above, last = keys
    return (
        "".join(key + (":" if key.casefold().startswith("urn:") else ".") for key in above) + last
    )


def _pointer(keys: tuple[str, ...]) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
