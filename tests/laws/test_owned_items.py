"""Lists of which the sync owns some items: those follow the source, and all others stay."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from memory import all_done, applied
from oneway.core.compare import Compare, CompareItems, identity
from oneway.mapping.spec import OwnedItems
from oneway.planning.diff import added, owned
from strategies import accepted, worlds
from worlds import World, planned

ITEMS = ["hr", "it", "HR", "payroll-1", "payroll-2", "manual", "", 1, 1.0, True, None, {"a": 1}]
OURS = st.one_of(
    st.lists(st.sampled_from(["hr", "it", 1, True, "payroll-1"]), min_size=1, unique_by=repr).map(
        lambda items: OwnedItems(tuple(items))
    ),
    st.sampled_from(["payroll-.*", "hr", "h|i.*"]).map(lambda text: OwnedItems(pattern=text)),
)
LISTS = st.lists(st.sampled_from(ITEMS), max_size=6)


def ids(items: Any) -> list[object]:
    return [identity(item) for item in items or []]


@st.composite
def cases(draw: st.DrawFn) -> tuple[OwnedItems, list[Any], list[Any]]:
    ours = draw(OURS)
    said = [item for item in draw(LISTS) if ours.owns(item)]
    return ours, draw(LISTS), said


@given(cases())
@example((OwnedItems(("hr", "it")), ["it", "manual"], ["hr"]))
def test_what_is_ours_is_what_the_source_says_and_the_rest_is_as_it_was(case: Any) -> None:
    ours, held, said = case
    after = owned(ours, held, said)
    items = after or []
    assert isinstance(items, list)
    of_others = [item for item in held if not ours.owns(item)]
    assert ids(item for item in items if not ours.owns(item)) == ids(of_others)
    assert set(ids(item for item in items if ours.owns(item))) == set(ids(said))
    assert owned(ours, after, said) == after, "the second time, nothing changes"


FORMS: Any = st.sampled_from([
    (Compare.IGNORE_CASE, ["hr", "HR"], str.upper),
    (CompareItems(("id",)), [{"id": 1}, {"id": 2}], lambda item: {**item, "name": "x"}),
    (
        CompareItems(("value",), Compare.IGNORE_CASE),
        [{"value": "A@example.com"}],
        lambda item: {"value": item["value"].lower(), "primary": True},
    ),
])  # fmt: skip


@given(FORMS, st.booleans(), LISTS)
def test_items_in_the_form_that_the_target_gives_them_are_not_added_again(
    form: Any, owns: bool, others: list[Any]
) -> None:
    compare, said, in_its_form = form
    ours = OwnedItems((*said,), compare=compare)
    others = [item for item in others if not ours.owns(item)]
    held = [*others, *map(in_its_form, said)]
    after = owned(ours, held, said) if owns else added(held, said, compare)
    assert after == held
    if owns:
        assert ids(owned(ours, held, [])) == ids(others), "ours goes, in whatever form it is"


@given(cases())
def test_each_item_keeps_its_place_and_what_is_new_comes_last_and_once(case: Any) -> None:
    ours, held, said = case
    items = owned(ours, held, said) or []
    assert isinstance(items, list)
    stays = [item for item in held if identity(item) in ids(said) or not ours.owns(item)]
    assert ids(items[: len(stays)]) == ids(stays)
    fresh = ids(items[len(stays) :])
    assert len(set(fresh)) == len(fresh)
    assert not set(fresh) & set(ids(held))
    assert fresh == [each for each in dict.fromkeys(ids(said)) if each not in ids(held)]


@given(cases(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_in_the_source_makes_a_change(case: Any, chance: Any) -> None:
    ours, held, said = case
    after = owned(ours, held, said)
    again = said * 2
    chance.shuffle(again)
    assert owned(ours, after, again) == after


@st.composite
def owning(draw: st.DrawFn) -> World:
    """Draw a world in which a list is merged by what the sync owns."""
    world = draw(worlds(due=False))
    rule: dict[str, Any] = {"from": "tags", "merge": {"own": draw(OWN)}}
    rule["on_blank"] = draw(st.sampled_from(["keep", "clear"]))
    world.mapping["fields"]["tags"] = rule
    if "leavers" in world.mapping and draw(st.booleans()):
        world.mapping["fields"].pop("tags")
        leaves = world.mapping["leavers"]
        ours = {"tags": {"value": [], "merge": rule["merge"]}}
        world.mapping["leavers"] = {**leaves, "set": {**leaves["set"], **ours}}
    return world


OWN = st.sampled_from([["x", "y", "A1"], ["x"], {"pattern": "[xA].*"}])


@given(owning().filter(accepted))
@settings(max_examples=40)
def test_nothing_is_removed_that_others_put_there_and_the_second_plan_is_empty(
    world: World,
) -> None:
    rule = world.mapping["fields"].get("tags") or world.mapping["leavers"]["set"]["tags"]
    own = rule["merge"]["own"]
    ours = OwnedItems(pattern=own["pattern"]) if isinstance(own, dict) else OwnedItems(tuple(own))
    before = {each.id: each.data.get("tags") for each in world.target.records}
    done = applied(world, planned(world))
    assert all_done(done)
    for record in done.target.records:
        held, now = before.get(record.id), record.data.get("tags")
        if isinstance(held, list):
            others = [item for item in held if not ours.owns(item)]
            assert [item for item in now or [] if not ours.owns(item)] == others  # type: ignore[union-attr]
        elif record.id in before and held is not None and held != {}:
            assert now == held, "what is no list is left alone"
    assert not planned(world.with_target(done.target.records)).actions
