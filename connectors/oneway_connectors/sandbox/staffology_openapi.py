"""The OpenAPI document of the Staffology sandbox: the few paths that it serves.

The vendor's own document (555 paths) defines the shapes, and the contract tests check the
sandbox against it. This one serves users who have only the sandbox.
"""

from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.openapi import array_of, get, in_path, nullable, query, ref
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


def _paths(employer: str) -> Json:
    of = in_path("employer", {"type": "string", "format": "uuid", "examples": [employer]})
    id = in_path("id", {"type": "string", "format": "uuid"})
    code = query("code", _TEXT, required=True)
    unsent = query("onlyUnsentP45s", {"type": "boolean"})
    items, base, missing, refused = array_of("Item"), "/employers/{employer}", (404,), (400, 404)
    return {
        "/account": get("Who the key belongs to", ref("Account")),
        "/employers": get("All employers", items, parameters=_PAGING, refusals=(400,)),
        base: get("One employer", ref("Employer"), parameters=[of], refusals=missing),
        f"{base}/employees": get(
            "Ids of employees, in the order of payroll codes",
            items,
            parameters=[of, *_PAGING, query("status", _STATUS)],
            refusals=refused,
        ),
        f"{base}/employees/leavers": get(
            "Employees that have a leaving date set",
            items,
            parameters=[of, unsent],
            refusals=refused,
        ),
        f"{base}/employees/search/payrollcode": get(
            "The employee with a payroll code",
            ref("Item"),
            parameters=[of, code],
            refusals=refused,
        ),
        f"{base}/employees/{{id}}": get(
            "One employee, whole", ref("Employee"), parameters=[of, id], refusals=missing
        ),
        f"{base}/departments": get("All departments", items, parameters=[of], refusals=missing),
        f"{base}/departments/Department": get(
            "The department with a code",
            ref("Department"),
            parameters=[of, code],
            refusals=refused,
        ),
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
