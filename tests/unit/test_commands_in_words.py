"""Every command that the program's texts can print has the arguments and options that it needs.

`tests/cli/test_printed_commands.py` runs those of real nights; here are all that may come.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from commands import wrong_with
from oneway.cli.entry import oneway
from oneway.core.codes import CODES
from oneway.notices.remedies import REMEDIES

ENGINE = Path(__file__).resolve().parents[2] / "engine" / "oneway"
A_COMMAND = re.compile(r"`(oneway [^`…]+)`")


def is_a_mention(line: str) -> bool:
    """Return whether a text only speaks of a command: of its name, and no argument."""
    words = line.split()[1:]
    command = oneway.get_command(click.Context(oneway), words[0])
    if isinstance(command, click.Group) and len(words) == 2:
        return words[1] in command.commands
    return len(words) == 1 and command is not None


def texts_of(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are not documentation, with something in their gaps."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    aside = {each.value for each in nodes if isinstance(each, ast.Expr)}
    for joined in (each for each in nodes if isinstance(each, ast.JoinedStr)):
        aside |= set(joined.values)
        text = ""
        for part in joined.values:
            # What stands by itself is a name or a number; what follows a word may be nothing.
            put = "8" if text.endswith((" ", "`", "'")) else ""
            text += str(part.value) if isinstance(part, ast.Constant) else put
        yield text
    for each in nodes:
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each not in aside:
            yield each.value


def test_every_command_in_a_text_of_the_program_is_one() -> None:
    texts = [text for path in sorted(ENGINE.rglob("*.py")) for text in texts_of(path)]
    found = {line for text in texts for line in A_COMMAND.findall(text)}
    assert len(found) > 40
    wrong = {line: why for line in found if not is_a_mention(line) and (why := wrong_with(line))}
    assert wrong == {}


@pytest.mark.parametrize("mapping", ["", "'a mapping.yaml' --source x.json"])
def test_every_command_of_a_remedy_can_be_typed(mapping: str) -> None:
    name = "a mapping.yaml, 1a2b" if mapping else "acme"
    steps = [
        step for each in REMEDIES.values() for step in each.steps_for(name, "", mapping=mapping)
    ]
    advice = [each.advice for each in CODES.values()]
    found = {line for text in (*steps, *advice) for line in A_COMMAND.findall(text)}
    assert {line: why for line in found if (why := wrong_with(line))} == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("oneway runs show", "Missing argument"),
        ("oneway sync", "Missing argument"),
        ("oneway keys --trust", "requires an argument"),
        ("oneway status --connexion acme", "No such option"),
        ("oneway runs shew 1", "there is no command shew"),
        ("oneway runs forget-future people 1a2b", "unexpected extra argument"),
        ("oneway nosuch", "there is no command"),
    ],
)
def test_a_command_that_would_be_refused_is_found(line: str, said: str) -> None:
    assert said in wrong_with(line)
