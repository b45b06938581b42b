"""Opens the connectors of a run with their options and credentials."""

from collections.abc import Iterable
from dataclasses import field, replace
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from oneway.connections.access import access, given_options
from oneway.connections.discovery import FILES, complete, open_connector
from oneway.connections.origins import OwnerSays, origins_in, refuse_strange_origins
from oneway.core.access import Access
from oneway.core.connector import Connector, Reader, Writer
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, refusal
from oneway.core.records import Snapshot
from oneway.mapping.paths_used import Paths, source_paths, table_paths, target_paths
from oneway.runs.prepare.prepared import (
    Input,
    PreparedRun,
    description_of,
    given_to,
    options_of,
    side_of,
)


def access_of(prepared: PreparedRun, each: Input, *, choosing: bool = False) -> Access:
    """Return the options and credentials of an input's connector; raise `Refused`.

    While `choosing`, options whose values the system itself lists may be missing.
    """
    description = description_of(prepared, each)
    kept = side_of(prepared, each).credentials
    try:
        found = access(description, prepared.request.lookup, given_to(prepared, each), kept)
    except Refused as refused:
        raise _in_connection(refused, prepared, each) from None
    # Options of one run override those of the mapping.
    options = {**dict(each.options), **found.options}
    typed = prepared.request.typed.items()
    secrets = {**found.secrets, **{name: text for (side, name), text in typed if side == each.side}}
    try:
        whole = replace(found, options=options, secrets=secrets)
        whole = complete(description, whole, choosing=choosing)
    except Refused as refused:
        raise _or_in_connection(refused, prepared, each) from None
    if secrets or found.options:
        # Where the mapping says, only credentials that were given to its author may be sent.
        refuse_strange_origins(description, whole.options, _owner_says(prepared, each))
    return whole


def _owner_says(prepared: PreparedRun, each: Input) -> OwnerSays:
    """Return what the owner of an input's credentials set; the mapping's options are left out."""
    description = description_of(prepared, each)
    given = given_options(description, prepared.request.lookup, given_to(prepared, each))
    # The owner of the environment may bind a credential, overriding a connection's file.
    outside = origins_in(prepared.request.lookup(description.name, "origin"))
    return OwnerSays(given, outside or origins_in(side_of(prepared, each).origin))


def _in_connection(refused: Refused, prepared: PreparedRun, each: Input) -> Refused:
    """Return a refusal with its place where the connection's file names the credential."""
    connection = prepared.request.connection
    if connection is None:
        return refused
    named = {
        ref.name: connection.written.at((each.side, "credentials", name), "", str(ref))
        for name, ref in side_of(prepared, each).credentials.items()
    }
    return Refused(
        replace(place, code=one.code, summary=f"{place.summary}: {one.summary}", help=one.help)
        if (place := named.get(one.span.file)) is not None
        else one
        for one in refused.diagnostics
    )


def _or_in_connection(refused: Refused, prepared: PreparedRun, each: Input) -> Refused:
    """Return a refusal that also says where in a connection to set what is missing."""
    connection = prepared.request.connection
    if connection is None or not each.side:
        return refused
    place = f"; or name it in {connection.file} under '{each.side}'"
    return Refused(
        replace(one, help=f"{one.help}{place}") if one.code == "C112" else one
        for one in refused.diagnostics
    )


@runtime_checkable
class HeedsPaths(Protocol):
    """A reader or writer that can ignore unreadable values which the mapping does not use."""

    def heed(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Ignore what is wrong with values at any other path."""


@runtime_checkable
class RefusesWrites(Protocol):
    """A writer that can tell before the first write that none would succeed."""

    def refuse_unwritable(self) -> None:
        """Raise `WriteError` if nothing can be written."""


@runtime_checkable
class CompletesNewRecords(Protocol):
    """A writer whose system stores only the keys that a new record is given."""

    def complete_new_records(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Give every new record these keys, null unless a value is written."""


@runtime_checkable
class NumbersNewRecords(Protocol):
    """A writer that gives new records the next number as their id."""

    def number_beyond(self, ids: Iterable[str]) -> None:
        """Also skip these ids, which the system may no longer show, when numbering new records."""


def read_heeding(reader: Reader, paths: Paths) -> Snapshot:
    """Read all records; if the reader can, it ignores what is wrong at other paths."""
    if isinstance(reader, HeedsPaths):
        reader.heed(paths)
    return reader.read()


@dataclass(slots=True)
class OpenSystems:
    """The connectors of a run, each opened when first asked for, all closed at the end.

    `shared` is the folder through which runs agree on rate limits: the state folder.
    """

    prepared: PreparedRun
    shared: Path | None = None
    _open: dict[Input, Connector] = field(default_factory=dict)

    def connector(self, each: Input, *, choosing: bool = False) -> Connector:
        """Return an input's open connector; raise `Refused` if it cannot be configured.

        With `choosing`, options may be missing, and the connector answers only `choices`.
        """
        key = replace(each, resource="*" if choosing else "")
        if key not in self._open:
            found = access_of(self.prepared, each, choosing=choosing)
            description = description_of(self.prepared, each)
            found = replace(found, shared=self.shared, whose=whose(self.prepared, each))
            self._open[key] = open_connector(description, found, choosing=choosing)
        return self._open[key]

    def reader(self, each: Input) -> Reader:
        """Return a reader of an input, told which paths the mapping reads or writes."""
        reader = self.connector(each).reader(each.resource)
        self._let_heed(each, reader)
        return reader

    def writer(self, each: Input) -> Writer:
        """Return a writer of an input; raise `WriteError` if it cannot be written."""
        writer = self.connector(each).writer(each.resource)
        self._let_heed(each, writer)
        if isinstance(writer, CompletesNewRecords):
            writer.complete_new_records(self.prepared.compiled.decided_on_target)
        return writer

    def _let_heed(self, each: Input, of: Reader | Writer) -> None:
        """Tell a reader or writer which paths of these records the mapping reads or writes."""
        if isinstance(of, HeedsPaths) and (paths := _paths(self.prepared, each)) is not None:
            of.heed(paths)

    def reads_alike(self, other: PreparedRun, each: Input) -> bool:
        """Return whether another version of the mapping gets the same records of an input."""
        reader = self.connector(each).reader(each.resource)
        heeds = isinstance(reader, HeedsPaths)
        return not heeds or _paths(self.prepared, each) == _paths(other, each)

    def of_version(self, other: PreparedRun) -> "OpenSystems":
        """Return the systems of another version of the mapping; both share the connectors."""
        return OpenSystems(other, self.shared, self._open)

    def __enter__(self) -> Self:
        refuse_one_system(self.prepared)
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._open.popitem()[1].close()


def _paths(prepared: PreparedRun, each: Input) -> Paths | None:
    """Return the paths of an input's records that the mapping reads or writes; None for all."""
    code, inputs = prepared.compiled.code, prepared.inputs
    if each == inputs["target"]:
        return target_paths(code)
    if each == inputs["source"]:
        return source_paths(code)
    names = [table.name for table in code.references]
    return table_paths(code, [n for n in names if inputs.get(f"references.{n}") == each])


def whose(prepared: PreparedRun, each: Input) -> str:
    """Return in words whose credentials an input uses: the connection's or the mapping's."""
    connection = prepared.request.connection
    name = prepared.spec.name if connection is None else connection.name
    return f"{name}/{each.side or each.connector}"


def refuse_one_system(prepared: PreparedRun) -> None:
    """Raise `Refused` if source and target are the same system.

    The mapping alone cannot show this: options of a connection, the environment or the command line
    may make them the same.
    """
    found = prepared.inputs
    source, target = found["source"], found["target"]
    if source.connector != target.connector or source.resource != target.resource:
        return
    is_file = target.connector == FILES
    if is_file or options_of(prepared, source) == options_of(prepared, target):
        with_options = "" if is_file else ", with the same options"
        summary = f"source and target are both {target.text}{with_options}"
        help = "name another target: a source is never written to"
        raise refusal("M120", prepared.request.name, summary, help)


def offline_help(refused: Refused, role: str) -> Refused:
    """Return a refusal that also says how to read a file instead of the system."""
    name = role.partition(".")[2]
    option = f"--reference {name}=FILE" if name else f"--{role} FILE"
    return Refused(
        replace(each, help=f"{each.help.rstrip('.')}; or read a file instead: {option}")
        if each.code == "C112"
        else each
        for each in refused.diagnostics
    )
