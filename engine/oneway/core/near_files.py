"""Finds the file that is meant by a path where there is none."""

import os
from difflib import get_close_matches

_MOST_NAMES = 10_000
"""Names of a folder that are looked at."""


def near_name(path: str) -> str:
    """Return the name of a file that stands where a path leads, and is nearly called so; or ""."""
    folder, name = os.path.split(path)
    try:
        known = os.listdir(folder or ".")[:_MOST_NAMES]
    except (OSError, ValueError):  # a NUL in the path
        return ""
    same = [each for each in known if each.casefold() == name.casefold()]
    return (same or get_close_matches(name, known, n=1, cutoff=0.8) or [""])[0]
