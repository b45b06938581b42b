"""Changes values within the text of a JSON object, and leaves the rest of it byte for byte.

A number that passes through a float may lose digits, and a program that compares files sees every
escape and space that changes. So only the values that differ are written again.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed lacks it
from typing import NamedTuple

from oneway.core.nesting import DEEPEST, nests_too_deep
from oneway.core.records import Value
from oneway_connectors.file.strict_json import Flaw

Encode = Callable[[Value], str]


def spliced(
    raw: bytes, old: Mapping[str, Value], new: Mapping[str, Value], encode: Encode
) -> bytes:
    """Return an object's bytes with the values of `new`, which has all keys of `old`.

    `raw` is strict JSON whose value is `old`. `encode` returns the text of a value. Raises `Flaw`
    if that is impossible.
    """
    text = raw.decode()
    made = _object(text, _past_space(text, 0), old, new, encode)
    if nests_too_deep(made):
        raise Flaw(f"is nested deeper than {DEEPEST} levels")
    return made.encode()


class _Member(NamedTuple):
    """A key of an object, and where its value is; `before` is the space before the key."""

    key: str
    before: str
    colon: str
    start: int
    end: int


def _object(
    text: str, start: int, old: Mapping[str, Value], new: Mapping[str, Value], encode: Encode
) -> str:
    """Return a text whose object at `start` has other values."""
    parts, done, last = [], 0, None
    for last in _members(text, start):
        before, after = old[last.key], new[last.key]
        if _same(before, after):
            continue
        parts.append(text[done : last.start])
        done = last.end
        if isinstance(before, dict) and isinstance(after, dict):
            parts.append(_object(text[last.start : last.end], 0, before, after, encode))
        else:
            parts.append(_indented(encode(after), last.before))
    added = {key: value for key, value in new.items() if key not in old}
    if added:
        parts.append(text[done : last.end if last else start + 1])
        done = last.end if last else start + 1
        before, colon = (last.before, last.colon) if last else ("", ": ")
        members = (f"{encode(k)}{colon}{_indented(encode(v), before)}" for k, v in added.items())
        parts.append(("," + before if last else "") + f",{before}".join(members))
    return "".join([*parts, text[done:]])


def _members(text: str, start: int) -> Iterator[_Member]:
    """Yield the members of the object at `start`."""
    decoder, at = json.JSONDecoder(), start + 1
    while True:
        space = at
        at = _past_space(text, at)
        if text[at] == "}":
            return
        quote = at
        key, at = scanstring(text, at + 1, True)
        name = at
        at = _past_space(text, _past_space(text, at) + 1)
        end = decoder.raw_decode(text, at)[1]
        yield _Member(key, text[space:quote], text[name:at], at, end)
        at = _past_space(text, end)
        if text[at] == "}":
            return
        at += 1


def _same(one: Value, other: Value) -> bool:
    """Return whether two values are the same JSON: true is not 1, and 1.0 is not 1."""
    return one is other or (
        type(one) is type(other) and one == other and json.dumps(one) == json.dumps(other)
    )


def _indented(text: str, before: str) -> str:
    """Return a value's text, its lines indented as the key that has `before` before it."""
    return text.replace("\n", "\n" + before.rpartition("\n")[2]) if "\n" in before else text


def _past_space(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
