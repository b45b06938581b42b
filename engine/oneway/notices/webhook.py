"""Posts a notice to a webhook: JSON, and signed."""

import json
from collections.abc import Mapping
from datetime import datetime

from oneway.connections.connection import Webhook
from oneway.connections.secrets.open import opened
from oneway.notices.http_post import SYSTEM, Outgoing, Server, Trust, posted, safe_host
from oneway.notices.signing import BadSecret, signature
from oneway.notices.undelivered import Undelivered

_SERVER = Server("webhook", "notice", unreachable="N101", refuses="N102", redirects="N103")


def post(hook: Webhook, body: str, now: datetime, trust: Trust = SYSTEM) -> None:
    """Send a notice to a webhook.

    Raises `Undelivered` if it was not accepted, and `Refused` if its secret cannot be read.
    """
    data = body.encode("ascii")
    signed = _signed(hook, safe_host(hook.url, _SERVER), data, now)
    headers = {"Content-Type": "application/json", **signed}
    posted(Outgoing("POST", hook.url, headers, {"content": data}), _SERVER, now, trust)


def _signed(hook: Webhook, host: str, body: bytes, now: datetime) -> Mapping[str, str]:
    id, timestamp = json.loads(body)["id"], int(now.timestamp())
    named = {"Webhook-Id": id, "Webhook-Timestamp": str(timestamp)}
    if hook.secret is None:
        return named
    try:
        return named | {"Webhook-Signature": signature(opened(hook.secret), id, timestamp, body)}
    except BadSecret as wrong:
        summary = f"the secret of a webhook cannot be used: {wrong}"
        help = "write whsec_ and the base64 of 32 random bytes: `oneway docs notifications`"
        raise Undelivered("N105", host, summary, help) from None
