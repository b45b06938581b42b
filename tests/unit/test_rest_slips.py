"""Slips in a manifest that only the answers of its system can show."""

from typing import Any

import pytest
from rest_world import MANIFEST, altered, opened, page, reply

from oneway.core.connector_errors import ReadError, Unknown

PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"
SHORT = altered(
    PAGED, "{type: page, param: page, start: 1, size_param: size, size: 4, stop: short}"
)
AT_ONCE = altered(PAGED, "{type: none}")


def people(*ids: object, **beside: Any) -> dict[str, Any]:
    return {"data": [{"id": id} for id in ids], **beside}


def problem(*script: object, manifest: str) -> str:
    """Return the problem of a read that asks all that is scripted, "" if it is complete."""
    connector, world = opened(*script, manifest=manifest)
    snapshot = connector.reader("people").read()
    assert world.script == []
    assert snapshot.complete == (not snapshot.problems)
    return "".join(snapshot.problems)


# a system that gives smaller pages than asked for


@pytest.mark.parametrize(
    ("pages", "ids"),
    [
        ([page(1, 2), page(3, 4), page(5)], "12345"),  # two at most
        ([page(1, 2), page(3, 4), page()], "1234"),
        ([page(1, 2, 3, 4), page(5, 6)], "123456"),
        ([page(1, 2, 3, 4, 5), page(6)], "123456"),  # more than asked for
        ([page(1), page(2), page()], "12"),
        ([page(1, 2), page()], "12"),
        ([page(1, 2), reply(b"", 204)], "12"),
        ([page(1, 2), reply({}, 404)], "12"),
        ([page(1, 2), reply({}, 400)], "12"),
        ([page()], ""),
    ],
)
def test_a_short_page_ends_a_list_beside_a_longer_one(pages: list[Any], ids: str) -> None:
    connector, world = opened(*pages, manifest=SHORT)
    snapshot = connector.reader("people").read()
    assert snapshot.problems == ()
    assert "".join(record.id for record in snapshot.records) == ids
    assert world.script == []


@pytest.mark.parametrize("pages", [[page(1, 2, 3, 4), reply({}, 400)], [reply({}, 404)]])
def test_a_page_that_is_refused_after_a_full_one_is_no_end(pages: list[Any]) -> None:
    with pytest.raises(ReadError):
        opened(*pages, manifest=SHORT)[0].reader("people").read()


def test_a_first_page_that_comes_again_may_be_all_that_a_wrong_parameter_gives() -> None:
    said = problem(page(1, 2), page(1, 2), manifest=SHORT)
    assert "(is 'page' ignored?); if it is the end of the list" in said
    assert said.endswith("say so by total or next")


def test_an_empty_page_that_others_follow_passes_over_no_more_rows_than_pages_have() -> None:
    manifest = altered(PAGED, "{type: offset, param: at, size_param: n, size: 9, next: more}")
    script = [
        reply(people(*ids, more=more))
        for ids, more in (((), True), ((1, 2), True), ((), True), ((3,), False))
    ]
    connector, world = opened(*script, manifest=manifest)
    assert connector.reader("people").read().complete
    assert [url.split("at=")[1].split("&")[0] for url in world.urls] == ["0", "1", "3", "5"]


def test_a_search_that_finds_one_record_asks_no_further() -> None:
    connector, world = opened(page(1), manifest=SHORT)
    assert len(connector.reader("people").find("email", "x@example.com")) == 1
    assert world.script == []


# a `next` that is never true


@pytest.mark.parametrize("way", ["page, param: page", "offset, param: skip"])
@pytest.mark.parametrize(
    "slip", ["has_more == 'true'", "has_more == `1`", "page.hasNext && `true`"]
)
def test_a_next_that_the_answer_denies_is_no_end(way: str, slip: str) -> None:
    manifest = altered(PAGED, f'{{type: {way}, next: "not_null({slip}, `false`)"}}')
    said = problem(reply(people(1, 2, has_more=True)), manifest=manifest)
    assert "'has_more' in the answer says that a page follows; correct 'not_null(" in said
    assert problem(reply(people(1, 2, has_more=False)), manifest=manifest) == ""
    assert problem(reply(people(1, 2, next="/always")), manifest=manifest) == ""
    assert problem(reply(people(1, 2, has_more=True, total=2)), manifest=manifest) == ""


# a limit that was reached


@pytest.mark.parametrize(
    "name", ["limit", "per_page", "pageSize", "$top", "page[size]", "max-results"]
)
def test_as_many_records_as_were_asked_for_may_not_be_all(name: str) -> None:
    manifest = altered("path: /people\n", f'path: /people\n      query: {{"{name}": 2}}\n', AT_ONCE)
    said = problem(page(1, 2), manifest=manifest)
    assert f"'{name}' asks for 2 records, and so many came; say how" in said
    assert problem(page(1), manifest=manifest) == ""
    assert problem(reply(people(1, 2, total=2)), manifest=manifest) == ""
    whole = altered("{type: none}", "{type: none, next: '`false`'}", manifest)
    assert problem(page(1, 2), manifest=whole) == ""


def test_a_limit_may_be_the_size_of_the_pagination_or_in_the_body() -> None:
    sized = altered("{type: none}", "{type: none, size_param: n, size: 2}", AT_ONCE)
    assert problem(page(1, 2), manifest=sized) == ""  # n may be anything
    sized = altered("size_param: n", "size_param: limit", sized)
    assert "'limit' asks for 2" in problem(page(1, 2), manifest=sized)
    posted = altered(
        "path: /people\n", "path: /people\n      method: POST\n      body: {limit: '2'}\n", AT_ONCE
    )
    assert "'limit' asks for 2" in problem(page(1, 2), manifest=posted)


# a total that never comes


@pytest.mark.parametrize("total", ["total: meta.totl", "total_header: X-Totl"])
def test_a_total_that_no_answer_has_is_not_counted_on(total: str) -> None:
    manifest = altered(PAGED, f"{{type: page, param: page, start: 1, {total}}}")
    script = [reply(people(1, 2, meta={"total": 3})), page()]
    assert f"no page says by '{total.split()[1]}'" in problem(*script, manifest=manifest)
    assert problem(page(), manifest=manifest) == ""
    searching, _ = opened(page(1), page(), manifest=manifest)  # which may be answered otherwise
    assert len(searching.reader("people").find("email", "x@example.com")) == 1


def test_a_total_that_a_page_leaves_open_is_no_slip() -> None:
    manifest = altered(PAGED, "{type: page, param: page, start: 1, total: meta.total}")
    script = [reply(people(1, meta={"total": None})), page()]
    assert problem(*script, manifest=manifest) == ""
    script = [reply(people(1, meta={"total": 2})), page(2), page()]
    assert problem(*script, manifest=manifest) == ""


# a refusal that the manifest does not recognise

REFUSALS = [
    {"ok": False, "message": "not allowed"},
    {"success": False},
    {"status": "error", "message": "not allowed"},
    {"error": "not allowed"},
    {"errors": [{"field": "email"}], "data": None},
]


@pytest.mark.parametrize("answer", REFUSALS)
@pytest.mark.parametrize("act", ["update", "leave", "reactivate"])
def test_an_answer_that_says_that_it_failed_does_not_confirm(act: str, answer: Any) -> None:
    connector, _ = opened(reply(answer))
    with pytest.raises(Unknown) as caught:
        getattr(connector.writer("people"), act)("7", {"email": "b@example.com"}, "t")
    assert (caught.value.code, caught.value.accepted) == ("W108", True)


def test_a_refusal_beside_one_that_the_manifest_names_is_noticed() -> None:
    manifest = altered("errors: {", "errors: {refused_when: ok == 'false', ", MANIFEST)
    with pytest.raises(Unknown, match="says that it failed"):
        opened(reply({"ok": False}), manifest=manifest)[0].writer("people").update("7", {}, "t")


@pytest.mark.parametrize(
    "answer",
    [{"ok": True}, {"status": "success"}, {"id": 7, "status": "failed"}, {"id": 7, "errors": []}],
)
def test_an_answer_to_an_update_that_says_nothing_of_a_failure_confirms_it(answer: Any) -> None:
    opened(reply(answer))[0].writer("people").update("7", {"email": "b@example.com"}, "t")
