"""Finds connectors by name, and opens one; imports only that one.

A name is searched for in the given folders (`NAME.yaml`, `NAME/manifest.yaml`), then among the
installed packages that offer connectors. A name with a slash, or ending in `.yaml`, is a path.

A package offers connectors by entry points of the group `oneway.connectors`. Each names a
Python package that holds a `manifest.yaml` (a system that mappings can name), a function
`connect` (a kind of connector that manifests can name), or both.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from oneway.connections.environment import variable
from oneway.connections.installed import PackageOffer, offers
from oneway.connections.manifest import load_manifest, load_prepared
from oneway.core.access import Access
from oneway.core.connector import Connector
from oneway.core.description import Description, Option
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, did_you_mean, refusal

GROUP = "oneway.connectors"
"""The group of the entry points by which packages offer connectors."""

ANY = "*"
"""The name of a connector's resource that can be used under any name."""

FILES = "file"
"""The kind of connector whose resources are file paths; `--source FILE` uses it."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def describe(name: str, folders: Sequence[Path] = (), named: str = "") -> Description:
    """Return the description of a connector, by name or path; raise `Refused` without one.

    `folders` are searched first, in order. `named` is the manifest that a connection names for it;
    only that one may replace an installed connector.
    """
    if named:
        return _named(name, named)
    if "/" in name or name.endswith((".yaml", ".yml")):
        return _own(Path(name))
    if _NAME.fullmatch(name):
        for path in _candidates(name, folders):
            if path.is_file():
                return _own(path)
    known = known_connectors(folders)
    help = did_you_mean(name, known) or (
        f"known are: {', '.join(known)}; describe another in connectors/NAME.yaml "
        "(`oneway docs connectors`), or read its export with the connector file"
    )
    raise refusal("C101", name, f"no connector is called '{name}'", help)


def known_connectors(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return the names of all connectors that `describe` finds by name, sorted."""
    names = {name for name in _offered() if _packaged(name).is_file()}
    for folder in folders:
        names |= {path.parent.name for path in folder.glob("*/manifest.yaml")}
        names |= {path.stem for path in folder.glob("*.yaml")}
    return tuple(sorted(name for name in names if _NAME.fullmatch(name)))


def known_kinds() -> tuple[str, ...]:
    """Return the names of all kinds of connector that installed packages may offer, sorted."""
    systems = {describe(name).kind: name for name in _offered() if _packaged(name).is_file()}
    return tuple(
        sorted({*systems, *(name for name in _offered() if not _packaged(name).is_file())})
    )


def complete(description: Description, access: Access, *, choosing: bool = False) -> Access:
    """Return the access with defaults filled in; raise `Refused` with every mistake.

    A mistake is an option or secret that is missing, blank or unknown. While `choosing`, options
    whose choices the system lists may be missing.
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
    """Return the given options, and the defaults of the others."""
    defaults = {o.name: o.default for o in description.options if not o.secret}
    return {**{k: v for k, v in defaults.items() if v is not None}, **options}


def open_connector(
    description: Description, access: Access, *, choosing: bool = False
) -> Connector:
    """Return a configured connector; raise `Refused` if it cannot be configured.

    Imports only the module of its kind, and makes no request. A connector opened for `choosing` may
    lack options whose choices the system lists, and only its `choices` may be used.
    """
    full = complete(description, access, choosing=choosing)
    connector: Connector = kind_of(description).connect(description, full)
    return connector


def kind_of(description: Description) -> Any:
    """Return the module of a kind of connector; raise `Refused` if it cannot be imported."""
    kind = _offered().get(description.kind)
    where = Span(description.file or description.name)
    if kind is None:
        summary = f"there is no kind of connector called '{description.kind}'"
        help = f"install the package that offers it (an entry point of the group {GROUP})"
        raise refusal("C114", where, summary, help)
    try:
        module = kind.load()
    except (ImportError, AttributeError) as error:
        summary = f"the package '{kind.value}' cannot be imported: {error}"
        raise refusal("C123", where, summary, "install it again, with its dependencies") from None
    if not callable(getattr(module, "connect", None)):
        summary = f"the package '{kind.value}' has no function `connect`"
        raise refusal("C123", where, summary, "a kind of connector needs one; see the SPI")
    return module


def prepare_connectors() -> None:
    """Import every kind of connector and read every manifest, for processes forked from this one.

    A kind may have a function `warm`, which prepares what all its connectors need.
    """
    for name, each in _offered().items():
        if _packaged(name).is_file():
            describe(name)
        module = each.load()
        if hasattr(module, "warm"):
            module.warm()


@cache
def _offered() -> Mapping[str, PackageOffer]:
    """Return the offers of installed packages by name; raise `Refused` if two share a name."""
    found: dict[str, PackageOffer] = {}
    for each in offers(GROUP):
        other = found.setdefault(each.name, each)
        if other.value != each.value:
            packages = f"{other.value} and {each.value}"
            summary = f"two packages offer a connector called '{each.name}': {packages}"
            raise refusal("C122", each.name, summary, "uninstall one of them")
    return found


def _candidates(name: str, folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield folder / f"{name}.yaml"
        yield folder / name / "manifest.yaml"
    if name in _offered():
        yield _packaged(name)


@cache
def _packaged(name: str) -> Path:
    """Return where an installed connector's manifest would be, without importing the connector."""
    # `find_spec` of a nested package would import the outer one.
    outer, *inner = _offered()[name].value.split(".")
    spec = find_spec(outer)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places or ("",))), *inner, "manifest.yaml")


def _own(path: Path) -> Description:
    """Return the description of a manifest that no connection names.

    Raises `Refused` if it has the name of an installed connector, or one with the same variables,
    because it would receive that connector's credentials.
    """
    found = _loaded(path)
    if _is_installed(path):
        return replace(found, vouched=True)
    for shipped in (name for name in _offered() if _packaged(name).is_file()):
        mine, theirs = variable(found.name, ""), variable(shipped, "")
        if mine.startswith(theirs) or theirs.startswith(mine):
            summary = f"a connector '{shipped}' is installed, and has these variables"
            if found.name == shipped:
                summary = f"a connector '{shipped}' is installed"
            help = "give this one another name; or name its file in the connection: `manifest`"
            raise refusal("C151", str(path), f"{summary} ({theirs}*)", help)
    return found


def _named(name: str, path: str) -> Description:
    """Return the description of the manifest that a connection names for a connector."""
    found = _loaded(Path(path))
    if found.name != name and not name.endswith((".yaml", ".yml")):
        summary = f"this manifest is of '{found.name}'; the mapping's connector is '{name}'"
        raise refusal("C151", path, summary, "name the manifest of that connector")
    return replace(found, vouched=True)


def _is_installed(path: Path) -> bool:
    installed = [_packaged(name) for name in _offered()]
    return path in installed or path.resolve() in map(Path.resolve, installed)


def _loaded(path: Path) -> Description:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise refusal("C115", str(path), "this manifest does not exist", "check the path") from None
    except OSError as error:
        summary = f"the manifest cannot be read: {error.strerror or type(error).__name__}"
        raise refusal("C115", str(path), summary) from None
    except ValueError:
        raise refusal("C115", "connector", "a path cannot contain a NUL") from None
    return _description_of(data, str(path), _is_installed(path))


@lru_cache(maxsize=32)
def _description_of(data: bytes, file: str, is_installed: bool) -> Description:
    """Return a manifest's description; cached, so that equal bytes are parsed once."""
    prepared = Path(file).with_suffix(".json")
    if is_installed and prepared.is_file():
        found = load_prepared(prepared.read_bytes(), data, file)
        if found is not None:
            return found
    return load_manifest(data, file)


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
