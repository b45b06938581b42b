"""The test that `oneway new` drafts notices slips in the mapping that is drafted beside it."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import Ended

Run = Callable[..., Ended]
FIRST = ("Ann", "Bob", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal")
LAST = ("Oak", "Elm", "Ash", "Fir", "Yew", "Bay", "Box")
TEAMS = {"Operations": "OPS", "Finance": "FIN", "Sales": "SAL"}
LEFT = """iif("Leave Date", is_past("Leave Date"), Status == 'Former')"""


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drafted(oneway: Run, *, dated: bool = True) -> tuple[str, str]:
    """Draft a mapping of forty people and its test, and take the `# ` from all that they offer."""
    people, users = [], []
    for n in range(40):
        code, team, gone = f"{n + 101:05}", [*TEAMS][n % 3], n in (9, 22)
        name = {"First Name": FIRST[n % 8], "Last Name": LAST[n % 7]}
        email = f"{FIRST[n % 8]}.{n}@example.com".lower()
        status = {"Status": "Former" if gone else "Current"}
        day = {"Leave Date": "31/10/2020" if gone else ""} if dated else {}
        people.append({"Staff No": code, **name, "Email": email, "Team": team, **status, **day})
        user = {"id": n, "code": code, "firstName": FIRST[n % 8], "lastName": LAST[n % 7]}
        user |= {"email": email, "team": TEAMS[team], "active": True, "leaveDate": None}
        users += [user] if n < 36 else []
    with Path("people.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, people[0])
        writer.writeheader()
        writer.writerows(people)
    Path("users.json").write_text(json.dumps(users))
    assert oneway("new", "m.yaml", "--source", "people.csv", "--target", "users.json").code == 0
    for name in ("m.yaml", "m.test.yaml"):
        text = re.sub("^# (?!only)", "", Path(name).read_text(), flags=re.MULTILINE)
        Path(name).write_text(text)
    ended = oneway("test", "m.yaml")
    assert ended.code == 0, ended.out
    return Path("m.yaml").read_text(), Path("m.test.yaml").read_text()


SLIPS = {
    "names swapped": [
        ("firstName: '\"First", "firstName: '\"~"),
        ("lastName: '\"Last", "lastName: '\"First"),
        ("firstName: '\"~", "firstName: '\"Last"),
    ],
    "a name not written": [("  lastName: '\"Last Name\"'", "  # lastName: '\"Last Name\"'")],
    "a name only filled in": [
        ("lastName: '\"Last Name\"'", "lastName: {from: '\"Last Name\"', write: if_empty}")
    ],
    "new ones not active": [("  active: {value: true", "  # active: {value: true")],
    "no day of leaving": [(LEFT, "Status == 'Former'")],
    "either way of leaving": [(LEFT, "is_past(\"Leave Date\") || Status == 'Former'")],
    "no word of leaving": [(LEFT, "Status == Status && is_past(\"Leave Date\")")],
    "the last day itself": [("is_past(\"Leave Date\"),", "!is_future(\"Leave Date\"),")],
    "no returns": [("rehires: {reactivate: {active: true}}", "")],
    "returns without access": [("rehires: {reactivate: {active: true}}", "rehires: reactivate")],
    "left by the day": [("left: active == `false`", "left: is_past(leaveDate)")],
    "no day in the target": [(", leaveDate: 'coalesce(\"Leave Date\", today())'", "")],
    "codes swapped": [
        ("Operations: 'OPS'", "Operations: 'FIN'"),
        ("Finance: 'FIN'", "Finance: 'OPS'"),
    ],
    "an email only filled in": [
        ("email: {from: lower(trim(Email)),", "email: {from: lower(trim(Email)), write: if_empty,")
    ],
    "an email cleared": [
        ("email: {from: lower(trim(Email)),", "email: {from: lower(trim(Email)), on_blank: clear,")
    ],
    "a number overwritten": [("write: if_empty}", "write: overwrite}")],
    "keys in another order": [
        ("source: '\"Staff No\"', target: code", "source: ~"),
        ("source: lower(trim(Email)), target: email, compare: ignore_case",
         "source: '\"Staff No\"', target: code"),
        ("source: ~", "source: lower(trim(Email)), target: email, compare: ignore_case"),
    ],
    "another second key": [
        ("source: lower(trim(Email)), target: email", "source: '\"Last Name\"', target: lastName")
    ],
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_draft_fails_its_own_test(slip: str, oneway: Run) -> None:
    text, _ = drafted(oneway)
    for old, new in SLIPS[slip]:
        assert old in text, text
        text = text.replace(old, new, 1)
    Path("m.yaml").write_text(text)
    checked = oneway("validate", "m.yaml")
    assert checked.code == 0, checked.out  # else the slip would be noticed without a test
    ended = oneway("test", "m.yaml")
    assert ended.code != 0, ended.out


def test_a_word_alone_says_who_has_left(oneway: Run) -> None:
    _, test = drafted(oneway, dated=False)
    assert '- ["Former", "' in test  # and the day, which is today
    assert "notice" not in test


def test_all_that_a_draft_writes_is_expected_of_a_new_record(oneway: Run) -> None:
    """And nobody of the files is in the test: neither a name nor an email."""
    text, test = drafted(oneway)
    (line,) = re.findall(r"fields: (\{.*\"code\".*\})\n  - name: Somebody as in", test)
    assert set(json.loads(line)) == {"code", "firstName", "lastName", "email", "team", "active"}
    assert "  # leaveDate: is written under `leavers`" in text
    real = rf"\b({'|'.join([*FIRST, *LAST])})\b|\d@example.com"
    assert not re.search(real, test)
