"""When a system is given up: after so many in a row, and at once where it refuses everybody."""

from hypothesis import given
from hypothesis import strategies as st

from oneway.applying.circuit_breaker import GIVE_UP, CircuitBreaker
from oneway.core.connector_errors import Blame

ENDS = st.lists(st.sampled_from([None, Blame.SYSTEM, Blame.RECORD]), max_size=30)


def test_it_is_five_in_a_row() -> None:
    """`docs/operating.md` says so."""
    patience = CircuitBreaker()
    for _ in range(4):
        patience.met(Blame.SYSTEM, "down")
    assert (GIVE_UP, patience.lost) == (5, False)
    patience.met(Blame.SYSTEM, "down")
    assert (patience.lost, patience.why) == (True, "5 times in a row, at last: down")


def test_one_refusal_of_the_credentials_is_enough() -> None:
    patience = CircuitBreaker()
    patience.met(Blame.ACCESS, "revoked")
    assert (patience.lost, patience.why) == (True, "revoked")


@given(ENDS)
def test_it_is_lost_where_the_system_failed_so_often_in_a_row_and_nowhere_else(
    ends: list[Blame | None],
) -> None:
    patience = CircuitBreaker()
    for end in ends:
        patience.met(end)
    said = "".join("x" if end is Blame.SYSTEM else "." for end in ends)
    assert patience.lost == ("x" * GIVE_UP in said)


def test_it_does_not_come_back() -> None:
    patience = CircuitBreaker(most=1)
    patience.met(Blame.SYSTEM, "down")
    patience.met(None)
    assert patience.lost


def test_the_first_reason_stays_whatever_those_in_flight_end_with() -> None:
    patience = CircuitBreaker()
    patience.met(Blame.ACCESS, "revoked")
    for _ in range(GIVE_UP):
        patience.met(Blame.SYSTEM, "down")
    assert patience.why == "revoked"
