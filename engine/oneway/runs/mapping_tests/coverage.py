"""Measures which ways of a mapping's decisions its tests have covered."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import field
from enum import Enum

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span, unplaced
from oneway.core.paths import path_of
from oneway.core.records import Record, holds
from oneway.mapping.code import FieldCode
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import EvaluationError, Expression
from oneway.mapping.expressions.steps import branches
from oneway.mapping.lint.reach import answers
from oneway.mapping.rows import Cell, CellState, SourceRow
from oneway.mapping.spec import Category
from oneway.planning.match import Match, match
from oneway.planning.plan import Kind, Outcome
from oneway.runs.mapping_tests.check import record_id
from oneway.runs.mapping_tests.results import MappingTestResult, Planned


class HowMuch(Enum):
    """How much of a decision is covered."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a mapping: its place, and the ways it can go.

    `said` is the part of the mapping that decides, without its place.
    """

    place: Span
    about: str
    ways: tuple[str, ...]
    said: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DecisionCoverage:
    """A decision, and the ways that it went in at least one case."""

    decision: Decision
    went: frozenset[str]

    @property
    def seen(self) -> HowMuch:
        """How much of it is covered."""
        if not self.went:
            return HowMuch.NONE
        return HowMuch.ALL if self.went.issuperset(self.decision.ways) else HowMuch.SOME

    @property
    def missing(self) -> tuple[str, ...]:
        """The ways that no case went."""
        return tuple(way for way in self.decision.ways if way not in self.went)


def coverage(result: MappingTestResult) -> tuple[DecisionCoverage, ...]:
    """Return every decision of the mapping under test, in the order of the file."""
    decisions = dict(_decisions(result.compiled))
    went: defaultdict[str, set[str]] = defaultdict(set)
    for planned in result.planned:
        for id, way in _CaseWalk(result.compiled, planned).ways():
            if id in decisions:
                went[id].add(way)
    found = (
        DecisionCoverage(each, frozenset(went[id].intersection(each.ways)))
        for id, each in decisions.items()
    )
    return tuple(sorted(found, key=lambda each: (each.decision.place.line, each.decision.about)))


def of_edit(
    found: tuple[DecisionCoverage, ...], old: Compiled | None
) -> tuple[DecisionCoverage, ...]:
    """Return the decisions that are new or different since an older version of the mapping.

    All of them if there is no older version.
    """
    known = [] if old is None else [_identity(each) for _, each in _decisions(old)]
    return tuple(each for each in found if _identity(each.decision) not in known)


def _identity(decision: Decision) -> object:
    return decision.about, decision.ways, decision.said


def share(found: tuple[DecisionCoverage, ...]) -> tuple[int, int]:
    """Return how many ways are covered, and how many there are."""
    ways = [len(each.decision.ways) for each in found]
    missing = [len(each.missing) for each in found]
    return sum(ways) - sum(missing), sum(ways)


def _decisions(compiled: Compiled) -> Iterator[tuple[str, Decision]]:
    """Yield each decision by an id of its own."""
    code, spec = compiled.code, compiled.spec
    for level, key in enumerate(spec.match):
        ways = tuple(_match_ways(code.match_source[level].expression, compiled))
        about = f"match {key.source.shown}"
        yield f"match.{level}", Decision(key.source.span, about, ways, unplaced(key))
    for number, rule in enumerate(code.policy.only):
        text = code.only[number].text
        yield f"only.{number}", Decision(rule.place, f"only {rule.id}", ("holds", "fails"), text)
    for number, rule in enumerate(code.policy.rules):
        ways = tuple(
            f"{way} for {each}"
            for each in sorted(each.value for each in rule.categories)
            for way in ("holds", "fails")
            if not (way == "fails" and each == "movers" and _is_key(code.rules[number], compiled))
        )
        text = code.rules[number].text
        yield f"rule.{number}", Decision(rule.place, f"eligible {rule.id}", ways, text)
    yield from _field_decisions(compiled)
    conditions = (("leavers.when", code.leaver), ("leavers.left", code.left))
    for about, expression in (*conditions, ("leavers.scheduled", code.scheduled)):
        if expression is not None:
            yield about, Decision(expression.span, about, ("yes", "no"), expression.text)
    for id, owner, expression in _expressions(compiled):
        for number, branch in enumerate(branches(expression)):
            decision = Decision(expression.span, branch.text, (branch.yes, branch.no), owner)
            yield f"{id}.{number}", decision
    for kind, limit in spec.guards.limits:
        decision = Decision(Span(spec.file), f"guards.{kind.value}", _GUARD, unplaced(limit))
        yield f"guard.{kind.value}", decision


def _field_decisions(compiled: Compiled) -> Iterator[tuple[str, Decision]]:
    code, spec = compiled.code, compiled.spec
    tables = {each.name: unplaced(each) for each in spec.references}
    left = spec.leavers.set if spec.leavers is not None else ()
    sides = (("field", code.fields, spec.fields), ("leaving", code.leaving, left))
    for side, codes, written in sides:
        parts = {each.path: unplaced(each) for each in written}
        for number, each in enumerate(codes):
            said = (parts.get(each.rule.path), tables.get(each.lookup or ""))
            ways = tuple(_field_ways(each, compiled))
            yield f"{side}.{number}", Decision(each.rule.place, each.rule.path, ways, said)


_MATCH = ("one person", "nobody", "several in the source", "several in the target")
_GUARD = ("lets pass", "holds back")


def _match_ways(key: Expression, compiled: Compiled) -> Iterator[str]:
    """Yield how a key can end; a key that is the record's id is never ambiguous."""
    is_id = key.simple == path_of(record_id(compiled.spec.source, compiled.source))
    yield from (way for way in _MATCH if way != "several in the source" or not is_id)


def _is_key(rule: Expression, compiled: Compiled) -> bool:
    """Return whether a rule requires the only match key, which every matched record has."""
    keys = [each.expression.simple for each in compiled.code.match_source]
    return rule.simple is not None and keys == [rule.simple]


def _field_ways(field: FieldCode, compiled: Compiled) -> Iterator[str]:
    yield "written"
    if field.source is not None:
        expression = field.source.expression
        reached = answers(expression, compiled.source, compiled.spec)
        made = expression.tree["type"] in ("multi_select_list", "multi_select_dict")
        if not made and (reached is None or reached.fails):  # a list of parts is never blank
            yield "no value"
    if field.when is not None:
        yield "left alone"
    if field.lookup is not None:
        yield "not in the table"


def _expressions(compiled: Compiled) -> Iterator[tuple[str, str, Expression]]:
    """Yield every expression on source records, by an id of its own, and what it belongs to."""
    code = compiled.code
    for i, each in enumerate(code.match_source):
        yield f"on.match.{i}", "match", each.expression
    for i, (rule, when) in enumerate(zip(code.policy.rules, code.rules, strict=True)):
        yield f"on.rule.{i}", f"eligible {rule.id}", when
    for i, one in enumerate((*code.fields, *code.leaving)):
        if one.source is not None:
            yield f"on.field.{i}", one.rule.path, one.source.expression
        if one.when is not None:
            yield f"on.when.{i}", one.rule.path, one.when
    if code.leaver is not None:
        yield "on.leaver", "leavers.when", code.leaver


@dataclass(frozen=True, slots=True)
class _CaseWalk:
    """The ways that decisions went in one planned case."""

    compiled: Compiled
    planned: Planned

    def ways(self) -> Iterator[tuple[str, str]]:
        program, planned = self.planned.program, self.planned
        rows = [program.source_row(each) for each in planned.source.records]
        targets = [program.target_row(each) for each in planned.target.records]
        matches = match(rows, targets, program.policy.match_paths)
        outcomes = {each.source_id: each for each in planned.plan.outcomes}
        for row, record in zip(rows, planned.source.records, strict=True):
            found, outcome = matches.of(row), outcomes[row.source_id]
            yield from _of_match(row, found)
            yield from self.of_row(row, found, outcome)
            yield from self.of_branches(record)
        for target in targets:
            if target.evaluation_error is not None or target.unsaid is not None:
                continue
            yield "leavers.left", "yes" if target.left else "no"
            yield "leavers.scheduled", "yes" if target.scheduled else "no"
        if planned.plan.actions:
            fired = {breach.kind for breach in planned.verdict.breaches}
            for kind, _ in self.compiled.spec.guards.limits:
                yield f"guard.{kind.value}", _GUARD[kind in fired]

    def of_row(self, row: SourceRow, found: Match, outcome: Outcome) -> Iterator[tuple[str, str]]:
        if row.evaluation_error is not None:
            return
        for number in range(len(self.compiled.code.only)):
            yield f"only.{number}", "fails" if number in row.outside else "holds"
        # After a conflict over the match, or an error, nothing else decides.
        if row.outside or found.conflict is not None or outcome.kind is Kind.ERROR:
            return
        if any(key is not None for key in row.keys):  # otherwise keyless, even if a leaver
            yield "leavers.when", "yes" if row.leaver else "no"
        category = Category.JOINERS if found.target is None else Category.MOVERS
        category = Category.LEAVERS if row.leaver else category
        for number in range(len(self.compiled.code.rules)):
            way = "fails" if number in row.failed_rules else "holds"
            yield f"rule.{number}", f"{way} for {category.value}"
        written = {each.field for each in outcome.changes}
        sides = (
            ("field", self.compiled.code.fields, row.cells),
            ("leaving", self.compiled.code.leaving, row.leaving),
        )
        for side, codes, cells in sides:
            for number, (code, cell) in enumerate(zip(codes, cells, strict=False)):
                missed = any(each.field == code.rule.path for each in row.missed)
                for way in _of_cell(cell, code.rule.path in written, missed and bool(code.lookup)):
                    yield f"{side}.{number}", way

    def of_branches(self, record: Record) -> Iterator[tuple[str, str]]:
        context, data = self.planned.program.context, dict(record.data)
        for id, _, expression in _expressions(self.compiled):
            for number, branch in enumerate(branches(expression)):
                try:
                    answer = holds(branch.condition.evaluate(data, context)[0])
                except EvaluationError:
                    continue
                yield f"{id}.{number}", branch.yes if answer else branch.no


def _of_cell(cell: Cell, written: bool, missed: bool) -> Iterator[str]:
    match cell.state:
        case CellState.INACTIVE:
            yield "left alone"
        case CellState.MISSED | CellState.STATED if missed:
            yield "not in the table"
        case CellState.BLANK | CellState.UNSTATED:
            yield "no value"
    if written:
        yield "written"


def _of_match(row: SourceRow, found: Match) -> Iterator[tuple[str, str]]:
    """Yield how each key that was tried ended: the last one decided."""
    last = found.level if found.level is not None else len(row.keys) - 1
    for level in range(last + 1):
        if level < last or found.level is None:
            yield f"match.{level}", "nobody"
        elif found.target is not None:
            yield f"match.{level}", "one person"
        elif found.conflict is not None:
            code = found.conflict.code
            side = "source" if code == "duplicate" else "target"
            yield f"match.{level}", f"several in the {side}"
