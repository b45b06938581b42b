"""The fault matrix at a size for every day; all of it by `python -m tests.faults`."""

from collections.abc import Iterator

import httpx
import pytest

from oneway.applying.preconditions import Happened
from oneway.applying.unknown_writes import Inquiry, WriteOutcome
from oneway.runs.prepare.prepared import PreparedRun

from .kinds import APART, FAULTS, USUAL, Call, kind_of
from .matrix import Cell, Ideal, Place, apart, cells, ideal, socket_cells, tried, tried_over
from .sockets import Loopback, listening
from .systems import SystemsByTeams, VersionedSystems
from .table import as_documented, documented
from .wire import Aim, Wire
from .world import COMING_BACK, DESK, HR, prepared_mapping

pytestmark = pytest.mark.slow

EVERYDAY = list(cells())[::11]
OVER_SOCKETS = [cell for cell in socket_cells() if cell.call is Call.CREATE][::3]


@pytest.fixture(scope="module")
def prepared() -> Iterator[PreparedRun]:
    with prepared_mapping() as found:
        yield found


@pytest.fixture(scope="module")
def best(prepared: PreparedRun) -> Ideal:
    return ideal(prepared)


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with listening() as found:
        yield found


def test_every_cell_has_its_documented_outcome_and_no_other() -> None:
    assert set(documented()) == set(cells())


def test_what_is_run_every_day_has_every_fault_call_place_and_duration() -> None:
    assert {cell.fault for cell in EVERYDAY} == set(FAULTS)
    assert {cell.call for cell in EVERYDAY} == set(USUAL)
    assert len({(cell.place, cell.lasts) for cell in EVERYDAY}) == 4


def test_a_create_that_is_sent_again_blindly_is_found(
    prepared: PreparedRun, best: Ideal, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = next(c for c in cells() if str(c) == "create, timeout after, middle, once")
    assert tried(cell, prepared, best).text == "1 unknown W102"
    monkeypatch.setattr(Inquiry, "of", lambda *_: WriteOutcome(Happened.NO))
    with pytest.raises(AssertionError):
        tried(cell, prepared, best)


@pytest.mark.parametrize("cell", EVERYDAY, ids=str)
def test_a_night_with_a_fault_ends_as_documented(
    cell: Cell, prepared: PreparedRun, best: Ideal
) -> None:
    assert tried(cell, prepared, best).text == documented()[cell]


@pytest.mark.parametrize("cell", OVER_SOCKETS, ids=str)
def test_so_does_one_over_real_sockets(cell: Cell, loopback: Loopback, best: Ideal) -> None:
    wanted = documented()[as_documented(cell)]
    assert tried_over(loopback, cell, best, wanted).text == wanted


def test_with_eight_in_flight_no_fault_breaks_a_law() -> None:
    with prepared_mapping(in_flight=8) as prepared:
        best = ideal(prepared)
        for cell in [each for each in cells() if each.call.writes or each.call is Call.GET][::61]:
            tried(cell, prepared, best)


def test_a_sync_asks_only_for_what_it_has_not_just_read(prepared: PreparedRun, best: Ideal) -> None:
    """32 people; 8 of the 24 with an action join, and have two values that must be free."""
    saved = ideal(prepared, saved=True)
    assert best.counts[Call.DETAIL] == 32 + 24
    assert saved.counts[Call.DETAIL] == 32 + 32 + 24
    assert best.counts[Call.FIND] == 8 * 2 + 1  # once more where a token has expired
    assert saved.counts[Call.FIND] == 8 * 2
    assert best.counts[Call.LIST] < saved.counts[Call.LIST]


def test_with_a_saved_plan_no_fault_breaks_a_law(prepared: PreparedRun) -> None:
    best = ideal(prepared, saved=True)
    asked = (Call.LIST, Call.DETAIL, Call.FIND, Call.GET)
    for cell in [each for each in cells(asked) if each.place is Place.MIDDLE][::11]:
        tried(cell, prepared, best)


def test_people_leave_and_come_back_by_requests_of_their_own_whatever_befalls_them() -> None:
    with prepared_mapping(more=COMING_BACK) as prepared:
        best = ideal(prepared, apart)
        assert min(best.counts[Call.LEAVE], best.counts[Call.REACTIVATE]) >= 8
        assert best.counts[Call.UPDATE] >= 16  # and once more where a token had expired
        for cell in list(cells(APART))[::47]:
            tried(cell, prepared, best, apart)


DELETING = 'leave: {method: DELETE, path: "/users/{id}", writes: [leaveDate]}'


@pytest.mark.parametrize("in_flight", [1, 8])
def test_a_leave_by_delete_is_never_sent_twice_whatever_befalls_it(in_flight: int) -> None:
    desk = DESK.replace('leave: {method: PUT, path: "/users/{id}"}', DELETING)
    assert DELETING in desk
    with prepared_mapping(desk=desk, in_flight=in_flight) as prepared:
        best = ideal(prepared)
        assert best.counts[Call.LEAVE] == 8
        for cell in list(cells((Call.LEAVE, Call.GET)))[:: 7 if in_flight == 1 else 29]:
            tried(cell, prepared, best)


def test_writes_with_versions_end_as_documented_for_those_without(best: Ideal) -> None:
    header = """headers: {If-Match: '"{version}"'}"""
    desk = DESK.replace(
        'get: {path: "/users/{id}"}', 'get: {path: "/users/{id}", version: version}'
    )
    for way in ('PATCH, path: "/users/{id}"', 'PUT, path: "/users/{id}"'):
        assert way in desk
        desk = desk.replace(way, f"{way}, {header}")
    desk = desk.replace(
        "        note:", "        version: {type: integer, readOnly: true}\n        note:"
    )

    def versioned(aim: Aim | None = None) -> Wire:
        return Wire(VersionedSystems(), aim)

    with prepared_mapping(desk=desk) as prepared:
        found = ideal(prepared, versioned)
        assert (found.held, found.counts) == (best.held, best.counts)
        writes, gets = list(cells((Call.UPDATE, Call.LEAVE))), list(cells((Call.GET,)))
        for cell in [*writes[::17], *gets[::31]]:
            assert tried(cell, prepared, best, versioned).text == documented()[cell], cell


class WireToTeams(Wire):
    """Knows that a team of the source has a list."""

    @staticmethod
    def kind_of(request: httpx.Request) -> Call:
        """Return what a request is for."""
        return Call.LIST if request.url.path.startswith("/teams") else kind_of(request)


def by_teams(aim: Aim | None = None) -> Wire:
    """Return a wire to systems whose source lists people by their teams."""
    return WireToTeams(SystemsByTeams(), aim)


HR_BY_TEAMS = (
    HR.replace(
        "path: /people,", 'for_each: teams, concurrency: 1, path: "/teams/{parent.id}/people",'
    )
    + """
  teams:
    id: id
    list: {path: /teams, pagination: {type: page, param: page, start: 1}}
    record: {type: object, properties: {id: {type: integer}}}
"""
)


def test_a_list_of_each_team_ends_as_documented_for_one_list() -> None:
    with prepared_mapping(hr=HR_BY_TEAMS) as prepared:
        best = ideal(prepared, by_teams)
        assert best.counts[Call.LIST] > 10
        for cell in [*list(cells((Call.LIST,)))[::11], *list(cells())[7::149]]:
            found = tried(cell, prepared, best, by_teams).text
            if (cell.call, cell.fault.name) == (Call.LIST, "endless pages"):
                assert found.startswith("refused")  # perhaps for teams that have no list
            else:
                assert found == documented()[cell], cell
