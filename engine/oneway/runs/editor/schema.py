"""The JSON Schema of one mapping: the language's, with the field names of its two sides."""

from copy import deepcopy
from typing import Any

from oneway.core.paths import path_of, path_text
from oneway.documents.schema_check import schema_data
from oneway.mapping.functions import LIBRARY
from oneway.runs.editor.facts import EditorFacts, EditorSide
from oneway.runs.editor.hover_text import about_field, read_expression


def schema_for(facts: EditorFacts) -> dict[str, Any]:
    """Return the schema of mappings with fields, references, functions and options filled in."""
    schema = deepcopy(schema_data("mapping"))
    parts = schema["$defs"]
    schema["title"] = "A mapping of these two sides"
    parts["Expression"], general = (
        _expression(parts["Expression"], facts.source),
        parts["Expression"],
    )
    parts["Fields"] = _fields(parts["Fields"], facts.target)
    if facts.references:
        parts["FieldSpec"]["properties"]["lookup"] = {
            "title": "Lookup",
            "description": "The reference that the value is looked up in.",
            "enum": list(facts.references),
        }
        schema["properties"]["references"]["properties"] = {
            name: _reference(parts["ReferenceSpec"], general, side)
            for name, side in facts.tables.items()
        }
    for side, known in (("source", facts.source), ("target", facts.target)):
        schema["properties"][side] = _endpoint(schema["properties"][side], known, facts.connectors)
    return schema


def _expression(general: dict[str, Any], side: EditorSide) -> dict[str, Any]:
    """Return the schema of an expression whose fields and functions an editor completes."""
    if not side.fields:
        return general
    fields = [read_expression(path) for path in side.fields]
    about = [about_field(each) for each in side.fields.values()]
    calls = [f"{each.name}()" for each in LIBRARY]
    offered = {
        "enum": [*fields, *calls],
        "enumDescriptions": [
            *about,
            *(f"{each.signature}: {each.summary}" for each in LIBRARY),
        ],
    }
    rules = {key: general[key] for key in general if key not in ("title", "description")}
    named: dict[str, Any] = {k: general[k] for k in ("title", "description") if k in general}
    return {**named, "anyOf": [offered, rules]}


def _reference(
    general: dict[str, Any], expression: dict[str, Any], side: EditorSide
) -> dict[str, Any]:
    """Return a reference whose expressions an editor completes with the fields of its records."""
    offered = _expression(expression, side)
    filled = {
        name: {**offered, **{key: each[key] for key in ("title", "description", "examples")}}
        for name, each in general["properties"].items()
        if each.get("$ref") == "#/$defs/Expression"
    }
    return {**general, "properties": {**general["properties"], **filled}}


def _fields(general: dict[str, Any], side: EditorSide) -> dict[str, Any]:
    """Return the object of fields with each field of the target by name."""
    rule = general["additionalProperties"]
    named = {
        path: {**rule, "title": path, "description": about_field(field)}
        for path, field in side.fields.items()
        if not field.computed
    }
    found = {**general, "properties": named}
    if side.fields and not side.open:
        found["additionalProperties"] = False
        found["errorMessage"] = f"the fields are: {', '.join(named)}"[:400]
        # Another way to write a path is the same field: each name is known as it is canonical.
        found["propertyNames"] = {"enum": [path_text(path_of(path)) for path in named]}
    return found


def _endpoint(
    general: dict[str, Any], side: EditorSide, connectors: tuple[str, ...]
) -> dict[str, Any]:
    extra: dict[str, Any] = {"connector": {"examples": list(connectors)}}
    if side.description is not None:
        resources = [name for name in side.description.resources if name != "*"]
        if resources:
            extra["resource"] = {"enum": resources}
        options = [each for each in side.description.options if not each.secret]
        extra["options"] = {
            "properties": {
                each.name: {
                    "description": each.description,
                    **({"enum": list(each.values)} if each.values else {}),
                }
                for each in options
            },
            "additionalProperties": False,
        }
    return {**general, "properties": extra}
