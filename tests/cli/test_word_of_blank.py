"""Tests that `validate` refuses a condition on a word which the option `blank` makes blank."""

from pathlib import Path

import pytest

from commands import ended

MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: people.csv, options: {id: id, blank: "n/a, -"}}
target: {connector: file, resource: users.json}
match: [{source: code, target: reference}]
fields: {reference: {from: code, write: on_create}}
leavers: {when: "WHEN", set: {active: {value: false}}, left: active == `false`}
"""


@pytest.mark.parametrize(
    ("when", "wrong"),
    [("end != '-'", True), ("end && end != 'N/A'", True), ("is_present(end)", False),
     ("end == 'Former'", False)],
)  # fmt: skip
def test_a_word_of_blank_is_never_compared(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    when: str,
    *,
    wrong: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text("id,code,end\n1,1,-\n2,2,Former\n")
    Path("users.json").write_text('[{"id": "1", "reference": "1", "active": true}]')
    Path("m.yaml").write_text(MAPPING.replace("WHEN", when))
    said = ended(capsys, "validate", "m.yaml")
    assert ("which the option `blank` makes blank" in said.out + said.err) is wrong
    assert (said.code != 0) is wrong
