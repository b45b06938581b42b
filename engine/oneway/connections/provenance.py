"""The places of keys in a connection's file, for messages that reveal no values.

A line that may contain a credential is never quoted, nor is a value: a credential that was written
in place of its reference must not end up in a log as well.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce
from typing import Any, cast

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.documents.yaml_source import Document, Path, shown

_OPEN = frozenset(
    {
        "oneway_connection",
        "oneway_notify",
        "name",
        "mapping",
        "settings",
        "schedule",
        "guards",
        "reviewed_by",
    }
)
"""The top-level keys that have no credentials below them."""


@dataclass(frozen=True, slots=True)
class FileProvenance:
    """Finds places in a connection's file; without its document, all are the file as a whole."""

    document: Document | None = None
    file: str = ""

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
        """Return a finding at a value or its key, quoted only if that reveals no secret."""
        if self.document is None:
            return Diagnostic(Span(self.file), severity, code, summary, help)
        found = self.document.at(path, code, summary, help, key=key, severity=severity)
        return found if found.span.line in _open_lines(self.document) else replace(found, quote="")


def hushed(document: Document, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield findings on a connection's shape, without possible credentials."""
    open_lines = _open_lines(document)
    for each in found:
        if each.span.line in open_lines:
            yield each
        else:
            yield replace(
                each, quote="", summary=_without_value(each.summary, _values_at(document, each))
            )


def unquoted(found: Diagnostic) -> Diagnostic:
    """Return a finding on invalid YAML without quoting it: any part may be a credential."""
    return replace(found, quote="", summary=_ALIAS.sub("*...", found.summary))


def _open_lines(document: Document) -> set[int]:
    """Return the lines that contain only values of open keys."""
    lines: dict[int, bool] = {}
    for places in (document.places, document.key_places):
        for path, span in places.items():
            if path:
                lines[span.line] = lines.get(span.line, True) and path[0] in _OPEN
    return {line for line, is_open in lines.items() if is_open}


def _without_value(summary: str, values: Iterable[object]) -> str:
    """Return a `schema_check` summary with these values removed."""
    for value in values:
        text = shown(str(value))
        if isinstance(value, str):
            summary = summary.replace(f"the text {text}", "other text").replace(text, "this")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            summary = summary.replace(f"the number {value}", "another number").replace(text, "this")
    return summary


def _values_at(document: Document, each: Diagnostic) -> Iterator[object]:
    """Yield the value that a finding is about; for S109, the key."""
    for path, span in document.places.items():
        if span == each.span:
            yield reduce(lambda value, step: value[step], path, cast(Any, document.data))
    if each.code == "S109":
        yield from (path[-1] for path, span in document.key_places.items() if span == each.span)


_ALIAS = re.compile(r"\*\S+")
"""In YAML, a value that begins with a star is an alias, which messages show."""
