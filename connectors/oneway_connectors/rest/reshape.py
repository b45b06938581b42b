"""Evaluates JMESPath over responses; `{a: b}` omits a key that the response does not have.

A manifest may reshape records: `data[].{mobile: attributes.mobile.value}`. JMESPath turns an
absent `mobile` into null, and null is a statement: it may clear a value.
"""

from typing import TYPE_CHECKING, Any

from oneway.core.budget import PAGE, Budget
from oneway.core.metered import MeteredFunctions, MeteredInterpreter

if TYPE_CHECKING:
    from jmespath.visitor import _TreeNode as Node
else:
    Node = dict[str, Any]


class Reshaper(MeteredInterpreter):
    """The package's interpreter; new objects omit keys that were absent."""

    def __init__(self) -> None:
        super().__init__(MeteredFunctions(Budget(PAGE)))
        self._lacking = False

    def found(self, node: Node, value: Any) -> Any:
        """Return the result of an expression; raise `Overspent` if it costs too much."""
        self.begin_tree(node)
        found = self.visit(node, value)
        if found is not value and isinstance(found, list | dict):
            self.budget.look(found)
        return found

    def visit_field(self, node: Node, value: Any) -> Any:
        """Return the value of a key, and remember that one was absent."""
        if isinstance(value, dict) and node["value"] not in value:
            self._lacking = True
        return super().visit_field(node, value)

    def visit_multi_select_dict(self, node: Node, value: Any) -> Any:
        """Return an object without the keys whose value is null because a key was absent."""
        if value is None:
            return None
        made: dict[str, Any] = {}
        before = self._lacking
        for child in node["children"]:
            self._lacking = False
            found = self.visit(child, value)
            if found is not None or not self._lacking:
                made[str(child["value"])] = found
        self._lacking = before
        return made
