"""Says whether a manifest's resource has a request for one record by its id."""

from oneway.core.quoting import names_record
from oneway.documents.lenient import Data, items, obj


def reads_one(resource: Data) -> bool:
    """Return whether one record of a resource can be asked for by its id."""
    details = (obj(each) for each in items(resource.get("detail")))
    by_id = any(each.get("into") == "replace" and not names_record(dict(each)) for each in details)
    # The parents of a record are shown by the list alone.
    return "get" in resource or (by_id and "into" not in obj(resource.get("list")))
