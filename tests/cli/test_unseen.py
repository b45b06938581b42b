"""What a list does not show is not gone: absence is proved, and nobody is created twice."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cli_world import World

from directory import MANIFEST, Directory, Json, connected, someone
from directory import MAPPING as TO_DIRECTORY
from oneway.cli.clock import now

FROM_DIRECTORY = """\
oneway: 1
name: leavers
source: {connector: directory, resource: people}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  name: name
joiners: {}
leavers: {when: left, set: {active: {value: false}}, left: "active == `false`"}
absent: deactivate
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Directory]:
    people = {str(n): someone(n) for n in range(1, 13)}
    with connected(Directory(people), tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def nightly(directory: Directory, bare: World) -> World:
    """Twelve people in the directory, and twelve users that stand for them."""
    bare.write("m.yaml", FROM_DIRECTORY)
    users = [{"id": f"u{n}", "code": f"{n:03}", "name": "x", "active": True} for n in range(1, 13)]
    bare.write("users.json", users)
    return bare


def without(world: World, text: str) -> None:
    """Take a line's part out of the manifest."""
    assert text in MANIFEST
    world.write("connectors/directory.yaml", MANIFEST.replace(text, ""))


@pytest.mark.parametrize("asked", ["by find", "by the list"])
def test_an_empty_page_on_which_a_list_ends_makes_nobody_twice(
    nightly: World, directory: Directory, asked: str
) -> None:
    """All night, if each person is asked for before they are created; else once."""
    manifest = MANIFEST.replace(", total: total", "")
    find = '    find: {mail: {$filter: "mail eq {value_odata}"}}\n    create:'
    if asked == "by find":
        manifest = manifest.replace("    create:", find)
    nightly.write("connectors/directory.yaml", manifest)
    nightly.write("m.yaml", TO_DIRECTORY.replace("code, target: code", "mail, target: mail") + (
        "  mail: {from: mail, write: on_create}\n"
    ))  # fmt: skip
    directory.counting = False
    for each in directory.people.values():
        each["mail"] = f"p{each['id']}@example.com"
    nightly.write("people.json", [e | {"id": f"s{e['id']}"} for e in directory.people.values()])
    pages: list[int] = []

    def empty(page: int) -> None:
        pages.append(page)
        now = page >= 3 and (asked == "by find" or pages.count(3) == 1)
        directory.hidden = set(directory.people) if now else set()

    directory.before_page = empty
    ended = nightly.run("sync", "m.yaml")
    assert (ended.code, "8 stale" in ended.out) == (5, True), ended.out
    assert len(directory.people) == 12


def inactive(world: World) -> set[str]:
    return {each["code"] for each in world.read("users.json") if not each["active"]}


def slide(directory: Directory) -> Callable[[int], None]:
    """Return what lets 001 leave while page 3 is asked for, so that 005 slides out of sight."""

    def leave(page: int) -> None:
        if page == 3:
            directory.people.pop("1", None)

    return leave


def test_a_total_that_changes_between_pages_lets_nothing_be_written(
    nightly: World, directory: Directory
) -> None:
    directory.before_page = slide(directory)
    ended = nightly.run("sync", "m.yaml")
    assert ended.code == 1
    assert "R161" in ended.err
    assert inactive(nightly) == set()


def test_who_slid_out_of_a_list_without_a_total_comes_at_a_second_look(
    nightly: World, directory: Directory
) -> None:
    without(nightly, ", total: total")
    directory.counting = False
    directory.before_page = slide(directory)
    ended = nightly.run("sync", "m.yaml", "--verbose")
    assert ended.code == 0
    assert "it came when the source was asked again: 005" in ended.flat
    assert inactive(nightly) == set()
    assert nightly.run("sync", "m.yaml").code == 0
    assert inactive(nightly) == {"001"}


def test_who_is_linked_is_asked_for_by_id(nightly: World, directory: Directory) -> None:
    assert nightly.run("sync", "m.yaml").code == 0
    directory.hidden = {"7", "8"}
    del directory.people["8"]
    directory.asked.clear()
    assert nightly.run("sync", "m.yaml").code == 0
    assert inactive(nightly) == {"008"}
    assert {"/people/7", "/people/8"} <= set(directory.sent("GET"))


@pytest.fixture(params=["report", "ignore", "deactivate"])
def former(request: pytest.FixtureRequest, nightly: World, directory: Directory) -> World:
    """Everybody is linked, 007 and 008 have left, and the list leaves out who has left."""
    mapping = FROM_DIRECTORY.replace("absent: deactivate", f"absent: {request.param}")
    nightly.write("m.yaml", mapping)
    assert nightly.run("sync", "m.yaml").code == 0
    directory.hidden = {"7", "8"}
    for id in directory.hidden:
        directory.people[id]["left"] = True
    directory.asked.clear()
    return nightly


def test_a_list_without_those_who_have_left_ends_their_access(
    former: World, directory: Directory
) -> None:
    ended = former.run("sync", "m.yaml", "--verbose")
    assert (ended.code, inactive(former)) == (0, {"007", "008"})
    assert "it came when the source was asked again" in ended.flat, ended.out
    directory.asked.clear()
    quiet = former.run("sync", "m.yaml")
    assert (quiet.code, "No changes to make" in quiet.out) == (0, True)
    assert not [each for each in directory.sent("GET") if each != "/people"]


def test_such_a_leave_can_be_reviewed_and_is_not_sent_for_who_has_come_back(
    former: World, directory: Directory
) -> None:
    assert former.run("plan", "m.yaml", "--out", "plan.json").code == 0
    directory.people["8"]["left"] = False
    ended = former.run("apply", "plan.json", "--approve", former.read("plan.json")["fingerprint"])
    assert (ended.code, inactive(former)) == (5, {"007"})
    assert "stale" in ended.out


def test_who_may_not_be_seen_does_not_keep_the_others_in(
    former: World, directory: Directory
) -> None:
    directory.forbidden = {"7"}
    dooming = "absent: deactivate" in (former.folder / "m.yaml").read_text()
    ended = former.run("sync", "m.yaml")
    assert (ended.code, inactive(former)) == (5 if dooming else 0, {"008"})


def test_whose_request_fails_is_named_and_does_not_keep_the_others_in(
    former: World, directory: Directory
) -> None:
    if "absent: deactivate" in (former.folder / "m.yaml").read_text():
        return  # nobody is deactivated without an answer: the run is refused
    directory.failing = {"7"}
    ended = former.run("sync", "m.yaml")
    assert (ended.code, inactive(former)) == (0, {"008"})
    assert "the list lacks source record 7, and requests by id fail" in ended.flat


def test_who_has_gone_from_a_limited_list_and_stays_is_not_written_to(
    former: World, directory: Directory
) -> None:
    directory.people["7"] |= {"left": False, "name": "of another company"}
    assert former.run("sync", "m.yaml").code == 0
    assert inactive(former) == {"008"}
    dooming = "absent: deactivate" in (former.folder / "m.yaml").read_text()
    names = {each["code"]: each["name"] for each in former.read("users.json")}
    assert names["007"] == ("of another company" if dooming else "x")


def test_without_links_the_list_is_read_a_second_time(nightly: World, directory: Directory) -> None:
    del directory.people["8"]
    assert nightly.run("sync", "m.yaml").code == 0
    assert inactive(nightly) == {"008"}
    assert directory.sent("GET").count("/people") >= 14


def test_nobody_is_asked_again_where_nobody_is_absent(nightly: World, directory: Directory) -> None:
    assert nightly.run("sync", "m.yaml").code == 0
    assert directory.sent("GET").count("/people") == 7


def test_a_second_look_that_fails_lets_nobody_be_deactivated(
    nightly: World, directory: Directory
) -> None:
    del directory.people["8"]
    seen: list[int] = []

    def repeat(page: int) -> None:
        seen.append(page)
        if seen.count(1) == 2 and page == 2:
            directory.hidden.add("3")

    directory.before_page = repeat
    ended = nightly.run("sync", "m.yaml")
    assert ended.code == 1
    assert "R161" in ended.err
    assert inactive(nightly) == set()


@pytest.fixture
def joining(nightly: World, directory: Directory) -> World:
    """One person, and an empty directory."""
    nightly.write("m.yaml", TO_DIRECTORY)
    nightly.write("people.json", [{"id": "s1", "code": "001", "name": "Ann Oak"}])
    directory.people.clear()
    return nightly


def test_who_was_created_and_is_never_listed_is_created_once(
    joining: World, directory: Directory
) -> None:
    assert joining.run("sync", "m.yaml").code == 0
    directory.hidden.add("1")
    for _ in range(3):
        ended = joining.run("sync", "m.yaml", "--verbose")
        assert ended.code == 0
        assert "created on" in ended.flat
        assert "as target record 1, which the target's list does not show" in ended.flat
    assert directory.sent("POST") == ["/people"]


def test_while_the_list_hides_somebody_nobody_else_is_created(
    joining: World, directory: Directory
) -> None:
    joining.run("sync", "m.yaml")
    directory.hidden.add("1")
    people = joining.read("people.json")
    joining.write("people.json", [*people, {"id": "s2", "code": "002", "name": "Ben Ash"}])
    ended = joining.run("sync", "m.yaml", "--verbose")
    assert "lacks 1 that are there by id: 1" in ended.flat
    assert directory.sent("POST") == ["/people"]
    directory.hidden.clear()
    joining.run("sync", "m.yaml")
    assert directory.sent("POST") == ["/people", "/people"]


def test_a_record_that_is_gone_is_an_error_until_the_mapping_says_otherwise(
    joining: World, directory: Directory
) -> None:
    joining.run("sync", "m.yaml")
    directory.people.clear()
    ended = joining.run("sync", "m.yaml", "--verbose")
    assert "was not found by its id either" in ended.flat
    assert directory.sent("POST") == ["/people"]
    joining.write("m.yaml", TO_DIRECTORY + "gone: create\n")
    joining.run("sync", "m.yaml")
    assert directory.sent("POST") == ["/people", "/people"]


def test_gone_needs_a_target_that_can_be_asked(joining: World) -> None:
    without(joining, '    get: {path: "/people/{id}"}\n')
    joining.write("m.yaml", TO_DIRECTORY + "gone: create\n")
    ended = joining.run("validate", "m.yaml")
    assert ended.code == 1
    assert "M112" in ended.flat


def test_without_a_get_who_is_hidden_is_not_created_again(
    joining: World, directory: Directory
) -> None:
    without(joining, '    get: {path: "/people/{id}"}\n')
    joining.run("sync", "m.yaml")
    directory.hidden.add("1")
    ended = joining.run("sync", "m.yaml", "--verbose")
    assert "which is not in the target's list" in ended.flat
    assert directory.sent("POST") == ["/people"]


LEAVING = """\
  left: {value: false, write: on_create}
leavers: {when: left, set: {left: {value: true}}, left: left}
guards: {leavers: {share: 100%, floor: 5}}
"""


@pytest.mark.parametrize("shown", ["never", "forbidden", "at last"])
def test_who_was_listed_stays_listed_while_the_target_does_not_show_their_record(
    joining: World, directory: Directory, shown: str
) -> None:
    """An invitation that is open, in no list of users, and cannot be requested."""
    if shown != "forbidden":
        without(joining, '    get: {path: "/people/{id}"}\n')
    joining.write("m.yaml", TO_DIRECTORY + LEAVING)
    stays = {"id": "s2", "code": "002", "name": "Ben Ash", "left": False}
    leaves = {"id": "s1", "code": "001", "name": "Ann Oak", "left": False}
    joining.write("people.json", [stays, leaves])
    assert joining.run("sync", "m.yaml").code == 0
    (hidden,) = [id for id, each in directory.people.items() if each["code"] == "001"]
    directory.hidden.add(hidden)
    directory.forbidden.add(hidden)
    joining.write("people.json", [stays, {**leaves, "left": True}])
    assert joining.run("sync", "m.yaml").code == 5
    joining.write("people.json", [stays])
    for _ in range(3):
        ended = joining.run("sync", "m.yaml")
        assert ended.code == 5
        assert "perhaps left, and can still get in (1)" in ended.flat
        assert "which does not prove that it is gone" in ended.flat
    if shown == "at last":
        directory.hidden.clear()
        assert joining.run("sync", "m.yaml").code == 5
        directory.people[hidden]["left"] = True
    elif shown == "forbidden":
        directory.forbidden.clear()
        directory.people.pop(hidden)
    else:
        assert joining.run("forget", "s1", "--force").code == 0
    assert joining.run("sync", "m.yaml").code == 0


def test_an_id_in_another_case_is_the_same_record(joining: World, directory: Directory) -> None:
    """Systems with GUIDs answer a create with one form of an id, and list another."""
    joining.write("m.yaml", TO_DIRECTORY + LEAVING)
    directory.create = lambda made, data: (201, {"id": made.keep(data, "AB-{}").lower()})
    people = [{"id": f"s{n}", "code": f"{n:03}", "name": f"Ann {n}", "left": False} for n in (1, 2)]
    joining.write("people.json", people)
    assert joining.run("sync", "m.yaml").code == 0
    directory.any_case = True
    people[0]["name"], people[1]["left"] = "Ann Oak", True
    joining.write("people.json", people)
    ended = joining.run("sync", "m.yaml", "--verbose")
    assert (ended.code, "conflict" in ended.flat) == (0, False)
    assert "2 records, 2 matched" in ended.flat
    found = sorted(directory.people.values(), key=lambda each: each["code"])  # two at a time
    assert [each["name"] for each in found] == ["Ann Oak", "Ann 2"]
    assert [each["left"] for each in found] == [False, True]
    assert joining.run("sync", "m.yaml").code == 0
    known = {"known": 2, "new": 0, "replaced": 0}
    assert joining.run("runs", "show", "3", "--format", "json").data["links"] == known


def test_the_links_are_shown(joining: World, directory: Directory) -> None:
    joining.run("sync", "m.yaml")
    joining.run("sync", "m.yaml")
    explained = joining.run("explain", "m.yaml", "001")
    assert "link: created on" in explained.flat
    assert "as target record 1, known by 001" in explained.flat
    (found,) = joining.run("explain", "m.yaml", "001", "--format", "json").data
    assert (found["link"]["target_id"], found["link"]["origin"]) == ("1", "created")
    assert "links 1 known" in joining.run("runs", "show", "2").flat
    assert joining.run("runs", "show", "2", "--format", "json").data["links"] == {
        "known": 1,
        "new": 0,
        "replaced": 0,
    }
    assert "1 linked" in joining.run("status").flat


def test_a_key_that_changed_hands_waits_for_a_person(joining: World, directory: Directory) -> None:
    joining.run("sync", "m.yaml")
    joining.write("people.json", [{"id": "s2", "code": "001", "name": "Jane New"}])
    ended = joining.run("sync", "m.yaml", "--verbose")
    assert "the key 001 changed hands" in ended.flat
    assert "name is Ann Oak, and here Jane New" in ended.flat
    assert directory.people["1"]["name"] == "Ann Oak"
    assert joining.run("sync", "m.yaml", "--allow", "reused:002").code == ended.code
    assert directory.people["1"]["name"] == "Ann Oak"
    assert joining.run("sync", "m.yaml", "--allow", "reused:001").code == 0
    assert directory.people["1"]["name"] == "Jane New"
    assert joining.run("sync", "m.yaml").code == 0  # by now it is hers


def test_a_lost_store_is_as_if_there_had_never_been_one(
    joining: World, directory: Directory
) -> None:
    joining.run("sync", "m.yaml")
    (joining.folder / ".oneway" / "journal.db").rename(joining.folder / "elsewhere.db")
    ended = joining.run("sync", "m.yaml")
    assert ended.code == 0
    assert directory.sent("POST") == ["/people"]


# Creates whose end is not known


def accepting(answer: dict[str, Any]) -> Callable[..., tuple[int, Any]]:
    """Return what accepts creates and does nothing yet."""
    return lambda *_: (202, answer)


def with_lag(world: World, seconds: int, create: str = "") -> None:
    text = MANIFEST.replace("lag: 0", f"lag: {seconds}")
    if create:
        old = "create: {method: POST, path: /people}"
        assert old in text
        text = text.replace(old, create)
    world.write("connectors/directory.yaml", text)


def test_what_was_accepted_is_not_sent_again_before_the_lag_has_passed(
    joining: World, directory: Directory
) -> None:
    with_lag(joining, 900)
    directory.create = accepting({"queued": True})
    assert joining.run("sync", "m.yaml").code == 5
    for _ in range(2):
        ended = joining.run("sync", "m.yaml")
        assert "how it ended is not known" in ended.flat
        assert "had not happened" not in ended.flat
        assert "a create was sent at" in joining.run("plan", "m.yaml", "--verbose").flat
    assert directory.sent("POST") == ["/people"]
    directory.create = None
    directory.keep({"code": "001", "name": "Ann Oak"})
    ended = joining.run("sync", "m.yaml")
    assert "without a known end, was looked up: Applied: 1 done." in ended.flat
    assert directory.sent("POST") == ["/people"]
    assert "created on" in joining.run("explain", "m.yaml", "001").flat


def test_what_was_accepted_and_is_not_there_after_the_lag_is_sent_again(
    joining: World, directory: Directory
) -> None:
    directory.create = accepting({"queued": True})
    joining.run("sync", "m.yaml")
    directory.create = None
    ended = joining.run("sync", "m.yaml")
    assert ended.code == 0
    assert directory.sent("POST") == ["/people", "/people"]


JOB = (
    "create: {method: POST, path: /people, job: {path: '/jobs/{id}', id: job, status: state, "
    "done: [ok], failed: [no], record: made, message: why}}"
)


def test_a_job_is_asked_at_each_run_and_not_overtaken(joining: World, directory: Directory) -> None:
    with_lag(joining, 0, JOB)
    directory.jobs["j1"] = {"state": "busy"}
    directory.create = accepting({"job": "j1"})
    assert joining.run("sync", "m.yaml").code == 5
    assert joining.run("sync", "m.yaml").code == 5
    assert directory.sent("POST") == ["/people"]
    id = directory.keep({"code": "001", "name": "Ann Oak"})
    directory.jobs["j1"] = {"state": "ok", "made": id}
    directory.hidden.add(id)
    assert joining.run("sync", "m.yaml").code == 0
    assert directory.sent("POST") == ["/people"]


def test_a_create_that_its_job_refused_waits_as_any_other_refusal(
    joining: World, directory: Directory
) -> None:
    with_lag(joining, 900, JOB)
    directory.jobs["j1"] = {"state": "busy"}
    directory.create = accepting({"job": "j1"})
    joining.run("sync", "m.yaml")
    directory.jobs["j1"] = {"state": "no", "why": "Ann Oak has no licence"}
    directory.create = None
    for _ in range(2):
        ended = joining.run("sync", "m.yaml")
        assert ended.code == 5
        assert "refused once on" in ended.flat
        assert "with the same values; next try" in ended.flat
        assert "refused by its job: … has no licence [W105]" in ended.flat
    assert directory.sent("POST") == ["/people"]
    assert joining.run("sync", "m.yaml", "--retry-now").code == 0
    assert directory.sent("POST") == ["/people", "/people"]


def test_a_create_that_its_job_refused_is_sent_at_once_with_other_values(
    joining: World, directory: Directory
) -> None:
    with_lag(joining, 900, JOB)
    directory.jobs["j1"] = {"state": "busy"}
    directory.create = accepting({"job": "j1"})
    joining.run("sync", "m.yaml")
    directory.jobs["j1"] = {"state": "no", "why": "Ann Oak has no licence"}
    directory.create = None
    joining.write("people.json", [{"id": "s1", "code": "001", "name": "Ann Elm"}])
    assert joining.run("sync", "m.yaml").code == 0
    assert directory.sent("POST") == ["/people", "/people"]


def test_a_job_that_is_done_and_shows_nothing_is_not_overtaken(
    joining: World, directory: Directory
) -> None:
    with_lag(joining, 0, JOB)
    directory.jobs["j1"] = {"state": "ok"}
    directory.create = accepting({"job": "j1"})
    for _ in range(3):
        ended = joining.run("sync", "m.yaml")
        assert ended.code == 5
    assert "its job is done, and does not show the record" in ended.flat
    assert directory.sent("POST") == ["/people"]


@pytest.mark.parametrize("job", [{"state": "ok"}, None])
@pytest.mark.parametrize(("lag", "minutes"), [(0, 15), (3600, 60)])
def test_who_is_not_there_long_after_the_job_ended_is_sent_again(
    joining: World, directory: Directory, monkeypatch: pytest.MonkeyPatch,
    job: Json | None, lag: int, minutes: int,
) -> None:  # fmt: skip
    """The job names no record, or is gone: systems keep their jobs for a while."""
    with_lag(joining, lag, JOB)
    directory.jobs["j1"] = {"state": "busy"}
    directory.create = accepting({"job": "j1"})
    assert joining.run("sync", "m.yaml").code == 5
    begun = now()
    directory.jobs = {} if job is None else {"j1": job}
    directory.create = None
    monkeypatch.setattr(
        import_module("oneway.cli.sync"), "now", lambda: begun + timedelta(minutes=minutes - 1)
    )
    ended = joining.run("sync", "m.yaml")
    assert (ended.code, directory.sent("POST")) == (5, ["/people"]), ended.out
    monkeypatch.setattr(
        import_module("oneway.cli.sync"), "now", lambda: begun + timedelta(minutes=minutes + 1)
    )
    ended = joining.run("sync", "m.yaml")
    assert (ended.code, directory.sent("POST")) == (0, ["/people", "/people"]), ended.out
    assert joining.run("sync", "m.yaml").code == 0
    assert len(directory.people) == 1


def test_who_is_there_after_the_job_is_gone_is_not_sent_again(
    joining: World, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_lag(joining, 0, JOB)
    directory.jobs["j1"] = {"state": "busy"}
    directory.create = accepting({"job": "j1"})
    joining.run("sync", "m.yaml")
    later = now() + timedelta(days=1)
    monkeypatch.setattr(import_module("oneway.cli.sync"), "now", lambda: later)
    directory.jobs = {}
    directory.keep({"code": "001", "name": "Ann Oak"})
    assert joining.run("sync", "m.yaml").code == 0
    assert directory.sent("POST") == ["/people"]


@pytest.mark.parametrize("form", ["1", " 001", "0001", "００１"])
def test_what_was_accepted_and_shows_in_another_form_is_not_sent_again(
    joining: World, directory: Directory, form: str
) -> None:
    directory.create = accepting({"queued": True})
    joining.run("sync", "m.yaml")
    id = directory.keep({"code": form, "name": "Ann Oak"})
    directory.create = None
    for _ in range(3):
        ended = joining.run("sync", "m.yaml")
        assert ended.code == 5
        assert f"target record {id} has come since, and has nearly the same code" in ended.flat
    assert directory.sent("POST") == ["/people"]
    directory.people[id]["code"] = "001"
    ended = joining.run("sync", "m.yaml")
    assert (ended.code, directory.sent("POST")) == (0, ["/people"])
    assert f"as target record {id}" in joining.run("explain", "m.yaml", "001").flat


def test_what_was_created_and_shows_in_another_form_waits_for_a_person(
    joining: World, directory: Directory
) -> None:
    joining.run("sync", "m.yaml")
    directory.people["1"]["code"] = "1"
    for _ in range(3):
        ended = joining.run("sync", "m.yaml", "--verbose")
        assert "the target record no longer holds its key 001" in ended.flat
    assert directory.sent("POST") == ["/people"]


def test_a_create_that_is_answered_with_a_record_that_was_there_is_unknown(
    joining: World, directory: Directory
) -> None:
    joining.run("sync", "m.yaml")
    directory.create = lambda *_: (201, {"id": "1"})
    people = joining.read("people.json")
    joining.write("people.json", [*people, {"id": "s2", "code": "002", "name": "Ben Ash"}])
    ended = joining.run("sync", "m.yaml")
    assert ended.code == 5
    assert "a create was answered with record 1, which existed: source record s1" in ended.flat
    assert "W114" in ended.flat
    explained = joining.run("explain", "m.yaml", "002", "--format", "json").data
    assert explained[0]["link"] is None


def test_a_wish_has_one_token_whatever_plan_it_is_in(joining: World, directory: Directory) -> None:
    text = MANIFEST.replace("errors:", "idempotency_header: Idempotency-Key\nerrors:")
    joining.write("connectors/directory.yaml", text)
    directory.create = lambda *_: (500, {})
    for _ in range(2):
        joining.run("sync", "m.yaml")
    assert len(directory.tokens) == 2
    assert len(set(directory.tokens)) == 1
    joining.write("people.json", [{"id": "s1", "code": "001", "name": "Ann Elm"}])
    joining.run("sync", "m.yaml")
    assert len(set(directory.tokens)) == 2


def test_a_record_that_has_to_be_created_twice_does_not_stick(
    joining: World, directory: Directory
) -> None:
    joining.write("m.yaml", TO_DIRECTORY + "gone: create\n")
    joining.run("sync", "m.yaml")
    directory.people.clear()
    ended = joining.run("sync", "m.yaml")
    assert (
        "Not sticking (1) ! 001 Ann Oak: created in the last run, and planned again" in ended.flat
    )


def test_a_create_may_have_happened_until_its_job_has_ended_and_then_was_not_written(
    joining: World, directory: Directory
) -> None:
    with_lag(joining, 0, JOB)
    directory.jobs["j1"] = {"state": "busy"}
    directory.create = accepting({"job": "j1"})
    joining.run("sync", "m.yaml")
    unsure = "sent, and no answer came that says whether it happened"
    said = joining.run("status", "--all").flat
    assert unsure in said
    assert "the next run looks it up" in said
    assert "not written" not in said
    directory.jobs["j1"] = {"state": "no"}
    ended = joining.run("sync", "m.yaml").flat
    assert "refused by its job [W105]" in ended
    assert "reached" not in ended
    assert "interrupted" not in ended
    for command in (("plan", "m.yaml"), ("explain", "m.yaml", "001"), ("status", "--all")):
        said = joining.run(*command).flat
        assert unsure not in said, command
        assert "accepted, and refused by its job" in said, command


def test_a_joiner_does_not_get_the_number_of_a_user_who_was_deleted_by_hand(
    bare: World,
) -> None:
    to_file = "target: {connector: file, resource: users.json}"
    to_directory = "target: {connector: directory, resource: people}"
    bare.write("m.yaml", TO_DIRECTORY.replace(to_directory, to_file))
    people = [{"id": f"s{n}", "code": f"{n:03}", "name": f"Name {n}"} for n in range(1, 9)]
    bare.write("people.json", people)
    bare.write("users.json", [])
    assert bare.run("sync", "m.yaml").code == 0
    bare.write("users.json", bare.read("users.json")[:-1])
    bare.write("people.json", [*people, {"id": "s9", "code": "009", "name": "New Comer"}])
    ended = bare.run("sync", "m.yaml")
    assert "1 was created" in ended.flat, ended.flat
    assert [each["id"] for each in bare.read("users.json") if each["code"] == "009"] == ["9"]
    assert "another run created" not in bare.run("sync", "m.yaml").flat


def test_impact_says_that_a_refused_create_waits_and_asks_the_system_once(
    joining: World, directory: Directory
) -> None:
    """With `--retry-now`, it is sent again, as by `plan`."""
    directory.create = lambda *_: (400, {"error": "no licence"})
    assert joining.run("sync", "m.yaml").code == 5
    text = (joining.folder / "m.yaml").read_text()
    joining.write("old.yaml", f"{text}joiners: {{create: false}}\n")
    before = len(directory.sent("GET"))
    given = ("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "create")
    ended = joining.run(*given)
    assert (ended.code, "to create (waits)" in ended.flat) == (6, True)
    assert directory.sent("GET")[before:] == ["/people"]
    ended = joining.run(*given, "--retry-now")
    assert (ended.code, "(waits)" in ended.flat) == (6, False)
