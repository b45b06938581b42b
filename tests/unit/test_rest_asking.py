"""How a manifest asks for lists and records: searches, bodies, fields of a record, headers."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_world import KEY, MANIFEST, altered, described, opened, page, reply

from oneway.core.connector_errors import NotSent
from oneway.core.description import Capability
from oneway.core.diagnostics import Refused

PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"
LIST = "path: /people\n"
GET = '    get: {path: "/people/{id}"}\n'
FIND = 'find: {email: {email: "{value}"}}'
DETAIL = '    detail: [{path: "/users/{record.userName}/contract", into: contract}]\n'

names = st.sampled_from(["q", "filter", "page", "size", "fields"])
texts = st.text("ab '\"&=#", max_size=5)


@given(
    listed=st.dictionaries(names, texts | st.lists(texts, max_size=2), max_size=3),
    found=st.dictionaries(names, texts, min_size=1, max_size=3),
)
def test_a_search_sends_each_parameter_once_and_its_own_first(
    listed: dict[str, object], found: dict[str, str]
) -> None:
    searched = {name: text.replace("{", "") + "{value}" for name, text in found.items()}
    manifest = altered(LIST, f"{LIST}      query: {json.dumps(listed)}\n")
    manifest = altered(FIND, f"find: {{email: {json.dumps(searched)}}}", manifest)
    manifest = altered(PAGED, "{type: none}", manifest)
    connector, world = opened(page(), manifest=manifest)
    connector.reader("people").find("email", "a@example.com")
    sent = parse_qs(urlsplit(world.urls[0]).query, keep_blank_values=True)
    expected = {
        name: value if isinstance(value, list) else [value] for name, value in listed.items()
    }
    expected |= {name: [text + "a@example.com"] for name, text in found.items()}
    assert sent == {name: value for name, value in expected.items() if value}


def test_a_record_is_asked_for_with_a_body() -> None:
    body = (
        '    get: {method: POST, path: /people/search, body: {ids: ["{id}"]}, record: "data[0]"}\n'
    )
    connector, world = opened(reply({"data": [{"id": "a/b"}]}), manifest=altered(GET, body))
    found = connector.reader("people").get("a/b")
    assert found is not None
    assert found.id == "a/b"
    assert (world.methods, json.loads(world.asked[0].content)) == (["POST"], {"ids": ["a/b"]})


def test_a_read_by_post_is_tried_again_after_a_500() -> None:
    listed = "path: /people\n      method: POST\n      body: {}\n"
    manifest = altered(PAGED, "{type: none}", altered(LIST, listed))
    connector, world = opened(reply({}, 500), page("a"), manifest=manifest)
    assert [each.id for each in connector.reader("people").read().records] == ["a"]
    assert world.methods == ["POST", "POST"]


def test_a_write_by_post_is_not_tried_again_after_a_500() -> None:
    connector, world = opened(reply({}, 500))
    with pytest.raises(Exception, match="answers 500"):
        connector.writer("people").create({"email": "a@example.com"}, "t")
    assert world.methods == ["POST"]


def test_a_detail_is_asked_for_by_a_field_of_the_record() -> None:
    manifest = altered(PAGED, "{type: none}", altered(GET, DETAIL))
    people = {"data": [{"id": 1, "userName": "o'neill/x"}, {"id": 2, "userName": 7}, {"id": 3}]}
    connector, world = opened(
        reply(people), reply({"end": None}), reply({"end": "2026-11-30"}), manifest=manifest
    )
    records = connector.reader("people").read().records
    assert world.urls[1:] == ["/users/o%27neill%2Fx/contract", "/users/7/contract"]
    assert [each.data.get("contract") for each in records] == [
        {"end": None}, {"end": "2026-11-30"}, None,
    ]  # fmt: skip
    assert [bool(each.problem) for each in records] == [False, False, True]
    assert "there is no text at 'record.userName'" in records[2].problem


def test_a_replacing_detail_that_names_a_field_looks_nobody_up_by_id() -> None:
    text = DETAIL.replace("into: contract", "into: replace")
    by_field, by_id = (described(altered(GET, each)) for each in (
        text, text.replace("record.userName", "id")
    ))  # fmt: skip
    assert Capability.GET not in by_field.resources["people"].capabilities
    assert Capability.GET in by_id.resources["people"].capabilities


def test_a_create_by_a_key_of_its_own() -> None:
    create = 'create: {method: PUT, path: "/orgs/acme/members/{values.login}", body: {role: x}}'
    manifest = altered("create: {method: POST, path: /people}", create)
    connector, world = opened(reply({"id": 9}), manifest=manifest)
    assert connector.writer("people").create({"login": "ann oak"}, "t") == "9"
    assert world.urls == ["/orgs/acme/members/ann%20oak"]


def test_a_cursor_and_a_total_in_headers() -> None:
    pagination = "{type: cursor, param: after, next_header: X-Next, total_header: X-All}"
    manifest = altered(PAGED, pagination)
    first = reply({"data": [{"id": 1}]}, X_Next="b", X_All="3")
    connector, world = opened(first, reply({"data": [{"id": 2}]}, X_All="3"), manifest=manifest)
    read = connector.reader("people").read()
    assert world.urls == ["/people", "/people?after=b"]
    assert read.problems == ("2 of 3 records came",)


def test_a_cursor_may_be_a_field_of_the_last_record() -> None:
    manifest = altered(PAGED, '{type: cursor, param: after, next: "more && data[-1].id"}')
    first = reply({"data": [{"id": "a"}, {"id": "b"}], "more": True})
    last = reply({"data": [{"id": "c"}], "more": False})
    connector, world = opened(first, last, manifest=manifest)
    assert connector.reader("people").read().problems == ()
    assert world.urls == ["/people", "/people?after=b"]


def test_an_id_may_be_a_heading() -> None:
    manifest = altered("    id: id\n", '    id: "Employee ID"\n')
    connector, _ = opened(reply({"data": [{"Employee ID": 7}]}), page(), manifest=manifest)
    assert [each.id for each in connector.reader("people").read().records] == ["7"]


def test_a_write_as_a_form() -> None:
    update = 'update: {method: POST, path: "/people/{id}", encoding: form}'
    manifest = altered('update: {method: PATCH, path: "/people/{id}"}', update)
    connector, world = opened(reply({}), manifest=manifest)
    writer = connector.writer("people")
    writer.update("1", {"name": "Ann & Bob", "gone": None, "on": True, "teams": ["a", "b"]}, "t")
    assert world.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert world.asked[0].content == b"name=Ann+%26+Bob&gone=&on=true&teams=a&teams=b"
    with pytest.raises(NotSent, match="no place for the object or list in 'address'") as caught:
        writer.update("1", {"address": {"city": "Leeds"}}, "t")
    assert caught.value.code == "W111"
    assert len(world.asked) == 1


def test_a_write_as_a_json_patch() -> None:
    update = (
        'update: {method: PATCH, path: "/people/{id}", body: "{json_patch}", '
        "headers: {Content-Type: application/json-patch+json}}"
    )
    manifest = altered('update: {method: PATCH, path: "/people/{id}"}', update)
    connector, world = opened(reply({}), manifest=manifest)
    values = {"name": {"first": "Ann"}, "a/b~c": None, "teams": ["x"]}
    connector.writer("people").update("1", values, "t")
    assert world.asked[0].headers["content-type"] == "application/json-patch+json"
    assert json.loads(world.asked[0].content) == [
        {"op": "add", "path": "/name/first", "value": "Ann"},
        {"op": "remove", "path": "/a~1b~0c"},
        {"op": "add", "path": "/teams", "value": ["x"]},
    ]


@pytest.mark.parametrize("held", [{}, {"name": None}, {"name": {"last": "Oak"}}])
def test_a_json_patch_adds_the_object_that_the_record_lacks(held: dict[str, object]) -> None:
    update = 'update: {method: PATCH, path: "/people/{id}", body: {ops: "{json_patch}"}}'
    manifest = altered('update: {method: PATCH, path: "/people/{id}"}', update)
    connector, world = opened(reply({"id": "1", **held}), reply({}), reply({}), manifest=manifest)
    connector.reader("people").get("1")
    writer = connector.writer("people")
    for _ in range(2):  # only the first write follows the look
        writer.update("1", {"name": {"first": "Ann"}}, "t")
    within = [{"op": "add", "path": "/name/first", "value": "Ann"}]
    whole = [{"op": "add", "path": "/name", "value": {"first": "Ann"}}]
    sent = [json.loads(each.content)["ops"] for each in world.asked[1:]]
    assert sent == [within if held.get("name") else whole, within]


AUTH = 'auth: {type: header, header: X-Key, value: "{api_key}"}'


@pytest.mark.parametrize(("auth", "sent"), [
    (
        "type: token_exchange, path: /token, encoding: form, "
        'body: {user: me, password: "{api_key}"}',
        {"user": ["me"], "password": [KEY]},
    ),
    (
        'type: oauth2_client_credentials, path: /token, client_id: me, client_secret: "{api_key}", '
        'params: {grant_type: account_credentials, account_id: "{tenant}"}',
        {"grant_type": ["account_credentials"], "client_id": ["me"], "client_secret": [KEY],
         "account_id": ["t1"]},
    ),
])  # fmt: skip
def test_a_token_is_asked_for_by_a_form(auth: str, sent: dict[str, list[str]]) -> None:
    manifest = altered(PAGED, "{type: none}", altered(AUTH, f"auth: {{{auth}}}"))
    connector, world = opened(reply({"access_token": "t"}), page("a"), manifest=manifest)
    connector.reader("people").read()
    assert parse_qs(world.asked[0].content.decode()) == sent
    assert world.asked[1].headers["authorization"] == "Bearer t"


@pytest.mark.parametrize(("old", "new", "told"), [
    (PAGED, "{type: cursor, param: after}", "nothing says where the next cursor is"),
    (PAGED, "{type: page, param: page, next_header: X-Next}", "no effect with page"),
    (PAGED, "{type: cursor, param: p, next: n, next_header: X-Next}", "one place is read"),
    (PAGED, "{type: none, total: n, total_header: X-All}", "one place is read"),
    (GET, '    get: {path: "/people/{record.code}"}\n', "unknown name 'record.code'"),
    (GET, '    detail: [{path: "/u/{code}", into: x}]\n', "unknown name 'code'"),
    (GET, '    detail: [{path: "/u/{record.}", into: x}]\n', "unknown name 'record.'"),
])  # fmt: skip
def test_what_has_no_effect_or_no_value_is_refused(old: str, new: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        described(altered(old, new))
    assert any(told in each.summary for each in refused.value.diagnostics)


@pytest.mark.parametrize(("write", "told"), [
    ("leave: {WAY}", "nothing says by what the record shows after a DELETE"),
    ("update: {WAY, writes: [email]}", "DELETE is a way to leave, and this is 'update'"),
    ("reactivate: {WAY, writes: [email]}", "and this is 'reactivate'"),
    ("create: {method: DELETE, path: /people}", "and this is 'create'"),
])  # fmt: skip
def test_a_delete_is_a_leave_of_which_it_is_said_what_it_writes(write: str, told: str) -> None:
    way = write.replace("WAY", 'method: DELETE, path: "/people/{id}"')
    key = write.partition(":")[0]
    text = re.sub(rf"^    {key}: .*\n", "", MANIFEST, flags=re.MULTILINE)
    with pytest.raises(Refused) as refused:
        described(altered("    record:", f"    {way}\n    record:", text))
    assert any(told in each.summary for each in refused.value.diagnostics)


def test_a_leave_by_delete_needs_a_look_at_the_record() -> None:
    leave = '    leave: {method: DELETE, path: "/people/{id}", writes: [email]}\n'
    assert "leave" not in str(described(altered(GET, GET + leave)).warnings)
    with pytest.raises(Refused) as refused:
        described(altered(GET, leave))
    (found,) = refused.value.diagnostics
    assert (found.code, found.help) == ("C109", "add `get`, which asks for one record")


MATCH = 'update: {method: PATCH, path: "/people/{id}", headers: {If-Match: "{version}"}}'
UPDATE = 'update: {method: PATCH, path: "/people/{id}"}'


@pytest.mark.parametrize(("get", "update", "told"), [
    ("version_header: ETag", UPDATE, "'version_header' has no effect: no write names it"),
    ("version: meta.version", UPDATE, "'version' has no effect: no write names it"),
    ("version: a, version_header: b", MATCH, "one place is read"),
    ("record: data", MATCH, "unknown name 'version'"),
    ("version: 'meta['", MATCH, "this [ is never closed"),
    ("version_header: ETag", MATCH.replace("{version}", "{versoin}"), "unknown name 'versoin'"),
])  # fmt: skip
def test_a_slip_with_a_version_is_refused(get: str, update: str, told: str) -> None:
    text = altered('get: {path: "/people/{id}"}', f'get: {{path: "/people/{{id}}", {get}}}')
    with pytest.raises(Refused) as refused:
        described(altered(UPDATE, update, text))
    assert any(told in each.summary for each in refused.value.diagnostics), refused.value


def test_version_is_the_name_of_an_option_where_no_record_has_one() -> None:
    options = "tenant: {description: Whose., default: t1}"
    text = altered(options, f"{options}\n  version: {{description: Of the API., default: v2}}")
    described(altered("path: /people\n", "path: /{version}/people\n", text))
    text = altered('get: {path: "/people/{id}"}', 'get: {path: "/people/{id}", version: v}', text)
    with pytest.raises(Refused) as refused:
        described(altered(UPDATE, MATCH, text))
    assert [each.code for each in refused.value.diagnostics] == ["C116"]


def test_a_field_of_the_record_between_quotes_is_warned_of() -> None:
    text = DETAIL.replace("/users/{record.userName}/contract", "/users('{record.userName}')")
    assert [each.code for each in described(altered(GET, text)).warnings] == ["C155"]
