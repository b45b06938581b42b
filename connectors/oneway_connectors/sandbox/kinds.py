"""All kinds of people in the sandboxes, grouped by how the two systems differ about them.

A kind has a name, a count and a shape: a function that is given all drafts of that kind,
which agree in everything, and makes them differ. A person of no kind is unchanged.
"""

from oneway_connectors.sandbox.careless import CARELESS
from oneway_connectors.sandbox.joining import JOINING
from oneway_connectors.sandbox.leaving import LEAVING
from oneway_connectors.sandbox.moving import MOVING

# The careless ones first, so that they take the place of people of no kind, and of no others.
KINDS = (*CARELESS, *JOINING, *MOVING, *LEAVING)
