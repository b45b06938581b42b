"""Every word has its form wherever it is shown."""

from enum import Enum

import pytest

from oneway.history.journal import RunState
from oneway.planning.endings import Ending
from oneway.planning.plan import Verb
from oneway.render import vocabulary

OF = {
    "ENDING_WORDS": set(Ending),
    "ENDING_MEANING": set(Ending) - {Ending.DONE},
    "RUN_STATES": set(RunState),
    "RUN_STATES_SHORT": set(RunState),
    "RUN_STATE_COLUMN": set(RunState),
    "RUN_STATE_INKS": set(RunState),
    "VERBS_TO_DO": set(Verb),
    "VERBS_DUE": set(Verb),
    "VERBS_DONE": set(Verb),
    "VERB_MARKERS": set(Verb),
    "VERB_INKS": set(Verb),
}


@pytest.mark.parametrize("name", [name for name in vars(vocabulary) if name.isupper()])
def test_every_form_has_every_word(name: str) -> None:
    words: dict[Enum, object] = getattr(vocabulary, name)
    assert set(words) == OF[name]
