"""A folder's worth of files, opened as a connector."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oneway.core.connector import Access, Choice, Description, NotSent, Probe, ReadError
from oneway_connectors.file.csv_types import column_types
from oneway_connectors.file.reader import FileReader
from oneway_connectors.file.writer import FileWriter

_ENCODINGS = frozenset({"utf-8", "utf8", "utf-8-sig"})


@dataclass(frozen=True, slots=True)
class FileConnector:
    """Files as resources: `resource` is a path, absolute or from the working folder."""

    id_path: str = "id"
    format: str = ""
    types: Mapping[str, str] = field(default_factory=dict)

    def reader(self, resource: str) -> FileReader:
        """Return a reader of a file; raise `ReadError` where its format is not known."""
        return FileReader(resource, self.id_path, self.format, self.types)

    def writer(self, resource: str) -> FileWriter:
        """Return a writer of a file; raise `NotSent` where its format is not known."""
        try:
            return FileWriter(resource, self.id_path, self.format, self.types)
        except ReadError as error:
            raise NotSent(error.code, error.summary, error.help) from None

    def probe(self) -> tuple[Probe, ...]:
        """Return nothing: files have no credentials to test."""
        return ()

    def choices(self, option: str) -> tuple[Choice, ...]:  # noqa: ARG002  # the SPI's
        """Return nothing: a file lists none."""
        return ()

    def close(self) -> None:
        """Do nothing: no file stays open between two calls."""


def connect(description: Description, access: Access) -> FileConnector:  # noqa: ARG001  # the SPI's
    """Return the connector for the given options; raise `ReadError` for one that is of no use."""
    encoding = access.options.get("encoding", "utf-8")
    if encoding.lower() not in _ENCODINGS:
        raise ReadError("R151", f"encoding {encoding!r} is not supported", "save the file as UTF-8")
    types = column_types(access.options.get("types", ""))
    return FileConnector(access.options.get("id", "id"), access.options.get("format", ""), types)
