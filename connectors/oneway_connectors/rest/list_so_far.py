"""The state of a list while its pages are read, and the items of a page."""

from collections.abc import Mapping
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.paths import at
from oneway.core.records import MISSING, Value, id_text
from oneway_connectors.rest.model import ResourceRequests
from oneway_connectors.rest.responses import flaw_in
from oneway_connectors.rest.totals import Total
from oneway_connectors.rest.transport import Answer, Call


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list by its id; one without an id is known by its place and has a problem.

    `lost` are the keys of the details that cannot be read, if all other values are right.
    """

    id: str
    data: Mapping[str, Value]
    problem: str = ""
    lost: tuple[str, ...] = ()


@dataclass(slots=True)
class ListSoFar:
    """What the pages read so far show about a list."""

    ids: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    """Why it may be incomplete."""
    totals: list[int] = field(default_factory=list)
    """The total of each page that gave one."""
    lengths: list[int] = field(default_factory=list)
    """The number of rows of each page, before `records` left any out."""
    left_out: int = 0
    """How many rows `records` left out."""
    uncounted: bool = False
    """Whether a page with records lacked the key or header that the manifest names for a total."""
    said: Total | None = None
    """The total of the last page that gives one by a usual name, if the manifest names none."""
    least: Total | None = None
    """The greatest number on any page that may be a total: there are at least as many records."""
    here: tuple[str, ...] = ()
    """The ids of the last page."""
    again: bool = False
    """Whether the page before it had the same ids."""
    since: int = 0
    """The position of the first page that had the same ids."""
    under: dict[str, list[Value]] = field(default_factory=dict)
    """The parents that each record was listed for, if each parent has a list of its own."""

    @property
    def count(self) -> int:
        """How many records came, with those that `records` left out."""
        return len(self.ids) + self.left_out


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page; `position` is its number, offset or cursor."""

    number: int
    position: Value
    call: Call
    answer: Answer
    data: Value
    rows: list[Value]
    sound: bool
    """Whether it is certain that no row has a flaw."""
    sent: int
    """How many rows came, before `records` left any out."""
    searching: bool = False


def item_of(data: Value, resource: ResourceRequests, place: str, *, sound: bool = False) -> Item:
    """Return an item with its id; one without is known by its position and has a problem.

    A `sound` one has no flaw.
    """
    if not isinstance(data, dict):
        return Item(place, {}, "it is not an object")
    value = at(data, resource.id)
    if not sound and (flaw := flaw_in(data)):
        return Item(place, {}, flaw)
    found = id_text(value)
    if not found:
        return Item(place, {}, f"it has {_not_an_id(value)} at '{'.'.join(resource.id)}'")
    return Item(found, data)


def _not_an_id(value: object) -> str:
    if value in (None, MISSING, ""):
        return "no id"
    if isinstance(value, float):
        return f"a number that is not exactly a whole one ({value!r}) for an id"
    kinds = {bool: "true or false", list: "a list", dict: "an object"}
    return f"{kinds.get(type(value), 'no text')} for an id"
