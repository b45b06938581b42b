"""`oneway lsp`."""

import importlib.util
import os

import click

from oneway.cli.exits import Exit
from oneway.core.diagnostics import refusal


@click.command("lsp")
def command() -> Exit:
    """Help an editor with mappings, over standard input and output (LSP).

    It underlines mistakes as you type, completes and explains fields, functions, references
    and words, and finds where a name is defined. It needs the extra `lsp`.

    \b
    Example:
      oneway lsp
    """
    if importlib.util.find_spec("pygls") is None:
        help = "install it: pip install 'oneway[lsp]'"
        raise refusal("U153", "lsp", "the language server needs the package pygls", help)
    from oneway.cli.language_server import server

    # The server closes the streams it is given, so give it duplicates.
    with open(os.dup(0), "rb") as reader, open(os.dup(1), "wb") as writer:
        server().start_io(reader, writer)
    return Exit.DONE
