"""Finds where in a record the values come from that an expression reads within lists.

`jobs[?status == 'Former']` reads the status of each item of `jobs`: `jobs[].status`. What the
record schema says of it, and the words that it is compared with, are known by that place.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias, cast

from oneway.core.dataclass import dataclass
from oneway.core.records import ItemPath, Value, is_blank
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.expressions.words import Way, Word, compared_here, only_path


class At(NamedTuple):
    """A value that stands at a place of the record; where `flat`, unless it is a list."""

    path: ItemPath
    flat: bool = False


class ListOf(NamedTuple):
    """A list whose items come from these places."""

    items: "Places"


class ObjectOf(NamedTuple):
    """An object that the expression makes: each key, and where its value comes from."""

    members: "tuple[tuple[str, Places], ...]"


Places: TypeAlias = "frozenset[At | ListOf | ObjectOf]"

NOWHERE: Places = frozenset()
_MOST = 16
"""The most places that a value is followed to, and the most lists in each other."""


def note_items(tree: Node) -> None:
    """Note at each node of a tree that reads within lists where its value comes from.

    `items` are the places of its value, `each` those of the items that it goes over.
    """
    _Follower({}, noting=True).visit(tree, _ROOT)


def item_words(tree: Node) -> Iterator[tuple[ItemPath, Word]]:
    """Yield each constant that is compared with a value that stands at a place, and the place.

    The word's part is to be evaluated on that value itself. What `words_of` finds is left out.
    """
    walk = _Follower({})
    walk.visit(tree, _ROOT)
    for node, here in walk.visited.values():
        for part, value, way in compared_here(node):
            if isinstance(value, str | bool | int | float) and not is_blank(value):
                yield from walk.words(part, value, way, is_root=here == _ROOT)


_ROOT: Places = frozenset({At(((),))})


@dataclass(slots=True)
class _Follower:
    """Visits a tree; `visited` are its nodes, each with what `@` stands for there."""

    visited: dict[int, tuple[Node, Places]]
    noting: bool = False

    def visit(self, node: Node, here: Places) -> Places:
        """Return the places that a node's value comes from."""
        self.visited[id(node)] = node, here
        kind = node["type"]
        if kind in ("current", "identity", "slice"):
            return here
        visit = getattr(self, f"_{kind}", None)
        if visit is None:
            for child in node["children"]:
                self.visit(child, here)
            return NOWHERE
        found: Places = visit(node, here)
        found = found if len(found) <= _MOST else NOWHERE
        is_item = kind != "function_expression" or node["value"] in _OF_ONE
        if self.noting and kind in ("field", "index", "function_expression") and is_item:
            self._note(node, "items", found)
        return found

    def _note(self, node: Node, name: str, places: Places) -> None:
        paths = sorted({each.path for each in places if isinstance(each, At) and each.path[1:]})
        if self.noting and paths:
            cast(dict[str, Any], node)[name] = tuple(paths)

    def _field(self, node: Node, here: Places) -> Places:
        return _all(_member(each, str(node["value"])) for each in here)

    def _subexpression(self, node: Node, here: Places) -> Places:
        for child in node["children"]:
            here = self.visit(child, here)
        return here

    _pipe = _index_expression = _subexpression

    def _index(self, node: Node, here: Places) -> Places:
        del node
        return _items(here)

    def _flatten(self, node: Node, here: Places) -> Places:
        items = _items(self.visit(node["children"][0], here))
        others = (each._replace(flat=True) if isinstance(each, At) else each for each in items)
        return _list_of(frozenset(others) | _items(items))

    def _projection(self, node: Node, here: Places) -> Places:
        items = _items(self.visit(node["children"][0], here))
        self._note(node, "each", items)
        for condition in node["children"][2:]:
            self.visit(condition, items)
        return _list_of(self.visit(node["children"][1], items))

    _filter_projection = _value_projection = _projection

    def _multi_select_list(self, node: Node, here: Places) -> Places:
        return _list_of(_all(self.visit(each, here) for each in node["children"]))

    def _multi_select_dict(self, node: Node, here: Places) -> Places:
        members = ((str(each["value"]), self.visit(each, here)) for each in node["children"])
        return frozenset({ObjectOf(tuple(members))})

    def _key_val_pair(self, node: Node, here: Places) -> Places:
        return self.visit(node["children"][0], here)

    def _or_expression(self, node: Node, here: Places) -> Places:
        return _all(self.visit(each, here) for each in node["children"])

    _and_expression = _or_expression

    def _function_expression(self, node: Node, here: Places) -> Places:
        name, arguments = node["value"], node["children"]
        plain = [each for each in arguments if each["type"] != "expref"]
        given = [self.visit(each, here) for each in plain]
        items = _items(given[0]) if given else NOWHERE
        made = [
            self.visit(each["children"][0], items) for each in arguments if each["type"] == "expref"
        ]
        if name in _AS_IT_IS and given:
            return given[0]
        if name in _OF_ONE:
            return items
        if name == "map" and made:
            return _list_of(made[0])
        return _all(given[1:] if name == "iif" else given) if name in _CHOOSING else NOWHERE

    def words(
        self, part: Node, value: Value, way: Way, *, is_root: bool
    ) -> Iterator[tuple[ItemPath, Word]]:
        """Yield the word that a part is compared with, for each place that decides the part."""
        here = self.visited[id(part)][1]
        lists = _Follower({}).visit(part, here) if way is Way.HELD else NOWHERE
        for each in _all(each.items for each in lists if isinstance(each, ListOf)):
            if isinstance(each, At):
                yield each.path, Word((), value, _ITSELF, Way.EQUAL, None, each.flat)
        holes: set[Places] = set()
        whole = _with_holes(part, here, holes)
        known = only_path(part) if is_root else None
        for each in next(iter(holes)) if len(holes) == 1 else NOWHERE:
            if isinstance(each, At) and each.path != (known,) and each.path != ((),):
                yield each.path, Word((), value, whole, way, None, each.flat)


_ITSELF: Node = {"type": "current", "value": None, "children": []}
_AS_IT_IS = frozenset({"sort", "sort_by", "reverse", "unique", "compact"})
_OF_ONE = frozenset({"item", "only", "max", "min", "max_by", "min_by"})
_CHOOSING = frozenset({"coalesce", "default", "not_null", "iif"})


def _with_holes(node: Node, here: Places, holes: set[Places]) -> Node:
    """Return a node with `@` in place of each part whose value stands somewhere in the record."""
    found = _Follower({}).visit(node, here)
    if found and all(isinstance(each, At) for each in found):
        holes.add(found)
        return _ITSELF
    if node["type"] not in ("function_expression", "or_expression"):
        if node["type"] != "literal":
            holes.update((NOWHERE, _ROOT))  # the value depends on more
        return node
    children = [_with_holes(each, here, holes) for each in node["children"]]
    return {"type": node["type"], "value": node.get("value"), "children": children}


def _all(places: Iterable[Places]) -> Places:
    return NOWHERE.union(*places)


def _list_of(items: Places) -> Places:
    return frozenset({ListOf(items)}) if items else NOWHERE


def _items(places: Places) -> Places:
    """Return where the items of a list come from, or the values of an object."""
    found: list[Places] = []
    for each in places:
        if isinstance(each, At):
            known = not each.flat and len(each.path) < _MOST
            found.append(frozenset({At((*each.path, ()))} if known else ()))
        else:
            found.append(
                each.items if isinstance(each, ListOf) else _all(held for _, held in each.members)
            )
    return _all(found)


def _member(place: At | ListOf | ObjectOf, key: str) -> Places:
    if isinstance(place, At):
        return frozenset({At((*place.path[:-1], (*place.path[-1], key)))})
    if isinstance(place, ObjectOf):
        return dict(place.members).get(key, NOWHERE)
    return NOWHERE
