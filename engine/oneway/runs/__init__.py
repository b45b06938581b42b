"""Runs: reads files and systems, plans, applies and records. It prints nothing.

    Request ─compiled→ Prepared ─read→ Reading ─plan_of→ Plan ─judged→ Verdict
                                                          └─apply_plan→ Results

`plan_run` does the reading and planning of large inputs in one go, keeping no record;
`reopen_plan` gets from a saved plan to what `apply_plan` needs.
"""

from typing import TYPE_CHECKING

from oneway.core.lazy import lazily

if TYPE_CHECKING:
    from oneway.runs.already_applied import AppliedBefore, applied_before
    from oneway.runs.apply import apply_plan
    from oneway.runs.approval import Approval
    from oneway.runs.as_of import refuse_turned_back, refuse_yet_to_come
    from oneway.runs.completeness import incomplete_reads
    from oneway.runs.evidence.links import looked_up_records, recall
    from oneway.runs.plan import judge_plan, load_memory, plan_of, plan_run
    from oneway.runs.prepare.compilation import read_file
    from oneway.runs.prepare.connection_request import request_for
    from oneway.runs.prepare.preparation import prepare_run
    from oneway.runs.prepare.prepared import Input, PreparedRun
    from oneway.runs.prepare.request import RunRequest, instant_text, parse_instant
    from oneway.runs.read import ReadInputs, evaluate_inputs, read_inputs
    from oneway.runs.reopen import program_for, reopen_plan
    from oneway.runs.resume import (
        Interrupted,
        exclusive_run,
        find_interrupted,
        hold_lock,
        recover_in_flight,
        resume_run,
    )
    from oneway.runs.session import Operator, RunSession
    from oneway.runs.starting_nodes import lost_starts
    from oneway.runs.sync import (
        PendingSync,
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
    "applied_before",
    "apply_plan",
    "evaluate_inputs",
    "exclusive_run",
    "find_interrupted",
    "hold_lock",
    "incomplete_reads",
    "instant_text",
    "judge_plan",
    "last_run",
    "load_memory",
    "looked_up_records",
    "lost_starts",
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
]

_HOMES = {
    "already_applied": ("AppliedBefore", "applied_before"),
    "apply": ("apply_plan",),
    "approval": ("Approval",),
    "as_of": ("refuse_turned_back", "refuse_yet_to_come"),
    "prepare.compilation": ("read_file",),
    "prepare.connection_request": ("request_for",),
    "completeness": ("incomplete_reads",),
    "evidence.links": ("looked_up_records", "recall"),
    "plan": ("judge_plan", "load_memory", "plan_of", "plan_run"),
    "prepare.preparation": ("prepare_run",),
    "prepare.prepared": ("Input", "PreparedRun"),
    "read": ("ReadInputs", "evaluate_inputs", "read_inputs"),
    "starting_nodes": ("lost_starts",),
    "reopen": ("program_for", "reopen_plan"),
    "prepare.request": ("RunRequest", "instant_text", "parse_instant"),
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
