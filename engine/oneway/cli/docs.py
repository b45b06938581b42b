"""`oneway docs`."""

import re
from collections.abc import Iterator, Sequence

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled
from oneway.cli.pages import DocPage, listed, page_named
from oneway.render.doc_tables import fitted_table
from oneway.render.layout import wrap
from oneway.render.style import Style


@click.command("docs")
@click.argument("page", required=False)
@click.argument("section", required=False)
@click.option("--contents", is_flag=True, help="List the sections of the page.")
@consoled
def command(*, console: Console, page: str | None, section: str | None, contents: bool) -> Exit:
    """List the pages of the documentation, or print one, or a section of it.

    PAGE is a name, the path of a page (`docs/csv.md`), or the code of a message.
    SECTION is a heading or a part of one; a link's `#` may stand before it.

    \b
    Example:
      oneway docs
      oneway docs language --contents
      oneway docs language guards
      oneway docs docs/testing.md#proving
    """
    if page is None:
        _list(console)
        return Exit.DONE
    name, _, anchor = page.partition("#")
    found, asked = page_named(name), section or anchor
    if contents:
        _contents(console, found)
    else:
        text = found.section(asked.removeprefix("#")) if asked else found.text.rstrip()
        console.out("\n".join(fitted(text, console.style)) if console.is_terminal else text)
    return Exit.DONE


def fitted(text: str, style: Style) -> Iterator[str]:
    """Yield the lines of a page, with paragraphs and tables fitted to the terminal.

    Blocks of code stay as they are.
    """
    fenced, paragraph, table = False, list[str](), list[str]()
    for line in [*text.splitlines(), ""]:
        is_row = not fenced and line.lstrip().startswith("|")
        if table and not is_row:
            yield from fitted_table(table, style)
            table = []
        starts = _STARTS.match(line)
        if paragraph and (fenced or starts or not line.strip()):
            yield from _paragraph(paragraph, style)
            paragraph = []
        fence = line.lstrip().startswith("```")
        if is_row:
            table.append(line)
        elif fenced or fence or not line.strip():
            yield line
        elif starts and starts["whole"]:
            yield from wrap(line, style, 0, 2)
        else:
            paragraph.append(line)
        fenced ^= fence


_STARTS = re.compile(r"\s*(?:(?P<whole>[|#>]|```)|(?P<mark>[-*]|[0-9]+\.) )")
"""Matches a line that does not continue a paragraph: a table, a heading, an item."""


def _paragraph(lines: Sequence[str], style: Style) -> Sequence[str]:
    """Return a paragraph or a list item in lines that fit."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    item = _STARTS.match(lines[0])
    hang = indent + (len(item["mark"]) + 1 if item else 0)
    return wrap(" ".join(map(str.strip, lines)), style, indent, hang)


def _list(console: Console) -> None:
    pages = listed()
    width = max(len(each.name) for each in pages) + 2
    for each in pages:
        console.out(f"{each.name:<{width}}{each.title}")
    console.note("print one with: oneway docs language")


def _contents(console: Console, page: DocPage) -> None:
    for each in page.sections():
        console.out(f"{'  ' * (each.depth - 1)}{each.heading}")
