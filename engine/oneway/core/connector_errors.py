"""Errors of reading and writing, which connectors raise.

ConnectorError
 ├─ ReadError            nothing usable was read
 └─ WriteError
     ├─ Rejected         the target refused this record; nothing was written
     ├─ NotSent          the write never reached the target; nothing was written
     ├─ Outdated         the target's version of the record is another; nothing was written
     └─ Unknown          the write may or may not have happened
"""

from enum import Enum


class Blame(Enum):
    """What an error is blamed on; `apply` gives up on a target accordingly."""

    RECORD = "record"
    """This record or request; the next one may succeed."""
    SYSTEM = "system"
    """The system: it may be down or busy, or it no longer admits us. Several in a row are enough.
    """
    ACCESS = "access"
    """The credentials: no other request can succeed."""


class ConnectorError(Exception):
    """A system could not be used. `code` is a diagnostic code; `help` says what to do.

    Messages never contain a credential or a sensitive value.
    """

    def __init__(
        self, code: str, summary: str, help: str = "", *, blame: Blame = Blame.RECORD
    ) -> None:
        super().__init__(summary)
        self.code = code
        self.summary = summary
        self.help = help
        self.blame = blame


class ReadError(ConnectorError):
    """Nothing usable was read."""


class WriteError(ConnectorError):
    """A write did not end in a confirmed success."""


class Rejected(WriteError):
    """The target refused this record; nothing was written."""


class NotSent(WriteError):
    """The write never reached the target; nothing was written."""


class Outdated(WriteError):
    """The target says that its record has changed since it was read; nothing was written."""


class Unknown(WriteError):
    """The write was sent, and it is unknown whether it happened.

    `accepted`: the system answered with a success that does not show the write done; one look-up
    may show it. `job` identifies it for a query (`FollowsJobs`); `record` is the new record's id,
    if the system has already given it.
    """

    def __init__(
        self,
        code: str,
        summary: str,
        help: str = "",
        *,
        blame: Blame = Blame.RECORD,
        accepted: bool = False,
        job: str = "",
        record: str = "",
    ) -> None:
        super().__init__(code, summary, help, blame=blame)
        self.accepted = accepted
        self.job = job
        self.record = record
