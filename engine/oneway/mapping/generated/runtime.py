"""The names that generated code may use, the same for every mapping."""

import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from jmespath.visitor import TreeInterpreter

from oneway.core.budget import Budget, Overspent
from oneway.core.compare import comparable, identity
from oneway.core.records import MISSING, Value, is_blank
from oneway.mapping.expressions.evaluation import budget, evaluated_part
from oneway.mapping.expressions.gap_interpreter import Library
from oneway.mapping.expressions.gaps import Gaps
from oneway.mapping.expressions.reading import Reading
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import Context, EvaluationError
from oneway.mapping.functions.function import Function, LazyArgument, OverBudget, checked_argument
from oneway.mapping.generated.limits import (
    ITEMS,
    PART_STEPS,
    PART_TEXT,
    TEXT,
    Uncompiled,
    small,
    small_result,
)
from oneway.mapping.generated.unknowns import ABSENT, CHOOSES, WRONG
from oneway.mapping.record_answers import RecordStopped

FAILS = (EvaluationError, TypeError, ValueError, ArithmeticError, LookupError)
"""The errors that evaluation may raise, as in the interpreter."""

LEAVES = (OverBudget, Overspent, *FAILS, RecursionError, RecordStopped, Uncompiled)
"""The errors on which generated code leaves a record to the interpreter."""


def names_for(context: Context) -> Mapping[str, object]:
    """Return the objects behind the names, for one context."""
    library = Library(Budget())
    library.context = context
    return {
        "__builtins__": _BUILT_IN,
        "absent": MISSING,
        "get": dict.get,  # raises TypeError if it is not an object
        "context": context,
        "built_in": partial(_built_in, library),
        "joined": partial(_joined, library),
        "part": partial(_part, context),
        "Fails": FAILS,
        "Leaves": LEAVES,
        "Uncompiled": Uncompiled,
        "EvaluationError": EvaluationError,
        "Null": type(None),
        "holds": _holds,
        "is_blank": is_blank,
        "identity": identity,
        "comparable": comparable,
        "json_only": small_result,
        "checked": _checked,
        "small": small,
        "lazily": lambda value: LazyArgument(lambda: value),
        "equal": _equal,
        "flattened": _flattened,
        "less": partial(_ordered, operator.lt),
        "at_most": partial(_ordered, operator.le),
        "more": partial(_ordered, operator.gt),
        "at_least": partial(_ordered, operator.ge),
    }


_BUILT_IN: Mapping[str, object] = {
    each.__name__: each
    for each in (bool, dict, float, int, isinstance, len, list, slice, str, tuple, zip)
}
"""The only builtins in generated code."""


def _part(
    context: Context, tree: Node, value: Value, reading: Reading, deciding: bool
) -> tuple[Value, bool, int, int, int]:
    """Return the interpreter's value of a node, with the kinds of its gaps."""
    try:
        found = evaluated_part(tree, value, context, reading, deciding=deciding)
    except (Overspent, *FAILS):
        # the gaps found until then decide how that ends
        raise Uncompiled from None
    spent = budget().spent
    if spent.steps > PART_STEPS or spent.characters > PART_TEXT:
        raise Uncompiled  # together with the other parts, it may be too much
    exact, truth, written = map(sorts_of, (found.exact, found.truth, found.written))
    return found.value, found.stated, exact, truth, written


def sorts_of(gaps: Gaps) -> int:
    """Return the kinds of these gaps (`oneway.mapping.generated.unknowns`)."""
    found = 0
    for gap in gaps:
        kind = WRONG if gap.wrong else ABSENT
        found |= kind | (kind << CHOOSES if gap.chooses else 0)
    return found


def _holds(value: object) -> bool:
    if value is None or value is False:
        return False
    return value is True or not is_blank(value)


def _built_in(library: Library, name: str, arguments: list[Value]) -> Value:
    """Call a function of JMESPath with small arguments."""
    for each in arguments:
        small(each)
    found: Value = library.called(name, arguments)
    return small(found)


def _joined(library: Library, separator: Value, texts: Value) -> Value:
    """Call `join` with small texts; anything else takes the general call."""
    if isinstance(texts, list) and isinstance(separator, str) and len(texts) <= ITEMS:
        try:
            if len(separator) * len(texts) + sum(map(len, texts)) <= TEXT:  # type: ignore[arg-type]
                return separator.join(texts)  # type: ignore[arg-type]
        except TypeError:  # not all are texts
            pass
    return _built_in(library, "join", [separator, texts])


def _checked(function: Function, position: int, argument: Value) -> Value:
    return small(checked_argument(function, position, argument))


_reference: Any = TreeInterpreter()
_same: Callable[[Value, Value], bool] = _reference.COMPARATOR_FUNC["eq"]


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        raise Uncompiled  # the pass over the values is counted
    return _same(left, right)


def _ordered(compare: Callable[[Any, Any], bool], left: Value, right: Value) -> bool | None:
    for each in (left, right):
        if isinstance(each, bool) or not isinstance(each, int | float | str):
            return None
    return compare(left, right)


def _flattened(values: Value, most: int) -> Value:
    if not isinstance(values, list):
        return None
    if sum(len(each) if isinstance(each, list) else 1 for each in values) > most:
        raise Uncompiled
    found: list[Value] = []
    for each in values:
        if isinstance(each, list):
            found.extend(each)
        else:
            found.append(each)
    return found
