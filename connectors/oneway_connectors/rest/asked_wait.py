"""Reads from the headers of a response how long a system asks to wait.

    Retry-After: 120, or a date                    RFC 9110, 10.2.3
    Retry-After-Ms, X-Ms-Retry-After-Ms: 1500      milliseconds
    X-RateLimit-Reset-After: 1.5                   seconds
    X-RateLimit-Reset: 30, 1772366430 or an        seconds, or a point in time
    instant (2026-03-01T12:00:30Z)
    RateLimit: "default";r=0;t=14                  the IETF's draft, since 2024
    RateLimit: limit=100, remaining=0, reset=14    the same, before

A point in time is compared with the response's own `Date`, so that clocks need not agree.
"""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds for which a response asks to wait, or None."""
    for name in _MILLISECONDS:
        if _SECONDS.fullmatch(text := headers.get(name, "").strip()):
            return min(float(text) / 1000, _LONGEST)
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, until - _now(headers))


def reset_of(headers: httpx.Headers) -> float | None:
    """Return the seconds until a rate limit is reset, or None."""
    given = (headers.get(name, "").strip() for name in _RESETS)
    found = next((each for text in given if (each := _seconds(text, headers)) is not None), None)
    if found is not None:
        return found
    spent = [t for remaining, t in _limits(headers) if remaining == 0]
    return max(spent, default=None)


def is_spent(headers: httpx.Headers) -> bool:
    """Return whether the headers say that a rate limit leaves no more requests."""
    if headers.get("x-ratelimit-remaining", "").strip() == "0":
        return True
    return any(remaining == 0 for remaining, _ in _limits(headers))


def _seconds(text: str, headers: httpx.Headers) -> float | None:
    if _SECONDS.fullmatch(text):
        seconds = float(text) if float(text) < _IN_MILLISECONDS else float(text) / 1000
        return seconds if seconds < _AN_INSTANT else max(0.0, seconds - _now(headers))
    if not _INSTANT.match(text):
        return None
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return None
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, until.timestamp() - _now(headers))


def _limits(headers: httpx.Headers) -> Iterator[tuple[float, float]]:
    """Yield what each limit of the header `RateLimit` leaves, and the seconds until its reset."""
    text = headers.get("ratelimit", "")
    for item in text.split(",") if ";" in text else [text]:
        pairs = dict(_PAIR.findall(item))
        left, reset = pairs.get("r", pairs.get("remaining")), pairs.get("t", pairs.get("reset"))
        if left is not None and reset is not None:
            yield float(left), min(float(reset), _LONGEST)


def _now(headers: httpx.Headers) -> float:
    """Return the instant of a response by its own `Date`, so that clocks need not agree."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return time.time()


_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
_RESETS = (
    "x-ratelimit-reset-after",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
    "ratelimit-reset",
)
_AN_INSTANT = 1_000_000_000
"""A reset of at least this many seconds is a point in time, not a wait."""
_IN_MILLISECONDS = 1_000_000_000_000
"""A reset of at least this is a point in time in milliseconds."""
_SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
_PAIR = re.compile(r"(?:^|[;,\s])(r|t|remaining|reset)=([0-9]{1,15})(?![0-9.])")
_LONGEST = 999_999_999.0
