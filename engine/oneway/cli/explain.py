"""`oneway explain`."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import (
    consoled,
    formatted,
    remembering,
    requesting,
    shared_folder,
    state_of,
    user,
)
from oneway.cli.printing import introduce
from oneway.core.diagnostics import Refused, refusal
from oneway.history.discrepancies import Discrepancy
from oneway.inspect.explain import called, explain, near_keys, with_value_names
from oneway.inspect.explain.steps import Explanation, Forecast
from oneway.planning.plan import Plan
from oneway.render import explanations
from oneway.render.discrepancies import by_subject
from oneway.render.sanitize import harmless
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import RunRequest
from oneway.runs.preview import Preview, preview
from oneway.runs.read import ReadInputs, read_inputs
from oneway.runs.session import Operator, RunSession
from oneway.runs.systems import OpenSystems

_FULL = 5
"""How many records for one key are explained in full at most."""


@click.command("explain")
@requesting
@click.argument("key")
@click.option("--all", "every", is_flag=True, help="Show the fields of somebody left alone, too.")
@remembering
@formatted("text", "json")
@consoled
def command(
    *, console: Console, request: RunRequest, key: str, every: bool, state: Path, format: str
) -> Exit:
    """Show one person: what is read, decided, and why; write nothing.

    The answer comes first: what will happen, or why it will not, since when, and when it is
    retried. KEY is a match value (a payroll code), an id in either system, an email, or a name;
    several people with a surname are listed. Then come all details: each match key, each rule
    with the values it read, each field's expression and its value before and after. Steps that
    were not evaluated say so.

    \b
    Example:
      oneway explain mapping.yaml 01003
      oneway explain acme 00141
    """
    prepared = prepare_run(request)
    introduce(console, prepared)
    operator = Operator(user(), state_of(state, make=False), now)
    systems = OpenSystems(prepared, shared_folder(state))
    with RunSession(prepared, operator, systems, looks=True) as session:
        with systems, console.progress() as progress:
            reading = read_inputs(prepared, systems, progress)
            known = {prepared.inputs[role]: each for role, each in reading.by_role().items()}
            shown = preview(session, progress, whole=True, known=known, keep=True)
        console.report((*shown.errors, *session.unread))
        # Here, because links are read from the store one by one.
        found, full, forecasts = _explained(prepared, reading, shown, key)
    if format == "json":
        console.json(explanations.as_json(found, forecasts))
    elif len(found) > full:
        _list(console, found)
    else:
        console.out(explanations.text(found, console.style, prepared.zone, every=every))
    return Exit.DONE


def _explained(
    prepared: PreparedRun, reading: ReadInputs, shown: Preview, key: str
) -> tuple[tuple[Explanation, ...], int, Mapping[str, Discrepancy]]:
    """Return the people whom a key names, how many to explain in full, and who differs so far."""
    inputs, plan = shown.inputs, shown.plan
    assert inputs is not None
    source, target = inputs.looked_up
    reading = replace(
        reading,
        source=replace(reading.source, records=(*reading.source.records, *source)),
        target=replace(reading.target, records=(*reading.target.records, *target)),
        program=inputs.program,
    )
    known = by_subject(shown.memory.discrepancies_of(plan, shown.unsent))
    forecasts = explanations.forecasts(known, shown.unsent, prepared.zone)
    found, full = _found(prepared, reading, plan, key, forecasts)
    found = with_value_names(found, prepared.compiled.code, inputs.references, prepared.context)
    link = inputs.evidence.of
    return tuple(replace(each, link=link(each.source_id)) for each in found), full, known


def _found(
    prepared: PreparedRun,
    reading: ReadInputs,
    plan: Plan,
    key: str,
    known: Mapping[str, Forecast],
) -> tuple[tuple[Explanation, ...], int]:
    """Return the people whom a key names, and how many to explain in full at most.

    If no record matches, returns the people with the key in their name, and explains one at most.
    """

    def answering(key: str) -> tuple[Explanation, ...]:
        return explain(
            prepared.compiled,
            reading.program,
            reading.source,
            reading.target,
            plan,
            key,
            known,
        )

    if found := answering(key):
        return found, _FULL
    ids = {each.source_id or each.target_id or "" for each in called(plan, key)}
    of_that_name = [
        each
        for id in sorted(ids)
        for each in answering(id)
        if (each.source_id or each.target_id) == id
    ]
    if not of_that_name:
        raise _unknown(plan, key)
    return tuple(of_that_name), 1


def _unknown(plan: Plan, key: str) -> Refused:
    near = ", ".join(islice(near_keys(plan, key), 5))
    help = f"did you mean: {near}?" if near else "give a match value, an id, a name or an email"
    return refusal("U107", plan.mapping_file, f"no record answers to {key!r}", help)


def _list(console: Console, found: tuple[Explanation, ...]) -> None:
    console.out(f"{len(found)} records answer to this; name one by its id:")
    for each in found:
        ids = ", ".join(
            f"{side} id {id}"
            for side, id in (("source", each.source_id), ("target", each.target_id))
            if id is not None
        )
        line = f"  {each.kind.value:<10} {each.key}  {each.label}  ({ids})"
        console.out(harmless(line))
