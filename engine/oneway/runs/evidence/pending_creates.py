"""Recalls creates that may still happen, and finds the people and plans that must wait for them.

A create of unknown end may have made a record that no list shows yet. Until that is known, nobody
is created who may be the same person: by the source record, or by a value that only one record may
hold.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from oneway.core.compare import Comparison, comparable
from oneway.core.dataclass import dataclass
from oneway.core.instants import moment
from oneway.core.key_forms import loose
from oneway.core.records import Value
from oneway.core.seal import Seal, Sealed
from oneway.history.journal import JournalEntry, Run
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow
from oneway.mapping.short_rows import AnySourceRow, whole
from oneway.planning.diff import comparison, new_value
from oneway.planning.endings import NOT_KNOWN_YET, NOT_SHOWN, Ending
from oneway.planning.links import Expected, LinkEvidence
from oneway.planning.plan import Verb
from oneway.runs.past.find_run import plan_of_run
from oneway.runs.prepare.prepared import lag_of
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.session import RunSession

if TYPE_CHECKING:
    from oneway.history.journal import Journal

_LOOK_BACK = 400
"""Runs: how far back creates are looked for that the target may not show yet."""


@dataclass(frozen=True, slots=True)
class PendingCreate:
    """A create that may still happen: for which source record, with which values, and why."""

    source_id: str
    why: str
    values: Mapping[str, Value | Sealed] = field(default_factory=dict, repr=False)
    """What it sent, by field."""
    key: str = ""
    label: str = ""
    """How its person was known; blank if its plan is no longer kept."""


def pending_creates(session: RunSession, journal: "Journal", name: str) -> list[PendingCreate]:
    """Return the creates of a connection's runs that may still happen."""
    found: list[PendingCreate] = []
    for run in journal.unfinished(name):
        why = {each.action_id: _why_pending(session, each) for each in journal.entries(run.id)}
        found += _creates(journal, run, {id: text for id, text in why.items() if text})
    return found


def unseen_creates(
    session: RunSession, journal: "Journal", name: str, late: Collection[str]
) -> list[PendingCreate]:
    """Return the creates that made some records, which the target may not show yet."""
    lag, now, zone = lag_of(session.prepared), session.now(), session.prepared.zone
    found: list[PendingCreate] = []
    for run in journal.runs(name, limit=_LOOK_BACK):
        if run.ended and parse_instant(run.ended) + lag <= now:
            break
        why = {
            each.action_id: f"it was created at {moment(each.sent_at, zone)} as target record "
            f"{each.target_id}, which the target may not show before "
            f"{moment(instant_text(until), zone)}"
            for each in journal.entries(run.id)
            if each.verb is Verb.CREATE and each.end is not None and each.end.ending is Ending.DONE
            if (until := shown_by(each.sent_at, lag)) is not None and now < until
            if each.target_id in late
        }
        found += _creates(journal, run, why)
    return found


def returns_on_their_way(session: RunSession, journal: "Journal", name: str) -> dict[str, str]:
    """Return the target records to which a return may still give access, and why.

    A look-up that came too early does not prove that it was not done.
    """
    lag, now, zone = lag_of(session.prepared), session.now(), session.prepared.zone
    found: dict[str, str] = {}
    for run in journal.runs(name, limit=_LOOK_BACK if lag else 0):
        if run.ended and parse_instant(run.ended) + lag <= now:
            break
        for each in journal.entries(run.id):
            until, end = shown_by(each.sent_at, lag), each.end
            unknown = end is None or end.ending is Ending.UNKNOWN or end.code == NOT_SHOWN
            if (
                each.verb is Verb.REACTIVATE
                and each.target_id
                and unknown
                and until
                and now < until
            ):
                found[each.target_id] = (
                    f"a return was sent at {moment(each.sent_at, zone)}, and how it ended is not "
                    f"known; the target may not show it before {moment(instant_text(until), zone)}"
                )
    return found


def _why_pending(session: RunSession, entry: JournalEntry) -> str:
    if entry.source_id is None:
        return ""
    zone = session.prepared.zone
    return why_pending(entry, lag_of(session.prepared), session.now(), zone)


def _creates(journal: "Journal", run: Run, why: Mapping[str, str]) -> Iterator[PendingCreate]:
    """Yield the creates of a run, by the ids of their actions, with what its plan sent.

    A person waits for their own create even if the run's plan is no longer kept.
    """
    plan = plan_of_run(journal, run) if why else None
    planned = plan.notable if plan is not None else ()
    found = {action.id: (each, action) for each in planned for action in each.actions}
    for entry in journal.entries(run.id) if why else ():
        if entry.action_id in why and entry.source_id is not None:
            create = PendingCreate(entry.source_id, why[entry.action_id])
            if entry.action_id in found:
                outcome, action = found[entry.action_id]
                sent = {e.field: e.after for e in action.changes}
                create = replace(create, values=sent, key=outcome.key, label=outcome.label)
            yield create


def why_pending(entry: JournalEntry, lag: timedelta, now: datetime, zone: str) -> str:
    """Return why a create may not be sent again yet, with times in a zone; "" if it may."""
    unknown = entry.end is None or entry.end.ending.value == "unknown"
    if entry.verb is not Verb.CREATE or not unknown:
        return ""
    sent = moment(entry.sent_at, zone)
    if entry.end is not None and entry.end.job:
        return (
            f"the target accepted a create at {sent} and has not said how it ended; "
            "it is not sent again until it has"
        )
    until = shown_by(entry.sent_at, lag)
    if until is None or now >= until:
        end = entry.end
        return f"a create was sent; {end.reason}" if end and end.code == NOT_KNOWN_YET else ""
    return (
        f"a create was sent at {sent}, and how it ended is not known; the target may not "
        f"show it before {moment(instant_text(until), zone)}, and it is not sent again until then"
    )


def shown_by(sent_at: str, lag: timedelta) -> datetime | None:
    """Return when a target shows what was sent at an instant; None if that is not known."""
    return parse_instant(sent_at) + lag if sent_at else None


def with_pending(
    evidence: LinkEvidence,
    rows: Iterable[AnySourceRow],
    creates: Sequence[PendingCreate],
    shown: Collection[str],
    policy: Policy,
    seal: Seal,
) -> LinkEvidence:
    """Return evidence with what waits for creates of other source records, and whom they let in.

    Such a create may be of the same person: it holds a value of theirs that only one record may
    hold; or their whole name, if the other is no longer `shown`: the source may have given the
    person another id and another key. If nobody in the source may be its person, or `only` leaves
    them out by now, they may get in all the same.
    """
    pending: dict[str, str] = {}
    claimed: dict[str, dict[str, str]] = defaultdict(dict)
    doubted: dict[str, str] = {}
    gone = {each.source_id: each for each in creates if policy.has_leavers}
    for id in gone.keys() & {*shown, *evidence.targets}:
        del gone[id]
    for row in map(whole, rows) if creates else ():
        for create in creates:
            if row.source_id == create.source_id:
                if row.outside and not row.leaver and policy.has_leavers:
                    doubted[row.source_id] = f"{_OUTSIDE}: {create.why}"
                continue
            sent = _Sent(create, seal)
            held = {path: _held(path, create) for path in _shared(row, sent, policy)}
            claimed[row.source_id] |= held
            if held:
                pending[row.source_id] = min(held.values())
            if create.source_id not in shown and (held or _has_name(row, sent, policy)):
                gone.pop(create.source_id, None)
                pending.setdefault(row.source_id, _perhaps_theirs(create))
    expected = {
        id: Expected(each.key or id, each.label, f"{_GONE}: {each.why}")
        for id, each in gone.items()
    }
    return replace(
        evidence,
        pending={**pending, **evidence.pending},
        claimed={id: fields for id, fields in claimed.items() if fields},
        expected=expected,
        doubted={**doubted, **evidence.doubted},
    )


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a create has sent; some of it only as a digest."""

    create: PendingCreate
    seal: Seal

    def has(self, path: str, value: Value, form: Callable[[Value], Hashable]) -> bool:
        """Return whether a field was sent with this value, in any form of either."""
        sent = self.create.values.get(path)
        if isinstance(sent, Sealed):
            return self.seal.digest(self.create.source_id, path, value) == sent.digest
        return value is not None and form(sent) == form(value)


def _shared(row: SourceRow, sent: _Sent, policy: Policy) -> Iterator[str]:
    """Yield the fields in which a source record has the value of a pending create."""
    cells = ((policy.fields[i], row.cells[i]) for i in policy.watched if row.cells)
    values = [(rule.path, new_value(cell), comparison(rule)) for rule, cell in cells]
    values += zip(policy.match_paths, row.key_values, policy.match, strict=False)
    return (path for path, value, compare in values if sent.has(path, value, _form(compare)))


def _form(compare: Comparison) -> Callable[[Value], Hashable]:
    return partial(comparable, compare=compare)


def _has_name(row: SourceRow, sent: _Sent, policy: Policy) -> bool:
    """Return whether a source record has the whole name of a pending create."""
    named = [(policy.fields[i].path, new_value(row.cells[i])) for i in policy.naming if row.cells]
    return bool(named) and all(sent.has(path, value, loose) for path, value in named)


_GONE = "the source no longer has their record, and a create may yet let them in"
_OUTSIDE = "`only` leaves them out by now, and a create may yet let them in"


def _held(path: str, create: PendingCreate) -> str:
    return f"its {path} is that of source record {create.source_id}: {create.why}"


def _perhaps_theirs(create: PendingCreate) -> str:
    text = f"it has the name of source record {create.source_id}, which is no longer in the source"
    return f"{text}, and may be the same person: {create.why}"
