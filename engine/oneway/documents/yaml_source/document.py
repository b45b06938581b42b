"""A document: plain data, and the place of every key and value."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.core.records import Value
from oneway.documents.yaml_source.composer import DEEPEST, MOST_NODES
from oneway.documents.yaml_source.nodes import List, Node, Object, Scalar
from oneway.documents.yaml_source.source import Source, quoted

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file as data with places.

    `places` has the span of each value, `key_places` that of each key, both by the value's
    path; the root's path is (). A span is that of the content (no quotes, no anchor), cut
    at the end of its first line; of an aliased value it is where the value is written.
    """

    file: str
    data: Value
    places: Mapping[Path, Span]
    key_places: Mapping[Path, Span]
    lines: tuple[str, ...]

    def span(self, path: Path, *, key: bool = False) -> Span:
        """Return the place of a value or key, or of its nearest parent that has one."""
        if key and path in self.key_places:
            return self.key_places[path]
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Span(self.file))

    def inside(self, span: Span, text: str, start: int, end: int) -> Span:
        """Return the span of `text[start:end]`, where `text` is the value written at `span`.

        Where the text stands there character by character (one line, no escapes) it is
        exact; elsewhere it is the whole of `span`.
        """
        line = self.lines[span.line - 1] if span.line else ""
        if line[span.column - 1 : span.end - 1] != text:
            return span
        begin = min(max(start, 0), len(text))
        return replace(
            span, column=span.column + begin, end=span.column + min(max(end, begin), len(text))
        )

    def report(
        self,
        span: Span,
        code: str,
        summary: str,
        help: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """Return a finding at a span of this document, with its line quoted."""
        return Diagnostic(span, severity, code, summary, help, quoted(self.lines, span))

    def at(
        self,
        path: Path,
        code: str,
        summary: str,
        help: str = "",
        *,
        key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """Return a finding at a value, or at its key, with the line quoted."""
        return self.report(self.span(path, key=key), code, summary, help, severity)


@dataclass(slots=True)
class _Task:
    """A node whose data is still to be inserted."""

    node: Node
    path: Path
    holder: "list[Value] | dict[str, Value]"


def expand(root: Node, source: Source) -> Document:
    """Return the document of a tree with aliases expanded; raise `Refused` beyond the limits.

    Ten lines of aliases can expand to more values than fit into memory: each value counts as often
    as it occurs.
    """
    places: dict[Path, Span] = {}
    key_places: dict[Path, Span] = {}
    top: list[Value] = [None]
    todo = [_Task(root, (), top)]
    while todo:
        task = todo.pop()
        if len(places) >= MOST_NODES:
            raise _refused(
                task, source, "Y119", f"aliases make more than {MOST_NODES:,} values of this"
            )
        if len(task.path) > DEEPEST:
            raise _refused(task, source, "Y118", f"aliases nest this more than {DEEPEST} deep")
        places[task.path] = task.node.span
        if isinstance(task.node, Object):
            key_places.update({(*task.path, k): at for k, (at, _) in task.node.entries.items()})
        todo.extend(_fill(task))
    return Document(source.file, top[0], places, key_places, source.lines)


def _fill(task: _Task) -> list[_Task]:
    """Insert a node's own data and return the nodes still to insert below it."""
    match task.node:
        case Scalar(value):
            _put(task, value)
            return []
        case List(_, items):
            values: list[Value] = [None] * len(items)
            _put(task, values)
            return [_Task(item, (*task.path, i), values) for i, item in enumerate(items)]
        case Object(_, entries):
            keyed: dict[str, Value] = dict.fromkeys(entries)
            _put(task, keyed)
            return [_Task(node, (*task.path, key), keyed) for key, (_, node) in entries.items()]


def _put(task: _Task, value: Value) -> None:
    holder, key = task.holder, task.path[-1] if task.path else 0
    if isinstance(holder, dict):
        holder[str(key)] = value
    else:
        holder[int(key)] = value


def _refused(task: _Task, source: Source, code: str, summary: str) -> Refused:
    return Refused([source.report(task.node.span, code, summary, "write fewer aliases (*name)")])
