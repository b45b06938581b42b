"""What answers say of records that are not in them, and what then becomes of the read."""

from typing import Any

import httpx
import pytest
from rest_world import MANIFEST, altered, opened, page, reply

from oneway.core.connector_errors import ReadError
from oneway.core.records import Record, Snapshot
from oneway_connectors.rest.responses import rows_before

PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"
AT_ONCE = altered(PAGED, "{type: none}")
JOBS = altered(
    "    get: {path:",
    '    detail: [{path: "/people/{id}/jobs", into: jobs, record: RECORD}]\n    get: {path:',
    AT_ONCE,
)


def people(*ids: object, **beside: Any) -> dict[str, Any]:
    return {"data": [{"id": id} for id in ids], **beside}


def read(*script: object, manifest: str = AT_ONCE) -> Snapshot:
    return opened(*script, manifest=manifest)[0].reader("people").read()


def problem(*script: object, manifest: str = AT_ONCE) -> str:
    """Return the one problem of a read, "" if it is complete."""
    snapshot = read(*script, manifest=manifest)
    assert snapshot.complete == (not snapshot.problems)
    assert len(snapshot.problems) <= 1
    return "".join(snapshot.problems)


@pytest.mark.parametrize(
    ("beside", "says"),
    [
        ({"next": "/people?page=2"}, "'next' in the answer says that a page follows"),
        ({"@odata.nextLink": "https://api.example.com/x"}, "'@odata.nextLink' in the answer"),
        ({"nextLink": "x"}, "'nextLink' in the answer"),
        ({"has_more": True}, "'has_more' in the answer"),
        ({"hasMore": True}, "'hasMore' in the answer"),
        ({"nextPageToken": "abc"}, "'nextPageToken' in the answer"),
        ({"meta": {"next_page": 2}}, "'meta.next_page' in the answer"),
        ({"paging": {"next": {"after": "7"}}}, "'paging.next' in the answer"),
        ({"_links": {"next": {"href": "/people?page=2"}}}, "'_links.next' in the answer"),
        ({"links": [{"rel": "next", "href": "/x"}]}, "'links' in the answer"),
        ({"total": 3}, "'total' in the answer says 3, and 2 came"),
        ({"totalResults": "3"}, "'totalResults' in the answer says 3"),
        ({"@odata.count": 3}, "'@odata.count' in the answer says 3"),
        ({"page": {"totalElements": 3, "number": 0}}, "'page.totalElements' in the answer says 3"),
    ],
)  # fmt: skip
def test_a_body_that_says_that_there_is_more_makes_the_read_incomplete(
    beside: dict[str, Any], says: str
) -> None:
    said = problem(reply(people(1, 2, **beside)))
    assert said.startswith(f"the list continues: {says}")
    assert "; say how in the manifest's list.pagination; if this is about something else" in said


@pytest.mark.parametrize(
    "beside",
    [
        {"next": None}, {"next": ""}, {"next": False}, {"has_more": False}, {"nextLink": None},
        {"links": {"next": None, "self": "/people"}}, {"links": [{"rel": "self", "href": "/x"}]},
        {"_links": {"next": {"href": None}}}, {"meta": {"next_page": 0, "total": 2}},
        {"total": 2}, {"total": 1}, {"total": "many"}, {"total": True}, {"totalPages": 1},
        {"count": 2}, {"next": []}, {"nextReview": "2026-05-01"}, {"stats": {"total": 9}},
        {"response_metadata": {"next_cursor": ""}}, {"has_more": "false"},
        {"has_more": False, "next_cursor": "for changes later on"}, {"total": 3211.0},
        {"meta": {"has_more": False}, "links": {"next": "/people?after=2"}},
        {"meta": {"next": "2026-10-31"}}, {"next": "2026-10-31T04:00:00Z"},
    ],
)  # fmt: skip
def test_a_body_that_says_that_there_is_no_more_says_nothing(beside: dict[str, Any]) -> None:
    assert problem(reply(people(1, 2, **beside))) == ""


def test_what_the_records_themselves_hold_is_no_word_about_the_list() -> None:
    odd = {"next": "x", "has_more": True, "total": 9, "meta": {"total": 9, "next": "x"}}
    assert problem(reply({"data": [{"id": 1, **odd}]})) == ""
    bare = altered("      records: data\n", "", AT_ONCE)
    assert problem(reply([{"id": 1, **odd}]), manifest=bare) == ""


@pytest.mark.parametrize(
    ("records", "data"),
    [
        ("data.users.nodes", {"data": {"users": {"nodes": [{"id": 1}], "totalCount": 2}}}),
        (
            "data.users.nodes",
            {"data": {"users": {"nodes": [{"id": 1}], "pageInfo": {"hasNextPage": True}}}},
        ),
        ("\"data[?kind != 'c']\"", people(1, total=2)),
        ("data || `[]`", people(1, has_more=True)),
    ],
)
def test_it_is_looked_for_around_the_list(records: str, data: dict[str, Any]) -> None:
    manifest = altered("records: data", f"records: {records}", AT_ONCE)
    assert "the list continues" in problem(reply(data), manifest=manifest)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"link": '<?page=2>; rel="next"'}, "the header Link names a next page"),
        ({"link": '<?page=2; rel="next"'}, "the Link header cannot be parsed"),
        ({"x_total_count": "3"}, "the header X-Total-Count says 3, and 2 came"),
        ({"x_next_page": "2"}, "the header X-Next-Page"),
        ({"content_range": "users 0-1/3"}, "the header Content-Range says 3, and 2 came"),
        ({"content_range": "1-2/3"}, "the header Content-Range says 3"),
        ({"link": '</style.css>; rel="preload"; as=style'}, ""),
        ({"link": "no link at all"}, ""),
        ({"x_total_count": "2", "x_next_page": ""}, ""),
        ({"content_range": "users 0-1/2"}, ""),
        ({"content_range": "users 0-1/*"}, ""),
        ({"content_range": "bytes 0-99/5000"}, ""),
    ],
)
def test_a_header_that_says_that_there_is_more_makes_the_read_incomplete(
    headers: dict[str, Any], says: str
) -> None:
    assert says in (said := problem(reply(people(1, 2), **headers)))
    assert bool(says) == bool(said)


@pytest.mark.parametrize(
    ("range", "says"),
    [
        ("", "206"),
        ("users 0-1/*", "206"),
        ("users 0-1/3", "Content-Range says 3"),
        ("users 0-1/2", ""),
    ],
)
def test_an_answer_206_is_whole_only_where_its_range_says_so(range: str, says: str) -> None:
    said = problem(reply(people(1, 2), 206, content_range=range))
    assert says in said
    assert bool(says) == bool(said)


def test_pages_of_status_206_are_read_like_others() -> None:
    script = [
        reply(people(1, 2), 206, content_range="users 0-1/3"),
        reply(people(3), 206, content_range="users 2-2/3"),
        page(),
    ]
    assert problem(*script, manifest=MANIFEST) == ""


def test_what_the_manifest_names_itself_is_believed() -> None:
    manifest = altered("{type: none}", "{type: none, total: count, next: 'false'}", AT_ONCE)
    manifest = altered("next: 'false'", "next: '`false`'", manifest)
    assert problem(reply(people(1, total=2, next="x", count=1)), manifest=manifest) == ""


def test_a_page_in_the_middle_may_be_empty_where_the_answer_says_that_more_follow() -> None:
    script = [
        reply(people(*ids, more=more)) for ids, more in (((1, 2), True), ((), True), ((3,), False))
    ]
    manifest = altered("size: 2}", "size: 2, next: more}")
    assert problem(*script, manifest=manifest) == ""
    said = problem(
        *[reply(people(*ids, has_more=not ids)) for ids in ((1, 2), ())], manifest=MANIFEST
    )
    assert said == (
        "the list continues after page 2: 'has_more' in the answer says that a page follows; say "
        "how in the manifest's list.pagination; if this is about something else, write there "
        "`next`, by which the last page is known"
    )  # fmt: skip


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_the_number_of_pages_may_end_a_list(pages: int) -> None:
    script = [reply(people(2 * n, 2 * n + 1, page=n, pages=pages)) for n in range(1, pages + 1)]
    manifest = altered("size: 2}", "size: 2, next: page < pages}")
    assert problem(*script, manifest=manifest) == ""


def test_what_says_whether_a_page_follows_is_true_or_false() -> None:
    with pytest.raises(ReadError, match="'more' is neither true nor false") as caught:
        read(page(1, 2), manifest=altered("size: 2}", "size: 2, next: more}"))
    assert caught.value.code == "R107"


# Filters


@pytest.mark.parametrize(
    ("expression", "data", "rows"),
    [
        ("data", {"data": [1, 2]}, None),
        ("@", [1, 2], None),
        ("data || `[]`", {"data": None}, None),
        ("data[?a]", {"data": [{}, {"a": 1}]}, 2),
        ("data[?a].{id: id}", {"data": [{}, {"a": 1}]}, 2),
        ("data[].person", {"data": [{}, {"person": {}}]}, 2),
        ("data[*].person", {"data": [{}, {"person": {}}]}, 2),
        ("data[?a][]", {"data": [{}, {"a": 1}]}, 2),
        ("data[?a] || `[]`", {"data": [{}]}, 1),
        ("data | [?a]", {"data": [{}]}, 1),
        ("data[?a] | [?b]", {"data": [{}, {}]}, 2),
        ("sort_by(data[?a], &a)", {"data": [{}, {}]}, 2),
        ("data[?a] | sort_by(@, &a)", {"data": [{}, {}]}, 2),
        ("parts[?n == 'x'].rows[]", {"parts": [{"n": "x", "rows": []}, {"rows": [1]}]}, 0),
        ("parts[?n == 'x'] | [0].rows", {"parts": [{"n": "y", "rows": [1]}]}, None),
        ("parts[?n == 'x'] | [0].rows[?a]", {"parts": [{"n": "x", "rows": [{}, {}]}]}, 2),
        ("parts[].rows[?a][]", {"parts": [{"rows": [{}, {}]}, {"rows": [{"a": 1}]}]}, 3),
        ("[data.user][]", {"data": {"user": {}}}, 1),
        ("data[?a]", {"data": None}, None),
    ],
)  # fmt: skip
def test_rows_are_counted_before_an_expression_drops_any(
    expression: str, data: Any, rows: int | None
) -> None:
    assert rows_before(expression, data) == rows


@pytest.mark.parametrize("way", ["page, param: page, start: 1", "offset, param: skip"])
@pytest.mark.parametrize("more", ["", ", total: total", ", stop: short"])
def test_a_page_of_rows_that_records_leaves_out_is_no_end(way: str, more: str) -> None:
    kinds = ["ee", "cc", "ec", "e"]
    rows = [
        [{"id": f"{n}{i}", "kind": k} for i, k in enumerate(page)] for n, page in enumerate(kinds)
    ]
    manifest = altered(PAGED, f"{{type: {way}, size_param: size, size: 2{more}}}")
    manifest = altered("records: data", "records: \"data[?kind == 'e']\"", manifest)
    script = [reply({"data": page, "total": 7}) for page in [*rows, []]]
    snapshot = read(*script, manifest=manifest)
    assert snapshot.problems == ()
    assert [record.id for record in snapshot.records] == ["00", "01", "20", "30"]


# Ends


@pytest.mark.parametrize("way", ["page, param: page, start: 1", "offset, param: skip"])
def test_204_after_the_first_page_ends_the_list(way: str) -> None:
    manifest = altered(PAGED, f"{{type: {way}, size_param: size, size: 2}}")
    assert problem(page(1, 2), page(3, 4), reply(b"", 204), manifest=manifest) == ""
    counted = altered("size: 2}", "size: 2, total: total}", manifest)
    said = problem(reply(people(1, 2, total=3)), reply(b"", 204), manifest=counted)
    assert said == "2 of 3 records came"


@pytest.mark.parametrize(
    ("way", "first"),
    [
        ("type: cursor, param: after, next: cursor", reply(people(1, 2, cursor="x"))),
        ("type: cursor, param: after, next_header: X-Next", reply(people(1, 2), x_next="x")),
        ("type: next_link, next: next", reply(people(1, 2, next="/people?after=2"))),
        ("type: next_link", reply(people(1, 2), link='</v1/people?after=2>; rel="next"')),
        ("type: page, param: page, start: 1, next: more", reply(people(1, 2, more=True))),
        ("type: page, param: page, start: 1, next: b > `1`", reply(people(1, 2, b=2))),
        ("type: page, param: page, start: 1", reply(people(1, 2, has_more=True))),
        ("type: offset, param: skip", reply(people(1, 2, meta={"next": "/people?skip=2"}))),
        ("type: offset, param: skip", reply(people(1, 2, pages=2))),
    ],
)
def test_204_ends_no_list_that_has_said_that_it_goes_on(way: str, first: httpx.Response) -> None:
    size = "" if "cursor" in way or "link" in way else ", size_param: size, size: 2"
    manifest = altered(PAGED, f"{{{way}{size}}}")
    said = problem(first, reply(b"", 204), manifest=manifest)
    assert said.startswith("the list continues after page 1: ")


def test_204_ends_a_list_whose_total_has_come() -> None:
    manifest = altered(PAGED, "{type: cursor, param: after, next: cursor}")
    script = [reply(people(1, 2, cursor="x", total=2)), reply(b"", 204)]
    assert problem(*script, manifest=manifest) == ""


@pytest.mark.parametrize("status", [404, 422])
def test_a_page_beyond_the_last_may_not_exist_where_the_page_before_says_so(status: int) -> None:
    def script(**beside: Any) -> list[httpx.Response]:
        return [reply(people(1, 2, **beside)), reply({}, status)]

    for beside in ({"total_pages": 1}, {"has_more": False}):
        assert problem(*script(**beside), manifest=MANIFEST) == ""
    for beside in ({}, {"total_pages": 2}, {"has_more": True}):
        with pytest.raises(ReadError) as caught:
            read(*script(**beside), manifest=MANIFEST)
        assert "let list.pagination say where the list ends, by next or total" in caught.value.help


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize(
    ("pages", "whole"),
    [
        ([(1, 2), (3,)], True), ([(1,)], True), ([(1, 2), (3, 4)], True),
        ([(1, 2)], False),  # it may be the number of rows of this page
        ([(1, 2), (3, 4), (5, None)], False),
    ],
)  # fmt: skip
def test_a_page_beyond_the_last_may_not_exist_where_all_of_a_total_came(
    status: int, pages: list[tuple[int, ...]], whole: bool
) -> None:
    total = sum(map(len, pages))
    came = [[id for id in ids if id] for ids in pages]
    script = [reply(people(*ids, total=total)) for ids in came] + [reply({}, status)]
    if whole:
        assert problem(*script, manifest=MANIFEST) == ""
        return
    with pytest.raises(ReadError, match=str(status)):
        read(*script, manifest=MANIFEST)


@pytest.mark.parametrize("named", ["", ", total: total"])
def test_a_total_of_none_beside_rows_is_no_total(named: str) -> None:
    manifest = altered("size: 2}", f"size: 2{named}}}")
    script = [reply(people(*ids, total=t)) for ids, t in (((1, 2), 3), ((3,), 0), ((), 0))]
    assert problem(*script, manifest=manifest) == ""
    script = [reply(people(*ids, total=t)) for ids, t in (((1, 2), 3), ((3,), 0))]
    assert problem(*script, reply(people(total=3)), manifest=manifest) == ""
    script = [reply(people(*ids, total=t)) for ids, t in (((1, 2), 4), ((3,), 0))]
    assert "4" in problem(*script, reply(people(total=4)), manifest=manifest)


def test_a_count_of_more_than_came_is_of_all_and_one_of_fewer_says_nothing() -> None:
    """It is that of all records in some systems, and of the rows of a page in others."""
    pages = [((1, 2), 4), ((3,), 4), ((), 4)]
    said = problem(*(reply(people(*ids, count=n)) for ids, n in pages), manifest=MANIFEST)
    assert "'count' in the answer says 4, and 3 came" in said
    said = problem(reply(people(1, 2, count=4)), reply(people()), manifest=MANIFEST)
    assert "write there total: '`null`'" in said
    pages = [((1, 2), 2), ((3, 4), 2), ((), 0)]
    assert problem(*(reply(people(*i, count=n)) for i, n in pages), manifest=MANIFEST) == ""
    told = altered("size: 2}", "size: 2, total: '`null`'}")
    pages = [((1, 2), 9), ((), 9)]
    assert problem(*(reply(people(*i, count=n)) for i, n in pages), manifest=told) == ""


def test_a_page_that_is_as_full_as_its_limit_is_overruled_by_its_limit() -> None:
    """To write `next: false` would switch the check off, and the next cut would pass."""
    answer = {"data": {"people": [{"id": 1}, {"id": 2}], "max-results": 2}}
    manifest = altered("records: data", "records: data.people", AT_ONCE)
    said = problem(reply(answer), manifest=manifest)
    remedy = "next: 'data.\"max-results\" >= `1000`'"
    assert said.endswith(
        f"ask for more records than there can be, say 1000, and write there {remedy}"
    )
    told = altered("{type: none}", f"{{type: none, {remedy.replace('1000', '3')}}}", manifest)
    assert problem(reply(answer), manifest=told) == ""
    answer["data"]["max-results"] = 3
    assert "a page follows" in problem(reply(answer), manifest=told)


@pytest.mark.parametrize(
    ("beside", "says"),
    [
        ({"status": "Error"}, "'status'"),
        ({"status": {"error": True, "code": 500}}, "'status'"),
        ({"ErrCode": 60011, "errmsg": "no"}, "'ErrCode'"),
        ({"response": {"errors": {"code": 7024}}}, "'response'"),
        ({"success": "false"}, "'success'"),
        ({"problem": {"title": "Internal error"}}, "'problem'"),
        ({"responseCode": 500}, "'responseCode'"),
        ({"status": "503"}, "'status'"),
    ],
)
def test_a_list_beside_which_something_failed_is_a_part(beside: dict[str, Any], says: str) -> None:
    said = problem(reply(people(1, 2, **beside)))
    assert said.startswith(f"page 1 is incomplete: {says} in the answer says")


def test_an_empty_page_may_lack_its_list_where_the_manifest_says_so() -> None:
    script = [reply(people(1, 2, kind="x")), reply({"kind": "x"})]
    with pytest.raises(ReadError) as caught:
        read(*script, manifest=MANIFEST)
    assert 'records: "data || (kind && `[]`)"' in caught.value.help
    script = [reply(people(1, 2, kind="x")), reply({"kind": "x"})]
    told = altered("records: data", "records: data || (kind && `[]`)")
    assert problem(*script, manifest=told) == ""


@pytest.mark.parametrize("end", [0, -1])
def test_a_cursor_that_ends_in_a_number_is_told_how_to_end(end: int) -> None:
    manifest = altered(PAGED, "{type: cursor, param: after, next: cursor}")
    script = [reply(people(1, 2, cursor=end)) for _ in range(2)]
    said = problem(*script, manifest=manifest)
    assert f"if {end} ends the list, write next: 'cursor > `0` && cursor'" in said
    told = altered("next: cursor", "next: 'cursor > `0` && cursor'", manifest)
    assert problem(reply(people(1, 2, cursor=end)), manifest=told) == ""


def test_a_limit_of_rows_is_reached_on_each_page_but_the_last() -> None:
    """So it is said by geographic servers; it is the end of a list only where none follows."""
    for said in ({"exceededTransferLimit": True}, {"message": "Row limit reached"}):
        pages = [reply(people(1, 2, **said)), reply(people(3)), page()]
        assert problem(*pages, manifest=MANIFEST) == ""
        cut = problem(reply(people(1, 2)), reply(people(**said)), manifest=MANIFEST)
        assert "says that rows are left out" in cut


def test_the_next_of_a_manifest_knows_better_than_a_sentence() -> None:
    def pages() -> list[httpx.Response]:
        said = {"message": "There are more records.", "go": False}
        return [reply(people(1, 2, **said)), reply(people(**said))]

    assert "'message' in the answer says that rows" in problem(*pages(), manifest=MANIFEST)
    assert problem(pages()[0], manifest=altered("size: 2}", "size: 2, next: go}")) == ""


def test_a_limit_of_requests_may_cut_any_page() -> None:
    pages = [reply(people(1, 2, message="API rate limit exceeded")), reply(people(3)), page()]
    assert "page 1 is incomplete: 'message'" in problem(*pages, manifest=MANIFEST)


def test_204_in_place_of_the_first_page_is_no_list() -> None:
    with pytest.raises(ReadError) as caught:
        read(reply(b"", 204))
    assert caught.value.code == "R106"


def test_204_says_that_a_search_finds_nobody() -> None:
    connector, _ = opened(reply(b"", 204))
    assert connector.reader("people").find("email", "x@example.com") == ()


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ([(1, 2), (3,), (3,)], ""),
        ([(1, 2), (3, 4), (3, 4)], "'page' ignored?); if it is the end of the list"),
        ([(1, 2), (1, 2)], "'page' ignored?)"),
        ([(1, 2), (3,), (1,)], "has only records that were read before"),
        ([(1, 2), (3,), (2, 3)], "has only records that were read before"),
        ([(1, 2), (3, 4), (4, 5), ()], "the list changed while it was read"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("total", [None, 4])
def test_the_last_page_again_is_the_end_where_it_is_known_to_be_the_last(
    pages: list[tuple[int, ...]], says: str, total: int | None
) -> None:
    said = problem(*(reply(people(*ids, total=total)) for ids in pages), manifest=MANIFEST)
    if total and len(set(sum(pages, ()))) == total and pages[-1] == pages[-2] and len(pages) > 2:
        says = ""
    elif total and not says:
        says = "'total' in the answer says 4, and 3 came"
    assert says in said
    assert bool(says) == bool(said)


# Details that are lists


def jobs(record: str, answer: httpx.Response) -> Record:
    manifest = altered("record: RECORD", f'record: "{record}"', JOBS)
    (found,) = read(page("a"), answer, manifest=manifest).records
    return found


@pytest.mark.parametrize(
    ("record", "answer"),
    [
        ("@", reply([{"end": None}], link='</people/a/jobs?page=2>; rel="next"')),
        ("@", reply([{"end": None}], 206)),
        ("@", reply([{"end": None}], x_total_count="2")),
        ("items", reply({"items": [{}], "has_more": True})),
        ("items", reply({"items": [{}], "meta": {"total": 2}})),
        ("items[?end]", reply({"items": [{}], "totalCount": 2})),
        ("items[-1]", reply({"items": [{}], "next": "/people/a/jobs?page=2"})),
        ("[-1]", reply([{}], link='<?page=2>; rel="next"')),
        ("@", reply({"end": None}, 206)),
    ],
)
def test_a_detail_of_which_more_follows_is_that_records_problem(
    record: str, answer: httpx.Response
) -> None:
    found = jobs(record, answer)
    assert found.data == {"id": "a"}  # what the list shows tells whose it is
    assert found.problem.startswith("its 'jobs' cannot be read: ")


@pytest.mark.parametrize(
    ("record", "answer"),
    [
        ("@", reply([{"end": None}], link='</people/a/jobs>; rel="self"')),
        ("items", reply({"items": [{}], "has_more": False, "next": None, "meta": {"total": 1}})),
        ("items", reply({"items": [{"pay": 1200}], "total": 1200})),  # a sum
        ("items[?end]", reply({"items": [{}, {}], "totalCount": 2})),
        ("@", reply({"next": "2026-05-01", "total": 9}, link='</people/b>; rel="next"')),
    ],
)
def test_a_detail_that_is_whole_is_no_problem(record: str, answer: httpx.Response) -> None:
    assert jobs(record, answer).problem == ""


def test_a_list_by_numbers_is_whole_if_all_of_its_total_came() -> None:
    """Some systems name a next page on every page."""
    script = [reply(people(*ids, total=2, next="/people?page=9")) for ids in ((1, 2), ())]
    assert problem(*script, manifest=MANIFEST) == ""
    script = [reply(people(*ids, total=3, next="/people?page=9")) for ids in ((1, 2), ())]
    assert "'total' in the answer says 3" in problem(*script, manifest=MANIFEST)


def test_the_remedy_is_a_line_to_write() -> None:
    assert "write there total: '`null`'" in problem(reply(people(1, 2, total=3)))
    assert "write there next: '`false`'" in problem(reply(people(1, 2, next="/x")))


def test_beside_the_cursor_of_the_manifest_only_yes_or_no_counts() -> None:
    """Some systems name a next page on every page."""
    manifest = altered(
        PAGED, "{type: cursor, param: after, next: cursor, size_param: size, size: 2}"
    )
    always = {"links": {"next": "/people?after=2"}}
    assert problem(reply(people(1, 2, **always)), manifest=manifest) == ""
    said = problem(reply(people(1, 2, has_more=True, **always)), manifest=manifest)
    assert "'has_more' in the answer says that a page follows" in said


@pytest.mark.parametrize(
    ("reads", "beside", "says"),
    [
        ("next_curser", {"next_cursor": "ab"}, "'next_cursor' in the answer says that a page"),
        ("nextCursor", {"next_cursor": "ab"}, "'next_cursor' in the answer"),
        ("meta.nxt_page", {"meta": {"next_page": 2}}, "'meta.next_page' in the answer"),
        ("next_curser", {"next_cursor": ""}, ""),  # which says that this is all
        ("next_curser", {"next_curser": None, "next_cursor": "ab"}, ""),  # it is spelt so
        ("cursor", {"links": {"next": "/people?after=2"}}, ""),
    ],
)  # fmt: skip
def test_a_cursor_that_the_manifest_misspells_makes_the_read_incomplete(
    reads: str, beside: dict[str, Any], says: str
) -> None:
    manifest = altered(
        PAGED, f"{{type: cursor, param: after, next: {reads}, size_param: size, size: 2}}"
    )
    said = problem(reply(people(1, 2, **beside)), manifest=manifest)
    assert says in said
    assert bool(says) == bool(said)
