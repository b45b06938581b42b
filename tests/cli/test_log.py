"""What commands say as lines of JSON, and as OpenTelemetry traces."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from cli_world import Ended, World, person, process, user
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from listener import listening, status
from oneway.cli.entry import COMMANDS
from oneway.cli.exits import Exit
from oneway.core.telemetry import note, step, watching
from oneway.runs.telemetry.traces import watcher_of

CONNECTION = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nschedule: never\n"
CANARIES = ("Canary Person", "canary@example.com", "+44 7700 900123", "s77", "P077")


@pytest.fixture
def acme(world: World) -> World:
    """A connection whose next run creates somebody, of whom nothing may be logged."""
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", CONNECTION)
    canary = {"name": CANARIES[0], "email": CANARIES[1], "phone": CANARIES[2]}
    world.write("people.json", [person(1), person(77, **canary)])
    world.write("users.json", [user(1)])
    return world


def events(ended: Ended, *only: str) -> list[dict[str, Any]]:
    """The lines of a log, all of which are JSON."""
    found = [json.loads(line) for line in ended.err.splitlines()]
    return [each for each in found if not only or each["event"] in only]


def test_a_sync_logs_each_step_with_its_connection_and_run(acme: World) -> None:
    ended = acme.run("sync", "acme", "--set", "with_phone=true", "--log", "json", "--quiet")
    assert ended.code == Exit.DONE
    found = events(ended)
    assert [(each["event"], each.get("input")) for each in found] == [
        ("begin", None),
        ("read", "references.teams"),
        ("read", "source"),
        ("read", "target"),
        ("plan", None),
        ("action", None),
        ("run", None),
        ("end", None),
    ]
    (action,) = events(ended, "action")
    (run,) = events(ended, "run")
    assert (action["verb"], action["ending"], action["run"]) == ("create", "done", 1)
    assert (run["state"], run["done"], run["run"]) == ("done", 1, 1)
    steps = events(ended, "read", "plan", "action", "run")
    assert {each["connection"] for each in steps} == {"acme"}
    assert found[-1]["exit"] == 0
    assert not [each for each in CANARIES if each in ended.err]


def test_the_option_may_stand_before_the_command(acme: World) -> None:
    assert events(acme.run("--log", "json", "sync", "acme"), "run")
    assert events(acme.run("--log=json", "status"), "end")
    assert acme.run("sync", "acme", "--log", "text", "--quiet").err == ""


def test_what_is_wrong_is_an_event_with_its_code_and_place(acme: World) -> None:
    acme.write("people.json", [])
    ended = acme.run("sync", "acme", "--log", "json")
    (finding,) = events(ended, "finding")
    assert (finding["code"], finding["level"]) == ("R160", "error")
    (run,) = events(ended, "run")
    assert (run["state"], run["run"], run["error"]) == ("refused", 1, "R160")
    acme.write("m.yaml", "oneway: 1\n")
    found = events(acme.run("validate", "m.yaml", "nowhere.yaml", "--log", "json"))
    assert {each["event"] for each in found} == {"begin", "end"}  # the rest was asked for


@pytest.mark.parametrize("command", [each.name for each in COMMANDS])
def test_every_command_logs_json_and_nothing_else(acme: World, command: str) -> None:
    """With what is wrong on the command line as well: click's own words too."""
    if command in ("serve", "sandbox", "lsp", "demo"):  # these go on, or take long
        ended = acme.run(command, "--no-such-option", "--log", "json")
    else:
        ended = acme.run(command, *ARGUMENTS.get(command, ()), "--log", "json")
    found = events(ended)
    assert [found[0]["event"], found[-1]["event"]] == ["begin", "end"]
    assert found[0]["command"] == command
    assert found[-1]["exit"] == ended.code
    assert not [each for each in CANARIES if each in ended.err]


ARGUMENTS = {
    "plan": ("acme", "--out", "plan.json"),
    "validate": (".",),
    "explain": ("acme", "P001"),
    "check": ("acme",),
    "sync": ("acme",),
    "apply": ("plan.json",),
    "report": ("acme",),
    "runs": ("show", "acme"),
    "eval": ("code", "--on", "m.yaml"),
    "compile": ("m.yaml",),
    "notify": ("test", "acme"),
    "connect": ("beta",),
    "disconnect": ("acme",),
    "prove": ("nowhere.yaml",),
    "test": ("nowhere.yaml",),
}


def test_a_run_under_a_scheduler_logs_its_steps_too(acme: World) -> None:
    scheduled = CONNECTION.replace("never", '{cron: "* * * * *", spread: 0s}')
    acme.write("connections/acme.yaml", scheduled)
    acme.run("sync", "acme")
    ended = process("run-due", "--log", "json", cwd=acme.folder, code=IN_A_MINUTE)
    assert ended.returncode == Exit.DONE, ended.stderr
    found = [json.loads(line) for line in ended.stderr.splitlines()]
    runs = [each for each in found if each["event"] == "run"]
    assert {each["run"] for each in runs} == {2}  # the run's own line, and the scheduler's
    assert {each["event"] for each in found} >= {"begin", "read", "plan", "run", "end"}


IN_A_MINUTE = """
from datetime import UTC, datetime, timedelta
from oneway.cli import clock
def later():
    return (datetime.now(UTC) + timedelta(minutes=2)).replace(microsecond=0)
import oneway.cli.run_due as due
due.now = clock.now = later
later.__module__, later.__qualname__ = "oneway.cli.clock", "now"
from oneway.cli import main
main()
"""


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """The spans of whatever runs in this process, as the SDK's own exporter keeps them."""
    found = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(found))
    with watching(watcher_of(provider)):
        yield found


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [each for each in spans.get_finished_spans() if each.name == f"oneway.{name}"]


def test_a_run_is_a_trace_of_its_reads_its_plan_and_each_action(
    acme: World, spans: InMemorySpanExporter
) -> None:
    assert acme.run("sync", "acme", "--set", "with_phone=true").code == Exit.DONE
    (run,) = named(spans, "run")
    within = [*named(spans, "read"), *named(spans, "plan"), *named(spans, "action")]
    assert len(within) == 5
    for each in within:
        assert each.parent is not None
        assert run.context is not None
        assert each.parent.span_id == run.context.span_id
    (plan,) = named(spans, "plan")
    assert dict(plan.attributes or {}) == {
        "oneway.actions": 1,
        "oneway.create": 1,
        "oneway.unchanged": 1,
    }
    (action,) = named(spans, "action")
    assert (action.attributes or {})["oneway.ending"] == "done"
    assert (run.attributes or {})["oneway.state"] == "done"
    said = "".join(each.to_json() for each in spans.get_finished_spans())
    assert not [each for each in CANARIES if each in said]
    assert str(acme.folder) not in said


def test_what_fails_is_an_error_by_its_code_alone(acme: World, spans: InMemorySpanExporter) -> None:
    acme.write("people.json", "{ CANARY")
    acme.run("sync", "acme")
    (run,) = named(spans, "run")
    assert run.status.status_code is StatusCode.ERROR
    assert run.status.description == "R153"
    assert not run.events
    assert "CANARY" not in "".join(each.to_json() for each in spans.get_finished_spans())


def test_steps_that_nobody_watches_cost_and_say_nothing() -> None:
    with step("run", connection="acme") as outer:
        note("run", run=1)
        outer.note(state="done")
    assert outer.attributes == {}


def test_traces_go_to_a_collector_and_one_that_is_down_changes_nothing(acme: World) -> None:
    with listening(status(200)) as collector:
        where = collector.url.removesuffix("/hook")
        env = {"ONEWAY_TRACES": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": where}
        ended = process("sync", "acme", "--quiet", cwd=acme.folder, env=env)
        assert (ended.returncode, ended.stderr) == (Exit.DONE, "")
        paths = {each.path for each in collector.heard}
        body = b"".join(each.body for each in collector.heard)
    assert paths == {"/v1/traces"}
    assert b"oneway.action" in body
    assert not [each for each in CANARIES if each.encode() in body]
    env["OTEL_EXPORTER_OTLP_TIMEOUT"] = "1"
    ended = process("sync", "acme", "--quiet", cwd=acme.folder, env=env)
    assert ended.returncode == Exit.DONE
    assert ended.stderr == "traces could not be exported; the run is not touched by it\n"


def test_without_traces_nothing_of_them_is_imported(acme: World) -> None:
    code = (
        "import sys; from oneway.cli.entry import run; run(['sync', 'acme', '--quiet']); "
        "watched = 'oneway.runs.telemetry.watchers' in sys.modules; "
        "sys.exit('opentelemetry' in sys.modules or watched)"
    )
    assert process(cwd=acme.folder, code=code).returncode == 0


def test_traces_are_asked_for_by_one_word(acme: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEWAY_TRACES", "yes please")
    assert "[U124]" in acme.run("sync", "acme").err
    monkeypatch.setenv("ONEWAY_TRACES", "otlp")
    monkeypatch.setitem(sys.modules, "oneway.runs.telemetry.traces", None)
    assert "pip install 'oneway[otel]'" in acme.run("sync", "acme").flat
