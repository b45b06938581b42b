"""Trouble with the disk: full, read-only, damaged. Always a clear error, and nobody written twice.

    python -m tests.crash.disk [--full 200] [--flips 300]

A run is given a state folder with so and so many pages of room (a small tmpfs, which takes
root), for more and more of it. An interrupted run's journal is damaged at so many places: a
bit flipped, or cut short. Then one goes on as the error says, and compares.
"""

import argparse
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from oneway.core.diagnostics import Refused
from oneway.planning.plan_file import load

from .matrix import Undisturbed, differences, problems, undisturbed
from .world import PLAN, RESUME, SYNC, Ended, Moment, World, made

PAGE = 4096
SIZE = 16 * 1024 * 1024
"""Bytes of the small disk: more than a run needs."""
REFUSED = re.compile(r"\[[A-Z]\d{3}\]")


def why_not() -> str:
    """Return why no small disk can be had here, or nothing."""
    if os.geteuid() != 0:
        return "a small disk takes root"
    try:
        with tempfile.TemporaryDirectory() as folder, mounted(Path(folder)):
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return f"nothing can be mounted: {error}"


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Let a folder be a small disk of its own, for the length of a block."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "oneway-test", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


def fill(folder: Path, *, free: int) -> Path:
    """Write a file that leaves so many pages of a disk free, and return it."""
    ballast = folder / "ballast"
    room = os.statvfs(folder).f_bavail - free
    ballast.write_bytes(b"\0" * PAGE * max(room, 0))
    return ballast


def pages_needed(world: World) -> int:
    """Return how many pages of room a run needs that nothing disturbs."""
    world.fresh()
    most = 0

    def watched(label: str, number: int) -> Moment:
        nonlocal most
        found = os.statvfs(world.state)
        most = max(most, found.f_blocks - found.f_bfree)
        return Moment(label, None, b"")

    kept, world.kept = world.kept, watched  # type: ignore[method-assign]
    try:
        assert world.run(*SYNC, keeping=range(100_000)).code == 0
    finally:
        world.kept = kept  # type: ignore[method-assign]
    return most


def full_disk(world: World, reference: Undisturbed, free: int) -> tuple[Ended, list[str]]:
    """Run with so many pages of room; return how it ended, and what is wrong then and after."""
    world.fresh()
    ballast = fill(world.state, free=free)
    ended = world.run(*SYNC)
    found = list(_unclear(ended))
    ballast.unlink()
    found += _unjournalled(world)
    if ended.code != 0:
        more = [world.run(*RESUME)]
        if "Nothing to resume" in more[0].out:
            more.append(world.run(*SYNC))
        found += problems(world, reference, more)
    else:
        found += differences(world, reference)
    return ended, found


def full_disk_for_a_plan(world: World, free: int) -> tuple[Ended, list[str]]:
    """Save a plan where there are so many pages of room; return what is wrong with it."""
    world.fresh()
    out = world.state / "plan.json"
    fill(world.state, free=free)
    plan = [part for part in PLAN if part != "--exit-code"]
    ended = world.run(*plan, "--state", "elsewhere", "--out", str(out))
    found = list(_unclear(ended))
    left = sorted(each.name for each in world.state.iterdir() if each.name != "ballast")
    if left != (["plan.json"] if ended.code == 0 else []):
        found.append(f"{left} is left behind")
    if out.exists():
        try:
            load(out.read_bytes(), str(out))
        except Refused as refused:
            found.append(f"half a plan was written: {refused}")
    return ended, found


@dataclass(frozen=True)
class Damage:
    """One piece of damage to a file of the journal: a flipped bit, or where it is cut off."""

    file: str
    place: int
    bit: int | None

    def do(self, state: Path) -> None:
        """Damage the file."""
        path = state / self.file
        data = bytearray(path.read_bytes())
        if self.bit is None:
            del data[self.place :]
        else:
            data[self.place] ^= 1 << self.bit
        path.write_bytes(data)


def interrupted_run(world: World, *, whole: bool) -> Moment:
    """Return the moment after a create whose answer was never journalled.

    Where `whole`, all of the journal stands in its main file; else most of it in the log.
    """
    labels = world.fresh().run(*SYNC).steps.labels
    posts = [n for n, label in enumerate(labels, 1) if label == "after POST /1.0/users"]
    world.fresh().run(*SYNC, die_at=posts[len(posts) // 2])
    if whole:
        with closing(sqlite3.connect(world.state / "journal.db")) as journal:
            journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return world.kept("an interrupted run")


def damages(state: Path, count: int, seed: int = 1) -> list[Damage]:
    """Return so much damage, spread over the files of a journal; every fifth is a cut."""
    dice = Random(seed)
    files = [each for each in ("journal.db", "journal.db-wal") if _size(state / each)]
    found = []
    for number in range(count):
        name = files[number % len(files)]
        place = dice.randrange(_size(state / name))
        found.append(Damage(name, place, None if number % 5 == 0 else dice.randrange(8)))
    return found


def damaged_journal(
    world: World, moment: Moment, damage: Damage, reference: Undisturbed
) -> tuple[str, list[str]]:
    """Go on with a damaged journal; return what came of it, and all that is wrong."""
    world.restore(moment)
    damage.do(world.state)
    before = world.both.writes()
    ended = [world.run(*RESUME), world.run(*SYNC)]
    found = [each for one in ended for each in _unclear(one)]
    refused = ended[-1].code == 1
    if refused:
        if world.both.writes() != before and ended[0].code == 1:
            found.append("something was written by a journal that is refused")
        for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
            (world.state / name).unlink(missing_ok=True)
        ended.append(world.run(*SYNC))
    if ended[-1].code != 0:
        found.append(f"in the end it ends with {ended[-1].code}: {ended[-1].out[-300:]}")
    found += differences(world, reference)
    return "refused" if refused else "unharmed", found


def _unclear(ended: Ended) -> Iterator[str]:
    """Yield what is wrong with how a run in trouble ended: all but an error with its code."""
    if "sorry" in ended.out or "Traceback" in ended.out or ended.code not in (0, 1, 5):
        yield f"it ended with {ended.code}: {ended.out[-400:]}"
    elif ended.code == 1 and not REFUSED.search(ended.out):
        yield f"an error without a code: {ended.out[-400:]}"


def _unjournalled(world: World) -> Iterator[str]:
    """Yield where more was written than the journal knows of."""
    writes = world.both.writes()
    path = world.state / "journal.db"
    known = 0
    if path.exists():
        with closing(sqlite3.connect(path)) as journal:
            (known,) = journal.execute("SELECT COUNT(*) FROM entry WHERE sent = 1").fetchone()
    if writes["created"] + writes["updated"] > known:
        yield f"{dict(writes)} were written, {known} journalled"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _codes(ended: Ended) -> str:
    return " ".join(sorted(set(REFUSED.findall(ended.out)))) if ended.code else "[room enough]"


def _full(world: World, reference: Undisturbed, count: int) -> Iterator[tuple[str, list[str]]]:
    """Yield what comes of disks with more and more room, for runs and for plans."""
    world.fresh()
    world.state.mkdir()
    with mounted(world.state):
        most = pages_needed(world)
        for number in range(count):
            ended, found = full_disk(world, reference, number * most // count)
            yield f"full disk, sync: {_codes(ended)}", found
        for free in range(0, 40, 1 if count >= 100 else 8):
            ended, found = full_disk_for_a_plan(world, free)
            yield f"full disk, plan --out: {_codes(ended)}", found
    shutil.rmtree(world.state)


def _flipped(world: World, reference: Undisturbed, count: int) -> Iterator[tuple[str, list[str]]]:
    """Yield what comes of damage to the journal."""
    for whole in (False, True):
        moment = interrupted_run(world, whole=whole)
        assert moment.state is not None
        for damage in damages(moment.state, count // 2):
            what, found = damaged_journal(world, moment, damage, reference)
            how = "cut short" if damage.bit is None else "a bit flipped"
            yield f"{damage.file}, {how}: {what}", [f"{damage}: {each}" for each in found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all of it and print the counts; return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("--full", type=int, default=200, help="so many sizes of a full disk")
    parser.add_argument("--flips", type=int, default=300, help="so many places of damage")
    given = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    wrong = 0
    with made() as world:
        reference = undisturbed(world)
        if given.full and (why := why_not()):
            print(f"no disk was filled: {why}")
            given.full = 0
        parts = [_full(world, reference, given.full)] if given.full else []
        for part in (*parts, _flipped(world, reference, given.flips)):
            for what, found in part:
                counts[what] += 1
                wrong += bool(found)
                for problem in found:
                    print(f"WRONG {what}: {problem}", flush=True)
    print("\n".join(f"{count:6,}  {what}" for what, count in sorted(counts.items())))
    print(f"{sum(counts.values()):,} troubles; {wrong} ended otherwise than they should.")
    return 1 if wrong else 0


class _Raw(argparse.RawDescriptionHelpFormatter):
    """Prints the description as it stands."""


if __name__ == "__main__":
    sys.exit(main())
