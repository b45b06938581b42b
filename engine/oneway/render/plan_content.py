"""Texts that all forms of a plan share: about the plan as a whole, and about each action."""

from collections import Counter
from collections.abc import Iterable, Mapping

from oneway.connections.discovery import FILES
from oneway.core.phrases import count, some
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.history.memory import Memory
from oneway.mapping.open_questions import UNANSWERED
from oneway.planning.breach import Verdict
from oneway.planning.guards import concerned
from oneway.planning.later_key import LATER_KEY
from oneway.planning.plan import Action, Kind, Outcome, Plan, Reason, Verb
from oneway.planning.plan_inputs import Read
from oneway.render.discrepancies import by_subject, since
from oneway.render.discrepancies import sentence as told_as
from oneway.render.layout import clip
from oneway.render.lookup_misses import lookups_that_missed
from oneway.render.outcome_names import name, named, sentence
from oneway.render.plan_changes import remark
from oneway.render.plan_groups import LEFT_ALONE, staying
from oneway.render.sanitize import harmless

_NAMED = 5
"""How many people are named beside a guard at most."""


def may_concern(plan: Plan, guard: str) -> str:
    """Return the people whom lost values may concern, for a guard of values, or ""."""
    found = concerned(plan, guard)
    if not found:
        return ""
    named = ", ".join(map(name, found[:_NAMED]))
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return f"may concern: {named}{more}"


def made_ids(plan: Plan) -> str:
    """Return what the ids of new records will be, if the target is a file that numbers them."""
    target = plan.inputs.get("target")
    if target is None or target.connector != FILES or target.file is not None:
        return ""
    id = target.options.get("id", "id")
    creates = [each for each in plan.actions if each.verb is Verb.CREATE]
    made = sum(all(change.field != id for change in each.changes) for each in creates)
    if not made:
        return ""
    whose = "each" if made == len(creates) else f"{made:,} of them"
    return f"{harmless(id)}: {whose} gets the number after the highest, as no field writes it"


def read(plan: Plan, each: Read) -> str:
    """Return how one read ended."""
    said = count(each.records)
    if each.name in plan.inputs:
        found = plan.inputs[each.name]
        where = f" at {found.origin}" if found.origin else ""
        said = f"{harmless(f'{found.text}{where}')}: {said}"
    if each.name == "target":
        said += f", {plan.managed:,} matched{_by_which(plan)}"
    if not each.complete:
        said += "; NOT COMPLETE"
    return "; ".join([said, *map(harmless, each.problems)])


def _by_which(plan: Plan) -> str:
    """Return which keys matched the records, unless the first key matched all of them."""
    found = (f"{each.records:,} by {harmless(each.key)}" for each in plan.matched_by)
    return f" ({', '.join(found)})" if plan.matched_by else ""


def cautions(plan: Plan) -> tuple[str, ...]:
    """Return the cautions about a plan as a whole, to be read before it is approved."""
    said = [remark(each) for each in plan.remarks]
    if any(each.code == UNANSWERED for each in plan.remarks):
        said.append("This plan cannot be applied: answer the open questions, and plan again")
    return (*said, *lookups_that_missed(plan), *map(remark, filter(_warns, plan.noticed)))


def _warns(each: Reason) -> bool:
    return each.warning


def totals(plan: Plan) -> tuple[str, ...]:
    """Return the counts of a plan in sentences."""
    verbs = [f"{len(outcomes):,} to {verb.value}" for verb, outcomes in plan.by_verb]
    counts = plan.counts()
    doing = ", ".join(verbs) if verbs else "No changes to make"
    same = counts["unchanged"]
    lines = [f"{doing}; {same:,} unchanged." if verbs or same else f"{doing}."]
    several = (each for each in plan.notable if len(each.actions) > 1)
    twice = [name(each) for each in several if len({a.verb for a in each.actions}) > 1]
    if twice:
        said = "1 person counts" if len(twice) == 1 else f"{len(twice):,} people count"
        lines[0] += f" {said} in two of these: {some(twice, _NAMED)}."
    stay = [f"{section.records:,} {section.title}" for section in staying(plan)]
    back = sum(each.kind is Kind.REHIRE and not each.actions for each in plan.notable)
    stay += [f"{back:,} perhaps back at work"] if back else []
    if stay:
        number = sum(section.records for section in staying(plan)) + back
        verb = "does" if number == 1 else "do"
        lines.append(f"{number:,} {verb} not sync: {', '.join(stay)}.")
    if counts["ignored"]:
        lines.append(f"{counts['ignored']:,} {LEFT_ALONE}.")
    if counts["rehire"] > back:
        lines.append(f"{counts['rehire'] - back:,} back at work.")
    if counts["absent"]:
        lines.append(f"{count(counts['absent'], 'target record')} not in the source.")
    return tuple(lines)


def holders(verdict: Verdict) -> dict[str, str]:
    """Return the guards that hold back each action, by the action's id."""
    held = dict.fromkeys(verdict.blocked, "")
    for breach in verdict.breaches:
        for id in breach.blocked:
            if id in held:
                held[id] = f"{held[id]}, {breach.name}" if held[id] else breach.name
    return {id: harmless(names) or "the whole plan (on_breach: stop)" for id, names in held.items()}


def discrepancies(plan: Plan, verdict: Verdict, memory: Memory) -> dict[str, Discrepancy]:
    """Return the discrepancies of people who will still differ from the source, by subject."""
    return by_subject(memory.discrepancies_of(plan, verdict.ends()))


def known_since(outcome: Outcome, known: Mapping[str, Discrepancy], zone: str) -> str:
    """Return the short name of a record and, if known, since when it does not sync."""
    discrepancy = known.get(outcome.source_id or "")
    so = since(discrepancy, zone) if discrepancy is not None else ""
    return f"{named(outcome)} ({so})" if so else named(outcome)


def notes(
    outcome: Outcome,
    action: Action,
    held: Mapping[str, str],
    memory: Memory,
    known: Mapping[str, Discrepancy],
) -> list[str]:
    """Return the notes on an action, to be read before it is applied.

    `held` are `holders`, `known` are `discrepancies`.
    """
    lines = [f"{sentence(e)}{_about(e)}" for e in outcome.reasons if e.code == LATER_KEY]
    discrepancy = known.get(action.id)
    so = (
        f" {since(discrepancy, memory.zone)}"
        if discrepancy is not None and discrepancy.since
        else ""
    )
    own = {each.id: each.verb for each in outcome.actions}
    awaited = {each.awaits.action for each in action.changes if each.awaits is not None}
    if action.id in held:
        lines.append(f"held back by guards{so}: {held[action.id]}")
    if Verb.REACTIVATE in (own.get(id) for id in action.depends_on):
        lines.append("waits until the record is reactivated")
    if awaited:
        lines.append("waits until the record that it refers to is created")
    if not {*own, *awaited}.issuperset(action.depends_on):
        lines.append("waits until another record has given up the same unique value")
    if action.id in memory.postponed:
        day = memory.refusals[action.id].next_try
        refused = "the target refused the same values before"
        lines.append(f"postponed{so}: {refused}; next try {day}")
    if discrepancy is not None and discrepancy.ending is DiscrepancyKind.UNKNOWN:
        lines.append(told_as(discrepancy, memory.zone))
    return lines


def _about(reason: Reason) -> str:
    return f" ({clip(harmless(reason.value), 200)})" if reason.value else ""


def going(plan: Plan) -> Mapping[str, str]:
    """Return the names of the people who lose access by a plan, by target id.

    Empty if no action refers to a person.
    """
    return {
        each.target_id: name(each)
        for each in (plan.notable if plan.names else ())
        for action in each.actions
        if each.target_id is not None and action.verb in (Verb.LEAVE, Verb.DEACTIVATE)
    }


def refers_to(plan: Plan, action: Action, leaving: Mapping[str, str]) -> list[str]:
    """Return the fields that an action fills with a person who leaves by the same plan."""
    return [
        f"{harmless(each.field)}: {leaving[str(each.after)]} leaves by this plan"
        for each in action.changes
        if plan.name_of(each.field, each.after) and str(each.after) in leaving
    ]


def because(action: Action) -> str:
    """Return why a person leaves, in the source's values, or "" if nothing was read."""
    return f"because {clip(harmless(action.why), 400)}" if action.why else ""


def refused(plan: Plan, memory: Memory) -> list[tuple[Outcome, str]]:
    """Return the records that the target refused before, with the reason."""
    return [
        (outcome, clip(harmless(memory.refusals[action.id].text), 400))
        for outcome in plan.notable
        for action in outcome.actions
        if action.id in memory.refusals
    ]


def waiting(memory: Memory) -> str:
    """Return how many actions are not sent today, or ""."""
    number = len(memory.postponed)
    if not number:
        return ""
    verb = "is" if number == 1 else "are"
    return f"{count(number, 'action')} that the target refused before {verb} not sent today."


def split(actions: Iterable[Action]) -> str:
    """Return the actions counted by verb: "12 creates, 30 updates, 4 leaves"."""
    counts = Counter(action.verb for action in actions)
    return ", ".join(count(counts[verb], verb.value) for verb in Verb if counts[verb])


def held_back(plan: Plan, verdict: Verdict) -> str:
    """Return how many actions of a plan the guards hold back."""
    actions = plan.actions
    held = sum(1 for action in actions if action.id in verdict.blocked)
    if not actions:
        return "There is no action to hold back."
    if held in (0, len(actions)):
        share = "All" if held else "None"
        return f"{share} of it ({count(len(actions), 'action')}) is held back."
    verb = "is" if held == 1 else "are"
    return (
        f"{held:,} of {count(len(actions), 'action')} {verb} held back; the others can be applied."
    )
