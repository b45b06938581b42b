"""Lookups into the target's own records, such as a manager among its users.

The content of such a table depends on the plan itself: the run may create a manager, or write the
email by which others refer to her. So planning uses the table as it will be after the run, and
repeats until nothing changes. The first round assumes that all people are there; later rounds drop
people whose failed lookup makes them ineligible, and use the fallbacks of `on_miss`, both for good.
The result is the largest set in which every lookup succeeds, and the next run finds the same. A
value that only the run will know (the id of a new record) is `Awaited`: a separate action writes
it, after the action that creates the record. If the target requires it of a new record, the create
itself waits; records that wait for one another cannot be created.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import field, replace

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.key_forms import loose
from oneway.core.paths import path_of, with_value
from oneway.core.records import MISSING, Missing, Value, is_blank
from oneway.core.sealed import MASK
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.program import OwnTable, Program
from oneway.mapping.rows import Cell, CellState, Missed, SourceRow, TargetRow
from oneway.mapping.spec import OnMiss
from oneway.planning.diff import Awaited
from oneway.planning.draft import Draft
from oneway.planning.plan import Verb
from oneway.planning.uniqueness import GrantedClaims


@dataclass(frozen=True, slots=True)
class _Entry:
    """One row of the table after the run: its value, and the action that creates it, if any."""

    value: Value | Missing
    of: tuple[str, str] | None = None


After = Mapping[str, Mapping[Hashable, Sequence[_Entry]]]


def resolve_own_lookups(
    program: Program,
    rows: Sequence[SourceRow],
    decide: Callable[[Sequence[SourceRow]], GrantedClaims],
) -> tuple[Sequence[SourceRow], GrantedClaims]:
    """Return the rows with their lookups resolved by the plan, and the drafts.

    `decide` drafts all rows.
    """
    tables = program.own_tables()
    if not tables:
        return rows, decide(rows)
    policy = program.policy
    out: set[tuple[str, str]] = set()
    stopped: dict[tuple[str, str], tuple[int, str]] = {}
    current: Sequence[SourceRow] = [_unresolved(row, policy) for row in rows]
    while True:
        granted = decide(current)
        circular = _waiting_for_each_other(granted.drafts, policy)
        stopped |= dict.fromkeys(circular, (0, _CIRCULAR))
        after = _after(tables, granted.drafts, policy)
        lookups = _Lookups(policy, tables, after, out, stopped, _new(granted.drafts))
        following = [lookups.resolved(row) for row in rows]
        if following == current:
            return current, granted
        current = following


def _unresolved(row: SourceRow, policy: Policy) -> SourceRow:
    """Return a row whose lookups into the target have no result yet, and do not block it."""
    cells = tuple(
        cell._replace(state=CellState.INACTIVE, value=None)
        if rule.own_table and _seeks(cell)
        else cell
        for rule, cell in zip(policy.fields, row.cells, strict=False)
    )
    own = {rule.path for rule in policy.fields if rule.own_table}
    return row._replace(cells=cells, missed=tuple(m for m in row.missed if m.field not in own))


@dataclass(frozen=True, slots=True)
class _Lookups:
    """The tables after the plan; `out` are the records and fields that a failed lookup stops.

    `stopped` are those whose new record cannot be created without the value, each with the number
    of rows found or the reason. `new` are the source records whose people have no target record.
    """

    policy: Policy
    tables: Mapping[str, OwnTable]
    after: After
    out: set[tuple[str, str]]
    stopped: dict[tuple[str, str], tuple[int, str]]
    new: frozenset[str]
    forms: dict[str, set[str]] = field(default_factory=dict)
    """All forms of each table's keys, for the tables that were searched by form."""

    def resolved(self, row: SourceRow) -> SourceRow:
        plain = _unresolved(row, self.policy)
        missed = list(plain.missed)
        cells = [
            self._cell(row, rule, cell, missed) if rule.own_table and _seeks(cell) else cell
            for rule, cell in zip(self.policy.fields, plain.cells, strict=False)
        ]
        return plain._replace(cells=tuple(cells), missed=tuple(missed))

    def _cell(self, row: SourceRow, rule: FieldRule, cell: Cell, missed: list[Missed]) -> Cell:
        table, sought = self.tables[rule.own_table], cell.sought
        found, who = self._found(table, sought), (row.source_id, rule.path)
        if len(found) == 1 and who not in self.out and who not in self.stopped:
            return _stating(found[0], cell, table)
        count, why = self.stopped.get(who, (len(found), ""))
        miss = Missed(table.name, MASK if rule.sensitive else str(sought), count, rule.path, why)
        stops = table.complete and rule.on_miss is OnMiss.INELIGIBLE
        lacks = rule.on_miss.falls_back and self._lacks(table, sought)
        if who not in self.stopped and (stops or lacks):
            self.out.add(who)
        falls_back = who in self.out and who not in self.stopped
        instead = self._instead(rule, cell, table) if falls_back else None
        if instead is not None:
            missed.append(replace(miss, instead=rule.fallback_text))
            return instead
        missed.append(miss)
        if row.source_id in self.new and self.policy.requires(rule.path):
            self.stopped.setdefault(who, (count, why))
        known = rule.on_miss is OnMiss.CLEAR and not self._lacks(table, sought)
        missing = table.complete and not known
        return cell._replace(state=CellState.MISSED if missing else CellState.UNSTATED)

    def _found(self, table: OwnTable, sought: Value) -> list[_Entry]:
        """Return the entries that the table will have for a key, except those without a value."""
        entries = self.after[table.name].get(identity(sought), ())
        return [each for each in entries if each.of is not None or not is_blank(each.value)]

    def _lacks(self, table: OwnTable, sought: Value) -> bool:
        """Return whether the table will certainly have no row for any form of a key.

        False if the table is empty.
        """
        if table.name not in self.forms:
            rows = self.after[table.name]
            self.forms[table.name] = {loose(key) for key, entries in rows.items() if entries}
        forms = self.forms[table.name]
        return table.complete and bool(forms) and loose(identity(sought)) not in forms

    def _instead(self, rule: FieldRule, cell: Cell, table: OwnTable) -> Cell | None:
        """Return the fallback's cell if the table will lack a key; None without a fallback."""
        if rule.on_miss is OnMiss.USE:
            return cell._replace(state=CellState.STATED, value=rule.fallback, initial=None)
        found = self._found(table, rule.fallback) if rule.on_miss is OnMiss.LOOK_UP else ()
        return _stating(found[0], cell, table, rule.fallback) if len(found) == 1 else None


def _new(drafts: Iterable[Draft]) -> frozenset[str]:
    """Return the source records whose people have no target record."""
    rows = (draft.row for draft in drafts if draft.target is None)
    return frozenset(row[0] for row in rows if row is not None)


def _waiting_for_each_other(drafts: Iterable[Draft], policy: Policy) -> set[tuple[str, str]]:
    """Return the required lookups, by record and field, of creates that wait for each other."""
    needs: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    if policy.required:
        for draft in drafts:
            if draft.verb is Verb.CREATE:
                needs[draft.identity] = {
                    each.after.of: each.rule.path
                    for each in draft.differences
                    if isinstance(each.after, Awaited) and policy.requires(each.rule.path)
                }
    while True:
        needed = {of for each in needs.values() for of in each}
        ends = [
            id for id, each in needs.items() if id not in needed or needs.keys().isdisjoint(each)
        ]
        if not ends:
            break
        for id in ends:
            del needs[id]
    return {(id[1], path) for id, each in needs.items() for of, path in each.items() if of in needs}


def _stating(entry: _Entry, cell: Cell, table: OwnTable, key: Value = None) -> Cell:
    """Return the cell with an entry's value; the entry is that of `key`, or of the cell's own."""
    value = _value(entry, cell.sought if key is None else key, table)
    return cell._replace(state=CellState.STATED, value=value, initial=None)


def _value(entry: _Entry, sought: Value, table: OwnTable) -> Value:
    if entry.of is None:
        assert entry.value is not MISSING
        return entry.value
    known = MISSING if is_blank(entry.value) else entry.value
    return Awaited(entry.of, table.name, sought, known)  # type: ignore[return-value]


def _seeks(cell: Cell) -> bool:
    return cell.sought is not None


def _after(tables: Mapping[str, OwnTable], drafts: Iterable[Draft], policy: Policy) -> After:
    """Return the tables as they will be once all drafts are applied."""
    after: dict[str, dict[Hashable, list[_Entry]]] = {
        name: defaultdict(
            list, {key: [_Entry(value) for value in values] for key, values in table.rows.items()}
        )
        for name, table in tables.items()
    }
    for draft in drafts:
        changed = {each.rule.path for each in draft.differences}
        for name, table in tables.items():
            if draft.verb is Verb.CREATE:
                _add(after[name], table, draft, _data_after(draft, policy))
            elif draft.target is not None and changed & table.reads:
                before = table.entry(_data_before(draft.target, policy, table))
                raw = _removed(after[name], before)
                _add(after[name], table, draft, _data_after(draft, policy, table), raw)
    return after


def _add(
    rows: dict[Hashable, list[_Entry]],
    table: OwnTable,
    draft: Draft,
    data: Mapping[str, Value],
    before: Value = None,
) -> None:
    """Add the row of a changed record; `before` is the value as the target holds it."""
    found = table.entry(data)
    if found is None:
        return
    key, value = found
    if draft.verb is Verb.CREATE:
        rows[key].append(_Entry(_typed(rows, value), draft.identity))  # it exists once created
    else:
        rows[key].append(_Entry(before if str(before) == str(value) else _typed(rows, value)))


def _typed(rows: Mapping[Hashable, Sequence[_Entry]], value: Value) -> Value:
    """Return an id in the form that other rows have: a number, although record ids are text.

    A record that had no key so far has no row to take the form from.
    """
    known = (each for entries in rows.values() for each in entries if each.of is None)
    like = next((each.value for each in known if each.value is not MISSING), None)
    is_number = isinstance(like, int) and not isinstance(like, bool)
    text = str(value)
    return int(text) if is_number and text.isascii() and text.isdecimal() else value


def _removed(rows: dict[Hashable, list[_Entry]], entry: tuple[Hashable, Value] | None) -> Value:
    """Remove a record's row, and return its value as it was stored: an id may be a number."""
    if entry is None:
        return None
    key, value = entry
    for each in rows.get(key, []):
        if each.of is None and str(each.value) == str(value):
            rows[key].remove(each)
            return None if each.value is MISSING else each.value
    return None


def _data_before(target: TargetRow, policy: Policy, table: OwnTable) -> dict[str, Value]:
    data = with_value({}, table.id, target.target_id)
    for rule, value in zip(policy.fields, target.values, strict=False):
        if value is not MISSING:
            data = with_value(data, rule.keys, value)
    return data


def _data_after(draft: Draft, policy: Policy, table: OwnTable | None = None) -> dict[str, Value]:
    data: dict[str, Value] = {}
    if draft.target is not None and table is not None:
        data = _data_before(draft.target, policy, table)
    for each in draft.differences:
        if not isinstance(each.after, Awaited):
            data = with_value(data, path_of(each.rule.path), each.after)
    return data


_CIRCULAR = "is of a record that would have to be created first, and waits for this one"
