"""Chooses the situations to try: those that decide the mapping's conditions come first."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import field
from itertools import combinations, product
from typing import TypeVar

from oneway.core.dataclass import dataclass
from oneway.core.records import is_blank
from oneway.mapping.compiler import Compiled
from oneway.runs.proving.domains import Path, target_expressions
from oneway.runs.proving.situation import SETTING, Data, ProofSituation, Variation
from oneway.runs.proving.situations import USERS, SituationMaker, made

_T = TypeVar("_T")
_Changes = tuple[Variation, ...]


@dataclass(frozen=True, slots=True)
class ChosenSituations:
    """The situations to try, the simplest first.

    `pairs` counts those with one or two differences, of the `of_pairs` that exist.
    """

    situations: tuple[ProofSituation, ...]
    pairs: int
    of_pairs: int


def choose(maker: SituationMaker, most: int) -> ChosenSituations:
    """Return up to `most` situations of a mapping.

    If not all pairs of differences fit, two kinds come first, beside each kind of target record:
    every pair of deciding fields, once for each combination of answers (of `only`, the rules,
    `leavers` and the match keys) that it gives, and every way of leaving, by one value or by two,
    with each such pair.
    """
    return _Chooser(maker).choose(most)


@dataclass(slots=True)
class _Chooser:
    """Chooses the situations of one maker."""

    maker: SituationMaker
    _usual: Data = field(init=False)
    _users: dict[str, Data | None] = field(init=False)
    _changes: list[list[Variation]] = field(init=False)
    _deciding: set[tuple[str, Path]] = field(init=False)
    _ways: set[Variation] = field(init=False)
    """The single differences that make the usual person a leaver."""

    def __post_init__(self) -> None:
        maker = self.maker
        self._usual = maker.usual()
        self._users = {user: maker.beside(self._usual, user) for user in USERS}
        self._changes = maker.changes(self._usual)
        self._deciding = _deciding(maker.compiled)
        alone = self._made(((each,) for each in self._single()), ("none",))
        self._ways = {one.changes[0] for one in alone if self.maker.row(one).leaver}

    def choose(self, most: int) -> ChosenSituations:
        """Return up to `most` situations."""
        simple = [*self.maker.special(self._usual), *self._made(self._combined(0))]
        simple += self._made(self._combined(1))
        pairs = self._made(self._combined(2))
        first, others = self._by_kind(pairs)
        found = [*simple, *first, *self._leaving_by_two(first), *others][:most]
        among = sum(len(each.changes) <= 2 for each in found)
        sets = list(self._combined(3)) if len(found) < most else []
        found += self._made(_spread(sets)[: (most - len(found)) // len(USERS)])
        found.sort(key=lambda each: len(each.changes))
        return ChosenSituations(tuple(found), among, len(simple) + len(pairs))

    def _single(self) -> Iterator[Variation]:
        for each in self._changes:
            yield from each

    def _combined(self, size: int) -> Iterator[_Changes]:
        for chosen in combinations(self._changes, size):
            yield from product(*chosen)

    def _made(self, sets: Iterable[_Changes], users: Sequence[str] = USERS) -> list[ProofSituation]:
        return [
            one
            for changes, user in product(sets, users)
            if (one := made(self._usual, changes, user, self._users[user])) is not None
        ]

    def _by_kind(
        self, pairs: Sequence[ProofSituation]
    ) -> tuple[list[ProofSituation], list[ProofSituation]]:
        """Return the first pair of each kind, then the others, pairs with a switch first."""
        kinds: dict[Hashable, ProofSituation] = {}
        switched: list[ProofSituation] = []
        others: list[ProofSituation] = []
        for one in pairs:
            decides = all((each.side, each.found.path) in self._deciding for each in one.changes)
            if not decides or kinds.setdefault(self._kind(one), one) is not one:
                (switched if one.settings else others).append(one)
        return list(kinds.values()), [*switched, *_spread(others)]

    def _kind(self, one: ProofSituation) -> Hashable:
        """Return all that decides about a person in a situation.

        A way of leaving counts by its value, and so does a day at which an answer changes.
        """
        row, user = self.maker.row(one), self.maker.target_row(one)
        by = [
            each if each in self._ways or each.found.edge else each.found.path
            for each in one.changes
        ]
        known = row.evaluation_error is None, row.unsaid is None, row.keys_known
        blank = [is_blank(each) for each in row.key_values]
        blank += [is_blank(each.value) for each in row.leaving]
        left = None if user is None else (user.left, user.scheduled, user.unsaid is None)
        return (
            one.user, repr(by), row.leaver, row.failed_rules, row.outside, known, *blank, left
        )  # fmt: skip

    def _leaving_by_two(self, pairs: Sequence[ProofSituation]) -> list[ProofSituation]:
        """Return the ways of leaving that take two values, each with every other deciding value."""
        ways = [
            one.changes
            for one in pairs
            if one.user == "none"
            and not self._ways.intersection(one.changes)
            and self.maker.row(one).leaver
        ]
        sets = (
            (*way, each)
            for way, each in product(ways, self._single())
            if (each.side, each.found.path) in self._deciding
            and each.found.path not in {one.found.path for one in way}
        )
        return self._made(sets)


def _deciding(compiled: Compiled) -> set[tuple[str, Path]]:
    """Return the fields and settings that decide who takes part, leaves, and has left."""
    code = compiled.code
    found = [each.expression for each in code.match_source]
    found += [each for each in (*code.only, *code.rules, code.leaver) if each is not None]
    found += [each for rule in code.leaving for each in rule.expressions]
    source = {("source", use.keys) for each in found for use in each.paths}
    target = {("target", use.keys) for each in target_expressions(compiled) for use in each.paths}
    return source | target | {(SETTING, (each.name,)) for each in compiled.spec.settings}


_GOLDEN = (5**0.5 - 1) / 2


def _spread(found: Sequence[_T]) -> list[_T]:
    """Return a list in an order in which any prefix is spread over all of it.

    Taking every k-th would not do: if every fourth situation has one kind of target record, that
    kind would be in all or in none.
    """
    order = sorted(range(len(found)), key=lambda number: number * _GOLDEN % 1)
    return [found[number] for number in order]
