"""Sandboxes: local stand-ins for the two systems.

They need the extra `sandbox` (Starlette, uvicorn). `start` is all that a caller needs:

    with start("expensein", today=date(2026, 4, 1)) as sandbox:
        key = {"Authorization": f"ApiKey {sandbox.keys['full']}"}
        users = httpx.get(sandbox.url + "/1.0/users", headers=key).json()
"""

from oneway_connectors.sandbox.payroll import EMPLOYER, EMPTY_EMPLOYER
from oneway_connectors.sandbox.server import SYSTEMS, Sandbox, build, running, start

__all__ = ["EMPLOYER", "EMPTY_EMPLOYER", "SYSTEMS", "Sandbox", "build", "running", "start"]
