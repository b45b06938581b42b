"""How long the expressions of a mapping take, beside compiled jmespath: their values and no more.

    python benchmarks/evaluate.py                  5,000 records, 5 rounds in turn
    python benchmarks/evaluate.py --records 1000

Evaluation alone: records are decoded before, and nothing is matched, packed, labelled or checked
as it would be written. The generated functions are written by the code that writes those of a
plan, one for all expressions: of a record (a dict), and of a record of a batch, whose values are
attributes. `jmespath` is `jmespath.compile(text).search(data)`, compiled before; `reused` visits
with one interpreter. The values of all are compared before anything is timed. "rows" are what a
plan is made of: the same values declared, checked, looked up and packed.
"""

import argparse
import io
import json
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import jmespath
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter
from people import write_people
from plan import MAPPING

from oneway.core.batches import Batch, RecordShape
from oneway.core.diagnostics import Span
from oneway.core.records import Record
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.expression import parse
from oneway.mapping.expressions.reading import Reading
from oneway.mapping.functions import BY_NAME, Context
from oneway.mapping.functions.function import LazyArgument, Uses
from oneway.mapping.generated import GeneratedProgram
from oneway.mapping.generated.cells import DATA
from oneway.mapping.generated.limits import limits_of
from oneway.mapping.generated.nodes import Nodes
from oneway.mapping.generated.paths import Paths
from oneway.mapping.generated.runtime import names_for
from oneway.mapping.generated.source import CodeText
from oneway.mapping.generated.text import compiled
from oneway.mapping.generated.unknowns import Notes, Unknowns
from oneway.mapping.lookup_table import LookupTable
from oneway.runs.prepare.compilation import compile_data
from oneway_connectors.file.jsonl import JsonLines
from oneway_connectors.file.layout import FileEntries

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FILTERS = (
    *("personal.first", "personal.last", "personal.email", "job.code", "job.department.code"),
    *("job.title", "status", "job.left || `false`", "address.postcode"),
    *(f"accounts[?kind == '{kind}'] | [0].number" for kind in ("main", "savings", "loan")),
)
"""Twelve fields of sixty, three of them filters of a list of accounts (`shared/facts/speed.md`)."""


def holder(i: int) -> dict[str, Any]:
    """Return a person of sixty fields, with a list of accounts."""
    kinds = ("main", "savings", "loan", "other")[: i % 4 + 1]
    return {
        "id": f"{i:08d}",
        "status": "Former" if i % 100 == 7 else "Current",
        "personal": {"first": f"First{i % 500}", "last": f"Last{i}", "email": f"u{i}@example.com"},
        "job": {
            "code": f"P{i:06d}",
            "title": f"Title {i % 40}",
            "left": i % 100 == 7 or None,
            "department": {"code": f"D{i % 50}"},
        },
        "address": {"line": f"{i} High Street", "postcode": f"AB{i % 90} 1CD"},
        "accounts": [{"kind": each, "number": f"{i:06d}{n}"} for n, each in enumerate(kinds)],
        **{f"note{n}": f"text {n}, of no interest to anybody" for n in range(46)},
    }


def decoded(lines: bytes) -> tuple[list[dict[str, Any]], FileEntries]:
    """Return people as they are read one by one, and as they are read many at a time."""
    groups = list(JsonLines().grouped(io.BytesIO(lines)))
    entries = [each for each in groups if isinstance(each, FileEntries)]
    assert len(entries) == len(groups), "these people are not of one shape"
    items = list(chain.from_iterable(each.items for each in entries))
    raws = list(chain.from_iterable(each.raws for each in entries))
    first = entries[0]
    return [first.decode(raw) for raw in raws], first._replace(items=items, raws=raws)


def values_of(
    expressions: Sequence[Expression], context: Context, shape: RecordShape | None = None
) -> Callable[[Any], tuple[Any, ...]]:
    """Return the values of all expressions as one generated function, of records or of a shape."""
    source = CodeText()
    notes = Notes(source)
    with source.block("def found(data):" if shape is None else "def found(item):"):
        at = source.line("# All keys, each once")
        paths = Paths(source, expressions[0].reading, at, True, shape)
        said = []
        for each in expressions:
            limits = limits_of(each.tree, len(expressions))
            nodes = Nodes(source, notes, context, each.reading, True, paths, limits)
            said.append(nodes.named(nodes.visit(each.tree, DATA, Unknowns())).text)
        source.line(f"return ({', '.join(said)},)")
        paths.write()
    names: dict[str, Any] = {**names_for(context), **source.bound}
    exec(compiled(source.text), names)
    found: Callable[[Any], tuple[Any, ...]] = names["found"]
    return found


def options(context: Context) -> jmespath.Options:
    """Return what makes jmespath know the functions that are not its own."""

    def method(name: str) -> Callable[..., Any]:
        function = BY_NAME[name]
        before = () if function.uses is Uses.NOTHING else (context,)
        takes_null = not function.parameters or {"null", "any"} & {*function.parameters[0].types}
        lazy = any(each.lazy for each in function.parameters)

        def call(_: object, *given: Any) -> Any:
            if not takes_null and given[0] is None:
                return None
            return function.call(*before, *(map(_later, given) if lazy else given))

        call.signature = ({"types": [], "variadic": True},) if function.parameters else ()
        return call

    own = [name for name in BY_NAME if name not in Functions.FUNCTION_TABLE]
    made = type("_Library", (Functions,), {f"_func_{name}": method(name) for name in own})
    return jmespath.Options(custom_functions=made())


def _later(value: Any) -> LazyArgument:
    return LazyArgument(lambda: value)


Ways = dict[str, Callable[[], Iterator[tuple[Any, ...]]]]


def ways(
    expressions: Sequence[Expression],
    context: Context,
    data: Sequence[dict[str, Any]],
    entries: FileEntries,
) -> Ways:
    """Return the ways to evaluate expressions on people, each of which yields all their values."""
    asked = [jmespath.compile(each.text) for each in expressions]
    library = options(context)
    visit = TreeInterpreter(library).visit
    trees = [each.parsed for each in asked]
    of_record, of_item = (values_of(expressions, context, shape) for shape in (None, entries.shape))
    return {
        "jmespath": lambda: (tuple([one.search(each, library) for one in asked]) for each in data),
        "reused": lambda: (tuple([visit(one, each) for one in trees]) for each in data),
        "records": lambda: map(of_record, data),
        "batch": lambda: map(of_item, entries.items),
    }


def rows(program: GeneratedProgram, data: Sequence[dict[str, Any]], entries: FileEntries) -> Ways:
    """Return the ways in which a plan makes its rows: one by one, and many at a time."""
    people = [Record(each["id"], each) for each in data]
    ids = [each.id for each in people]
    batch = Batch(entries.shape, ids, entries.items, people.__getitem__)
    return {
        "rows, records": lambda: map(program.source_row, people),
        "rows, batch": lambda: iter(program.source_rows(batch)),
    }


def shipped() -> tuple[GeneratedProgram, list[Expression]]:
    """Return the shipped mapping with bank details, and its expressions on a source record."""
    compiled_mapping, _ = compile_data(MAPPING.read_bytes(), str(MAPPING), ())
    context = compiled_mapping.context({"include_bank_details": True}, NOW)
    departments = LookupTable({f"D{i}": (i + 1,) for i in range(50)})
    program = compiled_mapping.bind(context, {"departments": departments})
    assert isinstance(program, GeneratedProgram)
    code = program.code
    found = [one for each in (*code.fields, *code.leaving) for one in each.expressions]
    found += [*code.rules, *filter(None, (code.leaver, code.label))]
    return program, [*found, *(each.expression for each in code.match_source)]


def compare(title: str, found: Ways, count: int, rounds: int) -> None:
    """Compare the values of all ways, time them in turn, and print them beside the first."""
    first, *others = [list(found[name]()) for name in found if not name.startswith("rows")]
    assert all(each == first for each in others), f"{title}: two ways give other values"
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(rounds):
        for name, way in found.items():
            began = time.process_time()
            deque(way(), maxlen=0)
            times[name].append((time.process_time() - began) / count)
    print(f"\n{title}, {len(first[0])} expressions, {count} records{'us':>10}{'jmespath /':>13}")
    base = statistics.median(times["jmespath"])
    for name, each in times.items():
        took = statistics.median(each)
        print(f"{name:<16}{took * 1e6:>10.2f}{base / took:>10.1f}")


def main() -> None:
    """Compare both mappings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oneway-bench-") as name:
        write_people(Path(name), given.records)
        people = decoded(Path(name, "source.jsonl").read_bytes())
    program, expressions = shipped()
    found = ways(expressions, program.context, *people) | rows(program, *people)
    compare("the shipped mapping", found, given.records, given.rounds)
    holders = decoded("\n".join(json.dumps(holder(i)) for i in range(given.records)).encode())
    reading = Reading(absent_is_null=True)
    asked = [replace(parse(each, Span("filters")), reading=reading) for each in FILTERS]
    compare("filters", ways(asked, Context(NOW), *holders), given.records, given.rounds)


if __name__ == "__main__":
    main()
