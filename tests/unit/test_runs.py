"""Runs: instants, options and credentials, and what is read how often."""

import gc
import weakref
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.connections.access import access
from oneway.connections.environment import variable
from oneway.core.access import Access
from oneway.core.description import Description, Option, Resource
from oneway.core.diagnostics import Refused
from oneway.core.records import Record, Snapshot
from oneway.history import journal
from oneway.mapping.short_rows import SteadyRow
from oneway.runs.not_collecting import not_collecting
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest, instant_text, parse_instant
from oneway.runs.read import Streaming, evaluate_inputs, projection_of, read_inputs
from oneway.runs.systems import OpenSystems
from oneway_connectors.file import jsonl

PAYROLL = Description(
    "pay-roll",
    "Payroll",
    "rest",
    {"people": Resource("people", "id", {}, frozenset(), open=True)},
    (
        Option("employer", "Who."),
        Option("url", "Where.", "https://x"),
        Option("key", "", None, True),
    ),
)


@given(st.integers(-62135510400, 253402127999), st.integers(-840, 840))
def test_an_instant_is_read_as_it_is_written(second: int, minutes: int) -> None:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    assert parse_instant(instant_text(instant)) == instant
    moved = instant.astimezone(timezone(timedelta(minutes=minutes)))
    assert instant_text(parse_instant(moved.isoformat())) == instant_text(instant)


@given(st.text(max_size=30))
def test_text_that_is_no_instant_is_a_value_error(text: str) -> None:
    try:
        instant = parse_instant(text)
    except ValueError:
        return
    assert instant.tzinfo is UTC


def test_a_date_is_its_midnight_and_a_fraction_of_a_second_is_cut() -> None:
    assert instant_text(parse_instant("2026-11-22")) == "2026-11-22T00:00:00Z"
    assert instant_text(parse_instant("2026-11-22T04:00:00.9+01:00")) == "2026-11-22T03:00:00Z"


def test_variables_are_letters_digits_and_underscores() -> None:
    assert variable("pay-roll", "base_url") == "ONEWAY_PAY_ROLL_BASE_URL"
    assert variable("connectors/ß.yaml", "a.b") == "ONEWAY_CONNECTORS_SS_YAML_A_B"


def test_what_is_given_goes_before_the_environment() -> None:
    said = {name: f"env {name}" for name in ("employer", "url", "key")}
    found = access(PAYROLL, lambda _, name: said.get(name), {"url": "given"})
    assert found.options == {"employer": "env employer", "url": "given"}
    assert found.secrets["key"].open() == "env key"
    assert "env key" not in repr(found)
    assert access(PAYROLL, lambda *_: None, {}) == Access({}, {})


def test_a_credential_is_never_taken_from_the_command_line() -> None:
    with pytest.raises(Refused) as refused:
        access(PAYROLL, lambda *_: None, {"key": "CANARY", "emploier": "x"})
    assert [each.code for each in refused.value.diagnostics] == ["U105", "C113"]
    assert "CANARY" not in str(refused.value)


MAPPING = """\
oneway: 1
name: m
title: M
source: {connector: file, resource: a.jsonl}
target: {connector: file, resource: b.jsonl}
references:
  names: {from: target, resource: b.jsonl, key: id, value: name}
match: [{source: id, target: id}]
fields: {name: name, boss: {from: boss, lookup: names}}
joiners: {create: false}
"""


def test_a_resource_is_read_once_though_it_is_also_a_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(MAPPING)
    Path("a.jsonl").write_text('{"id": "1", "name": "A", "boss": "2"}\n')
    Path("b.jsonl").write_text('{"id": "1"}\n{"id": "2", "name": "B"}\n')
    prepared = prepare_run(
        RunRequest("m.yaml", datetime(2026, 11, 22, tzinfo=UTC), lambda *_: None)
    )
    begun: list[str] = []

    def progress(what: str, done: int, total: int | None) -> None:
        if done == total:
            begun.append(what)

    with OpenSystems(prepared) as systems:
        reading = read_inputs(prepared, systems, progress)
        assert begun == ["reading b.jsonl", "reading a.jsonl"]
        kept = evaluate_inputs(prepared, systems, progress)
    assert tuple(kept.source.items) == tuple(
        map(reading.program.source_row, reading.source.records)
    )
    assert tuple(kept.target.items) == tuple(
        map(reading.program.target_row, reading.target.records)
    )
    assert len(begun) == 4


def test_what_is_kept_is_the_same_of_records_that_are_read_many_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside each row stands the record that it is of, also where ids stand twice."""
    monkeypatch.chdir(tmp_path)
    before, after = MAPPING.split("references:")
    after = after.partition("match:")[2].replace(", lookup: names", "")
    Path("m.yaml").write_text(f"{before}match:{after}")
    lines = [f'{{"id": "{n}", "name": "N{n}", "boss": "{n}"}}\n' for n in range(60)]
    odd = ['{"id": "x", "more": 1}\n', '{"id": "7", "name": "other"}\n', lines[3]]
    Path("a.jsonl").write_text("".join([*lines[:30], *odd, *lines[30:]]))
    Path("b.jsonl").write_text("".join([*lines, *odd]))
    prepared = prepare_run(
        RunRequest("m.yaml", datetime(2026, 11, 22, tzinfo=UTC), lambda *_: None)
    )
    monkeypatch.setattr(jsonl, "FAST_FROM", 100)
    with OpenSystems(prepared) as systems:
        reading = read_inputs(prepared, systems)
        kept = evaluate_inputs(prepared, systems, capture=True)
    parts = projection_of(prepared)
    source = {each.id: parts.of_source(each) for each in reading.source.records}
    target = {each.id: parts.of_target(each) for each in reading.target.records}
    assert isinstance(kept.source.items[0], SteadyRow)
    assert len(kept.stored[0]) == len(kept.source.items) == len(source)
    assert list(kept.stored[0]) == [source[each.source_id] for each in kept.source.items]
    assert list(kept.stored[1]) == [target[each.target_id] for each in kept.target.items]


def test_an_id_that_was_read_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Twice:
        def read(self, progress: object) -> Snapshot:
            return Snapshot((Record("1", {}), Record("1", {})))

    class Connector:
        def reader(self, resource: str) -> Twice:
            return Twice()

        def close(self) -> None:
            pass

    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(MAPPING)
    systems_module = import_module("oneway.runs.systems")
    monkeypatch.setattr(systems_module, "open_connector", lambda *_, **__: Connector())
    prepared = prepare_run(
        RunRequest("m.yaml", datetime(2026, 11, 22, tzinfo=UTC), lambda *_: None)
    )
    for act in (read_inputs, evaluate_inputs):
        with OpenSystems(prepared) as systems, pytest.raises(Refused) as refused:
            act(prepared, systems)
        assert refused.value.diagnostics[0].code == "R164"
    assert not isinstance(Twice(), Streaming)


def test_everything_that_the_package_offers_is_there() -> None:
    """Also what is imported only when it is asked for."""
    assert [name for name in journal.__all__ if not callable(getattr(journal, name, None))] == []
    with pytest.raises(AttributeError, match="nonsense"):
        _ = journal.nonsense


def test_circles_that_plans_leave_are_collected_soon_after() -> None:
    class Circle:
        itself: object

    def leave() -> weakref.ref[Circle]:
        circle = Circle()
        circle.itself = circle
        return weakref.ref(circle)

    left = []
    for _ in range(20):
        with not_collecting():
            left.append(leave())
    # A command that ran before in this process may have raised the threshold.
    young: list[list[int]] = [[] for _ in range(10_000 + gc.get_threshold()[0])]
    assert not any(each() for each in left), len(young)
