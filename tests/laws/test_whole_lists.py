"""Laws of lists: what a system says goes on, by the rules of HTTP or plainly, is never the whole.

The servers here page in every way, cut rows out of pages, end lists in every way that is met, and
say of the rest whatever systems say of it, in each form that a header may have.
"""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.connector_errors import ReadError
from oneway.core.records import Snapshot
from oneway_connectors.rest.links import next_link
from oneway_connectors.rest.responses import Unreadable
from unit.rest_world import altered, opened

URL = httpx.URL("https://api.example.com/v1/people?page=1")
PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"
FILTER = "data[?kind == 'e']"

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


# Servers

NUMBERED = ("page", "offset")


@dataclass(frozen=True)
class Server:
    """A system with a list, and the manifest that reads it."""

    rows: list[dict[str, Any]]
    hidden: frozenset[int]
    """Rows that are cut out of their pages, for want of permission."""
    size: int
    style: str
    end: str
    """How a page beyond the last is answered."""
    says: str
    """How an answer says what follows, beside the way that the manifest names."""
    filters: bool
    stops_short: bool
    asked: int
    """How many rows a page is asked to have: more than `size` where the system allows no more."""
    leads: int
    """How many rows it leads to by numbers: the last page of them comes again and again."""
    named: str
    """What else the manifest names: total, next, or nothing."""

    @property
    def held(self) -> set[str]:
        """The ids that a whole list has."""
        return {
            str(row["id"])
            for at, row in enumerate(self.rows)
            if at not in self.hidden and not (self.filters and row["kind"] != "e")
        }

    @property
    def manifest(self) -> str:
        ways = {
            "none": "{type: none}",
            "page": f"{{type: page, param: page, start: 1, size_param: size, size: {self.asked}}}",
            "offset": f"{{type: offset, param: skip, size_param: size, size: {self.asked}}}",
            "cursor": "{type: cursor, param: after, next: at}",
            "next_link": "{type: next_link}",
        }
        stop = ", stop: short" if self.stops_short else ""
        named = {"total": ", total: count", "next": ", next: follows", "": ""}[self.named]
        text = altered(PAGED, ways[self.style].replace("}", f"{stop}{named}}}"))
        text = altered("pages: 5", "pages: 99", text)
        return altered("records: data", f'records: "{FILTER}"', text) if self.filters else text

    def answer(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        start = int(asked.get("skip") or asked.get("after") or 0)
        if "page" in asked:
            start = (int(asked["page"]) - 1) * self.size
        start = min(start, max(0, self.leads - 1) // self.size * self.size)
        if start >= len(self.rows) and start:
            if self.end in {"204", "404"}:
                return httpx.Response(int(self.end))
            if self.end == "again":
                start = (len(self.rows) - 1) // self.size * self.size if self.rows else 0
        return self._page(request, start, start + self.size)

    def _page(self, request: httpx.Request, start: int, end: int) -> httpx.Response:
        shown = [row for at, row in enumerate(self.rows[start:end], start) if at not in self.hidden]
        more, count = end < len(self.rows), len(self.rows)
        data: dict[str, Any] = {"data": shown, "count": count, "follows": more}
        data["at"] = end if more else None
        onward = f"{request.url.path}?after={end}"
        links, status = [("Link", '</v1/people>; rel="first"')], 200
        if more and (self.says == "Link" or self.style == "next_link"):
            links.append(("Link", f'<{onward}>; title="a, b"; Rel="last Next"'))
        match self.says:
            case "total" | "totalResults" | "@odata.count":
                data[self.says] = count
            case "X-Total-Count":
                links.append((self.says, str(count)))
            case "has_more" | "hasMore" | "IsTruncated" | "moreDataAvailable":
                data[self.says] = more
            case "isLast" | "done" | "end_of_stream":
                data[self.says] = not more
            case "info.more_records":
                data["info"] = {"per_page": self.size, "count": len(shown), "more_records": more}
            case "next" | "@odata.nextLink" | "nextRecordsUrl":
                data[self.says] = onward if more else None
            case "offset" | "continuationToken":
                data |= {self.says: "itrAb"} if more else {}
            case "pages.next":
                data["pages"] = {"next": {"page": 2, "starting_after": "ab"}} if more else {}
            case "total_pages" | "page.total_pages" | "X-Total-Pages":
                pages = -(-count // self.size)
                data |= {"total_pages": pages} if self.says == "total_pages" else {}
                data |= {"page": {"total_pages": pages}} if self.says.startswith("page.") else {}
                links += [(self.says, str(pages))] if self.says.startswith("X-") else []
            case "metadata.pagination.itemCount":
                data["metadata"] = {"pagination": {"itemCount": count, "limit": self.size}}
            case "meta.total":
                data["meta"] = {"total": count, "next": None}
            case "paging.next":
                data["paging"] = {"next": {"href": onward}} if more else {"next": None}
            case "206":
                status = 206 if more else 200
            case "Content-Range":
                status = 206 if (start, end) != (0, count) else 200
                links.append((self.says, f"people {start}-{end - 1}/{count}"))
        raw = json.dumps(data).encode()
        return httpx.Response(status, headers=[*links], content=raw)

    def read(self) -> Snapshot | None:
        """Return what is read of it; None if the read failed."""
        try:
            connector, _ = opened(*[self.answer] * 99, manifest=self.manifest)
            return connector.reader("people").read()
        except ReadError:
            return None


SAYING_NEXT = [
    "Link", "has_more", "hasMore", "IsTruncated", "moreDataAvailable", "isLast", "done",
    "end_of_stream", "info.more_records", "next", "@odata.nextLink", "nextRecordsUrl",
    "paging.next", "pages.next", "offset", "continuationToken",
]  # fmt: skip
SAYING_TOTAL = [
    "total", "totalResults", "@odata.count", "meta.total", "X-Total-Count", "total_pages",
    "page.total_pages", "X-Total-Pages", "metadata.pagination.itemCount",
]  # fmt: skip
SAYING = [*SAYING_NEXT, *SAYING_TOTAL, "Content-Range", "206"]


@st.composite
def servers(draw: st.DrawFn, style: str, end: str, *, orderly: bool) -> Server:
    rows = [{"id": f"p{at}", "kind": draw(st.sampled_from("ec"))} for at in range(draw(COUNTS))]
    size = draw(st.integers(1, 4)) if style != "none" or not orderly else max(1, len(rows))
    some = frozenset[int]() if orderly else draw(st.frozensets(st.integers(0, 8), max_size=4))
    hidden = some & frozenset(range(len(rows)))
    # What is not said by a number must be said some other way, or nobody can know of it.
    says = SAYING if style == "none" or hidden else ["", "", *SAYING]
    numbered = style in NUMBERED
    return Server(
        rows=rows,
        hidden=hidden,
        size=size,
        style=style,
        end=end,
        says=draw(st.sampled_from(says)),
        filters=draw(st.booleans()),
        leads=99 if orderly or style != "page" else draw(st.sampled_from([99, 2, 4])),
        stops_short=numbered and draw(st.sampled_from([False, False, True])),
        asked=size + draw(st.sampled_from([0, 0, 3])),
        named=draw(st.sampled_from(["", "", "total", "next"][: 4 if numbered else 3])),
    )


COUNTS = st.sampled_from([8, 6, 5, 4, 3, 2, 1, 0])
ORDERLY = [("none", ""), ("cursor", ""), ("next_link", "")]
ORDERLY += [(style, end) for style in NUMBERED for end in ("empty", "204")]
ALL = [*ORDERLY, *((style, end) for style in NUMBERED for end in ("404", "again"))]


@pytest.mark.parametrize(("style", "end"), ALL)
@given(data=st.data())
def test_a_part_of_a_list_is_never_taken_for_the_whole(
    style: str, end: str, data: st.DataObject
) -> None:
    server = data.draw(servers(style, end, orderly=False))
    snapshot = server.read()
    if snapshot and snapshot.complete:
        assert {record.id for record in snapshot.records} == server.held


@pytest.mark.parametrize(("style", "end"), ORDERLY)
@given(data=st.data())
def test_a_whole_list_is_never_taken_for_a_part(style: str, end: str, data: st.DataObject) -> None:
    server = data.draw(servers(style, end, orderly=True))
    snapshot = server.read()
    assert snapshot
    assert snapshot.problems == ()
    assert [record.id for record in snapshot.records] == [
        str(row["id"]) for row in server.rows if str(row["id"]) in server.held
    ]


# Pages that a system limits first, and leaves rows out of afterwards

RUNS = st.lists(st.tuples(st.booleans(), st.integers(1, 4)), max_size=8)


@given(RUNS, st.integers(2, 5), st.integers(0, 3))
def test_a_sparse_list_is_read_whole_whatever_is_left_out(
    runs: list[tuple[bool, int]], allowed: int, more: int
) -> None:
    """The system may allow fewer rows than asked for, and leaves out no page as a whole."""
    shown = [each for each, count in runs for _ in range(count)]
    for start in range(len(shown)):
        if not any(shown[start : start + allowed]):
            shown[start] = True

    def answer(request: httpx.Request) -> httpx.Response:
        skip = int(request.url.params["skip"])
        rows = range(skip, min(skip + allowed, len(shown)))
        return httpx.Response(200, json={"data": [{"id": n} for n in rows if shown[n]]})

    way = f"{{type: offset, param: skip, size_param: size, size: {allowed + more}, sparse: true}}"
    manifest = altered("pages: 5", "pages: 99", altered(PAGED, way))
    connector, _ = opened(*[answer] * 99, manifest=manifest)
    snapshot = connector.reader("people").read()
    expected = [str(n) for n, each in enumerate(shown) if each]
    assert [record.id for record in snapshot.records] == expected
    assert snapshot.problems == ()
