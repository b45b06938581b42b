"""Builds the command that allows what guards hold back."""

from collections.abc import Iterable, Sequence
from shlex import quote

from oneway.core.dataclass import dataclass
from oneway.history.journal.rows import Breached
from oneway.planning.guard_kinds import definition_of


def allow_command(
    connection: str, breaches: Sequence[Breached], mapping: str = "", command: str = "sync"
) -> str:
    """Return the command that allows the actions that guards hold back, quoted for a shell.

    `mapping` is the command's argument for runs without a connection, already quoted.
    """
    what = mapping or quote(connection)
    return " ".join(["oneway", command, what, *dict.fromkeys(each.allow for each in breaches)])


@dataclass(frozen=True, slots=True)
class AllowEffect:
    """The wording of what allowing guards does: when to allow, what passes, when it is refused."""

    only: str
    passes: str
    refused: str


def effect_of_allowing(guards: Iterable[str]) -> AllowEffect:
    """Return in words the effect of allowing these guards.

    It depends on whether one of them watches a list: such a guard holds the whole plan.
    """
    definitions = map(definition_of, guards)
    if any(each is not None and each.of_list for each in definitions):
        return AllowEffect(
            "Only if what is missing is really gone",
            "carry out the whole plan",
            "if more is missing by then",
        )
    return AllowEffect("Only if it is right", "let exactly these pass", "if there are more by then")


_WHOLE = ""
"""Stands for the whole plan among the ids of actions."""


def allowed_together(breaches: Sequence[Breached]) -> tuple[tuple[Breached, ...], ...]:
    """Return the guards in groups: those that hold the same actions must be allowed together.

    Guards that watch a list hold the whole plan, even an empty one. With `on_breach: stop` each
    guard has the options of all.
    """
    groups: list[tuple[set[str], list[Breached]]] = []
    for each in breaches:
        ids, members = set(each.held), [each]
        definition = definition_of(each.guard)
        if definition is not None and definition.of_list:
            ids.add(_WHOLE)
        same = [
            group
            for group in groups
            if group[0] & ids or any(other.allow == each.allow for other in group[1])
        ]
        for group in same:
            ids |= group[0]
        members = [other for group in same for other in group[1]] + members
        at = groups.index(same[0]) if same else len(groups)
        groups = [group for group in groups if group not in same]
        groups.insert(at, (ids, members))
    return tuple(tuple(members) for _, members in groups)
