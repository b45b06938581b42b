"""Sends the HTTP request of a notice: limited in time and size, no redirects, TLS verified."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx

from oneway.core.dataclass import dataclass
from oneway.core.deadline import Deadline, within
from oneway.core.hosts import is_loopback
from oneway.core.log_filter import silence_http_logs
from oneway.notices.undelivered import Undelivered, why_unreachable

_SECONDS = 20.0
"""The total time of one request; Standard Webhooks recommends 15 to 30 seconds."""
_TIMEOUT = httpx.Timeout(15.0, connect=10.0)
_MOST = 16_384
"""How many bytes of a response are read at most; its content is ignored."""
_LONGEST_WAIT = timedelta(hours=6)
_GONE = 410
LATER = "it is tried again with growing pauses, for three days"
"""What happens after a failed delivery, in words."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The trusted certificates: the system's, unless a test brings its own."""

    tls: SSLContext | None = None
    seconds: float = _SECONDS


SYSTEM = Trust()


@dataclass(frozen=True, slots=True)
class Server:
    """How messages name a server and its content, and the code of each delivery error."""

    name: str
    what: str
    unreachable: str
    refuses: str
    redirects: str
    gone: str = "N104"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request; `parts` are its body as httpx takes it: `content` or `files`."""

    method: str
    url: str
    headers: Mapping[str, str]
    parts: Mapping[str, Any]


def posted(request: Outgoing, server: Server, now: datetime, trust: Trust = SYSTEM) -> None:
    """Send a request; raise `Undelivered` if the server did not accept it."""
    host = safe_host(request.url, server)
    with within(trust.seconds) as deadline, _client(host, trust) as client:
        try:
            answer = _answer(client, request, deadline)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            late = deadline.over or isinstance(error, httpx.TimeoutException)
            why = (
                "it did not answer in time"
                if late
                else f"it cannot be reached ({why_unreachable(error)})"
            )
            summary = f"a {server.what} did not arrive: {why}"
            raise Undelivered(server.unreachable, host, summary, LATER) from None
    _judge(answer, host, server, now)


def safe_host(url: str, server: Server) -> str:
    """Return the host of a URL that may be contacted; raise `Undelivered` for any other."""
    code, a = server.unreachable, f"a {server.name}'s URL"
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise Undelivered(code, server.name, f"{a} is invalid", "correct it") from None
    if found.scheme != "https" and not is_loopback(found.host):
        help = "write https; http is for this machine only"
        raise Undelivered(code, found.host, f"{a} is not https", help)
    return found.host


def _client(host: str, trust: Trust) -> httpx.Client:
    silence_http_logs()
    return httpx.Client(
        verify=trust.tls or _verifying(),
        timeout=_TIMEOUT,
        follow_redirects=False,
        trust_env=not is_loopback(host),  # no proxy for this machine
        headers={"Accept-Encoding": "identity", "User-Agent": "oneway"},
    )


@cache
def _verifying() -> SSLContext:
    """Return the shared TLS context: building one takes longer than a request."""
    return httpx.create_ssl_context()


def _answer(client: httpx.Client, request: Outgoing, deadline: Deadline) -> httpx.Response:
    built = client.build_request(
        request.method,
        request.url,
        headers=dict(request.headers),
        extensions={"trace": deadline.trace},
        **request.parts,
    )
    answer = client.send(built, stream=True)
    try:
        if answer.is_success:
            # A server that we cut off in the middle of its response may count that as our failure.
            for _ in answer.iter_raw():
                if answer.num_bytes_downloaded > _MOST:
                    break
    except httpx.HTTPError:
        pass  # the status has arrived, and is all we need
    finally:
        answer.close()
    return answer


def _judge(answer: httpx.Response, host: str, server: Server, now: datetime) -> None:
    status, name, what = answer.status_code, server.name, server.what
    if answer.is_success:
        return
    if status == _GONE:
        summary = f"a {name} rejects further {what}s (410)"
        help = "take it out of the connection's file, or give the URL of one that does"
        raise Undelivered(server.gone, host, summary, help, final=True)
    if 300 <= status < 400:
        help = "write the URL that it redirects to"
        summary = f"a {name} redirects elsewhere ({status})"
        raise Undelivered(server.redirects, host, summary, help)
    summary = f"a {name} does not take a {what} ({status})"
    raise Undelivered(server.refuses, host, summary, LATER, after=_asked(answer, now))


def _asked(answer: httpx.Response, now: datetime) -> timedelta:
    """Return how long the response asks us to wait, within limits (RFC 9110, section 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return min(timedelta(seconds=int(text)), _LONGEST_WAIT)
    try:
        then = parsedate_to_datetime(text)
        wait = (then if then.tzinfo else then.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)
