"""Makes situations: a few records of each system, built from the classes of a mapping."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from itertools import product
from typing import cast

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.description import Resource
from oneway.core.paths import at, path_of, path_text, with_value, without_path
from oneway.core.records import MISSING, Collected, Missing, Record, Snapshot, Value, is_blank
from oneway.core.seal import Seal
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.lookup_table import tabulate
from oneway.mapping.rows import CellState, SourceRow, TargetRow
from oneway.mapping.spec import ReferenceSpec
from oneway.planning.plan import Plan
from oneway.planning.planner import Header, RowsToPlan, plan_rows
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.request import instant_text
from oneway.runs.proving.domains import (
    BELOW,
    BESIDE,
    HIT,
    LOWER,
    TOP,
    TWICE,
    Path,
    ValueClass,
    class_of,
    domains,
    lookup_paths,
    source_expressions,
    target_expressions,
    typical,
)
from oneway.runs.proving.situation import SETTING, TWIN, Data, ProofSituation, Variation

SEAL = Seal(b"what is proved is not kept")
_ID = "t1"


USERS = ("none", "agrees", "left", "other")
_KEY = "key a1"
_Bound = tuple[datetime, str]
"""What a program is bound to: an instant, and the settings that differ from the usual ones."""
RowTexts = tuple[tuple[str, ...], tuple[str, ...]]
"""The rows of source and target as text; equal texts give equal plans."""


@dataclass(slots=True)
class SituationMaker:
    """Makes situations of one mapping, and plans them."""

    compiled: Compiled
    as_of: datetime
    settings: Mapping[str, Value]
    record: Data | None = None
    user: Data | None = None
    tables: Mapping[str, tuple[Mapping[str, Value], ...]] = field(default_factory=dict)
    test: MappingTest | None = None
    """The mapping's test; cases are written with its records."""
    _programs: dict[_Bound, Interpreted] = field(default_factory=dict)
    _evaluated: dict[tuple[_Bound, str], tuple[SourceRow, str]] = field(default_factory=dict)
    _on_target: dict[tuple[_Bound, str], tuple[TargetRow, str]] = field(default_factory=dict)
    """Evaluated records by their text, shared by situations."""
    _plans: dict[tuple[_Bound, RowTexts], Plan] = field(default_factory=dict)
    """Plans by their rows; situations with equal rows share one."""

    def program(
        self, as_of: datetime | None = None, settings: Mapping[str, Value] = {}
    ) -> Interpreted:
        """Return the mapping bound to an instant, with lookup tables that hit, miss and repeat."""
        at = as_of or self.as_of
        bound = (at, repr(settings))
        if bound not in self._programs:
            context = self.compiled.context({**self.settings, **settings}, at)
            tables = {
                code.name: tabulate(code, _records(self._rows(code.name)), context)
                for code in self.compiled.code.references
            }
            self._programs[bound] = self.compiled.bind(context, tables)
        return self._programs[bound]

    def lookup_rows(self) -> dict[str, tuple[Mapping[str, Value], ...]]:
        """Return the rows of each lookup table: the test's, and invented ones."""
        return {each.name: self._rows(each.name) for each in self.compiled.spec.references}

    def _rows(self, name: str) -> tuple[Mapping[str, Value], ...]:
        spec = next(each for each in self.compiled.spec.references if each.name == name)
        own = self.tables.get(name, ())
        key, value = path_of(spec.key.text), path_of(spec.value.text)
        made = ((HIT, 99_011), (TWICE, 99_012), (TWICE, 99_013), (LOWER.upper(), 99_014))
        rows = (with_value(with_value({}, key, k), value, v) for k, v in made if spec.says_value)
        known = {identity(at(row, key)) for row in own if at(row, key) is not MISSING}
        nodes = (row for node, row in self._nodes(spec, own) if identity(node) not in known)
        return (*own, *rows, *nodes)

    def _nodes(
        self, spec: ReferenceSpec, own: Sequence[Mapping[str, Value]]
    ) -> Iterator[tuple[Value, Mapping[str, Value]]]:
        """Yield rows for a tree: its starting nodes, one below them, and one beside them.

        The tree has one top, unless the test's rows place the starting nodes.
        """
        if spec.parent is None:
            return
        key, parent = path_of(spec.key.text), path_of(spec.parent.text)
        context = self.compiled.context(self.settings, self.as_of)
        uses = (use for each in source_expressions(self.compiled) for use in each.trees)
        asked = (
            evaluated(each.start, {}, context).value for each in uses if each.name == spec.name
        )
        starts = list({identity(each): each for each in asked if not is_blank(each)}.values())
        below = starts[-1] if starts else None
        over = [at(row, parent) for row in own if at(row, key) == below]
        beside = next((e for e in over if not (isinstance(e, Missing) or is_blank(e))), TOP)
        made = [(TOP, None), *((each, TOP) for each in starts), (BESIDE, beside), (BELOW, below)]
        for node, above in made:
            yield node, with_value(with_value({}, key, node), parent, above)

    def source_classes(self) -> dict[Path, tuple[ValueClass, ...]]:
        """Return the classes of each path that is read in a source record."""
        looked_up = lookup_paths(self.compiled)
        expressions = list(source_expressions(self.compiled))
        return domains(expressions, self.compiled.source, self.as_of, self.settings, looked_up)

    def target_classes(self) -> dict[Path, tuple[ValueClass, ...]]:
        """Return the classes of each path that decides whether a target record has left."""
        asked = target_expressions(self.compiled)
        return domains(asked, self.compiled.target, self.as_of, self.settings)

    def written_classes(self, usual: Data) -> dict[Path, tuple[ValueClass, ...]]:
        """Return, for each written field, other values that the target may hold."""
        user = self.beside(usual, "agrees") or {}
        wanted = self._switched_on(usual)
        found = {}
        for rule in self.compiled.code.policy.fields:
            value = at(user, rule.keys)
            if isinstance(value, Missing):
                value = wanted.get(rule.keys, value)
            field = self.compiled.target.fields.get(rule.path)
            texts = field is None or not field.types or "string" in field.types
            if texts or not isinstance(value, Missing):
                others = _others(rule.keys, value)
                found[rule.keys] = tuple(class_of(field, each) for each in others)
        return found

    def _switched_on(self, usual: Data) -> dict[Path, Value]:
        """Return the values that fields would get with inverted switches."""
        changed: dict[str, Value] = {}
        for (each,) in self._setting_classes():
            changed[each.found.path[0]] = cast(Value, each.found.value)
        row, _ = self._row(Record("1", usual), self.as_of, changed)
        cells = zip(self.compiled.code.policy.fields, row.cells, strict=False)
        return {rule.keys: cell.value for rule, cell in cells if cell.state is CellState.STATED}

    def _setting_classes(self) -> list[list[Variation]]:
        """Return the other values of settings that are switches."""
        found = []
        for each in self.compiled.spec.settings:
            now = self.settings.get(each.name)
            if isinstance(now, bool):
                label = "is off" if now else "is on"
                found.append([Variation(SETTING, ValueClass((each.name,), label, not now))])
        return found

    def usual(self) -> Data:
        """Return the record that situations start from: the test's, or a typical one."""
        if self.record is not None:
            return self.record
        return self._eligible(self._typical())

    def _typical(self) -> Data:
        data: Data = {}
        for path, value in typical(self.compiled.source, self.source_classes()).items():
            data = with_value(data, path, value)
        return _with_id(data, self.compiled.source, "s1")

    def _eligible(self, data: Data) -> Data:
        """Return the record with values under which rules hold and the person has not left."""
        best, score = data, self._score(data)
        for path, classes in self.source_classes().items():
            for each in classes:
                if not each.fits or isinstance(each.value, Missing):
                    continue
                other = with_value(best, path, each.value)
                if self._score(other) > score:
                    best, score = other, self._score(other)
        return best

    def _score(self, data: Data) -> tuple[int, int, int, int, int]:
        row = self.program().source_row(Record("s1", data))
        stated = sum(cell.state is CellState.STATED for cell in row.cells)
        fine = row.evaluation_error is None
        # First, people who are in scope: for others, no other expression is an error.
        scope = {each.text for each in self.compiled.code.only}
        unsure = row.evaluation_error is not None and row.evaluation_error.expression in scope
        inside = not (row.outside or unsure)
        return (inside, fine, not row.leaver, -len(row.failed_rules), stated)

    def special(self, usual: Data) -> Iterator[ProofSituation]:
        """Yield the situations with two source records, and with match keys that nearly agree."""
        yield from self._twins(usual)
        yield from self._near_keys(usual)

    def having(self, changes: Sequence[Variation]) -> Iterator[ProofSituation]:
        """Yield the usual record with some changes, beside each kind of target record."""
        usual = self.usual()
        switches = [(), *((each,) for (each,) in self._setting_classes())]
        for switch, user in product(switches, USERS):
            one = made(usual, (*changes, *switch), user, self.beside(usual, user))
            if one is not None:
                yield one

    def _twins(self, usual: Data) -> Iterator[ProofSituation]:
        """Yield the usual record with a second one, with the same match keys and with others."""
        id = path_of(self.compiled.source.id) if self.compiled.source.id else ()
        twin = with_value(usual, id, "s2") if id else usual
        for label, data in (("the same", twin), ("other", self._under_other_keys(twin))):
            change = Variation(TWIN, ValueClass((), f"has {label} match keys", label))
            yield ProofSituation((change,), "none", (usual, data), ())

    def _near_keys(self, usual: Data) -> Iterator[ProofSituation]:
        """Yield match keys that differ only in case or spaces, with other keys and without."""
        code = self.compiled.code
        for typed, path in zip(code.match_source, code.policy.match_paths, strict=True):
            read = typed.expression.simple
            field = self.compiled.source.fields.get(path_text(read)) if read else None
            if not read or not path or (field and field.types and "string" not in field.types):
                continue
            there_is = self.compiled.target.fields.get(path)
            source = Variation("source", class_of(field, ValueClass(read, f"is {_KEY!r}", _KEY)))
            for label, key in (("another case", _KEY.upper()), ("spaces around it", f" {_KEY} ")):
                other = ValueClass(path_of(path), f"has {label}", key)
                target = Variation("target", class_of(there_is, other))
                for user in ("agrees", "other"):  # together with other keys that match, and without
                    there = self.beside(usual, user)
                    one = made(usual, (source, target), "agrees", there)
                    if one is not None:
                        yield one

    def _under_other_keys(self, record: Data) -> Data:
        """Return a source record with other values for its match keys."""
        id = path_of(self.compiled.source.id) if self.compiled.source.id else ()
        for typed in self.compiled.code.match_source:
            for use in typed.expression.paths:
                if use.keys != id:
                    record = with_value(record, use.keys, _other(at(record, use.keys)))
        return record

    def changes(self, usual: Data) -> list[list[Variation]]:
        """Return the possible differences from the usual record, a list for each path."""
        sides = (
            ("source", self.source_classes()),
            ("target", self.target_classes()),
            ("target", self.written_classes(usual)),
        )
        return [
            [Variation(side, each) for each in classes]
            for side, by_path in sides
            for classes in by_path.values()
        ] + self._setting_classes()

    def beside(self, usual: Data, user: str) -> Data | None:
        """Return the target record of a kind beside the usual source record, if it has one."""
        if user == "none":
            return None
        row = self.program().source_row(Record("s1", usual))
        agreeing = self.user or self._agreeing(row)
        if user == "other":
            return self._with_other_keys(agreeing)
        return agreeing if user == "agrees" else self._left(agreeing)

    def _with_other_keys(self, user: Data) -> Data:
        """Return a target record with other match keys, otherwise the same."""
        for path in self.compiled.code.policy.match_paths:
            if path:
                user = with_value(user, path_of(path), _other(at(user, path_of(path))))
        return user

    def _agreeing(self, row: SourceRow) -> Data:
        """Return a target record that agrees with the source record."""
        policy = self.compiled.code.policy
        data: Data = _with_id({}, self.compiled.target, _ID)
        for rule, cell in zip(policy.fields, row.cells, strict=False):
            if cell.state is CellState.STATED:
                data = with_value(data, rule.keys, cell.value)
        for path, value in zip(policy.match_paths, row.key_values, strict=False):
            if path:
                data = with_value(data, path_of(path), value)
        return self.let_in(data)

    def let_in(self, data: Data) -> Data:
        """Return a target record with the values that it lacks to say that its person has not left.

        An absent one would be an error.
        """
        answers = {
            read: _stated(classes)
            for read, classes in self.target_classes().items()
            if at(data, read) is MISSING
        }
        for read, values in answers.items():
            data = with_value(data, read, values[0])
        for read, values in answers.items():
            said = (with_value(data, read, value) for value in values)
            data = next((each for each in said if self._is_in(each)), data)
        return data

    def _is_in(self, data: Data) -> bool:
        """Return whether the person of a target record has not left."""
        row = self.program().target_row(Record(_ID, data))
        return row.evaluation_error is None and row.unsaid is None and not row.left

    def _left(self, data: Data) -> Data:
        """Return a target record that has left, if a class of its paths says so."""
        for path, classes in self.target_classes().items():
            for each in classes:
                if isinstance(each.value, Missing):
                    continue
                other = with_value(data, path, each.value)
                if self.program().target_row(Record(_ID, other)).left:
                    return other
        return data

    def planned(self, situation: ProofSituation, days: int = 0) -> Plan:
        """Return the engine's plan of a situation, some days later."""
        source, target = _records(situation.source), _records(situation.target)
        return self.plan_of(source, target, situation.settings, days)

    def plan_of(
        self,
        source: Snapshot,
        target: Snapshot,
        settings: Mapping[str, Value] = {},
        days: int = 0,
    ) -> Plan:
        """Return the engine's plan of two snapshots, with these settings and some days later."""
        at = self.as_of + timedelta(days=days)
        rows = [self._row(each, at, settings) for each in source.records]
        targets = [self._target_row(each, at, settings) for each in target.records]
        texts = tuple(text for _, text in rows), tuple(text for _, text in targets)
        known = ((at, repr(settings)), texts)
        if known not in self._plans:
            spec = self.compiled.spec
            header = Header(spec.file, spec.digest, instant_text(at), self.settings, {})
            self._plans[known] = plan_rows(
                self.program(at, settings),
                RowsToPlan(
                    Collected(tuple(row for row, _ in rows)),
                    Collected(tuple(row for row, _ in targets)),
                ),
                seal=SEAL,
                header=header,
            )
        return self._plans[known]

    def row_texts(self, situation: ProofSituation) -> RowTexts:
        """Return the rows that the mapping makes of a situation's records, as text."""
        at, settings = self.as_of, situation.settings
        source, target = _records(situation.source), _records(situation.target)
        return (
            tuple(self._row(each, at, settings)[1] for each in source.records),
            tuple(self._target_row(each, at, settings)[1] for each in target.records),
        )

    def row(self, situation: ProofSituation) -> SourceRow:
        """Return the row that the mapping makes of a situation's source record."""
        record = _records(situation.source).records[0]
        return self._row(record, self.as_of, situation.settings)[0]

    def target_row(self, situation: ProofSituation) -> TargetRow | None:
        """Return the row that the mapping makes of a situation's target record, if any."""
        records = _records(situation.target).records
        return self._target_row(records[0], self.as_of, situation.settings)[0] if records else None

    def _row(
        self, record: Record, at: datetime, settings: Mapping[str, Value]
    ) -> tuple[SourceRow, str]:
        known = ((at, repr(settings)), f"{record.id} {dict(record.data)!r}")
        if known not in self._evaluated:
            row = self.program(at, settings).source_row(record)
            self._evaluated[known] = (row, repr(row))
        return self._evaluated[known]

    def _target_row(
        self, record: Record, at: datetime, settings: Mapping[str, Value]
    ) -> tuple[TargetRow, str]:
        known = ((at, repr(settings)), f"{record.id} {dict(record.data)!r}")
        if known not in self._on_target:
            row = self.program(at, settings).target_row(record)
            self._on_target[known] = (row, repr(row))
        return self._on_target[known]


def _other(value: Value | Missing) -> Value:
    """Return a value of the same type that no other record of a situation has."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return 4711 if number else "other"


def made(
    usual: Data, changes: Sequence[Variation], user: str, target: Data | None
) -> ProofSituation | None:
    """Return the usual record with some changes, beside a target record.

    Returns None if a change needs a target record and there is none.
    """
    on_target = any(each.side == "target" for each in changes)
    if on_target and user not in ("agrees", "left"):
        return None
    source = usual
    for each in changes:
        if each.side == "source":
            source = _changed(source, each.found)
        elif each.side == "target" and target is not None:
            target = _changed(target, each.found)
    users = (target,) if target is not None else ()
    return ProofSituation(tuple(changes), user, (source,), users)


def _stated(classes: Sequence[ValueClass]) -> list[Value]:
    """Return the values of a path that the record schema allows, null first; never none."""
    values = [each.value for each in classes if each.fits]
    found = [each for each in values if not isinstance(each, Missing)]
    return sorted(found, key=lambda each: each is not None) or [None]


def _others(path: Path, value: Value | Missing) -> Iterator[ValueClass]:
    """Yield classes of a target's value that differ from the wanted value."""
    if value is None or isinstance(value, Missing):
        yield ValueClass(path, "is a text", "something else")
        return
    if isinstance(value, str) and value:
        yield ValueClass(path, "differs by case", value.swapcase())
        yield ValueClass(path, "differs by spaces", f" {value}")
        yield ValueClass(path, "is another text", f"not {value}")
    yield ValueClass(path, "is null", None)


def _records(rows: Sequence[Mapping[str, Value]]) -> Snapshot:
    return Snapshot(tuple(Record(f"{number}", row) for number, row in enumerate(rows, 1)))


def _with_id(data: Data, resource: Resource, id: str) -> Data:
    return with_value(data, path_of(resource.id), id) if resource.id else data


def _changed(data: Data, found: ValueClass) -> Data:
    if isinstance(found.value, Missing):
        return without_path(data, found.path)
    return with_value(data, found.path, found.value)
