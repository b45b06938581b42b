"""The population of the crash matrix, as users of a SCIM server."""

from typing import Any

from oneway_connectors.sandbox.people import Population

from .server import ENTERPRISE

Json = dict[str, Any]


def users_of(people: Population, day: str) -> list[Json]:
    """Return the users whom the population begins with; who has left by a day is not active."""
    codes = {each["employmentDetails"]["payrollCode"]: each for each in people.employees}
    return [_user(each, codes.get(each["reference"]), day) for each in people.users]


def _user(user: Json, employee: Json | None, day: str) -> Json:
    left = user["leaveDate"] is not None and user["leaveDate"] <= day
    found: Json = {
        "userName": user["email"],
        "active": not left,
        "name": {"givenName": user["firstName"], "familyName": user["lastName"]},
        "emails": [{"value": user["email"], "type": "work", "primary": True}],
    }
    if user["reference"]:
        found["externalId"] = user["reference"]
    # Most have no extension yet, so that there is more to update.
    if employee is not None and int(user["id"]) % 5 == 0:
        department = employee["employmentDetails"].get("department") or {}
        known = {"employeeNumber": user["reference"], "department": department.get("title")}
        found[ENTERPRISE] = {key: value for key, value in known.items() if value}
    return found
