"""Renders the explanation of one person, for `oneway explain`."""

from collections.abc import Collection, Mapping, Sequence

from oneway.core.instants import day
from oneway.core.phrases import count
from oneway.core.records import Value, is_scalar
from oneway.core.seal import canonical
from oneway.core.sealed import MASK
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.inspect.explain.steps import (
    Condition,
    Explanation,
    FieldStep,
    Forecast,
    KeyStep,
    RuleStep,
)
from oneway.planning.access import may_have_left
from oneway.planning.links import Link
from oneway.planning.plan import Kind
from oneway.render.differences import apart, of_parts
from oneway.render.discrepancies import of_actions as discrepancies_of
from oneway.render.discrepancies import sentence
from oneway.render.layout import clip, with_name, wrap
from oneway.render.places import place_data, place_text
from oneway.render.sanitize import harmless, on_one_line, shown
from oneway.render.style import Ink, Style

_ANSWERS = {True: "+", False: "-", None: " "}
_LEFT_ALONE = (Kind.IGNORED, Kind.INELIGIBLE)


def forecasts(
    known: Mapping[str, Discrepancy], ends: Collection[str], zone: str
) -> dict[str, Forecast]:
    """Return the forecast for each subject; `ends` are the actions that are not sent.

    Leaves out why a record does not sync, because the explanation says so with names and values.
    """
    return {
        subject: Forecast(
            sentence(discrepancy, zone, with_reason=not discrepancy.ending.unsynced),
            sent=subject not in ends,
            unsure=subject not in ends and discrepancy.ending is DiscrepancyKind.UNKNOWN,
        )
        for subject, discrepancy in known.items()
    }


def text(
    explanations: Sequence[Explanation], style: Style, zone: str, *, every: bool = True
) -> str:
    """Return explanations as text, one after the other, with days in a time zone.

    Unless `every`, the fields of a person who is left alone are only counted.
    """
    return "\n".join("\n".join(_whole(each, style, zone, every)) + "\n" for each in explanations)


def as_json(
    explanations: Sequence[Explanation], known: Mapping[str, Discrepancy] = {}
) -> list[dict[str, object]]:
    """Return explanations as data; `known` are the plan's discrepancies, by subject.

    Keys: outcome, key, label, source_id, target_id, still_in, why, stories, link, match, only,
    eligible, leaving, fields, reasons. `stories` are the discrepancies: [{subject, ending, code,
    reason, since, next_try}]. Sensitive values are "***"; a place is {file, line, column}.
    """
    return [
        {
            "outcome": each.kind.value,
            "key": each.key,
            "label": each.label,
            "source_id": each.source_id,
            "target_id": each.target_id,
            "still_in": each.still_in,
            "why": list(each.why),
            "stories": discrepancies_of(each.actions, each.source_id, known),
            "link": _link_data(each.link) if each.link is not None else None,
            "match": [_key_data(step) for step in each.keys],
            "only": [_rule_data(step) for step in each.scope],
            "eligible": [_rule_data(step) for step in each.rules],
            "leaving": [_condition_data(step) for step in each.leaving],
            "fields": [_field_data(step) for step in each.fields],
            "reasons": [
                {"code": reason.code, "text": reason.text, "candidates": list(reason.candidates)}
                for reason in each.reasons
            ],
        }
        for each in explanations
    ]


def _whole(each: Explanation, style: Style, zone: str, every: bool) -> list[str]:
    label = harmless(each.label)
    name = clip(harmless(each.key)) + (f" {clip(label)}" if label else "")
    unsure = may_have_left(each.kind, each.reasons)
    left = "may have left" if unsure else "has left"
    still_in = f"; {left}, and can still get in" if each.still_in else ""
    waits = ", but not now" if each.waits else ""
    lines = _strong(wrap(f"{name}: {each.kind.value}{waits}{still_in}", style), style)
    lines += [line for said in each.why for line in wrap(harmless(said), style, 2, 4)]
    lines.append("")
    lines += wrap(f"read from the source: {_record(each.source_id)}", style, 2, 4)
    sure = " for certain" if each.target_id is None and each.kind is Kind.CONFLICT else ""
    lines += wrap(f"in the target: {_record(each.target_id)}{sure}", style, 2, 4)
    if each.link is not None:
        lines += wrap(f"link: {_link(each.link, zone)}", style, 2, 4)
    sections = (
        ("Match", [line for step in each.keys for line in _key(step, style)]),
        ("Whom the sync is for", [line for step in each.scope for line in _rule(step, style)]),
        ("Eligible", [line for step in each.rules for line in _rule(step, style)]),
        ("Leaving", [line for step in each.leaving for line in _condition(step, style)]),
        ("Fields", _fields(each, style, every)),
    )
    for title, found in sections:
        if found:
            lines += ["", *_strong([title], style), *found]
    return lines


def _fields(each: Explanation, style: Style, every: bool) -> list[str]:
    if every or each.actions or each.kind not in _LEFT_ALONE or not each.fields:
        return [line for step in each.fields for line in _field(step, style)]
    return wrap(f"{count(len(each.fields), 'field')}, left alone; --all shows them", style, 2, 4)


def _record(id: str | None) -> str:
    return "no record" if id is None else f"record {clip(harmless(id))}"


def _link(link: Link, zone: str) -> str:
    key = f", known by {clip(harmless(link.key))}" if link.key else ""
    return f"{harmless(link.words(zone))}{key}, last seen {harmless(day(link.seen, zone))}"


def _link_data(link: Link) -> dict[str, object]:
    return {
        "target_id": link.target_id,
        "origin": link.origin.value,
        "key": link.key,
        "since": link.since,
        "seen": link.seen,
    }


def _key(step: KeyStep, style: Style) -> list[str]:
    compared = f"{on_one_line(step.source)} = {on_one_line(step.target)}"
    return [
        *wrap(f"{compared} ({step.compare.value})  {place_text(step.place)}", style, 2, 6),
        *wrap(f"{_value(step.value)}: {harmless(step.verdict)}", style, 6, 8),
    ]


def _rule(step: RuleStep, style: Style) -> list[str]:
    said = f"{_ANSWERS[step.holds]} {step.id}: {harmless(step.verdict)}"
    lines = wrap(said, style, 2, 6)
    if step.holds is False:
        lines = [style.paint(line, Ink.CAUTION) for line in lines]
    lines += wrap(f"{on_one_line(step.expression)}  {place_text(step.place)}", style, 6, 8)
    return lines + _read(step.values, style)


def _read(values: str, style: Style) -> list[str]:
    return wrap(f"read {on_one_line(values)}", style, 6, 8) if values else []


def _condition(step: Condition, style: Style) -> list[str]:
    return [
        *wrap(f"{step.about}: {step.verdict}", style, 2, 6),
        *wrap(f"{on_one_line(step.expression)}  {place_text(step.place)}", style, 6, 8),
        *_read(step.values, style),
    ]


def _field(step: FieldStep, style: Style) -> list[str]:
    when = " (on leaving)" if step.leaving else ""
    head = wrap(f"{harmless(step.path)}{when}: {harmless(step.verdict)}", style, 2, 6)
    ink = Ink.CHANGED if "will be" in step.verdict else Ink.FAINT
    read, made = apart(_in_full(step.read), _in_full(step.value))
    said = "not asked" if step.state == "inactive" else f"{step.state}: {read}"
    if step.value != step.read:
        said += f", becomes {_named(made, step.value, step)}"
    return [
        *(style.paint(line, ink) for line in head),
        *wrap(f"{on_one_line(step.expression)}  {place_text(step.place)}", style, 6, 8),
        *wrap(said, style, 6, 8),
        *wrap(_change(step), style, 6, 8),
        *wrap(on_one_line("; ".join(step.policy)), style, 6, 8),
    ]


def _change(step: FieldStep) -> str:
    before, after = step.before, step.after
    if before != after and (said := of_parts(before, after)):
        return said
    was, will = apart(_in_full(before), _in_full(after))
    return f"before {_named(was, before, step)}, after {_named(will, after, step)}"


def _named(said: str, value: Value, step: FieldStep) -> str:
    """Return the text of a value, with its name if a lookup finds it."""
    name = step.names.get(canonical(value), "") if is_scalar(value) else ""
    return with_name(said, name)


def _value(value: Value) -> str:
    return clip(_in_full(value))


def _in_full(value: Value) -> str:
    return MASK if value == MASK else shown(value)


def _strong(lines: list[str], style: Style) -> list[str]:
    return [style.paint(line, Ink.STRONG) for line in lines]


def _key_data(step: KeyStep) -> dict[str, object]:
    return {
        "source": step.source,
        "target": step.target,
        "compare": step.compare.value,
        "value": step.value,
        "place": place_data(step.place),
        "verdict": step.verdict,
    }


def _rule_data(step: RuleStep) -> dict[str, object]:
    return {
        "id": step.id,
        "expression": step.expression,
        "holds": step.holds,
        "place": place_data(step.place),
        "values": step.values,
        "verdict": step.verdict,
    }


def _condition_data(step: Condition) -> dict[str, object]:
    return {
        "about": step.about,
        "expression": step.expression,
        "place": place_data(step.place),
        "values": step.values,
        "verdict": step.verdict,
    }


def _field_data(step: FieldStep) -> dict[str, object]:
    return {
        "field": step.path,
        "expression": step.expression,
        "place": place_data(step.place),
        "state": step.state,
        "read": step.read,
        "value": step.value,
        "before": step.before,
        "after": step.after,
        "policy": list(step.policy),
        "verdict": step.verdict,
        "leaving": step.leaving,
        "names": dict(step.names),
    }
