"""What evaluating an expression may cost: steps, and characters of the texts that it makes.

Costs are counted, not timed: an expression that is too expensive for a record is so on every
machine, and a plan can be derived again. Every evaluator follows these rules, so that all
of them refuse the same expressions:

- an evaluation begins: `begin()`; then a step for each node of the tree (`weight`);
- a list is gone over by a projection, a filter or a function with `&`: for each item, a step
  for each node of what is evaluated on it (`each`);
- a list or object is copied (flattened, sliced, taken apart): a step for each value (`spend`);
- a function is called: a step for each item of a list and each 16 characters of a text that it
  is given (`read`);
- values are gone through in depth (compared, searched, written as text, returned): a step for
  each value in them (`look`);
- a function returns text: its characters (`make`), before the text is made where it may be
  longer than all that was given.

`Overspent` ends the evaluation: it is that record's error, and never an answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from oneway.core.dataclass import dataclass

STEP_OF_TEXT = 16
"""How many characters of a text a function reads in one step."""
STEP_OF_COMPARISON = 1024


class Overspent(Exception):
    """An evaluation costs too much; `summary` says of what, and never shows a value."""

    def __init__(self, summary: str) -> None:
        self.summary = summary
        super().__init__(summary)


@dataclass(frozen=True, slots=True)
class CostLimit:
    """How many steps, and how many characters of text, an evaluation may cost."""

    steps: int
    characters: int


EVALUATION = CostLimit(steps=250_000, characters=5_000_000)
"""For one evaluation of an expression: a quarter of a second at most."""
RECORD = CostLimit(steps=1_000_000, characters=20_000_000)
"""For all evaluations on one record."""
PAGE = CostLimit(steps=5_000_000, characters=20_000_000)
"""For an expression of a manifest on one answer, which contains many records."""


class Budget:
    """The budget left in one thread, which evaluations spend one after another."""

    __slots__ = ("_characters", "_limit", "_record", "_steps")

    def __init__(self, limit: CostLimit = EVALUATION) -> None:
        self._limit = limit
        self._record: list[int] | None = None
        self._steps, self._characters = limit.steps, limit.characters

    @contextmanager
    def record(self) -> Iterator[None]:
        """Limit all evaluations in the block, those on one record, together."""
        outer, self._record = self._record, [RECORD.steps, RECORD.characters]
        try:
            yield
        finally:
            self._record = outer

    def begin(self) -> None:
        """Begin an evaluation."""
        self._steps, self._characters = self._limit.steps, self._limit.characters

    @property
    def spent(self) -> CostLimit:
        """The cost so far of the current evaluation."""
        limit = self._limit
        return CostLimit(limit.steps - self._steps, limit.characters - self._characters)

    def spend(self, steps: int) -> None:
        """Pay for steps; raise `Overspent` if too few are left."""
        self._steps -= steps
        if self._steps < 0:
            most = f"{self._limit.steps:,}"
            raise Overspent(f"the expression takes more than {most} steps on these data")
        if self._record is not None:
            self._record[0] -= steps
            if self._record[0] < 0:
                most = f"{RECORD.steps:,}"
                raise Overspent(f"the expressions take more than {most} steps on this record")

    def each(self, items: Any, body: Mapping[str, Any]) -> None:
        """Pay for evaluating a node on each item of a list or an object."""
        if isinstance(items, list | dict):
            self.spend(len(items) * weight(body))

    def make(self, characters: int) -> None:
        """Pay for a text that is made or about to be; raise `Overspent` if it is too long."""
        self._characters -= characters
        within = self._characters >= 0
        if within and self._record is not None:
            self._record[1] -= characters
            within = self._record[1] >= 0
        if not within:
            most = f"{self._limit.characters:,}"
            raise Overspent(f"the expression makes more than {most} characters of text")

    def look(self, value: Any) -> int:
        """Pay for visiting a value in depth, and return the characters of its texts.

        If a value contains the same part many times, each counts.
        """
        characters, level = 0, [value]
        while level:
            self.spend(len(level))
            below: list[Any] = []
            for each in level:
                if isinstance(each, str):
                    characters += len(each)
                elif isinstance(each, list):
                    below += each
                elif isinstance(each, dict):
                    below += each.values()
                    characters += sum(map(len, each))
                if len(below) > self._steps:
                    self.spend(len(below))
            level = below
        self.spend(characters // STEP_OF_COMPARISON)
        return characters

    def read(self, arguments: Sequence[Any]) -> None:
        """Charge for a function that reads its arguments but not their contents."""
        steps = 1
        for each in arguments:
            if isinstance(each, str):
                steps += len(each) // STEP_OF_TEXT
            elif isinstance(each, list | dict):
                steps += len(each)
        self.spend(steps)


def weight(node: Mapping[str, Any]) -> int:
    """Return the number of nodes of a syntax tree; cached in the tree."""
    known: int | None = node.get("weight")
    if known is None:
        parts = node["children"] if node["type"] != "slice" else ()
        known = 1 + sum(map(weight, parts))
        node["weight"] = known  # type: ignore[index]  # a tree is never changed but for this
    return known
