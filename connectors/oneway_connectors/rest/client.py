"""Sends requests to one system: authenticated, rate-limited, retried where that is safe."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote_plus, urlencode

import httpx

from oneway.core.access import Access
from oneway.core.dataclass import dataclass
from oneway.core.paths import path_of, with_value
from oneway.core.records import Value
from oneway_connectors.rest.asked_wait import is_spent, reset_of, retry_after
from oneway_connectors.rest.auth import Auth, fixed_headers, keys_in_query, signing_in, to_hide
from oneway_connectors.rest.body import encoded
from oneway_connectors.rest.errors import Cause, NoAnswer
from oneway_connectors.rest.model import Api, RequestTemplate
from oneway_connectors.rest.origin import base_url, elsewhere, same_origin
from oneway_connectors.rest.pace import pace_of
from oneway_connectors.rest.rate import Limiter
from oneway_connectors.rest.redaction import MARK
from oneway_connectors.rest.responses import (
    is_own,
    message_of,
    refusals_in,
    says_later,
    telling_header,
    texts_in,
)
from oneway_connectors.rest.retry_budget import OneRead, RetryBudget
from oneway_connectors.rest.template import (
    Unusable,
    as_text,
    fill,
    fill_body,
    fill_header,
    fill_path,
    fill_query,
)
from oneway_connectors.rest.transport import ACCEPTED, MISSING, Answer, Call, Wire

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_DOUBLED = re.compile(r"'((?:[^']|'')*+)'")
_ESCAPED = re.compile(r"'((?:[^'\\]|\\.)*+)'", re.DOTALL)
_BUSY = {425, 429}
"""Statuses after which even a POST may be sent again, as nothing was done (RFC 6585, 8470)."""
_FAILING = {408, 502, 503, 504}
_PASSING = {500, *range(520, 528), 530}
"""Statuses that are usually temporary, so that a read is retried (52x: a CDN)."""
_NEXT_PAGE = "the link to the next page leads"
_SPENT = "(not tried again: this run's budget of tries is spent)"
_IDEMPOTENT = {"GET", "PUT", "PATCH"}
"""PATCH is not idempotent in general (RFC 5789), but ours only sets fields to values."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The clock, chance and network of a connector, which tests replace.

    `clock` counts seconds from an arbitrary start; `dice` returns a number from 0 to 1.
    """

    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random


class Client:
    """Builds calls from a manifest's requests, and sends them."""

    def __init__(self, name: str, api: Api, access: Access, outside: Outside) -> None:
        self.api = api
        self._options = dict(access.options)
        self._access = access
        self._base = base_url(name, api.base_url, access.options)
        self._base_text = str(self._base)
        self._base_path = self._base.raw_path.decode("ascii").rstrip("/")
        self._fixed = _lowered(fixed_headers(name, api, access))
        self._keys = keys_in_query(name, api, access)
        self._wire = Wire(self._base, api.limits, outside.transport, outside.clock)
        pace = pace_of(name, api, self._base, access)
        self._limiter = Limiter(pace, outside.clock, outside.sleep)
        self._budget = RetryBudget(api.limits.retry_share, api.limits.retry_floor)
        self._outside = outside
        self._auth: Auth = signing_in(name, api, access, self._persist, outside.clock)
        self._read: OneRead | None = None
        self.versions: dict[tuple[str, str], str] = {}
        """The last known version of each record, by resource and id; removed by a write."""
        self.looked_at: dict[tuple[str, str], Mapping[str, Value]] = {}
        """The data of each record as last shown, if a write depends on it."""
        self.parents: dict[str, Mapping[str, list[Value]]] = {}
        """The parents of each record, as last listed, by resource and the record's id."""
        self.listed: dict[str, list[str]] = {}
        """Some ids that the last list showed, by resource: `get` should show them too."""
        self.shows: set[str] = set()
        """The resources whose `get` has shown a record."""
        self.notices: set[str] = set()
        """Texts that might explain an empty answer, but have come with records too."""

    def doubted(self, doubts: Mapping[str, str], *, shown: bool) -> str:
        """Return why an answer that shows nothing may be a refusal, or "".

        Text that also comes with records is a notice, and explains nothing.
        """
        if shown:
            self.notices.update(doubts)
            return ""
        return next((doubts[each] for each in doubts if each not in self.notices), "")

    def for_one_read(self) -> "Client":
        """Return this client for the requests of one read, which share limits."""
        bounded = copy(self)
        bounded._read = OneRead(self.api.limits, self._outside.clock)
        return bounded

    def call(
        self,
        request: RequestTemplate,
        values: Mapping[str, Value] | None = None,
        written: Mapping[str, Value] | None = None,
        *,
        extra: Mapping[str, Value] | None = None,
        placed: Mapping[str, Value] | None = None,
        reading: bool = True,
    ) -> Call:
        """Return a request with its templates filled.

        `extra` are query parameters that are not templates; each replaces one of the same name.
        `placed` are the same for a body: by path in JSON, and by name in a form. Raises `Unusable`
        if a value is not allowed in its place.
        """
        known = {**self._options, **(values or {}), "values": dict(written or {})}
        extra = extra or {}
        query = {name: value for name, value in request.query.items() if name not in extra}
        pairs = fill_query(query, known)
        pairs += [pair for name, value in extra.items() for pair in _plain(name, value)]
        headers: dict[str, str] = {}
        content = None
        if request.body is not None or placed:
            body = fill_body(request.body, known, written or {})
            for name, value in (placed or {}).items():
                inside = body if isinstance(body, dict) else {}
                body = with_value(inside, (name,) if request.form else path_of(name), value)
            content, headers["content-type"] = encoded(body, form=request.form)
        for name, text in (request.headers or {}).items():
            headers[name.lower()] = fill_header(str(text), known)
        url = self._url(fill_path(request.path, known), pairs)
        repeatable = reading or request.method in _IDEMPOTENT
        asked = tuple(texts_in(dict(placed or {})))
        return Call(request.method, url, headers, content, repeatable, reading, asked)

    def filled(self, query: Mapping[str, Value], value: Value) -> dict[str, Value]:
        """Return query parameters with `{value}` filled in, which is not itself a template."""
        known = {**self._options, "value": value}
        return {
            name: [fill(as_text(item), known) for item in text]
            if isinstance(text, list)
            else fill(as_text(text), known)
            for name, text in query.items()
        }

    def follow(self, call: Call, link: str, answer: Answer, what: str = "") -> Call:
        """Return the call for a link in an answer; raise `Unusable` if it leads elsewhere.

        `what` begins the error's message.
        """
        try:
            url = answer.url.join(link)
        except (httpx.InvalidURL, ValueError):
            raise Unusable(f"{what or _NEXT_PAGE} to an invalid URL") from None
        if not same_origin(url, self._base):
            raise Unusable(f"{what or _NEXT_PAGE} to {elsewhere(url, self._base)}")
        return replace(call, url=url)

    def exchange(self, call: Call) -> Answer:
        """Return the response to a call; raise `NoAnswer` if the last attempt got none."""
        answer = self._persist(call, self._auth)
        if self._read is not None:
            self._read.take(len(answer.body))
        answer = replace(answer, asked=call.asked) if call.asked else answer
        if answer.status in MISSING:
            # The 404 of another page, such as a sign-in page, is no answer about the record.
            elsewhere = answer.url.path.rstrip("/") != call.url.path.rstrip("/")
            stray = elsewhere or not is_own(answer.body, self.api.errors)
            return replace(answer, stray=stray)
        if not answer.success:
            return answer
        refused, missing = refusals_in(answer.body, self.api.errors)
        return replace(answer, refused=refused, missing=missing) if refused or missing else answer

    def said(self, answer: Answer, sent: tuple[str, ...] = (), message: str = "") -> str:
        """Return the message of an error response, without credentials or the values sent.

        `message` is JMESPath to it; "" means the place in the manifest's `errors`.
        """
        hidden = (*sent, *answer.asked, *_asked(answer.url), *to_hide(self._access, self._auth))
        shape = replace(self.api.errors, message=message) if message else self.api.errors
        said = message_of(answer.body, answer.headers, shape, hidden)
        if not said and not self.api.errors.header:
            said = _hint(answer.headers)
        later = f"({answer.later})" if answer.later else ""
        return " ".join(filter(None, (said, later, answer.given_up)))

    def shown(self, call: Call) -> str:
        """Return the request, safe to show."""
        where = call.where
        for text in to_hide(self._access, self._auth):
            where = where.replace(text, MARK) if len(text) > 2 else where
        return where

    def close(self) -> None:
        """End all connections."""
        self._wire.close()
        self._limiter.close()

    def _persist(self, call: Call, auth: Auth | None = None) -> Answer:
        """Try a call until it has a final response, as often as `limits.attempts` allows."""
        doubt = False
        self._budget.count()
        for attempt in range(1, self.api.limits.attempts + 1):
            came = self._tried(call, auth)
            wait = self._wait_after(call, came, attempt)
            if wait is None or attempt == self.api.limits.attempts:
                return _final(came, doubt=doubt, given_up=self._too_long(call, came))
            if not self._budget.spend():
                return _final(came, doubt=doubt, given_up=_SPENT)
            doubt = doubt or _perhaps_done(came)
            self._outside.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _tried(self, call: Call, auth: Auth | None) -> Answer | NoAnswer:
        try:
            return self._signed(call, auth)
        except NoAnswer as trouble:
            return trouble

    def _signed(self, call: Call, auth: Auth | None) -> Answer:
        """Return a response; renews a refused token once."""
        if auth is None:
            return self._once(call, {})
        used = auth.headers()
        answer = self._once(call, used)
        if answer.status == 401 and auth.renew(used):
            answer = self._once(call, auth.headers())
        return answer

    def _once(self, call: Call, signed: Mapping[str, str]) -> Answer:
        """Return one response; follows a redirect of a GET to the same origin.

        The call's own headers take precedence over those by which it is `signed`.
        """
        headers = self._fixed | _lowered(signed) | _lowered(call.headers)
        call = replace(call, headers=headers)
        for _ in range(_MOST_REDIRECTS):
            with self._limiter.turn():
                # The key is only in the request that is sent, nowhere else.
                answer = self._wire.send(_with_keys(call, self._keys))
            answer = replace(answer, url=call.url) if self._keys else answer
            if why := self._later(answer):
                return replace(answer, status=429, later=why)
            if call.method != "GET" or answer.status not in _REDIRECTS:
                return answer
            try:
                call = self.follow(call, answer.headers.get("location", ""), answer, "it redirects")
            except Unusable as error:
                text = f"{error} ({answer.status})"
                raise NoAnswer(Cause.REDIRECTED, text, sent=False) from None
        raise NoAnswer(Cause.REDIRECTED, "it redirects again and again", sent=False)

    def _later(self, answer: Answer) -> str:
        """Return how an answer of another status says that a limit is reached, or ""."""
        if says_later(answer.body, self.api.errors):
            return f"it came with {answer.status}; errors.later_when"
        if answer.status != 403:
            return ""
        limited = "retry-after" in answer.headers or is_spent(answer.headers)
        return "it came with 403, and the headers of a rate limit" if limited else ""

    def _wait_after(self, call: Call, came: Answer | NoAnswer, attempt: int) -> float | None:
        """Return the seconds to wait before another attempt, or None for no other attempt."""
        if not _may_repeat(call, came):
            return None
        asked = self._asked_wait(came, attempt)
        if asked is None:
            return self._jitter(attempt)
        if asked > self.api.limits.max_wait:
            return None
        self._limiter.hold(asked)
        return asked

    def _asked_wait(self, came: Answer | NoAnswer, attempt: int) -> float | None:
        """Return the seconds that a response asks us to wait, or None."""
        asked = retry_after(came.headers) if isinstance(came, Answer) else None
        if asked is not None:
            # 0 or a fraction of a second: always waiting that long would use up all attempts.
            return asked if asked >= 1 else max(asked, self._jitter(attempt))
        if not isinstance(came, Answer) or came.status not in _BUSY:
            return None
        reset = reset_of(came.headers)  # in whole seconds, so that 0 may be nearly one
        return None if reset is None else max(reset, self._jitter(attempt))

    def _too_long(self, call: Call, came: Answer | NoAnswer) -> str:
        """Return a message if a response asks for a longer wait than allowed, or ""."""
        if not _may_repeat(call, came):
            return ""
        asked, most = self._asked_wait(came, 1), self.api.limits.max_wait
        if asked is None or asked <= most:
            return ""
        return f"(it asks to wait {asked:g} seconds, more than retry.max_wait, {most:g})"

    def _jitter(self, attempt: int) -> float:
        """Return a random wait, whose maximum doubles with each attempt ("full jitter")."""
        longest: float = min(self.api.limits.max_wait, 0.5 * 2**attempt)
        return longest * self._outside.dice()

    def _url(self, path: str, pairs: list[tuple[str, str]]) -> httpx.URL:
        try:
            query = urlencode(pairs)
        except UnicodeEncodeError:
            raise Unusable("a value is not well-formed text") from None
        wanted = self._base_text + path
        url = _parsed(wanted + (f"?{query}" if query else ""))
        # Check that no value has changed the host or path of the URL that was built.
        sent = url.raw_path.decode("ascii").split("?")[0]
        if not same_origin(url, self._base) or sent != self._base_path + path:
            raise Unusable("a value would change the address")
        return url


@lru_cache(maxsize=128)
def _parsed(text: str) -> httpx.URL:
    """Return a URL; cached, because a record is read and then written at the same one."""
    return httpx.URL(text)


def _hint(headers: httpx.Headers) -> str:
    """Return a hint about a header that may explain an error, or ""."""
    name = telling_header(name.decode("ascii", "replace") for name, _ in headers.raw)
    return f"its header {name} may say why: name it in the manifest, errors.header" if name else ""


def _may_repeat(call: Call, came: Answer | NoAnswer) -> bool:
    if isinstance(came, Answer):
        unready = came.status == ACCEPTED and not call.of_job
        passing = (came.status in _PASSING or unready) and call.reading
        return came.status in _BUSY or passing or (came.status in _FAILING and call.repeatable)
    if came.cause not in {Cause.UNREACHABLE, Cause.BROKEN}:
        return False
    return call.repeatable or not came.sent


def _perhaps_done(came: Answer | NoAnswer) -> bool:
    return came.status in _FAILING if isinstance(came, Answer) else came.sent


def _final(came: Answer | NoAnswer, *, doubt: bool, given_up: str) -> Answer:
    """Return the final response to a call; raise `NoAnswer` if there was none."""
    if isinstance(came, Answer):
        return replace(came, doubt=doubt, given_up=given_up) if doubt or given_up else came
    summary = f"{came.summary} {given_up}".strip()
    raise NoAnswer(came.cause, summary, sent=doubt or came.sent)


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with their names in lower case, so that one replaces another."""
    return {name.lower(): text for name, text in headers.items()}


def _with_keys(call: Call, keys: tuple[tuple[str, str], ...]) -> Call:
    """Return the call with these query parameters, which replace others with the same names."""
    if not keys:
        return call
    own = {name for name, _ in keys}
    parts = (part for part in call.url.query.split(b"&") if part)
    kept = [part for part in parts if unquote_plus(part.split(b"=")[0].decode()) not in own]
    query = b"&".join((*kept, urlencode(keys).encode("ascii")))
    return replace(call, url=call.url.copy_with(query=query))


def _asked(url: httpx.URL) -> Iterator[str]:
    """Yield the values of a query, and the quoted texts in them."""
    for _, value in url.params.multi_items():
        yield value
        for quoted in _QUOTED.findall(value):
            with suppress(ValueError):
                yield str(json.loads(quoted, strict=False))
        for doubled in _DOUBLED.findall(value):
            yield from (doubled, doubled.replace("''", "'"))
        for escaped in _ESCAPED.findall(value):
            yield from (escaped, re.sub(r"\\(.)", r"\1", escaped, flags=re.DOTALL))


def _plain(name: str, value: Value) -> list[tuple[str, str]]:
    return [(name, as_text(item)) for item in (value if isinstance(value, list) else [value])]
