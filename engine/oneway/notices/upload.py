"""Uploads the page of a run to the URL that a connection names."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from oneway.connections.connection import Upload, UploadMethod
from oneway.connections.secrets.open import opened
from oneway.notices.email import latest_of
from oneway.notices.http_post import SYSTEM, Outgoing, Server, Trust, posted, safe_host

_SERVER = Server("server for reports", "report", "N113", "N114", "N114", "N114")
_LONGER = 3
"""A page may be large: its timeout is this many times that of a notice."""
_HTML = "text/html; charset=utf-8"
_TRIAL = "<!doctype html><title>A test</title><p>Reports of oneway arrive here.</p>"


def upload(to: Upload, body: str, page: str | None, now: datetime, trust: Trust = SYSTEM) -> None:
    """Send the page of a notice's run to a URL; a test notice sends a test page.

    Sends nothing for any other notice without a run. Raises `Undelivered` if the server did not
    accept the page, and `Refused` if the token cannot be read.
    """
    notice = json.loads(body)
    if page is None and notice["type"] != "connection.test":
        return
    name, run = str(notice["data"]["connection"]), latest_of(body) or "test"
    url = to.url.replace("{connection}", quote(name, safe="")).replace("{run}", str(run))
    safe_host(url, _SERVER)  # before the token is read
    data, headers = (page or _TRIAL).encode(), _headers(to, notice)
    if to.method is UploadMethod.FORM:
        form = {"files": {"file": (f"{name}-{run}.html", data, _HTML)}}
        request = Outgoing("POST", url, headers, form)
    else:
        request = Outgoing("PUT", url, {**headers, "Content-Type": _HTML}, {"content": data})
    posted(request, _SERVER, now, replace(trust, seconds=trust.seconds * _LONGER))


def _headers(to: Upload, notice: Mapping[str, Any]) -> Mapping[str, str]:
    # Equal for every attempt, so that the server can recognise a repeat.
    named = {"Webhook-Id": str(notice["id"])}
    if to.token is None:
        return named
    token = opened(to.token).open()
    return named | ({to.header: token} if to.header else {"Authorization": f"Bearer {token}"})
