"""Checks the set-up of a mapping on the records that were read, without writing anything.

These are the steps before a first run: whether the credentials work, whether each code has a row in
the lookup table, whether each match key is filled and unique, and what is still assumed of the
systems.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from enum import Enum

from oneway.core.compare import Compare, comparable
from oneway.core.connector import Finding, Probe
from oneway.core.dataclass import dataclass
from oneway.core.description import Description
from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.phrases import count, some
from oneway.core.records import Missing, Snapshot, Value
from oneway.mapping.code import ReferenceCode
from oneway.mapping.compiler import Compiled
from oneway.mapping.lookup_table import LookupTable, unmet_fallback
from oneway.mapping.program import Program
from oneway.mapping.rows import Missed, SourceRow, TargetRow
from oneway.mapping.short_rows import whole
from oneway.mapping.spec import OnMiss
from oneway.planning.diff import comparison
from oneway.planning.match import Match, MatchedRows, match
from oneway.planning.one_per_person import one_per_person
from oneway.planning.plan import Reason
from oneway.planning.similar.near_duplicates import NEAR_DUPLICATE, hold_near_duplicates
from oneway.planning.similar.near_misses import NEAR_MISS, near_misses


class CheckState(Enum):
    """How a check ended; `UNTESTED` is for what reading cannot find out."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: what was checked, how it ended, and what was found, a line each."""

    title: str
    state: CheckState
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was read: both snapshots, the lookup tables, and the connectors' probes.

    `unheld` are keys and words that the mapping reads and no record has. `probes` and
    `descriptions` belong to the connectors that the mapping uses, by name.
    """

    source: Snapshot
    target: Snapshot
    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    probes: Mapping[str, Sequence[Probe]] = field(default_factory=dict)
    descriptions: Sequence[Description] = ()
    unheld: Sequence[Diagnostic] = ()
    starts: Sequence[Diagnostic] = ()
    """The starting nodes that are missing from trees."""
    tops: Sequence[Diagnostic] = ()
    """The trees for which it is unknown which rows are at the top."""


def checks(compiled: Compiled, program: Program, evidence: Evidence) -> tuple[CheckResult, ...]:
    """Return every check of a mapping, in the order in which an integrator meets them."""
    found = [program.source_row(record) for record in evidence.source.records]
    rows = list(map(whole, one_per_person(program.policy, found).rows))
    targets = [program.target_row(record) for record in evidence.target.records]
    return (
        *(_probed(name, probes) for name, probes in evidence.probes.items()),
        _snapshot("source", evidence.source),
        _snapshot("target", evidence.target, may_be_empty=True),
        *_unheld(evidence.unheld),
        *_of_trees("Starting nodes that their trees do not have", evidence.starts),
        *_of_trees("Trees with rows that have no parent", evidence.tops),
        *_evaluated(rows, targets),
        *(_lookup(compiled, position, rows, evidence) for position in _lookups(compiled)),
        *_source_keys(compiled, rows),
        *_target_keys(compiled, targets),
        *_unless_taken(program, targets),
        *_near_misses(program, rows, targets),
        *_assumptions(evidence.descriptions),
        CheckResult(
            "Permission to write",
            CheckState.UNTESTED,
            ("This check only reads: whether the target takes a write shows at the first apply.",),
        ),
    )


def _probed(name: str, probes: Sequence[Probe]) -> CheckResult:
    lines = tuple(
        f"{each.finding.value}: {each.what}" + (f" ({each.detail})" if each.detail else "")
        for each in probes
    )
    findings = {each.finding for each in probes}
    if Finding.FAILED in findings:
        state = CheckState.FAILED
    else:
        state = CheckState.OK if Finding.OK in findings else CheckState.UNTESTED
    return CheckResult(f"Connection to {name}", state, lines)


def _snapshot(side: str, snapshot: Snapshot, *, may_be_empty: bool = False) -> CheckResult:
    read = f"{count(len(snapshot.records))} read"
    title = f"Records of the {side}"
    if not snapshot.complete:
        lines = (read, "the list may not be complete", *snapshot.problems)
        return CheckResult(title, CheckState.FAILED, lines)
    if not snapshot.records and not may_be_empty:
        return CheckResult(title, CheckState.FAILED, (read, "nothing is planned from nothing"))
    state = CheckState.WARNING if snapshot.problems else CheckState.OK
    return CheckResult(title, state, (read, *snapshot.problems))


def _of_trees(title: str, found: Sequence[Diagnostic]) -> tuple[CheckResult, ...]:
    return (_listed(title, found),) if found else ()


def _unheld(found: Sequence[Diagnostic]) -> tuple[CheckResult, ...]:
    """Return the keys and words that the mapping reads and no record has, if any."""
    words = [each for each in found if each.code == _WORDS]
    numbers = [each for each in found if each.code == _NUMBERS]
    days = [each for each in found if each.code == _DAYS]
    keys = [each for each in found if each.code not in (_WORDS, _NUMBERS, _DAYS)]
    titled = (
        ("Keys that no record has", keys),
        ("Words that no record has", words),
        ("Numbers that may be others", numbers),
        ("Days that may be others", days),
    )
    return tuple(_listed(title, each) for title, each in titled if each)


def _listed(title: str, found: Sequence[Diagnostic]) -> CheckResult:
    lines = (f"{each.span}: {each.summary}; {each.help} [{each.code}]" for each in found)
    failed = any(each.severity is Severity.ERROR for each in found)
    state = CheckState.FAILED if failed else CheckState.WARNING
    return CheckResult(title, state, tuple(lines))


_WORDS = "R176"
"""The code of a word that no record has although one has a similar word."""
_NUMBERS = "R180"
"""The code of numbers whose decimal mark is not known."""
_DAYS = "R182"
"""The code of days that may be swapped with months."""


def _evaluated(rows: Iterable[SourceRow], targets: Iterable[TargetRow]) -> tuple[CheckResult, ...]:
    """Return the problems of single records; nothing if there are none."""
    failures = [(f"source record {each.source_id}", each.evaluation_error) for each in rows]
    failures += [(f"target record {each.target_id}", each.evaluation_error) for each in targets]
    lines = tuple(
        f"{record}: {failure.text}" + (f" in {failure.expression}" if failure.expression else "")
        for record, failure in failures
        if failure is not None
    )
    if not lines:
        return ()
    return (CheckResult("Records that cannot be evaluated", CheckState.WARNING, lines),)


def _lookups(compiled: Compiled) -> tuple[int, ...]:
    fields = compiled.code.fields
    return tuple(i for i, each in enumerate(fields) if each.lookup is not None)


def _lookup(
    compiled: Compiled, position: int, rows: Iterable[SourceRow], evidence: Evidence
) -> CheckResult:
    """Return the values of a field that do not have exactly one row in its lookup table."""
    code = compiled.code.fields[position]
    name = code.lookup or ""
    missed: dict[Missed, int] = defaultdict(int)
    for row in rows:
        for each in row.missed:
            if each.field == code.rule.path:
                missed[each] += 1
    table = evidence.tables.get(name)
    lines = [_missed(each, missed[each]) for each in sorted(missed, key=lambda m: m.value)]
    state = CheckState.OK
    if lines:
        needed = code.rule.on_miss is OnMiss.INELIGIBLE
        state = CheckState.FAILED if needed else CheckState.WARNING
        lines.append(f"what happens to such records: on_miss: {code.rule.on_miss_text}")
        if code.rule.own_table:
            lines.append(
                "a run also finds whom it creates, and by the keys that it writes: see plan"
            )
    else:
        lines.append("every value in the source has exactly one row")
    if table is not None and not table.complete:
        state = CheckState.WARNING if state is CheckState.OK else state
        lines += ["the table may not be complete", *table.problems]
    if table is not None and (unmet := unmet_fallback(code.rule, table)):
        state = CheckState.WARNING if state is CheckState.OK else state
        lines.append(f"the table {unmet}: until it has one, nothing is written for a miss")
    if table is not None and table.keyless:
        state = CheckState.WARNING if state is CheckState.OK else state
        lines.append(_keyless(table, compiled.code.references, name))
    title = f"{code.rule.path}: {code.rule.expression} in {name}"
    return CheckResult(title, state, tuple(lines))


def _keyless(table: LookupTable, references: Sequence[ReferenceCode], name: str) -> str:
    key = next(each.key.text for each in references if each.name == name)
    lacking = f"{count(len(table.keyless))} of {name} without a value for {key}"
    return f"{lacking}, which no lookup finds: {some(sorted(table.keyless), _NAMED)}"


def _missed(missed: Missed, records: int) -> str:
    rows = "0 rows" if missed.found == 0 else f"{missed.found:,} rows"
    instead = f"; in its place: {missed.instead}" if missed.instead else ""
    return f"{missed.value}: {rows}, {count(records)}{instead}"


def _source_keys(compiled: Compiled, rows: Sequence[SourceRow]) -> Iterator[CheckResult]:
    for level, spec in enumerate(compiled.spec.match):
        title = f"Match key {level + 1} in the source: {spec.source.shown}"
        # an unreadable record may still have a readable key
        keys = ((row.source_id, row.keys or row.readable_keys) for row in rows)
        yield _unique(title, ((id, _key(known, level)) for id, known in keys))


def _target_keys(compiled: Compiled, targets: Sequence[TargetRow]) -> Iterator[CheckResult]:
    for level, spec in enumerate(compiled.spec.match):
        title = f"Match key {level + 1} in the target: {spec.target.shown}"
        yield _unique(title, ((each.target_id, _key(each.keys, level)) for each in targets))


def _key(keys: Sequence[Hashable], level: int) -> Hashable:
    return keys[level] if level < len(keys) else None


def _unless_taken(program: Program, targets: Sequence[TargetRow]) -> Iterator[CheckResult]:
    """Yield whether each value that prevents a joiner's creation has a single holder."""
    for position in program.policy.unless_taken:
        rule = program.policy.fields[position]
        values = (
            (each.target_id, _comparable(each.values[position], comparison(rule)))
            for each in targets
            if each.values
        )
        yield _unique(f"{rule.path} in the target (joiners.unless_taken)", values, blanks=False)


def _comparable(value: Value | Missing, compare: Compare) -> Hashable:
    return None if isinstance(value, Missing) else comparable(value, compare)


def _unique(
    title: str, values: Iterable[tuple[str, Hashable]], *, blanks: bool = True
) -> CheckResult:
    """Return whether each value has a single holder; shared values are reported by ids only."""
    holders: dict[Hashable, list[str]] = defaultdict(list)
    for id, value in values:
        holders[value].append(id)
    blank = holders.pop(None, [])
    shared = sorted(sorted(ids) for ids in holders.values() if len(ids) > 1)
    lines = [f"records {some(ids, _NAMED)} have one value" for ids in shared]
    if blank and blanks:
        lines.append(f"{count(len(blank))} without a value: {some(sorted(blank), _NAMED)}")
    if lines:
        return CheckResult(title, CheckState.WARNING, tuple(lines))
    values_held = count(len(holders), "value")
    return CheckResult(title, CheckState.OK, (f"{values_held}, each held by one record",))


def _near_misses(
    program: Program, rows: Sequence[SourceRow], targets: Sequence[TargetRow]
) -> Iterator[CheckResult]:
    """Yield the people whom no key matches, with the records that may be theirs."""
    policy = program.policy
    keyed = match(rows, targets, policy.match_paths)
    records = MatchedRows(policy, rows, targets, keyed)  # every record is among these
    matches = hold_near_duplicates(records)
    found = near_misses(replace(records, matches=matches))
    lines = tuple(
        f"{row.key}: {reason.text}"
        for row in rows
        for reason in (*_twice(matches.of(row)), *found.get(row.source_id, ()))
    )
    if lines:
        yield CheckResult("Perhaps one person, though no key matches", CheckState.WARNING, lines)


def _twice(found: Match) -> Iterator[Reason]:
    if found.conflict is not None and found.conflict.code == NEAR_DUPLICATE:
        yield found.conflict
    yield from (note for note in found.notes if note.code == NEAR_MISS)


def _assumptions(descriptions: Iterable[Description]) -> Iterator[CheckResult]:
    for each in descriptions:
        if each.assumptions:
            lines = tuple(
                f"{assumed.about.removesuffix('.')}. To check: {assumed.check}"
                for assumed in each.assumptions
            )
            yield CheckResult(f"Assumed of {each.title}", CheckState.UNTESTED, lines)


_NAMED = 10
"""The most records that one line names."""
