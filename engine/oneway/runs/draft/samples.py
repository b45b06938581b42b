"""Makes sample records of both sides with invented people, consistent across files.

Only words that rules use stay, such as a status or a kind of contract. Dates move, but keep their
order.
"""

from collections.abc import Iterable, Iterator, Set

from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway.core.parsing import parse_day
from oneway.core.records import Record, Value
from oneway.runs.draft.anonymise import Anonymiser, days_of, words_of
from oneway.runs.draft.draft_mapping import DraftMapping
from oneway.runs.draft.keys import matched
from oneway.runs.draft.questions import Questions
from oneway.runs.draft.side import DraftSide

_MOST = 5
_NEW = 2
_KEPT = ("status", "closed", "type")
_PLACES = ("department", "location", "cost")
"""Fields for which a mapping may have a table; they do not identify anyone."""
_FEW = 6
"""The most words of a status; a field with more holds something else."""
_MANY = 40
"""The most departments."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A few records of each side, and the fields whose words they keep."""

    source: list[dict[str, Value]]
    target: list[dict[str, Value]]
    kept: tuple[str, ...]


def sampled(draft: DraftMapping) -> Sample:
    """Return a few records of each side with replaced values, some matching and some not."""
    source, target = draft.source, draft.target
    both: list[tuple[Record, Record]] = []
    new: list[Record] = []
    owners = matched(source, target, draft.keys)
    for position, each in enumerate(source.records):
        match = owners.get(position)
        if match is not None and len(both) < _MOST:
            both.append((each, target.records[match]))
        elif match is None and len(new) < _NEW:
            new.append(each)
    owned = set(owners.values())
    left = [each for n, each in enumerate(target.records) if n not in owned][:1]
    first = [dict(each.data) for each in (*(one for one, _ in both), *new)]
    second = [dict(each.data) for each in (*(one for _, one in both), *left)]
    coded = [{each.source for each in draft.pairs if each.codes}]
    coded.append({each.target for each in draft.pairs if each.codes})
    kept = {
        path: words
        for side, own in zip((source, target), coded, strict=True)
        for path, words in _words_kept(side, draft.asked, own)
    }
    keeps = frozenset[str]().union(*kept.values())
    found = Anonymiser(keeps, days_of(first + second), real=words_of(first + second))
    return Sample(list(map(found.record, first)), list(map(found.record, second)), tuple(kept))


def _words_kept(
    side: DraftSide, asked: Questions, coded: Set[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the fields whose words the mapping uses or may use, with those words."""
    named = {*(rule.path for rule in asked.rules if rule.word), *asked.leaving.record}
    if asked.switch is not None:
        named.add(asked.switch.path)
    for path in side.fields:
        values = [value for value in side.values(path) if not isinstance(value, bool)]
        words = frozenset(str(value).strip().casefold() for value in values)
        about = path in named or concept(path) in _KEPT
        listed = asked.leaving.words is not None and asked.leaving.words.path == path
        shared = concept(path) in _PLACES and 2 * len(words) <= len(values)
        most = _MANY if path in coded or shared or listed else _FEW if about else 0
        if 0 < len(words) <= most and not all(map(parse_day, map(str, values))):
            yield path, words


def kept_words(paths: Iterable[str]) -> str:
    """Return the fields whose words a sample keeps, in words."""
    named = ", ".join(paths)
    return f"the words of {named} are kept; " if named else ""
