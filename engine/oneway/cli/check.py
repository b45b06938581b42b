"""`oneway check`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted, remembering, requesting, shared_folder
from oneway.cli.printing import note_warnings
from oneway.core.connector import Finding, Probe
from oneway.core.description import Capability
from oneway.core.diagnostics import Refused
from oneway.core.progress import Progress
from oneway.core.records import Snapshot
from oneway.inspect.checks import CheckResult, CheckState, Evidence, checks
from oneway.inspect.single_records import requested
from oneway.render import checks as render
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import Input, PreparedRun, resource_of
from oneway.runs.prepare.request import RunRequest
from oneway.runs.read import read_inputs
from oneway.runs.starting_nodes import lost_starts, unnamed_tops
from oneway.runs.systems import OpenSystems


@click.command("check")
@requesting
@remembering
@click.option(
    "--brief", is_flag=True, help="Print only the titles of checks that passed or are untested."
)
@formatted("text", "json")
@consoled
def command(
    *, console: Console, request: RunRequest, state: Path, brief: bool, format: str
) -> Exit:
    """Check the set-up of both systems for a mapping; write nothing.

    Do the credentials work? Has each code in the source one row in its lookup table? Are
    match keys filled and unique? What is assumed of a system, and how is it checked?

    \b
    Example:
      oneway check mapping.yaml
      oneway check acme --brief
    """
    prepared = prepare_run(request)
    note_warnings(console, prepared)
    with OpenSystems(prepared, shared_folder(state)) as systems, console.progress() as progress:
        found = checked(prepared, systems, progress)
    if format == "json":
        console.json(render.as_json(found))
    else:
        shown = [briefly(each) for each in found] if brief else found
        console.out(render.text(shown, console.style))
    failed = any(each.state is CheckState.FAILED for each in found)
    return Exit.ERROR if failed else Exit.DONE


def briefly(result: CheckResult) -> CheckResult:
    """Return a check without its lines if they require no action."""
    settled = result.state in (CheckState.OK, CheckState.UNTESTED)
    return replace(result, lines=()) if settled else result


def checked(
    prepared: PreparedRun, systems: OpenSystems, progress: Progress
) -> Sequence[CheckResult]:
    """Return every check of a set-up or, if a read fails, those made before it."""
    probes = _probes(prepared, systems)
    try:
        reading = read_inputs(prepared, systems, progress)
    except Refused as refused:
        return (*_connections(probes), *_unread(refused))
    used = {each.connector for each in prepared.inputs.values()}
    code = prepared.compiled.code
    evidence = Evidence(
        source=reading.source,
        target=reading.target,
        tables=reading.tables,
        probes=probes,
        unheld=[each for tally in reading.tallies.values() for each in tally.findings()],
        starts=tuple(lost_starts(code, reading.tables, prepared.context)),
        tops=tuple(unnamed_tops(prepared.spec, code, reading.tables, prepared.context)),
        descriptions=[each for name, each in prepared.catalogue.items() if name in used],
    )
    single = _single_records(
        prepared, systems, {"source": reading.source, "target": reading.target}
    )
    return (*checks(prepared.compiled, reading.program, evidence), *single)


def _single_records(
    prepared: PreparedRun, systems: OpenSystems, read: Mapping[str, Snapshot]
) -> Iterator[CheckResult]:
    """Yield failed checks of requests for one record, which runs send to systems with a `get`."""
    for side, snapshot in read.items():
        given = prepared.inputs[side]
        resource = resource_of(prepared, given)
        if resource is not None and Capability.GET in resource.capabilities:
            yield from requested(side, systems.reader(given), snapshot.records)


def _probes(prepared: PreparedRun, systems: OpenSystems) -> dict[str, Sequence[Probe]]:
    """Return the probes of each connector with credentials: files have none."""
    found: dict[str, Sequence[Probe]] = {}
    given = list(prepared.inputs.values())
    for each in given:
        name = _name(each, given)
        if name not in found:
            found[name] = systems.connector(each).probe()
    return {name: probes for name, probes in found.items() if probes}


def _name(each: Input, given: Sequence[Input]) -> str:
    """Return a system's name: its connector, and its side if both sides use that."""
    sides = {other.side for other in given if other.connector == each.connector}
    return f"{each.connector} ({each.side or 'environment'})" if len(sides) > 1 else each.connector


def _connections(probes: dict[str, Sequence[Probe]]) -> list[CheckResult]:
    """Return the results of the probes as checks."""
    return [
        CheckResult(
            f"Connection to {name}",
            CheckState.FAILED
            if any(each.finding is Finding.FAILED for each in found)
            else CheckState.OK,
            tuple(f"{each.finding.value}: {each.what} {each.detail}".strip() for each in found),
        )
        for name, found in probes.items()
    ]


def _unread(refused: Refused) -> list[CheckResult]:
    return [
        CheckResult(
            f"Reading {each.span}",
            CheckState.FAILED,
            tuple(filter(None, (f"{each.summary} [{each.code}]", each.help))),
        )
        for each in refused.diagnostics
    ]
