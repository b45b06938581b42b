"""The diagnostic codes, except those of lint rules: public, and never given a new meaning.

A lint rule carries its own code (`oneway.mapping.lint`, whose `CODES` has all of them). The
reference page `docs/reference/codes.md` is generated from both. A code that goes out of use stays
in its table, marked as retired.

    Y1xx  the text of a YAML file          M1xx  the meaning of a mapping: errors
    S1xx  the shape of a file              M2xx  the meaning of a mapping: warnings
    C1xx  connectors and connections       R1xx  reading from a system
    P1xx  plans and plan files             W1xx  writing to a system
    G1xx  guards                           F1xx  the state folder and other files
    U1xx  what the command line asks for   N1xx  notices
    T1xx  tests of mappings
"""

from oneway.core.codes import connections, files, mappings, runs, systems
from oneway.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class DiagnosticCode:
    """A diagnostic code: what it says in general, and what to do about it."""

    code: str
    title: str
    advice: str


CODES: dict[str, DiagnosticCode] = {
    row[0]: DiagnosticCode(*row)
    for family in (files, connections, mappings, systems, runs)
    for row in family.TABLE
}
