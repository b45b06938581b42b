"""How real systems say of a list that it goes on, that it ends, and that something failed.

`SHAPES` has an answer of each as its reference describes it: the path to the list; what stands
beside two people of three, and beside all of two; the headers of both. Each answer is read by a
manifest that knows nothing of pages, as one is that was written before there were so many people.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from rest_world import altered, opened, page, reply

from oneway.core.connector_errors import ReadError
from oneway.core.records import Snapshot

PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"
AT_ONCE = altered(PAGED, "{type: none}")
URL = "https://api.example.com/v1/people?page=2"


class Shape(NamedTuple):
    """What an answer says beside its list, at `path`, if more people follow and if none do."""

    path: str
    part: dict[str, Any]
    whole: dict[str, Any]
    part_headers: Mapping[str, str] = MappingProxyType({})
    whole_headers: Mapping[str, str] = MappingProxyType({})


def _spring(last: bool, **beside: Any) -> dict[str, Any]:
    pageable = {"pageNumber": 0, "pageSize": 2, "offset": 0, "paged": True, "unpaged": False}
    sort = {"empty": True, "sorted": False, "unsorted": True}
    slice = {"size": 2, "number": 0, "sort": sort, "first": True, "numberOfElements": 2}
    return {"pageable": pageable, **slice, "empty": False, "last": last, **beside}


def _elastic(total: int, timed_out: bool = False) -> dict[str, Any]:
    shards = {"total": 5, "successful": 5, "skipped": 0, "failed": 0}
    hits = {"total": {"value": total, "relation": "eq"}, "max_score": 1.0}
    return {"took": 3, "timed_out": timed_out, "_shards": shards, "hits": hits}


SHAPES = {
    "Salesforce": Shape(
        "records",
        {"totalSize": 3, "done": False, "nextRecordsUrl": "/services/data/v60.0/query/01gD-2"},
        {"totalSize": 2, "done": True},
    ),
    "Salesforce, done alone": Shape("records", {"done": False}, {"done": True}),
    "Zoho CRM": Shape(
        "data",
        {"info": {"per_page": 2, "count": 2, "page": 1, "more_records": True}},
        {"info": {"per_page": 2, "count": 2, "page": 1, "more_records": False}},
    ),
    "Airtable": Shape("records", {"offset": "itrABC/recDEF"}, {}),
    "Spring Page": Shape(
        "content",
        _spring(False, totalPages=2, totalElements=3),
        _spring(True, totalPages=1, totalElements=2),
    ),
    "Spring Slice": Shape("content", _spring(False), _spring(True)),
    "Spring HATEOAS": Shape(
        "_embedded.people",
        {"_links": {"next": {"href": URL}}, "page": {"size": 2, "totalPages": 2, "number": 0}},
        {"_links": {"self": {"href": URL}}, "page": {"size": 2, "totalPages": 1, "number": 0}},
    ),
    "Jira": Shape(
        "values",
        {"isLast": False, "startAt": 0, "maxResults": 2},
        {"isLast": True, "startAt": 0, "maxResults": 2},
    ),
    "Confluence": Shape(
        "results",
        {"start": 0, "limit": 2, "size": 2, "_links": {"base": URL, "next": "/rest/api/group"}},
        {"start": 0, "limit": 2, "size": 2, "_links": {"base": URL}},
    ),
    "Bitbucket Data Center": Shape(
        "values",
        {"size": 2, "limit": 2, "isLastPage": False, "start": 0, "nextPageStart": 2},
        {"size": 2, "limit": 2, "isLastPage": True, "start": 0, "nextPageStart": None},
    ),
    "Bitbucket Cloud": Shape(
        "values", {"pagelen": 2, "size": 3, "page": 1, "next": URL}, {"pagelen": 2, "size": 2}
    ),
    "Intercom": Shape(
        "data",
        {"type": "list", "pages": {"type": "pages", "next": {"page": 2, "starting_after": "ab"}}},
        {"type": "list", "pages": {"type": "pages", "page": 1, "per_page": 2, "total_pages": 1}},
    ),
    "Zendesk by numbers": Shape(
        "users",
        {"next_page": URL, "previous_page": None, "count": 3},
        {"next_page": None, "previous_page": None, "count": 2},
    ),
    "Zendesk by cursor": Shape(
        "users",
        {"meta": {"has_more": True, "after_cursor": "a"}, "links": {"next": URL, "prev": URL}},
        {"meta": {"has_more": False, "after_cursor": "a"}, "links": {"next": URL, "prev": URL}},
    ),
    "Zendesk, incremental": Shape(
        "users",
        {"after_url": URL, "before_url": None, "after_cursor": "a", "end_of_stream": False},
        {"after_url": URL, "before_url": None, "after_cursor": "a", "end_of_stream": True},
    ),
    "HubSpot": Shape("results", {"paging": {"next": {"after": "2", "link": URL}}}, {}),
    "Personio": Shape(
        "data",
        {"success": True, "metadata": {"total_elements": 3, "current_page": 0}, "limit": 2},
        {"success": True, "metadata": {"total_elements": 2, "current_page": 0}, "limit": 2},
    ),
    "Personio 2": Shape(
        "_data",
        {"_meta": {"links": {"self": {"href": URL}, "next": {"href": URL}}}},
        {"_meta": {"links": {"self": {"href": URL}}}},
    ),
    "BambooHR": Shape(
        "employees",
        {"fields": [{"id": "name"}], "meta": {"page": {"nextCursor": "abc"}}},
        {"fields": [{"id": "name", "type": "text", "name": "Name"}]},
    ),
    "Workday": Shape("data", {"total": 3}, {"total": 2}),
    "Okta": Shape("@", {}, {}, {"link": f'<{URL}>; rel="self", <{URL}>; rel="next"'}),
    "Microsoft Graph": Shape(
        "value",
        {"@odata.context": "x", "@odata.nextLink": URL},
        {"@odata.context": "x", "@odata.deltaLink": URL},
    ),
    "Google Directory": Shape(
        "users", {"kind": "users", "etag": "x", "nextPageToken": "ab"}, {"kind": "users"}
    ),
    "AWS IAM": Shape("Users", {"IsTruncated": True, "Marker": "ab"}, {"IsTruncated": False}),
    "AWS Cognito": Shape("Users", {"PaginationToken": "ab"}, {}),
    "AWS Identity Store": Shape("Users", {"NextToken": "ab"}, {"NextToken": None}),
    "SCIM": Shape(
        "Resources",
        {"schemas": ["urn:x"], "totalResults": 3, "itemsPerPage": 2, "startIndex": 1},
        {"schemas": ["urn:x"], "totalResults": 2, "itemsPerPage": 2, "startIndex": 1},
    ),
    "SuccessFactors": Shape("d.results", {"d": {"__next": URL}}, {}),
    "SuccessFactors, counted": Shape("d.results", {"d": {"__count": "3"}}, {"d": {"__count": "2"}}),
    "Oracle HCM": Shape(
        "items",
        {"count": 2, "hasMore": True, "limit": 2, "offset": 0, "links": [{"rel": "self"}]},
        {"count": 2, "hasMore": False, "limit": 2, "offset": 0, "links": [{"rel": "self"}]},
    ),
    "NetSuite": Shape(
        "items",
        {"links": [{"rel": "next", "href": URL}], "count": 2, "totalResults": 3, "offset": 0},
        {"links": [{"rel": "self", "href": URL}], "count": 2, "totalResults": 2, "hasMore": False},
    ),
    "Rippling": Shape("results", {"next_link": URL}, {"next_link": None}),
    "Gusto": Shape(
        "@",
        {},
        {},
        {"x_page": "1", "x_per_page": "2", "x_total_pages": "2"},
        {"x_page": "1", "x_per_page": "2", "x_total_pages": "1", "x_total_count": "2"},
    ),
    "ADP": Shape(
        "workers",
        {"meta": {"startSequence": 0, "completeIndicator": False}},
        {"meta": {"startSequence": 0, "completeIndicator": True, "totalNumber": 2}},
    ),
    "Sage HR": Shape(
        "data",
        {"meta": {"current_page": 1, "total_pages": 2, "per_page": 2, "total_entries": 3}},
        {"meta": {"current_page": 1, "next_page": None, "total_pages": 1, "per_page": 2}},
    ),
    "Sage Accounting": Shape(
        '"$items"',
        {"$total": 3, "$page": 1, "$next": "/employees?page=2", "$itemsPerPage": 2},
        {"$total": 2, "$page": 1, "$next": None, "$itemsPerPage": 2},
    ),
    "Xero": Shape(
        "employees",
        {"pagination": {"page": 1, "pageSize": 2, "pageCount": 2, "itemCount": 3}, "problem": None},
        {"pagination": {"page": 1, "pageSize": 2, "pageCount": 1, "itemCount": 2}, "problem": None},
    ),
    "ServiceNow": Shape("result", {}, {}, {"x_total_count": "3"}, {"x_total_count": "2"}),
    "GitLab": Shape(
        "@",
        {},
        {},
        {"x_next_page": "2", "x_page": "1", "x_per_page": "2"},
        {"x_next_page": "", "x_page": "1", "x_per_page": "2"},
    ),
    "Stripe": Shape("data", {"url": "/v1/x", "has_more": True}, {"has_more": False}),
    "Notion": Shape(
        "results",
        {"next_cursor": "ab", "has_more": True, "type": "user", "user": {}},
        {"next_cursor": None, "has_more": False, "type": "user", "user": {}},
    ),
    "Slack": Shape(
        "members",
        {"ok": True, "cache_ts": 1498777272, "response_metadata": {"next_cursor": "ab="}},
        {"ok": True, "cache_ts": 1498777272, "response_metadata": {"next_cursor": ""}},
    ),
    "Cisco ISE": Shape(
        "SearchResult.resources",
        {"SearchResult": {"nextPage": {"rel": "next", "href": URL, "type": "application/json"}}},
        {"SearchResult": {"total": 2}},
    ),
    "Jamf": Shape("results", {"totalCount": 3}, {"totalCount": 2}),
    "Deel": Shape(
        "data",
        {"page": {"cursor": "ab", "total_rows": 3, "items_per_page": 2}},
        {"page": {"cursor": None, "total_rows": 2, "items_per_page": 2}},
    ),
    "Paychex": Shape(
        "content",
        {"metadata": {"contentItemCount": 2, "pagination": {"itemCount": 3, "limit": 2}}},
        {"metadata": {"contentItemCount": 2, "pagination": {"itemCount": 2, "limit": 20}}},
    ),
    "GraphQL": Shape(
        "data.users.nodes",
        {"data": {"users": {"pageInfo": {"hasNextPage": True, "endCursor": "ab"}}}},
        {"data": {"users": {"pageInfo": {"hasNextPage": False, "endCursor": "ab"}}}},
    ),
    "Laravel": Shape(
        "data",
        {"current_page": 1, "last_page": 2, "per_page": 2, "from": 1, "to": 2},
        {"current_page": 1, "last_page": 1, "last_page_url": URL, "per_page": 2, "to": 2},
    ),
    "Laravel, simply": Shape(
        "data",
        {"links": {"first": URL, "last": None, "next": URL}, "meta": {"per_page": 2}},
        {"links": {"first": URL, "last": None, "next": None}, "meta": {"per_page": 2}},
    ),
    "Django": Shape(
        "results",
        {"count": 3, "next": URL, "previous": None},
        {"count": 2, "next": None, "previous": None},
    ),
    "Pipedrive": Shape(
        "data",
        {"additional_data": {"pagination": {"limit": 2, "more_items_in_collection": True}}},
        {"additional_data": {"pagination": {"limit": 2, "more_items_in_collection": False}}},
    ),
    "Asana": Shape(
        "data",
        {"next_page": {"offset": "eyJ0", "path": "/users?offset=eyJ0", "uri": URL}},
        {"next_page": None},
    ),
    "Box": Shape("entries", {"limit": 2, "next_marker": "ab"}, {"limit": 2, "next_marker": None}),
    "DocuSign": Shape(
        "users",
        {"resultSetSize": "2", "totalSetSize": "3", "startPosition": "0", "endPosition": "1"},
        {"resultSetSize": "2", "totalSetSize": "2", "startPosition": "0", "endPosition": "1"},
    ),
    "Duo": Shape(
        "response",
        {"stat": "OK", "metadata": {"next_offset": 2, "total_objects": 3}},
        {"stat": "OK", "metadata": {"total_objects": 2}},
    ),
    "Auth0": Shape("users", {"start": 0, "limit": 2, "total": 3}, {"start": 0, "total": 2}),
    "Zoom": Shape(
        "users",
        {"page_count": 2, "page_number": 1, "page_size": 2, "next_page_token": ""},
        {"page_count": 1, "page_number": 1, "page_size": 2, "next_page_token": ""},
    ),
    "OneLogin": Shape(
        "data",
        {"status": {"error": False, "code": 200}, "pagination": {"after_cursor": "ab"}},
        {"status": {"error": False, "code": 200}, "pagination": {"after_cursor": None}},
    ),
    "Cloudflare": Shape(
        "result",
        {"success": True, "errors": [], "result_info": {"count": 2, "total_count": 3}},
        {"success": True, "errors": [], "result_info": {"count": 2, "total_count": 2}},
    ),
    "Elasticsearch": Shape("hits.hits", _elastic(3), _elastic(2)),
    "Lever": Shape("data", {"hasNext": True, "next": "%5B1%5D"}, {"hasNext": False}),
    "Ashby": Shape(
        "results",
        {"success": True, "moreDataAvailable": True, "syncToken": "ab"},
        {"success": True, "moreDataAvailable": False, "syncToken": "ab", "nextCursor": "ab"},
    ),
    "Paycor": Shape(
        "records",
        {"hasMoreResults": True, "continuationToken": "ab"},
        {"hasMoreResults": False, "continuationToken": ""},
    ),
    "Concur": Shape("Items", {"NextPage": URL}, {"NextPage": None}),
    "Employment Hero": Shape(
        "data.items",
        {"data": {"item_per_page": 2, "page_index": 1, "total_pages": 2, "total_items": 3}},
        {"data": {"item_per_page": 2, "page_index": 1, "total_pages": 1, "total_items": 2}},
    ),
    "AFAS": Shape("rows", {"skip": 0, "take": 2}, {"skip": 0, "take": 100}),
    "Dayforce": Shape("Data", {"Paging": {"Next": URL}}, {"Paging": {"Next": ""}}),
    "Dropbox": Shape(
        "members", {"cursor": "ab", "has_more": True}, {"cursor": "ab", "has_more": False}
    ),
    "Workplace": Shape(
        "data",
        {"paging": {"cursors": {"before": "a", "after": "b"}, "next": URL}},
        {"paging": {"cursors": {"before": "a", "after": "b"}}},
    ),
    "DataTables": Shape(
        "data",
        {"draw": 1, "recordsTotal": 120, "recordsFiltered": 3},
        {"draw": 1, "recordsTotal": 120, "recordsFiltered": 2},
    ),
    "JSON:API": Shape(
        "data",
        {"links": {"self": URL}, "meta": {"record-count": 3, "page-count": 2}},
        {"links": {"self": URL}, "meta": {"record-count": 2, "page-count": 1}},
    ),
    "ASP.NET": Shape(
        "@",
        {},
        {},
        {"x_pagination": '{"totalCount":3,"pageSize":2,"currentPage":1,"totalPages":2}'},
        {"x_pagination": '{"totalCount":2,"pageSize":2,"currentPage":1,"totalPages":1}'},
    ),
    "WordPress": Shape("@", {}, {}, {"x_wp_total": "3", "x_wp_totalpages": "2"}),
    "Solr": Shape(
        "response.docs",
        {"response": {"numFound": 3, "start": 0}},
        {"response": {"numFound": 2, "start": 0}},
    ),
    "a list by its own name": Shape("employees", {"employeeCount": 3}, {"employee_count": 2}),
    "GitHub search": Shape(
        "items",
        {"total_count": 2, "incomplete_results": True},
        {"total_count": 2, "incomplete_results": False},
    ),
    "errors beside the data": Shape(
        "data", {"errors": [{"message": "timeout on shard 3"}]}, {"errors": []}
    ),
    "errors of GraphQL": Shape(
        "data.users",
        {"errors": [{"message": "x", "path": ["users", 3]}]},
        {"errors": None, "extensions": {"cost": 4}},
    ),
    "Elasticsearch in haste": Shape("hits.hits", _elastic(2, timed_out=True), _elastic(2)),
    "a part": Shape("data", {"partial": True}, {"partial": False}),
    "no success": Shape("data", {"success": False}, {"success": True}),
}


def answer(shape: Shape, beside: dict[str, Any]) -> Any:
    """Return two people and what stands beside them."""
    found: Any = [{"id": 1}, {"id": 2}]
    for key in () if shape.path == "@" else reversed(shape.path.replace('"', "").split(".")):
        found = {key: found}
    return _merged(found, beside) if isinstance(found, dict) else found


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = {**other, **one}
    for key in one.keys() & other.keys():
        both[key] = _merged(one[key], other[key])
    return both


def read(shape: Shape, beside: dict[str, Any], headers: Mapping[str, str]) -> Snapshot:
    manifest = altered("records: data", f"records: '{shape.path}'", AT_ONCE)
    response = reply(answer(shape, beside), **headers)
    return opened(response, manifest=manifest)[0].reader("people").read()


@pytest.mark.parametrize("name", SHAPES)
def test_a_list_that_goes_on_is_incomplete(name: str) -> None:
    shape = SHAPES[name]
    snapshot = read(shape, shape.part, shape.part_headers)
    assert not snapshot.complete
    assert len(snapshot.problems) == 1


@pytest.mark.parametrize("name", SHAPES)
def test_a_list_that_ends_is_whole(name: str) -> None:
    shape = SHAPES[name]
    assert read(shape, shape.whole, shape.whole_headers).problems == ()


@pytest.mark.parametrize(
    "beside",
    [
        {"errors": {}}, {"error": None}, {"error": False}, {"error": {"code": 0, "message": "OK"}},
        {"error": "none"}, {"warnings": ["The field 'x' goes in 2027."]}, {"ok": True},
        {"message": "2 people"}, {"complete": True}, {"done": True}, {"partial_match": True},
        {"total_hours": 37}, {"totalGross": 84211}, {"nextPayDay": "2026-10-31"}, {"nextId": 17},
        {"nextSyncToken": "ab"}, {"lastModified": False}, {"lastPayroll": False}, {"more": "x"},
        {"has_next_of_kin": True}, {"page": 1}, {"page": {"number": 7, "size": 100}},
        {"limit": 100}, {"limit": 1}, {"per_page": 2, "total": 2}, {"pages": 1}, {"offset": 0},
        {"offset": "0"}, {"bookmark": "g1AAAA"}, {"rate_limit": {"limit": 2, "remaining": 49}},
        {"stats": {"total": 9, "pages": 7, "done": False, "errors": ["x"], "itemCount": 9}},
        {"job": {"done": False, "next": "archive", "more": True}},
        {"company": {"employeeCount": 90, "partial": True, "limit": 2}},
        {"teams": {"items": [{"id": 7}], "hasMore": True, "nextPageToken": "ab"}},
        {"next": {"start": "2026-11-01", "end": "2026-11-30"}}, {"links": {"last": URL}},
        {"meta": {"count": 2, "took": 17, "version": 3}}, {"status": "active"},
    ],
)  # fmt: skip
def test_other_things_beside_a_list_do_not_stop_it(beside: dict[str, Any]) -> None:
    assert read(Shape("data", {}, {}), beside, {}).problems == ()


@pytest.mark.parametrize(
    "headers",
    [
        {"x_ratelimit_limit": "2", "x_ratelimit_total": "5000", "last_modified": "x"},
        {"x_count": "9"}, {"x_pagination": "none"}, {"x_runtime_total": "170"},
        {"age": "3", "x_total_time": "170"},
    ],
)  # fmt: skip
def test_other_headers_do_not_stop_it(headers: dict[str, str]) -> None:
    assert read(Shape("data", {}, {}), {}, headers).problems == ()


def test_people_who_are_kept_by_id_are_not_taken_for_what_stands_beside_a_list() -> None:
    person = {"itemCount": 9, "hasMore": True, "_links": {"next": {"href": URL}}, "errors": ["x"]}
    found = {f"p{n}": {"id": f"p{n}", **person} for n in range(3)}
    for records, data in (("values(@)", found), ("values(people)", {"people": found})):
        manifest = altered("records: data", f"records: {records}", AT_ONCE)
        snapshot = opened(reply(data), manifest=manifest)[0].reader("people").read()
        assert snapshot.problems == ()
        assert len(snapshot.records) == len(found)


# In pages


def paged(*answers: dict[str, Any], way: str = PAGED) -> tuple[str, ...]:
    """Return the problems of a list that is read in pages."""
    manifest = altered(PAGED, way)
    snapshot = opened(*map(reply, answers), manifest=manifest)[0].reader("people").read()
    return snapshot.problems


def people(*ids: int, **beside: Any) -> dict[str, Any]:
    return {"data": [{"id": id} for id in ids], **beside}


@pytest.mark.parametrize("more", [True, False])
def test_an_error_beside_any_page_makes_the_read_incomplete(more: bool) -> None:
    wrong = ["timeout on shard 3"]
    script = [people(1, 2, errors=wrong if more else []), people(3, 4), people()]
    if not more:
        script[1]["errors"] = wrong
    (said,) = paged(*script)
    assert said == (
        f"page {1 if more else 2} is incomplete: 'errors' in the answer says "
        "that something failed; if that is about something else, let the manifest's "
        "errors.refused_when say by it when an answer is a refusal"
    )


def test_what_the_manifest_reads_itself_is_no_error() -> None:
    manifest = altered(
        "errors: {message: message",
        "errors: {refused_when: 'errors[?fatal]', message: message",
        AT_ONCE,
    )
    data = people(1, errors=[{"message": "no photo"}])
    connector, _ = opened(reply(data), manifest=manifest)
    assert connector.reader("people").read().problems == ()
    connector, _ = opened(reply(people(1, errors=[{"fatal": True}])), manifest=manifest)
    with pytest.raises(ReadError):
        connector.reader("people").read()


def test_the_error_is_told_where_the_manifest_says_where_it_is() -> None:
    manifest = altered("message: message", 'message: "errors[0].message"', AT_ONCE)
    connector, _ = opened(reply(people(1, errors=[{"message": "shard 3"}])), manifest=manifest)
    (said,) = connector.reader("people").read().problems
    assert "says that something failed, and says: shard 3" in said


def test_a_search_with_an_error_finds_nothing_for_certain() -> None:
    connector, _ = opened(reply(people(errors=["x"])), page())
    with pytest.raises(ReadError, match="something failed") as caught:
        connector.reader("people").find("email", "x@example.com")
    assert caught.value.code == "R111"


def test_a_search_may_say_how_much_all_have() -> None:
    manifest = altered("{type: none}", "{type: none}", AT_ONCE)
    beside = {"total": 9, "totalPages": 5, "limit": 1, "itemCount": 9}
    connector, _ = opened(reply(people(1, **beside)), manifest=manifest)
    assert len(connector.reader("people").find("email", "x@example.com")) == 1


@pytest.mark.parametrize("beside", ["spring", "numbers", "limit"])
def test_a_list_in_pages_that_tells_its_pages_is_whole(beside: str) -> None:
    script = []
    for number, ids in enumerate([(1, 2), (3, 4), ()], 1):
        said: dict[str, Any] = {
            "spring": _spring(number >= 2, totalPages=2, totalElements=4, number=number - 1),
            "numbers": {"page": number, "total_pages": 2, "numberOfElements": len(ids)},
            "limit": {"limit": 2, "per_page": 2},
        }[beside]
        script.append(people(*ids, **said))
    assert paged(*script) == ()


def test_a_list_in_pages_ends_with_the_last_page_that_it_tells_of() -> None:
    (said,) = paged(people(1, 2, pages=3), people(3, 4, pages=3), people(pages=3))
    assert "'pages' in the answer says that there are 3 pages, and 2 came" in said


def test_a_cursor_does_not_end_before_the_last_page() -> None:
    way = "{type: cursor, param: after, next: follows}"
    (said,) = paged(people(1, 2, follows=None, isLast=False, cursor="x"), way=way)
    assert "'isLast' in the answer says that a page follows" in said
    assert paged(people(1, 2, follows=None, cursor="x", limit=2), way=way) == ()


def test_an_error_beside_a_single_record_makes_it_unread() -> None:
    """GraphQL gives null for each value that it could not get."""
    manifest = altered(
        'path: "/people/{id}"}\n    find', 'path: "/p/{id}", record: data.user}\n    find'
    )
    beside = {"data": {"user": {"id": "7", "email": None, "errors": ["own"]}}}
    connector, _ = opened(reply(beside), manifest=manifest)
    assert connector.reader("people").get("7") is not None
    connector, _ = opened(reply({**beside, "errors": [{"message": "x"}]}), manifest=manifest)
    with pytest.raises(ReadError, match="'errors' in the answer says that something failed"):
        connector.reader("people").get("7")
