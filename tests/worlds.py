"""A world: a mapping as text, two systems' records, and what the engine makes of them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from oneway.core.description import Capability, Description, Field, Resource
from oneway.core.records import Record, Snapshot
from oneway.core.seal import Seal
from oneway.mapping.compiler import Compiled
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.lookup_table import tabulate
from oneway.planning.links import NO_LINKS, LinkEvidence
from oneway.planning.plan import Plan
from oneway.planning.plan_inputs import Allowance
from oneway.planning.planner import Header, plan
from whole_mappings import compile_mapping, load_mapping

AS_OF = datetime(2026, 6, 15, 4, tzinfo=UTC)
SEAL = Seal(b"k" * 32)
FILE = "mappings/generated.yaml"


@dataclass(frozen=True)
class World:
    """Everything one run reads. `mapping` is the data of the YAML text; `typed` says whether the
    record schemas declare types; `unique` are target fields that one record only may hold.
    """

    mapping: Mapping[str, Any]
    source: Snapshot
    target: Snapshot
    departments: Snapshot
    unique: frozenset[str] = frozenset()
    typed: bool = False
    on: bool = True
    as_of: datetime = AS_OF
    leaves_out_nulls: bool = False
    """Whether both systems say that an absent key is null."""
    ignores_null: bool = False
    """Whether the target ignores null, and clears a value by blank text."""
    required: frozenset[str] = frozenset()
    """Target fields that a new record must be given."""

    @property
    def text(self) -> str:
        """The mapping as an integrator writes it, every part on a line of its own."""
        return yaml_of(self.mapping)

    def later(self, days: int) -> "World":
        """Return the same world, looked at some days later."""
        return replace(self, as_of=self.as_of + timedelta(days=days))

    def with_target(self, records: Iterable[Record]) -> "World":
        """Return the world with other target records."""
        return replace(self, target=replace(self.target, records=tuple(records)))


def yaml_of(mapping: Mapping[str, Any]) -> str:
    """Return a mapping as YAML text."""
    lines = []
    for key, value in mapping.items():
        if isinstance(value, dict) and value:
            lines.append(f"{key}:")
            lines += [f"  {name}: {_written(part)}" for name, part in value.items()]
        elif isinstance(value, list) and value:
            lines.append(f"{key}:")
            lines += [f"  - {_written(part)}" for part in value]
        else:
            lines.append(f"{key}: {_written(value)}")
    return "\n".join(lines) + "\n"


def _written(part: Any) -> str:
    """Return a part as JSON that is YAML too: a character beyond U+FFFF stands as it is."""
    text = json.dumps(part, ensure_ascii=False)
    return "".join(c if c.isascii() or c > "\uffff" else f"\\u{ord(c):04x}" for c in text)


NEW_USER: dict[str, Any] = {
    **dict.fromkeys(("ref", "email", "fullName", "nick", "dept", "tags", "grade", "since")),
    **dict.fromkeys(("leaveDate", "state", "seq", "note")),
    "bank": {"no": None},
}
"""What the target shows of a new record, before the values that it was created with."""


def catalogue(
    typed: bool,
    unique: frozenset[str],
    leaves_out_nulls: bool = False,
    ignores_null: bool = False,
    required: frozenset[str] = frozenset(),
) -> dict[str, Description]:
    """Return the descriptions of both systems."""
    found = {
        "payroll": _system("payroll", "people", _source_fields(typed)),
        "expenses": _system(
            "expenses", "users", _target_fields(typed, unique, required), "departments"
        ),
    }
    if ignores_null:
        found["expenses"] = _saying(found["expenses"], clear="")
    if leaves_out_nulls:
        return {name: _saying(each, absent_is_null=True) for name, each in found.items()}
    return found


def _saying(system: Description, **said: Any) -> Description:
    """Return a system whose resources and fields all say something."""
    resources = {
        name: replace(
            each,
            **said,
            fields={path: replace(one, **said) for path, one in each.fields.items()},
        )
        for name, each in system.resources.items()
    }
    return replace(system, resources=resources)


def _system(name: str, main: str, fields: Mapping[str, Field], *others: str) -> Description:
    resources = {main: Resource(main, "id", fields, frozenset(Capability), open=True)}
    for other in others:
        resources[other] = Resource(other, "id", {}, frozenset(Capability), open=True)
    return Description(name, name, "rest", resources)


SOURCE_TYPES = {"name": "string", "tags": "array"}
STATUSES = ("E", "L")
"""The words of the source's status, where it has a record schema: never null."""
TARGET_TYPES = {"fullName": "string", "tags": "array", "ref": "string"}
LONGEST_NAME = 5


def _source_fields(typed: bool) -> dict[str, Field]:
    types = SOURCE_TYPES if typed else {}
    fields = {path: Field(path, frozenset({type, "null"})) for path, type in types.items()}
    if typed:
        fields["status"] = Field("status", frozenset({"string"}), enum=STATUSES)
    return fields


def _target_fields(
    typed: bool, unique: frozenset[str], required: frozenset[str] = frozenset()
) -> dict[str, Field]:
    types = TARGET_TYPES if typed else {}
    paths = [*types, *sorted((unique | required | {"email"}) - types.keys()), "seq"]
    return {
        path: Field(
            path,
            frozenset({types[path], "null"}) if path in types else frozenset(),
            format="email" if path == "email" else "",
            max_length=LONGEST_NAME if path == "fullName" else None,
            unique=path in unique,
            computed=path == "seq",
            required=path in required,
        )
        for path in paths
    }


def compiled(world: World) -> Compiled:
    """Return the world's mapping, loaded and compiled; raises `Refused`."""
    systems = (
        world.typed,
        world.unique,
        world.leaves_out_nulls,
        world.ignores_null,
        world.required,
    )
    return _compiled(world.text, *systems)


@lru_cache(maxsize=200)
def _compiled(text: str, *systems: Any) -> Compiled:
    loaded = load_mapping(text.encode(), FILE)
    return compile_mapping(loaded.spec, loaded.document.lines, catalogue(*systems))


def bound(world: World) -> Interpreted:
    """Return the world's program."""
    mapping = compiled(world)
    context = mapping.context({"on": world.on}, world.as_of)
    tables = {
        code.name: tabulate(code, world.target if code.own else world.departments, context)
        for code in mapping.code.references
    }
    return mapping.bind(context, tables)


def header_of(world: World, allowed: tuple[Allowance, ...] = ()) -> Header:
    """Return what a plan of a world says beside its records."""
    as_of = world.as_of.isoformat()
    return Header(FILE, "0" * 64, as_of, {"on": world.on}, {}, allowed=allowed)


def planned(
    world: World, *, evidence: LinkEvidence = NO_LINKS, allowed: tuple[Allowance, ...] = ()
) -> Plan:
    """Return the engine's plan of a world, with what earlier runs remember."""
    header = header_of(world, allowed)
    return plan(
        bound(world), world.source, world.target, seal=SEAL, header=header, evidence=evidence
    )
