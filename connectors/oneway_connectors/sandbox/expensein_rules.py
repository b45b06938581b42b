"""The rules by which the assumed ExpenseIn accepts or rejects the fields of a user.

Every rule here is assumed; the manifest `expensein/manifest.yaml` says what to check.
"""

import re
from collections.abc import Callable, Container, Mapping
from datetime import date
from typing import TypeAlias

from oneway_connectors.sandbox.matching_person import Json

BLANK = r"\s\x1c-\x1f\x85"
"""The characters of blank text (Python's `str.strip`), as the inside of a character class."""
EMAIL_PATTERN = rf"^[^{BLANK}@]+@[^{BLANK}@.]+(\.[^{BLANK}@.]+)+$"
MAX_LENGTHS: Mapping[str, int] = {"firstName": 100, "lastName": 100, "email": 254, "reference": 50}
REQUIRED = ("firstName", "lastName", "email")
LARGEST_ID = 2**31 - 1
_SHORT = 100

Problem: TypeAlias = tuple[str, str]
Rule: TypeAlias = Callable[[object], str]
"""Returns the mistake in a value, "" if it is valid."""


def problems_of(fields: Json, departments: Container[int], prefix: str = "") -> list[Problem]:
    """Return the mistakes in the given fields, each with the path of its field."""
    rules = _bank_rules() if prefix else _user_rules(departments)
    problems: list[Problem] = []
    for key, value in fields.items():
        rule = rules.get(key)
        if rule is None:
            problems.append((prefix + ascii(key[:60])[1:-1], "is not a field that can be written"))
        elif message := rule(value):
            problems.append((prefix + key, message))
        elif isinstance(value, dict):
            problems += problems_of(value, departments, prefix=f"{key}.")
    return problems


def missing_from(fields: Json) -> list[Problem]:
    """Return the required fields that a new user lacks."""
    return [(key, "is required") for key in REQUIRED if key not in fields]


def _user_rules(departments: Container[int]) -> dict[str, Rule]:
    return {
        "firstName": _required(_text(MAX_LENGTHS["firstName"])),
        "lastName": _required(_text(MAX_LENGTHS["lastName"])),
        "email": _required(
            _matching(EMAIL_PATTERN, "is not an email address", MAX_LENGTHS["email"])
        ),
        "reference": _optional(_text(MAX_LENGTHS["reference"])),
        "departmentId": _optional(_department(departments)),
        "leaveDate": _optional(_date),
        "bankDetails": _optional(_object),
        "policyId": _optional(_id),
        "approvalFlowId": _optional(_id),
    }


def _bank_rules() -> dict[str, Rule]:
    return {
        "accountName": _optional(_text(_SHORT)),
        "accountNumber": _optional(_matching("^[0-9]{8}$", "must be 8 digits", _SHORT)),
        "sortCode": _optional(_matching("^[0-9]{6}$", "must be 6 digits", _SHORT)),
    }


def _optional(rule: Rule) -> Rule:
    return lambda value: "" if value is None else rule(value)


def _required(rule: Rule) -> Rule:
    def check(value: object) -> str:
        if value is None or (isinstance(value, str) and not value.strip()):
            return "must not be blank"
        return rule(value)

    return check


def _text(longest: int) -> Rule:
    def check(value: object) -> str:
        if not isinstance(value, str):
            return "must be text"
        return f"must be at most {longest} characters" if len(value) > longest else ""

    return check


def _matching(pattern: str, message: str, longest: int) -> Rule:
    is_text = _text(longest)

    def check(value: object) -> str:
        # fullmatch: `$` alone would accept a line feed at the end.
        return is_text(value) or ("" if re.fullmatch(pattern, str(value)) else message)

    return check


def _id(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_ID:
        return ""
    return "must be a positive whole number"


def _department(departments: Container[int]) -> Rule:
    return lambda value: (
        _id(value) or ("" if value in departments else "there is no such department")
    )


def _date(value: object) -> str:
    return "" if parse_date(value) else "must be a date like 2026-03-31"


def parse_date(value: object) -> date | None:
    """Return an ISO date (`2026-03-31` and no other form), or None."""
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _object(value: object) -> str:
    return "" if isinstance(value, dict) else "must be an object"
