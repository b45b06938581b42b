"""Quotes a value for a filter or query of another language, so that it cannot leave its quotes.

A number or a boolean needs no quotes in any of these languages, and gets none.
"""

import json
import re
from collections.abc import Callable, Mapping

from oneway.core.records import Value


def json_text(value: Value) -> str:
    """Return a value as JSON: in double quotes, with backslashes (SCIM filters, RFC 7644)."""
    return json.dumps(value, ensure_ascii=False)


def odata_text(value: Value) -> str:
    """Return a value as OData writes it: in single quotes, with each one inside doubled."""
    if not isinstance(value, str):
        return json_text(value)
    return "'" + value.replace("'", "''") + "'"


def soql_text(value: Value) -> str:
    """Return a value as SOQL writes it: in single quotes, with a backslash before those inside."""
    if not isinstance(value, str):
        return json_text(value)
    return "'" + re.sub(_ESCAPED, lambda found: _ESCAPES[found[0]], value) + "'"


QUOTINGS: Mapping[str, Callable[[Value], str]] = {
    "json": json_text,
    "odata": odata_text,
    "soql": soql_text,
}
"""How a template's name is quoted, by its ending: `{value_odata}` is a quoted `{value}`."""

_ESCAPES = {
    "\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f",
}  # fmt: skip
_ESCAPED = "[" + "".join(map(re.escape, _ESCAPES)) + "]"


PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
"""A name in a template (group 1), or a brace that is written twice and means itself."""


def parted(name: str) -> tuple[str, str]:
    """Return a template's name without the ending that quotes it, and that ending, or ""."""
    plain, _, ending = name.rpartition("_")
    return (plain, ending) if plain and ending in QUOTINGS else (name, "")


def names_record(request: Value) -> bool:
    """Return whether the templates of a request name fields of the record, such as `{record.code}`.

    It cannot look a record up by its id alone.
    """
    return "{record." in json.dumps(request)
