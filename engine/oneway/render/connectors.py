"""Renders the list of connectors, or one connector with all details."""

import json
from collections.abc import Iterable, Iterator, Sequence

from oneway.connections.environment import variable
from oneway.core.description import Capability, Description, Field, Option, Resource
from oneway.render.layout import pad, wrap
from oneway.render.sanitize import harmless
from oneway.render.style import Ink, Style


def listed(descriptions: Sequence[Description], style: Style) -> str:
    """Return one line per connector: its name, title, and resources."""
    wide = max((len(each.name) for each in descriptions), default=0) + 2
    lines = []
    for each in descriptions:
        resources = ", ".join(name for name in each.resources if name != "*")
        said = f"{each.title}{f': {resources}' if resources else ''}"
        lines += wrap(f"{pad(harmless(each.name), wide)}{harmless(said)}", style, 0, wide)
    return "\n".join(lines) + "\n"


def text(description: Description, style: Style) -> str:
    """Return a connector's options, credentials, resources, fields and assumptions."""
    title = f"{description.name}: {description.title}"
    lines = [style.paint(harmless(title), Ink.STRONG)]
    options = [each for each in description.options if not each.secret]
    secrets = [each for each in description.options if each.secret]
    lines += _part("Options", ((each.name, " ".join(_about(each))) for each in options), style)
    lines += _part("Credentials", (_secret(description, each) for each in secrets), style)
    for resource in description.resources.values():
        lines += _resource(resource, style)
    assumed = (f"{each.about} To check: {each.check}" for each in description.assumptions)
    lines += _part("Assumed, not confirmed", (("-", said) for said in assumed), style)
    return "\n".join(lines) + "\n"


def as_data(description: Description) -> dict[str, object]:
    """Return a connector as data.

    Keys: name, title, kind, file, options (name, description, default, secret, values),
    resources (name, id, capabilities, open, fields), assumptions (about, check).
    """
    return {
        "name": description.name,
        "title": description.title,
        "kind": description.kind,
        "file": description.file,
        "options": [
            {
                "name": each.name,
                "description": each.description,
                "default": each.default,
                "secret": each.secret,
                "values": list(each.values),
            }
            for each in description.options
        ],
        "resources": [_resource_data(each) for each in description.resources.values()],
        "assumptions": [
            {"about": each.about, "check": each.check} for each in description.assumptions
        ],
    }


def field_words(field: Field) -> str:
    """Return a field's properties, such as "text, at most 100 characters, unique"."""
    kinds = [_KINDS.get(name, name) for name in sorted(field.types - {"null"})]
    words = [" or ".join(kinds) or "anything"]
    if field.format:
        words = [field.format]
    if field.enum:
        words.append(f"one of {', '.join(map(str, field.enum))}")
    if (field.min_length or 0) > 1:
        words.append(f"at least {field.min_length:,} characters")
    if field.max_length is not None:
        words.append(f"at most {field.max_length:,} characters")
    marks = {
        "required": field.required, "unique": field.unique, "computed": field.computed,
        "sensitive": field.sensitive,
    }  # fmt: skip
    if field.clear is not None:
        words.append(f"cleared by {json.dumps(field.clear)}")
    return ", ".join([*words, *(mark for mark, is_on in marks.items() if is_on)])


def _resource(resource: Resource, style: Style) -> list[str]:
    able = [each.value for each in Capability if each in resource.capabilities]
    name = "any path of a file" if resource.name == "*" else resource.name
    title = f"Resource {name}: {', '.join(able)}; its id is {resource.id!r}"
    fields = (
        (each.path, f"{field_words(each)}{f'. {each.description}' if each.description else ''}")
        for each in resource.fields.values()
    )
    open_too = [("...", "records may have other fields too")] if resource.open else []
    return _part(title, [*fields, *open_too], style)


def _part(title: str, rows: Iterable[tuple[str, str]], style: Style) -> list[str]:
    found = list(rows)
    if not found:
        return []
    wide = min(max(len(name) for name, _ in found), 30) + 2
    lines = ["", style.paint(harmless(title), Ink.STRONG)]
    for name, said in found:
        lines += wrap(f"{pad(harmless(name), wide)}{harmless(said)}", style, 2, 2 + wide)
    return lines


def _about(option: Option) -> Iterator[str]:
    yield option.description
    if option.values:
        yield f"One of: {', '.join(option.values)}."
    if option.default:
        yield f"Default: {option.default}."
    elif option.default is None:
        yield "Needed."


def _secret(description: Description, option: Option) -> tuple[str, str]:
    name = variable(description.name, option.name)
    return option.name, f"{option.description} In {name}, {name}_FILE or {name}_KEYRING."


def _resource_data(resource: Resource) -> dict[str, object]:
    return {
        "name": resource.name,
        "id": resource.id,
        "capabilities": [each.value for each in Capability if each in resource.capabilities],
        "open": resource.open,
        "fields": [
            {"path": each.path, "about": field_words(each), "description": each.description}
            for each in resource.fields.values()
        ],
    }


_KINDS = {
    "string": "text", "integer": "whole number", "boolean": "true or false", "array": "list",
}  # fmt: skip
