"""Finds people who may be back under another id and key.

Neither a link nor a key finds their target record, but a record whose source record has vanished
has their name or one of their unique values.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from oneway.core.dataclass import dataclass
from oneway.core.key_forms import loose
from oneway.core.records import Value
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.diff import present
from oneway.planning.links import Link
from oneway.planning.match import NOBODY, Match
from oneway.planning.plan import Reason
from oneway.planning.similar.marks import claims_of, marks_of
from oneway.planning.similar.near_misses import NEAR_MISS
from oneway.planning.similar.same_person import comparison, is_id, likeness_of


@dataclass(frozen=True, slots=True)
class Reissued:
    """Compares rows that nothing else finds with the records of people who vanished."""

    policy: Policy
    rows: Mapping[str, SourceRow]
    targets: Mapping[str, TargetRow]
    links: Mapping[str, Link]
    allowed: frozenset[str]

    def conflicts(self, found: Mapping[str, Match]) -> dict[str, Match]:
        """Return the conflicts, or notes, of rows that may be a person who vanished."""
        abandoned = self._abandoned(found)
        if not abandoned:
            return {}
        linked = {each.source_id for each in self.links.values()}
        said = {}
        for id, row in self.rows.items():
            known = row.outside or id in linked or row.key in self.allowed
            if known or found.get(id, NOBODY) != NOBODY or not row.cells:
                continue
            marks = self._marks([cell.telling for cell in row.cells])
            alike = {t: None for mark in marks for t in abandoned.get(mark, ())}
            if alike:
                said[id] = self._may_be(row, [self.targets[each] for each in alike])
        return said

    def _abandoned(self, found: Mapping[str, Match]) -> dict[Hashable, list[str]]:
        """Index the records that give access and lost their source record, by their `_marks`."""
        taken = {each.target.target_id for each in found.values() if each.target is not None}
        marked: dict[Hashable, list[str]] = defaultdict(list)
        for id, link in self.links.items():
            target = self.targets.get(id)
            if target is None or id in taken or link.source_id in self.rows:
                continue
            if target.values and not target.left:
                for mark in self._marks([present(each) for each in target.values]):
                    marked[mark].append(id)
        return marked

    def _marks(self, values: Sequence[Value]) -> Iterator[Hashable]:
        """Yield what identifies a person: their whole name, and each unique value.

        Constants of the mapping are part of neither.
        """
        policy = self.policy
        telling = [i for i in policy.identifying if policy.fields[i].tells(values[i])]
        for i in telling:
            yield from slots(policy, i, values[i]) if i in policy.unless_taken else ()
        named = [i for i in policy.identifying if i not in policy.unless_taken]
        if named and {*named} <= {*telling}:
            names = [values[i] for i in named]
            yield tuple(tuple(map(loose, marks_of(each))) for each in names)

    def _may_be(self, row: SourceRow, alike: Sequence[TargetRow]) -> Match:
        """Return the conflict of a row that resembles records whose source records vanished."""
        ids = tuple(each.target_id for each in alike)
        shared = sorted({e.path for t in alike for e in likeness_of(self.policy, row, t).agreeing})
        same = f"the same {', '.join(shared)}" if shared else "nearly the same name"
        was = " and ".join(
            f"target record {id} was source record {self.links[id].source_id}" for id in ids
        )
        gone = "which is" if len(ids) == 1 else "which are"
        text = f"{was}, {gone} no longer in the source, and has {same}"
        # Not by `row.key`, which is the id where the match value must not be shown.
        if any(is_id(row, value) for value in row.key_values):
            # The id is the key: a link adds nothing to the key, and nothing was re-issued.
            text += "; if they are one person, that record keeps its access" if row.leaver else ""
            return Match(notes=(Reason(NEAR_MISS, text, candidates=ids, warning=True),))
        text += ": it may be one person under another id and key; a person decides"
        reason = Reason("reissued", text, candidates=ids, warning=True)
        return NOBODY.contested(reason, *alike)


def slots(policy: Policy, position: int, value: Value) -> Iterator[tuple[int, Hashable]]:
    """Yield each form in which an identifying value is compared, with its position."""
    for claim in claims_of(value, comparison(policy.fields[position])):
        yield position, claim
