"""An error that nobody expected shows its kind and place, and nobody's values."""

import sys
from pathlib import Path

import pytest
from cli_world import process

from oneway.cli.crashes import places

CANARY = "canary-crash-4c1"

CRASHES = {
    "in the command": "raise failure()",
    "in a thread": "t = threading.Thread(target=boom); t.start(); t.join(); return 0",
    "in a finaliser": "Bad(); return 0",
    "as a warning": "warnings.warn(CANARY + ' is odd', UserWarning); return 0",
    "at the end": "atexit.register(boom); return 0",
}
# A crash of each kind, inside the command line's own process.
CODE = """
import atexit, sys, threading, warnings
CANARY = "canary-" + "crash-4c1"
def failure():
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            error.add_note(CANARY)
            raise ValueError(CANARY) from error
    except ValueError:
        return RuntimeError(CANARY)
def boom(api_key=CANARY):
    raise ExceptionGroup(CANARY, [failure(), ValueError(CANARY)])
class Bad:
    def __del__(self): boom()
def command(*args, **kwargs):
    {crash}
from oneway.cli import entry
entry.oneway.main = command
sys.argv = ["oneway", "plan", *{debug}]
entry.main()
"""


@pytest.mark.parametrize("debug", [(), ("--debug",)])
@pytest.mark.parametrize("crash", CRASHES)
def test_a_crash_shows_no_values(crash: str, debug: tuple[str, ...], tmp_path: Path) -> None:
    code = CODE.format(crash=CRASHES[crash], debug=list(debug))
    ended = process(cwd=tmp_path, code=code, env={"PYTHONWARNINGS": "default"})
    said = ended.stdout + ended.stderr
    assert CANARY not in said
    assert "oneway: " in said
    assert ("File " in said) == (bool(debug) and crash != "as a warning")
    assert list(tmp_path.iterdir()) == []


def test_a_chain_is_named_kind_by_kind() -> None:
    def fail() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError:
            raise ValueError(CANARY) from RuntimeError(CANARY)

    with pytest.raises(ValueError, match=CANARY) as caught:
        fail()
    text = places(caught.value)
    assert text.startswith("ValueError, at:\n")
    assert "which came of RuntimeError" in text
    assert sys._getframe().f_code.co_name in text


def test_a_chain_that_leads_back_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    assert places(first).count(", at:") == 2
