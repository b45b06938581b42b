"""Two employers, one target: what one connection's links say of a record, the other one heeds."""

from collections.abc import Iterator
from datetime import timedelta
from time import sleep

import pytest
from cli_world import World
from shared_users import MAPPING, Shared, sharing

from oneway.history.journal.links import links_elsewhere

OTHERS = tuple(f"{n},L{n},P {n},p{n}@example.com" for n in range(2, 6))


@pytest.fixture
def shared(bare: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    """Two connections: hq employs John Smith, whose record it has linked."""
    with sharing(bare) as found:
        monkeypatch.setenv("ONEWAY_ACME_ORIGIN", found.url)
        monkeypatch.setenv("ONEWAY_ACME_KEY", "k")
        for name in ("hq", "labs"):
            found.connect(name)
        found.hold(code="0100", name="John Smith", email="john@example.com")
        found.people("hq.csv", "7,0100,John Smith,john@example.com")
        assert found.world.run("sync", "hq").code == 0
        yield found


@pytest.mark.parametrize("status", ["Former", "Current"])
def test_a_code_of_both_employers_does_not_pass_the_record_on(shared: Shared, status: str) -> None:
    before = dict(shared.users["1"])
    shared.people("labs.csv", f"1,0100,John Brown,brown@example.com,{status}", *OTHERS)
    for _ in range(2):
        ended = shared.world.run("sync", "labs")
        assert shared.users["1"] == before
        assert "the connection 'hq' has linked it to 0100" in ended.flat
        assert "Have left, and can still get in" not in ended.flat
        assert ended.code == 0
    assert shared.world.run("sync", "hq").code == 0


def test_somebody_decides_that_the_record_is_theirs(shared: Shared) -> None:
    shared.people("labs.csv", "1,0100,John Brown,brown@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    assert shared.world.run("sync", "labs", "--allow", "reused:0100").code == 0
    assert shared.users["1"]["name"] == "John Brown"


@pytest.mark.parametrize("email", ["john@example.com", "js@example.com"])
def test_a_person_of_both_employers_is_matched_by_both(shared: Shared, email: str) -> None:
    """The connection that linked the record first writes its values; the other one says so."""
    shared.people("labs.csv", f"1,0100,John Smith,{email}", *OTHERS)
    for _ in range(2):
        ended = shared.world.run("sync", "labs")
        assert ended.code == 0
        differs = "email: left as target record 1 has it: the connection 'hq' has linked it to 0100"
        assert (differs in ended.flat) == (email != "john@example.com")
        assert "PATCH 1" not in shared.writes
    shared.people("hq.csv", "7,0100,John Smith,john@example.com,Former",
                  "8,0101,Ann Abel,ann@example.com")  # fmt: skip
    assert shared.world.run("sync", "hq").code == 0
    assert shared.world.run("sync", "labs").code == 0
    assert (shared.users["1"]["email"], shared.users["1"]["active"]) == (email, True)


@pytest.mark.parametrize("rehires", ["report", "{reactivate: {active: true}}"])
def test_who_leaves_one_of_two_employers_keeps_access_by_the_other(
    shared: Shared, rehires: str
) -> None:
    for name in ("hq", "labs"):
        shared.connect(name, f"{MAPPING}rehires: {rehires}\n")
    shared.people("labs.csv", "1,0100,John Smith,john@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    shared.people("labs.csv", "1,0100,John Smith,john@example.com,Former", *OTHERS)
    for name in ("labs", "hq", "labs"):
        ended = shared.world.run("sync", name)
        assert (ended.code, shared.users["1"]["active"]) == (0, True)
    assert "keeps its access: the connection 'hq' has linked it to 0100" in ended.flat
    assert "PATCH 1" not in shared.writes
    shared.people("hq.csv", "7,0100,John Smith,john@example.com,Former",
                  "8,0101,Ann Abel,ann@example.com")  # fmt: skip
    assert shared.world.run("sync", "hq").code == 0
    assert not shared.users["1"]["active"]


@pytest.mark.parametrize("forgotten", ["stale", "disconnected", "a mapping"])
def test_nobody_keeps_access_by_a_connection_that_is_not_in_use(
    shared: Shared, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    shared.people("labs.csv", "1,0100,John Smith,john@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    if forgotten == "disconnected":
        assert shared.world.run("disconnect", "hq").code == 0
    elif forgotten == "stale":
        monkeypatch.setattr("oneway.runs.evidence.other_connections._RECENT", timedelta(days=-1))
    else:
        monkeypatch.setattr(
            "oneway.runs.evidence.other_connections.OtherConnections.is_connection",
            lambda *_: False,
        )
    shared.people("labs.csv", "1,0100,John Smith,john@example.com,Former", *OTHERS)
    ended = shared.world.run("sync", "labs")
    assert (ended.code, shared.users["1"]["active"]) == (0, False)
    assert ("too long ago to keep them in" in ended.flat) == (forgotten == "stale")


def test_nobody_keeps_access_by_a_connection_that_knows_no_leavers(shared: Shared) -> None:
    shared.connect("labs", MAPPING[: MAPPING.index("leavers:")])
    shared.people("labs.csv", "1,0100,John Smith,john@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    shared.people("hq.csv", "7,0100,John Smith,john@example.com,Former",
                  "8,0101,Ann Abel,ann@example.com")  # fmt: skip
    ended = shared.world.run("sync", "hq")
    assert (ended.code, shared.users["1"]["active"]) == (0, False)
    assert "labs" not in ended.flat


def test_a_field_that_the_other_connection_does_not_write_is_written(shared: Shared) -> None:
    """Both know leavers, and hq linked the record first; it has no `office`, and no new name."""
    shared.connect("labs", MAPPING.replace("  name: name\n", "  name: name\n  office: email\n"))
    shared.people("labs.csv", "1,0100,John A Smith,js@example.com", *OTHERS)
    for _ in range(2):
        ended = shared.world.run("sync", "labs")
        assert ended.code == 0
        for each in ("email", "name"):
            assert f"{each}: left as target record 1 has it" in ended.flat
    held = [shared.users["1"][each] for each in ("office", "name", "email")]
    assert held == ["js@example.com", "John Smith", "john@example.com"]


@pytest.mark.parametrize("rule", ["only", "eligible"])
def test_nobody_keeps_access_by_a_connection_whose_sync_they_are_outside(
    shared: Shared, rule: str
) -> None:
    outside = f"{rule}: [{{id: mail, when: email, otherwise: has no email}}]\n"
    shared.connect("labs", MAPPING.replace("fields:", f"{outside}fields:"))
    shared.people("labs.csv", "1,0100,John Smith,john@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    sleep(1.1)  # instants are whole seconds
    shared.people("labs.csv", "1,0100,John Smith,", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    shared.people("hq.csv", "7,0100,John Smith,john@example.com,Former",
                  "8,0101,Ann Abel,ann@example.com")  # fmt: skip
    assert shared.world.run("sync", "hq").code == 0
    assert not shared.users["1"]["active"]


@pytest.mark.parametrize("schedule", ["never", "{cron: '0 4 * * *'}"])
@pytest.mark.parametrize("absent", [False, True])
def test_who_keeps_access_by_a_connection_that_missed_a_run_is_listed(
    shared: Shared, monkeypatch: pytest.MonkeyPatch, schedule: str, absent: bool
) -> None:
    file = shared.folder / "connections/hq.yaml"
    file.write_text(file.read_text().replace("never", schedule))
    shared.connect("labs", f"{MAPPING}absent: deactivate\n")
    shared.people("labs.csv", "1,0100,John Smith,john@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    left = "1,0100,John Smith,john@example.com,Former"
    shared.people("labs.csv", *([] if absent else [left]), *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    limit = "OVERDUE" if "cron" in schedule else "_UNSCHEDULED"
    monkeypatch.setattr(f"oneway.runs.evidence.other_connections.{limit}", timedelta(days=-2))
    ended = shared.world.run("sync", "labs")
    assert (ended.code, shared.users["1"]["active"]) == (5, True)
    assert "It has missed a run since" in ended.flat
    monkeypatch.undo()


def test_who_is_gone_from_one_of_two_sources_keeps_access_by_the_other(shared: Shared) -> None:
    shared.connect("labs", f"{MAPPING}absent: deactivate\n")
    shared.people("labs.csv", "1,0100,John Smith,john@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    shared.people("labs.csv", *OTHERS)
    ended = shared.world.run("sync", "labs")
    assert (ended.code, shared.users["1"]["active"]) == (0, True)
    assert "not deactivated: the connection 'hq' has linked it to 0100" in ended.flat


def test_who_is_in_conflict_at_one_employer_is_still_employed_there(shared: Shared) -> None:
    shared.people("labs.csv", "1,0100,John Smith,john@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    sleep(1.1)  # instants are whole seconds
    shared.people("hq.csv", "7,0100,John Smith,john@example.com", "8,0100,Jo Jay,jo@example.com")
    assert shared.world.run("sync", "hq").code == 0  # two people have one code: a conflict
    shared.people("labs.csv", "1,0100,John Smith,john@example.com,Former", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    assert shared.users["1"]["active"]


def test_who_moved_and_has_left_there_too_is_in_conflict_with_nobody(shared: Shared) -> None:
    stays = "8,0101,Ann Abel,ann@example.com"
    shared.people("hq.csv", "7,0100,John Smith,john@example.com,Former", stays)
    assert shared.world.run("sync", "hq").code == 0
    shared.users["1"] |= {"code": "L7", "active": True}
    for status in ("Current", "Former"):
        shared.people("labs.csv", f"70,L7,John Smith,john@example.com,{status}", *OTHERS)
        assert shared.world.run("sync", "labs").code == 0
        ended = shared.world.run("sync", "hq")
        assert ended.code == 0
        assert "in conflict" not in ended.flat
        assert "which nothing matches" not in ended.flat
    assert not shared.users["1"]["active"]


def test_who_moved_to_the_other_employer_is_not_listed_for_the_old_row(shared: Shared) -> None:
    """The record got the new code by hand; the old employer's payroll keeps the leaver."""
    shared.users["1"] |= {"code": "L7", "active": True}
    shared.people("labs.csv", "70,L7,John Smith,john@example.com", *OTHERS)
    shared.people("hq.csv", "7,0100,John Smith,john@example.com,Former",
                  "8,0101,Ann Abel,ann@example.com")  # fmt: skip
    assert shared.world.run("sync", "hq").code == 5  # nobody knows yet whose the record is
    assert shared.world.run("sync", "labs").code == 0
    for _ in range(2):
        ended = shared.world.run("sync", "hq")
        assert ended.code == 0
        assert "the connection 'labs' has linked it to L7" in ended.flat
        assert "which nothing matches" not in ended.flat
    sleep(1.1)  # instants are whole seconds
    shared.people("labs.csv", *OTHERS)  # their row is gone, and nobody knows why
    shared.world.run("sync", "labs")
    assert shared.world.run("sync", "hq").code == 5
    assert shared.users["1"]["active"]


def test_who_moved_is_not_listed_once_the_old_row_is_gone(shared: Shared) -> None:
    stays = "8,0101,Ann Abel,ann@example.com"
    shared.people("hq.csv", "7,0100,John Smith,john@example.com,Former", stays)
    assert shared.world.run("sync", "hq").code == 0
    shared.users["1"] |= {"code": "L7", "active": True}
    shared.people("labs.csv", "70,L7,John Smith,john@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    assert shared.world.run("sync", "hq").code == 0
    shared.people("hq.csv", stays)
    for _ in range(2):
        assert shared.world.run("sync", "hq").code == 0
    sleep(1.1)
    shared.people("labs.csv", *OTHERS)
    shared.world.run("sync", "labs")
    ended = shared.world.run("sync", "hq")
    assert ended.code == 5
    assert "L7 John Smith (record 1)" in ended.flat


def test_a_namesake_of_the_other_employer_is_no_leaver_s_record(shared: Shared) -> None:
    shared.people("labs.csv", "1,L1,John Smith,old@example.com,Former", *OTHERS)
    ended = shared.world.run("sync", "labs")
    assert ended.code == 0
    assert "the connection 'hq' has linked it to 0100" in ended.flat


def test_a_record_of_another_target_with_that_id_is_nobody_s(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two accounts number their records from one."""
    there = shared.url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("ONEWAY_ACME_ORIGIN", there)
    options = f'resource: users, options: {{base_url: "{there}"}}'
    shared.connect("labs", MAPPING.replace("resource: users", options))
    shared.people("labs.csv", "1,0100,John Brown,brown@example.com", *OTHERS)
    assert shared.world.run("sync", "labs").code == 0
    assert shared.users["1"]["name"] == "John Brown"


def test_an_ordinary_night_asks_for_no_links_of_others(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "oneway.history.journal.links.links_elsewhere",
        lambda *args: asked.append(args) or links_elsewhere(*args),
    )
    shared.people("hq.csv", "7,0100,John Smythe,john@example.com", "8,9,Jo Jay,jo@example.com")
    assert shared.world.run("sync", "hq").code == 0
    assert not asked


def test_a_key_of_its_own_leads_to_another_account_with_the_same_ids_and_codes(
    shared: Shared,
) -> None:
    """Both connections have one address; the API key alone says whose account it is."""
    shared.users = {"1": shared.users["1"] | {"name": "Mia Moor", "email": "mia@example.com"}}
    shared.people("labs.csv", "1,0100,Mia Moor,moor@example.com", *OTHERS)
    ended = shared.world.run("sync", "labs")
    assert (ended.code, "linked it to" in ended.flat) == (0, False)
    assert shared.users["1"]["email"] == "moor@example.com"
    shared.people("labs.csv", "1,0100,Mia Moor,moor@example.com,Former", *OTHERS)
    guarded = (
        shared.folder / "labs.yaml"
    ).read_text() + "guards: {leavers: {share: 0%, floor: 0}}\n"
    shared.world.write("labs.yaml", guarded)
    assert shared.world.run("sync", "labs").code == 4
    shared.people("labs.csv", *OTHERS)
    for _ in range(2):
        ended = shared.world.run("sync", "labs")
        assert (ended.code, "Have perhaps left, and can still get in" in ended.flat) == (5, True)
