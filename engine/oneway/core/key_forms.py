"""The forms of a key: how it is written, and when two keys differ only in form."""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Mapping

from oneway.core.records import Value
from oneway.core.redacted import FORMS
from oneway.core.similar_words import visible
from oneway.core.unicode import normal


def shown(key: Hashable) -> str:
    """Return a key so that two that look alike can be told apart."""
    value = _value(key)
    if not isinstance(value, str):
        return json.dumps(value)
    hidden = value != normal(value, "NFKC") or value != visible(value)
    return json.dumps(value, ensure_ascii=hidden)


def as_typed(text: str) -> str:
    """Return a text as a person may type it: in any case, with letters and accents in one."""
    return normal(text.strip().casefold(), "NFC")


def difference(left: Hashable, right: Hashable) -> str:
    """Return the ways in which two keys differ: all of them must go to make the keys equal."""
    words = ["number and text"] if isinstance(left, str) != isinstance(right, str) else []
    for name in _STEPS:
        steps = [step for other, step in _STEPS.items() if other != name]
        if _through(steps, left) != _through(steps, right):
            words.append(name)
    alone = (
        name for name, step in _STEPS.items() if _through([step], left) == _through([step], right)
    )
    return ", ".join(words) or next(alone, "several ways")


def loose(key: object) -> str:
    """Return a form of a key that is equal for keys that differ only in form."""
    if isinstance(key, str) and key.isascii() and key.isalnum():  # as nearly all are
        text = key.lower()
        number = text.lstrip(_LETTERS)
        if not number.startswith("0"):
            return text
        rest = number.lstrip("0")
        kept = rest if rest[:1].isdigit() else f"0{rest}"
        return text[: len(text) - len(number)] + kept
    return _through(_STEPS.values(), key)


def as_read(key: object) -> str:
    """Return a form of a key that is equal for keys that people read as one.

    They differ only in case, spaces, invisible characters, compatible Unicode forms, or in number
    and text. Leading zeros count.
    """
    if isinstance(key, str) and key.isascii() and key.isalnum():  # as nearly all are
        return key.lower()
    return _through([step for name, step in _STEPS.items() if name != _ZEROS], key)


def is_other_form(value: object, other: object) -> bool:
    """Return whether two texts differ in spaces, case, punctuation and leading zeros alone.

    Of two lists, so do the items, which may come in another order; of two objects, the members. A
    member that is null, false or blank may be left out, and one may be the text of the other.
    """
    if not any(isinstance(value, kind) and isinstance(other, kind) for kind in (str, list, dict)):
        return False
    bare = _bare(value)
    return bool(bare) and bare == _bare(other)


def _bare(value: object) -> object:
    """Return a form that is equal for values of which one may be the other's form."""
    if isinstance(value, list):
        return tuple(sorted(map(_bare, value), key=repr))
    if isinstance(value, dict):
        members = ((key, _bare(each)) for key, each in value.items() if each is not False)
        return tuple(sorted((each for each in members if each[1]), key=repr))
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r"[\W_]", "", loose(text))


def key_text(key: object) -> str:
    """Return the text of a key: `42` and `42.0` have one."""
    value = _value(key)
    return value if isinstance(value, str) else json.dumps(value)


def _through(steps: Iterable[Callable[[str], str]], key: object) -> str:
    text = key_text(key)
    for step in steps:
        text = step(text)
    return text


def _value(key: object) -> Value:
    """Return the value behind a compared key: text is itself, anything else a pair."""
    value = key[1] if isinstance(key, tuple) and len(key) == 2 else key
    if isinstance(value, tuple) and isinstance(value[-1], int):
        return value[-1] // FORMS  # the form of a veiled key
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else str(value)


def _in_one_form(text: str) -> str:
    return text if text.isascii() else normal(text, "NFKC")


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _without_zeros(text: str) -> str:
    return re.sub(r"^([^\W\d_]*)0+(?=[0-9])", r"\1", text)


_ZEROS = "leading zeros"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_STEPS: Mapping[str, Callable[[str], str]] = {
    "invisible characters": visible,
    "Unicode form": _in_one_form,
    "spaces": _without_spaces,
    "case": str.casefold,
    _ZEROS: _without_zeros,
}
"""What is removed from a key, step by step."""
