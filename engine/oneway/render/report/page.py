"""A report as data: harmless words and numbers, without markup."""

from enum import Enum
from typing import ClassVar, TypeAlias

from oneway.core.dataclass import dataclass


class Tone(Enum):
    """How urgent something is. Each is shown by a word and a colour."""

    GOOD = "good"
    CALM = "calm"
    CAUTION = "caution"
    TROUBLE = "trouble"


class Look(Enum):
    """What a value is, if its text alone is ambiguous."""

    PLAIN = "plain"
    NOTHING = "nothing"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a field, as it is shown."""

    text: str
    look: Look = Look.PLAIN


@dataclass(frozen=True, slots=True)
class ReportField:
    """One field of one record; `before` is None if there was no record before."""

    name: str
    after: Value
    before: Value | None = None


@dataclass(frozen=True, slots=True)
class ReportPerson:
    """A person in a report: a name, and the record's other identifiers."""

    shape: ClassVar[str] = "person"
    name: str
    key: str = ""
    record: str = ""
    note: str = ""
    """When the discrepancy began, and when it is tried again."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What is written to one record."""

    shape: ClassVar[str] = "fields"
    items: tuple[ReportField, ...]
    has: str = "the target had"
    gets: str = "now has"
    """The labels of the target's value and of its replacement."""


@dataclass(frozen=True, slots=True)
class ReportText:
    """Sentences, or the text of a system; `code` is for programs and support."""

    shape: ClassVar[str] = "words"
    lines: tuple[str, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Data:
    """A plain value, such as the code of a department."""

    shape: ClassVar[str] = "data"
    text: str


Cell: TypeAlias = ReportPerson | Fields | ReportText | Data


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Rows under column titles; the first cell of a row names its subject."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def section(self, id: str, tone: Tone, about: str) -> "ReportSection | None":
        """Return a section that consists of this table, or None if it has no rows."""
        if not self.rows:
            return None
        return ReportSection(id, self.caption, len(self.rows), tone, about, (Block(table=self),))


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a section: sentences, then the people or things concerned, then the remedy."""

    title: str = ""
    about: tuple[str, ...] = ()
    table: ReportTable | None = None
    advice: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One subject. `number` counts its people or things."""

    id: str
    title: str
    number: int
    tone: Tone
    about: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ReportPart:
    """Sections that belong together."""

    id: str
    title: str
    sections: tuple[ReportSection, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact about the run; `instant` is set if it is a time."""

    name: str
    text: str
    instant: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A large number, and the part of the page with its details."""

    number: int
    noun: str
    tone: Tone
    section: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar: its count, and its place in the drawing."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One run of the chart, with its description."""

    x: float
    pieces: tuple[Piece, ...]
    label: str
    label_y: float
    this: bool
    stopped: bool
    run: int
    when: str
    counts: tuple[int, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Chart:
    """How the last runs ended, oldest first."""

    width: float
    height: float
    base: float
    bar: float
    kinds: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Page:
    """A complete report."""

    title: str
    heading: str
    lead: str
    status: str
    tone: Tone
    facts: tuple[Fact, ...]
    figures: tuple[Figure, ...]
    parts: tuple[ReportPart, ...]
    chart: Chart | None
    foot: tuple[Fact, ...]
