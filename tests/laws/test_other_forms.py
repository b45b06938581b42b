"""A list or object that comes back in another form is what was sent; one of other values is not."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oneway.core.key_forms import is_other_form

WORDS = st.sampled_from(["Ann@Example.com", "work", "+44 7700 900001", "Leeds", "7"])
ITEMS = st.dictionaries(
    st.sampled_from(["value", "type", "name"]), WORDS, min_size=1
) | st.fixed_dictionaries({"value": WORDS, "primary": st.booleans()})


def in_another_form(value: Any, draw: Any) -> Any:
    if isinstance(value, list):
        changed = [in_another_form(each, draw) for each in value]
        return draw(st.permutations(changed))
    if isinstance(value, dict):
        kept = {k: in_another_form(v, draw) for k, v in value.items() if v is not False}
        return kept | draw(st.sampled_from([{}, {"display": None}, {"hidden": False}]))
    if isinstance(value, str):
        return draw(st.sampled_from([value, value.lower(), value.upper(), f" {value}"]))
    return draw(st.sampled_from([value, str(value).lower()]))


@given(st.lists(ITEMS, min_size=1, max_size=3), st.data())
def test_another_form_of_a_list_is_the_list(sent: list[Any], data: Any) -> None:
    assert is_other_form(in_another_form(sent, data.draw), sent)


@given(st.lists(ITEMS, min_size=1, max_size=3), st.integers(0, 2), st.sampled_from(["x9", True]))
def test_another_value_is_no_other_form(sent: list[Any], at: int, value: object) -> None:
    item = sent[at % len(sent)]
    key = sorted(item)[0]
    if item[key] is value:
        return
    now = [each if each is not item else {**item, key: value} for each in sent]
    assert not is_other_form(now, sent)
    assert not is_other_form(sent[1:], sent)
    assert not is_other_form([*sent, {"value": "more"}], sent)
    assert not is_other_form([], sent)
    assert not is_other_form(sent[0], sent)
