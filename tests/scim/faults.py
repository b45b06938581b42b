"""The fault matrix over SCIM: `tests/faults`, with scim2-server's code as the target.

    PYTHONPATH=tests python -m scim.faults [--sample N]

Every cell must keep the laws of `tests/faults/matrix.py`, and end in the outcome that
docs/reference/faults.md documents for any target; but for what only a list shows that says its
total (`wanted`).
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from faults.kinds import Call, kind_of
from faults.matrix import Cell, Ideal, Outcome, cells, ideal, tried
from faults.systems import KEY, PAGE, SOURCE, TARGET, Systems
from faults.table import documented
from faults.wire import START, Aim, Wire
from faults.world import COMMON, HR, SECONDS
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import RunRequest

from .inside import Inside, Json
from .server import TOKEN

MANIFEST = Path(__file__).resolve().parents[2] / "connectors/oneway_connectors/scim/manifest.yaml"
MAPPING = """
oneway: 1
name: faults
title: People become SCIM users
source: {connector: hr, resource: people}
target: {connector: own-scim, resource: users}
match: [{source: code, target: externalId}]
fields:
  externalId: {from: code, write: on_create}
  name.familyName: name
  userName: {from: email, compare: ignore_case}
joiners: {create: true, unless_taken: [userName, externalId]}
leavers:
  when: status == 'left'
  set: {active: {value: false}}
  left: active == `false`
guards:
  leavers: {share: 100%, floor: 100}
  field_changes: {share: 100%, floor: 100}
"""


class ScimSystems(Systems):
    """The same people, and a SCIM target that takes everything."""

    def __init__(self) -> None:
        usual = Systems()
        self.people = usual.people
        self._left: dict[str, int] = {}
        self._inside = Inside()
        self._inside.begin_with([_as_scim(user) for user in usual.users.values()])

    @property
    def users(self) -> dict[str, Json]:  # type: ignore[override]
        """The users by id."""
        return self._inside.users()

    @property
    def made(self) -> Counter[str]:  # type: ignore[override]
        """How many creates were done, by user name."""
        return self._inside.made

    @property
    def writes(self) -> int:  # type: ignore[override]
        """How many writes were done."""
        return self._inside.writes["created"] + self._inside.writes["updated"]

    def held(self) -> Counter[str]:
        """Return the users, each as text, ids aside."""
        return self._inside.held()

    def _target(self, request: httpx.Request, parts: list[str]) -> tuple[int, Any]:
        url = request.url.copy_with(raw_path=b"/v2" + request.url.raw_path)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        asked = httpx.Request(request.method, url, headers=headers, content=request.content)
        status, _, body = self._inside.answer(asked)
        return status, json.loads(body) if body else None


class ScimWire(Wire):
    """Knows SCIM's requests, and what its lists look like."""

    @staticmethod
    def kind_of(request: httpx.Request) -> Call:
        """Return what a request is for."""
        if request.method == "PATCH":
            paths = {each["path"] for each in json.loads(request.content)["Operations"]}
            return Call.LEAVE if "active" in paths else Call.UPDATE
        return Call.FIND if "filter" in request.url.params else kind_of(request)

    def _more(self, request: httpx.Request) -> Any:
        if request.url.host != TARGET:
            return super()._more(request)
        first = int(request.url.params["startIndex"])
        users = [
            {"id": f"endless{n}", "externalId": f"E{n}", "userName": f"endless{n}@example.com"}
            for n in range(first, first + PAGE)
        ]
        return {"totalResults": 1_000_000, "startIndex": first, "Resources": users}


def over_scim(aim: Aim | None = None) -> Wire:
    """Return a wire to payroll and a fresh SCIM target."""
    return ScimWire(ScimSystems(), aim)


@contextmanager
def prepared_scim() -> Iterator[PreparedRun]:
    """Give the mapping compiled, over the shipped manifest; its token is one that expires."""
    common = COMMON
    for word, value in {**SECONDS, "IN_FLIGHT": "1"}.items():
        common = common.replace(word, value)
    scim = MANIFEST.read_text(encoding="utf-8")
    changes = {
        "size_param: count, size: 100": f"size_param: count, size: {PAGE}",
        'auth: {type: bearer, token: "{bearer_token}"}': "auth: {type: token_exchange,"
        ' path: /token, body: {key: "{bearer_token}"}}',
        "\nresources:": common.replace("errors: {message: message}\n", "") + "\nresources:",
    }
    for old, new in changes.items():
        assert scim.count(old) == 1, old
        scim = scim.replace(old, new)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "hr.yaml").write_text(HR.replace("resources:", common + "resources:"))
        (folder / "own-scim.yaml").write_text(scim.replace("\nname: scim\n", "\nname: own-scim\n"))
        (folder / "faults.yaml").write_text(MAPPING)
        request = RunRequest(
            str(folder / "faults.yaml"),
            START,
            lambda _, option: KEY if option in ("key", "bearer_token") else None,
            options={"hr.base_url": f"https://{SOURCE}", "own-scim.base_url": f"https://{TARGET}"},
            folders=(folder,),
        )
        yield prepare_run(request)


def best_over_scim(prepared: PreparedRun) -> Ideal:
    """Return what a night without faults is like."""
    return ideal(prepared, over_scim)


def tried_over_scim(cell: Cell, prepared: PreparedRun, best: Ideal) -> Outcome:
    """Return how a cell's night ended; raise AssertionError where a law is broken."""
    return tried(cell, prepared, best, over_scim)


def wanted(cell: Cell) -> str:
    """Return how a cell must end over SCIM."""
    if (cell.call, cell.fault.name, cell.lasts) == (Call.FIND, "endless pages", False):
        # The total is a million on the first page and 0 on the next: the list changed meanwhile.
        return "1 not sent R111"
    return documented()[cell]


def main(args: list[str]) -> int:
    """Print every cell with its outcome; return 1 where one is wrong."""
    if "--help" in args:
        print(__doc__)
        return 0
    step = int(args[args.index("--sample") + 1]) if "--sample" in args else 1
    counts: Counter[str] = Counter()
    with prepared_scim() as prepared:
        best = best_over_scim(prepared)
        for cell in list(cells())[::step]:
            counts[verdict := _verdict(cell, prepared, best)] += 1
            print(f"{cell!s:60} {verdict}", flush=True)
    good = counts.total() - sum(n for word, n in counts.items() if word.startswith("WRONG"))
    print(f"{counts.total()} cells over SCIM, {good} as documented")
    return int(good != counts.total())


def _verdict(cell: Cell, prepared: PreparedRun, best: Ideal) -> str:
    try:
        found = tried_over_scim(cell, prepared, best).text
    except AssertionError as error:
        return f"WRONG: {error}"
    return found if found == wanted(cell) else f"WRONG: {found}, wanted is {wanted(cell)}"


def _as_scim(user: Json) -> Json:
    found = {
        "userName": user["email"],
        "externalId": user["code"],
        "name": {"familyName": user["name"]},
        "active": user["leaveDate"] is None,
        "nickName": user["note"],
    }
    return {key: value for key, value in found.items() if value is not None}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
