"""What must hold, told from both systems and the journal, and never from the planner."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path

from oneway.planning.breach import Verdict
from oneway.planning.endings import Ending

from .people import DEPARTMENTS, Json, People
from .unsaid import is_day, is_readable, said_code, said_date, said_gone, served
from .world import World

IN_DOUBT = (None, Ending.UNKNOWN.value)
UNTOUCHED = frozenset(each.value for each in Ending if each not in (Ending.DONE, Ending.UNKNOWN))


class Violation(AssertionError):
    """Something that must hold does not."""


@dataclass(frozen=True)
class Entry:
    """One row of the journal."""

    action: str
    verb: str
    source_id: str | None
    target_id: str | None
    token: str
    sent: int
    ending: str | None
    run: int


def demand(holds: object, text: str) -> None:
    """Raise `Violation` where something does not hold."""
    if not holds:
        raise Violation(text)


def entries(state_folder: Path) -> tuple[Entry, ...]:
    """Return all that the journal holds of actions, read past the engine."""
    path = state_folder / "journal.db"
    if not path.exists():
        return ()
    sql = "SELECT action, verb, source_id, target_id, token, sent, ending, run FROM entry"
    with closing(sqlite3.connect(path)) as connection:
        return tuple(Entry(*row) for row in connection.execute(sql))


def write_ahead(world: World, token: str) -> None:
    """Demand that a write which arrives stands in the journal, and without an end.

    Called as it arrives. `sent` is not asked: what died before it was sent counts as sent.
    """
    found = [entry for entry in entries(world.state_folder) if entry.token == token]
    demand(found, f"a write arrives that is not journalled: {token}")
    endings = [entry.ending for entry in found]
    demand(any(each in IN_DOUBT for each in endings), f"a write arrives that is called {endings}")


def after_each_run(world: World) -> None:
    """Demand what holds at every moment, also right after a crash."""
    _no_doubles(world)
    acts, touched = world.servers.acts, world.people.touched
    by_token: dict[str, list[Entry]] = {}
    for entry in entries(world.state_folder):
        # A plan that is applied twice has the same tokens again: what is meant is one write.
        by_token.setdefault(entry.token or f"never sent: {entry.action}", []).append(entry)
    # What an older run left undone may be written as that run ends: then the same action of a later
    # run, whose write was lost, has happened. So has one of a plan that was applied before.
    arrived = {each.action for found in by_token.values() for each in found if acts[each.token]}
    made: dict[str, set[str]] = {}
    for entry in (each for found in by_token.values() for each in found):
        mine = {id for id, by in world.servers.made.items() if by == entry.token}
        made.setdefault(entry.action, set()).update(mine)
    for token, found in by_token.items():
        ids = made[found[0].action]
        held = ids | {each.target_id for each in found if each.target_id}
        otherwise = not touched.isdisjoint(held)
        if found[0].verb != "create":
            otherwise = otherwise or (not acts[token] and found[0].action in arrived)
        _true(found, acts[token], ids, otherwise=otherwise)


def _true(found: list[Entry], done: int, ids: set[str], *, otherwise: bool) -> None:
    """Demand that what the journal says of one write is what came of it.

    `otherwise`: by hand, or by the same action of another run, it may have come about as well.
    """
    who, verb = found[0].source_id, found[0].verb
    endings = {each.ending for each in found}
    called_done = Ending.DONE.value in endings
    if verb == "create":
        demand(done <= 1 or otherwise, f"{who} is created {done} times")
        named = all(each.target_id in ids for each in found if each.ending == Ending.DONE.value)
        demand(named, f"{who} is called created, and is not")
    elif called_done:
        demand(done or otherwise, f"{who} is called written, and is not")
    if endings <= UNTOUCHED:
        demand(done == 0 or otherwise, f"{who} is called {endings}, and was written")


def held_back(world: World, before: Counter[str]) -> None:
    """Demand that nothing which a guard held back in a run arrived; `before` are earlier acts.

    A resume may end two runs: what the later one held may have been let through in the earlier.
    """
    found = entries(world.state_folder)
    last = {entry.action: entry.run for entry in sorted(found, key=attrgetter("run"))}
    arrived = {
        entry.action
        for entry in found
        if world.servers.acts[entry.token] > before[entry.token] and entry.run == last[entry.action]
    }
    held = {r.action.id for r in world.results if r.ending is Ending.HELD}
    demand(arrived.isdisjoint(held), "what is held back was sent")


def nobody_let_in(world: World, code: str | None) -> None:
    """Demand that somebody is employed for whom a user is created; called as they are."""
    found = _of_code(world, code)
    employed = not found or not all(map(_gone, found))
    demand(employed, f"{code} is let in, and has left")


def access_as_it_is(world: World, code: str | None, before: str | None, after: str | None) -> None:
    """Demand that a leave date which is written follows from what is true, not from what is said.

    Called as it is written.
    """
    gone = list(filter(_gone, _of_code(world, code)))
    today = world.people.today.isoformat()
    if after is not None:
        demand(gone, f"{code} is locked out, and has not left")
    if before is not None and before <= today and (after is None or after > today):
        true = [each["employmentDetails"]["leaverDetails"]["leaveDate"] for each in gone]
        back = [each for each in true if each is None or each <= today]
        demand(not back, f"{code} is brought back, and has left")


def nobody_forgotten(world: World, verdict: Verdict) -> int:
    """Demand that every leaver who can still get in is named; return how many are.

    Called after a run that went to its end. A list that silently lacks a record cannot be told
    from one that is whole, so that nights with such faults say nothing.
    """
    wire = world.wire
    if wire.planning_rate or wire.down:
        return 0
    named = named_by_last_run(world.state_folder)
    smooth = not wire.rate and not verdict.fired
    for id, record in _said_gone(world).items():
        users = [u for u in world.people.users.values() if u["reference"] == said_code(record)]
        if any(map(partial(can_get_in, world), users)):
            demand(id in named, f"{id} has left and can still get in, and is not named")
            certain = len(users) == 1 and str(users[0]["id"]) not in world.people.touched
            certain = certain and not world.people.recoded and is_day(said_date(record))
            certain = certain and not _may_have_come_back(world, id)
            demand(not (smooth and certain), f"{id} is kept in")
    for id, users in _perhaps_gone(world).items():
        if any(map(partial(can_get_in, world), users)):
            demand(id in named, f"{id} has left, which is not to be read, and is not named")
    return len(named)


def doubtful_creates(state_folder: Path) -> set[tuple[str, str]]:
    """Return the source records of creates whose end is not known, each with its token."""
    return {
        (each.source_id, each.token)
        for each in entries(state_folder)
        if each.verb == "create" and each.sent and each.source_id and each.ending in IN_DOUBT
    }


def named_by_last_run(state_folder: Path) -> set[str]:
    """Return the source ids of those whom the last run names, read past the engine."""
    path = state_folder / "journal.db"
    if not path.exists():
        return set()
    sql = "SELECT still_in FROM run ORDER BY id DESC LIMIT 1"
    with closing(sqlite3.connect(path)) as connection:
        found = [json.loads(text) for (text,) in connection.execute(sql)]
    return {source_id for each in found for _, _, source_id, *_ in each if source_id}


def _said_gone(world: World) -> dict[str, Json]:
    """Return what payroll says of those of whom it says that their last day is over, or none."""
    today = world.people.today.isoformat()
    found = {}
    for id in world.people.employees:
        record = served(world.people, id)
        readable = record is not None and is_readable(world.people, id)
        if record is not None and readable and said_gone(record) and said_code(record):
            when = said_date(record)
            if not (is_day(when) and when is not None and when >= today):
                found[id] = record
    return found


def _may_have_come_back(world: World, id: str) -> bool:
    """Return whether somebody employed has this leaver's email, and no user: a person decides.

    The leaver's user has it too where payroll has made the leaver anonymous. Who has a last day is
    employed until it has passed.
    """
    leaver = world.people.employees[id]
    users = {each["reference"] for each in world.people.users.values()}
    theirs = [e for e in world.people.users.values() if e["reference"] == _code(leaver)]
    emails = {_email(leaver), *((each["email"] or "").casefold() for each in theirs)} - {""}
    left = _said_gone(world)
    others = (each for other, each in world.people.employees.items() if other not in left)
    return any(_email(each) in emails and _code(each) not in users for each in others)


def _perhaps_gone(world: World) -> dict[str, list[Json]]:
    """Return those who have left, and of whom payroll does not say it; each with their users."""
    found = {}
    for id, employee in world.people.employees.items():
        record = served(world.people, id)
        readable = record is not None and is_readable(world.people, id)
        when = employee["employmentDetails"]["leaverDetails"]["leaveDate"]
        gone = _gone(employee) and (when is None or when <= world.people.today.isoformat())
        if gone and (not readable or record is None or said_gone(record) is None):
            code = said_code(record) if readable and record is not None else ""
            code = code or _code(employee)
            found[id] = [u for u in world.people.users.values() if u["reference"] == code]
    return found


def can_get_in(world: World, user: Json) -> bool:
    """Return whether a user has no leave date, or one to come."""
    return user["leaveDate"] is None or user["leaveDate"] > world.people.today.isoformat()


def _of_code(world: World, code: str | None) -> list[Json]:
    return [each for each in world.people.employees.values() if _code(each) == code]


def _no_doubles(world: World) -> None:
    count = Counter(u["reference"] for u in world.people.users.values() if u["reference"])
    for user in world.people.users.values():
        made = str(user["id"]) in world.servers.made
        demand(not made or count[user["reference"]] == 1, f"two users are {user['reference']}")


def silent(world: World) -> None:
    """Demand that no bank account stands in any file of the state folder, even by digits alone."""
    for path in world.state_folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found = [s for s in world.people.secrets if s.encode() in data]
            demand(not found, f"{path.name} holds a bank account")


def in_the_end(world: World) -> None:
    """Demand that the target is what payroll says, as far as nobody has to decide anything.

    A person decides about those whose linked user was deleted by hand, those who have the name of
    a linked user whose employee is gone, and those whose code finds the linked user of another.
    """
    people = world.people
    links = _links(world.state_folder)
    codes = Counter(_code(each) for each in people.employees.values())
    wanted = Counter(_email(e) for e in people.employees.values() if _eligible(e))
    for employee in people.employees.values():
        alone = codes[_code(employee)] == 1
        if _eligible(employee) and alone and not _is_decided(people, links, employee):
            _settled(people, employee, contested=wanted[_email(employee)] > 1)


def _is_decided(people: People, links: dict[str, str], employee: Json) -> bool:
    """Return whether a person decides about an employee; see `in_the_end`."""
    for source, id in links.items():
        user = people.users.get(id)
        if source == employee["id"]:
            if user is None:
                return True
        elif user is not None:
            same_name = _name(user) == _name(employee["personalDetails"])
            is_gone = source not in people.employees
            if user["reference"] == _code(employee) or (same_name and is_gone):
                return True
    return False


def _links(state_folder: Path) -> dict[str, str]:
    """Return the linked user of each source record, read past the engine."""
    with closing(sqlite3.connect(state_folder / "journal.db")) as connection:
        return dict(connection.execute("SELECT source_id, target_id FROM link"))


def _settled(people: People, employee: Json, *, contested: bool) -> None:
    code, email = _code(employee), _email(employee)
    users = [user for user in people.users.values() if user["reference"] == code]
    holders = [user for user in people.users.values() if user["email"].casefold() == email]
    if not users:
        lost = not _gone(employee) and not holders and not contested
        demand(not lost, f"{employee['id']} has no user")
        return
    user = users[0]
    others = [each for each in holders if each is not user]
    if len(users) > 1 or others or contested:
        return
    left = user["leaveDate"] is not None and user["leaveDate"] <= people.today.isoformat()
    if _gone(employee):
        demand(user["leaveDate"], f"{employee['id']} has left, and their user has not")
    elif not left:
        _equal(employee, user)


def _equal(employee: Json, user: Json) -> None:
    person = employee["personalDetails"]
    pairs = {
        "firstName": (person["firstName"], user["firstName"]),
        "lastName": (person["lastName"], user["lastName"]),
        "email": (_email(employee), user["email"].casefold()),
    }
    code = employee["employmentDetails"]["department"]["code"]
    known = [each["id"] for each in DEPARTMENTS if each["reference"] == code]
    if len(known) == 1:
        pairs["departmentId"] = (known[0], user["departmentId"])
    bank = employee.get("bankDetails")
    if bank:
        expected = {**bank, "sortCode": bank["sortCode"].replace("-", "")}
        pairs["bankDetails"] = (expected, user["bankDetails"])
    wrong = [name for name, (said, held) in pairs.items() if said != held]
    demand(not wrong, f"{employee['id']}: {', '.join(wrong)} are not what payroll says")


def _code(employee: Json) -> str:
    return str(employee["employmentDetails"]["payrollCode"])


def _name(person: Json) -> tuple[str, str]:
    return person["firstName"], person["lastName"]


def _email(employee: Json) -> str:
    return (employee["personalDetails"].get("email") or "").casefold()


def _eligible(employee: Json) -> bool:
    return bool(_email(employee).strip())


def _gone(employee: Json) -> bool:
    details = employee["employmentDetails"]["leaverDetails"]
    return employee["status"] == "Former" or bool(details["hasLeft"])


def folder_for_state() -> Path | None:
    """Return a folder in memory where there is one: each journal write waits for its disk."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None
