"""Payroll's sandbox, scim2-server, and the real command between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oneway_connectors.sandbox import Sandbox, start

from .server import Server, serving
from .two_systems import TODAY, TwoSystems


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def payroll() -> Iterator[Sandbox]:
    with start("staffology", TODAY) as sandbox:
        yield sandbox


@pytest.fixture
def two(
    server: Server,
    payroll: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> TwoSystems:
    monkeypatch.chdir(tmp_path)
    found = TwoSystems(payroll, server.tenant(), capsys)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found
