"""What an edit of a connection's file changes: where it leads, its guards, and its other keys."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.connections.connection import Connection
from oneway.connections.parse import load_connection
from oneway.mapping.compiler import Compiled
from oneway.planning.guard_kinds import looser_guards
from oneway.runs.compare.connection_edits import edited_in_connection, redirected
from oneway.runs.compare.edited_parts import edited_parts
from oneway.runs.prepare.as_run import as_run_by
from oneway.runs.prepare.compilation import compile_data

MAPPING = """\
oneway: 1
name: m
settings: {who: {type: string, default: Employee, description: Who}}
source: {connector: staffology, resource: employees, options: {employer: e0}}
target: {connector: file, resource: t.json}
match: [{source: employmentDetails.payrollCode, target: ref}]
fields: {ref: {from: employmentDetails.payrollCode, write: on_create}}
guards: {leavers: {share: 10%, floor: 2}}
"""
COMPILED = compile_data(MAPPING.encode(), "maps/m.yaml", ())[0]


def connection(data: dict[str, Any]) -> Connection:
    text = json.dumps({"oneway_connection": 1, "name": "acme", "mapping": "../maps/m.yaml", **data})
    return load_connection(text.encode(), "connections/acme.yaml")


KEPT = st.sampled_from([{"env": "ONEWAY_ACME_A"}, {"env": "ONEWAY_ACME_B"},
                        {"file": "secrets/acme.a"}, {"keyring": "oneway/acme.a"}])  # fmt: skip
SIDE = st.fixed_dictionaries(
    {},
    optional={
        "options": st.dictionaries(st.sampled_from(["employer", "id"]),
                                   st.sampled_from(["e0", "e1", 1, True])),
        "credentials": st.dictionaries(st.just("api_key"), KEPT),
        "origin": st.sampled_from(["https://a.example.com", "https://b.example.com"]),
        "concurrency": st.integers(1, 4),
    },
)  # fmt: skip
LIMIT = st.builds(lambda share, floor: {"share": f"{share}%", "floor": floor},
                  st.integers(0, 99), st.integers(0, 9))  # fmt: skip
GUARDS = st.fixed_dictionaries({}, optional={"leavers": LIMIT, "creates": LIMIT})
FILE = st.fixed_dictionaries(
    {},
    optional={
        "source": SIDE,
        "target": SIDE,
        "guards": GUARDS,
        "settings": st.fixed_dictionaries({"who": st.sampled_from(["Employee", "Director"])}),
        "schedule": st.sampled_from(["never", {"cron": "0 5 * * *"}]),
        "reviewed_by": st.sampled_from(["A. Quill", "B. Quill"]),
    },
)


def reached(data: dict[str, Any], side: str) -> dict[str, Any]:
    """Return, by an account of its own, what leads a side to its records."""
    given = dict(data.get(side, {}))
    found = {f"options.{k}": str(v).lower() if v is True else str(v)
             for k, v in {**({"employer": "e0"} if side == "source" else {}),
                          **given.get("options", {})}.items()}  # fmt: skip
    found |= {f"credentials.{k}": v for k, v in given.get("credentials", {}).items()}
    return found | ({"origin": given["origin"]} if "origin" in given else {})


@given(FILE, FILE)
@settings(max_examples=60)
def test_whatever_leads_elsewhere_is_named_and_nothing_else(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    was, now = connection(before), connection(after)
    named = {each.name for each in redirected(COMPILED.spec, COMPILED.spec, was, now)}
    expected = set()
    for side in ("source", "target"):
        ours, theirs = reached(before, side), reached(after, side)
        keys = ours.keys() | theirs.keys()
        expected |= {f"{side}.{key}" for key in keys if ours.get(key) != theirs.get(key)}
    assert named == expected


def limits(data: dict[str, Any]) -> dict[str, tuple[int, int] | None]:
    """Return the limits in force: the connection's, else the mapping's, else none."""
    own = data.get("guards", {})
    found = {"leavers": {"share": "10%", "floor": 2}, **own}
    return {
        kind: (int(found[kind]["share"][:-1]), found[kind]["floor"]) if kind in found else None
        for kind in ("leavers", "creates")
    }


@given(FILE, FILE)
@settings(max_examples=60)
def test_a_guard_is_looser_by_the_limits_in_force(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    was, now = (as_run_by(COMPILED, connection(each)) for each in (before, after))
    named = {each.name for each in looser_guards(was.spec.guards, now.spec.guards)}
    ours, theirs = limits(before), limits(after)
    expected = {
        kind
        for kind, old in ours.items()
        if old is not None and ((new := theirs[kind]) is None or new[0] > old[0] or new[1] > old[1])
    }
    assert named == expected
    edited = {each.name for each in edited_parts(was, now)}
    assert {f"guards.{kind}" for kind in ours if ours[kind] != theirs[kind]} == {
        each for each in edited if each.startswith("guards.")
    }


@given(FILE, FILE)
@settings(max_examples=40)
def test_every_other_key_that_is_edited_is_named(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    was, now = connection(before), connection(after)
    named = {each.name for each in edited_in_connection(was, now)}
    for key in ("schedule", "reviewed_by"):
        assert (key in named) == (before.get(key) != after.get(key))
    for side in ("source", "target"):
        pair = [each.get(side, {}).get("concurrency") for each in (before, after)]
        assert (f"{side}.concurrency" in named) == (pair[0] != pair[1])
    settings_now = [each.get("settings", {}).get("who", "Employee") for each in (before, after)]
    effective = (as_run_by(COMPILED, each) for each in (was, now))
    parts = {each.name: (each.was, each.now) for each in edited_parts(*effective)}
    told = parts.get("settings.who")
    assert told == (None if settings_now[0] == settings_now[1] else tuple(settings_now))


def of_mapping(text: str) -> Compiled:
    return compile_data(text.encode(), "maps/m.yaml", ())[0]


def test_a_mapping_alone_is_led_elsewhere_too_and_a_connection_may_undo_that() -> None:
    other = of_mapping(MAPPING.replace("employer: e0", "employer: e1"))
    (found,) = redirected(COMPILED.spec, other.spec, None, None)
    assert found.text == "source.options.employer (from e0 to e1, maps/m.yaml:4:74)"
    same = connection({"source": {"options": {"employer": "e2"}}})
    assert redirected(COMPILED.spec, other.spec, same, same) == ()


def test_a_file_of_another_folder_is_another_system() -> None:
    """The mapping names both by the same path, from its own folder."""
    was = connection({})
    now = connection({"mapping": "../others/m.yaml"})
    (found,) = redirected(COMPILED.spec, COMPILED.spec, was, now)
    assert (found.name, found.was, found.now) == (
        "target.resource", "maps/t.json", "others/t.json"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resource: t.json", "resource: ./t.json"),
        ("resource: t.json", "resource: x/../t.json"),
    ],
)
def test_another_way_to_write_a_path_leads_to_the_same(one: str, other: str) -> None:
    assert one in MAPPING
    edited = of_mapping(MAPPING.replace(one, other))
    assert redirected(COMPILED.spec, edited.spec, None, None) == ()
    same = connection({})
    assert redirected(COMPILED.spec, edited.spec, same, same) == ()


@pytest.mark.parametrize("to", ["https://API.example.com/v1", "https://api.example.com:443/v1/"])
def test_another_way_to_write_an_address_leads_to_the_same(to: str) -> None:
    address = "https://api.example.com/v1"
    was, now = (connection({"source": {"options": {"base": each}}}) for each in (address, to))
    assert redirected(COMPILED.spec, COMPILED.spec, was, now) == ()


def test_channels_are_named_without_their_words() -> None:
    url = {"notify": [{"webhook": {"url": "https://hooks.example.com/secret-word"}}]}
    (found,) = edited_in_connection(connection({}), connection(url))
    assert (found.name, found.was, found.now) == ("notify", "", "")


def test_a_key_that_only_has_the_same_name_stays_where_the_mapping_has_it() -> None:
    own = connection({}).written.document
    (found,) = edited_parts(COMPILED, of_mapping(MAPPING.replace("name: m", "name: n")), own)
    assert found.text == "name (from m to n, maps/m.yaml:2:1)"
