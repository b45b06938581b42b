"""Names runs without a connection in commands: their mapping, and the files read in place."""

from collections.abc import Iterator, Mapping
from shlex import quote
from typing import TYPE_CHECKING

from oneway.history.journal import Run
from oneway.planning.plan import Plan
from oneway.planning.plan_inputs import PlanConnection, PlanInput

if TYPE_CHECKING:
    from oneway.history.journal import Journal
    from oneway.runs.prepare.prepared import PreparedRun

UNKNOWN = "MAPPING"
"""Takes the place of a mapping's path if neither a plan nor the path was stored."""
GIVEN = "given"
"""The name under which a run that came to no plan keeps what `oneway sync` was given."""

_REFERENCES = "references."


def runs_without_connection(run: Run) -> bool:
    """Return whether a run has no connection, or rehearses one elsewhere.

    No name of a connection has a space.
    """
    return " " in run.start.connection or not run.start.connection


def sync_arguments_of_run(run: Run, plan: Plan | None, kept: str) -> str:
    """Return what `oneway sync` is given to run the mapping of a run again; "" for a connection.

    `kept` are the arguments stored with a run without a plan (`stored_arguments`).
    """
    if plan is not None:
        return sync_arguments(plan)
    return (kept or UNKNOWN) if runs_without_connection(run) else ""


def stored_arguments(journal: "Journal", run: Run) -> str:
    """Return the arguments of a run that came to no plan, quoted for a shell; "" if not stored."""
    if not run.problems or not runs_without_connection(run):
        return ""
    return journal.stored_data(run.id, GIVEN).get(GIVEN, b"").decode(errors="surrogatepass")


def arguments_of(prepared: "PreparedRun") -> str:
    """Return what `oneway sync` is given for a run, quoted for a shell; "" for a connection."""
    return _given(prepared.plan_connection, prepared.request.mapping, prepared.plan_inputs)


def store_arguments(journal: "Journal", id: int, given: str) -> None:
    """Store the arguments of a run without a connection, for the commands in its remedies."""
    if given:
        journal.store_data(id, GIVEN, given.encode(errors="surrogatepass"))


def sync_arguments(plan: Plan) -> str:
    """Return what `oneway sync` is given to run a plan's mapping again, quoted for a shell.

    It is "" for a plan of a connection, whose name says it all.
    """
    return _given(plan.connection, plan.mapping_file, plan.inputs)


def _given(connection: PlanConnection | None, mapping: str, inputs: Mapping[str, PlanInput]) -> str:
    if connection is None:
        return " ".join([quote(mapping), *_in_place(inputs)])
    rehearsed = connection.rehearsed
    return " ".join([quote(rehearsed), *_in_place(inputs)]) if rehearsed else ""


def _in_place(inputs: Mapping[str, PlanInput]) -> Iterator[str]:
    for role, each in inputs.items():
        if each.file is None:
            continue
        if role.startswith(_REFERENCES):
            yield f"--reference {quote(f'{role.removeprefix(_REFERENCES)}={each.file}')}"
        else:
            yield f"--{role} {quote(each.file)}"
