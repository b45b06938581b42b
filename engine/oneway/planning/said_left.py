"""Remembers people who have left according to the source, until a later run sees an answer.

It does not matter whether anything had to be written then: the account may have been closed
already, or the leave may have been held. The memory is bound to the target record, by its id and
its marks (`similar.record_marks`). It ends once somebody who clearly stays has that record.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, replace
from datetime import date, timedelta
from typing import NamedTuple

from oneway.core.dataclass import dataclass
from oneway.planning.access import WHOSE
from oneway.planning.links import LinkEvidence
from oneway.planning.listed_before import Records
from oneway.planning.plan import Kind, Outcome, Plan, Quiet, Verb
from oneway.planning.similar.record_marks import Marks


@dataclass(frozen=True, slots=True)
class SaidLeft:
    """The target records of people who have left, each with its source records.

    `back` are source records that have such a record and no longer say that their person has left.
    The next run takes note of their words: a word that nobody else has is no answer. `later` are
    those whose last day was still to come when the source last stated it, each with a digest of
    that day; `day` is the day of the run. `marks` show whose these and the listed target records
    are; the target did not show those of `gone`. `past` are ids that their records had until this
    run. `since` are the days on which a run first saw people to have left, except for the first
    run. `unsettled` are linked people who stay, and whose link the run could not confirm. `closed`
    are the records that gave no access when the target last showed them, or when a leave was
    written to them since; None if an older version stored this. `holding` are the records that
    give none from a later day on, by what they were last known to hold, and `writing` those to
    which the run's plan writes such a day; each has a digest of the day.
    """

    records: Records = field(default_factory=dict)
    back: frozenset[str] = frozenset()
    later: Mapping[str, str] = field(default_factory=dict)
    words: frozenset[str] | None = None
    day: str = ""
    marks: Mapping[str, Marks] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    past: frozenset[str] = frozenset()
    since: Mapping[str, str] = field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()
    closed: frozenset[str] | None = None
    holding: Mapping[str, str] = field(default_factory=dict)
    writing: Mapping[str, str] = field(default_factory=dict)

    @property
    def people(self) -> frozenset[str]:
        """The source records of all of them."""
        return frozenset[str]().union(*self.records.values())

    def left_on(self, source_id: str, today: date) -> str:
        """Return the day on which a run first saw that somebody had left; "" if that is unknown."""
        before = source_id in self.people and source_id not in self.later
        return self.since.get(source_id, "" if before else str(today))

    def has_left(self, source_id: str, target_id: str) -> bool:
        """Return whether the person of a record had left when this was remembered."""
        return source_id in self.records.get(target_id, ()) and source_id not in self.later

    def without(self, closed: Collection[str]) -> Records:
        """Return the records of people who have left by now, except for closed ones."""
        open_ = {id: self.records[id] for id in self.records.keys() - closed}
        return {id: whose for id, whose in open_.items() if not whose <= self.later.keys()}

    def as_of(self, today: date, digest: Callable[[str, date], str]) -> "SaidLeft":
        """Return the same memory without the days that have come since.

        The records that hold one of these are closed.
        """
        if not ((self.later or self.holding or self.writing) and self.day):
            return self
        last = date.fromisoformat(self.day)
        since = [last + timedelta(days=n) for n in range(1, (today - last).days + 1)]

        def to_come(days: Mapping[str, str]) -> Mapping[str, str]:
            """Return the days that are to come; those of records may be digested for an owner."""
            whose = {id: (id, *self.records.get(id, ())) for id in days}
            come = {id: {digest(of, each) for of in whose[id] for each in since} for id in days}
            return {id: on for id, on in days.items() if on not in come[id]}

        later, holding, writing = map(to_come, (self.later, self.holding, self.writing))
        closed = None if self.closed is None else self.closed | (self.holding.keys() - holding)
        return replace(self, later=later, holding=holding, writing=writing, closed=closed)

    def after(self, plan: Plan, evidence: LinkEvidence, now: "SaidNow") -> "SaidLeft":
        """Return what the next run must know, after a plan over what the source says `now`."""
        leavers, stayed, asked = now
        found: dict[str, set[str]] = {id: {*whose} for id, whose in self.records.items()}
        known = self.people
        ended = {id for id, whose in self.records.items() if all(map(stayed.get, whose)) and whose}
        back = {id for id, clear in stayed.items() if not clear}
        for each in (e for e in plan.runs if isinstance(e, Outcome | Quiet)):
            source, target = each.source_id, each.target_id
            if source is None:
                continue
            if source in leavers:
                for id in _records_of(each):
                    found.setdefault(id, set()).add(source)
            elif target in self.records or source in known:
                answered = _is_brought_back(each) or (source in asked and _stays(each, evidence))
                if target is not None and target in self.records and answered:
                    ended.add(target)
                else:
                    back.add(source)
        records = {id: frozenset(whose) for id, whose in sorted(found.items()) if id not in ended}
        theirs = frozenset[str]().union(*records.values())
        later = {**self.later, **leavers}
        later = {id: on for id, on in later.items() if on and id in theirs}
        return replace(self, records=records, back=frozenset(back), later=later)

    def matched_in(self, plan: Plan) -> frozenset[str]:
        """Return the source records that match a record of somebody who has left."""
        singly = (each for each in plan.runs if isinstance(each, Outcome | Quiet))
        found = (each.source_id for each in singly if each.target_id in self.records)
        return frozenset(id for id in found if id is not None)


NOBODY_LEFT = SaidLeft()


class SaidNow(NamedTuple):
    """What the source of a run says.

    Each of the `leavers` has a digest of their last day if it is still to come, else "". `stayed`
    are people whose last day was to come and who no longer leave, each with whether that is clear.
    `asked` are the source records whose words were noted; any other row is no answer.
    """

    leavers: Mapping[str, str]
    stayed: Mapping[str, bool]
    asked: Collection[str]


def writing_in(plan: Plan, leavers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the target records to which a plan writes a leave on a later day, and that day."""
    actions = (each for each in plan.actions if each.verb.writes_leave)
    found = ((each.target_id, leavers.get(each.source_id or "")) for each in actions)
    return {target: on for target, on in found if target is not None and on}


def listed_in(plan: Plan) -> frozenset[str]:
    """Return the target records that give access to leavers until the plan is applied."""
    found = (each for each in plan.runs if isinstance(each, Outcome) and each.has_access)
    return frozenset(id for each in found for id in _records_of(each))


def with_owners(records: Collection[str], links: Mapping[str, str]) -> Records:
    """Return target records with the source records that are linked to them, by source record."""
    return {target: frozenset({source}) for source, target in links.items() if target in records}


def unsettled_in(plan: Plan, leavers: Collection[str], linked: Collection[str]) -> frozenset[str]:
    """Return the linked people who stay and whose link this plan does not confirm."""
    found = (each.source_id for each in plan.notable if each.kind in _UNSETTLED)
    return frozenset(id for id in found if id is not None and id in linked and id not in leavers)


def _records_of(each: Outcome | Quiet) -> Iterator[str]:
    if each.target_id is not None:
        yield each.target_id
    elif isinstance(each, Outcome):
        yield from (id for why in each.reasons if why.code in WHOSE for id in why.candidates)


def _is_brought_back(each: Outcome | Quiet) -> bool:
    """Return whether the plan lets a person in again, which takes a clear word of the source."""
    actions = each.actions if isinstance(each, Outcome) else ()
    return any(action.verb is Verb.REACTIVATE for action in actions)


def _stays(each: Outcome | Quiet, evidence: LinkEvidence) -> bool:
    """Return whether a person clearly stays, with a record that gives access."""
    doubtful = evidence.doubted.keys() | evidence.passed_on | evidence.unasked
    if evidence.source_unclear or each.source_id in doubtful:
        return False
    if isinstance(each, Quiet):
        return True
    return each.kind in (Kind.UNCHANGED, Kind.UPDATE) and not each.has_access


_UNSETTLED = frozenset({Kind.ERROR, Kind.CONFLICT, Kind.REHIRE})
