"""The OpenAPI document of the Staffology sandbox: the few paths that it serves.

The vendor's own document (555 paths) defines the shapes, and the contract tests check the
sandbox against it. This one serves users who have only the sandbox.
"""

from oneway_connectors.sandbox.drafts import Json
from oneway_connectors.sandbox.openapi import array_of, in_path, nullable, operation, query, ref
from oneway_connectors.sandbox.openapi import document as whole

_TEXT: Json = {"type": "string"}
_MAYBE: Json = nullable(_TEXT)
_PAGING = (
    query("pageNum", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}),
    query("pageSize", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
)
_STATUS: Json = {"type": "string", "enum": ["Current", "Former", "Upcoming"]}


def document(employer: str) -> Json:
    """Return the document, with the known employer's id as an example."""
    scheme = {
        "type": "http",
        "scheme": "basic",
        "description": "Any user name; the key is the password.",
    }
    return whole("Staffology Payroll sandbox", scheme, _paths(employer), _schemas())


_EMPLOYER = "/employers/{employer}"


def _paths(employer: str) -> Json:
    of = in_path("employer", {"type": "string", "format": "uuid", "examples": [employer]})
    items = array_of("Item")
    return {
        "/account": {"get": operation("Who the key belongs to", ref("Account"))},
        "/employers": {
            "get": operation("All employers", items, parameters=_PAGING, refusals=(400,))
        },
        _EMPLOYER: {
            "get": operation("One employer", ref("Employer"), parameters=[of], refusals=(404,))
        },
        **_employee_paths(of),
        f"{_EMPLOYER}/departments": {
            "get": operation("All departments", items, parameters=[of], refusals=(404,))
        },
        f"{_EMPLOYER}/departments/Department": {
            "get": operation(
                "The department with a code",
                ref("Department"),
                parameters=[of, query("code", _TEXT, required=True)],
                refusals=(400, 404),
            )
        },
    }


def _employee_paths(of: Json) -> Json:
    items, refusals, base = array_of("Item"), (400, 404), _EMPLOYER
    return {
        f"{base}/employees": {
            "get": operation(
                "Ids of employees, in the order of payroll codes",
                items,
                parameters=[of, *_PAGING, query("status", _STATUS)],
                refusals=refusals,
            )
        },
        f"{base}/employees/leavers": {
            "get": operation(
                "Employees that have a leaving date set",
                items,
                parameters=[of, query("onlyUnsentP45s", {"type": "boolean"})],
                refusals=refusals,
            )
        },
        f"{base}/employees/search/payrollcode": {
            "get": operation(
                "The employee with a payroll code",
                ref("Item"),
                parameters=[of, query("code", _TEXT, required=True)],
                refusals=refusals,
            )
        },
        f"{base}/employees/{{id}}": {
            "get": operation(
                "One employee, whole",
                ref("Employee"),
                parameters=[of, in_path("id", {"type": "string", "format": "uuid"})],
                refusals=(404,),
            )
        },
    }


def _schemas() -> Json:
    return {
        "Item": _object(
            ("id", "name", "url"), {"id": _TEXT, "name": _MAYBE, "metadata": {}, "url": _MAYBE}
        ),
        "Account": _object(("id", "emailAddress"), {"id": _TEXT, "emailAddress": _MAYBE}),
        "Employer": _object(
            ("id", "name"), {"id": _TEXT, "name": _MAYBE, "employeeCount": {"type": "integer"}}
        ),
        "Department": _object(("code", "title"), {"code": _TEXT, "title": _TEXT}),
        "Employee": _object(
            ("id", "status", "personalDetails", "employmentDetails"),
            {
                "id": _TEXT,
                # The vendor has been seen to send the index instead of the word.
                "status": {"enum": ["Current", "Former", "Upcoming", 0, 1, 2, "0", "1", "2"]},
                "personalDetails": {"type": "object"},
                "employmentDetails": _object(("payrollCode",), {"payrollCode": _TEXT}),
                "bankDetails": {"type": "object"},
            },
        ),
    }


def _object(required: tuple[str, ...], properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}
