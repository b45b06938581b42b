"""Writes what was read of each of our manifests as JSON beside it: `python tools/manifests.py`.

A test fails where one is not up to date (`tests/unit/test_manifest.py`); it is then read as YAML.
"""

from pathlib import Path

from oneway.connections.manifest import prepare


def main() -> None:
    """Write every file."""
    connectors = Path(__file__).resolve().parents[1] / "connectors"
    for path in connectors.glob("*/*/manifest.yaml"):
        path.with_suffix(".json").write_text(prepare(path.read_bytes()), encoding="utf-8")


if __name__ == "__main__":
    main()
