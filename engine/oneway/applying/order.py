"""The order of an apply: which action may start next, and in which order endings count.

An action starts after its dependencies and, if several run in parallel, after earlier actions on
the same record; otherwise in plan order. Endings count in plan order too, whichever comes first, so
that the circuit breaker and the order of results depend on the plan alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Generic, TypeVar

from oneway.planning.plan import Action

End = TypeVar("End")


def ordered(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return the actions so that each follows its dependencies, otherwise in their order."""
    by_id = {action.id: action for action in actions}
    placed: dict[str, Action] = {}
    for action in actions:
        todo = [action]
        while todo:
            needs = [by_id[id] for id in todo[-1].depends_on if id in by_id and id not in placed]
            if needs:
                todo.extend(needs)
            else:
                placed.setdefault(todo[-1].id, todo.pop())
    return tuple(placed.values())


class Order(Generic[End]):
    """The actions of an apply in order: waiting, running or ended."""

    def __init__(self, actions: Sequence[Action], *, side_by_side: bool) -> None:
        self.actions = actions
        self._place = {action.id: place for place, action in enumerate(actions)}
        self._waits = [0] * len(actions)
        self._followers: dict[int, list[int]] = defaultdict(list)
        self._free: list[int] = []
        self._follows = [False] * len(actions)
        self._begun = [False] * len(actions)
        self._ends: list[End | None] = [None] * len(actions)
        self._first = 0
        """No action before this position waits to start."""
        self._counted = 0
        """How many endings count: those of all actions before the first unfinished one."""
        self._ended = 0
        for place, (depends, same) in enumerate(_needs(actions)):
            needs = depends | same if side_by_side else depends
            self._waits[place], self._follows[place] = len(needs), bool(depends | same)
            for need in needs:
                self._followers[need].append(place)
            if not needs:
                heappush(self._free, place)

    @property
    def all_begun(self) -> bool:
        """Whether every action has begun."""
        return self._next_waiting() == len(self.actions)

    @property
    def held_up(self) -> bool:
        """Whether the first action that has not started waits for an unfinished one."""
        return not self.all_begun and (not self._free or self._free[0] != self._first)

    def next(self) -> Action | None:
        """Return the first action that may start, if any; `begin` starts it."""
        return self.actions[self._free[0]] if self._free else None

    def begin(self) -> bool:
        """Start the action of `next`; return whether it must see what others wrote."""
        place = heappop(self._free)
        self._begun[place] = True
        return self._follows[place]

    def ended(self, action: Action, end: End) -> None:
        """Record how an action ended, and release those that waited only for it."""
        place = self._place[action.id]
        self._ends[place] = end
        self._ended += 1
        for each in self._followers.pop(place, ()):
            self._waits[each] -= 1
            if not self._waits[each]:
                heappush(self._free, each)

    def counting(self) -> Iterator[End]:
        """Yield the endings that newly count: all actions before them have ended too."""
        while self._counted < len(self.actions):
            end = self._ends[self._counted]
            if end is None:
                return
            self._counted += 1
            yield end

    @property
    def some_uncounted(self) -> bool:
        """Whether any action has ended that does not count yet."""
        return self._ended > self._counted

    def uncounted(self) -> Iterator[End]:
        """Yield the endings that do not count yet, in order."""
        yield from (end for end in self._ends[self._counted :] if end is not None)

    def before_next(self) -> Iterator[End | None]:
        """Yield the endings before the next action that do not count yet, last first.

        None stands for a running action.
        """
        for place in range(self._free[0] - 1, self._counted - 1, -1):
            if self._begun[place]:
                yield self._ends[place]

    def _next_waiting(self) -> int:
        while self._first < len(self.actions) and self._begun[self._first]:
            self._first += 1
        return self._first


def _needs(actions: Sequence[Action]) -> Iterator[tuple[set[int], set[int]]]:
    """Yield the positions of each action's dependencies, and of earlier ones on its record."""
    place = {action.id: own for own, action in enumerate(actions)}
    last: dict[tuple[str, str], int] = {}
    for own, action in enumerate(actions):
        records = (("source", action.source_id), ("target", action.target_id))
        of_it = [(side, id) for side, id in records if id is not None]
        same = {last[each] for each in of_it if each in last}
        last.update(dict.fromkeys(of_it, own))
        yield {place[id] for id in action.depends_on if id in place}, same
