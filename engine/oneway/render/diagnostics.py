"""Renders diagnostics as compilers do: place, severity, summary, code, line and caret.

    mappings/acme.yaml:21:3: error: unknown target field 'emial' [M102]
       21 |   emial: personalDetails.email
          |   ^^^^^ did you mean 'email'?

The first line is wrapped only on a terminal: editors and CI systems need it on one line.
"""

from collections.abc import Sequence

from oneway.core.diagnostics import Diagnostic, Severity
from oneway.render.layout import clip, columns, wrap
from oneway.render.places import place_text
from oneway.render.sanitize import harmless
from oneway.render.style import Ink, Style

_INKS = {
    Severity.ERROR: Ink.TROUBLE,
    Severity.WARNING: Ink.CAUTION,
    Severity.NOTE: Ink.STRONG,
}
_GUTTER = 8
"""The columns before the quoted line: a line number and a bar."""


def text(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """Return the findings as text, one after the other, each ending with a newline."""
    return "".join(f"{line}\n" for each in diagnostics for line in _lines(each, style))


def as_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, object]]:
    """Return the findings as data.

    Keys: file, line, column, end (all counted from 1; line 0 is the whole file), severity
    (error, warning, note), code, summary, help.
    """
    return [
        {
            "file": each.span.file,
            "line": each.span.line,
            "column": each.span.column,
            "end": each.span.end,
            "severity": each.severity.value,
            "code": each.code,
            "summary": each.summary,
            "help": each.help,
        }
        for each in diagnostics
    ]


def _lines(diagnostic: Diagnostic, style: Style) -> list[str]:
    if diagnostic.quote and diagnostic.span.line and diagnostic.span.column:
        return [*_head(diagnostic, style), *_quoted(diagnostic, style)]
    help = harmless(diagnostic.help)
    return [*_head(diagnostic, style), *(wrap(help, style, 7) if help else [])]


def _head(diagnostic: Diagnostic, style: Style) -> list[str]:
    place, severity = place_text(diagnostic.span), diagnostic.severity.value
    plain = f"{place}: {severity}: {harmless(diagnostic.summary)} [{diagnostic.code}]"
    first, *more = wrap(plain, style, 0, 4) if style.terminal else [plain]
    lead = f"{place}: {severity}: "
    if not first.startswith(lead):  # the path is as wide as the terminal
        return [first, *more]
    ink = _INKS[diagnostic.severity]
    painted = f"{style.paint(place, Ink.STRONG)}: {style.paint(severity, ink)}: "
    return [painted + first.removeprefix(lead), *more]


def _quoted(diagnostic: Diagnostic, style: Style) -> list[str]:
    span = diagnostic.span
    room = max(style.width - _GUTTER, 20)
    cut = _cut(diagnostic.quote, span.column - 1, room)
    before = harmless(diagnostic.quote[cut : span.column - 1])
    lead = ("..." if cut else "") + before
    marked = harmless(diagnostic.quote[span.column - 1 : max(span.end, span.column + 1) - 1])
    line = clip(lead + harmless(diagnostic.quote[cut:])[len(before) :], room)
    start = columns(lead)
    carets = "^" * max(min(columns(marked), room - start), 1)
    quoted = f"{span.line:>5} | {line}"
    bar = f"{'':5} | {' ' * start}"
    help = harmless(diagnostic.help)
    beside = f"{bar}{carets} {help}" if help else bar + carets
    painted = bar + style.paint(carets, _INKS[diagnostic.severity])
    if columns(beside) <= style.width:
        return [quoted, painted + (f" {help}" if help else "")]
    narrow = Style(style.color, max(style.width - _GUTTER, 20))
    return [quoted, painted, *(f"{'':5} | {each}" for each in wrap(help, narrow))]


def _cut(quote: str, offset: int, room: int) -> int:
    """Return how many characters to cut from the left of a long line to show the caret."""
    most = room * 2 // 3
    if columns(harmless(quote[:offset])) <= most:
        return 0
    cut = max(offset - room // 3, 0)
    while columns(harmless(quote[cut:offset])) > most:  # an escape takes ten columns
        cut += 1
    return cut
