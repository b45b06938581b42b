"""Who is whom in the sandboxes: a re-used code, two employments, a list that lags, a 202."""

from datetime import date
from typing import Any

import httpx

from oneway_connectors.sandbox import Sandbox, start
from oneway_connectors.sandbox.expensein import KEY
from oneway_connectors.sandbox.identities import IDENTITIES
from oneway_connectors.sandbox.kinds import KINDS
from oneway_connectors.sandbox.people import population
from patience import PATIENCE

TODAY = date(2026, 4, 1)
NEW = {"firstName": "Nora", "lastName": "North", "email": "nora@example.com", "reference": "N1"}


def asked(sandbox: Sandbox, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"ApiKey {KEY}"}
    return httpx.request(method, sandbox.url + path, headers=headers, **more, timeout=PATIENCE)


def listed(sandbox: Sandbox) -> bool:
    return bool(asked(sandbox, "GET", "/1.0/users", params={"email": NEW["email"]}).json())


def test_a_code_is_given_to_somebody_else() -> None:
    found = population(TODAY, kinds=(*KINDS, *IDENTITIES))
    employees = {each["id"]: each for each in found.employees}
    for id in found.kinds["reused_code"]:
        code = employees[id]["employmentDetails"]["payrollCode"]
        (user,) = (each for each in found.users if each["reference"] == code)
        assert user["email"] != employees[id]["personalDetails"]["email"]
        assert date.fromisoformat(user["leaveDate"]) < TODAY


def test_one_person_has_two_employments() -> None:
    found = population(TODAY, kinds=(*KINDS, *IDENTITIES))
    employees = {each["id"]: each for each in found.employees}
    ended, current = (employees[id] for id in found.kinds["two_employments"])
    assert ended["personalDetails"]["email"] == current["personalDetails"]["email"]
    codes = [each["employmentDetails"]["payrollCode"] for each in (ended, current)]
    assert codes[0] != codes[1]
    assert [sum(u["reference"] == code for u in found.users) for code in codes] == [1, 0]
    assert ended["employmentDetails"]["leaverDetails"]["hasLeft"]


def test_without_being_asked_for_nobody_is_of_these_kinds() -> None:
    assert not {each.name for each in IDENTITIES} & population(TODAY).kinds.keys()


def test_a_list_that_lags_shows_what_was_created_when_it_catches_up() -> None:
    with start("expensein", TODAY, lagging=True, identities=True) as sandbox:
        made = asked(sandbox, "POST", "/1.0/users", json=NEW)
        assert made.status_code == 201
        assert asked(sandbox, "GET", f"/1.0/users/{made.json()['id']}").status_code == 200
        assert not listed(sandbox)
        asked(sandbox, "POST", "/_sandbox/catch-up")
        assert listed(sandbox)


def test_what_is_accepted_is_done_when_the_system_catches_up() -> None:
    with start("expensein", TODAY, accepting=True) as sandbox:
        made = asked(sandbox, "POST", "/1.0/users", json=NEW)
        assert made.status_code == 202
        job = made.headers["Location"]
        assert asked(sandbox, "GET", job).json()["status"] == "Running"
        assert not listed(sandbox)
        again = asked(sandbox, "POST", "/1.0/users", json=NEW)
        asked(sandbox, "POST", "/_sandbox/catch-up")
        done = asked(sandbox, "GET", job).json()
        assert done["status"] == "Done"
        assert asked(sandbox, "GET", f"/1.0/users/{done['userId']}").status_code == 200
        # What was accepted twice fails the second time: the email is taken by then.
        assert asked(sandbox, "GET", again.headers["Location"]).json()["status"] == "Failed"
