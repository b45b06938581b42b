"""Locates the schemas: `oneway/_schemas/` in the wheel, `schemas/` in the checkout."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from oneway.core.diagnostics import did_you_mean, refusal

_ENDING = ".schema.json"
_BORROWED = f"connection{_ENDING}#/$defs/"
"""How another schema refers to a definition of connections, which is kept there alone."""


def schema_names() -> tuple[str, ...]:
    """Return the names of all schemas: "mapping" and so on, sorted."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)))


def schema_text(name: str) -> str:
    """Return the text of a schema, complete in itself; raise `Refused` if it does not exist."""
    text = _read(name)
    if _BORROWED not in text:
        return text
    return json.dumps(_bundled(json.loads(text)), indent=2) + "\n"


def schema_data(name: str) -> dict[str, Any]:
    """Return a schema as data."""
    data: dict[str, Any] = json.loads(schema_text(name))
    return data


def _read(name: str) -> str:
    known = schema_names()
    if name not in known:
        help = did_you_mean(name, known) or f"there are: {', '.join(known)}"
        raise refusal("S120", "schemas", f"no schema is called {name!r}", help)
    return _folder().joinpath(name + _ENDING).read_text("utf-8")


def _bundled(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that borrows definitions of connections with all of these in it."""
    text = json.dumps(schema).replace(_BORROWED, "#/$defs/")
    bundled: dict[str, Any] = json.loads(text)
    return {**bundled, "$defs": json.loads(_read("connection"))["$defs"]}


@cache
def _folder() -> Path:
    # importlib.resources would take longer to import than a schema to read.
    packaged = Path(__file__).parents[2] / "_schemas"
    if packaged.is_dir():
        return packaged
    # In the checkout only: this file stands four folders below its root.
    root = Path(__file__).resolve().parents[4]
    if (root / "pyproject.toml").is_file() and (root / "schemas").is_dir():
        return root / "schemas"
    raise refusal(
        "S121",
        str(packaged),
        "the schemas are missing from this installation",
        "install oneway again",
    )
