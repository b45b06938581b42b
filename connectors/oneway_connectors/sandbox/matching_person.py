"""One person in both systems before anything differs: an employee and a user.

The employee has the shape of the vendor's `Contract.EmployeeResponse`, the user that which
`oneway_connectors/sandbox/README.md` assumes of ExpenseIn. A seeded generator draws all values;
dates are relative to a given day.
"""

import uuid
from datetime import date, timedelta
from random import Random
from typing import Any, TypeAlias

from oneway.core.dataclass import dataclass
from oneway_connectors.sandbox.names import DEPARTMENTS, FAMILIES, JOB_TITLES, Department, Name

Json: TypeAlias = dict[str, Any]

_SORT_CODES = ("0000{:02d}", "00-00-{:02d}", "00 00 {:02d}")
"""The three forms that the vendor's `BankDetails` pattern allows; 00-00-xx belongs to no bank."""
_COLOURS = ("2A9D8F", "264653", "E9C46A", "F4A261", "E76F51")
_STATUSES = ("Current", "Former", "Upcoming")


@dataclass(slots=True)
class PersonDraft:
    """One invented person; `user` is None for an employee without a user."""

    employee: Json
    user: Json | None

    @property
    def personal(self) -> Json:
        """The employee's personal details."""
        details: Json = self.employee["personalDetails"]
        return details

    @property
    def employment(self) -> Json:
        """The employee's employment details."""
        details: Json = self.employee["employmentDetails"]
        return details

    @property
    def held(self) -> Json:
        """The user; raises `LookupError` if there is none."""
        if self.user is None:
            raise LookupError("this person has no user")
        return self.user


class Maker:
    """Invents people, one after the other; the same seed and day give the same people."""

    def __init__(self, seed: int, today: date) -> None:
        self.rng = Random(seed)
        self.today = today
        self._emails: set[str] = set()
        self._made = 0

    def draft(self) -> PersonDraft:
        """Return the next person: an employee, and a user that agrees with it."""
        self._made += 1
        first, last = self._names()
        department = self.rng.choice(DEPARTMENTS)
        employee = self._employee(first, last, department)
        return PersonDraft(employee, self.user_of(employee, department.id))

    def email(self, first: Name, last: Name) -> str:
        """Return an unused address at a reserved domain (RFC 2606)."""
        domain = "example.org" if self.rng.random() < 0.1 else "example.com"
        stem, again = f"{first.spelling}.{last.spelling}", 1
        while (address := f"{stem}{'' if again == 1 else again}@{domain}") in self._emails:
            again += 1
        self._emails.add(address)
        return address

    def fresh_email(self) -> str:
        """Return an unused address."""
        return self.email(*self._names())

    def day(self, earliest: int, latest: int) -> str:
        """Return a random day, `earliest` to `latest` days from today, as ISO text."""
        return (self.today + timedelta(days=self.rng.randrange(earliest, latest + 1))).isoformat()

    def user_of(self, employee: Json, department_id: int | None) -> Json:
        """Return the user that agrees with an employee in every field."""
        return {
            "id": 0,
            "firstName": employee["personalDetails"]["firstName"],
            "lastName": employee["personalDetails"]["lastName"],
            "email": employee["personalDetails"]["email"],
            "reference": employee["employmentDetails"]["payrollCode"],
            "departmentId": department_id,
            "leaveDate": None,
            "bankDetails": bank_of(employee["bankDetails"]),
            "policyId": self.rng.randrange(1, 4),
            "approvalFlowId": self.rng.randrange(1, 6),
            "invited": True,
            "createdAt": self.day(-900, -30) + "T04:00:00Z",
        }

    def _names(self) -> tuple[Name, Name]:
        weights = [weight for weight, _, _ in FAMILIES]
        _, firsts, lasts = self.rng.choices(FAMILIES, weights)[0]
        return self.rng.choice(firsts), self.rng.choice(lasts)

    def _employee(self, first: Name, last: Name, department: Department) -> Json:
        number = self._made
        return {
            "id": made_up_id(f"employees/{number}"),
            "status": "Current",
            "sourceSystemId": None,
            "tags": [],
            "personalDetails": self._personal(first, last),
            "employmentDetails": self._employment(number, department),
            "bankDetails": self._bank(first, last),
            "payOptions": {"period": "Monthly", "method": "Credit", "niTable": "A"},
        }

    def _personal(self, first: Name, last: Name) -> Json:
        rng = self.rng
        return {
            "title": rng.choice(("Mr", "Mrs", "Ms", "Mx", "Dr", None)),
            "firstName": first.text,
            "middleName": None,
            "lastName": last.text,
            "email": self.email(first, last),
            "alternativeEmail": None,
            "mobile": f"07700 900{rng.randrange(1000):03d}",  # Ofcom: numbers for drama use
            "dateOfBirth": self.day(-64 * 365, -17 * 365),
            "gender": rng.choice(("Male", "Female")),
            "maritalStatus": rng.choice(("Single", "Married", "CivilPartnership", "Unknown")),
        }

    def _employment(self, number: int, department: Department) -> Json:
        start = self.day(-4000, -60)
        return {
            # Two schemes, as after a merger: one is all digits and has zeros to lose.
            "payrollCode": f"NW{number:04d}" if number % 4 == 0 else f"{number:05d}",
            "jobTitle": self.rng.choice(JOB_TITLES),
            "onHold": False,
            "cisSubContractor": False,
            "continuousEmploymentDate": start,
            "department": payroll_department(department),
            "starterDetails": {"startDate": start, "starterDeclaration": "A"},
            "leaverDetails": leaver_details(has_left=False, leave_date=None),
        }

    def _bank(self, first: Name, last: Name) -> Json:
        form = self.rng.choice(_SORT_CODES)
        return {
            "bankName": "Example Bank",
            "accountName": f"{first.text[:1]} {last.text}",
            "accountNumber": f"0000{self.rng.randrange(1, 10000):04d}",
            "sortCode": form.format(self.rng.randrange(1, 100)),
        }


def payroll_department(department: Department) -> Json:
    """Return a department as payroll shows it within an employee."""
    return {
        "code": department.code,
        "title": department.title,
        "color": _COLOURS[len(department.title) % len(_COLOURS)],
        "accountingCode": None,
    }


def leaver_details(*, has_left: bool, leave_date: str | None) -> Json:
    """Return the details of a leaver in payroll."""
    return {"hasLeft": has_left, "leaveDate": leave_date, "isDeceased": False, "p45Sent": False}


def bank_of(details: Json) -> Json | None:
    """Return bank details in the form of the expense system: digits only, None if all are blank."""
    bank = {key: details.get(key) or None for key in ("accountName", "accountNumber", "sortCode")}
    if not any(bank.values()):
        return None
    return {**bank, "sortCode": "".join(c for c in bank["sortCode"] or "" if c.isdigit()) or None}


def made_up_id(what: str) -> str:
    """Return the UUID of a thing: the same for the same text."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://example.com/{what}"))


def status_index(status: str) -> int:
    """Return the index that payroll sometimes sends instead of the word."""
    return _STATUSES.index(status)
