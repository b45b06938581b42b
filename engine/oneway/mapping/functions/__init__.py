"""The expression library: one module a family, all functions in one tuple.

`oneway functions` prints it; each example is run as a test. Beside it stand JMESPath's own
functions, which `oneway.mapping.expressions` knows from the `jmespath` package.
"""

from oneway.mapping.functions.function import (
    Context,
    EvaluationError,
    Example,
    Function,
    Parameter,
    Uses,
    invoke,
)
from oneway.mapping.functions.library import BY_NAME, FAMILIES, LIBRARY

__all__ = [
    "BY_NAME",
    "FAMILIES",
    "LIBRARY",
    "Context",
    "EvaluationError",
    "Example",
    "Function",
    "Parameter",
    "Uses",
    "invoke",
]
