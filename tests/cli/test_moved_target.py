"""A connection whose option leads to another system says that its links are of the first one."""

import json
from pathlib import Path

import pytest
from cli_world import Ended
from test_left_before_it_came import MAPPING
from test_pending_creates import Run

from directory import Directory, connected, served

CONNECTION = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nschedule: never\n"
PEOPLE = [
    {"number": f"{n}", "code": f"C{n}", "name": f"P{n} Q{n}", "mail": f"p{n}@example.com"}
    for n in range(1, 5)
]
SAID = "links are of another target"


def test_who_is_in_conflict_after_going_live_is_told_why(
    oneway: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def night(rows: list[dict[str, str]]) -> Ended:
        people = [each | {"here": True, "gone": False} for each in rows]
        (tmp_path / "people.json").write_text(json.dumps(people))
        return oneway("sync", "acme")

    with connected(Directory(), tmp_path, monkeypatch) as first:
        (tmp_path / "connections").mkdir()
        (tmp_path / "connections/acme.yaml").write_text(CONNECTION)
        (tmp_path / "m.yaml").write_text(MAPPING)
        for _ in range(2):
            assert night(PEOPLE).code == 0
        ids = [*first.people]
        with served(Directory()) as live:
            for id, each in zip(ids, reversed([*first.people.values()]), strict=True):
                live.people[id] = {**each, "id": id}
            monkeypatch.setenv("ONEWAY_DIRECTORY_BASE_URL", live.url)
            for _ in range(2):
                ended = night(PEOPLE)
                assert SAID in ended.flat, ended.out
                assert f"with base_url {first.url}" in ended.flat
        monkeypatch.setenv("ONEWAY_DIRECTORY_BASE_URL", first.url)
        # A few codes that changed are no other target.
        ended = night([PEOPLE[0] | {"code": "C9"}, *PEOPLE[1:]])
        assert "conflict" in ended.flat
        assert SAID not in ended.flat
        ended = night([each | {"code": f"D{each['code']}"} for each in PEOPLE])
        assert SAID not in ended.flat
