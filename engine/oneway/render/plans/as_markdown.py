"""Renders a plan as Markdown, for a comment on a pull request.

Everything from a file or a system is in a code span, so that no name can act as markup, a mention
or a link.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from oneway.history.memory import NOTHING, Memory
from oneway.planning.breach import Verdict
from oneway.planning.plan import Action, Outcome, Plan
from oneway.planning.plan_file import fingerprint
from oneway.render import (
    access_list,
    lookup_misses,
    outcome_names,
    plan_changes,
    plan_content,
    plan_groups,
)
from oneway.render.layout import clip
from oneway.render.sanitize import markdown as code
from oneway.render.sanitize import on_one_line, shown
from oneway.render.vocabulary import VERB_MARKERS

_MOST_CHANGES = 36_000
_MOST_FOLDED = 4_000
"""Characters; GitHub refuses comments of more than 65,536."""
_NAMES = 20
"""How many records are named for one reason at most."""


def markdown(plan: Plan, verdict: Verdict, memory: Memory = NOTHING) -> str:
    """Return a plan as GitHub-flavoured Markdown, with the fingerprint at the end."""
    known = plan_content.discrepancies(plan, verdict, memory)
    named = partial(plan_content.known_since, known=known, zone=memory.zone)
    parts = [
        _head(plan, memory),
        _still_in(plan, verdict, memory),
        _guards(plan, verdict),
        _folded(
            plan_groups.NEAR_MISSES,
            [f"- {code(each)}" for each in plan_groups.near_misses(plan)],
        ),
        _changes(plan, verdict, memory),
        _folded("Refused before", _refused(plan, memory)),
        _folded(
            "Not sticking", [f"- {code(each)}" for each in plan_changes.flapping(plan, memory)]
        ),
        _folded("Does not sync", _staying(plan, named)),
        _folded("Left alone", _groups(plan_groups.left_alone(plan), named=named)),
        _folded("Back at work?", _groups(plan_groups.rehired(plan), named=named)),
        _folded("Not in the source", _groups(plan_groups.absent(plan))),
        _folded("Lookups that missed", _misses(plan)),
        _folded("Warnings", _groups(plan_groups.warnings(plan))),
        f"Fingerprint: `{fingerprint(plan)}`",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _misses(plan: Plan) -> list[str]:
    known = lookup_misses.people(plan)
    return [f"- {code(lookup_misses.missed(each, known))}" for each in plan.misses]


def _refused(plan: Plan, memory: Memory) -> list[str]:
    found = plan_content.refused(plan, memory)
    return [f"- {code(outcome_names.name(outcome))}: {code(why)}" for outcome, why in found]


def _head(plan: Plan, memory: Memory) -> str:
    lines = [f"### Plan for {code(plan.mapping)}", ""]
    lines += [
        f"**{line}**  "
        for line in (*plan_content.totals(plan), plan_content.waiting(memory))
        if line
    ]
    lines += [f"{code(each)}  " for each in plan_changes.alike(plan)]
    lines += [f":warning: {code(each)}  " for each in plan_content.cautions(plan)]
    lines += ["", f"- mapping: {code(plan.mapping_file)}", f"- as of: {code(plan.as_of)}"]
    lines += [
        f"- {code(each.name)}: {code(clip(plan_content.read(plan, each), 400))}"
        for each in plan.reads
    ]
    lines += [
        f"- {code(key)}: {code(clip(shown(value)))}" for key, value in sorted(plan.settings.items())
    ]
    lines += [
        f"- allowed: {code(each.guard)} up to {each.ceiling:,}, by {code(each.by)}"
        for each in plan.allowed
    ]
    return "\n".join(lines)


def _still_in(plan: Plan, verdict: Verdict, memory: Memory) -> str:
    found = access_list.access(plan, verdict, memory)
    if not found:
        return ""
    lines = [f"- {code(access_list.still_in_line(each))}" for each in found]
    return "\n".join(
        [f"#### {access_list.still_in_title(found)} ({len(found):,})", "", *_limited(lines)]
    )


def _guards(plan: Plan, verdict: Verdict) -> str:
    if not verdict.breaches:
        return ""
    lines = [f"#### Guards that fired ({len(verdict.breaches):,})", ""]
    for breach in verdict.breaches:
        lines.append(f"- {code(breach.text)}")
        if people := plan_content.may_concern(plan, breach.name):
            lines.append(f"  - {code(people)}")
        lines.append(
            f"  - limit: `{breach.setting}`; to let these pass, in this plan only: "
            f"{code(verdict.allow(breach))}"
        )
    return "\n".join([*lines, "", plan_content.held_back(plan, verdict)])


def _changes(plan: Plan, verdict: Verdict, memory: Memory) -> str:
    rows = [
        row
        for verb, outcomes in plan.by_verb
        for each in outcomes
        for row in _rows(plan, each, each.action_of(verb))
    ]
    if not rows:
        return ""
    held, known = plan_content.holders(verdict), plan_content.discrepancies(plan, verdict, memory)
    leaving = plan_content.going(plan)
    notes = [
        f"- {code(outcome_names.name(outcome))}: {code(note)}"
        for outcome in plan.notable
        for action in outcome.actions
        for note in (
            *plan_content.notes(outcome, action, held, memory, known),
            *plan_content.refers_to(plan, action, leaving),
            *filter(None, [plan_content.because(action)]),
        )
    ]
    fitting, more = _within(rows, _MOST_CHANGES)
    table = ["| | Record | Field | Change | From |", "|---|---|---|---|---|", *fitting]
    rest = [f"\nand {more:,} more rows"] if more else []
    made = plan_content.made_ids(plan)
    title = f"#### Changes ({len(plan.actions):,})"
    head = [title, "", *([f"{code(made)}", ""] if made else [])]
    return "\n".join([*head, *table, *rest, *([""] if notes else []), *_limited(notes)])


def _rows(plan: Plan, outcome: Outcome, action: Action) -> Iterator[str]:
    start = (
        f"| `{VERB_MARKERS[action.verb]}` {action.verb.value} | {code(outcome_names.who(outcome))}"
    )
    if not action.changes:
        yield f"{start} | | | |"
    for change in action.changes:
        said = code(plan_changes.changed(change, action.verb, plan))
        origin = f"{code(clip(on_one_line(change.expression)))} {code(str(change.place))}"
        yield f"{start} | {code(change.field)} | {said} | {origin} |"


def _staying(plan: Plan, named: Callable[[Outcome], str]) -> list[str]:
    return [
        line
        for section in plan_groups.staying(plan)
        for line in _groups(section.groups, f"{section.title}: ", named)
    ]


def _groups(
    groups: Iterable[plan_groups.Group],
    before: str = "",
    named: Callable[[Outcome], str] = outcome_names.named,
) -> list[str]:
    lines = []
    for group in groups:
        names = [code(named(each)) for each in group.outcomes[:_NAMES]]
        more = len(group.outcomes) - len(names)
        rest = f", and {more:,} more" if more else ""
        said = f"{code(group.title)} ({plan_groups.counted(group)}): {', '.join(names)}{rest}"
        lines.append(f"- {before}{said}")
    return lines


def _folded(title: str, lines: list[str]) -> str:
    """Return lines in a collapsible section with a title."""
    if not lines:
        return ""
    body = "\n".join(_limited(lines))
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _within(lines: list[str], most: int) -> tuple[list[str], int]:
    """Return the lines that fit into `most` characters, and how many are left out."""
    used = 0
    for position, line in enumerate(lines):
        used += len(line) + 1
        if used > most:
            return lines[:position], len(lines) - position
    return lines, 0


def _limited(lines: list[str]) -> list[str]:
    shown, more = _within(lines, _MOST_FOLDED)
    return [*shown, f"- and {more:,} more"] if more else shown
