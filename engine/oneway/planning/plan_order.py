"""Merges planned outcomes with quiet ones, in the order of a plan."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from oneway.planning.assemble import Assembler
from oneway.planning.draft import Draft
from oneway.planning.match import Pairs
from oneway.planning.plan import Outcome, Quiet
from oneway.planning.quiet_outcomes import OutcomesInRuns, PassedOver, QuietRun

_AT_A_TIME = 1_000
"""How many quiet outcomes are made before they are reduced to text."""


def in_order(
    assembler: Assembler, drafts: Sequence[Draft], pairs: Pairs, passed_over: PassedOver
) -> Sequence[Outcome]:
    """Return the planned outcomes with the quiet ones inserted in order.

    Source records come in the order of their keys, followed by target records alone.
    """
    people: list[tuple[str, str, Draft]] = []
    alone: list[Draft] = []
    for draft in drafts:
        if draft.row is None:
            alone.append(draft)
        else:
            people.append((draft.row.key, draft.row.source_id, draft))
    people.sort(key=itemgetter(0, 1))
    if not passed_over:
        found = (
            *_beside_quiet(assembler, people, pairs.in_order()),
            *map(assembler.outcome, alone),
        )
        return OutcomesInRuns([e for e in found if isinstance(e, Outcome) or len(e)])
    relinked = assembler.relinked(passed_over)
    quiet = (*assembler.quiet(pairs), *relinked.values())
    planned = [(key, id, assembler.outcome(draft)) for key, id, draft in people]
    every: list[tuple[str, str, Outcome] | Quiet] = [*planned, *quiet]
    every.sort(key=itemgetter(0, 1))
    return passed_over.but(relinked).beside(every, map(assembler.outcome, alone))


def _beside_quiet(
    assembler: Assembler, people: Sequence[tuple[str, str, Draft]], pairs: Pairs
) -> Iterator[Outcome | QuietRun]:
    """Merge the outcomes of people with those of quiet pairs; both are in order.

    Quiet outcomes are made a batch at a time, of which only the text stays in memory.
    """
    places, done = _places(people, pairs), 0
    pairs.source.forget_keys()  # each batch below reads its own
    for start in range(0, len(pairs), _AT_A_TIME):
        quiet = assembler.quiet(pairs.some(start, start + _AT_A_TIME))
        end = bisect_left(places, start + len(quiet), done)
        last = 0
        for at, (*_, draft) in zip(places[done:end], people[done:end], strict=True):
            yield QuietRun.of(quiet[last : at - start])
            yield assembler.outcome(draft)
            last = at - start
        yield QuietRun.of(quiet[last:])
        done = end
    yield from (assembler.outcome(draft) for *_, draft in people[done:])


def _places(people: Iterable[tuple[str, str, Draft]], pairs: Pairs) -> Sequence[int]:
    """Return the positions among pairs at which people are inserted; both are in order."""
    keys, at = pairs.shown(), 0
    places: list[int] = []
    for key, source_id, _ in people:
        at = bisect_left(keys, key, at)
        while at < len(keys) and keys[at] == key and pairs.rows[at][0] < source_id:
            at += 1
        places.append(at)
    return places
