"""From a person at a terminal to every night at four: connected by hand, then left alone."""

from datetime import timedelta

import httpx
from night import Night
from test_connect import Office, office

from oneway.cli.clock import now
from oneway.history.journal import RunState
from patience import PATIENCE

__all__ = ["office"]  # a fixture


def test_connected_in_a_terminal_it_runs_at_four_once(office: Office) -> None:
    """Killed over the due time it still runs once; stopped from three to five once, and late."""
    with office.terminal("connect", "acme", *office.options) as terminal:
        terminal.answer("a path [1]: ", "")
        terminal.answer("Include bank details? [y/N]: ", "")
        terminal.answer("api_key (not shown): ", office.source_key)
        terminal.answer("part of the name: ", office.employer)
        terminal.answer("api_key (not shown): ", office.target_key)
        terminal.answer("Schedule [0 4 * * *]: ", "")
        terminal.answer("Time zone [UTC]: ", "")
        terminal.answer("Tell: ", "")
        terminal.answer("changes? [y/N]: ", "y")
        assert terminal.ended() == 0
    written = office.writes()
    assert written > 0
    night = Night(office.world.folder)
    first, second = (f"{now() + timedelta(days=days):%Y-%m-%d}" for days in (1, 2))
    night.set_clock(f"{first}T03:00:00")
    night.run("run-due")  # four o'clock of the day of connecting, where that came later
    before = len(night.runs("acme"))
    renamed = _rename_somebody(office)

    night.set_clock(f"{first}T03:59:00")
    with night.scheduler() as serving:
        # The spread of this name: a minute or so after four, the same every night.
        serving.says(f"acme: connections/acme.yaml, next due {first}T04:0")
        serving.process.kill()
    night.set_clock(f"{first}T04:30:00")
    with night.scheduler() as serving:
        serving.says("acme: done: 1 done")
        serving.process.kill()
    with night.scheduler() as serving:
        serving.says(f"next due {second}T04:0")
    *_, run = night.runs("acme")
    assert len(night.runs("acme")) == before + 1
    assert (run.state, run.counts) == (RunState.DONE, {"done": 1})
    assert office.writes() == written + 1
    assert renamed in {each["lastName"] for each in office.users()}

    night.set_clock(f"{second}T05:00:00")  # nobody served from three to five
    with night.scheduler() as serving:
        serving.says(f"was due {second}T04:0", "acme: done: nothing to do")
    due = night.last_due("acme")
    assert due is not None
    assert (len(night.runs("acme")), due.outcome) == (before + 2, "done late")


def _rename_somebody(office: Office) -> str:
    """Change the last name of an employee who is a user, in payroll."""
    emails = {each["email"] for each in office.users() if not each["isLeaver"]}
    employees = httpx.get(f"{office.source}/_sandbox/state", timeout=PATIENCE).json()["employees"]
    found = next(
        each
        for each in employees
        if each["status"] == "Current" and each["personalDetails"]["email"] in emails
    )
    change = {"personalDetails": {"lastName": "Newly-Wed"}}
    httpx.post(
        f"{office.source}/_sandbox/employees/{found['id']}", json=change, timeout=PATIENCE
    ).raise_for_status()
    return "Newly-Wed"
