"""The data of the Staffology Payroll sandbox: one employer's employees and departments."""

from datetime import date

from oneway_connectors.sandbox.matching_person import Json, made_up_id
from oneway_connectors.sandbox.middleware import RateLimit, RequestLog
from oneway_connectors.sandbox.people import Population
from oneway_connectors.sandbox.table import SandboxTable
from oneway_connectors.sandbox.web import Fault

EMPLOYER = "5a9df0c1-0d1e-4f6a-9c57-0e1f2a3b4c5d"
"""The employer whose employees the population is."""
EMPTY_EMPLOYER = "00c0ffee-0000-4000-8000-00000000e0e0"
"""An employer without employees."""
STATUSES = ("Current", "Former", "Upcoming")
"""The statuses of an employee; with quirks, the API may send the index instead."""
EMPLOYERS = {EMPLOYER: "Example Trading Ltd", EMPTY_EMPLOYER: "Example Dormant Ltd"}


class Payroll:
    """The data of the payroll system."""

    noun = "employees"

    def __init__(self, people: Population, *, rate_limit: int | None = None) -> None:
        self._people = people
        self.log = RequestLog()
        self.limit = None if rate_limit is None else RateLimit(rate_limit)
        self.reset()

    def reset(self) -> None:
        """Restore the data of the start."""
        self.today = self._people.today
        self.records = SandboxTable(self._people.employees)
        self.departments = self._people.payroll_departments

    def set_today(self, text: str) -> None:
        """Move to another day."""
        self.today = date.fromisoformat(text)

    def blank(self) -> Json:
        """Return a new employee with an id only; equal additions give equal ids."""
        count = sum(1 for _ in self.records)
        while self.records.get(id := made_up_id(f"added/{count}")):
            count += 1
        return {"id": id}

    def describe(self) -> Json:
        """Return all data."""
        return {
            "today": self.today.isoformat(),
            "employer": EMPLOYER,
            "employees": list(self.records),
            "departments": list(self.departments),
        }

    def employees_of(self, employer: str) -> list[Json]:
        """Return an employer's employees in the order of payroll codes, then ids."""
        check_employer(employer)
        return sorted(self.records, key=_list_order) if employer == EMPLOYER else []


def check_employer(id: str) -> None:
    """Raise `Fault` for an unknown employer."""
    if id not in EMPLOYERS:
        raise Fault(404, "there is no such employer")


def at(record: Json, *keys: str) -> object:
    """Return a value of a record of any shape; None if it has no such key."""
    value: object = record
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def payroll_code(employee: Json) -> object:
    """Return an employee's payroll code, valid or not."""
    return at(employee, "employmentDetails", "payrollCode")


def status_word(employee: Json) -> object:
    """Return an employee's status as a word; an invalid one as it is."""
    status = employee.get("status")
    index = {str(i): word for i, word in enumerate(STATUSES)}
    return index.get(str(status), status)


def has_leaving_date(employee: Json) -> bool:
    """Return whether an employee has a leaving date set, past or future."""
    return bool(at(employee, "employmentDetails", "leaverDetails", "leaveDate"))


def _list_order(employee: Json) -> tuple[str, str]:
    return str(payroll_code(employee)), str(employee["id"])
