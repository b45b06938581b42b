"""Finds the mappings that ship with the program, in the wheel or in the checkout."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from oneway.core.diagnostics import refusal

FOLDER = "mappings"


@contextmanager
def packaged_mappings() -> Iterator[Path]:
    """Yield the folder of the mappings that ship with the program; raise `Refused` without one."""
    packaged = files("oneway").joinpath("_mappings")
    if packaged.is_dir():
        with as_file(packaged) as path:
            yield path
        return
    # A checkout: engine/oneway/cli/packaged.py is three folders below its root.
    path = Path(__file__).resolve().parents[3] / FOLDER
    if not path.is_dir():
        summary = "the mappings are missing from this installation"
        raise refusal("F120", str(packaged), summary, "install oneway again")
    yield path
