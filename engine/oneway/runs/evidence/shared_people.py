"""Decides about the records of people who have two employers, each with a connection of its own.

Access ends once no connection employs the person any more. One connection looks after the values
of such a record: the least `Precedence` decides. Both come to one answer, in any order of runs.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.instants import day
from oneway.history.journal.remit import ends_access
from oneway.mapping.packed_rows import with_ids
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import whole, whole_target
from oneway.planning.diff import perhaps_left
from oneway.planning.links import Link
from oneway.planning.plan import Outcome
from oneway.runs.evidence.other_connections import (
    Linked,
    OtherConnections,
    Precedence,
    link_words,
)
from oneway.runs.prepare.request import instant_text
from oneway.runs.read import EvaluatedInputs
from oneway.runs.session import RunSession


class SharedPeople:
    """The records that this run would decide about and that others have linked.

    `ours` are the outcomes by target record, `shared` the links of people who seem to be the same.
    """

    def __init__(
        self,
        session: RunSession,
        found: EvaluatedInputs,
        others: OtherConnections,
        ours: Mapping[str, Outcome],
        shared: Sequence[Linked],
    ) -> None:
        self._session, self._found, self._others = session, found, others
        self._links: dict[str, list[Linked]] = defaultdict(list)
        for name, link in shared:
            self._links[link.target_id].append((name, link))
        self._ours = {id: ours[id] for id in sorted(self._links)}
        targets = with_ids(found.target.items, self._links)
        self._targets = {each[0]: whole_target(each) for each in targets}
        ids = {each.source_id or "" for each in self._ours.values()}
        self._rows = {each[0]: whole(each) for each in with_ids(found.source.items, ids)}

    def employed(self) -> Mapping[str, str]:
        """Return the records whose access another connection decides, in words, by target id.

        A connection that has missed no run counts before one that has.
        """
        found = sorted(self._employing(), key=lambda each: not self._others.overdue(each[0]))
        return {link.target_id: self._employed(name, link) for name, link in found}

    def overdue(self) -> frozenset[str]:
        """Return those of `employed` whose connections have all missed a run."""
        found = [(link.target_id, self._others.overdue(name)) for name, link in self._employing()]
        punctual = {id for id, late in found if not late}
        return frozenset(id for id, _ in found if id not in punctual)

    def _employing(self) -> Iterator[Linked]:
        """Yield the links of connections that employ somebody whose access this run would end."""
        yield from (each for each in self._ended() if self._others.employs(*each))

    def _employed(self, name: str, link: Link) -> str:
        good = self._others.overdue(name)
        if not good:
            return f"{link_words(name, link)}, and employs the person"
        on = day(good, self._session.prepared.zone)
        text = f"{link_words(name, link)}, and employed the person on {on}, when it last ran"
        return f"{text}. It has missed a run since: run it, or `disconnect` it"

    def lapsed(self) -> Mapping[str, str]:
        """Return in words the records that belonged to a connection no longer in use."""
        zone = self._session.prepared.zone
        return {
            link.target_id: f"{link_words(name, link)}, and employed the person on "
            f"{day(at, zone)}, when it last ran: too long ago to keep them in"
            for name, link in self._ended()
            if (at := self._others.lapsed(name, link))
        }

    def _ended(self) -> Iterator[Linked]:
        """Yield the links of connections to records whose access this run would end."""
        for id, outcome in self._ours.items():
            row = self._rows.get(outcome.source_id or "")
            ends = row.leaver if row is not None else bool(outcome.actions)
            if outcome.target_id is not None and ends:
                links = reversed(self._links[id])
                yield from (each for each in links if self._others.is_connection(each[0]))

    def looked_after(self) -> Mapping[str, Mapping[str, str]]:
        """Return the records that another connection looks after, by target id.

        Each has the fields that both connections write, with the reason in words.
        """
        policy = self._found.program.policy
        found = {}
        for id, outcome in self._ours.items():
            row, target = self._rows.get(outcome.source_id or ""), self._targets.get(id)
            if row is None or target is None or not self._is_or_was_ours(outcome, row, target):
                continue
            there = {
                precedence: link_words(name, link)
                for name, link in self._links[id]
                if (precedence := self._precedence_of(name, link, target)) is not None
            }
            ours = self._our_precedence(row, target, outcome) if ends_access(policy) else None
            before = [each for each in sorted(there) if ours is None or each < ours]
            if before:
                found[id] = {
                    path: f"{there[each]}, and looks after it"
                    for each in reversed(before)
                    for path in self._others.remit(each.name).of_ours(policy)
                }
        return found

    def _precedence_of(self, name: str, link: Link, target: TargetRow) -> Precedence | None:
        return self._others.precedence(name, link, holds_key=link.key == target.key != "")

    def _is_or_was_ours(self, outcome: Outcome, row: SourceRow, target: TargetRow) -> bool:
        """Return whether a record is ours by a match, or was ours and is closed."""
        return outcome.target_id is not None or (row.leaver and target.left)

    def _our_precedence(self, row: SourceRow, target: TargetRow, outcome: Outcome) -> Precedence:
        name, holds_key = self._session.name, outcome.key == target.key != ""
        holds_key = holds_key and not outcome.key_digest  # a link does not hold a sensitive key
        policy = self._found.program.policy
        if row.leaver and perhaps_left(policy, row):
            return Precedence.of_leaver(name, self._left_on(row.source_id), holds_key=holds_key)
        ours = self._found.evidence.table.of_pairs([(row.source_id, target.target_id)])
        since = ours[0].since if ours else instant_text(self._session.now())
        return Precedence.of_stayer(name, since, holds_key=holds_key)

    def _left_on(self, source_id: str) -> str:
        """Return the day on which a run of ours first saw that somebody had left, or ""."""
        from oneway.history.journal.said_left import stored_left

        stored = stored_left(self._session.journal, self._session.past_name)
        if stored is None:
            return ""
        return stored[1].left_on(source_id, self._session.prepared.context.today)
