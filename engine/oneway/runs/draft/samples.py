"""Makes sample records of both sides with invented people, consistent across files.

What tells a person apart is replaced: names, emails, numbers, accounts, dates of birth and
whatever nearly every record has a value of its own in. Words that many share (a department, a
status) and other dates stay, since rules are about them.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from oneway.core.records import Record, Value, at, parse_day, with_value
from oneway.runs.draft.names import concept
from oneway.runs.draft.pairs import Pair
from oneway.runs.draft.side import DraftSide, flat_paths

_FIRST = ("Ada", "Bram", "Cleo", "Dev", "Edda", "Finn", "Gita", "Hugo", "Ines", "Joss")
_LAST = ("Ashdown", "Birch", "Calder", "Dunmore", "Elmet", "Fairlie", "Garrow", "Holm")
_MOST = 5
_KEPT = {"department", "job", "start", "leave", "status", "location", "type"}
_ALWAYS = {"email", "first", "last", "name", "reference", "phone", "manager", "account", "sort",
           "national", "birth", "address"}  # fmt: skip


def sampled(
    source: DraftSide, target: DraftSide, key: Pair | None
) -> tuple[list[dict[str, Value]], list[dict[str, Value]]]:
    """Return a few records of each side, replaced: some that match, and some that do not."""
    there = _by_value(target, key.target) if key else {}
    both: list[tuple[Record, Record]] = []
    new: list[Record] = []
    for each in source.records:
        value = at(each.data, source.keys(key.source)) if key else None
        match = there.get(str(value).strip().casefold())
        if match is not None and len(both) < _MOST:
            both.append((each, match))
        elif match is None and len(new) < 2:
            new.append(each)
    left = [each for each in target.records if each not in there.values()][:1]
    replaced = _Replaced()
    first = [replaced.record(each, source) for each in (*(one for one, _ in both), *new)]
    second = [replaced.record(each, target) for each in (*(one for _, one in both), *left)]
    return first, second


def _by_value(side: DraftSide, path: str) -> dict[str, Record]:
    keys = side.keys(path)
    return {str(at(each.data, keys)).strip().casefold(): each for each in side.records}


@dataclass(slots=True)
class _Replaced:
    """Replaces values, the same one always by the same."""

    known: dict[str, Value] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)

    def record(self, record: Record, side: DraftSide) -> dict[str, Value]:
        data: dict[str, Value] = dict(record.data)
        for path in _paths(record.data, side):
            keys = side.keys(path)
            value = at(record.data, keys)
            if value is None or isinstance(value, bool | dict) or not isinstance(value, object):
                continue
            data = with_value(data, keys, self.value(value, path, side))  # type: ignore[arg-type]
        return data

    def value(self, value: Value, path: str, side: DraftSide) -> Value:
        if isinstance(value, list):
            return [self.value(each, path, side) for each in value]
        if isinstance(value, dict) or not _tells(path, side):
            return value
        text = str(value).strip()
        if not text:
            return value
        key, kind = text.casefold(), _kind(text, concept(path))
        if key not in self.known:
            self.known[key] = _invented(text, kind, self.count[kind])
            self.count[kind] += 1
        found = self.known[key]
        if isinstance(value, int) and str(found).isdigit():
            return int(str(found))
        return found


def _paths(data: Mapping[str, Value], side: DraftSide) -> list[str]:
    if side.options.get("headings") == "flat":
        return list(data)
    return flat_paths(data)


def _tells(path: str, side: DraftSide) -> bool:
    """Return whether a field tells people apart, by its name or by its values."""
    kind = concept(path)
    known = side.fields.get(path)
    if kind in _ALWAYS or path == side.id or known is None or known.sensitive or known.unique:
        return True
    values = [str(value) for value in side.values(path)]
    if kind in _KEPT or all(parse_day(value) for value in values):
        return False
    if values and set(values) <= _people(side):
        return True
    return len(set(values)) > max(5, len(side.records) // 5)


def _people(side: DraftSide) -> set[str]:
    """Return the texts that tell a side's people apart: keys, names and emails."""
    named = [path for path in side.fields if concept(path) in ("reference", "name", "email")]
    return {str(value) for path in (side.id, *named) for value in side.values(path)}


def _kind(text: str, kind: str) -> str:
    """Return what is invented in place of a text; a manager stands there by name or by key."""
    if "@" in text:
        return "email"
    if kind == "manager" and " " in text and not any(map(str.isdigit, text)):
        return "name"
    return kind if kind in ("first", "last", "name", "birth") else "other"


def _invented(text: str, kind: str, number: int) -> str:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
    match kind:
        case "email":
            return f"person{number + 1}@example.com"
        case "first":
            return first
        case "last":
            return last
        case "name":
            return f"{first} {last}"
        case "birth":
            return f"1990-01-{number % 28 + 1:02}"
        case _:
            return _shaped(text, number + 1)


def _shaped(text: str, number: int) -> str:
    """Return other letters and digits in the same shape: "AB 123" may be "XX 001"."""
    digits = str(number)
    count = sum(1 for c in text if c.isdigit())
    if count:
        fill = iter(digits.rjust(count, "0")[-count:])
        shaped = re.sub(r"\d", lambda _: next(fill), text)
        return re.sub(r"[^\W\d_]", "X", shaped)
    return f"Text {number}"
