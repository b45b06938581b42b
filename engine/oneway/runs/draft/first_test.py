"""Writes the first test of a new mapping: one case, and one for each question."""

import json
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.field_concepts import concept
from oneway.core.records import MISSING, Value, at, is_blank, keys_overlap, path_text
from oneway.runs.draft.notation import called, is_one_line, yaml_text
from oneway.runs.draft.pairs import Pair, manager_key, name_parts
from oneway.runs.draft.questions import Questions, changed, employed
from oneway.runs.draft.side import DraftSide


def first_test(
    mapping: str, as_of: str, sides: tuple[DraftSide, DraftSide], pairs: Sequence[Pair], key: Pair,
    asked: Questions, record: Mapping[str, Value],
) -> str:  # fmt: skip
    """Return the text of a test in which an invented record becomes a new person.

    Cases of rules that the mapping comments out are commented out as well.
    """
    source, target = sides
    data = _with_codes(employed(dict(record), source, asked), source, pairs)
    named = list(_named(source, target, pairs, key, data))
    lines = [
        "## A start: add a case for each rule that matters (docs/testing.md).",
        "oneway_test: 1",
        f"mapping: {yaml_text(mapping)}",
        f"as_of: {as_of}",
        f"record: {_json(data)}",
        *_tables(target, named),
        "cases:",
        "  - name: Somebody new is created",
        *_created(_written(source, pairs, data) | {path: id for path, id, *_ in named}),
        *_movers(sides, pairs, key, asked, data),
        *_whole_names(sides, pairs, key, asked, data),
        *_rules(source, asked),
        *_leaver(source, target, key, asked, data),
        *_outsider(source, target, key, asked, data),
        *_unread(source, pairs, key, asked, data),
    ]
    return "\n".join(lines) + "\n"


def _with_codes(
    data: dict[str, Value], source: DraftSide, pairs: Sequence[Pair]
) -> dict[str, Value]:
    """Return a record in which each text of a table has a code; without, it would be an error."""
    for pair in pairs:
        text = at(data, source.keys(pair.source))
        if text is MISSING or is_blank(text) or _has_codes(text, pair.source, pairs):
            continue
        known = (each for each, _ in pair.codes if _has_codes(each, pair.source, pairs))
        data = changed(data, source, {pair.source: next(known, "")})
    return data


def _has_codes(text: Value, path: str, pairs: Sequence[Pair]) -> bool:
    """Return whether a field's text has a code in each table drafted for it."""
    tables = (dict(each.codes) for each in pairs if each.codes and each.source == path)
    return all(isinstance(text, str) and text in table for table in tables)


_Named = tuple[str, Value, str, Value]
"""A field that holds an id, that id, and the field by which the source names its record."""


def _named(
    source: DraftSide,
    target: DraftSide,
    pairs: Sequence[Pair],
    key: Pair,
    data: Mapping[str, Value],
) -> Iterator[_Named]:
    """Yield the first lookup of a record: the person it names, and an id for them."""
    pair = next((each for each in pairs if each.looks_up), None)
    value = MISSING if pair is None else at(data, source.keys(pair.source))
    if pair is None or value is MISSING or is_blank(value):
        return
    own = at(data, source.keys(key.source))
    if str(value).lstrip("0") == str(own).lstrip("0"):
        return  # their own manager: the lookup would find two records
    ids = (at(each.data, target.keys(target.id)) for each in target.records)
    id: Value = 77 if isinstance(next(ids, ""), int) else "77"
    path = manager_key(source, target, pair, key.target)
    yield pair.target, value if path == target.id else id, path, value


def _tables(target: DraftSide, named: Sequence[_Named]) -> Iterator[str]:
    for _, id, path, value in named:
        row = changed({}, target, {target.id: id, path: value})
        yield f"references: {{people: [{_json(row)}]}}"


def _created(fields: Mapping[str, Value]) -> Iterator[str]:
    """Yield the expected result for a new person; `fields` are some of the written values."""
    if not fields:
        yield "    expect: {outcome: create}"
        return
    yield "    expect:"
    yield "      outcome: create"
    yield f"      fields: {_json(fields)}"


def _written(
    source: DraftSide, pairs: Sequence[Pair], data: Mapping[str, Value]
) -> dict[str, Value]:
    """Return the values that a record certainly gets: its email, and the codes of its texts."""
    found: dict[str, Value] = {}
    for each in pairs:
        value = at(data, source.keys(each.source))
        if isinstance(value, str) and each.email and not each.unfit:
            found[each.target] = value.strip().lower()
        elif isinstance(value, str) and value in dict(each.codes) and not each.doubt:
            found[each.target] = dict(each.codes)[value]
    return found


def _movers(
    sides: tuple[DraftSide, DraftSide], pairs: Sequence[Pair], key: Pair, asked: Questions,
    data: Mapping[str, Value],
) -> Iterator[str]:  # fmt: skip
    """Yield a case for each text of a table of codes: a person who moves there from another.

    No other case notices that two codes are swapped.
    """
    source, target = sides
    for pair in pairs:
        there = _present(source, target, key, asked, data) if pair.codes[1:] else None
        if there is None or pair.source in asked.leaving.record:
            continue
        mark = "# " if pair.doubt else ""
        yield f"## Somebody who moves gets another {called(pair.target)}, by the table:"
        rules = [each for each in asked.rules if each.path == pair.source]
        for (text, code), (_, old) in zip(pair.codes, (pair.codes[-1], *pair.codes), strict=False):
            out = any(rule.left_out(text) for rule in rules)
            if out or not _has_codes(text, pair.source, pairs):
                continue
            before = changed(dict(there), target, {pair.target: old})
            record = _json(changed({}, source, {pair.source: text}))
            yield f"{mark}  - name: {yaml_text(f'{called(pair.source)} {text}')}"
            yield f"{mark}    record: {record}"
            yield f"{mark}    target: {_json(before)}"
            written = _json(changed({}, target, {pair.target: code}))
            yield f"{mark}    expect: {{outcome: update, fields: {written}}}"


def _whole_names(
    sides: tuple[DraftSide, DraftSide], pairs: Sequence[Pair], key: Pair, asked: Questions,
    data: Mapping[str, Value],
) -> Iterator[str]:  # fmt: skip
    """Yield a case for each whole name joined from several fields, with one of them missing."""
    source, target = sides
    there = _present(source, target, key, asked, data)
    paired = {each.target for each in pairs}
    for path in target.fields if there is not None else ():
        parts, _ = ((), "") if path in paired else name_parts(source, target, path)
        for part in parts:
            if concept(part) == "middle":
                continue
            yield f"  - name: {yaml_text(f'Without {called(part)}, {called(path)} stays')}"
            yield f"    record: {_json(changed({}, source, {part: ''}))}"
            yield f"    target: {_json(changed(dict(there or {}), target, {path: 'Ada Quill'}))}"
            named = yaml_text(path_text(target.keys(path)), flow=True)
            yield f"    expect: {{not_written: [{named}]}}"


def _rules(source: DraftSide, asked: Questions) -> Iterator[str]:
    if asked.rules:
        yield "## For each of the mapping's rules, once you have taken its # away there:"
    for rule in asked.rules:
        for path in (rule.path, *rule.others):
            data = changed({}, source, {path: rule.word})
            said = f"{called(path)} is missing" if rule.others else rule.otherwise
            yield f"#   - name: {yaml_text(said)}"
            yield f"#     record: {_json(data)}"
            yield f"#     expect: {{outcome: ineligible, reasons: [{rule.id}]}}"
            if rule.of_kind:
                yield _under_only(rule.id)


def _under_only(rule: str) -> str:
    """Return what a case expects if the rule stands under `only`."""
    return f"#     # under `only`: expect: {{outcome: ignored, reasons: ['only:{rule}']}}"


def _leaver(
    source: DraftSide, target: DraftSide, key: Pair, asked: Questions, data: Mapping[str, Value]
) -> Iterator[str]:
    """Yield the cases of a leaver whose target record does not say so yet, and of a notice."""
    there = _present(source, target, key, asked, data)
    if not asked.leaving.record or there is None:
        return
    yield "#   - name: Somebody who has left loses access"
    yield f"#     record: {_json(changed({}, source, asked.leaving.record))}"
    yield f"#     target: {_json(there)}"
    yield f"#     expect: {_left(asked)}"
    if asked.leaving.notice:
        yield "#   - name: Somebody who has given notice keeps access until the day"
        yield f"#     record: {_json(changed({}, source, asked.leaving.notice))}"
        yield "#     expect: {outcome: create}"
    if asked.leaving.last_day:
        yield "#   - name: On the last day itself, access has not ended"
        yield f"#     record: {_json(changed({}, source, asked.leaving.last_day))}"
        yield "#     expect: {outcome: create}"


def _left(asked: Questions) -> str:
    """Return what a case expects of a leaver, including that access is switched off."""
    if asked.switch is None:
        return "{outcome: leave}"
    return f"{{outcome: leave, fields: {_json({asked.switch.path: asked.switch.off})}}}"


def _outsider(
    source: DraftSide, target: DraftSide, key: Pair, asked: Questions, data: Mapping[str, Value]
) -> Iterator[str]:
    """Yield a case in which `eligible` and `only` differ: a leaver outside the scope."""
    there = _present(source, target, key, asked, data)
    rule = next((each for each in asked.rules if each.of_kind and not each.asked), None)
    if rule is None or not asked.leaving.record or there is None:
        return
    record = changed(changed({}, source, {rule.path: rule.word}), source, asked.leaving.record)
    yield f"#   - name: {yaml_text(f'{rule.word}, and has left')}"
    yield f"#     record: {_json(record)}"
    yield f"#     target: {_json(there)}"
    yield f"#     expect: {_left(asked)}"
    yield _under_only(rule.id)


def _unread(
    source: DraftSide, pairs: Sequence[Pair], key: Pair, asked: Questions, data: Mapping[str, Value]
) -> Iterator[str]:
    """Yield the fields that the mapping must not read, such as salaries."""
    used = {key.source, source.id, *(each.source for each in pairs), *asked.leaving.record}
    used |= {path for rule in asked.rules for path in (rule.path, *rule.others)}
    parts = ("first", "middle", "last", "name")  # those of the label, which is read as well
    read = [source.keys(path) for path in used]
    read += [source.keys(path) for path in source.fields if concept(path) in parts]
    left = [
        path
        for path in source.fields
        # reading a part reads its object, and reading an object reads its parts
        if not any(keys_overlap(source.keys(path), each) for each in read)
    ]
    known = [path for path in left if at(data, source.keys(path)) is not MISSING]
    if known:
        named = ", ".join(yaml_text(path_text(source.keys(each)), flow=True) for each in known)
        yield "## Fields whose values go nowhere: the test fails if the mapping reads one of them."
        yield f"# not_read: [{named}]"


def _present(
    source: DraftSide, target: DraftSide, key: Pair, asked: Questions, data: Mapping[str, Value]
) -> Mapping[str, Value] | None:
    """Return the target record of a person with access; None if the key is unknown."""
    value = at(data, source.keys(key.source))
    if value is MISSING:
        return None
    if key.email:
        value = str(value).strip().lower()
    there = changed({}, target, {target.id: "1", key.target: value})
    if asked.switch is not None:
        there = changed(there, target, {asked.switch.path: asked.switch.on})
    # `left` reads these; without them, it would be unknown whether the person has left
    others = [path for path in asked.leaving.set if at(there, target.keys(path)) is MISSING]
    return changed(there, target, dict.fromkeys(others, target.blank))


def _json(data: Mapping[str, Value]) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return text if is_one_line(text) else json.dumps(data)
