"""Identifies systems and files, however their names are written.

A history belongs to what a run reads and writes, and so does a lock. The same file can be named by
its absolute path or from another folder, and the same system with a slash at the end of its
address.
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from oneway.connections.discovery import FILES
from oneway.connections.origins import origin_in
from oneway.core.seal import canonical
from oneway.state import STATE

if TYPE_CHECKING:
    from oneway.planning.plan_inputs import PlanInput


def with_digest(name: str, inputs: Mapping[str, "PlanInput"], home: Path | None) -> str:
    """Return a name with a digest of the inputs; files below `home` count by their path from it.

    Other files, and all without `home`, count by their path as given.
    """
    return f"{name} {digest_of(whereabouts(inputs, home))[:8]}"


def home_of(state: Path) -> Path | None:
    """Return the folder that contains a state folder; None if the state is kept elsewhere.

    With the state elsewhere, as on a volume, each release of the files may have another folder.
    """
    return state.absolute().parent if state.name == STATE else None


def whereabouts(inputs: Mapping[str, "PlanInput"], home: Path | None) -> dict[str, str]:
    """Return what identifies the systems and files of inputs.

    The options of a file do not count: read in another way, it is still the same file.
    """
    found = {role: _text(each, home) for role, each in inputs.items()}
    for each in inputs.values():
        if not file_of(each):
            found |= {f"options.{each.connector}.{k}": v for k, v in options_of(each).items()}
    return found


def systems_text(inputs: Mapping[str, "PlanInput"], home: Path | None) -> str:
    """Return what identifies the source and target of inputs, under whatever names or paths.

    Files below `home` count by their path from it, as in names of histories.
    """
    found = dict[str, dict[str, str]]()
    for role in ("source", "target"):
        file = file_of(inputs[role])
        path = _from_home(file, home) or os.path.abspath(file)
        found[role] = {"file": path} if file else real_place(inputs[role])
    return canonical(found)


def real_place(each: "PlanInput") -> dict[str, str]:
    """Return the file or system that an input is at this moment: links of the disk are followed."""
    file = file_of(each)
    if file:
        return {"file": os.path.realpath(file)}
    return {**options_of(each), "": f"{each.connector} {each.resource} {each.origin}"}


def inputs_of(plan: Mapping[str, Any]) -> "dict[str, PlanInput]":
    """Return the inputs of a stored plan."""
    from oneway.planning.plan_inputs import PlanInput

    return {
        role: PlanInput(
            each["connector"],
            each["resource"],
            each.get("options", {}),
            each.get("file"),
            each.get("origin", ""),
            each.get("manifest", ""),
        )
        for role, each in plan.get("inputs", {}).items()
    }


def file_of(each: "PlanInput") -> str:
    """Return the path of the file that an input is read from; "" for a system."""
    if each.file is not None:
        return each.file
    return each.resource if each.connector == FILES else ""


def is_same_file(one: Path, other: str | Path) -> bool:
    """Return whether two paths lead to the same file."""
    return one.resolve() == Path(other).resolve()


def options_of(each: "PlanInput") -> dict[str, str]:
    """Return the options of a system, with addresses written in one way."""
    return {name: in_one_form(str(value)) for name, value in each.options.items()}


def digest_of(found: Mapping[str, str]) -> str:
    """Return the digest of texts by name."""
    return sha256(canonical(found).encode("ascii")).hexdigest()


def _text(each: "PlanInput", home: Path | None) -> str:
    path = _from_home(file_of(each), home)
    return f"{FILES} {path}" if path else each.text


def _from_home(file: str, home: Path | None) -> str:
    """Return the path of a file from `home`; "" if it is not below it."""
    if not file or home is None:
        return ""
    # Links of the disk are not followed: `latest.csv` may lead to another file each night.
    path = os.path.relpath(os.path.abspath(file), os.path.abspath(home))
    return "" if path.startswith(os.pardir) else path


def in_one_form(text: str) -> str:
    """Return a URL with its origin in lower case and no slash at its end; other text as it is."""
    origin = origin_in(text)
    if not origin:
        return text
    parts = urlsplit(text.strip())
    query = f"?{parts.query}" if parts.query else ""
    return f"{origin}{parts.path.rstrip('/')}{query}"
