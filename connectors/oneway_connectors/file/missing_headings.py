"""Says in words which heading a missing one probably means."""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

from oneway.core.dataclass import dataclass
from oneway_connectors.file.options import FileOptions
from oneway_connectors.file.sniff import are_headings

_MANY = 12
"""How many headings a message lists at most."""


@dataclass(frozen=True, slots=True)
class MissingHeadings:
    """Headings that the options name and the file lacks; `keys` are those of its columns."""

    options: FileOptions
    keys: Mapping[str, tuple[str, ...]]

    def instead_of_id(self, names: Sequence[str]) -> str:
        """Return what to name instead of an id that no column has."""
        wanted = self.options.id
        spaced = next((name for name in names if name.strip() == wanted.strip()), None)
        if spaced is not None:
            how = f"the heading is {spaced!r}, with a space: set the option spaces: trim"
            return f"{how}, or write the id as the heading is"
        near = self.instead(wanted, names, self.options.types)
        return f"the option id names the column of the id; {near}"

    def instead(self, wanted: str, names: Sequence[str], used: Collection[str]) -> str:
        """Return which heading a missing one probably means, or which there are."""
        others = [name for name in names if name not in used]
        if wanted != "id" and (near := _nearest(wanted, others)):
            return f"did you mean {near!r}?"
        if not self._shows(names):
            return (
                "no column that is read is there: was the line of headings left out of the export?"
            )
        if wanted == "id":
            return f"the headings are: {_listed(names)}"
        rest = f"the other headings are: {_listed(others)}" if others else "there are no others"
        return f"nothing like it is there; was it left out of the export? {rest}"

    def _shows(self, names: Sequence[str]) -> bool:
        """Return whether a message may show the cells of the line of headings."""
        read = {keys for name in names if (keys := self.keys.get(name))}
        heeded = self.options.heeded or ()
        known = not read.isdisjoint(heeded) or not self.options.types.keys().isdisjoint(names)
        return known or are_headings(names)


def _nearest(wanted: str, names: Sequence[str]) -> str:
    """Return the heading that a missing one probably means, of the unused names; "" if none."""
    near = get_close_matches(wanted, names, n=1, cutoff=0.8)
    words = _words(wanted)
    alike = [name for name in names if words and 2 * len(words & _words(name)) >= len(words)]
    near += sorted(alike, key=lambda name: -len(words & _words(name)) / len(words | _words(name)))
    return near[0] if near else ""


def _words(heading: str) -> set[str]:
    """Return the significant words of a heading."""
    found = re.findall(r"[a-z]+", heading.casefold())
    return {_SHORT.get(word, word) for word in found} - _COMMON


_SHORT = {"no": "number", "nr": "number", "num": "number", "dept": "department", "emp": "employee"}
_COMMON = {"of", "the", "a", "in", "on", "date", "day"}


def _listed(names: Sequence[str]) -> str:
    known = [name for name in names if name.strip()]
    more = ", ..." if len(known) > _MANY else ""
    return ", ".join(repr(name[:60]) for name in known[:_MANY]) + more
