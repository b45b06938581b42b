"""Which runs: every command, every way to sign in, every way to misbehave, crashes, faults."""

from collections.abc import Iterator
from itertools import cycle, product
from typing import Any
from unittest.mock import patch

from oneway_connectors.rest.details import Details
from oneway_connectors.rest.transport import Wire
from oneway_connectors.rest.writer import RestWriter

from .case import ALLOW, BANK, Case
from .connecting import all_connecting, small_connecting
from .nights import all_nights, small_nights
from .notices import all_notices, small_notices
from .servers import BAD
from .world import AUTHS, World


def all_cases() -> Iterator[Case]:
    """Yield every case of the full run."""
    for auth in AUTHS:
        yield Case(f"everything well, {auth}", lambda world, auth=auth: well(world, auth))
    for auth, bad in product(AUTHS, BAD):
        yield bad_writes(auth, bad)
        yield bad_reads(auth, bad)
    for auth, write in product(AUTHS, (1, 2, 5, 9)):
        yield crash(auth, write, "fails")
    for auth, (name, target) in product(AUTHS, CRASHES.items()):
        yield mistake(auth, name, target)
    yield from all_connecting()
    yield from all_notices()
    yield from all_nights()


def small_cases() -> Iterator[Case]:
    """Yield a few cases, in which each way to sign in and to misbehave comes once."""
    yield Case("everything well, header", lambda world: well(world, "header"))
    auths = cycle(("oauth_basic", "query", "header", "token", "oauth_body"))
    for number, bad in enumerate(BAD):
        yield (bad_reads if number % 4 == 2 else bad_writes)(next(auths), bad)
    yield crash("token", 2, "rejects")
    yield mistake("oauth_basic", "writing", CRASHES["writing"])
    yield mistake("header", "reading", CRASHES["reading"])
    yield from small_connecting()
    yield from small_notices()
    yield from small_nights()


def well(world: World, auth: str) -> None:
    """Run every command that there is, in every format, and see that it all worked."""
    mapping = world.mapping(auth)
    assert world.run("validate", mapping) == 0
    assert world.run("check", mapping, *BANK, "--debug") in (0, 1)
    assert world.run("check", mapping, *BANK, "--format", "json") in (0, 1)
    for form in ("text", "json", "markdown"):
        plan = ("plan", mapping, *BANK, *ALLOW, "--format", form, "--verbose", "--debug")
        assert world.run(*plan, "--out", f"{form}.plan.json") == 0
    for key in ("EMP", *_codes(world)[:2]):
        world.run("explain", mapping, key, *BANK, "--debug")
        world.run("explain", mapping, key, *BANK, "--format", "json")
    world.run("explain", mapping, "e", *BANK)
    assert world.run("apply", "text.plan.json", "--verbose", "--debug") in (0, 5)
    assert world.servers.expenses.written > 5, "nothing was written that could leak"
    world.search_files()
    # Everybody's details are others' now: a second run has nothing to do.
    assert world.run("sync", mapping, *BANK, *ALLOW, "--verbose", "--debug") in (0, 4, 5)
    assert world.run("resume", "--debug") == 0
    world.search_files()


def bad_writes(auth: str, bad: str) -> Case:
    """Return a case in which the target misbehaves at every write, and then at everything."""

    def act(world: World) -> None:
        mapping = world.mapping(auth)
        assert world.run("plan", mapping, *BANK, *ALLOW, "--out", "plan.json") == 0
        world.servers.expenses.be(bad, "POST PATCH")
        world.run("apply", "plan.json", "--verbose", "--debug")
        world.run("sync", mapping, *BANK, *ALLOW, "--format", "json", "--debug")
        world.search_files()
        world.servers.expenses.be(bad)
        world.run("resume", "--debug")
        world.servers.expenses.be()
        world.run("resume", "--verbose")
        world.run("sync", mapping, *BANK, *ALLOW)
        world.search_files()

    return Case(f"{bad} when written to, {auth}", act)


def bad_reads(auth: str, bad: str) -> Case:
    """Return a case in which first the target and then the source misbehave when read."""

    def act(world: World) -> None:
        mapping = world.mapping(auth)
        for system in (world.servers.expenses, world.servers.payroll):
            system.be(bad, "GET POST")
            world.run("plan", mapping, *BANK, "--debug", "--out", "plan.json")
            world.run("check", mapping, *BANK, "--debug")
            world.run("explain", mapping, _codes(world)[0], *BANK, "--debug")
            world.run("sync", mapping, *BANK, "--format", "json")
            system.be()
            world.search_files()

    return Case(f"{bad} when read, {auth}", act)


def crash(auth: str, write: int, bad: str) -> Case:
    """Return a case in which a run is killed, and going on meets a target that misbehaves."""

    def act(world: World) -> None:
        mapping = world.mapping(auth)
        code = world.killed(write, "sync", mapping, *BANK, *ALLOW, "--verbose", "--debug")
        assert code == -9, f"it was not killed: {code}"
        world.search_files()
        world.servers.expenses.be(bad, "GET")
        world.run("resume", "--debug")
        world.servers.expenses.be(bad, "POST PATCH")
        world.run("resume", "--verbose", "--debug")
        world.servers.expenses.be()
        world.run("resume", "--verbose", "--debug")
        world.run("sync", mapping, *BANK, *ALLOW, "--verbose")
        world.search_files()

    return Case(f"killed at write {write}, {auth}", act)


def mistake(auth: str, name: str, target: tuple[type, str]) -> Case:
    """Return a case in which a part of the program itself fails, with all it knows."""

    def act(world: World) -> None:
        with patch.object(*target, _failing):
            world.run("sync", world.mapping(auth), *BANK, *ALLOW, "--verbose", "--debug")
        world.run("resume", "--debug")
        world.search_files()

    return Case(f"a mistake in {name}, {auth}", act)


def _failing(*args: Any, **kwargs: Any) -> Any:
    """Fail as a program may that has not been tested: with all it knows."""
    known = repr([getattr(each, "content", each) for each in args]) + repr(kwargs)
    headers = repr([dict(each.headers) for each in args if hasattr(each, "headers")])
    error = RuntimeError(f"cannot: {known} {headers}")
    error.add_note(known)
    raise error from ValueError(known + headers)


CRASHES: dict[str, tuple[type, str]] = {
    "writing": (RestWriter, "update"),
    "creating": (RestWriter, "create"),
    "reading": (Details, "_merged"),
    "sending": (Wire, "send"),
}
"""Where the program itself is made to fail."""


def _codes(world: World) -> list[str]:
    return [
        each["employmentDetails"]["payrollCode"]
        for each in world.servers.people.employees
        if each.get("bankDetails") and each["employmentDetails"]["payrollCode"].strip()
    ]
