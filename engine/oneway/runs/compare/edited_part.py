"""A part of a mapping or a connection that an edit gives another meaning."""

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span


@dataclass(frozen=True, slots=True)
class EditedPart:
    """A part with another meaning: its name by the keys of the file, and its place now.

    `was` and `now` are its words or limits, "none" if the file lacks it, or "" if a
    word does not say it.
    """

    name: str
    place: Span
    was: str = ""
    now: str = ""

    @property
    def text(self) -> str:
        """The part in words, with its place."""
        turn = ""
        if self.was and self.now:
            turn = f"from {self.was} to {self.now}, "
        elif self.was or self.now:
            turn = "removed, " if self.now else "added, "
        return f"{self.name} ({turn}{self.place})"

    @property
    def data(self) -> dict[str, object]:
        """The part as data: its name and place, and both words, or null."""
        words = {"was": self.was or None, "now": self.now or None}
        return {"name": self.name, "place": str(self.place), **words}
