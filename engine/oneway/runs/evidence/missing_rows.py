"""Reads a lookup table again before a row that it lacks clears or replaces somebody's value."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from oneway.core.abilities import lists_at_once
from oneway.core.connector_errors import ReadError
from oneway.core.phrases import count
from oneway.core.records import Snapshot
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.spec import OnMiss, Write
from oneway.planning.plan import Action, Plan, Verb
from oneway.runs.prepare.prepared import Input, PreparedRun
from oneway.runs.read import EvaluatedInputs
from oneway.runs.systems import OpenSystems


def tables_read_again(
    prepared: PreparedRun, systems: OpenSystems, found: EvaluatedInputs, plan: Plan
) -> Mapping[Input, Snapshot]:
    """Return the lookup tables of which a second read shows more rows, or may lack some.

    A list that comes in pages is no snapshot: a row may move to a page that was read before. So a
    table is read again if a miss clears a value, or writes a fallback. Raises `Refused` if its
    system cannot be asked.
    """
    again: dict[Input, Snapshot] = {}
    for name in sorted(_that_matter(found.program.policy, plan)):
        each, first = prepared.inputs[f"references.{name}"], found.references[name]
        reader = systems.reader(each)
        if each in again or not first.complete or lists_at_once(reader):
            continue
        try:
            second = reader.read()
        except ReadError as error:
            raise each.cannot_read(error) from None
        if (both := _both(first, second)) != first:
            again[each] = both
    return again


def _that_matter(policy: Policy, plan: Plan) -> set[str]:
    """Return the tables in which a miss clears a value, replaces it, or is never corrected."""
    if not plan.misses:
        return set()
    taken = {field for action in plan.actions for field in _taken(action)}
    created = any(each.verb is Verb.CREATE for each in plan.actions)
    rules = {each.path: each for each in (*policy.leaving, *policy.fields)}
    return {
        miss.reference
        for miss in plan.misses
        if not miss.found
        and (miss.field in taken or (created and _stays_unset(rules.get(miss.field))))
    }


def _taken(action: Action) -> Iterable[str]:
    """Yield the fields in which an action clears a value, or writes a fallback."""
    return (each.field for each in action.changes if each.clears or each.fallback)


def _stays_unset(rule: FieldRule | None) -> bool:
    """Return whether a record that is created without the field never gets it."""
    return (
        rule is not None
        and rule.write is Write.ON_CREATE
        and rule.on_miss in (OnMiss.KEEP, OnMiss.CLEAR)
    )


def _both(first: Snapshot, second: Snapshot) -> Snapshot:
    """Return a table with the rows that only its second read shows."""
    shown = {each.id for each in first.records}
    more = tuple(each for each in second.records if each.id not in shown)
    if not second.complete:
        return replace(second, records=(*first.records, *more))
    if not more:
        return first
    note = f"{count(len(more), 'record')} came only when the list was read again"
    return replace(first, records=(*first.records, *more), problems=(*first.problems, note))
