"""Renders the effect of an edit as text, JSON, and Markdown for a review."""

from collections import Counter
from collections.abc import Iterator, Sequence

from oneway.core.phrases import count
from oneway.planning.impact import FieldImpact, Impact, PersonImpact
from oneway.planning.plan import Change, Outcome, Plan
from oneway.render.differences import apart
from oneway.render.layout import more, with_name, wrap
from oneway.render.sanitize import harmless, markdown, masked, shown
from oneway.render.style import Ink, Style
from oneway.runs.compare.impact import EditImpact

MOST_BYTES = 60_000
"""Less than the 65,536 characters that a comment on a pull request may have."""
_FEW = 5


def sentence(found: EditImpact) -> str:
    """Return the effect in one sentence: how many people are affected, how, in which fields."""
    people = found.impact.people
    if not people:
        return f"Nothing changes for any of {count(found.impact.records)}."
    turns = Counter(each.turn for each in people)
    said = [
        f"{number:,} from {turn[0]} to {turn[1]}"
        for turn, number in sorted(turns.items(), key=lambda each: -each[1])
        if turn[0] != turn[1]
    ]
    fields = [f"{name} of {number:,}" for name, number in found.impact.fields.most_common(10)]
    said += [f"written otherwise: {', '.join(fields)}"] if fields else []
    guards = ", ".join(breach.name for breach in found.newly_fired)
    end = f" Guards that newly fire: {guards}." if guards else ""
    what = f"{count(len(people))} of {found.impact.records:,} change"
    return f"{what}: {'; '.join(said) or 'for other reasons'}.{end}"


def text(found: EditImpact, style: Style, limit: int | None) -> str:
    """Return the sentence, then each person by name, the most harmful effects first."""
    lines = wrap(harmless(sentence(found)), style)
    people = found.impact.people
    for each in people[:limit]:
        ink = Ink.TROUBLE if each.turn[0] != each.turn[1] else Ink.CHANGED
        lines.append(style.paint(harmless(f"{_who(each.shown)}: {_how(each)}"), ink))
        for field in each.fields:
            lines += wrap(harmless(f"{field.field}: {_field(field, found)}"), style, 4, 8)
    if limit is not None and len(people) > limit:
        lines.append(more(len(people) - limit, limit))
    for breach in found.newly_fired:
        lines += wrap(f"! {harmless(breach.text)}", style, 0, 2)
    return "\n".join(lines) + "\n"


def as_json(found: EditImpact) -> dict[str, object]:
    """Return the effect as data.

    Keys: sentence, records, people (key, label, source_id, target_id, before, after, fields),
    fields (people by field), guards (names of those that newly fire). A person's fields are field,
    before and after: what each version writes, as {value} with the name of a looked-up value, or
    null for nothing.
    """
    return {
        "sentence": sentence(found),
        "records": found.impact.records,
        "people": [_person(each, found) for each in found.impact.people],
        "fields": dict(sorted(found.impact.fields.items())),
        "guards": [breach.name for breach in found.newly_fired],
    }


def as_markdown(found: EditImpact, *, names: bool) -> str:
    """Return the effect for a pull request, at most 60 kB, with people grouped by the effect.

    `names` permits names and values, which should not be shown if a review has many readers.
    """
    lines = [f"**{markdown(sentence(found))}**", ""]
    size = sum(len(line.encode()) + 1 for line in lines)
    groups = _groups(found.impact)
    for position, (title, people) in enumerate(groups):
        block = [f"### {markdown(title)} ({len(people):,})", ""]
        block += list(_listed(people, found)) if names else []
        needed = sum(len(line.encode()) + 1 for line in block)
        if size + needed > MOST_BYTES - 200:
            left = sum(len(others) for _, others in groups[position:])
            lines.append(f"And {count(left)} more, which --format json shows.")
            break
        lines += block
        size += needed
    return "\n".join(lines).rstrip() + "\n"


def _groups(found: Impact) -> list[tuple[str, list[PersonImpact]]]:
    groups: dict[str, list[PersonImpact]] = {}
    for each in found.people:
        before, after = each.turn
        fields = ", ".join(field.field for field in each.fields)
        title = f"{after}: {fields or 'other reasons'}"
        title = f"{before} → {after}" if before != after else title
        groups.setdefault(title, []).append(each)
    return list(groups.items())


def _listed(people: Sequence[PersonImpact], found: EditImpact) -> Iterator[str]:
    for each in people[:_FEW]:
        said = "; ".join(f"{field.field}: {_field(field, found)}" for field in each.fields)
        yield f"- {markdown(_who(each.shown))}{': ' if said else ''}{markdown(said)}"
    if len(people) > _FEW:
        yield f"- and {len(people) - _FEW:,} more"
    yield ""


def _person(each: PersonImpact, found: EditImpact) -> dict[str, object]:
    return {
        "key": each.shown.key,
        "label": each.shown.label,
        "source_id": each.shown.source_id,
        "target_id": each.shown.target_id,
        "before": each.turn[0],
        "after": each.turn[1],
        "fields": [
            {
                "field": one.field,
                "before": _write(one.before, found.before),
                "after": _write(one.after, found.after),
            }
            for one in each.fields
        ],
    }


def _write(change: Change | None, plan: Plan) -> dict[str, object] | None:
    if change is None:
        return None
    name = plan.name_of(change.field, change.after)
    said = {"value": masked(change.after)}
    return {**said, "name": name} if name else {**said}


def _who(outcome: Outcome) -> str:
    return f"{outcome.key} {outcome.label}".strip() or str(outcome.target_id or outcome.source_id)


def _how(each: PersonImpact) -> str:
    before, after = each.turn
    return f"{before}, now {after}" if before != after else f"{after}, otherwise"


def _field(field: FieldImpact, found: EditImpact) -> str:
    sides = (field.before, found.before), (field.after, found.after)
    was, now = ("left alone" if each is None else shown(each.after) for each, _ in sides)
    before, after = map(_named, apart(was, now), *zip(*sides, strict=True))
    return f"{before}, now {after}"


def _named(said: str, change: Change | None, plan: Plan) -> str:
    return said if change is None else with_name(said, plan.name_of(change.field, change.after))
