"""Two servers for all tests of the page, emptied for each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from commands import Ended, ended
from help_page.trouble import Trouble
from help_page.two_systems import NOBODY, TwoSystems
from oneway_connectors.sandbox import expensein, staffology
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.payroll import EMPLOYER, Payroll
from oneway_connectors.sandbox.server import running


@dataclass(frozen=True)
class Servers:
    """Both systems, what troubles each, and the environment that points to them."""

    payroll: Payroll
    expenses: Expenses
    payroll_trouble: Trouble
    expenses_trouble: Trouble
    environment: dict[str, str]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Both systems, listening, each behind what may trouble it."""
    payroll = Payroll(NOBODY)
    # The setting is off, so that a test can say what the page recommends it for.
    expenses = Expenses(NOBODY, unique_references=False)
    troubles = Trouble(staffology.app(payroll)), Trouble(expensein.app(expenses))
    with running(troubles[0]) as one, running(troubles[1]) as other:
        environment = {
            "ONEWAY_STAFFOLOGY_BASE_URL": one,
            "ONEWAY_STAFFOLOGY_API_KEY": staffology.KEY,
            "ONEWAY_STAFFOLOGY_EMPLOYER": EMPLOYER,
            "ONEWAY_EXPENSEIN_BASE_URL": other + "/1.0",
            "ONEWAY_EXPENSEIN_API_KEY": expensein.KEY,
        }
        yield Servers(payroll, expenses, *troubles, environment)


@pytest.fixture
def oneway(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """A command, run in this process."""
    return partial(ended, capsys)


@pytest.fixture
def systems(
    servers: Servers,
    oneway: Callable[..., Ended],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TwoSystems]:
    """Both systems with nobody in them; whatever a test does, payroll is only ever read."""
    payroll, expenses = servers.payroll, servers.expenses
    monkeypatch.chdir(tmp_path)
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)
    for state in (payroll, expenses):
        state.reset()
        state.log.clear()
    yield TwoSystems(payroll, expenses, oneway)
    assert {entry["method"] for entry in payroll.log.describe()["log"]} <= {"GET"}


@pytest.fixture
def payroll_trouble(servers: Servers) -> Iterator[Trouble]:
    """What payroll is troubled by, for the length of a test."""
    yield servers.payroll_trouble
    servers.payroll_trouble.way = None


@pytest.fixture
def expenses_trouble(servers: Servers) -> Iterator[Trouble]:
    """What expenses is troubled by, for the length of a test."""
    yield servers.expenses_trouble
    servers.expenses_trouble.way = None
