"""The exit codes: one table, printed by `oneway --help` and the reference."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    PENDING = 3
    BLOCKED = 4
    FAILED = 5
    UNPROVEN = 6
    UNDECIDED = 7
    INTERRUPTED = 130


MEANINGS = {
    Exit.DONE: "done",
    Exit.ERROR: "an error: the message says what and where",
    Exit.USAGE: "the command was not understood",
    Exit.PENDING: "changes are pending (plan, with --exit-code), or a replay differs",
    Exit.BLOCKED: "a guard holds something back",
    Exit.FAILED: "finished, but records failed, or people who have left can still get in (plan, "
    "with --exit-code, too)",
    Exit.UNPROVEN: "a mapping's test failed or covers less than was asked for, a recorded case is "
    "planned differently from its record, two mappings are not the same, or an edit goes further "
    "than impact was told to permit",
    Exit.UNDECIDED: "same cannot decide for all records whether two mappings are the same",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
}

_PRECEDENCE = (Exit.ERROR, Exit.BLOCKED, Exit.FAILED, Exit.UNPROVEN, Exit.UNDECIDED, Exit.PENDING)


def worst(*exits: Exit) -> Exit:
    """Return the most serious exit: error, guard, failed, unproven, undecided, pending."""
    return next((each for each in _PRECEDENCE if each in exits), Exit.DONE)
