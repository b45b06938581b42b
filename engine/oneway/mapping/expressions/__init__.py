"""Expressions: JMESPath, through the `jmespath` package, with the function library.

`parse` once, `Expression.evaluate` on every record. Everything an integrator can write is an
`Expression` or an `ExpressionSyntax`; everything a record can hold gives a value or an
`EvaluationError`.
"""

from oneway.mapping.expressions.comparisons import Comparison
from oneway.mapping.expressions.evaluation import budget, one_record
from oneway.mapping.expressions.expression import Expression, parse
from oneway.mapping.expressions.gaps import Evaluation, Gap, Gaps, texts
from oneway.mapping.expressions.paths_read import NameUse, PathUse
from oneway.mapping.expressions.reading import PLAIN, Reading
from oneway.mapping.expressions.syntax import ExpressionSyntax, TextRange
from oneway.mapping.functions import Context, EvaluationError
from oneway.mapping.functions.built_in import BUILT_IN

__all__ = [
    "BUILT_IN",
    "PLAIN",
    "Comparison",
    "Context",
    "Evaluation",
    "EvaluationError",
    "Expression",
    "ExpressionSyntax",
    "Gap",
    "Gaps",
    "NameUse",
    "PathUse",
    "Reading",
    "TextRange",
    "budget",
    "one_record",
    "parse",
    "texts",
]
