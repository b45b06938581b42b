"""The pages of the documentation that ship with the program, by name."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import did_you_mean, refusal

_FOLDERS = ("mappings", "connectors")
"""The folders beside `docs` whose README is a page."""
_HEADING = re.compile(r"(#+) (.+)")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, with the text up to the next heading of its level."""

    heading: str
    depth: int
    text: str

    @property
    def anchor(self) -> str:
        """The fragment of links to this section, after the `#`."""
        return re.sub(r"[^\w\- ]", "", self.heading.lower()).replace(" ", "-")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of a mapping that it describes, which follow the colon in its heading."""
        return tuple(re.findall(r"[\w.]+", self.heading.partition(": ")[2].casefold()))


@dataclass(frozen=True, slots=True)
class DocPage:
    """One page, in Markdown."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """Its first heading."""
        return next((each.heading for each in self.sections()), self.name)

    def sections(self) -> tuple[Section, ...]:
        """Return its sections in order; each includes its subsections."""
        lines = self.text.splitlines()
        heads = tuple(_heads(lines))
        found = []
        for i, (at, depth, heading) in enumerate(heads):
            ends = (line for line, other, _ in heads[i + 1 :] if other <= depth)
            end = next(ends, len(lines))
            found.append(Section(heading, depth, "\n".join(lines[at:end]).rstrip()))
        return tuple(found)

    def section(self, asked: str) -> str:
        """Return the sections named by a heading, a part of one, or an anchor.

        A key at the end of a heading, as in "Whom the sync is for: only", takes precedence over the
        same word elsewhere. Raises `Refused` if nothing matches.
        """
        found = self.sections()
        word = asked.casefold()
        named = [each for each in found if each.anchor == word]
        named = named or [each for each in found[1:] if word in each.keys]
        named = named or [each for each in found[1:] if word in each.heading.casefold()]
        if not named:
            headings = "; ".join(each.heading for each in found[1:] if each.depth == 2)
            summary = f"the page {self.name} has no section '{asked}'"
            raise refusal("U155", "docs", summary, f"there are: {headings}")
        said: list[str] = []
        for each in named:
            if not any(each.text in other for other in said):
                said.append(each.text)
        return "\n\n".join(said)


def listed() -> tuple[DocPage, ...]:
    """Return the pages, except those for single codes and lint rules."""
    return tuple(
        DocPage(name, path.read_text(encoding="utf-8"))
        for name, path in _pages().items()
        if name.count("/") < 2
    )


def page_named(name: str) -> DocPage:
    """Return a page by its name, path, or code; raise `Refused` without one."""
    known = _pages()
    plain = re.sub(r"^(\.*/)*(docs/)?|(/README)?\.md$", "", name) or "README"
    same = {each.casefold(): each for each in known}
    own = (plain, f"reference/{plain}", f"reference/codes/{plain}", f"reference/lint/{plain}")
    found = next((same[each.casefold()] for each in own if each.casefold() in same), None)
    if found is None:
        help = did_you_mean(plain, known) or (
            "`oneway docs` lists the pages; what only developers need is in the repository alone"
        )
        raise refusal("U155", "docs", f"there is no page '{name}'", help)
    return DocPage(found, known[found].read_text(encoding="utf-8"))


def _pages() -> Mapping[str, Traversable]:
    """Return the pages by name, from the wheel or the checkout."""
    root: Traversable = files("oneway").joinpath("_docs")
    if not root.is_dir():
        # A checkout: engine/oneway/cli/pages.py is three folders below its root.
        root = Path(__file__).resolve().parents[3]
    found = {name: root / f"{name}.md" for name in ("README", "CHANGELOG")}
    found |= {name: root / name / "README.md" for name in _FOLDERS}
    docs = root / "docs"
    for folder in ("", "reference/", "reference/codes/", "reference/lint/"):
        inside = docs / folder if folder else docs
        for each in sorted(inside.iterdir(), key=lambda each: each.name) if inside.is_dir() else ():
            if each.name.endswith(".md") and each.name != "README.md":
                found[f"{folder}{each.name.removesuffix('.md')}"] = each
    if not found["README"].is_file():
        summary = "the documentation is missing from this installation"
        raise refusal("F120", str(root), summary, "install oneway again")
    return found


def _heads(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the line, depth and text of each heading; `#` in a block of code is not one."""
    fenced = False
    for at, line in enumerate(lines):
        fenced ^= line.lstrip().startswith("```")
        head = None if fenced else _HEADING.fullmatch(line)
        if head is not None:
            yield at, len(head[1]), head[2]
