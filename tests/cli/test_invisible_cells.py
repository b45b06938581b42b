"""Tests that a cell in which nobody sees anything decides nothing, as a blank one."""

import json
from pathlib import Path

import pytest

from commands import ended

MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: source.json}
target: {connector: file, resource: target.json}
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  email: email
eligible: [{id: email, when: email, otherwise: Email is missing}]
leavers: {when: WHEN, set: {active: {value: false}}, left: active == `false`}
"""
SEEN_BY_NOBODY = ["\u200b", "\u200e", "\u200f", "\ufeff", "\u00ad", "\u00a0", " \u2060 "]


@pytest.mark.parametrize("when", ["leaveDate", "is_present(leaveDate)", "is_past(leaveDate)"])
@pytest.mark.parametrize("text", SEEN_BY_NOBODY)
def test_nobody_leaves_or_joins_by_text_that_nobody_sees(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    when: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    people = [
        {"id": str(n), "code": str(n), "email": f"p{n}@example.com", "leaveDate": ""}
        for n in range(1, 6)
    ]
    target = [{**each, "reference": each["code"], "active": True} for each in people[:4]]
    people[0]["leaveDate"] = people[4]["email"] = text
    Path("source.json").write_text(json.dumps(people))
    Path("target.json").write_text(json.dumps(target))
    Path("m.yaml").write_text(MAPPING.replace("WHEN", when))
    said = ended(capsys, "plan", "m.yaml", "--verbose")
    assert "to leave" not in said.out
    assert "Email is missing" in said.out
