"""Counts how many records have each key that the mapping reads, and how many have a value there.

The keys are known before anything is read. A key that no record has was renamed or misspelt, or the
credentials no longer show it: decisions that depend on it would be unfounded. The same holds if the
key is there but its values are gone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from operator import itemgetter
from typing import Any

from oneway.core.abilities import NewFields, made_ids, new_fields
from oneway.core.batches import Batch, RecordShape
from oneway.core.connector import Reader
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.core.paths import at, path_text
from oneway.core.records import MISSING, Record, Value, is_blank
from oneway.core.similar_words import alike, slips
from oneway.mapping.expressions import Reading
from oneway.mapping.expressions.compared_words import Meant
from oneway.mapping.expressions.value_like_names import CONSTANTS
from oneway.mapping.profile.blank_values import Path, blanks_at, is_null_in, nulls_of
from oneway.mapping.profile.constant_types import TypeTally
from oneway.mapping.profile.day_orders import DayTally
from oneway.mapping.profile.missing_item_keys import ItemTally
from oneway.mapping.profile.new_ids import NewIds, new_ids
from oneway.mapping.profile.number_marks import MarkTally
from oneway.mapping.profile.word_groups import WordGroup
from oneway.mapping.profile.word_tally import WordTally
from oneway.mapping.spec import FieldSpec, MappingSpec

_MAYBE_SLIM = "; where a request for one record shows it, let the manifest read a `detail`"
_MAYBE_NULL = "; if the system leaves out null values, say `absent: null`"
_FLAT = "a heading with a dot is one, unless the options say headings: flat"
_OF_LEAVING = ("leavers.when", "only", "source.one_per")
"""The keys of a source record that alone decide whether a person has left."""
_MOST = 12
"""How many fields a message lists."""


@dataclass(frozen=True, slots=True)
class ReadKey:
    """A key that the mapping reads, and what reads it.

    A `needed` key decides who a person is or whether they have left. With
    `blanks_count`, a blank value affects access, identity or a written value. `quoted` is the key's
    name if it is in double quotes and not in the record schema; its position shows whether it is
    `meant` as text or as a field.
    """

    path: Path
    place: Span
    reader: str
    needed: bool
    blanks_count: bool = True
    quoted: str = ""
    meant: Meant = Meant.FIELD
    shown: bool = False
    """Whether only people see its value; the run is the same without it."""


@dataclass(slots=True)
class KeyTally:
    """Counts the records of one read that answer for each key; `side` names the read in words.

    A record answers if it has the key, if an object on the way is null, or if an absent key means
    null in its system. In the first two cases it also states the key, so a key that the system no
    longer sends is noticed in any case.
    """

    side: str
    keys: tuple[ReadKey, ...]
    reading: Reading
    words: WordTally
    """The comparisons with words, and the values that records have there."""
    records: int = 0
    unread: int = 0
    """How many other records could not be read."""
    new: NewFields | None = None
    """What happens to a written field that no record has; see `new_fields` of connectors."""
    in_file: bool = False
    """Whether the records are in a file, which needs no credentials."""
    spec: MappingSpec | None = None
    """The mapping, if these are records of the target that it writes to."""
    lacking: dict[Path, FieldSpec] = field(default_factory=dict)
    """The written fields that no record has had so far."""
    written: frozenset[str] = frozenset()
    """All fields that the mapping writes."""
    leaving: frozenset[Path] = frozenset()
    """The fields that it writes for leavers."""
    ids: NewIds | None = None
    """The ids of a target that generates those of new records."""
    marks: MarkTally = field(default_factory=MarkTally)
    """The texts that are read as numbers."""
    days: DayTally = field(default_factory=DayTally)
    """The texts that are read as days."""
    types: TypeTally = field(default_factory=TypeTally)
    """The constants whose type no value has had so far."""
    answered: dict[Path, int] = field(default_factory=dict)
    stated: dict[Path, int] = field(default_factory=dict)
    seen: set[Path] = field(default_factory=set)
    whole: int = 0
    """How many records state every key; they are not included in the two counts above."""
    blank: dict[Path, int] = field(default_factory=dict)
    """How many records have a blank value under each key whose `ReadKey` is `told`."""
    items: ItemTally = field(default_factory=lambda: ItemTally(""))
    """The keys within lists that no record has had so far."""
    groups: dict[WordGroup, int] = field(default_factory=dict)
    """How many records have none of the words of each group that decides about access, or, within
    lists, no value."""
    _objects: tuple[tuple[int, str, Callable[[Any], object]], ...] = ()
    """How to get all keys of each object in a record, outer objects first. Each is found under a
    key of an earlier object, by position; the first is the record."""
    _answering: dict[RecordShape, Sequence[Sequence[str]] | None] = field(default_factory=dict)
    """Which parts of a shape must be null for its objects to state every key; None if they do not.
    """
    _told: tuple[tuple[Path, int, int | None], ...] = ()
    """Where the value of each key in `blank` is: in which object, at which of its keys. None if no
    other key of the object is read."""

    def ask(self, reader: Reader) -> None:
        """Ask a target file's reader what happens to fields and ids that no record has."""
        if self.spec is not None:
            self.new = new_fields(reader)
            self.ids = new_ids(self.spec, made_ids(reader))

    def __post_init__(self) -> None:
        self.answered = dict.fromkeys((each.path for each in self.keys), 0)
        self.stated = dict(self.answered)
        self.blank = dict.fromkeys((e.path for e in self.keys if e.blanks_count and e.path), 0)
        keys: dict[Path, set[str]] = {}
        for path in self.answered:
            for depth, key in enumerate(path):
                keys.setdefault(path[:depth], set()).add(key)
        ordered = sorted(keys, key=lambda path: (len(path), path))
        self._objects = tuple(
            (ordered.index(path[:-1]), "".join(path[-1:]), itemgetter(*sorted(keys[path])))
            for path in ordered
        )
        beside = {path: sorted(among) for path, among in keys.items()}
        self._told = tuple(
            (path, ordered.index(path[:-1]), among.index(path[-1]) if len(among) > 1 else None)
            for path in self.blank
            if (among := beside[path[:-1]])
        )

    def note(self, record: Record) -> None:
        """Count a record; an unreadable one says nothing about its keys."""
        if record.problem:
            self.unread += 1
            return
        self.records += 1
        if self.ids is not None:
            self.ids.note_all((record.id,))
        if self.types.constants:
            self.types.note(record)
        self._note_texts(record)
        if self.new is not None and self.lacking:
            self._note_written(record.data)
        if self.words.values:
            self.words.note(record.data)
        if self.items.lacking:
            self.items.note(record.data)
        for group in self.groups:
            self.groups[group] += self._lacks(group, record.data)
        if self._has_all(record.data):
            self.whole += 1
            return
        for path in self.answered:
            value: Value = record.data  # type: ignore[assignment]  # a record's data is an object
            for key in path:
                if not isinstance(value, dict) or key not in value:
                    break
                value = value[key]
            else:  # nearly always
                self.stated[path] += 1
                self.answered[path] += 1
                if path in self.blank and is_blank(value):
                    self.blank[path] += 1
                continue
            missing = self._missing(record.data, path)
            if missing is None:
                self.stated[path] += 1
            if missing is None or self._is_null(missing):
                self.answered[path] += 1
                if path in self.blank:
                    self.blank[path] += 1

    def _note_texts(self, record: Record) -> None:
        self.marks.note(record)
        self.days.note(record)

    def note_all(self, batch: Batch) -> None:
        """Count the records of a batch."""
        if not (self._all_lack_the_same(batch) and self._all_answer(batch)):
            for position in range(len(batch)):
                self.note(batch.record(position))
            return
        self.words.note_all(batch)
        self.marks.note_all(batch)
        self.days.note_all(batch)
        for position in range(len(batch)):
            if not self.items.lacking:
                break
            self.items.note(batch.record(position).data)
        if self.ids is not None:
            self.ids.note_all(batch.ids)
        for position in range(len(batch)):
            if not self.types.constants:
                break
            self.types.note(batch.record(position))
        self.records += len(batch)
        self.whole += len(batch)
        for path in self.blank:
            self.blank[path] += blanks_at(batch, path)
        for group in self.groups:
            self.groups[group] += group.count_lacking(batch)

    def _lacks(self, group: WordGroup, data: Mapping[str, Value]) -> bool:
        value = at(data, group.keys)
        if value is not MISSING:
            return not group.has(value)
        missing = self._missing(data, group.keys)
        return missing is None or self._is_null(missing)

    def _all_lack_the_same(self, batch: Batch) -> bool:
        """Return whether one record shows every key that these records lack so far."""
        if self.new is None or not self.lacking:
            return True
        self._note_written(batch.record(0).data)
        known = batch.shape.attributes
        return not batch.shape.sometimes and not any(path[0] in known for path in self.lacking)

    def _all_answer(self, batch: Batch) -> bool:
        """Return whether each record of a batch certainly states every key.

        It does if an object on the way is null.
        """
        shape = batch.shape
        if shape not in self._answering:
            self._answering[shape] = nulls_of(shape, self.answered)
        nulls = self._answering[shape]
        return nulls is not None and all(is_null_in(batch.items, names) for names in nulls)

    def _has_all(self, data: Mapping[str, Value]) -> bool:
        objects: list[Any] = []
        values: list[Any] = []
        try:
            for parent, key, get_all in self._objects:
                each = objects[parent][key] if objects else data
                values.append(get_all(each))
                objects.append(each)
        except (LookupError, TypeError):  # a key is absent, or its parent is not an object
            return False
        for path, among, place in self._told:
            if is_blank(values[among] if place is None else values[among][place]):
                self.blank[path] += 1
        return True

    def _note_written(self, data: Mapping[str, Value]) -> None:
        for path in tuple(self.lacking):
            if at(data, path) is not MISSING:
                del self.lacking[path]
            else:
                self._missing(data, path)

    def _missing(self, data: Mapping[str, Value], path: Path) -> Path | None:
        """Return the existing part of a path, plus the first key that is absent, if any."""
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
        """Return the number of records that state each key that decides something, by path."""
        paths = sorted({each.path for each in self.keys if not each.shown})
        return {path_text(path): self.stated[path] + self.whole for path in paths}

    def valued(self) -> Mapping[str, int]:
        """Return how many records have a value for each `told` key, by path.

        For each group of words, by name: how many have one of its words. A record that lacks the
        key counts in both, because a decision that depends on the key is already an error.
        """
        found = {path_text(path): self.records - self.blank[path] for path in sorted(self.blank)}
        lacking = sorted(self.groups.items(), key=lambda each: each[0].name)
        return found | {group.name: self.records - number for group, number in lacking}

    def tells_who_left(self) -> bool:
        """Return whether some source record has each key that says who has left."""
        return not any(each.reader in _OF_LEAVING for each in self._lost())

    def unstated(self) -> Iterator[str]:
        """Yield the keys that say who has left and that no source record has."""
        if self.records and not self.whole:
            keys = (each.path for each in self.keys if each.reader in _OF_LEAVING)
            yield from (path_text(each) for each in dict.fromkeys(keys) if not self.stated[each])

    def _lost(self) -> Iterator[ReadKey]:
        """Yield the keys that no record has."""
        if self.records and not self.whole:
            yield from (each for each in self.keys if not self.answered[each.path])

    def unheld(self, *, shown: bool = True) -> Iterator[Diagnostic]:
        """Yield each key that no record has; an error if it is needed, else a warning.

        Without `shown`, keys that only people see are left out.
        """
        yield from (self._unheld(each) for each in self._lost() if shown or not each.shown)
        yield from self.items.unheld()
        yield from self.types.unlike(self.side)
        if self.records and self.new is not None:
            yield from self._new_fields()

    def findings(self) -> Iterator[Diagnostic]:
        """Yield the conflicts of the records with the mapping: missing keys, fields and words."""
        words = list(self.words.unheld())
        for each in self.unheld():
            same = [word for word in words if each.code == "R173" and word.span == each.span]
            words = [word for word in words if word not in same]
            help = " ".join([*(word.help for word in same), each.help])
            yield replace(each, help=help) if same else each
        yield from words
        yield from self.marks.ambiguous(self.side)
        yield from self.days.doubted(self.side)
        if self.ids is not None:
            yield from self.ids.findings()

    def _unheld(self, each: ReadKey) -> Diagnostic:
        text = path_text(each.path)
        as_text = self._may_be_text(each)
        refused = each.needed or as_text
        end = "; nothing will be written" if refused else ""
        summary = f"no record of {self.side} has the key '{text}' ({each.reader}){end}"
        help = self._remedy(each)
        if as_text:
            near = f"; for a field, {help}" if "did you mean" in help else ""
            text = f"for the text, write {_in_quotes(each.quoted)}"
            help = f"double quotes name a field: {text}{near}"
        elif each.needed and "did you mean" not in help:
            help += _MAYBE_NULL if self.in_file else f"{_MAYBE_SLIM}{_MAYBE_NULL}"
        severity = Severity.ERROR if refused else Severity.WARNING
        code = "R170" if each.needed else "R175" if as_text else "R171"
        return Diagnostic(each.place, severity, code, summary, help)

    def _may_be_text(self, key: ReadKey) -> bool:
        """Return whether a name that no record has was certainly not meant as a field."""
        uses = [each.meant for each in self.keys if each.path == key.path]
        if not key.quoted or Meant.FIELD in uses:
            return False
        return Meant.TEXT in uses or "did you mean" not in self._remedy(key)

    def _remedy(self, each: ReadKey) -> str:
        """Return what a key may be: a misspelling, or an unused key of the records."""
        if each.path[0].lower() in CONSTANTS:
            word = each.path[0]
            return f"did you mean the text '{word}', or the value `{CONSTANTS[word.lower()]}`?"
        depth, beside = self._astray(each.path)
        if self.in_file and each.quoted and each.quoted.split(".")[0] in beside:
            return f"did you mean the path {each.quoted}, without quotes? {_FLAT}"
        parent, word, rest = each.path[:depth], each.path[depth], each.path[depth + 1 :]
        unread = [key for key in beside if not self._is_read((*parent, key))]
        near = (slips(word, beside) or alike(word, unread))[:1]
        if near and near[0].strip() == word and self.in_file:
            return f"did you mean '{near[0]}'? to read it without spaces, set spaces: trim"
        if near:
            return f"did you mean '{path_text((*parent, near[0], *rest))}'?"
        if each.meant is Meant.TEXT and not each.quoted:
            return f"did you mean the text '{word}'? otherwise check its spelling"
        help = "check its spelling"
        if not self.in_file:
            return f"{help}, and whether the credentials may see it"
        if not unread:
            return f"{help}, and whether the file still has it"
        more = ", ..." if len(unread) > _MOST else ""
        return f"{help}; nothing reads these: {', '.join(unread[:_MOST])}{more}"

    def _astray(self, path: Path) -> tuple[int, list[str]]:
        """Return a path up to its first wrong key, and the keys that records have there."""
        for depth in reversed(range(len(path))):
            beside = {each[-1] for each in self.seen if each[:-1] == path[:depth]}
            if beside:
                return depth, sorted(beside)
        return 0, []

    def _is_read(self, path: Path) -> bool:
        return any(each[: len(path)] == path for each in self.answered)

    def _new_fields(self) -> Iterator[Diagnostic]:
        """Yield each written field that no record has; an error if it is misspelt."""
        held = {path_text(path) for path in self.seen}
        for path, spec in self.lacking.items():
            if path in self.reading.declared:
                continue
            others = held if path in self.leaving else held - self.written
            known = sorted(path_text(each) for each in self.seen if len(each) == len(path))
            near = slips(spec.path, others)[:1]
            asked = self.new is NewFields.WANTED or spec.when is not None
            if self.new is not NewFields.REFUSED and asked and not near:
                continue  # it is intentionally new, or still blank for everyone
            wrong = self.new is NewFields.REFUSED or (near and self.new is NewFields.DOUBTED)
            severity = Severity.ERROR if wrong else Severity.WARNING
            end = "; nothing will be written" if wrong else ""
            summary = f"no record of {self.side} has the field '{spec.path}'{end}"
            more = ", ..." if len(known) > _MOST else ""
            listed = f"its other fields are: {', '.join(known[:_MOST])}{more}"
            help = f"did you mean '{near[0]}'?" if near else listed
            if self.new is not NewFields.WANTED:
                add = "set new_columns: add in the target's options"
                help += f" If it is new, {add}" if near else f"; if it is new, {add}"
            yield Diagnostic(spec.key_span, severity, "R172", summary, help)


def _in_quotes(text: str) -> str:
    """Return text as an expression writes it: in single quotes."""
    return "'" + text.replace("'", "\\'") + "'"
