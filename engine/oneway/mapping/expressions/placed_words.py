"""Finds the words that an expression compares with values within lists, with the values' places.

`jobs[?status == 'Former']` compares `Former` with the status of each item of `jobs`:
`jobs[].status`.
"""

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import replace

from oneway.core.compare import identity
from oneway.core.paths import ItemPath
from oneway.core.records import is_blank
from oneway.mapping.expressions.compared_words import (
    Way,
    Word,
    asked_parts,
    compared_here,
    constants_of,
    place_of,
    words_of,
)
from oneway.mapping.expressions.item_places import (
    NOWHERE,
    ROOT,
    At,
    ListOf,
    PlaceFollower,
    Places,
    items_at,
    united,
)
from oneway.mapping.expressions.syntax import Node, path_in

_OF_ITEMS = {Way.HELD: Way.EQUAL, Way.AMONG: Way.SAME}
"""How a word is compared with the items of a list that is searched for it."""
_ITSELF: Node = {"type": "current", "value": None, "children": []}
_ALONE: Node = {"type": "multi_select_list", "value": None, "children": [_ITSELF]}
_JOINING = frozenset({"join", "join_present"})


def placed_words(
    text: str, tree: Node, apart: Container[int] = ()
) -> Iterator[tuple[ItemPath, Word]]:
    """Yield each constant that is compared with a value at a place, and the place.

    Besides those of `words_of`, these are words whose part is evaluated on that value itself. The
    nodes whose `id()` is in `apart` are left out.
    """
    found = tuple(each for each in words_of(text, tree) if id(each.part) not in apart)
    for word in found:
        yield (word.keys,), word
        if word.way in _OF_ITEMS and path_in(word.part):
            yield (word.keys, ()), replace(word, keys=(), part=_ITSELF, way=_OF_ITEMS[word.way])
    known = {(id(word.part), identity(word.value)) for word in found}
    constants = constants_of(text)
    walk = PlaceFollower()
    walk.visit(tree, ROOT)
    for node, _ in walk.visited.values():
        for part, value, way in compared_here(node):
            simple = isinstance(value, str | bool | int | float) and not is_blank(value)
            simple = simple and id(part) not in apart
            if simple and (id(part), identity(value)) not in known:
                word = Word((), value, part, way, place_of(constants, value))
                yield from _placed(walk, word)


def placed_flags(tree: Node, *, asked: bool) -> Iterator[tuple[ItemPath, Word]]:
    """Yield each value of the record that is only used as yes or no, with its place.

    With `asked`, the whole expression is a condition. In `x && is_past(x)`, `x` asks for presence.
    """
    flags = [_leaf(each) for each in _asked(tree, "it" if asked else "")]
    if not flags:
        return
    walk = PlaceFollower()
    walk.visit(tree, ROOT)
    reads = Counter(each for node, _ in walk.visited.values() for each in _stands(walk, node))
    for place, times in Counter(each for node in flags for each in _stands(walk, node)).items():
        for node in flags if times == reads[place] else ():
            if place in _stands(walk, node):
                path, is_own = place.path, not place.path[1:]
                keys, part = (path[0], node) if is_own else ((), _ITSELF)
                yield path, Word(keys, False, part, Way.ASKED, None, place.flat)


def _asked(node: Node, by: str) -> Iterator[Node]:
    """Yield each part that is a path and is used as yes or no."""
    if by and node["type"] in ("field", "subexpression", "index_expression"):
        yield node
    for child, asks in asked_parts(node, by):
        yield from _asked(child, asks)


def _leaf(node: Node) -> Node:
    """Return the last step of a path."""
    # A slice holds its numbers as children.
    return _leaf(node["children"][-1]) if node["children"] and node["type"] != "slice" else node


def _stands(walk: PlaceFollower, node: Node) -> frozenset[At]:
    """Return the places of what a last step reads."""
    if node["type"] not in ("field", "index"):
        return frozenset()
    found = PlaceFollower().visit(*walk.visited[id(node)])
    return frozenset(each for each in found if isinstance(each, At))


def _placed(walk: PlaceFollower, word: Word) -> Iterator[tuple[ItemPath, Word]]:
    """Yield a word with each place that decides the part it is compared with."""
    here = walk.visited[id(word.part)][1]
    lists = PlaceFollower().visit(word.part, here) if word.way in _OF_ITEMS else NOWHERE
    for each in united(each.items for each in lists if isinstance(each, ListOf)):
        if isinstance(each, At):
            way = _OF_ITEMS[word.way]
            itself = replace(word, part=_ITSELF, way=way, unless_list=each.flat)
            yield each.path, itself
    holes: set[Places] = set()
    whole = replace(word, part=_with_holes(word.part, here, holes))
    for each in next(iter(holes)) if len(holes) == 1 else NOWHERE:
        if isinstance(each, At) and each.path != ((),):
            yield each.path, replace(whole, unless_list=each.flat)


def _with_holes(node: Node, here: Places, holes: set[Places]) -> Node:
    """Return a node with `@` in place of each part whose value has a place in the record."""
    found = PlaceFollower().visit(node, here)
    if found and all(isinstance(each, At) for each in found):
        holes.add(found)
        return _ITSELF
    if node["type"] not in ("function_expression", "or_expression"):
        if node["type"] != "literal":
            holes.update((NOWHERE, ROOT))  # the value depends on more
        return node
    is_text = node.get("value") in _JOINING
    children = [
        _one_item(each, here, holes) if is_text else _with_holes(each, here, holes)
        for each in node["children"]
    ]
    return {"type": node["type"], "value": node.get("value"), "children": children}


def _one_item(node: Node, here: Places, holes: set[Places]) -> Node:
    """Return a node as `_with_holes` does, or `[@]` for a list whose items have a place."""
    lists = PlaceFollower().visit(node, here)
    items = items_at(lists)
    listed = all(isinstance(each, ListOf) for each in lists)
    if listed and items and all(isinstance(each, At) for each in items):
        holes.add(items)
        return _ALONE
    return _with_holes(node, here, holes)
