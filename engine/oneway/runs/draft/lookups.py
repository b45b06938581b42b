"""Finds the target fields that hold ids of the target's own records, such as a manager's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from oneway.core.compare import Compare
from oneway.core.paths import at
from oneway.core.records import MISSING, Value, is_blank
from oneway.runs.draft.keys import MatchKeys, matched
from oneway.runs.draft.pairs import Pair, is_number, manager_key
from oneway.runs.draft.side import DraftSide

_LEAST = 2
"""The fewest matched records that prove a lookup."""
_Both = Sequence[tuple[Mapping[str, Value], Mapping[str, Value]]]


def with_lookups(
    source: DraftSide, target: DraftSide, pairs: Sequence[Pair], keys: MatchKeys
) -> tuple[Pair, ...]:
    """Return the pairs, with the lookups that the matched records show.

    In these, the source names another person and the target holds the id of that person's record.
    """
    owners = matched(source, target, keys)
    both = [(source.records[a].data, target.records[b].data) for a, b in owners.items()]
    known = {each.target: each for each in pairs}
    for path in target.fields:
        old = known.get(path)
        if (old is not None and old.looks_up) or not holds_ids(target, path):
            continue
        found = max(_shown(source, target, path, keys, both), key=lambda e: e[1], default=None)
        if found is not None:
            field, agree, total = found
            why = f"the id of the person it names, in {agree:,} of {total:,} matched records"
            known[path] = Pair(path, field, why, 0, looks_up=True)
        elif old is not None and old.unfit:
            known[path] = replace(old, unfit=False, doubt="it contains ids of other records")
    return tuple(known[path] for path in target.fields if path in known) or tuple(pairs)


def holds_ids(target: DraftSide, path: str) -> bool:
    """Return whether a field mostly holds ids of other records of the target."""
    if path == target.id or target.fields[path].computed:
        return False
    ids = {each.id for each in target.records}
    keys, others = target.keys(path), 0
    values = target.values(path)
    for each in target.records:
        value = at(each.data, keys)
        others += value is not MISSING and str(value) in ids and str(value) != each.id
    return 2 * others > len(values)


def _shown(
    source: DraftSide, target: DraftSide, path: str, keys: MatchKeys, both: _Both
) -> Iterator[tuple[str, int, int]]:
    """Yield each source field that names the people of a target field, and how many agree."""
    for name in source.fields:
        if any(each.pair.source == name for each in keys.chosen):
            continue
        key = manager_key(source, target, Pair(path, name, "", 0), keys.first.target)
        ids: dict[str, str] = {}
        for each in target.records:
            ids.setdefault(_plain(at(each.data, target.keys(key))), each.id)
        said = [(at(a, source.keys(name)), at(b, target.keys(path))) for a, b in both]
        given = [
            (a, b) for a, b in said if MISSING not in (a, b) and not any(map(is_blank, (a, b)))
        ]
        agree = sum(ids.get(_plain(a)) == str(b) for a, b in given)
        if agree >= _LEAST and 2 * agree > len(given):
            yield name, agree, len(given)


def _plain(value: object) -> str:
    """Return a value as people compare it: without case, and numbers without leading zeros."""
    text = str(value).strip().casefold()
    return text.lstrip("0") if text.isdigit() else text


def is_by_number(source: DraftSide, target: DraftSide, pair: Pair, keys: MatchKeys) -> bool:
    """Return whether a lookup must compare numbers, as the sides differ in leading zeros."""
    first = keys.chosen[0]
    if first.compare is not Compare.NUMBER:
        return False
    key = manager_key(source, target, pair, keys.first.target)
    held = [*source.values(pair.source), *target.values(key)]
    return key == keys.first.target and all(map(is_number, held))
