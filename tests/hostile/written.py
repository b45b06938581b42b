"""How what people write themselves is written: at which place a string is put, and into what."""

import json
import re
from typing import Any, TypeAlias

from .world import World

Json = dict[str, Any]
Way: TypeAlias = tuple[str | int, ...]
"""The keys and positions that lead to a text of a file."""

_PEOPLE = [
    {"id": "1", "code": "C1", "name": "Ann", "note": "x"},
    {"id": "2", "code": "", "name": ""},
]


def put(data: Any, place: Way, s: str) -> None:
    """Put a string at a place; nowhere where another string has taken the place away."""
    for key in place[:-1]:
        data = data[key]
    if isinstance(data, dict) or place[-1] in range(len(data)):
        data[place[-1]] = s


def as_yaml(data: Json, indent: int | None = None) -> str:
    """Return data as YAML in which everything odd is escaped: JSON, with characters whole."""

    def whole(pair: re.Match[str]) -> str:
        return f"\\U{ord(json.loads(chr(34) + pair[0] + chr(34))):08x}"

    return re.sub(r"\\ud[89ab]..\\ud[c-f]..", whole, json.dumps(data, indent=indent))


def people(world: World) -> None:
    """Begin anew, with two people in the source and nobody in the target."""
    world.fresh()
    world.write("people.json", json.dumps(_PEOPLE))
    world.write("users.json", "[]")
    world.write("teams.json", "[]")


def sendable(s: str) -> bool:
    """Return whether UTF-8 can hold a string."""
    return not any("\ud800" <= c <= "\udfff" for c in s)


def settable(s: str) -> bool:
    """Return whether a process can be given a string."""
    return "\0" not in s and sendable(s)
