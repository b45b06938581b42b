"""Runs a mapping test: plans each case, and compares the plan with the expectations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from oneway.connections.discovery import FILES, describe, open_connector
from oneway.core.connector import Access, ReadError, Resource
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Findings, Severity, Span, did_you_mean, refusal
from oneway.core.records import (
    MISSING,
    Record,
    Snapshot,
    Value,
    at,
    holds,
    path_of,
    path_text,
    same,
)
from oneway.core.seal import Seal, Sealed
from oneway.core.similar_words import only_slip
from oneway.mapping.code import FieldCode
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import EvaluationError, Expression, ExpressionSyntax
from oneway.mapping.expressions.steps import EvaluationStep, steps_of
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.lookup_table import tabulate
from oneway.mapping.profile.read_keys import read_in_source
from oneway.mapping.spec import EndpointSpec
from oneway.planning.breach import Verdict
from oneway.planning.guards import judge
from oneway.planning.plan import Change, Outcome, Plan
from oneway.planning.planner import Header, plan
from oneway.runs.mapping_tests.spec import (
    ONE,
    Case,
    Expectation,
    MappingClaim,
    MappingTest,
    UnreadField,
)
from oneway.runs.prepare.prepared import stand_in_options
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.prepare.settings import WANTED, is_of

TARGET = "target:"
"""Begins the name of a target record that no source record matches."""

_SEAL = Seal(b"mapping tests seal nothing that is kept")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A failed expectation: its place, and the steps that led to the value.

    `about` is "outcome", "reasons", "held_by", "record" or a target field; `steps` are those
    of the field's expression. A sensitive value is a `Sealed`; a field that is left alone is
    `MISSING`; for a "record", None means the only one.
    """

    place: Span
    about: str
    wanted: object
    got: object
    steps: tuple[EvaluationStep, ...] = ()
    expression: Span | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case ended: as expected if there is no mismatch."""

    case: Case
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """The records that contradict a claim, by their case (or file)."""

    claim: MappingClaim
    spoken_of: int
    against: tuple[tuple[str, Outcome], ...]


@dataclass(frozen=True, slots=True)
class UnreadResult:
    """A field that may not be read, and what of the mapping reads it, with its place."""

    asked: UnreadField
    read_at: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """One case as the engine sees it: the records, the program, the plan and its verdict."""

    name: str
    source: Snapshot
    target: Snapshot
    program: Interpreted
    plan: Plan
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class MappingTestResult:
    """How a mapping test ended; `planned` are its cases, and the fixture, for coverage.

    `unread` are the fields that the mapping may not read.
    """

    test: MappingTest
    compiled: Compiled
    cases: tuple[CaseResult, ...]
    claims: tuple[ClaimResult, ...]
    planned: tuple[Planned, ...] = field(repr=False, default=())
    unread: tuple[UnreadResult, ...] = ()

    @property
    def failed(self) -> int:
        """The number of failed cases, claims, and fields that are read."""
        cases = sum(bool(each.mismatches) for each in self.cases)
        claims = sum(bool(each.against) for each in self.claims)
        return cases + claims + sum(bool(each.read_at) for each in self.unread)

    @property
    def passed(self) -> int:
        """The number of the others."""
        return len(self.cases) + len(self.claims) + len(self.unread) - self.failed


def check_test(test: MappingTest, compiled: Compiled) -> MappingTestResult:
    """Return how a test of a compiled mapping ends; raise `Refused` if it cannot be run."""
    refuse_unknown(test, compiled)
    claims = parsed_claims(test, compiled)
    planned = [plan_case(case, test, compiled) for case in test.cases]
    cases = tuple(
        CaseResult(case, tuple(_mismatches(case, each, compiled)))
        for case, each in zip(test.cases, planned, strict=True)
    )
    if test.fixture is not None:
        planned.append(_fixture(test, compiled))
    results = tuple(_claimed(claim, about, planned) for claim, about in claims)
    unread = tuple(_unread(test, compiled))
    return MappingTestResult(test, compiled, cases, results, tuple(planned), unread)


def holds_for(test: MappingTest, compiled: Compiled) -> bool:
    """Return whether a test passes; stops at the first case that does not. Raises `Refused`."""
    refuse_unknown(test, compiled)
    if any(each.read_at for each in _unread(test, compiled)):
        return False
    claims = parsed_claims(test, compiled)
    planned = []
    for case in test.cases:
        planned.append(plan_case(case, test, compiled))
        if next(_mismatches(case, planned[-1], compiled), None) is not None:
            return False
    if test.fixture is not None:
        planned.append(_fixture(test, compiled))
    return not any(_claimed(claim, about, planned).against for claim, about in claims)


def refuse_unknown(test: MappingTest, compiled: Compiled) -> None:
    """Raise `Refused` with every name in the test that the mapping does not have."""
    found = Findings()
    settings = {each.name: each for each in compiled.spec.settings}
    tables = {each.name for each in compiled.spec.references}
    fields = {each.rule.path for each in (*compiled.code.fields, *compiled.code.leaving)}
    for case in test.cases:
        for name, value in case.settings.items():
            if name not in settings:
                _unknown(found, case.span, "setting", name, settings)
            elif not is_of(settings[name].type, value):
                what, write = WANTED[settings[name].type]
                summary = f"setting '{name}' is {what}"
                _add(found, "T103", case.span, summary, f"write {write}")
        for name in case.references.keys() - tables:
            _unknown(found, case.span, "reference", name, tables)
        for each in case.expected.values():
            for name in (*(each.fields or ()), *each.not_written):
                if name not in fields:
                    _unknown(found, each.place(f"fields.{name}"), "field", name, fields)
    _refuse_misspelt(found, test, compiled)
    for asked in test.not_read:
        _refuse_no_field(found, asked, test, compiled)
    for place, text in {(case.span, case.as_of) for case in test.cases}:
        try:
            parse_instant(text)
        except ValueError:
            _add(found, "T103", place, f"'{text}' is no instant")
    found.refuse_errors()


def _refuse_misspelt(found: Findings, test: MappingTest, compiled: Compiled) -> None:
    """Add a mistake for each field of a record that nothing has: a test of it shows nothing.

    If no record schema says which fields there are, it is one that nearly has the name of a field
    that the mapping reads or writes.
    """
    sides = {"source": compiled.source, "target": compiled.target}
    named = {side: _named(side, compiled) for side in sides}
    for each in test.given:
        resource, path = sides[each.side], path_text(path_of(each.path))
        known = {*resource.fields, *named[each.side], resource.id}
        known = {one for one in known if not any(other.startswith(f"{one}.") for other in known)}
        if any(_overlap(path_of(one), path_of(path)) for one in known):
            continue
        near = only_slip(path, known)
        if near or not resource.open:
            help = f"did you mean '{near}'?" if near else did_you_mean(path, known)
            summary = f"no record of the {each.side} has a field '{path}'"
            _add(found, "T102", each.span, summary, help or "take it out, or correct its name")


def _named(side: str, compiled: Compiled) -> set[str]:
    """Return the fields of a side that the mapping reads or writes."""
    if side == "target":
        fields = (*compiled.code.fields, *compiled.code.leaving)
        decided = map(path_text, compiled.decided_on_target)
        return {*(each.rule.path for each in fields), *decided}
    reads = read_in_source(compiled.code)
    return {path_text(use.keys) for expression, _ in reads for use in expression.paths}


def _refuse_no_field(
    found: Findings, asked: UnreadField, test: MappingTest, compiled: Compiled
) -> None:
    """Add a mistake for an unknown field: a misspelt one would never be read."""
    keys = path_of(asked.field)
    records = [test.record, *(record for case in test.cases for record in case.records)]
    known = set(compiled.source.fields)
    if not any(at(each, keys) is not MISSING for each in records) and asked.field not in known:
        named = known.union(*records)
        help = did_you_mean(asked.field, named) or "give the test's `record` a value for it"
        summary = f"no source record of the test has '{asked.field}', and no record schema"
        _add(found, "T102", asked.span, summary, help)


def _unread(test: MappingTest, compiled: Compiled) -> Iterator[UnreadResult]:
    """Yield each field that may not be read, and who reads it, a part of it, or all fields."""
    readers = list(read_in_source(compiled.code)) if test.not_read else []
    spec = compiled.spec.source
    id = path_of(record_id(spec, compiled.source))
    for asked in test.not_read:
        keys = path_of(asked.field)
        read = [
            (reader, each.span)
            for each, reader in readers
            if each.facts.whole or any(_overlap(use.keys, keys) for use in each.paths)
        ]
        if _overlap(id, keys):
            place = next(
                (each.span for name, each in spec.options if name == "id"), spec.resource.span
            )
            read.insert(0, ("the record's id", place))
        yield UnreadResult(asked, tuple(dict.fromkeys(read)))


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _unknown(
    found: Findings, place: Span, what: str, name: str, known: Mapping[str, object] | set[str]
) -> None:
    help = did_you_mean(name, known) or f"it has: {', '.join(sorted(known)) or 'none'}"
    summary = f"the mapping has no {what} '{name}'"
    _add(found, "T102", place, summary, help)


def _add(found: Findings, code: str, place: Span, summary: str, help: str = "") -> None:
    found.add(Diagnostic(place, Severity.ERROR, code, summary, help))


def parsed_claims(test: MappingTest, compiled: Compiled) -> list[tuple[MappingClaim, Expression]]:
    """Return the claims, each with its expression; raise `Refused` if one is invalid."""
    found, parsed = Findings(), []
    for claim in test.claims:
        try:
            parsed.append((claim, compiled.named.parsed(claim.about)))
        except ExpressionSyntax as wrong:
            _add(found, "T104", claim.about.span, wrong.summary, wrong.help)
    found.refuse_errors()
    return parsed


def plan_case(case: Case, test: MappingTest, compiled: Compiled) -> Planned:
    """Return one case as the engine sees it."""
    source = _snapshot(case.records, record_id(compiled.spec.source, compiled.source))
    target = _snapshot(case.targets, record_id(compiled.spec.target, compiled.target))
    return _plan_of(case.name, source, target, case, test, compiled)


def _plan_of(
    name: str,
    source: Snapshot,
    target: Snapshot,
    case: Case,
    test: MappingTest,
    compiled: Compiled,
) -> Planned:
    as_of = parse_instant(case.as_of)
    defaults = {each.name: each.default for each in compiled.spec.settings}
    settings = {**defaults, **case.settings}
    context = compiled.context(settings, as_of)
    tables = {
        code.name: tabulate(code, _snapshot(case.references.get(code.name, ()), "id"), context)
        for code in compiled.code.references
    }
    program = compiled.bind(context, tables)
    header = Header(test.mapping, compiled.spec.digest, instant_text(as_of), settings, {})
    made = plan(program, source, target, seal=_SEAL, header=header)
    return Planned(name, source, target, program, made, judge(made, compiled.spec.guards))


def _snapshot(records: Sequence[Mapping[str, Value]], id_path: str) -> Snapshot:
    found, taken = [], set()
    for number, data in enumerate(records, 1):
        own = at(data, path_of(id_path))
        id = str(number) if own is MISSING or own is None else str(own)
        if id in taken:
            raise refusal("T105", "records", f"two records have the id {id!r}", "give each its own")
        taken.add(id)
        found.append(Record(id, data))
    return Snapshot(tuple(found))


def _fixture(test: MappingTest, compiled: Compiled) -> Planned:
    """Return the plan of the fixture's files."""
    assert test.fixture is not None
    source = _read(test.fixture.source, _file_options(compiled.spec.source, compiled.source))
    target = Snapshot(())
    if test.fixture.target:
        target = _read(test.fixture.target, _file_options(compiled.spec.target, compiled.target))
    case = Case("", Span(test.file), (), (), test.references, test.settings, test.as_of, {})
    return _plan_of(test.fixture.source, source, target, case, test, compiled)


def record_id(endpoint: EndpointSpec, resource: Resource) -> str:
    """Return the path of a record's id, as it is read."""
    return _file_options(endpoint, resource)["id"]


def _file_options(endpoint: EndpointSpec, resource: Resource) -> dict[str, str]:
    """Return how to read a file of a system's records: as the mapping says, if it reads a file."""
    if endpoint.connector.text != FILES:
        return stand_in_options(resource)
    return {"id": resource.id} | {name: str(each.value) for name, each in endpoint.options}


def _read(path: str, options: Mapping[str, str]) -> Snapshot:
    connector = open_connector(describe(FILES), Access(options, {}))
    try:
        return connector.reader(path).read()
    except ReadError as error:
        raise refusal(error.code, path, error.summary, error.help) from None
    finally:
        connector.close()


def _mismatches(case: Case, planned: Planned, compiled: Compiled) -> Iterator[Mismatch]:
    for name, expected in case.expected.items():
        outcome = _outcome(name, planned)
        if outcome is None:
            known = [
                each.source_id or f"{TARGET}{each.target_id}" for each in planned.plan.outcomes
            ]
            yield Mismatch(expected.span, "record", name or None, known)
            continue
        yield from _compared(expected, outcome, planned, compiled)


def _outcome(name: str, planned: Planned) -> Outcome | None:
    sources = [each for each in planned.plan.outcomes if each.source_id is not None]
    if name == ONE:
        return sources[0] if len(sources) == 1 else None
    id = name.removeprefix(TARGET)
    if name.startswith(TARGET):
        others = (each for each in planned.plan.outcomes if each.source_id is None)
        return next((each for each in others if each.target_id == id), None)
    return next((each for each in sources if each.source_id == id), None)


def _compared(
    expected: Expectation, outcome: Outcome, planned: Planned, compiled: Compiled
) -> Iterator[Mismatch]:
    if expected.outcome is not None and expected.outcome != outcome.kind.value:
        got = (outcome.kind.value, *(reason.said for reason in outcome.reasons))
        yield Mismatch(expected.place("outcome"), "outcome", expected.outcome, got)
    codes = {reason.code for reason in outcome.reasons}
    if not codes.issuperset(expected.reasons):
        place = expected.place("reasons")
        yield Mismatch(place, "reasons", list(expected.reasons), sorted(codes))
    if expected.only_reasons is not None and set(expected.only_reasons) != codes:
        place = expected.place("only_reasons")
        yield Mismatch(place, "reasons", sorted(expected.only_reasons), sorted(codes))
    held = _holders(outcome, planned.verdict)
    if expected.held_by is not None and sorted(expected.held_by) != held:
        yield Mismatch(expected.place("held_by"), "held_by", sorted(expected.held_by), held)
    yield from _fields(expected, outcome, planned, compiled)


def _holders(outcome: Outcome, verdict: Verdict) -> list[str]:
    ids = {action.id for action in outcome.actions}
    return sorted(b.name for b in verdict.breaches if not ids.isdisjoint(b.blocked))


def _fields(
    expected: Expectation, outcome: Outcome, planned: Planned, compiled: Compiled
) -> Iterator[Mismatch]:
    changes = {each.field: each for each in outcome.changes}
    for name, wanted in (expected.fields or {}).items():
        place, change = expected.place(f"fields.{name}"), changes.get(name)
        if change is None or not _is(change, wanted, outcome):
            got = MISSING if change is None else change.after
            hidden = Sealed("") if _code(name, compiled).rule.sensitive else wanted
            steps, expression = _steps(name, outcome, planned, compiled)
            yield Mismatch(place, name, hidden, got, steps, expression)
    unwanted = set(expected.not_written)
    if expected.only:
        unwanted |= changes.keys() - (expected.fields or {}).keys()
    for name in sorted(unwanted & changes.keys()):
        steps, expression = _steps(name, outcome, planned, compiled)
        place = expected.place("not_written") if name in expected.not_written else expected.span
        yield Mismatch(place, name, MISSING, changes[name].after, steps, expression)


def _is(change: Change, wanted: Value, outcome: Outcome) -> bool:
    """Return whether a change writes a value: a sensitive one is compared by its digest."""
    if isinstance(change.after, Sealed):
        record = outcome.source_id or outcome.target_id or ""
        return change.after.digest == _SEAL.digest(record, change.field, wanted)
    return same(change.after, wanted)


def _steps(
    name: str, outcome: Outcome, planned: Planned, compiled: Compiled
) -> tuple[tuple[EvaluationStep, ...], Span | None]:
    """Return the steps of a field's expression on a record; none if the field is sensitive."""
    code = _code(name, compiled)
    records = {each.id: each for each in planned.source.records}
    record = records.get(outcome.source_id or "")
    if record is None or code.source is None or code.rule.sensitive:
        return (), code.rule.place
    found = [code.when] if code.when is not None else []
    context, data = planned.program.context, dict(record.data)
    steps = (steps_of(each, data, context) for each in (*found, code.source.expression))
    return tuple(step for each in steps for step in each), code.rule.place


def _code(name: str, compiled: Compiled) -> FieldCode:
    codes = (*compiled.code.leaving, *compiled.code.fields)
    return next(each for each in codes if each.rule.path == name)


def _claimed(claim: MappingClaim, about: Expression, planned: Sequence[Planned]) -> ClaimResult:
    spoken_of, against = 0, []
    for each in planned:
        records = {record.id: record for record in each.source.records}
        for outcome in each.plan.outcomes:
            record = records.get(outcome.source_id or "")
            if record is None or not _holds(about, record, each):
                continue
            spoken_of += 1
            if (outcome.kind.value in claim.outcomes) is not claim.always:
                against.append((each.name, outcome))
    return ClaimResult(claim, spoken_of, tuple(against))


def _holds(about: Expression, record: Record, planned: Planned) -> bool:
    try:
        return holds(about.evaluate(dict(record.data), planned.program.context)[0])
    except EvaluationError:
        return False
