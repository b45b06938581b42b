"""JMESPath over answers, in which `{a: b}` gives no key to what a system did not say.

A manifest may give records another shape: `data[].{mobile: attributes.mobile.value}`. JMESPath
makes null of a `mobile` that is absent, and null is a statement: it may clear a value.
"""

from typing import TYPE_CHECKING, Any

from jmespath.visitor import TreeInterpreter

if TYPE_CHECKING:
    from jmespath.visitor import _TreeNode as Node
else:
    Node = dict[str, Any]


class Reshaper(TreeInterpreter):
    """The package's interpreter; an object that it makes lacks the keys that were absent."""

    def __init__(self) -> None:
        super().__init__()
        self._lacking = False

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
