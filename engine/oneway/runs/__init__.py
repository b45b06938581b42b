"""Runs: reads files and systems, plans, applies and records. It prints nothing.

    Request ─compiled→ Prepared ─read→ Reading ─plan_of→ Plan ─judged→ Verdict
                                                          └─apply_plan→ Results

`plan_run` does the reading and planning of large inputs in one go, keeping no record;
`reopen_plan` gets from a saved plan to what `apply_plan` needs.
"""

from typing import TYPE_CHECKING

from oneway.core.lazy import lazily

if TYPE_CHECKING:
    from oneway.runs.applied import AppliedBefore, applied_before
    from oneway.runs.apply import Approval, apply_plan
    from oneway.runs.clock import refuse_turned_back, refuse_yet_to_come
    from oneway.runs.compilation import read_file
    from oneway.runs.connecting import request_for
    from oneway.runs.health import sick
    from oneway.runs.links import looked_up_records, recall
    from oneway.runs.plan import judge_plan, load_memory, plan_of, plan_run
    from oneway.runs.prepare import prepare_run
    from oneway.runs.prepared import Input, PreparedRun
    from oneway.runs.read import ReadInputs, evaluate_inputs, read_inputs
    from oneway.runs.reopen import program_for, reopen_plan
    from oneway.runs.request import RunRequest, instant_text, parse_instant
    from oneway.runs.resume import (
        Interrupted,
        exclusive_run,
        find_interrupted,
        hold_lock,
        recover_in_flight,
        resume_run,
    )
    from oneway.runs.session import Operator, RunSession
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
    from oneway.runs.systems import OpenSystems

__all__ = [
    "AppliedBefore",
    "Approval",
    "Input",
    "Interrupted",
    "OpenSystems",
    "Operator",
    "PendingSync",
    "PreparedRun",
    "ReadInputs",
    "RunRequest",
    "RunSession",
    "SyncResult",
    "applied_before",
    "apply_plan",
    "evaluate_inputs",
    "exclusive_run",
    "find_interrupted",
    "hold_lock",
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

_HOMES = {
    "applied": ("AppliedBefore", "applied_before"),
    "apply": ("Approval", "apply_plan"),
    "clock": ("refuse_turned_back", "refuse_yet_to_come"),
    "compilation": ("read_file",),
    "connecting": ("request_for",),
    "health": ("sick",),
    "links": ("looked_up_records", "recall"),
    "plan": ("judge_plan", "load_memory", "plan_of", "plan_run"),
    "prepare": ("prepare_run",),
    "prepared": ("Input", "PreparedRun"),
    "read": ("ReadInputs", "evaluate_inputs", "read_inputs"),
    "reopen": ("program_for", "reopen_plan"),
    "request": ("RunRequest", "instant_text", "parse_instant"),
    "resume": (
        "Interrupted",
        "exclusive_run",
        "find_interrupted",
        "hold_lock",
        "recover_in_flight",
        "resume_run",
    ),
    "session": ("Operator", "RunSession"),
    "sync": (
        "PendingSync",
        "SyncResult",
        "last_run",
        "open_sync",
        "problems_of",
        "recording_refusals",
        "run_of",
        "run_sync",
    ),
    "systems": ("OpenSystems",),
}

__getattr__ = lazily(__name__, _HOMES)
