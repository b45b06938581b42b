"""docs/scheduling.md: units, timers, cron lines and manifests that would be taken."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import yaml
from cronsim import CronSim

from oneway.cli.run_due import command as run_due
from oneway.cli.serve import command as serve

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scheduling.md").read_text(encoding="utf-8")
COMMANDS = {"serve": serve, "run-due": run_due}


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found


def parsed(unit: str) -> ConfigParser:
    found = ConfigParser(strict=True, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(unit)
    return found


def refuse_unknown(words: list[str]) -> None:
    """Fail where a command line names a command or an option that there is not."""
    command = COMMANDS[words[1]]
    assert isinstance(command, click.Command)
    known = {option for each in command.params for option in each.opts}
    assert {each for each in words[2:] if each.startswith("-")} <= known


@pytest.mark.parametrize("unit", blocks("ini systemd-service"))
def test_services(unit: str) -> None:
    service = parsed(unit)
    words = service["Service"]["ExecStart"].split()
    assert words[0].endswith("/oneway")
    refuse_unknown(words)
    assert service["Service"]["KillMode"] == "mixed"


@pytest.mark.parametrize("kind", ["service", "timer"])
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="this machine has no systemd")
def test_systemd_takes_the_units(kind: str, tmp_path: Path) -> None:
    (tmp_path / "example.service").write_text("[Service]\nExecStart=/bin/true\n")
    for number, unit in enumerate(blocks(f"ini systemd-{kind}")):
        here = unit.replace("/srv/oneway/.venv/bin/oneway", "/bin/true")
        name = "example.timer" if kind == "timer" else f"example-{number}.service"
        (tmp_path / name).write_text(here)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        # Of other units, and of what this machine lacks, it may say what it likes.
        assert name not in done.stderr, done.stderr


def test_the_timer_comes_every_five_minutes() -> None:
    (timer,) = blocks("ini systemd-timer")
    assert parsed(timer)["Timer"]["OnCalendar"] == "*:0/5"
    assert parsed(timer)["Timer"]["Persistent"] == "true"


def test_the_cron_line() -> None:
    (line,) = blocks("crontab")
    cron, rest = re.split(r"\s{2,}", line.strip(), maxsplit=1)
    next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)))
    assert "%" not in rest  # crontab's line break
    words = rest.rpartition("&&")[2].partition("2>>")[0].split()
    refuse_unknown(words)


def test_the_cron_job() -> None:
    (text,) = blocks("yaml kubernetes")
    job = yaml.safe_load(text)
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    next(CronSim(job["spec"]["schedule"], datetime(2026, 1, 1, tzinfo=UTC)))
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    (container,) = pod["containers"]
    refuse_unknown(container["command"])
    volumes = {each["name"] for each in pod["volumes"]}
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert mounts.keys() == volumes
    assert mounts["state"] == f"{container['workingDir']}/.oneway"
