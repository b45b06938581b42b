"""The OpenAPI document of the ExpenseIn sandbox: our assumptions about its API, as a contract."""

from collections.abc import Sequence

from oneway_connectors.sandbox.expensein_rules import (
    BLANK,
    EMAIL_PATTERN,
    LARGEST_ID,
    MAX_LENGTHS,
    REQUIRED,
)
from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.openapi import (
    array_of,
    get,
    in_path,
    nullable,
    operation,
    query,
    ref,
)
from oneway_connectors.sandbox.openapi import document as whole

_ID: Json = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
_DATE: Json = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
TOKEN_PATTERN = "^[!-~]{1,255}$"
"""The pattern of an Idempotency-Key."""
_PAGING = (
    query("page", {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}),
    query("pageSize", {"type": "integer", "minimum": 1, "maximum": 200}),
)
_FILTERS = (
    query("includeLeavers", {"type": "boolean", "default": False}),
    query("email", {"type": "string"}),
    query("reference", {"type": "string"}),
)


def document(department_ids: Sequence[int]) -> Json:
    """Return the document; users may be in these departments only."""
    scheme = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "ApiKey <key>",
    }
    return whole("ExpenseIn sandbox (assumed)", scheme, _paths(), _schemas(department_ids))


def _paths() -> Json:
    one = [in_path("id", _ID)]
    token = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "pattern": TOKEN_PATTERN},
    }
    refusals = (400, 403, 409, 413, 415)
    return {
        "/1.0/users": {
            **get("Users", array_of("User"), parameters=[*_PAGING, *_FILTERS], refusals=(400,)),
            "post": operation(
                "Create a user",
                ref("User"),
                parameters=[token],
                refusals=(*refusals, 422),
                success=201,
                body=ref("NewUser"),
            ),
        },
        "/1.0/users/{id}": {
            **get("One user", ref("User"), parameters=one, refusals=(404,)),
            "patch": operation(
                "Change the given fields of a user; null clears one",
                ref("User"),
                parameters=one,
                refusals=(*refusals, 404),
                body=ref("UserFields"),
            ),
        },
        "/1.0/departments": get(
            "Departments", array_of("Department"), parameters=_PAGING, refusals=(400,)
        ),
        "/1.0/departments/{id}": get(
            "One department", ref("Department"), parameters=one, refusals=(404,)
        ),
    }


def _schemas(department_ids: Sequence[int]) -> Json:
    writable = _writable(department_ids)
    closed = {"type": "object", "additionalProperties": False, "properties": writable}
    return {
        "UserFields": closed,
        "NewUser": {**closed, "required": list(REQUIRED)},
        "User": _user(writable),
        "Department": {
            "type": "object",
            "required": ["id", "name", "reference"],
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": "string"},
                "reference": nullable({"type": "string"}),
            },
        },
    }


def _writable(department_ids: Sequence[int]) -> Json:
    return {
        "firstName": _filled("firstName"),
        "lastName": _filled("lastName"),
        "email": {"type": "string", "maxLength": MAX_LENGTHS["email"], "pattern": EMAIL_PATTERN},
        "reference": nullable({"type": "string", "maxLength": MAX_LENGTHS["reference"]}),
        "departmentId": {"enum": [*department_ids, None]},
        "leaveDate": nullable(_DATE),
        "bankDetails": nullable(_bank()),
        "policyId": nullable(_ID),
        "approvalFlowId": nullable(_ID),
    }


def _filled(field: str) -> Json:
    return {"type": "string", "maxLength": MAX_LENGTHS[field], "pattern": f"[^{BLANK}]"}


def _bank() -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "accountName": nullable({"type": "string", "maxLength": 100}),
            "accountNumber": nullable({"type": "string", "pattern": "^[0-9]{8}$"}),
            "sortCode": nullable({"type": "string", "pattern": "^[0-9]{6}$"}),
        },
    }


def _user(writable: Json) -> Json:
    computed = {
        "id": _ID,
        "invited": {"type": "boolean"},
        "createdAt": {"type": "string"},
        "isLeaver": {"type": "boolean"},
        "status": {"enum": ["Active", "Leaving", "Left"]},
    }
    return {
        "type": "object",
        "required": [*computed, *writable],
        "properties": {**computed, **writable},
    }
