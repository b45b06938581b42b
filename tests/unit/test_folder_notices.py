"""What a folder tells of broken files, and of a store that cannot be used."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from listener import Listener, listening, status
from notified import MONDAY, after, connection, hook, mailbox
from oneway.connections.connection import NoticeFolder, Upload
from oneway.connections.default_notify import DefaultNotify
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.documents.schema_check import schema_text
from oneway.history.journal import Journal
from oneway.history.journal.incidents import undelivered
from oneway.notices.alarm import Alarm, alarm_recipients, send_alarms
from oneway.notices.delivery import deliver
from oneway.notices.folders import FolderTrouble, recipient_of, update_incidents
from oneway.notices.texts import subject_of, text_of

FILE = "connections/of acme.yaml"
DEFAULT = DefaultNotify("connections/notify.yaml", (hook(),))
BROKEN = FolderTrouble("C136", FILE)
FULL = Diagnostic(Span("journal.db"), Severity.ERROR, "F112", "the disk is full")


@pytest.fixture
def store(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "journal.db")


def bodies(store: Journal) -> list[dict[str, Any]]:
    found = [json.loads(each.draft.body) for each in undelivered(store)]
    schema = Draft202012Validator(json.loads(schema_text("notice")))
    for each in found:
        schema.validate(each)
        assert text_of(json.dumps(each))
    return found


def test_a_broken_file_is_told_once_reminded_of_and_over(store: Journal) -> None:
    for day in range(8):
        update_incidents(DEFAULT, [BROKEN], store, after(day))
    assert [each["data"]["reminder"] for each in bodies(store)] == [False, True]
    other = FolderTrouble("C130", "connections/b.yaml")
    update_incidents(DEFAULT, [BROKEN, other], store, after(8))
    update_incidents(DEFAULT, [other], store, after(9))
    update_incidents(DEFAULT, [], store, after(10))
    update_incidents(DEFAULT, [], store, after(11))
    told = [(each["type"], each["data"]) for each in bodies(store)][2:]
    assert [kind for kind, _ in told] == ["folder.failure", "folder.recovery", "folder.recovery"]
    assert [each["file"] for each in told[0][1]["causes"]] == ["connections/b.yaml"]
    first, second = bodies(store)[0]["data"]["incident"], told[0][1]["incident"]
    assert told[1][1]["ended"] == [{"incident": first, "code": "C136", "file": FILE}]
    assert told[1][1]["still"] == [{"incident": second, "code": "C130", "file": other.file}]
    assert told[2][1]["still"] == []


def test_the_words_say_which_file_and_what_to_do(store: Journal) -> None:
    update_incidents(DEFAULT, [BROKEN], store, MONDAY)
    body = json.dumps(bodies(store)[0])
    assert subject_of(body) == "[oneway] connections: two connections have the same name (C136)"
    text = text_of(body)
    assert f"C136: two connections have the same name\n    {FILE}\n" in text
    assert "`oneway validate`" in text
    assert "See: oneway status connections" in text


def test_a_look_at_one_file_ends_nothing_of_others_nor_that_two_have_one_name(
    store: Journal,
) -> None:
    broken = FolderTrouble("C130", "connections/b.yaml")
    for about in ([BROKEN], [broken]):
        update_incidents(DEFAULT, about, store, MONDAY, files=[about[0].file])
    update_incidents(DEFAULT, [], store, after(1), files=[FILE])
    assert [each["type"] for each in bodies(store)] == ["folder.failure"] * 2
    update_incidents(DEFAULT, [], store, after(2), files=[FILE, broken.file])
    assert [each["type"] for each in bodies(store)][2:] == ["folder.recovery"]


def test_folders_are_delivered_to_and_have_no_summaries_and_no_pages(
    store: Journal, tmp_path: Path
) -> None:
    with listening() as heard:
        everyone = (hook(heard.url), NoticeFolder(str(tmp_path / "gone")), Upload(heard.url))
        default = replace(DEFAULT, notify=everyone)
        update_incidents(default, [BROKEN], store, MONDAY)
        done = deliver((), store, after(7), folders=[recipient_of(default)])
        assert (done.sent, done.troubles) == (3, ())
    assert [json.loads(each.body)["type"] for each in heard.heard] == ["folder.failure"]


def test_notices_wait_while_the_default_is_broken(store: Journal) -> None:
    with listening() as heard:
        acme = connection(hook(heard.url))
        update_incidents(replace(DEFAULT, file="acme", notify=acme.notify), [BROKEN], store, MONDAY)
        broken = replace(acme, notify=(), notify_broken=True)
        assert deliver([broken], store, after(0.1)).sent == 0
        assert deliver([acme], store, after(0.2)).sent == 1


def alarm(tmp_path: Path, heard: Listener) -> Alarm:
    return Alarm("connections", tmp_path / ".oneway", (hook(heard.url),))


def kinds(heard: Listener) -> list[str]:
    schema = Draft202012Validator(json.loads(schema_text("notice")))
    for each in heard.heard:
        schema.validate(json.loads(each.body))
    return [json.loads(each.body)["type"].removeprefix("folder.") for each in heard.heard]


def test_a_full_disk_is_told_once_again_after_a_week_and_when_it_is_over(tmp_path: Path) -> None:
    with listening() as heard:
        here = alarm(tmp_path, heard)
        for minutes in range(0, 60, 5):
            assert send_alarms(here, [FULL], MONDAY + timedelta(minutes=minutes)) == ()
        assert kinds(heard) == ["failure"]
        text = " ".join(text_of(heard.heard[0].body.decode()).split())
        assert f"{tmp_path}/.oneway the disk is full" in text
        assert "oneway status connections" in text  # any of them shows it
        assert "people who left since 23 November 2026, 04:00 UTC keep access" in text
        send_alarms(here, [FULL], after(8))
        send_alarms(here, (), after(9))
        send_alarms(here, (), after(10))
        assert kinds(heard) == ["failure", "failure", "recovery"]
        data = [json.loads(each.body)["data"] for each in heard.heard]
    assert {each["since"] for each in data} == {"2026-11-23T04:00:00Z"}
    assert data[2]["until"] == "2026-12-02T04:00:00Z"


def test_an_alarm_that_did_not_arrive_is_sent_again(tmp_path: Path) -> None:
    with listening(status(500), status(204)) as heard:
        here = alarm(tmp_path, heard)
        (wrong,) = send_alarms(here, [FULL], MONDAY)
        assert wrong.code == "N102"
        assert send_alarms(here, [FULL], after(0.1)) == ()
        send_alarms(here, [FULL], after(0.2))
        assert kinds(heard) == ["failure", "failure"]


def test_where_the_state_folder_takes_no_mark_another_folder_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "oneway.notices.sent_alarms.gettempdir", lambda: str(tmp_path / "temporary")
    )
    (tmp_path / ".oneway").write_text("a file stands where the folder should")
    with listening() as heard:
        here = alarm(tmp_path, heard)
        for _ in range(3):
            send_alarms(here, [FULL], MONDAY)
        send_alarms(here, (), MONDAY)
        assert kinds(heard) == ["failure", "recovery"]


def test_what_is_no_trouble_of_the_store_is_no_alarm(tmp_path: Path) -> None:
    with listening() as heard:
        for code in ("R105", "F115"):
            send_alarms(alarm(tmp_path, heard), [replace(FULL, code=code)], MONDAY)
    assert heard.heard == []


def test_whom_a_folder_tells_is_told_of_alarms_and_without_one_each_channel_once() -> None:
    both = [connection(hook(), mailbox(25)), connection(hook(), name="beta")]
    assert alarm_recipients([DEFAULT], both) == (hook(),)
    assert alarm_recipients([], both) == (hook(), mailbox(25))
