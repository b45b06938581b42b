"""Record schemas, flattened: a field for each value and each object, by its dotted path."""

from collections.abc import Iterator
from typing import cast

from oneway.connections.manifest.parts import Data, items, obj, text
from oneway.core.connector import Field


def fields_of(record: Data) -> dict[str, Field]:
    """Return the fields of a record schema, in its order; an object stands before its fields.

    What holds of an object holds of all in it (`readOnly`, `sensitive`). A field inside an
    object is required where the object is as well.
    """
    return {field.path: field for field in _below("", record, Field("", required=True))}


def is_open(record: Data) -> bool:
    """Return whether records may hold fields that the schema does not list."""
    return record.get("additionalProperties") is True


def _below(prefix: str, schema: Data, holder: Field) -> Iterator[Field]:
    required = {name for name in items(schema.get("required")) if isinstance(name, str)}
    for key, value in obj(schema.get("properties")).items():
        inner = obj(value)
        field = _field(f"{prefix}{key}", inner, holder, key in required)
        yield field
        yield from _below(f"{prefix}{key}.", inner, field)


def _field(path: str, schema: Data, holder: Field, required: bool) -> Field:
    return Field(
        path=path,
        types=_types(schema),
        format=text(schema, "format"),
        max_length=cast(int | None, schema.get("maxLength")),
        pattern=text(schema, "pattern"),
        enum=tuple(items(schema.get("enum"))),
        unique=schema.get("unique") is True or schema.get("unique_ignores_case") is True,
        unique_ignores_case=schema.get("unique_ignores_case") is True,
        computed=holder.computed or schema.get("readOnly") is True,
        required=required and holder.required,
        sensitive=holder.sensitive or schema.get("sensitive") is True,
        description=text(schema, "description") or text(schema, "title"),
    )


def _types(schema: Data) -> frozenset[str]:
    given = schema.get("type")
    if isinstance(given, str):
        return frozenset({given})
    return frozenset(str(item) for item in items(given))
