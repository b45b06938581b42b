"""What others make of the same two files: each a program that writes its answer as JSON.

    python benchmarks/peers.py NAME FOLDER

An answer is the people to be created, and for each that differs the fields that do. All decide
what `mappings/staffology-to-expensein.yaml` decides of the people of `people.py`: match by payroll
code, create nobody who has left, write the leave date of those who have, compare email without
case and the department by a lookup.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

FIELDS = ("firstName", "lastName", "email", "departmentId", "bank", "leaveDate")
"""What is compared; `bank` stands for the three fields of it."""

Answer = dict[str, list[str]]


def floor(folder: Path) -> None:
    """Read both files with orjson, and decide nothing."""
    import orjson

    for name in ("source", "target"):
        with (folder / f"{name}.jsonl").open("rb") as file:
            for line in file:
                orjson.loads(line)


def script(folder: Path) -> Answer:
    """Decide it as a script would that somebody writes for this one pair of systems."""
    import orjson

    departments = _departments(folder)
    users = {}
    with (folder / "target.jsonl").open("rb") as file:
        for line in file:
            user = orjson.loads(line)
            users[user["reference"]] = user
    answer: Answer = {}
    with (folder / "source.jsonl").open("rb") as file:
        for line in file:
            person = orjson.loads(line)
            job, own = person["employmentDetails"], person["personalDetails"]
            leave = job["leaverDetails"]
            has_left = person["status"] == "Former" or leave["hasLeft"]
            key, bank = job["payrollCode"], person["bankDetails"]
            code, gone = job["department"]["code"], leave["leaveDate"] if has_left else None
            wanted = (own["firstName"], own["lastName"], own["email"], code, gone)
            if not all(wanted[:3]) or not key:
                continue
            user = users.get(key)
            if user is None:
                if not has_left:
                    answer[key] = ["create"]
            elif differing := _differing(wanted, bank, user, departments):
                answer[key] = differing
    return answer


def _differing(
    wanted: tuple[str, ...], bank: dict[str, str], user: dict[str, Any], departments: dict[str, int]
) -> list[str]:
    first, last, email, code, gone = wanted
    held = user["bankDetails"]
    same = (
        first == user["firstName"],
        last == user["lastName"],
        email.casefold() == user["email"].casefold(),
        departments.get(code) == user["departmentId"],
        bank["accountName"] == held["accountName"]
        and bank["accountNumber"] == held["accountNumber"]
        and bank["sortCode"].replace("-", "") == held["sortCode"],
        gone is None or gone == user["leaveDate"],
    )
    return [name for name, is_same in zip(FIELDS, same, strict=True) if not is_same]


def compiled_jmespath(folder: Path) -> Answer:
    """Evaluate expressions that are compiled once with the jmespath package, over orjson."""
    import jmespath
    import orjson

    own = ("firstName", "lastName", "email")
    expressions = [jmespath.compile(f"personalDetails.{name}") for name in own]
    expressions.append(jmespath.compile("employmentDetails.department.code"))
    key = jmespath.compile("employmentDetails.payrollCode")
    left = jmespath.compile("status == 'Former' || employmentDetails.leaverDetails.hasLeft")
    leave = jmespath.compile("employmentDetails.leaverDetails.leaveDate")
    bank = jmespath.compile("bankDetails")
    departments = _departments(folder)
    users = {}
    with (folder / "target.jsonl").open("rb") as file:
        for line in file:
            user = orjson.loads(line)
            users[user["reference"]] = user
    answer: Answer = {}
    with (folder / "source.jsonl").open("rb") as file:
        for line in file:
            person = orjson.loads(line)
            has_left = left.search(person)
            gone = leave.search(person) if has_left else None
            wanted = (*(each.search(person) for each in expressions), gone)
            code = key.search(person)
            if code not in users:
                if not has_left:
                    answer[code] = ["create"]
            elif found := _differing(wanted, bank.search(person), users[code], departments):
                answer[code] = found
    return answer


_QUERY = """
with people as (
  select employmentDetails.payrollCode as key, personalDetails.firstName as firstName,
    personalDetails.lastName as lastName, personalDetails.email as email,
    employmentDetails.department.code as code, bankDetails as bank,
    employmentDetails.leaverDetails.leaveDate as leave,
    status = 'Former' or employmentDetails.leaverDetails.hasLeft as has_left
  from read_json('{folder}/source.jsonl', format='newline_delimited', columns={{
    status: 'VARCHAR',
    personalDetails: 'STRUCT(firstName VARCHAR, lastName VARCHAR, email VARCHAR)',
    employmentDetails: 'STRUCT(payrollCode VARCHAR, department STRUCT(code VARCHAR),
      leaverDetails STRUCT(hasLeft BOOLEAN, leaveDate VARCHAR))',
    bankDetails: 'STRUCT(accountName VARCHAR, accountNumber VARCHAR, sortCode VARCHAR)'}})),
users as (
  select * from read_json('{folder}/target.jsonl', format='newline_delimited', columns={{
    id: 'BIGINT', reference: 'VARCHAR', firstName: 'VARCHAR', lastName: 'VARCHAR',
    email: 'VARCHAR', departmentId: 'BIGINT', leaveDate: 'VARCHAR',
    bankDetails: 'STRUCT(accountName VARCHAR, accountNumber VARCHAR, sortCode VARCHAR)'}})),
departments as (
  select * from read_json('{folder}/departments.json', columns={{id: 'BIGINT',
    reference: 'VARCHAR'}})),
compared as (
  select p.key, p.has_left, u.id is null as new, p.firstName = u.firstName as first_name,
    p.lastName = u.lastName as last_name, lower(p.email) = lower(u.email) as email,
    d.id = u.departmentId as department, p.bank.accountName = u.bankDetails.accountName
      and p.bank.accountNumber = u.bankDetails.accountNumber
      and replace(p.bank.sortCode, '-', '') = u.bankDetails.sortCode as bank,
    not p.has_left or p.leave = u.leaveDate as leave_date
  from people p left join users u on u.reference = p.key left join departments d
    on d.reference = p.code)
select key, new, first_name, last_name, email, department, bank, leave_date from compared
where case when new then not has_left
  else not (first_name and last_name and email and department and bank and leave_date) end
"""


def duckdb(folder: Path, threads: int = 1) -> Answer:
    """Decide it in SQL."""
    import duckdb as engine

    connection = engine.connect(config={"threads": threads})
    rows = connection.execute(_QUERY.format(folder=folder)).fetchall()
    return _of_rows(rows)


def _of_rows(rows: Iterable[tuple[Any, ...]]) -> Answer:
    """Return the answer of rows of a key, whether it is new, and whether each field is equal."""
    return {
        key: ["create"]
        if new
        else [name for name, same in zip(FIELDS, equal, strict=True) if not same]
        for key, new, *equal in rows
    }


def polars(folder: Path) -> Answer:
    """Decide it with frames of Polars."""
    import polars as pl

    people = pl.read_ndjson(folder / "source.jsonl")
    job, own = pl.col("employmentDetails").struct, pl.col("personalDetails").struct
    bank = pl.col("bankDetails").struct
    leave = job.field("leaverDetails").struct
    people = people.select(
        ((pl.col("status") == "Former") | leave.field("hasLeft")).alias("gone"),
        leave.field("leaveDate"),
        job.field("payrollCode").alias("key"),
        job.field("department").struct.field("code"),
        *(own.field(name) for name in ("firstName", "lastName", "email")),
        *(bank.field(name) for name in ("accountName", "accountNumber", "sortCode")),
    )
    users = pl.read_ndjson(folder / "target.jsonl").select(
        pl.col("reference").alias("key"),
        *("firstName", "lastName", "email", "departmentId", "leaveDate"),
        *(bank.field(name) for name in ("accountName", "accountNumber", "sortCode")),
    )
    departments = pl.DataFrame(json.loads((folder / "departments.json").read_text()))
    named = departments.select(pl.col("reference").alias("code"), pl.col("id").alias("wanted"))
    users = users.with_columns(pl.lit(True).alias("there"))
    joined = people.join(named, on="code", how="left").join(
        users, on="key", how="left", suffix="_held"
    )
    equal = [pl.col(name) == pl.col(f"{name}_held") for name in ("firstName", "lastName")]
    email = pl.col("email").str.to_lowercase() == pl.col("email_held").str.to_lowercase()
    sort_code = pl.col("sortCode").str.replace_all("-", "", literal=True)
    banked = (
        (pl.col("accountName") == pl.col("accountName_held"))
        & (pl.col("accountNumber") == pl.col("accountNumber_held"))
        & (sort_code == pl.col("sortCode_held"))
    )
    left = ~pl.col("gone") | (pl.col("leaveDate") == pl.col("leaveDate_held"))
    found = [*equal, email, pl.col("wanted") == pl.col("departmentId"), banked, left]
    checked = joined.select("key", pl.col("there").is_null(), "gone", *_named(found))
    new = pl.col("there") & ~pl.col("gone")
    rows = checked.filter(new | (~pl.col("there") & ~pl.all_horizontal(FIELDS))).drop("gone").rows()
    return _of_rows(rows)


def _named(found: Iterable[Any]) -> Iterator[Any]:
    return (each.alias(name) for name, each in zip(FIELDS, found, strict=True))


def pandas(folder: Path) -> Answer:
    """Decide it with frames of pandas, made of records that orjson reads."""
    import orjson
    import pandas as pd

    def read(name: str, row: Callable[[dict[str, Any]], tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        with (folder / f"{name}.jsonl").open("rb") as file:
            return [row(orjson.loads(line)) for line in file]

    def person(each: dict[str, Any]) -> tuple[Any, ...]:
        job, own, bank = each["employmentDetails"], each["personalDetails"], each["bankDetails"]
        leave = job["leaverDetails"]
        gone = each["status"] == "Former" or leave["hasLeft"]
        names = (own["firstName"], own["lastName"], own["email"], job["department"]["code"])
        return (job["payrollCode"], gone, leave["leaveDate"], *names, *bank.values())

    def user(each: dict[str, Any]) -> tuple[Any, ...]:
        names = (each["firstName"], each["lastName"], each["email"], each["departmentId"])
        return (each["reference"], each["leaveDate"], *names, *each["bankDetails"].values())

    bank = ["name", "number", "sort"]
    names = ["firstName", "lastName", "email"]
    of_people = ["key", "gone", "leave", *names, "code", *bank]
    people = pd.DataFrame(read("source", person), columns=of_people)
    of_users = ["key", "leave", *names, "departmentId", *bank]
    users = pd.DataFrame(read("target", user), columns=of_users)
    people["wanted"] = people["code"].map(_departments(folder))
    both = people.merge(users, on="key", how="left", suffixes=("", "_held"), indicator=True)
    equal = pd.DataFrame({name: both[name] == both[f"{name}_held"] for name in names[:2]})
    equal["email"] = both["email"].str.lower() == both["email_held"].str.lower()
    equal["departmentId"] = both["wanted"] == both["departmentId"]
    equal["bank"] = (
        (both["name"] == both["name_held"])
        & (both["number"] == both["number_held"])
        & (both["sort"].str.replace("-", "", regex=False) == both["sort_held"])
    )
    equal["leaveDate"] = ~both["gone"] | (both["leave"] == both["leave_held"])
    new = both["_merge"] == "left_only"
    differs = ~equal[list(FIELDS)].all(axis=1)
    equal.insert(0, "new", new)
    equal.insert(0, "key", both["key"])
    found = equal[(new & ~both["gone"]) | (~new & differs)]
    return _of_rows(found.itertuples(index=False, name=None))


def diffsync(folder: Path) -> Answer:
    """Load both sides into DiffSync's models, from records that orjson reads, and take its diff."""
    import logging

    import orjson
    import structlog
    from diffsync import Adapter, DiffSyncModel

    # It writes a line for each record otherwise.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

    class Person(DiffSyncModel):
        _modelname = "person"
        _identifiers = ("key",)
        _attributes = FIELDS
        key: str
        firstName: str
        lastName: str
        email: str
        departmentId: int | None
        bank: tuple[str, ...]
        leaveDate: str | None

    class Side(Adapter):
        person = Person
        top_level = ("person",)

    def model(key: str, each: dict[str, Any], **more: Any) -> Person:
        email = each["email"].casefold()
        names = {"firstName": each["firstName"], "lastName": each["lastName"]}
        return Person(key=key, email=email, **names, **more)

    departments = _departments(folder)
    payroll, users = Side(), Side()
    dates = {}
    with (folder / "target.jsonl").open("rb") as file:
        for line in file:
            user = orjson.loads(line)
            key, leave = user["reference"], user["leaveDate"]
            dates[key] = leave
            bank = tuple(user["bankDetails"].values())
            more = {"departmentId": user["departmentId"], "bank": bank, "leaveDate": leave}
            users.add(model(key, user, **more))
    with (folder / "source.jsonl").open("rb") as file:
        for line in file:
            person = orjson.loads(line)
            job, (*bank, sort) = person["employmentDetails"], person["bankDetails"].values()
            key, leave = job["payrollCode"], job["leaverDetails"]
            gone = person["status"] == "Former" or leave["hasLeft"]
            if gone and key not in dates:
                continue  # nobody who has left is created
            more = {
                "departmentId": departments.get(job["department"]["code"]),
                "bank": (*bank, sort.replace("-", "")),
                "leaveDate": leave["leaveDate"] if gone else dates.get(key),
            }
            payroll.add(model(key, person["personalDetails"], **more))
    answer: Answer = {}
    for each in users.diff_from(payroll).get_children():
        if each.action == "create":
            answer[each.name] = ["create"]
        elif each.action == "update":
            answer[each.name] = [name for name in FIELDS if name in each.get_attrs_diffs()["+"]]
    return answer


def _departments(folder: Path) -> dict[str, int]:
    found = json.loads((folder / "departments.json").read_text())
    return {each["reference"]: each["id"] for each in found}


PEERS: dict[str, Callable[[Path], Answer | None]] = {
    "orjson reads both": floor,
    "hand-written script": script,
    "compiled jmespath + orjson": compiled_jmespath,
    "pandas + orjson": pandas,
    "Polars": polars,
    "DuckDB, one thread": duckdb,
    "DuckDB, two threads": lambda folder: duckdb(folder, 2),
    "DiffSync + orjson": diffsync,
}

if __name__ == "__main__":
    found = PEERS[sys.argv[1]](Path(sys.argv[2]))
    if len(sys.argv) > 3 and found is not None:
        Path(sys.argv[3]).write_text(json.dumps(found, sort_keys=True))
