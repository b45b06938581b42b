"""Laws of lists: what a system says goes on, by the rules of HTTP, is never the whole."""

from dataclasses import dataclass

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway_connectors.rest.answers import Unreadable
from oneway_connectors.rest.links import next_link
from unit.rest_world import altered, opened

URL = httpx.URL("https://api.example.com/v1/people?page=1")
PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"

# `Link` headers

_RELATIONS = ["last", "prev", "first", "NEXTISH", "https://example.com/rels#next", "nofollow"]
_NEXT = [
    "next", "Next", "NEXT", "http://www.iana.org/assignments/relation/next",
    "http://www.iana.org/assignments/link-relations/Next",
]  # fmt: skip
_TITLES = [
    'title="a, b; c"', r'Title="<x>; rel=\"next\""', "title*=UTF-8''n%C3%A4chste", "crossorigin",
    'type="text/html"', 'rev="next"', "hreflang = en",
]  # fmt: skip
_SPACE = st.sampled_from(["", " ", "\t", "  "])


@dataclass(frozen=True)
class Link:
    """A link of a header, written as it was drawn."""

    text: str
    target: str
    leads_on: bool


@st.composite
def links(draw: st.DrawFn, leads_on: bool) -> Link:
    target = draw(
        st.sampled_from(["/v1/people?page=2", "?page=2", "people;v=1?page=2,3", "/v1/a,<b"])
    ).replace("<", "")
    relations = draw(st.lists(st.sampled_from(_RELATIONS), max_size=2, unique=True))
    if leads_on:
        at = draw(st.integers(0, len(relations)))
        relations.insert(at, draw(st.sampled_from(_NEXT)))
    quoted = len(relations) != 1 or draw(st.booleans()) or ":" in relations[0]
    rel = f'"{" ".join(relations)}"' if quoted else relations[0]
    name = draw(st.sampled_from(["rel", "Rel", "REL"]))
    parameters = draw(st.lists(st.sampled_from(_TITLES), max_size=2))
    parameters.insert(draw(st.integers(0, len(parameters))), f"{name}{draw(_SPACE)}={rel}")
    if draw(st.booleans()):
        parameters.append("rel=next" if not leads_on else "rel=last")  # only the first counts
    text = f"<{target}>" + "".join(f"{draw(_SPACE)};{draw(_SPACE)}{each}" for each in parameters)
    return Link(text, target, leads_on)


@st.composite
def headers(draw: st.DrawFn) -> tuple[httpx.Headers, str | None]:
    """Return headers with links, of which at most one leads on, and where it leads."""
    drawn = draw(st.lists(links(leads_on=False), max_size=3))
    following = draw(st.none() | links(leads_on=True))
    if following:
        drawn.insert(draw(st.integers(0, len(drawn))), following)
    lines, line = [], ""
    for each in drawn:
        if line and draw(st.booleans()):
            lines.append(line)
            line = ""
        line += draw(st.sampled_from([",", ", ", " , ,"])) * bool(line) + each.text
    pairs = [("link", line) for line in [*lines, line] if line]
    return httpx.Headers(pairs), following.target if following else None


@given(headers())
def test_the_next_page_is_found_in_every_form_of_a_link_header(
    drawn: tuple[httpx.Headers, str | None],
) -> None:
    found, target = drawn
    assert next_link(found, URL) == target


@given(links(leads_on=True), st.sampled_from(["", "?page=1", "#list", str(URL), "/v1/people/7"]))
def test_a_link_counts_if_its_anchor_is_the_page_itself(link: Link, anchor: str) -> None:
    found = httpx.Headers({"link": f'{link.text}; anchor="{anchor}"'})
    assert (next_link(found, URL) is None) == (anchor == "/v1/people/7")


@pytest.mark.parametrize(
    "line",
    [
        '/people?page=2; rel="next"', '<?page=2; rel="next"', '<?page=2>; rel="next',
        '<?page=2> rel="next"', '<?page=2>; rel="next" x', "<?p=2>; rel=next, <?p=3>; rel=next",
    ],
)  # fmt: skip
def test_a_link_header_that_cannot_be_parsed_whole_is_no_end(line: str) -> None:
    with pytest.raises(Unreadable, match="Link header"):
        next_link(httpx.Headers({"link": line}), URL)
    manifest = altered(PAGED, "{type: next_link}")
    answer = httpx.Response(200, json={"data": [{"id": 1}]}, headers={"link": line})
    snapshot = opened(answer, manifest=manifest)[0].reader("people").read()
    assert not snapshot.complete
    assert "Link header" in snapshot.problems[0]
