"""Reopens a saved plan: its mapping, settings and inputs must still be as they were."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from oneway import __version__
from oneway.connections.connection import Connection
from oneway.connections.folder import connection_at
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, refusal
from oneway.core.progress import Progress, silent
from oneway.core.records import Value
from oneway.core.seal import Sealed
from oneway.documents.yaml_source import LIMIT
from oneway.mapping.program import Program
from oneway.planning.plan import Plan
from oneway.planning.plan_inputs import PlanConnection, PlanInput
from oneway.runs.completeness import incomplete_reads
from oneway.runs.prepare.compilation import read_file
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import RunRequest, parse_instant
from oneway.runs.read import tables_of
from oneway.runs.session import RunSession

_AGAIN = "make the plan again and review it"


def reopen_plan(plan: Plan, request: RunRequest) -> PreparedRun:
    """Rebuild the prepared run of a saved plan.

    Raises `Refused` if the mapping, the settings, the inputs or the engine have changed since. Of
    `request` only `lookup`, `options` and `folders` count: the mapping, the instant, the settings
    and the files come from the plan. Options of the plan are compared, never used, or a plan could
    send our credentials anywhere. The connection is read again from its file, and must have the
    same name, mapping and options; its credentials may differ.
    """
    found = incomplete_reads(plan)
    if found:
        raise Refused(found)
    _refuse_other_mapping(plan)
    prepared = prepare_run(_request(plan, request))
    if _types(prepared.settings) != _types(plan.settings):
        raise refusal("P112", plan.mapping_file, "the plan has other settings", _AGAIN)
    if plan.engine != __version__:
        made = f"oneway {plan.engine} made the plan, and this is oneway {__version__}"
        raise refusal("P111", plan.mapping_file, made, _AGAIN)
    prepared = replace(prepared, settings=plan.settings)
    _refuse_other_inputs(plan, prepared)
    return prepared


def program_for(session: RunSession, progress: Progress = silent) -> Program:
    """Return the program that reads a plan's source records again, with today's lookup tables."""
    prepared = session.prepared
    return prepared.as_reached.bind(
        prepared.context, tables_of(prepared, session.systems, progress)
    )


def sealed_program_for(session: RunSession, plan: Plan) -> Program:
    """Return a program that can only read a plan's sealed values again.

    It reads the lookup tables only if the plan has such a value.
    """
    prepared = session.prepared
    tables = tables_of(prepared, session.systems) if _seals(plan) else {}
    return prepared.as_reached.bind(prepared.context, tables)


def _seals(plan: Plan) -> bool:
    return any(
        isinstance(value, Sealed)
        for action in plan.actions
        for value in (
            *(change.after for change in action.changes),
            *(claim.value for claim in action.claims),
        )
    )


def _request(plan: Plan, request: RunRequest) -> RunRequest:
    try:
        as_of = parse_instant(plan.as_of)
    except ValueError:
        raise refusal("P105", plan.mapping, "the plan has no instant", _AGAIN) from None
    files = {role: each.file for role, each in plan.inputs.items() if each.file is not None}
    prefix = "references."
    return replace(
        request,
        mapping=plan.mapping_file,
        connection=_connection(plan),
        as_of=as_of,
        source=files.get("source"),
        target=files.get("target"),
        references={k.removeprefix(prefix): v for k, v in files.items() if k.startswith(prefix)},
        settings={},
        allowed=plan.allowed,
    )


def _connection(plan: Plan) -> Connection | None:
    if plan.connection is None:
        return None
    connection = connection_at(plan.connection.file)
    if connection.mapping != plan.mapping_file:
        summary = f"the mapping was '{plan.mapping_file}' when the plan was made"
        raise Refused([connection.written.at(("mapping",), "P111", summary, _AGAIN)])
    return connection


def _refuse_other_mapping(plan: Plan) -> None:
    data = read_file(plan.mapping_file, LIMIT + 1)
    if hashlib.sha256(data).hexdigest() != plan.mapping_digest:
        summary = "the mapping is not the one that the plan was made for"
        raise refusal("P110", plan.mapping_file, summary, _AGAIN)


def _refuse_other_inputs(plan: Plan, prepared: PreparedRun) -> None:
    """Raise `Refused` with every difference between the inputs now and those of the plan."""
    then = _facts(plan.connection, plan.inputs)
    now = _facts(prepared.plan_connection, prepared.plan_inputs)
    found = [
        Diagnostic(Span(plan.mapping_file), Severity.ERROR, "P111", *_differs(fact, then, now))
        for fact in sorted({*then, *now})
        if then.get(fact) != now.get(fact)
    ]
    if found:
        raise Refused(found)


def _facts(
    connection: PlanConnection | None, inputs: Mapping[str, PlanInput]
) -> dict[str, str | None]:
    """Return the facts about inputs that must not differ, by names for people."""
    found: dict[str, str | None] = {}
    if connection is not None:
        found |= {"connection": connection.name, "the connection's file": connection.file}
    for role, each in inputs.items():
        found[role] = each.text
        found |= {f"option {role}.{name}": value for name, value in each.options.items()}
        found |= {f"the origin of {role}": each.origin, f"{_MANIFEST}{role}": each.manifest}
    return found


_MANIFEST = "the manifest of "


def _differs(
    fact: str, then: Mapping[str, str | None], now: Mapping[str, str | None]
) -> tuple[str, str]:
    """Return how an input differs from the plan's, and the remedy."""
    if fact.startswith(_MANIFEST) and then.get(fact) and now.get(fact):
        return f"{fact} has changed since the plan was made", _AGAIN
    was, is_now = _shown(then.get(fact)), _shown(now.get(fact))
    help = "give the same options as for the plan, or make the plan again"
    return f"{fact} was {was} when the plan was made, and is {is_now} now", help


def _shown(value: str | None) -> str:
    return "not given" if value is None else repr(value)


def _types(settings: Mapping[str, Value]) -> dict[str, type]:
    return {name: type(value) for name, value in settings.items()}
