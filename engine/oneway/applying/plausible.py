"""Checks, before the first write, that the mapping could have produced the plan.

A plan file may be forged by someone who has the key, or come from a planner with a bug. So its
actions are compared with the mapping: they must fit together, and each must have a verb, fields and
claims that the mapping gives such an action. `preconditions` checks the values against the source,
record by record.
"""

from collections.abc import Iterator, Mapping, Sequence

from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.core.seal import Sealed
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import LONGEST_NAME
from oneway.mapping.spec import Absent, Rehires, Write
from oneway.planning.breach import IDENTITY
from oneway.planning.guard_kinds import definition_of
from oneway.planning.links import REUSED, SEAL_KEY
from oneway.planning.plan import Action, Kind, Outcome, Plan, Verb, action_id

_MOST_NAMED = 20

_KINDS: Mapping[Verb, frozenset[Kind]] = {
    Verb.CREATE: frozenset({Kind.CREATE}),
    Verb.UPDATE: frozenset({Kind.UPDATE, Kind.REHIRE, Kind.LEAVE}),
    Verb.LEAVE: frozenset({Kind.LEAVE}),
    Verb.CORRECT: frozenset({Kind.UPDATE}),
    Verb.REACTIVATE: frozenset({Kind.REHIRE}),
    Verb.DEACTIVATE: frozenset({Kind.ABSENT}),
}


def refuse_implausible(plan: Plan, policy: Policy) -> None:
    """Raise `Refused` with the parts of a plan that its mapping could not have produced."""
    found = [*_together(plan), *_allowances(plan, policy)]
    for outcome in plan.notable:
        verbs = [action.verb for action in outcome.actions]
        if not _together_in(verbs):
            found.append(f"{outcome.key!r} has actions that do not go together")
        for action in outcome.actions:
            found += _odd(plan, policy, outcome, action)
    if found:
        help = "make the plan again and review it"
        where = Span(plan.mapping_file)
        raise Refused(
            Diagnostic(
                where,
                Severity.ERROR,
                "P114",
                f"the mapping could not have made this plan: {each}",
                help,
            )
            for each in found[:_MOST_NAMED]
        )


def _together(plan: Plan) -> Iterator[str]:
    """Yield why actions do not fit together."""
    ids = [action.id for action in plan.actions]
    if len(set(ids)) != len(ids):
        yield "two actions have one id"
    pairs = [(each.target_id, each.source_id) for each in plan.singly()]
    for side, records in zip(("target", "source"), zip(*pairs, strict=True), strict=False):
        known = [each for each in records if each is not None]
        if len(set(known)) != len(known):
            yield f"two outcomes are for one {side} record"
    circle = _circle({each.id: each.depends_on for each in plan.actions})
    if circle:
        yield circle


def _allowances(plan: Plan, policy: Policy) -> Iterator[str]:
    """Yield the allowances that no command could have given."""
    fields = {rule.path for rule in (*policy.fields, *policy.leaving)}
    counted = {f"{read.role}.{key}" for read in plan.reads for key in (*read.stated, *read.valued)}
    for each in plan.allowed:
        field = each.guard.partition(".")[2]
        known = definition_of(each.guard) is not None and (
            not field or field in fields or field in counted
        )
        if not known and not each.guard.startswith((REUSED, IDENTITY, SEAL_KEY)):
            yield f"an allowance names '{each.guard}', which is not a guard"


def _odd(plan: Plan, policy: Policy, outcome: Outcome, action: Action) -> Iterator[str]:
    """Yield what is wrong with one action by itself."""
    what = f"{action.verb.value} of {_record(action)}"
    side, record = (
        ("target", action.target_id) if action.source_id is None else ("source", action.source_id)
    )
    if (action.source_id, action.target_id) != (outcome.source_id, outcome.target_id):
        yield f"{what} is for other records than its outcome"
    waits = _waits(action)
    part = "wait" if waits else "access" if action.verb.changes_access else ""
    if record is None or action.id != action_id(plan.mapping, side, record, part):
        yield f"{what} has the id of another action"
    if (action.source_id is None) != (action.verb is Verb.DEACTIVATE):
        yield (
            f"{what} is not for a source record"
            if action.source_id is None
            else (f"{what} is for a source record")
        )
    creates = any(each.verb is Verb.CREATE for each in outcome.actions)
    if (action.target_id is None) != (action.verb is Verb.CREATE or (waits and creates)):
        yield f"{what} has the wrong target record"
    if outcome.kind not in _KINDS[action.verb] and not (waits and outcome.kind is Kind.CREATE):
        yield f"{what} is under '{outcome.kind.value}'"
    if not _has(policy, action.verb):
        yield f"{what} is not in the mapping"
    yield from _odd_fields(policy, action, what)
    texts = (outcome.key, outcome.label, action.source_id or "", action.target_id or "")
    if any(len(text) > LONGEST_NAME for text in texts):
        yield f"{what} has an id or a name of more than {LONGEST_NAME:,} letters"


def _waits(action: Action) -> bool:
    """Return whether an action writes the fields that wait for another record; no create does."""
    waiting = any(change.awaits is not None for change in action.changes)
    return waiting and action.verb is not Verb.CREATE


def _odd_fields(policy: Policy, action: Action, what: str) -> Iterator[str]:
    waits = _waits(action)
    # After a create, the fields that waited for another record follow the rules of a create.
    rules = _writable(policy, Verb.CREATE if waits and action.target_id is None else action.verb)
    back = {each.path: each for each in policy.returning} if action.verb is Verb.REACTIVATE else {}
    fields = [change.field for change in action.changes]
    # A new record may have only fields that wait.
    if (not fields and action.verb is not Verb.CREATE) or len(set(fields)) != len(fields):
        yield f"{what} writes a field twice, or none"
    for change in action.changes:
        rule = rules.get(change.field)
        if rule is None:
            yield f"{what} writes '{change.field}', which the mapping does not write then"
            continue
        # A return writes the values of `rehires`, or the source's values of a future leave.
        other = back.get(change.field, rule)
        if change.expression not in (rule.expression, other.expression):
            yield f"{what} writes '{change.field}' by another expression than the mapping's"
        clear = [each for each in (change.before, change.after) if each is not None]
        if any(isinstance(each, Sealed) is not rule.sensitive for each in clear):
            yield f"{what} does not seal '{change.field}' as the mapping does"
    yield from _odd_claims(policy, action, what)


def _odd_claims(policy: Policy, action: Action, what: str) -> Iterator[str]:
    """Yield the claims that an action lacks; without them, two records might get one value."""
    written = {change.field for change in action.changes}
    claimed = {claim.path for claim in action.claims}
    wanted = {policy.fields[position].path for position in policy.unless_taken} & written
    wanted |= {path for path in policy.match_paths if path} & written
    if action.verb is not Verb.CREATE:
        # An update claims values only if it changes its record's key.
        if claimed - (wanted if action.verb is Verb.UPDATE else set()):
            yield f"{what} claims values"
        return
    for path in sorted(wanted - claimed):
        yield f"{what} does not claim '{path}'"
    for path in sorted(claimed - set(policy.match_paths) - wanted):
        yield f"{what} claims '{path}', which the mapping does not"


def _writable(policy: Policy, verb: Verb) -> Mapping[str, FieldRule]:
    """Return the rules of the fields that an action may write, by path."""
    if verb.changes_access:
        return {rule.path: rule for rule in policy.leaving}
    if verb is Verb.CREATE:
        return {rule.path: rule for rule in policy.fields if rule.write is not Write.NEVER}
    keys = {path for path in policy.match_paths if path}
    return {
        rule.path: rule
        for rule in policy.fields
        if rule.write in (Write.OVERWRITE, Write.IF_EMPTY) or rule.path in keys
    }


def _together_in(verbs: Sequence[Verb]) -> bool:
    """Return whether a record may have these actions: access, fields, and waiting fields."""
    if verbs and verbs[0].changes_access:
        verbs = verbs[1:]
    later = verbs[1:]
    return not later or (list(later) == [Verb.UPDATE] and verbs[0] in (Verb.CREATE, Verb.UPDATE))


def _has(policy: Policy, verb: Verb) -> bool:
    """Return whether the mapping can have actions with this verb."""
    match verb:
        case Verb.CREATE:
            return policy.create
        case Verb.LEAVE | Verb.CORRECT:
            return policy.has_leavers
        case Verb.REACTIVATE:
            return policy.rehires is Rehires.REACTIVATE
        case Verb.DEACTIVATE:
            return policy.absent is Absent.DEACTIVATE
        case Verb.UPDATE:
            return True


def _record(action: Action) -> str:
    found = action.source_id if action.target_id is None else action.target_id
    return "record " + repr(found if found is None or len(found) < 80 else f"{found[:80]}...")


def _circle(needs: Mapping[str, tuple[str, ...]]) -> str:
    """Return why the order of actions is impossible: a cycle, or an unknown action."""
    known = needs.keys()
    if any(each not in known for waits in needs.values() for each in waits):
        return "an action waits for one that is not in the plan"
    counts = {id: len(set(waits)) for id, waits in needs.items()}
    followers: dict[str, list[str]] = {}
    for id, waits in needs.items():
        for each in set(waits):
            followers.setdefault(each, []).append(id)
    free = [id for id, count in counts.items() if not count]
    done = 0
    while free:
        done += 1
        for id in followers.get(free.pop(), ()):
            counts[id] -= 1
            if not counts[id]:
                free.append(id)
    return "" if done == len(needs) else "actions wait for each other in a circle"
