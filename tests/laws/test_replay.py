"""What is kept with a run gives its plan again, and holds nothing sensitive."""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from laws.test_batches import batches, next_world, short_rows
from laws.test_screen import nights
from oneway.core.diagnostics import Refused
from oneway.core.paths import with_value
from oneway.core.records import Collected, Record, Snapshot
from oneway.core.seal import canonical
from oneway.mapping.generated import GeneratedProgram
from oneway.mapping.packed_rows import SourceRows, TargetRows
from oneway.mapping.rows import SourceRow
from oneway.mapping.same_rows import SameRows
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.planning.compare import differences
from oneway.planning.links import NO_LINKS, Link, LinkEvidence, Origin
from oneway.planning.plan import Plan
from oneway.planning.plan_file import dump, fingerprint
from oneway.planning.planner import plan as plan_of
from oneway.runs.compare.capture import inputs_of
from oneway.runs.compare.replay import re_evaluation, replayed, unfit
from oneway.runs.read import EvaluatedInputs
from oneway.runs.snapshot import snapshot_file
from oneway.runs.snapshot.projection import Projection
from oneway.runs.snapshot.redact import redactor_of
from oneway.runs.snapshot.short_rows import ShortTexts
from oneway.runs.snapshot.stored_texts import StoredTexts
from strategies import accepted, mappings, secret_worlds, worlds
from worlds import SEAL, World, bound, compiled, header_of, planned

WORLDS = worlds()


def kept(world: World, plan: Plan, evidence: LinkEvidence = NO_LINKS) -> bytes:
    """Return the snapshot of a world's plan."""
    program = bound(world)
    rows = [program.source_row(each) for each in world.source.records]
    held = [program.target_row(each) for each in world.target.records]
    return kept_of(world, plan, rows, held, evidence)


def kept_of(
    world: World,
    plan: Plan,
    rows: Sequence[AnySourceRow],
    held: Sequence[AnyTargetRow],
    evidence: LinkEvidence = NO_LINKS,
) -> bytes:
    """Return the snapshot of a world's plan, of the rows that were made of its records."""
    program, mapping = bound(world), compiled(world)
    secret = {each.lookup for each in mapping.code.fields if each.rule.sensitive}
    tables = frozenset(program.tables) - secret
    parts = Projection(mapping.code, mapping.source, mapping.target, tables)
    source = Collected(rows, world.source.complete, world.source.problems)
    target = Collected(held, world.target.complete, world.target.problems)
    records = (
        StoredTexts(map(parts.of_source, world.source.records)),
        StoredTexts(map(parts.of_target, world.target.records)),
    )
    found = EvaluatedInputs(source, target, {}, program.tables, program, records, evidence)
    told = {"seal": SEAL, "header": header_of(world), "evidence": evidence}
    assert plan_of(found.answers.noted(program), world.source, world.target, **told) == plan
    return inputs_of(found, parts, plan, SEAL)


@given(nights(worlds()))
@settings(max_examples=20)
def test_each_line_that_is_kept_is_canonical(world: World) -> None:
    *lines, rest = gzip.decompress(kept(world, planned(world))).decode().split("\n")
    assert rest == ""
    assert lines == [canonical(json.loads(line)) for line in lines]


@given(nights(worlds()), st.sampled_from(["", "status", "code", "mail", "name", "flag", "grade"]))
@settings(max_examples=40)
def test_short_rows_are_kept_as_whole_ones_are(world: World, secret: str) -> None:
    if secret:
        hidden = {"from": secret, "sensitive": True}
        fields = {**world.mapping["fields"], "note": hidden, "nick": hidden}
        world = replace(world, mapping=world.mapping | {"fields": fields})
        assume(accepted(world))
    plan = planned(world)
    assert kept_of(world, plan, *short_rows(world)) == kept(world, plan)


@pytest.mark.parametrize(
    "nick",
    [
        {"from": "name", "sensitive": True},
        {"from": "name", "sensitive": True, "when": "flag"},
        "name",
    ],
)
def test_the_line_of_a_short_row_is_that_of_the_whole_row(nick: object) -> None:
    people = [
        {"id": str(n), "code": f"c{n}", "name": f"N{n}\u00e9", "flag": False} for n in range(3)
    ]
    users = [{"id": f"t{n}", "ref": f"c{n}", "nick": f"N{n}\u00e9", "grade": 7} for n in range(3)]
    fields = {"ref": {"from": "code", "write": "on_create"}, "nick": nick, "grade": "`7`"}
    world = next_world(fields)
    world = replace(
        world,
        source=Snapshot(tuple(Record(str(each["id"]), each) for each in people)),
        target=Snapshot(tuple(Record(str(each["id"]), each) for each in users)),
    )
    program, plan = bound(world), planned(world)
    many = GeneratedProgram(program.code, program.context, program.tables)
    read = (batches(people, world.source.records), batches(users, world.target.records))
    rows = SourceRows.of([row for each in read[0] for row in many.source_rows(each)])
    same = SameRows(program.policy, rows)
    held = TargetRows(rows, same.silent)
    held.take([row for each in read[1] for row in many.target_rows_beside(each, same)])
    assert kept_of(world, plan, rows, held) == kept(world, plan)
    short = ShortTexts(redactor_of(program.policy, plan, held, (), SEAL), rows, held)
    texts = [*short.of_sources(), *short.of_targets()]
    if isinstance(nick, dict) and "when" in nick:
        texts = texts[:3]  # what a silent field holds is as the record has it
    assert None not in texts
    if isinstance(nick, dict):
        assert "N1" not in "".join(each or "" for each in texts)


def again(data: bytes, world: World) -> Plan:
    mapping = compiled(world)
    found = snapshot_file.load(data, "kept")
    assert not unfit(found, mapping.code.policy)
    rows = re_evaluation(found, mapping, mapping)
    assert rows.lacking() == ()
    return replayed(rows, found.header)


@given(WORLDS, st.sampled_from(["", "status", "leave", "code", "mail", "name", "flag"]))
def test_every_plan_is_derived_again_byte_for_byte(world: World, secret: str) -> None:
    """Also where a sensitive field reads what conditions, keys or other fields read as well."""
    if secret:
        fields = world.mapping["fields"] | {"note": {"from": secret, "sensitive": True}}
        world = replace(world, mapping=world.mapping | {"fields": fields})
        assume(accepted(world))
    assert_derived_again(world)


@given(secret_worlds(), st.data())
def test_a_plan_of_which_any_field_is_sensitive_is_derived_again(
    world: World, chance: st.DataObject
) -> None:
    assume(accepted(world))
    sources = [*(each.id for each in world.source.records), "s9"]
    targets = [*(each.id for each in world.target.records), "t9"]
    links = st.tuples(st.sampled_from(sources), st.sampled_from(targets), st.just(""))
    drawn = chance.draw(st.lists(links, max_size=4, unique=True))
    assert_derived_again(world, LinkEvidence(tuple(Link(*each, DAY, DAY) for each in drawn)))


DAY = "2026-06-01"


def assert_derived_again(world: World, evidence: LinkEvidence = NO_LINKS) -> None:
    plan = planned(world, evidence=evidence)
    derived = again(kept(world, plan, evidence), world)
    assert list(differences(plan, derived)) == []
    assert dump(derived) == dump(plan)
    assert fingerprint(derived) == fingerprint(plan)


ANN = {"code": "A", "name": "Ann Lee", "mail": "ann@example.com", "status": "E"}
HELD = {"ref": "A", "fullName": "Ann Lee", "email": "ann@example.com", "state": "on"}
SECRET_NAME = {"from": "name", "sensitive": True}
SECRET_DAY = {"from": "leave || today()", "sensitive": True}
SECRET_LEAVE = {"from": "leave", "sensitive": True}
OFF = {"value": "off", "sensitive": True}


def leaving(**said: object) -> dict[str, object]:
    return {"when": "status == 'L'", "left": "state == 'off'", **said}


def town(people: list[dict[str, object]], users: list[dict[str, object]], **parts: object) -> World:
    """Return a world of people and users who differ in this from Ann and her record."""
    mapping = {
        "oneway": 1,
        "name": "town",
        "label": "code",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "fields": {"ref": "code"},
        "joiners": {"create": True, "unless_taken": []},
    }
    source = (Record(f"s{n}", {"id": f"s{n}", **ANN, **each}) for n, each in enumerate(people))
    target = (Record(f"t{n}", {"id": f"t{n}", **HELD, **each}) for n, each in enumerate(users))
    found = {**mapping, **parts}
    return World(found, Snapshot(tuple(source)), Snapshot(tuple(target)), Snapshot(()))


def fields_of(**rules: object) -> dict[str, object]:
    return {"ref": "code", **rules}


TAKEN = {"create": True, "unless_taken": ["email"]}
FOUND = {
    "no word of a name is the same": town(
        [{"name": "Bo Ray"}], [{}], fields=fields_of(fullName=SECRET_NAME)
    ),
    "a word of a name is the same": town(
        [{"name": "Ann Ray", "mail": "a@example.com"}],
        [{}],
        fields=fields_of(fullName=SECRET_NAME, email="mail"),
        joiners=TAKEN,
    ),
    "a constant is no name": town(
        [{"name": "Bo"}],
        [{"fullName": "Bo"}],
        fields=fields_of(fullName={**SECRET_NAME, "default": "Bo"}),
    ),
    "a constant day of a leave proves nothing": town(
        [{"leave": None}],
        [{"leaveDate": "2027-03-01"}],
        leavers={
            **leaving(set={"leaveDate": {**SECRET_LEAVE, "default": "2027-03-01"}}),
            "left": "is_past(leaveDate)",
        },
    ),
    "letters are lost": town(
        [{"name": "Zo? Lee"}],
        [{"fullName": "Zo\u00eb Lee"}],
        fields=fields_of(fullName=SECRET_NAME),
    ),
    "a leave has begun": town(
        [{"status": "L"}],
        [{"leaveDate": "2026-06-10"}],
        leavers=leaving(set={"state": {"value": "off"}, "leaveDate": SECRET_DAY}),
    ),
    "an absent person's leave has begun": town(
        [{"code": "B"}],
        [{}, {"ref": "C", "fullName": "Cy Hill", "leaveDate": "2026-06-10"}],
        leavers=leaving(
            set={"state": {"value": "off"}, "leaveDate": {"from": "today()", "sensitive": True}}
        ),
        absent="deactivate",
    ),
    "a return is given what is there": town(
        [{}],
        [{"leaveDate": "2026-01-31"}],
        leavers=leaving(set={"state": OFF, "leaveDate": "leave"}, left="is_past(leaveDate)"),
        rehires={"reactivate": {"state": "on"}},
    ),
    "a return is given something else": town(
        [{}],
        [{"state": "off"}],
        leavers=leaving(set={"state": OFF}),
        rehires={"reactivate": {"state": "on"}},
    ),
    "few have an email": town(
        [{"status": "L", "other": "cy@example.com"}],
        [{"note": ""}, {"ref": "B", "note": "cy@example.com"}, {"ref": "C", "note": "9"}],
        fields=fields_of(note={"from": "other", "sensitive": True}),
        leavers=leaving(set={"state": {"value": "off"}}),
    ),
    "items are in the list already": town(
        [{"tags": ["x"]}],
        [{"tags": ["x", "y"]}],
        fields=fields_of(tags={"from": "tags", "merge": "add", "sensitive": True}),
    ),
    "emails are in the list already": town(
        [{"name": "Bo", "mails": ["ann@example.com"]}],
        [{"mails": ["ann@example.com"]}],
        fields=fields_of(
            fullName="name", mails={"from": "mails", "merge": "add", "sensitive": True}
        ),
    ),
    "a spared record would have left": town(
        [{"status": "L", "code": "B", "name": "Cy"}, {"code": "C", "mail": "b@example.com"}],
        [{}, {"ref": "B", "fullName": "Cy", "email": "cy@example.com"}],
        fields=fields_of(fullName="name", email="mail"),
        joiners={**TAKEN, "create": False},
        leavers=leaving(set={"state": OFF}),
        absent="deactivate",
    ),
    "a leave may be in vain": town(
        [{"status": "L", "nick": "on"}],
        [{}],
        leavers=leaving(set={"state": {"from": "nick", "sensitive": True}}),
    ),
    "two writes end access together": town(
        [{"status": "L", "leave": "2026-06-01"}],
        [{"since": None}],
        fields=fields_of(since="leave"),
        leavers=leaving(set={"state": OFF}, left="state == 'off' && since"),
    ),
    "a last day is secret": town(
        [{"status": "L", "leave": "2027-03-01"}],
        [{"leaveDate": None}],
        fields=fields_of(since={"from": "leave", "sensitive": True}),
        leavers={
            **leaving(set={"leaveDate": "leave"}),
            "left": "is_past(leaveDate)",
            "scheduled": "is_future(leaveDate)",
        },
    ),
    "a looked-up value is secret": replace(
        town(
            [{"dept": "D1"}],
            [{}],
            fields=fields_of(
                dept={"from": "dept", "lookup": "departments", "on_miss": "ineligible"}
                | {"sensitive": True}
            ),
            references={
                "departments": {"from": "target", "resource": "departments"}
                | {"key": "code", "value": "value"}
            },
        ),
        departments=Snapshot((Record("0", {"code": "D1", "value": None}),)),
    ),
    "a word of a sensitive name is in another name": town(
        [{"name": "Ann", "nick": "Lee"}],
        [{"fullName": "Lee Kay", "nick": "Ann Roe"}],
        label="name",
        fields=fields_of(fullName="name", nick={"from": "nick || name", "sensitive": True}),
    ),
    "a name is written in another form": town(
        [{"code": "B", "name": "Zoe\u0308 Lee"}],
        [{"fullName": "Zo\u00eb Lee"}],
        fields=fields_of(fullName=SECRET_NAME),
    ),
}
VANISHED = LinkEvidence((Link("s9", "t0", "A", DAY, DAY),))


@pytest.mark.parametrize("found", FOUND)
def test_what_planning_asks_of_a_sensitive_value_is_kept(found: str) -> None:
    """Each of these was once derived as another plan."""
    for evidence in (NO_LINKS, VANISHED):
        assert_derived_again(FOUND[found], evidence)


SECRET_NICK = {"nick": {"from": "nick", "default": "none", "sensitive": True}}
SECRETS = {
    "a field": {"fields": fields_of(**SECRET_NICK)},
    "a leave": {"leavers": leaving(set={"state": {"value": "off"}, **SECRET_NICK})},
}


@pytest.mark.parametrize("parts", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("status", ["E", "L"])
def test_nobody_can_tell_who_has_a_sensitive_constant_of_the_mapping(
    parts: dict[str, object], status: str
) -> None:
    """The mapping is stored in clear beside the rows: all that may show is a difference."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for said, held in product((None, "Bo"), ("none", "Bo", "Cy")):
        world = town([{"nick": said, "status": status}], [{"nick": held}], **parts)
        assert_derived_again(world)
        _, *rows, _ = gzip.decompress(kept(world, planned(world))).decode().splitlines()
        text = re.sub(r'"digest":"\w+"', '"digest":"..."', "".join(rows))
        found[held == (said or "none")].add(text)
    assert [len(texts) for texts in found.values()] == [1, 1]


@given(WORLDS)
def test_the_same_inputs_keep_the_same_bytes(world: World) -> None:
    plan = planned(world)
    assert kept(world, plan) == kept(world, plan)


@given(WORLDS, st.sampled_from(["bank.no", "pad_left(bank.no, `9`, '0')"]))
def test_nothing_sensitive_is_kept(world: World, text: str) -> None:
    fields = world.mapping["fields"] | {"bank.no": {"from": text, "sensitive": True}}
    keys = [each for each in world.mapping["match"] if each["target"] != "bank.no"]
    hidden = {"source": text, "target": "bank.no", "compare": "exact"}
    mapping = world.mapping | {"fields": fields, "match": [*keys, hidden]}
    secret = replace(_with_canaries(world), mapping=mapping)
    plan = planned(secret)
    data = kept(secret, plan)
    assert CANARY not in gzip.decompress(data)
    assert dump(again(data, secret)) == dump(plan)
    torn = tuple(replace(each, problem="torn") for each in secret.source.records)
    unread = replace(secret, source=replace(secret.source, records=torn))
    assert CANARY not in gzip.decompress(kept(unread, planned(unread)))


def test_the_readable_keys_of_a_damaged_record_are_hidden_where_a_key_is_sensitive() -> None:
    world = next_world({"ref": "code", "bank.no": {"from": "bank.no", "sensitive": True}})
    hidden = {"source": "bank.no", "target": "bank.no"}
    world = replace(world, mapping=world.mapping | {"match": [*world.mapping["match"], hidden]})
    redactor = redactor_of(bound(world).policy, planned(world), (), (), SEAL)
    damaged = SourceRow("s0", "s0", "", (), readable_keys=("A3", "QZQZ3"))
    first, second = redactor.source_row(damaged).readable_keys
    assert first == "A3"
    assert "QZQZ3" not in repr(second)


@given(WORLDS)
def test_a_kept_snapshot_that_was_touched_is_refused(world: World) -> None:
    data = kept(world, planned(world))
    lines = gzip.decompress(data).splitlines(keepends=True)
    touched = gzip.compress(
        b"".join([lines[0].replace(b'"as_of":"2026', b'"as_of":"2025'), *lines[1:]])
    )
    for broken in (
        touched,
        data[:-9],
        b"",
        b"{}",
        gzip.compress(b"{}"),
        gzip.compress(b"\n".join(lines[1:])),
    ):
        with pytest.raises(Refused) as refused:
            snapshot_file.load(broken, "kept")
        assert [each.code for each in refused.value.diagnostics] == ["F131"]


@given(WORLDS)
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_a_row_that_says_something_else_is_found_and_named(world: World) -> None:
    plan = planned(world)
    changed = [
        (action, change)
        for action in plan.actions
        if action.source_id is not None
        for change in action.changes
        if isinstance(change.after, str) and _reads_its_value(compiled(world), change.field)
    ]
    assume(changed)
    data, mapping = kept(world, plan), compiled(world)
    for action, change in changed:
        found = snapshot_file.load(data, "kept")
        mutated = _saying_else(found, action.source_id, _rule(mapping, change.field))
        derived = replayed(re_evaluation(mutated, mapping, mapping), found.header)
        told = list(differences(plan, derived))
        assert dump(derived) != dump(plan)
        assert any(each.record == action.source_id and not each.on_target for each in told)


@given(WORLDS, mappings().strategy)
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_another_mapping_makes_of_what_was_kept_what_it_makes_of_the_systems(
    world: World, other: dict
) -> None:
    """Where nothing is sensitive and nothing is lacking; the rest is refused before."""
    then = replace(world, mapping=_open(world.mapping))
    fields = {path: other["fields"].get(path, r) for path, r in world.mapping["fields"].items()}
    parts = {name: other[name] for name in ("eligible", "absent", "rehires") if name in other}
    now = replace(then, mapping=_open(world.mapping | parts | {"fields": fields}))
    assume(accepted(then) and accepted(now))
    found = snapshot_file.load(kept(then, planned(then)), "kept")
    rows = re_evaluation(found, compiled(then), compiled(now))
    assume(not rows.lacking())
    wanted = planned(now)
    assert list(differences(wanted, replayed(rows, found.header))) == []
    assert dump(replayed(rows, found.header)) == dump(wanted)


@given(WORLDS, st.sampled_from(["match", "rules", "fields", "leaving", "sensitive"]))
def test_rows_of_another_shape_are_named_and_not_planned(world: World, part: str) -> None:
    found, policy = (
        snapshot_file.load(kept(world, planned(world)), "kept"),
        compiled(world).code.policy,
    )
    was = getattr(found.shape, part)
    assume(was)
    other = replace(found.shape, **{part: (*was[:-1], f"{was[-1]} of then")})
    assert unfit(found, policy) == ()
    assert len(unfit(replace(found, shape=other), policy)) == 1


def _open(mapping):
    """Return a mapping of which nothing is sensitive."""

    def plain(rules):
        return {path: _without(rule, "sensitive") for path, rule in rules.items()}

    leavers = mapping.get("leavers")
    changed = mapping | {"fields": plain(mapping["fields"])}
    return changed | ({"leavers": leavers | {"set": plain(leavers["set"])}} if leavers else {})


def _without(rule, key):
    return {k: v for k, v in rule.items() if k != key} if isinstance(rule, dict) else rule


def _reads_its_value(mapping, path):
    code = _rule(mapping, path)
    paths = code.source.expression.paths if code.source is not None else ()
    return bool(paths) and code.lookup is None and all(each.keys != ("name",) for each in paths)


def _rule(mapping, path):
    return next(c for c in (*mapping.code.fields, *mapping.code.leaving) if c.rule.path == path)


def _saying_else(found, id, code):
    """Return what was kept with something else in the place of what one field is made of."""
    rows, parts = [], []
    for row, part in zip(found.source.items, found.records[0], strict=True):
        if row.source_id == id:
            cells = tuple(each._replace(value=ELSE, initial=ELSE) for each in row.cells)
            leaving = tuple(each._replace(value=ELSE, initial=ELSE) for each in row.leaving)
            row = row._replace(cells=cells, leaving=leaving)
            for use in code.source.expression.paths:
                part = with_value(part, use.keys, ELSE)
        rows.append(row)
        parts.append(part)
    source = replace(found.source, items=tuple(rows))
    return replace(found, source=source, records=(tuple(parts), found.records[1]))


ELSE = "something else"
CANARY = b"QZQZ"  # no digest has it


def _with_canaries(world: World) -> World:
    def marked(records):
        return tuple(replace(each, data=_marked(dict(each.data))) for each in records)

    source = replace(world.source, records=marked(world.source.records))
    return replace(
        world, source=source, target=replace(world.target, records=marked(world.target.records))
    )


def _marked(data):
    bank = data.get("bank")
    if isinstance(bank, dict) and bank.get("no"):
        data["bank"] = {"no": f"QZQZ{bank['no'][-1]}"}
    return data


def test_all_that_is_known_of_links_is_kept() -> None:
    """A plan that follows from what is not kept would not be derived again."""
    told = {each.name for each in fields(LinkEvidence)}
    assert set(snapshot_file._evidence(NO_LINKS)) == told
    link = Link("s1", "t1", "K1", "2026-06-14", "2026-06-15", Origin.CREATED)
    for each in (NO_LINKS, replace(NO_LINKS, ended={"t1": "2026-06-15"}, links=(link,))):
        text = "".join(snapshot_file._head_in_parts(snapshot_file._evidence(each)))
        assert snapshot_file._evidence_of(json.loads(text)) == each
