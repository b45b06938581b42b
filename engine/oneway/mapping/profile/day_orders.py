"""Finds columns read by parse_date() whose days and months may be swapped: `12/10/2026`.

After an export with other settings, some texts no longer fit the pattern, and are errors of their
records. Others fit both orders, and would be wrong days that nobody notices.
A column may also hold both orders by intention, each for the records that another value selects.
The mapping then reads both, or one of them under a condition, and says nothing about all records.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING

from oneway.core import day_patterns
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.paths import at, path_text
from oneway.core.phrases import count
from oneway.core.records import Record
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import Node, path_in
from oneway.mapping.profile.tested_paths import parts, reads_under

if TYPE_CHECKING:
    from oneway.core.batches import Batch

Path = tuple[str, ...]

_ONE_IN = 10
"""Of the texts of a swapped column, at least so many fit the other order alone: most days do."""


@dataclass(slots=True)
class DayTally:
    """Examines the texts of each path that parse_date() reads by a pattern.

    `reads` are paths with their pattern, the other order, and what reads them.
    """

    reads: dict[tuple[Path, str], tuple[str, Expression, str]] = field(default_factory=dict)
    partial: bool = False
    """Whether the mapping leaves out records (`only`), perhaps those with days in the other order.
    """
    _found: dict[tuple[Path, str], list[int]] = field(default_factory=dict)
    """How many texts fit only the pattern, only the other order, and both."""

    def note(self, record: Record) -> None:
        """Examine one record."""
        for path, pattern in self.reads:
            self._note(path, pattern, at(record.data, path))

    def note_all(self, batch: "Batch") -> None:
        """Examine many records."""
        for path, pattern in self.reads:
            values = batch.values(path)
            if values is None:
                values = [at(batch.record(each).data, path) for each in range(len(batch))]
            for value in values:
                self._note(path, pattern, value)

    def _note(self, path: Path, pattern: str, value: object) -> None:
        if not isinstance(value, str):
            return
        fits = _fits(value.strip(), pattern, self.reads[path, pattern][0])
        if any(fits):
            counts = self._found.setdefault((path, pattern), [0, 0, 0])
            counts[_PLACES[fits]] += 1

    def doubted(self, side: str) -> Iterator[Diagnostic]:
        """Yield each path of which more texts fit only the other order than only the pattern."""
        for (path, pattern), (ours, theirs, both) in self._found.items():
            most = 0 if self.partial else theirs - 1
            if theirs < 2 or ours > most or theirs * _ONE_IN < ours + theirs + both:
                continue
            other, expression, reader = self.reads[path, pattern]
            summary = (
                f"{count(theirs, 'text')} in '{path_text(path)}' of {side} fit only {other}, and "
                f"{ours:,} only {pattern} ({reader})"
            )
            help = "were days and months swapped in the export? export it again, or correct "
            help += "the pattern: days that fit both are read, and may be wrong"
            yield Diagnostic(expression.span, Severity.WARNING, "R182", summary, help)


@lru_cache(maxsize=20_000)  # many people start on one day
def _fits(text: str, pattern: str, other: str) -> tuple[bool, bool]:
    return day_patterns.read(text, pattern) is not None, day_patterns.read(text, other) is not None


_PLACES = {(True, False): 0, (False, True): 1, (True, True): 2}


def day_tally(
    reads: Iterable[tuple[Expression, str]],
    given: Mapping[Expression, frozenset[Path]] | None = None,
) -> DayTally:
    """Return a tally of the paths that parse_date() reads on every record.

    `given` are the paths that decide whether an expression is evaluated at all. A path is left out
    if the mapping also reads it in the other order.
    """
    reads = tuple(reads)
    orders = _orders(reads)
    partial = any(reader == "only" and expression.paths for expression, reader in reads)
    found: dict[tuple[Path, str], tuple[str, Expression, str]] = {}
    for expression, reader in reads:
        before = (given or {}).get(expression, frozenset())
        for node, tested in reads_under(expression.tree, before):
            read, *patterns = node["children"]
            path = path_in(read)
            pattern = _pattern(patterns[0]) if patterns else None
            others = day_patterns.reordered(pattern) if pattern else ()
            if not path or not pattern or not others or tested - {path}:
                continue
            if orders.get(path, set()).isdisjoint({None, _order(others[0])}):
                found.setdefault((path, pattern), (others[0], expression, reader))
    return DayTally(found, partial)


def _orders(reads: Iterable[tuple[Expression, str]]) -> dict[Path, set[str | None]]:
    """Return the orders in which expressions read each path; None stands for an unknown one."""
    found: dict[Path, set[str | None]] = {}
    for expression, _ in reads:
        orders = set(map(_order, map(_pattern, _patterns_in(expression.tree))))
        for use in expression.paths:
            found.setdefault(use.keys, set()).update(orders)
    return found


def _patterns_in(node: Node) -> Iterator[Node]:
    """Yield the patterns of every parse_date() in a tree, whatever it reads."""
    if node["type"] == "function_expression" and node["value"] == "parse_date":
        yield from node["children"][1:]
    for each in parts(node):
        yield from _patterns_in(each)


def _pattern(node: Node) -> str | None:
    value = node["value"] if node["type"] == "literal" else None
    return value if isinstance(value, str) else None


def _order(pattern: str | None) -> str | None:
    """Return a pattern without its numbers of digits: `d/M/y` for `dd/MM/yyyy`."""
    return None if pattern is None else re.sub(r"([A-Za-z])\1+|\{[0-9]*\}", r"\1", pattern)
