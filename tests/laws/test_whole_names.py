"""A name in one field is judged as the same name in two: by its words."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.field_concepts import names_person
from oneway.core.paths import path_of
from oneway.core.records import Record, Snapshot
from oneway.mapping.spec import GuardsSpec
from oneway.planning.guards import judge
from oneway.planning.similar.same_person import words_of
from worlds import World, bound, planned

MAPPING: Mapping[str, Any] = {
    "oneway": 1,
    "name": "names",
    "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    },
}
REF = {"ref": {"from": "code", "write": "on_create"}}
IN_ONE = {"label": "name", "fields": {**REF, "fullName": "name", "email": "mail"}}
IN_TWO = {
    "label": "join(' ', [first, last])",
    "fields": {**REF, "first": "first", "last": "last", "email": "mail"},
}
Name = tuple[str, str]


def is_held(
    parts: Mapping[str, Any], was: Name, now: Name, mail: str = "", *, left: bool = False
) -> bool:
    """Return whether the guard holds what is written to the record of one who was another."""
    taken = {"joiners": {"unless_taken": ["email"] if mail else []}}
    person = {"id": "s0", "code": "A", "status": "L" if left else "E", "mail": mail or None,
              "first": now[0], "last": now[1], "name": " ".join(now)}  # fmt: skip
    user = {"id": "t0", "ref": "A", "state": "on", "email": "old@example.com" if mail else None,
            "first": was[0], "last": was[1], "fullName": " ".join(was)}  # fmt: skip
    world = World(
        {**MAPPING, **parts, **taken},
        Snapshot((Record("s0", person),)),
        Snapshot((Record("t0", user),)),
        Snapshot(()),
    )
    plan = planned(world)
    return bool(plan.actions) and len(judge(plan, GuardsSpec()).blocked) == len(plan.actions)


WORDS = st.sampled_from(["Ada", "Una", "Quill", "Marlow", "ADA", "quill"])
NAMES = st.tuples(WORDS, WORDS).filter(lambda name: name[0].casefold() != name[1].casefold())
MAILS = st.sampled_from(["", "new@example.com", "old@example.com"])


@given(NAMES, NAMES, MAILS, st.booleans())
def test_a_name_in_one_field_is_judged_as_the_same_in_two(
    was: Name, now: Name, mail: str, left: bool
) -> None:
    """With `label`, and without: then the fields that are called names stand in for it."""
    alone = ({"fields": parts["fields"]} for parts in (IN_ONE, IN_TWO))
    found = [is_held(parts, was, now, mail, left=left) for parts in (IN_ONE, IN_TWO, *alone)]
    stays = words_of(" ".join(was)) & words_of(" ".join(now)) or mail == "old@example.com"
    assert found == [not stays] * 4


@pytest.mark.parametrize("parts", [IN_ONE, IN_TWO])
def test_a_marriage_is_written_and_another_person_is_held(parts: Mapping[str, Any]) -> None:
    ada = ("Ada", "Quill")
    assert not is_held(parts, ada, ("Ada", "Marlow"), "ada.marlow@example.com")
    assert is_held(parts, ada, ("Una", "Wren"), "una.wren@example.com")
    assert is_held(parts, ada, ("Una", "Wren"))


@pytest.mark.parametrize(
    ("path", "is_name"),
    [
        ("firstName", True), ("name.givenName", True), ("fullName", True), ("Nachname", True),
        ("profile.displayName", True), ("manager.firstName", False), ("company.name", False),
        ("department.name", False), ("managerName", False), ("jobTitle", False), ("email", False),
    ],
)  # fmt: skip
def test_what_is_called_a_name_of_the_person(path: str, is_name: bool) -> None:
    assert names_person(path_of(path)) is is_name


def test_a_field_is_called_as_what_it_is_made_of_if_its_own_name_says_nothing() -> None:
    fields = {**REF, "nick": "first", "note": "last"}
    compiled_of = World({**MAPPING, "fields": fields}, *3 * [Snapshot(())])
    policy = bound(compiled_of).policy
    assert [policy.fields[each].path for each in policy.identifying] == ["nick", "note"]


def test_titles_initials_and_particles_are_no_words_of_a_name() -> None:
    assert words_of("Dr. Ada J. van der Quill") == {"ada", "quill"}
    assert words_of("Quill, Ada (Ms)") == {"ada", "quill"}
    assert words_of("ada@example.com") == words_of(None) == words_of("") == frozenset()
    assert is_held(IN_ONE, ("Mr. Jo J.", "de Dell"), ("Mr. Ed J.", "de Wick"), "ed@example.com")


def test_one_word_alone_may_have_changed() -> None:
    """Beside nothing else that tells: as one of two fields alone."""
    assert not is_held(IN_ONE, ("Ada", ""), ("Una", ""))
    assert is_held(IN_ONE, ("Ada", ""), ("Una", ""), "una@example.com")


def test_who_leaves_is_found_by_one_word() -> None:
    world_kinds = {is_held(IN_ONE, ("Ada", "Quill"), ("Una", "Wren"), left=True)}
    assert world_kinds == {True}
    assert not is_held(IN_ONE, ("Ada", "Quill"), ("Ada", "Marlow"), "a@example.com", left=True)
