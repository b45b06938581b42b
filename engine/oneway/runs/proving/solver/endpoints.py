"""Compares where records come from, and what a mapping declares of them, in any order."""

from dataclasses import replace

from oneway.core.description import Field, Resource
from oneway.documents.lenient import obj
from oneway.documents.record_fields import says_null
from oneway.mapping.spec import EndpointSpec

_UNORDERED = frozenset({"enum", "required", "type"})
"""The lists of a record schema whose order means nothing."""


def endpoint_as_compared(spec: EndpointSpec | None) -> object:
    """Return where records come from: equal data if only orders and written defaults differ."""
    if spec is None:
        return None
    record = spec.record.value if spec.record is not None else None
    is_null = says_null(obj(record)) if spec.absent is None else spec.absent.value is None
    return spec.identity, _unordered(record), is_null


def resource_as_compared(resource: Resource) -> Resource:
    """Return a resource with the words of its fields in one order."""
    return replace(
        resource,
        fields={path: _sorted(each) for path, each in resource.fields.items()},
        items={path: _sorted(each) for path, each in resource.items.items()},
    )


def _sorted(field: Field) -> Field:
    return replace(field, enum=tuple(sorted(field.enum, key=repr)))


def _unordered(schema: object, key: str = "") -> object:
    """Return a record schema with unordered lists sorted; a single type is a list of one."""
    if isinstance(schema, dict):
        return {name: _unordered(each, name) for name, each in schema.items()}
    if key == "type" and isinstance(schema, str):
        return [repr(schema)]
    if isinstance(schema, list):
        return sorted(map(repr, schema)) if key in _UNORDERED else [*map(_unordered, schema)]
    return schema
