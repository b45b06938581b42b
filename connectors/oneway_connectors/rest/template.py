"""Fills in `{name}` placeholders in paths (encoded), queries, headers and bodies.

A value can never change what surrounds it. In a path, everything but letters, digits and `-_~.` is
percent-encoded (RFC 3986, section 2.3), and empty or dot segments are refused. In a header, nothing
is allowed that ends the header. In a query language, such as a filter, `{name_json}`,
`{name_odata}` and `{name_soql}` are the value in quotes that it cannot break out of
(`oneway.core.quoting`). `{record.userName}` is a field of the requested record, and
`{values.login}` one of the fields to write. `{{` and `}}` are literal braces.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from oneway.core.paths import at, path_of
from oneway.core.quoting import PLACEHOLDER, QUOTINGS, parted
from oneway.core.records import MISSING, Missing, Value
from oneway_connectors.rest.patch import json_patch, scim_operations

_SPREAD = ("...", "{values}")
_WHOLE: Mapping[str, Callable[[Mapping[str, Value]], Value]] = {
    "{values}": dict,
    "{operations}": scim_operations,
    "{json_patch}": json_patch,
}
_IN_HEADER = re.compile(r"[\t\x20-\x7e]*")


class Unusable(Exception):
    """A value is not allowed where a template puts it; the message never contains the value."""


def fill(template: str, values: Mapping[str, Value]) -> str:
    """Return the template with its names replaced, quoted if their suffix says so."""
    return _filled(template, lambda name: _named(name, values), "{", "}")


def fill_path(template: str, values: Mapping[str, Value]) -> str:
    """Return a path with percent-encoded values; raise `Unusable` if one is not allowed there."""
    return _filled(template, lambda name: _segment(name, values), "%7B", "%7D")


def names_in(template: str) -> list[str]:
    """Return the names in a template, in order."""
    return [found[1] for found in PLACEHOLDER.finditer(template) if found[1] is not None]


def fill_header(template: str, values: Mapping[str, Value]) -> str:
    """Return a header's value; raise `Unusable` if it is more than printable ASCII."""
    text = fill(template, values)
    if not _IN_HEADER.fullmatch(text):
        raise Unusable("a value holds characters that are not allowed in a header")
    return text


def fill_query(query: Mapping[str, Value], values: Mapping[str, Value]) -> list[tuple[str, str]]:
    """Return the parameters in order; a list repeats its parameter."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        for item in value if isinstance(value, list) else [value]:
            pairs.append((name, fill(as_text(item), values)))
    return pairs


def fill_body(body: Value, values: Mapping[str, Value], written: Mapping[str, Value]) -> Value:
    """Return a body; a text that is exactly `{values}` becomes the values to write.

    `{operations}` and `{json_patch}` become the values as operations; a key `...` with `{values}`
    adds the keys of the values to the other keys.
    """
    if isinstance(body, str) and body in _WHOLE:
        return _WHOLE[body](written)
    if isinstance(body, str):
        return fill(body, values)
    if isinstance(body, list):
        return [fill_body(item, values, written) for item in body]
    if isinstance(body, dict):
        filled: dict[str, Value] = {}
        for key, item in body.items():
            if (key, item) == _SPREAD:
                filled.update(written)
            else:
                filled[key] = fill_body(item, values, written)
        return filled
    return body


def as_text(value: Value) -> str:
    """Return a scalar in the notation of queries: `true`, `1`, or the text itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _filled(template: str, value_of: Callable[[str], str], opening: str, closing: str) -> str:
    """Return a template with its values filled in, and these texts for `{{` and `}}`."""
    braces = {"{{": opening, "}}": closing}
    return PLACEHOLDER.sub(lambda found: braces.get(found[0]) or value_of(found[1]), template)


def _named(name: str, values: Mapping[str, Value]) -> str:
    """Return the text of a name, quoted if its suffix says so and is not part of a known name."""
    value, quoting, _ = _parted(name, values)
    return QUOTINGS[quoting](value) if quoting else as_text(value)


def _segment(name: str, values: Mapping[str, Value]) -> str:
    value, _, plain = _parted(name, values)
    if value in ("", ".", ".."):
        raise Unusable(f"'{plain}' is blank or dots, which would change the path")
    try:
        return quote(_named(name, values), safe="")
    except UnicodeEncodeError:
        raise Unusable(f"'{plain}' is not well-formed text") from None


def _parted(name: str, values: Mapping[str, Value]) -> tuple[Value, str, str]:
    """Return the value of a name, its quoting ("" for none), and the name without the suffix."""
    plain, quoting = parted(name)
    if (value := _value(name, values)) is not MISSING:
        plain, quoting = name, ""
    else:
        value = _value(plain, values)
    if isinstance(value, Missing | dict | list) or value is None:
        raise Unusable(f"there is no text at '{plain}'")
    return value, quoting, plain


def _value(name: str, values: Mapping[str, Value]) -> Value | Missing:
    """Return the value of a name; one with a dot is a field of an object among the values."""
    root, dot, path = name.partition(".")
    return at(values, (root, *path_of(path)) if dot else (root,))
