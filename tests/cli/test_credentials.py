"""Who writes a mapping, a manifest or a connection does not get the credentials.

Each way is set up in a working folder whose environment holds credentials. A server that keeps
all it hears stands where the attacker's would: it must hear none of them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cli_world import World, person

from listener import JsonHandler, LoopbackServer, answering

CANARY = "CANARY-7f2d"
AWS = "CANARY-aws-9c"
STORE = "postgresql://u:CANARY-store@db.invalid/x"
OTHER = "CANARY-other-51"

MAPPING = """\
oneway: 1
name: people
title: People
label: name
source: {connector: file, resource: people.json}
target: {connector: TARGET, resource: users OPTIONS}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  firstName: name
  lastName: name
  email: email
joiners: {create: true}
"""
MANIFEST = """\
oneway_connector: 1
name: NAME
title: Own
kind: rest
SETUP
resources:
  users:
    title: Users
    id: id
    list: {path: /users}
    create: {method: POST, path: /users}
    update: {method: PATCH, path: "/users/{id}"}
    record:
      type: object
      additionalProperties: true
      properties:
        id: {type: integer, readOnly: true}
        reference: {type: string}
        firstName: {type: string}
        lastName: {type: string}
        email: {type: string}
"""
KEYED = """\
secrets: {api_key: {description: A key.}}
base_url: "URL"
auth: {type: header, header: X-Key, value: "{api_key}"}
"""
TOKENS = """\
options: {base_url: {description: Where.}}
secrets: {api_key: {description: A key.}}
base_url: "{base_url}"
auth: {type: oauth2_client_credentials, url: "URL/token", client_id: me, client_secret: "{api_key}"}
"""
IN_PATH = """\
options: {api_key: {description: Not a secret.}}
base_url: "URL/{api_key}"
auth: {type: none}
"""


class Capture(LoopbackServer):
    """Keeps every request, headers and body, as text; answers an empty list."""

    heard: list[str]
    sends_to: str = ""


class _Handler(JsonHandler):
    protocol_version = "HTTP/1.0"
    server: Capture

    def do_GET(self) -> None:
        self.server.heard.append(f"{self.command} {self.path}\n{self.headers}\n{self.body()!r}")
        self.send_response(302 if self.server.sends_to else 200)
        if self.server.sends_to:
            self.send_header("Location", f"{self.server.sends_to}{self.path}")
        self.end_headers()
        self.wfile.write(b"[]")

    do_POST = do_PATCH = do_PUT = do_GET


@contextmanager
def capturing() -> Iterator[Capture]:
    server = Capture(_Handler)
    server.heard = []
    with answering(server):
        yield server


@dataclass(frozen=True)
class Way:
    """One way to the credentials: files that are written, and the code that refuses it.

    `URL` in a file is the attacker's server, `GOOD` one that credentials may go to.
    """

    name: str
    code: str
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    run: str = "m.yaml"
    links: Mapping[str, str] = field(default_factory=dict)
    redirects: bool = False


def mapping(connector: str = "expensein", options: str = "") -> str:
    extra = f", options: {{{options}}}" if options else ""
    return MAPPING.replace("TARGET", connector).replace(" OPTIONS", extra)


def manifest(name: str, setup: str = KEYED) -> str:
    return MANIFEST.replace("NAME", name).replace("SETUP\n", setup)


def connection(target: str) -> str:
    return f"oneway_connection: 1\nname: acme\nmapping: ../m.yaml\ntarget: {{{target}}}\n"


ACME = "connections/acme.yaml"
AT_URL = 'base_url: "URL"'
PLAIN = {"m.yaml": mapping()}
REFERENCE = """\
references:
  teams:
    from: {connector: expensein, options: {base_url: "URL"}}
    resource: departments
    key: id
    value: id
"""

WAYS = [
    # The four of the report.
    Way("a mapping's option", "C150", {"m.yaml": mapping(options=AT_URL)}),
    Way(
        "a manifest by path",
        "C151",
        {"m.yaml": mapping("./mine.yaml"), "mine.yaml": manifest("expensein")},
    ),
    Way(
        "a manifest that shadows",
        "C151",
        {**PLAIN, "connectors/expensein.yaml": manifest("expensein")},
    ),
    Way(
        "any variable",
        "C152",
        {
            **PLAIN,
            ACME: connection(f"options: {{{AT_URL}}}, credentials: {{api_key: {{env: AWS_KEY}}}}"),
        },
        run="acme",
    ),
    # And more.
    Way(
        "a manifest that shadows from a folder",
        "C151",
        {**PLAIN, "connectors/expensein/manifest.yaml": manifest("expensein")},
    ),
    Way(
        "another file's name",
        "C151",
        {"m.yaml": mapping("innocent"), "connectors/innocent.yaml": manifest("expensein")},
    ),
    Way(
        "a name whose variable is another's",
        "C151",
        {
            "m.yaml": mapping("innocent"),
            "connectors/innocent.yaml": manifest("expensein_api", KEYED.replace("api_key", "key")),
        },
    ),
    Way(
        "a manifest of one's own whose server was changed",
        "C150",
        {"m.yaml": mapping("own"), "connectors/own.yaml": manifest("own")},
        env={"ONEWAY_OWN_API_KEY": CANARY},
    ),
    Way(
        "a manifest of one's own, elsewhere than its owner says",
        "C150",
        {"m.yaml": mapping("own"), "connectors/own.yaml": manifest("own")},
        env={"ONEWAY_OWN_API_KEY": CANARY, "ONEWAY_OWN_ORIGIN": "GOOD"},
    ),
    Way(
        "tokens from elsewhere",
        "C150",
        {"m.yaml": mapping("own"), "connectors/own.yaml": manifest("own", TOKENS)},
        env={"ONEWAY_OWN_API_KEY": CANARY, "ONEWAY_OWN_BASE_URL": "GOOD"},
    ),
    Way(
        "an option that is a credential",
        "C150",
        {"m.yaml": mapping("own"), "connectors/own.yaml": manifest("own", IN_PATH)},
        env={"ONEWAY_OWN_API_KEY": CANARY},
    ),
    Way("a reference's option", "C150", {"m.yaml": mapping() + REFERENCE}),
    Way(
        "a connection's option, where the environment binds",
        "C150",
        {**PLAIN, ACME: connection(f"options: {{{AT_URL}}}")},
        env={"ONEWAY_EXPENSEIN_ORIGIN": "https://api.expensein.com"},
        run="acme",
    ),
    Way(
        "a mapping's option beside a connection's origin",
        "C150",
        {
            "m.yaml": mapping(options=AT_URL),
            ACME: connection("origin: 'https://api.expensein.com'"),
        },
        run="acme",
    ),
    Way(
        "a manifest that a connection names, beside its origin",
        "C150",
        {
            **PLAIN,
            "mine.yaml": manifest("expensein"),
            ACME: connection("origin: 'https://api.expensein.com', manifest: ../mine.yaml"),
        },
        run="acme",
    ),
    *(
        Way(
            f"what is not the connection's: {ref}",
            "C152",
            {
                **PLAIN,
                "connections/secrets/other.target.api_key": OTHER,
                "elsewhere": OTHER,
                ACME: connection(f"options: {{{AT_URL}}}, credentials: {{api_key: {ref}}}"),
            },
            env={"ONEWAY_STORE": STORE} if "STORE" in ref else {},
            links={"connections/link": "elsewhere"} if "link" in ref else {},
            run="acme",
        )
        for ref in (
            "{file: secrets/other.target.api_key}",
            "{file: ../elsewhere}",
            "{file: link}",
            "{keyring: oneway/other.target.api_key}",
            "{keyring: login/aws}",
            "{env: ONEWAY_STORE}",
        )
    ),
    Way("a redirect", "R108", PLAIN, env={"ONEWAY_EXPENSEIN_BASE_URL": "GOOD"}, redirects=True),
]


def prepared(way: Way, world: World, monkeypatch: pytest.MonkeyPatch, url: str, good: str) -> None:
    """Write a way's files, and set the environment in which its victim works."""
    world.write("people.json", [person(1)])
    usual = {"ONEWAY_EXPENSEIN_API_KEY": CANARY, "AWS_KEY": AWS}
    for name, value in {**usual, **way.env}.items():
        monkeypatch.setenv(name, value.replace("GOOD", good))
    for name, text in way.files.items():
        path = world.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("URL", url) if name.endswith(".yaml") else text)
        path.chmod(0o600)
    for name, leads_to in way.links.items():
        (world.folder / name).symlink_to(world.folder / leads_to)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_no_way_leads_to_the_credentials(
    way: Way, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capturing() as attacker, capturing() as good:
        good.sends_to = attacker.url if way.redirects else ""
        prepared(way, world, monkeypatch, attacker.url, good.url)
        for command in ("plan", "check", "sync"):
            ended = world.run(command, way.run)
            said = ended.out + ended.err
            assert ended.code == 1, said
            assert way.code in said, said
            assert "CANARY" not in said
        assert attacker.heard == []
        kept = [p for p in world.folder.rglob("*") if p.is_file() and ".oneway" in p.parts]
        assert not any(b"CANARY" in path.read_bytes() for path in kept)


def test_the_attacker_would_be_heard(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that finds nothing needs something to find: the owner sends the key there."""
    with capturing() as server:
        prepared(Way("", "", PLAIN), world, monkeypatch, server.url, server.url)
        ended = world.run("plan", "m.yaml", "--option", f"expensein.base_url={server.url}")
        assert ended.code == 0, ended.err
        assert any(CANARY in text for text in server.heard)


def test_the_owner_lets_a_manifest_and_a_variable_be_used(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capturing() as server:
        files = {
            **PLAIN,
            "mine.yaml": manifest("expensein"),
            ACME: connection("manifest: ../mine.yaml, credentials: {api_key: {env: AWS_KEY}}"),
        }
        prepared(Way("", "", files), world, monkeypatch, server.url, server.url)
        monkeypatch.setenv("ONEWAY_CREDENTIALS", "file:/nowhere/,env:AWS_")
        ended = world.run("plan", "acme")
        assert ended.code == 0, ended.err
        assert any(AWS in text for text in server.heard)


def test_offline_work_needs_no_credentials_and_no_origin(world: World) -> None:
    """What continuous integration runs over an untrusted mapping."""
    world.write("m.yaml", mapping(options="base_url: 'https://attacker.example.com'"))
    world.write("people.json", [person(1)])
    world.write("users.json", [])
    assert world.run("validate", "m.yaml").code == 0
    ended = world.run("plan", "m.yaml", "--target", "users.json")
    assert ended.code == 0, ended.err
    assert Path(world.folder / "people.json").exists()
