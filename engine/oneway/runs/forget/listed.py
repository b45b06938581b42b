"""Finds whether the list of who can still get in needs a person who is to be forgotten."""

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.history.journal import Journal
from oneway.history.journal.disconnected import disconnected_runs
from oneway.history.journal.incidents import close_incident, open_incidents
from oneway.history.journal.refused_leavers import stored_leavers
from oneway.history.last_good import knows_everybody, last_still_in
from oneway.notices.instants import instant_text
from oneway.notices.remedies_of_codes import STILL_IN
from oneway.planning.access import StillIn
from oneway.runs.forget.person import Known

_LOOK_BACK = 400
"""Runs of which one knows who can still get in."""


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """The entries of a connection's list that a person is needed for.

    The next run keeps somebody in the list by the ids of the last one. `alone`: nobody else is in
    the list. `seen`: a refused run has seen the person leave, and the next one lists them by it.
    `disconnected`: no run follows.
    """

    known: Known
    entries: tuple[StillIn, ...]
    alone: bool
    seen: bool
    disconnected: bool

    @property
    def is_needed(self) -> bool:
        """Whether forgetting the person takes off the list somebody who can, or may, get in."""
        return bool(self.entries) or self.seen

    @property
    def records(self) -> tuple[str, ...]:
        """The target records that no run lists once the person is forgotten."""
        found: set[str | None] = set(self.known.target_ids if self.seen else ())
        for each in self.entries:
            theirs = each.source_id in self.known.source_ids
            if theirs or each.source_id is None:
                found.add(each.target_id)
            if each.source_id is not None:  # else the candidates are source records
                found |= {id for id in each.candidates if theirs or self.known.is_id(id)}
        return tuple(sorted(filter(None, found)))


def find_listed(journal: Journal, known: Known) -> ListedPerson:
    """Return what the list of a connection holds of a person."""
    runs = journal.runs(known.connection, limit=_LOOK_BACK)
    last = last_still_in(runs)
    entries = tuple(each for each in last if _is_needed(known, each))
    since = takewhile(lambda run: not knows_everybody(run), runs)
    seen = any(stored_leavers(journal, run.id) & known.source_ids for run in since)
    ended = any(run.id in disconnected_runs(journal) for run in runs[:1])
    return ListedPerson(known, entries, len(entries) == len(last), seen, ended)


def refuse_listed(found: Iterable[ListedPerson]) -> None:
    """Raise `Refused` for the lists that a person is in.

    The next run would know nothing of the person, and report that nobody can still get in.
    """
    wrong = [_refusal(each) for each in found if each.is_needed]
    if wrong:
        raise Refused(wrong)


def _refusal(found: ListedPerson) -> Diagnostic:
    records = ", ".join(found.records)
    which = f" (target record {records})" if records else ""
    summary = f"the person has left, or may have, and can still get in{which}"
    return Diagnostic(Span(found.known.connection), Severity.ERROR, "F151", summary, _help(found))


def _help(found: ListedPerson) -> str:
    if found.disconnected:
        return "no run follows, as it is disconnected: end their access by hand, and add --force"
    return (
        "end their access, run a sync, which sees it, and forget them then; with --force they "
        "are forgotten at once, and no run lists them any more"
    )


def end_silently(journal: Journal, found: ListedPerson, now: datetime) -> None:
    """End the incident of a list of only this person, so that no notice calls it a recovery."""
    if found.is_needed and found.alone:
        for each in open_incidents(journal, found.known.connection):
            if STILL_IN in each.about:
                close_incident(journal, each.id, instant_text(now))


def _is_needed(known: Known, listed: StillIn) -> bool:
    theirs = known.is_theirs(listed.source_id, listed.target_id)
    return theirs or any(map(known.is_id, listed.candidates))
