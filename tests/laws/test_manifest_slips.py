"""Laws of manifests: a slip that would make a request or an expression mean nothing is refused.

The slips are those that people bring from other tools: a placeholder in another form or left out,
`true` without backticks, a text in double quotes.
"""

import re
from pathlib import Path

import pytest

from oneway.connections.manifest import load_manifest
from oneway.core.diagnostics import Refused

ROOT = Path(__file__).resolve().parents[2]

MANIFEST = """
oneway_connector: 1
name: acme
title: Acme
kind: rest
options: {tenant: {description: Whose.}}
base_url: https://api.example.com
errors:
  message: message
  refused_when: >-
    ok == `false` || status == 'error' || contains(states[?last == `true`].name, 'no')
  missing_when: >-
    error == 'user_not_found' || user == `null`
  later_when: >-
    error == 'too_much' || busy == `true`
resources:
  people:
    id: id
    label: >-
      join(' ', [first, status == 'left' && '(left)' || ''])
    list:
      path: /{tenant}/people
      query: {fields: "id,first", where: "state ne {tenant_json}"}
      records: >-
        data[?deleted != `true` && kind == 'person']
      pagination:
        type: page
        param: page
        next: >-
          page.more == `true`
        total: page.total
    get:
      path: "/people({id_odata})"
      query: {expand: "team,self:me"}
      record: >-
        data[?id != 'x'] | [0]
    detail:
      - path: /contracts
        query: {person: "{id}"}
        into: contract
        record: >-
          [?kind == 'main']
    find:
      email: {email: "{value}", match: exact}
      code: {filter: "userName eq {value_json} and type eq 1"}
    create:
      method: POST
      path: /people
      body: {"...": "{values}", active: true}
      job:
        path: "/jobs/{id}"
        id: job.id
        status: >-
          done == `true` && 'done' || 'open'
        done: [done]
    update: {method: PATCH, path: /people, headers: {X-Person: "{id}"}, body: ["{operations}"]}
    leave: {method: POST, path: "/people/{id}:deactivate", body: {reason: left}}
    reactivate: {method: POST, path: /people/activate, body: {person: "{id}"}}
    record:
      type: object
      properties:
        id: {type: string, readOnly: true}
        email: {type: string}
        code: {type: string}
        first: {type: string}
        status: {type: string}
        contract: {type: object}
"""
MANIFESTS = {"acme": MANIFEST} | {
    path.parent.name: path.read_text("utf-8")
    for path in sorted((ROOT / "connectors").glob("*/*/manifest.yaml"))
}
PLACEHOLDER = re.compile(r"\{(id|value|values|operations|tenant)((?:_[a-z]+)?)\}")
SLIPS = [
    ":{}",
    "${}",
    "@{}",
    "<{}>",
    "${{{}}}",
    "{{{{{}}}}}",
    "{{{{ {} }}}}",
    "[{}]",
    "{{{}s}}",
    "{}",
]


def codes(text: str) -> list[str]:
    """Return the codes of the errors in a manifest."""
    try:
        load_manifest(text.encode(), "acme.yaml")
    except Refused as refused:
        return [each.code for each in refused.diagnostics if each.severity.value == "error"]
    return []


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_that_ship_have_no_slip(name: str) -> None:
    description = load_manifest(MANIFESTS[name].encode(), f"{name}.yaml")
    assert description.warnings == ()


def replaced(text: str, found: re.Match[str], instead: str) -> str:
    return text[: found.start()] + instead + text[found.end() :]


PLACES = [
    (name, found)
    for name, text in MANIFESTS.items()
    for found in PLACEHOLDER.finditer(text)
    if not re.match(r" *(#|- about:|check:)", text[: found.start()].rpartition("\n")[2])
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_placeholder_in_another_form_is_refused(place: tuple[str, re.Match[str]]) -> None:
    """An option that is left out is the exception: not every path or text needs it."""
    name, found = place
    for slip in SLIPS:
        text = replaced(MANIFESTS[name], found, slip.format(found[1] + found[2]))
        left_out = slip in ("{}", "[{}]") or (found[2] and "{{{{" in slip)
        if found[1] != "tenant" or not left_out:
            assert codes(text), text


CONSTANTS = list(re.finditer(r"`(true|false|null)`", MANIFEST))
TEXTS = list(re.finditer(r"(?<=[!=]= )'(\w+)'", MANIFEST))


@pytest.mark.parametrize("found", CONSTANTS, ids=str)
@pytest.mark.parametrize("word", ["true", "True", "false", "null", "NULL", "None", '"true"'])
def test_a_constant_without_backticks_is_refused(found: re.Match[str], word: str) -> None:
    assert codes(replaced(MANIFEST, found, word)) == ["C160"]


@pytest.mark.parametrize("found", TEXTS, ids=str)
def test_a_text_in_double_quotes_is_refused(found: re.Match[str]) -> None:
    assert "C160" in codes(replaced(MANIFEST, found, f'"{found[1]}"'))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # a resource with one record
        ('get:\n      path: "/people({id_odata})"', "get:\n      path: /{tenant}/people"),
        # what paths, queries and texts of systems hold
        ("/people/{id}:deactivate", "/people/{id}/$value"),
        ("/people/{id}:deactivate", "/people/@me/{id}"),
        ("path: /{tenant}/people", "path: /{tenant}/people:search"),
        ("id,first", "id:desc"),
        ("id,first", "user:email openid"),
        ("match: exact", 'match: "%{value}%"'),
        (
            'path: /people\n      body: {"...": "{values}"',
            'path: "/people/{values.code}"\n      body: {a: b',
        ),
        ("reason: left", 'reason: "record #{id} at 12:30"'),
        # names between quotes that need them, that are names elsewhere, and keys of new objects
        ("page.more == `true`", 'page.page < page."total-pages"'),
        ("page.more == `true`", 'page < total && total > "page"'),
        ("ok == `false`", "ok.true == `false`"),
        ("[?kind == 'main']", "[].{true: main, null: a.null}"),
    ],
)
def test_what_is_right_is_not_refused(old: str, new: str) -> None:
    assert old in MANIFEST
    assert load_manifest(MANIFEST.replace(old, new).encode(), "acme.yaml").warnings == ()
