"""Computes the span of a parser event's content in the text."""

import re
from dataclasses import replace

import yaml

from oneway.core.diagnostics import Span, TextPiece
from oneway.documents.yaml_source.source import Source

_PROPERTIES = r"(?:[&!][^\s,\[\]{}]*\s+)+"
_BLOCK_HEADER = r"[|>][^\r\n]*[\r\n]+(?:[ \t]*[\r\n]+)*[ \t]*"


def index_of(mark: object) -> int:
    """Return the offset of a parser's mark, in characters."""
    return int(getattr(mark, "index", 0))


def written(source: Source, event: yaml.Event) -> Span:
    """Return the whole span of an event, with its anchor and quotes."""
    return source.span(index_of(event.start_mark), index_of(event.end_mark))


def content(source: Source, event: yaml.NodeEvent) -> Span:
    """Return the span of a value's content: without anchor, quotes or block header.

    So an offset in a scalar on one line without escapes is an offset in the span. For a block
    scalar it is the first line with text, for a list or object its first line.
    """
    start, end = _after_properties(source.text, event), index_of(event.end_mark)
    if isinstance(event, yaml.CollectionStartEvent):
        return source.span(start, len(source.text))
    style = event.style if isinstance(event, yaml.ScalarEvent) else None
    if style in ("'", '"'):
        start, end = start + 1, end - 1
    elif style in ("|", ">"):
        header = re.compile(_BLOCK_HEADER).match(source.text, start, end)
        start = header.end() if header and header.end() < end else start
    span = source.span(start, max(start, end))
    if isinstance(event, yaml.ScalarEvent) and getattr(event.end_mark, "line", 0) >= span.line:
        return replace(span, pieces=_further_lines(source, event.value, start, end))
    return span


def _further_lines(source: Source, value: str, start: int, end: int) -> tuple[TextPiece, ...]:
    """Return where the further lines of a text on several lines stand.

    It ends at a line that the text does not hold as it stands, because of an escape in it.
    """
    found: list[TextPiece] = []
    line = source.span(start, start).line
    begun = len(source.text[start : source.starts[line - 1] + source.widths[line - 1]])
    for row in range(line, len(source.lines)):
        if source.starts[row] >= end:
            break
        part = source.text[source.starts[row] : min(end, source.starts[row] + source.widths[row])]
        part = part.rstrip("\r\n").strip()
        at = value.find(part, begun) if part else begun
        if at < 0:
            break
        if part:
            column = source.lines[row].index(part) + 1
            place = Span(source.file, row + 1, column, column + len(part))
            begun = at + len(part)
            found.append(TextPiece(at, begun + 1, place))
    return tuple(found)


def closed_at(source: Source, span: Span, event: yaml.Event) -> Span:
    """Return the span of a list or object that has ended.

    It ends at its bracket if that is on the same line; the place of an implicit end is unknown.
    """
    if index_of(event.start_mark) == index_of(event.end_mark):  # no bracket
        return span
    end = written(source, event)
    return replace(span, end=end.end) if end.line == span.line else span


def _after_properties(text: str, event: yaml.NodeEvent) -> int:
    start = index_of(event.start_mark)
    has_any = event.anchor is not None or getattr(event, "tag", None) is not None
    properties = re.compile(_PROPERTIES).match(text, start) if has_any else None
    return properties.end() if properties else start
