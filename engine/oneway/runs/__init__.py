"""A run, put together: files and systems are read here, and nothing is printed.

    Request ─compiled→ Prepared ─read→ Reading ─plan_of→ Plan ─judged→ Verdict
                                                          └─apply_plan→ Results

`planned` does the reading and planning of large inputs in one go, keeping no record;
`reopened` gets from a saved plan to what `apply_plan` needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from oneway.runs.connecting import request_for
from oneway.runs.health import health, sick
from oneway.runs.inputs import Input, Systems, inputs, inputs_in_words
from oneway.runs.prepare import Prepared, compiled, read_file
from oneway.runs.read import Reading, evaluated, read
from oneway.runs.reopen import program_for, reopened
from oneway.runs.request import Request, instant_text, parse_instant

if TYPE_CHECKING:
    from oneway.runs.apply import Approval, Operator, apply_plan
    from oneway.runs.clock import refuse_turned_back, refuse_yet_to_come
    from oneway.runs.plan import judged, plan_of, planned, remembered
    from oneway.runs.resume import Interrupted, alone, holding, interrupted, resumed, settled
    from oneway.runs.sync import Draft, Synced, drafted, last_run, problems_of, recorded, synced

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
    "refuse_yet_to_come",
    "remembered",
    "reopened",
    "request_for",
    "resumed",
    "settled",
    "sick",
    "synced",
]

# What needs the journal is imported when it is asked for: a database library takes longer to
# import than a mapping to validate.
_WITH_JOURNAL = {
    "apply": ("Approval", "Operator", "apply_plan"),
    "clock": ("refuse_turned_back", "refuse_yet_to_come"),
    "plan": ("judged", "plan_of", "planned", "remembered"),
    "resume": ("Interrupted", "alone", "holding", "interrupted", "resumed", "settled"),
    "sync": (
        "Draft",
        "Synced",
        "drafted",
        "last_run",
        "problems_of",
        "recorded",
        "synced",
    ),
}
_HOMES = {name: module for module, names in _WITH_JOURNAL.items() for name in names}


def __getattr__(name: str) -> object:
    """Return what the journal's part of this package offers."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
