"""Finds a past run by what people call it, and loads its plan."""

from os.path import isfile
from typing import TYPE_CHECKING

from oneway.core.diagnostics import Refused, did_you_mean, refusal
from oneway.core.phrases import some
from oneway.documents.yaml_source import LIMIT, read_all
from oneway.history.journal import Run
from oneway.planning.plan import Plan
from oneway.planning.plan_file import load_stored
from oneway.runs.prepare.compilation import read_file
from oneway.state.folder import StateFolder

if TYPE_CHECKING:
    from oneway.history.journal import Journal

LATEST = "latest"


def run_named(journal: "Journal", text: str) -> Run:
    """Return the run of an id, the latest one (`latest`), or a connection's last one.

    A connection or a mapping is named as `name_in` takes it. Raises `Refused` if there is none.
    """
    found: tuple[Run, ...]
    if text.isascii() and text.isdigit() and len(text) < 19:
        one = journal.run(int(text))
        found = () if one is None else (one,)
    else:
        found = journal.runs(None if text == LATEST else name_in(journal, text), limit=1)
    if found:
        return found[0]
    known = journal.connections()
    which = f"have run: {some(known)}; " if known else ""
    help = did_you_mean(text, known) or f"{which}`oneway runs` lists the runs"
    if text == LATEST:
        raise refusal("F130", text, "nothing has run yet", f"run a sync first{_OF_A_PLAN}")
    raise refusal("F130", text, f"there is no run {text!r}, and no run of such a connection", help)


def name_in(journal: "Journal", text: str) -> str:
    """Return the name under which the journal stores the runs of a connection or mapping.

    `text` is that name, or a file that has it. The name of runs without a connection ends with a
    digest of their systems; without the digest, the systems that ran last count.
    """
    known = journal.connections()
    if text in known:
        return text
    said = _said_in(text) or text
    found = [each for each in known if said == each or each.startswith(f"{said} ")]
    return max(found, key=lambda name: journal.runs(name, limit=1)[0].id, default=text)


def _said_in(path: str) -> str:
    """Return the name that a connection or mapping gives itself; "" if it is no such file."""
    from oneway.connections.folder import ENDINGS  # few plans are made by a connection's file

    if not (path.lower().endswith(ENDINGS) and isfile(path)):
        return ""
    document = read_all(read_file(path, LIMIT + 1), path).document
    data = document.data if document is not None else None
    return str(data.get("name", "")) if isinstance(data, dict) else ""


_OF_A_PLAN = "; for a page of a plan before it runs, plan with --format html"


def plan_of_run(journal: "Journal", run: Run) -> Plan | None:
    """Return the plan of a run, None if none is stored; raise `Refused` if it is damaged."""
    text = journal.plan_of(run.id)
    if not text:
        return None
    return load_stored(text, f"the plan of run {run.id}")


def refuse_without_journal(state: StateFolder) -> None:
    """Raise `Refused` if nothing was ever journalled in a state folder."""
    if not state.has_journal:
        raise _nothing_yet(state)


def journal_to_read(state: StateFolder) -> "Journal":
    """Return the journal of a state folder, only to read it; raise `Refused` if there is none."""
    from oneway.history.journal import Journal

    journal = Journal.look(state.journal)
    if journal is None:
        raise _nothing_yet(state)
    return journal


def _nothing_yet(state: StateFolder) -> Refused:
    help = f"run a sync first, or name the folder with --state{_OF_A_PLAN}"
    return refusal("F130", str(state.path), "nothing has run yet", help)
