"""All kinds of people in the sandboxes, by what the two systems differ about each of them.

A kind has a name, a count and a shape: a function that is given all drafts of that kind,
which agree in everything, and makes them differ. Whoever is of none is unchanged.
"""

from oneway_connectors.sandbox.cast import Kind
from oneway_connectors.sandbox.joining import JOINING
from oneway_connectors.sandbox.leaving import LEAVING
from oneway_connectors.sandbox.moving import MOVING

KINDS: tuple[Kind, ...] = (*JOINING, *MOVING, *LEAVING)
