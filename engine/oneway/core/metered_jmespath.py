"""The package's JMESPath interpreter and functions, within a budget."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jmespath.functions import Functions
from jmespath.visitor import Options, TreeInterpreter

from oneway.core.budget import STEP_OF_COMPARISON, Budget, weight

if TYPE_CHECKING:
    from jmespath.visitor import _TreeNode as Node
else:
    Node = dict[str, Any]

_DEEP = frozenset({"contains", "to_string", "unique", "one_of"})
"""Functions that compare or write what is inside their arguments."""


class MeteredFunctions(Functions):
    """JMESPath's own functions; their input and output is paid for."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget

    def call_function(self, function_name: str, resolved_args: Any) -> Any:
        """Call a function; raise `Overspent` if that costs too much."""
        self._pay(function_name, resolved_args)
        return self.paid(self.called(function_name, resolved_args))

    def called(self, name: str, arguments: Sequence[Any]) -> Any:
        """Call a function whose arguments are paid for."""
        return super().call_function(name, arguments)

    def paid(self, result: Any) -> Any:
        """Return a function's result, once it is paid for."""
        if isinstance(result, str):
            self.budget.make(len(result))
        elif isinstance(result, list | dict):
            self.budget.spend(len(result))
        return result

    def _pay(self, name: str, arguments: Sequence[Any]) -> None:
        budget = self.budget
        if name in _DEEP:
            characters = budget.look(arguments)
            if name == "to_string" and not isinstance(arguments[0], str):
                budget.make(characters)
        else:
            budget.read(arguments)
        if name == "join" and len(arguments) == 2:
            glue, parts = arguments
            if isinstance(glue, str) and isinstance(parts, list):
                budget.make(len(glue) * len(parts))
        for each in arguments:
            if hasattr(each, "expression"):  # an `&`, of which the package has one class
                items = next((one for one in arguments if isinstance(one, list)), [])
                budget.each(items, each.expression)


class MeteredInterpreter(TreeInterpreter):
    """The package's interpreter; iteration over lists is paid for."""

    def __init__(self, functions: MeteredFunctions) -> None:
        super().__init__(Options(custom_functions=functions))
        self.budget = functions.budget

    def begin_tree(self, node: Mapping[str, Any]) -> None:
        """Begin an evaluation of a tree."""
        self.budget.begin()
        self.budget.spend(weight(node))

    def visit_projection(self, node: Node, value: Any) -> Any:
        """Return the values of an expression on each item of a list."""
        given = self._given(node, value)
        self.budget.each(given["children"][0]["value"], given["children"][1])
        return super().visit_projection(given, value)

    def visit_value_projection(self, node: Node, value: Any) -> Any:
        """Return the values of an expression on each value of an object."""
        given = self._given(node, value)
        self.budget.each(given["children"][0]["value"], given["children"][1])
        return super().visit_value_projection(given, value)

    def visit_filter_projection(self, node: Node, value: Any) -> Any:
        """Return the values of an expression on each item for which a condition holds."""
        given = self._given(node, value)
        items, then, condition = given["children"]
        self.budget.each(items["value"], condition)
        self.budget.each(items["value"], then)
        return super().visit_filter_projection(given, value)

    def visit_flatten(self, node: Node, value: Any) -> Any:
        """Return a list with the items of the lists in it."""
        given = self._given(node, value)
        items = given["children"][0]["value"]
        if isinstance(items, list):
            self.budget.spend(
                sum(len(each) if isinstance(each, list) else 1 for each in items) + len(items)
            )
        return super().visit_flatten(given, value)

    def visit_slice(self, node: Node, value: Any) -> Any:
        """Return a part of a list."""
        if isinstance(value, list):
            self.budget.spend(len(value))
        return super().visit_slice(node, value)

    def visit_comparator(self, node: Node, value: Any) -> Any:
        """Return whether two values compare so; lists and objects are compared in depth."""
        left, right = (self.visit(each, value) for each in node["children"])
        if isinstance(left, list | dict) and isinstance(right, list | dict):
            self.budget.look(left)
            self.budget.look(right)
        elif isinstance(left, str) and isinstance(right, str):
            self.budget.spend(min(len(left), len(right)) // STEP_OF_COMPARISON)
        if node["value"] in ("eq", "ne"):
            return self.COMPARATOR_FUNC[node["value"]](left, right)
        literals: list[Any] = [_literal(left), _literal(right)]
        compared: Node = {"type": "comparator", "value": node["value"], "children": literals}
        return super().visit_comparator(compared, value)

    def _given(self, node: Node, value: Any) -> Node:
        """Return the node with the list that it iterates over already evaluated."""
        first, *rest = node["children"]
        given = first if first["type"] == "literal" else _literal(self.visit(first, value))
        return {"type": node["type"], "value": None, "children": [given, *rest]}


def _literal(value: Any) -> Node:
    return {"type": "literal", "value": value, "children": []}
