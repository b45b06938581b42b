"""Explains one person: what was read, whose records match, and what happens to each field.

A pure function of a plan and its inputs: the outcome is the plan's, and the steps that led to it
are shown. Sensitive values are `***`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from oneway.core.key_forms import as_typed
from oneway.core.records import Snapshot, Value
from oneway.inspect.explain.person import MatchedSnapshots
from oneway.inspect.explain.steps import Explanation, Forecast
from oneway.mapping.code import MappingCode
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Context
from oneway.mapping.program import Program
from oneway.mapping.value_names import names_by_field
from oneway.planning.one_per_person import ANOTHER
from oneway.planning.plan import Outcome, Plan


def explain(
    compiled: Compiled,
    program: Program,
    source: Snapshot,
    target: Snapshot,
    plan: Plan,
    key: str,
    forecasts: Mapping[str, Forecast] = {},
) -> tuple[Explanation, ...]:
    """Return an explanation of each record that `key` names, in the order of the plan.

    Records that another one of the same person replaces come last. A key is a match value, an id
    in the source or the target, a label, or a value of one of `joiners.unless_taken` (an email),
    each compared without case. Empty if none is found. `plan` must have been made of the same
    program and snapshots. `forecasts` are by the id of an action, or for a record without
    an action, by its id in the source.
    """
    house = MatchedSnapshots(compiled, program, source, target, plan, forecasts)
    found = [each for each in plan.outcomes if house.is_named(each, key)]
    found.sort(key=lambda each: any(reason.code == ANOTHER for reason in each.reasons))
    return tuple(map(house.explanation, found))


def with_value_names(
    explanations: Sequence[Explanation],
    code: MappingCode,
    references: Mapping[str, Snapshot],
    context: Context,
) -> tuple[Explanation, ...]:
    """Return explanations that know the names of looked-up values."""
    values: dict[str, list[Value]] = {}
    for step in (step for each in explanations for step in each.fields):
        values.setdefault(step.path, []).extend((step.value, step.before, step.after))
    names = names_by_field(code, references, context, values)
    return tuple(
        replace(
            each,
            fields=tuple(replace(step, names=names.get(step.path, {})) for step in each.fields),
        )
        for each in explanations
    )


def called(plan: Plan, name: str) -> tuple[Outcome, ...]:
    """Return the records whose label holds every word of a name, such as a surname."""
    words = set(as_typed(name).split())
    return tuple(
        each for each in plan.outcomes if words and words <= set(as_typed(each.label).split())
    )


def near_keys(plan: Plan, key: str) -> tuple[str, ...]:
    """Return names of records that look like `key`, the nearest first."""
    names = {
        name.casefold(): name
        for each in plan.outcomes
        for name in (each.key, each.label, each.source_id, each.target_id)
        if name
    }
    near = get_close_matches(key.casefold(), names, n=5, cutoff=0.6)
    return tuple(names[name] for name in near)
