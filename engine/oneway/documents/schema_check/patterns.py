"""A schema's validator, to which patterns mean what they mean to JSON Schema."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from oneway.core.schema_pattern import compiled


def validator_of(schema: dict[str, Any]) -> Draft202012Validator:
    """Return the validator of a schema."""
    made: Any = extend  # jsonschema gives it no types
    found: Draft202012Validator = made(Draft202012Validator, {"pattern": _pattern})(schema)
    return found


def _pattern(_: Any, rule: str, value: object, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not compiled(rule).search(value):
        yield ValidationError(f"{value!r} does not match {rule!r}")
