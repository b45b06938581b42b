"""Writes requirements/sbom.cdx.json: what a wheel needs, as CycloneDX. `make lock` runs it.

    python tools/sbom.py UV

It is an export of uv.lock without what differs from one export to the next (a time, a random
number), so that wheels stay the same byte for byte. Packages that only an extra needs are
optional. Hatchling puts the file into the wheel, where PEP 770 says.
"""

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "requirements" / "sbom.cdx.json"
EXTRAS = ("keyring", "lsp", "otel", "postgresql", "serve", "signing", "solver")


def main(uv: str) -> None:
    """Write the file."""
    needed = {each["purl"] for each in exported(uv, ())["components"]}
    found = exported(uv, EXTRAS)
    for each in found["components"]:
        each.pop("externalReferences", None)
        each["scope"] = "required" if each["purl"] in needed else "optional"
    found["metadata"] = {"component": {**found["metadata"]["component"], "type": "application"}}
    found.pop("serialNumber", None)
    text = json.dumps(found, sort_keys=True)
    found["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, text)}"
    FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def exported(uv: str, extras: tuple[str, ...]) -> dict[str, Any]:
    """Return what uv says of the lock."""
    wanted = [part for extra in extras for part in ("--extra", extra)]
    command = [uv, "export", "--quiet", "--frozen", "--no-default-groups", "--no-emit-project",
               "--format", "cyclonedx1.5", "--preview-features", "sbom-export",
               *wanted]  # fmt: skip
    ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


if __name__ == "__main__":
    main(sys.argv[1])
