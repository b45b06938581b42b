"""`oneway notify`, and what a sync of a connection tells."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cli_world import Ended, World, person, process, user
from standardwebhooks.webhooks import Webhook as Verifier

from listener import Listener, listening, status
from oneway.cli.exits import Exit
from oneway.history.journal import Journal
from oneway.history.journal.incidents import failed, queue, take_notice, undelivered

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONNECTION = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
schedule: never
notify:
  - webhook: {url: "%s", secret: {env: ONEWAY_HOOK_SECRET}}
    on: [failure, guard, recovery]
"""


@pytest.fixture
def acme(world: World, hook: Listener, monkeypatch: pytest.MonkeyPatch) -> World:
    """A connection over the files of `world`, which tells a webhook."""
    monkeypatch.setenv("ONEWAY_HOOK_SECRET", SECRET)
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", CONNECTION % hook.url)
    return world


def told(hook: Listener) -> list[str]:
    return [json.loads(each.body)["type"].removeprefix("connection.") for each in hook.heard]


def test_a_test_arrives_signed(acme: World, hook: Listener) -> None:
    ended = acme.run("notify", "test", "acme")
    assert (ended.code, ended.out) == (Exit.DONE, "ok      webhook 127.0.0.1\n")
    (heard,) = hook.heard
    assert Verifier(SECRET).verify(heard.body, heard.headers)["data"]["connection"] == "acme"


def test_a_test_says_which_channel_does_not_take_it(world: World) -> None:
    (world.folder / "connections").mkdir()
    with listening(status(401)) as server:
        text = (CONNECTION % server.url).replace(", secret: {env: ONEWAY_HOOK_SECRET}", "")
        world.write("connections/acme.yaml", text)
        ended = world.run("notify", "test", "connections/acme.yaml")
        assert ended.code == Exit.ERROR
        assert "failed  webhook 127.0.0.1" in ended.out
        assert "N102" in ended.out
        data = world.run("notify", "test", "acme", "--format", "json").data
    assert data == [
        {
            "channel": "webhook 127.0.0.1",
            "arrived": False,
            "code": "N102",
            "error": "a webhook does not take a notice (401)",
        }
    ]


def test_a_sync_that_is_refused_is_told_once_and_its_recovery_too(
    acme: World, hook: Listener
) -> None:
    good = acme.read("people.json")
    acme.write("people.json", [])
    for _ in range(3):
        assert acme.run("sync", "acme").code == Exit.ERROR
    assert told(hook) == ["failure"]
    assert json.loads(hook.heard[0].body)["data"]["causes"][0]["code"] == "R160"
    acme.write("people.json", good)
    assert acme.run("sync", "connections/acme.yaml").code == Exit.DONE
    assert told(hook) == ["failure", "recovery"]


def test_a_guard_is_told_and_what_lets_it_through(acme: World, hook: Listener) -> None:
    people = [person(each, left=True) for each in range(1, 7)]
    acme.write("people.json", people)
    acme.write("users.json", [user(each) for each in range(1, 7)])
    assert acme.run("sync", "acme").code == Exit.BLOCKED
    assert acme.run("sync", "acme").code == Exit.BLOCKED
    assert told(hook) == ["guard"]
    (guard,) = json.loads(hook.heard[0].body)["data"]["guards"]
    assert (guard["guard"], guard["allow"], guard["records"]) == ("leavers", "--allow leavers=6", 6)
    assert acme.run("sync", "acme", *guard["allow"].split()).code == Exit.DONE
    assert told(hook) == ["guard", "recovery"]


def test_an_applied_plan_ends_an_incident_as_well(acme: World, hook: Listener) -> None:
    good = acme.read("people.json")
    acme.write("people.json", [])
    acme.run("sync", "acme")
    acme.write("people.json", good)
    acme.run("plan", "acme", "--out", "plan.json")
    assert acme.run("apply", "plan.json").code == Exit.DONE
    assert told(hook) == ["failure", "recovery"]


def test_a_dead_webhook_changes_nothing_about_a_sync(acme: World, hook: Listener) -> None:
    hook.answers[:] = [status(500)]
    good = acme.read("people.json")
    acme.write("people.json", [])
    ended = acme.run("sync", "acme")
    assert ended.code == Exit.ERROR
    assert "N102" in ended.flat
    acme.write("people.json", good)
    assert acme.run("sync", "acme").code == Exit.DONE
    waits = acme.run("notify", "list", "--format", "json").data
    assert [(each["kind"], each["given_up"]) for each in waits] == [
        ("failure", False),
        ("recovery", False),
    ]
    assert "! 1 notice did not arrive: `oneway notify list acme`" in acme.run("status").flat
    (standing,) = acme.run("status", "--format", "json").data["connections"]
    assert standing["undelivered"] == {"waiting": 1, "given_up": 0}
    listed = acme.run("notify", "list", "acme")
    assert "next try" in listed.out
    assert "webhook 127.0.0.1: a webhook does not take a notice (500) [N102]" in listed.flat
    assert max(map(len, listed.out.splitlines())) <= 80


def test_what_waits_is_delivered_later(acme: World, hook: Listener) -> None:
    hook.answers[:] = [status(500), status(204)]
    acme.write("people.json", [])
    acme.run("sync", "acme")
    assert "0 notices sent." in acme.run("notify", "deliver").out  # a minute has not passed
    assert len(hook.heard) == 1


def test_a_notice_of_a_connection_whose_file_is_gone_waits(acme: World, hook: Listener) -> None:
    hook.answers[:] = [status(500)]
    acme.write("people.json", [])
    acme.run("sync", "acme")
    (acme.folder / "connections/acme.yaml").unlink()
    assert "No notice waits." not in acme.run("notify", "list").out
    delivered = acme.run("notify", "deliver").out
    assert delivered.startswith("0 notices sent.\n")
    assert "No notice waits." not in delivered


def test_what_was_given_up_is_dismissed_and_what_waits_is_not(acme: World, hook: Listener) -> None:
    hook.answers[:] = [status(500)]
    acme.write("people.json", [])
    acme.run("sync", "acme")
    with Journal.open(acme.folder / ".oneway" / "journal.db") as store:
        (waits,) = undelivered(store)
        queue(store, replace(waits.draft, incident=None), waits.created)
        _, gone = undelivered(store)
        assert take_notice(store, gone, waits.created)
        failed(store, gone.id, "gone", "")
    assert "! 2 notices did not arrive, 1 given up" in acme.run("status").flat
    listed = acme.run("notify", "list", "acme").flat
    assert "`oneway notify dismiss` drops the notices that were given up." in listed
    assert acme.run("notify", "dismiss", "nobody").code == Exit.ERROR
    data = acme.run("notify", "dismiss", "acme", "--format", "json").data
    assert [each["id"] for each in data["dismissed"]] == [gone.id]
    assert [each["id"] for each in data["left"]] == [waits.id]
    assert "! 1 notice did not arrive: " in acme.run("status").flat
    assert acme.run("notify", "dismiss").out.startswith("0 notices dismissed.\n")


def test_nobody_is_told_of_a_recovery_once_a_leaver_who_can_get_in_is_forgotten(
    acme: World, hook: Listener
) -> None:
    acme.run("sync", "acme")
    people = acme.read("people.json")
    with_guard = (acme.folder / "m.yaml").read_text() + "guards: {leavers: {share: 0%, floor: 0}}\n"
    acme.write("m.yaml", with_guard)
    acme.write("people.json", [{**people[0], "left": True}, *people[1:]])
    assert acme.run("sync", "acme").code == Exit.BLOCKED
    acme.write("people.json", people[1:])
    assert acme.run("sync", "acme").code == Exit.FAILED
    before = told(hook)
    assert before[-1] == "failure"
    assert acme.run("forget", "P001").code == Exit.ERROR
    ended = acme.run("forget", "P001", "--force")
    assert "no run lists them any more; block target record 4" in ended.flat
    assert acme.run("sync", "acme").code == Exit.DONE
    assert told(hook) == before


def test_nothing_waits_where_nothing_ever_ran(acme: World) -> None:
    assert acme.run("notify", "list").out == "No notice waits.\n"
    assert acme.run("notify", "list", "--format", "json").data == []
    assert acme.run("notify", "dismiss").out == "0 notices dismissed.\nNo notice waits.\n"
    ended = acme.run("notify", "deliver", "acme")
    assert (ended.code, ended.out) == (Exit.DONE, "0 notices sent.\nNo notice waits.\n")


def test_a_broken_file_holds_up_no_other(acme: World) -> None:
    acme.write("connections/broken.yaml", "oneway_connection: 1\nname: broken\n")
    ended = acme.run("notify", "deliver")
    assert ended.code == Exit.DONE
    assert "broken.yaml" in ended.err


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("test",), Exit.USAGE, "CONNECTION"),
        (("shout", "acme"), Exit.USAGE, "shout"),
        (("test", "acne"), Exit.ERROR, "did you mean 'acme'?"),
        (("test", "nobody"), Exit.ERROR, "C135"),
        (("list", "connections/nothing.yaml"), Exit.ERROR, "F120"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    acme: World, args: tuple[str, ...], code: Exit, said: str
) -> None:
    ended = acme.run("notify", *args)
    assert ended.code == code
    assert said in ended.flat


def test_a_connection_that_tells_nobody_is_told_so(acme: World) -> None:
    text = (acme.folder / "connections/acme.yaml").read_text().partition("notify:")[0]
    acme.write("connections/acme.yaml", text)
    ended = acme.run("notify", "test", "acme")
    assert ended.code == Exit.ERROR
    assert "N111" in ended.flat


def test_no_secret_is_printed_or_stored(
    acme: World, hook: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "whsec_Canary-that-is-no-base64"
    monkeypatch.setenv("ONEWAY_HOOK_SECRET", canary)
    text = (acme.folder / "connections/acme.yaml").read_text()
    acme.write("connections/acme.yaml", text.replace("/hook", "/p4th-canary"))
    acme.write("people.json", [])
    ended = [acme.run("sync", "acme"), acme.run("notify", "test", "acme", "--debug")]
    ended.append(acme.run("notify", "list", "--format", "json"))
    assert all("N105" in each.out + each.err for each in ended)
    files = [each.read_bytes() for each in (acme.folder / ".oneway").rglob("*") if each.is_file()]
    assert any(b"SQLite" in each for each in files)
    for found in (canary, "Canary-that", "p4th-canary"):
        assert all(found not in each.out + each.err for each in ended)
        assert not any(found.encode() in each for each in files)
    assert hook.heard == []


def test_help_and_validate_load_no_http_client(oneway: Callable[..., Ended], acme: World) -> None:
    code = (
        "import sys; from oneway.cli.entry import run;"
        "run(['--help']); run(['validate', 'connections/acme.yaml']);"
        "print([each for each in ('httpx', 'oneway.notices') if each in sys.modules])"
    )
    ended = process(cwd=acme.folder, code=code)
    assert ended.stdout.splitlines()[-1] == "[]"


DEFAULT = 'oneway_notify: 1\nnotify:\n  - webhook: {url: "%s"}\n'
UNTOLD = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nschedule: never\n"


@pytest.fixture
def defaulted(world: World, hook: Listener) -> World:
    """A connection that says nothing of notices, in a folder that does."""
    (world.folder / "connections").mkdir()
    world.write("connections/notify.yaml", DEFAULT % hook.url)
    world.write("connections/acme.yaml", UNTOLD)
    return world


def causes(hook: Listener) -> list[tuple[str, str]]:
    """The kind of each notice that came, and the codes that it is about."""
    found = []
    for each in hook.heard:
        notice = json.loads(each.body)
        about = [one["code"] for one in notice["data"].get("causes", ())]
        found.append((notice["type"], " ".join(about)))
    return found


def test_a_run_by_hand_tells_as_the_folder_does(defaulted: World, hook: Listener) -> None:
    defaulted.write("people.json", [])
    assert defaulted.run("sync", "acme").code == Exit.ERROR
    assert causes(hook) == [("connection.failure", "R160")]


def test_a_mapping_that_cannot_be_read_is_told_by_hand_too(
    defaulted: World, hook: Listener
) -> None:
    good = (defaulted.folder / "m.yaml").read_text()
    (defaulted.folder / "m.yaml").unlink()
    for _ in range(2):
        assert defaulted.run("sync", "acme").code == Exit.ERROR
    assert causes(hook) == [("connection.failure", "F120")]
    assert defaulted.run("status", "--format", "json").data["connections"][0]["needs"] == [
        "refused"
    ]
    defaulted.write("m.yaml", good)
    assert defaulted.run("sync", "acme").code == Exit.DONE
    assert causes(hook)[1:] == [("connection.recovery", "")]


def test_a_slip_on_the_command_line_is_nobody_s_incident(defaulted: World, hook: Listener) -> None:
    assert defaulted.run("sync", "acme", "--set", "no_such=1").code == Exit.ERROR
    assert hook.heard == []
    assert defaulted.run("runs", "--format", "json").data["runs"] == []


@pytest.mark.parametrize("how", ["sync", "run-due"])
def test_a_broken_file_is_told_once_and_when_it_is_mended(
    defaulted: World, hook: Listener, how: str
) -> None:
    command = ("sync", "acme") if how == "sync" else ("run-due",)
    defaulted.write("connections/acme.yaml", "oneway_connection: 1\nname: acme\n")
    for _ in range(2):
        assert defaulted.run(*command).code == Exit.ERROR
    assert causes(hook) == [("folder.failure", "S103")]
    defaulted.write("connections/acme.yaml", UNTOLD)
    assert defaulted.run("run-due").code == Exit.DONE  # a look at all of the folder
    assert causes(hook)[1:] == [("folder.recovery", "")]


def test_two_files_of_one_name_are_told_with_both_files(defaulted: World, hook: Listener) -> None:
    defaulted.write("connections/copy.yaml", UNTOLD)
    assert defaulted.run("run-due").code == Exit.ERROR
    (notice,) = [json.loads(each.body) for each in hook.heard]
    assert [(each["code"], each["file"]) for each in notice["data"]["causes"]] == [
        ("C136", "connections/acme.yaml"),
        ("C136", "connections/copy.yaml"),
    ]


@pytest.mark.parametrize("command", [("sync", "acme"), ("run-due",)])
def test_a_store_that_cannot_be_used_is_told_at_once(
    defaulted: World, hook: Listener, command: tuple[str, ...]
) -> None:
    (defaulted.folder / ".oneway").write_text("no folder")
    for _ in range(2):
        assert defaulted.run(*command).code == Exit.ERROR
    assert [kind for kind, _ in causes(hook)] == ["folder.failure"]
    (defaulted.folder / ".oneway").unlink()
    assert defaulted.run(*command).code == Exit.DONE
    assert [kind for kind, _ in causes(hook)] == ["folder.failure", "folder.recovery"]


def test_status_says_who_tells_nobody(defaulted: World) -> None:
    (data,) = defaulted.run("status", "--format", "json").data["connections"]
    assert data["tells"] == {"channels": 1, "file": "connections/notify.yaml"}
    (defaulted.folder / "connections" / "notify.yaml").unlink()
    ended = defaulted.run("status")
    assert "notifies nobody" in ended.flat
    data = defaulted.run("status", "--only", "untold", "--format", "json").data
    assert data["fleet"]["needs"]["untold"] == 1
    assert data["connections"][0]["needs"] == ["untold"]
    assert data["fleet"]["urgent"] == 0


def test_what_runs_without_a_connection_notifies_nobody_and_is_told_so(world: World) -> None:
    world.run("sync", "m.yaml")
    (run,) = world.run("runs", "--format", "json").data["runs"]
    for name in ("m.yaml", run["connection"]):
        ended = world.run("notify", "test", name)
        assert ended.code == Exit.ERROR
        assert "N111" in ended.err
        assert "only connections notify anybody" in " ".join(ended.err.split())
    assert "`oneway connect NAME --mapping m.yaml`" in world.run("notify", "list", "m.yaml").err
    ended = world.run("notify", "list", run["connection"])
    assert (ended.code, ended.out) == (Exit.DONE, "No notice waits.\n")
    assert world.run("notify", "deliver", "nobody").code == Exit.ERROR


def test_notices_of_a_connection_whose_file_is_gone_are_listed(acme: World, hook: Listener) -> None:
    hook.answers[:] = [status(500)]
    acme.write("people.json", [])
    assert acme.run("sync", "acme").code == Exit.ERROR
    (acme.folder / "connections" / "acme.yaml").unlink()
    assert "`oneway notify list acme`" in acme.run("status").flat
    ended = acme.run("notify", "list", "acme", "--format", "json")
    assert [each["connection"] for each in ended.data] == ["acme"]
    assert acme.run("notify", "list", "other").code == Exit.ERROR
