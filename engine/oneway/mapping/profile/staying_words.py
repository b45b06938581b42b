"""Checks that a former leaver's status is one that the source also gives to people who stay.

`leavers.when: status == 'Former'` does not hold for a blank, misspelt or new status. For people who
had left, this proves nothing: but for this one value, they would still be leavers.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from oneway.core.description import Resource
from oneway.core.paths import ItemPath, at, item_text, with_value
from oneway.core.records import Missing, Record, Value, holds, is_blank
from oneway.core.similar_words import one_form
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.mapping.expressions.compared_words import Way
from oneway.mapping.expressions.placed_words import placed_words
from oneway.mapping.profile.word_tally import DISTINCT, within

if TYPE_CHECKING:
    from oneway.core.batches import Batch

_WHOLE = (Way.EQUAL, Way.SAME, Way.AS_TEXT)
"""How a value is compared that is itself a word, not a text that contains one."""
_LONGEST = 60
"""Longer values are remarks, not words of a list."""
_FEW = 50
"""How many records are kept for each word."""
_BLANK = ""
_DECLARE = (
    "; if it says that they stay, list all words of the field in the source's `record` (`enum`)"
)


class StayingWords:
    """The words that a source uses for its people, and who has each.

    `listed` are people who had left by the last run and could still get in.
    """

    def __init__(
        self,
        code: MappingCode,
        context: Context,
        listed: Collection[str],
        schema: Resource | None,
    ) -> None:
        self._leaver, self._context, self._listed = code.leaver, context, frozenset(listed)
        self._scope = code.only if code.policy.outsiders_leave else ()
        self._named = _named((code.leaver, *self._scope))
        """The words that make people leavers, by place."""
        self._away = _named((code.leaver,))
        more = _named((code.leaver, *code.only, *code.rules))
        fields = schema.fields if schema is not None else {}
        self._known: dict[ItemPath, frozenset[str]] = {}
        """The words that the mapping or the record schema names."""
        for place in self._named:
            field = fields.get(item_text(place))
            enum = map(_form, field.enum) if field is not None else ()
            self._known[place] = frozenset(more[place]).union(enum)
        self._records: dict[str, Record] = {}
        self._holders: dict[ItemPath, dict[str, list[str]]] = {e: {} for e in self._named}
        """The people with each word."""
        self._digest: Callable[[str], str] = str
        self._familiar: Collection[str] | None = None

    def recall(self, digest: Callable[[str], str], familiar: Collection[str] | None) -> None:
        """Compare words with those that people who stay had by the last run, if that is known.

        They are stored as digests.
        """
        self._digest, self._familiar = digest, familiar

    def of_people_who_stay(self, out: Collection[str]) -> frozenset[str]:
        """Return the digests of the words that say that people stay, for the next run to know.

        A word is learned if nobody who is `out` has it, or if most others do: a new word for
        leavers may reach somebody who stays by all that is known, on the night on which leavers
        get it too.
        """
        aside = self._listed.union(out)
        found = set()
        for place, holders in self._holders.items():
            for form, ids in holders.items() if len(holders) <= DISTINCT else ():
                stay = [id for id in ids if id not in aside]
                known = len(stay) == len(ids) or self._is_familiar(place, form, stay, aside)
                if stay and known and form not in self._known[place]:
                    found.add(self._digest_of(place, form))
        return frozenset(found)

    def note(self, record: Record) -> None:
        """Note the values of a record."""
        kept = record.id in self._listed
        for place, holders in self._holders.items():
            for form in _forms(place, at(record.data, place[0])):
                kept = self._hold(place, form, holders, [record.id]) > 0 or kept
        if kept:
            self._records[record.id] = record

    def note_all(self, batch: "Batch") -> None:
        """Note the values of many records."""
        kept: set[int] = set()
        if not self._listed.isdisjoint(batch.ids):
            kept = {at for at, id in enumerate(batch.ids) if id in self._listed}
        for place, holders in self._holders.items():
            values = batch.values(place[0])
            if values is None or len(values) < len(batch):
                values = [at(batch.record(each).data, place[0]) for each in range(len(batch))]
            for form, theirs in _by_form(place, values).items():
                ids = [batch.ids[each] for each in theirs]
                kept.update(theirs[: self._hold(place, form, holders, ids)])
        self._records.update((batch.ids[each], batch.record(each)) for each in kept)

    def inconclusive(
        self, out: Collection[str], of: Collection[str] | None = None
    ) -> Mapping[str, str]:
        """Return why a person's words do not show that they stay; of those listed, or of others.

        `out` are people who have left or may have; their words are not taken as examples.
        """
        asked = self._listed if of is None else frozenset(of)
        aside = asked.union(out)
        without = asked if of is None else aside
        records = ((id, self._records[id]) for id in asked & self._records.keys())
        left = "by `leavers.when` they have left, and `only` leaves them out"
        found = {id: left for id, each in records if self._is_leaver(each.data)}
        for place, holders in self._holders.items():
            if of is not None and len(holders) > DISTINCT:
                continue  # names or numbers, not words of a list
            for form, ids in holders.items():
                theirs = () if asked.isdisjoint(ids) else [id for id in ids if id in asked]
                said = self._no_answer(place, form, without, aside) if theirs else ""
                for id in theirs if said else ():
                    if id not in found and self._would_leave(id, place):
                        found[id] = said
        return found

    def _hold(
        self, place: ItemPath, form: str, holders: dict[str, list[str]], ids: Sequence[str]
    ) -> int:
        """Note people with a word; return how many of their records are to be kept."""
        if len(holders) > DISTINCT and form not in holders and not self._listed:
            return 0
        known = holders.setdefault(form, [])
        wanted = 0 if form in self._known[place] else max(_FEW - len(known), 0)
        known.extend(ids)
        return wanted

    def _no_answer(
        self, place: ItemPath, form: str, without: Collection[str], aside: Collection[str]
    ) -> str:
        """Return why a word does not show that people stay; "" if it does.

        Those `aside` are not examples of people who stay. If there are no others than `without`,
        words are not compared.
        """
        if form in self._known[place] or form[:1].isdigit() or len(form) > _LONGEST:
            return ""
        holders, away = self._holders[place], self._away.get(place, {})
        if all(id in without for ids in holders.values() for id in ids):
            return ""
        key = item_text(place)
        if form == _BLANK:
            said = [id for word, ids in holders.items() if word not in away for id in ids]
            others = sum(id not in aside for id in said)
            blank = sum(id not in aside for id in holders[_BLANK])
            return f"'{key}' is blank" if 2 * blank < others or not others else ""
        staying = [id for id in holders[form] if id not in aside]
        if not staying:
            return f"'{key}' has a word that nobody else has{_DECLARE}"
        if self._familiar is not None and not self._is_familiar(place, form, staying, aside):
            return f"'{key}' has a new word, which few others have{_DECLARE}"
        return ""

    def _is_familiar(
        self, place: ItemPath, form: str, staying: Sequence[str], aside: Collection[str]
    ) -> bool:
        """Return whether people who stay had a word by the last run, or most of them have it."""
        if self._familiar and self._digest_of(place, form) in self._familiar:
            return True
        every = {id for ids in self._holders[place].values() for id in ids if id not in aside}
        return 2 * len({*staying}) > len(every)

    def _digest_of(self, place: ItemPath, form: str) -> str:
        return self._digest(f"word of {item_text(place)}: {form}")

    def _would_leave(self, id: str, place: ItemPath) -> bool:
        """Return whether a person would leave with another word at a place."""
        record = self._records.get(id)
        if place[1:] or record is None:
            return True
        words = self._named[place].values()
        return any(self._leaves(with_value(record.data, place[0], word)) for word in words)

    def _leaves(self, data: Mapping[str, Value]) -> bool:
        return self._is_leaver(data) or not all(self._holds(each, data) for each in self._scope)

    def _is_leaver(self, data: Mapping[str, Value]) -> bool:
        """Return whether a person is, or may be, a leaver."""
        return self._leaver is not None and self._holds(self._leaver, data, unsure=True)

    def _holds(
        self, condition: Expression, data: Mapping[str, Value], *, unsure: bool = False
    ) -> bool:
        """Return whether a condition holds; `unsure` if that is unknown."""
        try:
            found = condition.decide(data, self._context)
        except EvaluationError:
            return unsure
        return unsure if found.truth else holds(found.value)


def _named(conditions: Iterable[Expression | None]) -> dict[ItemPath, dict[str, Value]]:
    """Return the words that conditions compare whole values with, by place."""
    found: dict[ItemPath, dict[str, Value]] = {}
    for each in conditions:
        for place, word in placed_words(each.text, each.tree) if each is not None else ():
            if word.way in _WHOLE:
                found.setdefault(place, {})[_form(word.value)] = word.value
    return found


def _by_form(place: ItemPath, values: Sequence[Value | Missing]) -> Mapping[str, list[int]]:
    """Return the positions of values, by the forms of their words."""
    found: dict[str, list[int]] = {}
    for position, value in enumerate(values):
        for form in _forms(place, value):
            found.setdefault(form, []).append(position)
    return found


def _forms(place: ItemPath, value: Value | Missing) -> Iterator[str]:
    inner = place[1:]
    if not inner:
        yield _BLANK if isinstance(value, Missing) or is_blank(value) else _form(value)
        return
    found = {_form(each) for each in within(value, inner) if not is_blank(each)}
    yield from sorted(found) or [_BLANK]


@lru_cache(maxsize=1_000)
def _form_of_text(text: str) -> str:
    return one_form(text)


def _form(value: Value) -> str:
    """Return the form of a word; text that begins with a digit is a day or number, not a word."""
    return _form_of_text(value) if isinstance(value, str) else f"0{value}"
