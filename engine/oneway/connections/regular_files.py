"""Reads a file named by a user, without blocking and without exceeding a size limit."""

from pathlib import Path

from oneway.core.bounded_read import read_up_to
from oneway.core.diagnostics import refusal


def read_regular(path: str, limit: int) -> bytes:
    """Return at most `limit` bytes of a file; raise `Refused` if it cannot be read."""
    try:
        if not Path(path).is_file():
            # Opening a pipe would block forever.
            why = "it is a folder" if Path(path).is_dir() else "there is no such file"
            raise refusal("F120", path, f"cannot be read: {why}", "check the path")
        with Path(path).open("rb") as file:
            return read_up_to(file, limit)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise refusal("F120", path, f"cannot be read: {why}", "check the path") from None
    except ValueError:  # a NUL in the path
        raise refusal("F120", repr(path), "no path of a file", "check the path") from None
