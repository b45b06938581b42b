"""The documentation as a site: built offline, with no link that leads nowhere, fetching nothing."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_site_is_built_and_fetches_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "site.py"), str(tmp_path)],
        capture_output=True, encoding="utf-8", check=False, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<(script|link|iframe)|src=\"http|@import|url\(", text), page
        for link in re.findall(r'href="([^":#?]+\.html)', text):
            assert (page.parent / link).exists(), (page, link)
