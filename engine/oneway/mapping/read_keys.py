"""Counts how many records have each key that the mapping reads.

All of them are known before anything is read. A key that no record has is a renamed column, a
wrong spelling, or a field that the credentials may no longer see: what is decided by it would be
decided by nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from oneway.core.diagnostics import Diagnostic, Severity, Span, did_you_mean
from oneway.core.records import MISSING, Record, Value, at, path_of, path_text
from oneway.mapping.expressions import Expression, Reading
from oneway.mapping.interpreter import FieldCode, MappingCode
from oneway.mapping.spec import FieldSpec, MappingSpec, Write

Path = tuple[str, ...]

_MOST = 12
"""Fields that a message lists."""


@dataclass(frozen=True, slots=True)
class ReadKey:
    """A key that an expression of the mapping reads, and what reads it.

    Where it is `needed`, it says who somebody is, or whether they have left.
    """

    path: Path
    place: Span
    reader: str
    needed: bool


@dataclass(slots=True)
class KeyTally:
    """Counts the records of one read that answer for each key; `side` names the read in words.

    A record answers where it has the key, where an object on the way is null, and where its
    system says that an absent key is null. In the first two cases it also states the key, so
    that a key which the system no longer sends is noticed whatever its absence means.
    """

    side: str
    keys: tuple[ReadKey, ...]
    reading: Reading
    records: int = 0
    fixed: bool | None = None
    """Whether the records can have no other fields: see `fixed_fields` of connectors."""
    lacking: dict[Path, FieldSpec] = field(default_factory=dict)
    """The fields that the mapping writes and no record has had so far."""
    written: frozenset[str] = frozenset()
    """All fields that the mapping writes."""
    answered: dict[Path, int] = field(default_factory=dict)
    stated: dict[Path, int] = field(default_factory=dict)
    seen: set[Path] = field(default_factory=set)
    whole: int = 0
    """How many records have every key; those are in no other count."""
    _objects: tuple[tuple[int, str, Callable[[Any], object]], ...] = ()
    """How to get all keys of each object of a record, outer objects first.

    Each is found under a key of one before it, by position; the first is the record.
    """

    def __post_init__(self) -> None:
        self.answered = dict.fromkeys((each.path for each in self.keys), 0)
        self.stated = dict(self.answered)
        keys: dict[Path, set[str]] = {}
        for path in self.answered:
            for depth, key in enumerate(path):
                keys.setdefault(path[:depth], set()).add(key)
        ordered = sorted(keys, key=lambda path: (len(path), path))
        self._objects = tuple(
            (ordered.index(path[:-1]), "".join(path[-1:]), itemgetter(*sorted(keys[path])))
            for path in ordered
        )

    def note(self, record: Record) -> None:
        """Count one record; one that could not be read says nothing of its keys."""
        if record.problem:
            return
        self.records += 1
        if self.fixed is not None and self.lacking:
            self._note_written(record.data)
        if self._has_all(record.data):
            self.whole += 1
            return
        for path in self.answered:
            value: Value = record.data  # type: ignore[assignment]  # a record's data is an object
            for key in path:
                if not isinstance(value, dict) or key not in value:
                    break
                value = value[key]
            else:  # as it is for nearly all
                self.stated[path] += 1
                self.answered[path] += 1
                continue
            missing = self._missing(record.data, path)
            if missing is None:
                self.stated[path] += 1
            if missing is None or self._is_null(missing):
                self.answered[path] += 1

    def _has_all(self, data: Mapping[str, Value]) -> bool:
        objects: list[Any] = []
        try:
            for parent, key, get_all in self._objects:
                each = objects[parent][key] if objects else data
                get_all(each)
                objects.append(each)
        except (LookupError, TypeError):  # a key is absent, or what should hold it is no object
            return False
        return True

    def _note_written(self, data: Mapping[str, Value]) -> None:
        for path in [path for path in self.lacking if at(data, path) is not MISSING]:
            del self.lacking[path]
        if self.lacking:
            self.seen.update((key,) for key in data)

    def _missing(self, data: Mapping[str, Value], path: Path) -> Path | None:
        """Return how far the path leads in a record, with the first key that is absent, if any."""
        value: Value = data  # type: ignore[assignment]  # a record's data is an object
        for depth, key in enumerate(path):
            if value is None:
                return None
            if not isinstance(value, Mapping):
                return ()
            if key not in value:
                self.seen.update((*path[:depth], other) for other in value)
                return path[: depth + 1]
            value = value[key]
        return None

    def _is_null(self, missing: Path) -> bool:
        return missing in self.reading.declared and self.reading.is_null(missing)

    def counts(self) -> Mapping[str, int]:
        """Return the number of records that state each key, by its path."""
        return {path_text(path): self.stated[path] + self.whole for path in sorted(self.stated)}

    def unheld(self) -> Iterator[Diagnostic]:
        """Yield each key that no record has: an error where it is needed, else a warning."""
        for each in self.keys:
            if self.records and not self.whole and not self.answered[each.path]:
                severity = Severity.ERROR if each.needed else Severity.WARNING
                code = "R170" if each.needed else "R171"
                end = "; nothing will be written" if each.needed else ""
                text = path_text(each.path)
                summary = f"no record of {self.side} has the key '{text}' ({each.reader}){end}"
                near = did_you_mean(text, sorted(map(path_text, self.seen)))
                help = near or "check its spelling, and whether the credentials may see it"
                if each.needed and not near:
                    help += "; where the system leaves out what is null, say `absent: null`"
                yield Diagnostic(each.place, severity, code, summary, help)
        if self.records and self.fixed is not None:
            yield from self._new_fields()

    def _new_fields(self) -> Iterator[Diagnostic]:
        """Yield each field that is written and no record has: an error where none can be added."""
        known = sorted({path_text(path) for path in self.seen if len(path) == 1} - self.written)
        for spec in self.lacking.values():
            near = did_you_mean(spec.path, known)
            if not self.fixed and not near:
                continue  # a file of objects may well get a new field
            severity = Severity.ERROR if self.fixed else Severity.WARNING
            end = "; nothing will be written" if self.fixed else ""
            summary = f"no record of {self.side} has the field '{spec.path}'{end}"
            grow = "; for a new column, set new_columns: add in the target's options"
            more = ", ..." if len(known) > _MOST else ""
            help = near or f"its other fields are: {', '.join(known[:_MOST])}{more}"
            yield Diagnostic(
                spec.key_span, severity, "R172", summary, help + (grow if self.fixed else "")
            )


def tallies_of(code: MappingCode, spec: MappingSpec | None = None) -> dict[str, KeyTally]:
    """Return a tally for "source", "target" and each "references.NAME".

    With `spec`, the target's also looks for the fields that the mapping writes.
    """
    found = {
        "source": _tally("the source", _source_keys(code)),
        "target": _tally("the target", _target_keys(code)),
    }
    if spec is not None:
        found["target"].lacking = _written(spec)
        found["target"].written = frozenset(map(path_text, found["target"].lacking))
    for each in code.references:
        readers = ((each.key, "key", False), (each.value, "value", False))
        found[f"references.{each.name}"] = _tally(f"reference '{each.name}'", readers)
    return found


def _written(spec: MappingSpec) -> dict[Path, FieldSpec]:
    leaving = spec.leavers.set if spec.leavers is not None else ()
    return {
        path_of(each.path): each
        for each in (*leaving, *spec.fields)
        if each.write is not Write.NEVER
    }


_Reads = Iterable[tuple[Expression, str, bool]]


def _tally(side: str, reads: _Reads) -> KeyTally:
    reads = tuple(reads)
    keys = (
        ReadKey(use.keys, _place(expression, use.offset, use.length), reader, needed)
        for expression, reader, needed in reads
        for use in expression.paths
    )
    reading = reads[0][0].reading if reads else Reading()
    return KeyTally(side, tuple(dict.fromkeys(keys)), reading)


def _source_keys(code: MappingCode) -> Iterator[tuple[Expression, str, bool]]:
    for typed in code.match_source:
        yield typed.expression, "match.source", True
    for rule in code.only:
        yield rule, "only", True
    if code.leaver is not None:
        yield code.leaver, "leavers.when", True
    for each in code.leaving:
        for expression in expressions_of(each):
            yield expression, f"leavers.set.{each.rule.path}", True
    for rule in code.rules:
        yield rule, "eligible.when", False
    for each in code.fields:
        for expression in expressions_of(each):
            yield expression, f"fields.{each.rule.path}", False


def _target_keys(code: MappingCode) -> Iterator[tuple[Expression, str, bool]]:
    for expression in code.match_target:
        yield expression, "match.target", True
    for each, reader in ((code.left, "leavers.left"), (code.scheduled, "leavers.scheduled")):
        if each is not None:
            yield each, reader, True


def expressions_of(code: FieldCode) -> Iterator[Expression]:
    """Yield the expressions that a field's cell is computed with."""
    if code.source is not None:
        yield code.source.expression
    for each in (code.default, code.initial, code.when):
        if isinstance(each, Expression):
            yield each


def _place(expression: Expression, offset: int, length: int) -> Span:
    span = expression.span
    column = span.column + offset
    if column >= span.end:
        return span  # an expression over several lines
    return Span(span.file, span.line, column, min(column + max(length, 1), span.end))
