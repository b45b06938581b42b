"""Three nights as their reports say them, line by line; run as a script, it writes them anew."""

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from markup import Element, parsed
from oneway.render.report import html, page
from reported import a_full_night, a_quiet_night, a_refused_night

FOLDER = Path(__file__).parent / "report"
NIGHTS = {"full": a_full_night, "quiet": a_quiet_night, "refused": a_refused_night}
LINES = {"p", "h1", "h2", "h3", "h4", "li", "tr", "caption", "summary", "figcaption", "pre"}
MARKS = {"h1": "# ", "h2": "\n## ", "h3": "\n### ", "h4": "\n#### ", "li": "- ", "pre": "    $ "}
ENDS = {"th": " | ", "td": " | ", "dt": ": ", "div": "; ", "p": "; "}
UNSEEN = {"style", "title", "svg"}


def outline(element: Element) -> list[str]:
    """Return the text of a page, a line for each row, item or sentence."""
    lines = []
    for each in element.children:
        if isinstance(each, str) or each.tag in UNSEEN:
            continue
        if each.tag in LINES or (each.tag == "div" and not inner(each)):
            lines.append(MARKS.get(each.tag, "  ") + said(each))
        else:
            lines += outline(each)
    return lines


def inner(element: Element) -> list[Element]:
    return element.all(*LINES, "table", "section", "div")


def said(element: Element) -> str:
    """Return the text of a line: cells apart from each other, and fields within a cell."""
    texts = []
    for each in element.children:
        if isinstance(each, str):
            texts.append(each)
        elif each.tag not in UNSEEN:
            end = ENDS.get(each.tag, "")
            texts.append(said(each) + end)
    return " ".join("".join(texts).split()).removesuffix("|").removesuffix(";").strip(" ")


def rendered(name: str) -> str:
    root = parsed(html(page(NIGHTS[name]())))
    return "\n".join(outline(root)) + "\n"


@pytest.mark.parametrize("name", NIGHTS)
def test_says_what_was_reviewed(name: str) -> None:
    assert rendered(name) == (FOLDER / f"{name}.txt").read_text("utf-8")


if __name__ == "__main__":
    for each in NIGHTS:
        (FOLDER / f"{each}.txt").write_text(rendered(each), "utf-8")
