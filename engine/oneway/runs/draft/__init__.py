"""Writes a first mapping from the records of the two sides, for `oneway new`.

Every guess is marked as one, and each decision that a person must take is a question in a comment.
The mapping validates and plans unchanged.
"""

from oneway.runs.draft.codes import with_codes, with_marks
from oneway.runs.draft.first_test import first_test
from oneway.runs.draft.keys import MatchKeys, match_keys
from oneway.runs.draft.lookups import with_lookups
from oneway.runs.draft.outliers import Outlier, outliers, without_outliers
from oneway.runs.draft.pairs import Pair, paired
from oneway.runs.draft.questions import Questions, questions
from oneway.runs.draft.samples import Sample, kept_words, sampled
from oneway.runs.draft.side import DraftSide, read_side
from oneway.runs.draft.write import key_counts, mapping_text

__all__ = [
    "DraftSide", "MatchKeys", "Outlier", "Pair", "Questions", "Sample", "first_test",
    "kept_words", "key_counts", "mapping_text", "match_keys", "outliers", "paired", "questions",
    "read_side", "sampled", "with_codes", "with_lookups", "with_marks", "without_outliers",
]  # fmt: skip
