"""Maps errors of the HTTP layer to the errors of the SPI.

Reading has one kind of failure: nothing usable was read. Writing has four, and the right one
prevents creating a person twice:

    Rejected   the system refused this record; nothing was written
    NotSent    the request never got through, or the system said that it did nothing with it
    Outdated   the record has another version than the one that was read
    Unknown    it may or may not have been carried out

| how a write ended | error |
|---|---|
| 4xx except 401, 403, 408, 425, 429 (or what the manifest lists) | Rejected |
| of these, the statuses in `ABOUT_REQUESTS` | Rejected, and sent again by the next run |
| 401, 403, 307, 308 | Rejected: nothing was carried out (RFC 9110, 15.4.8, 15.5.2, 15.5.4) |
| a success whose body is a refusal by the manifest's `refused_when` or `missing_when` | Rejected |
| 412 to a request that names the version | Outdated |
| no connection; no token; 425, 429 and a 403 by a rate limit at the last try | NotSent |
| connection lost, timeout, answer cut off, 408, 5xx, 301 to 303 | Unknown |
| success that does not show the new record's id; HTML with 200 | Unknown |
| any of the above after a try that may have been carried out | Unknown |

What an error blames (`Blame`), by which `apply` gives up on a target:

    ACCESS   401 after renewal; credentials that get no token: nothing more is sent
    SYSTEM   no connection, no answer or too much of one, no token, a redirect; 403, 407, 408, 421,
             425, 429, 502 to 504: several in a row are enough
    RECORD   everything else; 500 too, which a single record may cause

503 means that a system does not handle the request now (RFC 9110, 15.6.4), but proxies also
send it if a system breaks off in the middle of a request. Calling it Unknown costs one look-up;
calling it NotSent may create a person twice.
"""

from enum import Enum

from oneway.core.connector_errors import Blame, NotSent, ReadError, Rejected, Unknown, WriteError
from oneway_connectors.rest.model import ResourceRequests

ABOUT_REQUESTS = {
    402: "the account",
    405: "the method",
    406: "the media type",
    407: "the proxy's credentials",
    411: "the request's length",
    415: "the media type",
    417: "an expectation",
    421: "the address",
    426: "the protocol",
    428: "a condition",
    431: "the headers",
    440: "the session",
}
"""Statuses that refuse a request whatever its record is, and what they are about.

The record cannot be corrected, so the next run sends it again. Any other status of a refusal is
about the record: 400, 404, 409, 410, 413, 422, 423 and 424, for example.
"""


class Cause(Enum):
    """Why no usable answer came."""

    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    TOO_MUCH = "too much"
    REDIRECTED = "redirected"
    NO_TOKEN = "no token"
    REFUSED = "credentials refused"


class NoAnswer(Exception):
    """No usable answer came. `sent` says whether the request may have been carried out."""

    def __init__(self, cause: Cause, summary: str, *, sent: bool) -> None:
        super().__init__(summary)
        self.cause = cause
        self.summary = summary
        self.sent = sent


_READ_CODES = {
    Cause.UNREACHABLE: ("R101", "Check the base URL and the network; then run again."),
    Cause.BROKEN: ("R101", "Run again; if it stays, ask those who run the system."),
    Cause.TOO_MUCH: ("R109", "The manifest's limits and timeouts say what is too much."),
    Cause.REDIRECTED: ("R108", "Credentials are not sent elsewhere: correct the base URL."),
    Cause.NO_TOKEN: ("R102", "Check the credentials and the manifest's auth."),
    Cause.REFUSED: ("R102", "Check the credentials and the manifest's auth."),
}

_OPTIONS = "Check the options, such as the employer."
NOT_THERE = "R104"
"""The code of an answer which says that the record does not exist."""

_STATUS_HELP = {
    401: (
        "R102",
        "refuses the credentials (401)",
        "Check that the key is whole and still valid.",
    ),
    403: ("R103", "does not allow this (403)", "Check what the credentials may do."),
    404: (NOT_THERE, "has nothing there (404)", _OPTIONS),
    410: (NOT_THERE, "has nothing there any more (410)", _OPTIONS),
}


def read_fault(where: str, trouble: NoAnswer) -> ReadError:
    """Return the error of a read that got no usable answer."""
    code, help = _READ_CODES[trouble.cause]
    return ReadError(code, f"{where}: {trouble.summary}", help, blame=_blame_of(trouble))


def read_refusal(
    where: str, status: int, said: str, resource: ResourceRequests | None
) -> ReadError:
    """Return the error of a read whose answer is not a success."""
    code, summary, help = _STATUS_HELP.get(status, ("R110", _answers(status), ""))
    if status == 429 or status >= 500:
        code, help = "R105", "Run again later."
    elif status == 304:
        help = "Nothing was asked on a condition: let no cache between answer for the system."
    elif 300 <= status < 400:
        code, help = _READ_CODES[Cause.REDIRECTED]
    if status in {401, 403} and resource and resource.permissions:
        help = f"{help} {resource.permissions}"
    return ReadError(code, f"{where}: {summary}{_quoted(said)}", help, blame=_blame(status))


def write_fault(where: str, trouble: NoAnswer) -> WriteError:
    """Return the error of a write that got no usable answer."""
    summary, blame = f"{where}: {trouble.summary}", _blame_of(trouble)
    if trouble.sent:
        return Unknown("W102", summary, LOOK, blame=blame)
    code = "W103" if trouble.cause in {Cause.NO_TOKEN, Cause.REFUSED} else "W101"
    return NotSent(code, summary, _READ_CODES[trouble.cause][1], blame=blame)


def write_refusal(
    where: str, status: int, said: str, resource: ResourceRequests, rejected: frozenset[int] | None
) -> WriteError:
    """Return the error of a write whose answer is not a success."""
    summary, blame = f"{where}: {_answers(status)}{_quoted(said)}", _blame(status)
    if status in {401, 403}:
        code = "W103" if status == 401 else "W104"
        help = " ".join((_STATUS_HELP[status][2], resource.permissions)).strip()
        summary = f"{where}: {_STATUS_HELP[status][1]}{_quoted(said)}"
        return Rejected(code, summary, help, blame=blame)
    about = ABOUT_REQUESTS.get(status, "")
    if about and rejected is None:
        summary = f"{where}: {_answers(status)}, which is about {about}{_quoted(said)}"
        return Rejected("W109", summary, _NOT_THE_RECORD, blame=blame)
    if status in {307, 308}:
        return Rejected("W109", summary, _READ_CODES[Cause.REDIRECTED][1], blame=blame)
    if status in {425, 429}:
        help = "The system is busy and did nothing; run again later."
        return NotSent("W106", summary, help, blame=blame)
    if 200 <= status < 300 or _is_rejection(status, rejected):
        return Rejected("W105", summary, "Correct the record in the source, or the mapping.")
    return Unknown("W107", summary, LOOK, blame=blame)


def in_doubt(error: WriteError) -> WriteError:
    """Return the error to report if an earlier try may have been carried out."""
    if isinstance(error, Unknown):
        return error
    return Unknown("W107", error.summary, LOOK, blame=error.blame)


def is_of_one_record(status: int) -> bool:
    """Return whether a status may refuse one record and no other."""
    return 400 <= status < 500 and status not in {401, 408, 425, 429}


def _answers(status: int) -> str:
    # A response with a success status is here only if its body reports a failure.
    return f"answers {status}, and refuses" if 200 <= status < 300 else f"answers {status}"


def _blame_of(trouble: NoAnswer) -> Blame:
    return Blame.ACCESS if trouble.cause is Cause.REFUSED else Blame.SYSTEM


def _blame(status: int) -> Blame:
    if status == 401:
        return Blame.ACCESS
    known = {403, 407, 408, 421, 425, 429, 502, 503, 504}
    return Blame.SYSTEM if status in known or 300 <= status < 400 else Blame.RECORD


def _is_rejection(status: int, rejected: frozenset[int] | None) -> bool:
    if rejected is not None:
        return status in rejected
    return 400 <= status < 500 and status != 408


def _quoted(said: str) -> str:
    return f": {said}" if said else ""


_NOT_THE_RECORD = "Correct the connection or the manifest; the next run sends it again."
LOOK = "It is looked up in the system before anything is sent again."
