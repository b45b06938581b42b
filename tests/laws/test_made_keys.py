"""Laws of defaults in a manifest: one that has no effect is warned of, and the remedy has one."""

from hypothesis import given
from hypothesis import strategies as st

from laws.test_reshaped import reshaped
from oneway.connections.manifest.made_keys import vain_defaults

DEFAULTS = ["`[]`", "`false`", "'none'", "`1`"]
FORMS = [
    "contains(['gone'], {})", "{} == 'none'", "'none' != {}", "!{}", "{}", "to_string({})",
    "[{}, kind]", "{{inner: {}}}", "!contains([{}], 'x')",
]  # fmt: skip


@given(st.sampled_from(FORMS), st.sampled_from(["status", "a.b"]), st.sampled_from(DEFAULTS))
def test_a_default_is_warned_of_exactly_if_it_has_no_effect(
    form: str, key: str, default: str
) -> None:
    record = {"kind": "Staff", "a": {}}
    made = form.format(f"({key} || {default})")
    found = [*vain_defaults(f"data[].{{id: id, made: {made.replace(f'({key}', f'( {key}')}}}")]
    assert bool(found) == (reshaped(made, record) == "omitted")
    for named, literal, _ in found:
        assert named == key
        assert reshaped(form.format(f"not_null({named}, {literal})"), record) != "omitted"
