"""The marks of a value: what equal values of two records of one person have in common.

A mark is the same for values that differ only in case and spaces. A list or an object that holds
emails has each of them as a mark, whatever else it holds: systems add a type or a rank to emails.
Sensitive values are compared like any others, and never shown.
"""

import json
from collections.abc import Hashable, Iterator, Sequence

from oneway.core.compare import Comparison, comparable, comparables
from oneway.core.redacted import EMAIL, ITEM, MARKS, Redacted, known_of

_GROUPS = frozenset({list, dict, Redacted})


def marks_of(value: object) -> tuple[Hashable, ...]:
    """Return the marks of a value that is not blank."""
    if value.__class__ not in _GROUPS:
        return (one_form(value),)
    if known := known_of(value):
        return tuple(_mark(each) for each in known if each[0] in MARKS)
    return emails_in(value) or (() if isinstance(value, Redacted) else (one_form(value),))


def claims_of(value: object, compare: Comparison) -> tuple[Hashable, ...]:
    """Return the parts of a unique value that only one record may hold.

    A list or an object claims each email in it. Any other value is one claim, in the form in which
    `compare` compares it; a blank value claims nothing.
    """
    claim = comparable(value, compare)
    return emails_in(value) or (() if claim is None else (claim,))


def each_claim(values: Sequence[object], compare: Comparison) -> Iterator[tuple[int, Hashable]]:
    """Yield the claims of many values, each with the position of its value."""
    for at, claim in enumerate(comparables(values, compare)):
        if values[at].__class__ in _GROUPS:
            yield from ((at, each) for each in claims_of(values[at], compare))
        elif claim is not None:
            yield at, claim


def emails_in(value: object) -> tuple[Hashable, ...]:
    """Return the marks of the emails in a list or an object; () for any other value."""
    if value.__class__ not in _GROUPS:
        return ()
    if known := known_of(value):
        return tuple(_mark(each) for each in known if each[0] == ITEM)
    return tuple(dict.fromkeys(one_form(each) for each in _texts(value) if _is_email(each)))


def as_told(value: object) -> str:
    """Return a value as messages show it; a list or an object is reduced to its emails.

    A message is the same whatever the order of an object's keys: a run that is derived again reads
    them sorted.
    """
    emails = ", ".join(map(str, emails_in(value)))
    return emails or (_json(value) if isinstance(value, list | dict) else str(value))


def has_email(value: object) -> bool:
    """Return whether a value is an email, or a list or an object that holds one."""
    if isinstance(value, str):
        return "@" in value
    return any(each[0] == EMAIL for each in known_of(value)) or bool(emails_in(value))


def one_form(value: object) -> str:
    """Return a form that is the same for values that differ only in case and spaces."""
    return " ".join(str(value).split()).casefold()


def _mark(known: tuple[str, int]) -> Hashable:
    """Return the mark of a redacted value; for an email it contains an @, like all such marks."""
    return "" if known[0] not in (EMAIL, ITEM) else "@", known


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, list | dict):
            waiting += each if isinstance(each, list) else each.values()


def _is_email(text: str) -> bool:
    name, _, host = text.strip().partition("@")
    return bool(name and host) and len(text.split()) == 1


_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
