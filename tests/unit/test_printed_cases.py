"""Each case that `test --mutate` prints passes on the mapping and fails on the edit, as pasted."""

from pathlib import Path

import pytest

from pasting import cut_down, wrong_cases

ROOT = Path(__file__).resolve().parents[2] / "mappings"
SHIPPED = [
    each
    for each in sorted(ROOT.rglob("*.yaml"))
    if not each.name.endswith(".test.yaml") and each.parent.name != "connections"
]


@pytest.mark.parametrize("target", [True, False], ids=["target", "no target"])
@pytest.mark.parametrize("mapping", SHIPPED, ids=lambda path: path.stem)
def test_a_printed_case_passes_on_the_mapping_and_fails_on_the_edit(
    mapping: Path, target: bool
) -> None:
    text = mapping.with_name(f"{mapping.stem}.test.yaml").read_text("utf-8")
    wrong = list(wrong_cases(mapping, cut_down(text, target=target)))
    assert not wrong, "\n".join(wrong)
