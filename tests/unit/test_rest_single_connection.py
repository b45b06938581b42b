"""A request leaves in one piece, and an answer that comes before all of it was read counts."""

import socket
from collections.abc import Iterator
from typing import Any

import httpcore
import pytest

from oneway_connectors.rest import single_connection

Ends = tuple[httpcore.NetworkStream, socket.socket]


class _Opened(httpcore.NetworkStream):
    """A stream, just opened."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own

    def get_extra_info(self, info: str) -> Any:
        return self._own if info == "socket" else None

    def close(self) -> None:
        self._own.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    own, system = socket.socketpair()
    stream = single_connection._Stream(_Opened(own))
    system.setblocking(False)
    yield stream, system
    stream.close()
    system.close()


def test_a_request_leaves_in_one_piece_when_its_answer_is_to_be_read(ends: Ends) -> None:
    stream, system = ends
    stream.write(b"head ")
    stream.write(b"body")
    with pytest.raises(BlockingIOError):
        system.recv(100)
    system.send(b"answer")
    assert stream.read(100, timeout=5) == b"answer"
    assert system.recv(100) == b"head body"
    system.send(b"more")
    assert stream.read(100, timeout=5) == b"more"
    with pytest.raises(BlockingIOError):
        system.recv(100)  # nothing is sent again


def test_an_answer_before_the_request_was_read_counts(ends: Ends) -> None:
    stream, system = ends
    system.send(b"answer")
    system.close()
    stream.write(b"body")
    assert stream.read(100, timeout=5) == b"answer"
    assert stream.read(100, timeout=5) == b""


def test_an_answer_that_does_not_come_in_time_is_told_from_a_broken_connection(ends: Ends) -> None:
    stream, _ = ends
    stream.write(b"body")
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(100, timeout=0.01)
    stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    stream.get_extra_info("socket").close()
    with pytest.raises(httpcore.ReadError):
        stream.read(100, timeout=0.01)


def test_a_request_that_the_system_does_not_take_in_time_is_too_late(ends: Ends) -> None:
    stream, system = ends
    stream.write(b"x" * 10_000_000)
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(100, timeout=0.05)
    assert system.recv(100) == b"x" * 100
