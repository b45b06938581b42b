"""Compares two plans over the same records, person by person."""

from collections import Counter
from collections.abc import Iterator

from oneway.core.dataclass import dataclass
from oneway.planning.compare import by_record
from oneway.planning.plan import Change, Kind, Outcome, Plan, Verb


@dataclass(frozen=True, slots=True)
class FieldImpact:
    """One field of one person: the change that each plan makes, or None."""

    field: str
    before: Change | None
    after: Change | None


@dataclass(frozen=True, slots=True)
class PersonImpact:
    """One person whom the two plans treat differently; a side is None if it lacks the record.

    `fields` are the fields that get another value, even if the outcomes are equal.
    """

    before: Outcome | None
    after: Outcome | None
    fields: tuple[FieldImpact, ...] = ()

    @property
    def shown(self) -> Outcome:
        """The outcome that names the person: the new one, or the old one without it."""
        found = self.after if self.after is not None else self.before
        assert found is not None
        return found

    @property
    def turn(self) -> tuple[str, str]:
        """The outcome of the person in each plan, in words."""
        return (_word(self.before), _word(self.after))


@dataclass(frozen=True, slots=True)
class Impact:
    """Everyone whom a new mapping treats differently, worst first, and the number of records."""

    people: tuple[PersonImpact, ...]
    records: int

    @property
    def fields(self) -> Counter[str]:
        """The number of people whose value differs, by field."""
        return Counter(field.field for each in self.people for field in each.fields)

    def counted(self, kind: str) -> int:
        """Return how many people have an outcome, such as `leave`, only in the new plan."""
        return sum(each.turn[1] == kind != each.turn[0] for each in self.people)


def impact(before: Plan, after: Plan) -> Impact:
    """Return how `after` treats people differently; both plans must be of the same records."""
    ours, theirs = by_record(before), by_record(after)
    people = (_person(ours.get(id), theirs.get(id)) for id in sorted(ours.keys() | theirs.keys()))
    found = [each for each in people if each is not None]
    return Impact(tuple(sorted(found, key=_gravity)), len(theirs))


def _person(before: Outcome | None, after: Outcome | None) -> PersonImpact | None:
    fields = tuple(_fields(before, after))
    found = PersonImpact(before, after, fields)
    if fields or found.turn[0] != found.turn[1] or _reasons(before) != _reasons(after):
        return found
    return None


def _fields(before: Outcome | None, after: Outcome | None) -> Iterator[FieldImpact]:
    ours, theirs = _changes(before), _changes(after)
    for name in sorted(ours.keys() | theirs.keys()):
        old, new = ours.get(name), theirs.get(name)
        if old is None or new is None or (old.before, old.after) != (new.before, new.after):
            yield FieldImpact(name, old, new)


def _changes(outcome: Outcome | None) -> dict[str, Change]:
    return {each.field: each for each in outcome.changes} if outcome is not None else {}


def _reasons(outcome: Outcome | None) -> list[str]:
    """Return why a person does not sync, or [] with an action, whose notes are not compared."""
    if outcome is None or outcome.kind not in (Kind.INELIGIBLE, Kind.CONFLICT, Kind.ERROR):
        return []
    return sorted(reason.code for reason in outcome.reasons)


def _word(outcome: Outcome | None) -> str:
    if outcome is None:
        return "nothing"
    deactivated = any(action.verb is Verb.DEACTIVATE for action in outcome.actions)
    return Kind.LEAVE.value if deactivated else outcome.kind.value


_WORST = (
    Kind.LEAVE,
    Kind.REHIRE,
    Kind.CREATE,
    Kind.CONFLICT,
    Kind.ERROR,
    Kind.INELIGIBLE,
    Kind.IGNORED,
    Kind.UPDATE,
    Kind.UNCHANGED,
    Kind.ABSENT,
)


def _gravity(person: PersonImpact) -> tuple[int, int, str, str]:
    """Return a sort key by what newly happens to a person; changes of access come first."""
    before, after = person.turn
    ranks = {kind.value: rank for rank, kind in enumerate(_WORST)}
    worst = min(ranks.get(before, len(ranks)), ranks.get(after, len(ranks)))
    same = before == after
    return (worst + len(ranks) * same, ranks.get(after, len(ranks)), after, person.shown.key)
