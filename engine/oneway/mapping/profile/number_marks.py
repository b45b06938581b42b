"""Finds columns read by to_number() whose numbers may mean something else: `3.000`.

If each number with a point has three digits after it, the points may separate thousands. Pay is
sensitive and masked in a plan, so nobody would see 3 in place of 3,000.
"""

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from oneway.core.dataclass import dataclass
from oneway.core.decimal_marks import NotationTally
from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.paths import at, path_text
from oneway.core.records import Record
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import path_in
from oneway.mapping.lint.type_inference import nodes_in

if TYPE_CHECKING:
    from oneway.core.batches import Batch

Path = tuple[str, ...]


@dataclass(slots=True)
class MarkTally:
    """Examines the texts of each path that to_number() reads, and knows what reads it."""

    reads: dict[Path, tuple[Expression, str]] = field(default_factory=dict)
    _found: dict[Path, NotationTally] = field(default_factory=dict)

    def note(self, record: Record) -> None:
        """Examine one record."""
        for path in self.reads:
            self._note(path, at(record.data, path))

    def note_all(self, batch: "Batch") -> None:
        """Examine many records."""
        for path in self.reads:
            values = batch.values(path)
            if values is None:
                values = [at(batch.record(each).data, path) for each in range(len(batch))]
            for value in values:
                self._note(path, value)

    def _note(self, path: Path, value: object) -> None:
        if isinstance(value, str) and not value.isdigit():
            self._found.setdefault(path, NotationTally()).note(value)

    def ambiguous(self, side: str) -> Iterator[Diagnostic]:
        """Yield each path whose numbers differ under another decimal mark."""
        for path, tally in self._found.items():
            if not tally.notation.is_ambiguous:
                continue
            expression, reader = self.reads[path]
            name = path_text(path)
            summary = f"numbers like 1.000 in '{name}' of {side} may be thousands ({reader})"
            help = (
                f"write parse_number({name}, ',') if the comma marks decimals there, and "
                f"parse_number({name}, '.') if the point does"
            )
            yield Diagnostic(expression.span, Severity.WARNING, "R180", summary, help)


def mark_tally(reads: Iterable[tuple[Expression, str]]) -> MarkTally:
    """Return a tally of the paths that to_number() reads in some expressions."""
    found: dict[Path, tuple[Expression, str]] = {}
    for expression, reader in reads:
        for node in nodes_in(expression):
            if node["type"] == "function_expression" and node["value"] == "to_number":
                path = path_in(node["children"][0])
                if path:
                    found.setdefault(path, (expression, reader))
    return MarkTally(found)
