"""Remembers whom the source has said to have left, until a run sees an answer.

Whether anything had to be written then does not matter: the account may have been closed already,
or the leave may have been held. The memory is bound to the target record. It ends once somebody who
clearly stays has that record.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.planning.access import WHOSE
from oneway.planning.links import LinkEvidence
from oneway.planning.listed_before import Records
from oneway.planning.plan import Kind, Outcome, Plan, Quiet, Verb


@dataclass(frozen=True, slots=True)
class SaidLeft:
    """The target records of people who have left by the source, with their source records.

    `back` are the source records that have them and no longer say so. The next run notes their
    words: a word that nobody else has is no answer. `later` are those whose last day was still to
    come when the source said so last.
    """

    records: Records = field(default_factory=dict)
    back: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    words: frozenset[str] | None = None

    def without(self, closed: Collection[str]) -> Records:
        """Return the records of those who have left by now, but for those that are closed."""
        open_ = {id: self.records[id] for id in self.records.keys() - closed}
        return {id: whose for id, whose in open_.items() if not whose <= self.later}


NOBODY_LEFT = SaidLeft()


def remembered_on(
    before: SaidLeft,
    plan: Plan,
    leavers: Mapping[str, bool],
    asked: Collection[str],
    evidence: LinkEvidence,
) -> SaidLeft:
    """Return what the next run must know, after a plan in which these people are `leavers`.

    Each of them with whether their last day is to come. `asked` are those whose words were noted:
    without that, a row is no answer.
    """
    found: dict[str, set[str]] = {id: {*whose} for id, whose in before.records.items()}
    known = frozenset[str]().union(*before.records.values())
    ended, back = set[str](), set[str]()
    for each in (e for e in plan.runs if isinstance(e, Outcome | Quiet)):
        source, target = each.source_id, each.target_id
        if source is None:
            continue
        if source in leavers:
            for id in _records_of(each):
                found.setdefault(id, set()).add(source)
        elif target in before.records or source in known:
            answered = _is_brought_back(each) or (source in asked and _stays(each, evidence))
            if target is not None and target in before.records and answered:
                ended.add(target)
            else:
                back.add(source)
    records = {id: frozenset(whose) for id, whose in sorted(found.items()) if id not in ended}
    theirs = frozenset[str]().union(*records.values())
    later = {id for id in before.later - leavers.keys() if id in theirs}
    later |= {id for id in theirs if leavers.get(id)}
    return SaidLeft(records, frozenset(back), frozenset(later), before.words)


def matched_now(before: SaidLeft, plan: Plan) -> frozenset[str]:
    """Return the source records that are matched with a record of somebody who has left."""
    singly = (each for each in plan.runs if isinstance(each, Outcome | Quiet))
    found = (each.source_id for each in singly if each.target_id in before.records)
    return frozenset(id for id in found if id is not None)


def with_owners(records: Collection[str], links: Mapping[str, str]) -> Records:
    """Return target records with the source records that are linked to them, by source record."""
    return {target: frozenset({source}) for source, target in links.items() if target in records}


def _records_of(each: Outcome | Quiet) -> Iterator[str]:
    if each.target_id is not None:
        yield each.target_id
    elif isinstance(each, Outcome):
        yield from (id for why in each.reasons if why.code in WHOSE for id in why.candidates)


def _is_brought_back(each: Outcome | Quiet) -> bool:
    """Return whether the plan lets a person in again, which it does by a clear word alone."""
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
