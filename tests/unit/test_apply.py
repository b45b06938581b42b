"""Apply: what is checked before each write, and how each end is told."""

from dataclasses import replace
from typing import Any

import pytest

from memory import MemoryReader, MemorySystems, Recording, applied, approval, steps, systems_of
from oneway.applying.order import ordered
from oneway.applying.result import Approved
from oneway.core.connector_errors import Blame, NotSent, ReadError, Rejected, Unknown, WriteError
from oneway.core.diagnostics import Refused
from oneway.core.records import Record, Snapshot
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Verb
from worlds import World, planned

MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "apply",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {
        "ref": "code",
        "fullName": "name",
        "email": "mail",
        "bank.no": {"from": "bank.no", "sensitive": True},
        "tags": {"from": "tags", "merge": "add", "sensitive": True},
    },
    "joiners": {"unless_taken": ["email"]},
}


def person(code: str, **data: Any) -> dict[str, Any]:
    return {"code": code, "name": f"N{code}", "mail": f"{code}@example.com", **data}


def user(ref: str, **data: Any) -> dict[str, Any]:
    return {"ref": ref, "fullName": f"N{ref}", "email": f"{ref}@example.com", **data}


def world(people: list[dict[str, Any]], users: list[dict[str, Any]], **parts: Any) -> World:
    return World(
        MAPPING | parts,
        Snapshot(tuple(Record(f"s{n}", data) for n, data in enumerate(people))),
        Snapshot(tuple(Record(f"t{n}", data) for n, data in enumerate(users))),
        Snapshot(()),
        frozenset({"email"}),
        leaves_out_nulls=True,
    )


def endings(world: World, systems: MemorySystems | None = None, **options: Any) -> list[Ending]:
    return [r.ending for r in applied(world, planned(world), systems=systems, **options).results]


CHANGE = ([person("A"), person("B")], [user("A", fullName="old"), user("B", fullName="old")])


@pytest.mark.parametrize("approved", ["", "0" * 64, "None"])
def test_what_was_not_approved_is_refused_before_any_write(approved: str) -> None:
    changed = world(*CHANGE)
    systems = systems_of(changed)
    with pytest.raises(Refused):
        list(steps(changed, planned(changed), Approved(approved), systems, Recording()))
    assert not systems.writer.calls


def test_each_step_is_written_down_before_the_next() -> None:
    changed = world(*CHANGE)
    done = applied(changed, planned(changed))
    first, second = planned(changed).actions
    assert done.log.steps == [
        ("intended", first.id), ("done", first.id), ("intended", second.id), ("done", second.id)
    ]  # fmt: skip


def test_in_a_batch_nothing_is_done_until_it_is_flushed() -> None:
    changed = world(*CHANGE)
    done = applied(changed, planned(changed), batch=50)
    assert [step for step, _ in done.log.steps] == ["intended", "intended", "done", "done"]


def test_what_a_guard_holds_back_is_not_written() -> None:
    changed = world(*CHANGE)
    held = frozenset({planned(changed).actions[0].id})
    done = applied(changed, planned(changed), held=held)
    assert [result.ending for result in done.results] == [Ending.HELD, Ending.DONE]
    assert len(done.writer.calls) == 1


def test_a_field_that_changed_since_the_plan_is_stale_and_named() -> None:
    changed = world(*CHANGE)
    systems = systems_of(changed)
    systems.target.records["t0"]["fullName"] = "somebody's edit"
    done = applied(changed, planned(changed), systems=systems)
    assert [result.ending for result in done.results] == [Ending.STALE, Ending.DONE]
    assert "fullName" in done.results[0].reason
    assert "edit" not in done.results[0].reason


class Down:
    """A writer that fails at each record as it is told, and then writes."""

    def __init__(self, writer: Any, errors: list[WriteError | None]) -> None:
        self.writer, self.errors, self.batch = writer, errors, 1
        self.flush = writer.flush

    def update(self, *args: Any) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        self.writer.update(*args)


def ends(errors: list[WriteError | None], people: int = 9) -> list[Ending]:
    codes = [f"C{n}" for n in range(people)]
    changed = world([person(c) for c in codes], [user(c, fullName="old") for c in codes])
    systems = systems_of(changed)
    return endings(changed, replace(systems, writer=Down(systems.writer, errors)))


def failing(kind: type[WriteError], blame: Blame) -> WriteError:
    return kind("W101", "it is down", blame=blame)


def test_after_five_failures_in_a_row_of_the_system_the_rest_is_not_attempted() -> None:
    down = [failing(NotSent, Blame.SYSTEM), failing(Unknown, Blame.SYSTEM)] * 3
    found = ends([*down])
    assert found[:5] == [Ending.NOT_SENT, Ending.UNKNOWN] * 2 + [Ending.NOT_SENT]
    assert found[5:] == [Ending.NOT_ATTEMPTED] * 4


def test_an_answer_in_between_keeps_it_going() -> None:
    down = failing(NotSent, Blame.SYSTEM)
    refused = failing(Rejected, Blame.RECORD)
    for answer, ending in ((None, Ending.DONE), (refused, Ending.REJECTED)):
        found = ends([down, down, down, down, answer, down, down, down, down])
        assert found == [*[Ending.NOT_SENT] * 4, ending, *[Ending.NOT_SENT] * 4]


def test_failures_of_records_never_stop_the_others() -> None:
    found = ends([failing(Unknown, Blame.RECORD)] * 8)
    assert found == [*[Ending.UNKNOWN] * 8, Ending.DONE]


def test_refused_credentials_stop_at_once() -> None:
    found = ends([None, failing(Rejected, Blame.ACCESS)])
    assert found == [Ending.DONE, Ending.REJECTED, *[Ending.NOT_ATTEMPTED] * 7]


def test_a_field_outside_the_action_may_change() -> None:
    changed = world(*CHANGE)
    systems = systems_of(changed)
    systems.target.records["t0"]["note"] = "mine"
    assert endings(changed, systems) == [Ending.DONE, Ending.DONE]


def test_a_target_record_that_is_gone_is_stale() -> None:
    changed = world(*CHANGE)
    systems = systems_of(changed)
    del systems.target.records["t0"]
    assert endings(changed, systems) == [Ending.STALE, Ending.DONE]


def test_a_value_that_was_taken_since_the_plan_is_not_created_again() -> None:
    joiner = world([person("A")], [])
    for taken in ({"email": "a@EXAMPLE.com"}, {"ref": "A"}):
        systems = systems_of(joiner)
        systems.target.records["t9"] = taken
        assert endings(joiner, systems) == [Ending.STALE]


BANK = ([person("A", bank={"no": "00000001"})], [user("A", bank={"no": "00000002"})])


def test_a_sealed_value_is_read_again_and_written() -> None:
    sealed = world(*BANK)
    done = applied(sealed, planned(sealed))
    assert done.writer.calls == [("update", "t0", {"bank": {"no": "00000001"}})]


def test_a_sealed_value_that_changed_in_the_source_is_stale() -> None:
    sealed = world(*BANK)
    for data in (person("A", bank={"no": "00000003"}), person("A"), person("A", tags=7)):
        systems = replace(systems_of(sealed), source=MemoryReader({"s0": data}))
        assert endings(sealed, systems) == [Ending.STALE]


def test_a_sealed_value_of_a_record_that_is_gone_is_stale() -> None:
    sealed = world(*BANK)
    assert endings(sealed, replace(systems_of(sealed), source=MemoryReader({}))) == [Ending.STALE]


def test_a_sealed_value_that_changed_in_the_target_is_stale() -> None:
    sealed = world(*BANK)
    systems = systems_of(sealed)
    systems.target.records["t0"]["bank"] = {"no": "00000009"}
    assert endings(sealed, systems) == [Ending.STALE]


def test_a_sealed_list_is_added_to() -> None:
    added = world([person("A", tags=["x"])], [user("A", tags=["y"])])
    assert applied(added, planned(added)).writer.calls == [("update", "t0", {"tags": ["y", "x"]})]


def test_a_sealed_value_that_is_a_key_as_well_is_written_as_it_was_planned() -> None:
    """By its digest: the key is the same value in another form."""
    full_name = {"from": "name", "sensitive": True, "write": "on_create"}
    key = {"source": "lower(name)", "target": "fullName", "compare": "ignore_case"}
    fields = {"ref": "code", "fullName": full_name}
    sealed = world([person("A")], [], match=[*MAPPING["match"], key], fields=fields, joiners={})
    done = applied(sealed, planned(sealed))
    assert [values for _, _, values in done.writer.calls] == [{"ref": "A", "fullName": "NA"}]


OFF = {"when": "status == 'L'", "set": {"state": {"value": "off", "sensitive": True}}}


def test_a_sealed_value_is_written_to_whom_no_source_record_stands_for() -> None:
    left = OFF | {"left": "state == 'off'"}
    absent = world([], [user("A")], leavers=left, absent="deactivate")
    assert applied(absent, planned(absent)).writer.calls == [("leave", "t0", {"state": "off"})]


class Broken(MemoryReader):
    def get(self, id: str) -> Record | None:
        raise ReadError("R1", "no answer")


def test_what_cannot_be_checked_is_not_sent() -> None:
    changed = world(*CHANGE)
    systems = replace(systems_of(changed), target=Broken({}))
    done = applied_results(changed, systems)
    assert [(r.ending, r.code) for r in done] == [(Ending.NOT_SENT, "R1")] * 2


def applied_results(world: World, systems: MemorySystems) -> list[Any]:
    plan = planned(world)
    return list(steps(world, plan, approval(plan), systems, Recording()))


@pytest.mark.parametrize(
    ("error", "ending"),
    [(Rejected, Ending.REJECTED), (NotSent, Ending.NOT_SENT), (Unknown, Ending.UNKNOWN)],
)
def test_one_records_failure_never_stops_the_others(
    error: type[WriteError], ending: Ending
) -> None:
    changed = world(*CHANGE)
    systems = systems_of(changed)
    update = systems.writer.update

    def failing(id: str, values: Any, token: str) -> None:
        if id == "t0":
            raise error("W1", "no")
        update(id, values, token)

    systems.writer.update = failing
    done = applied(changed, planned(changed), systems=systems)
    assert [(r.ending, r.code) for r in done.results] == [(ending, "W1"), (Ending.DONE, "")]
    assert ("intended", done.results[0].action.id) in done.log.steps


def test_a_failed_flush_is_the_failure_of_all_that_waited() -> None:
    changed = world(*CHANGE)
    systems = systems_of(changed, batch=50)

    def full() -> None:
        raise NotSent("W2", "the disk is full")

    systems.writer.on_flush = full
    assert endings(changed, systems) == [Ending.NOT_SENT, Ending.NOT_SENT]


CHAIN = (
    [person("A", mail="B@example.com"), person("B", mail="new@example.com")],
    [user("A"), user("B")],
)


@pytest.mark.parametrize("batch", [1, 50])
def test_who_gives_a_value_up_goes_first(batch: int) -> None:
    chain = world(*CHAIN)
    done = applied(chain, planned(chain), batch=batch)
    assert [r.ending for r in done.results] == [Ending.DONE, Ending.DONE]
    assert [id for _, id, _ in done.writer.calls] == ["t1", "t0"]


def test_a_create_in_the_same_batch_sees_the_value_given_up() -> None:
    people = [person("A", mail="new@example.com"), person("J", mail="A@example.com")]
    chain = world(people, [user("A")])
    assert endings(chain, batch=50) == [Ending.DONE, Ending.DONE]


def test_who_waits_for_what_was_not_done_is_not_attempted() -> None:
    chain = world(*CHAIN)
    giving_up = next(a for a in planned(chain).actions if not a.depends_on)
    found = endings(chain, held=frozenset({giving_up.id}))
    assert found == [Ending.HELD, Ending.NOT_ATTEMPTED]


def test_the_token_is_the_same_at_each_try() -> None:
    changed = world(*CHANGE)
    tokens = [applied(changed, planned(changed)).writer.tokens for _ in range(2)]
    assert tokens[0] == tokens[1]
    assert len(set(tokens[0])) == 2


def test_actions_come_after_those_they_name() -> None:
    def action(id: str, *after: str) -> Action:
        return Action(id, Verb.UPDATE, id, id, (), (), after)

    given = (action("a", "c"), action("b"), action("c", "d", "b"), action("d", "gone"))
    assert [each.id for each in ordered(given)] == ["b", "d", "c", "a"]
