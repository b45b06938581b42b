"""The remedy for each problem: its symptoms, its kind, who can fix it, and how.

Notices, reports and the documentation's page for each code use these texts.
"""

import re
from collections.abc import Mapping

from oneway.mapping.spec import GuardKind
from oneway.notices.remedies_of_codes import CAUSES, NARROWER, OF_FILES, UNNAMED, of_codes
from oneway.notices.remedies_of_guards import of_guard
from oneway.notices.remedy import Remedy, TroubleKind, Who

CLOCK = frozenset({"F117", "F124"})
"""Codes after which nothing runs until the clock is corrected, or `forget` repairs the times."""


def remedy_of(name: str, system: str = "", *, narrower: bool = False) -> Remedy:
    """Return the remedy for a code, a guard (`field_changes.email`) or another cause.

    `system` is the system concerned, if known: a file, for example, needs no advice about API
    keys. `narrower`: only leaves ended so, or it is not certain that anybody listed has left.
    """
    if narrower and name in NARROWER:
        return NARROWER[name]
    if name in OF_FILES and _A_FILE.search(system):
        return OF_FILES[name]
    return REMEDIES.get(name) or REMEDIES.get(name.partition(".")[0]) or _other(name)


_A_FILE = re.compile(r"(?:^|\()(?:a )?file\b")
"""Matches a system that is a file: "the source (file people.json)", "a file"."""


def _other(name: str) -> Remedy:
    from oneway.mapping.lint.codes import CODES as ALL  # imports every lint rule, which is slow

    code = ALL.get(name)
    if code is None:
        return REMEDIES[UNNAMED]
    kind, who = _FAMILIES.get(name[:3]) or _FAMILIES.get(name[:1]) or _MAPPINGS
    looks = "Records were not written." if name in _OF_RECORDS else "An error stopped the run."
    return Remedy(name, code.title, kind, who, looks, (code.advice,), documented=False)


_MAPPINGS = (TroubleKind.ADDRESS, Who.INTEGRATOR)
_FAMILIES = {
    "C": (TroubleKind.ADDRESS, Who.OPERATOR),
    "F": (TroubleKind.MACHINE, Who.OPERATOR),
    "N": (TroubleKind.NOTICE, Who.OPERATOR),
    "R15": (TroubleKind.FILE, Who.OPERATOR),
    "W15": (TroubleKind.FILE, Who.OPERATOR),
    "W16": (TroubleKind.DOUBT, Who.OPERATOR),
}
"""The kind of problem of codes without specific steps, and who can fix it."""
_OF_RECORDS = frozenset(
    {"W109", "W114", "W116", "W117", "W118", "W119", "W150", "W151", "W164", "W165"}
)
"""Codes that end single records while the run continues."""


REMEDIES: Mapping[str, Remedy] = {
    each.code: each
    for each in (
        *of_codes(),
        *CAUSES,
        *map(of_guard, GuardKind),
    )
}
"""The remedy for each problem, by its code, its guard, or its word."""
