"""All kinds of people in the sandboxes, grouped by how the two systems differ about them.

A kind has a name, a count and a shape: a function that is given all drafts of that kind,
which agree in everything, and makes them differ. A person of no kind is unchanged.
"""

from dataclasses import replace

from oneway_connectors.sandbox.careless import CARELESS
from oneway_connectors.sandbox.cast import Situation
from oneway_connectors.sandbox.joining import JOINING
from oneway_connectors.sandbox.leaving import LEAVING
from oneway_connectors.sandbox.moving import MOVING

_FEW = {
    "joiner": 2,
    "missing_first_name": 1,
    "mover_name": 1,
    "mover_department": 1,
    "leaver_future": 1,
}

# The careless ones first, so that they take the place of people of no kind, and of no others.
KINDS: tuple[Situation, ...] = (*CARELESS, *JOINING, *MOVING, *LEAVING)

FEW: tuple[Situation, ...] = tuple(replace(k, count=_FEW[k.name]) for k in KINDS if k.name in _FEW)
"""Six people: what a small employer has on one day."""
