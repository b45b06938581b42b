r"""Parses strict JSON (RFC 8259); rejects what lenient parsers accept.

Flaws are duplicate keys, NaN, numbers beyond all floats, and too deep nesting. Lone surrogates
(`"\ud800"`) are read and written back unchanged.
"""

import json
import math
from typing import NoReturn

from oneway.core.dataclass import dataclass
from oneway.core.nesting import DEEPEST, nests_too_deep
from oneway.core.records import Value


class Flaw(ValueError):
    """JSON in form, but not reliable. The message never holds a value."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value and the position after it; or why it is invalid, and whether it is JSON at all."""

    value: Value = None
    end: int = -1
    problem: str = ""
    broken: bool = False
    line: int = 1
    """The line of the text on which it is broken."""


class StrictDecoder:
    """Decodes one file's records; keys that return in each record are held in memory once."""

    __slots__ = ("_decoder", "_keys")

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=_constant, parse_float=_finite
        )

    def parse(self, text: str, start: int = 0) -> Parsed:
        """Return the value at `start`, which is not white space."""
        try:
            value, end = self._decoder.raw_decode(text, start)
        except (Flaw, RecursionError) as error:
            return Parsed(problem=str(error) if isinstance(error, Flaw) else _TOO_DEEP)
        except json.JSONDecodeError as error:
            if nests_too_deep(text[start : error.pos]):
                return Parsed(problem=_TOO_DEEP)
            problem = f"is not valid JSON (column {error.colno})"
            return Parsed(problem=problem, broken=True, line=error.lineno)
        except ValueError:  # an integer of thousands of digits
            return Parsed(problem="holds a number that is too long")
        if nests_too_deep(text[start:end]):
            return Parsed(problem=_TOO_DEEP)
        return Parsed(value, end)

    def _object(self, pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        keys = self._keys
        data = {keys.setdefault(key, key): value for key, value in pairs}
        if len(data) != len(pairs):
            raise Flaw("has the same key twice in one object")
        return data


def encoded(data: Value, like: bytes, indent: str | None = None) -> bytes:
    """Return JSON in UTF-8, spaced as `like` is; escaped where UTF-8 cannot hold the text.

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
