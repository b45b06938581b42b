"""`impact` names the parts of a mapping to which an edit gives another meaning, and no others."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.mapping.compiler import Compiled
from oneway.runs.compare.edited_parts import EditedPart, edited_parts
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving.solver.slots import unlike

MAPPING = """\
oneway: 1
name: m
time_zone: Europe/London
label: join(' ', [first, last])
source: {connector: file, resource: p.csv, options: {id: id, types: "since=date:dd/MM/yyyy"}}
target: {connector: file, resource: t.json, options: {id: id}}
settings: {kind: {type: string, default: Employee, description: Who}}
let: {gone: status == 'Left'}
references:
  teams: {from: target, resource: teams.json, key: code, value: id}
match: [{source: code, target: ref}, {source: mail, target: mail}]
only: [{id: staff, when: "type == setting('kind')", otherwise: Not for us}]
eligible:
  - {id: grade, when: "grade != 'X'", otherwise: Grade X, for: [joiners, movers]}
  - {id: email, when: email, otherwise: No email}
fields:
  ref: {from: code, write: on_create}
  first: first
  last: {from: last, compare: trimmed}
  email: {from: email, compare: ignore_case}
  team: {from: team, lookup: teams, on_miss: keep}
  bank.iban: {value: "no account", sensitive: true, write: on_create}
  bank.sort: sort
together: [[first, last]]
joiners: {unless_taken: [email]}
leavers:
  when: let('gone')
  set: {active: {value: false}, end: {from: end}}
  left: active == `false`
rehires: {reactivate: {active: true}}
absent: {deactivate: {when: "starts_with(ref, 'UK-')"}}
guards: {leavers: {share: 10%, floor: 2}, source: {shrink: 30%}}
rekey: report
"""
EDITS = {
    "time_zone": ("Europe/London", "Pacific/Kiritimati", "Europe/London", "Pacific/Kiritimati"),
    "label": ("label: join(' ', [first, last])", "label: code", "", ""),
    "source": ("dd/MM/yyyy", "MM/dd/yyyy", "", ""),
    "settings.kind": ("default: Employee", "default: Other", "Employee", "Other"),
    "leavers.when": ("status == 'Left'", "status == 'Gone'", "", ""),
    "references.teams": ("key: code, value", "key: title, value", "", ""),
    "match": ("source: mail, target", "source: mail, compare: trimmed, target", "", ""),
    "match.1": ("source: mail, target", "source: lower(mail), target", "", ""),
    "only.staff": ("type == setting", "kind == setting", "", ""),
    "eligible.grade": ("for: [joiners, movers]", "for: [joiners]", "", ""),
    "eligible.email": ("when: email,", "when: first,", "", ""),
    "fields.ref.write": ("code, write: on_create", "code", "on_create", "overwrite"),
    "fields.first": ("  first: first\n", "  first: other\n", "", ""),
    "fields.last.compare": ("compare: trimmed", "compare: exact", "trimmed", "exact"),
    "fields.team.on_miss": ("on_miss: keep", "on_miss: clear", "keep", "clear"),
    "fields.bank.iban": ("no account", "another account", "", ""),
    "fields.bank.sort": ("  bank.sort: sort\n", "", "", "none"),
    "together": ("together: [[first, last]]\n", "", "", ""),
    "joiners.unless_taken": ("unless_taken: [email]", "unless_taken: [email, ref]", "", ""),
    "leavers.set.end": ("end: {from: end}", "end: {from: start}", "", ""),
    "leavers.left": ("active == `false`", "active != `true`", "", ""),
    "rehires": ("rehires: {reactivate: {active: true}}", "rehires: ignore", "reactivate", "ignore"),
    "absent.deactivate.when": ("'UK-'", "'DE-'", "", ""),
    "guards.leavers": ("10%, floor", "40%, floor", "10%", "40%"),
    "guards.source.shrink": ("{shrink: 30%}", "{shrink: 95%}", "30%", "95%"),
    "guards.on_breach": ("guards: {", "guards: {on_breach: stop, ", "hold", "stop"),
    "rekey": ("rekey: report", "rekey: write", "report", "write"),
    "gone": ("rekey: ", "gone: create\nrekey: ", "report", "create"),
}  # fmt: skip
"""For each part: an edit of it, and the words that tell the two versions apart."""
WITHOUT_MEANING = [
    ("rekey", "# as agreed with payroll\nrekey"),
    ('{id: id, types: "since=date:dd/MM/yyyy"}', "{types: since=date:dd/MM/yyyy, id: id}"),
    ("oneway: 1\nname: m\n", "name: m\noneway: 1\ntitle: Another title\n"),
    ("first: first\n", "first: {from: first}\n"),
    ("10%, floor: 2}", "10%, floor: 2}, clears: {floor: 2, share: 10%}"),
    ("otherwise: Grade X", "otherwise: Not for grade X"),
    ("for: [joiners, movers]", "for: [movers, joiners]"),
    ("value: false", "value: &no false"),
    ("rekey: report\n", ""),
    ("let: {gone:", "let: {has_gone:"),
]  # fmt: skip


WITHOUT_DEFAULTS = """\
oneway: 1
name: m
source:
  connector: file
  resource: p.csv
  options: {id: id}
  record:
    type: object
    additionalProperties: true
    required: [status, code]
    properties: {status: {type: string, enum: [Active, Left]}, code: {type: [string, "null"]}}
target: {connector: file, resource: t.json, options: {id: id}}
references:
  teams: {from: target, resource: teams.json, key: code, value: id}
match: [{source: code, target: ref}]
eligible: [{id: email, when: email, otherwise: No email}]
fields:
  ref: {from: code, write: on_create}
  team: {from: team, lookup: teams}
  groups: {from: groups, merge: add}
  first: first
leavers: {when: status == 'Left', set: {active: {value: false}}, left: "active == `false`"}
"""
TOP = "name: m\n"
DEFAULTS = [
    *((TOP, f"{TOP}{key}\n") for key in (
        "time_zone: UTC", "rekey: report", "gone: report", "absent: ignore", "rehires: report",
        "out_of_scope: ignore", "joiners: {create: true}", "guards: {on_breach: hold}",
        "guards: {leavers: {share: 10%, floor: 2}, clears: {share: 10%, floor: 2}}",
        "guards: {reactivations: {share: 10%, floor: 2}, field_changes: {share: 50%, floor: 10}}",
    )),
    ("target: ref}", "target: ref, compare: exact}"),
    ("No email}", "No email, for: [joiners, movers]}"),
    ("lookup: teams}", "lookup: teams, on_miss: keep}"),
    ("merge: add}", "merge: add, compare: exact}"),
    *(("  first: first", f"  first: {{from: first, {key}}}") for key in (
        "on_blank: keep", "write: overwrite", "compare: exact", "merge: replace",
        "sensitive: false",
    )),
    *(("{value: false}", f"{{value: false, {key}}}") for key in (
        "on_blank: keep", "write: overwrite", "compare: exact",
    )),
    ("options: {id: id}\n  record", "options: {id: id}\n  absent: unknown\n  record"),
    ("[Active, Left]", "[Left, Active]"),
    ("[status, code]", "[code, status]"),
    ('[string, "null"]', '["null", string]'),
    ("{type: string, enum", "{type: [string], enum"),
]  # fmt: skip
"""Every default of the language written out, and every list without an order in another one."""
OTHERS = [
    (TOP, f"{TOP}time_zone: Europe/London\n"), (TOP, f"{TOP}absent: report\n"),
    ("[Active, Left]", "[Active, Left, Gone]"), ("[status, code]", "[status]"),
    ("options: {id: id}\n  record", "options: {id: id}\n  absent: null\n  record"),
    ("{type: string, enum", "{enum"),
]  # fmt: skip


@pytest.mark.parametrize("edit", DEFAULTS)
def test_a_default_that_is_written_out_is_no_edit(edit: tuple[str, str]) -> None:
    assert WITHOUT_DEFAULTS.count(edit[0]) == 1
    old, new = compiled(WITHOUT_DEFAULTS), compiled(WITHOUT_DEFAULTS.replace(*edit))
    assert (unlike(old, new), edited_parts(old, new)) == ([], ())


@pytest.mark.parametrize("edit", OTHERS)
def test_what_is_no_default_is_an_edit(edit: tuple[str, str]) -> None:
    assert WITHOUT_DEFAULTS.count(edit[0]) == 1
    assert unlike(compiled(WITHOUT_DEFAULTS), compiled(WITHOUT_DEFAULTS.replace(*edit)))


def compiled(text: str) -> Compiled:
    return compile_data(text.encode(), "m.yaml", ())[0]


OLD = compiled(MAPPING)


def parts(text: str) -> tuple[EditedPart, ...]:
    return edited_parts(OLD, compiled(text))


def rewritten(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        if old == "let: {gone:":
            text = text.replace("let('gone')", "let('has_gone')")
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_part_is_named_with_what_it_was_and_is(name: str) -> None:
    old, new, was, now = EDITS[name]
    assert MAPPING.count(old) == 1
    (found,) = parts(MAPPING.replace(old, new))
    assert (found.name, found.was, found.now) == (name, was, now)
    assert found.place.line or not new  # what is gone stands nowhere


def test_a_field_with_a_space_has_its_own_place() -> None:
    old, new = (compiled(MAPPING.replace("bank.sort: sort", f'"Sort Code": {e}')) for e in "ab")
    (found,) = edited_parts(old, new)
    assert str(found.place) == "m.yaml:23:4"


@pytest.mark.parametrize("edit", WITHOUT_MEANING)
def test_an_edit_without_meaning_names_nothing(edit: tuple[str, str]) -> None:
    assert rewritten(MAPPING, edit) != MAPPING
    assert parts(rewritten(MAPPING, edit)) == ()


@given(st.sets(st.sampled_from(sorted(EDITS.keys() - {"match.1"}))),
       st.sets(st.sampled_from(WITHOUT_MEANING)))  # fmt: skip
@settings(max_examples=15)
def test_several_edits_name_each_of_their_parts(
    names: set[str], others: set[tuple[str, str]]
) -> None:
    text = rewritten(MAPPING, *(EDITS[name][:2] for name in sorted(names)), *sorted(others))
    found = parts(text)
    assert {each.name for each in found} == names
    lines = text.splitlines()
    for each in found:
        said = re.search(r":(\d+):(\d+)$", str(each.place))
        if said is not None:  # a part that is gone stands nowhere
            line = lines[int(said[1]) - 1][int(said[2]) - 1 :]
            assert any(line.startswith(key) for key in _keys(each.name)), (each.name, line)


def _keys(name: str) -> list[str]:
    """Return the keys at which a part may stand: its own, or that of what holds it."""
    parts = name.split(".")
    own = [".".join(parts[at:]) for at in range(len(parts))]
    return [*parts, *own, "{id: "]


def test_whatever_same_compares_is_named() -> None:
    for old, new, *_ in EDITS.values():
        other = compiled(MAPPING.replace(old, new))
        named = {each.name for each in edited_parts(OLD, other)}
        assert {each.name for each in unlike(OLD, other) if not each.follows} <= named
