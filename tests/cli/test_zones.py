"""Every place tells people a time in one zone: the connection's, else the mapping's, else UTC."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cli_world import MAPPING, World, person, user

from oneway.history.journal import JournalEntry
from oneway.planning.plan import Verb
from oneway.runs.evidence.pending_creates import why_pending

CONNECTION = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
schedule: {schedule}
notify:
  - webhook: {{url: "http://127.0.0.1:9/nobody-listens"}}
"""
SYDNEY = re.compile(r"AE[SD]T")
TOKYO = re.compile(r"JST")
UTC = re.compile(r"UTC")
NEVER = "never"
IN_TOKYO = '{cron: "0 4 * * *", time_zone: Asia/Tokyo, spread: 0m}'


@pytest.mark.parametrize(
    ("schedule", "mapping", "zone"),
    [
        (IN_TOKYO, "Australia/Sydney", TOKYO),
        (NEVER, "Australia/Sydney", SYDNEY),
        (NEVER, "", UTC),
        ("", "Australia/Sydney", SYDNEY),
        ("", "", UTC),
    ],
)
def test_all_tell_times_in_one_zone(
    world: World, schedule: str, mapping: str, zone: re.Pattern[str]
) -> None:
    what = "acme" if schedule else "m.yaml"
    if mapping:
        world.write("m.yaml", MAPPING.replace("label:", f"time_zone: {mapping}\nlabel:"))
    if schedule:
        (world.folder / "connections").mkdir()
        world.write("connections/acme.yaml", CONNECTION.format(schedule=schedule))
    assert world.run("sync", what).code == 0
    page = world.folder / "page.html"
    assert world.run("report", "latest", "--out", str(page)).code == 0
    told = {
        "status": world.run("status").out,
        "runs": world.run("runs").out,
        "runs show": world.run("runs", "show", "latest").out,
        "report": page.read_text(encoding="utf-8"),
    }
    if schedule:
        world.write("people.json", [])
        assert world.run("sync", what).code == 1
        told["notices"] = world.run("notify", "list").out
    others = {SYDNEY, TOKYO, UTC} - {zone}
    for place, text in told.items():
        assert zone.search(text), place
        assert not any(other.search(text) for other in others), place
    for command in (("status",), ("runs",), ("runs", "show", "latest")):
        data = world.run(*command, "--format", "json").out
        assert not re.search(r"AE[SD]T|JST|\dT[\d:]+[+-]\d", data)


def test_status_tells_the_next_run_in_the_zone_in_which_the_file_says_when(world: World) -> None:
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", CONNECTION.format(schedule=IN_TOKYO))
    assert re.search(r"next \d{4}-\d\d-\d\d 04:00 JST", world.run("status").flat)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_plan_tells_the_day_of_a_link_in_the_zone(world: World, zone: str) -> None:
    """At any instant, one of the two has another day than UTC."""
    world.write("m.yaml", MAPPING.replace("label:", f"time_zone: {zone}\nlabel:"))
    world.write("people.json", [person(1)])
    world.write("users.json", [user(1)])
    assert world.run("sync", "m.yaml").code == 0
    world.write("people.json", [person(1, code="P999", email="p001@example.com")])
    (explained,) = world.run("explain", "m.yaml", "P999", "--format", "json").data
    since = datetime.fromisoformat(explained["link"]["since"]).astimezone(ZoneInfo(zone))
    said = f"matched on {since:%Y-%m-%d} as target record 1"
    assert said in world.run("plan", "m.yaml").flat
    assert said in world.run("explain", "m.yaml", "P999").flat
    # The plan that a run made can be derived from what it kept, whatever zone is asked for then.
    world.run("sync", "m.yaml")
    assert said in world.run("runs", "show", "latest").flat
    assert world.run("replay", "latest", "--format", "json").data["same"] is True


def test_a_create_that_is_not_sent_again_is_told_in_the_zone() -> None:
    sent = JournalEntry(1, "a", Verb.CREATE, "s1", None, "", True, None, "2026-07-01T18:30:00Z")
    at = datetime.fromisoformat("2026-07-01T18:31:00Z")
    said = why_pending(sent, timedelta(minutes=15), at, "Asia/Tokyo")
    assert "sent at 2026-07-02 03:30 JST" in said
    assert "before 2026-07-02 03:45 JST" in said
