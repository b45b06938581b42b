"""The laws of planning, with the expressions of the published JMESPath suite in mappings."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmespath_suite import SuiteCase, all_cases, needs_suite
from laws import test_screen, test_second_night
from laws.test_expression_laws import JSON
from laws.test_generated import SPAN, compare, refuse_another_row
from laws.test_screen import nights, person, refuse_difference_in_another_order, town_of, user
from laws.test_second_night import NOW, few_looked_at, firms, refuse_different_nights
from memory import applied
from oneway.mapping.expressions import ExpressionSyntax, parse
from oneway.runs.evidence.remembered import Remembered
from strategies import accepted, worlds
from worlds import World, planned

pytestmark = needs_suite


def is_expression(case: SuiteCase) -> bool:
    """Return whether a case has an expression: some have deliberate mistakes."""
    try:
        parse(case.expression, SPAN)
    except ExpressionSyntax:
        return False
    return True


CASES = list(filter(is_expression, all_cases()))
TRIED = CASES if os.environ.get("EVERY_CASE") else CASES[::20]


def within(case: SuiteCase) -> str:
    """Return the expression of a case for records which have the case's data at `at`."""
    return f"at | ({case.expression})"


Mapping = dict[str, Any]


def with_field(mapping: Mapping, path: str, rule: Any) -> Mapping:
    return mapping | {"fields": mapping["fields"] | {path: rule}}


def as_value(mapping: Mapping, text: str) -> Mapping:
    return with_field(mapping, "nick", text)


def as_note(mapping: Mapping, text: str) -> Mapping:
    return with_field(mapping, "note", {"from": text, "on_blank": "clear"})


def as_condition(mapping: Mapping, text: str) -> Mapping:
    return with_field(mapping, "grade", {"from": "level", "when": text})


def as_label(mapping: Mapping, text: str) -> Mapping:
    return mapping | {"label": text}


def as_rule(mapping: Mapping, text: str) -> Mapping:
    return mapping | {"eligible": [{"id": "suite", "when": text, "otherwise": "not fit"}]}


def as_leaving(mapping: Mapping, text: str) -> Mapping:
    return mapping | {"leavers": mapping.get("leavers", {}) | {"when": text}}


def as_key(mapping: Mapping, text: str) -> Mapping:
    match = [*mapping["match"], {"source": text, "target": "nick"}]
    return as_value(mapping, text) | {"match": match}


PLACES: list[Callable[[Mapping, str], Mapping]] = [
    as_value, as_note, as_condition, as_label, as_rule, as_leaving, as_key,
]  # fmt: skip


@st.composite
def nearly(draw: st.DrawFn, given: Any) -> Any:
    """Draw data of the suite, one value of which may be another."""
    if not (isinstance(given, dict | list) and given and draw(st.integers(0, 4))):
        return draw(st.just(given) | JSON)
    places = sorted(given) if isinstance(given, dict) else range(len(given))
    changed, place = given.copy(), draw(st.sampled_from(places))
    changed[place] = draw(nearly(given[place]))
    return changed


@given(st.data())
def test_an_expression_has_the_answer_of_the_interpreter_on_other_data(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    compare(parse(case.expression, SPAN), data.draw(nearly(case.given)))


@st.composite
def using_the_suite(draw: st.DrawFn, worlds: st.SearchStrategy[World]) -> World:
    """Draw a world whose mapping has an expression of the suite, and whose people have its data."""
    world, case = draw(worlds), draw(st.sampled_from(CASES))
    mapping = draw(st.sampled_from(PLACES))(dict(world.mapping), within(case))
    data = st.just(case.given) | nearly(case.given)
    people = (replace(each, data={**each.data, "at": draw(data)}) for each in world.source.records)
    return replace(world, mapping=mapping, source=replace(world.source, records=tuple(people)))


WORLDS = using_the_suite(worlds()).filter(accepted)

FEWER = settings(max_examples=settings().max_examples // 3)


@FEWER
@given(WORLDS)
def test_a_row_is_that_of_the_interpreter(world: World) -> None:
    refuse_another_row(world)


@FEWER
@given(nights(WORLDS), st.randoms(use_true_random=False))
def test_screened_plan_is_unscreened_plan_in_any_order(world: World, chance: Any) -> None:
    refuse_difference_in_another_order(world, chance)


@FEWER
@given(st.data())
def test_second_night_is_full_night(data: st.DataObject) -> None:
    refuse_different_nights(data, using_the_suite(firms()).filter(accepted))


@pytest.mark.slow
@pytest.mark.parametrize("case", TRIED, ids=lambda case: case.id)
def test_the_suite_is_planned_alike_in_every_way(case: SuiteCase, tmp_path: Path) -> None:
    """All cases are tried where EVERY_CASE is set in the environment, otherwise each twentieth."""
    world = town(case)
    refuse_another_row(world)
    test_screen.refuse_difference(world)
    after = settled(world)
    test_screen.refuse_difference(after)
    passed_over(after, tmp_path)


def test_second_nights_of_the_suite_pass_over_people(tmp_path: Path) -> None:
    """Otherwise the law would hold of nothing."""
    assert passed_over(settled(town(CASES[0])), tmp_path) == 1


def town(case: SuiteCase) -> World:
    """Return people with the data of a case, and a mapping in which its expression stands twice."""
    people = [person(id, level=1, at=case.given) for id in "abcd"]
    world = town_of(people, [user("a"), user("b"), user("d")])
    mapping = as_value(as_condition(dict(world.mapping), within(case)), within(case))
    return replace(world, mapping=mapping)


def settled(world: World) -> World:
    """Return a world after a run."""
    return world.with_target(applied(world, planned(world)).target.records)


def passed_over(world: World, folder: Path) -> int:
    """Return how many are passed over on a second night, on which one name is another."""
    lines = {
        side: [json.dumps({**each.data, "id": each.id}) + "\n" for each in snapshot.records]
        for side, snapshot in (("source", world.source), ("target", world.target))
    }
    known = Remembered(now=NOW)
    with few_looked_at():
        test_second_night.refuse_difference(world, folder, lines, known)
        lines["source"][1] = lines["source"][1].replace('"name": "b"', '"name": "B"')
        return test_second_night.refuse_difference(world, folder, lines, known)[1]
