"""Turns changed fields into the operations of a SCIM PATCH (RFC 7644, section 3.5.2).

Each field is an operation with its own path, so that its neighbours in an object stay, however a
server treats partial objects. A list is replaced whole.
"""

from collections.abc import Iterator, Mapping

from oneway.core.records import Value


def operations(values: Mapping[str, Value]) -> list[Value]:
    """Return an operation for each field: `replace` with its value, or `remove` for null."""
    return list(_below("", values))


def _below(prefix: str, values: Mapping[str, Value]) -> Iterator[Value]:
    for key, value in values.items():
        path = prefix + key
        if isinstance(value, dict) and value:
            # An extension's attributes follow a colon (RFC 7644, section 3.10).
            mark = ":" if key.casefold().startswith("urn:") else "."
            yield from _below(path + mark, value)
        elif value is None:
            yield {"op": "remove", "path": path}
        else:
            yield {"op": "replace", "path": path, "value": value}
