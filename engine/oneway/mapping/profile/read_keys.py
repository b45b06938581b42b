"""Finds the keys that a mapping reads of its records, and makes the tallies that count them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from oneway.core.paths import path_of, path_text
from oneway.mapping.code import FieldCode, MappingCode
from oneway.mapping.expressions import Expression, PathUse, Reading
from oneway.mapping.expressions.compared_words import Meant, meant
from oneway.mapping.profile.blank_values import Path
from oneway.mapping.profile.constant_types import type_tallies
from oneway.mapping.profile.day_orders import day_tally
from oneway.mapping.profile.key_tally import KeyTally, ReadKey
from oneway.mapping.profile.missing_item_keys import item_tally
from oneway.mapping.profile.number_marks import mark_tally
from oneway.mapping.profile.tested_paths import paths_of, tests_in
from oneway.mapping.profile.word_groups import value_groups, word_groups
from oneway.mapping.profile.word_tally import word_tally
from oneway.mapping.spec import FieldSpec, MappingSpec, Write


def tallies_of(code: MappingCode, spec: MappingSpec | None = None) -> dict[str, KeyTally]:
    """Return a tally for "source", "target" and each "references.NAME".

    With `spec`, the target's also looks for the fields that the mapping writes.
    """
    found = {
        "source": _tally("the source", _source_keys(code), code.secrets.source),
        "target": _tally("the target", _target_keys(code), code.secrets.target),
    }
    if spec is not None:
        target, leaving = found["target"], spec.leavers.set if spec.leavers is not None else ()
        target.spec, target.lacking = spec, _written(spec)
        target.written = frozenset(map(path_text, target.lacking))
        target.leaving = frozenset(path_of(each.path) for each in leaving)
        for role, types in type_tallies(code, spec).items():
            found[role].types = types
    found["source"].days = day_tally(
        ((each, reader) for each, reader, *_ in _source_keys(code)), _conditions(code)
    )
    found["source"].groups |= dict.fromkeys(word_groups(code), 0)
    for each in code.references:
        parts = (
            (each.key, "key"), (each.value, "value"), (each.parent, "parent"), (each.top, "top"),
        )  # fmt: skip
        readers = tuple((part, name, False, True) for part, name in parts if part is not None)
        table = _tally(f"reference '{each.name}'", readers)
        label = each.label if each.says_label else None
        found[f"references.{each.name}"] = _with_label(table, label)
    found["source"] = _with_label(found["source"], code.label)
    return found


def _with_label(tally: KeyTally, label: Expression | None) -> KeyTally:
    """Return a tally that also looks for the keys of what names a record for people."""
    if label is None:
        return tally
    named = _tally(tally.side, ((label, "label", False, False),))
    keys = (*tally.keys, *(replace(key, shown=True) for key in named.keys))
    return replace(tally, keys=keys)


def read_in_source(code: MappingCode) -> Iterator[tuple[Expression, str]]:
    """Yield every expression evaluated on source records, and its purpose."""
    yield from ((expression, reader) for expression, reader, *_ in _source_keys(code))
    if code.label is not None:
        yield code.label, "label"


def _written(spec: MappingSpec) -> dict[Path, FieldSpec]:
    leaving = spec.leavers.set if spec.leavers is not None else ()
    return {
        path_of(each.path): each
        for each in (*leaving, *spec.fields)
        if each.write is not Write.NEVER
    }


_Reads = Iterable[tuple[Expression, str, bool, bool]]
"""What reads records, and how; see `ReadKey.needed` and `ReadKey.blanks_count`."""


def _tally(side: str, reads: _Reads, secret: Iterable[Path] = ()) -> KeyTally:
    reads = tuple(reads)
    keys = (
        _read_key(expression, use, reader, needed=needed, blanks_count=blanks_count)
        for expression, reader, needed, blanks_count in reads
        for use in expression.paths
    )
    reading = reads[0][0].reading if reads else Reading()
    words = word_tally(side, ((each, reader) for each, reader, *_ in reads), secret)
    marks = mark_tally((each, reader) for each, reader, *_ in reads)
    days = day_tally((each, reader) for each, reader, *_ in reads)
    items = item_tally(side, (each[:3] for each in reads))
    groups = dict.fromkeys(
        value_groups(each for each, _, _, blanks_count in reads if blanks_count), 0
    )
    return KeyTally(
        side,
        tuple(dict.fromkeys(keys)),
        reading,
        words,
        marks=marks,
        days=days,
        items=items,
        groups=groups,
    )


def _read_key(
    expression: Expression, use: PathUse, reader: str, *, needed: bool, blanks_count: bool
) -> ReadKey:
    place = expression.span.part(use.offset, use.length)
    if len(use.keys) > 1 or use.keys in expression.reading.declared:
        return ReadKey(use.keys, place, reader, needed, blanks_count)
    name = use.keys[0]
    quoted = name if expression.text[use.offset : use.offset + 1] == '"' else ""
    as_what = meant(expression.tree).get(name, Meant.FIELD)
    return ReadKey(use.keys, place, reader, needed, blanks_count, quoted, as_what)


def _source_keys(code: MappingCode) -> Iterator[tuple[Expression, str, bool, bool]]:
    for typed in code.match_source:
        yield typed.expression, "match.source", True, True
    for whose in code.one_per.expressions if code.one_per is not None else ():
        yield whose, "source.one_per", True, True
    for rule in code.only:
        yield rule, "only", True, True
    if code.leaver is not None:
        yield code.leaver, "leavers.when", True, True
    for each in code.leaving:
        for expression in each.expressions:
            yield expression, f"leavers.set.{each.rule.path}", True, True
    for rule in code.rules:
        yield rule, "eligible.when", False, True
    exclusive = {code.policy.fields[position].path for position in code.policy.unless_taken}
    for each in code.fields:
        blanks_count = each.rule.path in exclusive or _fills_blanks(each)
        for expression in each.expressions:
            yield expression, f"fields.{each.rule.path}", False, blanks_count


def _conditions(code: MappingCode) -> dict[Expression, frozenset[Path]]:
    """Return the paths that decide whether the expressions of a field are evaluated."""
    found: dict[Expression, frozenset[Path]] = {}
    for each in (*code.fields, *code.leaving):
        when = paths_of(each.when.tree) if each.when is not None else frozenset[Path]()
        found |= dict.fromkeys((e for e in each.expressions if e is not each.when), when)
        if isinstance(each.default, Expression) and each.source is not None:
            found[each.default] |= tests_in(each.source.expression.tree)
    return found


def _fills_blanks(code: FieldCode) -> bool:
    """Return whether a field may turn a blank value into another value and write that."""
    made = code.source is not None and code.source.expression.simple is None
    return made or code.default is not None


def _target_keys(code: MappingCode) -> Iterator[tuple[Expression, str, bool, bool]]:
    for expression in code.match_target:
        yield expression, "match.target", True, True
    for reader, each in code.target_conditions:
        yield each, reader, True, True
