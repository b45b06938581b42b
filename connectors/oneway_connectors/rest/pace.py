"""A rate limit shared by all processes of a machine, through a small locked file.

Instants are readings of the system's monotonic clock, which all processes of a machine share
(Linux, macOS). After a restart, or if another machine shares the folder, they are moved by the
time that has passed according to the wall clocks.

A killed process leaves requests open; each counts for as long as a request may last.

Nothing here may stop a run. A damaged file is replaced; if the file cannot be used at all, the
limit only applies within this process. Either is logged once.
"""

import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TypeVar

import httpx

from oneway.core.access import Access
from oneway_connectors.rest.model import Api
from oneway_connectors.rest.origin import origin
from oneway_connectors.rest.pace_file import SLACK, Book, Damaged, Head
from oneway_connectors.rest.rate import Later, Limit, OwnPace, Pace, rested

try:
    import fcntl
except ImportError:  # not a POSIX system; the limit only applies within this process
    fcntl = None  # type: ignore[assignment]

_Out = TypeVar("_Out")
_LOG = logging.getLogger("oneway.pace")
_FOLDER = "pace"
_LEASE = 1.5
_TRIES, _PAUSE = 5000, 0.001
"""How often to try the lock, and the seconds between attempts; it is held for less than that."""
_said: set[str] = set()


def pace_of(name: str, api: Api, base: httpx.URL, access: Access) -> Pace:
    """Return the pace of a system, shared by all processes if there is a folder for it.

    A limit covers all requests to a host or, if the manifest says so, those with one connection's
    credentials.
    """
    if access.shared is None:
        return OwnPace(api.rate)
    whose = access.whose if api.rate_per == "credential" else ""
    path = access.shared / _FOLDER / file_name(name, *origin(base), *(api.rate or ()), whose)
    # A request over its deadline may take a little longer, as the deadline is checked at intervals.
    return SharedPace(path, api.rate, _LEASE * api.limits.total)


def file_name(*parts: str | float | None) -> str:
    """Return the file name shared by all callers with the same parts; it reveals none of them."""
    return f"{sha256(repr(parts).encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.pace"


def boot_id() -> bytes:
    """Return 16 bytes that identify this machine's boot, and so its clock; zeros if unknown."""
    with suppress(OSError, ValueError):
        text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return bytes.fromhex(text.strip().replace("-", "")).ljust(16, b"\0")[:16]
    return bytes(16)


class SharedPace:
    """A `Pace` across all processes with the same path, or within this one if the file fails.

    `lease` is how many seconds a request counts if its end is never recorded. `wall` is the wall
    clock in seconds; `boot` is `boot_id()`.
    """

    def __init__(
        self,
        path: Path,
        limit: Limit | None,
        lease: float,
        *,
        wall: Callable[[], float] = time.time,
        boot: bytes | None = None,
    ) -> None:
        self._path = path
        self._limit = limit
        self._lease = lease
        self._wall = wall
        self._boot = boot_id() if boot is None else boot
        # Always tracks this process's requests, in case the file fails.
        self._own = OwnPace(limit)
        self._usable = fcntl is not None
        if not self._usable:
            _say("the rate limit applies within this process only: this system has no file locks")
        self._handle: int | None = None
        self._lock = Lock()

    def begin(self, now: float) -> int | Later:
        """See `rate.Pace`."""
        if self._limit is None and self._nobody_waits(now):
            self._own.count()
            return 0
        came = self._with_book(now, lambda book, head: self._begun(book, head, now))
        if came is None:
            return self._own.begin(now)
        if not isinstance(came, Later):
            self._own.count()
        return came

    def end(self, number: int, now: float) -> None:
        """See `rate.Pace`."""
        self._own.end(0, now)
        if number:
            self._with_book(now, lambda book, head: _end(book, head, number, now))

    def hold(self, now: float, seconds: float) -> None:
        """See `rate.Pace`."""
        self._own.hold(now, seconds)
        self._with_book(now, lambda book, head: _hold(book, head, now + seconds))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._let_go()

    def _begun(self, book: Book, head: Head, now: float) -> int | Later:
        if head.not_before > now:
            return Later(head.not_before)
        if self._limit is None:
            return 0
        places = _without_the_lost(book, head, now)
        at = _free_at(book, head, now, self._limit, len(places) - places.count(0))
        if at > now:
            return Later(at)
        head.begun += 1
        book.write_open(places.index(0), head.begun, now + self._lease)
        book.write_head(head)
        return head.begun

    def _nobody_waits(self, now: float) -> bool:
        """Return whether the file certainly shows that no request has to wait.

        Reads without the lock, for which many threads would queue; the head is written in one
        piece. Leaves anything unusual to callers that lock the file.
        """
        handle = self._handle
        if handle is None:
            return False
        try:
            there = os.fstat(handle).st_nlink  # 0 if the folder was cleared
            book = Book.of(handle, None)
            head = book.checked(book.head(), now)
        except (OSError, Damaged):
            return False
        return bool(there) and head.boot == self._boot and head.not_before <= now

    def _with_book(self, now: float, act: Callable[[Book, Head], _Out]) -> _Out | None:
        """Return the result of `act` on the locked file, or None if it cannot be used."""
        with self._lock:
            if not self._usable:
                return None
            try:
                with self._locked() as handle:
                    return self._acted(Book.of(handle, self._limit), now, act)
            except OSError as error:
                self._usable = False
                self._let_go()
                why = error.strerror or str(error)
                _say(f"the rate limit applies within this process only: {self._path}: {why}")
                return None

    def _acted(self, book: Book, now: float, act: Callable[[Book, Head], _Out]) -> _Out:
        try:
            return act(book, self._head(book, now))
        except Damaged:
            _say(f"the rate limit starts again: {self._path} was damaged")
            fresh = Head(self._boot, now, self._wall())
            book.start(fresh)
            return act(book, fresh)

    def _head(self, book: Book, now: float) -> Head:
        """Return the head with a new reading of the clock, and all instants by our clock."""
        if not os.fstat(book.handle).st_size:
            book.start(Head(self._boot, now, self._wall()))
        head = book.head()
        wall = self._wall()
        if head.boot != self._boot or head.read > now + SLACK:
            by = now - max(0.0, wall - head.wall) - head.read
            head.boot, head.read, head.wall = self._boot, now, wall
            book.move(head, by)
        head.read, head.wall = max(head.read, now), wall
        return book.checked(head, now)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        handle = self._taken()
        while not os.fstat(handle).st_nlink:  # the folder was cleared
            self._let_go()
            handle = self._taken()
        try:
            yield handle
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)

    def _taken(self) -> int:
        """Return the file, open and locked."""
        if self._handle is None:
            self._handle = _opened(self._path)
        for _ in range(_TRIES):
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return self._handle
            except BlockingIOError:
                time.sleep(_PAUSE)
        raise OSError("another process does not give it back")

    def _let_go(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _free_at(book: Book, head: Head, now: float, limit: Limit, on_their_way: int) -> float:
    """Return when one more request may begin, if no other begins before; see `rate`."""
    requests, seconds = limit
    free = min(requests, book.places) - on_their_way
    if free <= 0:
        return rested(now, seconds)
    end = book.end(head, requests - on_their_way)
    return now if end is None else rested(end, seconds)


def _without_the_lost(book: Book, head: Head, now: float) -> list[int]:
    """Return the requests in their slots, after ending those whose processes are dead."""
    places = book.open(now)
    for place, (number, until) in enumerate(places):
        if number and until <= now:
            book.write_end(head, place, head.read)
            places[place] = 0, 0.0
    return [number for number, _ in places]


def _end(book: Book, head: Head, number: int, now: float) -> None:
    for place, (each, _) in enumerate(book.open(now)):
        if each == number:
            book.write_end(head, place, head.read)
            return


def _hold(book: Book, head: Head, until: float) -> None:
    if until > head.not_before:
        head.not_before = until
        book.write_head(head)


def _opened(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        os.close(handle)
        raise OSError("it is not a file of ours")
    return handle


def _say(text: str) -> None:
    if text not in _said:
        _said.add(text)
        _LOG.warning("%s", text)
