"""The wording of changes: both values, changes that many records share, and flapping."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from oneway.core.key_forms import is_other_form
from oneway.core.records import Value
from oneway.core.sealed import MASK, Sealed
from oneway.history.discrepancies import Discrepancy
from oneway.history.flapping import Flapping
from oneway.history.memory import Memory
from oneway.planning.plan import Change, Plan, Reason, Verb
from oneway.render.differences import apart, list_change, of_parts
from oneway.render.discrepancies import since
from oneway.render.layout import clip, with_name
from oneway.render.outcome_names import name, sentence
from oneway.render.sanitize import harmless, shown


def remark(each: Reason) -> str:
    """Return a remark on a plan as a sentence, with the line of the mapping that it concerns."""
    said = sentence(each)
    said = f"line {each.place.line}: {said}" if each.place is not None else said
    return f"{said[:1].upper()}{said[1:]}"


def changed(change: Change, verb: Verb, plan: Plan) -> str:
    """Return the values of one field before and after; sensitive ones as `***`.

    Values that a lookup of the plan finds have their names added: `13 (OPS Operations)`. The value
    used for a failed lookup is called a fallback.
    """
    said = _changed(change, verb, plan)
    return f"{said}, a fallback" if change.fallback else said


def _changed(change: Change, verb: Verb, plan: Plan) -> str:
    before, after = change.before, change.after
    if change.awaits is not None and not isinstance(after, Sealed):
        was = "" if before is None else f"{clip(shown(before))} -> "
        return f"{was}of {clip(shown(after))} in {harmless(change.awaits.lookup)}, once created"
    if verb is Verb.CREATE:
        return valued(plan, change.field, after)
    if isinstance(before, Sealed) or isinstance(after, Sealed):
        return f"{MASK} ({_sealed_change(change)})"
    if isinstance(before, list) and isinstance(after, list | None):
        return list_change(before, after or [])
    if said := of_parts(before, after):
        return said
    was, will = apart(shown(before), shown(after))
    names = (plan.name_of(change.field, each) for each in (before, after))
    return " -> ".join(map(with_name, (was, will), names))


def valued(plan: Plan, field: str, value: Value | Sealed) -> str:
    """Return a value, and its name if a lookup finds it: `13 (OPS Operations)`."""
    return with_name(clip(shown(value)), plan.name_of(field, value))


def flapping(plan: Plan, memory: Memory, known: Mapping[str, Discrepancy] = {}) -> list[str]:
    """Return the changes that the target undid after each of the last runs, with both values.

    `known` are the plan's discrepancies by subject, which say when each began.
    """
    if not memory.flapping:
        return []
    names = {action.id: name(o) for o in plan.notable for action in o.actions}
    said = []
    for each in memory.flapping:
        discrepancy = known.get(each.action.id)
        so = (
            f" ({since(discrepancy, memory.zone)})"
            if discrepancy is not None and discrepancy.since
            else ""
        )
        help = _other_form(each.change) if each.change is not None else ""
        text = f"{_unstuck(each, plan)}, and planned again{so}{help}"
        said.append(f"{names[each.action.id]}: {text}")
    return said


def _unstuck(each: Flapping, plan: Plan) -> str:
    runs = "the last run" if each.times == 1 else f"each of the last {each.times} runs"
    if each.change is None:
        return f"created in {runs}"
    said = f"{harmless(each.change.field)}: {changed(each.change, each.action.verb, plan)}"
    return f"{said}; written in {runs}"


def _other_form(change: Change) -> str:
    """Return how to handle, in the mapping or manifest, a target that reformats a value."""
    if isinstance(change.after, list) and any(isinstance(each, dict) for each in change.after):
        return (
            " (if the target adds to the items, compare them by a key: `compare: {by: KEY}`; if it "
            "changes their case, with `each: ignore_case`)"
        )
    if change.after is None:
        return ' (if the system ignores null, its manifest may say `clear: ""`)'
    if is_other_form(change.before, change.after):
        return (
            " (the system stores another form of it: write that form, as in "
            "`from: remove_spaces(...)`, or let `compare` take the two for the same)"
        )
    return ""


def alike(plan: Plan, among: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the changes that many records share: "teamId: all 150 become 13 (OPS)".

    Considers all actions, or those with the ids in `among`.
    """
    written: dict[str, list[Value | Sealed]] = {}
    for action in plan.actions:
        for change in action.changes if among is None or action.id in among else ():
            if action.verb is Verb.UPDATE and not _is_sealed(change):
                written.setdefault(change.field, []).append(change.after)
    said = []
    for field, values in written.items():
        if not _may_be_alike(values):
            continue
        shared = Counter(map(shown, values))  # not clipped: long values may begin alike
        (said_of, number), total = shared.most_common(1)[0], len(values)
        value = next(each for each in values if shown(each) == said_of)
        after = said_of if value is None else valued(plan, field, value)
        if number >= _MANY and 2 * number >= total:
            which = f"all {number:,}" if number == total else f"{number:,} of {total:,}"
            said.append(f"{harmless(field)}: {which} become {after}")
    return (*said, *(remark(each) for each in plan.noticed if not each.warning))


_MANY = 10
"""How many records must share a new value for a line of its own."""


def _may_be_alike(values: Sequence[Value | Sealed]) -> bool:
    """Return whether half of these values, and at least `_MANY`, may have the same text.

    A quick check, as mostly they do not. Plain texts are compared; other values count as equal.
    """
    plain = [e for e in values if isinstance(e, str) and e.isascii() and e.isprintable()]
    short = [each for each in plain if len(each) < _SHORT]
    most = len(values) - len(short) + max(Counter(short).values(), default=0)
    return most >= _MANY and 2 * most >= len(values)


_SHORT = 30
"""A text with fewer characters is never clipped."""


def _is_sealed(change: Change) -> bool:
    return isinstance(change.before, Sealed) or isinstance(change.after, Sealed)


def _sealed_change(change: Change) -> str:
    if change.after is None:
        return "cleared"
    return "added" if change.before is None else "changed"
