"""Evaluates expressions on records: one interpreter for each thread, and errors without data."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from oneway.core.budget import Budget, Overspent
from oneway.core.records import Value
from oneway.mapping.expressions.gap_interpreter import GapInterpreter
from oneway.mapping.expressions.gaps import Evaluation
from oneway.mapping.expressions.item_places import collects
from oneway.mapping.expressions.reading import PLAIN, Reading
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import Context, EvaluationError
from oneway.mapping.functions.function import OverBudget


class _PerThread(threading.local):
    """One interpreter for each thread, as it holds the state of the running evaluation."""

    def __init__(self) -> None:
        self.interpreter = GapInterpreter()
        self.apart = GapInterpreter()
        """For evaluations while the other interpreter is at work."""


_PER_THREAD = _PerThread()


def budget() -> Budget:
    """Return the budget that all evaluations of this thread share (`oneway.core.budget`)."""
    return _PER_THREAD.interpreter.budget


@contextmanager
def one_record() -> Iterator[None]:
    """Limit the total cost of all evaluations within the block, which are about one record."""
    with budget().record():
        yield


def certain_items(tree: Node, data: Value, context: Context, reading: Reading) -> list[Value]:
    """Return the items that an expression's list certainly has, for any values of absent keys.

    An item is not certain if it depends on anything else, or if the expression cannot be evaluated.
    """
    interpreter = _PER_THREAD.interpreter
    interpreter.begin(reading, deciding=True, sure=True)
    interpreter.library.context = context
    interpreter.begin_tree(tree)
    try:
        value = interpreter.visit(tree, data) if collects(tree) else None
        refuse_other_than_json(value)
    except (EvaluationError, Overspent, TypeError, ValueError, ArithmeticError, LookupError):
        return []
    return value if isinstance(value, list) and not interpreter.written else []


def evaluated_part(
    tree: Node, data: Value, context: Context, reading: Reading, *, deciding: bool
) -> Evaluation:
    """Return the value of part of an expression, and the gaps found in it.

    Errors are raised unchanged.
    """
    interpreter = _PER_THREAD.interpreter
    interpreter.begin(reading, deciding=deciding)
    interpreter.library.context = context
    interpreter.begin_tree(tree)
    value = interpreter.visit(tree, data)
    gaps = interpreter.exact, interpreter.truth, interpreter.written
    return Evaluation(value, interpreter.stated, *gaps)


def evaluated_apart(tree: Node, data: Value, context: Context, reading: Reading) -> Value:
    """Return the value of a tree even while another tree is being evaluated.

    A check of a value that an expression reads needs this: the running evaluation keeps its own
    reading and gaps.
    """
    return _evaluated(_PER_THREAD.apart, tree, data, context, reading, deciding=False).value


def evaluated(
    tree: Node, data: Value, context: Context, reading: Reading = PLAIN, *, deciding: bool = False
) -> Evaluation:
    """Return the answer of a tree on a record.

    While `deciding`, a function that has no result because of an absent key is unknown rather than
    an error. Any other failure is an `EvaluationError`, whose text contains no value of the record.
    """
    return _evaluated(_PER_THREAD.interpreter, tree, data, context, reading, deciding=deciding)


def _evaluated(
    interpreter: GapInterpreter, tree: Node, data: Value, context: Context, reading: Reading, *,
    deciding: bool,
) -> Evaluation:  # fmt: skip
    interpreter.begin(reading, deciding=deciding)
    interpreter.library.context = context
    answers: list[Evaluation] = []

    def work() -> Value:
        answers.append(interpreter.answer(tree, data))
        return answers[0].value

    _answer(work)
    return answers[0]


def _answer(work: Callable[[], Any]) -> Value:
    try:
        value = work()
        refuse_other_than_json(value)
    except EvaluationError:
        raise
    except Overspent as overspent:
        raise OverBudget(overspent.summary) from None
    except RecursionError:
        raise EvaluationError("the data nest too deeply") from None
    except TypeError:
        raise EvaluationError("values of different types cannot be compared") from None
    except (ValueError, OverflowError, ArithmeticError, LookupError):
        raise EvaluationError("the expression has no value on these data") from None
    return cast(Value, value)


def refuse_other_than_json(value: Any) -> None:
    """Raise `EvaluationError` if a value is not JSON."""
    if isinstance(value, list):
        for item in value:
            refuse_other_than_json(item)
    elif isinstance(value, dict):
        for item in value.values():
            refuse_other_than_json(item)
    elif isinstance(value, float):
        if value - value != 0:  # NaN and the infinities
            raise EvaluationError("the result is not a finite number")
    elif not (value is None or isinstance(value, str | int)):
        raise EvaluationError("the result is not a JSON value")
