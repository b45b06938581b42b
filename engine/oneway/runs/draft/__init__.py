"""Writes a first mapping from what the two sides hold, for `oneway new`.

Every line of it that was guessed is marked as a guess, and what only a person can decide is
written as a question in comments. It validates and plans as it is written.
"""

from oneway.runs.draft.first_test import first_test
from oneway.runs.draft.keys import MatchKeys, match_keys
from oneway.runs.draft.odd import OddRecord, odd_records, without
from oneway.runs.draft.pairs import Pair, paired
from oneway.runs.draft.questions import Questions, questions
from oneway.runs.draft.samples import Sample, kept_words, sampled
from oneway.runs.draft.side import DraftSide, read_side
from oneway.runs.draft.write import key_counts, mapping_text

__all__ = [
    "DraftSide", "MatchKeys", "OddRecord", "Pair", "Questions", "Sample", "first_test",
    "kept_words", "key_counts", "mapping_text", "match_keys", "odd_records", "paired", "questions",
    "read_side", "sampled", "without",
]  # fmt: skip
