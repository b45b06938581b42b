"""The command line: parses arguments, prints, sets exit codes. It decides nothing.

    entry       the group, and its exit codes        exits      the table of exit codes
    options     options of several commands          console    standard output and error
    NAME        one module per command               reference  the reference pages

`oneway --help` and `oneway validate` import neither a connector nor networking code.
"""

from oneway.cli.entry import main

__all__ = ["main"]
