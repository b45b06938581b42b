"""Messages send nobody to a file of the repository: `oneway docs` prints every page."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from oneway.cli.pages import page_named
from oneway.notices.remedies import REMEDIES

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("engine/oneway", "connectors/oneway_connectors")
_PAGE = re.compile(r"oneway docs ([a-z][\w/-]*)")


@cache
def texts() -> list[tuple[str, str]]:
    """Return each text of the program, without docstrings, and where it is."""
    found = []
    for file in (file for place in PLACES for file in sorted((ROOT / place).rglob("*.py"))):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        said = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        for node in ast.walk(tree):
            plain = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if plain and id(node) not in said:
                found.append((f"{file.relative_to(ROOT)}:{node.lineno}", node.value))
    return found


def test_no_message_names_a_page_by_its_file() -> None:
    wrong = [place for place, text in texts() if re.search(r"\b(docs|connectors)/[\w/]+\.md", text)]
    assert wrong == []


def test_each_page_that_a_message_names_is_there() -> None:
    named = {page for _, text in texts() for page in _PAGE.findall(text)}
    assert {"language", "testing", "notifications"} <= named
    for page in named:
        assert page_named(page).text


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_each_page_that_a_notice_names_is_there(code: str) -> None:
    assert page_named(Path(REMEDIES[code].page).stem).text
