"""Renders a plan for review: counts, changes with places, who does not sync and why."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.history.memory import NOTHING, Memory
from oneway.planning.breach import Breach, Verdict
from oneway.planning.plan import Action, Change, Outcome, Plan, Verb
from oneway.planning.plan_file import fingerprint
from oneway.render import (
    access_list,
    lookup_misses,
    outcome_names,
    plan_changes,
    plan_content,
    plan_groups,
)
from oneway.render.layout import clip, columns, more, pad, people, wrap
from oneway.render.sanitize import harmless, on_one_line, shown
from oneway.render.style import Ink, Style
from oneway.render.vocabulary import VERB_INKS, VERB_MARKERS

_FIELD = 6
"""The columns before a field's name."""


def text(
    plan: Plan,
    verdict: Verdict,
    style: Style,
    memory: Memory = NOTHING,
    *,
    limit: int | None = 20,
) -> str:
    """Return a plan as text that fits `style.width`.

    Names at most `limit` records for each verb, reason and warning (None: all), and counts the
    others. Ends with the fingerprint that an approval names.
    """
    page = _TextPage(plan, verdict, style, memory, limit)
    sections = [
        page.head(),
        page.totals(),
        page.still_in(),
        page.near_misses(),
        *page.actions(),
        page.staying(),
        page.left_alone(),
        page.rehires(),
        page.absent(),
        page.misses(),
        page.warnings(),
        page.refused(),
        page.flapping(),
        page.guards(),
        page.end(),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Row:
    """The texts for one field of one action."""

    field: str
    value: str
    expression: str
    place: str

    @property
    def columns(self) -> int:
        """Its minimal width on one line."""
        return sum(map(columns, (self.field, self.value, self.expression, self.place))) + 6


class _TextPage:
    """The parts of the page, each a list of lines."""

    def __init__(
        self, plan: Plan, verdict: Verdict, style: Style, memory: Memory, limit: int | None
    ) -> None:
        self.plan = plan
        self.verdict = verdict
        self.style = style
        self.limit = limit
        self.memory = memory
        self.held = plan_content.holders(verdict)
        self.known = plan_content.discrepancies(plan, verdict, memory)
        # The head of the page names the mapping, so a line number is enough.
        self.short = self.is_wide()
        self.going = plan_content.going(plan)
        self.quoted: set[str] = set()
        """The places of long expressions already shown, which are not repeated."""

    def head(self) -> list[str]:
        plan = self.plan
        rows = [("mapping", harmless(plan.mapping_file)), ("as of", harmless(plan.as_of))]
        rows += [(harmless(each.name), plan_content.read(plan, each)) for each in plan.reads]
        rows += [(harmless(key), shown(value)) for key, value in sorted(plan.settings.items())]
        rows += [("allowed", allowed) for allowed in self.allowed()]
        wide = max(min(columns(name), 24) for name, _ in rows) + 2
        title = self.strong(wrap(f"Plan for {harmless(plan.mapping)}", self.style))
        return title + [
            line
            for name, said in rows
            for line in wrap(f"{pad(name, wide)}{said}", self.style, 2, 2 + wide)
        ]

    def allowed(self) -> list[str]:
        return [
            f"{harmless(each.guard)} up to {each.ceiling:,}, by {harmless(each.by)}"
            for each in self.plan.allowed
        ]

    def totals(self) -> list[str]:
        lines = self.strong(
            [line for each in plan_content.totals(self.plan) for line in wrap(each, self.style)]
        )
        lines += [
            line for each in plan_changes.alike(self.plan) for line in wrap(each, self.style, 2, 4)
        ]
        for each in plan_content.cautions(self.plan):
            lines += self.trouble(wrap(f"! {each}", self.style, 0, 2))
        waiting = plan_content.waiting(self.memory)
        if waiting:
            lines += self.caution(wrap(f"! {waiting}", self.style, 0, 2))
        if not self.verdict.breaches:
            return lines
        held = f"! {plan_content.held_back(self.plan, self.verdict)} See the guards below."
        return lines + self.trouble(wrap(held, self.style, 0, 2))

    def still_in(self) -> list[str]:
        found = access_list.access(self.plan, self.verdict, self.memory)
        if not found:
            return []
        lines = self.trouble(
            wrap(f"! {access_list.still_in_title(found)} ({len(found):,})", self.style, 0, 2)
        )
        for each in found:
            lines += wrap(access_list.still_in_line(each), self.style, 2, 4)
        return lines

    def actions(self) -> Iterator[list[str]]:
        for verb, outcomes in self.plan.by_verb:
            title = self.strong([f"To {verb.value} ({len(outcomes):,})"])
            shown = outcomes[: self.limit]
            lines = [line for each in shown for line in self.action(each, verb)]
            if verb is Verb.CREATE and (made := plan_content.made_ids(self.plan)):
                title += wrap(made, self.style, 2, 4)
            yield [*title, *lines, *self.more(len(outcomes))]

    def more(self, number: int) -> list[str]:
        """Return a line that counts the records left out; [] if all are shown."""
        if self.limit is None or number <= self.limit:
            return []
        return [f"  {more(number - self.limit, self.limit)}"]

    def action(self, outcome: Outcome, verb: Verb) -> list[str]:
        action = outcome.action_of(verb)
        named = f"{VERB_MARKERS[verb]} {verb.value} {outcome_names.who(outcome)}"
        lines = [self.style.paint(line, VERB_INKS[verb]) for line in wrap(named, self.style, 2, 4)]
        notes = plan_content.notes(outcome, action, self.held, self.memory, self.known)
        for note in (*notes, *plan_content.refers_to(self.plan, action, self.going)):
            lines += self.caution(wrap(f"! {note}", self.style, 4, 6))
        if why := plan_content.because(action):
            lines += wrap(why, self.style, 4, 6)
        return lines + self.fields(action)

    def fields(self, action: Action) -> list[str]:
        rows = _rows(action.changes, action.verb, self.plan)
        if not self.short:
            return _table(rows, self.style)
        own = harmless(f"{self.plan.mapping_file}:")
        short = [replace(row, place=row.place.replace(own, "line ", 1)) for row in rows]
        return _table([self.once(row) for row in short], self.style)

    def once(self, row: _Row) -> _Row:
        """Return the row, without its expression if that is long and has been shown."""
        if _FIELD + row.columns <= self.style.width:
            return row
        if row.place in self.quoted:
            return replace(row, expression="")
        self.quoted.add(row.place)
        return row

    def is_wide(self) -> bool:
        """Return whether any field is too long for a line with the full place of its rule."""
        return any(
            _FIELD + row.columns > self.style.width
            for verb, outcomes in self.plan.by_verb
            for outcome in outcomes[: self.limit]
            for row in _rows(outcome.action_of(verb).changes, verb, self.plan)
        )

    def staying(self) -> list[str]:
        sections = plan_groups.staying(self.plan)
        if not sections:
            return []
        number = sum(section.records for section in sections)
        lines = self.strong([f"Does not sync ({number:,})"])
        for section in sections:
            lines.append(f"  ! {section.title} ({section.records:,})")
            lines += self.named(section.groups, 6)
        return lines

    def left_alone(self) -> list[str]:
        return self.section("Left alone", plan_groups.left_alone(self.plan), " ")

    def rehires(self) -> list[str]:
        return self.section("Back at work?", plan_groups.rehired(self.plan), "!")

    def absent(self) -> list[str]:
        groups = plan_groups.absent(self.plan)
        if not groups:
            return []
        number = sum(len(group.outcomes) for group in groups)
        lines = self.strong([f"Not in the source ({number:,})"])
        return lines + self.named(groups, 2)

    def misses(self) -> list[str]:
        if not self.plan.misses:
            return []
        lines = self.strong([f"Lookups that missed ({len(self.plan.misses):,})"])
        known = lookup_misses.people(self.plan)
        for miss in self.plan.misses[: self.limit]:
            lines += wrap(f"! {lookup_misses.missed(miss, known)}", self.style, 2, 4)
        return lines + self.more(len(self.plan.misses))

    def warnings(self) -> list[str]:
        return self.section("Warnings", plan_groups.warnings(self.plan), "!")

    def near_misses(self) -> list[str]:
        title = plan_groups.NEAR_MISSES
        return self.listed(title, plan_groups.near_misses(self.plan))

    def refused(self) -> list[str]:
        found = plan_content.refused(self.plan, self.memory)
        said = [f"{outcome_names.name(outcome)}: {why}" for outcome, why in found]
        return self.listed("Refused before", said)

    def flapping(self) -> list[str]:
        return self.listed(
            "Not sticking", plan_changes.flapping(self.plan, self.memory, self.known)
        )

    def listed(self, title: str, said: list[str]) -> list[str]:
        if not said:
            return []
        lines = self.strong([f"{title} ({len(said):,})"])
        for each in said[: self.limit]:
            lines += wrap(f"! {each}", self.style, 2, 4)
        return lines + self.more(len(said))

    def guards(self) -> list[str]:
        if not self.verdict.breaches:
            return []
        lines = self.strong([f"Guards that fired ({len(self.verdict.breaches):,})"])
        for breach in self.verdict.breaches:
            lines += self.breach(breach)
        return lines

    def breach(self, breach: Breach) -> list[str]:
        fired = self.trouble(wrap(f"! {harmless(breach.text)}", self.style, 2, 4))
        files = [self.plan.mapping_file]
        if self.plan.connection is not None and self.plan.connection.file:
            files.append(self.plan.connection.file)  # whose limits may be stricter
        where = f"limit: {breach.setting} in {harmless(' or '.join(files))}"
        allow = f"to let these pass, in this plan only: {harmless(self.verdict.allow(breach))}"
        if people := plan_content.may_concern(self.plan, breach.name):
            fired += wrap(people, self.style, 4, 6)
        return fired + wrap(where, self.style, 4, 6) + wrap(allow, self.style, 4, 6)

    def end(self) -> list[str]:
        return wrap(f"Fingerprint: {fingerprint(self.plan)}", self.style)

    def section(self, title: str, groups: tuple[plan_groups.Group, ...], marker: str) -> list[str]:
        if not groups:
            return []
        number = sum(len(group.outcomes) for group in groups)
        lines = self.named(groups, 2, f"{marker} ")
        return self.strong([f"{title} ({number:,})"]) + lines

    def named(
        self, groups: Iterable[plan_groups.Group], indent: int, marker: str = ""
    ) -> list[str]:
        """Return each reason with its records."""
        lines: list[str] = []
        for group in groups:
            names = people(self.names(group), self.limit)
            number = plan_groups.counted(group)
            said = f"{marker}{group.title}{'' if number == '1' else f' ({number})'}: {names}"
            lines += wrap(said, self.style, indent, indent + 2 + len(marker))
        return lines

    def names(self, group: plan_groups.Group) -> list[str]:
        return [
            plan_content.known_since(each, self.known, self.memory.zone) for each in group.outcomes
        ]

    def strong(self, lines: list[str]) -> list[str]:
        return [self.style.paint(line, Ink.STRONG) for line in lines]

    def caution(self, lines: list[str]) -> list[str]:
        return [self.style.paint(line, Ink.CAUTION) for line in lines]

    def trouble(self, lines: list[str]) -> list[str]:
        return [self.style.paint(line, Ink.TROUBLE) for line in lines]


def _table(rows: list[_Row], style: Style) -> list[str]:
    """Return a line (two if long) for each field: name, values, expression and place."""
    field = _widest(row.field for row in rows)
    value = _widest(row.value for row in rows)
    expression = _widest(row.expression for row in rows)
    lines: list[str] = []
    for row in rows:
        name = pad(row.field, field)
        line = f"{name}  {pad(row.value, value)}  {pad(row.expression, expression)}  {row.place}"
        if _FIELD + columns(line) > style.width:
            # Too long for the shared columns, but it may still fit on one line.
            line = f"{name}  {row.value}  {row.expression}  {row.place}"
        if _FIELD + columns(line) <= style.width:
            lines.append(" " * _FIELD + line)
        else:
            lines += wrap(f"{name}  {row.value}", style, _FIELD, _FIELD + 2)
            lines += wrap(f"<- {row.place}: {row.expression}", style, _FIELD + 4, _FIELD + 7)
    return lines


def _rows(changes: Iterable[Change], verb: Verb, plan: Plan) -> list[_Row]:
    return [
        _Row(
            clip(harmless(each.field)),
            plan_changes.changed(each, verb, plan),
            clip(on_one_line(each.expression)),
            clip(harmless(f"{each.place.file}:{each.place.line}")),
        )
        for each in changes
    ]


def _widest(texts: Iterable[str]) -> int:
    """Return a column's width: that of its widest text, ignoring overlong ones."""
    return max((wide for each in texts if (wide := columns(each)) <= 40), default=0)
