"""The remedy for a problem: the kind of problem, who can fix it, and the steps."""

import re
from enum import Enum
from shlex import quote, split

from oneway.core.codes import CODES
from oneway.core.dataclass import dataclass

FOLDER = "docs/reference/codes"
"""The folder with a page for each code."""


class Who(Enum):
    """Who can fix a problem. The values are the words of notices."""

    PAYROLL = "payroll"
    SOURCE = "the source's administrator"
    TARGET = "the target's administrator"
    OPERATOR = "the operator"
    INTEGRATOR = "the integrator"


class TroubleKind(Enum):
    """The kind of a problem. The values are the words of notices."""

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
    """A problem's kind, who can fix it, its symptoms, and the steps in order."""

    code: str
    title: str
    kind: TroubleKind
    who: Who
    looks: str
    steps: tuple[str, ...]
    narrower: bool = False
    """Whether it is for special cases of its code, which the code's advice does not fit."""
    documented: bool = True
    """Whether the documentation has a page on it."""

    def advice_for(self, connection: str) -> str:
        """Return the advice in one sentence, with a connection's name."""
        known = CODES.get(self.code)
        if known is None or self.narrower:
            return self.steps_for(connection)[0]
        return _NAMES.sub(lambda found: _named(found[0], connection, "", ""), known.advice)

    @property
    def by(self) -> str:
        """Who acts first, in the words of notices: nobody yet, if it may resolve itself."""
        return "nobody yet" if self.kind is TroubleKind.DOUBT else self.who.value

    @property
    def page(self) -> str:
        """Its page in the documentation, or the table of all codes."""
        return f"{FOLDER}/{self.code}.md" if self.documented else f"{FOLDER}.md"

    def steps_for(self, connection: str, system: str = "", mapping: str = "") -> tuple[str, ...]:
        """Return the steps with the names of the connection and, if known, the system filled in.

        For runs without a connection, `mapping` is the argument of `oneway sync`, quoted for a
        shell, and `connection` the name of the runs in the history. If somebody else is to act but
        the first step is a command, the step says that the operator runs it.
        """
        has_shell = self.who in (Who.OPERATOR, Who.INTEGRATOR)
        return tuple(
            ("" if has_shell or not step.startswith("`oneway") else "The operator: ")
            + _NAMES.sub(lambda found: _named(found[0], connection, system, mapping), step)
            for step in self.steps
        )


_NAMES = re.compile("oneway (?:sync|check|connect) NAME|NAME|SYSTEM")


def _named(found: str, connection: str, system: str, mapping: str) -> str:
    """Return the replacement for a placeholder in a step, in the form that its command takes."""
    if found == "SYSTEM":
        return system or "the system"
    if not mapping or found == "NAME":
        return found.replace("NAME", quote(connection))
    if "connect" in found:  # files given for one run cannot make a connection
        return found.replace("NAME", f"--mapping {quote(split(mapping)[0])}")
    return found.replace("NAME", mapping)
