"""Flattens a record schema: one field for each value and object, by its dotted path."""

from collections.abc import Collection, Iterator
from typing import cast

from oneway.core.dataclass import dataclass
from oneway.core.description import Field
from oneway.core.paths import ItemPath, item_text
from oneway.core.records import Value
from oneway.documents.lenient import Data, items, obj, text
from oneway.documents.yaml_source import Path


def fields_of(
    record: Data,
    *,
    absent_is_null: bool = False,
    apart: Collection[str] = (),
    clear: Value = None,
) -> dict[str, Field]:
    """Return the fields of a record schema, in its order; an object comes before its fields.

    An object's `readOnly` and `sensitive` apply to everything in it. A field inside an object is
    required if the object is as well. `absent_is_null` applies to fields that are neither required
    nor `apart` and have no `absent` of their own; `clear` to those whose type allows it and that
    have no `clear` of their own.
    """
    usual = _Usual(absent_is_null, frozenset(apart), clear)
    return {field.path: field for field in _below("", record, Field("", required=True), usual)}


def items_of(record: Data, *, absent_is_null: bool = False) -> dict[ItemPath, Field]:
    """Return what a record schema says of the items of lists, and of the values within them."""
    return dict(_within(((),), record, _Usual(absent_is_null, frozenset(), None)))


def says_null(data: Data, *, default: bool = False) -> bool:
    """Return whether `absent` says that an absent key is null."""
    return data["absent"] is None if "absent" in data else default


def is_open(record: Data) -> bool:
    """Return whether records may hold fields that the schema does not list."""
    return record.get("additionalProperties") is True


def idly_open(schema: Data, place: Path = ()) -> Iterator[Path]:
    """Yield where a record schema allows other fields below its top, which has no effect."""
    if place and is_open(schema):
        yield (*place, "additionalProperties")
    for name, each in obj(schema.get("properties")).items():
        yield from idly_open(obj(each), (*place, "properties", name))
    if "items" in schema:
        yield from idly_open(obj(schema["items"]), (*place, "items"))


NOT_THAT_DEEP = "it counts at the top of a record alone: list the fields here, or remove it"
"""What to do about an `additionalProperties` below the top of a record schema."""


@dataclass(frozen=True, slots=True)
class _Usual:
    """A resource's defaults for its fields: whether an absent key is null, and what clears one."""

    is_null: bool
    apart: frozenset[str]
    clear: Value

    def clears(self, schema: Data) -> Value:
        """Return what clears a field: its own `clear`, or the default if its type has that."""
        if "clear" in schema:
            return schema["clear"]
        types = _types(schema)
        return self.clear if not types or _TYPE_OF[type(self.clear)] in types else None


_TYPE_OF = {str: "string", list: "array", dict: "object", type(None): "null"}


def _below(prefix: str, schema: Data, holder: Field, usual: _Usual) -> Iterator[Field]:
    required = {name for name in items(schema.get("required")) if isinstance(name, str)}
    for key, value in obj(schema.get("properties")).items():
        inner, path = obj(value), f"{prefix}{key}"
        default = usual.is_null and key not in required and path not in usual.apart
        is_null = says_null(inner, default=default)
        field = _field(path, inner, holder, key in required, is_null, usual.clears(inner))
        yield field
        yield from _below(f"{path}.", inner, field, usual)


def _within(at: ItemPath, schema: Data, usual: _Usual) -> Iterator[tuple[ItemPath, Field]]:
    *lists, keys = at
    required = {name for name in items(schema.get("required")) if isinstance(name, str)}
    found = {
        (*lists, (*keys, key)): (obj(value), key in required)
        for key, value in obj(schema.get("properties")).items()
    }
    if "items" in schema:
        found[*at, ()] = obj(schema["items"]), True
    for path, (inner, is_required) in found.items():
        if path[1:]:
            is_null = says_null(inner, default=usual.is_null and not is_required)
            yield path, _field(item_text(path), inner, Field(""), is_required, is_null, None)
        yield from _within(path, inner, usual)


def _field(
    path: str, schema: Data, holder: Field, required: bool, absent_is_null: bool, clear: Value
) -> Field:
    return Field(
        path=path,
        types=_types(schema),
        format=text(schema, "format"),
        min_length=cast(int | None, schema.get("minLength")),
        max_length=cast(int | None, schema.get("maxLength")),
        pattern=text(schema, "pattern"),
        enum=tuple(items(schema.get("enum"))),
        unique=schema.get("unique") is True or schema.get("unique_ignores_case") is True,
        unique_ignores_case=schema.get("unique_ignores_case") is True,
        computed=holder.computed or schema.get("readOnly") is True,
        required=required and holder.required,
        sensitive=holder.sensitive or schema.get("sensitive") is True,
        absent_is_null=absent_is_null,
        clear=clear,
        description=text(schema, "description") or text(schema, "title"),
    )


def _types(schema: Data) -> frozenset[str]:
    given = schema.get("type")
    if isinstance(given, str):
        return frozenset({given})
    return frozenset(str(item) for item in items(given))
