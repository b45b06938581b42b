"""Which texts lose their outer spaces: those that the run's target is read without."""

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: m
source: {connector: file, resource: p.json, options: {id: id}}
target: {connector: file, resource: u.%s, options: {id: id%s}}
match: [{source: "no", target: "no"}]
fields:
  "no": {from: "no", write: on_create}
  name: name
"""
CONNECTION = """\
oneway_connection: 1
name: c
mapping: ../m.yaml
schedule: never
target: {options: {%s}}
"""
HELD = {
    "csv": 'id,no,name\n11,A1 ," Ann "\n',
    "json": '[{"id": "11", "no": "A1 ", "name": " Ann "}]',
    "tsv": "id\tno\tname\n11\tA1 \t Ann \n",
}
RUNS = {
    "the connection trims": ("csv", "", "spaces: trim", True),
    "the mapping trims, and a connection says nothing": ("csv", "trim", "", True),
    "the connection trims a file of another ending": ("tsv", "", "spaces: trim", True),
    "the connection keeps what the mapping trims": ("csv", "trim", "spaces: keep", False),
    "JSON is never trimmed": ("json", "trim", "", False),
    "JSON is not trimmed by a connection either": ("json", "", "spaces: trim", False),
    "nobody trims": ("csv", "", "", False),
}


@pytest.mark.parametrize("name", RUNS)
def test_texts_are_compared_as_the_target_of_the_run_is_read(bare: World, name: str) -> None:
    ending, own, set_by, trims = RUNS[name]
    bare.write("m.yaml", MAPPING % (ending, f", spaces: {own}" if own else ""))
    (bare.folder / "connections").mkdir()
    bare.write("connections/c.yaml", CONNECTION % set_by)
    bare.write(f"u.{ending}", HELD[ending])
    bare.write("p.json", [{"id": "1", "no": "A1 ", "name": " Ann "}])
    for _ in range(2):
        ended = bare.run("sync", "c")
        assert ended.code == 0
        assert "1 unchanged" in ended.flat
    assert (bare.folder / f"u.{ending}").read_text(encoding="utf-8") == HELD[ending]
    bare.write("p.json", [{"id": "1", "no": "A1", "name": " Bea "}])
    ended = bare.run("sync", "c")
    held = (bare.folder / f"u.{ending}").read_text(encoding="utf-8")
    assert ended.code == 0
    assert ("Bea" in held and " Bea " not in held) is trims
