"""Renders undelivered notices, and the result of testing channels."""

from collections.abc import Sequence
from typing import Any

from oneway.core.diagnostics import Diagnostic
from oneway.core.phrases import count
from oneway.history.journal.incidents import Notice
from oneway.notices.channels import channel_words
from oneway.notices.instants import zone_in
from oneway.render.history import when
from oneway.render.layout import clip, pad, wrap
from oneway.render.sanitize import harmless
from oneway.render.style import Style

_NAME, _KIND = 20, 9


def text(
    left: Sequence[Notice], style: Style, *, sent: int | None = None, dismissed: int | None = None
) -> str:
    """Return the notices that were not delivered, a line or two each."""
    done = (sent, "sent"), (dismissed, "dismissed")
    lines = [f"{count(number, 'notice')} {what}." for number, what in done if number is not None]
    if not left:
        lines.append("No notice waits.")
    for each in left:
        lines += _lines(each, style)
    if any(each.given_up for each in left):
        lines += wrap("`oneway notify dismiss` drops the notices that were given up.", style, 0)
    return "\n".join(lines) + "\n"


def as_json(left: Sequence[Notice]) -> list[dict[str, Any]]:
    """Return the notices that were not delivered, as data."""
    return [
        {
            "id": each.id,
            "connection": each.draft.connection,
            "kind": each.draft.kind.value,
            "channel": channel_words(each.draft.channel),
            "created": each.created,
            "tries": each.tries,
            "next_try": each.next_try or None,
            "given_up": each.given_up,
            "error": each.error,
        }
        for each in left
    ]


def tests(found: Sequence[tuple[str, Diagnostic | None]], style: Style) -> str:
    """Return the result of testing each channel."""
    lines = []
    for channel, wrong in found:
        if wrong is None:
            lines.append(f"ok      {harmless(channel)}")
        else:
            said = f"failed  {harmless(channel)}: {harmless(wrong.summary)} [{wrong.code}]"
            lines += wrap(said, style, 0, 8)
            lines += wrap(harmless(wrong.help), style, 8) if wrong.help else []
    return "\n".join(lines) + "\n"


def tests_as_json(found: Sequence[tuple[str, Diagnostic | None]]) -> list[dict[str, Any]]:
    """Return the result of testing each channel, as data."""
    return [
        {
            "channel": channel,
            "arrived": wrong is None,
            "code": wrong.code if wrong else None,
            "error": wrong.summary if wrong else None,
        }
        for channel, wrong in found
    ]


def _lines(notice: Notice, style: Style) -> list[str]:
    name = pad(clip(harmless(notice.draft.connection), _NAME), _NAME)
    zone = zone_in(notice.draft.body)
    kind = pad(notice.draft.kind.value, _KIND)
    lines = [f"{name}  {kind}  {when(notice.created, zone)}  {_state(notice)}"]
    why = f"{channel_words(notice.draft.channel)}: {notice.error}" if notice.error else ""
    again = f"next try {when(notice.next_try, zone)}" if _is_tried_again(notice) else ""
    said = "; ".join(filter(None, (again, harmless(why))))
    return lines + (wrap(said, style, 2) if said else [])


def _state(notice: Notice) -> str:
    if notice.given_up:
        return "given up"
    return "tried" if notice.tries else "waits"


def _is_tried_again(notice: Notice) -> bool:
    return bool(notice.tries) and not notice.given_up
