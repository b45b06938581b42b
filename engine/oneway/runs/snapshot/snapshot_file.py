"""The snapshot of a run's inputs, as bytes that are kept with the run.

Gzip over lines of canonical JSON: a header, a line for each row and each held record in the
order in which they were read, and at the end the SHA-256 of all lines before. The same inputs
give the same bytes. Sensitive values are `Redacted` by then.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import field
from io import BytesIO
from itertools import islice
from typing import Any, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span, refusal
from oneway.core.records import MISSING, Collected, Missing, Redacted, Value, identity
from oneway.core.seal import canonical
from oneway.mapping.functions.node_tree import NodeTree, TreeRow
from oneway.mapping.lookup_table import LookupTable
from oneway.mapping.program import (
    Cell,
    CellState,
    EvaluationFailure,
    ImplausibleDay,
    LeftAnswer,
    Missed,
    RecordRank,
    SourceRow,
    TargetRow,
)
from oneway.planning.links import NO_LINKS, Link, LinkEvidence, Origin
from oneway.planning.plan import Allowance, PlanConnection, PlanInput, Read, Reason
from oneway.planning.plan_file.codec import of_data, place_text, to_data
from oneway.planning.planner import Header
from oneway.runs.snapshot.projection import UNKEEPABLE, Tree

FORMAT = 2
"""The version of what is kept; a reader refuses what it does not understand."""

LIMIT = 50_000_000
"""Compressed bytes; of a larger run nothing is kept."""

_LEVEL = 5
_AT_A_TIME = 100
"""Lines that are compressed at once."""

Data = dict[str, Any]
Part: TypeAlias = Mapping[str, Value] | None


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a policy that rows were made for; a policy of another shape cannot plan them."""

    match: tuple[str, ...]
    rules: tuple[str, ...]
    fields: tuple[str, ...]
    leaving: tuple[str, ...]
    sensitive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """The inputs of one plan, without sensitive values.

    `deactivated` are the digests of what is written to records that no source record stands for, by
    target id and field. `version` is that of the engine that planned. `trees` say which paths
    of a source record and of a target record are kept (None: all), and `records` are those
    parts, in the order of the rows and of what is held; None for a record that could not be
    read. `tables` are the lookup tables that hold nothing sensitive.
    """

    version: str
    header: Header
    shape: Shape
    departed: tuple[Cell, ...]
    deactivated: Mapping[str, Mapping[str, str]]
    source: Collected[SourceRow]
    target: Collected[TargetRow]
    trees: tuple[Tree | None, Tree | None] = ({}, {})
    records: tuple[tuple[Part, ...], tuple[Part, ...]] = ((), ())
    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    evidence: LinkEvidence = NO_LINKS
    left: Mapping[str, LeftAnswer] = field(default_factory=dict)
    """What the plan said of target records for which leaving would have an unusual effect."""


class TooLarge(Exception):
    """The snapshot would exceed the limit."""


@dataclass(frozen=True, slots=True)
class Items:
    """Rows and held records, or their texts, each beside the text of what is kept of its record.

    They may be iterators, and are not held in memory.
    """

    rows: Iterable[tuple[SourceRow | str, str]]
    held: Iterable[tuple[TargetRow | str, str]]


def dump(kept: RunSnapshot, items: Items, limit: int = LIMIT) -> bytes:
    """Return what is kept as bytes; `items` go in place of those in `kept`.

    Raises `TooLarge` beyond `limit`, and `ValueError` where no JSON can hold it.
    """
    packed, digest = BytesIO(), hashlib.sha256()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=_LEVEL, mtime=0) as file:
        lines = _lines(kept, items)
        while some := "".join(islice(lines, _AT_A_TIME)).encode("ascii"):
            digest.update(some)
            file.write(some)
            if packed.tell() > limit:
                raise TooLarge
        file.write(_line({"sha256": digest.hexdigest()}).encode("ascii"))
    if packed.tell() > limit:
        raise TooLarge
    return packed.getvalue()


def load(data: bytes, where: str) -> RunSnapshot:
    """Return what `dump` wrote; raise `Refused` if it is damaged, or of a newer version."""
    try:
        lines = gzip.decompress(data).splitlines(keepends=True)
        end = json.loads(lines.pop())["sha256"]
        found = [json.loads(line) for line in lines]
        version = found[0]["oneway_kept"]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, LookupError):
        raise _damaged(where) from None
    if type(version) is not int or version > FORMAT:
        summary = f"kept by a newer version: its format is {version}, the newest known is {FORMAT}"
        raise refusal("F132", where, summary, "upgrade oneway")
    if hashlib.sha256(b"".join(lines)).hexdigest() != end:
        raise _damaged(where)
    try:
        return _kept(found[0], found[1:])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _damaged(where) from None


def _damaged(where: str) -> Exception:
    summary = "the snapshot of this run was damaged or changed"
    return refusal("F131", where, summary, "its plan can be shown, and cannot be derived again")


def _lines(kept: RunSnapshot, items: Items) -> Iterator[str]:
    yield _line(_head(kept))
    for row, text in items.rows:
        yield _item(text, "row", row if isinstance(row, str) else canonical(row_data(row)))
    for held, text in items.held:
        yield _item(text, "held", held if isinstance(held, str) else canonical(held_data(held)))


def _item(text: str, name: str, of_row: str) -> str:
    if text == UNKEEPABLE:
        raise ValueError
    # As canonical JSON has it: the keys are in order.
    return f'{{"data":{text},"{name}":{of_row}}}\n'


def _line(data: Data) -> str:
    return f"{canonical(data)}\n"


def _head(kept: RunSnapshot) -> Data:
    header, shape = kept.header, kept.shape
    return {
        "oneway_kept": FORMAT,
        "version": kept.version,
        "mapping": {"file": header.mapping_file, "digest": header.mapping_digest},
        "as_of": header.as_of,
        "settings": dict(header.settings),
        "connection": to_data(header.connection),
        "inputs": {role: to_data(each) for role, each in header.inputs.items()},
        "engine": header.engine,
        "references": [
            [
                *(r.name, r.records, r.complete, r.problems, r.digest),
                *(dict(r.stated), r.unread, dict(r.valued)),
            ]
            for r in header.references
        ],
        "stated": {role: dict(each) for role, each in header.stated.items()},
        "unread": dict(header.unread),
        "valued": {role: dict(each) for role, each in header.valued.items()},
        "left_out": header.left_out,
        "names": {path: dict(each) for path, each in header.names.items()},
        "remarks": [to_data(each) for each in header.remarks],
        "allowed": [[a.guard, a.ceiling, a.by] for a in header.allowed],
        "shape": [*(shape.match, shape.rules, shape.fields, shape.leaving, shape.sensitive)],
        "departed": list(map(cell_data, kept.departed)),
        "deactivated": {id: dict(fields) for id, fields in kept.deactivated.items()},
        "trees": kept.trees,
        "tables": {name: _table(each) for name, each in sorted(kept.tables.items())},
        "source": [kept.source.complete, kept.source.problems],
        "target": [kept.target.complete, kept.target.problems],
        "evidence": _evidence(kept.evidence),
        "left": {id: each.value for id, each in kept.left.items()},
    }


def _kept(head: Data, lines: list[Data]) -> RunSnapshot:
    source, target = head["source"], head["target"]
    rows = [line for line in lines if "row" in line]
    held = [line for line in lines if "held" in line]
    first, second = head["trees"]
    return RunSnapshot(
        version=head["version"],
        header=_header_of(head),
        shape=Shape(*map(tuple, head["shape"])),
        departed=_each(_cell_of, head["departed"]),
        deactivated=head["deactivated"],
        source=Collected(tuple(_row_of(line["row"]) for line in rows), source[0], tuple(source[1])),
        target=Collected(
            tuple(_held_of(line["held"]) for line in held), target[0], tuple(target[1])
        ),
        trees=(first, second),
        records=(
            tuple(line["data"] for line in rows),
            tuple(line["data"] for line in held),
        ),
        tables={name: _table_of(each) for name, each in head["tables"].items()},
        evidence=_evidence_of(head.get("evidence")),
        left={id: LeftAnswer(each) for id, each in head.get("left", {}).items()},
    )


def _header_of(head: Data) -> Header:
    return Header(
        mapping_file=head["mapping"]["file"],
        mapping_digest=head["mapping"]["digest"],
        as_of=head["as_of"],
        settings=head["settings"],
        connection=of_data(PlanConnection | None, head["connection"]),  # type: ignore[arg-type]
        inputs={role: of_data(PlanInput, each) for role, each in head["inputs"].items()},
        references=tuple(
            Read(name, records, complete, tuple(problems), *rest)
            for name, records, complete, problems, *rest in head["references"]
        ),
        allowed=tuple(Allowance(*each) for each in head["allowed"]),
        engine=head["engine"],
        stated=head.get("stated", {}),
        unread=head.get("unread", {}),
        valued=head.get("valued", {}),
        left_out=head.get("left_out", 0),
        names=head.get("names", {}),
        remarks=tuple(of_data(Reason, each) for each in head.get("remarks", ())),
    )


def _evidence(evidence: LinkEvidence) -> Data:
    return {
        "links": list(evidence.links),
        "unlisted": sorted(evidence.unlisted),
        "gone": sorted(evidence.gone),
        "unread": dict(evidence.unread),
        "unseen": sorted(evidence.unseen),
        "late": dict(evidence.late),
        "pending": dict(evidence.pending),
        "no_source": sorted(evidence.no_source),
        "second_look": sorted(evidence.second_look),
        "doubted": dict(evidence.doubted),
        "listed": dict(evidence.listed),
        "all_left": evidence.all_left,
        "zone": evidence.zone,
    }


def _evidence_of(data: Data | None) -> LinkEvidence:
    if data is None:  # stored by a version without links
        return NO_LINKS
    links = ((*each[:5], Origin(each[5]), each[6]) for each in data["links"])
    return LinkEvidence(
        links=tuple(Link(*each) for each in links),
        unlisted=frozenset(data["unlisted"]),
        gone=frozenset(data["gone"]),
        unread=data.get("unread", {}),
        unseen=frozenset(data.get("unseen", ())),
        late=data["late"],
        pending=data["pending"],
        no_source=frozenset(data.get("no_source", ())),
        second_look=frozenset(data["second_look"]),
        doubted=data.get("doubted", {}),
        listed=data.get("listed", {}),
        all_left=data.get("all_left", False),
        zone=data.get("zone", ""),
    )


def _table(table: LookupTable) -> Data:
    return {
        "rows": [[key_data(key), list(values)] for key, values in table.rows.items()],
        "complete": table.complete,
        "problems": table.problems,
        **({"tree": _tree(table.tree)} if table.tree is not None else {}),
    }


def _tree(tree: NodeTree) -> Data:
    rows = [[list(each) for each in rows] for rows in tree.rows.values()]
    return {"name": tree.name, "whole": tree.whole, "rows": rows}


def _table_of(data: Data) -> LookupTable:
    rows = {_hashable_of(key): tuple(values) for key, values in data["rows"]}
    tree = _tree_of(data["tree"]) if "tree" in data else None
    return LookupTable(rows, data["complete"], tuple(data["problems"]), tree=tree)


def _tree_of(data: Data) -> NodeTree:
    made = [tuple(TreeRow(*each) for each in rows) for rows in data["rows"]]
    return NodeTree(data["name"], {identity(rows[0].node): rows for rows in made}, data["whole"])


def row_data(row: SourceRow) -> Data:
    """Return a source row as JSON data."""
    return {
        "id": row.source_id,
        "key": row.key,
        "label": row.label,
        "keys": list(map(key_data, row.keys)),
        "key_values": list(map(value_data, row.key_values)),
        "leaver": row.leaver,
        "failed": row.failed_rules,
        "outside": row.outside,
        "cells": list(map(cell_data, row.cells)),
        "leaving": list(map(leaving_data, row.leaving)),
        "leaves": [row.leaves_left, row.leaves_later],
        "missed": [_missed(each) for each in row.missed],
        "failure": _failure(row.evaluation_error),
        "keys_known": row.keys_known,
        "not_given": [list(each) for each in row.not_given],
        "unsaid": _failure(row.unsaid),
        **({"standing": _rank(row.rank)} if row.rank is not None else {}),
        **({"may_have_left": True} if row.may_have_left else {}),
        **_readable(row),
        **({"why": row.why} if row.why else {}),
        **({"odd_day": list(row.odd_day)} if row.odd_day is not None else {}),
    }


def _missed(each: Missed) -> list[Any]:
    instead = [each.why, each.instead] if each.instead else []
    return [each.reference, each.value, each.found, each.field, *instead]


def _readable(row: SourceRow | TargetRow) -> Data:
    return {"readable_keys": list(map(key_data, row.readable_keys))} if row.readable_keys else {}


def _rank(rank: RecordRank) -> list[Any]:
    person, current, latest, *failures, _ = rank
    return [key_data(person), current, latest, *map(_failure, failures)]


def _rank_of(data: list[Any] | None) -> RecordRank | None:
    if data is None:
        return None
    person, current, latest, *failures = data
    whose, is_current, day = map(_failure_of, failures)
    return RecordRank(_hashable_of(person), current, latest, whose, is_current, day)


def _row_of(data: Data) -> SourceRow:
    return SourceRow(
        source_id=data["id"],
        key=data["key"],
        label=data["label"],
        keys=_each(_hashable_of, data["keys"]),
        key_values=_each(_value_of, data["key_values"]),
        leaver=data["leaver"],
        failed_rules=tuple(data["failed"]),
        outside=tuple(data.get("outside", ())),
        cells=_each(_cell_of, data["cells"]),
        leaving=_each(_leaving_cell_of, data["leaving"]),
        leaves_left=data["leaves"][0],
        leaves_later=data["leaves"][1],
        missed=tuple(Missed(*each) for each in data["missed"]),
        evaluation_error=_failure_of(data["failure"]),
        keys_known=data["keys_known"],
        not_given=tuple((position, text) for position, text in data.get("not_given", ())),
        unsaid=_failure_of(data.get("unsaid")),
        rank=_rank_of(data.get("standing")),
        may_have_left=data.get("may_have_left", False),
        readable_keys=_each(_hashable_of, data.get("readable_keys", ())),
        why=data.get("why", ""),
        odd_day=ImplausibleDay(*data["odd_day"]) if "odd_day" in data else None,
    )


def held_data(held: TargetRow) -> Data:
    """Return a target row as JSON data."""
    return {
        "id": held.target_id,
        "key": held.key,
        "keys": list(map(key_data, held.keys)),
        "left": held.left,
        "scheduled": held.scheduled,
        "values": list(map(value_data, held.values)),
        "leaving": list(map(value_data, held.leaving)),
        "failure": _failure(held.evaluation_error),
        "keys_known": held.keys_known,
        "unsaid": _failure(held.unsaid),
        **_readable(held),
    }


def _held_of(data: Data) -> TargetRow:
    return TargetRow(
        target_id=data["id"],
        key=data["key"],
        keys=_each(_hashable_of, data["keys"]),
        left=data["left"],
        scheduled=data["scheduled"],
        values=_each(_value_of, data["values"]),
        leaving=_each(_value_of, data["leaving"]),
        evaluation_error=_failure_of(data["failure"]),
        keys_known=data["keys_known"],
        unsaid=_failure_of(data.get("unsaid")),
        readable_keys=_each(_hashable_of, data.get("readable_keys", ())),
    )


def cell_data(cell: Cell) -> Any:
    """Return a cell as JSON data."""
    read = [cell.read] if cell.read else []
    return [cell.state.value, value_data(cell.value), value_data(cell.initial), *read]


def _cell_of(data: Any) -> Cell:
    state, value, initial, *read = data
    return Cell(CellState(state), _value_of(value), _value_of(initial), read="".join(read))


def leaving_data(cell: Cell) -> Any:
    """Return a cell of `SourceRow.leaving` as JSON data."""
    return [*cell_data(cell), cell.moving]


def _leaving_cell_of(data: Any) -> Cell:
    *cell, moving = data
    return _cell_of(cell)._replace(moving=moving)


def value_data(value: object) -> Any:
    """Return a value in a wrapping, unless it is text, a number, a truth or nothing."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Redacted):
        return {"veiled": value.same_as, "digest": value.digest}
    if isinstance(value, list) and value and isinstance(value[0], Redacted):
        return {"veiled": value[0].same_as, "digest": value[0].digest, "list": True}
    if value is MISSING:
        return {"missing": True}
    return {"value": value} if isinstance(value, list | dict) else value


_PLAIN = frozenset({str, int, bool, float})


def _value_of(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    if "veiled" in data:
        same_as = data["veiled"]
        words = same_as if isinstance(same_as, str) else tuple(map(tuple, same_as))
        veiled = Redacted(words, data["digest"])
        return [veiled] if "list" in data else veiled
    if "missing" in data:
        missing: Missing = MISSING
        return missing
    value: Value = data["value"]
    return value


def key_data(key: Hashable) -> Any:
    """Return a key as JSON. Tuples become lists, of which a key has no others."""
    return list(map(key_data, key)) if type(key) is tuple else key


def _hashable_of(data: Any) -> Any:
    return tuple(map(_hashable_of, data)) if isinstance(data, list) else data


def _failure(failure: EvaluationFailure | None) -> Any:
    if failure is None:
        return None
    place = place_text(failure.place)
    return [failure.text, failure.expression, place, failure.code, failure.value]


def _failure_of(data: Any) -> EvaluationFailure | None:
    if data is None:
        return None
    text, expression, place, *code = data
    file, line, column, end = place.rsplit(":", 3)
    span = Span(file, int(line), int(column), int(end))
    return EvaluationFailure(text, expression, span, *code)


def _each(read: Callable[[Any], Any], data: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(map(read, data))
