"""A detail that cannot be read of one person keeps nobody in who has left, and holds nobody up."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cli_world import World

from listener import JsonHandler, serving

MANIFEST = """\
oneway_connector: 1
name: acme
title: Acme
kind: rest
options: {base_url: {description: Where.}}
secrets: {api_key: {description: A key.}}
base_url: "{base_url}"
auth: {type: bearer, token: "{api_key}"}
errors: {message: message, refused_when: ok == `false`}
resources:
  people:
    id: id
    list: {path: /people}
    GET
    detail:
      - {path: "/people/{id}/contact", into: contact, concurrency: 1}
      - {path: "/people/{id}/job", into: job, concurrency: 1}
    record: {type: object, additionalProperties: true}
"""
MAPPING = """\
oneway: 1
name: details
label: name
source: {connector: acme, resource: people}
target: {connector: file, resource: users.json}
match: [{source: code, target: code}]
fields:
  code: {from: code, write: on_create}
  phone: {from: contact.phone, on_blank: clear}
leavers: {when: WHEN, set: {active: {value: false}}, left: active == `false`}
absent: deactivate
"""
PAGE = b"<html>sign in</html>"
FAULTS = {
    "403": (403, {"message": "not yours"}),
    "422": (422, {"message": "odd id"}),
    "refused": (200, {"ok": False}),
    "a page": (404, None),
    "no JSON": (200, None),
}


class Payroll(JsonHandler):
    """Four people, of whom the first has left; a part of them may be broken."""

    broken: dict[str, tuple[int, Any]]

    def do_GET(self) -> None:
        if self.path == "/people":
            self.answer(200, [_person(n) for n in "1234"])
            return
        _, _, id, *part = self.path.split("/")
        if not part:
            self.answer(200, _person(id))
        elif (fault := self.broken.get(f"{id}/{part[0]}") or self.broken.get(part[0])) is None:
            self.answer(200, {"phone": f"0{id}", "ended": id == "1"})
        elif fault[1] is not None:
            self.answer(*fault)
        else:
            self.send_response(fault[0])
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)


def _person(id: str) -> dict[str, str]:
    return {"id": id, "code": f"00{id}", "name": f"N{id}", "status": "Left" if id == "1" else "In"}


@pytest.fixture
def broken(bare: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    parts: dict[str, Any] = {}
    users = [{"id": int(n), "code": f"00{n}", "phone": "0", "active": True} for n in "1234"]
    (bare.folder / "connectors").mkdir()
    bare.write("users.json", users)
    monkeypatch.setenv("ONEWAY_ACME_API_KEY", "k")
    with serving(Payroll, broken=parts) as url:
        monkeypatch.setenv("ONEWAY_ACME_BASE_URL", url)
        yield parts


def nights(world: World, when: str = "status == 'Left'", get: str = "") -> tuple[int, str]:
    """Run a night; return its exit code and output."""
    world.write("m.yaml", MAPPING.replace("WHEN", when))
    world.write("connectors/acme.yaml", MANIFEST.replace("    GET\n", get))
    ended = world.run("sync", "m.yaml", "--verbose")
    return ended.code, ended.flat + ended.err


def users(world: World) -> dict[str, tuple[str, bool]]:
    read = json.loads((world.folder / "users.json").read_text(encoding="utf-8"))
    return {each["code"]: (each["phone"], each["active"]) for each in read}


OTHERS = {"002": ("02", True), "003": ("03", True), "004": ("04", True)}


@pytest.mark.parametrize("get", ["", '    get: {path: "/people/{id}"}\n'])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_leave_does_not_wait_for_a_detail_that_it_does_not_read(
    bare: World, broken: dict[str, Any], fault: str, get: str
) -> None:
    broken["1/contact"] = FAULTS[fault]
    code, out = nights(bare, get=get)
    assert code == 0, out
    assert "no other field is written: its 'contact' cannot be read" in out
    assert users(bare) == {"001": ("0", False), **OTHERS}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_later_detail_that_says_who_has_left_is_read_all_the_same(
    bare: World, broken: dict[str, Any], fault: str
) -> None:
    broken["1/contact"] = FAULTS[fault]
    assert nights(bare, "job.ended")[0] == 0
    assert users(bare)["001"] == ("0", False)


@pytest.mark.parametrize("fault", FAULTS)
def test_who_may_have_left_by_a_detail_that_cannot_be_read_is_listed(
    bare: World, broken: dict[str, Any], fault: str
) -> None:
    broken["1/job"] = FAULTS[fault]
    code, out = nights(bare, "job.ended")
    assert code == 5, out
    assert "Have perhaps left, and can still get in (1)" in out
    assert users(bare) == {"001": ("0", True), **OTHERS}


def test_a_detail_that_is_refused_for_all_ends_the_night(
    bare: World, broken: dict[str, Any]
) -> None:
    broken["contact"] = FAULTS["403"]
    code, out = nights(bare)
    assert (code, "R103" in out, "not yours" in out) == (1, True, True), out
