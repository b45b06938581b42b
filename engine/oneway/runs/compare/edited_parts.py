"""The parts of a mapping that an edit gives another meaning, whether or not it affects anybody.

    Compiled, Compiled ─unlike, slots→ what differs ─edited_parts→ names, places, words

The parts are those that `oneway same` compares: what it does not compare has no meaning.
"""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction

from oneway.core.compare import CompareItems
from oneway.core.diagnostics import Span
from oneway.documents.yaml_source import Document, Path, parse
from oneway.mapping.compiler import Compiled
from oneway.mapping.load.mapping import parts_of
from oneway.planning.guard_kinds import Limit
from oneway.runs.compare.edited_part import EditedPart
from oneway.runs.proving.solver.slots import Unlike, as_evaluated, slots, unlike

_OF_CONNECTIONS = ("settings", "guards")
"""The keys of a mapping that a connection sets as well; its `name` is another one."""


def edited_parts(
    old: Compiled, new: Compiled, connection: Document | None = None
) -> tuple[EditedPart, ...]:
    """Return the parts that mean something else in the new version.

    Settings and guards have their places in the connection's file, if it sets them.
    """
    document = parse(new.spec.text, new.spec.file)
    paths = parts_of(document)

    def place(name: str) -> Span:
        path, found = tuple(name.split(".")), _place(document, paths, name)
        if connection is None or path[0] not in _OF_CONNECTIONS:
            return found
        if path in connection.places or not found.line:
            return connection.span(path, key=True)
        return found

    return tuple(
        EditedPart(each.name, place(each.name), *_words(each)) for each in _unlike(old, new)
    )


def _unlike(old: Compiled, new: Compiled) -> list[Unlike]:
    """Return what differs: parts that only follow from others count if the others are equal."""
    parts = unlike(old, new)
    own = {each.name: each for each in parts if not each.follows}
    for each in slots(old, new):
        if as_evaluated(each, new=False) != as_evaluated(each, new=True):
            own.setdefault(each.name, Unlike(each.name, None, None))
    return list(own.values()) or parts


def _place(document: Document, paths: Mapping[str, Path], name: str) -> Span:
    """Return the place of a part; if the mapping lacks it now, that of what holds it."""
    name = name.replace('"', "")  # as the keys of paths stand in the document
    while name:
        if name in paths:
            return document.span(paths[name], key=True)
        name = name.rpartition(".")[0]
    return Span(document.file)


def _words(part: Unlike) -> tuple[str, str]:
    """Return both versions of a part in words, as far as a word says it."""
    was, now = part.was, part.now
    if was is None and now is None:
        return "", ""  # an expression, which both versions have
    if isinstance(was, Limit) and isinstance(now, Limit):
        pairs = (_percent(was.share), _percent(now.share)), _floors(was, now)
        apart = [pair for pair in pairs if pair[0] != pair[1]]
        return ", ".join(pair[0] for pair in apart), ", ".join(pair[1] for pair in apart)
    return _word(was), _word(now)


def _floors(was: Limit, now: Limit) -> tuple[str, str]:
    return f"floor {was.floor}", f"floor {now.floor}"


def _word(value: object) -> str:
    """Return a value in the words of a mapping; "" if it takes more than a word."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case str():
            return value
        case Enum() | CompareItems():
            return str(value.value)
        case float():
            return _percent(value)
        case Limit():
            return f"{_percent(value.share)}, floor {value.floor}"
        case _:
            return ""


def _percent(share: float | Fraction) -> str:
    return f"{float(share * 100):g}%"
