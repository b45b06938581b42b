"""Recognises absent target records that unmatched people may have, by unique values and names."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from oneway.core.phrases import some
from oneway.core.records import Value
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.absent import NEAR_KEY
from oneway.planning.diff import Awaited, comparison, is_there, known_value, new_value, present
from oneway.planning.plan import Reason
from oneway.planning.similar.lookalikes import held_value, naming_of, said_value
from oneway.planning.similar.marks import claims_of, marks_of
from oneway.planning.similar.same_person import SEVERAL, said_words

Slot = tuple[int, Hashable]
"""A field's position, and a value in compared form that only one record may hold there."""


class SpokenValues:
    """The unique values, written or not, of unmatched source records whose people stay."""

    def __init__(self, policy: Policy, rows: Iterable[SourceRow]) -> None:
        self.policy = policy
        self.speakers: dict[Slot, list[str]] = defaultdict(list)
        for row in rows:
            values = [known_value(cell) for cell in row.cells] if is_there(policy, row) else ()
            for slot in self._slots(values):
                self.speakers[slot].append(row.source_id)

    def of(self, target: TargetRow) -> Reason | None:
        """Return why an absent target record may be one of these people's; None if it cannot."""
        found = None
        for slot in self._slots([present(each) for each in target.values]):
            if slot in self.speakers:
                found = _spoken_for(self.policy.fields[slot[0]], self.speakers[slot])
        return found

    def shared(self, row: SourceRow) -> str | None:
        """Return another source record that states one of this row's unique values, if any."""
        for slot in self._slots([new_value(cell) for cell in row.cells]):
            for each in self.speakers.get(slot, ()):
                if each != row.source_id:
                    return each
        return None

    def _slots(self, values: Sequence[Value | Awaited]) -> Iterator[Slot]:
        """Yield the values that say who a person is, which constants of the mapping do not."""
        for i in self.policy.watched if values else ():
            value, rule = values[i], self.policy.fields[i]
            if isinstance(value, Awaited) or rule.tells(value):
                yield from ((i, claim) for claim in claims_of(value, comparison(rule)))


class Namesakes:
    """The people who stay and whom the plan does not create, by their names.

    For a record in error, the readable part of the name counts if it has several words.
    """

    def __init__(self, policy: Policy, rows: Iterable[SourceRow]) -> None:
        self.ids: dict[tuple[tuple[int, Hashable], ...], list[str]] = defaultdict(list)
        naming = naming_of(policy)
        for row in rows if naming else ():
            said = [(i, said_value(policy, row, i)) for i in naming]
            name = tuple((i, marks_of(value)) for i, value in said if value is not None)
            in_error = row.evaluation_error is not None
            several = in_error and len(said_words(policy, row)) >= SEVERAL
            whole = len(name) == len(naming) or several
            if whole and is_there(policy, row):
                self.ids[name].append(row.source_id)
        self.parts = {tuple(i for i, _ in name) for name in self.ids}

    def of(self, target: TargetRow) -> Reason | None:
        """Return why an absent target record may be one of these people's; None if it cannot."""
        held = (
            tuple((i, marks_of(held_value(target, i) or "")) for i in positions)
            for positions in sorted(self.parts)
        )
        ids = [id for name in held for id in self.ids.get(name, ())]
        if not ids:
            return None
        text = f"not deactivated: source record {some(ids)} has the same name, and may be the same"
        return Reason(NEAR_KEY, f"{text} person", None, tuple(ids), warning=True)


def _spoken_for(rule: FieldRule, sources: Sequence[str]) -> Reason:
    text = f"not deactivated: its {rule.path} is that of source record {', '.join(sources)}, "
    text += "which matches nothing and may be the same person"
    return Reason("in_conflict", text, rule.place, tuple(sources), warning=True)
