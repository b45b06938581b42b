"""Puts a text together, and tracks where its pieces stand."""

from dataclasses import replace

from oneway.core.diagnostics import Span, TextPiece
from oneway.mapping.expressions.named_calls import CHOOSE, NamedCall
from oneway.mapping.spec import Text


class Splicing:
    """Puts a text together, and tracks where its pieces stand."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.parts: list[str] = []
        self.pieces: list[TextPiece] = []
        self.at, self.end = 0, 0

    def splice(self, call: NamedCall, body: Text) -> None:
        """Add the text up to a call, and the named expression in place of the call."""
        self._own(call.place.offset)
        via = self.text.span.part(call.place.offset, call.place.length)
        bare = call.stands_apart or call.function == CHOOSE
        before, after = ("", "") if bare else ("(", ")")
        self.add(before, via)
        self.add(body.text, body.span, via=via)
        self.add(after, via)
        self.at = call.place.end

    def result(self) -> Text:
        """Return the text, once the rest of it is added."""
        self._own(len(self.text.text))
        span = replace(self.text.span, pieces=tuple(self.pieces))
        return Text("".join(self.parts), span, self.text.text)

    def _own(self, until: int) -> None:
        self.add(self.text.text[self.at : until], self.text.span, self.at)
        self.at = until

    def add(self, part: str, place: Span, offset: int = 0, via: Span | None = None) -> None:
        """Add a part that stands in some place."""
        if part:
            start, self.end = self.end, self.end + len(part)
            self.pieces.append(TextPiece(start, self.end, place, offset, via))
            self.parts.append(part)
