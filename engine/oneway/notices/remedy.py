"""What a remedy says: the kind of trouble, who can end it, and the steps."""

import re
from enum import Enum
from shlex import quote, split

from oneway.core.codes import CODES
from oneway.core.dataclass import dataclass

FOLDER = "docs/reference/codes"
"""Where the pages of single codes are."""


class Who(Enum):
    """Who can end a trouble. The values are the words of notices."""

    PAYROLL = "payroll"
    SOURCE = "the source's administrator"
    TARGET = "the target's administrator"
    OPERATOR = "the operator"
    INTEGRATOR = "the integrator"


class TroubleKind(Enum):
    """Which kind of trouble it is. The values are the words of notices."""

    ACCESS = "leavers with access"
    SIGN_IN = "credentials"
    PERMISSION = "permission"
    DOWN = "a system is down or busy"
    ADDRESS = "the set-up of the connection"
    DATA = "data"
    SHAPE = "an unexpected answer"
    DOUBT = "not known yet"
    FILE = "a file"
    MACHINE = "this machine"
    CLOCK = "the clock"
    GUARD = "a guard"
    NOTICE = "notices"


@dataclass(frozen=True, slots=True)
class Remedy:
    """A trouble: its kind, who can end it, what it looks like, and the steps in order."""

    code: str
    title: str
    kind: TroubleKind
    who: Who
    looks: str
    steps: tuple[str, ...]
    narrower: bool = False
    """Whether it is for some cases of its code only, which the advice of the code does not fit."""
    documented: bool = True
    """Whether the documentation has a page of its own on it."""

    def advice_for(self, connection: str) -> str:
        """Return what to do in one sentence, with a connection's name."""
        known = CODES.get(self.code)
        if known is None or self.narrower:
            return self.steps_for(connection)[0]
        return _NAMES.sub(lambda found: _named(found[0], connection, "", ""), known.advice)

    @property
    def by(self) -> str:
        """Who acts first, in the words of notices: nobody yet, if it may end by itself."""
        return "nobody yet" if self.kind is TroubleKind.DOUBT else self.who.value

    @property
    def page(self) -> str:
        """The page of the documentation on it: its own, or the table of all codes."""
        return f"{FOLDER}/{self.code}.md" if self.documented else f"{FOLDER}.md"

    def steps_for(self, connection: str, system: str = "", mapping: str = "") -> tuple[str, ...]:
        """Return the steps with a connection's name, and that of the system if it is known.

        `mapping` is what `oneway sync` is given for what runs without a connection, quoted for a
        shell; `connection` is then the name that its runs have in the history. A command that
        somebody else's steps begin with is the operator's to run.
        """
        has_shell = self.who in (Who.OPERATOR, Who.INTEGRATOR)
        return tuple(
            ("" if has_shell or not step.startswith("`oneway") else "The operator: ")
            + _NAMES.sub(lambda found: _named(found[0], connection, system, mapping), step)
            for step in self.steps
        )


_NAMES = re.compile("oneway (?:sync|check|connect) NAME|NAME|SYSTEM")


def _named(found: str, connection: str, system: str, mapping: str) -> str:
    """Return what replaces a placeholder in a step, in the form that its command takes."""
    if found == "SYSTEM":
        return system or "the system"
    if not mapping or found == "NAME":
        return found.replace("NAME", quote(connection))
    if "connect" in found:  # no connection is made of files that only stood in
        return found.replace("NAME", f"--mapping {quote(split(mapping)[0])}")
    return found.replace("NAME", mapping)
