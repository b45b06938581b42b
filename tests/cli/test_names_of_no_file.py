"""A name that no file can have, wherever a command takes a text: an answer, never an apology."""

from collections.abc import Callable, Iterator

import click
import pytest
from cli_world import World

from commands import Ended
from oneway.cli.entry import oneway as program

NAMES = {
    "too long": "x" * 300,
    "too long, a mapping": "x" * 300 + ".yaml",
    "too long, below": "a/" + "x" * 300,
    "too long for a test beside it": "x" * 248 + ".yaml",
}
NUL = "a\0b"
BYTE = "a\udcff"
"""As a shell hands over what is not UTF-8."""
LISTENS = {"demo", "lsp", "sandbox", "serve"}
"""Commands that end only when they are told to."""


def commands(group: click.Command, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield each command that ends by itself, with the words that call it."""
    assert isinstance(group, click.Group)
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        elif command is not None and name not in LISTENS:
            yield (*above, name), command


def lines(command: click.Command, name: str) -> Iterator[tuple[str, ...]]:
    """Yield the arguments of a command, with the name in place of each text in turn."""
    texts = [each for each in command.params if _takes_text(each)]
    for odd in texts:
        words: list[str] = []
        for each in command.params:
            value = name if each is odd else "m.yaml"
            if isinstance(each, click.Argument):
                words += [value] * max(each.nargs, 1)
            elif each is odd or (each.required and each in texts):
                words += [each.opts[0], value]
        yield tuple(words)


def _takes_text(param: click.Parameter) -> bool:
    kinds = (click.Path, click.File, type(click.STRING))
    return isinstance(param.type, kinds) and not getattr(param, "is_flag", False)


@pytest.mark.parametrize("name", [*NAMES.values(), BYTE], ids=[*NAMES, "no UTF-8"])
def test_no_command_apologises(name: str, world: World, oneway: Callable[..., Ended]) -> None:
    tried, wrong = 0, []
    for words, command in commands(program):
        for line in lines(command, name):
            tried += 1
            if "bug in this program" in oneway(*words, *line).err:
                wrong.append((*words, *(each[:20] for each in line)))
    assert tried > 100
    assert wrong == []


@pytest.mark.parametrize("name", [*NAMES.values(), NUL], ids=[*NAMES, "NUL"])
@pytest.mark.parametrize("place", ["source", "target", "references"])
@pytest.mark.parametrize("command", ["validate", "plan", "prove --situations 50"])
def test_no_mapping_makes_one_apologise(
    command: str, place: str, name: str, world: World, oneway: Callable[..., Ended]
) -> None:
    mapping = {
        "oneway": 1,
        "name": "odd",
        "source": {"connector": "file", "resource": "people.json"},
        "target": {"connector": "file", "resource": "users.json"},
        "references": {
            "teams": {"from": "target", "resource": "teams.json", "key": "name", "value": "id"}
        },
        "match": [{"source": "code", "target": "code"}],
        "fields": {"code": "code", "team": {"from": "team", "lookup": "teams"}},
    }
    end = mapping[place]["teams"] if place == "references" else mapping[place]  # type: ignore[index,call-overload]
    end["resource"] = name
    world.write("odd.yaml", mapping)
    found = oneway(*command.split(), "odd.yaml")
    assert "bug in this program" not in found.err


@pytest.mark.parametrize("name", [".", "folder.json"])
@pytest.mark.parametrize(
    "words",
    [
        ("plan", "m.yaml", "--out"),
        ("plan", "m.yaml", "--source"),
        ("plan", "m.yaml", "--target"),
        ("report", "latest", "--out"),
        ("new", "new.yaml", "--target", "users.json", "--source"),
    ],
)
def test_a_folder_in_place_of_a_file_is_called_one(
    words: tuple[str, ...], name: str, world: World, oneway: Callable[..., Ended]
) -> None:
    """And the remedy is another name: neither rights nor the disk are at fault."""
    (world.folder / "folder.json").mkdir()
    assert oneway("sync", "m.yaml", "-q").code == 0
    ended = oneway(*words, name)
    said = " ".join(ended.err.split())
    assert (ended.code, "it is a folder" in said, "name a file" in said) == (1, True, True), said
