"""Credentials by reference: three ways, one at a time, and no message that holds one."""

import copy
import json
import os
import pickle
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_world import altered, described

from oneway.connections.access import access, given_secrets
from oneway.connections.environment import from_environment
from oneway.connections.secrets.open import opened
from oneway.connections.secrets.private_files import LIMIT
from oneway.connections.secrets.refs import SecretKind, SecretRef, secret_ref
from oneway.core.access import Access, Secret
from oneway.core.description import Description, Option
from oneway.core.diagnostics import Refused

CANARY = "canary-7b1f-Zq"
ACME = Description("acme", "Acme", "rest", {}, (Option("api_key", "The key.", secret=True),))
KEY = "ONEWAY_ACME_API_KEY"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    path.write_text(f"{CANARY}\n")
    return path


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    assert CANARY not in str(refused.value)
    assert all(CANARY not in each.help for each in refused.value.diagnostics)
    return [each.code for each in refused.value.diagnostics]


def from_file(path: object) -> Secret:
    return opened(SecretRef(SecretKind.FILE, str(path)))


# One of three ways


def test_the_variable_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, CANARY)
    assert access(ACME, from_environment, {}).secrets["api_key"].open() == CANARY


def test_a_file_that_a_variable_names(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setenv(f"{KEY}_FILE", str(file))
    assert access(ACME, from_environment, {}).secrets["api_key"].open() == CANARY
    assert given_secrets(ACME, from_environment) == {
        "api_key": (SecretRef(SecretKind.FILE, str(file)),)
    }


def test_none_is_no_error_here_and_a_blank_variable_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(KEY, "")
    monkeypatch.setenv(f"{KEY}_FILE", "")
    assert access(ACME, from_environment, {}) == Access({}, {})


def test_two_are_refused_by_name_and_neither_is_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(KEY, CANARY)
    monkeypatch.setenv(f"{KEY}_FILE", str(tmp_path / "not-there"))
    monkeypatch.setenv(f"{KEY}_KEYRING", "a/b")
    with pytest.raises(Refused) as refused:
        access(ACME, from_environment, {})
    assert codes(refused) == ["C117"]
    said = refused.value.diagnostics[0].summary
    assert said.endswith(f"{KEY} and {KEY}_FILE and {KEY}_KEYRING")


# References as data


@pytest.mark.parametrize("kind", list(SecretKind))
def test_a_reference_is_read_from_data(kind: SecretKind) -> None:
    assert secret_ref({kind.value: "some/thing"}) == SecretRef(kind, "some/thing")
    assert "some/thing" in str(SecretRef(kind, "some/thing"))


@pytest.mark.parametrize(
    "data",
    [
        CANARY,
        None,
        [],
        {},
        {"env": "A", "file": "b"},
        {"env": "A", "value": CANARY},
        {"value": CANARY},
        {"env": ""},
        {"env": 1},
        {"file": "a\0b"},
        {"keyring": "service"},
        {"keyring": "/name"},
        {"keyring": "service/"},
    ],
)
def test_what_is_no_reference_is_refused_unseen(data: object) -> None:
    with pytest.raises(ValueError, match=r"\w") as error:
        secret_ref(data)
    assert CANARY not in str(error.value)


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(Refused) as refused:
        opened(SecretRef(SecretKind.ENV, "ONEWAY_TEST_NOT_SET"))
    assert codes(refused) == ["C112"]
    assert "ONEWAY_TEST_NOT_SET" in str(refused.value)


# Files


@pytest.mark.parametrize(
    ("data", "secret"),
    [
        (b"k", "k"),
        (b"k\n", "k"),
        (b"k\r\n", "k"),
        (b"\xef\xbb\xbfk\n", "k"),
        ("pä ss".encode(), "pä ss"),
    ],
)
def test_a_line_break_at_the_end_is_no_part_of_it(file: Path, data: bytes, secret: str) -> None:
    file.write_bytes(data)
    assert from_file(file).open() == secret


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o622, 0o610])
def test_a_file_that_others_may_use_is_refused_with_what_to_run(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(Refused) as refused:
        from_file(file)
    assert codes(refused) == ["C119"]
    assert refused.value.diagnostics[0].help == f"chmod 600 {file}"
    assert refused.value.diagnostics[0].span.file == str(file)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert from_file(file).open() == CANARY


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_is_refused(file: Path) -> None:
    os.chown(file, 65534, -1)
    with pytest.raises(Refused) as refused:
        from_file(file)
    assert codes(refused) == ["C119"]
    assert "another user" in str(refused.value)


def test_of_a_link_the_target_counts(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    assert from_file(link).open() == CANARY
    file.chmod(0o644)
    with pytest.raises(Refused) as refused:
        from_file(link)
    assert codes(refused) == ["C119"]


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    names = ("pipe", "loop", "socket", "", "missing", "key/below", "nul\0")
    for name in (*names, "x" * 5000, "/dev/null"):
        with pytest.raises(Refused) as refused:
            from_file(tmp_path / name if name != "nul\0" else f"{tmp_path}/nul\0")
        assert codes(refused) == ["C118"], name


def test_a_file_that_is_too_large_or_not_text_is_refused(file: Path) -> None:
    file.write_bytes(b"k" * (LIMIT + 1))
    with pytest.raises(Refused) as refused:
        from_file(file)
    assert codes(refused) == ["C118"]
    file.write_bytes(b"\xff\xfe" + CANARY.encode())
    with pytest.raises(Refused) as refused:
        from_file(file)
    assert codes(refused) == ["C111"]


# What could end a header


@pytest.mark.parametrize(
    "text",
    [
        f" {CANARY}",
        f"{CANARY} ",
        f"{CANARY}\n\n",
        f"{CANARY}\r\nX-Evil: 1",
        f"{CANARY}\x85{CANARY}",
        f"{CANARY}\u2028",
        f"\u200b{CANARY}",
        f"{CANARY}\x00",
        f"{CANARY}\x1b[2J",
        "   ",
        "\n",
    ],
)
def test_a_credential_that_is_not_whole_or_not_one_line_is_refused_unseen(
    file: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(text)
    with pytest.raises(Refused) as refused:
        from_file(file)
    assert codes(refused) == ["C111"]
    if "\0" not in text:
        monkeypatch.setenv(KEY, text)
        with pytest.raises(Refused) as refused:
            access(ACME, from_environment, {})
        assert codes(refused) == ["C111"]


def test_bytes_of_a_variable_that_are_no_text_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, f"{CANARY}\udcff")
    with pytest.raises(Refused) as refused:
        access(ACME, from_environment, {})
    assert codes(refused) == ["C111"]


# The keyring


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str], str]]:
    """The real package over a keyring in memory; keys are service and name."""
    package = pytest.importorskip("keyring")
    backend = pytest.importorskip("keyring.backend")
    held: dict[tuple[str, str], str] = {}

    class Memory(backend.KeyringBackend):  # type: ignore[misc, name-defined]
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            held[service, username] = password

    before = package.get_keyring()
    package.set_keyring(Memory())
    yield held
    package.set_keyring(before)


def from_entry(name: str) -> Secret:
    return opened(SecretRef(SecretKind.KEYRING, name))


def test_an_entry_is_found_by_service_and_name(keyring: dict[tuple[str, str], str]) -> None:
    keyring["https://api.example.com/1.0", "key"] = CANARY
    assert from_entry("https://api.example.com/1.0/key").open() == CANARY


def test_an_entry_that_is_missing_says_how_to_store_it(
    keyring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{KEY}_KEYRING", "acme/api")
    with pytest.raises(Refused) as refused:
        access(ACME, from_environment, {})
    assert codes(refused) == ["C120"]
    assert "keyring set acme api" in refused.value.diagnostics[0].help


@pytest.mark.parametrize("text", ["no-slash", "/name", "service/"])
def test_an_entry_needs_a_service_and_a_name(text: str) -> None:
    with pytest.raises(Refused) as refused:
        from_entry(text)
    assert codes(refused) == ["C120"]


def test_no_keyring_on_this_machine(keyring: dict[tuple[str, str], str]) -> None:
    package = pytest.importorskip("keyring")
    package.set_keyring(pytest.importorskip("keyring.backends.fail").Keyring())
    with pytest.raises(Refused) as refused:
        from_entry("a/b")
    assert codes(refused) == ["C120"]
    assert "no keyring" in str(refused.value)


def test_a_keyring_that_fails_is_not_quoted(
    keyring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: str) -> str:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("keyring.get_password", fail)
    with pytest.raises(Refused) as refused:
        from_entry("a/b")
    assert codes(refused) == ["C120"]
    assert refused.value.__suppress_context__


def test_the_package_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Refused) as refused:
        from_entry("a/b")
    assert codes(refused) == ["U109"]
    assert "oneway[keyring]" in refused.value.diagnostics[0].help


# What holds a credential


@given(st.text(min_size=1))
def test_a_secret_shows_as_three_stars_whatever_it_holds(text: str) -> None:
    secret = Secret(text)
    shown = {repr(secret), str(secret), f"{secret}", f"{secret:>99x}", f"{secret!r:s}"}
    assert shown == {"***"} | {"'***'"} & shown
    assert "secrets={'key': ***}" in repr(Access({}, {"key": secret}))


def test_a_secret_cannot_be_stored_copied_or_compared() -> None:
    secret = Secret(CANARY)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(secret, protocol)
    with pytest.raises(TypeError):
        copy.copy(secret)
    with pytest.raises(TypeError):
        asdict(Access({}, {"key": secret}))
    with pytest.raises(TypeError):
        json.dumps({"key": secret})
    with pytest.raises(TypeError):
        secret.__getstate__()
    assert json.dumps(secret, default=str) == '"***"'
    assert secret != Secret(CANARY)
    assert secret != CANARY
    assert not hasattr(secret, "__dict__")
    assert not hasattr(secret, "__len__")


@pytest.mark.parametrize("section", ["options", "secrets"])
@pytest.mark.parametrize("name", ["api_key_file", "api_key_keyring"])
def test_no_manifest_names_what_says_where_a_secret_is_kept(section: str, name: str) -> None:
    text = altered(f"{section}:\n", f"{section}:\n  {name}: {{description: A trap.}}\n")
    with pytest.raises(Refused) as refused:
        described(text)
    assert codes(refused) == ["C116"]
