"""Fuzz both sandboxes over HTTP against the OpenAPI documents that they serve.

    python tests/fuzz/run_schemathesis.py --seconds 60
    python tests/fuzz/run_schemathesis.py --examples 20 --seed 7 expensein

Each sandbox is fuzzed in turn, for so many seconds or for so many examples an operation.
Every check of Schemathesis is on. The exit code is 1 where any check failed, and what failed
is printed with a curl command.
"""

import argparse
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from oneway_connectors.sandbox import SYSTEMS, Sandbox, start

TODAY = date(2026, 4, 1)
CONFIG = Path(__file__).with_name("schemathesis.toml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 0 where every check of every sandbox held."""
    options = parser().parse_args(arguments)
    codes = [fuzz(system, limits(options)) for system in options.systems or SYSTEMS]
    return 1 if any(codes) else 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description="Fuzz the sandboxes against their OpenAPI documents."
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--seconds", type=int, default=60, help="for each sandbox (default: 60)")
    size.add_argument("--examples", type=int, help="an operation, in place of a time")
    parser.add_argument("--seed", type=int, help="repeat a run")
    parser.add_argument(
        "systems", nargs="*", metavar="system", help="staffology, expensein (default: both)"
    )
    return parser


def limits(options: argparse.Namespace) -> list[str]:
    """Return the command-line options of Schemathesis that say how long to go on."""
    seed = [] if options.seed is None else ["--seed", str(options.seed)]
    if options.examples is not None:
        return [*seed, "--max-examples", str(options.examples)]
    return [*seed, "--max-time", str(options.seconds)]


def fuzz(system: str, size: Sequence[str]) -> int:
    """Return the exit code of Schemathesis over one running sandbox."""
    with start(system, TODAY) as sandbox, tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-W", "ignore", "-m", "schemathesis.cli"),
            *("--config-file", str(CONFIG), "run"),
            *(f"{sandbox.url}/openapi.json", "--header", f"Authorization:{authorization(sandbox)}"),
            *("--checks", "all", "--no-color", "--continue-on-failure", "--warnings", "off"),
            *size,
        ]
        # In a folder of its own: Schemathesis leaves an example database where it runs.
        return subprocess.run(command, cwd=folder, env=environment(), check=False).returncode


def authorization(sandbox: Sandbox) -> str:
    """Return the header that opens a sandbox."""
    key = sandbox.keys["full"]
    if sandbox.system == "expensein":
        return f"ApiKey {key}"
    return "Basic " + base64.b64encode(f"fuzz:{key}".encode()).decode()


def environment() -> dict[str, str]:
    """Return the environment, so that no proxy comes between."""
    return {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


if __name__ == "__main__":
    sys.exit(main())
