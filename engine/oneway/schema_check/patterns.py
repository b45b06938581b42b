"""A schema's validator, to which patterns mean what they mean to JSON Schema.

There `$` is the end of a text. To Python's `re` it is also the place before a line break that
ends it, so that `acme\\n` would be a name of a connection, and break the subject of its mails.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend


def validator_of(schema: dict[str, Any]) -> Draft202012Validator:
    """Return the validator of a schema."""
    made: Any = extend  # jsonschema gives it no types
    found: Draft202012Validator = made(Draft202012Validator, {"pattern": _pattern})(schema)
    return found


def _pattern(_: Any, rule: str, value: object, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _compiled(rule).search(value):
        yield ValidationError(f"{value!r} does not match {rule!r}")


@cache
def _compiled(rule: str) -> re.Pattern[str]:
    return re.compile(f"{rule[:-1]}\\Z" if rule.endswith("$") else rule)
