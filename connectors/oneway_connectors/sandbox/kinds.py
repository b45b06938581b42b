"""All kinds of people in the sandboxes, grouped by how the two systems differ about them.

A kind has a name, a count and a shape: a function that gets all drafts of that kind, with both
sides equal, and makes them differ. People of no kind are unchanged.
"""

from oneway_connectors.sandbox.careless import CARELESS
from oneway_connectors.sandbox.joining import JOINING
from oneway_connectors.sandbox.leaving import LEAVING
from oneway_connectors.sandbox.moving import MOVING

# The careless ones first: they replace people of no kind, and leave the others as they were.
KINDS = (*CARELESS, *JOINING, *MOVING, *LEAVING)
