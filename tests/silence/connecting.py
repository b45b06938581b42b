"""Cases of connecting: credentials typed, piped, referred to, wrong, renewed, and forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import keyring

from oneway.connections.secrets import store
from ring import Ring
from terminal import Terminal

from .case import ALLOW, BANK, Case
from .office import credentials, kept, lines, nothing_is_kept, without_credentials
from .servers import API_KEY, BAD, WRONG
from .world import AUTHS, World

PIPED = ("--credentials-stdin", "--debug")
FILED = ("--keep-secrets", "file")


def all_connecting() -> Iterator[Case]:
    """Yield every case of connecting, reconnecting and disconnecting."""
    for auth, bad in product(AUTHS, BAD):
        yield connecting(auth, bad)
    for auth in AUTHS:
        yield typing(auth)
        yield referring(auth)
        yield in_a_keyring(auth)
        yield failing_to_keep(auth)


def small_connecting() -> Iterator[Case]:
    """Yield a few of them."""
    yield connecting("header", "refuses the key")
    yield connecting("oauth_basic", "fails")
    yield typing("token")
    yield referring("header")
    yield in_a_keyring("header")
    yield failing_to_keep("header")


def new(world: World, auth: str, *args: str) -> tuple[str, ...]:
    """Return the command that connects `acme` anew."""
    never = ("--schedule", "never", "--notify", "nobody")
    return ("connect", "acme", "--mapping", world.mapping(auth), *never, *BANK, *args)


def connecting(auth: str, bad: str) -> Case:
    """Return a case in which keys are wrong, systems quote them, and then all is well."""

    def act(world: World) -> None:
        _in_vain(world, auth, bad)
        assert world.run(*new(world, auth, "--yes", *PIPED, *FILED), stdin=lines(auth)) in _ENDS
        world.keeps(kept(auth))
        world.search_files()
        _again_in_vain(world, auth, bad)
        # The first sync meets a target that misbehaves: the connection is there by then.
        world.servers.expenses.be(bad, "POST PATCH")
        world.run("connect", "acme", "--yes", *PIPED, "--format", "json", stdin=lines(auth))
        world.servers.expenses.be()
        world.keeps(kept(auth))
        world.search_files()
        assert world.run("connect", "acme", "--yes", *PIPED, stdin=lines(auth)) in _ENDS
        world.run("sync", "acme", *ALLOW, "--verbose", "--debug")
        _disconnected(world)

    return Case(f"connecting, {bad}, {auth}", act)


def _in_vain(world: World, auth: str, bad: str) -> None:
    """Connect with wrong keys, then while a system misbehaves: nothing is kept."""
    given = new(world, auth, "--no-sync", *PIPED, *FILED)
    for wrong in (("source",), ("target",), ("source", "target")):
        assert world.run(*given, stdin=lines(auth, *wrong)) == 1
        nothing_is_kept(world)
    for system in (world.servers.payroll, world.servers.expenses):
        system.be(bad)
        assert world.run(*given, stdin=lines(auth)) == 1
        system.be()
        nothing_is_kept(world)
    assert world.run(*given, stdin=f"{WRONG}\nsource.{WRONG}\nsource.nothing={WRONG}\n") == 1
    world.run(*given, "--target-credential", f"api_key={API_KEY}", "--source-credential", WRONG)
    nothing_is_kept(world)
    world.search_files()


def _again_in_vain(world: World, auth: str, bad: str) -> None:
    """Give a connection other credentials that do not work: it keeps what it has."""
    given = ("connect", "acme", "--no-sync", *PIPED)
    assert world.run(*given, stdin=lines(auth, "target")) == 1
    world.servers.expenses.be(bad)
    assert world.run(*given, "--format", "json", stdin=lines(auth)) == 1
    world.servers.expenses.be()
    world.keeps(kept(auth))
    world.search_files()


def _disconnected(world: World) -> None:
    """End the connection: what was kept of its credentials is nowhere any more."""
    code = world.run("disconnect", "acme", "--debug")
    assert code in (0, 5), f"it ended with {code}"  # 5 if leavers of the sandbox can still get in
    world.may_hold.clear()
    assert not Path("connections/secrets").exists()
    world.search_files()


def typing(auth: str) -> Case:
    """Return a case at a real terminal: a wrong key typed first, then Ctrl-C, or yes."""

    def act(world: World) -> None:
        for last in ("interrupt", "apply"):
            with (
                without_credentials(),
                Terminal(*new(world, auth, *FILED, "--debug"), cwd=world.folder) as terminal,
            ):
                _typed(terminal, auth)
                terminal.expect("? [y/N]: ")
                terminal.interrupt() if last == "interrupt" else terminal.enter("y")
                code = terminal.ended()
                world.ended(code, terminal.seen, "connect at a terminal")
            world.keeps(kept(auth))
            world.search_files()
            _disconnected(world)

    return Case(f"typing at a terminal, {auth}", act)


def _typed(terminal: Terminal, auth: str) -> None:
    """Type everything: each system's credentials wrong at first, then right."""
    for side in ("source", "target"):
        names = {name: text for name, (_, text) in credentials(auth).items() if side in name}
        for _ in names:
            terminal.answer("not shown): ", WRONG)
        if side == "target":  # its manifest is one of the working folder
            terminal.answer("belong? [y/N]: ", "y")
        terminal.expect("Once more")
        for text in names.values():
            terminal.answer("Enter: the one before): ", text)
        if side == "target":  # asked at each try
            terminal.answer("belong? [y/N]: ", "y")


def referring(auth: str) -> Case:
    """Return a case in which credentials are kept elsewhere, before and after they are not."""

    def act(world: World) -> None:
        known = credentials(auth)
        refs = [_reference(world, name, text) for name, (_, text) in known.items()]
        given = new(world, auth, "--yes", "--debug", *(each for pair in refs for each in pair))
        with without_credentials(), _variables(known):
            assert world.run(*given) in _ENDS
            nothing = {path for path in Path("connections").rglob("*") if path.is_file()}
            assert nothing == {Path("connections/acme.yaml")}
            world.search_files()
            piped = ("connect", "acme", "--yes", *PIPED, *FILED)
            assert world.run(*piped, stdin=lines(auth)) in _ENDS
            world.keeps(kept(auth))
            world.search_files()
            back = ("connect", "acme", "--no-sync", *(each for pair in refs for each in pair))
            assert world.run(*back, "--format", "json") == 0
            # What was kept and is no longer referred to is forgotten.
            world.may_hold.clear()
            world.search_files()
            _disconnected(world)

    return Case(f"credentials by reference, {auth}", act)


def _reference(world: World, name: str, text: str) -> tuple[str, str]:
    """Return an option that refers to a credential: a private file, or a variable."""
    side, _, credential = name.partition(".")
    if side == "source":
        return "--source-credential", f"{credential}=env:{_variable(name)}"
    file = world.vault / f"referred.{credential}"
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return "--target-credential", f"{credential}=file:{file}"


def _variables(known: Any) -> Any:
    return patch.dict("os.environ", {_variable(name): text for name, (_, text) in known.items()})


def _variable(name: str) -> str:
    return f"ONEWAY_SILENT_{name.replace('.', '_').upper()}"


class _Rude(Ring):
    """A keyring that keeps nothing, and says what it was given."""

    def set_password(self, service: str, username: str, password: str) -> None:
        error = RuntimeError(f"cannot keep {password} for {username} of {service}")
        error.add_note(password)
        raise error from ValueError(password)


def in_a_keyring(auth: str) -> Case:
    """Return a case in which a keyring keeps credentials, is locked, or quotes them."""

    def act(world: World) -> None:
        given = new(world, auth, "--no-sync", *PIPED)
        ring = Ring()
        with _keyring(ring):
            assert world.run(*given, stdin=lines(auth)) == 0
            assert len(ring.entries) == len(credentials(auth))
            world.search_files()
            world.run("sync", "acme", *ALLOW, "--debug")
            ring.locked = True
            world.run("sync", "acme", *ALLOW, "--debug")
            world.run("connect", "acme", "--yes", *PIPED, stdin=lines(auth))
            ring.locked = False
            _disconnected(world)
            assert ring.entries == {}
        with _keyring(_Rude()):
            assert world.run(*given, "--keep-secrets", "keyring", stdin=lines(auth)) == 1
            nothing_is_kept(world)
            assert world.run(*given, stdin=lines(auth)) == 0
            world.keeps(kept(auth))
            _disconnected(world)

    return Case(f"a keyring, {auth}", act)


@contextmanager
def _keyring(ring: Ring) -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(ring)
    try:
        yield
    finally:
        keyring.set_keyring(before)


def failing_to_keep(auth: str) -> Case:
    """Return a case in which the program itself fails with a credential in its hands."""

    def act(world: World) -> None:
        given = new(world, auth, "--no-sync", *PIPED, *FILED)
        for name in ("write_whole", "_in_file", "_make_folder"):
            with patch.object(store, name, failing):
                assert world.run(*given, stdin=lines(auth)) == 1
            nothing_is_kept(world)
            world.search_files()
        assert world.run(*given, stdin=lines(auth)) == 0
        with patch.object(store, "write_whole", failing):
            assert world.run("connect", "acme", *PIPED, "--yes", stdin=lines(auth)) == 1
        world.keeps(kept(auth))
        world.search_files()

    return Case(f"a mistake in keeping, {auth}", act)


def failing(*args: Any, **kwargs: Any) -> Any:
    """Fail as a program may that has not been tested: with all it knows."""
    known = repr(args) + repr(kwargs)
    error = RuntimeError(f"cannot: {known}")
    error.add_note(known)
    raise error from OSError(known)


_ENDS = (0, 4, 5)
"""How a command ends that synced: done, something held back, some refused."""
