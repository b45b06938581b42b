"""Two servers for all tests of the page, emptied for each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from help_page.two_systems import NOBODY, Ended, TwoSystems
from oneway.cli.entry import run
from oneway_connectors.sandbox import expensein, staffology
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.payroll import EMPLOYER, Payroll
from oneway_connectors.sandbox.server import running


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[Payroll, Expenses, dict[str, str]]]:
    """Both systems, listening, and the environment that points to them."""
    payroll = Payroll(NOBODY)
    # The setting is off, so that a test can say what the page recommends it for.
    expenses = Expenses(NOBODY, unique_references=False)
    with running(staffology.app(payroll)) as one, running(expensein.app(expenses)) as other:
        environment = {
            "ONEWAY_STAFFOLOGY_BASE_URL": one,
            "ONEWAY_STAFFOLOGY_API_KEY": staffology.KEY,
            "ONEWAY_STAFFOLOGY_EMPLOYER": EMPLOYER,
            "ONEWAY_EXPENSEIN_BASE_URL": other + "/1.0",
            "ONEWAY_EXPENSEIN_API_KEY": expensein.KEY,
        }
        yield payroll, expenses, environment


@pytest.fixture
def oneway(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """A command, run in this process."""

    def ended(*args: object) -> Ended:
        capsys.readouterr()
        code = run([str(arg) for arg in args])
        found = capsys.readouterr()
        assert "Traceback" not in found.err
        return Ended(code, found.out, found.err)

    return ended


@pytest.fixture
def systems(
    servers: tuple[Payroll, Expenses, dict[str, str]],
    oneway: Callable[..., Ended],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TwoSystems]:
    """Both systems with nobody in them; whatever a test does, payroll is only ever read."""
    payroll, expenses, environment = servers
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for state in (payroll, expenses):
        state.reset()
        state.log.clear()
    yield TwoSystems(payroll, expenses, oneway)
    assert {entry["method"] for entry in payroll.log.describe()["log"]} <= {"GET"}
