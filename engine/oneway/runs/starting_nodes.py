"""Starting nodes of `under(...)` that their trees do not hold, such as a misspelt one.

Where one decides about access, nothing may be written: everybody would be out of the sync, or an
error of their own record.
"""

from collections.abc import Iterator, Mapping

from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.records import as_written, is_blank
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, Expression
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.lookup_table import LookupTable


def lost_starts(
    code: MappingCode, tables: Mapping[str, LookupTable], context: Context
) -> Iterator[Diagnostic]:
    """Yield each starting node without a row: an error where it decides about access."""
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
