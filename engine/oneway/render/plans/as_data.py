"""Renders a plan as data for other programs; it is not a plan file, and cannot be applied.

    report        1, the version of this form; keys are added, never renamed
    mapping       {name, file, digest}
    as_of         the pinned instant
    fingerprint   what an approval names
    settings      {name: value}
    inputs        {name: what was read or would be written, in words}
    reads         [{name, records, complete, problems}]
    managed       target records that source records matched
    matched_by    [{key, records}]: how many each match key matched; blank if the first did all
    remarks       [reason]: what to know of the mapping before approving; M254: nobody loses access,
                  M255: a question is open, and the plan cannot be applied
    noticed       [reason]: what was noticed of the records; not_given: a field is left alone, as
                  items of a list lack a key; new_code: a code would be written that no target
                  record holds; kept: how many values stay, and whose, as the source is blank there,
                  or as the sync owns an item of a list in another spelling
    still_in      [{key, label, source_id, target_id, why, may_have_left, candidates}]: who has
                  left, or may have, and can still get in once the plan is applied
    counts        {outcome: records}, every outcome named
    actions       {verb: records}, every verb named
    verdict       {blocked, held: [action id], breaches: [{guard, field, found, earlier,
                  ceiling, share, floor, base, text, allow, held: [action id], concerned}]}; found
                  are this plan's, earlier those of the window, base what the share is taken of;
                  concerned are the records, as [key, label], that values which are gone may
                  concern
    allowed       [{guard, ceiling, by}]
    refused       [{action, code, reason, first, last, times, same_values, next_try}]: what the
                  target refused before; next_try is a day, or null if it is sent now
    not_sticking  [{action, runs, field, before, after, sensitive, expression, place}]: what
                  was written in so many runs in a row, and is planned again
    misses        [{reference, field, value, found, records, whose, why, instead}]; instead is the
                  constant that is written, or the key that is looked up, in its place; or blank
    outcomes      [{outcome, key, label, source_id, target_id, reasons, action, actions,
                  has_access, stories}]; has_access: has left in the source, and can get in before
                  the run
      stories       [{subject, ending, code, reason, since, next_try}]: what keeps them from
                  becoming as the source says; subject is an action's id, or the source id
      reasons       [{code, text, place, candidates, warning, value}]
      actions       [{id, verb, depends_on: [action id], why, changes}]: what is done about access,
                    then what is done to other fields; `action` is the first, or null. `why` is what
                    says that a person has left, for a leave; else blank
      changes       [{field, before, after, sensitive, expression, place, awaits, fallback}]; awaits
                    is null, or the id of the action whose record the value is taken of, and `after`
                    what it is looked up by; fallback: `after` stands in for a lookup that missed

Where `sensitive` is true, `before` and `after` are "***" or null. A place is
{file, line, column}, or null. Text is as it was read, control characters included: JSON
escapes them.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from oneway.core.sealed import Sealed
from oneway.history.backoff import Refusal
from oneway.history.flapping import Flapping
from oneway.history.memory import NOTHING, Memory
from oneway.planning.access import StillIn
from oneway.planning.breach import Breach, Verdict
from oneway.planning.guards import concerned
from oneway.planning.plan import Action, Change, Outcome, Plan, Reason, Verb
from oneway.planning.plan_file import fingerprint
from oneway.planning.plan_file.codec import to_data
from oneway.planning.plan_inputs import Read
from oneway.render import access_list, plan_content
from oneway.render.discrepancies import of_actions
from oneway.render.places import place_data
from oneway.render.sanitize import masked

REPORT = 1
"""The version of the form."""


def inputs_as_json(plan: Plan) -> dict[str, object]:
    """Return a plan's connection and inputs, as JSON data."""
    return {
        "connection": to_data(plan.connection),
        "inputs": {role: to_data(each) for role, each in plan.inputs.items()},
    }


def as_json_text(plan: Plan, verdict: Verdict, memory: Memory) -> str:
    """Return `as_json` as text: ASCII, so that every terminal and program can read it."""
    return json.dumps(as_json(plan, verdict, memory), indent=2, sort_keys=True)


def as_json(plan: Plan, verdict: Verdict, memory: Memory = NOTHING) -> dict[str, object]:
    """Return a plan with its verdict, memory of earlier runs and fingerprint, as JSON data."""
    return {
        "report": REPORT,
        "mapping": {
            "name": plan.mapping,
            "file": plan.mapping_file,
            "digest": plan.mapping_digest,
        },
        "as_of": plan.as_of,
        "fingerprint": fingerprint(plan),
        "settings": dict(plan.settings),
        **inputs_as_json(plan),
        "reads": list(map(_read, plan.reads)),
        "managed": plan.managed,
        "matched_by": [asdict(each) for each in plan.matched_by],
        "remarks": remarks_as_json(plan),
        "noticed": [reason(each) for each in plan.noticed],
        "still_in": still_in(access_list.access(plan, verdict, memory)),
        "counts": plan.counts(),
        "actions": _verbs(plan),
        "verdict": {
            "blocked": verdict.fired,
            "held": sorted(verdict.blocked),
            "breaches": [_breach(each, plan, verdict) for each in verdict.breaches],
        },
        "allowed": [asdict(each) for each in plan.allowed],
        "refused": [_refusal(each) for each in memory.refusals.values()],
        "not_sticking": [_flapping(each) for each in memory.flapping],
        "misses": [{**asdict(each), "whose": list(each.whose)} for each in plan.misses],
        "outcomes": _outcomes(plan, verdict, memory),
    }


def _outcomes(plan: Plan, verdict: Verdict, memory: Memory) -> list[dict[str, object]]:
    known = plan_content.discrepancies(plan, verdict, memory)
    return [
        {**outcome(each), "stories": of_actions(each.actions, each.source_id, known)}
        for each in plan.outcomes
    ]


def _read(each: Read) -> dict[str, object]:
    return {
        "name": each.name,
        "records": each.records,
        "complete": each.complete,
        "problems": list(each.problems),
    }


def remarks_as_json(plan: Plan) -> list[dict[str, object]]:
    """Return the remarks on a plan's mapping, as data."""
    return [reason(each) for each in plan.remarks]


def still_in(found: Sequence[StillIn]) -> list[dict[str, object]]:
    """Return who can still get in, as data."""
    return [{**asdict(each), "candidates": list(each.candidates)} for each in found]


def reason(each: Reason) -> dict[str, object]:
    """Return a reason as data."""
    return {
        "code": each.code,
        "text": each.text,
        "place": place_data(each.place) if each.place is not None else None,
        "candidates": list(each.candidates),
        "warning": each.warning,
        "value": each.value,
    }


def _verbs(plan: Plan) -> dict[str, int]:
    counts = {verb.value: 0 for verb in Verb}
    for action in plan.actions:
        counts[action.verb.value] += 1
    return counts


def _breach(each: Breach, plan: Plan, verdict: Verdict) -> dict[str, object]:
    return {
        "guard": each.name,
        "field": each.field,
        "found": each.found,
        "earlier": each.earlier,
        "ceiling": each.ceiling,
        "share": float(each.limit.share),
        "floor": each.limit.floor,
        "of": each.base,
        "text": each.text,
        "allow": verdict.allow(each),
        "held": list(each.blocked),
        "concerned": [[one.key, one.label] for one in concerned(plan, each.name)],
    }


def _refusal(each: Refusal) -> dict[str, object]:
    failure = each.failure
    return {
        "action": failure.action_id,
        "code": failure.code,
        "reason": failure.reason,
        "first": failure.first,
        "last": failure.last,
        "times": failure.times,
        "same_values": each.same_values,
        "next_try": None if each.next_try is None else each.next_try.isoformat(),
    }


def _flapping(each: Flapping) -> dict[str, object]:
    change = {"field": None} if each.change is None else _change(each.change)
    return {"action": each.action.id, "runs": each.times, **change}


def outcome(each: Outcome) -> dict[str, object]:
    """Return an outcome as data."""
    return {
        "outcome": each.kind.value,
        "key": each.key,
        "label": each.label,
        "source_id": each.source_id,
        "target_id": each.target_id,
        "reasons": [reason(found) for found in each.reasons],
        "action": _action(each.actions[0]) if each.actions else None,
        "actions": [_action(action) for action in each.actions],
        "has_access": each.has_access,
    }


def _action(action: Action) -> dict[str, object]:
    return {
        "id": action.id,
        "verb": action.verb.value,
        "depends_on": list(action.depends_on),
        "why": action.why,
        "changes": [_change(each) for each in action.changes],
    }


def _change(each: Change) -> dict[str, object]:
    return {
        "field": each.field,
        "before": masked(each.before),
        "after": masked(each.after),
        "sensitive": isinstance(each.before, Sealed) or isinstance(each.after, Sealed),
        "expression": each.expression,
        "place": place_data(each.place),
        "awaits": None if each.awaits is None else each.awaits.action,
        "fallback": each.fallback,
    }
