"""Checks that a former leaver who stays has a status that the source also gives to other people.

`leavers.when: status == 'Former'` holds of nobody whose status is blank, misspelt or new. Of people
who were leavers the night before, that is no answer: but for this one value, they would still be.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from oneway.core.connector import Resource
from oneway.core.records import (
    ItemPath,
    Missing,
    Record,
    Value,
    at,
    holds,
    is_blank,
    item_text,
    with_value,
)
from oneway.core.similar_words import one_form
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.mapping.expressions.compared_words import Way
from oneway.mapping.expressions.placed_words import placed_words
from oneway.mapping.profile.word_tally import within

if TYPE_CHECKING:
    from oneway.core.batches import Batch

_WHOLE = (Way.EQUAL, Way.SAME, Way.AS_TEXT)
"""How a value is compared that is a word by itself, and no text that holds one."""
_ENOUGH = 50
"""So many of those who have a word are remembered."""
_LONGEST = 60
"""A longer value is a remark, and no word of a list."""
_BLANK = ""


class StayingWords:
    """The words that a source uses, of some `listed` people and of all others."""

    def __init__(
        self,
        code: MappingCode,
        context: Context,
        listed: Collection[str],
        schema: Resource | None,
    ) -> None:
        self._leaver, self._context, self._listed = code.leaver, context, frozenset(listed)
        self._named = _named((code.leaver,)) if listed else {}
        """The words of the condition itself, by place."""
        more = _named((code.leaver, *code.only, *code.rules)) if listed else {}
        fields = schema.fields if schema is not None else {}
        self._known: dict[ItemPath, frozenset[str]] = {}
        """Those that the mapping or the record schema names."""
        for place in self._named:
            field = fields.get(item_text(place))
            enum = map(_form, field.enum) if field is not None else ()
            self._known[place] = frozenset(more[place]).union(enum)
        self._records: dict[str, Record] = {}
        self._holders: dict[ItemPath, dict[str, list[str]]] = {e: {} for e in self._named}
        """A few of the others who have each word."""
        self._counts: dict[ItemPath, dict[str, int]] = {e: {} for e in self._named}

    def note(self, record: Record) -> None:
        """Take note of a record's values."""
        if record.id in self._listed:
            self._records[record.id] = record
            return
        for place in self._named:
            self._hold(place, record.id, at(record.data, place[0]))

    def note_all(self, batch: "Batch") -> None:
        """Take note of the values of many records."""
        if not self._named:
            return
        theirs = [] if self._listed.isdisjoint(batch.ids) else batch.ids
        for position, id in enumerate(theirs):
            if id in self._listed:
                self._records[id] = batch.record(position)
        for place in self._named:
            values = batch.values(place[0])
            if values is None or len(values) < len(batch):
                values = [at(batch.record(each).data, place[0]) for each in range(len(batch))]
            for id, value in zip(batch.ids, values, strict=True):
                if id not in self._listed:
                    self._hold(place, id, value)

    def unheard(self, out: Collection[str]) -> Mapping[str, str]:
        """Return what is no answer to whether each listed person stays, in words; not of leavers.

        `out` are people whose target records have left: what is said of them is no example.
        """
        found = ((id, self._unheard(record, out)) for id, record in self._records.items())
        return {id: why for id, why in found if why}

    def _hold(self, place: ItemPath, id: str, value: Value | Missing) -> None:
        counts, holders = self._counts[place], self._holders[place]
        for form in _forms(place, value):
            counts[form] = counts.get(form, 0) + 1
            few = holders.setdefault(form, [])
            if len(few) < _ENOUGH:
                few.append(id)

    def _unheard(self, record: Record, out: Collection[str]) -> str:
        if self._leaves(record.data):
            return "by `leavers.when` they have left, and `only` leaves them out"
        for place, named in self._named.items():
            for form in _forms(place, at(record.data, place[0])):
                said = self._no_answer(place, form, out)
                if said and self._would_leave(record, place, named):
                    return said
        return ""

    def _no_answer(self, place: ItemPath, form: str, out: Collection[str]) -> str:
        counts, named = self._counts[place], self._named[place]
        if not counts or form in self._known[place] or form[:1].isdigit() or len(form) > _LONGEST:
            return ""
        key = item_text(place)
        if form == _BLANK:
            others = sum(number for word, number in counts.items() if word not in named)
            return f"'{key}' is blank" if 2 * counts.get(_BLANK, 0) < others or not others else ""
        if all(id in out for id in self._holders[place].get(form, ())):
            return f"'{key}' has a word that nobody else has, and `record` does not declare"
        return ""

    def _would_leave(self, record: Record, place: ItemPath, named: Mapping[str, Value]) -> bool:
        """Return whether a person would be a leaver by another word at a place."""
        if place[1:]:
            return True
        data = (with_value(record.data, place[0], word) for word in named.values())
        return any(map(self._leaves, data))

    def _leaves(self, data: Mapping[str, Value]) -> bool:
        """Return whether somebody is, or may be, a leaver."""
        if self._leaver is None:
            return False
        try:
            found = self._leaver.decide(data, self._context)
        except EvaluationError:
            return True
        return bool(found.truth) or holds(found.value)


def _named(conditions: Iterable[Expression | None]) -> dict[ItemPath, dict[str, Value]]:
    """Return the words that conditions compare whole values with, by place."""
    found: dict[ItemPath, dict[str, Value]] = {}
    for each in conditions:
        for place, word in placed_words(each.text, each.tree) if each is not None else ():
            if word.way in _WHOLE:
                found.setdefault(place, {})[_form(word.value)] = word.value
    return found


def _forms(place: ItemPath, value: Value | Missing) -> Iterator[str]:
    inner = place[1:]
    if not inner:
        yield _BLANK if isinstance(value, Missing) or is_blank(value) else _form(value)
        return
    found = {_form(each) for each in within(value, inner) if not is_blank(each)}
    yield from sorted(found) or [_BLANK]


def _form(value: Value) -> str:
    """Return the form of a word; one with a figure in front is a day or a number, and no word."""
    return one_form(value) if isinstance(value, str) else f"0{value}"
