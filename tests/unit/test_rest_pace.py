"""The pace that processes share: the limit holds over all of them, and no file stops a run."""

import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_world import BASE, World, altered, described, page

from oneway.core.access import Access, Secret
from oneway_connectors.rest import connect, pace, pace_file
from oneway_connectors.rest.pace import SharedPace, boot_id
from oneway_connectors.rest.rate import Later, Limit, OwnPace

LEASE = 20.0
BOOT = b"first boot......"


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


class Machine:
    """Processes that share a file, and a system that notes when it counted each request."""

    def __init__(self, path: Path, limit: Limit, processes: int) -> None:
        self.path, self.limit = path, limit
        self.now, self.wall, self.boot = 1000.0, 5000.0, BOOT
        self.processes = [self.process() for _ in range(processes)]
        self.open: list[tuple[int, int, float]] = []
        self.counted: list[float] = []

    def process(self) -> SharedPace:
        return SharedPace(self.path, self.limit, LEASE, wall=lambda: self.wall, boot=self.boot)

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds

    def begin(self, process: int) -> None:
        came = self.processes[process].begin(self.now)
        if isinstance(came, Later):
            assert self.now < came.at <= self.now + max(LEASE, self.limit[1] * 1.01)
        else:
            self.open.append((process, came, self.wall))

    def end(self, which: int, moment: float | None) -> None:
        """One of the open requests is answered; it was counted at some moment before.

        Without a moment that is the worst: when the last of the open ones had just begun.
        """
        if self.open:
            latest = max(began for _, _, began in self.open)
            process, number, began = self.open.pop(which % len(self.open))
            passed = self.wall - began
            self.counted.append(latest if moment is None else began + moment * passed)
            self.processes[process].end(number, self.now)

    def dies(self, process: int) -> None:
        """A process is killed and another takes its place; what it asked was counted by now."""
        for each in [each for each in self.open if each[0] == process]:
            self.open.remove(each)
            self.counted.append(self.wall)
        self.processes[process].close()
        self.processes[process] = self.process()

    def restarts(self) -> None:
        """The machine restarts: its clock begins anew."""
        for process in range(len(self.processes)):
            self.dies(process)
        self.now, self.boot = 10.0, b"another boot...."
        self.processes = [self.process() for _ in self.processes]

    def check(self) -> None:
        while self.open:
            self.end(0, None)
        self.counted.sort()
        requests, seconds = self.limit
        for first, later in zip(self.counted, self.counted[requests:], strict=False):
            assert later - first >= seconds - 1e-6


steps = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), st.floats(0, 3)),
        st.tuples(st.just("begin"), st.integers(0, 2)),
        st.tuples(st.just("begin"), st.integers(0, 2)),
        st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from([None, 0.0, 1.0])),
        st.tuples(st.just("dies"), st.integers(0, 2)),
        st.tuples(st.just("restarts")),
    ),
    max_size=60,
)


@given(st.integers(1, 4), st.sampled_from([0.5, 1.0, 4.0]), steps)
def test_no_window_of_any_number_of_processes_holds_more_than_the_limit(
    requests: int, seconds: float, steps: list[tuple[str, ...]]
) -> None:
    with folder() as made:
        machine = Machine(made / "a.pace", (requests, seconds), 3)
        for name, *arguments in steps:
            getattr(machine, name)(*arguments)
        machine.check()


class Killed(BaseException):
    """A process was killed."""


@given(st.integers(1, 3), steps, st.integers(0, 40))
def test_a_kill_at_any_write_lets_no_more_through(
    requests: int, steps: list[tuple[str, ...]], at: int
) -> None:
    with folder() as made, pytest.MonkeyPatch.context() as patch:
        machine = Machine(made / "a.pace", (requests, 1.0), 3)
        machine.begin(0)  # the file is there; a kill while it is made is another test
        left, write = [at], os.pwrite

        def dying(handle: int, data: bytes, offset: int) -> int:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return write(handle, data, offset)

        patch.setattr(pace_file.os, "pwrite", dying)
        for name, *arguments in steps:
            opened = list(machine.open)
            try:
                getattr(machine, name)(*arguments)
            except Killed:
                # The request was not sent, or its answer was here.
                gone = [each for each in opened if each not in machine.open]
                process = gone[0][0] if gone else int(arguments[0])
                machine.dies(process % 3)
        left[0] = 0
        machine.check()


@given(st.binary(max_size=300), st.integers(0, 400), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_stops_a_run(
    caplog: pytest.LogCaptureFixture, data: bytes, at: int, cut: bool
) -> None:
    with folder() as made:
        path = made / "a.pace"
        before = SharedPace(path, (2, 5.0), LEASE, boot=BOOT)
        before.end(int(before.begin(1000.0)), 1001.0)  # type: ignore[call-overload]
        before.close()
        held = bytearray(path.read_bytes())
        held[at : at + len(data)] = data
        path.write_bytes(held[: at + len(data)] if cut else held)
        after = SharedPace(path, (2, 5.0), LEASE, boot=BOOT)
        now = 1002.0
        for _ in range(10):
            came = after.begin(now)
            if isinstance(came, Later):
                assert now < came.at <= now + 90_000
                now = came.at
            else:
                after.end(came, now)
        after.close()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "oneway.pace"]


def test_a_damaged_file_is_begun_anew_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.pace"
    path.write_bytes(b"something else")
    paces = [SharedPace(path, (1, 5.0), LEASE) for _ in range(2)]
    assert isinstance(paces[0].begin(1.0), int)
    assert isinstance(paces[1].begin(1.0), Later)
    assert said(caplog) == [f"the rate limit starts again: {path} was damaged"]


def folder_in_its_place(path: Path) -> None:
    path.mkdir()


def link_in_its_place(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def file_in_its_folders_place(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    "spoil", [folder_in_its_place, link_in_its_place, file_in_its_folders_place]
)
def test_a_file_that_cannot_be_used_leaves_the_limit_within_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: object
) -> None:
    path = tmp_path / "pace" / "a.pace"
    path.parent.mkdir()
    spoil(path)  # type: ignore[operator]
    shared = SharedPace(path, (1, 5.0), LEASE)
    shared.end(int(shared.begin(1.0)), 2.0)  # type: ignore[call-overload]
    assert shared.begin(3.0) == Later(2.0 + 5.0 * 1.001)
    shared.hold(3.0, 50.0)
    assert shared.begin(4.0) == Later(53.0)
    assert len(said(caplog)) == 1
    assert "within this process only" in said(caplog)[0]


def test_a_file_that_another_keeps_locked_leaves_the_limit_within_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "_TRIES", 3)
    path = tmp_path / "a.pace"
    first, second = (SharedPace(path, (1, 5.0), LEASE) for _ in range(2))
    with first._locked():
        assert second.begin(1.0) == 0
    assert isinstance(second.begin(1.0), Later)
    assert "another process does not give it back" in said(caplog)[0]


def test_what_a_process_knew_is_not_forgotten_when_the_file_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.pace"
    shared = SharedPace(path, (2, 5.0), LEASE)
    numbers = [shared.begin(1.0) for _ in range(2)]
    path.unlink()
    path.mkdir()
    assert isinstance(shared.begin(1.0), Later)
    for number in numbers:
        assert isinstance(number, int)
        shared.end(number, 2.0)
    assert shared.begin(3.0) == Later(2.0 + 5.0 * 1.001)


def test_a_folder_that_is_cleared_is_shared_again(tmp_path: Path) -> None:
    path = tmp_path / "a.pace"
    first, second = (SharedPace(path, (1, 5.0), LEASE) for _ in range(2))
    first.end(int(first.begin(1.0)), 1.0)  # type: ignore[call-overload]
    path.unlink()
    assert isinstance(second.begin(2.0), int)
    assert isinstance(first.begin(8.0), Later)


def test_a_wait_that_one_process_is_asked_for_holds_for_all(tmp_path: Path) -> None:
    first, second = (SharedPace(tmp_path / "a.pace", None, LEASE) for _ in range(2))
    assert second.begin(1.0) == 0
    first.hold(1.0, 30.0)
    assert second.begin(2.0) == Later(31.0)
    assert second.begin(31.0) == 0


def test_without_a_limit_a_request_waits_for_no_lock(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "_TRIES", 3)
    first, second = (SharedPace(tmp_path / "a.pace", None, LEASE) for _ in range(2))
    assert second.begin(1.0) == 0
    with first._locked():
        assert second.begin(2.0) == 0
    assert said(caplog) == []


@given(
    st.floats(0.0, 3600.0),
    st.floats(-20.0, 4000.0),
    st.binary(max_size=100),
    st.integers(0, 100),
    st.sampled_from(["file", "no file", "boot"]),
)
def test_without_a_lock_a_request_begins_only_where_it_would_with_one(
    held: float, passed: float, data: bytes, at: int, lost: str
) -> None:
    with folder() as made:
        path = made / "a.pace"
        ours, theirs = (SharedPace(path, None, LEASE, boot=BOOT) for _ in range(2))
        assert ours.begin(1000.0) == 0
        theirs.hold(1000.0, held)
        if lost == "file":
            damaged = bytearray(path.read_bytes())
            damaged[at : at + len(data)] = data
            path.write_bytes(damaged)
        elif lost == "no file":
            path.unlink()
        else:
            ours._boot = b"another boot...."
        now = 1000.0 + passed
        if ours._nobody_waits(now):
            assert lost != "no file"
            came = ours._with_book(now, lambda book, head: ours._begun(book, head, now))
            assert came == 0
        ours.close()
        theirs.close()


def test_the_file_is_private_and_holds_no_name(tmp_path: Path) -> None:
    access = Access(OPTIONS, {"api_key": Secret("canary-key")}, tmp_path / "state", "acme/source")
    connector = connect(described(altered("retry:", LIMIT + "retry:")), access)
    connector.client._limiter.hold(1)
    connector.close()
    (path,) = (tmp_path / "state" / "pace").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for word in ("acme", "example", "canary"):
        assert word not in path.name
        assert word.encode() not in path.read_bytes()


OPTIONS = {"base_url": BASE, "tenant": "t1"}
LIMIT = "rate_limit: {requests: 1, seconds: 10}\n"
PER_CREDENTIAL = "rate_limit: {requests: 1, seconds: 10, per: credential}\n"


@pytest.mark.parametrize(
    ("limit", "whose", "waits"),
    [
        (LIMIT, ["a/source", "a/source"], True),
        (LIMIT, ["a/source", "b/source"], True),
        (PER_CREDENTIAL, ["a/source", "a/source"], True),
        (PER_CREDENTIAL, ["a/source", "b/source"], False),
    ],
)
def test_a_limit_holds_over_a_host_or_over_a_credential(
    tmp_path: Path, limit: str, whose: list[str], waits: bool
) -> None:
    manifest = described(altered("retry:", limit + "retry:"))
    slept = []
    for each in whose:
        world = World([page()])
        access = Access(OPTIONS, {"api_key": Secret("k")}, tmp_path, each)
        connector = connect(manifest, access, world, world.sleep, world.clock)
        connector.reader("people").read()
        slept.append(sum(world.slept))
        connector.close()
    assert (slept[1] > 9) == waits


def test_the_machine_names_the_run_of_its_clock() -> None:
    assert len(boot_id()) == 16
    assert boot_id() == boot_id()


@pytest.fixture(autouse=True)
def _nothing_was_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    pace._said.clear()


def test_an_own_pace_and_a_shared_one_say_the_same(tmp_path: Path) -> None:
    shared, own = SharedPace(tmp_path / "a.pace", (2, 5.0), LEASE), OwnPace((2, 5.0))
    now = 1.0
    for pause in (0.0, 0.5, 0.0, 4.0, 1.0, 0.1, 5.0, 0.0, 0.0):
        now += pause
        came, expected = shared.begin(now), own.begin(now)
        assert isinstance(came, int) == isinstance(expected, int)
        if isinstance(came, int):
            shared.end(came, now)
            own.end(0, now)
        else:
            assert came == expected


def test_a_system_without_file_locks_keeps_the_limit_within_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "fcntl", None)
    shared = SharedPace(tmp_path / "a.pace", (1, 5.0), LEASE)
    shared.end(int(shared.begin(1.0)), 2.0)  # type: ignore[call-overload]
    assert shared.begin(3.0) == Later(2.0 + 5.0 * 1.001)
    assert len(said(caplog)) == 1
