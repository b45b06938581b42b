"""The bodies of notices, as data in the form of `schemas/notice.schema.json`.

A notice contains names of connections, codes, guards, rules of the mapping, and counts, but no
person's name, no value, and no text from a system: mail and chat have many readers and long
archives. `oneway runs show` shows the people, and only to users who may read the store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from oneway.connections.connection import Connection, Occasion
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic
from oneway.core.seal import canonical
from oneway.history.allow_command import allow_command, allowed_together
from oneway.history.journal import Breached, Run
from oneway.history.journal.incidents import Incident
from oneway.history.last_good import is_good, lists_leavers
from oneway.notices.causes import RunProblems
from oneway.notices.instants import When, instant_text
from oneway.notices.remedies import CLOCK, remedy_of
from oneway.notices.remedies_of_codes import STILL_IN
from oneway.notices.remedy import Remedy

Data = dict[str, Any]

TYPES = {
    Occasion.FAILURE: "connection.failure",
    Occasion.GUARD: "connection.guard",
    Occasion.RECOVERY: "connection.recovery",
    Occasion.WEEKLY: "connection.weekly",
}
TEST = "connection.test"


class IncidentBodies(Protocol):
    """Writes the notices of incidents, as JSON text."""

    @property
    def now(self) -> datetime:
        """The instant of the notices."""

    def trouble(self, incident: Incident, *, reminder: bool) -> str:
        """Return the notice that an incident began or, as a reminder, continues."""

    def recovery(self, ended: Sequence[Incident], still: Sequence[Incident]) -> str:
        """Return the notice that incidents are over, which also lists those that continue."""


@dataclass(frozen=True, slots=True)
class RunBodies:
    """Writes the notices of a run's incidents; `systems` are the connectors of both sides."""

    run: Run
    shown: RunProblems
    now: datetime
    systems: Mapping[str, str] = field(default_factory=dict)
    last_good: str = ""
    """When the last good run before it began, or ""."""
    when: When = field(default_factory=When)
    leaving: frozenset[str] = frozenset()
    """The codes that ended only leaves."""

    def trouble(self, incident: Incident, *, reminder: bool) -> str:
        """Return the notice that an incident began, or continues."""
        guard = incident.kind is Occasion.GUARD
        shown = [name for name in incident.about if name in self.shown.of(incident.kind)]
        shown.sort(key=lambda name: name != STILL_IN)  # leavers who can still get in come first
        causes = [_guard(self, name) if guard else _cause(self, name) for name in shown]
        data = {
            "connection": incident.connection,
            "incident": incident.id,
            "since": incident.opened,
            "reminder": reminder,
            "guards" if guard else "causes": causes,
            **_access(self),
            "records": {"missed": self.shown.missed, "unknown": self.shown.doubtful},
            "zone": self.when.zone,
            "next_run": None if CLOCK.intersection(shown) else self.when.next_run,
            "run": _run(self.run),
            "command": f"oneway runs show {self.run.id}",
        }
        return body_of(TYPES[incident.kind], data, self.now)

    def recovery(self, ended: Sequence[Incident], still: Sequence[Incident]) -> str:
        """Return the notice that incidents are over, which also lists those that continue."""
        data = {
            "connection": ended[0].connection,
            "incident": ended[0].id,
            "since": min(each.opened for each in ended),
            "until": instant_text(self.now),
            "ended": incidents_as_data(ended),
            "still": incidents_as_data(still),
            "zone": self.when.zone,
            "run": _run(self.run),
            "command": f"oneway runs show {self.run.id}",
        }
        return body_of(TYPES[Occasion.RECOVERY], data, self.now)


def body_of(type: str, data: Data, now: datetime) -> str:
    """Return a notice as the JSON text to send, with an id.

    The id depends only on the content, so it is the same for every channel and attempt.
    """
    content = {"type": type, "timestamp": instant_text(now), "data": data}
    id = sha256(canonical(content).encode("ascii")).hexdigest()[:32]
    return canonical({"id": f"msg_{id}", **content})


def sample_body(connection: Connection, now: datetime) -> str:
    """Return a test notice."""
    data = {"connection": connection.name, "command": "oneway status"}
    return body_of(TEST, data, now)


def incidents_as_data(incidents: Sequence[Incident]) -> list[Data]:
    """Return incidents as data: what each is about, and since when."""
    return [
        {
            "incident": each.id,
            "kind": each.kind.value,
            "about": list(each.about),
            "since": each.opened,
        }
        for each in incidents
    ]


def breaches_of(breaches: Sequence[Breached], records: Mapping[str, int]) -> list[Data]:
    """Return breaches of guards as data, each with the option that allows its actions.

    `records` is how many records each guard holds back.
    """
    return [_breach(each, records[each.guard]) for each in breaches]


def cause_of(code: str, subject: str, system: str = "", *, narrower: bool = False) -> Data:
    """Return a code and its remedy as data; `subject` is the connection or folder.

    See `remedy_of` for `narrower`.
    """
    remedy = remedy_of(code, system, narrower=narrower)
    return {
        "code": code,
        "title": remedy.title,
        "advice": remedy.advice_for(subject),
        **_remedy(remedy, subject, system),
    }


def _cause(bodies: RunBodies, name: str) -> Data:
    system = _system(bodies, name)
    subject, narrower = bodies.run.start.connection, name in bodies.leaving
    if name == STILL_IN:
        narrower = all(each.may_have_left for each in bodies.run.still_in)
    said = cause_of(name, subject, _called(bodies, name, system), narrower=narrower)
    more: Data = {}
    if name in _OURS or name.startswith("M"):
        details = [_detail(each) for each in bodies.run.problems if each.code == name]
        more |= {"detail": details[0]} if details else {}
    return {**said, "records": bodies.shown.failing[name], "system": system, **more}


def _called(bodies: RunBodies, name: str, system: str) -> str:
    """Return how steps name a system: as the target, if people can still get into it."""
    if name == STILL_IN:
        return bodies.systems.get("target", "") or "the target"
    return f"the {system}" if system else ""


def _access(bodies: RunBodies) -> Data:
    """Return since when no run has ended leavers' access, if this one did not complete."""
    if is_good(bodies.run):
        return {}
    target = bodies.systems.get("target", "")
    return {"access": {"since": bodies.last_good or None, "system": target}}


_OURS = frozenset({"F112", "F117", "F120", "F124", "C101", "C112", "C115", "C118", "R150", "R170"})
"""Codes whose message is our own and about files, times and keys, so without values or people.

The same holds for mistakes in the mapping (M...).
"""


def _detail(each: Diagnostic) -> str:
    """Return the message of a problem, with its place if it is in the mapping."""
    return f"{each.span}: {each.summary}" if each.span.line else each.summary


def _remedy(remedy: Remedy, connection: str, system: str = "") -> Data:
    return {
        "kind": remedy.kind.value,
        "who": remedy.who.value,
        "looks": remedy.looks,
        "steps": list(remedy.steps_for(connection, system)),
        "page": remedy.page,
    }


def _system(bodies: RunBodies, name: str) -> str:
    """Return the system that a code is about, such as "target (expensein users)", or "".

    A lookup table reads "references.departments (expensein departments)".
    """
    side = next(
        (
            side
            for side, text in bodies.systems.items()
            if text and text in _places(bodies.run, name)
        ),
        "target" if name.startswith("W1") else "",
    )
    known = bodies.systems.get(side, "")
    return f"{side} ({known})" if side and known else side


def _places(run: Run, name: str) -> frozenset[str]:
    return frozenset(each.span.file for each in run.problems if each.code == name)


def _guard(bodies: RunBodies, name: str) -> Data:
    breach = {each.guard: each for each in bodies.run.start.breaches}[name]
    remedy, connection = remedy_of(name), bodies.run.start.connection
    groups = allowed_together(bodies.run.start.breaches)
    command = allow_command(connection, next(each for each in groups if breach in each))
    said = _remedy(remedy, connection)
    records = bodies.shown.holding[name]
    return {**_breach(breach, records), "title": remedy.title, "command": command, **said}


def _breach(breach: Breached, records: int) -> Data:
    return {
        "guard": breach.guard,
        "text": breach.text,
        "allow": breach.allow,
        "records": records,
    }


def _run(run: Run) -> Data:
    counts: Mapping[str, int] = run.counts
    unsure = sum(each.may_have_left for each in run.still_in)
    return {
        "id": run.id,
        "state": run.state.value,
        "why": run.start.why.value,
        "started": run.start.started,
        "ended": run.ended,
        "still_in": len(run.still_in) if lists_leavers(run) else None,
        **({"may_have_left": unsure} if unsure else {}),
        "counts": {name: count for name, count in sorted(counts.items()) if count},
    }
