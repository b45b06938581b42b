"""Checks that a run's inputs, including skipped records, are complete and give no findings.

If so, the skipped records cannot change what is reported about the inputs as a whole.
"""

from dataclasses import replace

from oneway.core.compare import identity
from oneway.core.paths import item_text, path_text
from oneway.history.baseline.pairs import Baseline, Word
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.profile.word_tally import DISTINCT, WordTally
from oneway.runs.read import EvaluatedInputs

SIDES = ("source", "target")


def is_clean(found: EvaluatedInputs, before: Baseline | None) -> bool:
    """Return whether the inputs are complete and give no findings.

    `before` is what the last run stored about the records that may have been skipped.
    """
    for role, read in zip(SIDES, (found.source, found.target), strict=True):
        if not read.complete or read.problems:
            return False
        tally = found.tallies[role]
        if not _is_usual(tally):
            return False
        if before is not None and not _is_as_before(tally, before, role):
            return False
    return True


def words_of(found: EvaluatedInputs, before: Baseline | None) -> dict[str, dict[str, list[Word]]]:
    """Return every value that may be compared with words, by side and path."""
    return {
        role: {
            item_text(path): [
                each for each in values.values() if isinstance(each, str | int | float)
            ]
            for path, values in _wider(found.tallies[role], before, role).values.items()
            if len(values) <= DISTINCT
        }
        for role in SIDES
    }


def untyped_of(found: EvaluatedInputs) -> dict[str, list[str]]:
    """Return the constants of each side whose type no record's value has."""
    return {role: sorted(_untyped(found.tallies[role])) for role in SIDES}


def _is_usual(tally: KeyTally) -> bool:
    if tally.unread or tally.whole != tally.records:
        return False
    if tally.new is not None and tally.lacking:
        return False
    ids, tally.ids = tally.ids, None  # ids are counted for all records, skipped ones included
    try:
        return not any(tally.findings())
    finally:
        tally.ids = ids


def _is_as_before(tally: KeyTally, before: Baseline, role: str) -> bool:
    """Return whether the skipped records cannot change what a tally reports."""
    if not _untyped(tally) <= set(before.untyped[role]):
        return False
    if any(item_text(path) not in before.words[role] for path in tally.words.values):
        return False
    wider = _wider(tally, before, role)
    return wider.met() == tally.words.met() and not any(wider.unheld())


def _untyped(tally: KeyTally) -> set[str]:
    constants = tally.types.constants
    return {f"{path_text(each.path)} {each.value!r} {each.place}" for each in constants}


def _wider(tally: KeyTally, before: Baseline | None, role: str) -> WordTally:
    """Return the words with the values that skipped records may have added."""
    known = before.words[role] if before is not None else {}
    values = {
        path: {**held, **{identity(each): each for each in known.get(item_text(path), ())}}
        for path, held in tally.words.values.items()
    }
    return replace(tally.words, values=values)
