"""The data of the ExpenseIn sandbox, and the rules that it enforces."""

from datetime import date

from oneway_connectors.sandbox.expensein_rules import missing_from, parse_date, problems_of
from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.middleware import RateLimit, RequestLog
from oneway_connectors.sandbox.people import Population
from oneway_connectors.sandbox.table import SandboxTable
from oneway_connectors.sandbox.web import Fault

_BLANK: Json = {
    "firstName": None,
    "lastName": None,
    "email": None,
    "reference": None,
    "departmentId": None,
    "leaveDate": None,
    "bankDetails": None,
    "policyId": None,
    "approvalFlowId": None,
    "invited": False,
    "createdAt": None,
}
_BANK: Json = {"accountName": None, "accountNumber": None, "sortCode": None}


class Expenses:
    """The data of the expense system, and the rules that it enforces.

    `unique_references` is the setting "User references must be unique", which ignores blank
    references. With `lagging`, lists lack new users, though each can be read by its id. With
    `accepting`, a create is accepted but not carried out. Both last until `catch_up`.
    """

    noun = "users"

    def __init__(
        self,
        people: Population,
        *,
        unique_references: bool = True,
        rate_limit: int | None = None,
        lagging: bool = False,
        accepting: bool = False,
    ) -> None:
        self._people = people
        self.unique_references = unique_references
        self.lagging, self.accepting = lagging, accepting
        self.log = RequestLog()
        self.limit = None if rate_limit is None else RateLimit(rate_limit)
        self.reset()

    def reset(self) -> None:
        """Restore the data of the start."""
        self.today = self._people.today
        self.records = SandboxTable(self._people.users)
        self.departments = SandboxTable(self._people.departments)
        self.answered: dict[str, tuple[str, Json]] = {}
        self.unlisted: set[str] = set()
        """The ids of users that lists still lack."""
        self.jobs: dict[str, Json] = {}
        """Accepted creates, by the id of their job."""

    def set_today(self, text: str) -> None:
        """Move to another day, on which leave dates come due."""
        self.today = date.fromisoformat(text)

    def blank(self) -> Json:
        """Return a new user with a unique id, and nothing else."""
        return {
            "id": self.records.next_id(),
            **_BLANK,
            "createdAt": f"{self.today.isoformat()}T04:00:00Z",
        }

    def describe(self) -> Json:
        """Return all data."""
        return {
            "today": self.today.isoformat(),
            "users": [self.shown(user) for user in self.records],
            "departments": list(self.departments),
        }

    def shown(self, user: Json) -> Json:
        """Return a user as the API shows it; whether they have left depends on the day."""
        date = parse_date(user.get("leaveDate"))
        left = date is not None and date <= self.today
        status = "Left" if left else "Leaving" if date else "Active"
        return {**user, "isLeaver": left, "status": status}

    def create(self, fields: Json) -> Json:
        """Add a user."""
        self._check([*missing_from(fields), *self._problems(fields)])
        self._check_unique(fields, None)
        user = self.records.put(_patched(self.blank(), fields))
        if self.lagging:
            self.unlisted.add(str(user["id"]))
        return user

    def accept(self, fields: Json) -> Json:
        """Return the job that adds a user once the system catches up."""
        self._check([*missing_from(fields), *self._problems(fields)])
        id = str(len(self.jobs) + 1)
        self.jobs[id] = {"id": id, "status": "Running", "userId": None, "fields": fields}
        return self.job(id)

    def job(self, id: str) -> Json:
        """Return a job as the API shows it; raise `Fault` if it does not exist."""
        if id not in self.jobs:
            raise Fault(404, "there is no such job")
        return {key: value for key, value in self.jobs[id].items() if key != "fields"}

    def listed(self) -> list[Json]:
        """Return the users that lists show."""
        return [user for user in self.records if str(user["id"]) not in self.unlisted]

    def catch_up(self) -> None:
        """Carry out accepted creates, and show every user in lists."""
        for job in self.jobs.values():
            if job["status"] == "Running":
                try:
                    job |= {"status": "Done", "userId": self.create(job["fields"])["id"]}
                except Fault:
                    job["status"] = "Failed"
        self.unlisted.clear()

    def update(self, user: Json, fields: Json) -> Json:
        """Change the given fields of a user: all or none."""
        self._check(self._problems(fields))
        self._check_unique(fields, user)
        return self.records.put(_patched(user, fields))

    def _problems(self, fields: Json) -> list[tuple[str, str]]:
        return problems_of(fields, {department["id"] for department in self.departments})

    def _check(self, problems: list[tuple[str, str]]) -> None:
        if problems:
            raise Fault(400, "the user is not valid", problems)

    def _check_unique(self, fields: Json, user: Json | None) -> None:
        keys = (
            {"email": _folded, "reference": _exact}
            if self.unique_references
            else {"email": _folded}
        )
        for key, form in keys.items():
            wanted = form(fields.get(key))
            others = (form(other.get(key)) for other in self.records if other is not user)
            if wanted and wanted in others:
                raise Fault(409, f"another user has this {key}", [(key, "must be unique")])


def _patched(user: Json, fields: Json) -> Json:
    """Return the user with the given fields changed; null takes a value away (RFC 7396)."""
    patched = {**user, **{key: value for key, value in fields.items() if key != "bankDetails"}}
    if "bankDetails" in fields:
        patched["bankDetails"] = _patched_bank(user.get("bankDetails"), fields["bankDetails"])
    return patched


def _patched_bank(held: object, given: Json | None) -> Json | None:
    if given is None:
        return None
    bank = {**_BANK, **(held if isinstance(held, dict) else {}), **given}
    return bank if any(bank.values()) else None


def _folded(value: object) -> str:
    return value.casefold() if isinstance(value, str) else ""


def _exact(value: object) -> str:
    return value if isinstance(value, str) and value.strip() else ""
