"""A mistake in `notify` stops no run: nobody keeps access because a notice cannot be sent."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cli_world import World, person, user
from hypothesis import given
from hypothesis import strategies as st
from night import Night

from listener import Listener
from oneway.cli.exits import Exit
from oneway.connections.connection import (
    DEFAULT_OCCASIONS,
    Connection,
    Email,
    NoticeFolder,
    Occasion,
    Upload,
    Webhook,
)
from oneway.connections.parse import load_connection, load_for_a_run
from oneway.core.diagnostics import Refused

HEAD = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nschedule: never\n"
MAIL = {"to": ["ada@example.com"], "from": "it@example.com", "server": "smtp.example.com"}
HOOK = {"url": "https://hooks.example.com/x"}
REPORTS = {"url": "https://files.example.com/x", "header": "X-Key"}
EMAIL = Email(("ada@example.com",), "it@example.com", "smtp.example.com")
WEBHOOK = Webhook("https://hooks.example.com/x")


def text_of(notify: object) -> bytes:
    data = {"oneway_connection": 1, "name": "acme", "mapping": "m.yaml", "notify": notify}
    return json.dumps(data).encode()


def loaded(notify: object) -> Connection:
    return load_for_a_run(text_of(notify), "acme.yaml")


@pytest.mark.parametrize(
    ("notify", "channels"),
    [
        ([{"webhook": HOOK, "email": MAIL}], (WEBHOOK, EMAIL)),
        ([{"upload": REPORTS}], (Upload("https://files.example.com/x"),)),
        ([{"webhook": {"url": "http://hooks.example.com"}}, {"email": MAIL}], (EMAIL,)),
        ([{"webhook": {**HOOK, "secret": {"env": "HOME"}}}, {"email": MAIL}], (EMAIL,)),
        ([{"webhook": {**HOOK, "secret": "in clear"}}, {"email": MAIL}], (EMAIL,)),
        ([{"email": MAIL, "telegram": "x"}, "payroll@example.com"], (EMAIL,)),
        ({"folder": {"path": "reports"}}, (NoticeFolder("reports"),)),
        (
            [{"email": MAIL, "on": ["weekly", "failures"]}],
            (replace(EMAIL, on=DEFAULT_OCCASIONS | {Occasion.WEEKLY}),),
        ),
        ("payroll@example.com", ()),
    ],
)
def test_all_channels_are_used_that_can_be(notify: object, channels: tuple[Any, ...]) -> None:
    found = loaded(notify)
    assert found.notify == channels
    assert found.mistakes
    assert found.notify_broken


KEYS = (
    *("webhook", "email", "folder", "upload", "on", "url", "secret", "to", "from", "server"),
    *("path", "token", "header", "env", "file", "port", "user"),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["https://a.example.com", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_is_in_notify_the_connection_runs_as_without_it(notify: object) -> None:
    found, plain = loaded(notify), loaded([])
    same = {"notify": (), "notify_file": "", "notify_broken": False, "mistakes": ()}
    assert replace(found, **same) == replace(plain, **same)
    strict = partial(load_connection, text_of(notify), "acme.yaml")
    if found.mistakes:
        with pytest.raises(Refused) as refused:
            strict()
        assert refused.value.diagnostics == found.mistakes
    else:
        assert strict() == found


def test_a_mistake_elsewhere_is_still_refused_also_by_an_alias_of_notify() -> None:
    wrong = [
        "notify: [{webhook: {}}]\nsettings: 7\n",
        "notify: [{webhook: {url: &it []}}]\nsettings: {days: *it}\n",
    ]
    for more in wrong:
        with pytest.raises(Refused):
            load_for_a_run((HEAD + more).encode(), "acme.yaml")


@pytest.fixture
def acme(world: World, hook: Listener) -> World:
    """A connection with two channels in one item; the source has one leaver."""
    for each in ("connections", "reports"):
        (world.folder / each).mkdir()
    channels = {"webhook": {"url": hook.url}, "folder": {"path": "../reports"}}
    world.write("connections/acme.yaml", f"{HEAD}notify: [{json.dumps(channels)}]\n")
    world.write("people.json", [person(1, left=True), person(2)])
    world.write("users.json", [user(1), user(2)])
    return world


def test_the_night_goes_on_and_who_has_left_leaves(acme: World) -> None:
    ended = acme.run("sync", "acme")
    assert ended.code == Exit.DONE
    assert "warning: 'webhook' and 'folder' exclude each other [S108]" in ended.flat
    assert acme.read("users.json")[0]["leaveDate"]
    planned = acme.run("plan", "acme")
    assert (planned.code, planned.flat.count("[S108]")) == (Exit.DONE, 1)


def test_both_channels_are_notified_of_a_failure(acme: World, hook: Listener) -> None:
    acme.write("people.json", [])
    assert acme.run("sync", "acme").code == Exit.ERROR
    assert [json.loads(each.body)["type"] for each in hook.heard] == ["connection.failure"]
    assert (acme.folder / "reports" / "acme.html").exists()


def test_the_checks_still_refuse_it_and_the_status_says_it(acme: World) -> None:
    assert acme.run("validate", "connections").code == Exit.ERROR
    assert acme.run("connect", "acme", "--no-sync").code == Exit.ERROR
    acme.run("sync", "acme")
    shown = acme.run("status", "--exit-code")
    assert shown.code == Exit.ERROR
    assert "exclude each other [S108]" in shown.flat
    (one,) = acme.run("status", "--format", "json").data["connections"]
    assert (one["name"], [each["code"] for each in one["problems"]]) == ("acme", ["S108"])
    assert one["last"] is not None


def test_the_page_of_a_run_says_it_until_it_is_corrected(acme: World) -> None:
    acme.run("sync", "acme")
    page = acme.run("report", "acme").out
    assert "Who may not be notified" in page
    assert "exclude each other" in page
    acme.write("connections/acme.yaml", HEAD)
    assert "Who may not be notified" not in acme.run("report", "acme").out


def test_without_a_usable_channel_the_default_of_the_folder_is_notified(
    acme: World, hook: Listener
) -> None:
    acme.write("connections/acme.yaml", f"{HEAD}notify: payroll@example.com\n")
    acme.write(
        "connections/notify.yaml",
        f"oneway_notify: 1\nnotify: [{{webhook: {{url: '{hook.url}'}}}}]\n",
    )
    assert acme.run("sync", "acme").code == Exit.DONE
    told = [json.loads(each.body) for each in hook.heard]
    assert [each["type"] for each in told] == ["folder.failure"]
    assert told[0]["data"]["causes"][0]["file"] == "connections/acme.yaml"
    acme.write("people.json", [])
    assert acme.run("sync", "acme").code == Exit.ERROR
    assert [json.loads(each.body)["type"] for each in hook.heard][1:] == ["connection.failure"]


def test_a_scheduled_run_goes_on_and_the_command_ends_with_1(tmp_path: Path) -> None:
    night = Night(tmp_path)
    night.set_clock("2026-11-23T12:00:00")
    night.add("acme", notify=[{"webhook": {"url": "http://127.0.0.1:9"}, "folder": {"path": "r"}}])
    night.run("run-due")
    night.set_clock("2026-11-24T04:00:00")
    ended = night.run("run-due")
    assert ended.ends() == 1
    assert "acme: done: 3 done" in ended.said
    assert "S108" in ended.said
