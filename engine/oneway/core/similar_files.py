"""Finds the file that a path to a missing file probably means."""

import os

_MOST_NAMES = 10_000
"""The most names of a folder that are compared."""


def near_name(path: str) -> str:
    """Return the name of a file with nearly the name of a missing one in its folder; or ""."""
    folder, name = os.path.split(path)
    try:
        known = os.listdir(folder or ".")[:_MOST_NAMES]
    except (OSError, ValueError):  # a NUL in the path
        return ""
    same = [each for each in known if each.casefold() == name.casefold()]
    from difflib import get_close_matches

    return (same or get_close_matches(name, known, n=1, cutoff=0.8) or [""])[0]
