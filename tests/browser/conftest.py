"""One browser a module, and pages that must not ask anybody for anything."""

import os
from collections.abc import Iterator

import pytest
from chromium import chromium

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

MOVED_CLOCK = {"LD_PRELOAD", "FAKETIME"}


@pytest.fixture(scope="module")  # its event loop must not run under the tests of others
def browser() -> Iterator[object]:
    """A Chromium without a window."""
    try:
        path = chromium()
    except LookupError as missing:
        pytest.skip(str(missing))
    # Root has no sandbox in Chromium; the pages here are our own.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    # A clock that was moved for our tests (`make test-dates`) is not moved for the browser too.
    env = {name: value for name, value in os.environ.items() if name not in MOVED_CLOCK}
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=options, env=env)
        yield opened
        opened.close()
