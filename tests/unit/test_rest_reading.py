"""Reading: pages, details, single records, and everything that can be wrong with them."""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_world import MANIFEST, World, altered, described, opened, page, reply

from oneway.core.connector_errors import ReadError
from oneway.core.diagnostics import Refused
from oneway.core.nesting import DEEPEST
from oneway.core.records import Record
from oneway_connectors.rest import list_end
from oneway_connectors.rest.responses import search
from patience import PATIENCE

PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"
DETAILED = altered(
    "    get: {path:",
    '    detail: [{path: "/people/{id}/full", into: replace, concurrency: 4}]\n    get: {path:',
)


def paged(pagination: str) -> str:
    return altered(PAGED, pagination)


def ids(records: tuple[Record, ...]) -> list[str]:
    return [record.id for record in records]


def test_pages_are_read_until_an_empty_one() -> None:
    connector, world = opened(page("a", "b"), page("c"), page())
    snapshot = connector.reader("people").read()
    assert ids(snapshot.records) == ["a", "b", "c"]
    assert snapshot.complete
    assert snapshot.problems == ()
    assert world.urls == ["/people?page=1&size=2", "/people?page=2&size=2", "/people?page=3&size=2"]


def test_a_short_page_ends_the_list_where_the_manifest_says_so() -> None:
    connector, world = opened(
        page("a", "b"), page("c"), manifest=paged(PAGED.replace("}", ", stop: short}"))
    )
    assert ids(connector.reader("people").read().records) == ["a", "b", "c"]
    assert len(world.asked) == 2


def test_offsets_advance_by_what_came_not_by_what_was_asked_for() -> None:
    manifest = paged("{type: offset, param: skip, start: 1, size_param: n, size: 50}")
    connector, world = opened(page("a", "b"), page("c"), page(), manifest=manifest)
    assert ids(connector.reader("people").read().records) == ["a", "b", "c"]
    assert [dict(r.url.params)["skip"] for r in world.asked] == ["1", "3", "4"]


SPARSE = "{type: offset, param: skip, size_param: n, size: 3, sparse: true}"


def test_one_empty_page_does_not_end_a_sparse_list() -> None:
    connector, world = opened(
        page("a", "b"), page(), page("c"), page(), page(), manifest=paged(SPARSE)
    )
    snapshot = connector.reader("people").read()
    assert (ids(snapshot.records), snapshot.problems) == (["a", "b", "c"], ())
    assert [dict(r.url.params)["skip"] for r in world.asked] == ["0", "2", "4", "5", "7"]


def test_rows_that_a_sparse_page_cannot_show_again_are_noticed() -> None:
    for pages in (
        [page("a", "b"), page("a", "c"), page(), page()],  # not the last ones
        [page("a", "b", "c"), page("c", "d"), page(), page()],  # none was left out
        [page("a", "b"), page("a", "b")],  # as where `skip` is ignored
    ):
        connector, _ = opened(*pages, manifest=paged(SPARSE))
        assert not connector.reader("people").read().complete


@pytest.mark.parametrize(
    "rest", ["page, param: p, size: 2", "offset, param: p, size: 2, stop: short"]
)
def test_a_sparse_list_is_one_of_offsets_and_its_short_pages_say_nothing(rest: str) -> None:
    with pytest.raises(Refused) as refused:
        described(paged(f"{{type: {rest}, sparse: true}}"))
    assert {each.code for each in refused.value.diagnostics} == {"C109"}


def test_a_cursor_is_followed_until_there_is_none() -> None:
    manifest = paged("{type: cursor, param: after, next: meta.next}")
    first = reply({"data": [{"id": 1}], "meta": {"next": "x/&y"}})
    connector, world = opened(first, page(2), manifest=manifest)
    assert ids(connector.reader("people").read().records) == ["1", "2"]
    assert "after" not in world.asked[0].url.params
    assert world.asked[1].url.params["after"] == "x/&y"


def test_a_cursor_that_comes_again_makes_the_read_incomplete() -> None:
    manifest = paged("{type: cursor, param: after, next: meta.next}")
    pages = [reply({"data": [{"id": i}], "meta": {"next": "x"}}) for i in (1, 2)]
    connector, _ = opened(*pages, manifest=manifest)
    snapshot = connector.reader("people").read()
    assert ids(snapshot.records) == ["1", "2"]
    assert not snapshot.complete
    assert "leads back" in snapshot.problems[0]


def test_the_records_of_a_page_come_before_the_next_page_is_asked_for() -> None:
    connector, world = opened(page("a", "b"), page("b", "c"), page())
    gaps: list[str] = []
    asked = [(each.id, len(world.asked)) for each in connector.reader("people").records(gaps)]
    assert asked == [("a", 1), ("b", 1), ("c", 2)]
    assert "twice by page 2" in gaps[0]


def test_details_are_asked_for_once_all_are_listed() -> None:
    connector, world = opened(
        page("a"), page("b"), page(), *(reply({"id": id}) for id in "ab"),
        manifest=altered("concurrency: 4", "concurrency: 1", DETAILED),
    )  # fmt: skip
    reader = connector.reader("people")
    assert [(each.id, len(world.asked)) for each in reader.records([])] == [("a", 4), ("b", 5)]


def test_what_is_missing_is_said_once_for_each_read() -> None:
    def answers() -> list[httpx.Response]:
        details = [reply({"id": "a"}), reply(status=404), reply({"id": "c"})]
        return [page("a", "b", "c"), page(), *details, page("a", "c"), page()]

    one_at_a_time = altered("concurrency: 4", "concurrency: 1", DETAILED)
    connector, _ = opened(*answers(), *answers(), manifest=one_at_a_time)
    reader = connector.reader("people")
    for _ in range(2):
        snapshot = reader.read()
        assert (ids(snapshot.records), snapshot.complete) == (["a", "c"], True)
        assert snapshot.problems == ("1 of 3 records were gone when read one by one",)


@pytest.mark.parametrize("link", ["/v1/people?p=2", "https://api.example.com:443/v1/people?p=2"])
def test_a_next_link_of_the_same_origin_is_followed(link: str) -> None:
    manifest = paged("{type: next_link, next: links.next}")
    first = reply({"data": [{"id": 1}], "links": {"next": link}})
    connector, world = opened(first, page(2), manifest=manifest)
    assert ids(connector.reader("people").read().records) == ["1", "2"]
    assert world.asked[1].url.host == "api.example.com"


def test_a_link_header_is_followed() -> None:
    header = '<https://api.example.com/v1/people?p=2>; rel="next", <x>; rel="last"'
    connector, world = opened(
        reply({"data": [{"id": 1}]}, link=header), page(2), manifest=paged("{type: next_link}")
    )
    assert ids(connector.reader("people").read().records) == ["1", "2"]
    assert world.urls[1] == "/people?p=2"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/people",
        "http://api.example.com/v1/p",
        "//evil.example/",
        "https://api.example.com:8443/",
    ],
)
def test_a_next_link_to_another_origin_is_refused_and_never_asked(link: str) -> None:
    first = reply({"data": [{"id": 1}], "links": {"next": link}})
    connector, world = opened(first, manifest=paged("{type: next_link, next: links.next}"))
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    assert caught.value.code == "R111"
    assert len(world.asked) == 1


def test_a_list_may_be_asked_for_with_a_body() -> None:
    manifest = altered(
        "      path: /people\n      records: data\n      pagination: " + PAGED,
        "      method: POST\n      path: /people/search\n      records: data\n"
        "      body: {fields: [id], for: '{tenant}'}\n"
        "      pagination: {type: page, param: page, in: body}",
    )
    connector, world = opened(page("a"), page(), manifest=manifest)
    connector.reader("people").read()
    assert [json.loads(r.content)["page"] for r in world.asked] == [0, 1]
    assert json.loads(world.asked[0].content)["for"] == "t1"
    assert world.methods == ["POST", "POST"]


def asked_with(body: str, param: str, *script: httpx.Response) -> list[Any]:
    """Return the bodies by which a list is read whose cursor goes into them."""
    manifest = altered(
        "      path: /people\n      records: data\n      pagination: " + PAGED,
        f"      method: POST\n      path: /people/search\n      records: data\n      body: {body}\n"
        f"      pagination: {{type: cursor, param: {param}, in: body, next: next}}",
    )
    connector, world = opened(*script, manifest=manifest)
    assert connector.reader("people").read().complete
    return [json.loads(request.content) for request in world.asked]


def test_a_parameter_in_a_body_is_a_path_and_its_value_is_no_template() -> None:
    pages = (reply({"data": [], "next": "{tenant}{{"}), reply({"data": []}))
    assert asked_with("{variables: {of: '{tenant}'}, q: 'q {{x}}'}", "variables.after", *pages) == [
        {"variables": {"of": "t1"}, "q": "q {x}"},
        {"variables": {"of": "t1", "after": "{tenant}{{"}, "q": "q {x}"},
    ]


def test_a_parameter_with_a_dot_in_its_own_name_stands_in_quotes() -> None:
    pages = (reply({"data": [], "next": 2}), reply({"data": []}))
    assert asked_with("{}", """'"page.after"'""", *pages) == [{}, {"page.after": "2"}]


def test_a_search_goes_into_the_body_with_the_pages() -> None:
    manifest = altered(PAGED, "{type: page, param: page, in: body}").replace(
        "path: /people\n      records",
        "path: /people\n      method: POST\n      body: {q: {email: ''}}\n      records",
    )
    manifest = altered(
        'find: {email: {email: "{value}"}}', 'find: {email: {q.email: "{value}"}}', manifest
    )
    connector, world = opened(page(), manifest=manifest)
    assert connector.reader("people").find("email", "{tenant}") == ()
    assert json.loads(world.asked[0].content) == {"q": {"email": "{tenant}"}, "page": 0}
    assert not world.asked[0].url.query


def test_a_page_that_comes_again_makes_the_read_incomplete() -> None:
    connector, _ = opened(page("a", "b"), page("a", "b"))
    snapshot = connector.reader("people").read()
    assert ids(snapshot.records) == ["a", "b"]
    assert not snapshot.complete
    assert "'page' ignored" in snapshot.problems[0]


def test_an_id_that_comes_twice_makes_the_read_incomplete() -> None:
    connector, _ = opened(page("a", "b"), page("b", "c"), page())
    snapshot = connector.reader("people").read()
    assert ids(snapshot.records) == ["a", "b", "c"]
    assert not snapshot.complete
    assert "twice" in snapshot.problems[0]


def test_a_list_that_shows_each_record_twice_is_incomplete_and_has_not_changed() -> None:
    connector, _ = opened(page("a", "a", "b", "b"), page("c", "c"), page())
    snapshot = connector.reader("people").read()
    assert ids(snapshot.records) == ["a", "b", "c"]
    assert not snapshot.complete
    assert snapshot.problems == (
        "2 ids come twice on page 1: the list has a record more than once",
        "an id comes twice on page 2: the list has a record more than once",
    )


COUNTED = PAGED.replace("}", ", total: total}")


def counted(total: object, *ids: object) -> httpx.Response:
    return reply({"total": total, "data": [{"id": id} for id in ids]})


@pytest.mark.parametrize("kind", [int, str, float])
@pytest.mark.parametrize("totals", [(4, 3, 3), (3, 3, 4), (3, 4, 3), (4, 5, 5)])
def test_a_total_that_changes_between_pages_makes_the_read_incomplete(
    totals: tuple[int, int, int], kind: type
) -> None:
    pages = zip(map(kind, totals), [("a", "b"), ("c",), ()], strict=True)
    connector, _ = opened(*(counted(n, *ids) for n, ids in pages), manifest=paged(COUNTED))
    snapshot = connector.reader("people").read()
    assert not snapshot.complete
    assert "the list changed while it was read" in snapshot.problems[0]


def test_a_total_that_counts_its_page_is_not_a_list_that_changed() -> None:
    pages = (counted(2, "a", "b"), counted(1, "c"), counted(0))
    connector, _ = opened(*pages, manifest=paged(COUNTED))
    snapshot = connector.reader("people").read()
    assert not snapshot.complete
    assert "the total of each page is that page's length" in snapshot.problems[0]


@pytest.mark.parametrize("total", [3, None, "3", "many", "", True, [3]])
def test_a_total_that_stays_or_is_no_number_says_nothing(total: object) -> None:
    pages = (counted(total, "a", "b"), counted(total, "c"), counted(total))
    connector, _ = opened(*pages, manifest=paged(COUNTED))
    assert connector.reader("people").read().complete


def test_a_numbered_page_that_ends_early_makes_the_read_incomplete() -> None:
    connector, _ = opened(page("a", "b"), page("c"), page("d", "e"), page())
    snapshot = connector.reader("people").read()
    assert ids(snapshot.records) == ["a", "b", "c", "d", "e"]
    assert not snapshot.complete
    assert snapshot.problems == (
        "page 2 holds 1 records, and page 1 holds 2: it ended early, though more pages follow",
    )


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ((1, 2, 2), "page 1 holds 1 records, and page 2 holds 2"),
        ((2, 1, 3), "page 1 holds 2 records, and page 3 holds 3"),
        ((1, 2), "page 1 holds 1 records, and page 2 holds 2"),
        ((2, 2, 1), ""),
        ((2, 2), ""),
        ((1,), ""),
    ],
)
def test_only_the_last_numbered_page_may_be_shorter_than_another(
    sizes: tuple[int, ...], says: str
) -> None:
    ids = iter("abcdefgh")
    pages = [page(*(next(ids) for _ in range(size))) for size in sizes]
    snapshot = opened(*pages, page())[0].reader("people").read()
    assert snapshot.complete == (not says)
    assert says in "".join(snapshot.problems)


def test_a_system_that_gives_smaller_pages_than_it_was_asked_for_is_believed() -> None:
    connector, _ = opened(page("a"), page("b"), page("c"), page())
    assert connector.reader("people").read().complete


def test_pages_by_cursor_may_be_of_any_length() -> None:
    manifest = paged("{type: cursor, param: after, next: meta.next}")
    sizes = enumerate(["abc", "d", "ef"], 1)
    pages = [
        reply({"data": [{"id": id} for id in ids], "meta": {"next": n if n < 3 else None}})
        for n, ids in sizes
    ]
    connector, _ = opened(*pages, manifest=manifest)
    assert connector.reader("people").read().complete


def test_a_list_that_never_ends_is_incomplete() -> None:
    connector, world = opened(*(page(f"{n}a", f"{n}b") for n in range(9)))
    snapshot = connector.reader("people").read()
    assert len(world.asked) == 5
    assert not snapshot.complete
    assert "more than 5 pages" in snapshot.problems[0]


@pytest.mark.parametrize("beyond", [403, 501])
def test_a_total_that_came_ends_no_list_if_the_next_page_is_refused(beyond: int) -> None:
    pages = (counted(3, "a", "b"), counted(3, "c"), reply({}, beyond))
    with pytest.raises(ReadError):  # the total may be capped, or behind
        opened(*pages, manifest=paged(COUNTED))[0].reader("people").read()


@pytest.mark.parametrize("beyond", [404, 400, b"", b'{"data": null}', b"<html>", ["a", "b"], ["a"]])
def test_where_all_of_the_total_came_no_page_beyond_it_spoils_the_list(beyond: Any) -> None:
    known = {int: lambda: reply({}, beyond), bytes: lambda: reply(beyond)}
    last = known.get(type(beyond), lambda: counted(3, *beyond))()
    pages = (counted(3, "a", "b"), counted(3, "c"), last)
    snapshot = opened(*pages, manifest=paged(COUNTED))[0].reader("people").read()
    assert ids(snapshot.records) == ["a", "b", "c"]
    assert (snapshot.complete, snapshot.problems) == (True, ())


@pytest.mark.parametrize(("beyond", "ends"), [(400, False), (404, True)])
def test_a_refusal_after_a_round_total_is_no_end(
    monkeypatch: pytest.MonkeyPatch, beyond: int, ends: bool
) -> None:
    """A search engine counts to 10,000, and refuses the next page by 400."""
    monkeypatch.setattr(list_end, "_CAP", 4)
    pages = (counted(4, "a", "b"), counted(4, "c", "d"), reply({}, beyond))
    reader = opened(*pages, manifest=paged(COUNTED))[0].reader("people")
    if ends:
        assert reader.read().complete
        return
    with pytest.raises(ReadError) as caught:
        reader.read()
    assert "no more than so many" in caught.value.help


@pytest.mark.parametrize("total", [4, None])
def test_a_page_that_is_refused_before_the_end_is_no_end(total: int | None) -> None:
    pages = (counted(total, "a", "b"), counted(total, "c"), reply({}, 404))
    with pytest.raises(ReadError) as caught:
        opened(*pages, manifest=paged(COUNTED))[0].reader("people").read()
    assert caught.value.code == "R104"


@pytest.mark.parametrize("status", [401, 403, 501])
def test_a_page_that_fails_for_another_reason_is_no_end(status: int) -> None:
    pages = (counted(2, "a", "b"), reply({}, status))
    with pytest.raises(ReadError):
        opened(*pages, manifest=paged(COUNTED))[0].reader("people").read()


def test_a_total_that_moved_is_no_end() -> None:
    pages = (counted(4, "a", "b"), counted(3, "c"), counted(3, "a"))
    snapshot = opened(*pages, manifest=paged(COUNTED))[0].reader("people").read()
    assert not snapshot.complete


def test_fewer_records_than_the_total_make_the_read_incomplete() -> None:
    first = reply({"data": [{"id": 1}], "total": 7})
    manifest = paged("{type: none, total: total}")
    snapshot = opened(first, manifest=manifest)[0].reader("people").read()
    assert not snapshot.complete
    assert "1 of 7" in snapshot.problems[0]


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"<!doctype html><title>Sign in</title>", "R106", "HTML"),
        (b"", "R106", "empty"),
        (b'{"data": [{"id": 1}', "R106", "too early"),
        (b"nonsense", "R106", "not JSON"),
        (b'{"data": [{"id": 1, "x": NaN}]}', "R106", "number"),
        (b'{"data": [{"id": 1, "x": 1e999}]}', "R106", "number"),
        (b'{"data": ["\xff"]}', "R106", "UTF-8"),
        (b"[" * 19_000, "R106", "too early"),
        (b"[" * 9_000 + b"]" * 9_000, "R107", "no list at 'data'"),
        (b'{"error": "x"}', "R107", "no list at 'data'"),
        (b"[]", "R107", "no list at 'data'"),
        (b'{"data": {"id": 1}}', "R107", "no list at 'data'"),
        (b'{"data": [], "data": [{"id": 1}]}', "R107", "has the key 'data' twice"),
    ],
)
def test_an_answer_of_no_use_is_a_read_error(body: bytes, code: str, says: str) -> None:
    connector, _ = opened(reply(body))
    with pytest.raises(ReadError, match=says) as caught:
        connector.reader("people").read()
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "R102"), (403, "R103"), (404, "R104"), (400, "R110"), (501, "R105"), (304, "R110")],
)
def test_a_refused_list_is_a_read_error_that_says_what_to_check(status: int, code: str) -> None:
    connector, _ = opened(reply({"message": "No\x1b[31m way\u202e"}, status))
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    assert caught.value.code == code
    assert "No [31m way" in caught.value.summary
    assert "\x1b" not in caught.value.summary
    if status in {401, 403}:
        assert "Tick 'People'" in caught.value.help


def test_odd_items_get_a_problem_and_disturb_no_other() -> None:
    odd = b'1, {}, {"id": true}, {"id": "a", "x": 1, "x": 2}'
    sound = b", ".join(b'{"id": "b%d"}' % number for number in range(16))
    connector, _ = opened(reply(b'{"data": [' + odd + b", " + sound + b"]}"), page())
    snapshot = connector.reader("people").read()
    assert [bool(record.problem) for record in snapshot.records] == [True] * 4 + [False] * 16
    assert snapshot.records[0].id == "page 1, item 1"
    assert snapshot.complete


@pytest.mark.parametrize("levels", [99, 100, 101, 400, 5000])
def test_a_record_that_nests_too_deeply_costs_itself_alone(levels: int) -> None:
    deep = b'{"id": "a", "x": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    connector, _ = opened(reply(b'{"data": [{"id": "b"}, ' + deep + b"]}"), page())
    snapshot = connector.reader("people").read()
    assert [bool(each.problem) for each in snapshot.records] == [False, levels > DEEPEST]
    assert snapshot.complete


def test_a_read_may_take_so_many_bytes_values_and_seconds() -> None:
    for limit, words in {
        "read_bytes: 1000": "more than 1,000 bytes in all",
        "response_values: 100": "more than 100 values",
        "read_seconds: 10": "longer than 10 seconds in all",
    }.items():
        text = altered("limits: {", f"limits: {{{limit}, ")
        answers = [page(*range(50 * i, 50 * i + 50 + 60 * (i == 2))) for i in range(4)]
        late = "seconds" in limit
        script: list[object] = [reply({}, 503, retry_after="60"), page(1)] if late else [*answers]
        connector, _ = opened(*script, manifest=text)
        with pytest.raises(ReadError, match=words) as caught:
            connector.reader("people").read()
        assert caught.value.code == "R109"


def test_values_are_read_as_they_are() -> None:
    body = b'{"data": [{"id": "a", "s": "\\ud800 \\u0000", "n": 12345678901234567890}]}'
    connector, _ = opened(reply(body), page())
    data = connector.reader("people").read().records[0].data
    assert data["s"] == "\ud800 \x00"
    assert data["n"] == 12345678901234567890


# Details


def full(request: httpx.Request) -> httpx.Response:
    return reply({"id": request.url.path.split("/")[-2], "by": "detail"})


def test_details_keep_the_order_of_the_list_whichever_is_answered_first() -> None:
    barrier = threading.Barrier(4, timeout=PATIENCE)

    def slow(request: httpx.Request) -> httpx.Response:
        barrier.wait()  # only four at once get through
        return full(request)

    people = [str(n) for n in range(8)]
    connector, _ = opened(page(*people), page(), *[slow] * 8, manifest=DETAILED)
    seen: list[tuple[str, int, int | None]] = []
    snapshot = connector.reader("people").read(lambda *step: seen.append(step))
    assert ids(snapshot.records) == people
    assert all(record.data["by"] == "detail" for record in snapshot.records)
    assert seen[-1] == ("people", 8, 8)


def test_a_record_that_is_gone_is_left_out_and_noted() -> None:
    connector, _ = opened(page("a"), page(), reply({}, 404), page(), manifest=DETAILED)
    snapshot = connector.reader("people").read()
    assert snapshot.records == ()
    assert snapshot.complete
    assert "1 of 1 records were gone" in snapshot.problems[0]


def test_many_that_are_gone_make_the_read_incomplete() -> None:
    connector, _ = opened(
        page("a", "b", "c"), page(), *(reply({}, 404) for _ in "abc"), page(), manifest=DETAILED
    )
    assert not connector.reader("people").read().complete


def test_who_is_still_listed_and_has_no_detail_is_not_gone() -> None:
    """Systems answer 404 for what one may not see, and for what a replica lacks still."""
    one_at_a_time = altered("concurrency: 4", "concurrency: 1", DETAILED)
    details = [reply({"id": "a"}), reply({}, 404), reply({}, 404)]
    connector, _ = opened(
        page("a", "b", "c"), page(), *details, page("c", "a"), page(), manifest=one_at_a_time
    )
    snapshot = connector.reader("people").read()
    assert [(each.id, bool(each.problem)) for each in snapshot.records] == [
        ("a", False), ("c", True),
    ]  # fmt: skip
    assert snapshot.records[1].data == {"id": "c"}
    assert snapshot.complete
    assert snapshot.problems == ("1 of 3 records were gone when read one by one",)


def test_a_list_that_is_not_read_again_to_its_end_leaves_nobody_gone_for_certain() -> None:
    details = [reply({}, 404)]
    connector, _ = opened(page("a"), page(), *details, reply({}, 403), manifest=DETAILED)
    with pytest.raises(ReadError):
        connector.reader("people").read()


def test_a_look_up_whose_record_is_null_finds_nobody() -> None:
    manifest = altered(
        'get: {path: "/people/{id}"', 'get: {path: "/people/{id}", record: "data[0]"'
    )
    connector, _ = opened(reply({"data": []}), reply({"data": [7]}), manifest=manifest)
    reader = connector.reader("people")
    assert reader.get("7") is None
    with pytest.raises(ReadError):
        reader.get("7")


# Answers that do not hold what was asked for

_ONE = 'get: {path: "/people/{id}"'


def got(record: str, answer: httpx.Response, manifest: str = MANIFEST) -> Record | None:
    wanted = altered(_ONE, f"{_ONE}, record: {json.dumps(record)}", manifest)
    connector, _ = opened(answer, manifest=wanted)
    return connector.reader("people").get("a")


def bank(record: str, answer: httpx.Response, manifest: str = MANIFEST) -> Record:
    """Return a record with a detail; the manifest lists `n` as the only field of it."""
    detail = f'detail: [{{path: "/people/{{id}}/bank", into: bank, record: {json.dumps(record)}}}]'
    fields = "{type: [object, array, 'null'], properties: {n: {type: string}}}"
    text = altered("        email: {type: string}", f"        bank: {fields}", manifest)
    text = altered("    get: {path:", f"    {detail}\n    get: {{path:", text)
    connector, _ = opened(page("a"), page(), answer, manifest=text)
    (found,) = connector.reader("people").read().records
    return found


@pytest.mark.parametrize(
    ("record", "data"),
    [
        ("data", {"message": "upstream timeout"}),
        ("data", {}),
        ("data", []),
        ("data", "try later"),
        ("data", {"data": {"message": "upstream timeout"}}),
        ("data", {"data": "try later"}),
        ("data", {"data": None, "errors": [{"message": "upstream timeout"}]}),
        ("data", {"data": None, "error": True}),
        ("data", {"data": None, "message": "upstream timeout"}),
        ("data.user", {"data": {}}),
        ("data.user", {"data": "try later"}),
        ("data[0]", {"message": "upstream timeout"}),
        ("data[0]", {"data": {"message": "upstream timeout"}}),
        ("data[?id == 'a'] | [0]", {"data": "try later"}),
        ("data[0].user", {"data": [{"message": "upstream timeout"}]}),
        ("@", {"message": "upstream timeout"}),
        ("@", None),
    ],
)
def test_an_answer_without_the_record_does_not_say_that_there_is_none(
    record: str, data: object
) -> None:
    with pytest.raises(ReadError) as caught:
        got(record, reply(data))
    assert caught.value.code == "R107"
    if isinstance(data, dict) and "message" in data:
        assert record == "@" or "says: upstream timeout" in caught.value.summary


@pytest.mark.parametrize(
    ("record", "data"),
    [
        ("data", {"data": None}),
        ("data", {"data": None, "error": None, "errors": [], "message": " "}),
        ("data", {"data": None, "error": 0}),
        ("data.user", {"data": {"user": None}}),
        ("data.user", {"data": None}),
        ("data[0]", {"data": []}),
        ("data[?id == 'a'] | [0]", {"data": [{"id": "b"}]}),
    ],
)
def test_a_stated_null_says_that_there_is_none(record: str, data: object) -> None:
    assert got(record, reply(data)) is None


def test_the_manifest_may_say_what_an_answer_without_the_record_means() -> None:
    said = altered("errors: {message: message", "errors: {missing_when: gone, message: message")
    assert got("data", reply({"gone": True, "message": "no such user"}), said) is None
    with pytest.raises(ReadError):
        got("data", reply({"gone": False, "message": "no such user"}), said)
    ok = altered(
        "errors: {message: message", "errors: {refused_when: 'code != `0`', message: message"
    )
    assert got("data", reply({"code": 0, "message": "success", "data": None}), ok) is None


@pytest.mark.parametrize("body", [b"<html>default backend - 404</html>", b"404 page not found"])
@pytest.mark.parametrize("status", [404, 410])
def test_a_404_that_may_be_a_gateways_does_not_say_that_there_is_none(
    status: int, body: bytes
) -> None:
    with pytest.raises(ReadError, match="page or text") as caught:
        got("data", reply(body, status))
    assert caught.value.code == "R107"
    assert "errors.not_found: any" in caught.value.help
    search, _ = opened(reply(body, status))
    with pytest.raises(ReadError, match="page or text"):
        search.reader("people").find("email", "a@example.com")
    assert "page or text" in bank("data", reply(body, status)).problem
    mine = altered("errors: {message: message", "errors: {not_found: any, message: message")
    assert got("data", reply(body, status), mine) is None
    assert "bank" not in bank("data", reply(body, status), mine).data


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b"null", b'{"message": "no such user"}'])
def test_a_404_with_json_or_nothing_says_that_there_is_none(body: bytes) -> None:
    assert got("data", reply(body, 404)) is None
    assert bank("data", reply(body, 404)).data == {"id": "a"}


@pytest.mark.parametrize(
    ("record", "data"),
    [
        ("data", {"message": "upstream timeout"}),
        ("data", {"data": None, "message": "upstream timeout"}),
        ("data.{n: n}", {"message": "upstream timeout"}),
        ("@", {"message": "upstream timeout"}),
        ("data[0]", {"data": "try later"}),
    ],
)
def test_a_detail_that_is_not_in_its_answer_is_that_records_problem(
    record: str, data: object
) -> None:
    found = bank(record, reply(data))
    assert found.problem.startswith("its 'bank' cannot be read: it ")
    assert "bank" not in found.data


@pytest.mark.parametrize(
    ("record", "data", "shown"),
    [
        ("data", {"data": None}, None),
        ("data", {"data": {}}, {}),
        ("data", {"data": {"other": 1}}, {"other": 1}),
        ("@", {"other": 1}, {"other": 1}),
        ("@", {"n": "1", "message": "paid by cheque"}, {"n": "1", "message": "paid by cheque"}),
        ("data", {"data": []}, []),
        ("data.{n: n.text}", {"data": {"n": "x"}}, {}),  # what is misshapen says nothing
        ("data.{n: n.text}", {"data": {"n": None}}, {"n": None}),
    ],
)
def test_a_detail_that_its_answer_shows_is_taken(record: str, data: object, shown: object) -> None:
    found = bank(record, reply(data))
    assert (found.problem, found.data.get("bank")) == ("", shown)


def test_a_detail_in_place_of_the_record_that_is_null_is_gone_if_the_list_lacks_it_too() -> None:
    manifest = altered("into: replace,", "into: replace, record: data,", DETAILED)
    connector, _ = opened(page("a"), page(), reply({"data": None}), page(), manifest=manifest)
    assert connector.reader("people").read().records == ()
    connector, _ = opened(page("a"), page(), reply({}), manifest=manifest)
    (record,) = connector.reader("people").read().records
    assert record.problem.startswith("it cannot be read: it has nothing at 'data'")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "later"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["data", "user", "id", "message"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_JSON, st.sampled_from(["@", "data", "data.user", "user || data"]))
def test_only_a_null_at_the_place_of_the_record_says_that_there_is_none(
    data: object, record: str
) -> None:
    """Whatever else an answer holds, nobody is gone by it."""
    try:
        found = got(record, reply(data))
    except ReadError:
        return
    if found is None:
        assert record != "@"
        assert isinstance(data, dict)
        assert data.get("message", "") in ("", [], {}) or not isinstance(data["message"], str)
        assert any(key in data and data[key] is None for key in ("data", "user")) or (
            isinstance(data.get("data"), dict) and data["data"].get("user", 0) is None
        )
    else:
        assert found.id == "a"


@pytest.mark.parametrize(
    "answer",
    [reply(b"<html>"), reply(b'{"id": "a"'), reply([]), reply({"id": "other"})],
)
def test_a_detail_that_cannot_be_read_is_that_records_problem(answer: httpx.Response) -> None:
    connector, _ = opened(page("a"), page(), answer, manifest=DETAILED)
    (record,) = connector.reader("people").read().records
    assert record.id == "a"
    assert record.problem
    assert record.data == {}


def test_a_detail_that_fails_at_each_try_is_that_records_problem() -> None:
    failing = [lambda _: reply({}, 500)] * 4
    connector, _ = opened(page("a"), page(), *failing, manifest=DETAILED)
    (record,) = connector.reader("people").read().records
    assert record.problem == "the system fails (500) when it is requested"


LATER = """\
    detail:
      - {path: "/people/{id}/bank", into: bank, concurrency: 1}
      - {path: "/people/{id}/job", JOB}
    names: {account: bank}
    get: {path:"""


@pytest.mark.parametrize(
    ("job", "shown"),
    [
        ("into: job", {"id": "a", "job": {"id": "a", "n": 2}}),
        ("into: replace", {"id": "a", "n": 2}),
    ],
)
def test_a_detail_that_fails_loses_its_own_key_by_our_name(job: str, shown: object) -> None:
    answers = [*[lambda _: reply({}, 500)] * 4, reply({"id": "a", "n": 2})]
    manifest = altered("    get: {path:", LATER.replace("JOB", job))
    connector, _ = opened(page("a"), page(), *answers, manifest=manifest)
    (record,) = connector.reader("people").read().records
    assert (
        record.problem == "its 'bank' cannot be read: the system fails (500) when it is requested"
    )
    assert (record.data, record.lost) == (shown, (("account",),))


def test_a_detail_that_fails_in_place_of_the_record_leaves_nothing_certain() -> None:
    answers = [reply({}, 403), *[lambda _: reply({}, 500)] * 4]
    manifest = altered("    get: {path:", LATER.replace("JOB", "into: replace"))
    connector, _ = opened(page("a"), page(), *answers, manifest=manifest)
    (record,) = connector.reader("people").read().records
    assert record.problem == "the system fails (500) when it is requested"
    assert (record.data, record.lost) == ({}, ())


@pytest.mark.parametrize(("refused", "ends"), [("a", False), ("ab", False), ("abc", True)])
def test_a_detail_that_is_refused_for_each_of_three_people_ends_the_read(
    refused: str, ends: bool
) -> None:
    def full(request: httpx.Request) -> httpx.Response:
        id = request.url.path.split("/")[-2]
        return reply({}, 403) if id in refused else reply({"id": id})

    manifest = DETAILED.replace("concurrency: 4", "concurrency: 1")
    connector, _ = opened(page("a", "b"), page("c", "d"), page(), *[full] * 4, manifest=manifest)
    if ends:
        with pytest.raises(ReadError) as caught:
            connector.reader("people").read()
        assert caught.value.code == "R103"
        return
    records = connector.reader("people").read().records
    assert [bool(each.problem) for each in records] == [each.id in refused for each in records]


def test_a_detail_that_is_shown_of_somebody_is_refused_for_those_people_alone() -> None:
    def full(request: httpx.Request) -> httpx.Response:
        id = request.url.path.split("/")[-2]
        return reply({"id": id}) if id == "a" else reply({}, 403)

    manifest = DETAILED.replace("concurrency: 4", "concurrency: 1")
    connector, _ = opened(page("a", "b"), page("c", "d"), page(), *[full] * 4, manifest=manifest)
    snapshot = connector.reader("people").read()
    assert ([bool(each.problem) for each in snapshot.records], snapshot.complete) == (
        [False, True, True, True], False,
    )  # fmt: skip


@pytest.mark.parametrize("id", ["..", ".", "\ud800"])
def test_an_id_that_cannot_stand_in_a_path_is_that_records_problem(id: str) -> None:
    connector, world = opened(page(id), page(), manifest=DETAILED)
    (record,) = connector.reader("people").read().records
    assert "cannot be requested" in record.problem
    assert len(world.asked) == 2


@pytest.mark.parametrize(("broken", "complete"), [(1, True), (2, True), (3, False), (10, False)])
def test_where_a_fifth_of_the_details_cannot_be_read_the_read_is_incomplete(
    broken: int, complete: bool
) -> None:
    listed = [str(number) for number in range(10)]
    pages = [page(*listed[n : n + 2]) for n in range(0, 10, 2)]
    manifest = altered("pages: 5", "pages: 9", DETAILED).replace("concurrency: 4", "concurrency: 1")
    details = [reply(b"<html>sign in</html>") if n < broken else full for n in range(10)]
    connector, _ = opened(*pages, page(), *details, manifest=manifest)
    snapshot = connector.reader("people").read()
    assert len(snapshot.records) == 10
    assert snapshot.complete is complete


def test_refused_credentials_amid_the_details_end_the_read() -> None:
    connector, _ = opened(page("a"), page(), reply({}, 401), manifest=DETAILED)
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    assert caught.value.code == "R102"


def test_a_detail_goes_into_its_key_and_a_missing_one_leaves_it_absent() -> None:
    manifest = altered("into: replace, concurrency: 4", "into: bank, record: data", DETAILED)

    def bank(request: httpx.Request) -> httpx.Response:  # they are asked for at once
        return reply({"data": {"n": "x"}}) if "/a/" in request.url.path else reply({}, 404)

    connector, _ = opened(page("a", "b"), page(), bank, bank, manifest=manifest)
    first, second = connector.reader("people").read().records
    assert first.data == {"id": "a", "bank": {"n": "x"}}
    assert second.data == {"id": "b"}


@pytest.mark.parametrize("given", ["Former", 1, "1"])
def test_an_index_becomes_its_word(given: object) -> None:
    manifest = altered(
        "    get: {path:", "    normalise: {status: [Current, Former]}\n    get: {path:"
    )
    connector, _ = opened(
        reply({"data": [{"id": "a", "status": given}]}), page(), manifest=manifest
    )
    assert connector.reader("people").read().records[0].data["status"] == "Former"


@pytest.mark.parametrize("given", [7, "7", True, None, "١", ["1"], -1])
def test_what_is_no_index_stays(given: object) -> None:
    manifest = altered(
        "    get: {path:", "    normalise: {status: [Current, Former]}\n    get: {path:"
    )
    connector, _ = opened(
        reply({"data": [{"id": "a", "status": given}]}), page(), manifest=manifest
    )
    assert connector.reader("people").read().records[0].data["status"] == given


# One record


def test_get_returns_the_record_or_none() -> None:
    connector, world = opened(reply({"id": "a/b"}), reply({}, 404))
    reader = connector.reader("people")
    assert reader.get("a/b") == Record("a/b", {"id": "a/b"})
    assert reader.get("c") is None
    assert world.asked[0].url.raw_path == b"/v1/people/a%2Fb"


def test_get_of_another_record_is_a_read_error() -> None:
    connector, _ = opened(reply({"id": "b"}))
    with pytest.raises(ReadError, match="another record"):
        connector.reader("people").get("a")


def test_get_without_a_request_of_its_own_reads_the_list() -> None:
    manifest = altered('    get: {path: "/people/{id}"}\n', "")
    connector, _ = opened(page("a", "b"), page(), manifest=manifest)
    assert connector.reader("people").get("b") == Record("b", {"id": "b"})


def test_find_asks_by_the_value_as_it_is() -> None:
    value = "O'Łódź+{tenant}&x=1"
    connector, world = opened(page("a"), page())
    assert ids(connector.reader("people").find("email", value)) == ["a"]
    assert world.asked[0].url.params["email"] == value
    assert "x" not in world.asked[0].url.params


@pytest.mark.parametrize(("path", "value"), [("name", "x"), ("email", None), ("email", ["x"])])
def test_find_without_a_filter_reads_all(path: str, value: None) -> None:
    connector, world = opened(page("a", "b"), page())
    assert ids(connector.reader("people").find(path, value)) == ["a", "b"]
    assert "email" not in world.asked[0].url.params


NOT_FOUND = altered(
    "errors: {message: message, fields: errors}",
    "errors: {message: error, refused_when: ok == `false`, missing_when: error == 'not_found'}",
)


def test_a_search_that_finds_nobody_by_the_manifest_finds_nobody() -> None:
    connector, _ = opened(reply({"ok": False, "error": "not_found"}), manifest=NOT_FOUND)
    assert connector.reader("people").find("email", "x") == ()


def test_a_search_that_is_refused_and_a_whole_list_that_is_missing_are_read_errors() -> None:
    for error, searching in (("not_allowed", True), ("not_found", False)):
        connector, _ = opened(reply({"ok": False, "error": error}), manifest=NOT_FOUND)
        reader = connector.reader("people")
        with pytest.raises(ReadError, match=error):
            reader.find("email", "x") if searching else reader.read()


def test_find_in_a_list_that_is_incomplete_is_a_read_error() -> None:
    connector, _ = opened(page("a", "b"), page("a", "b"))
    with pytest.raises(ReadError):
        connector.reader("people").find("email", "x")


def test_an_unknown_resource_is_a_read_error() -> None:
    with pytest.raises(ReadError, match="no resource 'pepole'"):
        opened()[0].reader("pepole")


def test_probes_say_what_works_and_write_nothing() -> None:
    manifest = altered("retry:", "probe: [{label: signs in, path: /me}]\nretry:", MANIFEST)
    connector, world = opened(reply({}, 401), manifest=manifest)
    probes = connector.probe()
    assert [(p.what, p.finding.value) for p in probes] == [
        ("signs in", "failed"),
        ("writes people", "untested"),
    ]
    assert world.methods == ["GET"]


def test_a_record_in_another_shape_says_no_more_than_the_system_did() -> None:
    found = search(
        "data[].{code: code.value, mobile: mobile.value, fax: fax}",
        {"data": [{"code": {"value": "1"}, "fax": None}, {"code": {}, "mobile": {"value": None}}]},
    )
    assert found == [{"code": "1", "fax": None}, {"mobile": None}]


LED: dict[str, Callable[[int], dict[str, str]]] = {
    "type: next_link": lambda at: {"link": f'</v1/people?at={at}>; rel="next"; results="true"'},
    "type: next_link, next: more": lambda at: {"more": f"/v1/people?at={at}"},
    "type: cursor, param: at, next: more": lambda at: {"more": f"c{at}"},
}


def led(by: str, counts: list[int], *, on: bool) -> tuple[Any, World]:
    """Return what is read of pages with so many records, each of which names another page."""
    script, id = [], 0
    for at, count in enumerate(counts, 1):
        told = LED[by](at) if on or at < len(counts) else {}
        link = {"link": told.pop("link")} if "link" in told else {}
        rows = [{"id": n} for n in range(id, id + count)]
        script.append(reply({"data": rows, **told}, **link))
        id += count
    many = altered("pages: 5", "pages: 500", paged(f"{{{by}}}"))
    connector, world = opened(*script, manifest=many)
    return connector.reader("people").read(), world


@pytest.mark.parametrize("by", LED)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=30))
@settings(max_examples=10)
def test_a_list_may_have_empty_pages(by: str, counts: list[int]) -> None:
    snapshot, world = led(by, counts, on=False)
    assert (len(snapshot.records), snapshot.problems) == (sum(counts), ())
    assert len(world.asked) == len(counts)


@pytest.mark.parametrize("by", LED)
@pytest.mark.parametrize("first", [[], [3], [3, 0, 2]])
def test_a_list_of_empty_pages_ends(by: str, first: list[int]) -> None:
    snapshot, world = led(by, first + [0] * 70, on=True)
    assert len(world.asked) == len(first) + 50
    (problem,) = snapshot.problems
    named = "Link" if by == "type: next_link" else "more"
    assert f"50 pages in a row are empty, and by '{named}' a page follows; correct in" in problem


@pytest.mark.parametrize("says", ['results="false"', "results=false", 'Results="False"'])
@pytest.mark.parametrize("by", ["type: next_link", "type: none"])
def test_a_link_that_leads_to_no_results_is_no_next_page(says: str, by: str) -> None:
    header = f'</v1/people?at=1>; rel="next"; {says}; cursor="0:3:0"'
    for link, complete in ((header, True), (header.replace(says, 'results="true"'), False)):
        pages = [reply({"data": [{"id": 1}]}, link=link)]
        connector, _ = opened(*pages, reply({"data": []}, link=link), manifest=paged(f"{{{by}}}"))
        assert connector.reader("people").read().complete is complete


def test_an_answer_of_a_cache_is_no_redirect() -> None:
    connector, _ = opened(reply({}, 304))
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    assert "let no cache between answer" in caught.value.help
    assert caught.value.code == "R110"
