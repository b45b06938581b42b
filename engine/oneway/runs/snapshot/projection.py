"""Reduces a record to what a mapping reads of it, without anything that may be sensitive.

An expression is *open* if no path that it reads is a secret path, lies inside one or contains one.
Secret are the fields that the system's manifest marks as sensitive, and those that a sensitive
field of the mapping reads. Open expressions can be evaluated again from the stored paths. Of all
others, only the result is stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from oneway.core.batches import Batch, RecordShape
from oneway.core.dataclass import dataclass
from oneway.core.description import Field, Resource
from oneway.core.paths import keys_overlap, path_of
from oneway.core.records import Record, Value
from oneway.core.seal import canonical
from oneway.mapping.code import FieldCode, MappingCode
from oneway.mapping.expressions import Expression
from oneway.mapping.policy import Policy

Path = tuple[str, ...]
Tree = dict[str, Any]
"""Keys to subtrees; an empty tree ends a path."""

UNSTORABLE = ""
"""Stands for a record that JSON cannot represent: one with NaN, or lists nested too deeply."""


@dataclass(frozen=True)
class Projection:
    """What may be stored of the records of both sides, for one compiled mapping.

    `tables` are the references whose lookup tables are stored.
    """

    code: MappingCode
    source: Resource
    target: Resource
    tables: frozenset[str]

    @cached_property
    def secret_source(self) -> tuple[Path, ...]:
        """The paths of a source record that are not stored."""
        rules = (*self.code.fields, *self.code.leaving)
        read = [
            use
            for each in rules
            if each.rule.sensitive and each.source is not None
            for use in reads(each.source.expression)
        ]
        return (*_marked(self.source.fields.values()), *read)

    @cached_property
    def secret_target(self) -> tuple[Path, ...]:
        """The paths of a target record that are not stored."""
        policy = self.code.policy
        rules = (*policy.fields, *policy.leaving)
        return (
            *_marked(self.target.fields.values()),
            *(rule.keys for rule in rules if rule.sensitive),
        )

    @cached_property
    def keys(self) -> frozenset[int]:
        """The positions of the match keys whose expressions are open on both sides."""
        return frozenset(
            level
            for level, typed in enumerate(self.code.match_source)
            if not is_hidden(self.code.policy, level)
            and self.is_open(typed.expression)
            and self.is_open_on_target(self.code.match_target[level])
        )

    def is_open(self, expression: Expression | None) -> bool:
        """Return whether an expression over source records can be evaluated again."""
        asked = expression.trees if expression is not None else ()
        known = all(each.name in self.tables for each in asked)
        return known and _is_open(expression, self.secret_source)

    def is_open_on_target(self, expression: Expression | None) -> bool:
        """Return whether an expression over target records can be evaluated again."""
        return _is_open(expression, self.secret_target)

    def is_open_field(self, code: FieldCode) -> bool:
        """Return whether a field's cell can be computed again."""
        known = code.lookup is None or code.lookup in self.tables
        return known and not code.rule.sensitive and all(map(self.is_open, code.expressions))

    @cached_property
    def source_tree(self) -> Tree | None:
        """What is stored of a source record; None for all of it."""
        code = self.code
        fields = (each for each in (*code.fields, *code.leaving) if self.is_open_field(each))
        found = [code.match_source[level].expression for level in sorted(self.keys)]
        found += [
            each for each in (*code.only, *code.rules, code.leaver, code.label) if each is not None
        ]
        found += [each for field in fields for each in field.expressions]
        return _tree(filter(self.is_open, found))

    @cached_property
    def target_tree(self) -> Tree | None:
        """What is stored of a target record besides its fields' values; None for all of it."""
        code = self.code
        found = [code.match_target[level] for level in sorted(self.keys)]
        found += [each for _, each in code.target_conditions]
        return _tree(filter(self.is_open_on_target, found))

    def of_source(self, record: Record) -> str:
        """Return the stored part of a source record, as canonical JSON."""
        if record.damage:
            return _UNREAD
        return stored_text(record, self.source_tree)

    def of_target(self, record: Record) -> str:
        """Return the stored part of a target record, as canonical JSON."""
        return stored_text(record, self.target_tree)

    def of_sources(self, batch: Batch) -> Sequence[str]:
        """Return the stored part of each source record of a batch."""
        return stored_texts(batch, self.source_tree)

    def of_targets(self, batch: Batch) -> Sequence[str]:
        """Return the stored part of each target record of a batch."""
        return stored_texts(batch, self.target_tree)


def is_hidden(policy: Policy, level: int) -> bool:
    """Return whether the values of a match key are hidden, or belong to a sensitive field."""
    path = policy.match_paths[level]
    rules = (*policy.fields, *policy.leaving)
    return not policy.key_shown[level] or any(
        rule.sensitive and rule.path == path for rule in rules
    )


def holds_all(stored: Tree | None, expression: Expression) -> bool:
    """Return whether everything that an expression reads is stored."""
    if stored is None:
        return True
    return not expression.facts.whole and all(_holds(stored, use.keys) for use in expression.paths)


def _holds(stored: Tree, path: Path) -> bool:
    tree = stored
    for key in path:
        if key not in tree:
            return False
        tree = tree[key]
        if not tree:
            return True
    return False


def _marked(fields: Iterable[Field]) -> Iterator[Path]:
    return (path_of(each.path) for each in fields if each.sensitive)


def reads(expression: Expression) -> Iterator[Path]:
    """Yield the paths that an expression reads; an empty path if it reads the whole record."""
    if expression.facts.whole:
        yield ()
    for use in expression.paths:
        yield use.keys


def _is_open(expression: Expression | None, secret: tuple[Path, ...]) -> bool:
    if expression is None or not secret:
        return True
    return not any(keys_overlap(path, other) for path in reads(expression) for other in secret)


def _tree(found: Iterable[Expression]) -> Tree | None:
    return tree_of({path for expression in found for path in reads(expression)})


def tree_of(paths: Set[Path]) -> Tree | None:
    """Return paths as a tree; None if one of them is the whole record."""
    tree: Tree = {}
    if () in paths:
        return None
    for path in sorted(paths, key=len):
        _grow(tree, path)
    return tree


def _grow(tree: Tree, path: Path) -> None:
    for key in path:
        if key in tree and not tree[key]:
            return  # everything below is stored already
        tree = tree.setdefault(key, {})


_UNREAD = "null"
"""Stands for a record that is not evaluated again: its stored row is used."""


def stored_text(record: Record, tree: Tree | None) -> str:
    """Return the stored part of a record, as canonical JSON."""
    if record.problem:
        return _UNREAD
    try:
        return canonical(record.data if tree is None else cut(record.data, tree))
    except (ValueError, RecursionError):
        return UNSTORABLE


def stored_texts(batch: Batch, tree: Tree | None) -> Sequence[str]:
    """Return the stored part of each record of a batch; most records are not decoded for it."""
    try:
        found = _shaped_texts(batch.shape, tree, batch.items)
    except (ValueError, RecursionError):
        found = None
    if found is not None:
        return found
    return [stored_text(batch.record(place), tree) for place in range(len(batch))]


def _shaped_texts(
    shape: RecordShape, tree: Tree | None, objects: Sequence[Any]
) -> Sequence[str] | None:
    """Return objects of a shape, each cut to a tree, as canonical JSON; None if `cut` is needed."""
    if tree is None:
        tree = {key: {} for key in (*shape.attributes, *shape.sometimes)}
    if not shape.sometimes.isdisjoint(tree):
        return None
    keys = sorted(key for key in tree if key in shape.attributes)
    columns = [_column(shape, key, tree[key], shape.all_of(key, objects)) for key in keys]
    if None in columns:
        return None
    if not columns:
        return ["{}"] * len(objects)
    each = ",".join(f"{quoted(key)}:".replace("%", "%%") + "%s" for key in keys)
    template = f"{{{each}}}"
    return [template % found for found in zip(*columns, strict=True)]


def _column(
    shape: RecordShape, key: str, below: Tree, values: Sequence[Any]
) -> Sequence[str] | None:
    """Return the values of objects under a key, each cut to a tree, as canonical JSON."""
    if key in shape.inner:
        found = _shaped_texts(shape.inner[key], below or None, [e for e in values if e is not None])
        texts = iter(found or ())
        return None if found is None else ["null" if e is None else next(texts) for e in values]
    if below:
        return [canonical(_cut_value(each, below)) for each in values]
    return [quoted(each) if each.__class__ is str else canonical(each) for each in values]


def cut(data: Mapping[str, Value], tree: Tree) -> dict[str, Value]:
    """Return a record reduced to the paths of a tree."""
    found: dict[str, Value] = {}
    for key, value in data.items():
        below = tree.get(key)
        if below is None:
            continue
        found[key] = _cut_value(value, below) if below else value
    return found


def _cut_value(value: Value, below: Tree) -> Value:
    # No expression can read into a value that is not an object, so only its type is stored.
    return cut(value, below) if isinstance(value, Mapping) else _of_the_kind(value)


def _of_the_kind(value: Value) -> Value:
    """Return the blank value of the same type."""
    match value:
        case None:
            return None
        case bool():
            return False
        case int() | float():
            return 0 if float(value).is_integer() else 0.5
        case list():
            return []
        case _:
            return ""
