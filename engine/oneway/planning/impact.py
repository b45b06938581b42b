"""Compares two plans over the same records, person by person: what they plan and what they send."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.planning.access import StillIn
from oneway.planning.compare import by_record
from oneway.planning.endings import End, Ending
from oneway.planning.keeps_access import keep_access, standing
from oneway.planning.plan import Action, Change, Kind, Outcome, Plan, Verb


@dataclass(frozen=True, slots=True)
class PlanFate:
    """What is not sent of a plan: the endings of those actions, by action id.

    `still_in` are the people who have left, or may have, and can still get in after it.
    """

    unsent: Mapping[str, End] = field(default_factory=dict)
    still_in: Collection[StillIn] = ()


ALL_SENT = PlanFate()
"""The fate of a plan if only outcomes are compared."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What one plan does about one person. `outcome` is None if the plan lacks the record.

    `unsent` is the ending of the first action, which is the one on access if there is one; None if
    it is sent. With `still_in`, the person has left or may have left, and can still get in.
    """

    outcome: Outcome | None
    unsent: Ending | None = None
    still_in: bool = False

    @property
    def kind(self) -> str:
        """The outcome; `leave` for a record that is deactivated because its person is gone."""
        if self.outcome is None:
            return "nothing"
        return Kind.LEAVE.value if self.access is Verb.DEACTIVATE else self.outcome.kind.value

    @property
    def access(self) -> Verb | None:
        """The action that gives access or takes it away, or None; a rehire may only be reported."""
        actions = self.outcome.actions if self.outcome is not None else ()
        return next((each.verb for each in actions if each.verb in _ON_ACCESS), None)

    @property
    def words(self) -> str:
        """The outcome in words, or `reactivate` if it gives access back; and why it is not sent."""
        said = self.access.value if self.access is Verb.REACTIVATE else self.kind
        return said if self.unsent is None else f"{said} ({words_of(self.unsent)})"

    @property
    def reasons(self) -> list[str]:
        """Why the person does not sync; [] if there is an action, whose notes are not compared."""
        stays = (Kind.INELIGIBLE, Kind.CONFLICT, Kind.ERROR)
        if self.outcome is None or self.outcome.kind not in stays:
            return []
        return sorted(reason.code for reason in self.outcome.reasons)


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """What a plan writes to a field; `unsent` is the ending of a write that is not sent."""

    change: Change
    unsent: Ending | None = None


@dataclass(frozen=True, slots=True)
class FieldImpact:
    """One field of one person: what each plan writes, or None."""

    field: str
    before: FieldWrite | None
    after: FieldWrite | None

    @property
    def is_sent(self) -> bool:
        """Whether either plan sends its write; otherwise the field stays as it is."""
        return any(each is not None and each.unsent is None for each in (self.before, self.after))


@dataclass(frozen=True, slots=True)
class PersonImpact:
    """One person whom the two plans treat differently.

    `fields` are the fields that get another value, even if the outcomes are equal. With
    `keeps_access`, the old plan ends the person's access or lists them, and the new one does not.
    """

    before: Treatment
    after: Treatment
    fields: tuple[FieldImpact, ...] = ()
    keeps_access: bool = False

    @property
    def shown(self) -> Outcome:
        """The outcome that names the person: the new one if there is one, else the old one."""
        found = self.after.outcome if self.after.outcome is not None else self.before.outcome
        assert found is not None
        return found

    @property
    def turn(self) -> tuple[str, str]:
        """The outcome of the person in each plan, in words."""
        return (self.before.words, self.after.words)

    def newly(self, kind: str) -> bool:
        """Return whether the new plan alone has this outcome, sends it, or acts on access by it."""
        before, after = self.before, self.after
        spared = before.unsent is not None and after.unsent is None
        acts = after.access not in (None, before.access)
        return after.kind == kind and (before.kind != kind or spared or acts)


@dataclass(frozen=True, slots=True)
class Impact:
    """The people whom a new mapping treats differently, worst first, and the number of records."""

    people: tuple[PersonImpact, ...]
    records: int

    @property
    def keep_access(self) -> int:
        """How many people keep access that the old plan ends, or are no longer listed."""
        return sum(each.keeps_access for each in self.people)

    @property
    def fields(self) -> Counter[str]:
        """The number of people who get another value, by field."""
        found = (field for each in self.people for field in each.fields)
        return Counter(field.field for field in found if field.is_sent)

    def counted(self, kind: str) -> int:
        """Return how many people newly get an outcome, such as `leave`, or newly have it sent.

        People whom a guard holds back count as well: the edit would still affect them.
        """
        return sum(each.newly(kind) for each in self.people)


def impact(before: Plan, after: Plan, was: PlanFate = ALL_SENT, now: PlanFate = ALL_SENT) -> Impact:
    """Return how `after` treats people differently; both plans must be of the same records."""
    ours, theirs = by_record(before), by_record(after)
    let_in = [{(each.source_id, each.target_id) for each in e.still_in} for e in (was, now)]
    keeping = keep_access(before, after)
    found = []
    for id in sorted(ours.keys() | theirs.keys()):
        one = _treatment(ours.get(id), was, let_in[0])
        other = _treatment(theirs.get(id), now, let_in[1])
        fields = tuple(_fields(_writes(one, was), _writes(other, now)))
        if fields or _essence(one) != _essence(other):
            found.append(PersonImpact(one, other, fields, id in keeping))
    return Impact(tuple(sorted(found, key=_gravity)), len(theirs))


def _treatment(
    outcome: Outcome | None, fate: PlanFate, let_in: Collection[tuple[str | None, str | None]]
) -> Treatment:
    if outcome is None:
        return Treatment(None)
    unsent = _unsent(outcome.actions[0], fate) if outcome.actions else None
    return Treatment(outcome, unsent, (outcome.source_id, outcome.target_id) in let_in)


def _essence(each: Treatment) -> tuple[object, ...]:
    ends = standing(each.outcome) if each.outcome is not None else None
    return each.words, each.reasons, each.still_in, ends


def _fields(
    ours: Mapping[str, FieldWrite], theirs: Mapping[str, FieldWrite]
) -> Iterator[FieldImpact]:
    for name in sorted(ours.keys() | theirs.keys()):
        old, new = ours.get(name), theirs.get(name)
        if old is None or new is None or _written(old) != _written(new):
            yield FieldImpact(name, old, new)


def _written(each: FieldWrite) -> tuple[object, ...]:
    return each.change.before, each.change.after, each.unsent


def _writes(each: Treatment, fate: PlanFate) -> dict[str, FieldWrite]:
    actions = each.outcome.actions if each.outcome is not None else ()
    return {
        change.field: FieldWrite(change, _unsent(action, fate))
        for action in actions
        for change in action.changes
    }


def _unsent(action: Action, fate: PlanFate) -> Ending | None:
    end = fate.unsent.get(action.id)
    return end.ending if end is not None else None


def words_of(unsent: Ending) -> str:
    """Return in words the ending of an action that is not sent."""
    return _UNSENT.get(unsent, "not sent")


_ON_ACCESS = (Verb.CREATE, Verb.LEAVE, Verb.DEACTIVATE, Verb.REACTIVATE)

_UNSENT = {Ending.HELD: "held back", Ending.POSTPONED: "waits"}

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


def _gravity(person: PersonImpact) -> tuple[bool, int, int, str, str]:
    """Return a sort key: who keeps access, then by what newly happens, access first."""
    before, after = person.turn
    ranks = {kind.value: rank for rank, kind in enumerate(_WORST)}
    was, now = (ranks.get(each.kind, len(ranks)) for each in (person.before, person.after))
    rank = min(was, now) + len(ranks) * (before == after)
    return (not person.keeps_access, rank, now, after, person.shown.key)
