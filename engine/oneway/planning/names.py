"""Adds names to ids: of target records, and of the records that reasons mention."""

from collections.abc import Iterable, Mapping

from oneway.core.records import is_blank
from oneway.mapping.policy import Policy
from oneway.mapping.rows import TargetRow
from oneway.planning.plan import Outcome, Quiet, Reason

_MOST = 5
"""How many records get a name at most; people look up longer lists anyway."""


def names_of(outcomes: Iterable[Outcome | Quiet]) -> Mapping[str, str]:
    """Return the names of all records of a plan, by the id in either system.

    An id that both systems use for different people names neither.
    """
    found: dict[str, str] = {}
    keys: set[str] = set()  # ids that are keys, which say who it is
    for each in outcomes:
        name = f"{each.key} {each.label}" if each.label not in ("", each.key) else each.key
        for id in filter(None, {each.source_id, each.target_id}):
            found[id] = name if found.get(id, name) == name else ""
            if id == each.key:
                keys.add(id)
    return {id: name for id, name in found.items() if name and id not in keys}


def held_name(policy: Policy, target: TargetRow) -> str:
    """Return the name that a target record holds: its values of the fields that `label` names.

    Sensitive values are left out.
    """
    parts = []
    for position in policy.identifying if target.values else ():
        value = target.values[position]
        beside = position in policy.unless_taken or policy.fields[position].sensitive
        if isinstance(value, str) and not is_blank(value) and not beside:
            parts.append(value.strip())
    return " ".join(parts)


def named(reason: Reason, names: Mapping[str, str]) -> str:
    """Return the text of a reason, with names for the records that it mentions."""
    known = [
        f"{id} is {names[id]}"
        for id in dict.fromkeys(reason.candidates)
        if id in names
        and names[id] not in reason.said
        and f"record {id} (" not in reason.said  # it is named already
    ]
    if not known:
        return reason.said
    more = f", and {len(known) - _MOST:,} more" if len(known) > _MOST else ""
    return f"{reason.said} ({', '.join(known[:_MOST])}{more})"
