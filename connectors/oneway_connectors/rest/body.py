"""Encodes the body of a request as JSON or, if the manifest says so, as a form."""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from oneway.core.records import Value
from oneway_connectors.rest.template import Unusable, as_text


def encoded(body: Value, *, form: bool) -> tuple[bytes, str]:
    """Return the bytes of a body and its media type; raise `Unusable` if it cannot be encoded.

    JSON is ASCII, so that every text arrives unchanged, even lone surrogates. In a form, null is
    blank and a list repeats its field.
    """
    if form:
        try:
            return urlencode(list(_fields(body))).encode("ascii"), _FORM
        except UnicodeEncodeError:
            raise Unusable("a value is not well-formed text") from None
    try:
        return json.dumps(body, ensure_ascii=True, allow_nan=False).encode("ascii"), _JSON
    except (ValueError, RecursionError):
        raise Unusable("a value cannot be written as JSON") from None


def _fields(body: Value) -> Iterator[tuple[str, str]]:
    if not isinstance(body, Mapping):
        raise Unusable("a form needs an object as its body")
    for name, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict | list):
                raise Unusable(f"a form has no place for the object or list in '{name}'")
            yield name, "" if item is None else as_text(item)


_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
