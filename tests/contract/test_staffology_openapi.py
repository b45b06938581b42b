"""Every request that the manifest sends and every answer of the sandbox, against the vendor's
own OpenAPI document. It is not part of the product: where it is not at hand, this is skipped.
"""

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from oneway.connections.discovery import describe
from oneway.core.access import Access, Secret
from oneway.core.paths import at
from oneway_connectors.rest import connect
from oneway_connectors.sandbox import Sandbox, start

DOCUMENT = Path(__file__).resolve().parents[3] / "shared/facts/staffology-openapi.json"
pytestmark = pytest.mark.skipif(
    not DOCUMENT.is_file(), reason=f"the vendor's OpenAPI document is not at hand ({DOCUMENT.name})"
)
HOST = "https://api.staffology.co.uk"


@cache
def contract() -> OpenAPI:
    document = json.loads(DOCUMENT.read_text("utf-8"))
    # It names no server, and an `oauth2` scheme that it never defines.
    document["servers"] = [{"url": HOST}]
    document["security"] = [{"Basic": []}]
    # Checking the document itself takes ten times as long as all the rest.
    return OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


class Asked:
    """A request as openapi-core wants to see it."""

    def __init__(self, request: httpx.Request) -> None:
        self.host_url = HOST
        self.path = request.url.path
        self.method = request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "")
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.url.params.multi_items()),
            header=Headers(list(request.headers.items())),
            cookie=ImmutableMultiDict(),
        )


class Answered:
    """An answer as openapi-core wants to see it."""

    def __init__(self, status: int, headers: httpx.Headers, body: bytes) -> None:
        self.status_code = status
        self.headers = dict(headers)
        self.data = body
        self.content_type = headers.get("content-type", "").split(";")[0]


class Checked(httpx.BaseTransport):
    """Passes requests on and checks both sides of each exchange."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport()
        self.paths: set[str] = set()
        self.count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        contract().validate_request(Asked(request))
        response = self.inner.handle_request(request)
        body = b"".join(response.iter_raw())
        response.close()
        contract().validate_response(
            Asked(request), Answered(response.status_code, response.headers, body)
        )
        self.paths.add(request.url.path.rsplit("/", 1)[-1])
        self.count += 1
        return httpx.Response(response.status_code, headers=response.headers, content=body)

    def close(self) -> None:
        self.inner.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    # Quirks are what the document does not allow: an index in the place of a word.
    with start("staffology", date(2026, 4, 1), quirks=False) as running:
        yield running


def test_all_that_is_sent_and_answered_is_as_the_vendor_says(sandbox: Sandbox) -> None:
    transport = Checked()
    access = Access(
        {"base_url": sandbox.url, "employer": sandbox.employer},
        {"api_key": Secret(sandbox.keys["full"])},
    )
    connector = connect(describe("staffology"), access, transport)
    employees = connector.reader("employees")
    records = employees.read().records
    assert len(records) == 200
    assert [record.problem for record in records if record.problem] == []
    assert employees.get(records[0].id) == records[0]
    assert connector.reader("departments").read().complete
    assert connector.reader("employers").read().complete
    assert all(probe.finding.value == "ok" for probe in connector.probe())
    assert transport.count > 200
    connector.close()


def _exchange(body: Any) -> None:
    url = f"{HOST}/employers/{'0' * 8}-0000-0000-0000-{'0' * 12}/employees"
    request = httpx.Request("GET", url, headers={"Authorization": "Basic eDp5"})
    headers = httpx.Headers({"content-type": "application/json"})
    contract().validate_response(Asked(request), Answered(200, headers, json.dumps(body).encode()))


@pytest.mark.parametrize("body", [{"bogus": 1}, [{"id": "not a uuid"}], [{"id": 5}], "x"])
def test_canary_a_bad_answer_is_refused(body: Any) -> None:
    with pytest.raises(OpenAPIError):
        _exchange(body)


def test_canary_a_good_answer_is_not() -> None:
    _exchange([{"id": "f21addff-d1ac-5171-b6b5-6dd20342c95a", "name": "x"}])


@pytest.mark.parametrize(
    ("path", "auth"), [("/employers/x/nothing", "Basic eDp5"), ("/employers", "")]
)
def test_canary_a_bad_request_is_refused(path: str, auth: str) -> None:
    headers = {"Authorization": auth} if auth else {}
    with pytest.raises(OpenAPIError):
        contract().validate_request(Asked(httpx.Request("GET", HOST + path, headers=headers)))


def test_the_manifests_record_says_what_the_vendors_schema_says() -> None:
    """Each field exists there, and length, format and words agree where the vendor gives any."""
    schemas = json.loads(DOCUMENT.read_text("utf-8"))["components"]["schemas"]
    fields = describe("staffology").resources["employees"].fields
    for path, field in fields.items():
        schema: Any = schemas["Contract.EmployeeResponse"]
        for key in path.split("."):
            assert key in schema["properties"], path
            schema = schema["properties"][key]
            if "$ref" in schema:
                schema = schemas[schema["$ref"].split("/")[-1]]
        types = field.types - {"null"}
        assert types == {schema["type"]}, path
        if "enum" in schema:
            assert set(field.enum) == set(schema["enum"]), path
        if "format" in schema:
            assert field.format == schema["format"], path
        if "maxLength" in schema:
            assert field.max_length == schema["maxLength"], path
        nullable = at(schema, ("nullable",))
        assert ("null" in field.types) or nullable is not True, path
