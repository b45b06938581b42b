"""Where a real Chromium is; on a Debian machine that lacks it, root installs it once."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from filelock import FileLock

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
LOCK = Path(tempfile.gettempdir()) / "oneway-tests-chromium.lock"
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")


def chromium() -> str:
    """Return the path of a Chromium; LookupError with the reason where none can be had."""
    found = _installed()
    if found:
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise LookupError("no Chromium here, and no right to install one: apt-get install chromium")
    with FileLock(LOCK):  # several workers come here at once
        return _installed() or _fetched()


def _fetched() -> str:
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (("apt-get", "update"), INSTALL):
        done = subprocess.run(words, capture_output=True, text=True, env=quietly, check=False)
        if done.returncode and words is INSTALL:
            raise LookupError(f"Chromium cannot be installed: {done.stderr.strip()[-200:]}")
    found = _installed()
    if not found:
        raise LookupError("Chromium was installed, and is not found")
    return found


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)
