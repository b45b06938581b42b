"""All functions of the library, in one tuple."""

from oneway.mapping.functions import dates, instants, lists, names, patterns, text, trees, values
from oneway.mapping.functions.function import Function

FAMILIES: tuple[tuple[str, tuple[Function, ...]], ...] = (
    ("Text", text.FUNCTIONS),
    ("Names and addresses", names.FUNCTIONS),
    ("Patterns", patterns.FUNCTIONS),
    ("Dates", (*dates.FUNCTIONS, *instants.FUNCTIONS)),
    ("Values", values.FUNCTIONS),
    ("Lists", lists.FUNCTIONS),
    ("Trees", trees.FUNCTIONS),
)

LIBRARY: tuple[Function, ...] = tuple(f for _, family in FAMILIES for f in family)
BY_NAME: dict[str, Function] = {function.name: function for function in LIBRARY}
