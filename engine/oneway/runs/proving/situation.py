"""A situation of a proof: a few records of each system, and how they differ from the usual ones."""

from typing import cast

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.runs.proving.domains import ValueClass

Data = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Variation:
    """One difference from the usual records.

    `side` is "source" or "target" for a value of that record, "setting" for a setting, and "twin"
    for a second source record, with the same match keys or with others.
    """

    side: str
    found: ValueClass

    @property
    def text(self) -> str:
        """The difference in words."""
        return f"{self.side} {'.'.join(self.found.path)} {self.found.label}"


@dataclass(frozen=True, slots=True)
class ProofSituation:
    """The records of one situation, and how it differs from the usual one.

    `user` is the kind of target record: none, one that agrees with the source record, one that has
    left, or another person's, which agrees except for the match keys.
    """

    changes: tuple[Variation, ...]
    user: str
    source: tuple[Data, ...]
    target: tuple[Data, ...]

    @property
    def settings(self) -> dict[str, Value]:
        """The settings that differ from the usual ones."""
        changed = (each.found for each in self.changes if each.side == SETTING)
        return {each.path[0]: cast(Value, each.value) for each in changed}

    @property
    def fits(self) -> bool:
        """Whether the record schemas allow everything in it."""
        return all(each.found.fits for each in self.changes)


@dataclass(frozen=True, slots=True)
class Bound:
    """How far a proof searched: its classes, and how many situations it tried.

    `pairs` of these have one or two differences from the usual, of the `of_pairs` that exist.
    """

    paths: int
    classes: int
    situations: int
    pairs: int
    of_pairs: int


SETTING, TWIN = "setting", "twin"
SETTING, TWIN = "setting", "twin"
