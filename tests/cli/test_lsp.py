"""`oneway lsp` over standard input and output, as an editor drives it; `oneway schema --for`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import ROOT, World
from jsonschema import Draft202012Validator

from patience import PATIENCE

MAPPING = """\
oneway: 1
name: people-to-users
source: {connector: file, resource: people.csv, options: {id: Staff No}}
target: {connector: expensein, resource: users}
references:
  departments: {from: target, resource: departments, key: reference, value: id}
match:
  - {source: '"Staff No"', target: reference}
lint: [{code: M254, severity: "off", because: No leavers yet}]
fields:
  reference: {from: '"Staff No"', write: on_create}
  firstName: title_case("First Name")
  lastName: '"Last Name"'
  email: Email
  departmentId: {from: Dept, lookup: departments, on_miss: keep}
  naïve😀: Email
"""


class Editor:
    """A client that says what an editor says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = (folder / "map.yaml").as_uri()
        command = [sys.executable, "-m", "oneway", "lsp"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.asked = 0
        self.notices: list[dict[str, Any]] = []
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.tell("initialized", {})

    def ask(self, method: str, params: Any) -> Any:
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self.asked:
                assert "error" not in message, message
                return message["result"]
            self.notices.append(message)

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def open(self, text: str) -> list[dict[str, Any]]:
        document = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return self.published()

    def change(self, text: str) -> list[dict[str, Any]]:
        document = {"uri": self.uri, "version": 2}
        changes = [{"text": text}]
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        return self.published()

    def published(self) -> list[dict[str, Any]]:
        while True:
            message = self.notices.pop(0) if self.notices else self._read()
            if message.get("method") == "textDocument/publishDiagnostics":
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                return found

    def at(self, method: str, text: str, mark: str) -> Any:
        """Ask of the place right after a mark in the text."""
        before = text[: text.index(mark) + len(mark)]
        line = before.count("\n")
        units = len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
        where = {"line": line, "character": units}
        return self.ask(method, {"textDocument": {"uri": self.uri}, "position": where})

    def close(self) -> None:
        self.ask("shutdown", None)
        self.tell("exit", None)
        assert self.process.wait(PATIENCE) == 0

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        found: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return found


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / "people.csv").write_text(
        "Staff No,First Name,Last Name,Email,Dept\n01,Ann,Oak,a@example.com,OPS\n"
    )
    (tmp_path / "map.yaml").write_text(MAPPING)
    found = Editor(tmp_path)
    with found.process:
        yield found
        found.close()


def labels(items: list[dict[str, Any]]) -> set[str]:
    return {item["label"] for item in items}


def test_mistakes_are_underlined_as_they_are_typed(editor: Editor) -> None:
    (wrong,) = editor.open(MAPPING)
    assert (wrong["code"], wrong["severity"]) == ("M102", 1)
    assert wrong["range"]["start"] == {"line": 15, "character": 2}
    assert wrong["range"]["end"] == {"line": 15, "character": 9}  # in UTF-16 units
    good = MAPPING.rpartition("  naïve")[0]
    assert editor.change(good) == []
    (wrong,) = editor.change(good.replace("lookup: departments,", "lookup: department,"))
    assert "did you mean 'departments'?" in wrong["message"]
    wrong_path = good.replace('"First Name"', '"First Nmae"')
    (wrong,) = editor.change(wrong_path)
    assert (wrong["code"], wrong["severity"]) == ("R171", 2)
    assert "did you mean 'First Name'?" in wrong["message"]
    line = wrong_path.splitlines()[wrong["range"]["start"]["line"]]
    span = slice(wrong["range"]["start"]["character"], wrong["range"]["end"]["character"])
    assert line[span] == '"First Nmae"'
    people = Path(editor.uri.removeprefix("file://")).with_name("people.csv")
    people.write_text(people.read_text().replace("First Name", "First Nmae"))
    assert editor.change(wrong_path) == []
    people.write_text(people.read_text().replace("First Nmae", "First Name"))
    found = editor.change(good.replace("email: Email", "email: Email and Dept"))
    assert "'and' is written &&" in found[0]["message"]


def test_fields_functions_references_and_words_are_completed(editor: Editor) -> None:
    editor.open(MAPPING)
    text = MAPPING + "  pol"
    editor.change(text)
    assert "policyId" in labels(editor.at("textDocument/completion", text, "  pol"))
    assert "createdAt" not in labels(editor.at("textDocument/completion", text, "  pol"))
    text = MAPPING.replace("email: Email", "email: ")
    editor.change(text)
    found = labels(editor.at("textDocument/completion", text, "email: "))
    assert {'"First Name"', "Email", "title_case", "join"} <= found
    assert labels(editor.at("textDocument/completion", MAPPING, "lookup: ")) == {"departments"}
    text = MAPPING.replace("email: Email", "email: ") + "let: {mail: Email}\n"
    editor.change(text)
    assert "let('mail')" in labels(editor.at("textDocument/completion", text, "email: "))
    text = MAPPING.replace("write: on_create", "write: ")
    editor.change(text)
    assert "if_empty" in labels(editor.at("textDocument/completion", text, "write: "))
    text = MAPPING.replace("target: reference}", "target: }")
    editor.change(text)
    assert "reference" in labels(editor.at("textDocument/completion", text, "target: }"[:-1]))
    text = MAPPING.replace("value: id}", "value: id, label: }")
    editor.change(text)
    found = labels(editor.at("textDocument/completion", text, "value: id, label: "))
    assert {"name", "reference", "join"} <= found
    assert "Email" not in found, "a field of the source"
    text = MAPPING.replace(
        "connector: expensein, resource: users", "connector: expensein, resource: "
    )
    editor.change(text)
    assert labels(editor.at("textDocument/completion", text, "expensein, resource: ")) == {
        "users", "departments",
    }  # fmt: skip


def test_functions_and_fields_are_explained(editor: Editor) -> None:
    editor.open(MAPPING)
    said = editor.at("textDocument/hover", MAPPING, "firstName: title_")["contents"]["value"]
    assert "title_case(text)" in said
    said = editor.at("textDocument/hover", MAPPING, "  departmentI")["contents"]["value"]
    assert "The id of a department" in said
    assert editor.at("textDocument/hover", MAPPING, "oneway: 1\nnam") is None


def test_a_name_leads_to_where_it_is_defined(editor: Editor) -> None:
    editor.open(MAPPING)
    found = editor.at("textDocument/definition", MAPPING, "lookup: depart")
    assert (found["uri"], found["range"]["start"]["line"]) == (editor.uri, 5)
    found = editor.at("textDocument/definition", MAPPING, "  firstNa")
    assert found["uri"].endswith("expensein/manifest.yaml")
    manifest = ROOT / "connectors" / "oneway_connectors" / "expensein" / "manifest.yaml"
    line = manifest.read_text().splitlines()[found["range"]["start"]["line"]]
    assert line.strip().startswith("firstName:")


@pytest.mark.parametrize("text", ["", "oneway", "oneway: 1\nfields:\n  a: {", "oneway: [", "\t"])
def test_what_is_half_written_is_answered(editor: Editor, text: str) -> None:
    editor.open(text)
    for method in ("completion", "hover", "definition"):
        editor.at(f"textDocument/{method}", text, text)


def test_the_schema_of_a_mapping_knows_its_own_sides(world: World) -> None:
    world.folder.joinpath("people.csv").write_text("Staff No,First Name\n01,Ann\n")
    world.folder.joinpath("map.yaml").write_text(MAPPING.rpartition("  naïve")[0])
    schema = world.run("schema", "mapping", "--for", "map.yaml").data
    Draft202012Validator.check_schema(schema)
    fields = schema["$defs"]["Fields"]["properties"]
    assert fields["departmentId"]["description"] == "a whole number. The id of a department"
    assert '"First Name"' in schema["$defs"]["Expression"]["anyOf"][0]["enum"]
    assert schema["$defs"]["FieldSpec"]["properties"]["lookup"]["enum"] == ["departments"]
    import yaml

    data = yaml.safe_load((world.folder / "map.yaml").read_text())
    assert list(Draft202012Validator(schema).iter_errors(data)) == []
    data["fields"]["fristName"] = "x"
    assert list(Draft202012Validator(schema).iter_errors(data))
    assert world.run("schema", "--for", "map.yaml").code == 2
