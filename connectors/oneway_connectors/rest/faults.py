"""Finds signs beside the records of an answer that something failed, or is yet to come."""

import re
from collections.abc import Iterator, Mapping

from oneway.core.records import Value
from oneway_connectors.rest import page_words as words
from oneway_connectors.rest.said_in_words import refusals_in, refuses, tells_failure
from oneway_connectors.rest.signs import Sign, count_of, signs_beside
from oneway_connectors.rest.verdict import may_refuse, says_failed, says_left_out, says_unready


def fault_said(
    data: Value, records: str, read: str, before: int = 0, *, shown: bool = False
) -> str:
    """Return the sign that an error has left records out, or that they are yet to come, or "".

    `read` is the manifest's own condition for a refusal; keys that it reads are left to it.
    `skipped` may repeat how many rows came `before`. With `shown`, the answer has what was asked
    for, so that a state beside it is about something else: an invitation, an export.
    """
    for each in _outside(data, records, read):
        in_words = words.MESSAGE.fullmatch(each.letters) and tells_failure(each.value)
        in_words = in_words or (words.TITLE.fullmatch(each.letters) and refuses(each.value))
        failed = says_failed(each.letters, each.value)
        if not failed and says_left_out(each.letters, each.value):
            failed = not (before and each.letters == "skipped" and count_of(each.value) == before)
        if in_words or failed:
            return f"{each.said_by} says that something failed"
        if not shown and says_unready(each.letters, each.value):
            return f"{each.said_by} says that it is not ready"
    return ""


def doubts_said(data: Value, records: str, read: str) -> Mapping[str, str]:
    """Return what may explain why an answer shows nothing, each with its sign.

    Beside records, these are notices: "Unauthorised use is forbidden", `retry_after: 60`.
    """
    return {
        text: f"{each.said_by} says that something failed"
        for each in _outside(data, records, read)
        for text in _doubts(each)
    }


def _doubts(sign: Sign) -> Iterator[str]:
    if words.MESSAGE.fullmatch(sign.letters):
        yield from refusals_in(sign.value)
    if may_refuse(sign.letters, sign.value):
        yield f"{sign.letters} {sign.value}"


def _outside(data: Value, records: str, read: str) -> Iterator[Sign]:
    """Yield the signs near the records that the manifest's `refused_when` does not read."""
    for each in signs_beside(data, records):
        if each.near and not re.search(rf"(?<!\w){re.escape(each.name)}(?!\w)", read):
            yield each
