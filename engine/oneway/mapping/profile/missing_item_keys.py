"""Finds keys within lists that no record has, because they are misspelt or were renamed.

With `absent: null`, `jobs[?stauts == 'Former']` would never hold, and nothing else would show it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.paths import ItemPath, at, item_text
from oneway.core.records import Value
from oneway.core.similar_words import alike, slips
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.item_places import item_paths
from oneway.mapping.profile.word_tally import within

_MOST = 12
"""How many keys a message lists."""


@dataclass(frozen=True, slots=True)
class ItemKey:
    """A key that an expression reads within lists, and what reads it; see `ReadKey.needed`."""

    expression: Expression
    reader: str
    needed: bool


@dataclass(slots=True)
class ItemTally:
    """Searches records for the keys within lists; `side` names the read in words."""

    side: str
    lacking: dict[ItemPath, ItemKey] = field(default_factory=dict)
    """The keys that no item has had so far; after a few records usually none."""
    seen: dict[ItemPath, set[str]] = field(default_factory=dict)
    """The keys of the items that lack each key, where its path first fails."""

    def note(self, data: Mapping[str, Value]) -> None:
        """Search a record for the keys."""
        for head, *inner in tuple(self.lacking):
            path = (head, *inner)
            value = at(data, head)
            *outer, last = inner
            held = (item for each in within(value, outer) for item in _items_of(each))
            if any(self._has(path, item, last) for item in held):
                del self.lacking[path]

    def _has(self, path: ItemPath, item: Value, keys: Iterable[str]) -> bool:
        """Return whether an item has a key."""
        for depth, key in enumerate(keys):
            if not isinstance(item, dict):
                return False
            if key not in item:
                prefix = (*path[:-1], path[-1][: depth + 1])
                self.seen.setdefault(prefix, set()).update(item)
                return False
            item = item[key]
        return True

    def unheld(self) -> Iterator[Diagnostic]:
        """Yield each key that no item has although there are items."""
        for path, each in self.lacking.items():
            places = [(*path[:-1], path[-1][:end]) for end in range(1, len(path[-1]) + 1)]
            place = next((one for one in reversed(places) if one in self.seen), None)
            if place is None:
                continue
            end = "; nothing will be written" if each.needed else ""
            text = f"no record of {self.side} has the key '{item_text(path)}' ({each.reader}){end}"
            code = "R170" if each.needed else "R171"
            severity = Severity.ERROR if each.needed else Severity.WARNING
            yield Diagnostic(each.expression.span, severity, code, text, self._help(path, place))

    def _help(self, path: ItemPath, place: ItemPath) -> str:
        keys, depth = sorted(self.seen[place]), len(place[-1]) - 1
        near = (slips(place[-1][depth], keys) or alike(place[-1][depth], keys))[:1]
        if near:
            meant = (*path[-1][:depth], near[0], *path[-1][depth + 1 :])
            return f"did you mean '{item_text((*path[:-1], meant))}'?"
        more = ", ..." if len(keys) > _MOST else ""
        have = f"these keys: {', '.join(keys[:_MOST])}{more}" if keys else "no keys"
        return (
            f"its items have {have}; if the system leaves out null values, declare the key under "
            "`record`"
        )


def _items_of(value: Value) -> Iterator[Value]:
    """Yield the items of a list and of lists within it, or the values of an object."""
    for each in (
        value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    ):
        if isinstance(each, list):
            yield from _items_of(each)
        else:
            yield each


def item_tally(side: str, reads: Iterable[tuple[Expression, str, bool]]) -> ItemTally:
    """Return the tally of the keys within lists that expressions read.

    Keys whose absence is declared to mean null are left out: no record need have them.
    """
    found: dict[ItemPath, ItemKey] = {}
    for expression, reader, needed in reads:
        for path in item_paths(expression.tree):
            if path[-1] and path not in expression.reading.null_items:
                found.setdefault(path, ItemKey(expression, reader, needed))
    return ItemTally(side, found)
