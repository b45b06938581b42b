"""A guard is defined once: the schemas, the page of the language and the report say the same."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from oneway.cli.options import _wrong_guard
from oneway.core.diagnostics import Span
from oneway.mapping.load import load_partly
from oneway.mapping.spec import GuardKind, GuardsSpec
from oneway.planning.guard_kinds import (
    DEFAULTS,
    DEFINITIONS,
    GUARDS,
    GuardDefinition,
    definition_of,
    looser_guards,
)
from oneway.planning.plan import Action, Change, Kind, Outcome, Verb

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
LIMITS = [each for each in DEFINITIONS if not each.of_list]
LISTS = [each for each in DEFINITIONS if each.of_list]


def guards_of(schema: str, definition: str) -> dict[str, Any]:
    text = (ROOT / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["$defs"][definition]["properties"]
    return found


SCHEMAS = [guards_of("mapping", "GuardsSpec"), guards_of("connection", "ConnectionGuards")]


def test_each_kind_is_defined_once_and_in_order() -> None:
    assert [each.kind for each in DEFINITIONS] == list(GuardKind)
    assert list(GUARDS) == list(GuardKind)


def test_the_page_has_a_row_for_each_kind() -> None:
    rows = [f"| `{e.kind.value}` | {e.counts} | {e.default_text} |" for e in DEFINITIONS]
    table = PAGE[PAGE.index("| Kind | Counts | Default |") :].split("\n\n")[0].split("\n")[2:]
    assert sorted(table) == sorted(rows)


@pytest.mark.parametrize("each", LIMITS, ids=lambda each: each.kind.value)
@pytest.mark.parametrize("guards", SCHEMAS, ids=["mapping", "connection"])
def test_schemas_have_each_limit(guards: dict[str, Any], each: GuardDefinition) -> None:
    found = guards[each.kind.value]
    assert found["title"] == each.kind.value.replace("_", " ").capitalize()
    assert found["description"].startswith(each.description)


@pytest.mark.parametrize("each", LISTS, ids=lambda each: each.kind.value)
@pytest.mark.parametrize("guards", SCHEMAS, ids=["mapping", "connection"])
def test_schemas_have_the_limit_of_each_list(guards: dict[str, Any], each: GuardDefinition) -> None:
    _, side, key = each.setting.split(".")
    assert guards[side]["properties"][key]["description"].startswith(each.description)


def test_schemas_have_no_other_guards() -> None:
    known = {each.kind.value for each in LIMITS}
    known |= {each.list_setting.partition(".")[0] for each in LISTS}
    for guards in SCHEMAS:
        assert set(guards) == known | {"on_breach"}


@pytest.mark.parametrize("each", LIMITS, ids=lambda each: each.kind.value)
def test_the_default_in_words_is_the_default_in_force(each: GuardDefinition) -> None:
    limit = DEFAULTS.get(each.kind)
    found = re.fullmatch(r"(\d+) %, floor (\d+)", each.default_text)
    if found:
        assert limit is not None
        assert (limit.share * 100, limit.floor) == (int(found[1]), int(found[2]))
    elif limit is None:
        assert each.default_text == "no limit"
    else:
        assert (limit.share, limit.floor, each.default_text) == (0, 0, "each is held")


@pytest.mark.parametrize("each", DEFINITIONS, ids=lambda each: each.kind.value)
def test_the_options_take_each_kind_and_fields_where_it_counts_them(each: GuardDefinition) -> None:
    assert not _wrong_guard(each.kind.value)
    assert bool(_wrong_guard(f"{each.kind.value}.email")) is not each.by_field
    assert (definition_of(f"{each.kind.value}.email") is None) is not each.by_field
    assert definition_of(f"{each.kind.value}s") is None


def test_every_counter_counts_something() -> None:
    span = Span("m.yaml", 1, 1, 1)
    seen = set()
    for verb, kind in product(Verb, (Kind.CREATE, Kind.LEAVE, Kind.REHIRE)):
        change = Change("name", "old", None, "e", span)
        action = Action("a", verb, "s", "t", (change,))
        outcome = Outcome(kind, "", "", "s", "t", (), (action,))
        seen |= {
            e.kind for e in DEFINITIONS if e.counter is not None and e.counter(outcome, action)
        }
    assert seen == {each.kind for each in DEFINITIONS if each.counter is not None}


MAPPING = """\
oneway: 1
name: example
source: {connector: file, resource: people.csv}
target: {connector: file, resource: users.json}
match: [{source: code, target: reference}]
fields: {reference: code}
"""


def guards_of_mapping(each: GuardDefinition, share: str) -> GuardsSpec:
    """Return the guards of a mapping with a limit for one of them."""
    _, *keys = each.setting.split(".")
    limit = f"{{{keys[1]}: {share}}}" if each.of_list else f"{{share: {share}, floor: 3}}"
    text = f"{MAPPING}guards: {{{keys[0]}: {limit}}}\n"
    return load_partly(text.encode(), "m.yaml").spec.guards


@pytest.mark.parametrize("each", DEFINITIONS, ids=lambda each: each.kind.value)
def test_each_guard_that_lets_more_through_is_named(each: GuardDefinition) -> None:
    tight, loose = (guards_of_mapping(each, share) for share in ("10%", "90%"))
    (found,) = looser_guards(tight, loose)
    assert found.name == each.kind.value
    assert ".".join(found.path).startswith(each.setting)
    assert ("10%" in found.was, "90%" in found.now) == (True, True)
    assert not list(looser_guards(loose, tight))
    if each.default is None and not each.of_list:
        (found,) = looser_guards(tight, GuardsSpec())
        assert found.now == "no limit"
