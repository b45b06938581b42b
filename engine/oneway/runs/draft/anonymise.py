"""Replaces personal values with invented ones; equal values stay equal everywhere.

Texts are replaced word by word: a full name is still the first name and the last name, and an
email address built from them still is. A word that is not a name keeps its length, its capitals
and the positions of its digits; 0042 and 42 get the same number. All dates move by the same number
of days, so their order stays. Nothing is random: the same records give the same result.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date, timedelta
from hashlib import sha256
from itertools import chain, count
from math import prod

from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway.core.parsing import parse_day
from oneway.core.paths import path_text
from oneway.core.records import Value, is_blank
from oneway.core.seal import canonical
from oneway.mapping.functions import EvaluationError
from oneway.mapping.functions.dates import format_date, parse_date

_FIRST = ("Ada", "Bram", "Cleo", "Dev", "Edda", "Finn", "Gita", "Hugo", "Ines", "Joss")
_LAST = ("Ashdown", "Birch", "Calder", "Dunmore", "Elmet", "Fairlie", "Garrow", "Holm")
_POOLS = {"first": _FIRST, "name": (*_FIRST, *_LAST), "last": _LAST, "manager": (*_FIRST, *_LAST)}
_DOMAINS = ("example.com", "example.org", "example.net")
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"([^@\s]+)@([^@\s]+)")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?=$|[T ])")
_WITH_YEAR = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)\d\d)(?=$|\s)")
_LETTERS = "xyzabcdefghijklmnopqrstuvw"
_TRUTHS = frozenset({"true", "false", "yes", "no", "y", "n", "on", "off"})
_BIRTH = date(1990, 1, 1)


def days_of(records: Iterable[Mapping[str, Value]]) -> int:
    """Return how many days to move these records' dates by: whole weeks, at least half a year."""
    digest = sha256(b"".join(canonical(dict(each)).encode() for each in records)).digest()
    return -7 * (26 + int.from_bytes(digest[:2]) % 150)


@dataclass(slots=True)
class Anonymiser:
    """Replaces values by invented ones.

    Texts in `keeps`, such as the words of a mapping, stay in any case. Neither they nor words in
    `real` are used as a replacement. `patterns` are date patterns besides the usual ones.
    """

    keeps: frozenset[str] = frozenset()
    days: int = 0
    patterns: tuple[str, ...] = ()
    real: frozenset[str] = frozenset()
    _known: dict[str, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _domains: dict[str, str] = field(default_factory=dict)
    _bare: frozenset[str] = field(init=False)
    """The real words; numbers without leading zeros."""

    def __post_init__(self) -> None:
        self._bare = frozenset(each[len(_zeros(each)) :] for each in self.real)

    def record(self, data: Mapping[str, Value]) -> dict[str, Value]:
        """Return a record with every value replaced; its keys stay."""
        return {key: self.value(value, (key,)) for key, value in data.items()}

    def value(self, value: Value, path: tuple[str, ...]) -> Value:
        """Return the replacement of a value at a path; blanks and booleans stay."""
        if isinstance(value, dict):
            return {key: self.value(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each, path) for each in value]
        word = str(value).strip().casefold()
        if isinstance(value, bool) or is_blank(value) or word in self.keeps or word in _TRUTHS:
            return value
        if isinstance(value, int | float):
            return self._number(value)
        kind = concept(path_text(path))
        return self._date(str(value), kind) or self._text(str(value), kind)

    def _number(self, value: int | float) -> Value:
        text = _WORD.sub(lambda found: self._word(found[0], ""), repr(value))
        return int(text) if isinstance(value, int) else float(text)

    def _date(self, text: str, kind: str) -> str | None:
        """Return a text that is a date as another date in the same form."""

        def moved(day: date) -> date:
            if kind == "birth":
                return _BIRTH + timedelta(days=day.toordinal() % 364)
            return day + timedelta(days=self.days)

        try:
            return _redated(text, self.patterns, moved)
        except OverflowError:
            return None

    def _text(self, text: str, kind: str) -> str:
        address = _ADDRESS.fullmatch(text.strip())
        if address is None:
            return _WORD.sub(lambda found: self._word(found[0], kind), text)
        name = _WORD.sub(lambda found: self._word(found[0], kind), address[1])
        at = f"{name}@{_cased(self._domain(address[2].casefold()), address[2])}"
        return text.replace(address[0], at)

    def _domain(self, domain: str) -> str:
        if domain in self.keeps or f"@{domain}" in self.keeps:
            return domain
        if domain not in self._domains:
            known = {domain, *self._domains, *self._domains.values()}
            made = (f"x{number}.example.com" for number in count(1))
            self._domains[domain] = next(e for e in chain(_DOMAINS, made) if e not in known)
        return self._domains[domain]

    def _word(self, word: str, kind: str) -> str:
        key = word.casefold()
        # 0042 and 42 are one number, with one replacement
        zeros = _zeros(key)
        key = key[len(zeros) :]
        if key not in self._known:
            self._known[key] = self._invented(key, kind)
        return zeros + _cased(self._known[key], word)

    def _invented(self, key: str, kind: str) -> str:
        """Return an unused word: a name from a pool, or letters and digits."""
        pool = _POOLS.get(kind, ()) if key.isalpha() else ()
        for found in chain(map(str.casefold, pool), _of_shape(key)):
            if not (found in self._taken or found in self._bare or found in self.keeps):
                self._taken.add(found)
                return found
        return key  # all words of this shape are taken, so it stays


def words_of(records: Iterable[Value]) -> frozenset[str]:
    """Return all words of the records, without case."""
    found: set[str] = set()
    for each in records:
        if isinstance(each, dict):
            found |= words_of(each.values())
        elif isinstance(each, list):
            found |= words_of(each)
        elif not isinstance(each, bool) and each is not None:
            found.update(word.casefold() for word in _WORD.findall(str(each)))
    return frozenset(found)


_MOST = 100_000


def _of_shape(key: str) -> Iterator[str]:
    """Yield words of one shape: letters for letters, digits for digits, with leading zeros."""
    zeros = len(_zeros(key))
    kinds = ["0123456789" if each.isdigit() else _LETTERS for each in key[zeros:]]
    whole = key.isdigit()
    there = prod(map(len, kinds))
    first = there // 10 if whole and kinds else 1
    for number in range(first, min(there, first + _MOST)):
        made, rest = "", number
        for letters in reversed(kinds):
            rest, place = divmod(rest, len(letters))
            made = letters[place] + made
        yield "0" * zeros + made


def _zeros(word: str) -> str:
    """Return the zeros before a number; "" for any other word."""
    return word[: len(word) - len(word[:-1].lstrip("0") + word[-1])] if word.isdigit() else ""


def _cased(word: str, like: str) -> str:
    """Return a word in the capitals of another one."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


def _redated(text: str, patterns: Iterable[str], moved: Callable[[date], date]) -> str | None:
    trimmed = text.strip()
    if (iso := _ISO.match(trimmed)) and (day := parse_day(iso[1])):
        return text.replace(iso[1], moved(day).isoformat(), 1)
    for pattern in patterns:
        try:
            found = parse_date(trimmed, pattern)
            if found is not None:
                new = format_date(moved(date.fromisoformat(found)).isoformat(), pattern)
                return text.replace(trimmed, str(new))
        except EvaluationError:
            continue
    if (written := _WITH_YEAR.match(trimmed)) and (day := _day_of(written)):
        return text.replace(written[0], _as_written(moved(day), written), 1)
    return None


def _day_of(written: re.Match[str]) -> date | None:
    """Return the date of a text such as 05/11/2026, the day first unless it cannot be."""
    first, second, year = int(written[1]), int(written[3]), int(written[4])
    day, month = (first, second) if second <= 12 else (second, first)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _as_written(day: date, like: re.Match[str]) -> str:
    first, second = (day.day, day.month) if int(like[3]) <= 12 else (day.month, day.day)
    numbers = (str(first).zfill(len(like[1])), str(second).zfill(len(like[3])))
    return like[2].join((*numbers, str(day.year)))
