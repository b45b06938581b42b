"""Holds back the leave of a person who is employed according to another source record.

A contractor who becomes an employee has two records: one with the old key, which says that they
have left, and one with a new key, which matches nothing. The leave would lock out a person who
works there. A unique value that both share, such as an email, or a later match key reveals this.
Then both wait, like two records with one key. If their names have no word in common, the value has
passed to another person, and the leave is written.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from oneway.core.phrases import some
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.diff import stays_until_later
from oneway.planning.match import NOBODY, Match, Matches
from oneway.planning.plan import Reason
from oneway.planning.similar.lookalikes import held_value, said_value
from oneway.planning.similar.marks import marks_of
from oneway.planning.similar.near_duplicates import matches_nothing
from oneway.planning.similar.same_person import have_one_word

CAME_BACK = "came_back"
"""The code of the conflict that names both records."""

_Mark = tuple[str, Hashable]
"""The path of a match key or unique field, and a value of it."""


def hold_who_came_back(
    matches: Matches, rows: Sequence[SourceRow], policy: Policy, allowed: Collection[str] = ()
) -> Matches:
    """Return the matches, with a conflict for leavers who may be employed under another key.

    The employed record is in conflict as well. A human has confirmed that the keys in `allowed`
    belong to separate people. No value is shown.
    """
    open_ = [(row, each) for row, each in matches.each(rows) if row.key not in allowed]
    leaving = [
        (row, found.target)
        for row, found in open_
        if row.leaver and found.target is not None and not found.target.left
    ]
    if not leaving:
        return matches
    employed = _Employed(policy, open_)
    found = dict(matches.by_source)
    held: dict[str, list[_Leaver]] = defaultdict(list)
    for row, target in leaving:
        others = employed.like(row, target)
        if others:
            reason = _reason(_leaver_text(others), others, [target])
            found[row.source_id] = Match(conflict=reason, candidates=(target,))
        for other, paths in others.items():
            held[other].append(_Leaver(row, target, paths))
    for source_id, leavers in held.items():
        keyed = found.get(source_id, NOBODY)
        targets = [*keyed.candidates, *(each.target for each in leavers)]
        text = _employed_text(employed.rows[source_id], leavers)
        reason = _reason(text, [each.row.source_id for each in leavers], targets)
        candidates = tuple({each.target_id: each for each in targets}.values())
        found[source_id] = Match(conflict=reason, level=keyed.level, candidates=candidates)
    return Matches(found, matches.spoken)


class _Leaver(NamedTuple):
    """A leaver, the matched target record, and the paths of the values shared with an employee."""

    row: SourceRow
    target: TargetRow
    paths: tuple[str, ...]


class _Employed:
    """Employed people without a certain match, indexed by `_Mark`; some have a future last day."""

    def __init__(self, policy: Policy, people: Iterable[tuple[SourceRow, Match]]) -> None:
        self.policy = policy
        self.rows: dict[str, SourceRow] = {}
        self.marked: dict[_Mark, list[str]] = defaultdict(list)
        self.claiming: dict[str, list[str]] = defaultdict(list)
        """The source records in conflict over each target record, by its id."""
        for row, found in people:
            if not stays_until_later(policy, row) or row.outside or found.target is not None:
                continue
            self.rows[row.source_id] = row
            for each in found.candidates if found.conflict is not None else ():
                self.claiming[each.target_id].append(row.source_id)
            for mark in _of_row(policy, row) if matches_nothing(found) else ():
                self.marked[mark].append(row.source_id)

    def like(self, row: SourceRow, target: TargetRow) -> Mapping[str, tuple[str, ...]]:
        """Return the employees who may be this leaver, by source id, with the paths they share."""
        marks = dict.fromkeys((*_of_row(self.policy, row), *_of_target(self.policy, target)))
        shared: dict[str, dict[str, None]] = defaultdict(dict)
        for path, value in marks:
            for other in self.marked.get((path, value), ()):
                shared[other][path] = None
        for other in self.claiming.get(target.target_id, ()):
            theirs = set(_of_row(self.policy, self.rows[other]))
            shared[other] |= {path: None for path, value in marks if (path, value) in theirs}
        return {
            other: tuple(paths)
            for other, paths in sorted(shared.items())
            if have_one_word(self.policy, self.rows[other], row, target) is not False
        }


def _of_row(policy: Policy, row: SourceRow) -> Iterator[_Mark]:
    yield from _of_keys(policy, row.keys)
    for position in policy.watched:
        value = said_value(policy, row, position)
        if value is not None:
            yield from ((policy.fields[position].path, mark) for mark in marks_of(value))


def _of_target(policy: Policy, target: TargetRow) -> Iterator[_Mark]:
    yield from _of_keys(policy, target.keys)
    for position in policy.watched:
        value = held_value(target, position)
        if value is not None:
            yield from ((policy.fields[position].path, mark) for mark in marks_of(value))


def _of_keys(policy: Policy, keys: Iterable[Hashable]) -> Iterator[_Mark]:
    for level, key in enumerate(keys):
        if key is not None:
            yield policy.match_paths[level] or f"match key {level + 1}", key


def _reason(text: str, sources: Iterable[str], targets: Iterable[TargetRow]) -> Reason:
    ids = dict.fromkeys((*sources, *(each.target_id for each in targets)))
    return Reason(CAME_BACK, text, candidates=tuple(ids), warning=True)


def _leaver_text(others: Mapping[str, tuple[str, ...]]) -> str:
    who = "is employed and matches" if len(others) == 1 else "are employed and match"
    paths = dict.fromkeys(path for each in others.values() for path in each)
    return (
        f"source record {some(list(others))} {who} nothing for certain{_same(paths)}: perhaps one "
        "person under another key, whom the leave would lock out"
    )


def _employed_text(row: SourceRow, leavers: Sequence[_Leaver]) -> str:
    ids = some([each.target.target_id for each in leavers])
    paths = dict.fromkeys(path for each in leavers for path in each.paths)
    key = f" {row.key}" if row.key != row.source_id else ""
    return (
        f"source record {some([each.row.source_id for each in leavers])}, to whom target record "
        f"{ids} belongs, has left{_same(paths)}; if they are one person who came back under a new "
        f"key, name the person under `source.one_per`, or give record {ids} the key{key} by hand; "
        f"if not, --allow reused:{row.key} lets both through"
    )


def _same(paths: Iterable[str]) -> str:
    named = " and ".join(paths)
    return f", with the same {named}" if named else ""
