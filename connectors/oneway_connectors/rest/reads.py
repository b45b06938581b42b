"""Sends reading calls, and takes values out of their answers."""

from collections.abc import Mapping
from dataclasses import replace

from oneway.core.connector_errors import Blame, ReadError
from oneway.core.records import Value
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.errors import NoAnswer, read_fault, read_refusal
from oneway_connectors.rest.model import RequestTemplate, ResourceRequests
from oneway_connectors.rest.responses import AnswerJson, Unreadable, parsed
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.transport import ACCEPTED, Answer, Call


def answered(
    client: Client, resource: ResourceRequests | None, call: Call, *, whether: bool = False
) -> Answer:
    """Return a successful answer to a read; raise `ReadError` otherwise.

    `whether`: the read asks whether something exists. If the body says by `missing_when` that it
    does not, the answer becomes one without content.
    """
    try:
        answer = client.exchange(call)
    except NoAnswer as trouble:
        raise read_fault(client.shown(call), trouble) from None
    if whether and answer.stray:
        raise unreadable(client, call, Unreadable(STRAY, STRAY_HELP), "R107")
    if not answer.showing and not (call.of_job and answer.status == ACCEPTED):
        raise not_shown(client, call, answer)
    if whether and answer.missing:
        return replace(answer, status=NO_CONTENT)
    if not answer.good:
        raise read_refusal(client.shown(call), answer.status, client.said(answer), resource)
    return answer


def json_of(client: Client, call: Call, answer: Answer) -> Value:
    """Return the JSON of an answer to a read; raise `ReadError` if it is invalid."""
    return parsed_answer(client, call, answer).value


def parsed_answer(client: Client, call: Call, answer: Answer) -> AnswerJson:
    try:
        return parsed(answer.body, answer.headers)
    except Unreadable as error:
        raise unreadable(client, call, error, "R106") from None


def found_in(client: Client, call: Call, expression: str, data: Value) -> Value:
    """Return the result of a manifest's expression on an answer; raise `ReadError`."""
    try:
        return AnswerJson(data).part(expression).value
    except Unreadable as error:
        raise unreadable(client, call, error, "R107") from None


def rows_of(client: Client, call: Call, records: str, data: AnswerJson) -> AnswerJson:
    """Return the rows that an answer lists; raise `ReadError` if they cannot be evaluated."""
    try:
        return data.rows(records)
    except Unreadable as error:
        raise unreadable(client, call, error, "R107") from None


def not_shown(client: Client, call: Call, answer: Answer) -> ReadError:
    """Return the error of a read whose status says that its body is not the whole answer."""
    said = f", and says: {said}" if (said := client.said(answer)) else ""
    if answer.status != ACCEPTED:
        text = f"{why_not_shown(answer)}{said}"
        return unreadable(client, call, Unreadable(text, _NOT_SHOWN_HELP), "R107")
    summary = f"{client.shown(call)}: {why_not_shown(answer)}{said}"
    return ReadError("R105", summary, "Run again later.", blame=Blame.SYSTEM)


def why_not_shown(answer: Answer) -> str:
    """Return what the status of such an answer means."""
    if answer.status == ACCEPTED:
        return "it has status 202, so the answer is not ready yet"
    return f"it has status {answer.status}, so it may show only a part"


def reading_call(
    client: Client,
    request: RequestTemplate,
    values: Mapping[str, Value],
    extra: Mapping[str, Value] | None = None,
    placed: Mapping[str, Value] | None = None,
) -> Call:
    """Return a reading call; raise `ReadError` if a value is not allowed in it."""
    try:
        return client.call(request, values, extra=extra, placed=placed)
    except Unusable as error:
        raise ReadError("R112", f"{client.api.title}: {error}", "Nothing was asked.") from None


def unreadable(client: Client, call: Call, error: Unreadable, code: str) -> ReadError:
    """Return the error of an answer to a read that cannot be understood."""
    help = error.help or _HELP[code]
    return ReadError(code, f"{client.shown(call)}: the answer is of no use: {error}", help)


NO_CONTENT = 204
_HELP = {
    "R106": "Check the base URL: does it lead to the API?",
    "R107": "Check the manifest against the system's reference.",
}
_NOT_SHOWN_HELP = (
    "Run again later. If the system always answers so, request what is answered with 200."
)
STRAY = (
    "it has status 404 or 410, and is a page or text where JSON was expected, or of another address"
)
STRAY_HELP = (
    "A gateway may have answered in place of the system: run again later. If the system itself "
    "answers so for what does not exist, let the manifest say so: errors.not_found: any."
)
