"""How a tree is evaluated: the reference interpreter, with our functions and one question more.

The question is whether everything that was read is there: "a key that is absent from the
source record is unstated, not blank". It is asked while the expression runs, so that
`a || b` does not read `b` where `a` answers.

Equality is the package's: `1 == true` and `0 == false` are false, numbers are no booleans.
Inside lists and objects it compares as Python does, and `[1] == [true]` is true.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import TYPES_MAP, Functions
from jmespath.visitor import Options, TreeInterpreter

from oneway.core.records import Value
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import BY_NAME, Context, EvaluationError, invoke
from oneway.mapping.functions.function import Later, wrong_type
from oneway.mapping.functions.values import to_number

BUILT_IN: dict[str, Sequence[dict[str, Any]]] = {
    name: entry["signature"] for name, entry in Functions.FUNCTION_TABLE.items()
}
"""JMESPath's own functions: the types of each parameter, and whether the last one repeats."""


class _Library(Functions):
    """JMESPath's own functions and ours, under one roof."""

    context: Context

    def call_function(self, function_name: str, resolved_args: Any) -> Any:
        function = BY_NAME.get(function_name)
        if function is not None:
            return invoke(function, resolved_args, self.context)
        if function_name == "to_number" and self.context.strict:
            return to_number(*resolved_args)
        try:
            return super().call_function(function_name, resolved_args)
        except JMESPathTypeError as problem:
            # The package's own message holds the value, which may be somebody's name.
            given = TYPES_MAP.get(problem.actual_type, problem.actual_type)
            raise wrong_type(function_name, problem.expected_types, given) from None
        except (TypeError, ValueError, OverflowError):
            raise EvaluationError(f"{function_name}() cannot work on these values") from None


class _Interpreter(TreeInterpreter):
    """The package's interpreter; `stated` turns False where a key that is read is absent."""

    def __init__(self) -> None:
        self.library = _Library()
        self.stated = True
        super().__init__(Options(custom_functions=self.library))

    def visit_field(self, node: Node, value: Any) -> Any:
        if isinstance(value, dict):
            found = value.get(node["value"], self)
            if found is not self:
                return found
        if value is not None:
            self.stated = False
        return None

    def visit_function_expression(self, node: Node, value: Any) -> Any:
        function = BY_NAME.get(node["value"])
        if function is None:
            return super().visit_function_expression(node, value)
        # What a function may not ask for must not fail a record: `iif(x, null, parse_date(y))`.
        arguments = [
            Later(partial(self.visit, child, value))
            if function.parameter(position).lazy
            else self.visit(child, value)
            for position, child in enumerate(node["children"])
        ]
        return self.library.call_function(function.name, arguments)

    def visit_index(self, node: Node, value: Any) -> Any:
        self._expect(value, list)
        return super().visit_index(node, value)

    def visit_slice(self, node: Node, value: Any) -> Any:
        self._expect(value, list)
        return super().visit_slice(node, value)

    def visit_projection(self, node: Node, value: Any) -> Any:
        return super().visit_projection(self._read(node, value, list), value)

    def visit_filter_projection(self, node: Node, value: Any) -> Any:
        return super().visit_filter_projection(self._read(node, value, list), value)

    def visit_flatten(self, node: Node, value: Any) -> Any:
        return super().visit_flatten(self._read(node, value, list), value)

    def visit_value_projection(self, node: Node, value: Any) -> Any:
        return super().visit_value_projection(self._read(node, value, dict), value)

    def _read(self, node: Node, value: Any, kind: type) -> Node:
        """Return the node with what it projects already evaluated, once it has been looked at."""
        base = self.visit(node["children"][0], value)
        self._expect(base, kind)
        literal: Node = {"type": "literal", "value": base, "children": []}
        return {"type": node["type"], "value": None, "children": [literal, *node["children"][1:]]}

    def _expect(self, value: Any, kind: type) -> None:
        # A text where a list should be says nothing about the list.
        if value is not None and not isinstance(value, kind):
            self.stated = False


class _PerThread(threading.local):
    """One interpreter a thread: it holds the state of the evaluation that is running."""

    def __init__(self) -> None:
        self.interpreter = _Interpreter()


_PER_THREAD = _PerThread()


def evaluated(tree: Node, data: Value, context: Context) -> tuple[Value, bool]:
    """Return the value of a tree on a record, and whether everything it read was there.

    Whatever goes wrong is an `EvaluationError`, in words that hold no value of the record.
    """
    interpreter = _PER_THREAD.interpreter
    interpreter.stated = True
    interpreter.library.context = context
    value = _answer(lambda: interpreter.visit(tree, data))
    return value, interpreter.stated


def _answer(work: Callable[[], Any]) -> Value:
    try:
        value = work()
        _refuse_other_than_json(value)
    except EvaluationError:
        raise
    except RecursionError:
        raise EvaluationError("the data nest too deeply") from None
    except TypeError:
        raise EvaluationError("values of different types cannot be compared") from None
    except (ValueError, OverflowError, ArithmeticError, LookupError):
        raise EvaluationError("the expression has no value on these data") from None
    return cast(Value, value)


def _refuse_other_than_json(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _refuse_other_than_json(item)
    elif isinstance(value, dict):
        for item in value.values():
            _refuse_other_than_json(item)
    elif isinstance(value, float):
        if value - value != 0:  # NaN and the infinities
            raise EvaluationError("the result is not a finite number")
    elif not (value is None or isinstance(value, str | int)):
        raise EvaluationError("the result is no JSON value")
