"""Recognises ids and keys that have passed to another person, by what a row says of its person."""

from collections.abc import Mapping

from oneway.core.dataclass import dataclass
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.spec import Rehires
from oneway.planning.diff import at_update, perhaps_left, refuses
from oneway.planning.similar.near_misses import forms_of
from oneway.planning.similar.same_person import (
    SEVERAL,
    Likeness,
    is_id,
    is_supported,
    likeness_beside,
    likeness_of,
)

_NOT_COMPARED = (
    "the name cannot be compared with the one that its link remembers, as seal.key is another now"
)


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Compares rows that stay with target records; `links` are the linked ones, by source record.

    `words` is how many words the person's name had when row and record were linked, if none of them
    is left. It is 0 if one is left, and None if there is nothing to compare.
    """

    policy: Policy
    links: Mapping[str, str]

    def since_listed(self, row: SourceRow, target: TargetRow, words: int | None) -> str:
        """Return how a row differs from the record that was listed for its id; "" if alike.

        The id still belongs to the same person if the key, which is not the id, is the same, a
        link joins the two, and not several `words` are gone; or if they share a key in another form
        only, as they did before. A row without the record's names does not show that its person is
        back.
        """
        likeness = likeness_beside(self.policy, row, target)
        if perhaps_left(self.policy, row) or not (likeness.unlike or likeness.unproven):
            return ""
        keys = zip(row.keys, target.keys, strict=False)
        exact = any(one is not None and one == other for one, other in keys)
        linked = exact and self.links.get(row.source_id) == target.target_id
        by_key = any(is_id(row, value) for value in row.key_values)
        if linked and not by_key and (words or 0) < SEVERAL:
            return ""
        if not exact and not {*forms_of(row)}.isdisjoint(forms_of(target)):
            return ""
        return likeness_of(self.policy, row, target).text

    def since_linked(
        self, row: SourceRow, target: TargetRow, words: int | None, *, lost: bool = False
    ) -> str:
        """Return how a row differs from its record if its id and key passed on; else "".

        They passed on if no word of the name is left and nothing else says that the two are one
        person: neither the record nor, if the name had one word, a key beside the id. A record that
        has left matters only if the row would reactivate it. An update that replaces the names in
        the record is left to the guard `identities`. With `lost`, the seal key of the link's
        digests is lost, so that no word can be compared.
        """
        supported = is_supported(self.links, row, target)
        lost = lost and not supported
        closed = target.left and self.policy.rehires is not Rehires.REACTIVATE
        untold = words is None and not (target.left or lost)
        if closed or untold or row.evaluation_error is not None or perhaps_left(self.policy, row):
            return ""
        likeness = likeness_beside(self.policy, row, target)
        if likeness.related:
            return ""
        several = lost or (words or 0) >= SEVERAL
        by_record = likeness.unlike if words is None else likeness.two_people
        if supported:
            by_record = by_record and words is None
        if not (several or by_record) or self._are_replaced(row, target, likeness):
            return ""
        name = "no word of the name is as it was" if words else "nothing of it agrees"
        name = _NOT_COMPARED if lost else name
        return "; ".join((name, *likeness.differing, *likeness.withdrawn))

    def _are_replaced(self, row: SourceRow, target: TargetRow, likeness: Likeness) -> bool:
        """Return whether the guard `identities` holds an update, as it would replace names."""
        fields = (self.policy.fields, row.cells, target.values)
        written = [each for each in at_update(*fields) if each.before is not None]
        changed = [each for each in written if each.rule.path in self.policy.identifying_paths]
        refused = any(
            refuses(rule, cell, creating=False)
            for rule, cell in zip(self.policy.fields, row.cells, strict=True)
        )
        if refused or row.outside or row.failed_rules or not (changed and likeness.two_people):
            return False
        return likeness.whole_name or len(changed) >= SEVERAL
