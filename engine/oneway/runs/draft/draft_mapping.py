"""The guesses from which a first mapping, its test and its sample are written."""

from collections.abc import Sequence

from oneway.core.dataclass import dataclass
from oneway.runs.draft.keys import MatchKeys
from oneway.runs.draft.pairs import Pair
from oneway.runs.draft.questions import Questions
from oneway.runs.draft.side import DraftSide


@dataclass(frozen=True, slots=True)
class DraftMapping:
    """Both sides, the pairs of their fields, the match keys, and what only people know."""

    source: DraftSide
    target: DraftSide
    pairs: Sequence[Pair]
    keys: MatchKeys
    asked: Questions
