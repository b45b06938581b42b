"""Finds which stored pairs tonight's links affect, and which links affect other records.

The link of a skipped pair is as it was when the pair was stored. So only three kinds of links are
compared: links that differ, links outside the stored pairs, and links of pairs that are read.
"""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import islice

from oneway.history.baseline.links import BaselineLinks
from oneway.history.baseline.pairs import Baseline, Digests
from oneway.planning.links import Links
from oneway.planning.quiet_outcomes import PassedOver
from oneway.planning.screen import KnownPairs
from oneway.planning.similar.handles import source_handle, target_handle
from oneway.runs.evidence.remembered import Remembered

_MANY = 50
"""If 1/50 of the pairs or more have another link, all pairs are compared."""


class UnchangedLinks:
    """Compares tonight's memory with the pairs and links that an earlier run stored."""

    def __init__(self, before: Baseline, remembered: Remembered) -> None:
        self.before, self.remembered = before, remembered
        self.links = Links.of(remembered.links)
        changes = before.links.changes(self.links)
        many = changes is None or sum(map(len, changes)) * _MANY >= len(before.quiet)
        self._changes = None if many else changes
        self._against: Collection[int] = ()

    def bearing(self, read: AbstractSet[int], digests: Digests) -> set[int]:
        """Return the pairs, other than those read, about which something else is known tonight."""
        before, remembered, listed = self.before, self.remembered, self.remembered.before
        # People listed, or with a pending create, may be in doubt.
        doubtful = remembered.asked.union(remembered.pending, *listed.values())
        if self._changes is None:
            sources, targets = before.quiet.ids
            self._against = KnownPairs(remembered.evidence).against(sources, targets)
            return {at for at, each in enumerate(sources) if each in doubtful}.union(self._against)
        changed = self._changes.new | self._changes.gone
        handles = {source_handle(id) for id in doubtful.union(id for id, _ in changed)}
        handles |= {target_handle(id) for _, id in changed}
        handles |= set(map(target_handle, listed))
        return before.handled.sharing(digests.of_handles(handles), read) if handles else set()

    def passed(
        self, read: AbstractSet[int], kinds: Mapping[int, str] | None
    ) -> tuple[PassedOver, Remembered]:
        """Return what is skipped, and the memory that may affect the records that are read.

        One linked pair stands for all skipped pairs with a link, and one unlinked pair for the
        others.
        """
        quiet, kept = self.before.quiet, self.before.links
        if self._changes is None:
            return PassedOver(quiet, read, kinds=kinds), self.remembered
        telling = [at for at in quiet.only_by_key if at not in read]
        telling += islice((at for at in kept.unlinked if at not in read), 1)
        linked: AbstractSet[int] = frozenset()
        if len(kept.unlinked) < len(quiet):
            telling += islice((at for at in kept.linked(len(quiet)) if at not in read), 1)
            linked = {*read, *telling}.difference(kept.unlinked)
        ids = [(each.source_id, each.target_id) for each in quiet.some(telling)]
        passed = PassedOver(quiet, read, ids, kinds)
        pairs = {(each.source_id, each.target_id) for each in quiet.some(linked)}
        pairs = (pairs.union(kept.strange) - self._changes.gone) | self._changes.new
        return passed, replace(self.remembered, links=self.links.some(sorted(pairs)))

    def anew(self) -> Baseline | None:
        """Return the stored state with tonight's links; None if few differ, or if one matters."""
        if self._changes is not None or self._against:
            return None
        return replace(self.before, links=BaselineLinks.of(self.links, *self.before.quiet.ids))
