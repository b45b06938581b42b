"""Finds signs in an answer that a list has more records: a next page, a total, a limit, an error.

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

`has_more: false` and `isLast: true` end a list, even if a link or cursor is beside them; so do
`next: null` and a total that was reached.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import did_you_mean
from oneway.core.records import Value
from oneway_connectors.rest import page_words as words
from oneway_connectors.rest.links import next_link
from oneway_connectors.rest.responses import Unreadable, is_path, parse_json, steps_to
from oneway_connectors.rest.said_in_words import refusals_in, refuses, tells_failure, tells_more
from oneway_connectors.rest.transport import Answer
from oneway_connectors.rest.verdict import (
    may_refuse,
    says_failed,
    says_left_out,
    says_unready,
    yes_or_no,
)

PARTIAL = 206


@dataclass(frozen=True, slots=True)
class Total:
    """How many records there are, and the sign that says so."""

    said_by: str
    count: int


@dataclass(frozen=True, slots=True)
class Came:
    """How many records and pages of a list came so far; None if unknown.

    `full` is the number of records if there is only one page, None if a full page is no sign.
    `led`: the manifest names the next page itself, so that other links and cursors do not count,
    except a key that is nearly `missed`, the one that the manifest reads and no answer has.
    `counted`: the manifest names the total itself.
    """

    records: int | None
    pages: int | None = None
    full: int | None = None
    led: bool = False
    counted: bool = False
    missed: str = ""


@dataclass(frozen=True, slots=True)
class More:
    """The sign that an answer is not the whole list, or "".

    `limit` is the JMESPath to the number of rows at which the answer may have been cut, if that
    is the only sign.
    """

    said: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    """A key or header beside the records of an answer, with its value.

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


def more_said(answer: Answer, data: Value, records: str, came: Came) -> More:
    """Return the sign that an answer is not the whole list or its end.

    `records` is the JMESPath to the list in `data`.
    """
    ranged = _total_of_range(answer)
    if answer.status == PARTIAL and (ranged is None or (came.records or 0) < ranged.count):
        return More("it has status 206, Partial Content")
    counts = came.records is not None and not came.counted
    if counts and (more := lacking(ranged, came.records or 0)):
        return More(more)
    said = [*_in_headers(answer), *_beside(data, records)]
    if any(_says_end(each) for each in said):
        return More()  # what only leads on may be for later changes, or always there
    if more := _link_said(answer, came.led) or _next_said(said, came):
        return More(more)
    return More() if any(map(_tells, said)) else _limit_said(said, came)


def end_said(answer: Answer, data: Value, records: str, pages: int) -> bool:
    """Return whether an answer says that the list ends after this many pages."""
    said = [*_in_headers(answer), *_beside(data, records)]
    return any(_says_end(each) or each.counts(words.PAGES) == pages for each in said)


def lacking(total: Total | None, count: int) -> str:
    """Return the sign that more than `count` records exist, or ""."""
    if total is None or total.count <= count:
        return ""
    return f"{total.said_by} says {total.count}, and {count} came"


def total_said(answer: Answer, data: Value, records: str, *, bare: bool = True) -> Total | None:
    """Return how many records an answer says there are, or None.

    `bare` also counts a `total` right beside the list, which may be a sum if the list is not one
    of people.
    """
    found = [
        (each.letters.endswith("filtered"), count, each.said_by)
        for each in (*_in_headers(answer), *_beside(data, records))
        if (bare or not (each.bare and each.letters == "total"))
        and (count := each.counts(words.TOTAL)) is not None
    ]
    if not found:
        return _total_of_range(answer)
    most = max(found, key=lambda each: each[:2])
    return Total(most[2], most[1])


def least_said(answer: Answer, data: Value, records: str) -> Total | None:
    """Return the greatest number in an answer that may be that of all records, or None.

    It may be the number of records on this page: if it is more than came, they are not all.
    """
    found = [
        (count, each.said_by)
        for each in (*_in_headers(answer), *_beside(data, records))
        if (count := each.counts(words.COUNT)) is not None
    ]
    if not found:
        return None
    count, said_by = max(found)
    return Total(said_by, count)


def fault_said(
    data: Value, records: str, read: str, before: int = 0, *, shown: bool = False
) -> str:
    """Return the sign that an error has left records out, or that they are yet to come, or "".

    `read` is the manifest's own condition for a refusal; keys that it reads are left to it.
    `skipped` may repeat how many rows came `before`. With `shown`, the answer has what was asked
    for, so that a state beside it is about something else: an invitation, an export.
    """
    for each in _outside(data, records, read):
        told = words.MESSAGE.fullmatch(each.letters) and tells_failure(each.value)
        told = told or (words.TITLE.fullmatch(each.letters) and refuses(each.value))
        failed = says_failed(each.letters, each.value)
        if not failed and says_left_out(each.letters, each.value):
            failed = not (before and each.letters == "skipped" and count_of(each.value) == before)
        if told or failed:
            return f"{each.said_by} says that something failed"
        if not shown and says_unready(each.letters, each.value):
            return f"{each.said_by} says that it is not ready"
    return ""


def doubts_said(data: Value, records: str, read: str) -> Mapping[str, str]:
    """Return what may explain why an answer shows nothing, each with its sign.

    Beside records, these are notices: "Unauthorised use is forbidden", `retry_after: 60`.
    """
    return {
        text: f"{each.said_by} says that something failed"
        for each in _outside(data, records, read)
        for text in _doubts(each)
    }


def _doubts(word: _Word) -> Iterator[str]:
    if words.MESSAGE.fullmatch(word.letters):
        yield from refusals_in(word.value)
    if may_refuse(word.letters, word.value):
        yield f"{word.letters} {word.value}"


def _outside(data: Value, records: str, read: str) -> Iterator[_Word]:
    """Yield the words near the records that the manifest's `refused_when` does not read."""
    for each in _beside(data, records):
        if each.near and not re.search(rf"(?<!\w){re.escape(each.name)}(?!\w)", read):
            yield each


def count_of(total: Value) -> int | None:
    """Return a total as a number, even if it is text; None if it is not a number."""
    if isinstance(total, str) and _DIGITS.fullmatch(total):
        return int(_NO_DIGIT.sub("", total))
    if isinstance(total, float) and total.is_integer():
        return int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _total_of_range(answer: Answer) -> Total | None:
    """Return how many records `Content-Range` says there are (RFC 9110, 14.4), or None."""
    for name in ("Content-Range", "X-Content-Range"):
        if found := _RANGE.fullmatch(answer.headers.get(name, "").strip()):
            return Total(f"the header {name}", int(found[1]))
    return None


def _link_said(answer: Answer, led: bool) -> str:
    try:
        if not led and next_link(answer.headers, answer.url) is not None:
            return "the header Link names a next page"
    except Unreadable as error:
        # A header about other things (fonts, scripts) does not concern the list.
        if any("next" in line.lower() for line in answer.headers.get_list("link")):
            return str(error)
    return ""


def _next_said(said: list[_Word], came: Came) -> str:
    leading = [e for e in said if _leads(e) and (not came.led or _is_slip(e, came.missed))]
    if more := next((each for each in said if _says_more(each)), next(iter(leading), None)):
        return f"{more.said_by} says that a page follows"
    parts = (
        each for each in said if _says_part(each) or (not came.led and _tells_part(each, came))
    )
    if part := next(parts, None):
        return f"{part.said_by} says that rows are left out"
    for each in said:
        pages, count = _pages_of(each, came), each.counts(words.COUNT)
        if pages is not None and came.pages is not None and pages > came.pages:
            return f"{each.said_by} says that there are {pages} pages, and {came.pages} came"
        if count is None or came.counted or came.records is None or count <= came.records:
            continue
        return f"{each.said_by} says {count}, and {came.records} came"
    return ""


def _pages_of(word: _Word, came: Came) -> int | None:
    """Return how many pages a word says there are, or None.

    A total beside a page number that is less than the records that came counts pages.
    """
    total = word.counts(words.TOTAL) if word.paged and word.letters == "total" else None
    if total is not None and total < (came.records or 0):
        return total
    return word.counts(words.PAGES)


def _limit_said(said: list[_Word], came: Came) -> More:
    """Return the sign that an answer was cut, if nothing else in it says where the list ends."""
    for each in said:
        count, offset = count_of(each.value), each.near and each.letters == "offset"
        # The offset is that of the next page or of this one; a first page starts at 0 or 1.
        leads = _is_given(each.value) if count is None else count == came.full != 1
        if offset and leads and not came.led:
            return More(f"{each.said_by} says that a page follows")
        if came.full and each.counts(words.LIMIT) == came.full:
            return More(f"{each.said_by} says {came.full}, and so many came", each.path)
    return More()


def _says_end(word: _Word) -> bool:
    value = _flag(word)
    return (value is False and word.is_a(words.MORE)) or (value is True and word.is_a(words.LAST))


def _says_more(word: _Word) -> bool:
    value, left = _flag(word), word.near and words.LEFT.fullmatch(words.plain(word.name))
    if value is None:
        return bool(left and count_of(word.value))
    if value:
        return word.is_a(words.MORE)
    return word.is_a(words.LAST) or (word.near and word.is_a(words.DONE))


def _says_part(word: _Word) -> bool:
    """Return whether it says that rows are left out, as they are from every page but the last."""
    if yes_or_no(word.value):
        in_header = not word.path  # no `errors.refused_when` can read it
        return word.is_a(words.LIMITED) or (in_header and word.is_a(words.PART))
    if not (word.near and "stat" in word.letters and word.is_a(words.OUTCOME)):
        return False
    text = words.plain(word.value) if isinstance(word.value, str) else ""
    return text == "partialcontent" or count_of(word.value) == PARTIAL


def _tells_part(word: _Word, came: Came) -> bool:
    """Return whether a sentence says so; the manifest's `next` takes precedence."""
    return word.near and word.is_a(words.MESSAGE) and tells_more(word.value, came.records)


def _flag(word: _Word) -> bool | None:
    """Return a word's value as yes or no, or None if it is neither."""
    count = count_of(word.value) if words.FLAG.fullmatch(word.letters) else None
    return yes_or_no(word.value) if count is None else count > 0


def _leads(word: _Word) -> bool:
    if not (word.is_a(words.NEXT) or (word.near and word.is_a(words.MARK))):
        return False
    if word.letters.endswith("key") and isinstance(word.value, Mapping):
        return bool(word.value)
    return _is_given(word.value)


def _is_slip(word: _Word, missed: str) -> bool:
    """Return whether a name is nearly the one that the manifest reads and no answer has."""
    letters = words.plain(missed)
    return bool(letters and did_you_mean(letters, [word.letters], cutoff=_NEARLY))


def _tells(word: _Word) -> bool:
    """Return whether it says where a list ends, even if that is here.

    Links would name a next page if there were one.
    """
    if word.is_a(words.NEXT) or (word.near and word.letters in {"link", "links"}):
        return True
    return any(word.counts(each) is not None for each in (words.PAGES, words.TOTAL))


def _in_headers(answer: Answer) -> Iterator[_Word]:
    for name, value in answer.headers.items():
        letters, shown = words.of_header(name), name.title()
        if value.lstrip().startswith("{") and words.PAGING.fullmatch(letters):
            with suppress(Unreadable):
                yield from _within(parse_json(value.encode()), shown, "", "", near=True)
        elif letters:
            yield _Word(f"the header {shown}", name, letters, value.strip())


def _beside(data: Value, records: str) -> Iterator[_Word]:
    """Yield the keys beside a list, around it, and in the objects there."""
    steps, exact = steps_to(records)
    own, path = next((str(each) for each in reversed(steps) if isinstance(each, str)), ""), ""
    # What a path leads to are the records themselves.
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
                yield _Word(_shown(name), name, letters, value, True, True, paged, place)
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
) -> Iterator[_Word]:
    """Yield the keys of an object; `near` if its name is about pages."""
    paged = _is_paged(value)
    if isinstance(value, list) and near:
        yield from (_Word(_shown(shown), "next", "next", e) for e in value if _is_next(e))
    for name, each in value.items() if isinstance(value, dict) else ():
        letters, place, inner = words.plain(name, own), f"{shown}.{name}", _joined(path, name)
        letters = "" if letters == "remaining" and _is_quota(value) else letters
        if _are_notices(each):
            letters = "messages"
        if near and letters == "count":
            letters = "recordcount"
        if near and letters == "after" and not any(map(_is_given, _before(value))):
            letters = "cursor"  # and not the place of the last row, beside that of the first
        if near and letters in {"of", "last"} and not isinstance(each, bool):
            letters = "pages" if paged else "total" if letters == "of" else letters
        yield _Word(_shown(place), name, letters, each, near, paged=paged, path=path and inner)
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


def _is_given(value: Value) -> bool:
    """Return whether a value leads to a page."""
    if isinstance(value, Mapping):
        inner = {words.plain(key): each for key, each in value.items()}
        leading = inner.keys() & _ADDRESSES or set(filter(words.WITHIN.fullmatch, inner))
        return any(_is_given(inner[key]) for key in leading)
    if isinstance(value, str):
        text = value.strip().lower()
        return text not in _NOTHING and not _DAY.match(text)
    return isinstance(value, bool | int | float) and value > 0


_NEARLY = 0.85
"""How similar two names have to be for one to count as the other, misspelt."""
_DIGITS = re.compile("[0-9]{1,18}|[0-9]{1,3}(?:[,.' \u00a0\u202f][0-9]{3}){1,5}")
_NO_DIGIT = re.compile("[^0-9]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}($|t)")
"""A date under `next` may be a pay day."""
_OF = re.compile(r"(?:\d{1,18}\s*-\s*)?\d{1,18}\s*(?:/|of)\s*(\d{1,18})")
"""A number or range of a total: `1/2`, `1-19 of 20`."""
_RANGE = re.compile(r"(?!bytes\b)(?:[^\s/]+\s+)?[^\s/]+/([0-9]{1,18})", re.IGNORECASE)
_MOST = 50
"""The most keys of an object that is searched although its name is not about pages."""
_ADDRESSES = {"href", "url", "link", "uri"}
_NOTHING = {"", "0", "null", "none", "false", "no"}
_BACK = {"before", "prev", "previous"}
_GRAVE = {"warn", "warning", "error", "fatal", "critical", "info", "information", "notice"}
