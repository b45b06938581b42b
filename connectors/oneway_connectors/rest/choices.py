"""Lists the values that an option may have, read from the system itself."""

from oneway.core.connector import Choice
from oneway.core.paths import at
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.list_so_far import Item, ListSoFar
from oneway_connectors.rest.model import Choosing, ResourceRequests
from oneway_connectors.rest.paging import pages


def choices_of(client: Client, option: str, choosing: Choosing) -> tuple[Choice, ...]:
    """Return the choices in the system's order; raise `ReadError` if they cannot be read.

    Items without a value are left out, because they cannot be chosen.
    """
    found = pages(client, _resource(option, choosing), choosing.listing, {}, ListSoFar())
    items = (item for page in found for item in page)
    return tuple(_choice(item, choosing) for item in items if not item.problem)


def _choice(item: Item, choosing: Choosing) -> Choice:
    label = at(item.data, choosing.label)
    return Choice(item.id, label if isinstance(label, str) and label.strip() else item.id)


def _resource(option: str, choosing: Choosing) -> ResourceRequests:
    """Return the list as a resource, so that it can be read as one."""
    return ResourceRequests(
        name=option,
        id=choosing.value,
        listing=choosing.listing,
        details=(),
        single=None,
        find={},
        create=None,
        update=None,
        leave=None,
        reactivate=None,
        normalise=(),
        names={},
        permissions="",
        probes=(),
    )
