"""Guesses how new records get their ids, and writes that; in a file, ids may be words."""

import re
from collections.abc import Callable, Iterator

from oneway.connections.discovery import FILES
from oneway.core.dataclass import dataclass
from oneway.core.paths import at
from oneway.core.records import MISSING, is_blank
from oneway.runs.draft.keys import MatchKeys, matched
from oneway.runs.draft.notation import comment, expression, literal, yaml_name, yaml_text
from oneway.runs.draft.pairs import Pair, id_like
from oneway.runs.draft.side import DraftSide

_LEAST = 2
"""The fewest matched records that show how ids are made."""


@dataclass(frozen=True, slots=True)
class IdsLike:
    """An expression that makes ids, and how many matched records have the id that it makes."""

    made: str
    agree: int
    total: int


def id_parts(target: DraftSide) -> tuple[str, int] | None:
    """Return the word before the number in each id, and its digits if fixed; None for other ids."""
    found = [re.fullmatch(r"([^\d']*\D)([0-9]+)", each.id) for each in target.records]
    words = {each[1] if each else "" for each in found}
    if len(words) != 1 or "" in words:
        return None
    lengths = {len(each[2]) for each in found if each}
    return words.pop(), lengths.pop() if len(lengths) == 1 else 0


def ids_like(source: DraftSide, target: DraftSide, keys: MatchKeys) -> IdsLike | None:
    """Return how ids are made from the number of the first key, if most matched records show it."""
    parts = id_parts(target)
    if parts is None:
        return None
    word, digits = parts
    path = keys.first.source
    owners = matched(source, target, keys)
    both = [
        (at(source.records[here].data, source.keys(path)), target.records[there].id)
        for here, there in owners.items()
    ]
    given = [(str(a).strip(), id) for a, id in both if a is not MISSING and not is_blank(a)]
    found: list[IdsLike] = []
    for made, text_of in _ways(expression(source, path), digits):
        agree = sum(id == f"{word}{text_of(text)}" for text, id in given)
        value = f"{expression(source, path)} && concat({literal(word)}, {made})"
        found.append(IdsLike(value, agree, len(given)))
    best = max(found, key=lambda each: each.agree)
    return best if best.agree >= _LEAST and 2 * best.agree > best.total else None


def _ways(read: str, digits: int) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield the ways to write a number: unchanged, without leading zeros, or with some."""
    yield read, str
    plain = f"to_string(to_number({read}))"
    yield plain, _plain
    if digits:
        yield f"pad_left({plain}, `{digits}`, '0')", lambda text: _plain(text).zfill(digits)


def _plain(text: str) -> str:
    return text.lstrip("0") or "0" if text.isdigit() else text


def new_id_lines(source: DraftSide, target: DraftSide, keys: MatchKeys) -> Iterator[str]:
    """Yield the lines that say how a file's new records get their ids, or the question."""
    if target.connector != FILES:
        return
    name = yaml_name(target.id)
    if (found := id_like(source, target)) is not None:
        path, share, local = found
        read = f"email_local(lower(trim({expression(source, path)})))"
        value = yaml_text(read if local else expression(source, path), flow=True)
        said = f"guess: {share} of its {len(target.records)} values are so"
        yield f"  {name}: {{from: {value}, write: on_create}}   # {said}"
    elif numbers_new_ids(target) and (like := ids_like(source, target, keys)) is not None:
        value = yaml_text(like.made, flow=True)
        said = f"guess: so it is in {like.agree:,} of {like.total:,} matched records"
        yield f"  {name}: {{from: {value}, write: on_create}}   # {said}"
    elif numbers_new_ids(target):
        yield comment(f"  # {name}:   # {_NEW_IDS}{_pattern(target, keys.first)}")
        yield "  #   from: ..."
        yield "  #   write: on_create"


def asks_for_ids(source: DraftSide, target: DraftSide, keys: MatchKeys) -> bool:
    """Return whether the id of a new record is unknown, and plain numbers do not fit."""
    if not numbers_new_ids(target) or id_like(source, target) is not None:
        return False
    return ids_like(source, target, keys) is None


def _pattern(target: DraftSide, key: Pair) -> str:
    """Return how existing ids are written, if they are a word and a number of their own."""
    if (parts := id_parts(target)) is None:
        return ""
    word, digits = parts
    length = f"{digits} digits" if digits else "digits"
    return f": {word} and {length}, which are not those of {key.source}"


_NEW_IDS = (
    "question: what is the id of a new record? "
    "If nothing is written, it gets a number; the others are words"
)


def numbers_new_ids(target: DraftSide) -> bool:
    """Return whether a new record gets a number as its id, unlike existing ones.

    If the mapping writes no id, a file uses the number after the highest.
    """
    numbers = sum(each.id.isdigit() for each in target.records)
    return target.connector == FILES and 2 * numbers < len(target.records)
