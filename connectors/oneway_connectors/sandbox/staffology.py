"""The Staffology Payroll sandbox: the vendor's paths and shapes over invented employees.

Paths, parameters and shapes are those of the vendor's OpenAPI document. We assume what it does not
say: a page size without a page number means the first page, a page number without a size means
pages of 100, the list has every status unless one is given, and errors have the shape of the other
sandbox.
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Iterable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oneway_connectors.sandbox.control import control_routes
from oneway_connectors.sandbox.matching_person import Json, made_up_id
from oneway_connectors.sandbox.middleware import Gate
from oneway_connectors.sandbox.payroll import (
    EMPLOYER,
    EMPLOYERS,
    STATUSES,
    Payroll,
    at,
    check_employer,
    has_leaving_date,
    payroll_code,
    status_word,
)
from oneway_connectors.sandbox.staffology_openapi import document
from oneway_connectors.sandbox.web import (
    HANDLERS,
    Fault,
    answer,
    choice_param,
    number_param,
    page_of,
    text_param,
)

KEY = "sandbox-staffology-key"
"""The API key: the password of Basic authentication, with any user name."""

_LARGEST = 2**31 - 1
_DEFAULT_SIZE = 100


def app(state: Payroll) -> Starlette:
    """Return the sandbox as an ASGI application."""
    views = _StaffologyViews(state)
    employer = "/employers/{employer}"
    api = [
        Route("/account", _keyed(views.account)),
        Route("/employers", _keyed(views.employers)),
        Route(employer, _keyed(views.employer)),
        Route(employer + "/employees", _keyed(views.employees)),
        Route(employer + "/employees/leavers", _keyed(views.leavers)),
        Route(employer + "/employees/search/payrollcode", _keyed(views.by_payroll_code)),
        Route(employer + "/employees/{id}", _keyed(views.employee)),
        Route(employer + "/departments", _keyed(views.departments)),
        Route(employer + "/departments/Department", _keyed(views.department)),
        Route("/openapi.json", _openapi),
    ]
    return Starlette(
        routes=api + control_routes(state),
        exception_handlers=HANDLERS,
        middleware=[Middleware(Gate, log=state.log, limit=state.limit)],
    )


View = Callable[[Request], Response]


class _StaffologyViews:
    """The answers of the API."""

    def __init__(self, state: Payroll) -> None:
        self._state = state

    def account(self, _: Request) -> Response:
        return answer(
            {
                "id": made_up_id("account"),
                "emailAddress": "payroll.office@example.com",
                "firstName": "Payroll",
                "lastName": "Office",
                "role": "Admin",
                "disabled": False,
            }
        )

    def employers(self, request: Request) -> Response:
        items = [_item(id, name, f"/employers/{id}", None) for id, name in EMPLOYERS.items()]
        return answer(_page(request, items))

    def employer(self, request: Request) -> Response:
        id = request.path_params["employer"]
        employees = self._state.employees_of(id)
        return answer(
            {
                "id": id,
                "name": EMPLOYERS[id],
                "alternativeId": None,
                "archived": False,
                "employeeCount": len(employees),
                "sourceSystemId": None,
            }
        )

    def employees(self, request: Request) -> Response:
        employer = request.path_params["employer"]
        status = choice_param(request, "status", STATUSES)
        found = [e for e in self._state.employees_of(employer) if status in (None, status_word(e))]
        return answer(_employee_items(employer, _page(request, found)))

    def leavers(self, request: Request) -> Response:
        employer = request.path_params["employer"]
        unsent_only = choice_param(request, "onlyUnsentP45s", ("true", "false")) == "true"
        found = [e for e in self._state.employees_of(employer) if has_leaving_date(e)]
        kept = [
            e
            for e in found
            if not (unsent_only and at(e, "employmentDetails", "leaverDetails", "p45Sent"))
        ]
        return answer(_employee_items(employer, kept))

    def by_payroll_code(self, request: Request) -> Response:
        employer = request.path_params["employer"]
        code = _needed(request, "code")
        found = [e for e in self._state.employees_of(employer) if payroll_code(e) == code]
        if not found:
            raise Fault(404, "no employee has this payroll code")
        return answer(_employee_items(employer, found[:1])[0])

    def employee(self, request: Request) -> Response:
        check_employer(request.path_params["employer"])
        held = self._state.records.get(request.path_params["id"])
        if held is None or request.path_params["employer"] != EMPLOYER:
            raise Fault(404, "there is no such employee")
        return answer(held)

    def departments(self, request: Request) -> Response:
        employer = request.path_params["employer"]
        return answer([_department_item(employer, d) for d in self._departments(employer)])

    def department(self, request: Request) -> Response:
        employer, code = request.path_params["employer"], _needed(request, "code")
        found = [d for d in self._departments(employer) if d["code"] == code]
        if not found:
            raise Fault(404, "there is no such department")
        return answer(found[0])

    def _departments(self, employer: str) -> Iterable[Json]:
        check_employer(employer)
        return self._state.departments if employer == EMPLOYER else ()


def _keyed(view: View) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that checks the key first."""

    async def endpoint(request: Request) -> Response:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic" or not _is_key(credentials):
            raise Fault(401, "the API key is missing or wrong")
        return view(request)

    return endpoint


def _is_key(credentials: str) -> bool:
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(decoded.partition(b":")[2], KEY.encode())


async def _openapi(_: Request) -> Response:
    return answer(document(EMPLOYER))


def _needed(request: Request, name: str) -> str:
    value = text_param(request, name)
    if value is None:
        raise Fault(400, f"the parameter {name} is missing", [(name, "is required")])
    return value


def _page(request: Request, items: list[Json]) -> list[Json]:
    page = number_param(request, "pageNum", 0, _LARGEST)
    size = number_param(request, "pageSize", 1, _LARGEST)
    return list(page_of(items, page, size, _DEFAULT_SIZE))


def _item(id: object, name: str | None, url: str, metadata: Json | None) -> Json:
    return {"id": id, "name": name, "metadata": metadata, "url": url}


def _employee_items(employer: str, employees: Iterable[Json]) -> list[Json]:
    return [_employee_item(employer, employee) for employee in employees]


def _employee_item(employer: str, employee: Json) -> Json:
    names = (at(employee, "personalDetails", key) for key in ("firstName", "lastName"))
    name = " ".join(name for name in names if isinstance(name, str) and name)
    metadata = {"payrollCode": payroll_code(employee), "status": status_word(employee)}
    return _item(
        employee["id"], name or None, f"/employers/{employer}/employees/{employee['id']}", metadata
    )


def _department_item(employer: str, department: Json) -> Json:
    code = department["code"]
    id = made_up_id(f"departments/{code}")
    url = f"/employers/{employer}/departments/Department?code={code}"
    return _item(id, department["title"], url, {"code": code})
