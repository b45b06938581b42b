"""Every diagnostic code: public, stable, one meaning for ever.

The reference page `docs/reference/codes.md` is generated from this table. A code that goes
out of use stays here, marked as retired; it is never given a new meaning.

    Y1xx  the text of a YAML file          M1xx  the meaning of a mapping: errors
    S1xx  the shape of a file              M2xx  the meaning of a mapping: warnings
    C1xx  connectors and their manifests   R1xx  reading from a system
    P1xx  plans and plan files             W1xx  writing to a system
    G1xx  guards                           F1xx  the state folder and other files
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A diagnostic code: what it says in general, and what to do about it."""

    code: str
    title: str
    advice: str


_TABLE = (
    # Y1xx: the text of a YAML file
    # S1xx: the shape of a file
    # C1xx: connectors and their manifests
    # M1xx: the meaning of a mapping, errors
    # M2xx: the meaning of a mapping, warnings
    # R1xx: reading
    # W1xx: writing
    # P1xx: plans
    # G1xx: guards
    # F1xx: files
)

CODES: dict[str, Code] = {row[0]: Code(*row) for row in _TABLE}
