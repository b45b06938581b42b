"""Names runs without a connection in commands: their mapping, and the files read in place."""

from collections.abc import Iterator
from shlex import quote

from oneway.history.journal import Run
from oneway.planning.plan import Plan

UNKNOWN = "MAPPING"
"""Stands for a mapping whose path is not known, as no plan was kept."""

_REFERENCES = "references."


def runs_without_connection(run: Run) -> bool:
    """Return whether a run has no connection: no name of one has a space."""
    return " " in run.start.connection or not run.start.connection


def given_to_sync(run: Run, plan: Plan | None) -> str:
    """Return what `oneway sync` is given to run the mapping of a run again; "" for a connection."""
    if plan is not None:
        return by_hand(plan)
    return UNKNOWN if runs_without_connection(run) else ""


def by_hand(plan: Plan) -> str:
    """Return what `oneway sync` is given to run a plan's mapping again, quoted for a shell.

    It is "" for a plan of a connection, whose name says it all.
    """
    if plan.connection is not None:
        return ""
    return " ".join([quote(plan.mapping_file), *_in_place(plan)])


def _in_place(plan: Plan) -> Iterator[str]:
    for role, each in plan.inputs.items():
        if each.file is None:
            continue
        if role.startswith(_REFERENCES):
            yield f"--reference {quote(f'{role.removeprefix(_REFERENCES)}={each.file}')}"
        else:
            yield f"--{role} {quote(each.file)}"
