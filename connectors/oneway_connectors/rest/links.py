"""Finds the next page in `Link` headers, by all of RFC 8288.

httpx and requests split such a header at each `,<` and `;`, even within quotes and addresses, and
do not recognise `Rel` and `rel="last next"`: a list would end after its first page.
"""

import re
from collections.abc import Iterable, Iterator

import httpx

from oneway_connectors.rest.responses import Unreadable

_TARGET = re.compile(r"<([^<>]*)>\s*")
_PARAMETER = re.compile(
    r""";\s*(?:([^\s;,=<>"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|'[^']*'(?=\s*(?:[;,]|$))|[^\s;,"<>]*))?)?\s*""",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_IANA = re.compile(r"https?://www\.iana\.org/assignments/(link-)?relations?[/#]")


def next_link(headers: httpx.Headers, url: httpx.URL) -> str | None:
    """Return the address of the page after `url`, or None; raise `Unreadable` if it is unclear.

    Ignores a link whose `anchor` is another address, because it is about that one, and a link with
    `results="false"` (Sentry names a next page even on the last page).
    """
    found = {
        target
        for line in headers.get_list("link")
        for target, named in _links(line)
        if "next" in _relations(named.get("rel", ""))
        and named.get("results", "").strip().lower() != "false"
        and _is_about(url, named.get("anchor"))
    }
    if len(found) > 1:
        raise Unreadable("the Link header names several next pages")
    return next(iter(found), None)


def _links(line: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each link of a header line with its parameters; the first of a name counts."""
    at, end = 0, len(line)
    while (at := end - len(line[at:].lstrip(", \t"))) < end:
        target = _TARGET.match(line, at)
        if target is None:
            raise Unreadable("the Link header cannot be parsed (RFC 8288)")
        named, at = dict[str, str](), target.end()
        while parameter := _PARAMETER.match(line, at):
            at = parameter.end()
            if parameter[1]:
                named.setdefault(parameter[1].lower(), _unquoted(parameter[2] or ""))
        if at < end and line[at] != ",":
            raise Unreadable("the Link header cannot be parsed (RFC 8288)")
        yield target[1].strip(), named


def _unquoted(text: str) -> str:
    if text[:1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text.strip("'")


def _relations(text: str) -> Iterable[str]:
    """Return the names of relations in lower case, without IANA's address before them."""
    return (_IANA.sub("", name) for name in text.lower().split())


def _is_about(url: httpx.URL, anchor: str | None) -> bool:
    if anchor is None:
        return True
    try:
        return url.join(anchor).copy_with(fragment=None) == url.copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        raise Unreadable("the Link header has an anchor that is not a URL") from None
