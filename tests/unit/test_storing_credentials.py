"""Credentials that are kept, taken back and forgotten; connection files that are written."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.connections.connection import Connection, Schedule, Side
from oneway.connections.file_writer import moved_aside, new_file, scalar, with_refs, write_new
from oneway.connections.parse import load_connection
from oneway.connections.secrets.open import opened
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.connections.secrets.store import SecretName, StoringCredentials, forgotten
from oneway.core.access import Secret
from oneway.core.diagnostics import Refused
from oneway.documents.yaml_source import parse
from ring import Ring


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, found = keyring.get_keyring(), Ring()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


@pytest.fixture
def place(tmp_path: Path) -> SecretName:
    return SecretName("acme", str(tmp_path / "connections" / "acme.yaml"), "source", "api_key")


def folder(place: SecretName) -> Path:
    return Path(place.file).parent / "secrets"


def test_a_file_is_private_and_so_is_its_folder(place: SecretName) -> None:
    before = os.umask(0)
    try:
        with StoringCredentials() as storing:
            ref = storing.store(Secret("s3cret"), place, SecretKind.FILE)
            storing.commit()
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(ref.name).st_mode) == 0o600
    assert stat.S_IMODE(folder(place).stat().st_mode) == 0o700
    assert (folder(place) / ".gitignore").read_text() == "*\n"
    assert opened(ref).open() == "s3cret"
    assert place.is_own(ref)
    assert forgotten(ref)
    assert not folder(place).exists()
    assert not forgotten(ref)


@pytest.mark.parametrize("kind", [SecretKind.FILE, SecretKind.KEYRING])
def test_who_leaves_in_the_middle_leaves_what_was_there(
    place: SecretName, ring: Ring, kind: SecretKind
) -> None:
    def interrupted(text: str) -> None:
        with StoringCredentials() as storing:
            assert opened(storing.store(Secret(text), place, kind)).open() == text
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted("first")
    assert (ring.entries, folder(place).exists()) == ({}, False)
    with StoringCredentials() as storing:
        storing.store(Secret("first"), place, kind)
        storing.commit()
    with pytest.raises(KeyboardInterrupt):
        interrupted("second")
    assert opened(place.ref(kind)).open() == "first"


def test_without_a_word_it_is_the_keyring_where_one_works(place: SecretName, ring: Ring) -> None:
    with StoringCredentials() as storing:
        ref = storing.store(Secret("s3cret"), place, None)
        storing.commit()
    assert str(ref) == "the keyring's entry oneway/acme.source.api_key"
    assert ring.entries == {("oneway", "acme.source.api_key"): "s3cret"}
    assert not folder(place).exists()
    assert forgotten(ref)
    assert not forgotten(ref)
    assert ring.entries == {}


def test_a_new_connection_takes_no_other_ones_entry(place: SecretName, ring: Ring) -> None:
    ring.entries["oneway", "acme.source.api_key"] = "of another folder"
    with pytest.raises(Refused) as caught, StoringCredentials() as storing:
        storing.store(Secret("s3cret"), place, SecretKind.KEYRING, new=True)
    assert caught.value.diagnostics[0].code == "C140"
    with StoringCredentials() as storing:
        assert storing.store(Secret("s3cret"), place, None, new=True).kind is SecretKind.FILE
    assert ring.entries == {("oneway", "acme.source.api_key"): "of another folder"}


@pytest.mark.parametrize("broken", [Ring(keeps=False), Ring(locked=True)])
def test_a_keyring_that_keeps_nothing_is_none(place: SecretName, ring: Ring, broken: Ring) -> None:
    keyring.set_keyring(broken)
    with StoringCredentials() as storing:
        assert storing.store(Secret("s3cret"), place, None).kind is SecretKind.FILE
    with pytest.raises(Refused) as caught, StoringCredentials() as storing:
        storing.store(Secret("s3cret"), place, SecretKind.KEYRING)
    assert caught.value.diagnostics[0].code == "C120"
    assert "CANARY" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_folder_that_others_may_look_into_is_refused(place: SecretName) -> None:
    folder(place).mkdir(parents=True, mode=0o755)
    folder(place).chmod(0o755)
    with pytest.raises(Refused) as caught, StoringCredentials() as storing:
        storing.store(Secret("s3cret"), place, SecretKind.FILE)
    assert caught.value.diagnostics[0].code == "C119"
    assert list(folder(place).iterdir()) == []


def test_what_a_person_keeps_elsewhere_is_not_ours(place: SecretName, tmp_path: Path) -> None:
    for ref in (
        SecretRef(SecretKind.FILE, str(tmp_path / "key")),
        SecretRef(SecretKind.ENV, "ONEWAY_ACME_API_KEY"),
        SecretRef(SecretKind.KEYRING, "oneway/other.source.api_key"),
    ):
        assert not place.is_own(ref)


def test_importing_what_keeps_credentials_imports_no_keyring() -> None:
    code = "import sys, oneway.connections.secrets.store; sys.exit('keyring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


names = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,5})?", fullmatch=True)
keys = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,10}", fullmatch=True)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
lines = words.filter(lambda text: text.strip() != "")
values = st.booleans() | st.integers(-(10**15), 10**15) | words
refs = st.builds(SecretRef, st.just(SecretKind.ENV), lines.map("ONEWAY_{}".format)) | st.builds(
    SecretRef, st.just(SecretKind.FILE), st.sampled_from(["x/secrets/k", "x/k"])
)
sides = st.builds(
    Side,
    st.dictionaries(keys, words, max_size=3),
    st.dictionaries(keys, refs, max_size=2),
    origin=st.sampled_from(["", "https://api.example.com", "http://127.0.0.1:8080"]),
    manifest=st.sampled_from(["", "connectors/a b.yaml"]),
)
connections = st.builds(
    Connection,
    name=names,
    file=st.just("x/acme.yaml"),
    mapping=st.sampled_from(["mappings/a.yaml", "x/b c.yaml", "/abs/m.yaml"]),
    settings=st.dictionaries(keys, values, max_size=3),
    source=sides,
    target=sides,
    schedule=st.none()
    | st.builds(
        Schedule,
        st.sampled_from(["0 4 * * *", "*/5 1-3 * * MON-FRI"]),
        st.sampled_from(["UTC", "Europe/London"]),
        st.sampled_from([timedelta(), timedelta(minutes=10), timedelta(seconds=90)]),
    ),
)


@given(connections)
def test_a_file_that_is_written_is_read_as_what_was_written(connection: Connection) -> None:
    assert load_connection(new_file(connection).encode(), connection.file) == connection


@given(words | values)
def test_a_value_that_is_written_is_read_as_the_same_value(value: str | int | bool) -> None:
    text = scalar(value)
    for written in (f"a: {text}\n", f"a: {{b: {text}, c: [{text}]}}\n"):
        found = parse(written.encode(), "x.yaml").data
        assert isinstance(found, dict)
        assert found["a"] in (value, {"b": value, "c": [value]})


WRITTEN = """\
# Acme's payroll; ask Jo before you change it.
oneway_connection: 1
name: acme      # the name
mapping: m.yaml
source:
  credentials:
    api_key: {env: ONEWAY_ACME_KEY}     # until the vault is there
    other:
      file: "secrets/old"
target: {credentials: {token: {keyring: 'oneway/x'}}, options: {employer: 12}}
"""


def test_only_the_references_change_and_every_comment_stays() -> None:
    connection = load_connection(WRITTEN.encode(), "acme.yaml")
    made = with_refs(
        connection,
        {
            ("source", "api_key"): SecretRef(SecretKind.FILE, "secrets/acme.source.api_key"),
            ("source", "other"): SecretRef(SecretKind.KEYRING, "oneway/acme.source.other"),
            ("target", "token"): SecretRef(SecretKind.ENV, "ONEWAY_B: # ]"),
        },
    )
    assert made == (
        WRITTEN.replace("{env: ONEWAY_ACME_KEY}", "{file: secrets/acme.source.api_key}")
        .replace('file: "secrets/old"', "keyring: oneway/acme.source.other")
        .replace("{keyring: 'oneway/x'}", '{env: "ONEWAY_B: # ]"}')
    )


HEAD = "oneway_connection: 1\nname: acme\nmapping: m.yaml\n"
REF = SecretRef(SecretKind.ENV, "ONEWAY_B")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "source:\n  credentials:\n    api_key: {env: ONEWAY_B}\n"),
        (
            "source:  # payroll\n  options: {a: b}\n# end\n",
            "source:  # payroll\n  credentials:\n    api_key: {env: ONEWAY_B}\n"
            "  options: {a: b}\n# end\n",
        ),
        (
            "source:\n    credentials:  # two\n        x: {env: ONEWAY_X}\n",
            "source:\n    credentials:  # two\n"
            "        api_key: {env: ONEWAY_B}\n        x: {env: ONEWAY_X}\n",
        ),
    ],
)
def test_a_reference_that_was_not_written_is_added(before: str, after: str) -> None:
    connection = load_connection((HEAD + before).encode(), "acme.yaml")
    assert with_refs(connection, {("source", "api_key"): REF}) == HEAD + after


@pytest.mark.parametrize(
    "text",
    [
        "source: {credentials: {api_key: &k {env: ONEWAY_A}}}\n"
        "target: {credentials: {api_key: *k}}\n",
        "source: {options: {a: b}}\n",
        "source:\n  credentials: {x: {env: ONEWAY_X}}\n",
    ],
)
def test_a_reference_that_cannot_be_replaced_alone_is_not(text: str) -> None:
    connection = load_connection((HEAD + text).encode(), "acme.yaml")
    assert with_refs(connection, {("source", "api_key"): REF}) is None


def test_a_file_never_takes_another_ones_place(tmp_path: Path) -> None:
    path = tmp_path / "a" / "acme.yaml"
    write_new(path, "one\n")
    with pytest.raises(Refused) as caught:
        write_new(path, "two\n")
    assert caught.value.diagnostics[0].code == "C142"
    assert path.read_text() == "one\n"
    first = moved_aside(path, ".disconnected")
    write_new(path, "two\n")
    second = moved_aside(path, ".disconnected")
    assert [first.read_text(), second.read_text()] == ["one\n", "two\n"]
    assert sorted(each.name for each in path.parent.iterdir()) == [first.name, second.name]
