"""A place in a file, as text and as data."""

from oneway.core.diagnostics import Span
from oneway.render.sanitize import harmless


def place_text(span: Span) -> str:
    """Return a place as editors recognise it, `mapping.yaml:21:3`, harmless."""
    return harmless(str(span))


def place_data(span: Span) -> dict[str, object]:
    """Return a place as data."""
    return {"file": span.file, "line": span.line, "column": span.column}
