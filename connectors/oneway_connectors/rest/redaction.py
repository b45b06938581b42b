"""Removes secret texts from a message, in every form in which a system may echo them.

A system that refuses a record often quotes it: in capitals, with other separators, escaped for
JSON, HTML or a URL, shortened, or in base64 or hexadecimal; a name by its words, a day in another
order, letters without their accents. So message and secret texts are both reduced to their letters
and digits, with their positions, and common parts are removed.
"""

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from html import unescape
from itertools import pairwise

MARK = "…"
"""The replacement for a removed text."""

_SHORTEST = 3
_TELLING = 6
"""The minimum length of a text to search for among bare letters and digits."""
_PIECE = 8
"""The minimum length of a part of a secret text to remove, as systems quote beginnings."""

_LONGEST = 100_000
"""How much of a secret text is searched for, as a message cannot quote more."""
_ALSO = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")
"""Letters beyond ASCII that `re` equates with these when ignoring case."""


def hide(text: str, hidden: Iterable[str]) -> str:
    """Return the text without the secret texts and their encoded forms.

    Texts of one or two characters are not searched for, as every message contains them.
    """
    wanted = {each for one in hidden if len(each := one[:_LONGEST].strip()) >= _SHORTEST}
    cut = bytearray(len(text))
    for start, end in (*_as_they_are(text, wanted), *_in_other_forms(text, wanted)):
        cut[start:end] = b"\1" * (end - start)
    kept = "".join("\0" if gone else c for c, gone in zip(text, cut, strict=True))
    return re.sub("\0+", MARK, kept)


def _as_they_are(text: str, wanted: Iterable[str]) -> Iterator[tuple[int, int]]:
    small = text.translate(_ALSO).lower()
    for each in wanted:
        # A record may contain a hundred thousand texts, of which a message quotes one.
        if not each.isascii() or each.lower() in small:
            for found in re.finditer(re.escape(each), text, re.IGNORECASE):
                yield found.span()


def _in_other_forms(text: str, wanted: Iterable[str]) -> Iterator[tuple[int, int]]:
    bare, places = _bare(text)
    # Start from the message, which is short, rather than from long secret texts.
    starts: dict[str, list[int]] = {}
    for start in range(len(bare) - _PIECE + 1):
        starts.setdefault(bare[start : start + _PIECE], []).append(start)
    for form in dict.fromkeys(form for each in wanted for form in _forms(each)):
        if len(form) >= _PIECE:
            for i in range(len(form) - _PIECE + 1):
                for start in starts.pop(form[i : i + _PIECE], ()):
                    yield places[start][0], places[start + _PIECE - 1][1]
        elif len(form) >= _TELLING or (form.isdigit() and len(form) >= _SHORTEST):
            yield from _standing(form, bare, places)
        else:
            yield from _by_itself(form, bare, places)
    for form in {form for each in wanted for word in _words(each) for form in _spelt(word)}:
        yield from _by_itself(form, bare, places)


def _standing(form: str, bare: str, places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start = bare.find(form)
    while start >= 0:
        yield places[start][0], places[start + len(form) - 1][1]
        start = bare.find(form, start + 1)


def _by_itself(form: str, bare: str, places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where a form stands as a word; a short one without separators inside."""
    first = bare.find(form) if len(form) >= _SHORTEST else -1
    while first >= 0:
        inside, last = places[first : first + len(form)], first + len(form)
        start, end = inside[0][0], inside[-1][1]
        joined = all(one[1] >= other[0] for one, other in pairwise(inside))
        begins = first == 0 or places[first - 1][1] < start
        ends = last == len(places) or places[last][0] > end
        if begins and ends and (joined or len(form) >= _TELLING):
            yield start, end
        first = bare.find(form, first + 1)


def _words(text: str) -> Iterator[str]:
    """Yield the words of a name, which systems quote one by one or in another order.

    Words in small letters are left out, as a message needs them itself.
    """
    words = text.split()
    if 1 < len(words) <= _NAME:
        words = [each.strip(".,;()'\"") for each in words]
        yield from (each for each in words if len(each) >= _SHORTEST and not each.islower())


def _days(text: str) -> Iterator[str]:
    """Yield a day in the other orders, and with the name of its month."""
    found = _DAY.match(text)
    if found is None:
        return
    try:
        day = date.fromisoformat(found[0])
    except ValueError:
        return
    name = _MONTHS[day.month - 1]
    for month in (f"{day.month:02}", f"{day.month}", name, name[:3]):
        for number in (f"{day.day:02}", f"{day.day}"):
            yield f"{number}{month}{day.year}"
            yield f"{month}{number}{day.year}"


def _forms(text: str) -> Iterator[str]:
    """Yield the bare forms of a text.

    They are its own, without accents in the ways of several languages, as a day in other orders,
    as a whole number, hexadecimal, and base64 at each alignment.
    """
    data = text.encode("utf-8", "surrogatepass")
    encoded = [data.hex()]
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data).decode("ascii")
        # Leave out characters that depend on neighbouring bytes.
        encoded.append(whole[(0, 2, 3)[before] : (before + len(data)) * 8 // 6])
    number = (text.removesuffix(_NO_FRACTION),) if text.endswith(_NO_FRACTION) else ()
    yield from _spelt(text)
    for each in (*encoded, *number, *_days(text)):
        yield _bare(each)[0]


def _spelt(text: str) -> Iterator[str]:
    """Yield the bare form of a text, and those without accents as several languages spell it."""
    ways = () if text.isascii() else (text.translate(_SPELT), text.translate(_BASE))
    for each in (text, *ways):
        yield _bare(each)[0]


def _bare(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the letters and digits of a text, in lower case and unescaped, with positions."""
    found: list[str] = []
    places: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(text):
        for letter in _letters(_unescaped(token)):
            found.append(letter)
            places.append(token.span())
    return "".join(found), places


def _unescaped(token: re.Match[str]) -> str:
    match token.lastgroup:
        case "percent":
            data = bytes.fromhex("".join(_BYTE.findall(token[0])))
            return data.decode("utf-8", "replace")
        case "unicode":
            return chr(int(token["code"], 16))
        case "control":
            return ""
        case "entity":
            return unescape(token[0])
        case _:
            return token[0]


def _letters(text: str) -> Iterator[str]:
    """Yield small letters and digits, without accents and characters beyond the BMP.

    JSON escapes a character beyond the BMP as two, neither of which is a letter.
    """
    for c in unicodedata.normalize("NFKD", text.casefold()):
        if c.isalnum() and c < "\U00010000":
            yield from c.casefold()


# A percent sign may itself be encoded, and a backslash escaped, any number of times.
_TOKEN = re.compile(
    r"""(?P<percent>(?:%(?:25)*[0-9a-f]{2})+)
    | \\+u(?P<unicode>(?P<code>[0-9a-f]{4}))
    | (?P<control>\\+[bfnrt])
    | (?P<entity>&(?:\#\d{1,7}|\#x[0-9a-f]{1,6}|[a-z]{2,8});)
    | .""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_NAME = 4
"""The most words of a text that are searched for one by one."""
_NO_FRACTION = ".0"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip
_SPELT = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae",
    "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa", "Ø": "Oe", "Æ": "Ae",
})  # fmt: skip
"""Letters as they are spelt where there are no accents."""
_BASE = str.maketrans("øØłŁđĐ", "oOlLdD")
"""Letters without their strokes, which Unicode does not take apart."""
_BYTE = re.compile(r"%(?:25)*([0-9a-f]{2})", re.IGNORECASE)
