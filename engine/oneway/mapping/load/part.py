"""Reads a part of a document, by its path, as the plain types of a spec."""

from collections.abc import Iterator
from enum import Enum
from typing import TypeVar

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import Value
from oneway.documents.yaml_source import Document, Path
from oneway.mapping.spec import Constant, Text

_E = TypeVar("_E", bound=Enum)


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """A value of a document that has passed its schema, so that its shape is known."""

    document: Document
    path: Path

    @property
    def value(self) -> Value:
        """The value itself."""
        value: Value = self.document.data
        for step in self.path:
            value = value[step]  # type: ignore[index]  # the schema said so
        return value

    @property
    def span(self) -> Span:
        """Where the value stands."""
        return self.document.span(self.path)

    @property
    def key_span(self) -> Span:
        """Where the value's key stands; of a list's item, the item."""
        return self.document.span(self.path, key=True)

    def at(self, *steps: str | int) -> "DocumentPart":
        """Return a value inside of this one."""
        return DocumentPart(self.document, (*self.path, *steps))

    def maybe(self, key: str) -> "DocumentPart | None":
        """Return the value of a key, or None if it is not written."""
        return self.at(key) if key in self.names() else None

    def names(self) -> tuple[str, ...]:
        """Return the keys of an object; none for any other value."""
        value = self.value
        return tuple(value) if isinstance(value, dict) else ()

    def entries(self, key: str) -> Iterator[tuple[str, "DocumentPart"]]:
        """Return the names and values of an object that may be left out."""
        part = self.maybe(key)
        for name in part.names() if part else ():
            yield name, self.at(key, name)

    def items(self, key: str) -> "Iterator[DocumentPart]":
        """Return the items of a list that may be left out."""
        part = self.maybe(key)
        yield from part.each() if part else ()

    def each(self) -> "Iterator[DocumentPart]":
        """Return the items of a list; none for any other value."""
        value = self.value
        for index in range(len(value) if isinstance(value, list) else 0):
            yield self.at(index)

    def text(self) -> Text:
        """Return the value as text with its place."""
        # Trailing white space is a block scalar's; without it, offsets in the text stay
        # offsets in its line.
        return Text(str(self.value).rstrip(), self.span)

    def maybe_text(self, key: str) -> Text | None:
        """Return the text of a key that may be left out."""
        part = self.maybe(key)
        return part.text() if part else None

    def constant(self) -> Constant:
        """Return the value as a constant with its place."""
        return Constant(self.value, self.span)

    def word(self, key: str, default: _E) -> _E:
        """Return the enum member that a key names, or the default."""
        part = self.maybe(key)
        return type(default)(part.value) if part else default

    def is_on(self, key: str, *, default: bool) -> bool:
        """Return a switch that may be left out."""
        part = self.maybe(key)
        return default if part is None else part.value is True
