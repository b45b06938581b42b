"""Writes the first test of a new mapping: cases for what it decides, and for each question."""

import json
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.field_concepts import concept
from oneway.core.parsing import parse_day
from oneway.core.paths import at, keys_overlap, path_of, path_text, with_value
from oneway.core.records import MISSING, Value, is_blank
from oneway.mapping.compiler import Compiled
from oneway.runs.draft.draft_mapping import DraftMapping
from oneway.runs.draft.engine_trial import Data, another, expectation
from oneway.runs.draft.notation import called, is_one_line, yaml_text
from oneway.runs.draft.pairs import Pair, manager_key, name_parts
from oneway.runs.draft.questions import changed, employed


def first_test(
    mapping: str, as_of: str, draft: DraftMapping, record: Mapping[str, Value], compiled: Compiled
) -> str:
    """Return the text of a test in which an invented record becomes a new person.

    Cases of rules that the mapping comments out are commented out as well. `compiled` is the
    draft itself: what it writes is what the cases expect.
    """
    data = _with_codes(employed(dict(record), draft.source, draft.asked), draft)
    lines = [
        "## A start: add a case for each rule that matters (oneway docs testing).",
        "oneway_test: 1",
        f"mapping: {yaml_text(mapping)}",
        f"as_of: {as_of}",
        *_FirstTest(draft, data, as_of, compiled).lines(),
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


class _FirstTest:
    """Writes the cases of a draft; `data` is the record that they start from."""

    def __init__(
        self, draft: DraftMapping, data: Mapping[str, Value], as_of: str, compiled: Compiled
    ) -> None:
        self.source, self.target = draft.source, draft.target
        self.pairs, self.keys, self.asked = draft.pairs, draft.keys, draft.asked
        self.key, self.data, self.as_of, self.compiled = draft.keys.first, data, as_of, compiled
        self.tables: Data = {"people": [row]} if (row := self._manager()) else {}
        self.head: Data = {"oneway_test": 1, "mapping": "draft", "as_of": as_of, "record": {**data}}
        self.head |= {"references": self.tables} if self.tables else {}
        new = self._tried({})
        self.created = _fields(new) if new["outcome"] == "create" else {}
        self.there = self._present()
        self.head |= {"target": {**self.there}} if self.there else {}

    def _tried(self, case: Mapping[str, Value]) -> Data:
        """Return what the engine does in a case, as the mapping is drafted."""
        return expectation(self.head, case, self.compiled)

    def lines(self) -> Iterator[str]:
        """Yield the records, the lookup table and the cases, line by line."""
        yield f"record: {_json(self.data)}"
        if self.there:
            yield f"target: {_json(self.there)}"
        if self.tables:
            yield f"references: {_json(self.tables)}"
        yield "cases:"
        yield "  - name: Somebody new is created"
        if self.created:
            yield "    expect:"
            yield "      outcome: create"
            yield f"      fields: {_json(self.created)}"
        else:
            yield "    expect: {outcome: create}"
        if self.there:
            yield from self._present_cases()
        yield from self._rules()
        if self.there and self.asked.leaving.record:
            yield from self._leaver()
            yield from self._outsider()
        yield from self._unread()

    def _present_cases(self) -> Iterator[str]:
        """Yield the cases of a person whom the target has: what is written, and what stays."""
        if self._tried({"target": {}}) == {"outcome": "unchanged"}:
            yield "  - name: Somebody as in the source stays as they are"
            yield "    target: {}"
            yield "    expect: {outcome: unchanged}"
        yield from self._corrected()
        yield from self._blanks()
        yield from self._movers()
        yield from self._whole_names()

    def _corrected(self) -> Iterator[str]:
        """Yield cases of a target that has other values, found by each match key."""
        tables = {each.target for each in self.pairs if each.codes[1:]}
        old: Data = {}
        for path, value in self.created.items():
            differs = {path: another(value)}
            found = self._tried({"target": differs})
            if path not in tables and found == _update({path: value}):
                old |= differs
        for path in list(old)[:1]:
            yield f"  - name: {yaml_text(f'A new {called(path)} is written, and nothing else')}"
            yield from self._update({path: old[path]})
        if len(old) > 1 and _fields(self._tried({"target": old})).keys() == old.keys():
            yield "  - name: All that differs is corrected"
            yield from self._update(old)
        for each in self.keys.chosen[1:]:
            yield from self._by_key(path_text(self.target.keys(each.pair.target)), old)

    def _by_key(self, key: str, old: Mapping[str, Value]) -> Iterator[str]:
        """Yield cases of a target record that one of the further match keys alone finds."""
        keys = [path_text(self.target.keys(each.pair.target)) for each in self.keys.chosen]
        others = {path: self.target.blank for path in keys if path != key}
        others |= {path: value for path, value in old.items() if path not in keys}
        if self._tried({"target": others})["outcome"] == "update":
            yield f"  - name: {yaml_text(f'{called(key)} alone finds somebody')}"
            yield from self._update(others)
        first = keys[0]
        lacks: Data = {"target": {}, "target_without": [key]}
        if self._tried(lacks)["outcome"] == "update":  # an error if this key were the first
            yield f"  - name: {yaml_text(f'{called(first)} finds somebody without {called(key)}')}"
            yield f"    target_without: {_json([key])}"
            yield "    target: {}"
            yield "    expect: {outcome: update}"
        differs: Data = {first: another(self.created[first])}
        if self._tried({"target": differs})["outcome"] == "unchanged":
            yield f"  - name: {yaml_text(f'Found by {called(key)}, another {called(first)} stays')}"
            yield f"    target: {_json(differs)}"
            yield "    expect: {outcome: unchanged}"

    def _update(self, old: Mapping[str, Value]) -> Iterator[str]:
        """Yield the target and the expected result of a case in which old values are replaced."""
        yield f"    target: {_json(old)}"
        written = _json(_fields(self._tried({"target": {**old}})))
        yield f"    expect: {{outcome: update, only_fields: {written}}}"

    def _blanks(self) -> Iterator[str]:
        """Yield the case of a source that lacks what the target has: nothing is cleared."""
        leaving = self.asked.leaving
        apart = {self.key.source, self.source.id, *leaving.record, *leaving.unclear}
        apart |= {rule.path for rule in self.asked.rules if rule.of_kind}
        paths = dict.fromkeys(each.source for each in self.pairs if each.source not in apart)
        names = [path_text(self.source.keys(each)) for each in paths]
        stays = {"outcome": "unchanged"}
        blank: Data = {
            each: self.source.blank
            for each in names
            if self._tried({"record": {each: self.source.blank}, "target": {}}) == stays
        }
        if blank and self._tried({"record": blank, "target": {}}) == stays:
            yield "  - name: What the source leaves blank is not cleared"
            yield f"    record: {_json(blank)}"
            yield "    target: {}"
            yield "    expect: {outcome: unchanged}"

    def _manager(self) -> Data:
        """Return the row of the lookup table that names this record's manager; {} without one."""
        pair = next((each for each in self.pairs if each.looks_up), None)
        value = MISSING if pair is None else at(self.data, self.source.keys(pair.source))
        if pair is None or value is MISSING or is_blank(value):
            return {}
        own = at(self.data, self.source.keys(self.key.source))
        if str(value).lstrip("0") == str(own).lstrip("0"):
            return {}  # their own manager: the lookup would find two records
        ids = (at(each.data, self.target.keys(self.target.id)) for each in self.target.records)
        id: Value = 77 if isinstance(next(ids, ""), int) else "77"
        path = manager_key(self.source, self.target, pair, self.key.target)
        return changed({}, self.target, {self.target.id: id, path: value})

    def _movers(self) -> Iterator[str]:
        """Yield a case for each table of codes: people who move from one text to the next.

        No other case notices that two codes are swapped.
        """
        for pair in self.pairs:
            if not pair.codes[1:] or pair.source in self.asked.leaving.record:
                continue
            rules = [each for each in self.asked.rules if each.path == pair.source]
            others = (pair.codes[-1], *pair.codes)
            rows = [
                (text, old, code)
                for (text, code), (_, old) in zip(pair.codes, others, strict=False)
                if not any(rule.left_out(text) for rule in rules)
                and _has_codes(text, pair.source, self.pairs)
            ]
            if not rows:
                continue
            there = path_text(self.target.keys(pair.target))
            columns = [f"record.{path_text(self.source.keys(pair.source))}", f"target.{there}",
                       f"expect.fields.{there}"]  # fmt: skip
            case = [
                f"  - name: {yaml_text(f'Who moves gets another {called(pair.target)}')}",
                *_table(columns, rows),
                "    expect: {outcome: update}",
            ]
            yield from ((f"# {line}" for line in case) if pair.doubt else case)

    def _whole_names(self) -> Iterator[str]:
        """Yield a case for each whole name joined from several fields, with one of them missing."""
        paired = {each.target for each in self.pairs}
        for path in self.target.fields:
            parts, _ = ((), "") if path in paired else name_parts(self.source, self.target, path)
            named = path_text(self.target.keys(path))
            for part in parts:
                if concept(part) == "middle":
                    continue
                yield f"  - name: {yaml_text(f'Without {called(part)}, {called(path)} stays')}"
                yield f"    record: {_json({path_text(self.source.keys(part)): ''})}"
                yield f"    target: {_json({named: 'Ada Quill'})}"
                yield f"    expect: {{not_written: [{yaml_text(named, flow=True)}]}}"

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
        """Yield the cases of a leaver, one for each branch, of a notice, and of a return."""
        leaving, switch = self.asked.leaving, self.asked.switch
        days = [path for path in leaving.set if switch is None or path != switch.path]
        left = "Somebody who has left loses access"
        yield from self._left(left, leaving.ways, self._loses(), days)
        for name, people in (
            ("Somebody who has given notice keeps access until the day", leaving.notice),
            ("On the last day itself, access has not ended", leaving.last_day),
        ):
            yield from self._left(name, people, "{outcome: unchanged}")
        if switch is not None:
            path = path_text(self.target.keys(switch.path))
            yield "#   - name: Somebody who comes back gets access again"
            yield f"#     target: {_json({path: switch.off})}"
            yield f"#     expect: {{outcome: rehire, fields: {_json({path: switch.on})}}}"

    def _left(
        self,
        name: str,
        people: Sequence[Mapping[str, Value]],
        expected: str,
        days: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield a case with a row for each of some people, in a comment.

        `days` are the target fields that get the last day; without one, it is today.
        """
        if not people:
            return
        columns = [f"record.{path_text(self.source.keys(path))}" for path in people[0]]
        columns += [f"expect.fields.{path_text(self.target.keys(path))}" for path in days]
        yield f"#   - name: {name}"
        rows = []
        for each in people:
            last = next((value for value in each.values() if parse_day(value)), self.as_of)
            rows.append([*each.values(), *(last for _ in days)])
        for line in _table(columns, rows):
            yield f"# {line}"
        yield "#     target: {}"
        yield f"#     expect: {expected}"

    def _loses(self) -> str:
        """Return what a case expects of a leaver, including that access is switched off."""
        switch = self.asked.switch
        if switch is None:
            return "{outcome: leave}"
        path = path_text(self.target.keys(switch.path))
        return f"{{outcome: leave, fields: {_json({path: switch.off})}}}"

    def _outsider(self) -> Iterator[str]:
        """Yield a case in which `eligible` and `only` differ: a leaver outside the scope."""
        rule = next((each for each in self.asked.rules if each.of_kind and not each.asked), None)
        if rule is None:
            return
        record = changed({}, self.source, {rule.path: rule.word, **self.asked.leaving.record})
        yield f"#   - name: {yaml_text(f'{rule.word}, and has left')}"
        yield f"#     record: {_json(record)}"
        yield "#     target: {}"
        yield f"#     expect: {self._loses()}"
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

    def _present(self) -> Data:
        """Return the target record of this person, with access; {} if the key is unknown."""
        if path_text(self.target.keys(self.key.target)) not in self.created:
            return {}
        there: Data = {}
        for path, value in ({self.target.id: "1"} | self.created).items():
            there = with_value(there, path_of(path), value)
        if self.asked.switch is not None:
            there = changed(there, self.target, {self.asked.switch.path: self.asked.switch.on})
        # `left` reads these; without them, it would be unknown whether the person has left
        keys = self.target.keys
        others = [path for path in self.asked.leaving.set if at(there, keys(path)) is MISSING]
        return changed(there, self.target, dict.fromkeys(others, self.target.blank))


def _fields(expected: Mapping[str, Value]) -> Data:
    """Return the values that an expectation names."""
    fields = expected.get("only_fields", expected.get("fields"))
    return dict(fields) if isinstance(fields, dict) else {}


def _update(fields: Mapping[str, Value]) -> Data:
    return {"outcome": "update", "only_fields": {**fields}}


def _table(columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> Iterator[str]:
    """Yield the table of a case."""
    yield "    table:"
    yield f"      columns: {_json(columns)}"
    yield "      rows:"
    yield from (f"        - {_json(row)}" for row in rows)


def _json(data: Value | Mapping[str, Value] | Sequence[Value]) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return text if is_one_line(text) else json.dumps(data)
