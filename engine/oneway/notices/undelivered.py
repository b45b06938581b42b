"""The error of a notice that was not delivered: why, and whether to retry."""

import socket
from datetime import timedelta

from oneway.core.diagnostics import Diagnostic, Severity, Span


class Undelivered(Exception):
    """A notice was not delivered; `diagnostic` says why, without quoting the notice or a URL.

    `final`: retrying is useless. `after`: how long the server asks us to wait.
    """

    def __init__(
        self,
        code: str,
        where: str,
        summary: str,
        help: str = "",
        *,
        final: bool = False,
        after: timedelta = timedelta(0),
    ) -> None:
        self.diagnostic = Diagnostic(Span(where), Severity.ERROR, code, summary, help)
        self.final = final
        self.after = after
        super().__init__(f"{where}: {summary} [{code}]")


def why_unreachable(error: BaseException) -> str:
    """Return why a server cannot be reached, for people; never an address or a URL."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, socket.gaierror):
            return "no machine of that name is known"
        if isinstance(found, OSError) and found.strerror:
            return found.strerror.lower()
        found = found.__cause__ or found.__context__
    return type(error).__name__
