"""Finds out whether a manifest's resource can read one record by its id."""

from oneway.core.quoting import names_record
from oneway.documents.lenient import Data, items, obj


def reads_one(resource: Data) -> bool:
    """Return whether a resource has a complete request for one record by its id."""
    details = (obj(each) for each in items(resource.get("detail")))
    by_id = any(each.get("into") == "replace" and not names_record(dict(each)) for each in details)
    # Only the list shows the parents of a record.
    return "get" in resource or (by_id and "into" not in obj(resource.get("list")))
