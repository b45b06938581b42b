"""What every connector keeps, kept by files: JSON, JSON Lines and CSV."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from oneway.core.batches import Batch
from oneway.core.connector import Reader, Writer
from oneway_connectors.file import FileReader, FileWriter

ENDINGS = ("json", "jsonl", "csv")
PEOPLE = {
    "1": {"id": "1", "name": "Zoë Example", "email": "zoe@example.com", "bank": {"code": "000012"}},
    "2": {"id": "2", "name": 'O\'Brien, "Mac"', "email": "MAC@example.com", "bank": {"code": ""}},
    "x 3": {"id": "x 3", "name": "李小龍\nÆ", "email": "", "bank": {"code": "00-00-13"}},
}
SUITE = Path(__file__).parents[3] / "shared/facts/suites/naughty-strings/blns.base64.json"
HOSTILE = (
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "'; DROP TABLE users; --", "../../etc/passwd",
    "<script>alert(1)</script>", "{{7*7}}", "${HOME}", "%s%n", "\x1b[31mred\x1b[0m", "a\x00b",
    "a\rb", "a\r\nb", "a\nb", "\u2028\u2029\x85\x0b\x0c", "\ufeffbom", "\u202ertl", "a\u0301",
    " spaced ", "\t", "null", "true", "0123", "1e5", "NaN", '"', '""', ",", ";", "\\", "\\n",
    "😀👩‍👩‍👧", "\U0010ffff", "x" * 10_000,
)  # fmt: skip


@pytest.fixture(params=ENDINGS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A file that holds PEOPLE."""
    file = tmp_path / f"people.{request.param}"
    file.touch()
    target = FileWriter(str(file))
    for values in PEOPLE.values():
        target.create(values, "token")
    target.flush()
    return str(file)


def held(reader: Reader) -> dict[str, Any]:
    snapshot = reader.read()
    assert snapshot.complete
    assert not any(record.problem for record in snapshot.records)
    return {record.id: record.data for record in snapshot.records}


def test_read_returns_everybody_and_the_same_twice(path: str) -> None:
    reader = FileReader(path)
    assert held(reader) == PEOPLE
    assert reader.read() == reader.read()


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv"])
def test_an_id_comes_twice_only_with_a_problem(tmp_path: Path, ending: str) -> None:
    """Nothing that plans of batches looks at their ids again."""
    people = [{"id": f"{n}", "name": "Ann"} for n in range(3_000)]
    people += [people[7], {"id": "8", "name": "Bea"}]
    file = tmp_path / f"people.{ending}"
    lines = list(map(json.dumps, people))
    texts = {
        "json": f"[{','.join(lines)}]",
        "jsonl": "\n".join(lines),
        "csv": "id,name\n" + "".join(f"{each['id']},{each['name']}\n" for each in people),
    }
    file.write_text(texts[ending])
    ids: list[str] = []
    again: list[str] = []
    for each in FileReader(str(file)).batches([]):
        if isinstance(each, Batch):
            ids += each.ids
        else:
            (again if each.problem else ids).append(each.id)
    assert sorted(ids, key=int) == [f"{n}" for n in range(3_000)]
    assert again[:1] == ["8"]


def test_get_returns_one_or_none(path: str) -> None:
    reader: Reader = FileReader(path)
    for id, data in PEOPLE.items():
        record = reader.get(id)
        assert record is not None
        assert (record.id, record.data) == (id, data)
    assert reader.get("nobody") is None


def test_find_returns_at_least_the_holders(path: str) -> None:
    reader: Reader = FileReader(path)
    assert "2" in {record.id for record in reader.find("email", "mac@EXAMPLE.com")}
    assert "1" in {record.id for record in reader.find("bank.code", "000012")}
    assert reader.find("email", "nobody@example.com") == ()


def test_what_is_created_is_read_back(path: str) -> None:
    writer: Writer = FileWriter(path)
    id = writer.create({"name": "New", "bank": {"code": "000099"}}, "token")
    writer.flush()
    record = FileReader(path).get(id)
    assert record is not None
    assert record.data["name"] == "New"
    assert record.data["bank"] == {"code": "000099"}
    assert {key: held(FileReader(path))[key] for key in PEOPLE} == PEOPLE


@pytest.mark.parametrize("verb", ["update", "leave"])
def test_a_write_touches_the_given_fields_alone(path: str, verb: str) -> None:
    writer: Writer = FileWriter(path)
    getattr(writer, verb)("x 3", {"bank": {"code": "new"}, "email": None}, "token")
    writer.flush()
    after = held(FileReader(path))
    assert after.pop("x 3")["bank"] == {"code": "new"}
    assert after == {key: PEOPLE[key] for key in after}
    record = FileReader(path).get("x 3")
    assert record is not None
    assert record.data["name"] == PEOPLE["x 3"]["name"]
    assert not record.data["email"]


def test_hostile_text_arrives_unchanged(path: str) -> None:
    texts = [*HOSTILE, *naughty()]
    writer: Writer = FileWriter(path)
    ids = [writer.create({"name": text, "bank": {"code": text}}, "token") for text in texts]
    writer.update("1", {"name": "".join(HOSTILE)}, "token")
    writer.flush()
    after = held(FileReader(path))
    assert [after[id]["name"] for id in ids] == texts
    assert [after[id]["bank"]["code"] for id in ids] == texts
    assert after["1"]["name"] == "".join(HOSTILE)


def naughty() -> list[str]:
    """Return the Big List of Naughty Strings where it is at hand; HOSTILE stands without it."""
    if not SUITE.is_file():
        print(f"not at hand: {SUITE.name}")
        return []
    coded: list[str] = json.loads(SUITE.read_text("utf-8"))
    return [base64.b64decode(each).decode(errors="replace") for each in coded]
