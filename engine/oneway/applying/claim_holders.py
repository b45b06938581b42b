"""Finds the target records that hold a claimed value, whether or not the target's filters work."""

from collections.abc import Iterable, Iterator, Sequence

from oneway.applying.live_target import LiveTarget
from oneway.core.compare import Compare, same
from oneway.core.paths import at, path_of
from oneway.core.records import MISSING, Record, Value
from oneway.core.unicode import forms_of
from oneway.planning.plan import Claim


class ClaimHolders:
    """Searches the target for the holders of values that only one record may hold."""

    def __init__(self, target: LiveTarget) -> None:
        self._target = target
        self._ignored: set[str] = set()
        """The fields whose filter the target ignores, answering with other records."""

    def other_than(self, id: str | None, claim: Claim, value: Value) -> Iterator[Record]:
        """Yield the records that hold a value, except the one with this id."""
        found = self.among(self._answer(claim, value), claim, value)
        return (each for each in found if each.id != id)

    def among(self, records: Iterable[Record], claim: Claim, value: Value) -> Iterator[Record]:
        """Yield those of some records that hold a value."""
        return (each for each in records if _claims(each, claim, value))

    def candidates(self, wanted: Sequence[tuple[Claim, Value]]) -> tuple[Record, ...]:
        """Return the target records that may be the new one, given its claims and their values."""
        found = {r.id: r for claim, value in wanted for r in self._answer(claim, value)}
        exact = any(claim.compare is Compare.EXACT for claim, _ in wanted)
        if exact or not wanted:
            return tuple(found.values())
        if any(_claims(each, *claimed) for each in found.values() for claimed in wanted):
            return tuple(found.values())
        # A target may store an email in lower case, and find it only that way.
        return self._target.everybody()

    def _answer(self, claim: Claim, value: Value) -> tuple[Record, ...]:
        """Return the target's records that may hold a value; all records if its filter fails.

        Systems ignore filters that they do not know, and answer with all or any records.
        An answer without a holder does not say which record holds the value. One that shows
        records which the list lacks is asked for again each time.
        """
        if claim.path not in self._ignored:
            # A target may have stored `é` in the one Unicode form that its filter finds.
            asked = (self._target.answer(claim.path, form) for form in forms_of(value))
            found = tuple({each.id: each for records in asked for each in records}.values())
            if not found or any(_claims(each, claim, value) for each in found):
                return found
            listed = self._target.everybody()
            shown = {each.id: each for each in (*listed, *found)}
            has_more = len(shown) > len(listed)
            if not has_more and not any(_is_near(each, claim, value) for each in found):
                self._ignored.add(claim.path)  # the filter is not tried again
            return tuple(shown.values())
        return self._target.everybody()


def _claims(record: Record, claim: Claim, value: Value) -> bool:
    """Return whether a record holds a claimed value."""
    now = at(record.data, path_of(claim.path))
    return now is not MISSING and same(now, value, claim.compare)


def _is_near(record: Record, claim: Claim, value: Value) -> bool:
    """Return whether a record holds a value that a broader filter would find."""
    now = at(record.data, path_of(claim.path))
    return now is not MISSING and str(value).casefold() in str(now).casefold()
