"""Renders the effect of an edit as text, JSON, and Markdown for a review."""

from collections import Counter
from collections.abc import Iterator, Sequence

from oneway.core.phrases import count
from oneway.planning.endings import Ending
from oneway.planning.guard_kinds import LooserGuard
from oneway.planning.impact import (
    FieldImpact,
    FieldWrite,
    Impact,
    PersonImpact,
    Treatment,
    words_of,
)
from oneway.planning.plan import Outcome, Plan
from oneway.render.differences import apart
from oneway.render.layout import more, with_name, wrap
from oneway.render.sanitize import harmless, markdown, masked, shown
from oneway.render.style import Ink, Style
from oneway.runs.compare.edited_part import EditedPart
from oneway.runs.compare.impact import EditImpact, Version

MOST_BYTES = 60_000
"""Less than the 65,536 characters that a comment on a pull request may have."""
_FEW = 5
_MOST_PARTS = 20


def sentence(found: EditImpact, *, why: bool = True) -> str:
    """Return the effect in a few sentences: how many people are affected, how, in which fields.

    Begins with the reason if nothing would be written, and with how many keep access. Ends with the
    guards that newly fire or no longer fire, and with how many people can still get in. Without
    `why`, a refusal is named by its code only.
    """
    said = [*_refusals(found, why=why), *_keeping(found), _effect(found)]
    for title, guards in (
        ("Guards that newly fire", [each.name for each in found.newly_fired]),
        ("Guards that no longer fire", [each.name for each in found.ceased]),
        ("Guards that let more through", [*_looser(found)]),
        ("Another system or account", [each.text for each in found.redirected]),
    ):
        said += [f"{title}: {', '.join(guards)}."] if guards else []
    was, now = found.before.still_in, found.after.still_in
    if was != now:
        said.append(
            f"Have left, or may have, and can still get in: {len(was):,}, now {len(now):,}."
        )
    return " ".join([*said, *_edited(found)])


def _keeping(found: EditImpact) -> Iterator[str]:
    """Yield how many people keep access, or that this is not known."""
    if not found.planned_before:
        yield "Who keeps access cannot be said: the version before cannot be planned."
    elif found.impact.keep_access:
        keep = found.impact.keep_access
        yield f"Keep access that the version before ends, or are no longer listed: {keep:,}."


def _edited(found: EditImpact) -> Iterator[str]:
    """Yield the edited parts with their places, which may affect people on another night."""
    looser = {id(part) for _, part in _looser_parts(found)}
    others = [each for each in found.edited or () if id(each) not in looser]
    if others:
        nobody = "" if found.impact.people else ", and nobody is treated differently tonight"
        parts = [each.text for each in others[:_MOST_PARTS]]
        rest = len(others) - len(parts)
        parts += [f"and {rest:,} more"] if rest else []
        yield f"Edited{nobody}: {', '.join(parts)}."
    elif found.edited is None:
        yield "What is edited cannot be said: the version before is not valid."


def _looser(found: EditImpact) -> Iterator[str]:
    """Yield the guards that let more through, each with its place if the mapping states it."""
    for guard, part in _looser_parts(found):
        place = f", {part.place}" if part is not None else ""
        yield f"{guard.name} ({guard.was}, now {guard.now}{place})"


def _looser_parts(found: EditImpact) -> Iterator[tuple[LooserGuard, EditedPart | None]]:
    """Yield the guards that let more through, each with the edited part that it is."""
    for guard in found.looser:
        path = ".".join(guard.path)
        parts = (each for each in found.edited or () if path.startswith(each.name))
        yield guard, next(parts, None)


def _effect(found: EditImpact) -> str:
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
    what = f"{count(len(people))} of {found.impact.records:,} change"
    return f"{what}: {'; '.join(said) or 'for other reasons'}."


def _refusals(found: EditImpact, *, why: bool) -> Iterator[str]:
    """Yield the versions of which nothing would be written, each with the reason."""
    was, now = _refusal(found.before, why=why), _refusal(found.after, why=why)
    if was and was == now:
        yield f"Nothing would be written, before or now: {now}."
        return
    for when, said in (("before", was), ("now", now)):
        if said:
            yield f"Nothing would be written {when}: {said}."


def _refusal(version: Version, *, why: bool) -> str:
    """Return why a plan may not be applied, or ""."""
    if version.errors:
        first, *rest = version.errors
        more = f"; and {len(rest)} more" if rest else ""
        return f"{first.summary} [{first.code}]{more}" if why else f"{first.code}{more}"
    return "a question is open" if version.open_questions else ""


def _notes(found: EditImpact) -> Iterator[str]:
    """Yield the messages of guards and plans that only one version has."""
    for breach in found.said_now:
        yield f"! {harmless(breach.text)}"
    for breach in found.ceased:
        yield f"no longer fires: {harmless(breach.text)}"
    for remark in found.new_remarks:
        yield f"! {harmless(remark)}"


def _without_links(found: EditImpact) -> Iterator[str]:
    """Yield a note if links are not considered."""
    lacking = {
        when
        for when, version in (("before", found.before), ("now", found.after))
        if not version.remembers and not (when == "before" and not found.planned_before)
    }
    if lacking:
        which = "this mapping" if len(lacking) == 2 else f"the version {''.join(lacking)}"
        yield f"note: the store has no run of {which}: links and earlier runs are not considered"


def text(found: EditImpact, style: Style, limit: int | None) -> str:
    """Return the sentence, then each person by name, the most harmful effects first."""
    lines = wrap(harmless(sentence(found)), style)
    people = found.impact.people
    for each in people[:limit]:
        ink = Ink.TROUBLE if each.turn[0] != each.turn[1] else Ink.CHANGED
        lines.append(style.paint(harmless(f"{_who(each.shown)}: {_how(each)}"), ink))
        for field in each.fields:
            lines += wrap(harmless(f"{field.field}: {_field(field, found)}"), style, 4, 8)
        if each.keeps_access:
            lines.append("    keeps access: the version before ends it, or lists it")
        elif each.before.still_in != each.after.still_in:
            lines.append(f"    {_STILL_IN[each.after.still_in]}")
    if limit is not None and len(people) > limit:
        lines.append(more(len(people) - limit, limit))
    for note in (*_notes(found), *_without_links(found)):
        lines += wrap(note, style, 0, 2)
    return "\n".join(lines) + "\n"


def as_json(found: EditImpact) -> dict[str, object]:
    """Return the effect as data.

    Keys: sentence, records, keeps_access (how many keep access that the version before ends, or are
    no longer listed; null if the version before cannot be planned), people (key, label, source_id,
    target_id, before, after, keeps_access, access, unsent, still_in, fields), fields (people by
    field), guards (names of those that newly fire), looser (guards that let more through: name,
    was, now), redirected (what leads to another system or account, as in edited), edited (parts of
    the mapping or the connection with another meaning, whether or not anybody is treated
    differently: name, place, was and now, which are a word or a limit, `none` if the part is
    absent, else null; `edited` is null if the version before is not valid), versions. `access`,
    `unsent` and `still_in` have before and after: what is done about access (create, leave,
    deactivate, reactivate; else null), how the outcome's action ends if it is not sent (held,
    postponed, not_attempted; else null), and if the person has left and can still get in. A
    person's fields are field, before and after: what each version writes, as {value} with the name
    of a looked-up value and how it ends if it is not sent, or null for nothing. `versions` has
    before and after: writes (false if nothing of the plan may be written), errors, guards (name,
    text, blocked) and history (if links and earlier runs are considered).
    """
    return {
        "sentence": sentence(found),
        "records": found.impact.records,
        "keeps_access": found.impact.keep_access if found.planned_before else None,
        "people": [_person(each, found) for each in found.impact.people],
        "fields": dict(sorted(found.impact.fields.items())),
        "guards": [breach.name for breach in found.newly_fired],
        "looser": [{"name": e.name, "was": e.was, "now": e.now} for e in found.looser],
        "redirected": [each.data for each in found.redirected],
        "edited": _edits(found),
        "versions": {"before": _version(found.before), "after": _version(found.after)},
    }


def _edits(found: EditImpact) -> list[dict[str, object]] | None:
    return None if found.edited is None else [each.data for each in found.edited]


def _version(version: Version) -> dict[str, object]:
    return {
        "writes": not version.writes_nothing,
        "errors": [
            {"code": each.code, "place": str(each.span), "summary": each.summary}
            for each in version.errors
        ],
        "guards": [
            {"name": each.name, "text": each.text, "blocked": len(each.blocked)}
            for each in version.breaches
        ],
        "history": version.remembers,
    }


def as_markdown(found: EditImpact, *, names: bool) -> str:
    """Return the effect for a pull request, at most 60 kB, with people grouped by the effect.

    `names` permits names and values, which should not be shown if a review has many readers.
    """
    notes = [*(_notes(found) if names else ()), *_without_links(found)]
    said = [f"**{markdown(sentence(found, why=names))}**", *map(markdown, notes)]
    lines = [line for each in said for line in (each, "")]
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
        title = f"{title}, keeps access" if each.keeps_access else title
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
        "before": each.before.kind,
        "after": each.after.kind,
        "keeps_access": each.keeps_access,
        "access": {"before": _verb(each.before), "after": _verb(each.after)},
        "unsent": {"before": _end(each.before.unsent), "after": _end(each.after.unsent)},
        "still_in": {"before": each.before.still_in, "after": each.after.still_in},
        "fields": [
            {
                "field": one.field,
                "before": _write(one.before, found.before.plan),
                "after": _write(one.after, found.after.plan),
            }
            for one in each.fields
        ],
    }


def _verb(each: Treatment) -> str | None:
    return each.access.value if each.access is not None else None


def _end(unsent: Ending | None) -> str | None:
    return unsent.value if unsent is not None else None


def _write(write: FieldWrite | None, plan: Plan) -> dict[str, object] | None:
    if write is None:
        return None
    change, unsent = write.change, _end(write.unsent)
    name = plan.name_of(change.field, change.after)
    said = {"value": masked(change.after)}
    named = {**said, "name": name} if name else {**said}
    return {**named, "unsent": unsent} if unsent else named


def _who(outcome: Outcome) -> str:
    return f"{outcome.key} {outcome.label}".strip() or str(outcome.target_id or outcome.source_id)


def _how(each: PersonImpact) -> str:
    before, after = each.turn
    return f"{before}, now {after}" if before != after else f"{after}, otherwise"


def _field(field: FieldImpact, found: EditImpact) -> str:
    sides = (field.before, found.before.plan), (field.after, found.after.plan)
    was, now = ("left alone" if each is None else shown(each.change.after) for each, _ in sides)
    before, after = map(_named, apart(was, now), *zip(*sides, strict=True))
    return f"{before}, now {after}"


def _named(said: str, write: FieldWrite | None, plan: Plan) -> str:
    if write is None:
        return said
    named = with_name(said, plan.name_of(write.change.field, write.change.after))
    return f"{named} ({words_of(write.unsent)})" if write.unsent is not None else named


_STILL_IN = {True: "can still get in", False: "can no longer get in"}
