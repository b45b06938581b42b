"""Lists of objects that are compared by some keys of their items."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oneway.core.compare import Compare, CompareItems, identity, same

ITEMS = st.fixed_dictionaries(
    {"value": st.sampled_from(["ann@example.com", "a@home.example", 1, "1", True])},
    optional={"type": st.sampled_from(["work", "home", None, ""]), "primary": st.booleans()},
)
LISTS = st.lists(ITEMS, max_size=4)
BY = st.sampled_from([("value",), ("value", "type"), ("type", "value", "primary")])
ADDED = st.dictionaries(st.sampled_from(["display", "$ref"]), st.text("ab", max_size=2))


@st.composite
def kept_by_a_system(draw: st.DrawFn, items: list[Any], by: tuple[str, ...]) -> list[Any]:
    """Draw what a system shows of a list: in any order, with keys of its own, and fewer others."""
    held = []
    for item in draw(st.permutations(items)):
        dropped = draw(st.sets(st.sampled_from([*item]))) - set(by)
        held.append({k: v for k, v in item.items() if k not in dropped} | draw(ADDED))
    return held


@given(st.data(), LISTS, BY)
def test_what_a_system_adds_and_drops_beside_the_keys_makes_no_difference(
    data: st.DataObject, items: list[Any], by: tuple[str, ...]
) -> None:
    held = data.draw(kept_by_a_system(items, by))
    assert same(items, held, CompareItems(by))


@given(LISTS, LISTS, BY)
def test_other_values_at_the_keys_do(left: list[Any], right: list[Any], by: Any) -> None:
    def told(items: list[Any]) -> list[Any]:
        return sorted(repr([identity(each.get(key)) for key in by]) for each in items)

    alike = all(each.get(key) != "" for each in left + right for key in by)
    if alike:
        assert same(left, right, CompareItems(by)) == (told(left) == told(right))


@given(LISTS, LISTS, st.sampled_from([("nmae",), ("a.b",)]))
def test_a_key_that_no_item_has_compares_whole_items(
    left: list[Any], right: list[Any], by: tuple[str, ...]
) -> None:
    assert same(left, right, CompareItems(by)) == same(left, right, Compare.EXACT)
