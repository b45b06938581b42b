"""Finds target records with the email or name of a person whom no key matches.

If half of the target's records lack the key, the key finds half of the people, and a plan would
create the others a second time. Other values reveal this: an email, a number that no two records
share, a whole name. Values that differ count as well: a person who shares only a surname with a
record is another person.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter

from oneway.core.dataclass import dataclass
from oneway.core.parsing import parse_day
from oneway.core.records import MISSING, Missing, Value, is_blank
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.planning.diff import known_value
from oneway.planning.match import NO_PAIRS, MatchedRows, Pairs
from oneway.planning.record_owner import owner_text
from oneway.planning.similar.marks import as_told, has_email, marks_of, one_form

LOOKED_AT = 200
"""How many target records are sampled to see whether a field identifies people."""
_ENOUGH = 5
"""A field identifies people if at least this many target records have a value of their own."""
MOST = 3
"""How many holders are named at most: a mailbox that more records share belongs to no person."""

Holders = Mapping[Hashable, Sequence[AnyTargetRow]]


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """Target records indexed by values other than keys; `owners` are their source rows.

    `single` are the holders of unique values, by field; the fields `emails` hold emails. `named`
    are the unmatched records by whole name. `spoken` is that of `Matches`.
    """

    policy: Policy
    owners: Mapping[str, AnySourceRow]
    spoken: Collection[str]
    single: Mapping[int, Holders]
    emails: frozenset[int]
    naming: tuple[int, ...]
    named: Holders

    def of(self, row: SourceRow) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield in words why records may belong to this person, with the ids of those records."""
        for position, holders in self.single.items():
            value = said_value(self.policy, row, position)
            held = holding(holders, value)
            found = [each for each in held if self._may_be(row, each, position)]
            if len(held) <= MOST and found:
                yield self._text([position], [value], found), tuple(e.target_id for e in found)
        namesakes = namesakes_of(self.policy, row, self.named)
        if len(namesakes) > MOST:  # those in a conflict must not hide the others
            namesakes = [each for each in namesakes if each.target_id not in self.spoken]
        if 0 < len(namesakes) <= MOST:
            names = [said_value(self.policy, row, position) for position in self.naming]
            ids = tuple(each.target_id for each in namesakes)
            yield self._text(self.naming, names, namesakes), ids

    def _may_be(self, row: SourceRow, target: AnyTargetRow, position: int) -> bool:
        """Return whether a record that holds a person's value may be theirs, judging by names.

        A record that is matched with another person may be theirs only if it has their email.
        """
        names = [each for each in self.naming if each not in self.emails]
        pairs = [(said_value(self.policy, row, each), held_value(target, each)) for each in names]
        same = [marks_of(one) == marks_of(other) for one, other in pairs
                if one is not None and other is not None]  # fmt: skip
        if position in self.emails:
            return target.target_id not in self.owners or all(same)
        return target.target_id not in self.owners and (any(same) or not same)

    def _text(
        self, positions: Sequence[int], values: Sequence[Value], found: Sequence[AnyTargetRow]
    ) -> str:
        ids = {each.target_id for each in found}
        named = ", ".join(owner_text(each.target_id, each, self.owners.get(each.target_id))
                          for each in found)  # fmt: skip
        rules = [self.policy.fields[position] for position in positions]
        path, verb = " and ".join(each.path for each in rules), "is" if len(rules) == 1 else "are"
        what = repr(" ".join(map(as_told, values)).strip())
        text = f"{path} {verb} {what} here, and in {named}"
        if any(each.sensitive for each in rules):
            text = f"{path} (hidden) {verb} the same here and in {named}"
        of_somebody = bool(ids & self.owners.keys())
        return text if of_somebody else f"{text}, {said_of_nobodys(ids, self.spoken)}"


def said_of_nobodys(ids: Iterable[str], spoken: Collection[str]) -> str:
    """Return in words that these target records have no person, or are in a conflict."""
    unsure = any(each in spoken for each in ids)
    return "which nothing matches for certain" if unsure else "which nothing matches"


def lookalikes(
    records: MatchedRows,
    alone: Sequence[SourceRow],
    owners: Mapping[str, AnySourceRow],
    kinds: Mapping[int, str],
) -> Lookalikes:
    """Index target records by values other than keys; `owners` are the rows of matched ones.

    From quiet pairs, only values that one of the rows `alone` has are indexed. Leaves out fields
    that the plan keeps unique anyway. `kinds` is the result of `kinds_of` for all target records.
    """
    targets, policy, quiet = records.targets, records.policy, records.quiet
    naming = naming_of(policy)
    emails = frozenset(each for each, kind in kinds.items() if kind == "email")
    every = dict(owners)
    single: dict[int, Holders] = {}
    for position in telling(policy, kinds):
        values = (said_value(policy, row, position) for row in alone)
        wanted = {each for value in values if value is not None for each in marks_of(value)}
        found: dict[Hashable, list[AnyTargetRow]] = defaultdict(list)
        for form, held in holders_of(targets, position).items():
            found[form] += held
        some = quiet.held([position]) if wanted else ()
        for at, value in enumerate(chain.from_iterable(each[position] for each in some)):
            if not (isinstance(value, Missing) or is_blank(value)):
                for mark in wanted.intersection(marks_of(value)):
                    found[mark].append(quiet.targets[at])
                    every[quiet.targets[at][0]] = quiet.rows[at]
        single[position] = {form: sorted(held, key=_ID) for form, held in found.items()}
    free = by_name((each for each in targets if each.target_id not in owners), naming)
    return Lookalikes(policy, every, records.matches.spoken, single, emails, naming, free)


def kinds_of(
    targets: Sequence[AnyTargetRow], policy: Policy, quiet: Pairs = NO_PAIRS
) -> Mapping[int, str]:
    """Return what each other field holds: "email", "own" if no two records share a value, or "".

    The first target records that have a value decide, in the order of their ids, including those of
    `quiet` pairs.
    """
    fields = [each for each in compared_fields(policy) if each not in policy.watched]
    ordered = _in_order(targets, quiet)
    first = _first_values(ordered, fields)
    return {at: _kind(found, secret=policy.fields[at].sensitive) for at, found in first.items()}


def _first_values(
    ordered: Iterator[AnyTargetRow], fields: Iterable[int]
) -> Mapping[int, Sequence[Value]]:
    """Return the values that the first target records have in each field."""
    found: dict[int, list[Value]] = {each: [] for each in fields}
    while few := [each for each, values in found.items() if len(values) < LOOKED_AT]:
        some = list(islice(ordered, LOOKED_AT))
        if not some:
            break
        rows = [target.values for target in some]  # which a short row works out each time
        for each in few:
            values = (_given(held, each) for held in rows)
            found[each] += [value for value in values if value is not None]
    return {each: values[:LOOKED_AT] for each, values in found.items()}


def _in_order(targets: Sequence[AnyTargetRow], quiet: Pairs) -> Iterator[AnyTargetRow]:
    """Yield target records in the order of their ids; if there are many, only the first ones."""

    def ids() -> Iterator[tuple[int, str]]:
        return enumerate(chain(map(_ID, targets), quiet.target.each_id(quiet.targets_at)))

    def row(at: int) -> AnyTargetRow:
        return targets[at] if at < len(targets) else quiet.targets[at - len(targets)]

    first: list[tuple[str, int]] = []
    last = None
    for at, id in ids():
        if last is None or id < last:
            first.append((id, at))
            if len(first) == 10 * LOOKED_AT:
                first = sorted(first)[: 2 * LOOKED_AT]
                last = first[-1][0]
    first.sort()
    yield from (row(at) for _, at in first)
    known = {at for _, at in first}
    yield from (row(at) for _, at in sorted((id, at) for at, id in ids() if at not in known))


_ID = itemgetter(0)


def telling(policy: Policy, kinds: Mapping[int, str]) -> tuple[int, ...]:
    """Return the fields whose values are searched for in all target records."""
    naming = naming_of(policy)
    return tuple(e for e, kind in kinds.items() if kind == "email" or (kind and e not in naming))


def compared_fields(policy: Policy) -> list[int]:
    """Return the fields whose values may tell who a person is, except the match keys."""
    return [
        position
        for position, rule in enumerate(policy.fields)
        if not (rule.own_table or rule.path in policy.match_paths)
    ]


def naming_of(policy: Policy) -> tuple[int, ...]:
    """Return the fields that name a person; () if any of them is not compared."""
    return policy.naming if set(policy.naming) <= set(compared_fields(policy)) else ()


def _kind(values: Sequence[Value], *, secret: bool) -> str:
    """Return "email" or "own" for values that hold emails, or text that no two records share.

    A `secret` number that two people share, such as an account number, says little.
    """
    if sum(map(has_email, values)) * 2 > len(values):
        return "email"
    if secret:
        return ""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(values) or len(texts) < _ENOUGH or len(set(texts)) < len(texts):
        return ""  # the usual case, decided without slower checks
    if any(parse_day(text) is not None for text in texts):
        return ""
    return "own" if len(set(map(one_form, texts))) == len(texts) else ""


def holders_of(targets: Iterable[AnyTargetRow], position: int) -> Holders:
    found: dict[Hashable, list[AnyTargetRow]] = defaultdict(list)
    for each in targets:
        values = each.values
        value = values[position] if position < len(values) else MISSING
        if isinstance(value, str):  # as nearly all are; blank where no word is in it
            if form := one_form(value):
                found[form].append(each)
        elif not isinstance(value, Missing) and not is_blank(value):
            for mark in marks_of(value):
                found[mark].append(each)
    return dict(found)


def holding(holders: Holders, value: Value) -> Sequence[AnyTargetRow]:
    """Return the target records in an index that have a mark of a value; () for None."""
    marks = marks_of(value) if value is not None else ()
    return [*{each.target_id: each for mark in marks for each in holders.get(mark, ())}.values()]


def by_name(free: Iterable[TargetRow], naming: Sequence[int]) -> Holders:
    """Index target records by all their naming fields, skipping those where one is blank."""
    found: dict[Hashable, list[AnyTargetRow]] = defaultdict(list)
    for each in free:
        names = [held_value(each, position) for position in naming]
        if names and not any(map(is_blank, names)):
            found[tuple(map(marks_of, names))].append(each)
    return dict(found)


def is_keyless(target: TargetRow) -> bool:
    """Return whether a target record has no match key that can be read."""
    return target.keys.count(None) == len(target.keys)


def namesakes_of(policy: Policy, row: AnySourceRow, named: Holders) -> Sequence[AnyTargetRow]:
    """Return the target records in the index `by_name` with a source record's whole name."""
    names = [said_value(policy, row, each) for each in naming_of(policy)] if named else [None]
    return () if None in names else named.get(tuple(map(marks_of, names)), ())


def held_value(target: AnyTargetRow, position: int) -> Value:
    """Return a target record's value of a field; None if it is blank."""
    return _given(target.values, position)


def _given(values: Sequence[Value | Missing], position: int) -> Value:
    value: Value | Missing = values[position] if position < len(values) else MISSING
    return None if isinstance(value, Missing) or is_blank(value) else value


def said_value(policy: Policy, row: AnySourceRow, position: int) -> Value:
    """Return a source record's value of a field; None if it is blank.

    Also None if it is a constant of the mapping, which says nothing about the person.
    """
    cell = row.cells[position] if position < len(row.cells) else None
    value = None if cell is None else known_value(cell)
    rule = policy.fields[position]
    return value if rule.tells(value) else None
