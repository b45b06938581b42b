"""Defines each kind of guard: what it counts, its default, and its wording.

Schemas, docs/language.md and the report use these definitions, or are tested against them.
A new kind is a member of `GuardKind` and a definition below.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import TypeAlias

from oneway.core.dataclass import dataclass
from oneway.mapping.spec import GuardKind, GuardsSpec, OnBreach
from oneway.planning.plan import Action, Outcome, Verb

Counter: TypeAlias = Callable[[Outcome, Action], Sequence[str]]
"""Returns the fields that an action counts under: [""] if it counts as a whole, [] if it does not.
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """More than max(floor, ceil(share x managed)) of a kind is too many."""

    share: Fraction
    floor: int

    def ceiling(self, managed: int) -> int:
        """Return the largest count that passes."""
        return max(self.floor, ceil(self.share * managed))


@dataclass(frozen=True, slots=True)
class GuardDefinition:
    """One kind of guard.

    `counts` and `default_text` are its row in docs/language.md, `description` is for schemas, and
    `happens` the report's heading, which follows a number of people or a field. With `by_field`,
    each field or key is counted separately, and `--allow` may name one. `counter` is None for a
    guard that judges several actions together. A guard with `list_setting`, the place of its limit
    below `guards`, watches the size of a list and blocks everything; its `happens` is a whole
    sentence.
    """

    kind: GuardKind
    counts: str
    description: str
    default_text: str
    happens: str
    default: Limit | None = None
    counter: Counter | None = None
    by_field: bool = False
    list_setting: str = ""

    @property
    def setting(self) -> str:
        """The mapping's key that sets the limit."""
        return f"guards.{self.list_setting or self.kind.value}"

    @property
    def of_list(self) -> bool:
        """Whether the guard watches the size of a list."""
        return bool(self.list_setting)


def _verbs(*verbs: Verb) -> Counter:
    return lambda _, action: ("",) if action.verb in verbs else ()


def _clears(_: Outcome, action: Action) -> Sequence[str]:
    if action.verb is Verb.CREATE:
        return ()
    # A fallback must not delay the end of a leaver's access.
    falls_back = not action.verb.takes_access
    lost = [each for each in action.changes if each.clears or (falls_back and each.falls_back)]
    return ("",) if lost else ()


def _field_changes(_: Outcome, action: Action) -> Sequence[str]:
    if action.verb is Verb.CREATE:
        return ()
    fields = [change.field for change in action.changes]
    return fields if len(fields) == 1 else tuple(dict.fromkeys(fields))


_TENTH = Limit(Fraction(1, 10), 2)

DEFINITIONS = (
    GuardDefinition(
        GuardKind.CREATES,
        counts="records created",
        description="Records created.",
        default_text="no limit",
        happens="would be created",
        counter=_verbs(Verb.CREATE),
    ),
    GuardDefinition(
        GuardKind.UPDATES,
        counts="records updated or reactivated",
        description="Records updated.",
        default_text="no limit",
        happens="would be changed",
        counter=_verbs(Verb.UPDATE, Verb.REACTIVATE),
    ),
    GuardDefinition(
        GuardKind.LEAVERS,
        counts="records that leave or are deactivated; not those that had left and get another "
        "date",
        description="Records that leave or are deactivated.",
        default_text="10 %, floor 2",
        happens="would leave",
        default=_TENTH,
        counter=_verbs(Verb.LEAVE, Verb.DEACTIVATE),
    ),
    GuardDefinition(
        GuardKind.CLEARS,
        counts="records that lose a value and get none in its place, or a fallback (`on_miss`)",
        description="Records of which a value is taken away, or replaced by a fallback of "
        "`on_miss`.",
        default_text="10 %, floor 2",
        happens="would lose a value",
        default=_TENTH,
        counter=_clears,
    ),
    GuardDefinition(
        GuardKind.FIELD_CHANGES,
        counts="for each field separately: records on which it changes, except creates",
        description="Records on which one and the same field changes",
        default_text="50 %, floor 10",
        happens="would change",
        default=Limit(Fraction(1, 2), 10),
        counter=_field_changes,
        by_field=True,
    ),
    GuardDefinition(
        GuardKind.REACTIVATIONS,
        counts="people brought back",
        description="People brought back.",
        default_text="10 %, floor 2",
        happens="would come back",
        default=_TENTH,
        counter=_verbs(Verb.REACTIVATE),
    ),
    GuardDefinition(
        GuardKind.IDENTITIES,
        counts="people whose identity changes completely: of the fields that `label` reads and "
        "those of `unless_taken`, except the key, two or more change at once and none stays the "
        "same; a name counts by its words; and people whose key finds a record that is less theirs "
        "than another one (below)",
        description="Updates after which nothing that tells people apart (the fields of `label` "
        "and `unless_taken`) is as it was: perhaps the key belongs to somebody else by now. Leaves "
        "as well, where no earlier run has linked the two records; and whatever a key would write "
        "to a record while another one has more in common with the person.",
        default_text="each is held",
        happens="would become somebody else",
        default=Limit(Fraction(0), 0),
    ),
    GuardDefinition(
        GuardKind.SIDE_EFFECTS,
        counts="target records that writes of earlier runs changed beyond what they sent (W117), "
        "until a plan lets them through; holds all updates, on nights that have any",
        description="Target records that writes of earlier runs changed beyond what they sent "
        "(W117): no update is sent until a plan lets them through.",
        default_text="each is held",
        happens="were changed by a write beyond what it sent",
        default=Limit(Fraction(0), 0),
    ),
    GuardDefinition(
        GuardKind.TARGET_SHRINK,
        counts="managed records that are gone since the last good run, or that no source record "
        "matches any more; set by `guards.target.shrink`",
        description="Blocks everything if more than this share of the target records that were "
        "matched at the last good run are gone, or no longer matched.",
        default_text="20 % of those there were",
        happens="Fewer people are matched in the target than at the last good run",
        list_setting="target.shrink",
    ),
    GuardDefinition(
        GuardKind.SOURCE_SHRINK,
        counts="records that the source has lost since the last good run, or that can no longer be "
        "read; set by "
        "`guards.source.shrink`",
        description="A source that shrank by more than this since the last good run blocks "
        "everything.",
        default_text="20 % of its earlier number",
        happens="Fewer people could be read from the source than at the last good run",
        list_setting="source.shrink",
    ),
    GuardDefinition(
        GuardKind.KEYS_GONE,
        counts="for each key that the mapping reads of source, target or a lookup table: records "
        "that lack it but would have it at the share of the last good run; also each key of a "
        "lookup table that has no rows any more; set by `guards.keys.gone`",
        description="A key that at least 10 records had at the last good run, and that more than "
        "this share of them no longer have, blocks everything.",
        default_text="half of them, if 10 or more had it, or if the table is empty",
        happens="The {side} leaves out '{key}', which it gave at the last good run",
        by_field=True,
        list_setting="keys.gone",
    ),
    GuardDefinition(
        GuardKind.VALUES_GONE,
        counts="for each key of source, target or a lookup table that access, identity or a "
        "written value depends on: records that had a value in it at the last good run and have "
        "none now; and of a key of the source whose words decide about access, records that had "
        "one of these words; set by `guards.values.gone`",
        description="A key that access, identity or a written value depends on blocks everything "
        "if more than this share of the records that had a value in it at the last good run, and "
        "more than 2, have none now.",
        default_text="half of those that had one, floor 2",
        happens="The {side} says nothing under '{key}' for people of whom it did at the last good "
        "run",
        by_field=True,
        list_setting="values.gone",
    ),
)

GUARDS: Mapping[GuardKind, GuardDefinition] = {each.kind: each for each in DEFINITIONS}
"""The definition of each kind, in the order in which breaches are shown."""

DEFAULTS: dict[GuardKind, Limit] = {
    each.kind: each.default for each in DEFINITIONS if each.default is not None
}
"""The limits that apply unless a mapping sets its own; creates and updates have none."""


def limits_of(guards: GuardsSpec) -> Mapping[GuardKind, Limit]:
    """Return the limits in force by kind; there may be none for creates and updates."""
    written = {kind: Limit(Fraction(str(e.share)), e.floor) for kind, e in guards.limits}
    lists = {kind: Limit(Fraction(str(share)), 0) for kind, share in guards.lists.items()}
    return {**DEFAULTS, **written, **lists}


@dataclass(frozen=True, slots=True)
class LooserGuard:
    """A part of a guard's limit that lets more through: its path in a mapping, and both values."""

    path: tuple[str, ...]
    name: str
    was: str
    now: str

    @property
    def text(self) -> str:
        """The guard and both values in words."""
        return f"{self.name} ({self.was}, now {self.now})"


def looser_guards(before: GuardsSpec, after: GuardsSpec) -> Iterator[LooserGuard]:
    """Yield each part of a limit that lets more through after an edit than before."""
    was, now = limits_of(before), limits_of(after)
    for definition in DEFINITIONS:
        path, name = tuple(definition.setting.split(".")), definition.kind.value
        old, new = was.get(definition.kind), now.get(definition.kind)
        if old is None:
            continue
        if new is None:
            yield LooserGuard(path, name, f"share {_percent(old.share)}", "no limit")
            continue
        if new.share > old.share:
            inner, word = (path, "") if definition.of_list else ((*path, "share"), "share ")
            shares = (f"{word}{_percent(each.share)}" for each in (old, new))
            yield LooserGuard(inner, name, *shares)
        if new.floor > old.floor:
            yield LooserGuard((*path, "floor"), name, f"floor {old.floor}", f"floor {new.floor}")
    if before.on_breach is OnBreach.STOP and after.on_breach is OnBreach.HOLD:
        yield LooserGuard(("guards", "on_breach"), "on_breach", "stop", "hold")


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:g}%"


def definition_of(guard: str) -> GuardDefinition | None:
    """Return the definition of a guard by its name, `leavers` or `field_changes.email`.

    None for an unknown name.
    """
    kind, _, field = guard.partition(".")
    found = next((each for each in DEFINITIONS if each.kind.value == kind), None)
    return None if found is None or (field and not found.by_field) else found
