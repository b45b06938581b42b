"""Kill real processes with SIGKILL at system calls, go on, and compare; or let the calls fail.

    python -m tests.crash.real [--points 500] [--workers 2] [--in-flight N] [--fail]

`oneway sync` runs as a process under strace, which kills it at the N-th call of a kind
(`-e inject=CALL:signal=SIGKILL:when=N`), before the call is carried out; the code that is
killed knows nothing of it. One goes on by turns with `oneway resume` and the next `oneway
sync`. The points are spread evenly over all calls that reach the network, the state folder or the
file that is the target. With `--fail` such a call ends with an error (no space, not permitted, ...)
in place of the kill: then the run says so, or has done all the same.
"""

import argparse
import logging
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle

from oneway.cli.exits import Exit
from oneway_connectors.sandbox.server import running

from .matrix import WAYS, Undisturbed, problems, undisturbed
from .scene import EXPENSES, Scene
from .world import ROOT, SYNC, Ended, Steps, World, made

EVERYWHERE = (
    "connect",
    "sendto",
    "recvfrom",
    "pwrite64",
    "fdatasync",
    "fsync",
    "ftruncate",
    "flock",
)
"""Calls that only the network and the state folder cause."""
IN_STATE = ("openat", "mkdir", "link", "rename", "unlink", "write")
"""Calls that count where they name the state folder, a file that was just opened there, or the
file that is the target."""
ERRORS = {
    "connect": ("ECONNREFUSED", "ENETUNREACH"),
    "sendto": ("ECONNRESET", "EPIPE"),
    "recvfrom": ("ECONNRESET", "ETIMEDOUT"),
    "pwrite64": ("ENOSPC", "EIO"),
    "fdatasync": ("EIO",),
    "fsync": ("EIO", "ENOSPC"),
    "openat": ("EACCES", "EMFILE", "EIO"),
    "mkdir": ("EACCES", "ENOSPC"),
    "link": ("EPERM", "ENOSPC"),
    "rename": ("EACCES", "EIO", "ENOSPC"),
    "write": ("ENOSPC", "EIO"),
}
"""What calls may end with."""
_CODE = re.compile(r"\[[A-Z]\d{3}\]")
"""The code of a diagnostic, as a run prints it."""
_LINE = re.compile(r"(?:\[pid +(\d+)\] |(\d+) +)?(\w+)\((.*)")


@dataclass(frozen=True)
class Kill:
    """The N-th call of a kind, what befalls it, and how one goes on."""

    call: str
    number: int
    way: str
    what: str = "signal=SIGKILL"


@dataclass(frozen=True)
class Fate:
    """What came of a kill: whether it ended the process, and what is wrong."""

    kill: Kill
    killed: bool
    problems: tuple[str, ...]


def why_not() -> str:
    """Return why processes cannot be killed in this way here, or nothing."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=none", "true"]
    tried = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return f"strace is not permitted: {tried.stderr.strip()[:200]}" if tried.returncode else ""


@dataclass(frozen=True)
class Real:
    """A world whose systems listen, so that processes can run in it."""

    world: World
    urls: dict[str, str]

    def run(self, *args: str, before: Sequence[str] = ()) -> Ended:
        """Run a command as a process and return how it ended."""
        path = os.pathsep.join(str(ROOT / each) for each in ("engine", "connectors"))
        ended = subprocess.run(
            [*before, sys.executable, "-m", "oneway", *args],
            cwd=self.world.folder,
            env={**os.environ, **self.world.scene.environment(self.urls), "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, Steps(self.world.kept))

    def calls(self) -> list[tuple[str, int]]:
        """Return the calls of an undisturbed run, each with its number among those of its kind."""
        log = self.world.folder / "calls"
        self.world.fresh()
        self.run(*SYNC)  # compiles what is not compiled yet: a file written once counts for none
        self.world.fresh()
        ended = self.run(*SYNC, before=traced((*EVERYWHERE, *IN_STATE), "-o", str(log)))
        assert ended.code == 0, ended.out
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return list(_found(lines, self.world.scene.written))

    def fate(self, kill: Kill, reference: Undisturbed) -> Fate:
        """Kill a run, go on, and return what is not as in an undisturbed run."""
        inject = f"inject={kill.call}:{kill.what}:when={kill.number}"
        self.world.fresh()
        died = self.run(*SYNC, before=traced([kill.call], "-o", os.devnull, "-e", inject))
        if died.code == 0:
            done = () if kill.what == "signal=SIGKILL" else problems(self.world, reference, [])
            return Fate(kill, killed=False, problems=tuple(done))
        ended = [self.run(*WAYS[kill.way])]
        if "Nothing to resume" in ended[0].out:
            ended.append(self.run(*SYNC))
        found = (
            [] if _as_expected(kill, died) else [f"it ended with {died.code}: {died.out[-300:]}"]
        )
        return Fate(kill, killed=True, problems=(*found, *problems(self.world, reference, ended)))


def _as_expected(kill: Kill, died: Ended) -> bool:
    """Whether a process died of a kill, or said in words that a call failed."""
    if kill.what == "signal=SIGKILL":
        return died.code in (-9, 137)
    named = "error" in died.out or _CODE.search(died.out)
    return died.code in set(Exit) and "Traceback" not in died.out and bool(named)


def traced(calls: Sequence[str], *more: str) -> list[str]:
    """Return the strace command that stops at some calls and at no others."""
    return ["strace", "-f", "-qq", "-e", f"trace={','.join(calls)}", *more]


@contextmanager
def listening(scene: Scene = EXPENSES) -> Iterator[Real]:
    """Give a world whose systems listen on addresses of this machine."""
    with made(scene=scene) as world, ExitStack() as stack:
        # A client that is killed breaks its request off, which is no news here.
        logging.getLogger("uvicorn.error").disabled = True
        apps = world.both.apps
        yield Real(world, {name: stack.enter_context(running(apps[name])) for name in apps})


def kills(count: int, scene: Scene = EXPENSES, *, fail: bool = False) -> list[Kill]:
    """Return so many kills, spread evenly over all calls; all of them where there are fewer.

    With `fail` the calls fail in place of that, those that can: of a call on the network, a
    connection that breaks off; of others, by turns, what disks and folders say.
    """
    with listening(scene) as real:
        calls = [each for each in real.calls() if not fail or each[0] in ERRORS]
    count = min(count, len(calls))
    chosen = [calls[place * len(calls) // count] for place in range(count)]
    ways = list(WAYS)
    found = [Kill(*each, ways[turn % len(ways)]) for turn, each in enumerate(chosen)]
    if not fail:
        return found
    turns = {call: cycle(errors) for call, errors in ERRORS.items()}
    return [replace(each, what=f"error={next(turns[each.call])}") for each in found]


def fates(chosen: Sequence[Kill], scene: Scene = EXPENSES) -> list[Fate]:
    """Return what comes of some kills, in a world of their own."""
    with listening(scene) as real:
        reference = undisturbed(real.world)
        return [real.fate(kill, reference) for kill in chosen]


def spread(
    chosen: Sequence[Kill], workers: int, size: int = 10, scene: Scene = EXPENSES
) -> Iterator[Fate]:
    """Yield what comes of kills, several at once."""
    shares = [chosen[start : start + size] for start in range(0, len(chosen), size)]
    with ProcessPoolExecutor(workers) as pool:
        for share in pool.map(partial(fates, scene=scene), shares):
            yield from share


def report(found: Sequence[Fate]) -> str:
    """Return the counts, and each kill after which something was wrong."""
    killed = [each for each in found if each.killed]
    wrong = [each for each in found if each.problems]
    kinds = Counter(each.kill.call for each in killed)
    ways = Counter(each.kill.way for each in killed)
    lines = [f"{count:6,}  {call}" for call, count in sorted(kinds.items())]
    lines += [f"WRONG {each.kill}: {'; '.join(each.problems)}" for each in wrong]
    failed = {each.kill.what for each in found} != {"signal=SIGKILL"}
    what = "calls failed and ended a run" if failed else "kill points"
    lines += [
        f"{len(killed):,} {what} ({ways['resume']:,} gone on with by resume, "
        f"{ways['sync']:,} by the next sync); {len(found) - len(killed):,} were not reached"
        f"{', or ended none' if failed else ''}.",
        f"{len(wrong):,} ended otherwise than without a crash.",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None, scene: Scene = EXPENSES) -> int:
    """Kill at so many points and print the counts; return 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--in-flight", type=int, default=1, help="so many writes at once")
    parser.add_argument("--fail", action="store_true", help="let calls fail: kill nothing")
    given = parser.parse_args(arguments)
    scene = replace(scene, in_flight=given.in_flight)
    if why := why_not():
        print(f"nothing was killed: {why}")
        return 2
    found: list[Fate] = []
    for fate in spread(kills(given.points, scene, fail=given.fail), given.workers, scene=scene):
        found.append(fate)
        if len(found) % 20 == 0:
            print(f"{len(found):,} points", file=sys.stderr, flush=True)
    print(report(found))
    return 1 if any(each.problems for each in found) else 0


def _found(lines: Sequence[str], written: str) -> Iterator[tuple[str, int]]:
    """Yield the calls of a trace that matter, each once; their numbers count the others as well.

    `written` is the file that is the target, if it is one.

    Each thread has numbers of its own, as strace counts: the first that gets so far is killed, and
    the process with it.
    """
    counts: Counter[tuple[str, str]] = Counter()
    begun, seen = False, set()
    for line in lines:
        if (match := _LINE.match(line)) is None:
            continue
        pid, other, call, rest = match.groups()
        thread = pid or other or ""
        counts[thread, call] += 1
        begun = begun or ".oneway" in rest
        found = call, counts[thread, call]
        named = ".oneway" in rest or (written and written in rest)
        matters = call in EVERYWHERE or named or (call == "write" and begun)
        if matters and found not in seen:
            seen.add(found)
            yield found


class _Raw(argparse.RawDescriptionHelpFormatter):
    """Prints the description as it stands."""


if __name__ == "__main__":
    sys.exit(main())
