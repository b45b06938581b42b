"""What is pinned is what pyproject.toml asks for, wherever it is installed from."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
ASKED: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "uv.lock").read_text(encoding="utf-8")
PINNED: dict[str, dict[str, Any]] = {each["name"]: each for each in tomllib.loads(LOCK)["package"]}
RENEW = "pyproject.toml, uv.lock and requirements/ differ: make lock"


def asked(extra: str) -> Iterator[Requirement]:
    """Give what the project asks for with an extra, its own extras written out."""
    project = ASKED["project"]
    for line in (*project["dependencies"], *project["optional-dependencies"][extra]):
        needed = Requirement(line)
        if needed.name != project["name"]:
            yield needed
        for each in needed.extras if needed.name == project["name"] else ():
            yield from asked(each)


def reached(name: str, extras: set[str], found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return each package that is needed for one, with each extra of it; "" stands for itself."""
    for extra in {"", *extras} - {extra for known, extra in found if known == name}:
        found.add((name, extra))
        package = PINNED[name]
        needs = package.get("optional-dependencies", {}).get(extra) if extra else None
        for need in needs or (() if extra else package.get("dependencies", ())):
            reached(need["name"], {*need.get("extra", ())}, found)
    return found


def exported(name: str) -> dict[str, tuple[str, set[str]]]:
    """Return the version and hashes of each package in an export."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.findall(r"^(\S+)==(\S+)((?:.*\\\n)*.*)", text, re.MULTILINE)
    return {name: (version, {*re.findall(r"sha256:\w+", rest)}) for name, version, rest in blocks}


@pytest.mark.parametrize("extra", ["sandbox", "dev"])
def test_what_is_asked_for_is_pinned_within_its_bounds(extra: str) -> None:
    for needed in asked(extra):
        version = PINNED.get(canonicalize_name(needed.name), {}).get("version", "")
        assert version, f"{needed.name} is not pinned: make lock"
        assert needed.specifier.contains(version), f"{needed} is not {version}: make lock"


@pytest.mark.parametrize(
    ("name", "extra", "more"), [("demo", "sandbox", "hatchling"), ("dev", "dev", "")]
)
def test_an_export_holds_what_the_lock_holds(name: str, extra: str, more: str) -> None:
    found = exported(name)
    needed = {each for each, _ in reached("oneway", {extra}, set())} - {"oneway"}
    if more:
        needed |= {each for each, _ in reached(more, set(), set())}
    assert {*found} == needed, RENEW
    for package, (version, hashes) in found.items():
        files = [*PINNED[package].get("wheels", ()), PINNED[package].get("sdist")]
        assert version == PINNED[package]["version"], RENEW
        assert hashes == {each["hash"] for each in files if each}, RENEW


def test_the_list_of_what_a_wheel_needs_is_the_locks() -> None:
    sbom = json.loads((ROOT / "requirements" / "sbom.cdx.json").read_text(encoding="utf-8"))
    found = {each["name"]: each for each in sbom["components"]}
    needed = {name for name, _ in reached("oneway", set(), set())} - {"oneway"}
    extras = {*ASKED["project"]["optional-dependencies"]} - {"dev", "sandbox"}
    everything = {name for name, _ in reached("oneway", extras, set())} - {"oneway"}
    assert {*found} == everything, RENEW
    for name, each in found.items():
        assert each["version"] == PINNED[name]["version"], RENEW
        assert each["scope"] == ("required" if name in needed else "optional"), RENEW


def test_the_lock_names_the_public_registry_alone() -> None:
    assert {*re.findall(r"https?://[^/\"]+", LOCK)} == {
        "https://pypi.org",
        "https://files.pythonhosted.org",
    }
    for name, each in PINNED.items():
        assert each["source"] == (
            {"editable": "."} if name == "oneway" else {"registry": "https://pypi.org/simple"}
        )


def test_every_dependency_has_a_lower_bound() -> None:
    for needed in asked("dev"):
        assert any(each.operator in (">=", "==", "~=") for each in needed.specifier), needed


def test_every_package_and_its_licence_is_listed() -> None:
    page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\S+) \| (.+) \|$", page, re.MULTILINE))
    extras = {*ASKED["project"]["optional-dependencies"]} - {"dev"}
    needed = {each for each, _ in reached("oneway", extras, set())} - {"oneway"}
    assert {*listed} - {"Package"} == needed, "make licences"
    fit = re.compile(r"MIT|BSD|Apache|MPL-2|PSF|ISC|LGPL-3|Licence")  # beside Apache-2.0, whole
    assert [name for name, said in listed.items() if not fit.search(said)] == []


def test_a_major_version_of_what_we_build_on_waits_for_us() -> None:
    bounded = {
        needed.name
        for extra in ASKED["project"]["optional-dependencies"]
        if extra != "dev"
        for needed in asked(extra)
        if any(each.operator == "<" for each in needed.specifier)
    }
    assert {"jmespath", "sqlalchemy", "httpx", "click", "pyyaml", "jsonschema"} <= bounded
