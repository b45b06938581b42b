"""`validate`, `check` and `plan` tell alike that letters of a file are in another encoding."""

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: m
source: {connector: file, resource: p.csv, options: {id: id, encoding: %s}}
target: {connector: file, resource: u.json}
match: [{source: id, target: "no"}]
fields: {"no": {from: id, write: on_create}, name: name}
"""


def said(bare: World, command: str, encoding: str, names: str = "O’Brien") -> str:
    bare.write("m.yaml", MAPPING % encoding)
    (bare.folder / "p.csv").write_bytes(f"id,name\n1,{names}\n2,Zoë\n".encode("windows-1252"))
    bare.write("u.json", [])
    ended = bare.run(command, "m.yaml")
    return ended.flat + ended.err


@pytest.mark.parametrize("command", ["validate", "check", "plan"])
def test_windows_1252_is_named_wherever_the_file_is_read(bare: World, command: str) -> None:
    found = said(bare, command, "iso-8859-1")
    assert "set the option encoding: windows-1252" in " ".join(found.split())


@pytest.mark.parametrize("command", ["validate", "check", "plan"])
@pytest.mark.parametrize("encoding", ["windows-1252", "iso-8859-1"])
def test_letters_that_both_encodings_have_are_not(bare: World, command: str, encoding: str) -> None:
    names = "Müller" if encoding == "iso-8859-1" else "O’Brien–Šimek"
    assert "option encoding" not in said(bare, command, encoding, names)
