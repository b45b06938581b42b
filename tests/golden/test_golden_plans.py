"""Each case of `plans/` is printed as its files say; a new case needs no Python."""

from pkgutil import iter_modules

import pytest
from plan_cases import cases, planned, rendered

from oneway.planning.plan import Kind, Verb
from oneway.render import plans

CASES = cases()


@pytest.mark.parametrize("folder", CASES, ids=[folder.name for folder in CASES])
def test_prints_what_was_reviewed(folder):
    for name, text in rendered(folder).items():
        assert text == (folder / name).read_text("utf-8"), f"{folder.name}/{name}"


def test_the_cases_cover_every_outcome_and_every_verb():
    plans = [planned(folder).plan for folder in CASES]
    assert {outcome.kind for plan in plans for outcome in plan.outcomes} == set(Kind)
    assert {action.verb for plan in plans for action in plan.actions} == set(Verb)


def test_every_module_of_a_form_is_offered_as_a_format():
    forms = [each.name for each in iter_modules(plans.__path__) if each.name.startswith("as_")]
    assert len(forms) == len(plans.FORMATS), "an entry of FORMATS for each module as_*.py"
