"""The people of the sandboxes: one employer's employees, and the users of its expense system.

The same seed, day and size give the same people, on every machine: no clock, no Faker. All
names are invented; emails are at example.com and example.org, sort codes 00-00-xx and
account numbers 0000xxxx, which no bank has.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

from oneway.core.dataclass import dataclass
from oneway_connectors.sandbox.kinds import KINDS
from oneway_connectors.sandbox.matching_person import Json, Maker, PersonDraft, payroll_department
from oneway_connectors.sandbox.names import (
    AMBIGUOUS,
    DEPARTMENTS,
    EMPTY,
    FOREIGN,
    UNREFERENCED,
    Department,
)
from oneway_connectors.sandbox.person_kinds import Cast, Situation

SEED = 20260401
SIZE = 200
_ADMINS = 4
_CONTRACTORS = 3
_FIRST_ID = 1001


@dataclass(frozen=True, slots=True)
class Population:
    """The data of both systems on one day.

    `employees` are in the order of payroll's list, `users` in the order of their ids. `kinds`
    names the employees' ids by kind (`kinds.KINDS`, and `unchanged`); the kinds `admin`,
    `contractor` and `email_holder` name ids of users that no employee matches.
    """

    today: date
    employees: tuple[Json, ...]
    payroll_departments: tuple[Json, ...]
    users: tuple[Json, ...]
    departments: tuple[Json, ...]
    kinds: Mapping[str, tuple[str, ...]]

    def summary(self) -> dict[str, int]:
        """Return the number of people of each kind."""
        return {kind: len(ids) for kind, ids in self.kinds.items()}


def population(
    today: date,
    *,
    seed: int = SEED,
    size: int = SIZE,
    quirks: bool = True,
    kinds: Sequence[Situation] = KINDS,
) -> Population:
    """Return the employees and users of a day; those of none of the `kinds` are unchanged.

    With `quirks`, the status of some employees is its index (`1` or `"1"`) instead of the word:
    the vendor does that, against its own OpenAPI document. Raises ValueError if `size` leaves
    no room for every kind.
    """
    cast = Cast(Maker(seed, today), quirks=quirks)
    drafts = _drafts(cast, size, kinds)
    people = [draft for group in drafts.values() for draft in group]
    strangers = _strangers(cast)
    users = [d.user for d in people if d.user is not None] + [
        u for g in strangers.values() for u in g
    ]
    _number(users, Random(seed))
    return Population(
        today=today,
        employees=tuple(sorted((d.employee for d in people), key=_list_order)),
        payroll_departments=_payroll_departments(people),
        users=tuple(sorted(users, key=lambda user: int(user["id"]))),
        departments=_departments(),
        kinds={
            **{kind: tuple(d.employee["id"] for d in group) for kind, group in drafts.items()},
            **{kind: tuple(str(u["id"]) for u in group) for kind, group in strangers.items()},
        },
    )


def _drafts(cast: Cast, size: int, kinds: Sequence[Situation]) -> dict[str, list[PersonDraft]]:
    unchanged = size - sum(kind.count for kind in kinds)
    if unchanged < 0:
        raise ValueError(f"a population of {size} has no room for every kind of person")
    drafts = {"unchanged": [cast.maker.draft() for _ in range(unchanged)]}
    for kind in kinds:
        drafts[kind.name] = [cast.maker.draft() for _ in range(kind.count)]
        kind.shape(drafts[kind.name], cast)
    return drafts


def _strangers(cast: Cast) -> dict[str, list[Json]]:
    admins = [cast.maker.draft().held for _ in range(_ADMINS)]
    for position, admin in enumerate(admins):
        admin["reference"] = None if position else ""
        admin["departmentId"] = FOREIGN.id
    contractors = [cast.maker.draft().held for _ in range(_CONTRACTORS)]
    for position, contractor in enumerate(contractors):
        contractor["reference"] = f"EXT-{position + 1:04d}"
        contractor["invited"] = False
    contractors[0]["leaveDate"] = cast.day(-120)
    return {"admin": admins, "contractor": contractors, "email_holder": cast.others}


def _number(users: list[Json], rng: Random) -> None:
    ids = list(range(_FIRST_ID, _FIRST_ID + len(users)))
    rng.shuffle(ids)
    for user, id in zip(users, ids, strict=True):
        user["id"] = id


def _list_order(employee: Json) -> tuple[str, str]:
    return employee["employmentDetails"]["payrollCode"], employee["id"]


def _payroll_departments(people: list[PersonDraft]) -> tuple[Json, ...]:
    members = [d.employment["department"]["code"] for d in people if "department" in d.employment]
    known = (*DEPARTMENTS, UNREFERENCED, AMBIGUOUS[0], EMPTY)
    return tuple(payroll_department(d) | {"employeeCount": members.count(d.code)} for d in known)


def _departments() -> tuple[Json, ...]:
    known: tuple[Department, ...] = (*DEPARTMENTS, UNREFERENCED, *AMBIGUOUS, FOREIGN, EMPTY)
    return tuple({"id": d.id, "name": d.name, "reference": d.reference} for d in known)
