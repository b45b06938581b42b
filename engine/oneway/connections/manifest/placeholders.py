"""Finds placeholders in a template: ours, `{id}`, and those of other tools, such as `:id`."""

import re
from collections.abc import Collection, Iterator

from oneway.core.dataclass import dataclass
from oneway.core.quoting import PLACEHOLDER, parted


@dataclass(frozen=True, slots=True)
class Foreign:
    """A placeholder in another tool's notation: its name, and its place in the text."""

    name: str
    text: str
    start: int
    end: int


def foreign_in(text: str, names: Collection[str]) -> Iterator[Foreign]:
    """Yield the placeholders of other tools; `names` are those that a template may use.

    These are every `${x}`, `{{x}}` and `:x` as a path segment, and `{{x}}` as the whole text.
    Elsewhere, `:x`, `$x`, `@x` and `<x>` count if x is one of the names, unless the text contains
    escaped braces (`{{`): it is then in a language with variables, such as GraphQL.
    """
    names = () if "{{" in text else names
    for found in _FOREIGN.finditer(text):
        name = (
            found["dollar"] or found["braced"] or found["step"] or found["sign"] or found["angle"]
        )
        if not (found["sign"] or found["angle"]) or plain(name, names) in names:
            yield Foreign(name, found[0], *found.span())


def ours_in(text: str) -> Iterator[re.Match[str]]:
    """Yield our placeholders in a text; the name is group 1."""
    return (found for found in PLACEHOLDER.finditer(text) if found[1] is not None)


def names_in(text: str, names: Collection[str]) -> set[str]:
    """Return the names in a text without quoting suffixes; `names` are those known."""
    ours = {found[1] for found in ours_in(text)}
    foreign = {each.name for each in foreign_in(text, names)}
    return {plain(each, names) for each in ours | foreign}


def plain(name: str, names: Collection[str]) -> str:
    """Return a name without its quoting suffix; one of `names` stays as it is."""
    return name if name in names else parted(name)[0]


_FOREIGN = re.compile(
    r"""
      (?:^|(?<=/))\{\{\s*(?P<braced>[A-Za-z_]\w*)\s*\}\}(?=/|$)   # Postman, Mustache, Jinja
    | \$\{\s*(?P<dollar>[A-Za-z_]\w*)\s*\}          # shells, JavaScript
    | (?<=/):(?P<step>[A-Za-z_]\w*)(?=/|$)           # Express, Rails
    | (?<![\w:$@<])(?:[:$@](?P<sign>[A-Za-z_]\w*)|<(?P<angle>[A-Za-z_]\w*)>)(?![\w.:>])
    """,
    re.VERBOSE,
)
