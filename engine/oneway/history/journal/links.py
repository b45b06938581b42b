"""Stores the links of a connection: which source record is which target record."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import lru_cache
from itertools import chain, count
from typing import Any

from sqlalchemy import Dialect, Select, delete, func, select, update

from oneway.core.dataclass import dataclass
from oneway.history.journal.prepared_statements import Prepared
from oneway.history.journal.store import Store, is_shared, upserting
from oneway.history.journal.tables import link as table
from oneway.planning.links import Link, Links, Origin

_COLUMNS = [table.c[name] for name in Link._fields]
_AT_ONCE = 500
"""Links per statement, because the number of parameters is limited."""
_A_FEW = 20
_PAGE = 10_000
"""Links read at a time for comparison; nearly all are unchanged, and need not stay in memory."""
_WORTH_IT = 4
"""If more than one in this many links is asked for, all are read."""


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """How many links a run saw: known before, new, and replacing another one."""

    known: int = 0
    new: int = 0
    replaced: int = 0


def links(store: Store, connection: str) -> Links:
    """Return the links of a connection, by source record; only their ids are read at once."""
    ours = table.c.connection == connection
    ids = select(table.c.source_id, table.c.target_id).where(ours).order_by(table.c.source_id)

    def load(sources: Sequence[str] | None) -> Sequence[Link]:
        query = select(*_COLUMNS).where(ours).order_by(table.c.source_id)
        if sources is None or len(sources) * _WORTH_IT > found.text.count(b"["):  # nearly all
            return _many(store, query)
        some = (sources[at : at + _AT_ONCE] for at in range(0, len(sources), _AT_ONCE))
        queries = (query.where(table.c.source_id.in_(each)) for each in some)
        return [_link(row) for each in queries for row in store.rows(each)]

    known = store.as_json(ids) or [(row[0], row[1]) for row in store.rows(ids)]
    found = Links(known, load, lambda: _in_pages(store, connection))
    return found


def links_elsewhere(
    store: Store, connections: Sequence[str], targets: Iterable[str]
) -> Iterator[tuple[str, Link]]:
    """Yield the links of some connections to some target records, with their connections."""
    ids = sorted(targets)
    columns = (table.c.connection, *_COLUMNS)
    for at in range(0, len(ids), _AT_ONCE):
        some = table.c.target_id.in_(ids[at : at + _AT_ONCE])
        query = select(*columns).where(table.c.connection.in_(connections) & some)
        for row in store.rows(query.order_by(table.c.connection, table.c.source_id)):
            yield row.connection, _link(row)


def created_records(store: Store, connection: str) -> frozenset[str]:
    """Return the target records that a connection created and that still have a link."""
    ours = (table.c.connection == connection) & (table.c.origin == Origin.CREATED.value)
    return frozenset(row[0] for row in store.rows(select(table.c.target_id).where(ours)))


def some_names(store: Store, connection: str) -> tuple[str, ...]:
    """Return the digests of names of a few links of a connection."""
    ours = table.c.connection == connection
    query = select(table.c.names).where(ours & (table.c.names != "")).limit(_A_FEW)
    return tuple(row.names for row in store.rows(query))


def link_counts(store: Store) -> Mapping[str, int]:
    """Return how many links each connection has."""
    query = select(table.c.connection, func.count()).group_by(table.c.connection)
    return {row[0]: int(row[1]) for row in store.rows(query)}


def learn(
    store: Store,
    connection: str,
    found: Sequence[Link],
    in_full: Callable[[Link], Link] = lambda link: link,
) -> LinkCounts:
    """Store links; each replaces the earlier links of its two records.

    A known link retains its `since`. `in_full` completes a link with the names of
    `NameDigests.short`; it is called only for links that are stored.
    """
    if not found:
        return LinkCounts()
    with store.at_once():
        wanted = {each.source_id: each for each in found}
        same, before = _compared(_concerning(store, connection, found), wanted)
        rest = {id: each for id, each in wanted.items() if id not in same}
        owners = {each.target_id: each.source_id for each in before.values()}
        known = {id for id, each in rest.items() if _is_known(before.get(id), each)}
        lost = {
            owner
            for id, each in rest.items()
            if (owner := owners.get(each.target_id, id)) != id and owner not in known
        }
        lost |= {id for id in rest.keys() - known if id in before}
        _delete(store, connection, lost)
        if same:
            at = max({wanted[id].seen for id in same})
            _seen(store, connection, same, before.keys(), at)
        for id, each in rest.items():
            _put(store, connection, in_full(each), before[id] if id in known else None)
    return LinkCounts(len(known) + len(same), len(rest) - len(known) - len(lost), len(lost))


def _compared(
    stored: Iterable[Link], wanted: Mapping[str, Link]
) -> tuple[AbstractSet[str], Mapping[str, Link]]:
    """Return the source ids whose stored links are as wanted, and all other stored links."""
    same, others = set[str](), dict[str, Link]()
    for each in stored:
        found = wanted.get(each.source_id)
        if found is not None and _is_same(each, found):
            same.add(found.source_id)
        else:
            others[each.source_id] = each
    return same, others


def _concerning(store: Store, connection: str, found: Sequence[Link]) -> Iterable[Link]:
    """Return the stored links of the given records or, if these are many, of the connection."""
    if len(found) > _AT_ONCE:
        return chain.from_iterable(_in_pages(store, connection))
    ours = table.c.connection == connection
    source = table.c.source_id.in_([each.source_id for each in found])
    target = table.c.target_id.in_([each.target_id for each in found])
    query = select(*_COLUMNS).where(ours & (source | target))
    return tuple(_link(row) for row in store.rows(query))


def _in_pages(store: Store, connection: str) -> Iterator[Sequence[Link]]:
    """Yield the links of a connection in pages, ordered by source record."""
    ours = table.c.connection == connection
    query = select(*_COLUMNS).where(ours).order_by(table.c.source_id)
    for start in count(step=_PAGE):
        found = _many(store, query.limit(_PAGE).offset(start))
        yield found
        if len(found) < _PAGE:
            return


def _many(store: Store, query: Select[Any]) -> Sequence[Link]:
    """Return the links of a query, decoded from one JSON text if possible, which is faster."""
    import msgspec  # slow to import, and most commands do not need it

    with suppress(msgspec.MsgspecError):  # reading row by row below reports what is wrong
        return msgspec.json.decode(store.as_json(query), type=_Links)
    return [_link(row) for row in store.rows(query)]


_Links = list[Link]


def unlink(store: Store, connection: str, sources: Iterable[str]) -> int:
    """Delete the links of some source records; return how many were deleted."""
    with store.at_once():
        return _delete(store, connection, sources)


def _is_known(before: Link | None, found: Link) -> bool:
    return before is not None and before.target_id == found.target_id


def _is_same(before: Link, found: Link) -> bool:
    """Return whether only `seen` differs."""
    keys = (before.key, before.key_digest) == (found.key, found.key_digest)
    names = before.names.startswith(found.names)
    return keys and names and before.target_id == found.target_id


def _seen(
    store: Store, connection: str, same: AbstractSet[str], others: AbstractSet[str], at: str
) -> None:
    """Record when links were last seen.

    `others` are the connection's links that are not in `same`; if `same` has few, only those that
    were read with them.
    """
    ours, source = table.c.connection == connection, table.c.source_id
    if len(same) > _AT_ONCE >= len(others):  # as on most nights
        parts = [source.not_in(sorted(others))]
    else:
        ids = sorted(same)
        parts = [source.in_(ids[i : i + _AT_ONCE]) for i in range(0, len(ids), _AT_ONCE)]
    for each in parts:
        store.change(update(table).where(ours & each).values(seen=at))


def _delete(store: Store, connection: str, sources: Iterable[str]) -> int:
    ours = table.c.connection == connection
    gone = (delete(table).where(ours & (table.c.source_id == id)) for id in sorted(sources))
    return sum(store.change(each, at_least=0).rows for each in gone)


def _put(store: Store, connection: str, found: Link, before: Link | None) -> None:
    values = {
        "connection": connection,
        "source_id": found.source_id,
        "target_id": found.target_id,
        "key": found.key,
        "key_digest": found.key_digest,
        "origin": (before or found).origin.value,
        "since": (before or found).since,
        "seen": found.seen,
        "names": found.names or (before or found).names,
    }
    store.change(_putting(store.dialect), values)


@lru_cache(maxsize=2)
def _putting(dialect: Dialect) -> Prepared:
    """Return the statement that stores a link; cached, as a run may store thousands."""
    new = upserting(table, shared=is_shared(dialect))
    keys = ["connection", "source_id"]
    found = {each.name: new.excluded[each.name] for each in table.c if each.name not in keys}
    return Prepared.of(new.on_conflict_do_update(index_elements=keys, set_=found), dialect)


def _link(row: Any) -> Link:
    return Link(
        source_id=row.source_id,
        target_id=row.target_id,
        key=row.key,
        since=row.since,
        seen=row.seen,
        origin=Origin(row.origin),
        key_digest=row.key_digest,
        names=row.names,
    )
