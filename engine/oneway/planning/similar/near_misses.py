"""Finds target records that may belong to people whom no key matches.

`42` and `"42"`, `0042` and `42`, `SmithJ` and `smithj`, a key with a space or an invisible
character: match keys do not treat these as equal, and should not, because only a human can say
which is right. So both are shown side by side before a record is created, as is a record with the
email or name of a person whom no key finds (`lookalikes`).
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from oneway.core.key_forms import difference, loose, shown
from oneway.core.phrases import some
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.planning.diff import perhaps_left
from oneway.planning.match import Match, MatchedRows, targets_by_readable_keys
from oneway.planning.plan import Reason
from oneway.planning.similar.lookalikes import (
    by_name,
    holders_of,
    holding,
    kinds_of,
    lookalikes,
    namesakes_of,
    naming_of,
    said_of_nobodys,
    said_value,
)
from oneway.planning.similar.same_person import is_id

NEAR_MISS = "near_miss"
"""The code of the reason that names both records."""

_MOST = 5
"""How many target records are named at most: more would be a table of numbers, not a person."""


def near_misses(
    records: MatchedRows, others: Collection[str] = ()
) -> Mapping[str, tuple[Reason, ...]]:
    """Return why target records may belong to unmatched source records, by source id.

    The target records may be in a conflict. Sensitive values are compared, but not shown. For
    leavers, `others` are left out: the records about which another connection decides.
    """
    targets, matches, policy = records.targets, records.matches, records.policy
    matched = records.each
    alone = [row for row, found in matched if _is_alone(found) and not row.outside]
    if not alone:
        return {}
    owners: dict[str, AnySourceRow] = {}
    owners |= {each.target.target_id: row for row, each in matched if each.target is not None}
    free = [each for each in targets if each.target_id not in owners]
    found = _by_keys(alone, free, policy, matches.spoken)
    like = lookalikes(records, alone, owners, _kinds(records))
    own = targets_by_readable_keys(alone, free)  # known by key, so not repeated by name
    for row in alone:
        named = (*found[row.source_id], *matches.of(row).notes)
        known = {id for reason in named for id in reason.candidates}
        known |= {each.target_id for each in own.get(row.source_id, ())}
        known |= set(others) if row.leaver else set()
        for text, ids in like.of(row):
            if not known >= set(ids):
                found[row.source_id].append(_perhaps(row, text, ids))
                known |= set(ids)
    return {source_id: tuple(reasons) for source_id, reasons in found.items() if reasons}


def likely_targets(records: MatchedRows) -> Mapping[str, tuple[TargetRow, ...]]:
    """Return the target records that may belong to unmatched leavers, by source id.

    The records are unmatched and have not left. Each has another form of the leaver's key, their
    email, one of their unique values, or their whole name. A record in a conflict, or found by
    name, must not be `linked` to anyone in the source. People who may have left count as leavers.
    """
    targets, matches, policy = records.targets, records.matches, records.policy
    matched = records.each
    left = [(row, found) for row, found in matched if perhaps_left(policy, row)]
    leavers = [row for row, found in left if _is_alone(found)]
    if not leavers:
        return {}
    of_linked = _linked_to(matched, records.linked)
    others = matches.owned | (matches.spoken & of_linked)
    free = {e.target_id: e.as_read for e in targets if not e.left and e.target_id not in others}
    near = _by_keys(leavers, tuple(free.values()), policy, matches.spoken)
    found: dict[str, dict[str, TargetRow]] = defaultdict(dict)
    for source_id, reasons in near.items():
        found[source_id] = {id: free[id] for each in reasons for id in each.candidates}
    emails = [position for position, kind in _kinds(records).items() if kind == "email"]
    for position in sorted({*policy.watched, *emails}):
        holders = holders_of(tuple(free.values()), position)
        for row in leavers:
            value = said_value(policy, row, position)
            held = holding(holders, value)
            found[row.source_id] |= {each.target_id: free[each.target_id] for each in held}
    unlinked = {e.target_id: e for e in free.values() if e.target_id not in of_linked}
    naming = naming_of(policy)
    named = by_name(unlinked.values(), naming)
    for row in leavers:
        held = namesakes_of(policy, row, named)
        found[row.source_id] |= {each.target_id: unlinked[each.target_id] for each in held}
    return {source_id: tuple(each.values()) for source_id, each in found.items() if each}


def _kinds(records: MatchedRows) -> Mapping[int, str]:
    known = records.kinds
    return kinds_of(records.targets, records.policy, records.quiet) if known is None else known


def _by_keys(
    alone: Sequence[SourceRow], free: Sequence[TargetRow], policy: Policy, spoken: Collection[str]
) -> dict[str, list[Reason]]:
    """Return the reasons for keys that differ only in form; `spoken` as in `Matches`.

    An unreadable target record that is passed `as_read` may have exactly the same key.
    """
    found: dict[str, list[Reason]] = defaultdict(list)
    for level in range(len(policy.match)):
        index = by_loose_key(free, level)
        for row in alone:
            key = key_at(row, level)
            near = index.get(loose(key), ()) if key is not None else ()
            others = [each for each in near if each.keys[level] != key or not each.keys_known]
            if others:
                found[row.source_id].append(_reason(row, others, level, policy, spoken))
    return found


def key_at(row: AnySourceRow | AnyTargetRow, level: int) -> Hashable:
    """Return a record's key at one level in comparable form; None if it has none."""
    return row.keys[level] if level < len(row.keys) else None


def by_loose_key(targets: Iterable[TargetRow], level: int) -> Mapping[str, Sequence[TargetRow]]:
    """Index target records by the loose form of their keys at one level."""
    index: dict[str, list[TargetRow]] = defaultdict(list)
    for each in targets:
        if (key := key_at(each, level)) is not None:
            index[loose(key)].append(each)
    return dict(index)


def forms_of(row: AnySourceRow | AnyTargetRow) -> Iterator[tuple[int, str]]:
    """Yield the form of each match key of a record, with its level."""
    for level, key in enumerate(row.keys):
        if key is not None:
            yield level, loose(key)


def other_reasons(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons without near misses, which are shown separately."""
    return tuple(reason for reason in reasons if reason.code != NEAR_MISS)


def _linked_to(
    matched: Iterable[tuple[SourceRow, Match]], linked: Mapping[str, str]
) -> AbstractSet[str]:
    """Return the target records that are linked to these rows.

    Leaves out links of rows whose id is their key: both may have passed to somebody else.
    """
    return {
        linked[row.source_id]
        for row, found in matched
        if row.source_id in linked
        and not (
            found.conflict is not None
            and found.conflict.code == "reused"
            and any(is_id(row, value) for value in row.key_values)
        )
    }


def _is_alone(found: Match) -> bool:
    return found.target is None and found.conflict is None


def _reason(
    row: SourceRow, near: Sequence[TargetRow], level: int, policy: Policy, spoken: Collection[str]
) -> Reason:
    ids = tuple(each.target_id for each in near)
    nobodys = said_of_nobodys(ids, spoken)
    path = policy.match_paths[level] or f"match key {level + 1}"
    if not policy.key_shown[level]:
        verb = "has" if len(ids) == 1 else "have"
        text = f"target record {some(ids)}, {nobodys}, {verb} nearly the same {path}"
        return _perhaps(row, f"{text} (hidden)", ids)
    named = ", ".join(
        f"target record {each.target_id} has {shown(each.keys[level])}"
        f" ({difference(row.keys[level], each.keys[level])})"
        for each in near[:_MOST]
    )
    more = f" and {len(near) - _MOST} more" if len(near) > _MOST else ""
    text = f"{path} is {shown(row.keys[level])} here, and {named}{more}, {nobodys}"
    return _perhaps(row, text, ids)


def _perhaps(row: SourceRow, text: str, ids: tuple[str, ...]) -> Reason:
    if row.leaver:
        text += "; if they are one person, that record keeps its access"
    return Reason(NEAR_MISS, text, candidates=ids, warning=True)
