"""Prints an unexpected error: its type and place, but no values.

The message of an error may quote any value, and so may its causes, its notes, and a library's
warnings. None of these is ever shown, not even with `--debug`.
"""

import sys
import threading
import warnings
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

from oneway.cli import log

_MOST = 10
"""How many errors of a chain are shown at most."""


def places(error: BaseException) -> str:
    """Return the types of an error and its causes, each with its stack."""
    import traceback

    text, seen = "", set[int]()
    following: BaseException | None = error
    while following is not None and id(following) not in seen and len(seen) < _MOST:
        seen.add(id(following))
        lines = "".join(traceback.format_tb(following.__traceback__))
        text += f"{'which came of ' if text else ''}{type(following).__name__}, at:\n{lines}"
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return text


def hook(*, debug: bool) -> None:
    """Report uncaught errors without values: in a thread, in a finaliser, at exit.

    Warnings are reported by type and place. Core dumps are disabled, because they would contain
    credentials.
    """

    def said(kind: type[BaseException], error: BaseException | None, where: str) -> None:
        text = f"oneway: sorry, that is a bug in this program ({kind.__name__}{where}).\n"
        if debug and error is not None:
            text += places(error)
        with suppress(Exception):
            log.tell(text, "error")

    def at_the_end(
        kind: type[BaseException], error: BaseException, _: TracebackType | None
    ) -> None:
        said(kind, error, "")

    def in_a_thread(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, SystemExit):
            said(args.exc_type, args.exc_value, ", in a thread")

    def in_a_finaliser(args: Any) -> None:
        said(args.exc_type, args.exc_value, ", while tidying up")

    sys.excepthook = at_the_end
    threading.excepthook = in_a_thread
    sys.unraisablehook = in_a_finaliser
    warnings.showwarning = _show_warning
    _write_no_image()


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del message, line  # they may quote values
    with suppress(Exception):
        text = f"oneway: {category.__name__} at {filename}:{lineno}\n"
        file.write(text) if file is not None else log.tell(text, "warning")


def _write_no_image() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))
