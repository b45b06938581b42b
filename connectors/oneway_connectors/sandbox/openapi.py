"""Building blocks of the OpenAPI 3.1 documents that the sandboxes serve."""

from collections.abc import Iterable
from typing import Any

from oneway_connectors.sandbox.matching_person import Json

_MEANINGS = {
    200: "Success",
    201: "Created",
    400: "The request is not valid",
    401: "The API key is missing or wrong",
    403: "The API key may not do this",
    404: "Not found",
    405: "The path has no such method",
    409: "Another record has this value",
    413: "The body is too long",
    415: "The body is of another type",
    421: "The host name is not this machine's",
    422: "The Idempotency-Key was used with another body",
    429: "Too many requests",
}
_ALWAYS = (401, 405, 421, 429)

ERROR: Json = {
    "type": "object",
    "required": ["message", "errors"],
    "additionalProperties": False,
    "properties": {
        "message": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "additionalProperties": False,
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def document(title: str, scheme: Json, paths: Json, schemas: Json) -> Json:
    """Return a whole document, in which every operation needs the one security scheme."""
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1.0"},
        "security": [{"Key": []}],
        "paths": paths,
        "components": {"securitySchemes": {"Key": scheme}, "schemas": {**schemas, "Error": ERROR}},
    }


def operation(
    summary: str,
    schema: Json,
    *,
    parameters: Iterable[Json] = (),
    refusals: Iterable[int] = (),
    success: int = 200,
    body: Json | None = None,
) -> Json:
    """Return an operation that answers with the schema, or with an error."""
    answers = {str(status): _error(status) for status in (*_ALWAYS, *refusals)}
    described: dict[str, Any] = {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {str(success): _response(success, schema), **answers},
    }
    if body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    return described


def get(
    summary: str, schema: Json, *, parameters: Iterable[Json] = (), refusals: Iterable[int] = ()
) -> Json:
    """Return the operations of a path that is only read."""
    return {"get": operation(summary, schema, parameters=parameters, refusals=refusals)}


def query(name: str, schema: Json, *, required: bool = False) -> Json:
    """Return a query parameter."""
    return {"name": name, "in": "query", "required": required, "schema": schema}


def in_path(name: str, schema: Json) -> Json:
    """Return a path parameter."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


def ref(name: str) -> Json:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def array_of(name: str) -> Json:
    """Return the schema of a bare array of a schema of the document."""
    return {"type": "array", "items": ref(name)}


def nullable(schema: Json) -> Json:
    """Return a schema that takes null as well."""
    return {"anyOf": [schema, {"type": "null"}]}


def _response(status: int, schema: Json) -> Json:
    return {"description": _MEANINGS[status], "content": {"application/json": {"schema": schema}}}


def _error(status: int) -> Json:
    return _response(status, ref("Error"))
