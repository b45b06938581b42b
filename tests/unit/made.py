"""A mapping planned without any system: for tests of what is said about plans."""

from dataclasses import dataclass
from datetime import datetime

from oneway.core.description import Capability, Description, Field, Resource
from oneway.core.records import Record, Snapshot
from oneway.core.seal import Seal
from oneway.mapping.compiler import Compiled, connectors_of
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.lookup_table import tabulate
from oneway.planning.plan import Plan
from oneway.planning.planner import Header, plan
from whole_mappings import compile_mapping, load_mapping

AS_OF = "2026-11-22T04:00:00Z"


@dataclass(frozen=True)
class Made:
    """A plan, and all that it was made of."""

    compiled: Compiled
    program: Interpreted
    source: Snapshot
    target: Snapshot
    plan: Plan

    @property
    def tables(self):
        return self.program.tables


def made(text, source, target, references=None, unique=(), settings=None, leaves_out_nulls=True):
    """Return the plan of a mapping's text over lists of records, each with an `id`."""
    loaded = load_mapping(text.encode(), "mappings/m.yaml")
    spec = loaded.spec
    references = references or {}
    catalogue = {
        name.text: described(spec, name.text, references, unique, leaves_out_nulls)
        for name in connectors_of(spec)
    }
    compiled = compile_mapping(spec, loaded.document.lines, catalogue)
    chosen = {each.name: each.default for each in spec.settings} | (settings or {})
    context = compiled.context(chosen, datetime.fromisoformat(AS_OF))
    tables = {
        code.name: tabulate(code, snapshot(references[each.resource.text]), context)
        for each, code in zip(spec.references, compiled.code.references, strict=True)
    }
    program = compiled.bind(context, tables)
    header = Header(spec.file, spec.digest, AS_OF, chosen, {})
    read, held = snapshot(source), snapshot(target)
    done = plan(program, read, held, seal=Seal(b"k" * 32), header=header)
    return Made(compiled, program, read, held, done)


def snapshot(items):
    """Return a complete snapshot; an item may be a `Record` already."""
    records = (i if isinstance(i, Record) else Record(str(i["id"]), i) for i in items)
    return Snapshot(tuple(records))


def described(spec, name, references, unique, leaves_out_nulls):
    """Return an open connector, which may leave out nulls, with all resources asked for."""
    names = {spec.source.resource.text, spec.target.resource.text} | set(references)
    fields = {path: Field(path, unique=True, absent_is_null=leaves_out_nulls) for path in unique}
    return Description(
        name,
        name.title(),
        "rest",
        {
            each: Resource(
                each,
                "id",
                fields if each == spec.target.resource.text else {},
                frozenset(Capability),
                open=True,
                absent_is_null=leaves_out_nulls,
            )
            for each in names
        },
    )
