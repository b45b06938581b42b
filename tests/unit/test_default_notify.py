"""Whom the connections of a folder tell that do not say it themselves."""

import json
from pathlib import Path

import pytest

from oneway.cli import entry
from oneway.connections.connection import Email, Notify, Upload, Webhook
from oneway.connections.default_notify import load_default
from oneway.connections.folder import Found, connection_at, connections_in
from oneway.core.diagnostics import Refused
from oneway.documents.schema_check import schema_data, schema_text
from oneway.scheduling.folder import Folder

HOOK = "https://hooks.example.com/all"
DEFAULT = f'oneway_notify: 1\nnotify:\n  - webhook: {{url: "{HOOK}"}}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write("connections/notify.yaml", DEFAULT)
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def connection(name: str, more: str = "", folder: str = "connections") -> str:
    path = f"{folder}/{name}.yaml"
    write(path, f"oneway_connection: 1\nname: {name}\nmapping: m.yaml\n{more}")
    return path


def told(path: str) -> tuple[Notify, ...]:
    """Whom a connection tells, by its own file and as one of its folder: the same."""
    alone = connection_at(path)
    (found,) = [each for each in connections_in("connections") if each.file == path]
    assert found.connection == alone
    return alone.notify


def refused(text: str, file: str = "connections/notify.yaml") -> list[str]:
    with pytest.raises(Refused) as caught:
        load_default(text.encode(), file)
    return [f"{each.span.line}:{each.span.column} {each.code}" for each in caught.value.diagnostics]


def test_who_says_nothing_tells_as_the_folder_does() -> None:
    assert told(connection("acme")) == (Webhook(HOOK),)


def test_what_a_connection_says_itself_stands_alone() -> None:
    own = 'notify: [{webhook: {url: "https://hooks.example.com/own"}}]\n'
    assert told(connection("acme", own)) == (Webhook("https://hooks.example.com/own"),)
    assert told(connection("beta", "notify: []\n")) == ()


def test_the_nearest_default_counts_as_far_up_as_the_working_folder(tmp_path: Path) -> None:
    deep = connection("acme", folder="connections/uk/north")
    assert told(deep) == (Webhook(HOOK),)
    write("connections/uk/notify.yaml", DEFAULT.replace("/all", "/uk"))
    assert told(deep) == (Webhook(f"{HOOK[:-3]}uk"),)
    Path("connections/uk/notify.yaml").unlink()
    Path("connections/notify.yaml").rename("notify.yaml")
    assert told(deep) == (Webhook(HOOK),)
    assert connection_at(str(tmp_path / deep)).notify == (Webhook(HOOK),)


def test_nothing_above_the_working_folder_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    connection("acme", folder="connections/uk")
    monkeypatch.chdir("connections/uk")
    assert connection_at("acme.yaml").notify == ()


def test_a_broken_default_is_named_and_stops_no_connection() -> None:
    path = connection("acme")
    write("connections/notify.yaml", "oneway_notify: 1\nnotify: [{fax: 1}]\n")
    found = {each.file: each for each in connections_in("connections")}
    assert found["connections/notify.yaml"].refused is not None
    made = found[path].connection
    assert made is not None
    assert (made.notify, made.notify_broken) == ((), True)


def test_a_connection_may_be_called_notify() -> None:
    path = connection("notify")
    assert connections_in("connections") == (Found(path, connection_at(path)),)


def test_every_mistake_of_a_default_has_its_place() -> None:
    assert refused("oneway_notify: 2\nnotify: []\n") == ["1:16 S111"]
    assert refused("oneway_notify: 1\nnotify: []\nname: a\n") == ["2:9 S107", "3:1 S102"]
    assert refused(DEFAULT.replace("https", "http")) == ["3:21 C133"]
    secret = DEFAULT.replace("}", ", secret: whsec_abc}")
    assert refused(secret) == ["3:53 C130"]
    for ref in ("{env: HOME}", "{file: /etc/passwd}", "{keyring: oneway/acme.source.api_key}"):
        assert refused(DEFAULT.replace('l"}', f'l", secret: {ref}}}')) == ["3:61 C152"], ref
    assert refused(DEFAULT, "connections/tell.yaml") == ["1:1 C154"]


def test_a_default_may_hold_every_channel(capsys: pytest.CaptureFixture[str]) -> None:
    write("connections/secrets/token", "t0ken")
    Path("connections/secrets/token").chmod(0o644)
    email = "{to: [a@example.com], from: b@example.com, server: smtp.example.com}"
    upload = '{url: "https://f.example.com/{run}", token: {file: secrets/token}}'
    write("connections/notify.yaml", f"{DEFAULT}  - email: {email}\n  - upload: {upload}\n")
    kinds = [type(each) for each in told(connection("acme"))]
    assert kinds == [Webhook, Email, Upload]
    assert entry.run(["validate", "connections/notify.yaml"]) == 1
    assert "[C119]" in capsys.readouterr().out  # others may read the token
    Path("connections/secrets/token").chmod(0o600)
    assert entry.run(["validate", "connections/notify.yaml"]) == 0


def test_the_scheduler_sees_a_default_that_changes() -> None:
    connection("acme")
    folder = Folder(Path("connections"))
    folder.look()
    assert folder.connections["acme"].notify == (Webhook(HOOK),)
    write("connections/notify.yaml", DEFAULT.replace("/all", "/other"))
    assert folder.look().changed == ("acme",)
    Path("connections/notify.yaml").unlink()
    folder.look()
    assert folder.connections["acme"].notify == ()
    write("notify.yaml", DEFAULT)
    assert folder.look().changed == ("acme",)
    assert set(folder.defaults) == {"notify.yaml"}


def test_the_schema_of_defaults_is_whole_by_itself() -> None:
    assert "connection.schema.json" not in schema_text("notify")
    assert schema_data("notify") == json.loads(schema_text("notify"))
    defined = schema_data("connection")["$defs"]["Notify"]
    assert schema_data("notify")["$defs"]["Notify"] == defined
