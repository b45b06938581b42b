"""Odd strings in the records of both systems, over HTTP and through the shipped mapping."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from .output import wrong_json
from .servers import Json
from .world import MAPPING, Ended, World

ALLOWED = (
    "leavers",
    "clears",
    "field_changes",
    "updates",
    "creates",
    "source_shrink",
    "target_shrink",
    "reactivations",
    "identities",
    "values_gone",
)
_OPTIONS = ("--set", "include_bank_details=true")
_ALLOW = tuple(part for guard in ALLOWED for part in ("--allow", f"{guard}=100000"))


Put = Callable[[Json, Json, str], None]
"""Puts a string into an employee, or into the user that they have."""


@dataclass(frozen=True)
class Place:
    """Text fields that hold a string, and what must arrive, where anything is written.

    `puts` are done together: whether one of them is refused says nothing of the others.
    """

    name: str
    puts: tuple[Put, ...]
    arrived: Callable[[Json], Any] | None = None
    expected: Callable[[str], Any] = lambda s: s
    matched: bool = False

    @property
    def fields(self) -> int:
        """How many text fields it is."""
        return len(self.puts)


def _work(key: str) -> Callable[[Json, Json, str], None]:
    return lambda employee, user, s: employee["employmentDetails"].update({key: s})


def _person(key: str) -> Callable[[Json, Json, str], None]:
    return lambda employee, user, s: employee["personalDetails"].update({key: s})


def _bank(key: str) -> Callable[[Json, Json, str], None]:
    return lambda employee, user, s: employee["bankDetails"].update({key: s})


def _id(employee: Json, user: Json, s: str) -> None:
    employee["id"] = s


def _status(employee: Json, user: Json, s: str) -> None:
    employee["status"] = s


def _left(employee: Json, user: Json, s: str) -> None:
    employee["status"] = "Former"
    employee["employmentDetails"]["leaverDetails"]["leaveDate"] = s


def _department(employee: Json, user: Json, s: str) -> None:
    employee["employmentDetails"]["department"]["code"] = s


def _has_left(employee: Json, user: Json, s: str) -> None:
    employee["employmentDetails"]["leaverDetails"]["hasLeft"] = s


def _user(key: str) -> Callable[[Json, Json, str], None]:
    return lambda employee, user, s: user.update({key: s})


def _both_keys(employee: Json, user: Json, s: str) -> None:
    employee["employmentDetails"]["payrollCode"] = user["reference"] = s


def _user_bank(key: str) -> Callable[[Json, Json, str], None]:
    return lambda employee, user, s: user["bankDetails"].update({key: s})


def _digits(s: str) -> str | None:
    return "".join(c for c in s if c in "0123456789") or None


def _kept(s: str) -> str | None:
    return s if s.strip() else None


def _day(s: str) -> str | None:
    """As `parse_date()` reads it: of an instant the day that it names."""
    text = s.strip()
    if not text:
        return datetime.now(UTC).date().isoformat()
    return text[:10] if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T.*", text) else text


def _names(user: Json) -> list[Any]:
    return [user["firstName"], user["lastName"]]


def _bank_of(key: str) -> Callable[[Json], Any]:
    return lambda user: (user["bankDetails"] or {}).get(key)


def _plain(_: str) -> list[Any]:
    return ["Ann", "Lee"]


PLACES = (
    Place("source id", (_id,), _names, _plain),
    Place("source status", (_status,)),
    Place("source hasLeft", (_has_left,), matched=True),
    Place("source firstName, title", (_person("firstName"), _person("title")),
          lambda user: user["firstName"]),
    Place("source lastName, department", (_person("lastName"), _department),
          lambda user: user["lastName"]),
    Place("source email", (_person("email"),), lambda user: user["email"]),
    Place("source payrollCode", (_work("payrollCode"),), lambda user: user["reference"]),
    Place("source leaveDate", (_left,), lambda user: user["leaveDate"], _day, matched=True),
    Place("source accountName", (_bank("accountName"),), _bank_of("accountName"), _kept),
    Place("source accountNumber", (_bank("accountNumber"),), _bank_of("accountNumber"), _kept),
    Place("source sortCode", (_bank("sortCode"),), _bank_of("sortCode"), _digits),
    Place("target id", (_user("id"),), _names, _plain, matched=True),
    Place("target names, bank details, createdAt",
          (_user("firstName"), _user("lastName"), _user("createdAt"), _user("status"),
           _user_bank("accountName"), _user_bank("accountNumber"), _user_bank("sortCode")),
          lambda user: [*_names(user), *user["bankDetails"].values()],
          lambda s: ["Ann", "Lee", "A Lee", "90000001", "000001"], matched=True),
    Place("target email", (_user("email"),), matched=True),
    Place("target reference", (_user("reference"),), matched=True),
    Place("target reference and payrollCode", (_both_keys,), _names, _plain, matched=True),
    Place("target leaveDate", (_user("leaveDate"),), _names, _plain, matched=True),
)  # fmt: skip


def employee(number: int) -> Json:
    """Return an employee of whom nothing is odd."""
    return {
        "id": f"employee-{number}",
        "status": "Current",
        "personalDetails": {
            "title": "Dr",
            "firstName": "Ann",
            "lastName": "Lee",
            "email": f"ann{number}@example.com",
        },
        "employmentDetails": {
            "payrollCode": f"PAY{number}",
            "department": {"code": "OPS", "title": "Operations"},
            "leaverDetails": {"hasLeft": False, "leaveDate": None},
        },
        "bankDetails": {
            "accountName": "A Lee",
            "accountNumber": "90000001",
            "sortCode": "00-00-01",
        },
    }


def user(number: int) -> Json:
    """Return the user of an employee, out of date in the first name."""
    return {
        "id": 5000 + number,
        "firstName": "Before",
        "lastName": "Lee",
        "email": f"ann{number}@example.com",
        "reference": f"PAY{number}",
        "departmentId": 1,
        "leaveDate": None,
        "bankDetails": {
            "accountName": "A Lee",
            "accountNumber": "90000001",
            "sortCode": "000001",
        },
        "policyId": None,
        "approvalFlowId": None,
        "invited": False,
        "createdAt": None,
    }


def through(world: World, place: Place, strings: Sequence[str]) -> None:
    """Sync a population of whom each but the last holds one odd string at a place."""
    world.fresh()
    held = _populate(world, place, strings)
    _run(world, "plan", "--verbose")
    first = _said(world, _run(world, "sync", "--format", "json"))
    world.say_all(world.systems.wrong())
    if first is None:
        return
    ends = _ends(first)
    for s, employee in held:
        world.tried += place.fields
        world.say_all(_wrong(world, place, s, employee, ends), s)
    again = _said(world, _run(world, "plan", "--format", "json"))
    _say_unsettled(world, held, ends, again or {})


def _populate(world: World, place: Place, strings: Sequence[str]) -> list[tuple[str, Json]]:
    employees, users, held = [], [], []
    for number, s in enumerate((*strings, None)):
        one, other = employee(number), user(number)
        if s is not None:
            for put in place.puts:
                put(one, other, s)
            if not one["id"]:
                continue  # one without an id is known by its place in the list
            held.append((s, one))
        employees.append(one)
        if place.matched:
            users.append(other)
    world.systems.put(employees, users, [{"id": 1, "name": "Operations", "reference": "OPS"}])
    return held


def _run(world: World, command: str, *args: str) -> Ended:
    allowed = _ALLOW if command in ("plan", "sync") else ()
    return world.run(command, str(MAPPING), *_OPTIONS, *allowed, *args)


def _said(world: World, ended: Ended) -> Any:
    if not ended.out:
        world.say(f"nothing was said but {ended.err!a}")
        return None
    found = list(wrong_json(ended.out))
    world.say_all(iter(found))
    return None if found else json.loads(ended.out)


def _ends(said: Json) -> dict[str, tuple[str, str, str]]:
    """Return of each source record the outcome, the ending of its action, and the reason."""
    results = {each["action"]: each for each in said["results"]}
    found = {}
    for each in said["plan"]["outcomes"]:
        reason = "; ".join(reason["text"] for reason in each["reasons"])
        ending = ""
        if each["action"] is not None:
            result = results[each["action"]["id"]]
            ending, reason = result["ending"], reason + result["reason"]
        if each["source_id"] is not None:
            found[each["source_id"]] = (each["outcome"], ending, reason)
    return found


def _wrong(
    world: World, place: Place, s: str, employee: Json, ends: dict[str, tuple[str, str, str]]
) -> Iterator[str]:
    outcome, ending, reason = ends.get(employee["id"], ("not told of", "", ""))
    if ending == "done":
        email = employee["personalDetails"]["email"]
        got = [place.arrived(u) for u in world.systems.by_email(email)] if place.arrived else []
        if place.arrived and got != [place.expected(s)]:
            yield f"{ascii(got)[:100]} arrived"
    elif ending not in ("", "rejected", "stale", "not_sent"):
        yield f"{outcome} ended {ending}: {reason}"
    elif outcome != "unchanged" and not reason:
        yield f"{outcome} {ending} without a reason"


def _say_unsettled(
    world: World, held: list[tuple[str, Json]], ends: dict[str, tuple[str, str, str]], again: Json
) -> None:
    """Say who was written and is planned again, and whether the one who is not odd was."""
    planned = {each["source_id"]: each["action"] for each in again.get("outcomes", ())}
    for s, employee in held:
        id = employee["id"]
        if ends.get(id, ("", ""))[1] == "done" and planned.get(id, "nothing") is not None:
            world.say("written, and planned again", s)
    last = ends.get(list(world.systems.payroll.records)[-1]["id"], ("", "", ""))
    if last[1] != "done" and last[0] != "unchanged":
        world.say(f"the one who is not odd: {last}")


def departments(world: World, strings: Sequence[str]) -> None:
    """Look every odd string up in a table of departments that holds it."""
    world.fresh()
    rows = [{"id": n, "name": s, "reference": s} for n, s in zip(count(1), strings)]
    employees = [employee(number) for number in range(len(strings))]
    for one, s in zip(employees, strings, strict=True):
        one["employmentDetails"]["department"]["code"] = s
    world.systems.put(employees, [], rows)
    _run(world, "plan")
    _said(world, _run(world, "sync", "--format", "json"))
    world.say_all(world.systems.wrong())
    for row, one in zip(rows, employees, strict=True):
        world.tried += 1
        made = world.systems.by_email(one["personalDetails"]["email"])
        wanted = row["id"] if row["reference"].strip() else None
        if [each["departmentId"] for each in made] != [wanted]:
            world.say(f"{len(made)} users, or not department {wanted}", row["reference"])


def answers(world: World, strings: Sequence[str]) -> None:
    """Refuse every create with an odd string for a reason."""
    for status, shape in ((422, _reasons), (400, _other_shape), (500, _reasons)):
        world.fresh()
        employees = [employee(number) for number in range(len(strings))]
        world.systems.put(employees, [], [])
        said = ((status, shape(s)) for s in strings for _ in range(9 if status == 500 else 1))
        world.systems.watched[1].refusing = said
        world.where = f"answers of {status}"
        for command in ("sync", "plan"):
            _run(world, command, "--verbose")
        ended = _said(world, _run(world, "plan", "--format", "json")) or {"refused": []}
        world.systems.watched[1].refusing = None
        if status != 500 and len(ended["refused"]) != len(strings):
            kinds = Counter(each["code"] for each in ended["refused"])
            world.say(f"of {len(strings)} refusals {dict(kinds)} were kept")
        world.tried += len(strings)
        if status == 500:
            return


def _reasons(s: str) -> object:
    return {"message": s, "errors": [{"field": s, "message": s}]}


def _other_shape(s: str) -> object:
    return {"message": {"en": s, s: [s]}, s: s, "errors": s}
