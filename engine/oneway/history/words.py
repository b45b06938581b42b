"""The wording of what happened, shared by notices, the status and all renderers."""

from oneway.history.discrepancies import DiscrepancyKind
from oneway.planning.plan import Verb

VERBS_DONE = {
    Verb.CREATE: ("was created", "were created"),
    Verb.UPDATE: ("was changed", "were changed"),
    Verb.LEAVE: ("was marked as a leaver", "were marked as leavers"),
    Verb.CORRECT: ("had the leave corrected", "had the leave corrected"),
    Verb.REACTIVATE: ("came back", "came back"),
    Verb.DEACTIVATE: ("was deactivated", "were deactivated"),
}
"""What was done, by verb: for one person and for several. A leave may take effect later."""

DISCREPANCY_WORDS = {
    DiscrepancyKind.REFUSED: "the target refuses it",
    DiscrepancyKind.HELD: "held back by a guard",
    DiscrepancyKind.UNKNOWN: "sent, and no answer came that says whether it happened",
    DiscrepancyKind.NOT_SENT: "not written",
    DiscrepancyKind.STALE: "it changed while the run went on",
    DiscrepancyKind.NOT_ATTEMPTED: "it was not tried",
    DiscrepancyKind.NOT_BEGUN: "the run was interrupted before it",
    DiscrepancyKind.ERROR: "does not sync: in error",
    DiscrepancyKind.CONFLICT: "does not sync: in conflict",
    DiscrepancyKind.INELIGIBLE: "does not sync: ineligible",
    DiscrepancyKind.REHIRE: "rehire, left to a person",
    DiscrepancyKind.NOT_STICKING: "does not stick",
}
"""The wording of each kind of discrepancy."""

REASONS = {
    "duplicate": "several source records have one match value",
    "near_duplicate": "perhaps in the source twice, under keys that differ only in form",
    "came_back": "has left by one record, and may be employed by another under another key",
    "one_per": "several source records of one person might count",
    "ambiguous": "several target records have one match value",
    "claimed": "the target record was given to another",
    "rekeyed": "the match key is another than when the person was last seen, or cannot be read",
    "reused": "the match key changed hands, and may have a new owner",
    "reissued": "a new id and a new key, and the name or address of somebody who vanished",
    "gone": "the target record that was theirs is not to be found",
    "pending": "how a create ended is not known yet",
    "claimed_twice": "several records claim one value",
    "taken": "a value belongs to another target record",
    "circle": "unique values would change hands in a circle",
}
"""Why a person does not sync, by reason code; contains no ids or names."""
