"""Writes the first test of a new mapping: one case, and one for each question."""

import json
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.field_concepts import concept
from oneway.core.records import MISSING, Value, at, is_blank, keys_overlap, path_text
from oneway.runs.draft.draft_mapping import DraftMapping
from oneway.runs.draft.notation import called, is_one_line, yaml_text
from oneway.runs.draft.pairs import Pair, manager_key, name_parts
from oneway.runs.draft.questions import changed, employed


def first_test(mapping: str, as_of: str, draft: DraftMapping, record: Mapping[str, Value]) -> str:
    """Return the text of a test in which an invented record becomes a new person.

    Cases of rules that the mapping comments out are commented out as well.
    """
    test = _FirstTest(draft, _with_codes(employed(dict(record), draft.source, draft.asked), draft))
    lines = [
        "## A start: add a case for each rule that matters (oneway docs testing).",
        "oneway_test: 1",
        f"mapping: {yaml_text(mapping)}",
        f"as_of: {as_of}",
        f"record: {_json(test.data)}",
        *test.lines(),
    ]
    return "\n".join(lines) + "\n"


def _with_codes(data: dict[str, Value], draft: DraftMapping) -> dict[str, Value]:
    """Return a record in which each text of a table has a code; without, it would be an error."""
    for pair in draft.pairs:
        text = at(data, draft.source.keys(pair.source))
        if text is MISSING or is_blank(text) or _has_codes(text, pair.source, draft.pairs):
            continue
        known = (each for each, _ in pair.codes if _has_codes(each, pair.source, draft.pairs))
        data = changed(data, draft.source, {pair.source: next(known, "")})
    return data


def _has_codes(text: Value, path: str, pairs: Sequence[Pair]) -> bool:
    """Return whether a field's text has a code in each table drafted for it."""
    tables = (dict(each.codes) for each in pairs if each.codes and each.source == path)
    return all(isinstance(text, str) and text in table for table in tables)


_Named = tuple[str, Value, str, Value]
"""A field that holds an id, that id, and the field by which the source names its record."""


class _FirstTest:
    """Writes the cases of a draft; `data` is the record that they start from."""

    def __init__(self, draft: DraftMapping, data: Mapping[str, Value]) -> None:
        self.source, self.target = draft.source, draft.target
        self.pairs, self.key, self.asked = draft.pairs, draft.keys.first, draft.asked
        self.data = data
        self.there = self._present()

    def lines(self) -> Iterator[str]:
        """Yield the lookup tables and the cases, line by line."""
        named = list(self._named())
        yield from self._tables(named)
        yield "cases:"
        yield "  - name: Somebody new is created"
        yield from self._created(self._written() | {path: id for path, id, *_ in named})
        yield from self._movers()
        yield from self._whole_names()
        yield from self._rules()
        yield from self._leaver()
        yield from self._outsider()
        yield from self._unread()

    def _named(self) -> Iterator[_Named]:
        """Yield the first lookup of a record: the person it names, and an id for them."""
        pair = next((each for each in self.pairs if each.looks_up), None)
        value = MISSING if pair is None else at(self.data, self.source.keys(pair.source))
        if pair is None or value is MISSING or is_blank(value):
            return
        own = at(self.data, self.source.keys(self.key.source))
        if str(value).lstrip("0") == str(own).lstrip("0"):
            return  # their own manager: the lookup would find two records
        ids = (at(each.data, self.target.keys(self.target.id)) for each in self.target.records)
        id: Value = 77 if isinstance(next(ids, ""), int) else "77"
        path = manager_key(self.source, self.target, pair, self.key.target)
        yield pair.target, value if path == self.target.id else id, path, value

    def _tables(self, named: Sequence[_Named]) -> Iterator[str]:
        for _, id, path, value in named:
            row = changed({}, self.target, {self.target.id: id, path: value})
            yield f"references: {{people: [{_json(row)}]}}"

    @staticmethod
    def _created(fields: Mapping[str, Value]) -> Iterator[str]:
        """Yield the expected result for a new person; `fields` are some of the written values."""
        if not fields:
            yield "    expect: {outcome: create}"
            return
        yield "    expect:"
        yield "      outcome: create"
        yield f"      fields: {_json(fields)}"

    def _written(self) -> dict[str, Value]:
        """Return the values that a record certainly gets: its email, and the codes of its texts."""
        found: dict[str, Value] = {}
        for each in self.pairs:
            value = at(self.data, self.source.keys(each.source))
            if isinstance(value, str) and each.email and not each.unfit:
                found[each.target] = value.strip().lower()
            elif isinstance(value, str) and value in dict(each.codes) and not each.doubt:
                found[each.target] = dict(each.codes)[value]
        return found

    def _movers(self) -> Iterator[str]:
        """Yield a case for each text of a table of codes: a person who moves there from another.

        No other case notices that two codes are swapped.
        """
        for pair in self.pairs:
            if self.there is None or not pair.codes[1:] or pair.source in self.asked.leaving.record:
                continue
            mark = "# " if pair.doubt else ""
            yield f"## Somebody who moves gets another {called(pair.target)}, by the table:"
            rules = [each for each in self.asked.rules if each.path == pair.source]
            others = (pair.codes[-1], *pair.codes)
            for (text, code), (_, old) in zip(pair.codes, others, strict=False):
                out = any(rule.left_out(text) for rule in rules)
                if out or not _has_codes(text, pair.source, self.pairs):
                    continue
                before = changed(dict(self.there), self.target, {pair.target: old})
                record = _json(changed({}, self.source, {pair.source: text}))
                yield f"{mark}  - name: {yaml_text(f'{called(pair.source)} {text}')}"
                yield f"{mark}    record: {record}"
                yield f"{mark}    target: {_json(before)}"
                written = _json(changed({}, self.target, {pair.target: code}))
                yield f"{mark}    expect: {{outcome: update, fields: {written}}}"

    def _whole_names(self) -> Iterator[str]:
        """Yield a case for each whole name joined from several fields, with one of them missing."""
        paired = {each.target for each in self.pairs}
        for path in self.target.fields if self.there is not None else ():
            parts, _ = ((), "") if path in paired else name_parts(self.source, self.target, path)
            for part in parts:
                if concept(part) == "middle":
                    continue
                yield f"  - name: {yaml_text(f'Without {called(part)}, {called(path)} stays')}"
                yield f"    record: {_json(changed({}, self.source, {part: ''}))}"
                there = changed(dict(self.there or {}), self.target, {path: "Ada Quill"})
                yield f"    target: {_json(there)}"
                named = yaml_text(path_text(self.target.keys(path)), flow=True)
                yield f"    expect: {{not_written: [{named}]}}"

    def _rules(self) -> Iterator[str]:
        if self.asked.rules:
            yield "## For each of the mapping's rules, once you have taken its # away there:"
        for rule in self.asked.rules:
            for path in (rule.path, *rule.others):
                data = changed({}, self.source, {path: rule.word})
                said = f"{called(path)} is missing" if rule.others else rule.otherwise
                yield f"#   - name: {yaml_text(said)}"
                yield f"#     record: {_json(data)}"
                yield f"#     expect: {{outcome: ineligible, reasons: [{rule.id}]}}"
                if rule.of_kind:
                    yield self._under_only(rule.id)

    @staticmethod
    def _under_only(rule: str) -> str:
        """Return what a case expects if the rule stands under `only`."""
        return f"#     # under `only`: expect: {{outcome: ignored, reasons: ['only:{rule}']}}"

    def _leaver(self) -> Iterator[str]:
        """Yield the cases of a leaver whose target record does not say so yet, and of a notice."""
        if not self.asked.leaving.record or self.there is None:
            return
        yield "#   - name: Somebody who has left loses access"
        yield f"#     record: {_json(changed({}, self.source, self.asked.leaving.record))}"
        yield f"#     target: {_json(self.there)}"
        yield f"#     expect: {self._left()}"
        if self.asked.leaving.notice:
            yield "#   - name: Somebody who has given notice keeps access until the day"
            yield f"#     record: {_json(changed({}, self.source, self.asked.leaving.notice))}"
            yield "#     expect: {outcome: create}"
        if self.asked.leaving.last_day:
            yield "#   - name: On the last day itself, access has not ended"
            yield f"#     record: {_json(changed({}, self.source, self.asked.leaving.last_day))}"
            yield "#     expect: {outcome: create}"

    def _left(self) -> str:
        """Return what a case expects of a leaver, including that access is switched off."""
        switch = self.asked.switch
        if switch is None:
            return "{outcome: leave}"
        return f"{{outcome: leave, fields: {_json({switch.path: switch.off})}}}"

    def _outsider(self) -> Iterator[str]:
        """Yield a case in which `eligible` and `only` differ: a leaver outside the scope."""
        rule = next((each for each in self.asked.rules if each.of_kind and not each.asked), None)
        if rule is None or not self.asked.leaving.record or self.there is None:
            return
        record = changed({}, self.source, {rule.path: rule.word, **self.asked.leaving.record})
        yield f"#   - name: {yaml_text(f'{rule.word}, and has left')}"
        yield f"#     record: {_json(record)}"
        yield f"#     target: {_json(self.there)}"
        yield f"#     expect: {self._left()}"
        yield self._under_only(rule.id)

    def _unread(self) -> Iterator[str]:
        """Yield the fields that the mapping must not read, such as salaries."""
        source, mapped = self.source, (each.source for each in self.pairs)
        leaving = self.asked.leaving
        used = {self.key.source, source.id, *mapped, *leaving.record, *leaving.unclear}
        used |= {path for rule in self.asked.rules for path in (rule.path, *rule.others)}
        parts = ("first", "middle", "last", "name")  # those of the label, which is read as well
        read = [source.keys(path) for path in used]
        read += [source.keys(path) for path in source.fields if concept(path) in parts]
        left = [
            path
            for path in source.fields
            # reading a part reads its object, and reading an object reads its parts
            if not any(keys_overlap(source.keys(path), each) for each in read)
        ]
        known = [path for path in left if at(self.data, source.keys(path)) is not MISSING]
        if known:
            named = ", ".join(yaml_text(path_text(source.keys(each)), flow=True) for each in known)
            said = "the test fails if the mapping reads one of them."
            yield f"## Fields whose values go nowhere: {said}"
            yield f"# not_read: [{named}]"

    def _present(self) -> Mapping[str, Value] | None:
        """Return the target record of a person with access; None if the key is unknown."""
        value = at(self.data, self.source.keys(self.key.source))
        if value is MISSING:
            return None
        if self.key.email:
            value = str(value).strip().lower()
        there = changed({}, self.target, {self.target.id: "1", self.key.target: value})
        if self.asked.switch is not None:
            there = changed(there, self.target, {self.asked.switch.path: self.asked.switch.on})
        # `left` reads these; without them, it would be unknown whether the person has left
        keys = self.target.keys
        others = [path for path in self.asked.leaving.set if at(there, keys(path)) is MISSING]
        return changed(there, self.target, dict.fromkeys(others, self.target.blank))


def _json(data: Mapping[str, Value]) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return text if is_one_line(text) else json.dumps(data)
