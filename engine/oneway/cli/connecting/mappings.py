"""Asks for the mapping: one from the mappings folder, or any other by its path."""

from collections.abc import Iterator
from pathlib import Path

from oneway.cli.prompts import Asking
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused
from oneway.documents.yaml_source import LIMIT, read_all
from oneway.render.sanitize import harmless
from oneway.runs.prepare.compilation import read_file

FOLDER = "mappings"
_MOST = 20


@dataclass(frozen=True, slots=True)
class Offered:
    """A mapping that was found, and its title."""

    path: str
    title: str


def found_mappings() -> tuple[Offered, ...]:
    """Return the mappings of the mappings folder, by path; broken ones as well."""
    return tuple(sorted(_found(Path(FOLDER)), key=lambda each: each.path))


def asked_mapping(asking: Asking) -> str:
    """Ask for a mapping and return its path."""
    offered = found_mappings()[:_MOST]
    if not offered:
        return asking.text(f"The mapping's path (there is none in {FOLDER}/)", check=_is_file)
    asking.say()
    asking.say("Which mapping?")
    for number, each in enumerate(offered, 1):
        asking.say(f"{number:>3}. {harmless(each.path)}")
        if each.title:
            asking.say(harmless(each.title), 5)

    def path(answer: str) -> str:
        in_list = answer.isascii() and answer.isdigit() and 0 < int(answer[:9]) <= len(offered)
        return offered[int(answer) - 1].path if in_list else _is_file(answer)

    return asking.text("Number, or a path", "1" if len(offered) == 1 else "", path)


def _is_file(path: str) -> str:
    read_file(path, 1)
    return path


def _found(folder: Path) -> Iterator[Offered]:
    for path in folder.rglob("*.yaml") if folder.is_dir() else ():
        try:
            document = read_all(read_file(str(path), LIMIT + 1), str(path)).document
        except Refused:
            continue
        if document is not None and isinstance(document.data, dict) and "oneway" in document.data:
            title = document.data.get("title") or document.data.get("name")
            yield Offered(str(path), title if isinstance(title, str) else "")
