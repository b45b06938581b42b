"""The documentation is true: its mappings compile, its links lead somewhere, its commands exist."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name

import click
import pytest
import yaml

from oneway.cli.entry import oneway
from oneway.cli.exits import MEANINGS, Exit
from oneway.cli.reference import pages
from oneway.connections.default_notify import load_default
from oneway.connections.discovery import describe
from oneway.connections.parse import load_connection
from oneway.core.description import Capability, Description, Resource
from oneway.core.diagnostics import Refused
from oneway.documents.schema_check import schema_text
from oneway.mapping.compiler import Compiled, connectors_of
from oneway.mapping.lint.codes import CODES
from oneway.mapping.spec import MappingSpec
from oneway.planning.endings import Ending
from oneway.planning.plan import Kind
from oneway.runs.validation import Mappings, findings
from whole_mappings import compile_mapping, load_mapping

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
SHIPPED = ("staffology", "expensein", "file")

# What a part of a mapping stands in, key by key, where it does not say otherwise.
AROUND = {
    "oneway": "oneway: 1\n",
    "name": "name: example\n",
    "settings": "settings:\n"
    "  include_bank_details: {type: boolean, default: false, description: Copy bank details.}\n",
    "source": "source: {connector: payroll, resource: people}\n",
    "target": "target: {connector: expenses, resource: users}\n",
    "references": "references:\n"
    "  departments: {from: target, resource: departments, key: reference, value: id}\n",
    "match": "match: [{source: code, target: reference}]\n",
    "fields": "fields: {reference: {from: code, write: on_create}, email: email}\n",
}


def documents() -> list[Path]:
    """Return every page that people wrote for people; golden files are none."""
    folders = ("mappings", "engine", "connectors", "schemas", "tests", "benchmarks", "docs")
    found = [page for name in folders for page in (ROOT / name).rglob("*.md")]
    return sorted(each for each in [*ROOT.glob("*.md"), *found] if "golden" not in each.parts)


def blocks(text: str, language: str) -> Iterator[str]:
    """Yield the code blocks whose opening fence says exactly this."""
    yield from re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def examples(language: str) -> list[object]:
    """Return the code blocks of all pages, each named by its page."""
    return [
        pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
        for page in documents()
        for number, block in enumerate(blocks(page.read_text(encoding="utf-8"), language), 1)
    ]


def whole(part: str) -> str:
    """Return a part of a mapping as a whole one."""
    keys = yaml.safe_load(part)
    return part + "\n" + "".join(text for key, text in AROUND.items() if key not in keys)


def compiled(text: str) -> Compiled:
    """Return a mapping compiled: with the manifests we ship, and with open ones for all others."""
    loaded = load_mapping(text.encode(), "example.yaml")
    names = [each.text for each in connectors_of(loaded.spec)]
    shipped = {name: describe(name, ()) for name in names if name in SHIPPED}
    catalogue = {name: anything(loaded.spec, name) for name in names} | shipped
    return compile_mapping(loaded.spec, loaded.document.lines, catalogue)


def anything(spec: MappingSpec, name: str) -> Description:
    """Return a connector that has every resource the mapping asks for, of any shape."""
    asked = [spec.source.resource.text, spec.target.resource.text]
    asked += [each.resource.text for each in spec.references]
    resources = {each: Resource(each, "id", {}, frozenset(Capability), open=True) for each in asked}
    return Description(name, name, "rest", resources)


@pytest.mark.parametrize("text", examples("yaml mapping"))
def test_a_mapping_in_the_documentation_compiles(text: str) -> None:
    compiled(text)


@pytest.mark.parametrize("text", examples("yaml mapping-part"))
def test_a_part_of_a_mapping_in_the_documentation_compiles(text: str) -> None:
    compiled(whole(text))


def of_connection(text: str) -> set[str]:
    """Return the codes of all that is wrong with a connection beside our own mapping."""
    file = str(ROOT / "connections" / "example.yaml")
    found = findings(load_connection(text.encode(), file), Mappings())
    # Nobody has the credentials of an example, nor its folder for reports.
    return {each.code for each in found} - {"C118", "N112"}


@pytest.mark.parametrize("text", examples("yaml connection"))
def test_a_connection_in_the_documentation_is_right(text: str) -> None:
    assert of_connection(text) == set()


@pytest.mark.parametrize("text", examples("yaml connection-part"))
def test_a_part_of_a_connection_in_the_documentation_is_right(text: str) -> None:
    least = "oneway_connection: 1\nname: acme\n"
    mapping = "mapping: ../mappings/staffology-to-expensein.yaml\n"
    # Our own mapping reads no files, of which alone the unchanged lines can be skipped.
    idle = {"M204"} if "only_changed: true" in text else set()
    assert of_connection(least + mapping + text) == idle


@pytest.mark.parametrize("text", examples("yaml notify"))
def test_a_default_of_a_folder_in_the_documentation_is_right(text: str) -> None:
    assert load_default(text.encode(), str(ROOT / "connections" / "notify.yaml")).notify


def test_every_key_of_a_connection_is_in_its_page() -> None:
    text = (ROOT / "docs" / "connections.md").read_text(encoding="utf-8")
    schema = json.loads(schema_text("connection"))
    tables = [schema, *schema["$defs"].values()]
    keys = {key for table in tables for key in table.get("properties", ())}
    words = {word for table in tables for word in table.get("enum", ())}
    named = {"creates", "updates", "leavers", "clears", "field_changes"}  # as in a mapping
    assert sorted(each for each in (keys | words) - named if f"{each}" not in text) == []


def test_a_wrong_example_would_be_found() -> None:
    with pytest.raises(Refused, match="M107"):
        compiled(whole("fields: {departmentId: {from: d, lookup: department}}\n"))


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$|(`+).*?\1", "", text, flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        generated = target.parent == REFERENCE and target.name in pages()
        assert generated or target.exists(), f"{link} leads nowhere"
        if anchor and target.suffix == ".md" and not generated:
            assert anchor in anchors(target), f"{link}: no such heading"


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made where Markdown is shown."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def command_lines() -> list[object]:
    """Return every command line of ours in a block of shell."""
    lines = []
    for page in documents():
        for block in blocks(page.read_text(encoding="utf-8"), "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                found = re.search(r"(?:^|\s)oneway( .*)", line.partition(" #")[0])
                if found and not line.startswith("#"):
                    name = f"{page.relative_to(ROOT)}:{line.strip()}"
                    lines.append(pytest.param(found[1], id=name))
    return lines


@pytest.mark.parametrize("line", command_lines())
def test_commands_exist(line: str) -> None:
    name, *rest = shlex.split(re.split(r"[|;&>]", line)[0])
    assert isinstance(oneway, click.Group)
    if name.startswith("-"):
        return
    command = oneway.get_command(click.Context(oneway), name)
    assert command is not None, f"there is no command {name}"
    if isinstance(command, click.Group):
        words = [rest[0] if rest and rest[0] in command.commands else "list"]
        command = command.commands.get(words[0], command)
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    given = {word.partition("=")[0] for word in rest if word.startswith("-")}
    assert given <= known | {"--help", "-h"}, f"{name} has no {', '.join(sorted(given - known))}"


def test_codes_that_are_spoken_of_exist() -> None:
    spoken = {
        code
        for page in documents()
        for code in re.findall(r"\b[YSCMRWPGFU]\d{3}\b", page.read_text(encoding="utf-8"))
    }
    assert spoken <= CODES.keys()


def test_every_exit_code_outcome_and_ending_is_explained() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    operating = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert [each for each in MEANINGS if f"| {each.value} |" not in readme] == []
    failed = f"| 5 | {MEANINGS[Exit.FAILED]} |"
    assert [page for page in (readme, operating) if failed not in page] == []
    assert [each for each in (*Kind, *Ending) if f"| `{each.value}` |" not in operating] == []


def test_the_layers_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = contracts["tool"]["importlinter"]["contracts"][0]["layers"]
    checked = [tuple(sorted(each.strip() for each in re.split("[|:]", layer))) for layer in layers]
    page = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    written = [tuple(sorted(re.findall(r"`(\w+)`", row))) for row in rows]
    assert written == checked, "engine/README.md has other layers than pyproject.toml"


def test_the_functions_of_the_main_path_exist() -> None:
    page = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(oneway(?:\.\w+)+)`", page):
        assert resolve_name(name) is not None


def test_every_key_of_the_language_is_in_its_reference() -> None:
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    schema = yaml.safe_load((ROOT / "schemas" / "mapping.schema.json").read_text(encoding="utf-8"))
    tables = [schema, *schema["$defs"].values()]
    keys = {key for table in tables for key in table.get("properties", ())}
    words = {word for table in tables for word in table.get("enum", ())}
    assert sorted(each for each in keys | words if not re.search(rf"\b{each}\b", text)) == []


def test_every_threat_names_what_holds_it_and_a_test_that_is_there() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    table = page.partition("## Threats")[2]
    rows = [line.strip("|").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    threats = rows[1:]  # after the heading
    assert len(threats) >= 20
    for boundary, threat, holds, test in threats:
        assert boundary.strip(), threat
        assert holds.strip(), threat
        file, _, name = test.strip().strip("`").partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name or 'test_'}", text, re.MULTILINE), test


def test_the_changelog_of_a_version_can_be_read() -> None:
    """A merge of two branches doubled seventy lines: an entry is short, and stands there once."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = text.split("\n## ")[1]
    assert len(newest.splitlines()) <= 280
    entries = re.findall(r"^- .*(?:\n  .*)*", newest, re.MULTILINE)
    assert [each for each in entries if each.count("\n") > 2] == []
    names = [each[1] for each in map(re.compile(r"- \*\*(.+?)\*\*").match, entries) if each]
    assert sorted(set(names)) == sorted(names)
