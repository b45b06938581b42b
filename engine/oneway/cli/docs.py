"""`oneway docs`."""

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled
from oneway.cli.pages import DocPage, listed, page_named


@click.command("docs")
@click.argument("page", required=False)
@click.argument("section", required=False)
@click.option("--contents", is_flag=True, help="List the sections of the page.")
@consoled
def command(*, console: Console, page: str | None, section: str | None, contents: bool) -> Exit:
    """List the pages of the documentation, or print one, or a section of it.

    PAGE is a name, a path as in a link of the README (`docs/csv.md`), or the code of a message.
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
        console.out(found.section(asked.removeprefix("#")) if asked else found.text.rstrip())
    return Exit.DONE


def _list(console: Console) -> None:
    pages = listed()
    width = max(len(each.name) for each in pages) + 2
    for each in pages:
        console.out(f"{each.name:<{width}}{each.title}")
    console.note("print one with: oneway docs language")


def _contents(console: Console, page: DocPage) -> None:
    for each in page.sections():
        console.out(f"{'  ' * (each.depth - 1)}{each.heading}")
