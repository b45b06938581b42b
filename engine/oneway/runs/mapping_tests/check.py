"""Runs a mapping test: plans each case, and compares the plan with the expectations."""

from collections.abc import Iterator, Mapping, Sequence

from oneway.connections.discovery import FILES, describe, open_connector
from oneway.core.access import Access
from oneway.core.compare import same
from oneway.core.connector_errors import ReadError
from oneway.core.description import Resource
from oneway.core.diagnostics import Findings, Span, refusal
from oneway.core.paths import at, keys_overlap, path_of
from oneway.core.records import MISSING, Record, Snapshot, Value, holds
from oneway.core.seal import Seal, Sealed
from oneway.mapping.code import FieldCode
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import EvaluationError, Expression, ExpressionSyntax
from oneway.mapping.expressions.steps import EvaluationStep, steps_of
from oneway.mapping.lookup_table import tabulate
from oneway.mapping.profile.read_keys import read_in_source
from oneway.mapping.spec import EndpointSpec
from oneway.planning.breach import Verdict
from oneway.planning.guards import judge
from oneway.planning.plan import Change, Outcome
from oneway.planning.planner import Header, plan
from oneway.runs.mapping_tests.results import (
    CaseResult,
    ClaimResult,
    MappingTestResult,
    Mismatch,
    Planned,
    UnreadResult,
)
from oneway.runs.mapping_tests.spec import ONE, Case, Expectation, MappingClaim, MappingTest
from oneway.runs.mapping_tests.unknown_names import _add, refuse_unknown
from oneway.runs.prepare.prepared import stand_in_options
from oneway.runs.prepare.request import instant_text, parse_instant

TARGET = "target:"
"""Begins the name of a target record that no source record matches."""

_SEAL = Seal(b"mapping tests seal nothing that is kept")


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
            if each.facts.whole or any(keys_overlap(use.keys, keys) for use in each.paths)
        ]
        if keys_overlap(id, keys):
            place = next(
                (each.span for name, each in spec.options if name == "id"), spec.resource.span
            )
            read.insert(0, ("the record's id", place))
        yield UnreadResult(asked, tuple(dict.fromkeys(read)))


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
