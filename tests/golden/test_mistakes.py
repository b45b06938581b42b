"""Mistakes that integrators make: each is a mapping or a manifest in `mistakes/`, beside what is
said of it.

Each message has a place, a cause and a remedy. `ONEWAY_GOLDEN=write` writes them again.
"""

import os
from pathlib import Path

import pytest

from oneway.connections.manifest import load_manifest
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.runs.prepare.compilation import compile_data

FOLDER = Path(__file__).parent / "mistakes"
CASES = sorted(FOLDER.glob("*.yaml"))


def found(path: Path) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a mapping or manifest; its warnings where nothing is."""
    try:
        if path.stem.startswith("manifest-"):
            return load_manifest(path.read_bytes(), path.name).warnings
        compiled, _ = compile_data(path.read_bytes(), path.name, ())
    except Refused as refused:
        return refused.diagnostics
    return compiled.warnings


def written(diagnostic: Diagnostic) -> str:
    """Return a finding as the golden files have it, its place marked below the line."""
    span = diagnostic.span
    mark = " " * (span.column - 1) + "^" * max(span.end - span.column, 1)
    head = f"{span}: {diagnostic.severity.value}: {diagnostic.summary} [{diagnostic.code}]"
    return f"{head}\n    {diagnostic.quote}\n    {mark}\n    {diagnostic.help}\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_mistake_is_told_with_place_cause_and_remedy(path: Path) -> None:
    diagnostics = found(path)
    text = "".join(map(written, diagnostics))
    golden = path.with_suffix(".expected")
    if os.environ.get("ONEWAY_GOLDEN") == "write":
        golden.write_text(text)
    assert text == golden.read_text()
    assert diagnostics
    for each in diagnostics:
        assert each.span.line
        assert each.summary
        assert each.help


def test_there_are_as_many_as_there_should_be() -> None:
    assert len(CASES) >= 42
