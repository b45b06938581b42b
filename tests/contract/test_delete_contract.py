"""The contract, kept where people leave by DELETE, by the resource in connectors/README.md."""

import json
import re
from pathlib import Path
from textwrap import indent
from typing import Any

import httpx
import pytest

from contract import READING, WRITING, Check, Subject, named
from oneway.connections.manifest import load_manifest
from oneway.core.access import Access
from oneway.core.connector import Connector
from oneway_connectors.rest import connect

README = Path(__file__).resolve().parents[2] / "connectors" / "README.md"
HEAD = """
oneway_connector: 1
name: service
title: Service
kind: rest
base_url: https://service.example.com
resources:
"""


class Service:
    """A system in which a DELETE keeps the agent, who is no longer active."""

    def __init__(self) -> None:
        self.agents = {f"a{n}": {"id": f"a{n}", "active": True, **agent(n)} for n in range(1, 5)}

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        id = request.url.path.split("/")[2] if request.url.path != "/agents" else ""
        if request.method == "POST":
            id = f"a{len(self.agents) + 1}"
            self.agents[id] = {"id": id, "active": True, **body}
        elif not id:
            return httpx.Response(200, json={"agents": list(self.agents.values())})
        elif id not in self.agents:
            return httpx.Response(404, json={})
        elif request.method == "DELETE":
            assert not request.content
            assert self.agents[id]["active"], "a second DELETE would remove the agent"
            self.agents[id]["active"] = False
            return httpx.Response(204)
        elif request.method == "PUT":
            self.agents[id]["active"] = True
        else:
            self.agents[id].update(body)
        return httpx.Response(200, json={"agent": self.agents[id]})


def agent(number: int) -> dict[str, Any]:
    return {"email": f"a{number}@example.com", "name": f"A {number}", "phone": "01632 960000"}


def opened(service: Service) -> Connector:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (text,) = (each for each in blocks if each.startswith("agents:"))
    description = load_manifest((HEAD + indent(text, "  ")).encode(), "service.yaml")
    assert description.warnings == ()
    return connect(description, Access({}, {}), httpx.MockTransport(service.answer))


@pytest.mark.parametrize("check", READING + WRITING, ids=named)
def test_leaving_by_delete(check: Check) -> None:
    service = Service()
    check(
        Subject(
            open=lambda: opened(service),
            resource="agents",
            held={id: {"email": each["email"]} for id, each in service.agents.items()},
            find="email",
            fresh=lambda n: agent(100 + n),
            text="name",
            still="email",
            clearable="phone",
            leave={"active": False},
        )
    )


def test_somebody_who_has_left_by_delete_comes_back() -> None:
    service = Service()
    writer = opened(service).writer("agents")
    left = writer.leave("a1", {"active": False}, "t")
    assert left is not None
    assert left.data["active"] is False
    back = writer.reactivate("a1", {"active": True}, "t")
    assert back is not None
    assert back.data["active"] is True
