"""Writes code that reads the values of target records at paths."""

from dataclasses import field

from oneway.core.batches import RecordShape
from oneway.core.dataclass import dataclass
from oneway.core.paths import path_text
from oneway.mapping.expressions import Reading
from oneway.mapping.generated.limits import Shapeless
from oneway.mapping.generated.source import CodeText


@dataclass(slots=True)
class TargetValues:
    """Writes code that reads values of target records: single ones, or those of one shape.

    With `in_columns`, the values of records that are evaluated together come in columns.
    """

    source: CodeText
    reading: Reading
    shape: RecordShape | None
    in_columns: bool
    columns: dict[tuple[str, ...], str] = field(default_factory=dict)
    """The names of the columns, by path."""
    loose: set[str] = field(default_factory=set)
    """Those columns in which lists may occur."""

    def value(self, keys: tuple[str, ...]) -> str:
        """Write the value of a target record at a path, and return its name."""
        if not keys:
            if self.shape is not None:
                raise Shapeless
            return "data"
        if self.in_columns and self.shape is not None:
            return self._column(keys, self.shape)
        source, reading, value = self.source, self.reading, "data"
        found = source.name("seen")
        source.comment("seen", path_text(keys))
        if self.shape is not None:
            self._of_shape(found, keys, self.shape)
            return found
        start = source.depth
        for depth, key in enumerate(keys, 1):
            source.line(f"{found} = {value}.get({source.literal(key)}, absent)")
            nothing = "None" if reading.is_null(keys[:depth]) else "absent"
            if nothing == "None":
                with source.block(f"if {found} is absent:"):
                    source.line(f"{found} = None")
            if depth == len(keys):
                break
            step = source.name("step")
            source.line(f"{step} = {found}")
            with source.block(f"if not isinstance({step}, dict):"):
                # absent keys, and keys within null, are both unknown
                source.line(f"{found} = None if {step} is None else absent")
            source.line("else:")
            source.depth += 1
            value = step
        source.depth = start
        return found

    def _of_shape(self, found: str, keys: tuple[str, ...], shape: RecordShape) -> None:
        """Write the value of a target record of a shape at a path."""
        source, value, start = self.source, "item", self.source.depth
        for depth, key in enumerate(keys, 1):
            if key in shape.sometimes:
                raise Shapeless
            if key not in shape.attributes:
                is_null = self.reading.is_null(keys[:depth])
                source.line(f"{found} = {None if is_null else 'absent'}")
                break
            source.line(f"{found} = {value}.{shape.attributes[key]}")
            if depth == len(keys):
                if key in shape.inner:
                    raise Shapeless
                break
            if key not in shape.inner:
                with source.block(f"if {found} is not None:"):
                    source.line("raise Uncompiled")
                break
            value, shape = source.name("step"), shape.inner[key]
            source.line(f"{value} = {found}")
            source.line(f"if {value} is not None:")
            source.depth += 1
        source.depth = start

    def _column(self, keys: tuple[str, ...], shape: RecordShape) -> str:
        """Return the name of the column with the values of target records of a shape at a path."""
        if keys[0] not in shape.attributes and keys[0] not in shape.sometimes:
            return "None" if self.reading.is_null(keys[:1]) else "absent"
        for key in keys[:-1]:
            if key not in shape.inner:
                raise Shapeless
            shape = shape.inner[key]
        if keys[-1] not in shape.attributes or keys[-1] in shape.inner:
            raise Shapeless
        found = self.columns.setdefault(keys, self.source.name("seen"))
        if keys[-1] not in shape.scalars:
            self.loose.add(found)
        return found
