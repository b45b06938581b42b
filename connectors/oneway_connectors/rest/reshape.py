"""Evaluates JMESPath over responses; `{a: b}` omits a key that the response does not have.

A manifest may reshape records: `data[].{mobile: attributes.mobile.value}`. JMESPath turns an
absent `mobile` into null, and null is a statement: it may clear a value.
"""

from typing import TYPE_CHECKING, Any

from oneway.core.budget import PAGE, Budget
from oneway.core.metered_jmespath import MeteredFunctions, MeteredInterpreter

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

    @property
    def lacking(self) -> bool:
        """Whether the response lacks something that the last expression looked for.

        That is a key, or the object or list that holds it; null in its place says that it is null.
        """
        return self._lacking

    def visit_field(self, node: Node, value: Any) -> Any:
        """Return the value of a key, and remember that one was absent."""
        self._expect(dict, value)
        if isinstance(value, dict) and node["value"] not in value:
            self._lacking = True
        return super().visit_field(node, value)

    def visit_index(self, node: Node, value: Any) -> Any:
        """Return an item of a list, and remember that there was no list."""
        self._expect(list, value)
        return super().visit_index(node, value)

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

    def visit_rows(self, node: Node, value: Any) -> Any:
        """Return what an expression finds in each item, and null where it finds nothing."""
        taken, then, *conditions = node["children"]
        held = self.visit(taken, value)
        self._expect(node["value"], held)
        if not isinstance(held, node["value"]):
            return None
        items = [*held.values()] if isinstance(held, dict) else held
        for condition in conditions:
            self.budget.each(items, condition)
            fails: Node = {"type": "not_expression", "value": None, "children": [condition]}
            items = [each for each in items if not self.visit(fails, each)]
        self.budget.each(items, then)
        return [self.visit(then, each) for each in items]

    def _given(self, node: Node, value: Any) -> Node:
        given = super()._given(node, value)
        kind = dict if node["type"] == "value_projection" else list
        self._expect(kind, given["children"][0]["value"])
        return given

    def _expect(self, kind: type, value: Any) -> None:
        if value is not None and not isinstance(value, kind):
            self._lacking = True


def every_row(node: Node) -> Node:
    """Return an expression of the same list, in which a row that is not found stays, as null.

    JMESPath leaves it out: by `data[].user`, an item without `user` would be nobody. Only a filter
    leaves rows out. Lists within a row (`data[].{id: id, tags: tags[].name}`) are its own values.
    """
    kind, inner = node["type"], node["children"]
    if kind in _VALUES:
        return node
    if kind not in _OVER:
        return _with(node, [every_row(each) for each in inner])
    taken, then, *conditions = inner
    return {
        "type": "rows",
        "value": _OVER[kind],
        "children": [every_row(taken), every_row(then), *conditions],
    }


def uncut(node: Node) -> Node:
    """Return an expression of the list that another takes its rows from, before it drops any.

    That is `data` for `data[?kind == 'e'].{id: id}`. An envelope that is chosen by a condition
    (`parts[?name == 'people'].rows[]`) is still chosen by it.
    """
    kind, inner = node["type"], node["children"]
    if (rows := _taken_from(node)) is not None:
        return uncut(rows)
    if kind == "flatten" and inner[0]["type"] in _PROJECTIONS:
        lists, each, *rest = inner[0]["children"]
        if each["type"] != "identity":
            return _with(node, [_with(inner[0], [lists, uncut(each), *rest])])
        return _with(node, [uncut(lists)])
    if kind == "pipe":
        return uncut(inner[0]) if _passes_on(inner[1]) else _with(node, [inner[0], uncut(inner[1])])
    return _with(node, [uncut(each) for each in inner]) if kind == "or_expression" else node


def first_steps(node: Node) -> tuple[tuple[str | int, ...], bool]:
    """Return the keys and places that an expression follows first, and if it then does no more.

    Those of `boards[0].items[?a]` are `boards`, 0 and `items`, and it then drops rows.
    """
    kind, inner = node["type"], node["children"]
    if kind in {"field", "index"}:
        return (node["value"],), True
    if kind in {"identity", "current"}:
        return (), True
    steps: tuple[str | int, ...] = ()
    for each in inner if kind in _CHAINS else inner[:1] if kind in _STARTS else ():
        more, exact = first_steps(each)
        steps += more
        if not exact:
            return steps, False
    return steps, kind in _CHAINS


def _taken_from(node: Node) -> Node | None:
    """Return the list that an expression takes its rows from one by one, or None."""
    if node["type"] in _PROJECTIONS:
        return node["children"][0]
    if node["type"] == "function_expression" and node["value"] in _ONE_BY_ONE:
        return node["children"][_ONE_BY_ONE[node["value"]]]
    return None


def _passes_on(node: Node) -> bool:
    """Return whether the right side of a pipe takes its rows from the list on the left."""
    rows = _taken_from(node)
    return node["type"] in {"identity", "current"} if rows is None else _passes_on(rows)


def _with(node: Node, children: list[Any]) -> Node:
    return {**node, "children": children}


_CHAINS = {"subexpression", "index_expression", "pipe"}
_STARTS = {"filter_projection", "flatten", "or_expression", "projection"}
_OVER = {"filter_projection": list, "projection": list, "value_projection": dict}
_VALUES = {"comparator", "literal", "multi_select_dict", "not_expression", "slice"}
"""What makes a value of its own, and no rows."""
_PROJECTIONS = {"filter_projection", "projection"}
_ONE_BY_ONE = {"sort_by": 0, "reverse": 0, "map": 1}
"""Functions whose result has as many rows as the argument at this place."""
