"""The gaps that an answer depends on, as variables of generated code.

The interpreter collects gaps to report them. Generated code only needs to know whether there are
any, and of which kind: 1 for an absent key, 2 for a value unfit to decide, and 4 or 8 as well if
the selection of items depends on it (`Gap.chooses`). For a report, it asks the interpreter.
"""

from collections.abc import Sequence
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.mapping.generated.source import CodeText, Line

ABSENT, WRONG = 1, 2
CHOOSES = 2
"""By how many bits the kinds of gaps that select items are shifted left."""


def choosing(gaps: str) -> str:
    """Return the kinds of the gaps of a condition that selects items."""
    return f"{gaps} | ({gaps} & {ABSENT | WRONG}) << {CHOOSES}"


@dataclass(frozen=True, slots=True)
class Operand:
    """A name or literal of the generated code, and what is known of it.

    `kind` is what it certainly is, if anything: "boolean", "object", "item" (an object or null),
    "list" (of few items), "items" (a list or null), "first" (an item or null, standing for a list
    of which only the first item is used), "text" (not blank) or "plain" (text, an integer or a
    boolean that fits). If `known`, it is a literal with this `value`. `said` is true if it is text
    that is not blank: the name of a variable, or `True`; "" without one.
    """

    text: str
    kind: str = ""
    known: bool = False
    value: Value = None
    said: str = ""


LISTS = ("list", "items")
"""The kinds of operands that are certainly lists, or null."""


@dataclass(frozen=True, slots=True)
class Unknowns:
    """The variables for gaps: one for each of the interpreter's three questions, and `stated`.

    A question that is not asked has no variable.
    """

    exact: str = ""
    truth: str = ""
    written: str = ""
    stated: str = ""


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """An operand, and the variables of its gaps; "" if it cannot have any."""

    operand: Operand
    exact: str = ""
    truth: str = ""
    written: str = ""


@dataclass(slots=True)
class Notes:
    """Tracks which gap variables are ever set; the others need no code."""

    source: CodeText
    touched: set[str] = field(default_factory=set)

    def variable(self, word: str, start: str = "0") -> tuple[str, Line]:
        """Return a new variable, and the line that initialises it."""
        name = self.source.name(word)
        return name, self.source.line(f"{name} = {start}")

    def miss(self, into: Unknowns, kind: int, *, unstated: bool = True) -> None:
        """Note a gap."""
        for name in dict.fromkeys((into.exact, into.truth, into.written)):
            if name:
                self.gather(name, str(kind))
        if unstated and into.stated:
            self.touched.add(into.stated)
            self.source.line(f"{into.stated} = False")

    def gather(self, into: str, *gaps: str) -> None:
        """Add the gaps of some variables to another one."""
        found = [each for each in dict.fromkeys(gaps) if each and (each.isdigit() or each in self)]
        if into and found:
            self.touched.add(into)
            self.source.line(f"{into} |= {' | '.join(found)}")

    def gather_choosing(self, into: str, gaps: str) -> None:
        """Add the gaps of a condition that selects items to another variable."""
        if into and gaps in self:
            self.touched.add(into)
            self.source.line(f"{into} |= {choosing(gaps)}")

    def gather_open(self, into: str, gaps: str, *, also: int = 0) -> None:
        """Add the gaps of a variable that select items, and those of the kind `also`."""
        if into and gaps in self:
            self.touched.add(into)
            chooses = (ABSENT | WRONG) << CHOOSES
            kept = f"{gaps} & {chooses} | ({gaps} & {chooses}) >> {CHOOSES}"
            self.source.line(f"{into} |= {kept}" + (f" | {gaps} & {also}" if also else ""))

    def gather_all(self, into: str, gaps: Sequence[str]) -> None:
        """Add the gaps of variables that certainly have some."""
        self.touched.update(gaps)
        self.gather(into, *gaps)

    def gather_each(self, into: Unknowns, exact: str, truth: str, written: str) -> None:
        """Add the gaps of each question to the variable of the same question."""
        self.gather(into.exact, exact)
        self.gather(into.truth, truth)
        self.gather(into.written, written)

    def __contains__(self, name: str) -> bool:
        return name in self.touched
