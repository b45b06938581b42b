"""A person who approves what a plan file says, as they would after reading it."""

import json
from collections.abc import Sequence
from pathlib import Path


def approving(args: Sequence[object]) -> list[str]:
    """Return a command's arguments, with the fingerprint of the plan that it applies."""
    given = [str(arg) for arg in args]
    if given[:1] != ["apply"] or "--approve" in given or len(given) < 2:
        return given
    try:
        found = json.loads(Path(given[1]).read_text(encoding="ascii"))["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return given
    return [*given, "--approve", str(found)]
