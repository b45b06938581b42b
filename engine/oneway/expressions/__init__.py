"""Expressions: JMESPath, through the `jmespath` package, with the function library.

`parse` once, `Expression.evaluate` on every record. Everything an integrator can write is an
`Expression` or an `ExpressionSyntax`; everything a record can hold gives a value or an
`EvaluationError`.
"""

from oneway.expressions.evaluation import BUILT_IN
from oneway.expressions.expression import Expression, parse
from oneway.expressions.facts import PathUse, SettingUse
from oneway.expressions.syntax import ExpressionSyntax, Place
from oneway.functions import Context, EvaluationError

__all__ = [
    "BUILT_IN",
    "Context",
    "EvaluationError",
    "Expression",
    "ExpressionSyntax",
    "PathUse",
    "Place",
    "SettingUse",
    "parse",
]
