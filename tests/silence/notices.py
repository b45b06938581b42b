"""Cases of notices: a webhook and a mail server that answer badly, tried again, and listed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import zip_longest
from typing import Any
from unittest.mock import patch

from oneway.cli import notices, notify
from oneway.cli.clock import now
from oneway.notices import http_post
from oneway.notices.email import _Session

from .case import ALLOW, Case
from .connecting import failing
from .office import write_connection, write_mistake
from .told import BAD_HOOKS, BAD_MAILS
from .world import World

BAD = tuple(zip_longest(BAD_HOOKS, BAD_MAILS, fillvalue="refuses people"))
"""A manner of the webhook, and one of the mail server."""


def all_notices() -> Iterator[Case]:
    """Yield every case of notices."""
    for hook, mail in BAD:
        yield telling(hook, mail)
    yield Case("a credential in a connection's file", written_by_mistake)
    yield Case("a mistake in telling", mistaken)


def small_notices() -> Iterator[Case]:
    """Yield a few of them."""
    yield telling("", "")
    yield telling("fails", "refuses the login")
    yield telling("breaks off", "babbles")
    yield Case("a credential in a connection's file", written_by_mistake)


def telling(hook: str, mail: str) -> Case:
    """Return a case in which a run fails, is told of in vain, and at last in good order."""

    def act(world: World) -> None:
        write_connection(world, "acme", "header")
        world.told.be(hook, mail)
        _tested(world)
        _troubled(world)
        _tried_again(world)
        world.told.be()
        later(world, timedelta(days=2), "notify", "deliver", "--debug")
        # The week's summary counts who does not sync, by reason.
        later(world, timedelta(days=9), "notify", "deliver", "acme", "--format", "json")
        world.search_files()
        arrived = [each.body for each in world.told.hook.heard]
        assert any(b"connection.failure" in each for each in arrived), "nothing was told"
        assert world.told.mails, "no mail came"

    return Case(f"telling a webhook that {hook or 'is well'}, mail that {mail or 'is well'}", act)


def _tested(world: World) -> None:
    for form in ("text", "json"):
        world.run("notify", "test", "acme", "--format", form, "--debug")
    world.search_files()


def _troubled(world: World) -> None:
    """Run into errors of the source, of the target and of single records, and out of them."""
    world.servers.payroll.be("refuses the key")
    world.run("sync", "acme", "--debug")
    world.servers.payroll.be()
    world.run("sync", "acme", "--debug")
    world.servers.expenses.be("rejects", "POST PATCH")
    world.run("sync", "acme", *ALLOW, "--verbose", "--debug")
    world.servers.expenses.be()
    world.run("sync", "acme", *ALLOW, "--format", "json", "--debug")
    world.search_files()


def _tried_again(world: World) -> None:
    """Deliver again and again what did not arrive, and list what waits."""
    for minutes in (2, 10, 60):
        later(world, timedelta(minutes=minutes), "notify", "deliver", "--debug")
    for form in ("text", "json"):
        world.run("notify", "list", "--format", form)
        world.run("status", "--format", form)
    world.search_files()


def later(world: World, by: timedelta, *args: str) -> int:
    """Run a command whose clock is fast by so much."""
    with ExitStack() as stack:
        for module in (notify, notices):
            stack.enter_context(patch.object(module, "now", lambda: now() + by))
        return world.run(*args)


def written_by_mistake(world: World) -> None:
    """Run every command over a file in which credentials stand: none of them is quoted."""
    write_mistake(world, "acme", "header")
    write_mistake(world, "other", "oauth_body")
    for command in ("validate", "check", "plan", "sync", "connect", "disconnect"):
        path = "connections" if command == "validate" else "acme"
        assert world.run(command, path, "--debug") == 1, f"{command} took it"
    for args in (("test", "acme"), ("deliver",), ("list", "acme")):
        world.run("notify", *args, "--debug")
    for args in (("status",), ("run-due",), ("run-due", "--dry-run"), ("report", "other")):
        world.run(*args, "--debug")
    world.search_files()


def mistaken(world: World) -> None:
    """Let the program itself fail while it tells somebody, with all it knows."""
    write_connection(world, "acme", "header")
    for target, name in ((http_post, "_answer"), (http_post, "_judge"), (_Session, "login")):
        with patch.object(target, name, failing):
            _tested(world)
            with _source_in_trouble(world):
                world.run("sync", "acme", "--debug")
            world.run("sync", "acme", *ALLOW, "--debug")
            _tried_again(world)


@contextmanager
def _source_in_trouble(world: World) -> Iterator[Any]:
    world.servers.payroll.be("fails")
    yield
    world.servers.payroll.be()
