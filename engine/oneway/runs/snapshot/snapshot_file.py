"""The snapshot of a run's inputs as bytes, which are stored with the run.

Gzip over lines of canonical JSON: a header, a line for each source row and each target row in the
order in which they were read, and finally the SHA-256 of all lines before. Equal inputs give equal
bytes. Sensitive values are already `Redacted`.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, fields
from io import BytesIO
from itertools import islice
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, TypeAlias

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import refusal
from oneway.core.records import Collected, Value
from oneway.core.seal import canonical
from oneway.mapping.functions.node_tree import NodeTree, TreeRow
from oneway.mapping.lookup_table import LookupTable
from oneway.mapping.program import LeftAnswer
from oneway.mapping.rows import Cell, SourceRow, TargetRow
from oneway.planning.links import NO_LINKS, Expected, Link, LinkEvidence, Origin
from oneway.planning.plan import Reason
from oneway.planning.plan_file.codec import of_data, to_data
from oneway.planning.plan_inputs import Allowance, PlanConnection, PlanInput, Read
from oneway.planning.planner import Header
from oneway.runs.snapshot.projection import UNSTORABLE, Tree
from oneway.runs.snapshot.row_codec import (
    Data,
    each_of,
    hashable_of,
    held_data,
    held_of,
    key_data,
    leaving_cell_of,
    leaving_data,
    row_data,
    row_of,
)

FORMAT = 2
"""The version of the format; a reader refuses newer versions."""

LIMIT = 50_000_000
"""The most compressed bytes; a larger snapshot is not stored."""

_LEVEL = 5
_AT_A_TIME = 100
"""How many lines are compressed at once."""

Part: TypeAlias = Mapping[str, Value] | None


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of the policy that rows were made for; another shape cannot plan them."""

    match: tuple[str, ...]
    rules: tuple[str, ...]
    fields: tuple[str, ...]
    leaving: tuple[str, ...]
    sensitive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """The inputs of one plan, without sensitive values.

    `deactivated` are the digests of what is written to records without a source record, by target
    id and field. `version` is that of the engine that planned. `trees` say which paths of a source
    record and of a target record are stored (None: all). `records` are those parts, in the order of
    the rows; None for a record that could not be read. `tables` are the lookup tables without
    sensitive values.
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
    left: Mapping[str, Mapping[str, LeftAnswer]] = field(default_factory=dict)
    """See `NotedAnswers.left`. Of an earlier version, one answer for all questions, under ""."""


class TooLarge(Exception):
    """The snapshot would exceed the limit."""


@dataclass(frozen=True, slots=True)
class Items:
    """Source and target rows, or their texts, each with the text of the stored part of its record.

    They may be iterators, so that not all are in memory.
    """

    rows: Iterable[tuple[SourceRow | str, str]]
    held: Iterable[tuple[TargetRow | str, str]]


def dump(snapshot: RunSnapshot, items: Items, limit: int = LIMIT) -> bytes:
    """Return a snapshot as bytes, with `items` in place of its own rows.

    Raises `TooLarge` beyond `limit`, and `ValueError` if JSON cannot represent the data.
    """
    packed, digest = BytesIO(), hashlib.sha256()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=_LEVEL, mtime=0) as file:
        for text in _in_parts(snapshot, items):
            some = text.encode("ascii")
            digest.update(some)
            file.write(some)
            if packed.tell() > limit:
                raise TooLarge
        file.write(_line({"sha256": digest.hexdigest()}).encode("ascii"))
    if packed.tell() > limit:
        raise TooLarge
    return packed.getvalue()


def load(data: bytes, where: str) -> RunSnapshot:
    """Return the snapshot that `dump` wrote; raise `Refused` if damaged or of a newer version."""
    try:
        lines = gzip.decompress(data).splitlines(keepends=True)
        end = json.loads(lines.pop())["sha256"]
        found = [json.loads(line) for line in lines]
        version = found[0]["oneway_kept"]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, LookupError):
        raise _damaged(where) from None
    if type(version) is not int or version > FORMAT:
        summary = (
            f"stored by a newer version: its format is {version}, the newest known is {FORMAT}"
        )
        raise refusal("F132", where, summary, "upgrade oneway")
    if hashlib.sha256(b"".join(lines)).hexdigest() != end:
        raise _damaged(where)
    try:
        return _snapshot_of(found[0], found[1:])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _damaged(where) from None


def _damaged(where: str) -> Exception:
    summary = "the snapshot of this run was damaged or changed"
    return refusal("F131", where, summary, "its plan can be shown, and cannot be derived again")


def _in_parts(snapshot: RunSnapshot, items: Items) -> Iterator[str]:
    """Yield a snapshot line by line, the links of the first line in pages."""
    yield from _head_in_parts(_head(snapshot))
    yield "\n"
    lines = _lines(items)
    while some := "".join(islice(lines, _AT_A_TIME)):
        yield some


def _head_in_parts(data: Data) -> Iterator[str]:
    """Yield an object as canonical JSON, without holding all of its links in memory."""
    opening = "{"
    for key in sorted(data):
        yield f"{opening}{quoted(key)}:"
        if key == "evidence":
            yield from _head_in_parts(data[key])
        elif key == "links":
            yield from _links_in_parts(data[key])
        else:
            yield canonical(data[key])
        opening = ","
    yield "}"


def _links_in_parts(pages: Iterable[Sequence[Link]]) -> Iterator[str]:
    opening = "["
    for page in filter(None, pages):
        # Without `names`: what a plan was made of says already whose have changed.
        yield opening + canonical([each[:-1] for each in page])[1:-1]
        opening = ","
    yield "]" if opening == "," else "[]"


def _lines(items: Items) -> Iterator[str]:
    for row, text in items.rows:
        yield _item(text, "row", row if isinstance(row, str) else canonical(row_data(row)))
    for held, text in items.held:
        yield _item(text, "held", held if isinstance(held, str) else canonical(held_data(held)))


def _item(text: str, name: str, of_row: str) -> str:
    if text == UNSTORABLE:
        raise ValueError
    # In canonical JSON, the keys are sorted.
    return f'{{"data":{text},"{name}":{of_row}}}\n'


def _line(data: Data) -> str:
    return f"{canonical(data)}\n"


def _head(snapshot: RunSnapshot) -> Data:
    header, shape = snapshot.header, snapshot.shape
    return {
        "oneway_kept": FORMAT,
        "version": snapshot.version,
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
        "departed": list(map(leaving_data, snapshot.departed)),
        "deactivated": {id: dict(fields) for id, fields in snapshot.deactivated.items()},
        "trees": snapshot.trees,
        "tables": {name: _table(each) for name, each in sorted(snapshot.tables.items())},
        "source": [snapshot.source.complete, snapshot.source.problems],
        "target": [snapshot.target.complete, snapshot.target.problems],
        "evidence": _evidence(snapshot.evidence),
        "left": {
            id: {asked: answer.value for asked, answer in each.items()}
            for id, each in snapshot.left.items()
        },
    }


def _snapshot_of(head: Data, lines: list[Data]) -> RunSnapshot:
    source, target = head["source"], head["target"]
    rows = [line for line in lines if "row" in line]
    held = [line for line in lines if "held" in line]
    first, second = head["trees"]
    return RunSnapshot(
        version=head["version"],
        header=_header_of(head),
        shape=Shape(*map(tuple, head["shape"])),
        departed=each_of(leaving_cell_of, head["departed"]),
        deactivated=head["deactivated"],
        source=Collected(tuple(row_of(line["row"]) for line in rows), source[0], tuple(source[1])),
        target=Collected(
            tuple(held_of(line["held"]) for line in held), target[0], tuple(target[1])
        ),
        trees=(first, second),
        records=(
            tuple(line["data"] for line in rows),
            tuple(line["data"] for line in held),
        ),
        tables={name: _table_of(each) for name, each in head["tables"].items()},
        evidence=_evidence_of(head.get("evidence")),
        left={id: _answers_of(each) for id, each in head.get("left", {}).items()},
    )


def _answers_of(data: Data | str) -> Mapping[str, LeftAnswer]:
    given = {"": data} if isinstance(data, str) else data
    return {asked: LeftAnswer(answer) for asked, answer in given.items()}


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
    said = {each.name: _plain(getattr(evidence, each.name)) for each in fields(evidence)[1:]}
    return {"links": evidence.table.in_pages(), **said}


def _plain(value: object) -> object:
    if isinstance(value, AbstractSet):
        return sorted(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return to_data(value)


def _evidence_of(data: Data | None) -> LinkEvidence:
    if data is None:  # stored by a version without links
        return NO_LINKS
    found = dict[str, Any]()
    for each in fields(LinkEvidence):
        if each.name in data:  # an older version had fewer
            value = data[each.name]
            match getattr(NO_LINKS, each.name):
                case frozenset():
                    value = frozenset(value)
                case tuple():
                    value = tuple(map(tuple, value))
            found[each.name] = value
    links = ((*each[:5], Origin(each[5]), each[6]) for each in data["links"])
    name = "inconclusive" if "inconclusive" in data else "unheard"  # as earlier versions had it
    found |= {
        "links": tuple(Link(*each) for each in links),
        "expected": {id: Expected(*each) for id, each in data.get("expected", {}).items()},
        "before": {id: frozenset(whose) for id, whose in data.get("before", {}).items()},
        "inconclusive": {id: of_data(Reason, why) for id, why in data.get(name, {}).items()},
    }
    return LinkEvidence(**found)


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
    rows = {hashable_of(key): tuple(values) for key, values in data["rows"]}
    tree = _tree_of(data["tree"]) if "tree" in data else None
    return LookupTable(rows, data["complete"], tuple(data["problems"]), tree=tree)


def _tree_of(data: Data) -> NodeTree:
    made = [tuple(TreeRow(*each) for each in rows) for rows in data["rows"]]
    return NodeTree(data["name"], {identity(rows[0].node): rows for rows in made}, data["whole"])
