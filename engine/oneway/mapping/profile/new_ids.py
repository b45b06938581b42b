"""Notices when new records would get numbers as ids although existing ids are of another kind."""

from collections.abc import Iterable, Iterator

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.core.paths import path_of, path_text
from oneway.mapping.spec import MappingSpec, Write


@dataclass(slots=True)
class NewIds:
    """Counts the ids of a target that generates those of new records; `path` is where they are."""

    path: str
    place: Span
    records: int = 0
    numbers: int = 0

    def note_all(self, ids: Iterable[str]) -> None:
        """Look at the ids of some records."""
        for id in ids:
            self.records += 1
            self.numbers += is_number(id)

    def note_counts(self, records: int, numbers: int) -> None:
        """Add a number of records, and how many of their ids are numbers."""
        self.records += records
        self.numbers += numbers

    def findings(self) -> Iterator[Diagnostic]:
        """Yield a warning if most ids are not numbers, since generated ids would be."""
        others = self.records - self.numbers
        if others <= self.numbers:
            return
        summary = (
            f"no field writes '{self.path}', so a new record gets the number after the highest; "
            f"the ids of {others:,} of {self.records:,} records are not numbers"
        )
        help = f"add what it is to `fields`: {self.path}: {{from: ..., write: on_create}}"
        yield Diagnostic(self.place, Severity.WARNING, "R177", summary, help)


def is_number(id: str) -> bool:
    """Return whether an id is a number, as generated ids are."""
    return id.isascii() and id.isdigit()


def new_ids(spec: MappingSpec, path: tuple[str, ...]) -> NewIds | None:
    """Return a counter for the ids of a target that generates ids at a path.

    Returns None if nothing is created, if the mapping writes the id, or without a path.
    """
    written = {path_of(each.path) for each in spec.fields if each.write is not Write.NEVER}
    if not path or path in written or not spec.joiners.create:
        return None
    return NewIds(path_text(path), spec.target.resource.span)
