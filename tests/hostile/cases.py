"""All places that odd strings are driven through, and how each is tried."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

from . import (
    in_arguments,
    in_connections,
    in_history,
    in_manifests,
    in_mappings,
    in_notices,
    over_files,
    over_http,
)
from .world import World, hostile_world

_ENOUGH = 500
"""So many strings go through every place, where there are so many."""

_WRITTEN = (in_mappings, in_manifests, in_connections, in_arguments, in_history, in_notices)
"""What people write themselves, and what they look back on: each module yields its places."""


@dataclass(frozen=True)
class Case:
    """A place; `over_http` ones cost some requests a string."""

    name: str
    act: Callable[[World, Sequence[str]], None]
    over_http: bool = False

    def tried(self, world: World, strings: Sequence[str]) -> list[str]:
        """Try the strings and return what was wrong."""
        before, world.where = len(world.wrong), self.name
        self.act(world, strings)
        return world.wrong[before:]


def all_cases() -> tuple[Case, ...]:
    """Return every case."""
    http = [
        Case(f"HTTP: {place.name}", partial(_through, place), over_http=True)
        for place in over_http.PLACES
    ]
    http += [
        Case("HTTP: departments, looked up", over_http.departments, over_http=True),
        Case("HTTP: what the target answers", over_http.answers, over_http=True),
    ]
    files = [
        Case(f"files: {first} to {second}", partial(_over_files, (first, second)))
        for first, second in over_files.KINDS
    ]
    explained = Case("explain", over_files.explained)
    written = [Case(name, act) for module in _WRITTEN for name, act in module.cases()]
    return (*http, *files, explained, *written)


def _through(place: over_http.Place, world: World, strings: Sequence[str]) -> None:
    over_http.through(world, place, strings)


def _over_files(kinds: tuple[str, str], world: World, strings: Sequence[str]) -> None:
    over_files.through(world, kinds, strings)


def alone(name: str, strings: Sequence[str]) -> tuple[str, int, int, float, list[str]]:
    """Try one case in a world of its own: its name, texts tried, runs, seconds, what was wrong.

    Over HTTP, places take turns: each has every other string of a long list.
    """
    position, case = next((n, case) for n, case in enumerate(all_cases()) if case.name == name)
    if case.over_http and len(strings) > 2 * _ENOUGH:
        strings = strings[position % 2 :: 2]
    began = monotonic()
    # In memory where the machine has that: a journal is made durable at every step.
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder, hostile_world(Path(folder)) as world:
        wrong = case.tried(world, strings)
        return name, world.tried, world.runs, monotonic() - began, wrong
