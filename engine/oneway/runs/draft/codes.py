"""Guesses which source texts stand for which target codes: "People" for "HR"."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway.core.majority import is_overwhelming
from oneway.core.parsing import parse_day
from oneway.core.paths import at
from oneway.core.records import MISSING, Value, is_blank
from oneway.mapping.functions.dates import format_date
from oneway.runs.draft.days import PATTERNS
from oneway.runs.draft.keys import MatchKeys, matched
from oneway.runs.draft.notation import is_one_line
from oneway.runs.draft.pairs import Pair, are_emails, number_of_pair
from oneway.runs.draft.side import DraftSide

_MOST = 40
"""The most codes that a drafted table lists."""
_LIKELY = 4 / 3
"""A table becomes a question if three in four records show it."""
_LEAST = 4
"""The fewest matched records that prove anything."""
_NO_TEXTS = ("first", "last", "middle", "name", "email", "reference", "manager", "phone")
_NO_CODES = (*_NO_TEXTS, "status", "closed", "leave")


def with_codes(
    source: DraftSide, target: DraftSide, pairs: Sequence[Pair], keys: MatchKeys
) -> tuple[Pair, ...]:
    """Return the pairs, with tables of codes where the matched records show that one is needed.

    Such a table replaces a pair whose values seldom agree, and fills a target field without a pair.
    Pairs whose values seldom agree are marked as doubtful. So are tables that many records
    contradict, as on a first run, when people have moved.
    """
    owners = matched(source, target, keys)
    both = [
        (source.records[here].data, target.records[there].data) for here, there in owners.items()
    ]
    known = {each.target: each for each in pairs}
    texts = [path for path in source.fields if _has_few_texts(source, path)]
    key_fields = {each.pair.target for each in keys.chosen}
    for path in target.fields if len(both) >= _LEAST else ():
        if path in key_fields or not _may_hold_codes(target, path):
            continue
        old = known.get(path)
        doubt = "" if old is None else _doubt(source, target, old, both)
        lettered = old is not None and old.letters and _all_agree(source, target, old, both)
        if old is not None and old.ignores_case and not (lettered or old.email):
            spelt = [each for each in texts if each == old.source]
            table = next(_tables(source, target, path, spelt, both), None)
            known[path] = table.pair(path) if table is not None else old
            continue
        if old is not None and (old.looks_up or old.email or not doubt):
            continue
        best = max(_tables(source, target, path, texts, both), key=_Table.merit, default=None)
        pattern = "" if old is None else _pattern(source, target, old, both)
        if pattern and old is not None:
            known[path] = replace(old, pattern=pattern)
        elif best is not None:
            known[path] = best.pair(path)
        elif old is not None:
            known[path] = replace(old, doubt=doubt)
    added = (known[path] for path in target.fields if path in known)
    return tuple(added) if target.fields else tuple(pairs)


@dataclass(frozen=True, slots=True)
class _Table:
    """A source field, the code of each of its texts, and how many matched records show it."""

    source: str
    codes: tuple[tuple[str, Value], ...]
    agree: int
    total: int
    same: bool

    @property
    def sure(self) -> bool:
        """Whether so few records contradict it that the table is a guess, not a question."""
        return is_overwhelming(self.agree, self.total)

    def merit(self) -> tuple[bool, int, bool]:
        return self.sure, self.agree, self.same

    def pair(self, path: str) -> Pair:
        said = f"in {self.agree:,} of {self.total:,} matched records"
        doubt = "" if self.sure else f"{said}; the others may have moved"
        return Pair(path, self.source, f"so it is {said}", 0, codes=self.codes, doubt=doubt)


def _tables(
    source: DraftSide, target: DraftSide, path: str, texts: Iterable[str], both: Sequence["_Both"]
) -> Iterator[_Table]:
    for name in texts:
        seen: dict[str, Counter[Value]] = defaultdict(Counter)
        for here, there in both:
            text, code = at(here, source.keys(name)), at(there, target.keys(path))
            if code is MISSING or not _is_code(code):
                continue
            if isinstance(text, str) and not is_blank(text):
                seen[text][code] += 1
        codes = {text: counted.most_common(1)[0][0] for text, counted in seen.items()}
        agree = sum(counted[codes[text]] for text, counted in seen.items())
        total = sum(counted.total() for counted in seen.values())
        sure = all(2 * counted[codes[text]] > counted.total() for text, counted in seen.items())
        one_to_one = 1 < len(codes) == len(set(map(repr, codes.values()))) <= total // 2
        same = bool(concept(name)) and concept(name) == concept(path)
        table = _Table(name, tuple(codes.items()), agree, total, same)
        if sure and one_to_one and (table.sure or _LIKELY * agree >= total):
            yield table


_Both = tuple[Mapping[str, Value], Mapping[str, Value]]


def _is_code(value: Value) -> bool:
    """Return whether a value may be a code: a short text or a whole number."""
    if isinstance(value, str):
        return not is_blank(value) and is_one_line(value) and len(value) <= _LONGEST
    return isinstance(value, int) and not isinstance(value, bool)


_LONGEST = 60


def _has_few_texts(source: DraftSide, path: str) -> bool:
    values = source.values(path)
    texts = {each for each in values if isinstance(each, str)}
    few = 1 < len(texts) <= min(_MOST, len(values) // 2)
    plain = few and all(_is_code(each) and parse_day(each) is None for each in texts)
    return plain and concept(path) not in _NO_TEXTS and not are_emails(values)


def _may_hold_codes(target: DraftSide, path: str) -> bool:
    field = target.fields[path]
    unwritten = field.computed or "object" in field.types or path == target.id
    return not unwritten and is_one_line(path) and concept(path) not in _NO_CODES


def _all_agree(source: DraftSide, target: DraftSide, pair: Pair, both: Sequence["_Both"]) -> bool:
    """Return whether no matched record contradicts a pair."""
    found = [(at(a, source.keys(pair.source)), at(b, target.keys(pair.target))) for a, b in both]
    given = [each for each in found if MISSING not in each and not any(map(is_blank, each))]
    return all(_agree(pair, a, b) for a, b in given)


def _doubt(source: DraftSide, target: DraftSide, pair: Pair, both: Sequence[_Both]) -> str:
    """Return how few matched records agree on a pair's value; "" if most do."""
    found = [(at(a, source.keys(pair.source)), at(b, target.keys(pair.target))) for a, b in both]
    given = [each for each in found if MISSING not in each and not any(map(is_blank, each))]
    equal = sum(_agree(pair, a, b) for a, b in given)
    if 2 * equal >= len(given) or len(given) < _LEAST:
        return ""
    return f"{equal:,} of {len(given):,} matched records agree"


def _agree(pair: Pair, here: object, there: object) -> bool:
    """Return whether a source value equals a target value, each written as its side does."""
    if not pair.number:
        return str(here).strip().casefold() == str(there).strip().casefold()
    ways: Sequence[Sequence[str]] = [(mark,) for mark in pair.marks] or [()]
    found = number_of_pair(there, ())
    return found is not None and any(found == number_of_pair(here, way) for way in ways)


def with_marks(
    source: DraftSide, target: DraftSide, pairs: Sequence[Pair], keys: MatchKeys
) -> tuple[Pair, ...]:
    """Return the pairs, with the decimal mark that the matched records suggest if it is open.

    The mark on which most of them agree comes first.
    """
    owners = matched(source, target, keys)
    both = [
        (source.records[here].data, target.records[there].data) for here, there in owners.items()
    ]
    return tuple(_marked(source, target, each, both) if each.asks_mark else each for each in pairs)


def _marked(source: DraftSide, target: DraftSide, pair: Pair, both: Sequence[_Both]) -> Pair:
    values = [(at(a, source.keys(pair.source)), at(b, target.keys(pair.target))) for a, b in both]
    given = [each for each in values if MISSING not in each and not any(map(is_blank, each))]
    agree = {
        mark: sum(_agree(replace(pair, marks=(mark,)), a, b) for a, b in given)
        for mark in pair.marks
    }
    first, second = sorted(pair.marks, key=lambda mark: (-agree[mark], mark))
    said = f"Of {len(given):,} matched records, {agree[first]:,} agree with '{first}', "
    said += f"{agree[second]:,} with '{second}'"
    return replace(pair, marks=(first, second), doubt=said if given else "")


def _pattern(source: DraftSide, target: DraftSide, pair: Pair, both: Sequence[_Both]) -> str:
    """Return the pattern in which the target writes a pair's dates; "" if none fits."""
    found = [(at(a, source.keys(pair.source)), at(b, target.keys(pair.target))) for a, b in both]
    days = [(parse_day(a), b) for a, b in found if isinstance(b, str) and not is_blank(b)]
    known = [(day, text) for day, text in days if day is not None]
    for pattern in PATTERNS if len(known) >= _LEAST else ():
        agree = sum(format_date(day.isoformat(), pattern) == text for day, text in known)
        if 2 * agree > len(known):
            return pattern
    return ""


def uncoded(source: DraftSide, pair: Pair) -> list[str]:
    """Return the texts of a pair's field for which no matched record shows a code."""
    known = {text for text, _ in pair.codes}
    return sorted({each for each in map(str, source.values(pair.source)) if each not in known})
