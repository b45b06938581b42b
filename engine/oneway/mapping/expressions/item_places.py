"""Finds where in a record values come from that an expression reads within lists.

`jobs[?status == 'Former']` reads the status of each item of `jobs`: `jobs[].status`. By this place,
the record schema and the words it is compared with are looked up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import Any, NamedTuple, TypeAlias, cast

from oneway.core.dataclass import dataclass
from oneway.core.paths import ItemPath
from oneway.mapping.expressions.named_calls import CHOOSE
from oneway.mapping.expressions.syntax import Node, path_in
from oneway.mapping.expressions.table_rows import is_table


class At(NamedTuple):
    """A value at a place of the record; with `flat`, only if it is not a list.

    `[]` takes either an item of a list or the value itself, which is then not a list.
    """

    path: ItemPath
    flat: bool = False


class ListOf(NamedTuple):
    """A list whose items come from these places."""

    items: "Places"


class ObjectOf(NamedTuple):
    """An object that the expression makes: each key, and the source of its value."""

    members: "tuple[tuple[str, Places], ...]"


Places: TypeAlias = "frozenset[At | ListOf | ObjectOf]"

NOWHERE: Places = frozenset()
_MOST = 64
"""The most places that a value is traced to: each `[]` of a path doubles them."""
_DEEPEST = 16
"""The deepest nesting of lists."""


def note_items(tree: Node) -> None:
    """Note at each node of a tree that reads within lists where its value comes from.

    `items` are the places of its value, `each` those of the items that it iterates over. `pick` is
    the only item of a projection that is used, as in `jobs[?main] | [0]`: 0 or -1.
    """
    PlaceFollower(noting=True).visit(tree, ROOT)
    _note_picks(tree)


def _note_picks(node: Node) -> None:
    if node["type"] == "slice":
        return
    if node["type"] in ("pipe", "index_expression"):
        made, then, *_ = node["children"]
        while made["type"] == "pipe":
            made = made["children"][-1]
        while then["type"] in ("pipe", "subexpression", "index_expression"):
            steps = [each for each in then["children"] if each["type"] not in _ITSELVES]
            then = steps[0] if steps else then["children"][0]
        if made["type"] in _PROJECTIONS and then["type"] == "index" and then["value"] in (0, -1):
            cast(dict[str, Any], made)["pick"] = then["value"]
    for child in node["children"]:
        _note_picks(child)


def is_within(node: Node) -> bool:
    """Return whether a node reads a key of something without a path from the record.

    An item of a list has no path, as in `jobs[].title` and `jobs[0].title`.
    """
    return node["type"] == "field" and "path" not in node


def names_gaps(node: Node) -> bool:
    """Return whether a gap of an expression may be named to people, once its paths are noted.

    It may if the expression reads a key of a list's item, or uses a table of rules.
    """
    if is_within(node) or is_table(node):
        return True
    return node["type"] != "slice" and any(map(names_gaps, node["children"]))


def collects(node: Node) -> bool:
    """Return whether an expression makes a list whose items are independent of one another.

    Some items of such a list can be certain even if others are not.
    """
    kind, children = node["type"], node["children"]
    if kind in (*_PROJECTIONS, "flatten"):
        return collects(children[0]) or path_in(children[0]) is not None
    if kind == "function_expression":
        return node["value"] in _EACH_FOR_ITSELF and collects(children[0])
    if kind == "pipe":
        return collects(children[0]) and (children[1]["type"] in _ITSELVES or collects(children[1]))
    return kind in _ITSELVES


def item_paths(tree: Node) -> Sequence[ItemPath]:
    """Return the places within lists that a tree reads, by their keys, once they are noted.

    Places that only lead to another one are left out, as are the nested lists that `[]` would
    flatten.
    """
    found = sorted({by_keys(each) for each in _noted(tree) if each[1:]})
    return [each for each in found if not any(_leads_to(each, other) for other in found)]


def _noted(node: Node) -> Iterator[ItemPath]:
    notes = cast(dict[str, Any], node)
    yield from (each.path for name in ("items", "each") for each in notes.get(name, ()))
    for child in node["children"] if node["type"] != "slice" else ():
        yield from _noted(child)


def by_keys(path: ItemPath) -> ItemPath:
    """Return a place within lists without nested lists, which `[]` would flatten."""
    head, *inner = path
    keys = filter(None, inner)
    return (head, *keys) if any(inner) else path[:2]


def _leads_to(path: ItemPath, other: ItemPath) -> bool:
    *lists, last = path
    there = other[len(lists)] if len(other) > len(lists) else None
    leads = there is not None and (*lists, there[: len(last)]) == (*other[: len(lists)], last)
    return leads and path != other


ROOT: Places = frozenset({At(((),))})


@dataclass(slots=True)
class PlaceFollower:
    """Visits a tree; `visited` are its nodes, each with what `@` stands for there."""

    visited: dict[int, tuple[Node, Places]] = field(default_factory=dict)
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
        found = {each for each in places if isinstance(each, At) and each.path != ((),)}
        known = sorted(each for each in found if not each.flat or At(each.path) not in found)
        if self.noting and known and "path" not in node:
            cast(dict[str, Any], node)[name] = tuple(known)

    def _field(self, node: Node, here: Places) -> Places:
        return united(_member(each, str(node["value"])) for each in here)

    def _subexpression(self, node: Node, here: Places) -> Places:
        for child in node["children"]:
            here = self.visit(child, here)
        return here

    _pipe = _index_expression = _subexpression

    def _index(self, node: Node, here: Places) -> Places:
        del node
        return items_at(here)

    def _flatten(self, node: Node, here: Places) -> Places:
        items = items_at(self.visit(node["children"][0], here))
        lists = frozenset(each for each in items if not isinstance(each, ObjectOf))
        return _list_of(_flat(items) | items_at(lists))

    def _projection(self, node: Node, here: Places) -> Places:
        items = items_at(self.visit(node["children"][0], here))
        self._note(node, "each", items)
        for condition in node["children"][2:]:
            self.visit(condition, items)
        return _list_of(self.visit(node["children"][1], items))

    _filter_projection = _value_projection = _projection

    def _multi_select_list(self, node: Node, here: Places) -> Places:
        return _list_of(united(self.visit(each, here) for each in node["children"]))

    def _multi_select_dict(self, node: Node, here: Places) -> Places:
        members = ((str(each["value"]), self.visit(each, here)) for each in node["children"])
        return frozenset({ObjectOf(tuple(members))})

    def _key_val_pair(self, node: Node, here: Places) -> Places:
        return self.visit(node["children"][0], here)

    def _or_expression(self, node: Node, here: Places) -> Places:
        return united(self.visit(each, here) for each in node["children"])

    _and_expression = _or_expression

    def _function_expression(self, node: Node, here: Places) -> Places:
        name, arguments = node["value"], node["children"]
        plain = [each for each in arguments if each["type"] != "expref"]
        given = [self.visit(each, here) for each in plain]
        items = items_at(given[0]) if given else NOWHERE
        of_each = [each["children"][0] for each in arguments if each["type"] == "expref"]
        made = [self.visit(each, items) for each in of_each]
        if made:
            self._note(node, "each", items)
        if name in _AS_IT_IS and given:
            return given[0]
        if name in _OF_ONE:
            return items
        if name == "map" and made:
            return _list_of(made[0])
        if name == "values":
            return _list_of(items)
        if name == "to_array" and given:
            return given[0] | _list_of(_flat(given[0]))
        if name == CHOOSE:
            return united(given[2::2])
        return united(given[1:] if name == "iif" else given) if name in _CHOOSING else NOWHERE


_ITSELVES = ("current", "identity")
_PROJECTIONS = ("projection", "filter_projection", "value_projection")
_EACH_FOR_ITSELF = ("unique", "compact", "sort", "reverse")
_AS_IT_IS = frozenset({"sort", "sort_by", "reverse", "unique", "compact"})
_OF_ONE = frozenset({"item", "only", "max", "min", "max_by", "min_by"})
_CHOOSING = frozenset({"coalesce", "default", "not_null", "iif", "merge"})


def united(places: Iterable[Places]) -> Places:
    return NOWHERE.union(*places)


def _list_of(items: Places) -> Places:
    return frozenset({ListOf(items)}) if items else NOWHERE


def _flat(places: Places) -> Places:
    """Return the places of the values that are not lists."""
    single = (each for each in places if not isinstance(each, ListOf))
    return frozenset(e._replace(flat=True) if isinstance(e, At) else e for e in single)


def items_at(places: Places) -> Places:
    """Return where the items of a list, or the values of an object, come from."""
    found: list[Places] = []
    for each in places:
        if isinstance(each, At):
            known = not each.flat and len(each.path) < _DEEPEST
            found.append(frozenset({At((*each.path, ()))} if known else ()))
        else:
            found.append(
                each.items if isinstance(each, ListOf) else united(held for _, held in each.members)
            )
    return united(found)


def _member(place: At | ListOf | ObjectOf, key: str) -> Places:
    if isinstance(place, At):
        return frozenset({At((*place.path[:-1], (*place.path[-1], key)))})
    if isinstance(place, ObjectOf):
        return dict(place.members).get(key, NOWHERE)
    return NOWHERE
