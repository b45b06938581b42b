"""Many connections that are due at one minute: all run, none twice, and the limit is kept.

The benchmark with twenty connections; a thousand: benchmarks/connections.py.
"""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
def test_all_run_once_within_the_limit_and_the_second_night_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    connections = __import__("connections")
    found = connections.measured(tmp_path, connections=20, jobs=3, rate=60)
    sys.modules.pop("connections")
    assert found["wrong"] == []
    first, second = found["first"], found["second"]
    assert first["states"] == second["states"] == {"done": 20}
    assert (first["customers_written"], second["customers_written"]) == (20, 0)
    assert first["users_made"] == 40
    assert first["answered_429"] == second["answered_429"] == 0
    assert first["peak_processes"] <= 3 + 4
