"""The style of text: colour or not, and the width."""

from enum import Enum

from oneway.core.dataclass import dataclass


class Ink(Enum):
    """The meaning of a colour, which a marker or a word also conveys."""

    STRONG = "1"
    FAINT = "2"
    ADDED = "32"
    CHANGED = "33"
    REMOVED = "31"
    TROUBLE = "1;31"
    CAUTION = "1;33"
    GOOD = "1;32"


@dataclass(frozen=True, slots=True)
class Style:
    """Whether to use colour, the number of columns, and whether output goes to a terminal."""

    color: bool = False
    width: int = 80
    terminal: bool = False

    def paint(self, text: str, ink: Ink) -> str:
        """Return the text in a colour, or unchanged. The text must be harmless already."""
        return f"\x1b[{ink.value}m{text}\x1b[0m" if self.color and text else text
