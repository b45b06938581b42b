"""Evaluates JMESPath over responses; `{a: b}` omits a key if `b` depends on an absent one.

A manifest may reshape records: `data[].{mobile: attributes.mobile.value, left: status != 'In'}`.
JMESPath turns an absent `mobile` into null, and an absent `status` into true, which may clear a
value or end somebody's access. So a key whose value depends on an absent key is left out, just as
such a value is unknown in a mapping: `||` and `&&` follow Kleene's logic, and in `nick || name`,
`name` replaces an absent `nick`, but an unknown condition has no replacement.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from jmespath.exceptions import JMESPathError

from oneway.core.budget import PAGE, Budget
from oneway.core.metered_jmespath import MeteredFunctions, MeteredInterpreter

if TYPE_CHECKING:
    from jmespath.visitor import _TreeNode as Node
else:
    Node = dict[str, Any]


class Dependence(IntEnum):
    """How a value depends on what a response lacks."""

    NONE = 0
    REPLACED = 1
    """`||` has replaced it: this is a value, but no answer to a condition."""
    ABSENT = 2
    """It is made of an absent key: another value may replace it."""
    CHOSEN = 3
    """A condition depends on an absent key: nothing may replace it."""


class Reshaper(MeteredInterpreter):
    """The package's interpreter; new objects omit keys whose values depend on absent ones."""

    def __init__(self) -> None:
        super().__init__(MeteredFunctions(Budget(PAGE)))
        self._lacking = False
        self._gap = Dependence.NONE
        self._pick: int | None = None
        """The position of the only item that counts in the next list, or None."""

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

        That is a key, or the object or list around it; a null in its place is not an absent key.
        """
        return self._lacking

    @property
    def unknown(self) -> bool:
        """Whether the result of the last expression depends on something absent."""
        return self._gap >= Dependence.ABSENT

    def visit_field(self, node: Node, value: Any) -> Any:
        """Return the value of a key, and remember that one was absent."""
        self._expect(dict, value)
        if isinstance(value, dict) and node["value"] not in value:
            self._lacking = True
            self._gather(Dependence.ABSENT)
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
            found, gap = self._asked(child, value)
            if gap < Dependence.ABSENT and (found is not None or not self._lacking):
                made[str(child["value"])] = found
        self._lacking = before
        return made

    def visit_comparator(self, node: Node, value: Any) -> Any:
        """Return the result of a comparison; it is unknown if one of the values is."""
        return self._judged(super().visit_comparator, node, value)

    def visit_not_expression(self, node: Node, value: Any) -> Any:
        """Return whether a condition does not hold; it is unknown if that is."""
        return self._judged(super().visit_not_expression, node, value)

    def visit_or_expression(self, node: Node, value: Any) -> Any:
        """Return the left value if it holds, or else the right one."""
        return self._either(node, value, decides=True)

    def visit_and_expression(self, node: Node, value: Any) -> Any:
        """Return the left value if it does not hold, or else the right one."""
        return self._either(node, value, decides=False)

    def _either(self, node: Node, value: Any, *, decides: bool) -> Any:
        """Return `a || b` (decided by a true side) or `a && b` (decided by a false one)."""
        left, gap = self._asked(node["children"][0], value)
        is_left = _is_true(left) is decides
        if is_left and gap < Dependence.ABSENT:
            self._gather(gap)
            return left
        right, other = self._asked(node["children"][1], value)
        if gap and isinstance(right, bool) and right is decides and not other:
            return right
        stands_in = gap is Dependence.ABSENT and decides and not is_left
        self._gather(max(other, Dependence.REPLACED) if stands_in else max(gap, other))
        if gap and not decides:
            self._gather(Dependence.CHOSEN)
        return left if is_left else right

    def visit_function_expression(self, node: Node, value: Any) -> Any:
        """Return the result of a function; it is unknown if an argument is."""
        if node["value"] == "not_null":
            return self._first(node["children"], value)
        before, self._gap = self._gap, Dependence.NONE
        try:
            return super().visit_function_expression(node, value)
        except JMESPathError:
            if not self._gap:
                raise
            return None
        finally:
            judged = self._gap and node["value"] in _CONDITIONS
            self._gap = max(before, Dependence.CHOSEN if judged else self._gap)

    def _first(self, arguments: list[Any], value: Any) -> Any:
        """Return the first argument that is not null, which replaces those before it."""
        found, gap = None, Dependence.NONE
        for each in arguments:
            found, gap = self._asked(each, value)
            if found is not None:
                break
        self._gather(gap)
        return found

    def visit_pipe(self, node: Node, value: Any) -> Any:
        """Return what the right side finds in the left one, or only in its first item."""
        left, right = node["children"]
        first = right
        while first["type"] in _CHAINS and first["children"][0]["type"] != "identity":
            first = first["children"][0]
        first = first["children"][-1] if first["type"] == "index_expression" else first
        picks = first["type"] == "index" and first["value"] in (0, -1)
        self._pick = first["value"] if picks and left["type"] in _OVER else None
        return self.visit(right, self.visit(left, value))

    def visit_projection(self, node: Node, value: Any) -> Any:
        """Return what an expression finds in each item, without null."""
        pick, self._pick = self._pick, None
        taken, then, *conditions = node["children"]
        items = self._items(taken, _OVER[node["type"]], value)
        if items is None:
            return None
        found = list[tuple[Any, Dependence]]()
        for condition in conditions:
            self.budget.each(items, condition)
        self.budget.each(items, then)
        for each in items:
            chosen = [self._asked(condition, each) for condition in conditions]
            gap = Dependence.CHOSEN if any(unsure for _, unsure in chosen) else Dependence.NONE
            if all(_is_true(holds) for holds, _ in chosen):
                shown, own = self._asked(then, each)
                found.append((shown, max(gap, own)))
            else:
                found.append((None, gap))
        for shown, gap in reversed(found) if pick == -1 else found:
            self._gather(gap)
            if pick is not None and shown is not None:
                break
        return [shown for shown, _ in found if shown is not None]

    visit_filter_projection = visit_value_projection = visit_projection

    def visit_rows(self, node: Node, value: Any) -> Any:
        """Return what an expression finds in each item, and null where it finds nothing."""
        taken, then, *conditions = node["children"]
        items = self._items(taken, node["value"], value)
        if items is None:
            return None
        for condition in conditions:
            self.budget.each(items, condition)
            items = [each for each in items if _is_true(self._asked(condition, each)[0])]
        self.budget.each(items, then)
        return [self.visit(then, each) for each in items]

    def _items(self, taken: Node, kind: type, value: Any) -> list[Any] | None:
        """Return the items of a list, or the values of an object; None if it is neither."""
        held: Any = self.visit(taken, value)
        self._expect(kind, held)
        if kind is dict:
            return [*held.values()] if isinstance(held, dict) else None
        return held if isinstance(held, list) else None

    def _given(self, node: Node, value: Any) -> Node:
        given = super()._given(node, value)
        self._expect(list, given["children"][0]["value"])
        return given

    def _expect(self, kind: type, value: Any) -> None:
        if value is not None and not isinstance(value, kind):
            self._lacking = True
            self._gather(Dependence.ABSENT)

    def _asked(self, node: Node, value: Any) -> tuple[Any, Dependence]:
        """Return the value of a node, and its own gap."""
        before, self._gap = self._gap, Dependence.NONE
        found = self.visit(node, value)
        gap, self._gap = self._gap, before
        return found, gap

    def _judged(self, visit: Callable[[Node, Any], Any], node: Node, value: Any) -> Any:
        before, self._gap = self._gap, Dependence.NONE
        found = visit(node, value)
        self._gap = max(before, Dependence.CHOSEN if self._gap else Dependence.NONE)
        return found

    def _gather(self, gap: Dependence) -> None:
        self._gap = max(self._gap, gap)


def every_row(node: Node) -> Node:
    """Return an expression for the same list in which a row that is not found becomes null.

    JMESPath would leave it out: with `data[].user`, an item without `user` would be ignored. Only a
    filter leaves rows out. Lists within a row (`data[].{id: id, tags: tags[].name}`) are its own
    values.
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
    """Return an expression for the list from which another takes its rows, before it drops any.

    That is `data` for `data[?kind == 'e'].{id: id}`. A condition that selects an envelope
    (`parts[?name == 'people'].rows[]`) stays.
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
    """Return the keys and indexes that an expression begins with, and whether they are all of it.

    For `boards[0].items[?a]` they are `boards`, 0 and `items`; the expression then drops rows.
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


def _is_true(value: Any) -> bool:
    """Return whether a value counts as true in JMESPath; 0 does."""
    return value is not None and value is not False and value not in ("", [], {})


_CONDITIONS = {"contains", "ends_with", "starts_with"}
_CHAINS = {"subexpression", "index_expression", "pipe"}
_STARTS = {"filter_projection", "flatten", "or_expression", "projection"}
_OVER = {"filter_projection": list, "projection": list, "value_projection": dict}
_VALUES = {"comparator", "literal", "multi_select_dict", "not_expression", "slice"}
"""Nodes that make a value of their own, not rows."""
_PROJECTIONS = {"filter_projection", "projection"}
_ONE_BY_ONE = {"sort_by": 0, "reverse": 0, "map": 1}
"""Functions whose result has as many rows as the argument at this position."""
