"""The wheel, by itself: unpacked into an empty environment with no checkout nearby."""

import json
import os
import re
import subprocess
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_world import ROOT
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from patience import PATIENCE

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An environment that holds the wheel; dependencies are those of this one, by path.

    What this environment has installed for editing does not shine through: its .pth files
    are not read.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    (site,) = (folder / "env" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    work = folder / "work"
    work.mkdir()
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "ONEWAY"))}

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-I", *args],
            cwd=work,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    return run


def test_it_holds_the_packages_the_schemas_and_the_mappings_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"oneway", "oneway_connectors"}
    assert "oneway/_schemas/mapping.schema.json" in names
    assert "oneway/_mappings/staffology-to-expensein.yaml" in names
    assert "oneway_connectors/staffology/manifest.yaml" in names


def test_each_page_of_the_documentation_comes_with_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    pages = {f"docs/{each.name}" for each in (ROOT / "docs").glob("*.md")} - {"docs/README.md"}
    pages |= {str(each.relative_to(ROOT)) for each in (ROOT / "docs" / "reference").rglob("*.md")}
    pages |= {"README.md", "CHANGELOG.md", "mappings/README.md", "connectors/README.md"}
    assert {f"oneway/_docs/{each}" for each in pages} <= names


def test_what_the_readme_links_to_can_be_printed_without_a_checkout(installed: Run) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = set(re.findall(r"\]\(((?:docs|mappings|connectors)/[^)]*\.md(?:#[^)]*)?)\)", readme))
    links = {each for each in links if each.count("/") < 2}
    links -= {"docs/README.md"}
    assert len(links) >= 10
    asked = "; ".join(f"run(['docs', {each!r}])" for each in sorted(links))
    ended = installed("-c", f"from oneway.cli.entry import run; {asked}")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "## 9. Guards" in ended.stdout
    listed = installed("-m", "oneway", "docs").stdout
    assert all(name in listed for name in ("language", "csv", "reference/functions"))


def test_it_lists_what_it_needs_where_pep_770_says(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if ".dist-info/sboms/" in each)
        sbom = json.loads(archive.read(name))
    assert (name.rpartition("/")[2], sbom["bomFormat"]) == ("sbom.cdx.json", "CycloneDX")
    assert {"click", "httpx", "pyyaml"} <= {each["name"] for each in sbom["components"]}


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    """In another folder, on another day, with other rights, and from another order of files."""
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    made = []
    for name, day, rights in (("one", 1_600_000_000, 0o644), ("two", 1_700_000_000, 0o600)):
        files = [each for each in listed.stdout.splitlines() if not each.startswith("tests/")]
        for file in sorted(files, reverse=name == "two"):
            copy = tmp_path / name / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / file).read_bytes())
            copy.chmod(rights)
            os.utime(copy, (day, day))
        for builder in (WheelBuilder, SdistBuilder):
            (built,) = builder(str(tmp_path / name)).build(versions=["standard"])
            made.append(Path(built).read_bytes())
    assert made[:2] == made[2:]


def test_the_image_builds_it_from_what_is_copied_there(wheel: Path, tmp_path: Path) -> None:
    """The files that the Containerfile copies, of those that .dockerignore lets through."""
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").partition("pip wheel")[0]
    copied = [line.split()[1:-1] for line in lines.splitlines() if line.startswith("COPY ")]
    through = {f"!{each}" for names in copied for each in names}
    assert through <= set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
    files = subprocess.run(
        ["git", "ls-files", *(each[1:] for each in sorted(through))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for file in files:
        copy = tmp_path / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / file).read_bytes())
    (built,) = WheelBuilder(str(tmp_path)).build(versions=["standard"])
    with zipfile.ZipFile(built) as here, zipfile.ZipFile(wheel) as there:
        assert set(here.namelist()) == set(there.namelist())


def test_it_runs_from_itself(installed: Run) -> None:
    where = installed("-c", "import oneway; print(oneway.__file__)").stdout
    assert str(ROOT) not in where
    assert "site-packages" in where


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["schema", "mapping"], '"https://json-schema.org/draft/2020-12/schema"'),
        (["functions"], "pad_left("),
        (["--version"], "oneway, version"),
    ],
)
def test_it_knows_its_schemas_and_functions(installed: Run, args: list[str], said: str) -> None:
    ended = installed("-m", "oneway", *args)
    assert (ended.returncode, said in ended.stdout) == (0, True), ended.stderr


def test_it_validates_its_own_mapping(installed: Run) -> None:
    code = "from importlib.resources import files; print(files('oneway') / '_mappings')"
    folder = installed("-c", code).stdout.strip()
    ended = installed("-m", "oneway", "validate", folder)
    assert (ended.returncode, "0 errors" in ended.stdout or "no mistakes" in ended.stdout) == (
        0,
        True,
    ), ended.stdout + ended.stderr


def test_the_demo_runs_from_it(installed: Run) -> None:
    ended = installed("-m", "oneway", "demo")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_command_is_declared(installed: Run) -> None:
    code = (
        "from importlib.metadata import entry_points as e;"
        "print(e(group='console_scripts', name='oneway')['oneway'].load().__name__)"
    )
    assert installed("-c", code).stdout == "start\n"
