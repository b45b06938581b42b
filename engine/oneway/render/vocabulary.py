"""The words for outcomes, verbs, endings and run states, shared by all renderers.

A renderer that needs another form of one of these words adds it here.
"""

from oneway.history.journal.rows import RunState
from oneway.history.words import VERBS_DONE as VERBS_DONE
from oneway.planning.endings import Ending
from oneway.planning.plan import Verb
from oneway.render.style import Ink

ENDING_WORDS = {
    Ending.DONE: "done",
    Ending.STALE: "stale",
    Ending.REJECTED: "rejected",
    Ending.NOT_SENT: "not written",
    Ending.UNKNOWN: "unknown",
    Ending.HELD: "held back by a guard",
    Ending.POSTPONED: "postponed",
    Ending.NOT_ATTEMPTED: "not attempted",
}
"""How an action ended, in a word or two."""

ENDING_MEANING = {
    Ending.STALE: "source or target changed since the plan; plan again",
    Ending.REJECTED: "the target refused it; nothing was written",
    Ending.NOT_SENT: "nothing was written; plan again",
    Ending.UNKNOWN: "sent, and the target may not have done just that; the next run looks",
    Ending.HELD: "if it is right, let it pass with --allow in a new plan; if not, correct the data",
    Ending.POSTPONED: "the target refused the same values before; --retry-now sends them at once",
    Ending.NOT_ATTEMPTED: "it waits for another action, or the target is down; plan again",
}
"""The meaning of each ending other than done, and what to do about it."""

RUN_STATES = {
    RunState.DONE: "done",
    RunState.DONE_WITH_FAILURES: "done with failures",
    RunState.HELD: "held: a guard held something back",
    RunState.REFUSED: "refused: an error stopped it",
    RunState.INTERRUPTED: "interrupted: it did not finish",
    RunState.RUNNING: "running: it has not ended yet",
}
"""The state of a run, on a line of its own."""

RUN_STATES_SHORT = {
    RunState.DONE: "done",
    RunState.DONE_WITH_FAILURES: "done with failures",
    RunState.HELD: "a guard held something back",
    RunState.REFUSED: "stopped by an error",
    RunState.INTERRUPTED: "interrupted",
    RunState.RUNNING: "has not ended yet",
}
"""The state of a run, in a list."""

RUN_STATE_COLUMN = {state: state.value for state in RunState} | {
    RunState.DONE_WITH_FAILURES: "failures"
}
"""The state of a run, in a narrow column."""

RUN_STATE_INKS = {
    RunState.DONE: Ink.GOOD,
    RunState.DONE_WITH_FAILURES: Ink.TROUBLE,
    RunState.HELD: Ink.CAUTION,
    RunState.REFUSED: Ink.TROUBLE,
    RunState.INTERRUPTED: Ink.TROUBLE,
    RunState.RUNNING: Ink.CAUTION,
}

VERBS_TO_DO = {
    Verb.CREATE: "To be created",
    Verb.UPDATE: "To be changed",
    Verb.LEAVE: "To leave",
    Verb.CORRECT: "Leave to be corrected",
    Verb.REACTIVATE: "To come back",
    Verb.DEACTIVATE: "To be deactivated",
}
"""What an action would do."""

VERBS_DUE = {
    Verb.CREATE: ("is to be created", "are to be created"),
    Verb.UPDATE: ("is to be changed", "are to be changed"),
    Verb.LEAVE: ("is to leave", "are to leave"),
    Verb.CORRECT: ("is to have the leave corrected", "are to have the leave corrected"),
    Verb.REACTIVATE: ("is to come back", "are to come back"),
    Verb.DEACTIVATE: ("is to be deactivated", "are to be deactivated"),
}
"""What a plan would do, by verb: for one person and for several."""

VERB_MARKERS = {
    Verb.CREATE: "+",
    Verb.UPDATE: "~",
    Verb.LEAVE: "-",
    Verb.CORRECT: "~",
    Verb.REACTIVATE: "~",
    Verb.DEACTIVATE: "-",
}

VERB_INKS = {
    Verb.CREATE: Ink.ADDED,
    Verb.UPDATE: Ink.CHANGED,
    Verb.LEAVE: Ink.REMOVED,
    Verb.CORRECT: Ink.CHANGED,
    Verb.REACTIVATE: Ink.CHANGED,
    Verb.DEACTIVATE: Ink.REMOVED,
}
