"""All kinds of people in the sandboxes, grouped by how the two systems differ about them.

A kind has a name, a count and a shape: a function that gets all drafts of that kind, with both
sides equal, and makes them differ. People of no kind are unchanged.
"""

from dataclasses import replace

from oneway_connectors.sandbox.joiners import JOINING
from oneway_connectors.sandbox.leavers import LEAVING
from oneway_connectors.sandbox.messy_data import CARELESS
from oneway_connectors.sandbox.movers import MOVING

# The careless ones first: they replace people of no kind, and leave the others as they were.
KINDS = (*CARELESS, *JOINING, *MOVING, *LEAVING)

_FEW = {
    "joiner": 2,
    "missing_first_name": 1,
    "mover_name": 1,
    "mover_department": 1,
    "leaver_future": 1,
}
FEW = tuple(replace(kind, count=_FEW[kind.name]) for kind in KINDS if kind.name in _FEW)
"""Six people: the changes of a small employer on one day."""
