"""What becomes of one record: each decision of the planner, by example."""

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.records import Record, Snapshot
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning import plan_order
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.match import Pairs
from oneway.planning.plan import Kind, Outcome, Plan, Verb
from worlds import World, planned

MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "planner",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "eligible": [{"id": "named", "when": "name", "otherwise": "Name is missing"}],
    "fields": {"ref": "code", "fullName": "name"},
}
LEAVERS = {
    "when": "status == 'L'",
    "set": {"leaveDate": "leave || today()"},
    "left": "is_past(leaveDate)",
    "scheduled": "is_future(leaveDate)",
}
ADA = {"code": "A1", "name": "Ada"}
LEFT = {"ref": "A1", "fullName": "Ada", "leaveDate": "2026-01-31"}


def world(
    people: list[dict[str, Any]],
    users: list[dict[str, Any]],
    *,
    source: bool = True,
    target: bool = True,
    **parts: Any,
) -> World:
    return World(
        MAPPING | parts,
        Snapshot(tuple(Record(f"s{n}", data) for n, data in enumerate(people)), source),
        Snapshot(tuple(Record(f"t{n}", data) for n, data in enumerate(users)), target),
        Snapshot(()),
        leaves_out_nulls=True,
    )


def only(*args: Any, **parts: Any) -> Outcome:
    return planned(world(*args, **parts)).outcomes[0]


def actions(outcome: Outcome) -> dict[Verb, dict[str, Any]]:
    """Return what each action of an outcome writes."""
    return {
        action.verb: {change.field: change.after for change in action.changes}
        for action in outcome.actions
    }


def written(outcome: Outcome) -> Mapping[str, Any]:
    assert outcome.actions
    return {change.field: change.after for change in outcome.changes}


def codes(outcome: Outcome) -> list[str]:
    return [reason.code for reason in outcome.reasons]


def test_a_joiner_is_created_with_what_has_a_value() -> None:
    outcome = only([ADA], [])
    assert (outcome.kind, written(outcome)) == (Kind.CREATE, {"ref": "A1", "fullName": "Ada"})


def test_each_change_says_where_it_comes_from() -> None:
    (action,) = only([ADA], []).actions
    assert action is not None
    assert [(c.expression, str(c.place)) for c in action.changes] == [
        ("code", "mappings/generated.yaml:14:9"),
        ("name", "mappings/generated.yaml:15:14"),
    ]


def test_a_mover_gets_what_differs() -> None:
    outcome = only([ADA], [{"ref": "A1", "fullName": "Old"}])
    assert (outcome.kind, written(outcome)) == (Kind.UPDATE, {"fullName": "Ada"})


def test_nothing_differs_nothing_is_done() -> None:
    outcome = only([ADA], [{"ref": "A1", "fullName": "Ada", "note": "mine"}])
    assert (outcome.kind, outcome.actions) == (Kind.UNCHANGED, ())


def test_a_default_stands_in_for_a_blank_value() -> None:
    fields = {"ref": "code", "nick": {"from": "nick", "default": {"from": "name"}}}
    user = {"ref": "A1", "nick": "old"}
    assert written(only([ADA | {"nick": " "}], [user], fields=fields)) == {"nick": "Ada"}
    assert written(only([ADA | {"nick": ""}], [], fields=fields)) == {"ref": "A1", "nick": "Ada"}
    assert written(only([ADA | {"nick": "N"}], [user], fields=fields)) == {"nick": "N"}


@pytest.mark.parametrize(
    ("code", "status", "taken_away"),
    [
        ("a1", "E", False),
        ("A01", "E", False),
        (" A1", "E", False),
        ("a1", "L", True),
        ("B", "E", True),
    ],
)
def test_nobody_is_deactivated_who_may_be_there_under_another_form_of_their_key(
    code: str, status: str, taken_away: bool
) -> None:
    leavers = {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    }
    person, user = {"code": code, "name": "Ada", "status": status}, {"ref": "A1", "state": "on"}
    plan = planned(world([person], [user], leavers=leavers, absent="deactivate"))
    verbs = {action.verb for action in plan.actions}
    assert (Verb.DEACTIVATE in verbs) == taken_away
    (absent,) = [each for each in plan.outcomes if each.kind is Kind.ABSENT]
    assert ("near_key" in codes(absent)) != taken_away


YET, PAST = "2026-12-31", "2026-01-31"


@pytest.mark.parametrize(("leave", "taken_away"), [(YET, False), (PAST, True)])
def test_who_is_yet_to_leave_is_there(leave: str, taken_away: bool) -> None:
    """So their record may be one that is nobody's: by a key of one form, or an own value."""
    for code, mail in (("a1", None), ("B", "ada@x.example")):
        person = {"code": code, "name": "Ada", "mail": mail, "status": "L", "leave": leave}
        user = {"ref": "A1", "email": "ada@x.example"}
        fields = MAPPING["fields"] | {"email": "mail"}
        parts = {"fields": fields, "joiners": {"unless_taken": ["email"]}, "leavers": LEAVERS}
        plan = planned(world([person], [user], absent="deactivate", **parts))
        verbs = {action.verb for action in plan.actions}
        assert (Verb.DEACTIVATE in verbs) == taken_away, code


@pytest.mark.parametrize("name", ["Ada", "Bo"])
def test_a_leavers_record_is_given_to_nobody_on_a_guess_who_is_yet_to_leave(name: str) -> None:
    person = {"code": "A1", "name": name, "status": "L", "leave": YET}
    parts = {"label": "name", "leavers": LEAVERS, "rehires": "reactivate"}
    outcome = only([person], [LEFT], **parts)
    assert outcome.kind is (Kind.REHIRE if name == "Ada" else Kind.CONFLICT)
    assert ("reused" in codes(outcome)) == (name == "Bo")


@pytest.mark.parametrize(("leave", "said"), [(YET, "claimed"), (PAST, "adopted")])
def test_nobody_takes_over_the_record_of_somebody_who_is_yet_to_leave(
    leave: str, said: str
) -> None:
    owner = {"code": "Z", "name": "Cy", "status": "L", "leave": leave}
    link = Link("s0", "t0", "A1", "2026-06-01T04:00:00Z", "2026-06-01T04:00:00Z")
    town = world([owner, ADA], [{"ref": "A1", "fullName": "Ada"}], label="name", leavers=LEAVERS)
    plan = planned(town, evidence=LinkEvidence((link,)))
    (newcomer,) = [each for each in plan.outcomes if each.source_id == "s1"]
    assert codes(newcomer) == [said]


def test_a_leaver_is_named_whose_record_may_not_say_any_more_that_they_have_left() -> None:
    """An impossible day, which is not seen by itself where `left` reads another field as well."""
    leavers = LEAVERS | {"left": "is_past(leaveDate) && nick == 'out'"}
    person = ADA | {"status": "L", "leave": "2026-02-30"}
    outcome = only([person], [LEFT | {"nick": "out"}], leavers=leavers)
    assert (codes(outcome), outcome.has_access) == (["leave_unsaid"], True)


def test_every_rule_that_fails_is_named() -> None:
    rules = [*MAPPING["eligible"], {"id": "mail", "when": "mail", "otherwise": "Email is missing"}]
    outcome = only([{"code": "A1"}], [], eligible=rules)
    assert (outcome.kind, codes(outcome)) == (Kind.INELIGIBLE, ["named", "mail"])


def test_a_rule_may_speak_of_joiners_alone() -> None:
    rules = [{"id": "n", "when": "mail", "otherwise": "no mail", "for": ["joiners"]}]
    assert only([ADA], [], eligible=rules).kind is Kind.INELIGIBLE
    assert only([ADA], [{"ref": "A1"}], eligible=rules).kind is Kind.UPDATE


def test_an_expression_that_fails_is_that_records_error_with_its_place() -> None:
    fields = MAPPING["fields"] | {"email": "lower(mail)"}
    plan = planned(world([ADA | {"mail": 7}, ADA | {"code": "A2"}], [], fields=fields))
    first, second = plan.outcomes
    assert (first.kind, second.kind) == (Kind.ERROR, Kind.CREATE)
    assert str(first.reasons[0].place) == "mappings/generated.yaml:16:11"
    assert "lower(mail)" in first.reasons[0].text


def test_a_matched_target_record_that_fails_is_an_error() -> None:
    outcome = only([ADA], [LEFT | {"leaveDate": "soon"}], leavers=LEAVERS)
    assert (outcome.kind, outcome.target_id) == (Kind.ERROR, "t0")


def test_joiners_may_be_off() -> None:
    outcome = only([ADA], [], joiners={"create": False})
    assert (outcome.kind, codes(outcome)) == (Kind.IGNORED, ["joiners_off"])


def test_nobody_is_created_over_an_incomplete_list() -> None:
    outcome = only([ADA], [], target=False)
    assert (outcome.kind, codes(outcome)) == (Kind.ERROR, ["unproven"])


def test_who_would_be_created_every_night_is_ineligible() -> None:
    outcome = only([{"name": "Ada"}], [])
    assert (outcome.kind, codes(outcome)) == (Kind.INELIGIBLE, ["keyless"])


def test_a_leaver_leaves_and_other_fields_are_synced_by_an_action_of_their_own() -> None:
    outcome = only([ADA | {"status": "L"}], [{"ref": "A1", "fullName": "Old"}], leavers=LEAVERS)
    assert (outcome.kind, outcome.has_access) == (Kind.LEAVE, True)
    assert actions(outcome) == {
        Verb.LEAVE: {"leaveDate": "2026-06-15"},
        Verb.UPDATE: {"fullName": "Ada"},
    }
    assert [action.depends_on for action in outcome.actions] == [(), ()]
    assert len({action.id for action in outcome.actions}) == 2


def test_a_leaver_leaves_once() -> None:
    assert only([ADA | {"status": "L"}], [LEFT], leavers=LEAVERS).kind is Kind.UNCHANGED


def test_a_set_field_that_says_overwrite_is_kept_equal_all_the_same() -> None:
    kept = LEAVERS | {"set": {"leaveDate": {"from": "leave", "write": "overwrite"}}}
    outcome = only([ADA | {"status": "L", "leave": "2026-02-28"}], [LEFT], leavers=kept)
    assert (outcome.kind, written(outcome)) == (Kind.UPDATE, {"leaveDate": "2026-02-28"})


def test_a_scheduled_leaver_is_written_again_when_the_date_changes() -> None:
    gone = ADA | {"status": "L", "leave": "2027-03-01"}
    due = LEFT | {"leaveDate": "2027-02-01"}
    assert written(only([gone], [due], leavers=LEAVERS)) == {"leaveDate": "2027-03-01"}
    assert only([gone], [due | {"leaveDate": "2027-03-01"}], leavers=LEAVERS).actions == ()


def test_a_leave_date_that_the_source_contradicts_is_put_right_however_old() -> None:
    gone = ADA | {"status": "L", "leave": "2026-02-28"}
    outcome = only([gone], [LEFT], leavers=LEAVERS)
    assert (outcome.kind, outcome.has_access) == (Kind.UPDATE, False)
    assert actions(outcome) == {Verb.CORRECT: {"leaveDate": "2026-02-28"}}


@pytest.mark.parametrize(
    ("rehires", "kind", "does"),
    [
        ("report", Kind.REHIRE, {}),
        ("reactivate", Kind.REHIRE, {Verb.REACTIVATE: {"leaveDate": "2027-03-01"}}),
        ("ignore", Kind.UNCHANGED, {}),
    ],
)
def test_a_leave_that_came_due_and_is_moved_to_a_day_to_come_is_a_rehire(
    rehires: str, kind: Kind, does: object
) -> None:
    later = ADA | {"status": "L", "leave": "2027-03-01"}
    outcome = only([later], [LEFT], leavers=LEAVERS, rehires=rehires)
    assert (outcome.kind, actions(outcome), outcome.has_access) == (kind, does, False)


@pytest.mark.parametrize("user", [{"ref": "A1"}, LEFT])
def test_an_impossible_leave_date_is_refused_before_it_is_written(user: dict[str, Any]) -> None:
    gone = ADA | {"status": "L", "leave": "2026-02-30"}
    outcome = only([gone], [user], leavers=LEAVERS)
    assert (outcome.kind, codes(outcome), outcome.actions) == (Kind.ERROR, ["failed"], ())
    assert outcome.has_access is (user is not LEFT)


def test_a_target_record_whose_own_leave_date_is_impossible_leaves_all_the_same() -> None:
    outcome = only([ADA | {"status": "L"}], [{"ref": "A1", "leaveDate": 7}], leavers=LEAVERS)
    assert (outcome.kind, codes(outcome)) == (Kind.LEAVE, ["failed"])
    assert actions(outcome) == {Verb.LEAVE: {"leaveDate": "2026-06-15"}}


def test_a_leaver_with_no_match_is_ignored() -> None:
    outcome = only([ADA | {"status": "L"}], [], leavers=LEAVERS)
    assert (outcome.kind, codes(outcome)) == (Kind.IGNORED, ["leaver_unmatched"])


def test_a_rule_keeps_a_leaver_in_only_where_it_names_leavers() -> None:
    rule = {"id": "name", "when": "name", "otherwise": "Name is missing"}
    gone = {"code": "A1", "status": "L"}
    outcome = only([gone], [{"ref": "A1"}], leavers=LEAVERS, eligible=[rule])
    assert (outcome.kind, outcome.reasons) == (Kind.LEAVE, ())
    outcome = only([gone], [{"ref": "A1"}], leavers=LEAVERS, eligible=[rule | {"for": ["leavers"]}])
    assert (outcome.kind, codes(outcome), outcome.actions) == (Kind.INELIGIBLE, ["name"], ())
    assert outcome.reasons[0].warning
    assert outcome.has_access


def test_a_leaver_whom_no_key_names_is_reported() -> None:
    outcome = only([{"status": "L"}], [], leavers=LEAVERS)
    assert (outcome.kind, codes(outcome)) == (Kind.INELIGIBLE, ["keyless"])
    assert outcome.has_access


@pytest.mark.parametrize(
    ("rehires", "kind", "changes"),
    [
        ("report", Kind.REHIRE, None),
        ("reactivate", Kind.REHIRE, {"leaveDate": None}),
        ("ignore", Kind.UNCHANGED, None),
    ],
)
@pytest.mark.parametrize("left", ["2026-01-31", "2027-01-31"])
def test_rehires(rehires: str, kind: Kind, changes: object, left: str) -> None:
    outcome = only([ADA], [LEFT | {"leaveDate": left}], leavers=LEAVERS, rehires=rehires)
    assert outcome.kind is kind
    assert (written(outcome) if outcome.actions else None) == changes


def test_absent_is_ignored_or_reported_without_an_action() -> None:
    for absent in ("ignore", "report"):
        outcome = only([], [{"ref": "A1"}], absent=absent)
        assert (outcome.kind, outcome.actions) == (Kind.ABSENT, ())
        assert outcome.reasons[0].warning is (absent == "report")


FIXED = LEAVERS | {"set": {"leaveDate": "today()"}}


def test_absent_may_be_deactivated() -> None:
    outcome = only([], [{"ref": "A1"}], absent="deactivate", leavers=FIXED)
    assert [action.verb for action in outcome.actions] == [Verb.DEACTIVATE]
    assert written(outcome) == {"leaveDate": "2026-06-15"}


def test_nobody_is_deactivated_over_an_incomplete_source() -> None:
    outcome = only([], [{"ref": "A1"}], source=False, absent="deactivate", leavers=FIXED)
    assert (codes(outcome), outcome.actions) == (["unproven"], ())


@pytest.mark.parametrize(
    ("user", "code"), [(LEFT, "left"), ({"ref": None}, "keyless"), ({"leaveDate": 7}, "failed")]
)
def test_who_is_not_deactivated(user: dict[str, Any], code: str) -> None:
    outcome = only([], [user], absent="deactivate", leavers=FIXED)
    assert (codes(outcome), outcome.actions) == ([code], ())


def test_a_record_that_source_records_speak_of_is_not_deactivated() -> None:
    plan = planned(world([ADA, ADA], [{"ref": "A1"}], absent="deactivate", leavers=FIXED))
    assert [codes(o) for o in plan.outcomes if o.kind is Kind.ABSENT] == [["in_conflict"]]
    assert not plan.actions


LOOKUPS = {
    "departments": {"from": "target", "resource": "departments", "key": "code", "value": "value"}
}


def looked_up(department: str, *rows: tuple[str, str], on_miss: str = "keep") -> Plan:
    rule = {"from": "dept", "lookup": "departments", "on_miss": on_miss}
    people = [ADA | {"dept": department}, {"code": "A2", "name": "Bo", "dept": department}]
    users = [{"ref": "A1", "fullName": "Ada", "dept": "old"}]
    base = world(people, users, references=LOOKUPS, fields=MAPPING["fields"] | {"dept": rule})
    table = (Record(str(n), {"code": k, "value": v}) for n, (k, v) in enumerate(rows))
    return planned(replace(base, departments=Snapshot(tuple(table))))


def test_a_code_that_stands_once_is_translated() -> None:
    assert written(looked_up("D1", ("D1", "1"), ("D2", "2")).outcomes[0]) == {"dept": "1"}


@pytest.mark.parametrize("rows", [(), (("D1", "1"), ("D1", "2"))])
def test_a_miss_is_counted_by_code_and_so_is_an_ambiguous_one(rows: Any) -> None:
    plan = looked_up("D1", *rows)
    assert [(m.reference, m.value, m.found, m.records, m.whose) for m in plan.misses] == [
        ("departments", "D1", len(rows), 2, tuple(each.source_id for each in plan.outcomes))
    ]
    assert plan.outcomes[0].kind is Kind.UNCHANGED


def test_a_miss_of_what_a_leave_writes_is_said_of_leavers_alone() -> None:
    rule = {"from": "dept", "lookup": "departments"}
    people = [{"code": f"A{n}", "dept": "D1", "left": n > 1} for n in range(3)]
    leavers = {"when": "left", "set": {"dept": rule, "leaveDate": {"value": "2026-01-31"}}}
    users = [{"ref": f"A{n}", "dept": "old"} for n in range(3)]
    (miss,) = planned(world(people, users, references=LOOKUPS, leavers=leavers)).misses
    assert (miss.records, miss.whose) == (1, ("s2",))


def test_a_miss_may_clear_or_stop_the_record() -> None:
    other = ("D2", "2")
    assert written(looked_up("D1", other, on_miss="clear").outcomes[0]) == {"dept": None}
    assert not looked_up("D1", on_miss="clear").outcomes[0].actions  # an empty table says nothing
    assert looked_up("D1", on_miss="ineligible").outcomes[0].kind is Kind.INELIGIBLE


def test_a_blank_value_clears_where_told_to_and_an_absent_key_never() -> None:
    fields = MAPPING["fields"] | {"email": {"from": "mail", "on_blank": "clear"}}
    users = [{"ref": "A1", "fullName": "Ada", "email": "a@example.com"}]
    assert written(only([ADA | {"mail": " "}], users, fields=fields)) == {"email": None}
    assert written(only([ADA], users, fields=fields)) == {"email": None}
    unknown = replace(world([ADA], users, fields=fields), leaves_out_nulls=False)
    assert planned(unknown).outcomes[0].actions == ()


TWO_KEYS = [{"source": "code", "target": "ref"}, {"source": "mail", "target": "email"}]


def test_a_key_that_keeps_another_record_in_conflict_is_left_to_a_person() -> None:
    """Were it written, tomorrow's run would create whom today's run asked about."""
    fields = MAPPING["fields"] | {"email": "mail"}
    people = [ADA | {"mail": "new@example.com"}, {"name": "Bo", "mail": "old@example.com"}]
    users = [{"ref": "A1", "fullName": "Old", "email": "old@example.com"}]
    plan = planned(world(people, users, match=TWO_KEYS, fields=fields))
    by_source = {outcome.source_id: outcome for outcome in plan.outcomes}
    assert by_source["s1"].kind is Kind.CONFLICT
    assert written(by_source["s0"]) == {"fullName": "Ada"}
    assert by_source["s0"].reasons[0].code == "key_contested"
    assert by_source["s0"].reasons[0].candidates == ("s1",)


def test_a_list_may_be_claimed() -> None:
    fields = MAPPING["fields"] | {"tags": "tags"}
    plan = planned(
        world([ADA | {"tags": ["x"]}], [], fields=fields, joiners={"unless_taken": ["tags"]})
    )
    assert [claim.value for claim in plan.actions[0].claims] == ["A1", ["x"]]


@pytest.mark.parametrize("date", ["", None, "   "])
def test_a_leaver_who_would_keep_access_unsaid_is_told_of(date: str | None) -> None:
    person = ADA | {"status": "L", "leave": date}
    user = {"ref": "A1", "fullName": "Ada", "leaveDate": None}
    found = only([person], [user], leavers=LEAVERS | {"set": {"leaveDate": "leave"}})
    assert (found.kind, codes(found)) == (Kind.UNCHANGED, ["leave_unsaid"])
    assert found.reasons[0].warning
    said = only(
        [person], [user], leavers=LEAVERS | {"set": {"leaveDate": "coalesce(leave, today())"}}
    )
    assert (said.kind, codes(said)) == (Kind.LEAVE, [])
    gone = only([person], [LEFT], leavers=LEAVERS | {"set": {"leaveDate": "leave"}})
    assert codes(gone) == []


@given(
    st.lists(st.tuples(st.text("ab"), st.sampled_from(["", "k", "l"])), unique_by=itemgetter(0)),
    st.data(),
)
def test_quiet_outcomes_stand_among_the_others_by_key_and_id(
    rows: list[Any], data: st.DataObject
) -> None:
    told = data.draw(st.sets(st.sampled_from(rows))) if rows else set()
    quiet = [each for each in rows if each not in told]
    rows_and_targets = [(SourceRow(id, key, "", ()), TargetRow(id, key, ())) for id, key in quiet]
    pairs = Pairs.of(rows_and_targets).in_order()
    people: list[Any] = sorted((key, id, None) for id, key in told)
    found = [(row.key, row.source_id) for row in pairs.rows]
    for at, (key, id, _) in reversed(
        [*zip(plan_order._places(people, pairs), people, strict=True)]
    ):
        found.insert(at, (key, id))
    assert found == sorted((key, id) for id, key in rows)
    assert [each.target_id for each in pairs.targets] == [row.source_id for row in pairs.rows]
