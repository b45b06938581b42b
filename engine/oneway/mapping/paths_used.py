"""Lists the paths of records that a mapping reads or writes; mistakes elsewhere do not matter."""

from collections.abc import Collection, Iterable

from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Expression
from oneway.mapping.profile.read_keys import read_in_source

Paths = frozenset[tuple[str, ...]]


def source_paths(code: MappingCode) -> Paths | None:
    """Return the paths of source records that a mapping reads; None if it reads all of them."""
    return _paths(expression for expression, _ in (*read_in_source(code), *_tables(code)))


def target_paths(code: MappingCode) -> Paths | None:
    """Return the paths of target records that a mapping reads or writes; None if all of them."""
    conditions = (each for _, each in code.target_conditions)
    found = _paths((*code.match_target, *conditions, *(each for each, _ in _tables(code))))
    policy = code.policy
    written = (rule.keys for rule in (*policy.fields, *policy.leaving))
    return None if found is None else found.union(written, policy.condition_paths)


def table_paths(code: MappingCode, names: Collection[str]) -> Paths | None:
    """Return the paths that make up some lookup tables; None if all paths count.

    What only a label reads decides nothing.
    """
    if not names:
        return None
    return _paths(part for each in code.references if each.name in names for part in each.read)


def _tables(code: MappingCode) -> Iterable[tuple[Expression, str]]:
    """Yield the expressions that read lookup tables; one may be the source or the target itself."""
    for each in code.references:
        label = (each.label,) if each.label is not None else ()
        yield from ((part, each.name) for part in (*each.read, *label))


def _paths(expressions: Iterable[Expression]) -> Paths | None:
    found = tuple(expressions)
    if any(each.facts.whole for each in found):
        return None
    return frozenset(use.keys for each in found for use in each.paths)
