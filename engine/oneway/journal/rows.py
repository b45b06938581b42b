"""What a journal keeps of a run and of an action, and how a row becomes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from oneway.plan import Allowance, Ending, Verb


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known of a run when it starts; `started` and `as_of` are ISO 8601 instants."""

    mapping: str
    digest: str
    fingerprint: str
    as_of: str
    started: str
    by: str
    connection: str = ""
    """Whose run it is: the name under which the run holds its lock."""
    allowed: tuple[Allowance, ...] = ()
    """The ceilings that somebody raised for this run."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run: `ended` is None while it goes on, and for ever where it died."""

    id: int
    start: RunStart
    ended: str | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest instants that runs of one connection went by, and began at."""

    as_of: str
    started: str


@dataclass(frozen=True, slots=True)
class End:
    """How an action ended; `target_id` is that of a record just created, too."""

    ending: Ending
    target_id: str | None = None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one action of one run; `end` is None where nothing is known of it."""

    run: int
    action_id: str
    verb: Verb
    source_id: str | None
    target_id: str | None
    token: str
    sent: bool
    end: End | None


def entry(row: tuple[Any, ...]) -> Entry:
    """Return an entry; the columns are those of `ENTRY`."""
    run, action, verb, source_id, target_id, token, sent, ending, code, reason = row
    end = None if ending is None else End(Ending(ending), target_id, code, reason)
    return Entry(run, action, Verb(verb), source_id, target_id, token, bool(sent), end)


def run(row: tuple[Any, ...]) -> Run:
    """Return a run; the columns are those of `START`, then id, ended and counts."""
    *texts, allowed, id, ended, counts = row
    begun = RunStart(*texts)
    raised = tuple(Allowance(*each) for each in json.loads(allowed))
    return Run(id, replace(begun, allowed=raised), ended, json.loads(counts))


def start(begun: RunStart) -> tuple[str, ...]:
    """Return the values of the columns `START`."""
    raised = json.dumps([[each.guard, each.ceiling, each.by] for each in begun.allowed])
    texts = (begun.mapping, begun.digest, begun.fingerprint, begun.as_of, begun.started, begun.by)
    return (*texts, begun.connection, raised)


START = "mapping, digest, fingerprint, as_of, started, started_by, connection, allowed"
ENTRY = "run, action, verb, source_id, target_id, token, sent, ending, code, reason"
