"""Who lives in the crash world: few enough for thousands of runs, of every kind that is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from oneway_connectors.sandbox.people import Population, population

# `resume` plans again as of now: who leaves between an older day and now is not in the plan.
TODAY = datetime.now(UTC).date()
AS_OF = f"{TODAY}T00:00:00Z"
_KINDS = (
    *("joiner", "joiner_upcoming"),
    *("mover_name", "mover_email", "mover_department", "mover_bank", "drift", "email_handover"),
    *("leaver_today", "leaver_past", "leaver_future", "leaver_undated", "leaver_rescheduled"),
    *("missing_email", "taken_email"),
)
_RENAMED, _UNCHANGED = 12, 4
_ONE_OF_EACH = ("joiner", "mover_bank", "leaver_today", "unchanged")


def sixty() -> Population:
    """Return some eighty employees, sixty of whom differ from their users."""
    whole = population(TODAY, size=116, quirks=False)
    ids = {id for kind in _KINDS for id in whole.kinds[kind]}
    unchanged = whole.kinds["unchanged"][: _RENAMED + _UNCHANGED]
    return those(whole, ids, unchanged, unchanged[:_RENAMED])


def six() -> Population:
    """Return six employees, five of whom differ from their users; two hand an email over."""
    whole = population(TODAY, size=116, quirks=False)
    ids = {whole.kinds[kind][0] for kind in _ONE_OF_EACH} | set(whole.kinds["email_handover"])
    return those(whole, ids, (), ())


def those(
    whole: Population, ids: set[str], unchanged: Sequence[str], renamed: Sequence[str]
) -> Population:
    """Return a population of some employees and of users; some had another name before."""
    ids = ids | set(unchanged)
    employees = tuple(each for each in whole.employees if each["id"] in ids)
    codes = {each["employmentDetails"]["payrollCode"]: each["id"] for each in employees}
    strangers = {id for kind in ("admin", "email_holder") for id in whole.kinds[kind]}
    users = []
    for user in whole.users:
        employee = codes.get(user["reference"])
        if employee is not None or str(user["id"]) in strangers:
            before = {"lastName": f"Before-{user['lastName']}"}
            users.append({**user, **(before if employee in renamed else {})})
    return replace(whole, employees=employees, users=tuple(users))
