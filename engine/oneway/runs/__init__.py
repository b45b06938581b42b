"""A run, put together: files and systems are read here, and nothing is printed.

    Request ─compiled→ Prepared ─read→ Reading ─plan_of→ Plan ─judged→ Verdict
                                                          └─apply_plan→ Results

`plan_run` does the reading and planning of large inputs in one go, keeping no record;
`reopen_plan` gets from a saved plan to what `apply_plan` needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from oneway.runs.connecting import request_for
from oneway.runs.health import health, sick
from oneway.runs.inputs import Input, OpenSystems, inputs
from oneway.runs.prepare import PreparedRun, prepare_run, read_file
from oneway.runs.read import ReadInputs, evaluate_inputs, read_inputs
from oneway.runs.reopen import program_for, reopen_plan
from oneway.runs.request import RunRequest, instant_text, parse_instant

if TYPE_CHECKING:
    from oneway.runs.apply import Approval, Operator, apply_plan
    from oneway.runs.clock import refuse_turned_back, refuse_yet_to_come
    from oneway.runs.links import looked_up_records, recall
    from oneway.runs.plan import judge_plan, load_memory, plan_of, plan_run
    from oneway.runs.resume import (
        Interrupted,
        exclusive_run,
        find_interrupted,
        hold_lock,
        recover_in_flight,
        resume_run,
    )
    from oneway.runs.sync import (
        PendingSync,
        SyncResult,
        last_run,
        open_sync,
        problems_of,
        recording_refusals,
        run_of,
        run_sync,
    )

__all__ = [
    "Approval",
    "Input",
    "Interrupted",
    "OpenSystems",
    "Operator",
    "PendingSync",
    "PreparedRun",
    "ReadInputs",
    "RunRequest",
    "SyncResult",
    "apply_plan",
    "evaluate_inputs",
    "exclusive_run",
    "find_interrupted",
    "health",
    "hold_lock",
    "inputs",
    "instant_text",
    "judge_plan",
    "last_run",
    "load_memory",
    "looked_up_records",
    "open_sync",
    "parse_instant",
    "plan_of",
    "plan_run",
    "prepare_run",
    "problems_of",
    "program_for",
    "read_file",
    "read_inputs",
    "recall",
    "recording_refusals",
    "recover_in_flight",
    "refuse_turned_back",
    "refuse_yet_to_come",
    "reopen_plan",
    "request_for",
    "resume_run",
    "run_of",
    "run_sync",
    "sick",
]

# What needs the journal is imported when it is asked for: a database library takes longer to
# import than a mapping to validate.
_WITH_JOURNAL = {
    "apply": ("Approval", "Operator", "apply_plan"),
    "clock": ("refuse_turned_back", "refuse_yet_to_come"),
    "links": ("looked_up_records", "recall"),
    "plan": ("judge_plan", "plan_of", "plan_run", "load_memory"),
    "resume": (
        "Interrupted",
        "exclusive_run",
        "hold_lock",
        "find_interrupted",
        "resume_run",
        "recover_in_flight",
    ),
    "sync": (
        "PendingSync",
        "SyncResult",
        "open_sync",
        "last_run",
        "run_of",
        "problems_of",
        "recording_refusals",
        "run_sync",
    ),
}
_HOMES = {name: module for module, names in _WITH_JOURNAL.items() for name in names}


def __getattr__(name: str) -> object:
    """Return what the journal's part of this package offers."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
