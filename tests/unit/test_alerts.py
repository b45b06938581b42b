"""The alert rules: nights that fire each, nights that must not, by the real promtool; and the
metrics that they ask for are those that are told."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.history.journal import Journal, RunStart
from oneway.planning.access import StillIn
from oneway.scheduling.health_state import HealthState
from oneway.scheduling.metrics import metrics

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "alerts"
DASHBOARD = FOLDER / "oneway.dashboard.json"
RULES, TESTS = FOLDER / "oneway.rules.yml", FOLDER / "oneway.tests.yml"
ONE = RunStart("m", "d", "f", "2026-11-24T04:00:00Z", "2026-11-24T04:00:00Z", "me", "acme")
WRONG = Diagnostic(Span("acme.yaml"), Severity.ERROR, "R160", "no records", "look")


def promtool(*words: str | Path) -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    ended = subprocess.run([found, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def panels() -> list[str]:
    found = json.loads(DASHBOARD.read_text())
    return [target["expr"] for panel in found["panels"] for target in panel["targets"]]


def test_the_dashboard_asks_what_prometheus_can_answer(tmp_path: Path) -> None:
    # promtool checks rules: each expression of a panel is made one.
    rules = [{"record": f"panel:{n}", "expr": expr} for n, expr in enumerate(panels())]
    made = tmp_path / "panels.yml"
    made.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", made)


def alerts() -> list[dict[str, str]]:
    return list(yaml.safe_load(RULES.read_text())["groups"][0]["rules"])


def test_each_night_fires_what_it_must_and_nothing_else() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES)
    assert "SUCCESS" in promtool("test", "rules", TESTS)


def test_each_alert_has_a_night_that_fires_it() -> None:
    fired = set(re.findall(r'alertname="(\w+)"', TESTS.read_text()))
    assert fired == {each["alert"] for each in alerts()}


def test_rules_ask_for_metrics_that_are_told(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        found = told(journal)
    asked = set(re.findall(r"\boneway_\w+", " ".join(each["expr"] for each in alerts())))
    asked |= set(re.findall(r"\boneway_\w+?(?=_bucket\b|\b)", " ".join(panels())))
    # Gauges of what may be nothing are named by their heads.
    assert asked <= set(re.findall(r"^(?:# TYPE )?(oneway_\w+)", found, re.MULTILINE))


def test_a_refused_record_is_no_dead_run_and_an_interrupted_run_is(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        run = journal.begin(ONE, planned=2)
        inside = StillIn("1", "Ann", "1", "7", "rejected")
        counts = {"done": 1, "rejected": 1}
        journal.finish(run, counts, "2026-11-24T04:01:00Z", still_in=(inside,))
        found = told(journal)
        assert 'oneway_last_completed_timestamp_seconds{connection="acme"}' in found
        assert 'oneway_last_success_timestamp_seconds{connection="acme"}' not in found
        assert 'oneway_failed_actions{connection="acme"} 1.0' in found
        assert 'oneway_leavers_with_access{connection="acme"} 1.0' in found
        assert 'oneway_interrupted_runs{connection="acme"} 0.0' in found
        before = completed(found)
        left = journal.begin(replace(ONE, started="2026-11-25T04:00:00Z"), planned=2)
        assert 'oneway_interrupted_runs{connection="acme"} 1.0' in told(journal)
        journal.finish(left, {"done": 1, "not_attempted": 1}, "2026-11-26T04:00:00Z")
        journal.interrupted(left)
        found = told(journal)
        assert 'oneway_interrupted_runs{connection="acme"} 1.0' in found
        journal.refused(ONE, (WRONG,), "2026-11-27T04:00:00Z")
        assert completed(found) == completed(told(journal)) == before


def told(journal: Journal) -> str:
    return metrics(lambda: journal, HealthState())().decode()


def completed(found: str) -> list[str]:
    return re.findall(r"^oneway_last_completed_timestamp_seconds.*", found, re.MULTILINE)
