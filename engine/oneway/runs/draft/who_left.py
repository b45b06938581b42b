"""Tells by a field's heading and its words who has left."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from oneway.core import yes_and_no
from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept, plain, words_of
from oneway.core.parsing import parse_day
from oneway.core.paths import at
from oneway.core.records import MISSING, Value, is_blank
from oneway.runs.draft.notation import called
from oneway.runs.draft.outsiders import YES, is_outside
from oneway.runs.draft.side import DraftSide

FEW = 6
"""The most words that a condition lists."""

_GONE = re.compile(
    r"leaver|left|former|terminated|inactive|ended|departed|resigned|uit dienst|vertrokken|"
    r"inactief|ausgeschieden|ausgetreten|inaktiv|inactif",
    re.IGNORECASE,
)
_HERE = frozenset((
    "employed", "current", "working", "works", "serving", "indienst", "imdienst", "inservice",
    "werkzaam", "beschäftigt", "angestellt", "enposte", "employé", "salarié",
))  # fmt: skip
_AWAY = frozenset((
    "left", "gone", "leaver", "leavers", "exited", "departed", "resigned", "terminated", "former",
    "exemployee", "uitdienst", "vertrokken", "ausgeschieden", "ausgetreten", "parti", "sorti",
))  # fmt: skip
_BESIDE = frozenset((
    "is", "are", "was", "has", "have", "hat", "ist", "heeft", "a", "est", "still", "currently",
    "noch", "nog", "encore", "the", "us", "our", "we", "here", "with", "at", "in", "company",
    "firm", "firma", "bedrijf", "staff", "member", "person", "worker", "employee", "employees",
    "employment", "mitarbeiter", "medewerker", "werknemer", "status", "flag", "yes", "no", "ja",
    "nein", "nee", "oui", "non",
))  # fmt: skip
"""Words of a heading that do not change what it asks: "Is still employed here"."""
_PARTS = frozenset(("ft", "pt", "ht", "vz", "tz", "tp", "tc"))
"""Codes for full time and part time: an employment status often holds these."""


@dataclass(frozen=True, slots=True)
class LeftBy:
    """A field whose words say who has left: the words of leavers, and of those who stay."""

    path: str
    words: Sequence[Value]
    stays: Sequence[Value]
    guess: str = ""
    """The question whether these words mean that, if it is a guess."""


def who_left(source: DraftSide, day: str, today: date) -> LeftBy | None:
    """Return the field whose words say who has left; a sure one before a guess."""
    found = [each for path in source.fields if path != day for each in _by_words(source, path)]
    found += _by_days(source, day, today) if day and not found else ()
    return min(found, key=lambda each: each.guess != "", default=None)


def unclear(source: DraftSide, day: str, used: str) -> Iterator[str]:
    """Yield the other fields that may say who has left; `day` and `used` are those that do."""
    for path in source.fields:
        words = _words(source, path)
        named = concept(path) in ("status", "closed", "leave") or (words and _asks(path, words))
        if path not in (day, used) and named and 0 < len(words) <= FEW and not _are_days(words):
            yield path


def listed(source: DraftSide, path: str) -> str:
    """Return the words of a field, with the number of records of each, in words."""
    return ", ".join(f"{word} {number:,}" for word, number in _words(source, path).most_common())


def is_gone(path: str, value: Value) -> bool:
    """Return whether a value says that a person has left: "Leaver", or "Yes" in "Left"."""
    kind, word = concept(path), str(value).strip().casefold()
    if kind == "status" and re.search("active|enabled|actief|aktiv|actif", plain(path)):
        return word in (*yes_and_no.NO, "inactive")
    if kind in ("leave", "closed"):
        return word in YES
    return isinstance(value, str) and _GONE.search(value) is not None


def _by_words(source: DraftSide, path: str) -> Iterator[LeftBy]:
    words = _words(source, path)
    stays: list[Value]
    if concept(path) in ("status", "closed", "leave"):
        gone = [each for each in words if is_gone(path, each)]
        stays = [each for each in words if each not in gone]
        if gone:
            yield LeftBy(path, gone, stays)
            return
    asks = _asks(path, words)
    left: list[Value] = [
        each for each in words if _word(each) in (yes_and_no.NO if asks == "here" else YES)
    ]
    if not asks:
        left = _by_codes(path, words)
    if left:
        stays = [each for each in words if each not in left]
        yield LeftBy(path, left, stays, _guess(source, path, left))


def _asks(path: str, words: Counter[str | int]) -> str:
    """Return what a column of yes and no asks by its heading: "here", "away" or ""."""
    if not words or not {_word(each) for each in words} <= YES | yes_and_no.NO:
        return ""
    parts = words_of(path)
    main = "".join(each for each in parts if each not in _BESIDE)
    whole = "".join(parts)
    if main in _HERE or whole in _HERE:
        return "here"
    return "away" if main in _AWAY or whole in _AWAY else ""


def _by_codes(path: str, words: Counter[str | int]) -> list[Value]:
    """Return the rare codes of a status, such as L and T beside A."""
    short = all(len(_word(each)) <= _CODE for each in words)
    if concept(path) != "status" or not (short and 1 < len(words) <= FEW):
        return []
    if plain(path) == "state" or _PARTS & {_word(each) for each in words}:
        return []
    (_, most), *others = words.most_common()
    return [each for each, _ in others] if 2 * most > words.total() else []


_CODE = 3
"""The most letters of a code; longer words say by themselves what they mean."""


def _by_days(source: DraftSide, day: str, today: date) -> Iterator[LeftBy]:
    """Yield the fields with a word that mostly those have whose last day has come."""
    for path in source.fields if day else ():
        words = _words(source, path)
        if not 1 < len(words) <= FEW or concept(path) not in ("", "status"):
            continue
        past = Counter[str | int]()
        for each in source.records:
            last = parse_day(at(each.data, source.keys(day)))
            word = at(each.data, source.keys(path))
            if last is not None and last < today and isinstance(word, str | int):
                past[word] += 1
        left = next(iter(past), "")
        alone = len(past) == 1 and past[left] > 1 and 2 * past[left] > words[left]
        if alone and not is_outside(path, left):  # a kind of people, however many of them have left
            stays: list[Value] = [each for each in words if each != left]
            yield LeftBy(path, [left], stays, _guess(source, path, [left]))


def _guess(source: DraftSide, path: str, left: Sequence[Value]) -> str:
    said = " or ".join(f"'{each}'" for each in left)
    held = f"guess: {called(path)} holds {listed(source, path)}"
    return f"{held}. Does {said} mean that a person has left?"


def _words(source: DraftSide, path: str) -> Counter[str | int]:
    """Return the words of a field, with the number of records of each."""
    held = (at(each.data, source.keys(path)) for each in source.records)
    given = [each for each in held if each is not MISSING and not is_blank(each)]
    return Counter(each for each in given if isinstance(each, str | int))


def _are_days(words: Counter[str | int]) -> bool:
    """Return whether some words are days, also in a form that nothing reads."""
    return any(len(_word(each)) > _CODE and re.search("[0-9]", _word(each)) for each in words)


def _word(value: object) -> str:
    return str(value).strip().casefold()
