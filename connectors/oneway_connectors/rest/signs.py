"""Collects what an answer says beside its records: headers, and keys with their values.

A sign is recognised by its name (`page_words`) and the kind of its value:

a header    Link with rel="next", X-Next-Page, X-Total-Count, X-Total-Pages, Content-Range
beside the list, around it, or in an object there that is about pages (`meta`, `paging`, `info`)
            yes or no (`has_more`, `isLast`), where a next page is (`next`, `cursor`), how many
            records or pages there are (`total`, `total_pages`), a limit that was reached, an error,
            a sentence about one of these (`said_in_words`)
in any other object there
            yes or no, and where a next page is, by names of two words or more (`hasMore`):
            `stats.total` may be about anything

an object about the outcome (`status`, `_shards`)
            an error (`verdict`)
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway_connectors.rest import page_words as words
from oneway_connectors.rest.responses import Unreadable, is_path, parse_json, steps_to
from oneway_connectors.rest.transport import Answer


@dataclass(frozen=True, slots=True)
class Sign:
    """A key or header beside the records of an answer, with its value; `said_by` names it.

    `letters` is its name reduced to letters, for `page_words`. `near`: it is beside the list or
    around it, or in an object about pages.
    """

    said_by: str
    name: str
    letters: str
    value: Value
    near: bool = True
    bare: bool = False
    """Whether it is beside the list or around it, so that no object says what it is about."""
    paged: bool = False
    """Whether the number of a page is beside it."""
    path: str = ""
    """The JMESPath to it, "" for a header."""

    def is_a(self, pattern: re.Pattern[str]) -> bool:
        """Return whether the name matches a pattern of `page_words`."""
        if not (self.near or self.letters not in words.ONE_WORD):
            return False
        return bool(self.letters and pattern.fullmatch(self.letters))

    def counts(self, pattern: re.Pattern[str]) -> int | None:
        """Return its number if the name matches a pattern, or None."""
        value = self.value
        if isinstance(value, Mapping):
            value = value.get("value")
        of = _OF.fullmatch(value.strip()) if isinstance(value, str) else None
        value = of[1] if of is not None else value
        if of is not None and self.near and pattern is words.TOTAL and self.is_a(words.RANGE):
            return int(of[1])
        if not self.near or isinstance(value, float) or not self.is_a(pattern):
            return None  # 3211.0 is a sum of money
        return count_of(value)


def count_of(total: Value) -> int | None:
    """Return a total as a number, even if it is text; None if it is not a number."""
    if isinstance(total, str) and _DIGITS.fullmatch(total):
        return int(_NO_DIGIT.sub("", total))
    if isinstance(total, float) and total.is_integer():
        return int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def signs_of(answer: Answer, data: Value, records: str) -> list[Sign]:
    """Return the signs of an answer; `records` is the JMESPath to the list in `data`."""
    return [*_in_headers(answer), *signs_beside(data, records)]


def _in_headers(answer: Answer) -> Iterator[Sign]:
    for name, value in answer.headers.items():
        letters, shown = words.of_header(name), name.title()
        if value.lstrip().startswith("{") and words.PAGING.fullmatch(letters):
            with suppress(Unreadable):
                yield from _within(parse_json(value.encode()), shown, "", "", near=True)
        elif letters:
            yield Sign(f"the header {shown}", name, letters, value.strip())


def signs_beside(data: Value, records: str) -> Iterator[Sign]:
    """Yield the keys beside a list, around it, and in the objects there."""
    steps, exact = steps_to(records)
    own, path = next((str(each) for each in reversed(steps) if isinstance(each, str)), ""), ""
    # A path leads to the records themselves, so nothing there is beside them.
    for step in steps if exact else (*steps, ""):
        if isinstance(data, list) and isinstance(step, int):
            data, path = (data[step] if -len(data) <= step < len(data) else None), f"{path}[{step}]"
            continue
        if not isinstance(data, dict) or isinstance(step, int):
            return
        paged = _is_paged(data)
        for name, value in data.items():
            letters, place = words.plain(name, own), _joined(path, name)
            letters = "" if letters == "remaining" and _is_quota(data) else letters
            if letters == "of":
                letters = "pages" if paged else ""
            if name != step and _are_notices(value):
                letters = "messages"
            if words.CORE.search(letters) and name != step:
                yield Sign(_shown(name), name, letters, value, True, True, paged, place)
            if name != step and isinstance(value, dict | list):
                near = bool(words.PAGING.fullmatch(letters))
                if near or (steps and _is_about(value)):
                    yield from _within(value, name, own, place, near)
        data, path = data.get(step), _joined(path, step)


def _joined(path: str, name: str) -> str:
    """Return the JMESPath to a key of an object."""
    key = name if is_path(name) and "." not in name else json.dumps(name)
    return f"{path}.{key}" if path else key


def _is_about(value: Value) -> bool:
    """Return whether an object may be about the list beside it, and contains no other list."""
    if not isinstance(value, dict) or len(value) > _MOST:
        return False
    return not any(isinstance(each, list) and each for each in value.values())


def _within(
    value: Value, shown: str, own: str, path: str, near: bool, deep: int = 2
) -> Iterator[Sign]:
    """Yield the keys of an object; `near` if its name is about pages."""
    paged = _is_paged(value)
    if isinstance(value, list) and near:
        yield from (Sign(_shown(shown), "next", "next", e) for e in value if _is_next(e))
    for name, each in value.items() if isinstance(value, dict) else ():
        letters, place, inner = words.plain(name, own), f"{shown}.{name}", _joined(path, name)
        letters = "" if letters == "remaining" and _is_quota(value) else letters
        if _are_notices(each):
            letters = "messages"
        if near and letters == "count":
            letters = "recordcount"
        if near and letters == "after" and not any(map(leads_on, _before(value))):
            letters = "cursor"  # and not the place of the last row, beside that of the first
        if near and letters in {"of", "last"} and not isinstance(each, bool):
            letters = "pages" if paged else "total" if letters == "of" else letters
        yield Sign(_shown(place), name, letters, each, near, paged=paged, path=path and inner)
        about = bool(words.PAGING.fullmatch(letters))
        if isinstance(each, dict | list) and (about or (deep and _is_about(each))):
            yield from _within(each, place, own, path and inner, about, deep - 1)


def _is_quota(value: Value) -> bool:
    """Return whether an object is about requests that may be sent."""
    names = map(words.plain, value) if isinstance(value, dict) else ()
    return not {"reset", "resetat", "resetin", "resetson"}.isdisjoint(names)


def _is_paged(value: Value) -> bool:
    """Return whether an object has the number of a page."""
    return isinstance(value, dict) and any(
        words.POSITION.fullmatch(words.plain(name)) and count_of(each) is not None
        for name, each in value.items()
    )


def _before(value: Value) -> Iterator[Value]:
    members = value.items() if isinstance(value, dict) else ()
    yield from (each for name, each in members if words.plain(name) in _BACK)


def _shown(place: str) -> str:
    return f"'{place}' in the answer"


def _is_next(link: Value) -> bool:
    """Return whether one of a list of links is called next."""
    named = (link.get("rel"), link.get("relation")) if isinstance(link, dict) else ()
    names = [name for each in named for name in (each if isinstance(each, list) else [each])]
    return any(isinstance(name, str) and "next" in name.lower().split() for name in names)


def _are_notices(value: Value) -> bool:
    """Return whether a list contains sentences, each with its severity."""
    return isinstance(value, list) and bool(value) and all(map(_is_notice, value[:_MOST]))


def _is_notice(value: Value) -> bool:
    if not isinstance(value, dict):
        return False
    inner = {words.plain(name): each for name, each in value.items()}
    grave = (each for name, each in inner.items() if words.GRAVITY.fullmatch(name))
    return any(isinstance(each, str) and each.lower() in _GRAVE for each in grave) and any(
        map(words.MESSAGE.fullmatch, inner)
    )


def leads_on(value: Value) -> bool:
    """Return whether a value leads to a page."""
    if isinstance(value, Mapping):
        inner = {words.plain(key): each for key, each in value.items()}
        leading = inner.keys() & _ADDRESSES or set(filter(words.WITHIN.fullmatch, inner))
        return any(leads_on(inner[key]) for key in leading)
    if isinstance(value, str):
        text = value.strip().lower()
        return text not in _NOTHING and not _DAY.match(text)
    return isinstance(value, bool | int | float) and value > 0


_DIGITS = re.compile("[0-9]{1,18}|[0-9]{1,3}(?:[,.' \u00a0\u202f][0-9]{3}){1,5}")
_NO_DIGIT = re.compile("[^0-9]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}($|t)")
"""A date under `next` may be a pay day."""
_OF = re.compile(r"(?:\d{1,18}\s*-\s*)?\d{1,18}\s*(?:/|of)\s*(\d{1,18})")
"""A number or range of a total: `1/2`, `1-19 of 20`."""
_MOST = 50
"""The most keys of an object that is searched although its name is not about pages."""
_ADDRESSES = {"href", "url", "link", "uri"}
_NOTHING = {"", "0", "null", "none", "false", "no"}
_BACK = {"before", "prev", "previous"}
_GRAVE = {"warn", "warning", "error", "fatal", "critical", "info", "information", "notice"}
