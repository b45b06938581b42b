"""What is known of a mapping's two sides, even while it is incomplete."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from pathlib import Path

from oneway.connections.discovery import FILES, describe, known_connectors
from oneway.core.connector_errors import ConnectorError
from oneway.core.dataclass import dataclass
from oneway.core.description import Description, Field
from oneway.core.diagnostics import Refused
from oneway.core.records import Snapshot, Value
from oneway.documents.yaml_source import Document, read_all
from oneway.runs.draft.side import flat_paths
from oneway.runs.prepare.compilation import located
from oneway.runs.validation import read_file_of

_MOST = 200
"""Records of a file that are looked at for the names of their fields."""


@dataclass(frozen=True, slots=True)
class EditorSide:
    """A system or file, and its fields by path; `open` means that there may be others."""

    description: Description | None = None
    resource: str = ""
    fields: Mapping[str, Field] = field(default_factory=dict)
    open: bool = True


@dataclass(frozen=True, slots=True)
class EditorFacts:
    """What an editor offers: the fields of both sides, and the names that a mapping declares."""

    document: Document | None
    source: EditorSide = EditorSide()
    target: EditorSide = EditorSide()
    tables: Mapping[str, EditorSide] = field(default_factory=dict)
    """The records of each reference, by its name."""
    settings: tuple[str, ...] = ()
    let: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    connectors: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[str, ...]:
        """The names of the references."""
        return tuple(self.tables)


def facts_of(data: bytes, file: str, folders: Sequence[Path]) -> EditorFacts:
    """Return what can be known of a mapping from its text, finished or not."""
    document = _readable(data, file)
    known = known_connectors(folders)
    if document is None or not isinstance(document.data, dict):
        return EditorFacts(document, connectors=known)
    parts = document.data
    return EditorFacts(
        document,
        _side(parts.get("source"), file, folders),
        _side(parts.get("target"), file, folders),
        _tables(parts, file, folders),
        _names(parts.get("settings")),
        _names(parts.get("let")),
        _names(parts.get("choices")),
        known,
    )


def _readable(data: bytes, file: str) -> Document | None:
    """Return the document of a text, without the lines that are not finished yet."""
    lines = data.split(b"\n")
    for _ in range(_MOST_UNFINISHED):
        try:
            reading = read_all(b"\n".join(lines), file)
        except Refused as refused:
            found, document = refused.diagnostics, None
        else:
            found, document = tuple(reading.found), reading.document
        if document is not None and isinstance(document.data, dict):
            return document
        line = next((each.span.line for each in found if each.span.line), 0)
        if not 0 < line <= len(lines) or not lines[line - 1].strip():
            return document
        lines[line - 1] = b""
    return None


_MOST_UNFINISHED = 5


def _names(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, dict) else ()


def _tables(
    parts: Mapping[str, Value], file: str, folders: Sequence[Path]
) -> dict[str, EditorSide]:
    """Return what is known of the records of each reference."""
    found, references = {}, parts.get("references")
    for name, table in references.items() if isinstance(references, dict) else ():
        given = table if isinstance(table, dict) else {}
        origin = given.get("from")
        origin = parts.get(origin) if isinstance(origin, str) else origin
        side = {**origin, "resource": given.get("resource")} if isinstance(origin, dict) else None
        found[name] = _side(side, file, folders)
    return found


def _side(value: object, file: str, folders: Sequence[Path]) -> EditorSide:
    if not isinstance(value, dict) or not isinstance(value.get("connector"), str):
        return EditorSide()
    name, resource = str(value["connector"]), str(value.get("resource", ""))
    try:
        is_path = "/" in name or name.endswith((".yaml", ".yml"))
        description = describe(located(file, name) if is_path else name, folders)
    except Refused:
        return EditorSide()
    if description.kind == FILES:
        options = value.get("options")
        side = EditorSide(description, resource)
        given = {k: str(v) for k, v in options.items()} if isinstance(options, dict) else {}
        return replace(side, fields=_of_file(description, located(file, resource), given))
    found = description.resources.get(resource)
    if found is None:
        return EditorSide(description)
    return EditorSide(description, resource, found.fields, found.open)


def _of_file(description: Description, path: str, options: Mapping[str, str]) -> dict[str, Field]:
    """Return the fields that a file's first records have; none where it cannot be read."""
    try:
        records = kept_file(description, path, options).records
    except (ConnectorError, Refused):
        return {}
    flat = options.get("headings") == "flat"
    names: dict[str, Field] = {}
    for record in islice(records, _MOST):
        for name in record.data if flat else flat_paths(record.data):
            names.setdefault(name, Field(name))
    return names


def kept_file(description: Description, path: str, options: Mapping[str, str]) -> Snapshot:
    """Return what a file holds; it is read again only when the file or its options change."""
    try:
        about = Path(path).stat()
    except (OSError, ValueError):  # a NUL in the path
        return Snapshot(())
    given = tuple(sorted(options.items()))
    known = (path, given, about.st_mtime_ns, about.st_size)
    if known not in _KEPT:
        if len(_KEPT) >= _MOST_FILES:
            _KEPT.clear()
        _KEPT[known] = read_file_of(description, path, options)
    return _KEPT[known]


_KEPT: dict[tuple[object, ...], Snapshot] = {}
_MOST_FILES = 6
"""Files whose records are kept: those of one mapping, and of an edit of it."""
