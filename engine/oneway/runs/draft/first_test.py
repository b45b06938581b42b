"""The first test of a mapping that was just written: one case, and one for each question."""

import json
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.records import MISSING, Value, at
from oneway.runs.draft.notation import is_one_line, yaml_text
from oneway.runs.draft.pairs import Pair
from oneway.runs.draft.questions import Questions, changed, employed
from oneway.runs.draft.side import DraftSide


def first_test(
    mapping: str, as_of: str, sides: tuple[DraftSide, DraftSide], pairs: Sequence[Pair], key: Pair,
    asked: Questions, record: Mapping[str, Value],
) -> str:  # fmt: skip
    """Return the text of a test: a new person is created, from an invented record.

    If a rule is commented out in the mapping, so is its case.
    """
    source, target = sides
    data = employed(dict(record), source, asked)
    lines = [
        "# A start: add a case for each rule that matters (docs/testing.md).",
        "oneway_test: 1",
        f"mapping: {yaml_text(mapping)}",
        f"as_of: {as_of}",
        f"record: {_json(data)}",
        "cases:",
        "  - name: Somebody new is created",
        *_created(_written(source, pairs, data)),
        *_rules(source, asked),
        *_leaver(source, target, key, asked, data),
    ]
    return "\n".join(lines) + "\n"


def _created(fields: Mapping[str, Value]) -> Iterator[str]:
    """Yield what is expected of a new person; `fields` are some of the written values."""
    if not fields:
        yield "    expect: {outcome: create}"
        return
    yield "    expect:"
    yield "      outcome: create"
    yield f"      fields: {_json(fields)}"


def _written(
    source: DraftSide, pairs: Sequence[Pair], data: Mapping[str, Value]
) -> Mapping[str, Value]:
    """Return the values that a record surely gets: its email, and the codes of its texts."""
    found: dict[str, Value] = {}
    for each in pairs:
        value = at(data, source.keys(each.source))
        if isinstance(value, str) and each.email and not each.unfit:
            found[each.target] = value.strip().lower()
        elif isinstance(value, str) and value in dict(each.codes):
            found[each.target] = dict(each.codes)[value]
    return found


def _rules(source: DraftSide, asked: Questions) -> Iterator[str]:
    if asked.rules:
        yield "# For the mapping's rules, once you have taken the # away there:"
    for rule in asked.rules:
        data = changed({}, source, {rule.path: rule.word})
        yield f"#   - name: {yaml_text(rule.otherwise)}"
        yield f"#     record: {_json(data)}"
        yield f"#     expect: {{outcome: ineligible, reasons: [{rule.id}]}}"


def _leaver(
    source: DraftSide, target: DraftSide, key: Pair, asked: Questions, data: Mapping[str, Value]
) -> Iterator[str]:
    """Yield the case of a leaver whose target record does not say so yet."""
    value = at(data, source.keys(key.source))
    if not asked.leaving.record or value is MISSING:
        return
    if key.email:
        value = str(value).strip().lower()
    there = changed({}, target, {target.id: "1", key.target: value})
    if asked.switch is not None:
        there = changed(there, target, {asked.switch.path: asked.switch.on})
    yield "#   - name: Somebody who has left loses access"
    yield f"#     record: {_json(changed({}, source, asked.leaving.record))}"
    yield f"#     target: {_json(there)}"
    yield "#     expect: {outcome: leave}"


def _json(data: Mapping[str, Value]) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return text if is_one_line(text) else json.dumps(data)
