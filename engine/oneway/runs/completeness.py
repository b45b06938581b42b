"""Checks that the inputs are complete enough to apply."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from oneway.connections.discovery import FILES
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.mapping.lookup_table import LookupTable, unmet_fallback
from oneway.mapping.profile.key_tally import KeyTally
from oneway.planning.plan import Plan
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.starting_nodes import lost_starts


class Whole(Protocol):
    """A read whose records may be incomplete."""

    @property
    def complete(self) -> bool:
        """Whether the read is complete."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Why records may be missing."""


class Readings(Protocol):
    """A `Reading` or an `Evaluated`."""

    @property
    def source(self) -> Whole:
        """The read of the source."""

    @property
    def target(self) -> Whole:
        """The read of the target."""

    @property
    def tallies(self) -> Mapping[str, KeyTally]:
        """How many records have each key that the mapping reads, by input."""

    @property
    def tables(self) -> Mapping[str, LookupTable]:
        """The lookup tables."""


def input_problems(prepared: PreparedRun, reading: Readings, plan: Plan) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the inputs; an error means that nothing may be written."""
    words = {role: each.text for role, each in prepared.inputs.items()}
    found = list(incomplete_reads(plan))
    found += [each for tally in reading.tallies.values() for each in tally.findings()]
    if not reading.target.complete:
        file = _is_file(plan, "target")
        found.append(_error("R162", words["target"], reading.target.problems, file=file))
    for name, table in reading.tables.items():
        if not table.complete:
            where, why = Span(words[f"references.{name}"]), "; ".join(table.problems)
            help = "values that are not found in it change nothing in this run"
            summary = f"reference '{name}' may lack rows"
            help = f"{why}; {help}" if why else help
            found.append(Diagnostic(where, Severity.WARNING, "R163", summary, help))
    found += lost_starts(prepared.compiled.code, reading.tables, prepared.context)
    found += _fallbacks(prepared, reading, plan)
    return tuple(found)


def _fallbacks(prepared: PreparedRun, reading: Readings, plan: Plan) -> Iterator[Diagnostic]:
    """Yield the keys that `on_miss` looks up and that their tables do not have exactly once.

    A table of the target's own records may have the key once the plan is applied.
    """
    spec, code = prepared.spec, prepared.compiled.code
    missed = {each.field for each in plan.misses if not (each.found or each.why or each.instead)}
    written = (*spec.fields, *(spec.leavers.set if spec.leavers else ()))
    for field, made in zip(written, (*code.fields, *code.leaving), strict=True):
        rule = made.rule
        unmet = unmet_fallback(rule, reading.tables[made.lookup]) if made.lookup else ""
        if not unmet or (rule.own_table and rule.path not in missed):
            continue
        summary = f"reference '{made.lookup}' {unmet}"
        help = f"until it has one, nothing is written for a miss of '{rule.path}'"
        where = field.fallback.span if field.fallback is not None else field.span
        yield Diagnostic(where, Severity.WARNING, "R165", summary, help)


def incomplete_reads(plan: Plan) -> tuple[Diagnostic, ...]:
    """Return the errors in a plan's own reads that forbid applying it."""
    source = next(each for each in plan.reads if each.name == "source")
    where = plan.inputs["source"].text if "source" in plan.inputs else "source"
    if not source.complete:
        return (_error("R161", where, source.problems, file=_is_file(plan, "source")),)
    if not source.records:
        return (_error("R160", where, source.problems, file=_is_file(plan, "source")),)
    return ()


def _is_file(plan: Plan, role: str) -> bool:
    found = plan.inputs.get(role)
    return found is not None and (found.connector == FILES or found.file is not None)


def _error(code: str, where: str, problems: Sequence[str], *, file: bool = False) -> Diagnostic:
    summary, help = _SAYINGS[code]
    help = _MEND_FILE if file else help
    return Diagnostic(Span(where), Severity.ERROR, code, f"{summary}{_why(problems)}", help)


def _why(problems: Sequence[str]) -> str:
    shown = "; ".join(problems[:3])
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return f": {shown}{more}" if problems else ""


_MEND_FILE = "correct the file where it is named, or write it again in full"
_SAYINGS = {
    "R160": (
        "the source has no records; nothing will be written",
        "check the connector's options and what the credentials may see",
    ),
    "R161": (
        "the source was not read to the end; nothing will be written",
        "correct what is named, or run again; if it happens again, check the connector's manifest",
    ),
    "R162": (
        "the target was not read to the end; nothing will be written",
        "run again; if it happens again, check the connector's manifest",
    ),
}
