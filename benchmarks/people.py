"""Files of invented people for benchmarks: of any size, the same for the same size."""

import json
from pathlib import Path

_REST = {f"note{i}": f"text {i}, of no interest to the mapping" for i in range(20)}
"""What payroll says of everybody and no mapping reads; it makes a record about 1.4 kB."""


def write_people(folder: Path, count: int) -> dict[str, int]:
    """Write source, target and departments; return how many records each side has.

    Of a hundred employees two are new, three have another first name, and one has left.
    """
    users = 0
    with (
        (folder / "source.jsonl").open("w") as source,
        (folder / "target.jsonl").open("w") as target,
    ):
        for i in range(count):
            source.write(json.dumps(_employee(i)) + "\n")
            if i % 50 != 3:
                target.write(json.dumps(_user(i)) + "\n")
                users += 1
    departments = [{"id": i + 1, "name": f"Dept {i}", "reference": f"D{i}"} for i in range(50)]
    (folder / "departments.json").write_text(json.dumps(departments))
    return {"source": count, "target": users}


def _employee(i: int) -> dict[str, object]:
    left = i % 100 == 7
    first, last = _names(i)
    return {
        "id": f"{i:08d}-0000-4000-8000-000000000000",
        "status": "Former" if left else "Current",
        "personalDetails": {"firstName": first, "lastName": last, "email": _email(i)},
        "employmentDetails": {
            "payrollCode": f"P{i:07d}",
            "department": {"code": f"D{i % 50}"},
            "leaverDetails": {"hasLeft": left, "leaveDate": "2026-11-01" if left else None},
        },
        "bankDetails": _bank(i),
        **_REST,
    }


def _user(i: int) -> dict[str, object]:
    first, last = _names(i)
    return {
        "id": i + 1,
        "firstName": first if i % 33 else "Former first name",
        "lastName": last,
        "email": _email(i),
        "reference": f"P{i:07d}",
        "departmentId": i % 50 + 1,
        "leaveDate": "2026-11-01" if i % 100 == 7 else None,
        "bankDetails": _bank(i) | {"sortCode": "000001"},
        "policyId": 3,
        "approvalFlowId": 2,
        "invited": True,
        "createdAt": "2026-01-01T00:00:00Z",
        "status": "Active",
        "isLeaver": i % 100 == 7,
    }


def _names(i: int) -> tuple[str, str]:
    return f"First{i % 5000}", f"Last{i % 20000}"


def _email(i: int) -> str:
    return f"user{i}@example.com"


def _bank(i: int) -> dict[str, str]:
    first, last = _names(i)
    number = f"{i % 10000:08d}"
    return {"accountName": f"{first} {last}", "accountNumber": number, "sortCode": "00-00-01"}
