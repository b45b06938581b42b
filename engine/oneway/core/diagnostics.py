"""A finding: what is wrong, where, and what to do about it.

Every stage that can find a mistake reports it as a `Diagnostic` and goes on, so that an
integrator sees all the mistakes of a file in one run. A stage that cannot hand on a result
raises `Refused` with everything it found.
"""

from collections.abc import Iterable
from dataclasses import field, fields, is_dataclass, replace
from enum import Enum

from oneway.core.dataclass import dataclass


class Severity(Enum):
    """How much a finding matters: an error stops the stage that found it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line of a file; prints as `file:line:column`.

    `line` and `column` count from 1, in characters; `end` is the column after the last one.
    A span of line 0 means the file as a whole. `pieces` are where the parts of its text stand, if
    that is put together of several texts, or stands on several lines. `via` is the place that uses
    this one by its name.
    """

    file: str
    line: int = 0
    column: int = 0
    end: int = 0
    pieces: "tuple[TextPiece, ...]" = field(default=(), repr=False, compare=False)
    via: "Span | None" = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def part(self, offset: int, length: int) -> "Span":
        """Return the place of a part of the text; the whole if it spans several lines."""
        for piece in self.pieces:
            if piece.start <= offset < piece.end:
                return piece.part(offset, length)
        column = self.column + offset
        if column >= self.end:
            return self
        return Span(self.file, self.line, column, min(column + max(length, 1), self.end))


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of a text, from `start` to `end`, and where it stands: `offset` into `place`.

    `via` is the place that uses it by its name, if the piece stands elsewhere.
    """

    start: int
    end: int
    place: Span
    offset: int = 0
    via: Span | None = None

    def part(self, offset: int, length: int) -> Span:
        """Return the place of a part of the whole text that begins in this piece."""
        inside = self.offset + offset - self.start
        found = self.place.part(inside, min(length, self.end - offset))
        return found if self.via is None else replace(found, via=self.via)


def unplaced(part: object) -> object:
    """Return a part of a document without places, so that equal content compares equal."""
    if isinstance(part, Span):
        return None
    if is_dataclass(part):
        return tuple(unplaced(getattr(part, each.name)) for each in fields(part))
    return tuple(map(unplaced, part)) if isinstance(part, tuple) else part


@dataclass(frozen=True, slots=True)
class Fix:
    """A certain correction: the text at a span, and its replacement."""

    span: Span
    was: str
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what is wrong, where, and what to do about it.

    `code` is public and never changes its meaning (`oneway.core.codes` lists them all). `quote` is
    the line of text that `span` points into, where there is one. `fix` corrects it, where there
    is only one way to.
    """

    span: Span
    severity: Severity
    code: str
    summary: str
    help: str = ""
    quote: str = ""
    fix: Fix | None = None


class Refused(Exception):
    """A stage could not hand on a result; `diagnostics` says why, all of it."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.span}: {d.summary} [{d.code}]" for d in self.diagnostics))


def refusal(code: str, where: str | Span, summary: str, help: str = "") -> Refused:
    """Return a `Refused` with one error; `where` is a place, or the name of a file or system."""
    span = where if isinstance(where, Span) else Span(where)
    return Refused([Diagnostic(span, Severity.ERROR, code, summary, help)])


@dataclass(slots=True)
class Findings:
    """Collects diagnostics while a stage runs."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a finding."""
        self.found.append(diagnostic)

    @property
    def failed(self) -> bool:
        """Whether anything that was found is an error."""
        return any(each.severity is Severity.ERROR for each in self.found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return what was found, in the order of the file."""
        return tuple(
            sorted(self.found, key=lambda d: (d.span.file, d.span.line, d.span.column, d.code))
        )

    def refuse_errors(self) -> tuple[Diagnostic, ...]:
        """Return all findings, sorted; raise `Refused` with them if any is an error."""
        found = self.sorted()
        if self.failed:
            raise Refused(found)
        return found


SURE = 0.8
"""How near a word must be to a known one where a misspelling is an error by itself."""


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return "did you mean 'x'?" for the known word nearest to `word`, or nothing."""
    from difflib import get_close_matches

    from oneway.core.similar_words import one_form

    words, form = list(known), one_form(word)
    same = [each for each in words if one_form(each) == form]
    near = same or get_close_matches(word, words, n=1, cutoff=cutoff)
    return f"did you mean '{near[0]}'?" if near else ""
