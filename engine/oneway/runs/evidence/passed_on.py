"""Finds the rows whose id may have passed to another person."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from oneway.core.dataclass import dataclass
from oneway.history.name_digests import NameDigests
from oneway.mapping.packed_rows import others_of, with_ids
from oneway.mapping.policy import Policy
from oneway.mapping.rows import TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, SameRow, whole, whole_target
from oneway.planning.diff import perhaps_left
from oneway.planning.links import SEAL_KEY, Link, Links, let_through
from oneway.planning.passed_on import PassedOn
from oneway.planning.similar.same_person import likeness_of, said_names
from oneway.runs.evidence.remembered import Remembered


@dataclass(frozen=True, slots=True)
class IdsPassedOn:
    """Compares the rows of linked and listed people with the target records of earlier people."""

    policy: Policy
    remembered: Remembered
    sources: Sequence[AnySourceRow]
    targets: Sequence[AnyTargetRow]
    names: NameDigests

    def rows(self, links: Links, guards: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Return the rows that may be other people than those who had their ids before.

        Each comes with a target record of the earlier person, and how it differs from that.
        `guards` are what people have allowed.
        """
        renamed = self._renamed(links, guards)
        if not self.remembered.still_in:
            return renamed
        return {**self._of_listed(let_through(guards)), **renamed}

    def _renamed(self, links: Links, guards: Collection[str]) -> dict[tuple[str, str], str]:
        """Return the rows whose id may have passed to another person since they were linked.

        Each comes with its target record, and how it differs from that. A record that holds the
        values of its row is the same person's, if the mapping has a field that names people.
        """
        policy = self.policy
        held = others_of(self.targets) if policy.identifying else self.targets
        targets = {e[0]: e for e in held if not isinstance(e, SameRow) or not policy.identifying}
        pairs = [each for each in links.pairs if each[1] in targets]
        rows = {e[0]: e for e in with_ids(self.sources, {source for source, _ in pairs})}
        found, allowed = {}, let_through(guards)
        compared = PassedOn(policy, links.targets)
        for each in links.of_pairs(pair for pair in pairs if pair[0] in rows):
            row = rows[each.source_id]
            words = self._new_words(each, row)
            lost = SEAL_KEY not in guards and self.names.is_by_another_key(each.names)
            if words != 0 and row.key not in allowed:
                pair = (whole(row), whole_target(targets[each.target_id]))
                if unlike := compared.since_linked(*pair, words, lost=lost):
                    found[each[:2]] = unlike
        there = self._there({target: whole_target(targets[target]) for _, target in found})
        return {pair: unlike for pair, unlike in found.items() if pair[1] not in there}

    def _of_listed(self, allowed: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Return the rows that seem to be other people than those listed under their ids.

        Each comes with a target record of the listed person, and how it differs from that. Leaves
        out rows whose name is the one that their link remembers.
        """
        pairs = {*self._records_of(self.remembered.still_in)}
        rows = {e[0]: whole(e) for e in with_ids(self.sources, {source for source, _ in pairs})}
        held = {e[0]: whole_target(e) for e in with_ids(self.targets, {id for _, id in pairs})}
        policy, links = self.policy, self.remembered.evidence.table
        compared = PassedOn(policy, links.targets)
        known = links.of_pairs(pair for pair in pairs if pair[0] in rows)
        words = {e[:2]: self._new_words(e, rows[e[0]]) for e in known}
        found = {
            (source, target): compared.since_listed(
                rows[source], held[target], words.get((source, target))
            )
            for source, target in sorted(pair for pair in pairs if words.get(pair) != 0)
            if source in rows and target in held and rows[source].key not in allowed
        }
        return {pair: unlike for pair, unlike in found.items() if unlike}

    def _there(self, targets: Mapping[str, TargetRow]) -> AbstractSet[str]:
        """Return the records whose person clearly stays: another row has their key and more.

        A source may give its rows new ids, such as their numbers, so an id does not say who has
        gone.
        """
        policy = self.policy
        wanted = {each.keys[:1]: each for each in targets.values() if None not in each.keys[:1]}
        rows = (row for row in self.sources if row.keys[:1] in wanted) if wanted else ()
        return {
            target.target_id
            for row, target in ((whole(each), wanted[each.keys[:1]]) for each in rows)
            if not perhaps_left(policy, row) and likeness_of(policy, row, target).related
        }

    def _new_words(self, link: Link, row: AnySourceRow) -> int | None:
        """Return `NameDigests.new_words`; a label that lacks a part may be blank altogether."""
        names = row.label or " ".join(said_names(self.policy, whole(row)))
        return self.names.new_words(link, names)

    def _records_of(self, sources: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield these source records with the target records that were theirs, or may be."""
        pairs = self.remembered.evidence.table.pairs
        yield from (each for each in pairs if each[0] in sources)
        for id, whose in sorted(self.remembered.listed.items()):
            yield from ((each, id) for each in sorted(whose) if each in sources)
