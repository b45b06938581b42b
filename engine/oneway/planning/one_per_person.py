"""Chooses which of a person's source records counts.

The current record counts, or else the one with the latest day. If two are equal, a human decides.
If it is unknown which one counts, the plan does nothing for that person.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field, replace

from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.mapping.policy import Policy
from oneway.mapping.rows import EvaluationFailure, RecordRank, SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, whole
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.diff import perhaps_left, stays_until_later
from oneway.planning.links import LinkEvidence
from oneway.planning.match import Match, MatchedRows, Matches
from oneway.planning.plan import Reason
from oneway.planning.similar.near_misses import forms_of

ONE_PER = "one_per"
"""The code of the conflict that names the records."""

ANOTHER = "another_record"
"""The reason code of a record that another record of the same person replaces."""


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """The rows that stand for their person.

    `aside` are the others, each with the row that stands for the same person. `tied` are rows
    between which a human must choose, by id, with the ids to choose from.
    """

    rows: Sequence[AnySourceRow]
    aside: Sequence[tuple[SourceRow, SourceRow]] = ()
    tied: Mapping[str, Reason] = field(default_factory=dict)

    def why(self, picked: SourceRow) -> str:
        """Return why a row counts for its person; reports group people by these words."""
        current = picked.rank is not None and picked.rank.current
        which = "the current one" if current else "the latest one, as none is current"
        return f"another record of this person counts: {which}"

    def evidence(self, evidence: LinkEvidence) -> LinkEvidence:
        """Return the evidence, moving what concerns replaced records to the records that count."""
        now = {row.source_id: picked.source_id for row, picked in self.aside}
        if not now:
            return evidence
        linked = evidence.targets.keys()
        links = {
            (now.get(each.source_id, each.source_id), each.target_id): each
            for each in evidence.links
            if now.get(each.source_id) not in linked
        }
        pending = {now.get(id, id): why for id, why in evidence.pending.items()}
        moved = (each._replace(source_id=id) for (id, _), each in links.items())
        return replace(evidence, links=tuple(moved), pending={**pending, **evidence.pending})


def one_per_person(policy: Policy, rows: Sequence[AnySourceRow]) -> ChosenRows:
    """Return one row for each person, as far as it is known which one counts.

    A row outside the scope of the sync stands for no person. If it is unknown which of a person's
    records counts, all of them become errors.
    """
    if not policy.one_per:
        return ChosenRows(rows)
    people: dict[Hashable, list[SourceRow]] = defaultdict(list)
    alone: list[SourceRow] = []
    nameless: list[SourceRow] = []
    for row in sorted(map(whole, rows), key=lambda each: each.source_id):
        rank = row.rank or RecordRank()
        if rank.person_failure is not None and not row.outside:
            nameless.append(row)
        elif rank.person is None or row.outside:
            alone.append(row)
        else:
            people[rank.person].append(row)
    stopped = [_stopped(policy, row, (row,), _whose(row)) for row in nameless]
    chosen = [_chosen(policy, each, nameless) for each in people.values()]
    return ChosenRows(
        (*(row for each in chosen for row in each.rows), *alone, *stopped),
        tuple(pair for each in chosen for pair in each.aside),
        {id: reason for each in chosen for id, reason in each.tied.items()},
    )


class OtherRecords:
    """Replaced source records, looked up by the unowned target records that may belong to them.

    A target record may belong to one if it holds one of its match keys, in any form, and no other
    person owns it: it is not matched, not linked to anybody in the source, and no candidate for the
    record that counts. `likely` are further candidates by email, name or another value, by source
    id.
    """

    def __init__(
        self,
        records: MatchedRows,
        chosen: ChosenRows,
        likely: Mapping[str, Sequence[TargetRow]],
    ) -> None:
        self._policy = records.policy
        self._pairs: dict[str, list[tuple[SourceRow, SourceRow]]] = defaultdict(list)
        self._likely: dict[str, list[tuple[SourceRow, SourceRow]]] = defaultdict(list)
        if not chosen.aside:
            return
        matches, linked = records.matches, records.linked
        others = matches.owned | {linked[id] for id in matches.by_source if id in linked}
        free: dict[tuple[int, str], list[str]] = defaultdict(list)
        for target in records.targets:
            for form in forms_of(target) if target.target_id not in others else ():
                free[form].append(target.target_id)
        for row, picked in chosen.aside:
            own = {each.target_id for each in matches.of(picked).candidates}
            ids = {id for form in forms_of(row) for id in free.get(form, ())} - own
            for id in ids:
                self._pairs[id].append((row, picked))
            more = {each.target_id for each in likely.get(row.source_id, ())} - own - ids - others
            for id in more:
                self._likely[id].append((row, picked))

    def still_in(self, target: TargetRow) -> Reason | None:
        """Return why a target record may still let in a person whose replaced record has left."""
        id = target.target_id
        pairs = (*self._pairs.get(id, ()), *self._likely.get(id, ()))
        said = [(row, picked) for row, picked in pairs if perhaps_left(self._policy, row)]
        if not said or target.left:
            return None
        left, picked = said[0]
        how = "has left" if left.leaver else "may have left"
        text = f"by source record {left.source_id}, the person {how}"
        if not perhaps_left(self._policy, picked):
            stays = f"by {picked.source_id}, which counts, they stay"
            text = f"{text}; {stays}: is this account still needed?"
        return Reason(MAY_HAVE_LEFT, text, candidates=(left.source_id,), warning=True)

    def whose(self, target: TargetRow) -> Reason | None:
        """Return a reason if replaced records have a target record's key, else None.

        If all records of these people say that they have left, its code is that of absent records.
        """
        pairs = self._pairs.get(target.target_id, ())
        if not pairs:
            return None
        ids = tuple(row.source_id for row, _ in pairs)
        exact = all(_shares_key(row, target) for row, _ in pairs)
        text = (
            f"source record {some(ids)} has {'' if exact else 'nearly '}its match key, and another "
        )
        text += f"record of the same person counts: {some([each.source_id for _, each in pairs])}"
        gone = not any(stays_until_later(self._policy, each) for pair in pairs for each in pair)
        return Reason("absent" if gone else ANOTHER, text, candidates=ids)


def _shares_key(row: SourceRow, target: TargetRow) -> bool:
    pairs = zip(row.keys, target.keys, strict=False)
    return any(one is not None and one == other for one, other in pairs)


def hold_tied(matches: Matches, rows: Sequence[SourceRow], tied: Mapping[str, Reason]) -> Matches:
    """Return the matches, with a conflict for people whose record a human must choose."""
    if not tied:
        return matches
    found, spoken = dict(matches.by_source), set(matches.spoken)
    for row in rows:
        if row.source_id in tied:
            keyed = matches.of(row)
            own = (keyed.target,) if keyed.target is not None else ()
            candidates = keyed.candidates or own
            ids = tuple(each.target_id for each in candidates)
            reason = tied[row.source_id]
            conflict = replace(reason, candidates=(*reason.candidates, *ids))
            found[row.source_id] = Match(None, conflict, keyed.level, candidates)
            spoken |= set(ids)
    return Matches(found, frozenset(spoken))


def _chosen(policy: Policy, rows: Sequence[SourceRow], nameless: Sequence[SourceRow]) -> ChosenRows:
    """Choose the row that counts among the rows of one person."""
    best, why = list(rows), None
    if len(rows) > 1:
        why = _unknown(rows)
        best = _best(rows)
    if why is None and nameless and not any(_rank(row).current for row in best):
        why = _may_be_theirs(nameless[0])
    if why is not None:
        return ChosenRows([_stopped(policy, row, rows, why) for row in rows])
    if len(best) == 1:
        return ChosenRows(best, [(row, best[0]) for row in rows if row is not best[0]])
    reason = _tied(best)
    marked = [row._replace(rank=_rank(row)._replace(tied=True)) for row in best]
    rest = [(row, best[0]) for row in rows if not any(row is each for each in best)]
    return ChosenRows(marked, rest, {row.source_id: reason for row in best})


def _best(rows: Sequence[SourceRow]) -> list[SourceRow]:
    """Return the rows that may count for their person: one, or several equal ones."""
    current = [row for row in rows if _rank(row).current]
    last = max(_rank(row).latest for row in rows)
    return current or [row for row in rows if _rank(row).latest == last]


def _unknown(rows: Sequence[SourceRow]) -> EvaluationFailure | None:
    """Return why it is unknown which of several rows counts."""
    failures = ((row, _rank(row).current_failure) for row in rows)
    found = next(((row, why) for row, why in failures if why is not None), None)
    if found is None and not any(_rank(row).current for row in rows):
        failures = ((row, _rank(row).latest_failure) for row in rows)
        found = next(((row, why) for row, why in failures if why is not None), None)
    if found is None:
        return None
    row, why = found
    text = f"which of {len(rows)} records of this person counts is not known"
    return replace(why, text=f"{text}; of source record {row.source_id}, {why.text}")


def _whose(row: SourceRow) -> EvaluationFailure:
    why = _rank(row).person_failure
    assert why is not None
    return why


def _may_be_theirs(row: SourceRow) -> EvaluationFailure:
    why = _whose(row)
    text = f"none of this person's records is current, and source record {row.source_id} may be"
    return replace(why, text=f"{text} theirs: {why.text}", value="")


def _stopped(
    policy: Policy, row: SourceRow, rows: Sequence[SourceRow], why: EvaluationFailure
) -> SourceRow:
    """Return the row as an error; it is a known leaver only if all the person's rows say so."""
    left = not any(stays_until_later(policy, each) for each in rows)
    perhaps = not left and any(each.leaver or each.may_have_left for each in rows)
    return row._replace(
        leaver=left, may_have_left=perhaps, leaving=(), leaves_left=None, leaves_later=None,
        cells=(), failed_rules=(), not_given=(), missed=(), evaluation_error=why,
    )  # fmt: skip


def _tied(rows: Sequence[SourceRow]) -> Reason:
    ids = tuple(row.source_id for row in rows)
    same = "are current" if _rank(rows[0]).current else "are the latest, with the same day"
    text = f"{len(ids)} source records of one person {same}: {some(ids)}; a person decides"
    return Reason(ONE_PER, text, candidates=ids, warning=True)


def _rank(row: SourceRow) -> RecordRank:
    return row.rank or RecordRank()
