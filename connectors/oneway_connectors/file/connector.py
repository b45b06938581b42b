"""A connector whose resources are files."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from oneway.core.connector import Access, Choice, Description, NotSent, Probe, ReadError, Suggestion
from oneway.core.dataclass import dataclass
from oneway_connectors.file.options import DEFAULTS, FileOptions, file_options
from oneway_connectors.file.reader import FileReader

if TYPE_CHECKING:
    from oneway_connectors.file.writer import FileWriter


@dataclass(frozen=True, slots=True)
class FileConnector:
    """Files as resources: `resource` is a path, absolute or from the working folder."""

    options: FileOptions = DEFAULTS

    def reader(self, resource: str) -> FileReader:
        """Return a reader of a file; raise `ReadError` if its format is not known."""
        return FileReader(resource, self.options)

    def writer(self, resource: str) -> "FileWriter":
        """Return a writer of a file; raise `NotSent` if its format is not known."""
        from oneway_connectors.file.writer import FileWriter  # which plans need not wait for

        try:
            return FileWriter(resource, self.options)
        except ReadError as error:
            raise NotSent(error.code, error.summary, error.help) from None

    def suggest(self, resource: str) -> Suggestion:
        """Return guessed options for a file; raise `ReadError` if it cannot be read."""
        from oneway_connectors.file.suggest import suggested

        return suggested(resource)

    def probe(self) -> tuple[Probe, ...]:
        """Return nothing: files have no credentials to test."""
        return ()

    def choices(self, option: str) -> tuple[Choice, ...]:  # noqa: ARG002  # the SPI's
        """Return nothing: files list no choices."""
        return ()

    def close(self) -> None:
        """Do nothing: no file stays open between two calls."""


def origins(description: Description, options: Mapping[str, str]) -> tuple[str, ...]:
    """Return nothing: files are on this machine, and need no credentials."""
    del description, options
    return ()


def connect(description: Description, access: Access) -> FileConnector:  # noqa: ARG001  # the SPI's
    """Return the connector for the given options; raise `ReadError` for an invalid one."""
    return FileConnector(file_options(access.options))


def warm() -> None:
    """Import what reads tables and what writes, which is imported where it is used."""
    import_module("oneway_connectors.file.csv_rows")
    import_module("oneway_connectors.file.workbook")
    import_module("oneway_connectors.file.writer")
