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

    See RFC 6902, sections 4.1 and 4.2, and RFC 6901 for paths.
    """
    return [
        {"op": "remove", "path": _pointer(keys)}
        if value is None
        else {"op": "add", "path": _pointer(keys), "value": value}
        for keys, value in _below((), values)
    ]


def _below(
    above: tuple[str, ...], values: Mapping[str, Value]
) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Yield each field, including those in nested objects, with its path of keys."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _below((*above, key), value)
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
