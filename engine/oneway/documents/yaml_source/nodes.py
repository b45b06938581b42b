"""The nodes of a file, each with its span; an alias points at the node that it names."""

from dataclasses import field
from typing import TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import Value


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `merge` is set for a plain `<<`, which YAML 1.1 gave a meaning as a key."""

    value: Value
    span: Span
    merge: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is written, not even `null`."""
        return self.value is None and self.span.column == self.span.end


@dataclass(frozen=True, slots=True)
class List:
    """A list, complete or still being read."""

    span: Span
    items: "list[Node]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Object:
    """Keys with values, by key: the place of the key, and the value."""

    span: Span
    entries: "dict[str, tuple[Span, Node]]" = field(default_factory=dict)


Node: TypeAlias = Scalar | List | Object
