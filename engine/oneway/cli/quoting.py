"""Quotes paths in commands that are printed for people to copy."""

from pathlib import Path

from oneway.render.sanitize import harmless


def quoted(path: str | Path) -> str:
    """Return a path quoted for the shell, with unprintable characters escaped."""
    from shlex import quote

    return harmless(quote(str(path)))
