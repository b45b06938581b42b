"""What does not stick: each place that tells of it tells the same, and a plain model agrees."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notified import MONDAY, connection
from oneway.core.seal import Seal
from oneway.history.digests import digests_of
from oneway.history.flapping import find_flapping, planned_parts
from oneway.history.journal import End, Journal, Run
from oneway.history.journal.packed import packed
from oneway.history.memory import Memory
from oneway.notices.weekly import summary
from oneway.planning.breach import Verdict
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Change, Kind, Outcome, Plan, Verb
from oneway.planning.plan_file import in_parts
from oneway.planning.plan_inputs import PlanConnection
from oneway.render import Style, past_run, plans, status
from oneway.render.record_histories import Past, record_histories
from oneway.render.report import page
from oneway.runs.past.discrepancies import discrepancies_before, write_discrepancies
from oneway.runs.past.past_run import load_past_run
from oneway.runs.past.status import connection_statuses
from reported import AT, person, plan, run
from written_rows import WrittenRows

SEAL = Seal(b"k" * 32)
PEOPLE = (1, 2)
KINDS = {Verb.CREATE: Kind.CREATE, Verb.UPDATE: Kind.UPDATE, Verb.LEAVE: Kind.LEAVE}
NAME = connection().name
COPIES = count()

changes = st.tuples(st.sampled_from(("name", "team")), st.sampled_from("ab"), st.sampled_from("cd"))
actions = st.tuples(
    st.sampled_from([Verb.CREATE, Verb.UPDATE, Verb.UPDATE, Verb.LEAVE]),
    st.lists(changes, min_size=1, max_size=2, unique_by=lambda each: each[0]),
    st.sampled_from([Ending.DONE, Ending.DONE, Ending.DONE, Ending.REJECTED]),
)
nights = st.lists(
    st.tuples(
        st.sampled_from(["whole", "whole", "whole", "died", "refused"]),
        st.tuples(*(st.none() | actions for _ in PEOPLE)),
    ),
    min_size=1,
    max_size=7,
)


class Model:
    """What does not stick, and since when."""

    def __init__(self) -> None:
        self.rows = WrittenRows()
        self.since: dict[str, str] = {}

    def ended(self, done: Mapping[str, Action], planned: Plan) -> dict[str, str]:
        """Return what does not stick after a whole run, and since when."""
        self.rows.forget_all_but(planned)
        undone = [id for id, action in done.items() if self.rows.runs(action)]
        self.since = {id: self.since.get(id, planned.as_of) for id in undone}
        return self.since


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without any run, of which each example has a copy."""
    folder = tmp_path_factory.mktemp("state")
    folder.chmod(0o700)
    with Journal.open(folder / "empty.db"):
        return folder / "empty.db"


@given(nights)
def test_every_place_names_the_same_changes_that_do_not_stick(empty: Path, lived) -> None:
    store = empty.with_name(f"{next(COPIES)}.db")
    copy(empty, store)
    with Journal.open(store) as journal:
        _live(journal, lived)


def _live(journal: Journal, lived) -> None:
    model = Model()
    for number, (kind, drawn) in enumerate(lived):
        made = _plan(f"2026-11-{number + 1:02}T04:00:00Z", drawn)
        if kind == "refused":
            journal.refused(_start(made), (), made.as_of)
            continue
        _foretold(journal, made, model)
        ends = {f"{n:016x}": each[2] for n, each in zip(PEOPLE, drawn, strict=True) if each}
        id = _begun(journal, made, ends, model, died=kind == "died")
        if kind == "died":
            continue
        done = {each.id: each for each in made.actions if ends[each.id] is Ending.DONE}
        expected = model.ended(done, made)
        found = journal.run(id)
        assert found is not None
        for place, said in _places(journal, found).items():
            assert said == expected, place
        week = json.loads(summary(connection(), journal, MONDAY))["data"]
        assert week["not_sticking"] == len(expected)


def _plan(as_of: str, drawn: tuple[object, ...]) -> Plan:
    outcomes = tuple(_outcome(n, each) for n, each in zip(PEOPLE, drawn, strict=True) if each)
    return replace(plan(*outcomes), as_of=as_of, connection=PlanConnection(NAME, "acme.yaml"))


def _outcome(number: int, drawn) -> Outcome:
    verb, fields, _ = drawn
    made = [Change(field, before, after, field, AT) for field, before, after in fields]
    target = None if verb is Verb.CREATE else f"t{number}"
    return person(number, KINDS[verb], made, verb=verb, name=f"P{number}", target=target)


def _start(made: Plan):
    begun, _ = run(made, connection=NAME, as_of=made.as_of, started=made.as_of)
    return begun.start


def _begun(journal: Journal, made: Plan, ends, model: Model, *, died: bool) -> int:
    """Write a run down as the engine does; one that died did its first action alone."""
    id = journal.begin(_start(made), packed(in_parts(made)))
    for action in made.actions[: 1 if died else None]:
        end = End(ends[action.id], action.target_id, "W101", "no")
        if end.ending is Ending.DONE:
            end = End(Ending.DONE, action.target_id or "t9")
            model.rows.wrote(action)
        journal.intended(id, action, "0" * 32)
        journal.sent(id, action.id)
        journal.ended(id, action, end, digests_of(action, SEAL))
    if not died:
        journal.forget_all_but(NAME, planned_parts(made))
        journal.finish(id, journal.counts(id), made.as_of)
        write_discrepancies(journal, id, made, journal.entries(id))
    return id


def _foretold(journal: Journal, made: Plan, model: Model) -> None:
    """Demand of a plan, as text and as data, what the model knows before it is applied."""
    found = find_flapping(made, journal.written(NAME), SEAL)
    memory = Memory({}, found, tuple(discrepancies_before(journal, NAME)))
    expected = {each.id: runs for each in made.actions if (runs := model.rows.runs(each, 1))}
    runs: dict[str, int] = {}
    for each in found:
        runs[each.action.id] = max(each.times, runs.get(each.action.id, 0))
    assert runs == expected
    told = memory.discrepancies_of(made, {})
    assert {e.subject: e.since for e in told} == {id: model.since.get(id, "") for id in expected}
    text = plans.text(made, Verdict((), frozenset()), Style(width=1000), memory)
    assert text.count("and planned again") == len(found)


def _places(journal: Journal, last: Run) -> Mapping[str, dict[str, str]]:
    """Return what each place says does not stick, by action id, and since when."""
    past = load_past_run(journal, last)
    assert past.plan is not None
    ids = {outcome.key: action.id for outcome in past.plan.outcomes for action in outcome.actions}
    shown = Past(last, past.plan, past.entries, discrepancies=past.discrepancies)
    people = record_histories(shown)
    data = past_run.as_json(shown, people)["people"]
    assert isinstance(data, list)
    text = past_run.text(shown, people, Style(width=1000))
    undone = [
        each
        for each in people
        if each.discrepancy and each.discrepancy.ending.value == "not_sticking"
    ]
    assert text.count("! does not stick") == len(undone)
    (standing,) = connection_statuses((), journal, MONDAY)
    (told,) = status.as_json([standing])["connections"]
    return {
        "runs show": {
            ids[each["key"]]: each["story"]["since"]
            for each in data
            if each["story"] and each["story"]["ending"] == "not_sticking"
        },
        "status": {ids[each["key"]]: each["since"] for each in told["not_sticking"]},
        "status, person by person": {
            ids[each["key"]]: each["since"]
            for each in told["stories"]
            if each["ending"] == "not_sticking"
        },
        "report": _reported(past, ids),
    }


def _reported(past, ids: Mapping[str, str]) -> dict[str, str]:
    """Return whom the report names; since when stands there where it is not the run itself."""
    since = {e.subject: e.since for e in past.discrepancies if e.ending.value == "not_sticking"}
    found = {
        ids[row[0].key]: row[0].note
        for part in page(past).parts
        for section in part.sections
        if section.id == "sticking"
        for row in section.blocks[0].table.rows
    }
    for id, note in found.items():
        assert bool(note) == (since.get(id) != past.run.start.as_of)
    return {id: since.get(id, "") for id in found}
