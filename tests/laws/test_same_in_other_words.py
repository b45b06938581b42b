"""How a mapping is written changes nothing: order of keys, quotes, comments, flow, aliases."""

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oneway.documents.yaml_source import parse
from oneway.mapping.compiler import Compiled
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving.prove import Sameness
from oneway.runs.proving.solver.decide import decide

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(
    path for path in (ROOT / "mappings").glob("*.yaml") if not path.name.endswith(".test.yaml")
)
SMALL = """\
oneway: 1
name: m
label: join(' ', [first, last])
settings: {strict: {type: boolean, default: false, description: Be strict.}}
let: {known: first && last}
source: {connector: file, resource: people.jsonl, options: {id: nr}}
target: {connector: file, resource: users.jsonl}
references: {teams: {from: target, resource: teams.json, key: code, value: id}}
match: [{source: nr, target: ref}, {source: mail, target: mail}]
only: [{id: staff, when: kind != 'x', otherwise: No staff}]
eligible: [{id: known, when: known, otherwise: No name, for: [joiners]}]
fields:
  ref: {from: nr, write: on_create}
  mail: {from: mail, compare: ignore_case, on_blank: keep}
  last: {from: last, default: ''}
  team: {from: team, lookup: teams, on_miss: keep}
  name: join(' ', [first, last])
leavers: {when: status == 'Former', set: {on: {value: false}}, left: on == `false`}
guards: {leavers: {share: 5%, floor: 1}}
"""


AS_OF = datetime(2026, 11, 24, tzinfo=UTC)


class Writer:
    """Writes data as YAML in one of the many ways that mean the same."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.anchors: dict[str, str] = {}
        self.names = count()

    def text(self, data: dict[str, Any]) -> str:
        return self.comment() + self.block(data, "")

    def comment(self, indent: str = "") -> str:
        return f"{indent}# a comment: {{}} 'x\n" if self.random.random() < 0.2 else ""

    def entries(self, data: dict[str, Any]) -> list[tuple[str, Any]]:
        found = list(data.items())
        self.random.shuffle(found)
        return found

    def block(self, value: Any, indent: str) -> str:
        lines = ""
        for key, each in self.entries(value) if isinstance(value, dict) else ():
            lines += self.comment(indent) + f"{indent}{self.scalar(key)}:{self.node(each, indent)}"
        for each in value if isinstance(value, list) else ():
            lines += self.comment(indent) + f"{indent}-{self.node(each, indent)}"
        return lines

    def node(self, value: Any, indent: str) -> str:
        alias = self.alias(value)
        if alias.startswith("*"):
            return f" {alias}\n"
        mark = f" {alias}" if alias else ""
        if value and isinstance(value, dict | list) and self.random.random() < 0.6:
            return f"{mark}\n{self.block(value, indent + '  ')}"
        return f"{mark} {self.flow(value)}\n"

    def flow(self, value: Any) -> str:
        if isinstance(value, dict):
            found = (f"{self.scalar(key)}: {self.flow(each)}" for key, each in self.entries(value))
            return f"{{{', '.join(found)}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.flow, value))}]"
        return self.scalar(value)

    def scalar(self, value: Any) -> str:
        single = isinstance(value, str) and value.isprintable() and self.random.random() < 0.5
        return "'{}'".format(value.replace("'", "''")) if single else json.dumps(value)

    def alias(self, value: Any) -> str:
        """Return an anchor for a value, or the alias of an equal one that has an anchor."""
        key = json.dumps(value)
        if key in self.anchors and self.random.random() < 0.8:
            return f"*{self.anchors[key]}"
        if isinstance(value, str | dict) and self.random.random() < 0.3:
            self.anchors[key] = f"a{next(self.names)}"
            return f"&{self.anchors[key]}"
        return ""


def compiled(text: str, path: Path) -> Compiled:
    return compile_data(text.encode(), str(path), ())[0]


def rewritten(path: Path, random: Random) -> tuple[str, str]:
    """Return the text of a mapping, and another one that means the same."""
    text = path.read_text() if path.suffix else SMALL
    data = parse(text.encode(), str(path)).data
    assert isinstance(data, dict)
    again = Writer(random).text(data)
    assert parse(again.encode(), str(path)).data == data, again
    return text, again


@given(st.randoms(use_true_random=False), st.sampled_from([Path("m"), *SHIPPED]))
def test_every_way_to_write_a_mapping_is_the_same(random: Random, path: Path) -> None:
    text, again = rewritten(path, random)
    old, new = compiled(text, path), compiled(again, path)
    found = decide(old, new, AS_OF, None, 20)
    assert found.verdict is Sameness.SAME, (found.because, again)
