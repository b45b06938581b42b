"""Fits the tables of a page to a terminal: a row whose line is too wide becomes a short list."""

import re
from collections.abc import Iterator, Sequence

from oneway.render.layout import columns, wrap
from oneway.render.style import Style

_BAR = re.compile(r"(?<!\\)\|")
_LINE = re.compile(r"[\s|:-]+")


def fitted_table(lines: Sequence[str], style: Style) -> Iterator[str]:
    """Yield the lines of a table that fit: as they are, or each row's cells below one another."""
    if all(columns(line) <= style.width for line in lines):
        yield from lines
        return
    rows = [_cells(line) for line in lines if not _LINE.fullmatch(line)]
    heads = rows[0]
    for first, *others in rows[len(heads) > 2 :]:
        yield from wrap(first, style, 0, 2)
        for head, cell in zip(heads[1:], others, strict=False):
            named = f"{head}: {cell}" if head and len(heads) > 2 else cell
            yield from wrap(named, style, 4, 4 if named is cell else 6) if cell else ()


def _cells(line: str) -> list[str]:
    """Return the cells of a row; `\\|` stands for a bar within one."""
    return [each.strip().replace(r"\|", "|") for each in _BAR.split(line.strip().strip("|"))]
