"""What is fuzzed: each kind of input from outside, handed to the code that reads it.

A target takes bytes. Whatever they are, it returns, or ends with one of the errors that are
meant for people (`MEANT`); any other exception is a find, and so is an input that takes more
than `MOST_SECONDS` of a processor where `timed` is asked for.
"""

import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from oneway.connections.manifest import load_manifest
from oneway.core.access import Access, Secret
from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Refused, Span
from oneway.core.records import Record, Value
from oneway.documents.schema_check import check
from oneway.documents.yaml_source import read_all
from oneway.mapping.expressions import (
    Context,
    EvaluationError,
    Expression,
    ExpressionSyntax,
    one_record,
    parse,
)
from oneway.planning.plan_file import load
from oneway.runs.validation import Mappings
from oneway_connectors.file.formats import layout_of
from oneway_connectors.file.options import FileOptions
from oneway_connectors.rest import connect

MEANT = (Refused, ConnectorError, ExpressionSyntax, EvaluationError)
MOST_SECONDS = 10.0
ROOT = Path(__file__).resolve().parents[2]
CONTEXT = Context(datetime(2026, 3, 31, 4, tzinfo=UTC), strict=True)
RECORD: Mapping[str, Value] = {
    "name": "Ada Łuk", "code": 42, "left": False, "start": "2026-02-28", "blank": " ", "none": None,
    "rows": [{"k": 1, "v": "a"}, {"k": 2.5, "v": None}, {}, 7, "x"], "deep": {"a": {"b": ["c"]}},
    "text": "a,b;c d'e" * 20, "list": list(range(40)),
}  # fmt: skip


@dataclass(frozen=True)
class FuzzTarget:
    """A reader of input, inputs that it takes, and the words of its language."""

    read: Callable[[bytes], None]
    seeds: Sequence[bytes]
    words: Sequence[str]


def fuzzed(target: FuzzTarget, data: bytes, *, timed: bool = False) -> None:
    """Hand bytes to a target; raise what is no error for people."""
    began = time.process_time()
    try:
        target.read(data)
    except MEANT as error:
        str(error).encode("utf-8", "surrogatepass")
    took = time.process_time() - began
    assert not timed or took < MOST_SECONDS, f"{took:.1f} s for {len(data)} bytes"


def _yaml(data: bytes) -> None:
    read = read_all(data, "m.yaml")
    if read.document is not None:
        for schema in ("mapping", "connection", "connector", "mapping-test"):
            check(read.document, schema)


def _mapping(data: bytes) -> None:
    """Compile a mapping, and evaluate what it says on a record."""
    compiled, _ = Mappings(()).compilation(data, "m.yaml").made()
    if not compiled.code.references:
        program = compiled.bind(CONTEXT, {})
        program.source_row(Record("1", RECORD))
        program.target_row(Record("1", RECORD))


def _expression(data: bytes) -> None:
    expression: Expression = parse(data.decode("utf-8", "surrogateescape"), Span("m.yaml"))
    with one_record():
        expression.evaluate(RECORD, CONTEXT)
        expression.decide({}, CONTEXT)


def _manifest(data: bytes) -> None:
    load_manifest(data, "acme.yaml")


def _plan(data: bytes) -> None:
    load(data, "plan.json")


def _rows(format: str, options: FileOptions, data: bytes) -> None:
    layout = layout_of("people", format, options)
    for entry in layout.entries(io.BytesIO(data)):
        if not entry.problem:
            layout.encode(layout.decode(entry.raw), entry.raw)


_TABLES = (
    FileOptions(), FileOptions(delimiter=";"), FileOptions(quote=""), FileOptions(headings="flat"),
    FileOptions(header=3, footer="Total"), FileOptions(short_rows="blank", spaces="trim"),
)  # fmt: skip


def _csv(data: bytes) -> None:
    _rows("csv", _TABLES[data[0] % len(_TABLES) if data else 0], data[1:])


def _json(data: bytes) -> None:
    _rows("json" if data[:1] < b"\x80" else "jsonl", FileOptions(), data[1:])


_STATUSES = (200, 200, 200, 201, 202, 204, 301, 400, 401, 404, 409, 422, 429, 500, 503)


class _Answers(httpx.BaseTransport):
    """Answers every request with the same bytes; the first one says with which status."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = 4

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.left -= 1
        first = self.data[0] if self.data else 0
        status = (200, 200, 200, 201, 202, 204, 301, 400, 401, 404, 409, 422, 429, 500, 503)[
            first % 15
        ]
        headers = {"content-encoding": "gzip"} if first >= 0xF0 else {}
        if first & 1:
            headers["retry-after"] = repr(self.data[1:9])[2:-1]
        body = self.data[1:] if self.left > 0 else b'{"data": []}'
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


_ACME = load_manifest((Path(__file__).with_name("acme.yaml")).read_bytes(), "acme.yaml")


def _answer(data: bytes) -> None:
    """Read, ask for and create a person of a system that answers so."""
    writes: list[Callable[[Any], object]] = [
        lambda found: found.reader("people").read(),
        lambda found: found.reader("people").get("1"),
        lambda found: found.reader("people").find("email", "ada@example.com"),
        lambda found: found.writer("people").create({"email": "ada@example.com"}, "token"),
        lambda found: found.writer("people").update("1", {"email": "ada@example.com"}, "token"),
    ]
    for each in writes:
        access = Access({"base_url": "https://api.example.com/v1"}, {"api_key": Secret("canary-1")})
        found = connect(_ACME, access, _Answers(data), lambda _: None, count().__next__)
        said = ""
        try:
            each(found)
        except ConnectorError as error:
            said = str(error)
        finally:
            found.close()
        assert "canary-1" not in said


def _files(*patterns: str) -> list[bytes]:
    return [path.read_bytes() for each in patterns for path in sorted(ROOT.glob(each))]


def _answers() -> list[bytes]:
    record: dict[str, Value] = {"id": "1", "email": "ada@example.com"}
    bodies: list[Value] = [
        {"data": [record]},
        record,
        {"message": "no", "errors": {"email": ["bad"]}},
    ]
    return [bytes([first]) + json.dumps(body).encode() for first in range(15) for body in bodies]


_YAML = [
    "[", "]", "{", "}", "- ", "? ", ": ", "\n", "  ", "'", "\"", "&a ", "*a", "<<: ", "|", ">-",
    "!t ", "#", "---\n", "null", "true", "1", "~", "a", "\t", "\u2028", "\x00", "0x1", "1e9",
]  # fmt: skip
_WORDS = [
    "oneway: 1", "name: ", "source: ", "target: ", "match:", "fields:", "from: ", "when: ",
    "default: ", "lookup: ", "joiners: ", "leavers: ", "references: ", "settings: ", "guards: ",
    "eligible:", "connector: file", "resource: u.json", "create: true", "set: ", "left: ",
]  # fmt: skip
_CALLS = [
    "(", ")", "[", "]", "{", "}", ".", ",", "|", "||", "&&", "!", "&", "@", "*", "[*]", "[]",
    "[?", "==", "!=", "<", "'a'", "\"a\"", "`1`", "`[1]`", "`{}`", "name", "rows", "deep", "list",
    "text", ":", "0", "-1", "to_string(", "map(&", "sort_by(", "iif(", "coalesce(", "join(",
    "parse_date(", "regex_match(", "split(", "unique(", "default(", "setting('a')",
]  # fmt: skip
_JSON = [
    "[", "]", "{", "}", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "1", "-", "1e9", "NaN",
    "null", "true", "\"id\"", "\"a\"", "\n", " ", "\ufeff", "é", "[[", "]]",
]  # fmt: skip
_CSV = [
    ",", "\"", "\n", "\r\n", "\r", ";", "\t", "id", "a.b", "\"\"", "sep=;", "#TYPE ", "Total",
    "é", "\ufeff", "=1+1", "\x00", "1", ".", "\"a.b\"",
]  # fmt: skip

TARGETS: dict[str, FuzzTarget] = {
    "yaml": FuzzTarget(_yaml, _files("mappings/*.yaml", "tests/golden/mistakes/*.yaml"), _YAML),
    "mapping": FuzzTarget(_mapping, _files("mappings/*.yaml"), [*_YAML, *_WORDS]),
    "expression": FuzzTarget(
        _expression, [b"map(&to_string(@), rows)", b"rows[?k > `1`].v | [0]"], _CALLS
    ),
    "manifest": FuzzTarget(
        _manifest,
        _files("connectors/oneway_connectors/*/*.yaml", "tests/fuzz/acme.yaml"),
        [*_YAML, "pattern: ", "path: ", "{id}", "(a+)+$", "limits: "],
    ),
    "plan": FuzzTarget(_plan, _files("tests/golden/plans/*/*.json"), _JSON),
    "csv": FuzzTarget(_csv, [b"\x00id,a.b\n1,x\n", b"\x01id;n\n1;\"a\"\"b\"\n"], _CSV),
    "json": FuzzTarget(_json, [b'\x00[{"id": 1}]', b'\x80{"id": 1}\n{"id": 2}\n'], _JSON),
    "answer": FuzzTarget(_answer, _answers(), [*_JSON, '"data"', '"message"', '"errors"']),
}  # fmt: skip
