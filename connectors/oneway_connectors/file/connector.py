"""A connector whose resources are files."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from oneway.core.access import Access
from oneway.core.connector import Choice, Probe, Suggestion
from oneway.core.connector_errors import NotSent, ReadError
from oneway.core.dataclass import dataclass
from oneway.core.description import Description
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
        from oneway_connectors.file.writer import FileWriter  # not needed for plans

        try:
            return FileWriter(resource, self.options)
        except ReadError as error:
            raise NotSent(error.code, error.summary, error.help) from None

    def suggest(self, resource: str) -> Suggestion:
        """Return guessed options for a file; raise `ReadError` if it cannot be read."""
        from oneway_connectors.file.suggest import suggested

        return suggested(resource)

    def probe(self) -> tuple[Probe, ...]:
        """Return (), as files have no credentials to test."""
        return ()

    def choices(self, option: str) -> tuple[Choice, ...]:  # noqa: ARG002  # the SPI's
        """Return (), as files have no choices."""
        return ()

    def close(self) -> None:
        """Do nothing, as no file stays open between calls."""


def origins(description: Description, options: Mapping[str, str]) -> tuple[str, ...]:
    """Return (), as files are on this machine and need no credentials."""
    del description, options
    return ()


def connect(description: Description, access: Access) -> FileConnector:  # noqa: ARG001  # the SPI's
    """Return the connector for the given options; raise `ReadError` for an invalid one."""
    return FileConnector(file_options(access.options))


def warm() -> None:
    """Import the modules for tables and for writing, which are otherwise imported on use."""
    import_module("oneway_connectors.file.csv_rows")
    import_module("oneway_connectors.file.workbook")
    import_module("oneway_connectors.file.writer")
