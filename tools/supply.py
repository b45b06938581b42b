"""What the program is made of: the licences of its packages, a bill of materials, known holes.

    python tools/supply.py licences docs/licences.md
    python tools/supply.py sbom build/sbom.json
    python tools/supply.py audit

All speak of the packages that are pinned in uv.lock for those who run it: not of those that only
its tests need.
"""

import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("keyring", "lsp", "otel", "postgresql", "serve", "signing", "solver", "sandbox")
_ELSEWHERE = {"pywin32-ctypes": "BSD-3-Clause", "tzdata": "Apache-2.0"}
"""Of packages that are installed on other systems only."""
AUDIT = ("pip-audit>=2.9,<3",)


def packages() -> dict[str, str]:
    """Return the packages of those who run the program, with every extra, and their versions."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    pinned = {each["name"]: each for each in lock}
    found: dict[str, str] = {}

    def reach(name: str, extras: tuple[str, ...]) -> None:
        package = pinned[name]
        needs = list(package.get("dependencies", ())) if name not in found else []
        found[name] = package["version"]
        for extra in extras:
            needs += package.get("optional-dependencies", {}).get(extra, ())
        for need in needs:
            if need["name"] not in found or need.get("extra"):
                reach(need["name"], tuple(need.get("extra", ())))

    reach("oneway", EXTRAS)
    del found["oneway"]
    return dict(sorted(found.items()))


def licence(name: str) -> str:
    """Return what a package says of its licence, "" where it is not installed here."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return _ELSEWHERE.get(name, "")
    said = about.get("License-Expression") or _short(about.get("License"))
    kinds = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or ()
             if each.startswith("License ::")]  # fmt: skip
    return said or ", ".join(kinds) or "see its files"


def _short(text: str | None) -> str:
    first = (text or "").strip().splitlines()[:1]
    return first[0] if first and len(first[0]) < 60 else ""


def licences_page() -> str:
    """Return the page that lists every package and its licence; versions stand in uv.lock."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Licences\n\n"
    yield "What is installed with Oneway and its extras, as each package says itself.\n"
    yield "Written by `make licences`; versions and hashes stand in `uv.lock`.\n\n"
    yield "| Package | Licence |\n|---|---|\n"
    for name in packages():
        yield f"| {name} | {licence(name) or 'not installed on the machine that wrote this'} |\n"


def sbom() -> str:
    """Return the bill of materials (CycloneDX 1.5), with licences."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    extras = [word for each in EXTRAS for word in ("--extra", each)]
    command = [uv, "export", "--quiet", "--frozen", "--no-default-groups", *extras]
    made = subprocess.run([*command, "--format", "cyclonedx1.5"], cwd=ROOT, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    data: dict[str, Any] = json.loads(made.stdout)
    for each in data["components"]:
        if said := licence(each["name"]):
            each["licenses"] = [{"license": {"name": said}}]
    return json.dumps(data, indent=2) + "\n"


def audit() -> int:
    """Print the known holes of what is pinned; return 1 where there are any.

    Where no database can be reached that is said, and 0 is returned.
    """
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    pinned = "".join(f"{name}=={version}\n" for name, version in packages().items())
    how = ["--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off"]
    tool = [uv, "tool", "run", "--from", *AUDIT, "pip-audit"]
    command = [*tool, *how, "--requirement", "/dev/stdin"]
    try:
        ended = subprocess.run(command, input=pinned, capture_output=True, text=True, timeout=600)
        found = json.loads(ended.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        print(f"audit skipped: pip-audit cannot be run here ({type(error).__name__})")
        return 0
    unknown = [each for each in found if "skip_reason" in each]
    if len(unknown) == len(found):
        reason = unknown[0]["skip_reason"] if unknown else "nothing was looked up"
        print(f"audit skipped: no database of vulnerabilities can be reached ({reason})")
        return 0
    holes = [(each, hole) for each in found for hole in each.get("vulns", ())]
    for each, hole in holes:
        fixed = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"{each['name']} {each['version']}: {hole['id']}, fixed in {fixed}")
    print(f"{len(found) - len(unknown)} of {len(found)} packages looked up, {len(holes)} holes")
    return bool(holes)


def main() -> int:
    """Return the exit code."""
    match sys.argv[1:]:
        case ["audit"]:
            return audit()
        case ["licences" | "sbom" as what, path]:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(
                licences_page() if what == "licences" else sbom(), encoding="utf-8"
            )
            return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
