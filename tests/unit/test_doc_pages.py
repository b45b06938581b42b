"""The pages of the documentation, by the names that people give them."""

import re
from pathlib import Path

import pytest

from oneway.cli.docs import fitted
from oneway.cli.pages import DocPage, listed, page_named
from oneway.core.diagnostics import Refused
from oneway.render.layout import columns
from oneway.render.style import Style

ROOT = Path(__file__).resolve().parents[2]

TEXT = """# Top

## Guards

one

### Inner guards

```sh
# no heading
```

## Other
two
"""


def test_every_listed_page_is_found_by_its_name_and_has_a_title() -> None:
    for page in listed():
        assert page_named(page.name) == page
        assert page.title not in ("", page.name)


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("docs/csv.md", "csv"),
        ("csv.md", "csv"),
        ("../docs/csv.md", "csv"),
        ("CSV", "csv"),
        ("README.md", "README"),
        ("../CHANGELOG.md", "CHANGELOG"),
        ("mappings/README.md", "mappings"),
        ("functions", "reference/functions"),
        ("w105", "reference/codes/W105"),
    ],
)
def test_a_page_is_found_as_people_write_it(name: str, page: str) -> None:
    assert page_named(name).name == page


def test_a_section_holds_what_is_below_its_heading() -> None:
    page = DocPage("p", TEXT)
    assert [each.heading for each in page.sections()] == ["Top", "Guards", "Inner guards", "Other"]
    whole = page.section("guards")
    assert whole.startswith("## Guards")
    assert "# no heading" in whole
    assert "two" not in whole
    assert page.section("inner-guards").startswith("### Inner guards")


@pytest.mark.parametrize("key", ["only", "eligible", "match", "fields", "guards", "leavers"])
def test_a_key_of_a_mapping_finds_the_section_about_it(key: str) -> None:
    """`only` found the section on values that only one record may hold."""
    text = page_named("language").section(key)
    assert f"\n{key}:\n" in text or f"\n{key}: " in text
    assert key in text.partition("\n")[0].casefold()


@pytest.mark.parametrize("name", ["nowhere", "../../etc/passwd", "LICENSE"])
def test_an_unknown_page_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="there is no page"):
        page_named(name)


def test_an_unknown_section_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Refused) as refused:
        DocPage("p", TEXT).section("nosuch")
    assert "Guards; Other" in refused.value.diagnostics[0].help


REFERENCE = ROOT / "docs" / "reference"
NAMES = [each.name for each in listed()] + [
    each.stem for folder in ("codes", "lint") for each in sorted((REFERENCE / folder).glob("*.md"))
]


@pytest.mark.parametrize("part", range(8))
def test_all_but_code_fits_a_terminal_and_nothing_is_left_out(part: int) -> None:
    style = Style(width=80, terminal=True)
    for page in map(page_named, NAMES[part::8]):
        lines, fenced = [*fitted(page.text, style)], False
        for line in lines:
            fence = line.lstrip().startswith("```")
            assert fenced or fence or columns(line) <= 80, (page.name, line)
            fenced ^= fence
        heads = re.findall(r"^ *\|.*(?=\n *\|[-|: ]+$)", page.text, re.MULTILINE)
        words = set(page.text.split()) - {word for each in heads for word in each.split()}
        shown = set(" ".join(lines).split())
        assert {word for word in words if word.isalpha()} <= shown, page.name
