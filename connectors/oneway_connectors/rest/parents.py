"""Reads the list of each parent and combines them, such as the users of each organisation.

a record under two parents, equal in both lists       one record
the same id, but different in the two lists           a record each, with a problem
a list that may be incomplete                         an incomplete result, with the parent's name
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.records import MISSING, Record, Value
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.list_so_far import Item, ListSoFar
from oneway_connectors.rest.model import Listing, ResourceRequests
from oneway_connectors.rest.paging import pages

_NOT_SHOWN = ("R103", "R104")
_NO_LIST_OF_ITS_OWN = (
    "If it was removed meanwhile, run again; if it never has such a list, let `records` of the "
    "parents' list leave it out."
)


@dataclass(frozen=True, slots=True)
class ListOfParent:
    """The items listed for one parent; `name` is the parent's name in messages."""

    name: str
    parent: Mapping[str, Value]
    items: Sequence[Item]
    so_far: ListSoFar


@dataclass(frozen=True, slots=True)
class ListForEach:
    """The list of a resource that is requested for each parent."""

    client: Client
    resource: ResourceRequests
    listing: Listing

    def of(self, parent: Record) -> ListOfParent:
        """Return the list of one parent; raises `ReadError`, which names the parent."""
        name, so_far = f"{self.listing.for_each} {parent.id}", ListSoFar()
        own = replace(self.listing, known={"parent": self._with_its_own(parent)})
        try:
            found = [*chain(*pages(self.client, self.resource, own, {}, so_far))]
        except ReadError as error:
            help = f"{_NO_LIST_OF_ITS_OWN} {error.help}" if error.code in _NOT_SHOWN else error.help
            summary = f"{name}: {error.summary}"
            raise ReadError(error.code, summary, help.strip(), blame=error.blame) from None
        return ListOfParent(name, parent.data, found, so_far)

    def _with_its_own(self, parent: Record) -> dict[str, Value]:
        """Return a parent's data, with its own parent under `parent` if it has exactly one."""
        data = dict(parent.data)
        above = self.client.api.resources[self.listing.for_each].listing
        whose = data.get(above.into) if above is not None and above.into else None
        if isinstance(whose, list) and len(whose) == 1:
            data.setdefault("parent", whose[0])
        return data


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
