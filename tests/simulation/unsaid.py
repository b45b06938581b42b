"""What payroll does not say: keys that are gone, renamed, blank or misshapen, of one or of all.

The truth stays in `People`; what is served lacks it. Nothing may follow from the difference.
"""

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any

from .people import Edit, Json, People

GONE, RENAMED = "<gone>", "<renamed>"
"""The key is absent; the value stands under another key."""

Path = tuple[str, ...]
DETAILS = ("employmentDetails", "leaverDetails")
ANOTHER: Path = ()
"""The whole record: another one comes when it is asked for, so that it cannot be relied on."""
VEILS: Mapping[Path, tuple[Any, ...]] = {
    ANOTHER: ("e9999", ""),
    # An absent `hasLeft` or `status` says nothing, by the manifest; any other absent key is null.
    ("status",): (GONE, RENAMED, None, "", " ", 7, True, "Left", []),
    (*DETAILS, "hasLeft"): (GONE, RENAMED, None, "", "yes", 1, []),
    (*DETAILS, "leaveDate"): ("soon", 5, "2026-02-30", True, []),
    DETAILS: ("x", True, []),
    ("employmentDetails", "payrollCode"): (GONE, RENAMED, None, "", 7, [], {}),
    ("employmentDetails",): ("x", 5, []),
    ("personalDetails",): (GONE, None, "x", []),
    ("personalDetails", "firstName"): (GONE, RENAMED, None, "", 7, ["x"]),
    ("personalDetails", "lastName"): (GONE, RENAMED, None, " ", False),
    ("bankDetails",): ("x", [], 5),
}
"""What may become of each key. Bank details are never removed: `people.blanks` does that."""


def says_less(people: People) -> str:
    """Payroll's record of somebody, or of all, says less than is true."""
    rng = people.rng
    path = rng.choice(sorted(VEILS))
    becomes = rng.choice(VEILS[path])
    whole = becomes in (GONE, RENAMED) and rng.random() < 0.25
    ids = sorted(people.employees) if whole else [rng.choice(sorted(people.employees))]
    for each in ids:
        people.veils.setdefault(each, {})[path] = becomes
    how = "gone" if becomes is GONE else "renamed" if becomes is RENAMED else repr(becomes)
    return f"{', '.join(ids)}: {'.'.join(path) or 'the record'} is {how}"


def says_all(people: People) -> str:
    """Payroll says what is true again."""
    people.veils.clear()
    return "payroll says everything again"


UNSAID: tuple[Edit, ...] = (says_less, says_all)


def served(people: People, id: str) -> Json | None:
    """Return what payroll says of an employee."""
    employee = people.employees.get(id)
    if employee is None:
        return None
    record = copy.deepcopy(employee)
    for path, becomes in people.veils.get(id, {}).items():
        _veil(record, path, becomes)
    return record


def is_readable(people: People, id: str) -> bool:
    """Return whether what payroll says of an employee is a record of theirs."""
    return ANOTHER not in people.veils.get(id, {})


def _veil(record: Json, path: Path, becomes: Any) -> None:
    *way, last = path or ("id",)
    for key in way:
        if not isinstance(record.get(key), dict):
            return
        record = record[key]
    if becomes in (GONE, RENAMED):
        value = record.pop(last, None)
        if becomes is RENAMED:
            record[f"{last}_"] = value
    else:
        record[last] = copy.deepcopy(becomes)


def said_gone(record: Json) -> bool | None:
    """Return whether a record says that somebody has left; None where it does not say."""
    status = record.get("status")
    by_status = {"Former": True, "Current": False}.get(status) if _is_text(status) else None
    by_details = _by_details(record.get("employmentDetails"))
    if by_status or by_details:
        return True
    return None if None in (by_status, by_details) else False


def _by_details(work: Any) -> bool | None:
    details = work.get("leaverDetails") if isinstance(work, dict) else work
    if details is None:
        return False
    left = details.get("hasLeft") if isinstance(details, dict) else None
    return left if isinstance(left, bool) else None


def said_code(record: Json) -> str:
    """Return the payroll code that a record says; blank where it says none."""
    work = record.get("employmentDetails")
    code = work.get("payrollCode") if isinstance(work, dict) else None
    return code if _is_text(code) else ""


def said_date(record: Json) -> Any:
    """Return the leave date that a record says, whatever it is."""
    work = record.get("employmentDetails")
    details = work.get("leaverDetails") if isinstance(work, dict) else None
    return details.get("leaveDate") if isinstance(details, dict) else None


def is_day(value: Any) -> bool:
    """Return whether a value is a date, or none at all."""
    if value is None:
        return True
    try:
        return bool(date.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
