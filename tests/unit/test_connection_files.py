"""A connection's file: what it says, every mistake of it at its place, and nothing given away."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oneway.connections.connection import (
    Connection,
    Email,
    Occasion,
    OwnGuards,
    Schedule,
    Security,
    Webhook,
)
from oneway.connections.folder import connection_at, connections_in, path_of
from oneway.connections.guards import merged_guards
from oneway.connections.parse import load_connection
from oneway.connections.secret_files import unsafe_files
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.connections.validate import why_not_cron
from oneway.core.diagnostics import Diagnostic, Refused, Span
from oneway.documents.schema_check import schema_text
from oneway.mapping.lint.codes import CODES
from oneway.mapping.spec import GuardKind, GuardsSpec, LimitSpec, OnBreach
from oneway.planning.guard_kinds import DEFAULTS, looser_guards

MINIMAL = "oneway_connection: 1\nname: acme\nmapping: ../mappings/m.yaml\n"
WHOLE = """\
oneway_connection: 1
name: acme
mapping: ../mappings/m.yaml
settings: {include_bank_details: true, days: 30}
source: {options: {employer: e-1, deep: true}, credentials: {api_key: {keyring: oneway/acme}}}
target: {credentials: {api_key: {file: secrets/acme.key}}}
schedule: {cron: "30  4 * * MON-FRI", time_zone: Europe/London, spread: 1h}
guards: {leavers: {share: 5%, floor: 1}, on_breach: stop, source: {shrink: 0.1}, keys: {gone: 30%},
  values: {gone: 20%}}
reviewed_by: J. Example, 2026-11-20
notify:
  - {webhook: {url: https://hooks.example.com/x, secret: {env: ONEWAY_HOOK}}, on: [failure, weekly]}
  - {email: {to: [a@example.com], from: b@example.com, server: smtp.example.com, security: tls,
     user: u, password: {env: ONEWAY_P}}}
"""


def mistakes(text: str | bytes, file: str = "connections/c.yaml") -> tuple[Diagnostic, ...]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(Refused) as refused:
        load_connection(data, file)
    return refused.value.diagnostics


def load(text: str, file: str = "connections/c.yaml") -> Connection:
    return load_connection(text.encode(), file)


def test_a_whole_connection() -> None:
    found = load(WHOLE)
    assert (found.name, found.mapping) == ("acme", "mappings/m.yaml")
    assert found.settings == {"include_bank_details": True, "days": 30}
    assert found.source.options == {"employer": "e-1", "deep": "true"}
    assert found.source.credentials == {"api_key": SecretRef(SecretKind.KEYRING, "oneway/acme")}
    key = SecretRef(SecretKind.FILE, "connections/secrets/acme.key")
    assert found.target.credentials == {"api_key": key}
    assert found.schedule == Schedule("30 4 * * MON-FRI", "Europe/London", timedelta(hours=1))
    assert found.guards is not None
    limit = found.guards.limits[GuardKind.LEAVERS]
    assert (limit.share, limit.floor, str(limit.span)) == (0.05, 1, "connections/c.yaml:8:10")
    shares = (found.guards.source_shrink, found.guards.keys_gone, found.guards.values_gone)
    assert (found.guards.on_breach, shares) == (OnBreach.STOP, (0.1, 0.3, 0.2))
    webhook, email = found.notify
    assert isinstance(webhook, Webhook)
    assert webhook.secret == SecretRef(SecretKind.ENV, "ONEWAY_HOOK")
    assert webhook.on == {Occasion.FAILURE, Occasion.WEEKLY}
    assert isinstance(email, Email)
    assert (email.port, email.security, email.to) == (465, Security.TLS, ("a@example.com",))
    assert email.on == {Occasion.FAILURE, Occasion.GUARD, Occasion.RECOVERY}
    assert [path for path, _ in found.references] == [
        ("source", "credentials", "api_key"),
        ("target", "credentials", "api_key"),
        ("notify", 0, "webhook", "secret"),
        ("notify", 1, "email", "password"),
    ]


def test_the_least_that_a_connection_says() -> None:
    found = load(MINIMAL)
    assert found.schedule == Schedule("0 4 * * *", "UTC", timedelta(minutes=10))
    assert (found.guards, found.notify, found.settings, found.references) == (None, (), {}, ())
    assert load(MINIMAL + "schedule: never\n").schedule is None
    assert load(MINIMAL + "schedule: {spread: 0m}\n").schedule == Schedule(spread=timedelta(0))


@pytest.mark.parametrize(
    ("extra", "code", "place"),
    [
        ('schedule: {cron: "0 4 31 2 *"}', "C131", "4:19"),
        ('schedule: {cron: "61 4 * * *"}', "C131", "4:19"),
        ('schedule: {cron: "0 0 31 4,6,9,11 *"}', "C131", "4:19"),
        ('schedule: {cron: "0 4 * *"}', "S105", "4:19"),
        ('schedule: {cron: "0 0 4 * * *"}', "S105", "4:19"),
        ("schedule: {time_zone: Europe/Lundon}", "M118", "4:23"),
        ("schedule: {time_zone: ../../etc/passwd}", "M118", "4:23"),
        ("schedule: {time_zone: Europe}", "M118", "4:23"),
        ("schedule: {spread: 121m}", "C132", "4:20"),
        ("schedule: {spread: -1m}", "S105", "4:20"),
        ("schedule: {spread: 10}", "S101", "4:20"),
        ("schedule: nevr", "S104", "4:11"),
        ("guards: {leavers: {share: 110%, floor: 1}}", "S105", "4:27"),
        ("source: {options: {a: {b: c}}}", "S101", "4:23"),
        ("source: {credentials: {api_key: text}}", "C130", "4:24"),
        ("source: {credentials: {api_key: {env: A, file: b}}}", "C130", "4:24"),
        ("source: {credentials: {api_key: {keyring: alone}}}", "C130", "4:24"),
        ("source: {credentials: {api_key: 12345}}", "C130", "4:24"),
        ("target: {concurrency: 33}", "S106", "4:23"),
        ("target: {concurrency: 0}", "S106", "4:23"),
        ("notify: [{webhook: {url: http://hooks.example.com/x}}]", "C133", "4:26"),
        ("notify: [{webhook: {url: ftp://hooks.example.com/x}}]", "C133", "4:26"),
        ("notify: [{webhook: {url: https://u:p@hooks.example.com/x}}]", "C133", "4:26"),
        ('notify: [{webhook: {url: "https://[::1"}}]', "C133", "4:27"),
        ('notify: [{webhook: {url: "https://a.example.com/\\r\\nX: y"}}]', "C133", "4:27"),
        ("notify: [{webhook: {url: https://a.example.com:99999/}}]", "C133", "4:26"),
        ("notify: [{on: [failure]}]", "S108", "4:10"),
        ("notify: [{webhook: {url: https://a.example.com}, on: []}]", "S107", "4:54"),
        ("name: again", "Y108", "4:1"),
        ("oneway_connection: 2", "Y108", "4:1"),
    ],
)
def test_each_mistake_at_its_place(extra: str, code: str, place: str) -> None:
    (found,) = mistakes(MINIMAL + extra + "\n")
    assert (found.code, str(found.span)) == (code, f"connections/c.yaml:{place}"), found
    assert found.summary
    assert found.help or code.startswith("Y")
    assert found.code in CODES


def test_a_reference_written_as_on_the_command_line_is_told_its_form_here() -> None:
    (found,) = mistakes(MINIMAL + "source: {credentials: {api_key: env:ACME_KEY}}\n")
    assert found.help == "in a file it is written {env: ...}; env:... is for the command line"
    (found,) = mistakes(MINIMAL + "source: {credentials: {api_key: s3cret:x}}\n")
    assert "have it replaced" in found.help
    assert "s3cret" not in str(found)


EMAIL = "notify: [{email: {to: [a@example.com], from: b@example.com, server: s.example.com"


@pytest.mark.parametrize(
    "wrong",
    [
        EMAIL.replace("a@example.com", '"a@example.com\\r\\nBcc: x@example.com"') + "}}]",
        EMAIL.replace("a@example.com", "Ann <a@example.com>") + "}}]",
        EMAIL.replace("b@example.com", "nobody") + "}}]",
        EMAIL.replace("s.example.com", '"s.example.com:25"') + "}}]",
        EMAIL + ", security: none}}]",
        EMAIL + ", user: u}}]",
        EMAIL + ", password: {env: ONEWAY_P}}}]",
    ],
)
def test_an_email_that_cannot_be_sent(wrong: str) -> None:
    assert {each.code for each in mistakes(MINIMAL + wrong + "\n")} == {"C134"}


@pytest.mark.parametrize(
    "fine",
    [
        "notify: [{webhook: {url: http://127.0.0.1:80/x}}]",
        "notify: [{webhook: {url: http://localhost/x}}]",
        EMAIL.replace("s.example.com", "127.0.0.1") + ", security: none}}]",
        EMAIL.replace("s.example.com", '"::1"') + ", security: none}}]",
        'schedule: {cron: "0 4 29 2 *", time_zone: UTC}',
    ],
)
def test_what_is_fine(fine: str) -> None:
    load(MINIMAL + fine + "\n")


def test_a_name_is_a_key_everywhere() -> None:
    for wrong in ("Acme", "a b", "a--b", "-a", "../a", "a" * 61, '""', "a.yaml"):
        assert mistakes(MINIMAL.replace("acme", wrong))[0].code == "S105"


def test_all_mistakes_come_in_one_run() -> None:
    text = """\
oneway_connection: 1
name: Acme
source: {credentials: {api_key: text}, optoins: {}}
schedule: {cron: "0 4 31 2 *", time_zone: Europe/Lundon, spread: 3h}
guards: {leavers: {share: 2, floor: 1}}
notify: [{webhook: {url: http://hooks.example.com}}]
"""
    codes = [each.code for each in mistakes(text)]
    assert codes == ["S103", "S105", "C130", "S102", "C131", "M118", "C132", "S106", "C133"]


def test_a_newer_version_says_so_and_nothing_else() -> None:
    (found,) = mistakes("oneway_connection: 2\nname: acme\nthings: 7\n")
    assert found.code == "S111"


CANARY = "sk-canary-5d1f"


@pytest.mark.parametrize(
    "leak",
    [
        f"source: {{credentials: {{api_key: {CANARY}}}}}",
        f"source: {{credentials: {{api_key: {{value: {CANARY}}}}}}}",
        f"source: {{credentials: {{api_key: [{CANARY}]}}}}",
        f"source: {{credentials: {{api_key: {{env: [{CANARY}]}}}}}}",
        f"source: {{credentials: {CANARY}}}",
        f"source: {CANARY}",
        f"source: {{credntials: {{api_key: {CANARY}}}}}",
        f"source: {{options: {{api_key: {CANARY}}}, nonsense: 1}}",
        f"sorce: {{credentials: {{api_key: {CANARY}}}}}",
        f"api_key: {CANARY}",
        f"source:\n  credentials:\n    api_key: >-\n      {CANARY}\n  oops: 1",
        f'source: {{credentials: {{api_key: "{CANARY}}}}}',
        f"source: {{credentials: {{api_key: {CANARY}}}",
        f"source:\n  credentials:\n    api_key: *{CANARY}",
        f"source: {{credentials: {{api_key: !{CANARY} x}}}}",
        f"source:\n\tapi_key: {CANARY}",
        f"notify: [{{webhook: {{url: http://hooks.example.com/{CANARY}}}}}]",
        f"notify: [{{webhook: {{url: https://hooks.example.com/x, secret: {CANARY}}}}}]",
        f"notify: [{{webhook: {CANARY}, on: [failure]}}]",
        f"notify: {CANARY}",
        f"{EMAIL}, user: u, password: {CANARY}}}}}]",
        f"{EMAIL}, security: {CANARY}}}}}]",
        f"{EMAIL}, port: {CANARY}}}}}]",
    ],
)
def test_a_credential_that_stands_in_a_file_is_never_shown(leak: str) -> None:
    for text in (MINIMAL + leak + "\n", "nonsense: 1\n" + MINIMAL + leak):
        for each in mistakes(text):
            assert CANARY not in repr(each), each


@given(st.recursive(
    st.sampled_from([CANARY, 1, True, None]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["options", "credentials", "api_key", "env", "webhook", "email", "url",
                         "secret", "to", "from", "server", "password", "on", "x"]),
        inner, max_size=3),
    max_leaves=8,
), st.sampled_from(["source", "target", "notify", "other"]))  # fmt: skip
def test_whatever_stands_where_credentials_do_is_told_without_a_value(data: Any, key: str) -> None:
    text = MINIMAL + yaml.safe_dump({key: data}, default_flow_style=True)
    found: tuple[Diagnostic, ...]
    try:
        found = (load(text).written.at((key,), "S101", "x"),)
    except Refused as refused:
        found = refused.diagnostics
    assert CANARY not in repr(found)
    assert all(each.code in CODES for each in found)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_connection_or_refused(data: bytes) -> None:
    for each in mistakes(MINIMAL.encode() + b"name: twice\n" + data):
        assert each.code in CODES


def test_paths_are_relative_to_the_file_also_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(MINIMAL, "c.yaml").mapping == "../mappings/m.yaml"
    assert load(MINIMAL, "/srv/connections/c.yaml").mapping == "/srv/mappings/m.yaml"
    absolute = MINIMAL.replace("../mappings", "/srv/mappings")
    assert load(absolute).mapping == "/srv/mappings/m.yaml"
    (tmp_path / "elsewhere" / "here").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "here")
    assert load(MINIMAL, "link/c.yaml").mapping == "link/../mappings/m.yaml"


def test_a_secret_s_file_is_looked_at_and_not_read(tmp_path: Path) -> None:
    text = MINIMAL + "target: {credentials: {api_key: {file: key}, other: {env: ONEWAY_NOT_SET}}}\n"
    found = load(text, str(tmp_path / "c.yaml"))
    key = tmp_path / "key"
    (missing,) = unsafe_files(found)
    assert (missing.code, missing.span.line) == ("C118", 4)
    key.write_text(CANARY)
    key.chmod(0o644)
    (shared,) = unsafe_files(found)
    assert (shared.code, shared.span.line, shared.help) == ("C119", 4, f"chmod 600 {key}")
    assert CANARY not in repr(shared)
    key.chmod(0o600)
    assert list(unsafe_files(found)) == []
    key.write_bytes(b"\xff" * 100_000)  # what is in it is not looked at
    assert list(unsafe_files(found)) == []
    key.unlink()
    key.mkdir()
    assert [each.code for each in unsafe_files(found)] == ["C118"]


def test_a_folder_of_connections_and_a_broken_one_disturbs_no_other(tmp_path: Path) -> None:
    def put(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    put("a.yaml", MINIMAL.replace("acme", "a"))
    put("b.yml", "oneway_connection: 1\nname: B\n")
    put("deep/c.yaml", MINIMAL.replace("acme", "c"))
    put("twice-1.yaml", MINIMAL.replace("acme", "twice"))
    put("twice-2.yaml", MINIMAL.replace("acme", "twice"))
    put("no-kind.yaml", "name: x\n")
    put("m.yaml", "oneway: 1\n")
    put("manifest.yaml", "oneway_connector: 1\n")
    put(".hidden/d.yaml", MINIMAL)
    put("a.yaml.disconnected", MINIMAL)
    put("secrets/key", CANARY)
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    found = {Path(each.file).name: each for each in connections_in(tmp_path)}
    assert {name for name, each in found.items() if each.connection} == {"a.yaml", "c.yaml"}
    codes = {
        name: {one.code for one in each.refused.diagnostics}
        for name, each in found.items()
        if each.refused
    }
    assert codes.pop("no-kind.yaml") == {"S103"}
    assert codes.pop("b.yml") == {"S103", "S105"}
    assert codes == {"twice-1.yaml": {"C136"}, "twice-2.yaml": {"C136"}}
    (wrong,) = found["twice-1.yaml"].refused.diagnostics  # type: ignore[union-attr]
    assert str(tmp_path / "twice-2.yaml") in wrong.summary
    assert wrong.span.line == 2


@pytest.mark.parametrize("path", ["nowhere", "file", "a\0b"])
def test_no_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="F120"):
        connections_in(tmp_path / path)


def test_an_ending_in_capitals_is_an_ending(tmp_path: Path) -> None:
    for number, file in enumerate(("a.YAML", "b.Yml", "c.yaml")):
        (tmp_path / file).write_text(MINIMAL.replace("acme", f"c{number}"))
    found = [each.connection.name for each in connections_in(tmp_path) if each.connection]
    assert found == ["c0", "c1", "c2"]
    assert path_of("c0", tmp_path) == str(tmp_path / "a.YAML")


def test_a_connection_is_found_by_its_name(tmp_path: Path) -> None:
    for file, name in (("acme.yaml", "acme"), ("north.yml", "north"), ("x.yaml", "inside")):
        (tmp_path / file).write_text(MINIMAL.replace("acme", name))
    (tmp_path / "broken.yaml").write_text("{")
    assert path_of("acme", tmp_path) == str(tmp_path / "acme.yaml")
    assert path_of("north", tmp_path) == str(tmp_path / "north.yml")
    assert path_of("inside", tmp_path) == str(tmp_path / "x.yaml")
    assert path_of("broken", tmp_path) == str(tmp_path / "broken.yaml")
    assert connection_at(path_of("inside", tmp_path)).name == "inside"
    with pytest.raises(Refused) as refused:
        path_of("acne", tmp_path)
    (found,) = refused.value.diagnostics
    assert (found.code, found.help) == ("C135", "did you mean 'acme'?")
    with pytest.raises(Refused, match="C135"):
        path_of("acme", tmp_path / "nowhere")


LIMITS = st.builds(
    LimitSpec,
    share=st.sampled_from([0.0, 0.05, 0.1, 0.5, 1.0]),
    floor=st.integers(0, 12),
    span=st.just(Span("f")),
)
SHRINKING = (GuardKind.SOURCE_SHRINK, GuardKind.TARGET_SHRINK, GuardKind.KEYS_GONE)
KINDS = [kind for kind in GuardKind if kind not in SHRINKING]
SHARES = st.sampled_from([0.0, 0.1, 0.2, 0.5])
BREACHES = st.sampled_from(OnBreach)
BY_KIND = st.dictionaries(st.sampled_from(KINDS), LIMITS)
GUARDS = st.builds(
    GuardsSpec, BY_KIND.map(lambda d: tuple(d.items())), BREACHES, SHARES, SHARES, SHARES, SHARES
)
MAYBE = st.none() | SHARES
OWN = st.builds(OwnGuards, BY_KIND, st.none() | BREACHES, MAYBE, MAYBE, MAYBE, MAYBE)


@given(GUARDS, OWN, st.integers(0, 500))
def test_guards_that_are_not_looser_let_nothing_more_through(
    guards: GuardsSpec, own: OwnGuards, managed: int
) -> None:
    from fractions import Fraction

    from oneway.planning.guard_kinds import Limit

    def ceilings(spec: GuardsSpec) -> dict[GuardKind, int]:
        limits = DEFAULTS | {k: Limit(Fraction(str(v.share)), v.floor) for k, v in spec.limits}
        return {kind: limit.ceiling(managed) for kind, limit in limits.items()}

    both = merged_guards(guards, own)
    assert {k: v for k, v in dict(both.limits).items() if k in own.limits} == own.limits
    assert merged_guards(guards, None) == guards
    if not list(looser_guards(guards, both)):
        before, after = ceilings(guards), ceilings(both)
        assert all(after[kind] <= before[kind] for kind in before)
        assert both.source_shrink <= guards.source_shrink
        assert both.target_shrink <= guards.target_shrink
        assert both.keys_gone <= guards.keys_gone
        assert both.values_gone <= guards.values_gone
        assert guards.on_breach is OnBreach.HOLD or both.on_breach is OnBreach.STOP


@given(GUARDS, GUARDS)
def test_what_is_looser_is_so_in_one_number(before: GuardsSpec, after: GuardsSpec) -> None:
    found = list(looser_guards(before, after))
    assert len({each.path for each in found}) == len(found)
    for each in found:
        assert each.path[0] == "guards"
        assert each.was != each.now
    assert not list(looser_guards(before, before))


def test_every_key_is_explained_and_its_examples_are_right() -> None:
    schema = json.loads(schema_text("connection"))

    def walk(part: dict[str, Any], where: str) -> None:
        for group in ("properties", "$defs"):
            for name, inner in part.get(group, {}).items():
                look(inner, f"{where}/{name}")
        for key in ("items", "additionalProperties"):
            if isinstance(part.get(key), dict):
                look(part[key], f"{where}/{key}")
        for number, branch in enumerate(part.get("anyOf", ())):
            if set(branch) != {"required"}:
                look(branch, f"{where}/{number}")

    def look(part: dict[str, Any], where: str) -> None:
        referred = schema["$defs"][part["$ref"].split("/")[-1]] if "$ref" in part else {}
        about = {**referred, **part}
        assert {"title", "description", "examples"} <= set(about), where
        for example in about["examples"]:
            Draft202012Validator({"$defs": schema["$defs"], **part}).validate(example)
        if about.get("type") == "object":
            assert "additionalProperties" in about, where
        walk(part, where)

    walk(schema, "")
    assert schema["$defs"]["Occasion"]["enum"] == [each.value for each in Occasion]
    email = schema["$defs"]["Email"]["properties"]
    assert email["security"]["enum"] == [each.value for each in Security]


def test_a_number_of_more_digits_than_python_reads_is_no_cron_line() -> None:
    assert why_not_cron(f"{'9' * 5000} 4 * * *") == "is invalid"


@pytest.mark.parametrize(
    "address",
    ["a\0b@x.example", "a\u061cb@x.example", "ann@.", "a..b@x.example", "=?utf-8?q?x?=@x.example"],
)
def test_an_address_that_no_mail_can_hold_is_refused(address: str) -> None:
    mail = {"to": [address], "from": "a@x.example", "server": "mail.example.com"}
    data = {"oneway_connection": 1, "name": "a", "mapping": "m.yaml", "notify": [{"email": mail}]}
    with pytest.raises(Refused) as caught:
        load_connection(json.dumps(data).encode(), "a.yaml")
    assert [each.code for each in caught.value.diagnostics] == ["C134"]
