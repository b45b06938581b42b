"""Finds items of the target's lists that are nearly items which the sync owns."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from oneway.core.compare import identity
from oneway.core.records import Missing, Value
from oneway.mapping.expressions.near_words import how_near
from oneway.mapping.policy import FieldRule
from oneway.mapping.short_rows import AnyTargetRow, SameRow
from oneway.mapping.spec import OwnedItems
from oneway.planning.plan import Reason
from oneway.runs.read import EvaluatedInputs

_NAMED = 5


def nearly_owned(found: EvaluatedInputs) -> Iterator[Reason]:
    """Yield each item that stays because it is written unlike the owned one, and whose it is.

    With `merge: {own: [IT]}`, the sync does not own `it`: a leaver keeps it, and `IT` is added
    beside it.
    """
    policy = found.program.policy
    for rules, of_leave in ((policy.fields, False), (policy.leaving, True)):
        for position, rule in enumerate(rules):
            if rule.owned.items:
                lists = (
                    (row, held[position])
                    for row in found.target.items
                    if position < len(held := _held(row, of_leave=of_leave))
                )
                yield from _of_rule(rule, lists)


def _held(row: AnyTargetRow, *, of_leave: bool) -> Sequence[Value | Missing]:
    """Return what a target record holds at the paths of the fields, or of `leavers.set`."""
    if not of_leave:
        return row.values
    return row[2][1] if isinstance(row, SameRow) else row.leaving


def _of_rule(
    rule: FieldRule, lists: Iterator[tuple[AnyTargetRow, Value | Missing]]
) -> Iterator[Reason]:
    known: dict[Hashable, str] = {}
    whose: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row, items in lists:
        for item in items if isinstance(items, list) else ():
            key = identity(item)
            if key not in known:
                known[key] = _how(rule.owned, item)
            if known[key]:
                whose[str(item), known[key]].append(row.key)
    for (item, how), keys in sorted(whose.items()):
        number = len(keys)
        records = "1 record" if number == 1 else f"{number:,} records"
        text = f"{rule.path}: '{item}' is {how} in {records} of the target{_named(keys)}"
        yield Reason("kept", f"{text}, so it stays", rule.place, warning=True)


def _how(ours: OwnedItems, item: Value) -> str:
    """Return the owned item that this item spells in another way, if any."""
    if ours.owns(item) or isinstance(item, list | dict):
        return ""
    return next((how for each in ours.items if (how := how_near(item, each))), "")


def _named(keys: Sequence[str]) -> str:
    more = " and others" if len(keys) > _NAMED else ""
    return f" ({', '.join(keys[:_NAMED])}{more})"
