"""The edits that `oneway test --mutate` tries: those by which people leave or stay come first."""

from oneway.documents.yaml_source import read_all
from oneway.runs.proving.mutate import edits

MAPPING = b"""\
oneway: 1
name: m
source: {connector: file, resource: p.json, options: {id: id}}
target: {connector: file, resource: t.json, options: {id: id}}
match: [{source: code, target: ref}, {source: mail, target: mail}]
only: [{id: staff, when: type == 'Staff', otherwise: Not staff}]
eligible: [{id: mail, when: mail, otherwise: No mail}]
fields: {ref: {from: code, write: on_create}, mail: mail}
leavers: {when: status == 'Left', set: {active: {value: false}}, left: active == `false`}
absent: {deactivate: {when: "starts_with(ref, 'UK')"}}
"""


def test_who_is_matched_leaves_or_stays_is_edited() -> None:
    document = read_all(MAPPING, "m.yaml").document
    assert document is not None
    tried = {each.text: each for each in edits(document)}
    for text, line in (
        ("match key 2 before 1", 5),
        ("also for leavers", 7),
        ("`absent: deactivate` for all", 10),
        ("not starts_with(ref, 'UK')", 10),
    ):
        assert tried[text].place.line == line, text
    assert tried["match key 2 before 1"].data["match"] == [
        {"source": "mail", "target": "mail"},
        {"source": "code", "target": "ref"},
    ]
