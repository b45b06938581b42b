"""Tracks the keys of a record that a function reads, each looked up once, at its start."""

from collections.abc import Iterator
from dataclasses import field

from oneway.core.batches import Batch, RecordShape
from oneway.core.dataclass import dataclass
from oneway.mapping.expressions.reading import Reading
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.generated.limits import Shapeless
from oneway.mapping.generated.operands import filled
from oneway.mapping.generated.source import CodeText, Line
from oneway.mapping.generated.unknowns import ABSENT, WRONG
from oneway.mapping.record_schema import sure_of

_VALUE = "path"
"""The beginning of the names of values."""


@dataclass(slots=True)
class PathUseOnce:
    """One key of the record: the names of its value and of its gap, and its checks.

    `gap` is "" if there cannot be one. Each check comes with the name of its message; the name is
    "" if a record that fails the check is left to another function.
    """

    value: str
    gap: str
    checks: list[tuple[object, str]] = field(default_factory=list)
    inner: dict[str, "PathUseOnce"] = field(default_factory=dict)
    of_items: dict[str, str] = field(default_factory=dict)
    """The names of the values that a list's items have, by key: null, or a list."""
    most: int = 0
    """The most items of this list."""

    @property
    def wrong(self) -> list[str]:
        """The names of the checks' messages."""
        return [said for _, said in self.checks if said]


@dataclass(slots=True)
class Paths:
    """The keys of one function, shared by all of its expressions.

    With `usual`, a record that lacks keys, or whose values are not as declared, is left to another
    function: so no value has a gap, and none is wrong. With a `shape`, values are read from its
    attributes.
    """

    source: CodeText
    reading: Reading
    at: Line
    usual: bool = False
    shape: RecordShape | None = None
    columns: Batch | None = None
    """Some records that are evaluated together, if values come in columns."""
    roots: dict[str, PathUseOnce] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """The variables that tell whether a value is text that is not blank, by its name. A variable is
    written if any code uses it: keys are often tested several times."""
    objects: set[str] = field(default_factory=set)
    """The names of objects with attributes, which only serve to look into them."""
    kinds: dict[str, str] = field(default_factory=dict)
    """What all records of `columns` have as a value, by its name; see `Batch.kind`."""

    def shares(self, reading: Reading) -> bool:
        """Return whether an expression's reading treats absent keys the same way."""
        one, other = self.reading, reading
        return (one.absent_is_null, one.except_for) == (other.absent_is_null, other.except_for)

    def use(self, keys: tuple[str, ...], reading: Reading) -> tuple[str, list[str], list[str]]:
        """Return the names of a path's value, of its gaps, and of the messages of its checks."""
        level, found, wrong = self.roots, PathUseOnce("data", ""), []
        for depth, key in enumerate(keys, 1):
            path = keys[:depth]
            if key not in level:
                certain = self.usual or (depth == 1 and self.reading.is_null(path))
                gap = "" if certain else self.source.name("gap")
                level[key] = PathUseOnce(self.source.name(_VALUE), gap)
                if self.columns is not None:
                    self.kinds[level[key].value] = self.columns.kind(path)
            found = level[key]
            check = reading.checks.get(path)
            if check is not None and (said := self._check(found, check, reading)):
                wrong.append(said)
            level = found.inner
        return found.value, [found.gap] if found.gap else [], wrong

    def _check(self, found: PathUseOnce, check: object, reading: Reading) -> str:
        """Note a check of a key, and return the name of its message, if any.

        If the check depends on the node that reads the key, the interpreter makes it.
        """
        for known, said in found.checks:
            if known is check:
                return said
        leaves = self.usual or reading.of_nodes is not None
        said = "" if leaves else self.source.name("wrong")
        found.checks.append((check, said))
        return said

    def of_items(self, keys: tuple[str, ...], key: str, most: int) -> str:
        """Return the name of what all items of a list have under a key that may be absent.

        It is null or a list. If there are more than `most` items, or if an item is not an object,
        the record is left to another function.
        """
        self.use(keys, self.reading)
        level = self.roots
        for each in keys[:-1]:
            level = level[each].inner
        found = level[keys[-1]]
        found.most = min(found.most or most, most)
        return found.of_items.setdefault(key, self.source.name("column"))

    def said_of(self, value: str) -> str:
        """Return the variable for whether a value is text that is not blank; "" without one."""
        if not self.usual:
            return ""
        if self.columns is not None:
            return "True" if self.kinds[value] == "text" else ""
        return self.said.setdefault(value, f"said{value.removeprefix(_VALUE)}")

    def write(self) -> None:
        """Write the look-ups at the start of the function."""
        source = self.source
        rest = source.lines
        asked = "\n".join(each.text for each in rest if each.kept)
        self.said = {value: said for value, said in self.said.items() if said in asked}
        depth, source.lines = source.depth, []
        source.depth = self.at.depth
        if self.columns is not None:
            self._check_columns(self.roots)
        elif self.shape is not None:
            self._look_up_shaped(self.roots, "item", self.shape, ())
        elif self.usual:
            self._look_up_usual(self.roots, "data", ())
        else:
            for key, each in self.roots.items():
                self._look_up(each, "data", "", (key,))
        position = next(i for i, line in enumerate(rest) if line is self.at)
        source.lines, source.depth = [*rest[:position], *source.lines, *rest[position:]], depth

    def _look_up_usual(
        self, level: dict[str, PathUseOnce], parent: str, above: tuple[str, ...]
    ) -> None:
        """Write the look-ups of an object's keys, all of which exist and are valid."""
        source = self.source
        for key, each in level.items():
            path, key = (*above, key), source.literal(key)
            # indexing raises LookupError for an absent key
            found = f".get({key})" if self.reading.is_null(path) else f"[{key}]"
            source.line(f"{each.value} = {parent}{found}")
            for check, _ in each.checks:
                asked = f"{source.bind('check', check)}({each.value})"
                with source.block(f"if {unsure(source, check, each.value)}{asked}:"):
                    source.line("raise Uncompiled")
            if each.inner:
                with source.block(f"if {each.value}.__class__ is dict:"):
                    self._look_up_usual(each.inner, each.value, path)
                with source.block(f"elif {each.value} is None:"):
                    source.line(" = ".join((*self._values(each.inner), "None")))
                with source.block("else:"):
                    source.line("raise Uncompiled")
            self._say(each)
            self._look_up_items(each)

    def _look_up_shaped(
        self, level: dict[str, PathUseOnce], parent: str, shape: RecordShape, above: tuple[str, ...]
    ) -> None:
        """Write the look-ups of an object's keys among attributes."""
        source = self.source
        for key, each in level.items():
            path, name, inner = (*above, key), shape.attributes.get(key), shape.inner.get(key)
            if name is None and not (key not in shape.sometimes and self.reading.is_null(path)):
                raise Shapeless
            source.line(f"{each.value} = {'None' if name is None else f'{parent}.{name}'}")
            self._say(each)
            self._look_up_items(each)
            for check, _ in each.checks:
                if inner is not None and not _takes_objects(check):
                    raise Shapeless
                fits = f"{each.value} is None and " if inner is not None else ""
                asked = f"{source.bind('check', check)}({each.value})"
                first = unsure(source, check, each.value, self.said.get(each.value, ""))
                with source.block(f"if {fits}{first}{asked}:"):
                    source.line("raise Uncompiled")
            if inner is not None:
                self.objects.add(each.value)
                with source.block(f"if {each.value} is not None:"):
                    self._look_up_shaped(each.inner, each.value, inner, path)
                if each.inner:
                    with source.block("else:"):
                        source.line(" = ".join((*self._values(each.inner), "None")))
            elif each.inner:
                with source.block(f"if {each.value} is not None:"):
                    source.line("raise Uncompiled")
                source.line(" = ".join((*self._values(each.inner), "None")))

    def in_columns(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the path and name of each value that comes in a column."""
        yield from self._in_columns(self.roots, ())

    def _in_columns(
        self, level: dict[str, PathUseOnce], above: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        for key, each in level.items():
            if each.inner:
                self.objects.add(each.value)
                yield from self._in_columns(each.inner, (*above, key))
            else:
                yield (*above, key), each.value

    def _check_columns(self, level: dict[str, PathUseOnce]) -> None:
        """Write the checks of deciding values; an object that contains some passes its own."""
        for each in level.values():
            self._check_columns(each.inner)
            self._look_up_items(each)
            for check, _ in each.checks:
                self._check_column(each, check)

    def _check_column(self, each: PathUseOnce, check: object) -> None:
        if each.inner and _takes_objects(check):
            return
        if each.inner:
            raise Shapeless
        kind = self.kinds[each.value]
        first = unsure(self.source, check, each.value, self.said_of(each.value), kind)
        if first != NEVER:
            asked = f"{self.source.bind('check', check)}({each.value})"
            with self.source.block(f"if {first}{asked}:"):
                self.source.line("raise Uncompiled")

    def _say(self, each: PathUseOnce) -> None:
        """Write whether a value is text that is not blank, if code asks for it."""
        value, said = each.value, self.said.get(each.value)
        if said is not None:
            self.source.line(f"{said} = {value}.__class__ is str and {filled(value)}")

    def _look_up_items(self, each: PathUseOnce) -> None:
        """Write the look-ups within a list's items, each key once."""
        source, value = self.source, each.value
        if not each.of_items:
            return
        with source.block(f"if {value}.__class__ is list and len({value}) <= {each.most}:"):
            for key, name in each.of_items.items():
                item = source.name("item")
                source.line(f"{name} = [get({item}, {source.literal(key)}) for {item} in {value}]")
        with source.block(f"elif {value} is None:"):
            source.line(" = ".join((*each.of_items.values(), "None")))
        with source.block("else:"):
            source.line("raise Uncompiled")

    def _values(self, level: dict[str, PathUseOnce]) -> Iterator[str]:
        """Yield the names of the values in an object, at any depth."""
        for each in level.values():
            yield each.value
            if each.value in self.said:
                yield self.said[each.value]
            yield from each.of_items.values()
            yield from self._values(each.inner)

    def _look_up(self, each: PathUseOnce, parent: str, gap: str, path: tuple[str, ...]) -> None:
        source = self.source
        if len(path) == 1:
            source.line(f"{each.value} = {parent}.get({source.literal(path[-1])}, absent)")
            if each.gap:
                source.line(f"{each.gap} = 0")
            self._absent(each, path)
        else:
            for wrong in each.wrong:
                source.line(f"{wrong} = 0")
            source.line(f"{each.gap} = {gap or 0}")
            with source.block(f"if isinstance({parent}, dict):"):
                source.line(f"{each.value} = {parent}.get({source.literal(path[-1])}, absent)")
                self._absent(each, path)
            with source.block("else:"):
                source.line(f"{each.value} = None")
                with source.block(f"if {parent} is not None:"):
                    source.line(f"{each.gap} = {WRONG}")
        for key, inner in each.inner.items():
            self._look_up(inner, each.value, each.gap, (*path, key))

    def _absent(self, each: PathUseOnce, path: tuple[str, ...]) -> None:
        source = self.source
        for wrong in each.wrong if len(path) == 1 else ():
            source.line(f"{wrong} = 0")
        with source.block(f"if {each.value} is absent:"):
            source.line(f"{each.value} = None")
            if not self.reading.is_null(path):
                source.line(f"{each.gap} = {ABSENT}")
        if each.checks:
            with source.block("else:"):
                for check, wrong in each.checks:
                    asked = f"{source.bind('check', check)}({each.value})"
                    with source.block(f"if {unsure(source, check, each.value)}{asked}:"):
                        source.line(f"{wrong} = {WRONG}" if wrong else "raise Uncompiled")


def _takes_objects(check: object) -> bool:
    sure = sure_of(check)
    return sure is not None and "dict" in sure.classes


NEVER = "False and "
"""A condition that is never true: the value certainly passes its check."""


def unsure(source: CodeText, check: object, name: str, said: str = "", kind: str = "") -> str:
    """Return the condition under which a value's check is made: its class does not decide.

    The variable `said` is faster to test than a class.
    """
    sure = sure_of(check)
    if sure is None:
        return ""
    if {"text": "str", "boolean": "bool"}.get(kind) in sure.classes:
        return NEVER
    is_text = said or f"{name}.__class__ is str"
    parts = [said] if said and "str" in sure.classes else []
    parts += [f"{name} is None"] if sure.null else []
    parts += [f"{name}.__class__ is {each}" for each in sorted(sure.classes)]
    if sure.words is not None:
        words = source.bind("words", sure.words)
        parts.append(f"{is_text} and {name} in {words}")
    if sure.text:
        short = f" and len({name}) <= {sure.longest}" if sure.longest else ""
        fits = f"{name}.isascii()"
        if sure.fits is not None:
            fits = f"{source.bind('fits', sure.fits)}({name})"
        parts.append(f"{is_text} and {fits}{short}")
    return f"not ({' or '.join(parts)}) and " if parts else ""


def keys_of(node: Node) -> tuple[str, ...]:
    """Return the keys of a node that is just a path; none for any other node."""
    steps = node["children"] if node["type"] == "subexpression" else [node]
    if any(step["type"] != "field" for step in steps):
        return ()
    return tuple(str(step["value"]) for step in steps)
