"""Posts a notice to a webhook: JSON, signed, limited in time and size, never redirected."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from ssl import SSLContext

import httpx

from oneway.connections import Webhook, opened
from oneway.connections.validate import is_loopback
from oneway.core.deadline import Deadline, within
from oneway.notices.signing import BadSecret, signature
from oneway.notices.undelivered import Undelivered

_SECONDS = 20.0
"""The whole of one request; the specification recommends 15 to 30."""
_TIMEOUT = httpx.Timeout(15.0, connect=10.0)
_MOST = 16_384
"""Bytes of an answer that are read; nothing in it is looked at."""
_LONGEST_WAIT = timedelta(hours=6)
_GONE = 410


@dataclass(frozen=True, slots=True)
class Trust:
    """The trusted certificates: the system's, unless a test brings its own."""

    tls: SSLContext | None = None
    seconds: float = _SECONDS


SYSTEM = Trust()


def post(hook: Webhook, body: str, now: datetime, trust: Trust = SYSTEM) -> None:
    """Send a notice to a webhook.

    Raises `Undelivered` if it did not take it, and `Refused` where its secret cannot be had.
    """
    host = _host(hook.url)
    data = body.encode("ascii")
    headers = {"Content-Type": "application/json", **_signed(hook, host, data, now)}
    with within(trust.seconds) as deadline, _client(host, trust) as client:
        try:
            answer = _answer(client, hook.url, data, headers, deadline)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            late = deadline.over or isinstance(error, httpx.TimeoutException)
            why = "it did not answer in time" if late else f"it cannot be reached ({_kind(error)})"
            raise Undelivered("N101", host, f"a notice did not arrive: {why}", _LATER) from None
    _judge(answer, host, now)


def _host(url: str) -> str:
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise Undelivered("N101", "webhook", "a webhook's URL is invalid", "correct it") from None
    if found.scheme != "https" and not is_loopback(found.host):
        help = "write https; http is for this machine only"
        raise Undelivered("N101", found.host, "a webhook's URL is not https", help)
    return found.host


def _signed(hook: Webhook, host: str, body: bytes, now: datetime) -> Mapping[str, str]:
    id, timestamp = json.loads(body)["id"], int(now.timestamp())
    named = {"Webhook-Id": id, "Webhook-Timestamp": str(timestamp)}
    if hook.secret is None:
        return named
    try:
        return named | {"Webhook-Signature": signature(opened(hook.secret), id, timestamp, body)}
    except BadSecret as wrong:
        summary = f"the secret of a webhook cannot be used: {wrong}"
        help = "write whsec_ and the base64 of 32 random bytes: docs/notifications.md shows how"
        raise Undelivered("N105", host, summary, help) from None


def _client(host: str, trust: Trust) -> httpx.Client:
    be_quiet()
    return httpx.Client(
        verify=trust.tls or _verifying(),
        timeout=_TIMEOUT,
        follow_redirects=False,
        trust_env=not is_loopback(host),  # a proxy is for other machines
        headers={"Accept-Encoding": "identity", "User-Agent": "oneway"},
    )


@cache
def _verifying() -> SSLContext:
    """Return the one TLS context: it takes longer to make than a request."""
    return httpx.create_ssl_context()


def _answer(
    client: httpx.Client, url: str, data: bytes, headers: Mapping[str, str], deadline: Deadline
) -> httpx.Response:
    request = client.build_request(
        "POST", url, content=data, headers=dict(headers), extensions={"trace": deadline.trace}
    )
    answer = client.send(request, stream=True)
    try:
        if answer.is_success:
            # Who is cut off in the middle of an answer may take it for a failure of ours.
            for _ in answer.iter_raw():
                if answer.num_bytes_downloaded > _MOST:
                    break
    except httpx.HTTPError:
        pass  # the status came, and says all that we ask
    finally:
        answer.close()
    return answer


def _judge(answer: httpx.Response, host: str, now: datetime) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status == _GONE:
        summary = "a webhook wants no more notices (410)"
        help = "take it out of the connection's file, or give the URL of one that does"
        raise Undelivered("N104", host, summary, help, final=True)
    if 300 <= status < 400:
        help = "write the URL that it redirects to"
        raise Undelivered("N103", host, f"a webhook redirects elsewhere ({status})", help)
    summary = f"a webhook does not take a notice ({status})"
    raise Undelivered("N102", host, summary, _LATER, after=_asked(answer, now))


def _asked(answer: httpx.Response, now: datetime) -> timedelta:
    """Return how long the answer asks us to wait, within reason (RFC 9110, section 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return min(timedelta(seconds=int(text)), _LONGEST_WAIT)
    try:
        then = parsedate_to_datetime(text)
        wait = (then if then.tzinfo else then.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)


def _kind(error: Exception) -> str:
    # Not the error's own words: they may quote the URL, and knowing it is enough to post.
    return type(error).__name__


def be_quiet() -> None:
    """Keep what httpx and httpcore log of each request, its URL among it, out of every log."""
    for name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
        logger = logging.getLogger(name)
        logger.removeFilter(_only_warnings)
        logger.addFilter(_only_warnings)


def _only_warnings(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


_LATER = "it is tried again with growing pauses, for three days"
