r"""Parses strict JSON (RFC 8259); rejects what lenient parsers accept.

Flaws are duplicate keys, NaN, numbers that no float can represent, and too deep nesting. Lone
surrogates (`"\ud800"`) are read and written back unchanged.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from oneway.core.dataclass import dataclass
from oneway.core.nesting import DEEPEST, nests_too_deep
from oneway.core.records import Value


class Flaw(ValueError):
    """Syntactically valid but ambiguous JSON. The message never contains a value."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value and the position after it; or why it is invalid, and whether it is JSON at all.

    If it is JSON, `lost` are the paths of ambiguous values, and `value` contains all others.
    """

    value: Value = None
    end: int = -1
    problem: str = ""
    broken: bool = False
    line: int = 1
    """The line of the text with the error."""
    cause: str = ""
    """What is wrong there, if it is a common slip."""
    lost: tuple[tuple[str, ...], ...] = ()


class StrictDecoder:
    """Decodes one file's records, sharing the memory of repeated keys."""

    __slots__ = ("_decoder", "_keys")

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=_constant, parse_float=_finite
        )

    def parse(self, text: str, start: int = 0) -> Parsed:
        """Return the value at `start`, which must not be white space."""
        try:
            value, end = self._decoder.raw_decode(text, start)
        except RecursionError:
            return Parsed(problem=_TOO_DEEP)
        except Flaw as flaw:
            return _certain_part(text, start, str(flaw))
        except json.JSONDecodeError as error:
            if nests_too_deep(text[start : error.pos]):
                return Parsed(problem=_TOO_DEEP)
            cause = json_slip(text, error.pos)
            problem = f"is not valid JSON (column {error.colno}){f': {cause}' if cause else ''}"
            return Parsed(problem=problem, broken=True, line=error.lineno, cause=cause)
        except ValueError:  # an integer of thousands of digits
            return _certain_part(text, start, "holds a number that is too long")
        if nests_too_deep(text[start:end]):
            return Parsed(problem=_TOO_DEEP)
        return Parsed(value, end)

    def _object(self, pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        keys = self._keys
        data = {keys.setdefault(key, key): value for key, value in pairs}
        if len(data) != len(pairs):
            raise Flaw("has the same key twice in one object")
        return data


_TRAILING = re.compile(r",\s*[\]}]")
"""Where Python 3.13 and later find such a comma; earlier versions find the bracket."""


def json_slip(text: str, at: int) -> str:
    """Return what is wrong at a place in invalid JSON, if it is a common slip, or ""."""
    rest, before = text[at : at + 5], text[:at].rstrip()
    if rest.startswith("'"):
        return "text must be in double quotes"
    if rest.startswith(("True", "False", "None")):
        return "it is written true, false and null, in small letters"
    if (rest[:1] in ("]", "}") and before.endswith(",")) or _TRAILING.match(text, at):
        return "there is a comma before a closing bracket"
    if rest.startswith(("//", "/*", "#")):
        return "JSON has no comments"
    return ""


_LOST: Any = object()
"""Stands for an ambiguous value."""


def _certain_part(text: str, start: int, problem: str) -> Parsed:
    """Return the unambiguous parts of a value with flaws."""

    def once(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        counts = Counter(key for key, _ in pairs)
        return {key: value if counts[key] == 1 else _LOST for key, value in pairs}

    decoder = json.JSONDecoder(
        object_pairs_hook=once,
        parse_constant=lambda _: _LOST,
        parse_float=lambda text: _or_lost(_finite, text),
        parse_int=lambda text: _or_lost(int, text),
    )
    try:
        value, end = decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        return Parsed(problem=problem)
    if nests_too_deep(text[start:end]):
        return Parsed(problem=problem)
    lost: list[tuple[str, ...]] = []
    return Parsed(_certain(value, (), lost), end, problem, lost=tuple(lost))


def _or_lost(parse: Callable[[str], float], text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return _LOST


def _certain(value: Value, at: tuple[str, ...], lost: list[tuple[str, ...]]) -> Value:
    """Return an object without ambiguous values, whose paths are added to `lost`."""
    if not isinstance(value, dict):
        return value
    kept: dict[str, Value] = {}
    for key, each in value.items():
        if each is _LOST or (isinstance(each, list) and _is_unsure(each)):
            lost.append((*at, key))
        else:
            kept[key] = _certain(each, (*at, key), lost)
    return kept


def _is_unsure(value: Value) -> bool:
    """Return whether a value contains anything ambiguous."""
    if isinstance(value, dict):
        return any(map(_is_unsure, value.values()))
    return any(map(_is_unsure, value)) if isinstance(value, list) else value is _LOST


def encoded(data: Value, like: bytes, indent: str | None = None) -> bytes:
    """Return JSON in UTF-8, spaced like `like`, with escapes for text that is invalid in UTF-8.

    Raises `Flaw` for a value that could not be read back.
    """
    comma, colon = (", ", ": ") if not like or b'": ' in like else (",", ":")
    separators = (comma, colon) if indent is None else (",", ": ")
    try:
        text = json.dumps(
            data, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
        )
        if nests_too_deep(text):
            raise Flaw(_TOO_DEEP)
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(data, indent=indent, separators=separators).encode()
    except RecursionError:
        raise Flaw(_TOO_DEEP) from None
    except ValueError as error:
        raise error if isinstance(error, Flaw) else Flaw(_NO_NUMBER) from None


def _constant(_name: str) -> NoReturn:
    raise Flaw("holds NaN or Infinity, which JSON does not have")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Flaw("holds a number that is too large")
    return number


_TOO_DEEP = f"is nested deeper than {DEEPEST} levels"
_NO_NUMBER = "holds a number that JSON does not have"
