"""Finds the people who keep access because of an edit.

A plan ends their access, or lists them among those who have left and can still get in; another plan
over the same records does neither. What the other plan calls them does not matter.
"""

from oneway.planning.access import is_still_in
from oneway.planning.compare import RecordName, record_of
from oneway.planning.plan import Outcome, Plan, Verb

_ENDS = (Verb.LEAVE, Verb.DEACTIVATE)
"""A correction is not among them: guards do not count it as a leave."""

Standing = tuple[str, RecordName | None]
"""What a plan does about the access of a person who has left: "ended", "listed" or ""."""


def standing(outcome: Outcome) -> Standing:
    """Return if a plan ends access, and to which record, or lists a person who can get in."""
    if is_still_in(outcome, {}):
        return "listed", None
    if any(each.verb in _ENDS for each in outcome.actions):
        return "ended", _record_in(outcome)
    return "", None


def keep_access(before: Plan, after: Plan) -> frozenset[RecordName]:
    """Return the records of people for whom `after` no longer does what `before` does.

    If `before` ends the access to a target record, only its end counts. If `before` lists a
    person, being listed counts as well, by either record.
    """
    ended, listed = set[RecordName](), set[RecordName]()
    for each in after.notable:
        said = standing(each)[0]
        if said:
            (ended if said == "ended" else listed).update(_names(each))
    found = set[RecordName]()
    for each in before.notable:
        said = standing(each)[0]
        lists = said == "listed" and not listed.isdisjoint(_names(each))
        if said and not lists and _record_in(each) not in ended:
            found.add(record_of(each))
    return frozenset(found)


def _record_in(outcome: Outcome) -> RecordName:
    """Return the target record of a person, or the source's if no target record is known."""
    return _names(outcome)[-1]


def _names(outcome: Outcome) -> list[RecordName]:
    ids = (("source", outcome.source_id), ("target", outcome.target_id))
    return [(side, id) for side, id in ids if id is not None]
