"""Functions over the trees that lookup tables make."""

from oneway.core.records import Value, is_blank
from oneway.mapping.functions.function import (
    Context,
    EvaluationError,
    Example,
    Function,
    Parameter,
    Uses,
)
from oneway.mapping.functions.node_tree import NotKnown


def under(context: Context, reference: str, node: Value, start: Value) -> bool:
    """Return whether a node is the starting node or stands below it; raise `NotKnown`."""
    for each in (node, start):
        if isinstance(each, list | dict):
            raise EvaluationError("under() needs a node's key, not a list or an object")
    tree = context.trees.get(reference)
    if tree is None:
        raise NotKnown(f"{reference} was not read")
    if is_blank(start):
        raise NotKnown("the starting node is blank")
    if is_blank(node):
        raise NotKnown("is blank", argument=1)
    return tree.is_under(node, start)


_UNITS = {"units": {"ROOT": None, "OPS": "ROOT", "OPS-2": "OPS", "FIN": "ROOT"}}
FUNCTIONS = (
    Function(
        "under",
        (
            Parameter("reference", description="the name of a reference with a parent, in quotes"),
            Parameter("node", ("any",), "the key of the node that is asked about"),
            Parameter(
                "start",
                ("string", "number", "boolean", "null"),
                "the key of the starting node: a constant, or setting('...')",
            ),
        ),
        "boolean",
        "Whether a node is the starting node of a tree, or stands below it. Unknown for a blank"
        " node, and if the table does not say where the node stands.",
        (
            Example("under('units', unit, 'OPS')", {"unit": "OPS-2"}, True, trees=_UNITS),
            Example("under('units', unit, 'OPS')", {"unit": "FIN"}, False, trees=_UNITS),
        ),
        under,
        Uses.TREES,
    ),
)
