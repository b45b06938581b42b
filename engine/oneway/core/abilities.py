"""What a reader or writer can do beyond its protocol, by attributes that it may have."""

from enum import Enum

from oneway.core.connector import Reader, Writer


def reads_by_id(reader: Reader) -> bool:
    """Return whether `get` requests a single record; a reader that cannot says `by_id = False`."""
    return bool(getattr(reader, "by_id", True))


def reads_all(reader: Reader) -> bool:
    """Return whether `get` reads all records, as for a file, so that a list costs no more.

    Such a reader says `reads_all = True`.
    """
    return bool(getattr(reader, "reads_all", False))


def lists_at_once(reader: Reader) -> bool:
    """Return whether one request gives the whole list, so that no record can move meanwhile.

    Such a reader says `lists_at_once = True`.
    """
    return reads_all(reader) or bool(getattr(reader, "lists_at_once", False))


def finds_by(reader: Reader, path: str) -> bool:
    """Return whether `find` requests fewer than all records, by the field at a path.

    A reader that lists all records for some fields names the others in `finds`.
    """
    paths = getattr(reader, "finds", None)
    return paths is None or path in paths


MOST_IN_FLIGHT = 32
"""The most requests that an apply may have in flight, whatever connectors declare."""


def in_flight(*parts: Reader | Writer) -> int:
    """Return how many threads may use these readers and writers at once.

    Each declares its own number as `concurrency`; one that declares none is used by one thread.
    """
    return max(1, min(MOST_IN_FLIGHT, *(int(getattr(each, "concurrency", 1)) for each in parts)))


class NewFields(Enum):
    """What happens to a written field that no record has; see `new_fields`."""

    REFUSED = "refused"
    DOUBTED = "doubted"
    WANTED = "wanted"


def new_fields(reader: Reader) -> NewFields | None:
    """Return what happens to fields that no record has; None if the record schema decides.

    They are refused if records cannot have other fields, as in a table; doubted if a new field is
    possible but unusual; and wanted if an option asks for them.
    """
    found: NewFields | None = getattr(reader, "new_fields", None)
    return found


def made_ids(reader: Reader) -> tuple[str, ...]:
    """Return where a new record gets a number as its id if the mapping writes none there.

    Empty for a system that assigns ids and shows them once a record is created.
    """
    return tuple(getattr(reader, "made_ids", ()))
