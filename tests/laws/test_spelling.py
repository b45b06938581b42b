"""Another spelling of a word that decides something is no answer; any other word is one."""

from typing import Any
from unicodedata import category, normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.records import Record, Snapshot
from oneway.mapping.spelling import _form
from oneway.planning.access import still_in
from oneway.planning.plan import Kind, Outcome
from worlds import World, bound, planned

WORD = "Contractor"
CONDITIONS = [
    "kind != 'Contractor'",
    "!(kind == 'Contractor')",
    "!one_of(kind, ['Agency', 'Contractor'])",
    "trim(kind) != 'Contractor'",
]


def world_of(condition: str, kind: object, *, only: bool = False, there: bool = False) -> World:
    """Return a world of one person, of whom a condition must hold to take part."""
    rule = {"id": "staff", "when": condition, "otherwise": "is not staff"}
    mapping: dict[str, Any] = {
        "oneway": 1,
        "name": "spelt",
        "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "only" if only else "eligible": [rule],
        "fields": {"ref": {"from": "code", "write": "on_create"}},
    }
    users = (Record("t", {"id": "t", "ref": "a", "leaveDate": None}),) if there else ()
    person = Record("s", {"id": "s", "code": "a", "kind": kind})
    return World(mapping, Snapshot((person,)), Snapshot(users), Snapshot(()))


def outcome_of(world: World) -> Outcome:
    (found,) = planned(world).outcomes
    return found


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """Draw the word in letters of another case, with spaces and invisible marks among them."""
    upper = draw(st.lists(st.booleans(), min_size=len(WORD), max_size=len(WORD)))
    letters = [a.upper() if up else a.lower() for a, up in zip(WORD, upper, strict=True)]
    for at in draw(st.lists(st.integers(0, len(WORD)), max_size=3)):
        letters.insert(at, draw(st.sampled_from([" ", "\t", "\u00a0", "\u200b", "\ufeff"])))
    return "".join(letters)


@given(spellings(), st.sampled_from(CONDITIONS), st.booleans())
@settings(max_examples=50)
def test_nobody_is_let_in_by_the_spelling_of_a_word(kind: str, condition: str, only: bool) -> None:
    found = outcome_of(world_of(condition, kind, only=only))
    assert found.kind in (Kind.INELIGIBLE, Kind.IGNORED, Kind.ERROR)
    assert not found.actions


OTHERS = ["Employee", "Contractors", "Sub-Contractor", "Contract", "Kontraktor", "", "7", "C", "A+"]


@given(st.sampled_from(OTHERS) | st.text(max_size=12), st.sampled_from(CONDITIONS))
@settings(max_examples=50)
def test_a_word_that_is_another_one_is_an_answer(kind: str, condition: str) -> None:
    """An ordinary new word changes nothing: also one that is near."""
    same = "".join(kind.split()).casefold()
    if same not in ("contractor", "agency") and kind.isascii():
        assert outcome_of(world_of(condition, kind)).kind is Kind.CREATE


@pytest.mark.parametrize("kind", ["contractor", "CONTRACTOR "])
def test_a_spelling_that_the_mapping_names_is_known(kind: str) -> None:
    named = f"kind == '{kind}' || kind != 'Contractor'"
    assert outcome_of(world_of(named, kind)).kind is Kind.CREATE
    held = "starts_with(lower(kind), 'contractor') || kind != 'Contractor'"
    assert outcome_of(world_of(held, kind)).kind is Kind.CREATE


@pytest.mark.parametrize("status", ["left", " Left", "LEFT\u200b"])
def test_a_leaver_by_another_spelling_is_named_and_not_taken_for_employed(status: str) -> None:
    world = world_of("code", None, there=True)
    leavers = {"when": "kind == 'Left'", "set": {"leaveDate": "today()"}, "left": "leaveDate"}
    mapping = {**world.mapping, "leavers": leavers}
    person = Record("s", {"id": "s", "code": "a", "kind": status})
    world = World(mapping, Snapshot((person,)), world.target, world.departments)
    plan = planned(world)
    (found,) = plan.outcomes
    assert (found.kind, found.actions) == (Kind.ERROR, ())
    assert "another spelling of 'Left'" in found.reasons[0].said
    (listed,) = still_in(plan, {}, planned=True)
    assert listed.may_have_left


def test_all_conditions_of_a_side_share_the_checks() -> None:
    """Code that is made of them looks a key up once, for all of them."""
    world = world_of("kind != 'Contractor'", "x")
    mapping = {
        **world.mapping,
        "only": [{"id": "o", "when": "kind != 'Agency'", "otherwise": "is agency"}],
    }
    code = bound(World(mapping, world.source, world.target, world.departments)).code
    checks = {id(each.reading.checks["kind",]) for each in (*code.only, *code.rules)}
    assert len(checks) == 1


TEXTS = st.text() | st.text("aA\u00df \t\x1c\u200b\u00ad\u3000\uff21\u0130")


@given(TEXTS)
def test_the_form_of_a_text_is_all_but_case_spaces_and_what_is_invisible(text: str) -> None:
    """Said again letter by letter: the same for texts of ASCII and for any others."""
    folded = normalize("NFKC", text).casefold()
    letters = [each for each in folded if not each.isspace() and category(each) != "Cf"]
    assert _form(text) == "".join(letters)
