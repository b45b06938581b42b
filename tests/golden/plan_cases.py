"""The cases of `plans/`: a folder each, planned and rendered without any system.

A case holds `mapping.yaml`, `source.json` and `target.json` (lists of records, each with an
`id`; one with a `problem` was read badly), and what is printed: `plan.txt` and `plan.md`.
Where it needs them: `references.json` (resource: list of records) and `case.yaml` with

    as_of: "2026-11-22T04:00:00Z"       settings: {name: value}
    allow: {leavers: 7}                 source_complete: false    target_complete: false
    target_fields: {email: {unique: true, format: email, sensitive: true}}
    absent: unknown                     # what an absent key means; by default, null

Run as a script, it writes what is printed now: `python tests/golden/plan_cases.py`, and the
change is reviewed like any other.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from oneway.core.description import Capability, Description, Field, Resource
from oneway.core.records import Record, Snapshot
from oneway.core.seal import Seal
from oneway.mapping.compiler import connectors_of
from oneway.mapping.lookup_table import tabulate
from oneway.planning.guards import judge
from oneway.planning.plan_inputs import Allowance, PlanInput, Read
from oneway.planning.planner import Header, plan
from oneway.render import Style, plans
from whole_mappings import compile_mapping, load_mapping

FOLDER = Path(__file__).parent / "plans"
SEAL = Seal(b"golden tests only, no secret one")


@dataclass(frozen=True)
class Planned:
    """Everything a case leads to."""

    compiled: object
    program: object
    source: Snapshot
    target: Snapshot
    tables: dict
    plan: object
    verdict: object


def cases():
    """Return the folders of all cases, by name."""
    return sorted(path.parent for path in FOLDER.glob("*/mapping.yaml"))


def rendered(folder):
    """Return what is printed for a case, by file name."""
    done = planned(folder)
    return {
        "plan.txt": plans.text(done.plan, done.verdict, Style()),
        "plan.md": plans.markdown(done.plan, done.verdict),
    }


def planned(folder):
    """Return the plan of a case, what the guards say of it, and all it was made of."""
    case = settings_of(folder)
    name = f"mappings/{folder.name}.yaml"
    loaded = load_mapping((folder / "mapping.yaml").read_bytes(), name)
    spec = loaded.spec
    references = read_json(folder / "references.json", {})
    catalogue = {
        text.text: description(spec, text.text, references, case) for text in connectors_of(spec)
    }
    compiled = compile_mapping(spec, loaded.document.lines, catalogue)
    as_of = case.get("as_of", "2026-11-22T04:00:00Z")
    settings = {each.name: each.default for each in spec.settings} | case.get("settings", {})
    context = compiled.context(settings, datetime.fromisoformat(as_of))
    records = {each.name: snapshot(references[each.resource.text]) for each in spec.references}
    tables = {
        each.name: tabulate(each, records[each.name], context) for each in compiled.code.references
    }
    program = compiled.bind(context, tables)
    source = snapshot(read_json(folder / "source.json"), case.get("source_complete", True))
    target = snapshot(read_json(folder / "target.json"), case.get("target_complete", True))
    header = Header(
        mapping_file=name,
        mapping_digest=spec.digest,
        as_of=as_of,
        settings=settings,
        inputs={
            role: PlanInput(each.connector.text, each.resource.text, {})
            for role, each in (("source", spec.source), ("target", spec.target))
        },
        references=tuple(Read(name, len(each.records), True) for name, each in records.items()),
        allowed=tuple(Allowance(k, v, "ann") for k, v in case.get("allow", {}).items()),
    )
    made = plan(program, source, target, seal=SEAL, header=header)
    return Planned(
        compiled, program, source, target, tables, made, judge(made, compiled.spec.guards)
    )


def settings_of(folder):
    """Return what `case.yaml` says, or nothing."""
    path = folder / "case.yaml"
    return yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}


def read_json(path, default=None):
    """Return the data of a file; `default` where there is none and none is needed."""
    if default is not None and not path.exists():
        return default
    return json.loads(path.read_text("utf-8"))


def snapshot(items, complete=True):
    """Return records as if a system had been read."""
    problems = () if complete else ("page 2 was cut off",)
    return Snapshot(tuple(map(record, items)), complete, problems)


def record(item):
    """Return one record as if it had been read."""
    if "problem" in item:
        return Record(str(item["id"]), {}, item["problem"])
    return Record(str(item["id"]), item)


def description(spec, connector, references, case):
    """Return an open connector that has all the resources that a case uses."""
    names = {end.resource.text for end in (spec.source, spec.target)} | set(references)
    nulls = case.get("absent") != "unknown"
    fields = {
        path: Field(path, absent_is_null=nulls, **keys)
        for path, keys in case.get("target_fields", {}).items()
        if connector == spec.target.connector.text
    }
    resources = {
        name: Resource(
            name,
            "id",
            fields if name == spec.target.resource.text else {},
            frozenset(Capability),
            open=True,
            absent_is_null=nulls,
        )
        for name in names
    }
    return Description(connector, connector.title(), "rest", resources)


if __name__ == "__main__":
    for each in cases():
        for file, text in rendered(each).items():
            (each / file).write_text(text, "utf-8")
        print(f"written: {each.name}")
