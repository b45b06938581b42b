"""A misspelt key is reported with the key that was meant, at every level of every kind of file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import ended
from oneway.documents.yaml_source import parse

ROOT = Path(__file__).resolve().parents[2]
NAMED = {"properties", "query", "email", "reference", "resources", "expect_each", "references"}
"""What holds names that the author of the file gives, which are compared elsewhere or nowhere."""

FILES = {
    "mapping.yaml": "mappings/examples/hr-export-to-scim.yaml",
    "mapping.test.yaml": "mappings/examples/hr-export-to-scim.test.yaml",
    "connection.yaml": "mappings/examples/connections/acme.yaml",
    "manifest.yaml": "connectors/oneway_connectors/expensein/manifest.yaml",
}


def keys(
    data: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every key of a document, with the path of the object that has it."""
    for at, value in data.items() if isinstance(data, dict) else ():
        if not set(path[-1:]) & NAMED:
            yield path, at
        yield from keys(value, (*path, at))
    for index, value in enumerate(data if isinstance(data, list) else ()):
        yield from keys(value, (*path, index))


def renamed(data: Any, path: tuple[str | int, ...], key: str, other: str) -> Any:
    """Return a document in which one key is called otherwise."""
    if not path:
        return {other if name == key else name: value for name, value in data.items()}
    at, *rest = path
    inner = renamed(data[at], tuple(rest), key, other)
    if isinstance(data, list):
        return [inner if index == at else each for index, each in enumerate(data)]
    return {**data, at: inner}


def slips(key: str) -> Iterator[str]:
    """Yield a key with two letters swapped, and as other languages would write it."""
    if len(key) > 4:
        yield f"{key[:2]}{key[3]}{key[2]}{key[4:]}"
    if "_" in key:
        yield re.sub("_(.)", lambda found: found[1].upper(), key)
    yield key.upper()


@pytest.mark.parametrize("name", FILES)
def test_a_misspelt_key_is_told_with_the_one_that_was_meant(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / FILES[name]).read_text()
    data: Any = parse(text.encode(), name).data
    if name == "manifest.yaml":
        data = {**data, "name": "acme"}
    if name == "connection.yaml":
        data = {**data, "mapping": str(ROOT / "mappings/staffology-to-expensein.yaml")}
    if name == "mapping.test.yaml":
        data = {**data, "mapping": str(ROOT / "mappings/examples/hr-export-to-scim.yaml")}
    file, seen = tmp_path / name, set()
    silent = []
    for path, key in keys(data):
        shape = (*(each for each in path if isinstance(each, str)), key)
        if shape in seen:
            continue
        seen.add(shape)
        for slip in slips(key):
            file.write_text(json.dumps(renamed(data, path, key, slip)))
            said = ended(capsys, "validate", file)
            meant = f"did you mean '[^']*({re.escape(key)}|{re.escape(slip)})"
            if slip != key and not re.search(meant, said.flat):
                silent.append((*shape, slip))
    assert silent == []
