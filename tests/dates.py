"""The tests on other days, at other hours and in other zones: `make test-dates`.

libfaketime moves the clock that every process reads. Each folder begins at its day's instant
anew, so that midnights, changes of the clock and leap days come while something runs.

    python tests/dates.py                              every folder on every day
    python tests/dates.py --day 2031-06-15 cli laws    two folders on one of them
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

TESTS = Path(__file__).resolve().parent
DAYS = {
    "2026-12-31": ("23:59", "UTC"),  # a year ends
    "2027-03-28": ("00:59", "Europe/London"),  # 01:00 to 02:00 does not come
    "2028-02-29": ("03:58", "Pacific/Auckland"),  # a leap day, and elsewhere still the day before
    "2031-06-15": ("12:00", "America/St_Johns"),
}
LIBRARIES = ("usr/lib", "usr/lib/*", "usr/lib64", "usr/local/lib")
MISSING = "no libfaketime here: apt-get install faketime (or your system's package of that name)"
NO_COMPILER = "no C compiler is here to mend what libfaketime breaks: cc"
# Up to 0.9.10 it moves the end of a sleep, also where it leaves the clock alone that counts it.
# And it asks for three variables whenever a thread waits for another: while a test changes the
# environment, that ends the process, for getenv() and setenv() share no lock.
MENDED = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *end, struct timespec *left) {
    return syscall(SYS_clock_nanosleep, clock, flags, end, left) ? errno : 0;
}
char *getenv(const char *name) {
    static const char *never_set[] =
        {"FAKETIME_WAIT_MS", "FAKETIME_FORCE_MONOTONIC_FIX", "FAKETIME_DEBUG"};
    static char *(*real)(const char *);
    for (int each = 0; each < 3; each++)
        if (!strcmp(name, never_set[each])) return 0;
    if (!real) real = dlsym(RTLD_NEXT, "getenv");
    return real(name);
}
"""


def library() -> Path | None:
    """Return where libfaketime is."""
    named = os.environ.get("FAKETIME_LIBRARY")
    found = [Path(named)] if named else []
    for folder in LIBRARIES:
        found += sorted(Path("/").glob(f"{folder}/faketime/libfaketime.so.1"))
    return next((each for each in found if each.exists()), None)


def loaded(path: Path, folder: Path) -> str:
    """Return what is to be loaded before a program; LookupError with what is missing."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise LookupError(NO_COMPILER)
    mended = folder / "mended.so"
    command = [compiler, "-shared", "-fPIC", "-x", "c", "-o", mended, "-", "-ldl"]
    subprocess.run(command, input=MENDED, text=True, check=True)
    return f"{mended}:{path}"


def moved(load: str, day: str) -> dict[str, str]:
    """Return the variables by which a process, and all that it starts, is at a day's instant."""
    hour, zone = DAYS[day]
    start = datetime.fromisoformat(f"{day} {hour}").replace(tzinfo=ZoneInfo(zone))
    return {
        "LD_PRELOAD": load,
        # So far from now, and not from when a process begins: all of them agree.
        "FAKETIME": f"{round(start.timestamp() - time.time()):+d}s",
        # Read once, and not every ten seconds in whichever thread looks at the clock then.
        "FAKETIME_CACHE_DURATION": str(2**31 - 1),
        # Waits are counted by this clock; it stays.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "TZ": zone,
    }


def folders() -> Iterator[str]:
    """Give the folders with tests, in order."""
    yield from sorted({each.parent.name for each in TESTS.glob("*/test_*.py")})


def failed(days: list[str], tests: list[str], workers: str) -> Iterator[str]:
    """Run tests on days and give the name of each piece that failed; LookupError if none can."""
    path = library()
    if path is None:
        raise LookupError(MISSING)
    with tempfile.TemporaryDirectory() as name:
        load = loaded(path, Path(name))
        for day, test in product(days, tests):
            print(f"== {test} on {day} at {' '.join(DAYS[day])}", flush=True)
            command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "worksteal"]
            done = subprocess.run(
                [*command, str(TESTS / test)],
                cwd=TESTS.parent,
                env={**os.environ, **moved(load, day)},
                check=False,
            )
            if done.returncode:
                yield f"{test} on {day}"


def main() -> int:
    """Run what is asked for; return 1 if anything failed, and 2 if nothing can be run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("tests", nargs="*", help="folders or files below tests/")
    parser.add_argument("--day", action="append", choices=DAYS)
    parser.add_argument("--workers", default="auto", metavar="N")
    asked = parser.parse_args()
    try:
        found = [*failed(asked.day or [*DAYS], asked.tests or [*folders()], asked.workers)]
    except LookupError as missing:
        print(missing, file=sys.stderr)
        return 2
    print("\n".join(["failed:", *found]) if found else "green on every day")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
