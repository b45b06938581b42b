"""A run, put together: files and systems are read here, and nothing is printed.

    Request ─compiled→ Prepared ─read→ Reading ─plan_of→ Plan ─judged→ Verdict
                                                          └─apply_plan→ Results

`planned` does the reading and planning of large inputs in one go, keeping no record;
`reopened` gets from a saved plan to what `apply_plan` needs.
"""

from oneway.runs.applying import Approval, Operator, apply_plan
from oneway.runs.clock import refuse_turned_back
from oneway.runs.connecting import request_for
from oneway.runs.health import health, sick
from oneway.runs.inputs import Input, Systems, inputs, inputs_in_words
from oneway.runs.planning import judged, plan_of, planned, remembered
from oneway.runs.preparation import Prepared, compiled, read_file
from oneway.runs.reading import Reading, evaluated, read
from oneway.runs.reopening import program_for, reopened
from oneway.runs.request import Request, instant_text, parse_instant
from oneway.runs.resuming import Interrupted, alone, holding, interrupted, resumed, settled
from oneway.runs.syncing import Draft, Synced, drafted, last_run, problems_of, recorded, synced

__all__ = [
    "Approval",
    "Draft",
    "Input",
    "Interrupted",
    "Operator",
    "Prepared",
    "Reading",
    "Request",
    "Synced",
    "Systems",
    "alone",
    "apply_plan",
    "compiled",
    "drafted",
    "evaluated",
    "health",
    "holding",
    "inputs",
    "inputs_in_words",
    "instant_text",
    "interrupted",
    "judged",
    "last_run",
    "parse_instant",
    "plan_of",
    "planned",
    "problems_of",
    "program_for",
    "read",
    "read_file",
    "recorded",
    "refuse_turned_back",
    "remembered",
    "reopened",
    "request_for",
    "resumed",
    "settled",
    "sick",
    "synced",
]
