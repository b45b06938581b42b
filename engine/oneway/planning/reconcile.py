"""Matches people by the links of earlier runs, as evidence beside the match keys.

If keys and links agree, nothing changes. If they contradict each other, the record is a conflict
that names both: a link never overrides the data silently. Without links, the keys decide alone.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from oneway.core.instants import moment
from oneway.core.phrases import some
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.spec import Gone, Rekey
from oneway.planning.diff import is_there, present
from oneway.planning.doubted_matches import MatchDoubts
from oneway.planning.links import Link, LinkEvidence, Links
from oneway.planning.match import NOBODY, Match, MatchedRows, Matches
from oneway.planning.plan import Reason
from oneway.planning.reissued import Reissued, slots
from oneway.planning.similar.same_person import Likeness, likeness_of


def reconcile(
    records: MatchedRows, evidence: LinkEvidence, allowed: frozenset[str] = frozenset()
) -> Matches:
    """Return the matches by keys, with conflicts where the links contradict them.

    A human has let the keys in `allowed` decide.
    """
    matches = records.matches
    if evidence.links:
        matches = _Reconciler(records, evidence, allowed).reconciled()
    return MatchDoubts.of(records.policy, evidence, allowed).hold(matches, records.rows)


class _Reconciler:
    """Compares each match with the links."""

    def __init__(
        self, records: MatchedRows, evidence: LinkEvidence, allowed: frozenset[str]
    ) -> None:
        self.policy, self.matches = records.policy, records.matches
        self.evidence, self.allowed = evidence, allowed
        self.rows = {row.source_id: row for row in records.rows}
        self.targets = {each.target_id: each for each in records.targets}
        self.by_source = _usable(evidence.table, self.rows, self.targets)
        self.by_target = {each.target_id: each for each in self.by_source.values()}
        self.let_through = self._let_through()

    def reconciled(self) -> Matches:
        found = dict(self.matches.by_source)
        spoken = set(self.matches.spoken)
        found |= {**self._taken(), **self.let_through}
        for source_id, link in self.by_source.items():
            row = self.rows.get(source_id)
            if row is None:
                continue
            found[source_id] = self._linked(row, link, found.get(source_id, NOBODY))
            spoken.add(link.target_id)
        reissued = Reissued(self.policy, self.rows, self.targets, self.by_target, self.allowed)
        found |= reissued.conflicts(found)
        unsure = [
            row for id, row in self.rows.items() if self._is_unsure(row, found.get(id, NOBODY))
        ]
        return Matches(found, frozenset(spoken | self._resembling(unsure)))

    def _resembling(self, rows: Sequence[SourceRow]) -> set[str]:
        """Return the target records that may belong to rows without a certain match.

        They share a unique value or all other values that name the person.
        """
        if not rows:
            return set()
        targets = {each.target_id: each for each in self.targets.values() if each.values}
        by_value: dict[Hashable, set[str]] = defaultdict(set)
        for id, each in targets.items():
            for position in self.policy.identifying:
                for slot in slots(self.policy, position, present(each.values[position])):
                    by_value[slot].add(id)
        found: set[str] = set()
        for row in rows:
            near = {
                id
                for i in (self.policy.identifying if row.cells else ())
                for slot in slots(self.policy, i, row.cells[i].telling)
                for id in by_value.get(slot, ())
            }
            found |= {id for id in near if self._is_alike(row, targets[id])}
        return found

    def _is_alike(self, row: SourceRow, target: TargetRow) -> bool:
        likeness = likeness_of(self.policy, row, target)
        return likeness.exclusive or self._have_one_name(likeness)

    def _have_one_name(self, likeness: Likeness) -> bool:
        """Return whether two records share everything that names them."""
        taken = {self.policy.fields[i].path for i in self.policy.unless_taken}
        shared = {each.path for each in likeness.agreeing}
        named = {self.policy.fields[i].path for i in self.policy.identifying} - taken
        return bool(named) and named <= shared

    def _let_through(self) -> dict[str, Match]:
        """Return the matches that a human has let keys decide, and drop the links of both sides."""
        found = {}
        for id, row in self.rows.items():
            keyed = self.matches.of(row)
            if row.key not in self.allowed or keyed.target is None:
                continue
            own, other = self.by_source.get(id), self.by_target.get(keyed.target.target_id)
            if own is not other:
                note = Reason("adopted", f"the key {row.key} decides: let through by a person")
                found[id] = keyed._replace(notes=(note,))
            for link in (own, other):
                if link is not None and own is not other:
                    self.by_source.pop(link.source_id, None)
                    self.by_target.pop(link.target_id, None)
        return found

    def _taken(self) -> dict[str, Match]:
        """Return the matches of rows whose key finds another row's record."""
        first = self._each_taken()
        adopted = {id: each for id, each in first.items() if each.conflict is None}
        for each in adopted.values():
            assert each.target is not None
            link = self.by_target.pop(each.target.target_id)
            del self.by_source[link.source_id]
        # An adopted record no longer keeps another person from a match.
        return {**self._each_taken(), **adopted}

    def _each_taken(self) -> dict[str, Match]:
        found = {id: self._taken_over(row, self.matches.of(row)) for id, row in self.rows.items()}
        return {id: each for id, each in found.items() if each is not None}

    def _taken_over(self, row: SourceRow, keyed: Match) -> Match | None:
        """Return the match of a row whose key finds another row's record; None for others."""
        if keyed.target is None or self._in_view(row) is not None:
            return None
        link = self.by_target.get(keyed.target.target_id)
        if link is None or link.source_id == row.source_id:
            return None
        owner = self.rows.get(link.source_id)
        ids = (keyed.target.target_id,)
        if owner is not None and is_there(self.policy, owner):
            text = (
                f"the key {row.key} finds target record {ids[0]}, which is source record "
                f"{link.source_id} ({self.evidence.words_of(link)}), and that one is still there"
            )
            return keyed.contested(Reason("claimed", text, candidates=ids), keyed.target)
        gone = "has left" if owner is not None else "is no longer in the source"
        was = f"target record {ids[0]} was source record {link.source_id}, which {gone}"
        leaves = not keyed.target.left and not is_there(self.policy, row)
        if owner is None and leaves and link.source_id not in self.evidence.no_source:
            text = (
                f"by {row.source_id}, the person has left; but target record {ids[0]} was source "
                f"record {link.source_id}, which the list lacks, and nothing shows that it is gone"
            )
            return keyed.contested(Reason("reused", text, candidates=ids), keyed.target)
        likeness = likeness_of(self.policy, row, keyed.target)
        if not likeness.one_person:
            text = f"the key {row.key} changed hands: {was}; {likeness.text}"
            return keyed.contested(Reason("reused", text, candidates=ids), keyed.target)
        whose = f"the target record was another source record's, which {gone}"
        text = f"{whose}: taken over, the same person"
        about = f"target record {ids[0]}, before {link.source_id}"
        return keyed._replace(notes=(Reason("adopted", text, value=about),))

    def _linked(self, row: SourceRow, link: Link, keyed: Match) -> Match:
        """Return the match of a row that is linked."""
        target = self.targets.get(link.target_id)
        if target is None and keyed.target is not None:
            return self._elsewhere(row, link, keyed, keyed.target)
        if target is None:
            return keyed if keyed is not NOBODY else self._missing(link)
        if keyed.conflict is not None:
            return keyed
        if keyed.target is not None and keyed.target.target_id == target.target_id:
            return keyed._replace(notes=(*keyed.notes, *self._notes(link)))
        return self._rekeyed(row, link, target, keyed)

    def _elsewhere(self, row: SourceRow, link: Link, keyed: Match, found: TargetRow) -> Match:
        """Return the match of a row whose own record is missing, and whose key finds another.

        The other record may be the same one, created again; or it belongs to another person, while
        the row's own record is hidden. If it was listed for a leaver, these may be answers of
        another system, such as a sandbox, where other people have the ids.
        """
        likeness = likeness_of(self.policy, row, found)
        proven = link.target_id in self.evidence.gone
        stranger = bool(likeness.differing) and not likeness.agreeing
        where = "is gone" if proven else "is not in the target's list"
        text = (
            f"{self.evidence.words_of(link)}, which {where}; "
            f"the key {row.key} finds target record {found.target_id}"
        )
        leavers = self.evidence.before.get(found.target_id, frozenset()) - {row.source_id}
        if leavers:
            text += f", which was listed as that of a leaver, source record {some(sorted(leavers))}"
        elif likeness.beyond_the_key or (proven and not stranger):
            return keyed._replace(notes=(*keyed.notes, Reason("adopted", text)))
        ids = (link.target_id, found.target_id)
        why = f"{text}; {likeness.text}: a person decides"
        return keyed.contested(Reason("rekeyed", why, candidates=ids, warning=True), found)

    def _rekeyed(self, row: SourceRow, link: Link, target: TargetRow, keyed: Match) -> Match:
        likeness = likeness_of(self.policy, row, target)
        stranger = bool(self.policy.identifying) and not likeness.agreeing
        text = f"{self.evidence.words_of(link)}; {_change_of_key(self.policy, row, link, target)}"
        writes = self.policy.rekey is Rekey.WRITE and row.keys_known
        if writes and keyed is NOBODY and not stranger:
            return Match(target, notes=(Reason("rekeyed", text), *self._notes(link)), rekeyed=True)
        ids: tuple[str, ...] = (target.target_id,)
        if keyed.target is not None:
            ids = (*ids, keyed.target.target_id)
            text += f"; the match key finds target record {keyed.target.target_id}"
        # An unreadable record must be corrected first, which its message says.
        unread = not target.keys_known and target.evaluation_error is not None
        text += f"; {likeness.text}" if stranger and not unread else ""
        why = text if unread else f"{text}: a person decides"
        reason = Reason("rekeyed", why, candidates=ids, warning=True)
        return keyed.contested(reason, target, *filter(None, [keyed.target]))

    def _missing(self, link: Link) -> Match:
        """Return the match of a row whose record was found neither by key nor by id."""
        if link.target_id in self.evidence.late:
            until = moment(self.evidence.late[link.target_id], self.evidence.zone)
            text = f"{self.evidence.words_of(link)}, which the target may not show before {until}"
            return Match(gone=Reason("gone", text))
        text = f"{self.evidence.words_of(link)}, which is not in the target's list"
        if link.target_id in self.evidence.unread:
            why = f"{text}, and cannot be asked for: {self.evidence.unread[link.target_id]}"
            return Match(gone=Reason("gone", why, warning=True))
        if link.target_id in self.evidence.closed:
            why = f"{text}; it gave no access when it was last shown, or when its leave was written"
            return Match(gone=Reason("gone", why, warning=True), proven=True)
        if link.target_id not in self.evidence.gone:
            why = f"{text}, and nothing else shows it: the target has no request for one record"
            return Match(gone=Reason("gone", why, warning=True))
        again, text = self.policy.gone is Gone.CREATE, f"{text} and was not found by its id either"
        text = text if again else f"{text}: `gone: create` in the mapping would create it again"
        return Match(gone=Reason("gone", text, warning=True), proven=True, again=again)

    def _notes(self, link: Link) -> tuple[Reason, ...]:
        if link.target_id not in self.evidence.unlisted:
            return ()
        linked = self.evidence.words_of(link)
        text = f"{linked}, which the target's list does not show; found by its id"
        return (Reason("unlisted", text, warning=link.target_id not in self.evidence.late),)

    def _is_unsure(self, row: SourceRow, found: Match) -> bool:
        """Return whether a row's target record may exist without being identifiable."""
        if found.conflict is not None and found.conflict.code != "reissued":
            return found.conflict.code in ("rekeyed", "claimed", "reused")
        # Whether the record is a reissued leaver's or has no owner, it must have no access.
        return found.target is None and is_there(self.policy, row)

    def _in_view(self, row: SourceRow) -> TargetRow | None:
        link = self.by_source.get(row.source_id)
        return None if link is None else self.targets.get(link.target_id)


def _usable(links: Links, sources: Iterable[str], targets: Iterable[str]) -> dict[str, Link]:
    """Return the links of these records by source, except those that contradict each other."""
    found = links.of_pairs(links.sound(sources, targets).items())
    return {each.source_id: each for each in sorted(found, key=lambda each: each.source_id)}


def _change_of_key(policy: Policy, row: SourceRow, link: Link, target: TargetRow) -> str:
    if not row.keys_known:
        return "it does not give its match key now"
    if not any(key is not None for key in row.keys):
        return "it has no match key now"
    if not target.keys_known:
        unread = target.evaluation_error
        wrong = f"cannot be read: {unread.text}" if unread is not None else "does not give its key"
        return f"the target record {wrong}"
    if link.key and link.key == row.key:
        if len(row.keys) == 1:
            return f"the target record no longer holds its key {row.key}"
        # Which of the keys the record had, and which side changed, is unknown.
        return f"the target record has {_unlike_keys(policy, row, target)}"
    was = f"was {link.key} and " if link.key else ""
    return f"its key {was}is {row.key} now"


def _unlike_keys(policy: Policy, row: SourceRow, target: TargetRow) -> str:
    """Return which keys of a row a target record does not hold, without their values."""
    levels = zip(policy.match_paths, row.keys, target.keys, strict=False)
    unlike = [
        f"{'no' if held is None else 'another'} {path or f'match key {at}'}"
        for at, (path, key, held) in enumerate(levels, 1)
        if key is not None and key != held
    ]
    return " and ".join(unlike) or "another match key"
