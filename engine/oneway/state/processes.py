"""Whether a process of this machine lives."""

import os


def is_alive(number: int) -> bool:
    """Return whether a process with this number lives, whoever it belongs to."""
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
