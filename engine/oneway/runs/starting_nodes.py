"""Checks the trees of `under(...)`: starting nodes without a row, and rows that may be tops.

If a starting node decides about access and has no row, nothing may be written: everybody would be
out of the sync, or in error.
"""

from collections.abc import Iterator, Mapping, Sequence

from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.phrases import count, some
from oneway.core.records import Value, as_written, is_blank
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, Expression
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.lookup_table import LookupTable
from oneway.mapping.spec import MappingSpec


def lost_starts(
    code: MappingCode, tables: Mapping[str, LookupTable], context: Context
) -> Iterator[Diagnostic]:
    """Yield each starting node without a row: an error if it decides about access."""
    for expression, decides in _asking(code):
        for use in expression.trees:
            tree = tables[use.name].tree
            start = evaluated(use.start, {}, context).value
            if tree is None or not tree.whole or (not is_blank(start) and tree.holds(start)):
                continue
            shown = "blank" if is_blank(start) else f"{as_written(start)}, which has no row"
            summary = f"the starting node in '{use.name}' is {shown}"
            help = "correct it, or add the row to the table"
            if decides:
                summary = f"{summary}; nothing will be written"
            severity = Severity.ERROR if decides else Severity.WARNING
            yield Diagnostic(expression.within(use.place), severity, "R166", summary, help)


def unnamed_tops(
    spec: MappingSpec, code: MappingCode, tables: Mapping[str, LookupTable], context: Context
) -> Iterator[Diagnostic]:
    """Yield the trees with rows that have no parent and are not declared as tops.

    In a tree of the source's own records, only rows with others below them count: the manager of
    anybody who has left may have been cleared.
    """
    uses = [use for expression, _ in _asking(code) for use in expression.trees]
    for table in spec.references:
        tree = tables[table.name].tree if table.name in tables else None
        asked = (evaluated(use.start, {}, context).value for use in uses if use.name == table.name)
        starts = [each for each in asked if not is_blank(each)]
        if tree is None or table.parent is None or not starts:
            continue
        of_people = (table.side, table.resource.text) == ("source", spec.source.resource.text)
        found = [each for each in tree.unnamed(starts) if not of_people or tree.is_above(each)]
        if found:
            one = len(found) == 1
            rows, them = f"{count(len(found), 'row')} of '{table.name}'", "it" if one else "them"
            shown = some([as_written(each) for each in found])
            summary = (
                f"{rows} {'has' if one else 'have'} no parent, and `top` does not name {them}:"
                f" {shown}; under() has no answer below {them}"
            )
            they = "it is" if one else "they are"
            help = f"if {they} at the top on purpose, add `top: {_naming(table.key.text, found)}`"
            yield Diagnostic(table.parent.span, Severity.WARNING, "R181", summary, help)


def _naming(key: str, nodes: Sequence[Value]) -> str:
    """Return an expression that holds for these nodes."""
    words = [f"'{each}'" if isinstance(each, str) else f"`{each}`" for each in nodes[:5]]
    return f"{key} == {words[0]}" if not words[1:] else f"one_of({key}, [{', '.join(words)}])"


def _asking(code: MappingCode) -> Iterator[tuple[Expression, bool]]:
    """Yield the expressions on source records, and whether each decides about access."""
    yield from ((each.expression, True) for each in code.match_source)
    one_per = code.one_per.expressions if code.one_per is not None else ()
    leaver = (code.leaver,) if code.leaver is not None else ()
    yield from ((each, True) for each in (*one_per, *code.only, *code.rules, *leaver))
    for field in (*code.fields, *code.leaving):
        yield from ((each, False) for each in field.expressions)
    if code.label is not None:
        yield code.label, False
