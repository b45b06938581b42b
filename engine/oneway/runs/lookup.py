"""Finds a past run by what people call it, and loads its plan."""

from typing import TYPE_CHECKING

from oneway.core.diagnostics import did_you_mean, refusal
from oneway.core.words import some
from oneway.history.journal import Run
from oneway.planning.plan import Plan
from oneway.planning.plan_file import load
from oneway.state.folder import StateFolder

if TYPE_CHECKING:
    from oneway.history.journal import Journal

LATEST = "latest"


def run_named(journal: "Journal", text: str) -> Run:
    """Return the run of an id, the latest one (`latest`), or a connection's last one.

    Raises `Refused` if there is none.
    """
    found: tuple[Run, ...]
    if text.isascii() and text.isdigit() and len(text) < 19:
        one = journal.run(int(text))
        found = () if one is None else (one,)
    else:
        found = journal.runs(None if text == LATEST else text, limit=1)
    if found:
        return found[0]
    known = journal.connections()
    which = f"have run: {some(known)}; " if known else ""
    help = did_you_mean(text, known) or f"{which}`oneway runs` lists the runs"
    if text == LATEST:
        raise refusal("F130", text, "nothing has run yet", f"run a sync first{_OF_A_PLAN}")
    raise refusal("F130", text, f"there is no run {text!r}, and no run of such a connection", help)


_OF_A_PLAN = "; for a page of a plan before it runs, plan with --format html"


def plan_of_run(journal: "Journal", run: Run) -> Plan | None:
    """Return the plan of a run, None if none is kept; raise `Refused` if it is damaged."""
    text = journal.plan_of(run.id)
    if not text:
        return None
    return load(text.encode(errors="surrogatepass"), f"the plan of run {run.id}")


def refuse_without_journal(state: StateFolder) -> None:
    """Raise `Refused` if nothing was ever journalled in a state folder."""
    if not state.has_journal:
        help = f"run a sync first, or name the folder with --state{_OF_A_PLAN}"
        raise refusal("F130", str(state.path), "nothing has run yet", help)
