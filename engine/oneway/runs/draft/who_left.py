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
from oneway.runs.draft.status_words import (
    is_of_something_else,
    is_status,
    says_gone,
    says_here,
    says_stays,
)

FEW = 6
"""The most words that a condition lists."""

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
    left_out: str = ""
    """The question about the words that might say it, too, and that the rule does not name."""


def who_left(source: DraftSide, day: str, today: date) -> LeftBy | None:
    """Return the field whose words say who has left; a sure one before a guess."""
    found = [each for path in source.fields if path != day for each in _by_words(source, path)]
    found += _by_days(source, day, today) if day and not found else ()
    return min(found, key=lambda each: each.guess != "", default=None)


def unclear(source: DraftSide, day: str, used: str) -> Iterator[str]:
    """Yield the other fields that may say who has left; `day` and `used` are those that do."""
    for path in source.fields:
        words = _words(source, path)
        named = _is_named(path) or (words and _asks(path, words))
        told = not is_of_something_else(path) and _tells(words)
        few = 0 < len(words) <= FEW or told
        if path not in (day, used) and (named or told) and few and not _are_days(words):
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
    return isinstance(value, str) and says_gone(value)


def _by_words(source: DraftSide, path: str) -> Iterator[LeftBy]:
    words = _words(source, path)
    named = _is_named(path)
    told = concept(path) == "" and not is_of_something_else(path) and _tells(words)
    gone = [each for each, _ in words.most_common() if is_gone(path, each)]
    if gone and (named or told):
        guess = "" if named else _guess(source, path, gone)
        yield LeftBy(path, gone, _stays(words, gone), guess, _left_out(path, words, gone))
        return
    asks = _asks(path, words)
    left: list[Value] = [
        each for each in words if _word(each) in (yes_and_no.NO if asks == "here" else YES)
    ]
    if not asks:
        left = _by_codes(path, words)
    if left:
        yield LeftBy(path, left, _stays(words, left), _guess(source, path, left))


_NAMED = ("status", "closed", "leave")


def _is_named(path: str) -> bool:
    """Return whether a heading says that its words tell who has left."""
    return concept(path) in _NAMED or is_status(path)


def _tells(words: Counter[str | int]) -> bool:
    """Return whether a column has words of people who work here and of people who have left.

    "Inactive" alone does not count: many things are active or inactive.
    """
    texts = [each for each in words if isinstance(each, str)]
    gone = [each for each in texts if says_gone(each) and not _SWITCHED_OFF.search(each)]
    return len(words) <= MOST and bool(gone) and any(map(says_here, texts))


_SWITCHED_OFF = re.compile("inac?ti|inaktiv", re.IGNORECASE)
MOST = 20
"""The most words of a column that tells who has left; a column with more holds remarks."""


def _stays(words: Counter[str | int], gone: Sequence[Value]) -> list[str | int]:
    """Return the other words of a column, those of people who clearly work here first."""
    return sorted((e for e in words if e not in gone), key=lambda e: not says_here(str(e)))


def _left_out(path: str, words: Counter[str | int], gone: Sequence[Value]) -> str:
    """Return the question about the words that a rule does not name; "" if they clearly stay.

    Without a word such as "Active", the most frequent word is the one of those who stay.
    """
    stays = _stays(words, gone)
    usual = max(stays, key=lambda each: words[each], default="")
    plain = any(says_here(str(each)) for each in stays)
    open_ = [
        each
        for each, _ in words.most_common()
        if (each in stays and (plain or each != usual) and not _clearly_stays(each))
        or each in gone[FEW:]
    ]
    if not open_:
        return ""
    held = ", ".join(f"{each} {words[each]:,}" for each in open_[:FEW])
    more = f" and {len(open_) - FEW:,} more" if open_[FEW:] else ""
    return f"Of {called(path)}, the rule leaves out {held}{more}: {DOES_ONE_SAY}"


DOES_ONE_SAY = "does one of these words say who has left, too?"


def _clearly_stays(word: Value) -> bool:
    """Return whether a word is one of people who stay, as the "no" of a column "Left" is."""
    return says_stays(str(word)) or _word(word) in YES | yes_and_no.NO


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
    if not is_status(path) or not (short and 1 < len(words) <= FEW):
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
