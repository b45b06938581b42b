"""Finds unmatched target records that may belong to a leaver who is matched with another record.

Two accounts for one person are common: one of them came from another system and lacks the key. The
leave ends one account, and the other still lets the person in. If the key found another person's
record, the leaver's own record is found here too.
"""

from collections.abc import Iterator, Mapping, Sequence

from oneway.core.key_forms import loose
from oneway.core.records import MISSING, is_blank
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import AnyTargetRow
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.diff import perhaps_left, stays_until_later
from oneway.planning.match import Match, MatchedRows
from oneway.planning.plan import Reason
from oneway.planning.similar.lookalikes import (
    MOST,
    by_name,
    compared_fields,
    holders_of,
    holding,
    is_keyless,
    namesakes_of,
    naming_of,
    said_value,
)
from oneway.planning.similar.marks import has_email
from oneway.planning.similar.near_misses import by_loose_key, key_at
from oneway.planning.similar.same_person import is_supported, likeness_beside


def second_records(records: MatchedRows, *, listed: bool) -> Mapping[str, Reason]:
    """Return why unmatched target records may belong to leavers, by target id.

    Such a record has not left, and shares a key in any form, an email or a unique value with a
    leaver who has a match or a conflict. The whole name counts if the record has no key, if only
    the key supports the leaver's match, or if the leaver is in conflict. Other people may be in
    conflict over the record, but it must not be `linked` to anyone in the source. People who may
    have left count as leavers.

    An unreadable record is judged by its readable part. If that does not show whose it is, the
    record may be any leaver's, or that of a person who was `listed` as a leaver before.
    """
    policy, matches, linked = records.policy, records.matches, records.linked
    matched = records.each
    left = [(row, found) for row, found in matched if perhaps_left(policy, row)]
    leavers = [(row, found) for row, found in left if found.target or found.conflict]
    if not (leavers or listed):
        return {}
    others = matches.owned | (
        matches.spoken & {linked[e] for e in matches.by_source if e in linked}
    )
    free = [e.as_read for e in records.targets if not e.left and e.target_id not in others]
    if not free:
        return {}
    search = _Search(policy, [row for row, _ in leavers], free, linked)
    reasons: dict[str, Reason] = {}
    for row, found in leavers:
        for what, theirs in search.of(row, found):
            for each in [e for e in theirs if e not in found.candidates]:
                reasons.setdefault(each.target_id, perhaps_theirs(row, what))
    hidden = [e.target_id for e in free if e.target_id not in reasons and search.hides_its_owner(e)]
    if hidden:
        alone = [
            (row, found)
            for row, found in matched
            if found.target is None and stays_until_later(policy, row)
        ]
        others = {e.target_id for each in alone for _, es in search.of(*each) for e in es}
        reasons |= {id: _ANYBODYS for id in hidden if id not in others}
    return reasons


_ANYBODYS = Reason(
    MAY_HAVE_LEFT,
    "whose it is cannot be read: it may be that of a person who has left",
    warning=True,
)


class _Search:
    """The unmatched target records, indexed by keys, values and names."""

    def __init__(
        self, policy: Policy, leavers: Sequence[SourceRow], free: Sequence[TargetRow],
        linked: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.policy = policy
        self.linked = linked
        self.keys = [by_loose_key(free, level) for level in range(len(policy.match))]
        self.held = {position: holders_of(free, position) for position in compared_fields(policy)}
        self.naming = naming_of(policy)
        emails = {i for i in self.held for row in leavers if has_email(said_value(policy, row, i))}
        self.telling = emails | {*policy.watched}
        """The fields that show whose a record is, besides its keys and the name."""
        keyless = [each for each in free if is_keyless(each)]
        self.keyless, self.named = by_name(keyless, self.naming), by_name(free, self.naming)

    def of(self, row: SourceRow, found: Match) -> Iterator[tuple[str, Sequence[AnyTargetRow]]]:
        """Yield the records that may be the leaver's as well, with what they have in common."""
        paths = self.policy.match_paths
        for level, key in enumerate(row.keys):
            if key is not None:
                what = paths[level] or f"match key {level + 1}"
                near = self.keys[level].get(loose(key), ())
                yield what, [each for each in near if key_at(each, level) == key]
                yield f"{what} in another form", near
        for position, holders in self.held.items():
            value = said_value(self.policy, row, position)
            records = holding(holders, value)
            single = position in self.policy.watched
            if single or (has_email(value) and len(records) <= MOST):
                yield self.policy.fields[position].path, records
        named = self.named if self._is_anothers(row, found) else self.keyless
        records = namesakes_of(self.policy, row, named)
        if len(records) <= MOST:
            yield "name", records

    def hides_its_owner(self, target: TargetRow) -> bool:
        """Return whether the unreadable part of a record may show that it is a leaver's."""
        if target.keys_known or target.unsaid is not None or not target.values:
            return False
        telling = self.telling | ({*self.naming} if is_keyless(target) else set())
        if any(target.values[i] is MISSING for i in telling):
            return True
        rules = zip(self.policy.fields, target.values, strict=True)
        held = {rule.path: value for rule, value in rules}
        return any(
            key_at(target, level) is None and not is_blank(held.get(path, MISSING))
            for level, path in enumerate(self.policy.match_paths)
        )

    def _is_anothers(self, row: SourceRow, found: Match) -> bool:
        """Return whether a leaver has no match, or one that seems to be somebody else's record."""
        target = found.target
        if target is None:
            return True  # no match is certain, so no record is known to be theirs
        if is_supported(self.linked, row, target):
            return False
        return likeness_beside(self.policy, row, target).two_people


def perhaps_theirs(row: SourceRow, what: str) -> Reason:
    """Return the reason that a record may be a leaver's because of `what` they share."""
    left = "has left" if row.leaver else "may have left"
    text = f"has the same {what} as source record {row.source_id}, who {left}: it may be theirs"
    return Reason(MAY_HAVE_LEFT, text, candidates=(row.source_id,), warning=True)
