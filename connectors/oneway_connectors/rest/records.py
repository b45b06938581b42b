"""Makes records of a system's data: our names for its keys, and words for its enumerations."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from oneway.core.paths import at, with_value
from oneway.core.records import MISSING, Record, Value
from oneway_connectors.rest.list_so_far import Item
from oneway_connectors.rest.model import ResourceRequests


def record_of_item(resource: ResourceRequests, item: Item) -> Record:
    """Return the record of a listed item, with the item's problem if it has one."""
    replaced = not all(detail.into for detail in resource.details)
    if item.problem and not item.lost and replaced:
        return Record(item.id, {}, item.problem)  # the list may have other words for all of it
    found = record_of(resource, item.id, item.data)
    lost = tuple((_our_name(resource, key),) for key in item.lost)
    return replace(found, problem=item.problem, lost=lost)


def _our_name(resource: ResourceRequests, key: str) -> str:
    return next((ours for ours, theirs in resource.names.items() if theirs == key), key)


def record_of(resource: ResourceRequests, id: str, data: Mapping[str, Value]) -> Record:
    """Return a record from the data that a system has of it."""
    ours = renamed(data, {theirs: ours for ours, theirs in resource.names.items()})
    return Record(id, normalised(ours, resource.normalise))


def renamed(data: Mapping[str, Value], names: Mapping[str, str]) -> Mapping[str, Value]:
    """Return the data with other names for some of its keys."""
    if not names:
        return data
    return {names.get(key, key): value for key, value in data.items()}


def normalised(
    data: Mapping[str, Value], tables: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]
) -> Mapping[str, Value]:
    """Return the data with the word of each enumeration in place of its index."""
    for path, words in tables:
        value = at(data, path)
        if value is MISSING or isinstance(value, bool) or not isinstance(value, str | int):
            continue
        text = str(value)
        if text.isascii() and text.isdigit() and len(text) < 4 and int(text) < len(words):
            data = with_value(data, path, words[int(text)])
    return data
