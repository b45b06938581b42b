"""Writes to the outputs of this process, which may disappear before the process ends.

The program that reads an output may die, and the disk that receives it may be full. That must not
end a run half way: the rest is dropped, and the loss is remembered for a message.
"""

import os
import sys
from contextlib import suppress
from typing import TextIO

OUT, ERROR = "standard output", "standard error"

_LOST: set[str] = set()
_BEGUN: set[str] = set()


def write_out(text: str) -> None:
    """Write to standard output; from the first failure on, drop everything."""
    _write(sys.stdout, OUT, text)


def write_error(text: str) -> None:
    """Write to standard error; from the first failure on, drop everything."""
    _write(sys.stderr, ERROR, text)


def lost() -> tuple[str, ...]:
    """Return which outputs could not be written to their end, in words."""
    return tuple(sorted(_LOST))


def begun() -> bool:
    """Return whether anything was written to standard output."""
    return OUT in _BEGUN


def forget_losses() -> None:
    """Forget what an earlier command in this process wrote or lost."""
    _LOST.clear()
    _BEGUN.clear()


def open_all() -> None:
    """Open outputs that were closed at the start, so that no other file gets their number.

    Otherwise a store opened as file 2 would be overwritten by the first message to standard error.
    Messages to a closed standard error are dropped as intended. A closed standard output refuses
    what is written, because the loss of a result must be told.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 1 else os.O_RDWR)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


def flush_all() -> None:
    """Write what is left, before the end of the process, which would fail if this failed."""
    for stream, name in ((sys.stdout, OUT), (sys.stderr, ERROR)):
        _write(stream, name, "")


def _write(stream: TextIO, name: str, text: str) -> None:
    if name in _LOST:
        return
    if text:
        _BEGUN.add(name)
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        _LOST.add(name)
        _drain(stream)


def _drain(stream: TextIO) -> None:
    """Empty a stream that cannot write what it holds; otherwise the process would fail at its end.

    The file stays the same, so that the processes of runs find out by themselves that their output
    is lost.
    """
    with suppress(OSError, ValueError):
        number = stream.fileno()
        kept, sink = os.dup(number), os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, number)
        stream.flush()
        os.dup2(kept, number)
        os.close(kept)
        os.close(sink)
