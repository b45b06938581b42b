"""Laws of what a list says of itself: a sign of a cut is noticed, whoever spells it, and no other.

A sign is words, spelt in any way, at any place where systems put it: beside the list, around it, in
an object about pages at any depth, or in a header after any prefix. Each has values that say that
rows are missing, and values that say that none are. What is refused names a remedy, and the remedy,
written as it is told, is the end of the alarm.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.rest_world import MANIFEST, altered, opened, reply

CAME = 3
ROWS = [{"id": f"p{n}"} for n in range(CAME)]
AT_ONCE = altered(
    "{type: page, param: page, start: 1, size_param: size, size: 2}",
    "{type: none}",
    altered("errors: {message: message, fields: errors}\n", "", MANIFEST),
)
SENTENCES_CUT = [
    "API rate limit exceeded", "Row limit reached.", "OVER_QUERY_LIMIT", "results truncated",
    "OK. The maximum number of rows was reached", "Request timed out", "Partial results only",
    "Showing only the first 3 rows", "More records are available", "2 users could not be loaded",
    "Showing 3 of 9 records", "Showing 1 to 3 of 1,209 entries", "3 of 9 users returned", "3 of 4",
    "Displaying 1 - 3 of 9", "Result set truncated", "Trial accounts are limited to 3 users",
    "Some records were excluded because of permissions", "2 users were omitted",
    "Too many records", "Failed to load page 2", "Data may be incomplete: requests throttled",
]  # fmt: skip
SENTENCES_WHOLE = [
    "", "OK", "success", "3 records found", "No more records", "No limit was reached",
    "Rate limit: 100 requests", "From May, requests over the limit will be throttled",
    "This endpoint is deprecated",
    "Showing 3 of 3 records", "3 of 9 licences are in use", "3 of 9 users have a licence",
    "Field 'mobile' was truncated to 20 characters", "Your trial is limited to 10 users",
    "Some values were truncated", "0 records were skipped", "Inactive users are excluded",
    "Use the cursor to get more results", "rate limit not exceeded",
    "Request processed in 3 s",
]  # fmt: skip


@dataclass(frozen=True)
class Sign:
    """Words that say of a list whether it is all, and what their values mean."""

    names: str
    cut: list[Any]
    whole: list[Any]
    alone: bool = True
    """Whether a header may have these words."""


YES = [True, "true", "yes"]
NO = [False, "false", None, ""]
MANY, ALL = [7, "7", 250], [CAME, "3", None]
SIGNS = [
    *(Sign(each, YES, NO) for each in (
        "has more", "has next page", "more records available", "is truncated",
        "max rows reached", "size limit exceeded", "exceeded transfer limit",
        "row limit reached", "max results exceeded", "more items in collection",
        "total record count limit exceeded",
    )),
    *(Sign(each, YES, NO, alone=False) for each in (
        "partial results", "incomplete results", "timed out", "rate limit exceeded", "over limit",
        "throttled", "time limit reached",
    )),
    *(Sign(each, [False, "false"], [True, "true"]) for each in ("is last page", "end of list")),
    Sign("eof", [False, "false"], [True, "true"], alone=False),
    *(Sign(each, [1, "2"], [0, "0", None], alone=False)
      for each in ("remaining", "remaining items")),
    *(Sign(each, ["1-3/9", "1-3 of 9"], ["1-3/3", "3", None], alone=False)
      for each in ("range", "content range")),
    *(Sign(each, [["p9"], 1, "2", True], [[], 0, "0", None, False], alone=False) for each in (
        "failed records", "skipped", "skipped count", "unauthorized count", "excluded items",
        "records omitted",
    )),
    Sign("overflow", YES, NO, alone=False),
    *(Sign(each, MANY, ALL) for each in (
        "total", "total count", "total records", "record count", "number matched", "records total",
        "records found", "total available",
    )),
    *(Sign(each, [2, "3", "1/2"], [1, "1", "1/1"]) for each in (
        "total pages", "pages", "page count", "last page", "pages total",
    )),
    *(Sign(each, ["ab12", 2], [None, "", 0]) for each in (
        "next page token", "continuation token", "next page", "next cursor",
        "next range", "continuation", "continuation next partition key",
    )),
    *(Sign(each, [[{"message": "timeout"}], "shard 2"], [[], None, {}, ""], alone=False)
      for each in ("exceptions", "errors", "error messages", "failures", "faults")),
    *(Sign(each, SENTENCES_CUT, SENTENCES_WHOLE, alone=False)
      for each in ("message", "warning", "response message", "notice")),
    Sign("warnings", [[each] for each in SENTENCES_CUT], [[each] for each in SENTENCES_WHOLE],
         alone=False),
    *(Sign(each, ["E100", "timeout"], ["NO_ERROR", "no-error", "SUCCESS", "0000"], alone=False)
      for each in ("error code", "error")),
    *(Sign(each, [[{"level": "Warn", "message": said}] for said in SENTENCES_CUT],
           [[{"level": "Warn", "message": said}] for said in SENTENCES_WHOLE], alone=False)
      for each in ("process results", "remarks")),
    Sign("status code", [206, "206", 503], [200, "200"], alone=False),
]  # fmt: skip
NAMESPACES = ["", "@Acme.Staff.", "acme:"]
PREFIXES = ["", "X-", "X-PW-", "Opc-", "X-Acme-Hr-"]
MEASURES = ["RateLimit", "Cache", "Time", "Query", "Quota", "Db", "Bytes"]
ABOUT_PAGES = [
    "meta",
    "paging",
    "pagination",
    "page_info",
    "responseMetadata",
    "list-info",
    "responseHeader",
]
ORDINARY: dict[str, Any] = {
    "limit": 100, "nextSyncToken": "ab", "@odata.deltaLink": "https://x", "totalAmount": 900,
    "warnings_count": 0, "request_id": "9", "url": "/people", "nextReview": "2026-05-01",
    "cursors": {"before": "a", "after": "b"}, "rate_limit": {"limit": 3, "remaining": 2},
    "meter": {"remaining": 57, "reset": 123}, "omitted": ["salary"],
    "note": "Bank details are excluded because of permissions",
}  # fmt: skip
HEADERS = {
    "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "3", "X-Total-Time": "120",
    "X-Cache-Hits": "12", "X-Page": "1", "X-Request-Id": "77",
}  # fmt: skip


def spelt(names: str, style: str) -> str:
    words = names.split()
    match style:
        case "camel":
            return words[0] + "".join(map(str.title, words[1:]))
        case "Pascal":
            return "".join(map(str.title, words))
        case "UPPER":
            return "_".join(words).upper()
    return style.join(words)


STYLES = st.sampled_from(["camel", "Pascal", "UPPER", "_", "-", ""])


@dataclass(frozen=True)
class Answer:
    """An answer of a list, with a sign somewhere in it."""

    data: Any
    records: str
    headers: dict[str, str]
    name: str = ""

    def problems(self, listed: str = "", errors: str = "") -> str:
        manifest = altered("{type: none}", f"{{type: none{listed}}}", AT_ONCE)
        manifest = altered("records: data", f"records: {self.records}", manifest)
        manifest = altered("resources:", f"{errors}resources:", manifest)
        answer = reply(self.data, **self.headers)
        return "; ".join(opened(answer, manifest=manifest)[0].reader("people").read().problems)


@st.composite
def answers(draw: st.DrawFn, sign: Sign, *, cut: bool) -> Answer:
    name = draw(st.sampled_from(NAMESPACES)) + spelt(sign.names, draw(STYLES))
    value = draw(st.sampled_from(sign.cut if cut else sign.whole))
    keys = draw(st.lists(st.sampled_from(sorted(ORDINARY)), max_size=3, unique=True))
    beside = {key: ORDINARY[key] for key in keys}
    headers = {key: HEADERS[key] for key in draw(st.sets(st.sampled_from(sorted(HEADERS))))}
    place = draw(st.sampled_from(["beside", "around", "about", "deep", "header"]))
    if place == "header" and sign.alone:
        prefix, given = draw(st.sampled_from(PREFIXES)), "" if value is None else str(value).lower()
        headers[prefix + spelt(sign.names, "-").title()] = given
        return Answer({**beside, "data": ROWS}, "data", headers)
    about = draw(st.sampled_from(ABOUT_PAGES))
    said = {name: value}
    if place == "deep":
        said = {"result": {about: {"pagination": said}}}
    elif place == "about":
        said = {about: said}
    if place == "around":
        return Answer({**said, "data": {**beside, "people": ROWS}}, "data.people", headers, name)
    return Answer({**said, **beside, "data": ROWS}, "data", headers, name)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.names)
@given(data=st.data())
@settings(max_examples=15)
def test_a_sign_of_a_cut_is_refused_with_a_remedy_that_works(
    sign: Sign, data: st.DataObject
) -> None:
    answer = data.draw(answers(sign, cut=True))
    said = answer.problems()
    assert said
    if line := re.search(r"write there ((?:total|next): '`\w+`')$", said):
        told = answer.problems(listed=f", {line[1]}")
    else:
        assert "let the manifest's errors.refused_when say by it" in said
        quoted = json.dumps(json.dumps(answer.name) + " == 'never'")
        told = answer.problems(errors=f"errors: {{refused_when: {quoted}}}\n")
    assert told == ""


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.names)
@given(data=st.data())
@settings(max_examples=15)
def test_a_sign_of_a_whole_list_is_silent(sign: Sign, data: st.DataObject) -> None:
    assert data.draw(answers(sign, cut=False)).problems() == ""


@pytest.mark.parametrize("rest", ["limited to {} users", "only the first {} rows", "{} of 9 shown"])
def test_what_a_number_in_a_sentence_says_depends_on_how_many_came(rest: str) -> None:
    for number, cut in ((CAME, True), (CAME + 2, False)):
        message = f"This is {rest.format(number)}"
        assert bool(Answer({"message": message, "data": ROWS}, "data", {}).problems()) is cut


@given(st.sampled_from(MEASURES), st.sampled_from(["Total", "Limit", "Remaining", "Hits", "Count"]))
def test_a_total_of_something_else_in_a_header_is_silent(measure: str, what: str) -> None:
    assert Answer({"data": ROWS}, "data", {f"X-{measure}-{what}": "99"}).problems() == ""


@given(
    st.sampled_from(["number", "page", "current"]),
    st.sampled_from(["of", "total"]),
    st.lists(st.sampled_from(["page", "meta"]), max_size=2),
)
def test_beside_the_number_of_a_page_stands_how_many_there_are(
    here: str, all: str, around: list[str]
) -> None:
    for count in (1, 2):
        said: dict[str, Any] = {here: 1, all: count}
        for name in around:
            said = {name: said}
        assert bool(Answer({**said, "data": ROWS}, "data", {}).problems()) is (count > 1)


@pytest.mark.parametrize("rel", ["next", "NEXT", "last next", ["next"], ["item", "next"]])
def test_a_link_of_a_list_may_have_several_relations(rel: Any) -> None:
    for key in ("rel", "relation"):
        links = [{key: ["self"], "href": "/1"}, {key: rel, "href": "/2"}]
        assert Answer({"links": links, "data": ROWS}, "data", {}).problems()
        assert not Answer({"links": links[:1], "data": ROWS}, "data", {}).problems()


@given(
    st.sampled_from(["Pagination", "Paging-Headers", "Page-Info", "Meta"]),
    st.sampled_from(["", "X-", "X-Acme-"]),
)
def test_a_header_may_hold_an_object_about_pages(name: str, prefix: str) -> None:
    for said, whole in (
        ({"totalCount": CAME, "totalPages": 1, "nextPage": "No"}, True),
        ({"totalCount": CAME, "totalPages": 1, "nextPage": "Yes"}, False),
        ({"totalCount": 9}, False),
        ({"totalPages": 3}, False),
    ):
        given_so = {prefix + name: json.dumps(said)}
        assert bool(Answer({"data": ROWS}, "data", given_so).problems()) is not whole
