"""Loads a mapping test: checks its shape, then expands each case."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from os.path import isdir, isfile, splitext
from pathlib import Path
from typing import cast

from oneway.core.diagnostics import Diagnostic, Findings, Refused, Span, refusal
from oneway.core.paths import path_of, with_value, without_path
from oneway.core.records import Value
from oneway.documents.schema_check import check
from oneway.documents.yaml_source import Document, read_all
from oneway.mapping.load.part import DocumentPart
from oneway.runs.mapping_tests.spec import (
    ONE,
    Case,
    Expectation,
    Fixture,
    GivenField,
    MappingClaim,
    MappingTest,
    UnreadField,
)
from oneway.runs.mapping_tests.without_effect import SIDES, without_effect

SCHEMA = "mapping-test"
ENDINGS = (".test.yaml", ".test.yml")
"""The endings of a mapping test's name, the usual one first; the test is beside its mapping."""

Data = dict[str, Value]


def find_tests(path: str) -> list[str]:
    """Return the mapping tests that a path means: the file itself, or all in a folder.

    A mapping means the tests beside it: `acme.yaml` and `acme.yml` have `acme.test.yaml`.
    """
    if isdir(path):
        files = (file for file in Path(path).rglob("*") if file.name.endswith(ENDINGS))
        return sorted(map(str, files))
    beside = test_beside(path)
    return [beside] if not path.endswith(ENDINGS) and isfile(beside) else [path]


def test_beside(mapping: str) -> str:
    """Return the path of a mapping's test: that of the file if there is one, else the usual one."""
    stem, ending = splitext(mapping)
    stem = stem if ending.lower() in (".yaml", ".yml") else mapping
    return next((file for each in ENDINGS if isfile(file := stem + each)), stem + ENDINGS[0])


def load_test(data: bytes, file: str) -> MappingTest:
    """Return a mapping test, with its warnings.

    Raises `Refused` with every mistake of its text, shape and tables.
    """
    reading = read_all(data, file)
    document = reading.document
    found = Findings(list(reading.found))
    if document is not None and not found.found:
        _refuse_mapping(document)
        for wrong in (*check(document, SCHEMA), *_impossible(document)):
            found.add(wrong)
        if not found.found:
            found.found.extend(without_effect(document))
    if found.failed or document is None:
        raise Refused(found.sorted())
    return replace(_Loader(DocumentPart(document, ())).test(), warnings=found.sorted())


def _refuse_mapping(document: Document) -> None:
    """Raise `Refused` for a mapping that was named for its test, but has none."""
    data = document.data
    if isinstance(data, dict) and "oneway" in data and "oneway_test" not in data:
        beside = test_beside(document.file)
        summary = "this is a mapping, and it has no mapping test beside it"
        raise refusal("T106", document.file, summary, f"write {beside}: `oneway docs testing`")


def _impossible(document: Document) -> Iterator[Diagnostic]:
    """Yield the rows of tables whose number of values differs from that of the columns."""
    data = document.data if isinstance(document.data, dict) else {}
    cases = data.get("cases")
    for number, case in enumerate(cases if isinstance(cases, list) else ()):
        table = case.get("table") if isinstance(case, dict) else None
        if not isinstance(table, dict):
            continue
        columns, rows = table.get("columns"), table.get("rows")
        if not isinstance(columns, list) or not isinstance(rows, list):
            continue
        for index, row in enumerate(rows):
            if isinstance(row, list) and len(row) != len(columns):
                place = ("cases", number, "table", "rows", index)
                summary = f"the row has {len(row)} values for {len(columns)} columns"
                yield document.at(place, "T101", summary, "give each column one value")


class _Loader:
    """Turns the parts of a document into a test."""

    def __init__(self, part: DocumentPart) -> None:
        self.part = part
        self.file = part.document.file
        self.record = _object(part.maybe("record"))
        self.target = _object(part.maybe("target"))

    def test(self) -> MappingTest:
        part = self.part
        return MappingTest(
            file=self.file,
            mapping=self.beside(str(part.at("mapping").value)),
            as_of=str(part.at("as_of").value),
            settings=_object(part.maybe("settings")),
            references=_records_by_name(part.maybe("references")),
            record=self.record,
            target=self.target,
            cases=tuple(case for each in part.items("cases") for case in self.written_out(each)),
            claims=(*self.claims("always"), *self.claims("never")),
            fixture=self.fixture(),
            not_read=tuple(
                UnreadField(str(each.value), each.span) for each in self.part.items("not_read")
            ),
            given=tuple(
                each for part in (self.part, *self.part.items("cases")) for each in _given(part)
            ),
        )

    def beside(self, path: str) -> str:
        """Return a path as it is opened: a relative one is relative to the test."""
        return str(Path(self.file).parent / path)

    def fixture(self) -> Fixture | None:
        part = self.part.maybe("fixture")
        if part is None:
            return None
        target = part.maybe("target")
        return Fixture(
            self.beside(str(part.at("source").value)),
            self.beside(str(target.value)) if target else "",
        )

    def claims(self, key: str) -> Iterator[MappingClaim]:
        for part in self.part.items(key):
            outcomes = frozenset(str(each.value) for each in part.items("outcome"))
            name, about = part.at("name"), part.at("for")
            yield MappingClaim(str(name.value), name.span, about.text(), outcomes, key == "always")

    def written_out(self, part: DocumentPart) -> Iterator[Case]:
        """Yield a case; one with a table as a case for each row."""
        table = part.maybe("table")
        if table is None:
            yield self.case(part, {}, part.at("name").span, "")
            return
        columns = [str(each.value) for each in table.items("columns")]
        for row in table.items("rows"):
            values = cast(list[Value], row.value)
            given = dict(zip(columns, values, strict=True))
            suffix = ", ".join("nothing" if each is None else str(each) for each in values)
            yield self.case(part, given, row.span, f" [{suffix}]")

    def case(self, part: DocumentPart, row: Mapping[str, Value], span: Span, suffix: str) -> Case:
        references = _records_by_name(self.part.maybe("references"))
        settings = _object(self.part.maybe("settings")) | _object(part.maybe("settings"))
        as_of = part.maybe("as_of")
        default = str((as_of if as_of is not None else self.part.at("as_of")).value)
        return Case(
            name=f"{part.at('name').value}{suffix}",
            span=span,
            records=self.sources(part, _of_row(row, "record.")),
            targets=self.targets(part, _of_row(row, "target.")),
            references=references | _records_by_name(part.maybe("references")),
            settings=settings | _of_row(row, "setting."),
            as_of=str(row.get("as_of", default)),
            expected=self.expected(part, _of_row(row, "expect."), span),
        )

    def sources(self, part: DocumentPart, row: Data) -> tuple[Data, ...]:
        several = part.maybe("records")
        without = [str(each.value) for each in part.items("without")]
        if several is None:
            changes = _object(part.maybe("record")) | row
            return (_changed(self.record, changes, without),)
        every = cast(list[Data], several.value)
        return tuple(_changed(self.record, each | row, without) for each in every)

    def targets(self, part: DocumentPart, row: Data) -> tuple[Data, ...]:
        several, one = part.maybe("targets"), part.maybe("target")
        without = [str(each.value) for each in part.items("target_without")]
        if several is not None:
            every = cast(list[Data], several.value)
            return tuple(_changed(self.target, each | row, without) for each in every)
        if one is None and not row:
            return ()
        return (_changed(self.target, _object(one) | row, without),)

    def expected(self, part: DocumentPart, row: Data, span: Span) -> dict[str, Expectation]:
        found = {name: _expectation(one) for name, one in part.entries("expect_each")}
        own = part.maybe("expect")
        if own is not None or row:
            found[ONE] = _expectation(own, row, span)
        return found


def _expectation(
    part: DocumentPart | None, row: Mapping[str, Value] = {}, span: Span | None = None
) -> Expectation:
    """Return what a part expects, and a table's row where there is one."""
    data = _object(part)
    exact = "only_fields" in data
    key = "only_fields" if exact else "fields"
    fields = _object_of(data.get(key)) | _of_row(row, "fields.")
    places = {f"fields.{name}": span or Span("") for name in _of_row(row, "fields.")}
    if part is not None:
        places |= {name: part.at(name).span for name in part.names()}
        inner = part.maybe(key)
        for name in inner.names() if inner else ():
            places.setdefault(f"fields.{name}", part.at(key, name).span)
    reasons = row.get("reasons", data.get("reasons"))
    only = row.get("only_reasons", data.get("only_reasons"))
    held = data.get("held_by")
    outcome = row.get("outcome", data.get("outcome"))
    return Expectation(
        span=span or (part.span if part else Span("")),
        outcome=None if outcome is None else str(outcome),
        fields=fields if key in data or fields else None,
        only=exact,
        not_written=_texts(data.get("not_written")),
        reasons=_texts(reasons if isinstance(reasons, list) or reasons is None else [reasons]),
        only_reasons=None if only is None else _texts(only if isinstance(only, list) else [only]),
        held_by=None if held is None else _texts(held),
        places=places,
    )


def _changed(record: Data, changes: Data, without: Sequence[str]) -> Data:
    """Return a record with other values at some paths, and without others."""
    changed = record
    for path, value in changes.items():
        changed = with_value(changed, path_of(path), value)
    for path in without:
        changed = without_path(changed, path_of(path))
    return changed


def _given(part: DocumentPart) -> Iterator[GivenField]:
    """Yield the fields of records that a test, or a case of it, names."""
    by_path = bool(part.path)
    for side, (one, several, without) in zip(("source", "target"), SIDES, strict=True):
        single = part.maybe(one)
        for record in (*((single,) if single else ()), *part.items(several)):
            for name in record.names():
                first = path_of(name) if by_path else (name,)
                for keys, field in _leaves(record.at(name), first):
                    yield GivenField(side, keys, field.key_span, by_path)
        for each in part.items(without):
            yield GivenField(side, path_of(str(each.value)), each.span)
        table = part.maybe("table")
        for each in table.items("columns") if table else ():
            if str(each.value).startswith(f"{one}."):
                path = str(each.value).removeprefix(f"{one}.")
                yield GivenField(side, path_of(path), each.span)


def _leaves(
    part: DocumentPart, keys: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], DocumentPart]]:
    """Yield the keys of a field's values, and their parts; those of lists as a whole."""
    for name in part.names():
        yield from _leaves(part.at(name), (*keys, name))
    if not part.names():
        yield keys, part


def _of_row(row: Mapping[str, Value], prefix: str) -> Data:
    return {
        name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)
    }


def _records_by_name(part: DocumentPart | None) -> dict[str, tuple[Mapping[str, Value], ...]]:
    data = _object(part)
    return {name: tuple(cast(list[Data], rows)) for name, rows in data.items()}


def _object(part: DocumentPart | None) -> Data:
    return _object_of(part.value if part else None)


def _object_of(value: Value) -> Data:
    return dict(value) if isinstance(value, dict) else {}


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()
