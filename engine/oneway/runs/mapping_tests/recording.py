"""Makes an anonymous case of a mapping test from a real record.

    outcome ─involved→ records ─cut→ what the mapping reads ─anonymised→ Case ─planned→ expected

The case is planned as `oneway test` plans it, and its outcome is compared with the real one.
"""

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from oneway.core.compare import Compare, comparable, identity
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.paths import at, path_of
from oneway.core.records import MISSING, Record, Value
from oneway.mapping.code import ReferenceCode
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions.node_tree import NotKnown
from oneway.mapping.profile.read_keys import read_in_source
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.spec import Constant
from oneway.planning.plan import Outcome
from oneway.runs.draft.anonymise import Anonymiser, days_of, words_of
from oneway.runs.mapping_tests.case_data import (
    as_test,
    cut_to,
    empty_test,
    expected_of,
    in_test,
    source_paths,
    target_paths,
)
from oneway.runs.mapping_tests.check import check_test, plan_case, record_id
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.results import Planned
from oneway.runs.mapping_tests.spec import Case, MappingTest
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import instant_text
from oneway.runs.read import ReadInputs
from oneway.runs.snapshot.projection import reads

Data = dict[str, Value]

_MOST = 20
"""The most records of each side in a case, besides the person's own."""


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """A mapping test as data, whose last case was recorded.

    `whole`: there is no test yet, or the case cannot be part of the mapping's test, so this is a
    complete file. `outcome` is the case's; if `faithful`, the real record has the same one. It may
    differ if more than these records decided.
    """

    test: Mapping[str, Value]
    whole: bool
    outcome: Outcome
    faithful: bool


def record_case(
    prepared: PreparedRun, reading: ReadInputs, outcome: Outcome, test: MappingTest | None
) -> RecordedCase:
    """Return a case in which an invented person is treated as a real one is; `outcome` is the
    real one's, in a plan of what was read.
    """
    recorder = _Recorder(prepared, reading, outcome)
    for choose in (recorder.closest, recorder.involved, recorder.uncertain, recorder.named):
        case, planned = recorder.case(choose())
        found = recorder.found(planned)
        if _signature(found) == _signature(outcome):
            break
    expected = expected_of(found, planned)
    faithful = _signature(found) == _signature(outcome)
    if test is not None:
        data = in_test(test, case, expected, prepared)
        if _passes(data, test.file, prepared.compiled):
            return RecordedCase(data, False, found, faithful)
    return RecordedCase(as_test(case, expected, prepared), True, found, faithful)


def _signature(outcome: Outcome) -> tuple[object, ...]:
    """Return the parts of an outcome that a recorded case must reproduce."""
    codes = sorted({reason.code for reason in outcome.reasons})
    return outcome.kind, codes, sorted(change.field for change in outcome.changes)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The records of a case: those of the source and of the target, the person's own first."""

    sources: tuple[Record, ...]
    targets: tuple[Record, ...]


def _one_each(records: Iterable[Record], id: str) -> Iterable[Mapping[str, Value]]:
    """Return the data of the first record of each id: a test has no two with one id."""
    found: dict[str, Mapping[str, Value]] = {}
    for each in records:
        own = at(each.data, path_of(id))
        found.setdefault(each.id if own is MISSING or own is None else str(own), each.data)
    return found.values()


@dataclass(slots=True)
class _Recorder:
    """Chooses records, reduces them to the values that are read, and replaces those."""

    prepared: PreparedRun
    reading: ReadInputs
    outcome: Outcome

    @property
    def compiled(self) -> Compiled:
        return self.prepared.compiled

    def closest(self) -> _Chosen:
        """Return the person's own records."""
        return _Chosen(
            tuple(r for r in self.reading.source.records if r.id == self.outcome.source_id),
            tuple(r for r in self.reading.target.records if r.id == self.outcome.target_id),
        )

    def named(self) -> _Chosen:
        """Return the person's own records, those that reasons name, and all involved in these."""
        own, reading = self.closest(), self.reading
        ids = {id for each in self.outcome.reasons for id in each.candidates}
        sources = (e for e in reading.source.records if e.id in ids and e not in own.sources)
        targets = (e for e in reading.target.records if e.id in ids and e not in own.targets)
        return self.uncertain(_Chosen((*own.sources, *sources), (*own.targets, *targets)))

    def involved(self, beside: _Chosen | None = None) -> _Chosen:
        """Return the person's own records, and all that share a key or an exclusive value."""
        own, program = beside or self.closest(), self.reading.program
        values = {v for each in own.sources for v in self._of_row(program.source_row(each))}
        values |= {v for each in own.targets for v in self._of_target(program.target_row(each))}
        sources = (
            each
            for each in self.reading.source.records
            if each not in own.sources and values & self._of_row(program.source_row(each))
        )
        targets = (
            each
            for each in self.reading.target.records
            if each not in own.targets and values & self._of_target(program.target_row(each))
        )
        return _Chosen((*own.sources, *sources)[: _MOST + 1], (*own.targets, *targets)[: _MOST + 1])

    def uncertain(self, beside: _Chosen | None = None) -> _Chosen:
        """Return the records involved, and those that might match anyone and so block others."""
        near, program = self.involved(beside), self.reading.program
        sources = (
            each
            for each in self.reading.source.records
            if each not in near.sources and _is_unsure(program.source_row(each))
        )
        targets = (
            each
            for each in self.reading.target.records
            if each not in near.targets and self._is_open(program.target_row(each))
        )
        return _Chosen((*near.sources, *islice(sources, 3)), (*near.targets, *islice(targets, 3)))

    def _is_open(self, row: TargetRow) -> bool:
        watched = [row.values[i] for i in self.compiled.code.policy.watched if row.values]
        return _is_unsure(row) or MISSING in watched

    def _of_row(self, row: SourceRow) -> set[object]:
        values = (row.cells[i].value for i in self.compiled.code.policy.watched if row.cells)
        return _comparable((*row.key_values, *values))

    def _of_target(self, row: TargetRow) -> set[object]:
        policy = self.compiled.code.policy
        values = (row.values[i] for i in policy.watched if row.values)
        texts = (each for each in row.keys if isinstance(each, str))
        return _comparable((*values, *texts)) | {each for each in row.keys if each is not None}

    def case(self, chosen: _Chosen) -> tuple[Case, Planned]:
        """Return these records as a case without expectations, and the engine's plan of it."""
        compiled, request = self.compiled, self.prepared.request
        source = record_id(compiled.spec.source, compiled.source)
        target = record_id(compiled.spec.target, compiled.target)
        sources = [cut_to(r, source_paths(compiled)) for r in _one_each(chosen.sources, source)]
        targets = [cut_to(r, target_paths(compiled)) for r in _one_each(chosen.targets, target)]
        rows = {each.name: self._rows(each, chosen) for each in compiled.code.references}
        data = [*sources, *targets, *(row for each in rows.values() for row in each)]
        made = Anonymiser(_words(self.prepared), days_of(data), _patterns(compiled), words_of(data))
        case = Case(
            name=_name(self.outcome),
            span=Span(compiled.spec.file),
            records=tuple(map(made.record, sources)),
            targets=tuple(map(made.record, targets)),
            references={name: tuple(map(made.record, each)) for name, each in rows.items()},
            settings=self.prepared.settings,
            as_of=instant_text(request.as_of + timedelta(days=made.days)),
            expected={},
        )
        return case, plan_case(case, empty_test(self.prepared), compiled)

    def _rows(self, code: ReferenceCode, chosen: _Chosen) -> list[Data]:
        """Return the rows of a lookup table that these source records look up."""
        context = self.reading.program.context
        fields = (*self.compiled.code.fields, *self.compiled.code.leaving)
        asked = {
            identity(value)
            for field in fields
            if field.lookup == code.name and field.source is not None
            for record in chosen.sources
            for value in _values(field.source.expression, record, context)
        }
        asked |= self._ways_up(code.name, chosen, context)
        paths = {path for each in code.read for path in reads(each)}
        return [
            cut_to(record.data, paths)
            for record in self.reading.references[code.name].records
            if asked & {identity(value) for value in _values(code.key, record, context)}
        ]

    def _ways_up(self, name: str, chosen: _Chosen, context: Context) -> set[Hashable]:
        """Return the nodes of a tree that `under()` passes for these source records."""
        tree, found = context.trees.get(name), set[Hashable]()
        uses = [
            use
            for each, _ in read_in_source(self.compiled.code)
            for use in each.trees
            if use.name == name and tree is not None
        ]
        for use, record in ((use, record) for use in uses for record in chosen.sources):
            with suppress(EvaluationError, NotKnown):
                start = evaluated(use.start, {}, context).value
                node = evaluated(use.node, dict(record.data), context).value
                for each in (start, node):
                    found.add(identity(each))
                    found.update(map(identity, tree.upwards(each) if tree is not None else ()))
        return found

    def found(self, planned: Planned) -> Outcome:
        """Return the outcome of the person that a case is about: the first record's."""
        if self.outcome.source_id is not None:
            first = planned.source.records[0].id
            return next(each for each in planned.plan.outcomes if each.source_id == first)
        first = planned.target.records[0].id
        return next(each for each in planned.plan.outcomes if each.target_id == first)


def _is_unsure(row: SourceRow | TargetRow) -> bool:
    return row.evaluation_error is not None or row.unsaid is not None or not row.keys_known


def _comparable(values: Iterable[object]) -> set[object]:
    found = (comparable(each, Compare.IGNORE_CASE) for each in values if each is not MISSING)
    return {each for each in found if each is not None}


def _values(expression: Expression, record: Record, context: object) -> list[Value]:
    try:
        value = expression.evaluate(record.data, context)[0]  # type: ignore[arg-type]
    except EvaluationError:
        return []
    return [] if value is None or isinstance(value, list | dict) else [value]


def _words(prepared: PreparedRun) -> frozenset[str]:
    """Return the words to keep: all words of the mapping, its settings and record schemas."""
    compiled, found = prepared.compiled, list[Value](prepared.settings.values())
    for field in (*compiled.code.fields, *compiled.code.leaving):
        found += [field.constant]
        found += [e.value for e in (field.default, field.initial) if isinstance(e, Constant)]
    for expression in _all_expressions(compiled):
        found += _constants(expression.tree)
    for resource in (compiled.source, compiled.target):
        found += [word for each in resource.fields.values() for word in each.enum]
    return frozenset(text.strip().casefold() for each in found for text in _texts(each))


def _all_expressions(compiled: Compiled) -> Iterator[Expression]:
    code = compiled.code
    yield from (each.expression for each in code.match_source)
    yield from (*code.match_target, *code.only, *code.rules)
    yield from (each for _, each in code.target_conditions)
    yield from (each for each in (code.leaver, code.label) if each is not None)
    for field in (*code.fields, *code.leaving):
        yield from field.expressions
    for each in code.references:
        yield from each.read


def _constants(node: Node) -> Iterator[Value]:
    if node["type"] in ("literal", "key_val_pair"):  # the words of a table are its keys
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _constants(child)


def _texts(value: Value) -> Iterator[str]:
    """Yield each text and number in a value, keys too, as text."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _patterns(compiled: Compiled) -> tuple[str, ...]:
    """Return the patterns by which the mapping reads and writes dates."""
    found = (each for e in _all_expressions(compiled) for each in _constants(e.tree))
    return tuple(dict.fromkeys(e for e in found if isinstance(e, str) and "yy" in e.lower()))


def _name(outcome: Outcome) -> str:
    why = sorted({reason.code for reason in outcome.reasons})
    fields = [change.field for change in outcome.changes]
    about = ", ".join(why or fields) if outcome.kind.value != "create" else ", ".join(why)
    return f"Recorded: {outcome.kind.value}{f' ({about})' if about else ''}"


def _passes(data: Mapping[str, Value], file: str, compiled: Compiled) -> bool:
    test = load_test(json.dumps(data).encode(), file)
    return check_test(replace(test, fixture=None), compiled).failed == 0
