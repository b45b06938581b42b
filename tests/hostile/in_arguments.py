"""Odd strings in what people type, and in the environment."""

import os
from collections.abc import Callable, Iterator, Sequence
from unittest.mock import patch

from .in_mappings import BASE
from .world import MAPPING, World
from .written import as_yaml, people, settable

_ARGUMENTS: tuple[tuple[str, ...], ...] = (
    ("{}",),
    ("{}", "x"),
    ("--", "{}"),
    ("validate", "{}"),
    ("plan", "{}"),
    ("apply", "{}"),
    ("apply", "--approve", "{}", "m.yaml"),
    ("explain", "m.yaml", "{}"),
    ("schema", "{}"),
    ("functions", "{}"),
    ("runs", "{}"),
    ("runs", "list", "{}"),
    ("runs", "show", "{}"),
    ("status", "{}"),
    ("replay", "{}"),
    ("disconnect", "{}"),
    ("plan", "m.yaml", "{}"),
    ("plan", "m.yaml", "--{}"),
    ("plan", "m.yaml", "--format", "{}"),
    ("plan", "m.yaml", "--source", "{}"),
    ("plan", "m.yaml", "--reference", "teams={}"),
    ("plan", "m.yaml", "--reference", "{}=x.json"),
    ("plan", "m.yaml", "--set", "{}"),
    ("plan", "m.yaml", "--set", "region={}"),
    ("plan", "m.yaml", "--set", "{}=x"),
    ("plan", "m.yaml", "--option", "{}"),
    ("plan", "m.yaml", "--option", "file.id={}"),
    ("plan", "m.yaml", "--option", "{}.id=x"),
    ("plan", "m.yaml", "--as-of", "{}"),
    ("plan", "m.yaml", "--allow", "{}"),
    ("plan", "m.yaml", "--allow", "leavers={}"),
    ("plan", "m.yaml", "--allow", "field_changes.{}=1"),
    ("plan", "m.yaml", "--limit", "{}"),
)
_VARIABLES = (
    "STAFFOLOGYBASE_URL",
    "STAFFOLOGY_EMPLOYER",
    "EXPENSEINBASE_URL",
    "EXPENSEIN_API_KEY",
    "EXPENSEIN_API_KEY_FILE",
    "EXPENSEIN_API_KEY_KEYRING",
    "STORE",
)


def arguments(world: World, strings: Sequence[str]) -> None:
    """Give a third of the strings as every argument and option that a person types."""
    people(world)
    world.write("m.yaml", as_yaml(BASE))
    # No process can be given a NUL; a folder of this machine would be searched to its end.
    given = [s for s in strings if settable(s) and not (s.startswith("/") and os.path.isdir(s))]
    for position, form in enumerate(_ARGUMENTS):
        for s in given[position % 3 :: 3]:
            args = [part.replace("{}", s) for part in form]
            if not {"--help", "-h", "serve", "demo"} & set(args):
                world.run(*args)
                world.tried += 1


def variables(world: World, strings: Sequence[str]) -> None:
    """Give a third of the strings as every option and credential in the environment."""
    world.systems.put([], [], [])
    given = [s for s in strings if settable(s) and not s.startswith("http")]
    for position, name in enumerate(_VARIABLES):
        others = {k: v for k, v in os.environ.items() if not k.startswith(f"ONEWAY_{name[:17]}")}
        for s in given[position % 3 :: 3]:
            with patch.dict(os.environ, others | {f"ONEWAY_{name}": s}, clear=True):
                world.run("plan" if name == "STORE" else "check", str(MAPPING))
            world.tried += 1
    world.say_all(world.systems.strays())


def cases() -> Iterator[tuple[str, Callable[[World, Sequence[str]], None]]]:
    """Yield what tries arguments, and what tries variables."""
    yield "arguments", arguments
    yield "environment", variables
