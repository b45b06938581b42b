"""Recognises a target record by the values that tell whose it is, even under another id.

What runs remember about leavers is bound to target records. If an export gives them other ids, or
an id passes to somebody else, the key, the emails and the name show it. Only keyed digests of these
are stored. They do not cover the record's id, because records with different ids are compared.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from hashlib import blake2b
from typing import TypeAlias

from oneway.core.key_forms import key_text
from oneway.core.seal import Seal
from oneway.mapping.policy import Policy
from oneway.mapping.rows import TargetRow
from oneway.planning.similar.lookalikes import compared_fields, held_value
from oneway.planning.similar.marks import has_email, marks_of, one_form
from oneway.planning.similar.same_person import SEVERAL, held_names

Marks: TypeAlias = Mapping[str, str]
"""The values that tell whose a record is: their joined digests, by target field."""

NAMES = ""
"""Stands for a field: the words of all names."""
_SIZE = 4
"""The length of a digest in bytes."""
_WIDTH = 2 * _SIZE


class RecordMarks:
    """Computes digests of what tells whose a target record is: keys, emails, names and such."""

    def __init__(self, seal: Seal, policy: Policy) -> None:
        self._keyed = blake2b(key=bytes.fromhex(seal.mac("key of record marks")), digest_size=_SIZE)
        self._policy = policy
        levels = enumerate(policy.match_paths)
        self.keys = tuple(path or f"match key {level + 1}" for level, path in levels)
        """The places of the match keys."""
        names, unique = {*policy.naming}, {*policy.watched}
        self._fields = [
            (at, policy.fields[at], at in unique and not policy.fields[at].sensitive)
            for at in compared_fields(policy)
            if at not in names
        ]

    def of(self, target: TargetRow) -> Marks:
        """Return the marks of a target record; leaves out blank values."""
        found = {}
        for place, key in zip(self.keys, target.keys, strict=False):
            if key is not None:
                found[place] = self._digests(place, [key_text(key)])
        for at, rule, unique in self._fields:
            value = held_value(target, at)
            if value is not None and (unique or has_email(value)) and rule.tells(value):
                found[rule.path] = self._digests(rule.path, map(str, marks_of(value)))
        if names := held_names(self._policy, target):
            found[NAMES] = self._digests(NAMES, names)
        return found

    def of_day(self, source_id: str, day: date) -> str:
        """Return the digest of the day on which a person leaves."""
        return self._digest(f"day {source_id}\0{day}")

    def _digests(self, place: str, texts: Iterable[str]) -> str:
        return "".join(sorted(self._digest(f"mark {place}\0{one_form(each)}") for each in texts))

    def _digest(self, text: str) -> str:
        made = self._keyed.copy()
        made.update(text.encode("utf-8", "surrogatepass"))
        return made.hexdigest()


def parts_of(marks: Marks) -> Iterable[tuple[str, str]]:
    """Yield the digests that a record is searched by, with their fields; those of names as one."""
    for place, text in marks.items():
        if place == NAMES or len(text) == _WIDTH:
            yield place, text
        else:
            yield from ((place, each) for each in _split(text))


def are_one(before: Marks, now: Marks, keys: Collection[str], *, moved: bool) -> bool:
    """Return whether a record is the one that had these marks `before`, under another id.

    A common key (`keys` are the fields) says so, unless several other marks differ and none agrees.
    If the record has `moved`, which means that its old id no longer finds it, two more things say
    so: a common email or unique value, if no name differs; or the whole name, if nothing differs.
    """
    same, differing = _compared(before, now)
    if not same.isdisjoint(keys) and (len(same) > 1 or len(differing) < SEVERAL):
        return True
    if not moved:
        return False
    if same == {NAMES}:
        return not differing and before[NAMES] == now[NAMES] and len(now[NAMES]) > _WIDTH
    return bool(same - {NAMES}) and NAMES not in differing


def are_two(before: Marks, now: Marks) -> bool:
    """Return whether several marks of a record differ from the marks `before`, and none agrees."""
    same, differing = _compared(before, now)
    return not same and len(differing) >= SEVERAL


def _compared(before: Marks, now: Marks) -> tuple[set[str], set[str]]:
    both = before.keys() & now.keys()
    same = {
        each
        for each in both
        if before[each] == now[each] or not _split(before[each]).isdisjoint(_split(now[each]))
    }
    return same, both - same


def _split(text: str) -> set[str]:
    return {text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)}
