"""The texts that an editor shows for a field or a function."""

import json
import re

from oneway.core.description import Field
from oneway.core.paths import path_of
from oneway.mapping.expressions import BUILT_IN
from oneway.mapping.functions import BY_NAME

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KINDS = {
    "string": "text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "array": "a list", "object": "an object",
}  # fmt: skip


def read_expression(path: str) -> str:
    """Return the expression that reads a field."""
    return ".".join(
        key if _IDENTIFIER.fullmatch(key) else json.dumps(key, ensure_ascii=False)
        for key in path_of(path)
    )


def about_field(field: Field) -> str:
    """Return what is known of a field, in a sentence or two."""
    kinds = [_KINDS[name] for name in sorted(field.types) if name in _KINDS]
    said = [field.format or " or ".join(kinds)] if kinds or field.format else []
    said += [f"one of {', '.join(map(str, field.enum))}"] if field.enum else []
    said += [f"at least {field.min_length:,} characters"] if (field.min_length or 0) > 1 else []
    said += [f"at most {field.max_length:,} characters"] if field.max_length else []
    marks = {
        "required": field.required, "unique": field.unique, "set by the system": field.computed,
        "never shown": field.sensitive,
    }  # fmt: skip
    said += [mark for mark, is_on in marks.items() if is_on]
    text = ", ".join(said)
    return f"{text}. {field.description}".strip(". ") if field.description else text


def about_function(name: str) -> str:
    """Return what a function does, with an example; nothing if there is none of that name."""
    if name in BY_NAME:
        function = BY_NAME[name]
        example = function.examples[0] if function.examples else None
        shown = f"\n\n`{example.expression}`" if example else ""
        return f"`{function.signature}`\n\n{function.summary}{shown}"
    if name in BUILT_IN:
        return f"`{name}()` is one of JMESPath's own functions."
    return ""
