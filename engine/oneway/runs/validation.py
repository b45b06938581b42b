"""Validates a connection without network or credentials."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from oneway.connections.discovery import FILES, open_connector
from oneway.core.access import Access
from oneway.core.connector_errors import ConnectorError
from oneway.core.dataclass import dataclass
from oneway.core.description import Description
from oneway.core.diagnostics import Diagnostic, Findings, Refused, Severity, Span
from oneway.core.records import Snapshot
from oneway.mapping.open_questions import UNANSWERED, left_open
from oneway.mapping.spec import EndpointSpec
from oneway.runs.prepare.compilation import Compilation, compile_partly, located, mapping_of

if TYPE_CHECKING:
    from oneway.connections.connection import Connection
    from oneway.mapping.paths_used import Paths
    from oneway.mapping.profile.key_tally import KeyTally


@dataclass(slots=True)
class Mappings:
    """Mappings, each compiled once, however many connections name it."""

    folders: tuple[Path, ...] = ()
    _made: dict[tuple[object, ...], Compilation | Refused] = field(default_factory=dict)

    def compilation(
        self, data: bytes, file: str, manifests: Mapping[str, str] | None = None
    ) -> Compilation:
        """Return a mapping compiled as far as possible; raise `Refused` if nothing compiles."""
        key = (file, data, *sorted((manifests or {}).items()))
        if key not in self._made:
            try:
                self._made[key] = compile_partly(data, file, self.folders, manifests)
            except Refused as refused:
                self._made[key] = refused
        made = self._made[key]
        if isinstance(made, Refused):
            raise Refused(made.diagnostics)
        return made


FileRecords: TypeAlias = Callable[[Description, str, Mapping[str, str]], Snapshot]
"""Reads a file, by its path and the options of the mapping."""


def read_file_of(description: Description, path: str, options: Mapping[str, str]) -> Snapshot:
    """Return what a file holds; raise `Refused` or `ConnectorError` if it cannot be read."""
    return open_connector(description, Access(options, {})).reader(path).read()


def found_in(made: Compilation, read: FileRecords = read_file_of) -> tuple[Diagnostic, ...]:
    """Return all mistakes and warnings of a mapping, in the order of its text.

    Its files are read even if there are other mistakes, so that one run shows all of them.
    """
    unheld = unheld_in_files(made, read)
    known = {each.span for each in made.found if each.severity is Severity.ERROR}
    new = (each for each in unheld if each.span not in known)
    # What a mapping leaves open is unknown if a part of it could not be read.
    open = left_open(made.mapping.spec) if made.whole else ()
    return Findings([*made.found, *open, *new]).sorted()


def unheld_in_files(made: Compilation, read: FileRecords = read_file_of) -> list[Diagnostic]:
    """Return the conflicts of a mapping with its files: missing files and fields, wrong options.

    If none of its files exists here, they may be elsewhere, and only wrong options are conflicts.
    """
    spec = made.mapping.spec
    ends = {"source": spec.source, "target": spec.target}
    ends |= {f"references.{each.name}": spec.end_of(each) for each in spec.references}
    files = {
        role: (end, description)
        for role, end in ends.items()
        if (description := made.catalogue.get(end.connector.text)) and description.kind == FILES
    }
    if not files:
        return []
    from oneway.mapping.paths_used import source_paths, table_paths, target_paths
    from oneway.mapping.profile.read_keys import tallies_of

    code = made.mapping.code
    heeded = {"source": source_paths(code), "target": target_paths(code)}
    heeded |= {
        f"references.{each.name}": table_paths(code, [each.name]) for each in code.references
    }
    heeded = heeded if made.whole else {}
    found: list[Diagnostic] = []
    tallies = tallies_of(made.mapping.code, spec)
    here = any(isfile(located(spec.file, end.resource.text)) for end, _ in files.values())
    for role, (end, description) in files.items():
        path = located(spec.file, end.resource.text)
        if not isfile(path):
            found += _missing(path, end, here=here)
        found += _against_file(description, path, end, tallies[role], read, heeded.get(role))
    if made.whole:
        found += _unnamed_tops(made, files, read)
    # What a mapping does not say is unknown if a part of it could not be read.
    return [each for each in found if made.whole or each.code != _UNSAID]


_UNSAID = "R177"
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def _unnamed_tops(
    made: Compilation, files: Mapping[str, tuple[EndpointSpec, Description]], read: FileRecords
) -> Iterator[Diagnostic]:
    """Yield the trees in files whose top rows are not known."""
    code, spec = made.mapping.code, made.mapping.spec
    trees = [each for each in code.references if each.parent is not None]
    if not trees:
        return
    from oneway.mapping.lookup_table import tabulate
    from oneway.runs.prepare.settings import resolve_settings
    from oneway.runs.starting_nodes import unnamed_tops

    context = made.mapping.context(resolve_settings(spec.settings, {}), _SOME_DAY)
    tables = {}
    for each in trees:
        end, description = files.get(f"references.{each.name}", (None, None))
        path = located(spec.file, end.resource.text) if end is not None else ""
        if end is None or description is None or not isfile(path):
            continue
        options = {name: str(option.value) for name, option in end.options}
        with suppress(Refused, ConnectorError):  # reported where the file is read before
            tables[each.name] = tabulate(each, read(description, path, options), context)
    yield from unnamed_tops(spec, code, tables, context)


def _against_file(
    description: Description, path: str, end: EndpointSpec, tally: "KeyTally", read: FileRecords,
    heeded: "Paths | None",
) -> list[Diagnostic]:  # fmt: skip
    from oneway.runs.systems import read_heeding

    options = {name: str(option.value) for name, option in end.options}
    is_there = isfile(path)
    if not (is_there or _PARSED & options.keys()):
        return []
    try:
        connector = open_connector(description, Access(options, {}))
        if not is_there:
            return []
        tally.in_file = True
        reader = connector.reader(path)
        tally.ask(reader)
        snapshot = read(description, path, options)
        spoilt = any(each.problem and each.lost for each in snapshot.records)
        if spoilt and heeded is not None:
            snapshot = read_heeding(reader, heeded)
    except Refused:
        return []  # wrong options as such are reported elsewhere
    except ConnectorError as error:
        place = _place_of(end, error)
        return [Diagnostic(place, Severity.ERROR, error.code, error.summary, error.help)]
    for record in snapshot.records:
        tally.note(record)
    return [*_unread(snapshot, end, tally.side), *tally.findings()]


def _unread(snapshot: Snapshot, end: EndpointSpec, side: str) -> Iterator[Diagnostic]:
    """Yield why a file counts as cut off, and how many of its records cannot be read."""
    options = {name: option.span for name, option in end.options}
    place = options.get("footer", end.resource.span)
    if not snapshot.complete:
        summary = f"{side} counts as cut off"
        why = "; ".join(snapshot.problems[:_FEW])
        help = f"{why}; correct the file, or the option that says how it ends: `oneway docs csv`"
        yield Diagnostic(place, Severity.ERROR, "R178", summary, help)
    for text in snapshot.problems if snapshot.complete else ():
        if "option encoding" in text:
            place = options.get("encoding", end.resource.span)
            summary = f"letters of {side} may be in another encoding"
            yield Diagnostic(place, Severity.WARNING, _ENCODING, summary, text)
    bad = Counter(each.problem for each in snapshot.records if each.problem)
    if bad:
        number = f"{bad.total():,} of {len(snapshot.records):,} records"
        shown = "; ".join(f"{text} ({found:,})" for text, found in bad.most_common(_FEW))
        summary = f"{number} of {side} cannot be read"
        help = "each is an error of its record until the file or its options are corrected"
        if side == "the target":
            help = (
                "until they are corrected, new people wait, as one of these may be their record; "
                "for records without an id, name as the option `id` a column that all fill in"
            )
        yield Diagnostic(end.resource.span, Severity.WARNING, "R179", summary, f"{shown}; {help}")


_FEW = 3
"""So many reasons are named."""


def _missing(path: str, end: EndpointSpec, *, here: bool) -> Iterator[Diagnostic]:
    """Yield a warning about a missing file, if other files of the mapping are `here`.

    Or if one has nearly its name. Otherwise all may be elsewhere: a mapping is checked without
    them.
    """
    from oneway.core.similar_files import near_name

    near = near_name(path)
    if near or here:
        summary = f"no file is called {end.resource.text!r}"
        looked = f"it is looked for as {os.path.normpath(path)}"
        help = f"did you mean {near!r}?" if near else looked
        yield Diagnostic(end.resource.span, Severity.WARNING, "R150", summary, help)


def _place_of(end: EndpointSpec, error: ConnectorError) -> Span:
    """Return the option that an error names, or the place of the file's name."""
    named = [option.span for name, option in end.options if f"option {name}" in error.summary]
    encodings = [option.span for name, option in end.options if name == "encoding"]
    if error.code == _ENCODING and encodings:
        return encodings[0]
    return named[0] if named else end.resource.span


_PARSED = {"encoding", "types"}
"""Options whose values only the connector itself can check."""

_ENCODING = "R151"
"""The code of a file whose encoding is not the one of its options."""


def findings(connection: "Connection", mappings: Mappings) -> tuple[Diagnostic, ...]:
    """Return every mistake of a loaded connection, including its mapping's."""
    from oneway.connections.notice_folders import missing_folders
    from oneway.connections.secret_files import unsafe_files
    from oneway.runs.prepare.validate_connection import connection_mistakes

    found = [*unsafe_files(connection), *missing_folders(connection)]
    try:
        data = mapping_of(connection.mapping, connection)
        made = mappings.compilation(data, connection.mapping, connection.manifests)
    except Refused as refused:
        return (*found, *refused.diagnostics)
    if Findings(list(made.found)).failed:
        return (*found, *found_in(made))
    mistakes = connection_mistakes(connection, made.mapping, made.catalogue)
    open = (each for each in left_open(made.mapping.spec) if each.code == UNANSWERED)
    return (*mistakes, *unheld_in_files(made), *open, *found)
