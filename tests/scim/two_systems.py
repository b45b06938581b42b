"""Payroll and a SCIM target on this machine, and the command between them."""

import json
import ssl
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from commands import Ended, ended
from oneway_connectors.sandbox import Sandbox
from patience import PATIENCE

from .server import TOKEN, Tenant

MAPPING = Path(__file__).resolve().parents[2] / "mappings/examples/staffology-to-scim.yaml"
TODAY = date(2026, 4, 1)
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class TwoSystems:
    """Both systems, and ways to look into them and to change them."""

    payroll: Sandbox
    target: Tenant
    capsys: pytest.CaptureFixture[str]
    files: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What points the command at both."""
        return {
            "ONEWAY_STAFFOLOGY_BASE_URL": self.payroll.url,
            "ONEWAY_STAFFOLOGY_EMPLOYER": self.payroll.employer,
            "ONEWAY_STAFFOLOGY_API_KEY": self.payroll.keys["full"],
            "ONEWAY_SCIM_BASE_URL": self.target.url,
            "ONEWAY_SCIM_BEARER_TOKEN": TOKEN,
        }

    def run(self, command: str, *args: str, day: date = TODAY) -> Ended:
        """Run a command over the mapping as of a day."""
        given = [str(MAPPING), "--as-of", f"{day}T04:00:00Z"]
        given += [word for pair in self.files.items() for word in pair]
        given = given if command not in ("apply", "resume") else []
        found = ended(self.capsys, command, *given, *args)
        assert TOKEN not in found.flat
        return found

    def plan(self, day: date = TODAY) -> list[dict[str, Any]]:
        """Return what a plan makes of each source record."""
        ended = self.run("plan", "--format", "json", day=day)
        found = json.loads(ended.out)["outcomes"]
        return [each for each in found if each["source_id"] is not None]

    def outcomes(self, day: date = TODAY) -> dict[str, str]:
        """Return what a plan makes of each source record, by payroll code."""
        return {each["key"]: each["outcome"] for each in self.plan(day)}

    def source(self, people: list[dict[str, Any]]) -> None:
        """Let a file with these people stand in for payroll from now on."""
        self.files["--source"] = "people.json"
        Path("people.json").write_text(json.dumps(people), encoding="utf-8")

    def employees(self) -> dict[str, dict[str, Any]]:
        """Return all employees by payroll code."""
        state = self._control("GET", "state")
        return {each["employmentDetails"]["payrollCode"]: each for each in state["employees"]}

    def edit(self, employee: dict[str, Any], **change: Any) -> None:
        """Change an employee in payroll; null removes."""
        self._control("POST", f"employees/{employee['id']}", change)

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        with httpx.Client(trust_env=False, verify=_NO_TLS, timeout=PATIENCE) as client:
            answer = client.request(method, f"{self.payroll.url}/_sandbox/{path}", json=body)
        return answer.raise_for_status().json()


def person(number: int, **details: str) -> dict[str, Any]:
    """Return somebody who is employed, as payroll has them."""
    return {
        "id": f"e{number}",
        "status": "Current",
        "personalDetails": {
            "firstName": "First",
            "lastName": f"Last {number}",
            "email": f"person{number}@example.com",
            **details,
        },
        "employmentDetails": {"payrollCode": f"P{number}", "department": {"code": "OPS"}},
    }
