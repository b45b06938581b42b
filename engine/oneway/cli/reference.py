"""Writes the reference pages from the code: `python -m oneway.cli.reference FOLDER`.

A test fails if the committed pages differ.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

from oneway.cli.entry import COMMANDS, oneway
from oneway.cli.exits import MEANINGS
from oneway.documents.schema_check import schema_names, schema_text
from oneway.mapping.expressions import BUILT_IN
from oneway.mapping.functions import FAMILIES, Function
from oneway.mapping.functions.entra import ENTRA
from oneway.mapping.functions.function import TYPE_WORDS
from oneway.mapping.lint import EXAMPLE
from oneway.mapping.lint.codes import CODES
from oneway.mapping.lint.every_rule import RULES
from oneway.mapping.lint.rule import LintRule
from oneway.notices.remedies import REMEDIES
from oneway.notices.remedy import Remedy

_NOTE = "<!-- Written by `make docs` from the code: edit the code, not this page. -->"
_FAMILIES = {
    "Y": "The text of a YAML file",
    "S": "The shape of a file",
    "M": "The meaning of a mapping",
    "C": "Connectors, manifests and connections",
    "R": "Reading from a system",
    "W": "Writing to a system",
    "P": "Plans and plan files",
    "G": "Guards",
    "F": "The state folder and other files",
    "N": "Notices",
    "T": "Tests of mappings",
    "U": "What the command line asks for",
}


def pages() -> dict[str, str]:
    """Return every reference page, by file name."""
    made = {
        "cli.md": _cli(),
        "codes.md": _codes(),
        **{f"codes/{each.code}.md": _remedy(each) for each in REMEDIES.values()},
        "lint.md": _lint(),
        "entra.md": _entra(),
        "functions.md": _functions(),
        "schemas.md": _schemas(),
    } | {f"lint/{rule.code}.md": _rule(rule) for rule in RULES}
    return {name: "\n".join([_NOTE, "", *lines]).rstrip() + "\n" for name, lines in made.items()}


def _cli() -> Iterator[str]:
    yield from ("# The command line", "")
    yield from ("| Exit code | Meaning |", "|---|---|")
    yield from (f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items())
    yield from ("", "Where several apply: an error goes before a guard, a guard before")
    yield from ("failed records, those before pending changes.", "")
    group = click.Context(oneway, info_name="oneway")
    for each in COMMANDS:
        command = oneway.get_command(group, each.name)
        assert command is not None
        yield from _command(command)


def _command(command: click.Command, parent: str = "oneway") -> Iterator[str]:
    if isinstance(command, click.Group):
        yield from _group(command, parent)
        return
    arguments = [_argument(p) for p in command.params if isinstance(p, click.Argument)]
    about, _, example = cleandoc(command.help or "").partition("\b\nExample:\n")
    usage = " ".join([parent, str(command.name), *arguments, "[OPTIONS]"])
    level = "#" * (len(parent.split()) + 1)
    yield from (f"{level} {parent} {command.name}", "")
    yield from ("```text", usage, "```", "", about.strip(), "")
    yield from ("```sh", *(line.strip() for line in example.splitlines()), "```", "")
    yield from ("| Option | Meaning |", "|---|---|")
    for option in command.params:
        if isinstance(option, click.Option):
            yield f"| {_code(_option(option))} | {_cell(option.help or '')}{_default(option)} |"
    yield ""


def _group(group: click.Group, parent: str) -> Iterator[str]:
    name = f"{parent} {group.name}"
    about, _, example = cleandoc(group.help or "").partition("\b\nExample:\n")
    yield from (f"## {name}", "", about.strip(), "")
    yield from ("```sh", *(line.strip() for line in example.splitlines()), "```", "")
    for command in group.commands.values():
        yield from _command(command, name)


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or str(argument.name).upper()
    if isinstance(argument.type, click.Choice):
        name = "|".join(argument.type.choices)
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _option(option: click.Option) -> str:
    names = ", ".join(option.opts)
    if isinstance(option.type, click.Choice):
        return f"{names} {'|'.join(option.type.choices)}"
    return names if option.is_flag else f"{names} {option.metavar or 'N'}"


def _default(option: click.Option) -> str:
    return f" Default: {_code(str(option.default))}." if option.show_default else ""


def _codes() -> Iterator[str]:
    yield from ("# Codes", "", "A code never changes its meaning.", "")
    for letter, title in _FAMILIES.items():
        rows = sorted(
            (code for code in CODES.values() if code.code.startswith(letter)), key=lambda c: c.code
        )
        if rows:
            yield from (f"## {letter}: {title}", "", "| Code | Meaning | What to do |")
            yield "|---|---|---|"
            yield from (
                f"| {_linked(c.code)} | {_cell(c.title)} | {_cell(c.advice)} |" for c in rows
            )
            yield ""


def _linked(code: str) -> str:
    return f"[{code}](codes/{code}.md)" if code in REMEDIES else code


def _remedy(each: Remedy) -> Iterator[str]:
    """Yield the page of one problem: its symptoms, who can fix it, and how."""
    yield from (f"# {each.code}: {each.title}", "")
    yield from (f"**What it looks like.** {each.looks}", "")
    yield from (f"**Kind.** {each.kind.value[:1].upper()}{each.kind.value[1:]}.", "")
    yield from (f"**Who can end it.** {each.who.value[:1].upper()}{each.who.value[1:]}.", "")
    yield from ("**What to do.** NAME is the connection's name.", "")
    yield from (f"{number}. {step}" for number, step in enumerate(each.steps_for("NAME"), 1))
    yield from ("", "All codes: [codes.md](../codes.md).")


def _lint() -> Iterator[str]:
    yield from ("# Lint rules", "")
    yield "`oneway validate` reports them. An error stops a run; a warning is for a person to"
    yield from ("decide. How much one matters in a mapping, its `lint` says, with the reason:", "")
    yield from ("```yaml", _LEVELS.rstrip(), "```", "")
    yield from ("| Rule | | Severity |", "|---|---|---|")
    for rule in RULES:
        link = f"[{rule.code}](lint/{rule.code}.md)"
        yield f"| {link} | {_cell(rule.title)} | {rule.severity.value} |"


_LEVELS = """\
lint:
  - {code: M215, at: fields.departmentId, severity: off, because: Payroll reports the misses}
  - {code: M213, severity: error, because: Settings that do nothing confuse operators}
"""


def _rule(rule: LintRule) -> Iterator[str]:
    yield from (f"# {rule.code}: {rule.title}", "")
    yield from (f"{rule.severity.value.capitalize()}. {rule.advice}", "")
    if rule.waits:
        yield from ("It is said only of a mapping in which nothing is an error.", "")
    yield from ("The examples replace keys of this mapping:", "")
    yield from ("```yaml", EXAMPLE.rstrip(), "```", "", "Reported:", "")
    yield from ("```yaml", rule.failing.rstrip(), "```", "", "Accepted:", "")
    yield from ("```yaml", rule.passing.rstrip(), "```", "", "[All rules](../lint.md)")


def _entra() -> Iterator[str]:
    yield from ("# Entra's functions, said here", "")
    yield from ("| In Entra | Here | To know |", "|---|---|---|")
    for each in ENTRA:
        expression = _code(each.expression) if each.expression else "-"
        yield f"| {each.entra} | {expression} | {_cell(each.remark)} |"


def _functions() -> Iterator[str]:
    yield from ("# Functions", "")
    yield from ("Null as the first argument is null as the result, unless said otherwise.", "")
    yield f"JMESPath's own functions are there too: {', '.join(sorted(BUILT_IN))}."
    for family, functions in FAMILIES:
        yield from ("", f"## {family}")
        for function in functions:
            yield from _function(function)


def _function(function: Function) -> Iterator[str]:
    yield from ("", f"### {function.name}", "", f"`{function.signature}`", "", function.summary)
    yield ""
    for parameter in function.parameters:
        words = " or ".join(TYPE_WORDS.get(name, name) for name in parameter.types)
        about = f": {parameter.description}" if parameter.description else ""
        yield f"- `{parameter.name}`, {words}{about}"
    yield from ("", "| Expression | on | is |", "|---|---|---|")
    for example in function.examples:
        given = _json(example.data) if example.data else ""
        if example.let:
            given += f", with `let` {_json(dict(example.let))}"
        if example.choices:
            given += f", with `choices` {_json(dict(example.choices))}"
        yield f"| {_code(example.expression)} | {given} | {_json(example.result)} |"


def _schemas() -> Iterator[str]:
    yield from ("# Files", "", "`oneway schema NAME` prints the schema itself.", "")
    for name in schema_names():
        schema = json.loads(schema_text(name))
        yield from (f"## {name}", "", schema.get("description", schema.get("title", "")), "")
        yield from _keys(schema)
        for title, definition in schema.get("$defs", {}).items():
            if definition.get("properties"):
                yield from (f"### {name}: {title}", "")
                if "description" in definition:
                    yield from (definition["description"], "")
                yield from _keys(definition)


def _keys(schema: Mapping[str, Any]) -> Iterator[str]:
    properties = schema.get("properties", {})
    if not properties:
        return
    yield from ("| Key | | Meaning |", "|---|---|---|")
    for key, about in properties.items():
        about = about if isinstance(about, dict) else {}
        needed = "needed" if key in schema.get("required", ()) else ""
        said = about.get("description") or about.get("title") or _see(about)
        yield f"| {_code(key)} | {needed} | {_cell(said)} |"
    yield ""


def _see(about: Mapping[str, Any]) -> str:
    reference = about.get("$ref", "")
    return f"see {reference.rsplit('/', 1)[-1]}" if reference else ""


def _json(value: object) -> str:
    return _code(json.dumps(value, ensure_ascii=False))


def _code(text: str) -> str:
    """Return text as a code span that is valid in a table."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{text.replace('|', chr(92) + '|')}{space}{fence}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(folder: Path) -> None:
    """Write every page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
