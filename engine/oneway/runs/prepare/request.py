"""The request of a run."""

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from oneway.core.access import Secret
from oneway.core.dataclass import dataclass
from oneway.core.instants import instant_text as instant_text

if TYPE_CHECKING:
    from oneway.connections.access import Lookup
    from oneway.connections.connection import Connection
    from oneway.planning.plan_inputs import Allowance

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A mapping, the instant, and what replaces its connectors and settings.

    `source`, `target` and `references` are paths of files to read instead of systems. `settings`
    are texts by name; `options` are texts by "connector.option". `folders` are searched for
    manifests; `lookup` gives options and credentials. `connection` is the one to run: `mapping` is
    its mapping, and the request overrides what it says. `typed` are credentials that are not
    stored yet, by side of the connection and name.
    """

    mapping: str
    as_of: datetime
    lookup: "Lookup"
    source: str | None = None
    target: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()
    allowed: "tuple[Allowance, ...]" = ()
    connection: "Connection | None" = None
    typed: Mapping[tuple[str, str], Secret] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file that the user named: the connection's, or the mapping's."""
        return self.mapping if self.connection is None else self.connection.file


def parse_instant(text: str) -> datetime:
    """Return an instant in UTC, to the second; a date is its midnight in UTC.

    Raises ValueError, with a sentence, if the text is invalid or has no offset from UTC.
    """
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError
        instant = datetime.fromisoformat(text)
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return aware.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        want = "a date (2026-11-22) or an instant with its offset (2026-11-22T04:00:00Z)"
        raise ValueError(f"{text!r} is not {want}") from None
