"""Holds back people who may be in the source twice, under keys that differ only in form.

`42` and `0042` in one file are usually one person twice: two systems pad numbers differently, or
the person came back. Writing both would give one person two accounts, or let the row of a leaver
lock the person out. So the two are a conflict, like two rows with one key. A matched person who
stays is certain, and is not held back.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from oneway.core.dataclass import dataclass
from oneway.core.key_forms import difference, loose, shown
from oneway.core.phrases import some
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, whole, whole_target
from oneway.planning.match import NOBODY, Match, MatchedRows, Matches, Pairs
from oneway.planning.plan import Reason
from oneway.planning.similar.near_misses import NEAR_MISS, key_at

NEAR_DUPLICATE = "near_duplicate"
"""The code of the conflict that names the rows."""

_MOST = 5
"""How many rows are named at most."""


def hold_near_duplicates(records: MatchedRows, allowed: Collection[str] = ()) -> Matches:
    """Return the matches, with a conflict for people who may be in the source twice.

    A human has confirmed that the keys in `allowed` belong to separate people. Sensitive keys are
    compared, but not shown.
    """
    rows, targets, quiet = records.rows, records.targets, records.quiet
    matches, policy = records.matches, records.policy
    joiners = [row for row, each in records.each if may_be_created(row, each)]
    if not joiners:
        return matches
    found = dict(matches.by_source)
    spoken = set(matches.spoken)
    for level in range(len(policy.match)):
        open_ = [row for row in joiners if found.get(row.source_id, NOBODY).conflict is None]
        groups = _alike(rows, quiet, open_, level)
        if not groups:  # the usual case
            continue
        alike = {row.source_id for group in groups.values() for row in group}
        for id, target in zip(quiet.ids()[0], quiet.targets, strict=True):
            if id in alike:
                found[id] = Match(whole_target(target), level=0)
        near = _forms(targets, quiet.targets, quiet.target_keys(level), level, groups.keys())
        for form, group in groups.items():
            others = list(map(whole_target, near.get(form, ())))
            held = _Group(group, others, found, level, policy, allowed).held()
            found |= held
            spoken |= {e.target_id for m in held.values() for e in m.candidates}
    return Matches({row.source_id: found[row.source_id] for row in rows if row.source_id in found},
                   frozenset(spoken))  # fmt: skip


def may_be_created(row: SourceRow, found: Match) -> bool:
    """Return whether a row belongs to an employed person without a match."""
    return matches_nothing(found) and not (row.outside or row.leaver)


def matches_nothing(found: Match) -> bool:
    """Return whether a row has neither a target record nor a candidate for one."""
    nobody = found.target is None and found.conflict is None
    return nobody and (found.gone is None or found.again)


def _alike(
    rows: Sequence[SourceRow], quiet: Pairs, joiners: Iterable[SourceRow], level: int
) -> dict[str, list[SourceRow]]:
    """Return the rows whose keys differ from a joiner's only in form."""
    theirs = quiet.keys(level)
    every = (*(key_at(row, level) for row in rows), *theirs)
    if _of_one_form([key for key in every if key is not None] if None in every else every):
        return {}
    keys = (key_at(row, level) for row in joiners)
    wanted = {loose(key) for key in keys if key is not None}
    groups = _forms(rows, quiet.rows, theirs, level, wanted)
    return {
        form: list(map(whole, group))
        for form, group in groups.items()
        if len({key_at(row, level) for row in group}) > 1
    }


def _of_one_form(texts: Collection[Hashable]) -> bool:
    """Return whether no two keys can differ only in form: plain texts of one length and case."""
    try:
        together = "".join(texts)  # type: ignore[arg-type]  # as the keys of nearly all sources
    except TypeError:
        return False
    plain = together.isascii() and together.isalnum()
    cased = together in (together.upper(), together.lower())
    return plain and cased and len(set(map(len, texts))) == 1  # type: ignore[arg-type]


def _forms(
    rows: Sequence[SourceRow | TargetRow],
    quiet: Sequence[AnySourceRow | AnyTargetRow],
    keys: Sequence[Hashable],
    level: int,
    wanted: Collection[str],
) -> dict[str, list[Any]]:
    """Return the rows whose keys have a wanted form; `keys` are the keys of the quiet rows."""
    found: dict[str, list[Any]] = defaultdict(list)
    every = chain((key_at(row, level) for row in rows), keys)
    for at, key in enumerate(every if wanted else ()):
        if key is not None and (form := loose(key)) in wanted:
            found[form].append(rows[at] if at < len(rows) else quiet[at - len(rows)])
    for group in found.values():
        group.sort(key=itemgetter(0))  # by their ids
    return dict(sorted(found.items(), key=lambda each: each[1][0][0]))


@dataclass(frozen=True, slots=True)
class _Group:
    """Source rows whose keys differ only in form, and the target records with such keys."""

    rows: Sequence[SourceRow]
    near: Sequence[TargetRow]
    found: Mapping[str, Match]
    level: int
    policy: Policy
    allowed: Collection[str]

    def held(self) -> dict[str, Match]:
        """Return the matches of rows that may be one person: conflicts, or one with a note."""
        joiners = [row for row in self.rows if may_be_created(row, self._match(row))]
        weighing = [row for row in self.rows if self._weighs(row)]
        held, rivals = {}, []
        for row in joiners:
            if row.key not in self.allowed and self._others(row, weighing):
                held[row.source_id] = self._conflict(row, weighing)
                rivals.append(row)
            elif self._others(row, self.rows):
                note = Reason(NEAR_MISS, self._text(row, self.rows), warning=True,
                              candidates=self._ids(row, self.rows))  # fmt: skip
                found = self._match(row)
                held[row.source_id] = found._replace(notes=(*found.notes, note))
        for row in weighing:
            if self._loses_access(row) and self._others(row, rivals):
                held[row.source_id] = self._conflict(row, rivals)
        return held

    def _match(self, row: SourceRow) -> Match:
        return self.found.get(row.source_id, NOBODY)

    def _weighs(self, row: SourceRow) -> bool:
        """Return whether a row would conflict with another if the two had one key."""
        found = self._match(row)
        if row.outside:
            return False
        if found.target is None and found.conflict is None:
            return not row.leaver  # a leaver causes no create, and loses nothing here
        if found.level is None or found.level >= self.level:
            return True
        return found.target is not None and self._is_near(found.target)

    def _is_near(self, target: TargetRow) -> bool:
        return any(each.target_id == target.target_id for each in self.near)

    def _loses_access(self, row: SourceRow) -> bool:
        target = self._match(row).target
        return row.leaver and target is not None and not target.left and (
            row.key not in self.allowed
        )  # fmt: skip

    def _others(self, row: SourceRow, rows: Iterable[SourceRow]) -> list[SourceRow]:
        key = key_at(row, self.level)
        return [each for each in rows if key_at(each, self.level) != key]

    def _ids(self, row: SourceRow, rows: Iterable[SourceRow]) -> tuple[str, ...]:
        return tuple(each.source_id for each in self._others(row, rows))

    def _conflict(self, row: SourceRow, rows: Sequence[SourceRow]) -> Match:
        own = self._match(row).target
        records = {e.target_id: e for e in ((own,) if own is not None else ()) + tuple(self.near)}
        text = f"{self._text(row, rows)}{self._targets()}: perhaps one person twice"
        ids = (*self._ids(row, rows), *records)
        reason = Reason(NEAR_DUPLICATE, text, candidates=ids, warning=True)
        return Match(conflict=reason, level=self.level, candidates=tuple(records.values()))

    def _text(self, row: SourceRow, rows: Iterable[SourceRow]) -> str:
        key = key_at(row, self.level)
        path = self.policy.match_paths[self.level] or f"match key {self.level + 1}"
        others = self._others(row, rows)
        if not self._is_shown:
            ids = some([each.source_id for each in others])
            return f"source record {ids} has nearly the same {path} (hidden)"
        named = ", ".join(self._named(each, key) for each in others[:_MOST])
        more = f" and {len(others) - _MOST} more" if len(others) > _MOST else ""
        return f"{path} is {shown(key)} here, and {named}{more}"

    def _named(self, other: SourceRow, key: Hashable) -> str:
        theirs = key_at(other, self.level)
        return f"source record {other.source_id} has {shown(theirs)} ({difference(key, theirs)})"

    @property
    def _is_shown(self) -> bool:
        return self.policy.key_shown[self.level]

    def _targets(self) -> str:
        if not self._is_shown:
            ids = some([each.target_id for each in self.near])
            return f"; so has target record {ids}" if self.near else ""
        named = [
            f"target record {each.target_id} has {shown(each.keys[self.level])}"
            for each in self.near[:_MOST]
        ]
        return f"; {', '.join(named)}" if named else ""
