"""The error of a notice that was not delivered: why, and whether to retry."""

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
