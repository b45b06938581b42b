"""A JSON Schema validator whose patterns follow ECMA 262.

The format `re2` is of texts that are patterns themselves, which must match in linear time.
"""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from oneway.core.linear_pattern import RegexMistake
from oneway.core.schema_pattern import compiled
from oneway.documents.schema_check.fits import each_once


def validator_of(schema: dict[str, Any]) -> Draft202012Validator:
    """Return the validator of a schema."""
    made: Any = extend  # jsonschema gives it no types
    ours = {"pattern": _pattern, "format": _format, "uniqueItems": _unique}
    found: Draft202012Validator = made(Draft202012Validator, ours)(schema)
    return found


def _pattern(_: Any, rule: str, value: object, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not compiled(rule).found_in(value):
        yield ValidationError(f"{value!r} does not match {rule!r}")


def _unique(_: Any, rule: bool, value: object, __: Any) -> Iterator[ValidationError]:
    if rule and isinstance(value, list) and not each_once(value):
        yield ValidationError(f"{value!r:.99} has an item twice")


def _format(_: Any, rule: str, value: object, __: Any) -> Iterator[ValidationError]:
    if rule == "re2" and isinstance(value, str):
        try:
            compiled(value)
        except RegexMistake as mistake:
            yield ValidationError(str(mistake))
