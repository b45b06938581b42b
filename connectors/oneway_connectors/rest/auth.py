"""Authentication: the headers that authorise a request, and tokens that expire.

The only module that opens a `Secret`.
"""

import base64
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Protocol
from urllib.parse import quote_plus, urlencode

import httpx

from oneway.core.access import Access
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import refusal
from oneway.core.records import Value
from oneway_connectors.rest.body import encoded
from oneway_connectors.rest.errors import Cause, NoAnswer
from oneway_connectors.rest.model import Api, Data
from oneway_connectors.rest.origin import base_url
from oneway_connectors.rest.responses import Unreadable, parse_json, search
from oneway_connectors.rest.template import (
    Unusable,
    fill,
    fill_body,
    fill_header,
    fill_path,
    fill_query,
)
from oneway_connectors.rest.transport import Answer, Call

_USUAL_LIFE = 300.0
_REMEMBERED = 8


class Auth(Protocol):
    """Authorises requests."""

    def headers(self) -> Mapping[str, str]:
        """Return the headers that authorise a request; raise `NoAnswer` if there is no token."""

    def renew(self, used: Mapping[str, str]) -> bool:
        """Discard the refused token; return whether a new one can be fetched."""

    def held(self) -> Iterable[str]:
        """Return all header values so far, so that they can be removed from messages."""


@dataclass(frozen=True, slots=True, repr=False)
class Fixed:
    """Headers that stay the same."""

    given: Mapping[str, str]

    def headers(self) -> Mapping[str, str]:
        return self.given

    def renew(self, used: Mapping[str, str]) -> bool:
        del used  # fixed headers cannot be renewed
        return False

    def held(self) -> Iterable[str]:
        return self.given.values()


class AccessToken:
    """A token that is fetched when needed, and cached until shortly before it expires.

    `fetch` sends a call.
    """

    def __init__(
        self,
        call: Call,
        paths: tuple[str, str],
        header: tuple[str, str],
        fetch: Callable[[Call], Answer],
        clock: Callable[[], float],
    ) -> None:
        self._call = call
        self._paths = paths
        self._header = header
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._held: Mapping[str, str] | None = None
        self._until = 0.0
        # A message may quote the refused token, which has been replaced since.
        self._known: deque[str] = deque(maxlen=_REMEMBERED)

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if self._held is None or self._clock() >= self._until:
                self._held, life = self._exchange()
                self._known.extend(self._held.values())
                # Fetch a new one a little earlier, as the system's clock may differ from ours.
                self._until = self._clock() + life - min(30.0, life / 10)
            return self._held

    def renew(self, used: Mapping[str, str]) -> bool:
        with self._lock:
            if self._held == used:
                self._held = None
            return True

    def held(self) -> Iterable[str]:
        return tuple(self._known)

    def _exchange(self) -> tuple[Mapping[str, str], float]:
        try:
            answer = self._fetch(self._call)
        except NoAnswer as trouble:
            # Whatever happened to this request, the one that needs the token was not sent.
            text = f"no token is given ({self._call.where}: {trouble.summary})"
            raise NoAnswer(Cause.NO_TOKEN, text, sent=False) from None
        if not answer.good:
            text = f"no token is given ({self._call.where} answers {answer.status})"
            # OAuth answers 400 for a client or grant that it does not accept (RFC 6749, 5.2).
            refused = answer.status in {400, 401, 403}
            raise NoAnswer(Cause.REFUSED if refused else Cause.NO_TOKEN, text, sent=False)
        try:
            data = parse_json(answer.body)
            token, life = search(self._paths[0], data), search(self._paths[1], data)
            if not isinstance(token, str) or not token:
                raise Unreadable("it holds no token where the manifest says")
            return {self._header[0]: fill_header(self._header[1], {"token": token})}, _life(life)
        except (Unreadable, Unusable) as error:
            text = f"no token can be read from {self._call.where}: {error}"
            raise NoAnswer(Cause.NO_TOKEN, text, sent=False) from None


def _life(value: Value) -> float:
    try:
        seconds = float(value) if isinstance(value, int | float | str) else _USUAL_LIFE
    except (ValueError, OverflowError):
        return _USUAL_LIFE
    return seconds if 0 < seconds < 1e9 else _USUAL_LIFE


def revealed(access: Access) -> dict[str, str]:
    """Return options and credentials together, for signing in."""
    return {**access.options, **{name: secret.open() for name, secret in access.secrets.items()}}


def to_hide(access: Access, auth: Auth) -> tuple[str, ...]:
    """Return every text that no message may contain: credentials and values derived from them."""
    made = [part for text in auth.held() for part in text.split()]
    return (*(secret.open() for secret in access.secrets.values()), *made)


def fixed_headers(connector: str, api: Api, access: Access) -> dict[str, str]:
    """Return the manifest's own headers; raise `Refused` if a value is not allowed in one."""
    values = revealed(access)
    try:
        return {name: fill_header(str(text), values) for name, text in api.headers.items()}
    except Unusable as error:
        raise refusal("C111", connector, f"a header cannot be made: {error}", _HELP) from None


def keys_in_query(connector: str, api: Api, access: Access) -> tuple[tuple[str, str], ...]:
    """Return the credentials that go in each request's query; raise `Refused` if one cannot."""
    params = api.auth.get("params")
    if api.auth["type"] != "query" or not isinstance(params, dict):
        return ()
    found = tuple(fill_query(params, revealed(access)))
    try:
        urlencode(found)
    except UnicodeEncodeError:
        text = "credentials cannot be used: a value is not well-formed text"
        raise refusal("C111", connector, text, _HELP) from None
    return found


def signing_in(
    connector: str,
    api: Api,
    access: Access,
    fetch: Callable[[Call], Answer],
    clock: Callable[[], float],
) -> Auth:
    """Return the authentication of an API; raise `Refused` if a credential cannot be used."""
    auth, values = api.auth, revealed(access)
    blank = [name for name in access.secrets if not values[name].strip()]
    if blank:
        raise refusal("C112", connector, f"the credential '{blank[0]}' is blank", _HELP)
    try:
        match auth["type"]:
            case "basic":
                pair = f"{fill(str(auth['user']), values)}:{fill(str(auth['password']), values)}"
                return Fixed({"Authorization": _basic(pair)})
            case "header":
                name = str(auth.get("header", "Authorization"))
                return Fixed({name: fill_header(str(auth["value"]), values)})
            case "bearer":
                return Fixed({"Authorization": fill_header(f"Bearer {auth['token']}", values)})
            case "token_exchange" | "oauth2_client_credentials" as kind:
                exchange = kind == "token_exchange"
                call = (_exchange_call if exchange else _oauth2_call)(connector, api, access)
                paths = (
                    str(auth.get("token", "access_token")),
                    str(auth.get("expires_in", "expires_in")),
                )
                name = str(auth.get("header", "Authorization"))
                header = name, str(auth.get("value", "Bearer {token}"))
                return AccessToken(call, paths, header, fetch, clock)
            case _:
                return Fixed({})
    except Unusable as error:
        raise refusal("C111", connector, f"credentials cannot be used: {error}", _HELP) from None


def _exchange_call(connector: str, api: Api, access: Access) -> Call:
    body = fill_body(api.auth["body"], revealed(access), {})
    return _token_call(connector, api, access, body, form=api.auth.get("encoding") == "form")


def _oauth2_call(connector: str, api: Api, access: Access) -> Call:
    auth, values = api.auth, revealed(access)
    pair = tuple(fill(str(auth[key]), values) for key in ("client_id", "client_secret"))
    form: dict[str, Value] = {"grant_type": "client_credentials"}
    if "scope" in auth:
        form["scope"] = fill(str(auth["scope"]), values)
    signed = {}
    if auth.get("client_auth") == "basic":
        # Both are form-encoded first: RFC 6749, section 2.3.1.
        signed["Authorization"] = _basic(":".join(quote_plus(part) for part in pair))
    else:
        form |= dict(zip(("client_id", "client_secret"), pair, strict=True))
    params = auth.get("params")
    form |= dict(fill_query(params, values)) if isinstance(params, dict) else {}
    return _token_call(connector, api, access, form, signed, form=True)


def _token_call(
    connector: str,
    api: Api,
    access: Access,
    body: Value,
    signed: Mapping[str, str] | None = None,
    *,
    form: bool,
) -> Call:
    content, kind = encoded(body, form=form)
    headers = {"Content-Type": kind, **(signed or {})}
    return Call("POST", _token_url(connector, api, access), headers, content, repeatable=True)


def _token_url(connector: str, api: Api, access: Access) -> httpx.URL:
    auth: Data = api.auth
    if "url" in auth:
        return base_url(connector, str(auth["url"]), access.options)
    base = base_url(connector, api.base_url, access.options)
    return httpx.URL(str(base) + fill_path(str(auth.get("path", "")), access.options))


def _basic(pair: str) -> str:
    try:
        return "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")
    except UnicodeEncodeError:
        raise Unusable("a value is not well-formed text") from None


_HELP = "Check how the credential was given: whole, on one line, without blanks around it."
