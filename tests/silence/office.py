"""Connections in the world's folder: what is given to connect, and what is kept of it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from oneway.history.journal import Journal
from oneway.history.journal.schedule_claims import first_seen
from oneway.runs.prepare.request import instant_text

from .servers import API_KEY, CLIENT_ID, CLIENT_SECRET, STAFFOLOGY_KEY, WRONG
from .told import ADDRESS
from .world import World

SECRETS = "connections/secrets"
EVERYTHING = ["failure", "guard", "recovery", "weekly"]


def credentials(auth: str) -> Mapping[str, tuple[str, str]]:
    """Return each credential of a connection, as a canary's name and its text."""
    source = {"source.api_key": ("basic password", STAFFOLOGY_KEY)}
    if auth.startswith("oauth"):
        pair = {"client_id": ("client id", CLIENT_ID)}
        pair["client_secret"] = ("client secret", CLIENT_SECRET)
        return source | {f"target.{name}": each for name, each in pair.items()}
    return source | {"target.api_key": ("API key", API_KEY)}


def lines(auth: str, *wrong: str) -> str:
    """Return all credentials as standard input has them; those of some sides are wrong."""
    texts = {
        name: WRONG if name.startswith(wrong) else text
        for name, (_, text) in credentials(auth).items()
    }
    return "".join(f"{name}={text}\n" for name, text in texts.items())


def kept(auth: str) -> Mapping[str, tuple[str, str]]:
    """Return what the private files of the connection `acme` hold, by their paths."""
    return {f"{SECRETS}/acme.{name}": each for name, each in credentials(auth).items()}


def nothing_is_kept(world: World) -> None:
    """See that there is no connection, and not one credential."""
    every = (world.folder / "connections").rglob("*")
    left = [str(each) for each in every if each.is_file() and each.suffix != ".disconnected"]
    assert left == [], f"something was kept: {left}"


@contextmanager
def without_credentials() -> Iterator[None]:
    """Let the environment hold no credential of a system, so that they are asked for."""
    with patch.dict(os.environ):
        for name in list(os.environ):
            if name.startswith("ONEWAY_") and ("API_KEY" in name or "CLIENT_" in name):
                del os.environ[name]
        yield


def write_connection(world: World, name: str, auth: str) -> None:
    """Write the file of a connection that tells a webhook and a mailbox of everything."""
    mail = {
        "to": ["payroll@example.com"],
        "from": "oneway@example.com",
        "server": "127.0.0.1",
        "port": world.told.mail_port,
        "security": "none",
        "user": "oneway",
        "password": {"file": os.path.relpath(world.vault / "mail", "connections")},
    }
    hook = {"url": world.told.url, "secret": {"env": "ONEWAY_SILENT_HOOK_SECRET"}}
    data = {
        "oneway_connection": 1,
        "name": name,
        "mapping": f"../{world.mapping(auth)}",
        "settings": {"include_bank_details": True},
        "schedule": {"cron": "0 4 * * *", "spread": "0s"},
        "notify": [{"webhook": hook, "on": EVERYTHING}, {"email": mail, "on": EVERYTHING}],
    }
    _write(world, name, json.dumps(data, indent=2), ADDRESS)


def write_mistake(world: World, name: str, auth: str) -> None:
    """Write the file of a connection in which credentials stand, by mistake."""
    known = credentials(auth)
    side = {each.partition(".")[2]: text for each, (_, text) in known.items() if "target" in each}
    data = {
        "oneway_connection": 1,
        "name": name,
        "mapping": f"../{world.mapping(auth)}",
        "source": {"credentials": {"api_key": STAFFOLOGY_KEY, WRONG: {"env": WRONG, "or": WRONG}}},
        "target": {"credentials": side},
        "notify": [{"webhook": {"url": world.told.url, "secret": API_KEY}}],
    }
    _write(world, name, json.dumps(data, indent=2), *_whats())


def _whats() -> Iterator[str]:
    yield from (ADDRESS, "wrong key")
    for auth in ("header", "oauth_body"):
        yield from (what for what, _ in credentials(auth).values())


def _write(world: World, name: str, text: str, *may_hold: str) -> None:
    path = f"connections/{name}.yaml"
    Path("connections").mkdir(exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    world.may_hold[path] = frozenset(may_hold)


def make_due(name: str) -> None:
    """Let a connection be known for two days, so that its last due is to be run."""
    folder = Path(".oneway")
    folder.mkdir(mode=0o700, exist_ok=True)
    with Journal.open(folder / "journal.db") as journal:
        first_seen(journal, name, instant_text(datetime.now(UTC) - timedelta(days=2)))
