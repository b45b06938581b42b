"""Chooses the branch of a union that a value was meant for, so that only its errors show.

First by the value's type (a short form that is text, a long form that is an object), then by the
key whose value each branch fixes (`kind: basic`), then by the number of mistakes.
"""

from collections import defaultdict
from dataclasses import field
from typing import TYPE_CHECKING, Any

from oneway.core.dataclass import dataclass

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_Branch = list["ValidationError"]


def rule_of(error: "ValidationError") -> Any:
    """Return what a schema's keyword requires."""
    return error.validator_value


def value_of(error: "ValidationError") -> Any:
    """Return the value that does not fit."""
    return error.instance


def alternatives(error: "ValidationError") -> list[str]:
    """Return the keys of a union that only says "one of these keys"; otherwise nothing."""
    branches = rule_of(error)
    plain = all(isinstance(b, dict) and set(b) == {"required"} for b in branches)
    if not plain or not isinstance(value_of(error), dict):
        return []
    return [key for branch in branches for key in branch["required"]]


@dataclass(frozen=True, slots=True)
class Fit:
    """What to report of a union: one of the three.

    `errors` are those of the branch that the value was meant for; `kinds` are errors about a key
    whose value is fixed by each branch and fits none; `types` are the allowed types, if the value
    has none of them.
    """

    errors: _Branch = field(default_factory=list)
    kinds: _Branch = field(default_factory=list)
    types: tuple[str, ...] = ()


def closest(error: "ValidationError") -> Fit:
    """Return what to report of a union that a value does not fit."""
    branches = _by_branch(error)
    fitting = [errors for errors in branches if not any(map(_is_type_of_whole, errors))]
    if not fitting:
        return Fit(types=_types(branches))
    meant = [errors for errors in fitting if not _kind_errors(errors)]
    if not meant and len(fitting) > 1:
        return Fit(kinds=[_kind_errors(errors)[0] for errors in fitting])
    return Fit(errors=min(meant or fitting, key=len))


def _by_branch(error: "ValidationError") -> list[_Branch]:
    branches: dict[int, _Branch] = defaultdict(list)
    for inner in error.context or ():
        branches[int(inner.relative_schema_path[0])].append(inner)
    return list(branches.values())


def _types(branches: list[_Branch]) -> tuple[str, ...]:
    types: list[str] = []
    for error in (error for errors in branches for error in errors if _is_type_of_whole(error)):
        value = rule_of(error)
        types.extend([value] if isinstance(value, str) else value)
    return tuple(dict.fromkeys(types))


def _is_type_of_whole(error: "ValidationError") -> bool:
    return error.validator == "type" and not error.relative_path


def _kind_errors(errors: _Branch) -> _Branch:
    return [
        error for error in errors if error.validator == "const" and len(error.relative_path) == 1
    ]
