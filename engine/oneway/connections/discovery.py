"""Finding connectors by name, and opening one: only the one asked for is imported.

A name is looked for in the given folders (`NAME.yaml`, `NAME/manifest.yaml`), then among the
connectors that come with Oneway. A name with a slash, or ending in `.yaml`, is a path.
`file` is built in: its resources are paths of files.
"""

import importlib
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from oneway.connections import variable
from oneway.connections.manifest import load_manifest
from oneway.core.connector import Access, Capability, Connector, Description, Option, Resource
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, did_you_mean, refusal

_PACKAGE = "oneway_connectors"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")

ANY = "*"
"""The name of a resource that stands for all names, where a connector has one."""

FILE = Description(
    name="file",
    title="Files: JSON, JSON Lines and CSV",
    kind="file",
    resources={ANY: Resource(ANY, "id", {}, frozenset(Capability), open=True)},
    options=(
        Option("id", "The field, or the column, that is a record's identity.", "id"),
        Option("format", "json, jsonl or csv; without it, the file's ending says so.", ""),
        Option("encoding", "utf-8, with or without a byte order mark.", "utf-8"),
        Option(
            "types",
            "For CSV: the columns that are not text, as column=integer, column=number or "
            "column=boolean, with spaces between. A file that stands in for a system has the "
            "system's.",
            "",
        ),
    ),
)


def describe(name: str, folders: Sequence[Path] = ()) -> Description:
    """Return what a connector offers, by name or path; raise `Refused` where it has none.

    `folders` are looked in first, in this order.
    """
    if name == FILE.name:
        return FILE
    if "/" in name or name.endswith((".yaml", ".yml")):
        return _loaded(Path(name))
    if _NAME.fullmatch(name):
        for path in _candidates(name, folders):
            if path.is_file():
                return _loaded(path)
    known = known_connectors(folders)
    help = did_you_mean(name, known) or f"known are: {', '.join(known)}"
    raise refusal("C101", name, f"no connector is called '{name}'", help)


def known_connectors(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return the names of all connectors that `describe` finds by name, sorted."""
    names = {FILE.name}
    for folder in (*folders, *_packaged()):
        names |= {path.parent.name for path in folder.glob("*/manifest.yaml")}
    for folder in folders:
        names |= {path.stem for path in folder.glob("*.yaml")}
    return tuple(sorted(name for name in names if _NAME.fullmatch(name)))


def complete(description: Description, access: Access, *, choosing: bool = False) -> Access:
    """Return the access with defaults filled in; raise `Refused` for all that is amiss.

    Amiss are options and secrets that are missing, blank, or not known. While `choosing`,
    options may be missing that the system itself lists.
    """
    options = {o.name for o in description.options if not o.secret}
    secrets = {o.name for o in description.options if o.secret}
    given = with_defaults(description, access.options)
    found = [_unknown(description, name) for name in access.options if name not in options]
    found += [_unknown(description, name) for name in access.secrets if name not in secrets]
    for option in description.options:
        blank_is_fine = option.default == "" or (choosing and option.choices)
        held = option.name in access.secrets or given.get(option.name, "").strip()
        if not (held or blank_is_fine):
            found.append(_missing(description, option))
    if found:
        raise Refused(found)
    return replace(access, options=given)


def with_defaults(description: Description, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options that are given, and the defaults of those that are not."""
    defaults = {o.name: o.default for o in description.options if not o.secret}
    return {**{k: v for k, v in defaults.items() if v is not None}, **options}


def open_connector(
    description: Description, access: Access, *, choosing: bool = False
) -> Connector:
    """Return a configured connector; raise `Refused` where it cannot be configured.

    Imports `oneway_connectors.<kind>` and nothing else; makes no request. One that is opened
    for `choosing` may lack the options that the system lists, and is good for `choices` alone.
    """
    full = complete(description, access, choosing=choosing)
    module = f"{_PACKAGE}.{description.kind}"
    if not _is_module(module):
        where = Span(description.file or description.name)
        summary = f"there is no kind of connector called '{description.kind}'"
        raise refusal("C114", where, summary, f"a kind is a module {_PACKAGE}.<kind>")
    connector: Connector = importlib.import_module(module).connect(description, full)
    return connector


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _candidates(name: str, folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield folder / f"{name}.yaml"
        yield folder / name / "manifest.yaml"
    for folder in _packaged():
        yield folder / name / "manifest.yaml"


def _packaged() -> tuple[Path, ...]:
    """Return the folders of the connectors package, without importing it."""
    spec = importlib.util.find_spec(_PACKAGE)
    places = spec.submodule_search_locations if spec else None
    return tuple(Path(place) for place in places or ())


def _loaded(path: Path) -> Description:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise refusal("C115", str(path), "there is no such manifest", "check the path") from None
    except OSError as error:
        summary = f"the manifest cannot be read: {error.strerror or type(error).__name__}"
        raise refusal("C115", str(path), summary) from None
    except ValueError:
        raise refusal("C115", "connector", "a path cannot hold a NUL") from None
    return load_manifest(data, str(path))


def _missing(description: Description, option: Option) -> Diagnostic:
    kind = "credential" if option.secret else "option"
    summary = f"{description.title}: the {kind} '{option.name}' is missing"
    name = variable(description.name, option.name)
    ways = f"{name}, {name}_FILE or {name}_KEYRING" if option.secret else name
    help = f"set {ways}: {option.description}"
    return Diagnostic(Span(description.name), Severity.ERROR, "C112", summary, help)


def _unknown(description: Description, name: str) -> Diagnostic:
    known = [option.name for option in description.options]
    help = did_you_mean(name, known) or f"known are: {', '.join(known) or 'none'}"
    summary = f"{description.title} has no option '{name}'"
    return Diagnostic(Span(description.name), Severity.ERROR, "C113", summary, help)
