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
from oneway.runs.resuming import Interrupted, alone, interrupted, resumed, settled

__all__ = [
    "Approval",
    "Input",
    "Interrupted",
    "Operator",
    "Prepared",
    "Reading",
    "Request",
    "Systems",
    "alone",
    "apply_plan",
    "compiled",
    "evaluated",
    "health",
    "inputs",
    "inputs_in_words",
    "instant_text",
    "interrupted",
    "judged",
    "parse_instant",
    "plan_of",
    "planned",
    "program_for",
    "read",
    "read_file",
    "refuse_turned_back",
    "remembered",
    "reopened",
    "request_for",
    "resumed",
    "settled",
    "sick",
]
