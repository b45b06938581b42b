"""Lookup tables: for each key, the values next to it in the records of a reference."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.key_forms import loose
from oneway.core.phrases import count
from oneway.core.records import Record, Snapshot, Value, holds, is_blank
from oneway.mapping.code import ReferenceCode
from oneway.mapping.expressions import Context, EvaluationError, Expression, texts
from oneway.mapping.functions.node_tree import NodeTree, TreeRow
from oneway.mapping.policy import FieldRule
from oneway.mapping.spec import OnMiss
from oneway.mapping.unreadable import undamaged


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A lookup table: for each key, all of its values.

    `complete` is False if the table may lack rows; a miss then clears nothing. `keyless` are the
    ids of records with a blank key, which no lookup finds. `unread` counts the unreadable records
    of each key.
    """

    rows: Mapping[Hashable, tuple[Value, ...]]
    complete: bool = True
    problems: tuple[str, ...] = ()
    keyless: tuple[str, ...] = ()
    unread: Mapping[Hashable, int] = field(default_factory=dict)
    tree: NodeTree | None = None
    """The tree that its rows make, if they have parents."""
    _forms: set[str] = field(default_factory=set, repr=False, compare=False)

    def found(self, value: Value) -> tuple[tuple[Value, ...], str]:
        """Return the values of a key without blanks, and in words why there are none."""
        values = self.rows.get(identity(value), ())
        found = tuple(each for each in values if not is_blank(each))
        unread = self.unread.get(identity(value), 0)
        if found or not (values or unread):
            return found, ""
        if values:
            return found, f"has no value in {'its row' if len(values) == 1 else 'its rows'}"
        return found, f"is in {count(unread, 'unreadable row')}"

    def lacks(self, value: Value) -> bool:
        """Return whether the table certainly has no row for any form of a value.

        Never for an empty table.
        """
        unheld = self.complete and identity(value) not in self.rows
        return unheld and self.gives_any and not self.other_form(value)

    def other_form(self, value: Value) -> str:
        """Return in words that only another form of a value has a row; "" otherwise."""
        if not self._forms:
            self._forms.update(map(loose, self.rows))
        key = identity(value)
        return OTHER_FORM if key not in self.rows and loose(key) in self._forms else ""

    @property
    def gives_any(self) -> bool:
        """Whether some row has a value."""
        return any(not is_blank(each) for values in self.rows.values() for each in values)


def tabulate(code: ReferenceCode, snapshot: Snapshot, context: Context) -> LookupTable:
    """Return the lookup table of a reference; a record that fails makes it incomplete."""
    rows: dict[Hashable, list[Value]] = {}
    nodes: dict[Hashable, list[TreeRow]] = {}
    problems = list(snapshot.problems)
    keyless = []
    unread: Counter[Hashable] = Counter()
    for each in snapshot.records:
        record = undamaged(each, code.read) if each.cut else each
        try:
            if record.problem or record.damage:
                raise EvaluationError(record.problem or record.damage)
            key = scalar(code.key.stated_value(record.data, context))
            value = code.value.stated_value(record.data, context)
        except EvaluationError as error:
            problems.append(f"{code.name}, record {record.id}: {error}")
            for key in _readable_key(code, record, context):
                unread[identity(key)] += 1
                nodes.setdefault(identity(key), []).append(TreeRow(key, wrong=str(error)))
            continue
        if is_blank(key):
            keyless.append(record.id)
        else:
            rows.setdefault(identity(key), []).append(value)
            if code.parent is not None:
                node = _node(key, code.parent, code.top, record, context)
                nodes.setdefault(identity(key), []).append(node)
    complete = snapshot.complete and len(problems) == len(snapshot.problems)
    held = {key: tuple(values) for key, values in rows.items()}
    tree = None
    if code.parent is not None:
        made = {key: tuple(each) for key, each in nodes.items()}
        tree = NodeTree(code.name, made, snapshot.complete)
    return LookupTable(held, complete, tuple(problems), tuple(keyless), dict(unread), tree)


def _readable_key(code: ReferenceCode, record: Record, context: Context) -> Iterator[Value]:
    """Yield the key of an unreadable record, if the key itself can be read."""
    with suppress(EvaluationError):
        key = scalar(code.key.stated_value(record.data, context))
        if not is_blank(key):
            yield key


def _node(
    key: Value, parent: Expression, top: Expression | None, record: Record, context: Context
) -> TreeRow:
    """Return a row as a node of a tree, with the reason if its parent is unknown."""
    try:
        answer = parent.decide(record.data, context)
        if wrong := texts(answer.exact):
            return TreeRow(key, wrong=wrong)
        above = scalar(answer.value)
        if top is None or not is_blank(above):
            return TreeRow(key, above)
        said = top.decide(record.data, context)
        return TreeRow(key, top=holds(said.value) and not said.truth)
    except EvaluationError as error:
        return TreeRow(key, wrong=str(error))


def scalar(value: Value) -> Value:
    """Return a value that can be a key; raise `EvaluationError` for a list or an object."""
    if isinstance(value, list | dict):
        raise EvaluationError("a list or object cannot be looked up")
    return value


def fallback_of(
    rule: FieldRule, found: Callable[[Value], tuple[tuple[Value, ...], str]]
) -> tuple[Value, ...]:
    """Return what is written for a value that the table lacks: one value, unless left alone.

    `found` looks up another key.
    """
    if rule.on_miss is OnMiss.USE:
        return (rule.fallback,)
    return found(rule.fallback)[0] if rule.on_miss is OnMiss.LOOK_UP else ()


OTHER_FORM = "is only in another form in a row"
"""Why a value that a table lacks gets no fallback: `ops` for `OPS`, or 7 for `"007"`."""


def unmet_fallback(rule: FieldRule, table: LookupTable) -> str:
    """Return in words that a table lacks the key that `on_miss` looks up; "" if it has it.

    A table that may lack rows is not checked.
    """
    if rule.on_miss is not OnMiss.LOOK_UP or not table.complete:
        return ""
    number = len(table.found(rule.fallback)[0])
    stands = f"{number:,} rows" if number else "no row with a value"
    return "" if number == 1 else f"has {stands} for {rule.fallback_text} (`look_up`)"
