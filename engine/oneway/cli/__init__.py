"""The command line: parses arguments, prints, sets exit codes. It decides nothing.

    entry       the group, and what every ending becomes      exits      the exit codes
    options     what several commands take                     console    standard output and error
    NAME        one module a command                           reference  the reference pages

`oneway --help` and `oneway validate` import neither a connector nor anything of a network.
"""

from oneway.cli.entry import main

__all__ = ["main"]
