"""Combines the lists of several parents, such as the users of each organisation.

a record under two parents, equal in both lists       one record
the same id, but different in the two lists           a record each, with a problem
a list that may be incomplete                         an incomplete result, with the parent's name
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.records import MISSING, Value
from oneway_connectors.rest.list_so_far import Item, ListSoFar


@dataclass(frozen=True, slots=True)
class ListOfParent:
    """The items listed for one parent; `name` is the parent's name in messages."""

    name: str
    parent: Mapping[str, Value]
    items: Sequence[Item]
    so_far: ListSoFar


def put_together(
    lists: Iterable[ListOfParent], so_far: ListSoFar, *, by_id: bool
) -> Iterable[Item]:
    """Return the items of all lists, and record in `so_far` what is known about the whole.

    `by_id`: only the ids of the items matter, because a request for each shows the record itself.
    """
    found, first = dict[str, Item](), dict[str, str]()
    for each in lists:
        so_far.problems += [f"{each.name}: {said}" for said in each.so_far.problems]
        for item in each.items:
            known = found.get(item.id)
            if item.problem:  # only its place in this list identifies it
                problem = f"{each.name}: {item.problem}"
                item = replace(item, id=f"{each.name}, {item.id}", problem=problem)
            elif known is None:
                first[item.id] = each.name
            elif not by_id and known.data != item.data:
                where = f"{first[item.id]} and {each.name}"
                problem = f"{where} show it differently: {_differing(known, item)}; {_REMEDY}"
                found[known.id] = replace(known, problem=known.problem or problem)
                item = Item(f"{each.name}, {item.id}", item.data, problem)
            found.setdefault(item.id, item)
            so_far.under.setdefault(item.id, []).append(dict(each.parent))
    so_far.ids.update(found)
    return found.values()


def _differing(one: Item, other: Item) -> str:
    """Return the keys in which two items differ."""
    keys = dict.fromkeys((*one.data, *other.data))
    unlike = [k for k in keys if one.data.get(k, MISSING) != other.data.get(k, MISSING)]
    shown = ", ".join(map(repr, unlike[:_MOST]))
    return shown + (f" and {len(unlike) - _MOST} more" if len(unlike) > _MOST else "")


_MOST = 3
_REMEDY = "let `records` leave out what a parent says of it, as in data[].{id: id, email: email}"
