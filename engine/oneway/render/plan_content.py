"""The content that all forms of a plan share: groups, words, sentences. All harmless."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from oneway.connections.discovery import FILES
from oneway.core.dataclass import dataclass
from oneway.core.phrases import count, some
from oneway.core.records import Value
from oneway.core.sealed import MASK, Sealed
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.history.flapping import Flapping
from oneway.history.memory import Memory
from oneway.mapping.open_questions import UNANSWERED
from oneway.planning.access import MAY_HAVE_LEFT, StillIn, still_in
from oneway.planning.breach import Verdict
from oneway.planning.guards import concerned
from oneway.planning.later_key import LATER_KEY
from oneway.planning.names import named as with_names
from oneway.planning.names import names_of
from oneway.planning.one_per_person import ANOTHER
from oneway.planning.plan import (
    Action,
    Change,
    Kind,
    Miss,
    Outcome,
    Plan,
    Read,
    Reason,
    Verb,
)
from oneway.planning.similar.near_misses import NEAR_MISS, other_reasons
from oneway.render.differences import apart, list_change, of_parts
from oneway.render.discrepancies import by_subject, since
from oneway.render.discrepancies import sentence as told_as
from oneway.render.layout import clip, with_name
from oneway.render.sanitize import harmless, shown


@dataclass(frozen=True, slots=True)
class Group:
    """Records that share one reason."""

    title: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class PlanSection:
    """A kind of outcome, and its records by reason."""

    title: str
    groups: tuple[Group, ...]

    @property
    def records(self) -> int:
        """The number of records in it."""
        return sum(len(group.outcomes) for group in self.groups)


LEFT_ALONE = "left alone"
"""The outcome `ignored`: nothing is done about a person, as the mapping says."""

_STAYING = {
    Kind.ERROR: "in error",
    Kind.CONFLICT: "in conflict",
    Kind.INELIGIBLE: "ineligible",
    Kind.IGNORED: LEFT_ALONE,
}
_LEFT_OUT = frozenset({Kind.INELIGIBLE, Kind.IGNORED})


_NAMED = 5
"""The most people who are named beside a guard."""

NEAR_MISSES = "Perhaps one person, though no key matches"
"""The title of people without a match, beside records that may be theirs."""


def access(plan: Plan, verdict: Verdict, memory: Memory) -> tuple[StillIn, ...]:
    """Return who has left and can still get in once a plan is applied."""
    ends = {**memory.postponed, **verdict.ends()}
    return still_in(plan, ends, undone=reverted(memory), planned=True)


def reverted(memory: Memory) -> frozenset[str]:
    """Return the actions whose result the target does not keep."""
    return frozenset(each.action.id for each in memory.flapping)


def still_in_title(found: Sequence[StillIn]) -> str:
    """Return the title of the first list."""
    return f"Have {who_left(found)}, and can still get in"


def who_left(found: Sequence[StillIn]) -> str:
    """Return "left", or how far that is known."""
    unknown = sum(each.may_have_left for each in found)
    if unknown == len(found):
        return "perhaps left"
    return "left, or may have" if unknown else "left"


def still_in_line(each: StillIn) -> str:
    """Return who can still get in, and why."""
    key, label = clip(harmless(each.key), 40), clip(harmless(each.label), 40)
    name = f"{key} {label}".strip() if label != key else key
    id = each.target_id if each.target_id != each.key else None
    record = f" (record {clip(harmless(id), 40)})" if id else ""
    return f"{name}{record}: {clip(harmless(each.why), 400)}"


def staying(plan: Plan) -> tuple[PlanSection, ...]:
    """Return the source records that do not sync, by kind and reason."""
    sections = (
        PlanSection(
            word,
            _by_title((o for o in plan.notable if o.kind is kind), _reasons(plan)),
        )
        for kind, word in _STAYING.items()
        if kind is not Kind.IGNORED
    )
    return tuple(section for section in sections if section.groups)


def left_alone(plan: Plan) -> tuple[Group, ...]:
    """Return the source records about which nothing is to be done, by reason."""
    return _by_title((o for o in plan.notable if o.kind is Kind.IGNORED), _reasons(plan))


def rehired(plan: Plan) -> tuple[Group, ...]:
    """Return those who are no leavers in the source and have left in the target, by reason."""
    return _by_title((o for o in plan.notable if o.kind is Kind.REHIRE), _reasons(plan))


def absent(plan: Plan) -> tuple[Group, ...]:
    """Return the target records that no source record matched, by reason."""
    return _by_title((o for o in plan.notable if o.kind is Kind.ABSENT), _reasons(plan))


def warnings(plan: Plan) -> tuple[Group, ...]:
    """Return the warnings that are not shown elsewhere, such as drift."""
    told = {Kind.REHIRE: 1}  # the first reason of a rehire is its own section
    drifting: dict[str, list[Outcome]] = {}
    for outcome in plan.notable:
        if not outcome.reasons or outcome.kind in _STAYING or outcome.kind is Kind.ABSENT:
            continue
        for reason in other_reasons(outcome.reasons)[told.get(outcome.kind, 0) :]:
            if reason.code == MAY_HAVE_LEFT or (reason.code == LATER_KEY and outcome.actions):
                continue  # the list of those who can still get in, or the action, says so
            drifting.setdefault(sentence(reason), []).append(outcome)
    groups = [Group(title, tuple(found)) for title, found in drifting.items()]
    return tuple(groups)


def may_concern(plan: Plan, guard: str) -> str:
    """Return the people whom lost values may concern, for a guard of values; else nothing."""
    found = concerned(plan, guard)
    if not found:
        return ""
    named = ", ".join(map(name, found[:_NAMED]))
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return f"may concern: {named}{more}"


def near_misses(plan: Plan) -> list[str]:
    """Return the records that nearly match a target record, both keys side by side."""
    return [
        f"{name(outcome)}: {sentence(reason)}"
        for outcome in plan.notable
        for reason in outcome.reasons
        if reason.code == NEAR_MISS
    ]


def made_ids(plan: Plan) -> str:
    """Return what the ids of new records will be where the target is a file and makes them up."""
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


def people(plan: Plan) -> Mapping[str, str]:
    """Return the key and the name of each person whose lookup missed, by the source id."""
    these = {id for miss in plan.misses for id in miss.whose}
    return {
        each.source_id: " ".join(dict.fromkeys(filter(None, (each.key, each.label))))
        for each in (plan.outcomes if these else ())
        if each.source_id in these
    }


def whose(miss: Miss, known: Mapping[str, str]) -> str:
    """Return how many records a lookup missed in, and the people whose names are known."""
    named = [clip(harmless(known[id])) for id in miss.whose if known.get(id)]
    if not named:
        return count(miss.records)
    more = miss.records - len(named)
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{count(miss.records)}: {', '.join(named)}{rest}"


def missed(miss: Miss, known: Mapping[str, str]) -> str:
    """Return the value not found exactly once in a lookup table, and whose it is."""
    rows = miss.why or ("is in no row" if miss.found == 0 else f"is in {miss.found:,} rows")
    where = f"{harmless(miss.field)}: {_code(miss.value)} {rows} of {harmless(miss.reference)}"
    return f"{where}, {whose(miss, known)}{instead(miss)}"


def instead(miss: Miss) -> str:
    """Return what stands in for a value that a table lacks: `; in its place: GEN`."""
    return f"; in its place: {_code(miss.instead)}" if miss.instead else ""


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
    """Return by which keys records were matched, if the first did not match all of them."""
    found = (f"{each.records:,} by {harmless(each.key)}" for each in plan.matched_by)
    return f" ({', '.join(found)})" if plan.matched_by else ""


def cautions(plan: Plan) -> tuple[str, ...]:
    """Return what to know of a plan as a whole before it is approved."""
    said = [remark(each) for each in plan.remarks]
    if any(each.code == UNANSWERED for each in plan.remarks):
        said.append("This plan cannot be applied: answer what is open, and plan again")
    return (*said, *_lookups_that_missed(plan), *map(remark, filter(_warns, plan.noticed)))


def _warns(each: Reason) -> bool:
    return each.warning


def remark(each: Reason) -> str:
    """Return a remark on a plan as a sentence, with the line of the mapping that it is about."""
    said = sentence(each)
    said = f"line {each.place.line}: {said}" if each.place is not None else said
    return f"{said[:1].upper()}{said[1:]}"


def _lookups_that_missed(plan: Plan) -> Iterator[str]:
    """Yield of how many records each lookup found nothing."""
    counts: Counter[tuple[str, str]] = Counter()
    for miss in plan.misses:
        counts[miss.field, miss.reference] += miss.records
    source = next((each.records for each in plan.reads if each.name == "source"), 0)
    for (field, reference), number in counts.items():
        of = f" of {source:,}" if source else ""
        doubt = ": does its key fit?" if 2 * number > source > 1 else ""
        yield (
            f"{harmless(field)}: the lookup in {harmless(reference)} missed for {number:,}{of} "
            f"{'record' if (source or number) == 1 else 'records'}{doubt}"
        )


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


def who(outcome: Outcome) -> str:
    """Return the name of a record for people: its key, its label, its id in the target."""
    key, label = clip(harmless(outcome.key)), clip(harmless(outcome.label))
    name = f"{key} {label}" if label and label != key else key
    if outcome.target_id is None or outcome.target_id == outcome.key:
        return name
    return f"{name} (record {clip(harmless(outcome.target_id))})"


def name(outcome: Outcome) -> str:
    """Return the short name of a record, for lists."""
    key, label = clip(harmless(outcome.key), 40), clip(harmless(outcome.label), 40)
    return f"{key} {label}" if label and label != key else key


def counted(group: Group) -> str:
    """Return how many records a reason concerns, and how many of them exist in the target."""
    number = len(group.outcomes)
    there = sum(each.target_id is not None and each.kind is not Kind.ABSENT
                for each in group.outcomes)  # fmt: skip
    if number == 1 or not there or group.outcomes[0].kind not in _LEFT_OUT:
        return f"{number:,}"
    have = "has a record" if there == 1 else "have records"
    return f"{number:,}, of whom {there:,} {have} in the target"


def named(outcome: Outcome) -> str:
    """Return the short name of a record, with the values that its reasons are about."""
    values = "; ".join(clip(harmless(each.value), 120) for each in outcome.reasons if each.value)
    record = _record(outcome)
    return f"{name(outcome)}{record} ({values})" if values else f"{name(outcome)}{record}"


def _record(outcome: Outcome) -> str:
    """Return the target record of an excluded person, where a reader would not expect one."""
    if outcome.kind not in _LEFT_OUT or outcome.target_id in (None, outcome.key):
        return ""
    return f" (record {clip(harmless(outcome.target_id or ''), 40)})"


def changed(change: Change, verb: Verb, plan: Plan) -> str:
    """Return the values before and after of one field; sensitive ones as `***`.

    Values that a lookup of the plan finds are shown with their names: `13 (OPS Operations)`. What
    stands in for a lookup that missed is called a fallback.
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


def known_since(outcome: Outcome, told: Mapping[str, Discrepancy], zone: str) -> str:
    """Return the short name of a record, and since when it does not sync where that is known."""
    discrepancy = told.get(outcome.source_id or "")
    so = since(discrepancy, zone) if discrepancy is not None else ""
    return f"{named(outcome)} ({so})" if so else named(outcome)


def notes(
    outcome: Outcome,
    action: Action,
    held: Mapping[str, str],
    memory: Memory,
    told: Mapping[str, Discrepancy],
) -> list[str]:
    """Return what to know of an action before it is applied; `told` as of `discrepancies`."""
    lines = [f"{sentence(e)}{_about(e)}" for e in outcome.reasons if e.code == LATER_KEY]
    discrepancy = told.get(action.id)
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
        lines.append("waits until another record has given up a value that only one may hold")
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
    """Return the names of those whom a plan takes access from, by their target records.

    Nobody where no action refers to anybody by name.
    """
    return {
        each.target_id: name(each)
        for each in (plan.notable if plan.names else ())
        for action in each.actions
        if each.target_id is not None and action.verb.takes_access
    }


def refers_to(plan: Plan, action: Action, leaving: Mapping[str, str]) -> list[str]:
    """Return the fields that an action fills with a person who leaves by the same plan."""
    return [
        f"{harmless(each.field)}: {leaving[str(each.after)]} leaves by this plan"
        for each in action.changes
        if plan.name_of(each.field, each.after) and str(each.after) in leaving
    ]


def because(action: Action) -> str:
    """Return why a person leaves, as the source states it; "" where nothing was read."""
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
    """Return how many actions are not sent today; "" if there are none."""
    number = len(memory.postponed)
    if not number:
        return ""
    verb = "is" if number == 1 else "are"
    return f"{count(number, 'action')} that the target refused before {verb} not sent today."


def flapping(plan: Plan, memory: Memory, told: Mapping[str, Discrepancy] = {}) -> list[str]:
    """Return the changes that the target undid after each of the last runs, with both values.

    `told` are the plan's discrepancies, which know when each began.
    """
    if not memory.flapping:
        return []
    names = {action.id: name(o) for o in plan.notable for action in o.actions}
    said = []
    for each in memory.flapping:
        discrepancy = told.get(each.action.id)
        so = (
            f" ({since(discrepancy, memory.zone)})"
            if discrepancy is not None and discrepancy.since
            else ""
        )
        said.append(f"{names[each.action.id]}: {_unstuck(each, plan)}, and planned again{so}")
    return said


def _unstuck(each: Flapping, plan: Plan) -> str:
    runs = "the last run" if each.times == 1 else f"each of the last {each.times} runs"
    if each.change is None:
        return f"created in {runs}"
    said = f"{harmless(each.change.field)}: {changed(each.change, each.action.verb, plan)}"
    return f"{said}; written in {runs}{_other_form(each.change)}"


def _other_form(change: Change) -> str:
    """Return how a mapping or manifest copes with a target that stores a value in another form."""
    if isinstance(change.after, list) and any(isinstance(each, dict) for each in change.after):
        return " (if the target adds to the items, compare them by a key: `compare: {by: KEY}`)"
    if change.after is None:
        return ' (if the system ignores null, its manifest may say `clear: ""`)'
    return ""


def sentence(reason: Reason, names: Mapping[str, str] = {}) -> str:
    """Return a reason's text, with ids replaced by names."""
    return clip(harmless(with_names(replace(reason, value=""), names)), 400)


def alike(plan: Plan, among: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the changes that many records share: "teamId: all 150 become 13 (OPS)".

    Of all actions, or of those whose ids are given.
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
        shared = Counter(map(shown, values))  # in full: two long values may begin alike
        (said_of, number), total = shared.most_common(1)[0], len(values)
        value = next(each for each in values if shown(each) == said_of)
        after = said_of if value is None else valued(plan, field, value)
        if number >= _MANY and 2 * number >= total:
            which = f"all {number:,}" if number == total else f"{number:,} of {total:,}"
            said.append(f"{harmless(field)}: {which} become {after}")
    return (*said, *(remark(each) for each in plan.noticed if not each.warning))


_MANY = 10
"""The fewest records with the same new value that get a line of their own."""


def _may_be_alike(values: Sequence[Value | Sealed]) -> bool:
    """Return whether half of these values, and many, may be shown alike; mostly, none are.

    Two plain texts are shown alike if they are the same. Any other value may be shown as another.
    """
    plain = [e for e in values if isinstance(e, str) and e.isascii() and e.isprintable()]
    short = [each for each in plain if len(each) < _SHORT]
    most = len(values) - len(short) + max(Counter(short).values(), default=0)
    return most >= _MANY and 2 * most >= len(values)


_SHORT = 30
"""Characters of a text that is shown whole, whatever it is."""


def _is_sealed(change: Change) -> bool:
    return isinstance(change.before, Sealed) or isinstance(change.after, Sealed)


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
    if held == len(actions):
        return f"All of it ({count(held, 'action')}) is held back."
    verb = "is" if held == 1 else "are"
    return (
        f"{held:,} of {count(len(actions), 'action')} {verb} held back; the others can be applied."
    )


def _by_title(outcomes: Iterable[Outcome], title: Callable[[Outcome], str]) -> tuple[Group, ...]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(title(outcome), []).append(outcome)
    return tuple(Group(text, tuple(found)) for text, found in groups.items())


def _reasons(plan: Plan) -> Callable[[Outcome], str]:
    names = cache(lambda: names_of(plan.parts))  # made only where somebody is named

    def said(outcome: Outcome) -> str:
        rehire = outcome.kind is Kind.REHIRE
        reasons = outcome.reasons[:1] if rehire else other_reasons(outcome.reasons)
        # Hundreds of former employments need no details: the words they share are enough.
        alike = all(each.code == ANOTHER for each in reasons)
        said = (sentence(e, names() if e.candidates and not alike else {}) for e in reasons)
        return "; ".join(said) or "no reason is known"

    return said


def _sealed_change(change: Change) -> str:
    if change.after is None:
        return "cleared"
    return "added" if change.before is None else "changed"


def _code(value: str) -> str:
    return value if value == MASK else clip(shown(value))
