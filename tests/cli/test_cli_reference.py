"""The committed reference pages are what the code says."""

import re
from pathlib import Path

from cli_world import ROOT

from oneway.cli.reference import main, pages
from oneway.mapping.lint.codes import CODES


def test_the_committed_pages_are_up_to_date(tmp_path: Path) -> None:
    folder = ROOT / "docs" / "reference"
    main(tmp_path)
    for name in pages():
        committed = (folder / name).read_text(encoding="utf-8")
        assert committed == (tmp_path / name).read_text(encoding="utf-8"), (
            f"run `make docs`: {name}"
        )


def test_every_code_stands_in_the_page_and_in_the_source() -> None:
    page = pages()["codes.md"]
    assert all(f"| {code} |" in page or f"| [{code}](" in page for code in CODES)


def test_every_code_that_is_used_is_known_and_every_known_one_is_used() -> None:
    used = set()
    for folder in ("engine", "connectors"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.parent.name != "codes":
                used |= set(re.findall(r'"([A-Z]\d{3})"', file.read_text(encoding="utf-8")))
    assert used == {each for each in CODES if not CODES[each].title.startswith("retired: ")}
