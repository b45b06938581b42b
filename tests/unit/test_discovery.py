"""Finding connectors by name or path, and opening one."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rest_world import MANIFEST, altered

from oneway.connections import discovery
from oneway.connections.discovery import (
    complete,
    describe,
    known_connectors,
    open_connector,
    variable,
)
from oneway.core.access import Access, Secret
from oneway.core.connector_errors import ReadError
from oneway.core.diagnostics import Refused

KEY = Secret("canary-key-5d1f")


def refused(call: object, *arguments: object) -> list[tuple[str, str, str]]:
    with pytest.raises(Refused) as caught:
        call(*arguments)  # type: ignore[operator]
    return [(d.code, d.summary, d.help) for d in caught.value.diagnostics]


def test_packaged_connectors_and_files_are_known() -> None:
    assert {"staffology", "expensein", "file"} <= set(known_connectors())
    assert describe("staffology").title == "Staffology Payroll"
    (resource,) = describe("file").resources.values()
    assert resource.open


@pytest.mark.parametrize("place", ["acme.yaml", "acme/manifest.yaml"])
def test_a_folders_connectors_come_first(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(MANIFEST)
    assert {"acme", "expensein", "staffology"} <= set(known_connectors([tmp_path]))
    found = describe("acme", [tmp_path])
    assert (found.title, found.vouched) == ("Acme", False)


@pytest.mark.parametrize("place", ["expensein.yaml", "expensein/manifest.yaml"])
def test_only_a_connection_lets_a_manifest_stand_in_for_a_shipped_connector(
    tmp_path: Path, place: str
) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(altered("name: acme", "name: expensein"))
    for name in ("expensein", str(path)):
        ((code, summary, help),) = refused(describe, name, [tmp_path])
        assert (code, "is installed" in summary) == ("C151", True)
        assert "`manifest`" in help
    named = describe("expensein", [tmp_path], str(path))
    assert (named.title, named.vouched) == ("Acme", True)
    assert describe("expensein").vouched


@pytest.mark.parametrize("name", ["expensein_api", "expensein-api", "staffology_hr"])
def test_a_manifest_may_not_read_the_variables_of_a_shipped_connector(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "innocent.yaml"
    path.write_text(altered("name: acme", f"name: {name}"))
    ((code, summary, _),) = refused(describe, "innocent", [tmp_path])
    assert code == "C151"
    assert "ONEWAY_" in summary


def test_a_named_manifest_is_of_the_mapping_s_connector(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(MANIFEST)
    ((code, _, _),) = refused(describe, "expensein", [], str(path))
    assert code == "C151"


def test_a_path_is_taken_as_one(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(MANIFEST)
    assert describe(str(path)).name == "acme"


@pytest.mark.parametrize(
    ("name", "code", "help"),
    [
        ("stafology", "C101", "staffology"),
        ("", "C101", "known are"),
        ("..", "C101", "known are"),
        ("nowhere/x.yaml", "C115", "check"),
        ("gone.yaml", "C115", "check"),
        ("a\x00/b", "C115", ""),
        ("/", "C115", ""),
        ("../../etc", "C115", ""),
    ],
)
def test_what_is_not_there_is_refused(name: str, code: str, help: str) -> None:
    ((found, _, said),) = refused(describe, name)
    assert found == code
    assert help in said


def test_everything_missing_or_unknown_is_said_at_once() -> None:
    access = Access({"emploier": "x", "base_url": " "}, {"key": KEY})
    found = refused(open_connector, describe("staffology"), access)
    assert sorted(code for code, _, _ in found) == ["C112", "C112", "C112", "C113", "C113"]
    helps = " ".join(help for _, _, help in found)
    for name in ("EMPLOYER", "BASE_URL", "API_KEY"):
        assert f"ONEWAY_STAFFOLOGY_{name}" in helps
    assert "did you mean 'employer'?" in helps


def test_variables_follow_the_convention() -> None:
    assert variable("staffology", "api_key") == "ONEWAY_STAFFOLOGY_API_KEY"
    assert variable("my-hr.v2", "tenant") == "ONEWAY_MY_HR_V2_TENANT"


def test_defaults_are_filled_in() -> None:
    full = complete(describe("expensein"), Access({}, {"api_key": KEY}))
    assert full.options == {"base_url": "https://api.expensein.com/1.0"}


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com", "ftp://x", "", "https://", "https://u:p@x.example", "nonsense",
        "https://x.example/?a=b", "https://x.example/#f", "http://127.0.0.1.example.com",
        "https://x.example:99999", "http://[::1", "https://x\r\n.example", "http://0.0.0.0",
        "http://169.254.169.254",
    ],
)  # fmt: skip
def test_a_base_url_that_is_not_safe_is_refused(url: str) -> None:
    access = Access({"base_url": url}, {"api_key": KEY})
    ((code, _, _),) = refused(open_connector, describe("expensein"), access)
    assert code in {"C110", "C112"}


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000/1.0", "http://localhost:1", "http://[::1]:80", "https://x.example/"],
)
def test_a_base_url_that_is_safe_is_taken(url: str) -> None:
    open_connector(describe("expensein"), Access({"base_url": url}, {"api_key": KEY})).close()


@pytest.mark.parametrize(
    "tenant", ["evil.example/", "x@evil.example", "a.b:1", "", ".", "é", "a b"]
)
def test_an_option_inside_a_host_cannot_lead_elsewhere(tmp_path: Path, tenant: str) -> None:
    path = tmp_path / "acme.yaml"
    text = altered('base_url: "{base_url}"', "base_url: https://{tenant}.example.com/x")
    path.write_text(text)
    access = Access({"tenant": tenant}, {"api_key": KEY})
    ((code, _, _),) = refused(open_connector, describe(str(path)), access)
    assert code in {"C110", "C112"}


def test_an_unknown_kind_is_refused_at_its_manifest(tmp_path: Path) -> None:
    for kind in ("nothere", "rest-x"):
        path = tmp_path / f"{kind}.yaml"
        path.write_text(altered("kind: rest", f"kind: {kind}"))
        ((code, summary, _),) = refused(
            open_connector, describe(str(path)), Access({}, {"api_key": KEY})
        )
        assert code == "C114"
        assert kind in summary


def test_opening_makes_no_request_and_an_unknown_resource_is_a_read_error() -> None:
    access = Access({"base_url": "http://127.0.0.1:9"}, {"api_key": KEY})
    connector = open_connector(describe("expensein"), access)
    with pytest.raises(ReadError):
        connector.reader("cars")
    connector.close()


def test_describing_imports_no_connector_and_no_http_client() -> None:
    code = (
        "import sys; from oneway.connections.discovery import describe, known_connectors;"
        "known_connectors(); describe('staffology'); describe('file');"
        "found = [m for m in sys.modules if m.startswith(('httpx', 'oneway_connectors.'))];"
        "sys.exit(str(found) if found else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Give a function that installs a package which offers connectors, for one test."""
    installed: list[str] = []

    def install(package: str, *entries: str, code: str = "", manifest: str = "") -> None:
        installed.append(package)
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(code)
        if manifest:
            (tmp_path / package / "manifest.yaml").write_text(manifest)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = "\n".join(("[oneway.connectors]", *entries))
        (info / "entry_points.txt").write_text(lines)
        discovery._offered.cache_clear()
        discovery._packaged.cache_clear()

    monkeypatch.syspath_prepend(tmp_path)
    yield install
    discovery._offered.cache_clear()
    discovery._packaged.cache_clear()
    for package in installed:
        sys.modules.pop(package, None)


def test_another_packages_connectors_are_found(offered: Callable[..., None]) -> None:
    code = "def connect(description, access):\n    return (description.name, access.options)\n"
    offered("ours", "drawers = ours", "drawer = ours", code=code, manifest=OF_A_KIND)
    assert "drawer" in known_connectors()
    assert describe("drawer").kind == "drawers"
    assert "ours" not in sys.modules
    assert open_connector(describe("drawer"), Access({}, {})) == ("drawer", {})


def test_two_packages_that_offer_one_connector_are_refused(offered: Callable[..., None]) -> None:
    offered("ours", "scim = ours")
    ((code, summary, help),) = refused(describe, "scim")
    assert code == "C122"
    assert "ours" in summary
    assert "oneway_connectors.scim" in summary
    assert "uninstall" in help


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "no function `connect`"),
        ("connect = 1\n", "no function `connect`"),
        ("import not_installed_anywhere\n", "cannot be imported"),
    ],
)
def test_a_package_that_cannot_connect_is_refused(
    offered: Callable[..., None], code: str, said: str
) -> None:
    offered("ours", "drawers = ours", "drawer = ours", code=code, manifest=OF_A_KIND)
    ((found, summary, _),) = refused(open_connector, describe("drawer"), Access({}, {}))
    assert found == "C123"
    assert said in summary


def test_the_engine_names_no_package_of_connectors() -> None:
    engine = Path(discovery.__file__).parents[1]
    texts = {file: file.read_text(encoding="utf-8") for file in engine.rglob("*.py")}
    assert [file for file, text in texts.items() if "oneway_connectors" in text] == []


OF_A_KIND = """\
oneway_connector: 1
name: drawer
title: A drawer
kind: drawers
resources:
  "*": {id: id, capabilities: [read], record: {type: object}}
"""
