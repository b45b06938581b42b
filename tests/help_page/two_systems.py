"""Payroll and expenses on this machine, a handful of people, and the real command between them."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from commands import Ended
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.matching_person import Maker, PersonDraft
from oneway_connectors.sandbox.names import DEPARTMENTS
from oneway_connectors.sandbox.payroll import Payroll
from oneway_connectors.sandbox.people import Population

MAPPING = Path(__file__).resolve().parents[2] / "mappings" / "staffology-to-expensein.yaml"
TODAY = date(2026, 4, 1)
NOBODY = Population(
    today=TODAY,
    employees=(),
    payroll_departments=(),
    users=(),
    departments=tuple({"id": d.id, "name": d.name, "reference": d.reference} for d in DEPARTMENTS),
    kinds={},
)

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """What a plan says, looked up by person."""

    data: Json

    def of(self, person: PersonDraft) -> Json:
        """Return the outcome of an employee."""
        id = person.employee["id"]
        (found,) = [each for each in self.data["outcomes"] if each["source_id"] == id]
        return dict(found)

    def outcome(self, person: PersonDraft) -> str:
        """Return an employee's outcome as a word."""
        return str(self.of(person)["outcome"])

    def why(self, person: PersonDraft) -> str:
        """Return all reasons of an employee's outcome."""
        return "; ".join(reason["text"] for reason in self.of(person)["reasons"])

    def candidates(self, person: PersonDraft) -> set[str]:
        """Return the ids of all records that an employee's reasons name."""
        return {id for reason in self.of(person)["reasons"] for id in reason["candidates"]}

    def changed(self, person: PersonDraft) -> dict[str, Any]:
        """Return what is written of an employee: field and new value."""
        actions = self.of(person)["actions"]
        return {each["field"]: each["after"] for action in actions for each in action["changes"]}


class TwoSystems:
    """Both systems, whose records tests change directly, and a way to run the command.

    An employee is a live record: what a test changes in it, payroll has changed. Users are
    looked up again after each run (`user`).
    """

    def __init__(self, payroll: Payroll, expenses: Expenses, run: Callable[..., Ended]) -> None:
        self.payroll = payroll
        self.expenses = expenses
        self.run = run
        self._maker = Maker(1, TODAY)

    def employee(self) -> PersonDraft:
        """Put somebody on payroll whom expenses do not know."""
        person = self._maker.draft()
        person.user = None
        self.payroll.records.put(person.employee)
        return person

    def known(self, **changed: object) -> PersonDraft:
        """Put somebody on payroll who is a user already, in agreement but for what is given."""
        person = self._maker.draft()
        self.payroll.records.put(person.employee)
        person.user = self.add_user(**{**person.held, **changed})
        return person

    def add_user(self, **fields: object) -> Json:
        """Put a user into expenses."""
        blank = self.expenses.blank()
        return self.expenses.records.put({**blank, **fields, "id": blank["id"]})

    def user(self, person: PersonDraft) -> Json:
        """Return the one user that now has an employee's payroll code."""
        code = person.employment["payrollCode"]
        (found,) = [user for user in self.expenses.records if user["reference"] == code]
        return found

    def held(self, user: Json) -> Json:
        """Return a user as it is now."""
        found = self.expenses.records.get(str(user["id"]))
        assert found is not None
        return found

    def users(self) -> list[Json]:
        """Return a copy of all users as they are now."""
        return deepcopy(list(self.expenses.records))

    def employees(self) -> list[Json]:
        """Return a copy of all employees as they are now."""
        return deepcopy(list(self.payroll.records))

    def writes(self) -> Mapping[str, int]:
        """Return how many requests to expenses wrote, or tried to."""
        found: Mapping[str, int] = self.expenses.log.describe()["writes"]
        return found

    def plan(self, *args: object, as_of: str = TODAY.isoformat()) -> Report:
        """Plan, and return what the plan says."""
        ended = self.run("plan", MAPPING, "--as-of", as_of, "--format", "json", *args)
        assert ended.code == 0, ended.out + ended.err
        return Report(json.loads(ended.out))

    def sync(self, *args: object, as_of: str = TODAY.isoformat(), code: int = 0) -> Report:
        """Plan and apply; the plan after that is empty, or this fails. `code` is the exit code."""
        ended = self.run("sync", MAPPING, "--as-of", as_of, "--format", "json", *args)
        assert ended.code == code, ended.out + ended.err
        again = self.run("plan", MAPPING, "--as-of", as_of, "--exit-code", *args)
        assert again.code in (0, code), again.out + again.err
        assert "No changes to make" in again.out
        return Report(json.loads(ended.out)["plan"])


def leave(
    person: PersonDraft, status: object = "Former", *, flag: bool = False, on: object
) -> None:
    """Mark an employee as a leaver in payroll."""
    person.employee["status"] = status
    person.employment["leaverDetails"] = {"hasLeft": flag, "leaveDate": on}
