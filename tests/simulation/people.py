"""Made-up employees and users, and what people do to them between two runs.

Emails are at example.com, account numbers 9000xxxx and sort codes 00-00-xx, which no bank has.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

Json = dict[str, Any]

FIRST = ("Ana", "Bo", "Cleo", "Dai", "Ewa", "Finn", "Gil", "Hana", "Ivo", "Juno", "Zoë", "Ødd")
LAST = ("Abel", "Brook", "Cole", "Dunn", "Eze", "Frost", "Grey", "Hale", "O'Neil", "Ng")
DEPARTMENTS = (
    {"id": 11, "name": "Sales", "reference": "SAL"},
    {"id": 12, "name": "Stores", "reference": "STO"},
    {"id": 13, "name": "Office", "reference": "OFF"},
    {"id": 14, "name": "Twice", "reference": "TWO"},
    {"id": 15, "name": "Twice more", "reference": "TWO"},
)
CODES = ("SAL", "STO", "OFF", "TWO", "NIL")


@dataclass
class People:
    """Everybody in both systems. `touched` are users that were changed by hand; `made` by us."""

    rng: Random
    today: date
    employees: dict[str, Json] = field(default_factory=dict)
    users: dict[str, Json] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    veils: dict[str, dict[tuple[str, ...], Any]] = field(default_factory=dict)
    """What payroll does not say of whom, by the employee's id and the path of the key."""
    recoded: set[str] = field(default_factory=set)
    """Whose payroll code was ever another one."""
    joined: int = 0
    last_id: int = 100

    def join(self) -> Json:
        """Add an employee and return them."""
        self.joined += 1
        n = self.joined
        first, last = self.rng.choice(FIRST), self.rng.choice(LAST)
        employee: Json = {
            "id": f"e{n:04d}",
            "status": "Current",
            "personalDetails": {
                "firstName": first,
                "lastName": last,
                "email": self.rng.choice((f"p{n}@example.com", f"P{n}@Example.com")),
            },
            "employmentDetails": {
                "payrollCode": f"{n:04d}",
                "department": {"code": self.rng.choice(CODES), "title": "T"},
                "leaverDetails": {"hasLeft": False, "leaveDate": None},
            },
            "bankDetails": self.bank(),
        }
        self.employees[employee["id"]] = employee
        return employee

    def bank(self) -> Json:
        """Return bank details that nobody had before."""
        number = f"9{len(self.secrets):07d}"
        self.secrets.add(number)
        sort_code = f"00-00-{self.rng.randrange(100):02d}"
        return {"accountName": "A", "accountNumber": number, "sortCode": sort_code}

    def user_of(self, employee: Json) -> Json:
        """Add the user that an employee should be, and return them."""
        person, work = employee["personalDetails"], employee["employmentDetails"]
        bank = employee["bankDetails"]
        user = self.stranger(person["email"])
        user |= {
            "reference": work["payrollCode"],
            "firstName": person["firstName"],
            "lastName": person["lastName"],
            "bankDetails": {**bank, "sortCode": bank["sortCode"].replace("-", "")},
        }
        return user

    def stranger(self, email: str) -> Json:
        """Add a user who is not from payroll, and return them."""
        self.last_id += 1
        id = self.last_id
        user: Json = {
            "id": id,
            "firstName": "Sam",
            "lastName": "Stranger",
            "email": email,
            "reference": None,
            "departmentId": None,
            "leaveDate": None,
            "bankDetails": None,
            "policyId": 5,
        }
        self.users[str(id)] = user
        return user


def populate(rng: Random, today: date) -> People:
    """Return a company: most employees have their user, a few are new, some users are strangers."""
    people = People(rng, today)
    for _ in range(rng.randint(4, 12)):
        employee = people.join()
        if rng.random() < 0.7:
            people.user_of(employee)
    for n in range(rng.randint(0, 3)):
        people.stranger(f"s{n}@example.org")
    return people


Edit = Callable[[People], str]
"""Changes something by hand and returns what, in words; empty where there was nothing to do."""


def _employee(people: People) -> Json:
    return people.employees[people.rng.choice(sorted(people.employees))]


def _user(people: People) -> Json | None:
    if not people.users:
        return None
    user = people.users[people.rng.choice(sorted(people.users))]
    people.touched.add(str(user["id"]))
    return user


def joins(people: People) -> str:
    """Somebody is taken on."""
    return f"{people.join()['id']} joins"


def moves(people: People) -> str:
    """Somebody's name, department, email or bank account changes."""
    rng, employee = people.rng, _employee(people)
    what = rng.choice(("firstName", "email", "department", "bank"))
    if what == "bank":
        employee["bankDetails"] = people.bank()
    elif what == "department":
        employee["employmentDetails"]["department"] = {"code": rng.choice(CODES), "title": "T"}
    elif what == "email":
        number = rng.randrange(1, people.joined + 4)
        employee["personalDetails"]["email"] = f"p{number}@example.com"
    else:
        employee["personalDetails"][what] = rng.choice(FIRST)
    return f"{employee['id']}: {what} changes"


def leaves(people: People) -> str:
    """Somebody leaves: today, earlier, later, or nobody says when."""
    employee, rng = _employee(people), people.rng
    days = rng.choice((-30, -1, 0, 2, None))
    when = None if days is None else (people.today + timedelta(days)).isoformat()
    by_status = rng.random() < 0.5
    employee["status"] = "Former" if by_status else "Current"
    details = {"hasLeft": not by_status or rng.random() < 0.5, "leaveDate": when}
    employee["employmentDetails"]["leaverDetails"] = details
    return f"{employee['id']} leaves ({when})"


def returns(people: People) -> str:
    """Somebody who left is taken on again."""
    employee = _employee(people)
    employee["status"] = "Current"
    employee["employmentDetails"]["leaverDetails"] = {"hasLeft": False, "leaveDate": None}
    return f"{employee['id']} returns"


def doubles(people: People) -> str:
    """Somebody is given the payroll code of another, or gets their own back."""
    employee, other = _employee(people), _employee(people)
    own = employee["id"].removeprefix("e")
    code = other["employmentDetails"]["payrollCode"]
    back = employee["employmentDetails"]["payrollCode"] != own
    employee["employmentDetails"]["payrollCode"] = own if back else code
    people.recoded |= {employee["id"], other["id"]}
    return f"{employee['id']} has the code of {'their own' if back else other['id']}"


def blanks(people: People) -> str:
    """A value that is needed goes blank, or its key goes, or it comes back."""
    employee, rng = _employee(people), people.rng
    person = employee["personalDetails"]
    match rng.choice(("blank", "remove", "bank", "heal", "heal")):
        case "blank":
            person["email"] = rng.choice(("", " ", None))
        case "remove":
            person.pop("email", None)
        case "bank":
            employee.pop("bankDetails", None)
        case _:
            person["email"] = f"p{employee['id'].removeprefix('e').lstrip('0')}@example.com"
    return f"{employee['id']}: {sorted(person)} email={person.get('email')!r}"


def vanishes(people: People) -> str:
    """An employee's record is deleted, as long as there are some left."""
    if len(people.employees) < 5:
        return ""
    employee = _employee(people)
    del people.employees[employee["id"]]
    return f"{employee['id']} is deleted from payroll"


def drifts(people: People) -> str:
    """A user's field is changed by hand."""
    user = _user(people)
    if user is None:
        return ""
    field, value = people.rng.choice(
        (
            ("firstName", "Drifted"),
            ("departmentId", 13),
            ("leaveDate", None),
            ("leaveDate", people.today.isoformat()),
            ("policyId", 6),
            ("bankDetails", None),
            ("email", f"drift{user['id']}@example.org"),
        )
    )
    user[field] = value
    return f"user {user['id']}: {field} is changed by hand"


def takes_email(people: People) -> str:
    """Somebody who is not from payroll is given an employee's email."""
    email = _employee(people)["personalDetails"].get("email")
    if not email or any(u["email"].casefold() == email.casefold() for u in people.users.values()):
        email = f"s{len(people.users) + 10}@example.org"
    user = people.stranger(email)
    people.touched.add(str(user["id"]))
    return f"user {user['id']} is made by hand with {email}"


def unmakes(people: People) -> str:
    """A user is deleted by hand."""
    user = _user(people)
    if user is None:
        return ""
    del people.users[str(user["id"])]
    return f"user {user['id']} is deleted by hand"


def stands_twice(people: People) -> str:
    """Somebody's row is there a second time: as it is, or as that of somebody employed."""
    rng, employee = people.rng, _employee(people)
    again, code = people.join(), employee["employmentDetails"]["payrollCode"]
    again["personalDetails"] = dict(employee["personalDetails"])
    again["employmentDetails"]["payrollCode"] = code
    if rng.random() < 0.5:
        again["status"] = employee["status"]
        left = dict(employee["employmentDetails"]["leaverDetails"])
        again["employmentDetails"]["leaverDetails"] = left
    people.recoded |= {employee["id"], again["id"]}
    return f"{employee['id']} stands in payroll a second time, as {again['id']}"


def is_made_anonymous(people: People) -> str:
    """Payroll keeps the row of somebody who has left, without their name and email."""
    rng = people.rng
    gone = [id for id, each in sorted(people.employees.items()) if each["status"] == "Former"]
    if not gone:
        return ""
    employee = people.employees[rng.choice(gone)]
    blank = rng.choice((None, ""))
    names = rng.choice((("Deleted", "Person", blank), (blank, blank, blank)))
    keys = ("firstName", "lastName", "email")
    employee["personalDetails"] = dict(zip(keys, names, strict=True))
    if rng.random() < 0.5:
        n = f"9{employee['id'][2:]}"
        employee["employmentDetails"]["payrollCode"] = n
        people.recoded.add(employee["id"])
    return f"{employee['id']} is made anonymous"


def a_wrong_column(people: People) -> str:
    """Everybody has left, or everybody is called the same: somebody exported the wrong column."""
    for employee in people.employees.values():
        if people.rng.random() < 0.5:
            employee["status"] = "Former"
        employee["personalDetails"]["lastName"] = "Column"
    return "half of payroll leaves, and all are called Column"


EDITS: tuple[Edit, ...] = (
    joins,
    joins,
    moves,
    moves,
    leaves,
    returns,
    doubles,
    blanks,
    vanishes,
    drifts,
    takes_email,
    unmakes,
    stands_twice,
    is_made_anonymous,
    a_wrong_column,
)
