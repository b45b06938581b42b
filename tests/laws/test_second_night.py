"""A second night, which passes over what has not changed, plans what a full night would."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from memory import applied
from oneway.core.records import Record, Snapshot
from oneway.planning import guards
from oneway.planning.guards import RecentRuns
from oneway.planning.links import Link
from oneway.planning.plan import Plan
from oneway.planning.plan_file import dump, fingerprint
from oneway.planning.similar import lookalikes
from oneway.runs.completeness import input_problems
from oneway.runs.evidence.pending_creates import PendingCreate
from oneway.runs.evidence.remembered import Remembered
from oneway.runs.incremental import incremental_read, unchanged_links
from oneway.runs.plan import plan_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import RunRequest
from oneway.runs.session import Operator, RunSession
from oneway.state.folder import StateFolder
from strategies import (
    ACCOUNTS,
    CODES,
    DEPARTMENTS,
    FUTURE,
    GRADES,
    LEAVING,
    MAILS,
    NAMES,
    PAST,
    SOURCE_PEOPLE,
    TAGS,
    TARGET_PEOPLE,
    TODAY,
    UNIQUE,
    accepted,
    mappings,
    often,
)
from worlds import FILE, World, catalogue, compiled, planned

Lines = dict[str, list[str]]
DAY = "2026-06-01T04:00:00Z"
TELLING = {"code", "mail", "name", "ref", "email", "fullName"}
NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)


class Nightly(RunSession):
    """A session of a connection that reads only what has changed."""

    @property
    def only_changed(self) -> bool:
        return True


@contextmanager
def few_looked_at() -> Iterator[None]:
    """Let a field tell people apart by the values of a few."""
    with (
        patch.object(lookalikes, "LOOKED_AT", 2),
        patch.object(lookalikes, "_ENOUGH", 2),
        patch.object(incremental_read, "LOOKED_AT", 2),
        patch.object(incremental_read, "_SPARE", 0),
        patch.object(guards, "FEWEST_VALUES", 1),
    ):
        yield


def prepared_for(world: World, folder: Path, lines: Lines) -> PreparedRun:
    """Write the files of a night; return its request, compiled."""
    for name, text in lines.items():
        (folder / f"{name}.jsonl").write_text("".join(text), encoding="utf-8")
    rows = [{"id": each.id, **each.data} for each in world.departments.records]
    (folder / "departments.json").write_text(json.dumps(rows))
    request = RunRequest(
        FILE,
        world.as_of,
        lambda *_: None,
        source=str(folder / "source.jsonl"),
        target=str(folder / "target.jsonl"),
        references={"departments": str(folder / "departments.json")},
    )
    systems = (world.typed, world.unique, world.leaves_out_nulls, world.ignores_null)
    return PreparedRun(request, compiled(world), catalogue(*systems), {"on": world.on})


def night(
    world: World, folder: Path, lines: Lines, remembered: Remembered, kind: type[RunSession]
) -> tuple[Plan, list[str], int]:
    """Return the plan of a night, what is said of its inputs, and how many were passed over."""
    prepared = prepared_for(world, folder, lines)
    state = StateFolder(folder / "state")
    with RunSession(prepared, Operator("eve", state, lambda: NOW)) as plain:
        session = plain if kind is RunSession else kind(prepared, plain.operator)
        with session.systems:
            plan, found = plan_run(session, remembered=remembered)
    said = [str(each) for each in input_problems(prepared, found, plan)]
    return plan, said, len(found.passed_over)


def refuse_difference(
    world: World, folder: Path, lines: Lines, remembered: Remembered
) -> tuple[Plan, int]:
    """Return the plan of a night, that of a full one, and how many pairs were passed over."""
    full, said, _ = night(world, folder, lines, remembered, RunSession)
    plan, also, passed = night(world, folder, lines, remembered, Nightly)
    assert dump(plan) == dump(full)
    assert fingerprint(plan) == fingerprint(full)
    assert plan == full
    assert also == said
    if passed == 0:
        assert plan.noticed == full.noticed
    else:  # of those who have changed, what is left alone
        left_alone = {each.place for each in full.noticed if each.code == "not_given"}
        assert {each.place for each in plan.noticed} <= left_alone
    return plan, passed


def people(prefix: str, rows: list[dict[str, Any]]) -> Snapshot:
    """Return rows as records, each with an id of its own."""
    ids = (f"{prefix}{n}" for n in range(len(rows)))
    return Snapshot(tuple(Record(id, {**row, "id": id}) for id, row in zip(ids, rows, strict=True)))


VALUES: dict[str, list[Any]] = {
    "code": [*CODES, "A7", None], "ref": [*CODES, "A7", None],
    "mail": [*MAILS, None], "email": [*MAILS, None],
    "name": [*NAMES, None], "fullName": [*NAMES, None], "nick": [*NAMES, None],
    "dept": [*DEPARTMENTS, "1", "2"], "status": ["E", "L", "X"], "flag": [True, False],
    "leave": [None, *PAST, TODAY, *FUTURE], "leaveDate": [None, *PAST, TODAY, *FUTURE],
    "since": [None, TODAY], "level": GRADES, "grade": GRADES, "tags": TAGS,
    "bank": [{"no": each} for each in ACCOUNTS], "state": ["on", "off"],
    "seq": ["A2", None], "note": ["kept"],
}  # fmt: skip


@st.composite
def plain_mappings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a mapping by which most people hold what they should."""
    code = {"source": "code", "target": "ref"}
    code["compare"] = draw(st.sampled_from(["exact", "exact", "ignore_case", "trimmed"]))
    keys = [code, *draw(st.sampled_from([[], [], [{"source": "mail", "target": "email"}]]))]
    return {
        **draw(mappings().strategy),
        "match": keys,
        "label": "name",
        "eligible": [],
        "fields": {
            "ref": {"from": "code", "write": "on_create"},
            "email": "mail",
            "fullName": "name",
            **draw(st.sampled_from([{}, {"nick": "nick"}, {"bank.no": "bank.no"}])),
        },
        "joiners": {"create": True, "unless_taken": draw(st.sampled_from([["email"], []]))},
        "leavers": {"when": "status == 'L'", **draw(st.sampled_from(LEAVING))},
        "absent": draw(st.sampled_from(["report", "deactivate"])),
    }


@st.composite
def firms(draw: st.DrawFn) -> World:
    """Draw people most of whom both systems hold the same."""
    own = [f"B{n}" for n in range(5)]
    source = [dict(each) for each in SOURCE_PEOPLE[: draw(st.sampled_from([2, 1, 0, 4]))]] + [
        {**SOURCE_PEOPLE[n % 4], "code": code, "mail": f"{code}@example.com",
         "name": f"Name {code}", "bank": {"no": f"1000000{n}"}}
        for n, code in enumerate(own)
    ]  # fmt: skip
    mapping = plain_mappings() if draw(st.integers(0, 3)) else mappings().strategy
    world = World(
        draw(mapping),
        people("s", source),
        people("t", [dict(each) for each in TARGET_PEOPLE]),
        people("d", [{"code": f"D{n}", "value": str(n)} for n in (1, 2, 3)]),
        unique=draw(st.sampled_from(UNIQUE)),
        typed=draw(st.booleans()),
        on=draw(st.booleans()),
    )
    assume(accepted(world))
    return world


def forms(value: Any) -> st.SearchStrategy[Any]:
    """Draw a value as it is, or in another form that somebody may have written."""
    if not isinstance(value, str):
        return st.just(value)
    return st.sampled_from([value, value, value.upper(), f" {value}", f"0{value}", value.lower()])


@st.composite
def edits(draw: st.DrawFn, records: list[dict[str, Any]]) -> list[str]:
    """Draw the lines of a file some of which have changed since they held these records."""
    rows = [dict(each) for each in records]
    places = st.integers(0, max(len(rows) - 1, 0))
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3])) if rows else 0):
        here, there = draw(places) % len(rows), draw(places) % len(rows)
        row, other = rows[here], rows[there]
        usual, rare = ["set", "take", "swap", "new", "joins", "joins", "gone"], ["copy", "as"]
        match draw(often(usual, rare).strategy):
            case "set":
                key = draw(st.sampled_from(sorted(row.keys() & VALUES.keys())))
                row[key] = draw(st.sampled_from(VALUES[key]))
            case "take":
                key = draw(st.sampled_from(sorted(row.keys() & other.keys() & TELLING)))
                row[key] = draw(forms(other[key]))
            case "joins":
                alike = draw(st.sampled_from(sorted(row.keys() & TELLING)))
                fresh = {key: f"new {value}" if isinstance(value, str) and "@" not in value else
                         "new@example.com" if isinstance(value, str) else value
                         for key, value in row.items()}  # fmt: skip
                kept = {key: row[key] for key in ("status", "state", "leave") if key in row}
                same = {alike: draw(forms(row[alike])), "id": f"n{len(rows)}"}
                rows.append({**fresh, **kept, **same})
            case "swap":
                key = draw(st.sampled_from(sorted(row.keys() & other.keys() - {"id"})))
                row[key], other[key] = other[key], row[key]
            case "copy":
                rows[here] = {**other, "id": row["id"]}
            case "new":
                key = draw(st.sampled_from(sorted(row.keys() & VALUES.keys())))
                rows.append({**row, key: draw(st.sampled_from(VALUES[key])), "id": f"n{len(rows)}"})
            case "gone":
                del rows[here]
            case _:
                rows[here] = dict(other)  # one line twice: two records share an id
        if not rows:
            break
    lines = [json.dumps(each) + "\n" for each in rows]
    odd = draw(st.sampled_from([*[""] * 9, "\n", "{\n", '{"id": "n8"}\n', "\ufeff{}\n"]))
    lines += [odd] if odd else []
    return draw(st.permutations(lines)) if draw(st.booleans()) else lines


@st.composite
def memories(draw: st.DrawFn, before: Remembered, plan: Plan | None) -> Remembered:
    """Draw what is remembered: reads of a first night, links, and who could still get in.

    Most links are as they were. Where everybody is linked, nearly all links say what keys say.
    """
    ids = [(f"s{n}", f"t{m}") for n in range(7) for m in range(7)]
    pairs = [(each.source_id, each.target_id) for each in before.links]
    match draw(st.sampled_from(["as before", "as before", "another", "none", "all", "some"])):
        case "another":
            pairs = [*draw(st.sets(st.sampled_from(ids), max_size=2)), *pairs]
        case "none":
            pairs = []
        case "all":
            found = plan.outcomes if plan is not None else ()
            own = [(each.source_id, each.target_id) for each in found]
            pairs = [(s, t) for s, t in own if s is not None and t is not None]
        case "some":
            pairs = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    targets = dict(reversed(pairs))
    sources = st.frozensets(st.sampled_from([source for source, _ in ids]), max_size=2)
    still_in = draw(sources)
    listed = draw(st.dictionaries(st.sampled_from([id for _, id in ids]), sources, max_size=2))
    reads = plan.reads if plan is not None else ()
    recent = RecentRuns(
        stated={read.name: (read.readable, read.stated) for read in reads},
        valued={read.name: (read.readable, read.valued) for read in reads},
    )
    links = tuple(Link(*each, "", DAY, DAY) for each in sorted(targets.items()))
    creates = draw(st.sampled_from([(), (), (PendingCreate("s1", "a create was sent"),)]))
    return Remembered(links, creates, NOW, recent, DAY, still_in, before=listed)


@settings(max_examples=settings().max_examples // 3)
@given(st.data())
def test_second_night_is_full_night(data: st.DataObject) -> None:
    refuse_different_nights(data, firms())


@st.composite
def in_trees(draw: st.DrawFn, world: World) -> World:
    """Draw the same firm with a tree of departments, and with those below one of them."""
    above = st.sampled_from([None, "D1", "D2", "D3"])
    rows = [{"code": f"D{n}", "value": str(n), "above": draw(above)} for n in (1, 2, 3)]
    tree = {"from": "target", "resource": "departments", "key": "code", "value": "value"}
    only = {"id": "unit", "when": "under('departments', dept, 'D1')", "otherwise": "Elsewhere"}
    mapping = {
        **world.mapping,
        "references": {"departments": {**tree, "parent": "above"}},
        "only": [only],
        "out_of_scope": "leave" if "leavers" in world.mapping else "ignore",
    }
    return replace(world, mapping=mapping, departments=people("d", rows))


@settings(max_examples=settings().max_examples // 4)
@given(st.data())
def test_a_second_night_sees_that_a_node_has_moved(data: st.DataObject) -> None:
    refuse_different_nights(data, firms().flatmap(in_trees).filter(accepted), in_trees)


def refuse_different_nights(
    data: st.DataObject,
    firms: st.SearchStrategy[World],
    moved: Callable[[World], st.SearchStrategy[World]] = st.just,
) -> None:
    """Draw a firm and one or two nights after its first; each has the plan of a full one.

    `moved` draws what else has changed by a night.
    """
    first = data.draw(firms)
    settled = applied(first, planned(first))
    records = {
        "source": [dict(each.data) for each in first.source.records],
        "target": [{**each.data, "id": each.id} for each in settled.target.records],
    }
    leaves_today = data.draw(st.lists(st.sampled_from(records["target"]), max_size=1))
    for row in leaves_today:
        row["leaveDate"] = TODAY
    lines = {name: [json.dumps(row) + "\n" for row in rows] for name, rows in records.items()}
    with TemporaryDirectory() as name, few_looked_at():
        folder = Path(name)
        known = data.draw(memories(Remembered(now=NOW), None))
        plan, _ = refuse_difference(first, folder, lines, known)
        world = first
        for _ in range(data.draw(st.integers(1, 2))):
            world = world.later(data.draw(st.sampled_from([0, 0, 1, 300])))
            if data.draw(st.integers(0, 4)) == 4:
                world = replace(world, mapping=data.draw(firms).mapping, on=not world.on)
                if not accepted(world):
                    world = first
            world = data.draw(moved(world))
            changed = {name: data.draw(edits(rows)) for name, rows in records.items()}
            known = data.draw(memories(known, plan))
            with (
                patch.object(unchanged_links, "_MANY", data.draw(st.sampled_from([0, 0, 50]))),
                patch.object(incremental_read, "_SAYING", data.draw(st.sampled_from([0, 0, 200]))),
            ):
                passed = refuse_difference(world, folder, changed, known)[1]
            event(f"passed over {passed}")


def firm(number: int, pad: str = "") -> dict[str, list[dict[str, Any]]]:
    """Return people whom both systems hold the same."""
    source = [
        {"id": f"s{n:04}", "code": f"C{n:04}", "name": f"Name {n}", "mail": f"m{n}@example.com",
         "contact": f"k{n}@example.com", "status": "E", "leave": None, "pad": pad}
        for n in range(number)
    ]  # fmt: skip
    target = [
        {"id": f"t{n:04}", "ref": f"C{n:04}", "fullName": f"Name {n}", "state": "on",
         "email": f"m{n}@example.com", "contact": f"k{n}@example.com", "leaveDate": None}
        for n in range(number)
    ]  # fmt: skip
    return {"source": source, "target": target}


def lines_of(people: Mapping[str, Sequence[Mapping[str, Any]]]) -> Lines:
    """Return records as the lines of files."""
    return {side: [json.dumps(row) + "\n" for row in rows] for side, rows in people.items()}


FIRM_MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "generated",
    "label": "name",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "fullName": "name",
        "email": "mail",
        "contact": "contact",
    },
    "joiners": {"unless_taken": ["email"]},
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}, "leaveDate": "leave"},
        "left": "state == 'off' || is_past(leaveDate)",
    },
}
FIRM = World(FIRM_MAPPING, Snapshot(()), Snapshot(()), Snapshot(()))
JOINER = {"id": "s9", "code": "N9", "name": "Jo", "mail": "jo@example.com",
          "contact": "jo@example.org", "status": "E", "leave": None, "pad": ""}  # fmt: skip
USER = {"id": "t9", "ref": "N8", "fullName": "Di", "email": "di@example.com",
        "contact": "di@example.org", "state": "on", "leaveDate": None}  # fmt: skip
BEARING = {
    "a key": ("source", JOINER | {"code": "C0005"}),
    "a key that differs in form": ("source", JOINER | {"code": "c0005"}),
    "a key of a target record": ("target", USER | {"ref": "C0005"}),
    "a unique value": ("source", JOINER | {"mail": "M5@example.com"}),
    "an email and a name": ("source", JOINER | {"contact": "k5@example.com", "name": "Name 5"}),
    "an id": ("source", JOINER | {"id": "s0005"}),
    "an id of a target record": ("target", USER | {"id": "t0005"}),
}


@pytest.mark.parametrize("shared", BEARING)
def test_a_pair_is_read_that_shares_something_with_what_is_new(shared: str) -> None:
    side, row = BEARING[shared]
    with TemporaryDirectory() as name, few_looked_at():
        folder, people = Path(name), firm(8)
        refuse_difference(FIRM, folder, lines_of(people), Remembered(now=NOW))
        people[side].append(row)
        _, passed = refuse_difference(FIRM, folder, lines_of(people), Remembered(now=NOW))
        assert passed == (0 if " id" in shared else 5)


@pytest.mark.parametrize("first", ["mails", "changed", "new", "gone", "nobodys", "desks", "left"])
def test_what_a_field_holds_is_what_it_holds_tonight(first: str) -> None:
    """Contacts are emails, unless the first two records say otherwise: then they tell nobody."""
    side, row = BEARING["an email and a name"]
    people = firm(8)
    desks = [USER | {"id": f"a{n}", "ref": f"N{n}", "email": f"n{n}@example.com",
                     "contact": f"at desk {n}"} for n in range(2)]  # fmt: skip
    people["target"] += [USER, *(desks if first in ("gone", "nobodys") else [])]
    if first in ("desks", "left"):
        for each in (*people["source"][:2], *people["target"][:2]):
            each["contact"] = f"at desk {each['id'][1:]}"
    with (
        TemporaryDirectory() as name,
        few_looked_at(),
        patch.object(incremental_read, "_SAYING", 0),
    ):
        folder = Path(name)
        refuse_difference(FIRM, folder, lines_of(people), Remembered(now=NOW))
        people[side].append(row)
        match first:
            case "changed":
                for each in people["target"][:2]:
                    each["contact"] = each["contact"].replace("@", " at ")
            case "left":
                del people["source"][:2], people["target"][:2]
            case "new":
                people["target"] += desks
            case "gone":
                del people["target"][-2:]
        plan, passed = refuse_difference(FIRM, folder, lines_of(people), Remembered(now=NOW))
        expected = {"mails": 7, "changed": 5, "new": 5, "nobodys": 7, "desks": 7}
        assert passed == expected.get(first, 0)
        perhaps = [each for each in plan.notable for reason in each.reasons if "k5@" in reason.text]
        assert len(perhaps) == (first in ("mails", "left", "gone"))


def test_pairs_are_read_that_share_a_mailbox_with_somebody_who_changed() -> None:
    people = firm(8)
    for each in (*people["source"][2:7], *people["target"][2:7]):
        each["contact"] = "all@example.com"
    with TemporaryDirectory() as name, few_looked_at():
        folder = Path(name)
        refuse_difference(FIRM, folder, lines_of(people), Remembered(now=NOW))
        people["source"][3]["code"] = "N3"
        assert refuse_difference(FIRM, folder, lines_of(people), Remembered(now=NOW))[1] == 1


def test_a_night_that_reads_all_says_what_is_kept_of_whom() -> None:
    with TemporaryDirectory() as name, few_looked_at():
        folder, people = Path(name), firm(8)
        people["source"][5] |= {"contact": ""}
        plan, _ = refuse_difference(FIRM, folder, lines_of(people), Remembered(now=NOW))
        assert [each.code for each in plan.noticed] == ["kept"]


def test_what_is_left_alone_of_those_who_have_changed_is_said_on_any_night() -> None:
    hours = {"fields": {**FIRM.mapping["fields"], "hours": "sum(jobs[].hours)"}}
    world, people = replace(FIRM, mapping={**FIRM.mapping, **hours}), firm(8)
    for each in people["source"]:
        each["jobs"] = [{"hours": 8}]
    for each in people["target"]:
        each["hours"] = 8
    with TemporaryDirectory() as name, few_looked_at():
        folder = Path(name)
        plan, _ = refuse_difference(world, folder, lines_of(people), Remembered(now=NOW))
        assert plan.noticed == ()
        people["source"][3]["jobs"] = [{"hours": 8}, {"title": "Clerk"}]
        plan, passed = refuse_difference(world, folder, lines_of(people), Remembered(now=NOW))
        assert passed
        (told,) = plan.noticed
        assert "jobs[].hours is not given in 1 record that has changed (" in told.text


def test_a_pair_is_read_of_which_something_else_is_known_by_now() -> None:
    link = Link("s0005", "t0006", "", DAY, DAY)
    with TemporaryDirectory() as name, few_looked_at():
        folder, lines = Path(name), lines_of(firm(8))
        for remembered, expected in (
            (Remembered(now=NOW), 0),
            (Remembered(now=NOW), 6),
            (Remembered((link,), now=NOW), 4),
            (Remembered((), (PendingCreate("s0005", "a create was sent"),), NOW), 5),
            (Remembered(now=NOW, still_in=frozenset({"s0005"})), 5),
            (Remembered(now=NOW, before={"t0005": frozenset({"s0009"})}), 5),
        ):
            assert refuse_difference(FIRM, folder, lines, remembered)[1] == expected


def linked(*pairs: tuple[int, int], **more: Any) -> Remembered:
    """Return what is remembered where these people are linked to these target records."""
    links = tuple(Link(f"s{source:04}", f"t{target:04}", "", DAY, DAY) for source, target in pairs)
    return Remembered(links, now=NOW, **more)


def test_links_are_kept_anew_where_many_differ_and_contradict_nobody() -> None:
    own = [(n, n) for n in range(200)]
    other = [(n, {5: 6, 6: 5}.get(n, n)) for n in range(200)]
    with TemporaryDirectory() as name, few_looked_at():
        folder, lines = Path(name), lines_of(firm(200))
        for remembered, expected in (
            (linked(), 0),
            (linked(*own, still_in=frozenset({"s0005"})), 197),
            (linked(*own), 198),
            (linked(*other), 196),
            (linked(*other), 196),
        ):
            assert refuse_difference(FIRM, folder, lines, remembered)[1] == expected


def test_a_pair_is_read_whose_target_record_somebody_else_was_linked_to() -> None:
    own = [(n, n) for n in range(8) if n != 6]
    with (
        TemporaryDirectory() as name,
        few_looked_at(),
        patch.object(unchanged_links, "_MANY", 0),
    ):
        folder, lines = Path(name), lines_of(firm(8))
        for remembered, expected in (
            (linked(*own), 0),
            (linked(*own), 6),
            (linked(*own, (9, 6)), 5),
            (linked(*own[:-1]), 5),
        ):
            assert refuse_difference(FIRM, folder, lines, remembered)[1] == expected


def test_all_is_read_where_records_mean_something_else_by_now() -> None:
    fields = FIRM_MAPPING["fields"] | {"contact": {"from": "contact", "compare": "trimmed"}}
    edited = replace(FIRM, mapping=FIRM_MAPPING | {"fields": fields})
    with TemporaryDirectory() as name, few_looked_at():
        folder, lines = Path(name), lines_of(firm(8))
        refuse_difference(FIRM, folder, lines, Remembered(now=NOW))
        assert refuse_difference(edited, folder, lines, Remembered(now=NOW))[1] == 0


def test_a_pair_is_read_that_says_something_else_on_another_day() -> None:
    people = firm(8)
    people["source"][5]["leave"] = people["target"][5]["leaveDate"] = TODAY
    with TemporaryDirectory() as name, few_looked_at():
        folder, lines = Path(name), lines_of(people)
        for days, expected in ((0, 0), (0, 5), (1, 5), (400, 5)):
            world = FIRM.later(days)
            plan, passed = refuse_difference(world, folder, lines, Remembered(now=NOW))
            assert passed == expected
            assert plan.counts()["unchanged"] == (7 if days else 8)


def test_what_is_kept_tells_nothing_and_is_nothing_once_it_is_damaged() -> None:
    with TemporaryDirectory() as name, few_looked_at():
        folder, people = Path(name), firm(8)
        for row in people["source"]:
            row["bank"] = {"no": "00000042"}
        lines = lines_of(people)
        refuse_difference(FIRM, folder, lines, Remembered(now=NOW))
        (kept,) = (folder / "state" / "settled").iterdir()
        data = kept.read_bytes()
        assert kept.stat().st_mode & 0o777 == 0o600
        assert b"00000042" not in data
        assert b"m5@example.com" not in data
        for damaged in (
            b"",
            data[:-1],
            data[:100] + bytes([data[100] ^ 1]) + data[101:],
            b"y" + data,
        ):
            kept.write_bytes(damaged)
            assert refuse_difference(FIRM, folder, lines, Remembered(now=NOW))[1] == 0
        assert refuse_difference(FIRM, folder, lines, Remembered(now=NOW))[1] == 6


@pytest.mark.parametrize("left_out", ["", "contact"])
def test_it_is_where_many_are_read_at_once(left_out: str) -> None:
    """Without contacts, no field tells people apart."""
    fields = {path: each for path, each in FIRM_MAPPING["fields"].items() if path != left_out}
    world = replace(FIRM, mapping=FIRM_MAPPING | {"fields": fields})
    people = firm(1_500, pad="x" * 400)
    source, target = people["source"], people["target"]
    with TemporaryDirectory() as name:
        folder = Path(name)
        plan, passed = refuse_difference(world, folder, lines_of(people), Remembered(now=NOW))
        assert passed == 0
        source[700]["name"] = "Another"
        source[800]["status"] = "L"
        target[900]["fullName"] = "By hand"
        source[1000] |= {"code": source[1100]["code"]}
        source.append(source[1200] | {"id": "new", "code": "NEW"})
        source.append(source[1300] | {"id": "newer", "code": "c1300", "mail": "n@example.com"})
        source.reverse()
        lines = lines_of(people)
        again, passed = refuse_difference(world, folder, lines, Remembered(now=NOW))
        assert 1_230 < passed < 1_280
        assert refuse_difference(world, folder, lines, Remembered(now=NOW)) == (again, passed)
        assert len(again.actions) > len(plan.actions)
