"""Parses responses as strict JSON, and extracts error messages that are safe to show.

JSON as in RFC 8259: UTF-8, no NaN, no number beyond the range of a float. A duplicate key in an
object is an error of the record that contains it, not of the whole answer: such an object is a
`Doubled`.
"""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, cast

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from oneway.core.budget import Overspent
from oneway.core.nesting import DEEPEST, cut_below, nests_too_deep
from oneway.core.records import Missing, Value, holds
from oneway_connectors.rest import page_words as words
from oneway_connectors.rest.model import ErrorShape
from oneway_connectors.rest.redaction import MARK, hide
from oneway_connectors.rest.reshape import Reshaper, every_row, first_steps, uncut
from oneway_connectors.rest.verdict import says_done, says_failed, says_unready

_LONGEST = 300
_LONGEST_READ = 4_000
"""The most characters of a message that are read or shown."""
_MOST_FIELDS = 5
FAST_FROM, _SMALL = 20_000, 1_000_000
"""The fewest bytes for which a fast parser is worth importing, and the most of a `sound` answer."""
_PATH = re.compile(r"@|[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


class Unreadable(Exception):
    """An answer is not what it should be; the message never quotes it.

    `help` says what to do about it, if that depends on the answer.
    """

    def __init__(self, text: str, help: str = "") -> None:
        super().__init__(text)
        self.help = help


class Doubled(dict[str, Value]):
    """An object with a duplicate key: which value is meant is unknown."""

    twice = ""
    """The first such key."""

    @property
    def flaw(self) -> str:
        """What is wrong with the object, in words."""
        return f"it has the key {self.twice[:_LONGEST_KEY]!r} twice"


_LONGEST_KEY = 60


class CutOff(dict[str, Value]):
    """Replaces a list or object that is nested too deeply to read."""


class AnswerJson(NamedTuple):
    """The JSON of an answer.

    No object within a `sound` one has a flaw, and it is too small for any path into it to cost
    too much.
    """

    value: Value
    sound: bool = False

    def part(self, expression: str) -> "AnswerJson":
        """Return what an expression finds; raise `Unreadable` if it cannot be evaluated."""
        if not (self.sound and is_path(expression)):
            return AnswerJson(search(expression, self.value))
        found = self.value
        for key in expression.split(".") if expression != "@" else ():
            found = found.get(key) if isinstance(found, dict) else None
        return AnswerJson(found, sound=True)

    def rows(self, expression: str) -> "AnswerJson":
        """Return what `records` finds; a row that is not found is null, unless a filter drops it.

        Raises `Unreadable` if it cannot be evaluated.
        """
        if is_path(expression):
            return self.part(expression)
        return AnswerJson(_search(Reshaper(), expression, self.value, rows=True))


def parsed(body: bytes, headers: Mapping[str, str] | None = None) -> AnswerJson:
    """Return the JSON of an answer; raise `Unreadable` if it is invalid."""
    if FAST_FROM <= len(body) <= _SMALL and not (b"\\" in body and _CUT_MARK in body):
        from oneway_connectors.fast_json import certain  # slow to import

        found = certain(body)
        if not isinstance(found, Missing):
            return AnswerJson(found, sound=True)
    return AnswerJson(_strictly(body, headers))


def parse_json(body: bytes) -> Value:
    """Return the JSON of an answer; raise `Unreadable` if it is invalid."""
    return parsed(body).value


def _strictly(body: bytes, headers: Mapping[str, str] | None) -> Value:
    if not body.strip():
        raise Unreadable("it is empty where JSON was expected")
    if body.lstrip()[:1] == b"<":
        raise Unreadable("it is HTML or XML, perhaps a sign-in page, where JSON was expected")
    try:
        text = body.decode("utf-8-sig")
        if nests_too_deep(body, _DEEPEST):
            text = cut_below(text, _DEEPEST, _CUT)
        data = json.loads(
            text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_object
        )
    except UnicodeDecodeError:
        said = f"it says {named} of itself, and " if (named := _charset(headers)) else ""
        raise Unreadable(f"{said or 'it '}is not UTF-8, as JSON has to be", _ENCODING) from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip())
        if cut:
            raise Unreadable("its JSON ends too early", _AGAIN) from None
        raise Unreadable("it is not JSON") from None
    except ValueError:
        raise Unreadable("it holds a number that JSON does not have", _ASK) from None
    return cast(Value, data)


def flaw_in(value: Value, deepest: int = DEEPEST) -> str:
    """Return why a record cannot be relied on, or "": a key twice, or levels without end."""
    if not isinstance(value, dict | list):
        return ""
    if isinstance(value, Doubled):
        return value.flaw
    if isinstance(value, CutOff) or deepest == 0:
        return f"it is nested deeper than {DEEPEST} levels"
    inner = value.values() if isinstance(value, dict) else value
    return next((flaw for each in inner if (flaw := flaw_in(each, deepest - 1))), "")


def search(expression: str, data: Value) -> Value:
    """Return what a JMESPath expression finds; raise `Unreadable` if it cannot be evaluated."""
    return _search(Reshaper(), expression, data)


def shown_at(expression: str, data: Value, shape: ErrorShape) -> Value:
    """Return the value of a JMESPath expression in an answer; raise `Unreadable` if there is none.

    Null is a value if the answer has the key, and reports no error beside it.
    """
    reshaper = Reshaper()
    found = _search(reshaper, expression, data)
    if reshaper.unknown and found is not None and _is_open(expression, data):
        raise Unreadable(f"'{expression}' depends on a key that it lacks", _UNKNOWN)
    if found is None and expression != "@":
        if reshaper.lacking or isinstance(data, Doubled):
            raise Unreadable(f"it has nothing at '{expression}'", _REFUSAL)
        if tells_error(data, shape):
            raise Unreadable(f"it has null at '{expression}', and an error beside it", _REFUSAL)
    return found


def _is_open(expression: str, data: Value) -> bool:
    """Return whether what an expression finds depends on an absent key, other than by a filter.

    A filter leaves out items that lack a key on purpose, as in `records`.
    """
    reshaper = Reshaper()
    _search(reshaper, expression, data, rows=True)
    return reshaper.unknown


def tells_error(data: Value, shape: ErrorShape) -> bool:
    """Return whether an answer seems to say that a request failed.

    The manifest's `refused_when` decides, if there is one.
    """
    if shape.refused_when:
        return False
    return _has_error(data) or any(_message(data, shape)) or any(_field_messages(data, shape))


def says_failure(data: Value, shape: ErrorShape) -> bool:
    """Return whether an answer without a record says that its write failed.

    Names may be in any case and inside one envelope. `ok: false` and `status: error` say so even if
    the manifest's `refused_when` does not recognise them.
    """
    return any(
        says_failed(letters, each)
        for letters, each in _said_within(data)
        if not (shape.refused_when and words.FAULT.fullmatch(letters))
    )


def says_success(data: Value) -> bool:
    """Return whether an answer without a record only says that its write is done."""
    if not isinstance(data, dict):
        return data is True
    plain = not any(isinstance(each, dict | list) and each for each in data.values())
    return plain and any(says_done(words.plain(name), each) for name, each in data.items())


def shows_values(record: Value, id: Sequence[str]) -> bool:
    """Return whether a part of an answer has more of a record than its id."""
    if not isinstance(record, dict):
        return bool(record)
    return any(each not in (None, "", [], {}) for name, each in record.items() if name != id[0])


def says_error(record: Mapping[str, Value]) -> bool:
    """Return whether a record in an answer also has an error, or `success: false`."""
    named = ((words.plain(name), each) for name, each in record.items())
    return any(
        (words.FAULT.fullmatch(letters) or words.SUCCESS.fullmatch(letters))
        and says_failed(letters, each)
        for letters, each in named
    )


def is_yet_to_come(data: Value, sent: Iterable[str]) -> bool:
    """Return whether an answer to a create is of a job, which makes the record later.

    It says that something is pending, and shows no field that was sent: its id may be the job's.
    """
    said = list(_said_within(data))
    shown = {letters for letters, _ in said}
    pending = any(says_unready(letters, each) for letters, each in said)
    return pending and shown.isdisjoint(map(words.plain, sent))


def _said_within(data: Value) -> Iterator[tuple[str, Value]]:
    """Yield the values of an answer, and of one envelope in it, by the letters of their names."""
    alone = data[0] if isinstance(data, list) and len(data) == 1 else data
    for name, each in alone.items() if isinstance(alone, dict) else ():
        yield words.plain(name), each
        inner = each[0] if isinstance(each, list) and len(each) == 1 else each
        if isinstance(inner, dict):
            yield from ((words.plain(key), value) for key, value in inner.items())


def _has_error(data: Value) -> bool:
    named = data.items() if isinstance(data, dict) else ()
    return any(
        words.FAULT.fullmatch(letters := words.plain(name)) and says_failed(letters, each)
        for name, each in named
    )


def _search(reshaper: Reshaper, expression: str, data: Value, *, rows: bool = False) -> Value:
    try:
        tree = _for_rows(expression) if rows else _compiled(expression).parsed
        return cast(Value, reshaper.found(tree, data))
    except Overspent as overspent:
        raise Unreadable(f"'{expression}': {overspent.summary}") from None
    except (JMESPathError, RecursionError, TypeError, ValueError):
        raise Unreadable(f"'{expression}' cannot be evaluated on it") from None


def is_path(expression: str) -> bool:
    """Return whether an expression is only a path of keys, or all."""
    return bool(_PATH.fullmatch(expression))


def steps_to(expression: str) -> tuple[tuple[str | int, ...], bool]:
    """Return the keys and indexes that an expression follows first, and whether these are all of
    it.
    """
    return first_steps(_compiled(expression).parsed)


def rows_before(expression: str, data: Value) -> int | None:
    """Return how many rows a list has before an expression drops any; None if it drops none."""
    whole = _compiled(expression).parsed
    if (before := uncut(whole)) == whole:
        return None
    try:
        found = Reshaper().found(every_row(before), data)
    except (Overspent, JMESPathError, RecursionError, TypeError, ValueError):
        return None
    return len(found) if isinstance(found, list) else None


def message_of(
    body: bytes, headers: Mapping[str, str], shape: ErrorShape, hidden: Iterable[str]
) -> str:
    """Return the message of an error response, safe to show, or "" without one.

    Takes only the value that the manifest names. The texts in `hidden` (values sent, and
    credentials) are cut out, and so is any longer run of digits.
    """
    parts = [headers.get(shape.header, "").strip()] if shape.header else []
    with suppress(Unreadable):
        data = parse_json(body)
        parts += [*_message(data, shape), *_field_messages(data, shape)]
    return clean("; ".join(filter(None, parts)), hidden)


def telling_header(headers: Iterable[str]) -> str:
    """Return the name of a header that may explain an error, or ""."""
    return next((name for name in headers if _TELLING.fullmatch(name)), "")


def is_own(body: bytes, shape: ErrorShape) -> bool:
    """Return whether a body with status 404 or 410 can be the system's own, by the manifest.

    A gateway answers with a page, or with a line of text.
    """
    if shape.not_found == "any" or not body.strip():
        return True
    try:
        parse_json(body)
    except Unreadable:
        return False
    return True


def refusals_in(body: bytes, shape: ErrorShape) -> tuple[bool, bool]:
    """Return whether the body of a success is a refusal, and whether it says that nothing exists.

    Neither if the body cannot be parsed: the caller that uses it refuses it.
    """
    if not (shape.refused_when or shape.missing_when):
        return False, False
    try:
        data = parse_json(body)
        missing = bool(shape.missing_when) and holds(search(shape.missing_when, data))
        return bool(shape.refused_when) and holds(search(shape.refused_when, data)), missing
    except Unreadable:
        return False, False


def says_later(body: bytes, shape: ErrorShape) -> bool:
    """Return whether the body of an answer reports a rate limit, by the manifest."""
    if not shape.later_when:
        return False
    with suppress(Unreadable):
        return holds(search(shape.later_when, parse_json(body)))
    return False


def clean(text: str, hidden: Iterable[str] = ()) -> str:
    """Return text for one line of a report: short, without control characters or hidden texts."""
    text = hide(text[:_LONGEST_READ], hidden)
    text = _DIGITS.sub(MARK, text)
    text = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + MARK


def texts_in(value: Value) -> Iterator[str]:
    """Yield every text and number in a value, as text."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def _message(data: Value, shape: ErrorShape) -> Iterator[str]:
    if shape.message:
        found = search(shape.message, data)
        if isinstance(found, str) and found.strip():
            yield found.strip()


def _field_messages(data: Value, shape: ErrorShape) -> Iterator[str]:
    found = search(shape.fields, data) if shape.fields else None
    pairs: list[tuple[Value, Value]] = []
    if isinstance(found, list):
        items = [item for item in found if isinstance(item, dict)]
        pairs = [(i.get(shape.field_name), i.get(shape.field_message)) for i in items]
    elif isinstance(found, dict):
        for name, said in found.items():
            pairs += [(name, one) for one in (said if isinstance(said, list) else [said])]
    for where, what in pairs[:_MOST_FIELDS]:
        if isinstance(what, str):
            yield f"{where}: {what}" if isinstance(where, str) and where else what


def _charset(headers: Mapping[str, str] | None) -> str:
    found = _CHARSET.search(headers.get("content-type", "") if headers else "")
    return f"charset={found[1].lower()}" if found else ""


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    plain = dict(pairs)
    if _CUT_KEY in plain:
        return CutOff()
    return plain if len(plain) == len(pairs) else _doubled(pairs)


def _doubled(pairs: list[tuple[str, Value]]) -> Doubled:
    found, counts = Doubled(pairs), Counter(key for key, _ in pairs)
    found.twice = next(key for key, count in counts.items() if count > 1)
    return found


def _refuse(name: str) -> Value:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("beyond a float")
    return number


@lru_cache(maxsize=256)
def _compiled(expression: str) -> ParsedResult:
    return cast(ParsedResult, cast(Any, jmespath).compile(expression))


@lru_cache(maxsize=256)
def _for_rows(expression: str) -> Any:
    return every_row(_compiled(expression).parsed)


_DEEPEST = DEEPEST + 20  # a record's own levels, and those of the answer around it
_CUT_KEY = "\x00cut off"
_CUT_MARK = b"\\u0000"
"""A part of every text that contains `_CUT_KEY`."""
_CUT = json.dumps({_CUT_KEY: None})
_CHARSET = re.compile(r"charset=\"?([A-Za-z][\w-]{1,20})")
_TELLING = re.compile(r"(?=.*(error|reason|message))(x-)?[a-z0-9-]{4,60}", re.IGNORECASE)
_UNKNOWN = "If the key is rightly absent, write what it then is: not_null(key, 'none')."
_REFUSAL = "Let the manifest say what that means: errors.refused_when or errors.missing_when."
_ASK = "Ask those who run the system; nothing was read."
_AGAIN = "Run again; if it stays, ask those who run the system."
_ENCODING = (
    "Ask those who run the system to send UTF-8, or sync from an export instead: "
    "a file has the option encoding."
)
_DIGITS = re.compile(r"\d(?:[ -]?\d){5,}")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
