"""Guards, with numbers: what passes, what is held back, and what lets it pass."""

import re
import shlex
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.mapping.spec import GuardKind, GuardsSpec, LimitSpec, OnBreach
from oneway.planning.breach import Verdict
from oneway.planning.guard_kinds import Limit
from oneway.planning.guards import RecentRuns, judge
from oneway.planning.plan import (
    ANONYMOUS,
    STRANGER,
    Action,
    Change,
    Kind,
    Outcome,
    Plan,
    Reason,
    Verb,
)
from oneway.planning.plan_inputs import Allowance, PlanInput, Read
from oneway.render.plan_content import held_back

SPAN = Span("m.yaml", 1, 1, 1)
GONE = "keys_gone.source.leave"


def action(n: int, verb: Verb, field: str = "name", after: str | None = "new") -> Action:
    change = Change(field, None if verb is Verb.CREATE else "old", after, "e", SPAN)
    return Action(f"{verb.value}-{n}", verb, f"s{n}", f"t{n}", (change,))


def plan_of(managed: int, *actions: Action, allowed: tuple[Allowance, ...] = ()) -> Plan:
    outcomes = tuple(
        Outcome(
            Kind.LEAVE if a.verb.takes_access else Kind.UPDATE,
            *("", "", a.source_id, a.target_id, (), (a,)),
        )
        for a in actions
    )
    reads = (Read("source", managed, True), Read("target", managed, True))
    return Plan("m", "m.yaml", "0", "2026-06-15", {}, {}, reads, managed, outcomes, (), allowed)


def leaving(count: int, verb: Verb = Verb.LEAVE) -> list[Action]:
    return [action(n, verb, f"leave{n}") for n in range(count)]


def limits(kind: GuardKind, share: float, floor: int) -> GuardsSpec:
    return GuardsSpec(limits=((kind, LimitSpec(share, floor, SPAN)),))


def test_twelve_of_forty_leavers_are_held_back_by_default() -> None:
    verdict = judge(plan_of(40, *leaving(12), action(99, Verb.UPDATE)), GuardsSpec())
    assert [(b.name, b.found, b.ceiling) for b in verdict.breaches] == [("leavers", 12, 4)]
    assert verdict.blocked == {f"leave-{n}" for n in range(12)}
    assert "leavers: 12 now, at most 4 may pass" in verdict.breaches[0].text


@pytest.mark.parametrize(
    ("leavers", "managed", "blocked"),
    [(1, 8, False), (2, 8, False), (3, 8, True), (4, 40, False), (5, 40, True), (2, 0, False)],
)
def test_the_floor_lets_small_numbers_through(leavers: int, managed: int, blocked: bool) -> None:
    assert judge(plan_of(managed, *leaving(leavers)), GuardsSpec()).fired is blocked


@pytest.mark.parametrize(
    ("share", "managed", "ceiling"), [("0.1", 30, 3), ("0.1", 31, 4), ("0.07", 100, 7), ("0", 9, 0)]
)
def test_shares_are_exact(share: str, managed: int, ceiling: int) -> None:
    assert Limit(Fraction(share), 0).ceiling(managed) == ceiling


@given(
    st.lists(
        st.tuples(st.sampled_from(Verb), st.sampled_from(["a", "b"]), st.booleans()), max_size=12
    ),
    st.integers(0, 6),
)
def test_a_field_that_changes_too_often_is_not_written_to_new_records(
    drawn: list[tuple[Verb, str, bool]], floor: int
) -> None:
    actions = [action(n, verb, field) for n, (verb, field, _) in enumerate(drawn)]
    waiting = {each.id for each, (_, _, waits) in zip(actions, drawn, strict=True) if waits}
    guards = limits(GuardKind.FIELD_CHANGES, 0.0, floor)
    verdict = judge(plan_of(0, *actions), guards, waiting=waiting)
    sent = [each for each in actions if each.id not in waiting]
    for field in ("a", "b"):
        of_field = [each for each in sent if each.changes[0].field == field]
        creates = {each.id for each in of_field if each.verb is Verb.CREATE}
        fires = len(of_field) - len(creates) > floor
        found = [each for each in verdict.breaches if each.name == f"field_changes.{field}"]
        assert bool(found) is fires
        for breach in found:
            assert set(breach.blocked) == {each.id for each in of_field}
            assert (breach.found, breach.creates) == (len(of_field) - len(creates), len(creates))
        assert fires or creates.isdisjoint(verdict.blocked)


def test_a_create_of_other_fields_is_not_held_back_by_a_field() -> None:
    many = [action(n, Verb.UPDATE, "department") for n in range(11)]
    new = [action(20, Verb.CREATE, "department"), action(21, Verb.CREATE, "name")]
    verdict = judge(plan_of(12, *many, *new), GuardsSpec())
    assert verdict.blocked == {each.id for each in (*many, new[0])}
    assert "; 1 create with this field held back too" in verdict.breaches[0].text


def test_a_share_from_a_mapping_is_exact_too() -> None:
    guards = limits(GuardKind.LEAVERS, 0.1, 0)
    assert not judge(plan_of(30, *leaving(3)), guards).fired
    assert judge(plan_of(30, *leaving(4)), guards).fired


def test_deactivating_counts_as_leaving() -> None:
    others = [action(n, Verb.DEACTIVATE, f"leave{n}") for n in range(3, 6)]
    plan = plan_of(40, *leaving(3), *others)
    assert judge(plan, GuardsSpec()).breaches[0].found == 6


def test_an_allowance_lets_that_many_pass_and_no_more() -> None:
    raised = (Allowance("leavers", 12, "ada"),)
    assert not judge(plan_of(40, *leaving(12), allowed=raised), GuardsSpec()).fired
    assert judge(plan_of(40, *leaving(13), allowed=raised), GuardsSpec()).fired


def test_an_allowance_never_lowers_a_limit() -> None:
    lowered = (Allowance("leavers", 0, "ada"),)
    assert not judge(plan_of(40, *leaving(4), allowed=lowered), GuardsSpec()).fired


def test_on_breach_stop_holds_everything_back() -> None:
    plan = plan_of(40, *leaving(12), action(99, Verb.UPDATE))
    assert len(judge(plan, GuardsSpec(on_breach=OnBreach.STOP)).blocked) == 13


def test_one_field_changing_on_92_percent_is_a_wrong_column() -> None:
    actions = [action(n, Verb.UPDATE, "lastName") for n in range(46)]
    verdict = judge(plan_of(50, *actions), GuardsSpec())
    assert [(b.name, b.ceiling) for b in verdict.breaches] == [("field_changes.lastName", 25)]
    assert verdict.breaches[0].allow == "--allow field_changes.lastName=46"


def test_what_lets_it_pass_can_be_pasted_into_a_shell() -> None:
    actions = [action(n, Verb.UPDATE, "it's; $(x)") for n in range(46)]
    (breach,) = judge(plan_of(50, *actions), GuardsSpec()).breaches
    assert shlex.split(breach.allow) == ["--allow", "field_changes.it's; $(x)=46"]


def test_each_field_is_counted_by_itself_and_creates_are_not() -> None:
    actions = [action(n, Verb.UPDATE, f"f{n % 2}") for n in range(50)]
    actions += [action(n, Verb.CREATE, "f0") for n in range(50)]
    assert not judge(plan_of(50, *actions), GuardsSpec()).fired


def test_clears_are_counted_whatever_clears() -> None:
    actions = [action(n, Verb.UPDATE, f"f{n}", None) for n in range(3)]
    assert [b.name for b in judge(plan_of(10, *actions), GuardsSpec()).breaches] == ["clears"]


def test_creates_and_updates_are_free_until_a_mapping_limits_them() -> None:
    creates = [action(n, Verb.CREATE) for n in range(40)]
    assert not judge(plan_of(0, *creates), GuardsSpec()).fired
    verdict = judge(plan_of(0, *creates), limits(GuardKind.CREATES, 0.5, 10))
    assert [b.name for b in verdict.breaches] == ["creates"]


def test_an_empty_plan_passes() -> None:
    assert not judge(plan_of(0), limits(GuardKind.LEAVERS, 0, 0)).fired


def test_what_waits_is_neither_counted_nor_held() -> None:
    """It writes nothing today: it must not hold others back, and counts when it is sent."""
    plan = plan_of(40, *leaving(12))
    waiting = {f"leave-{n}" for n in range(8)}
    assert not judge(plan, GuardsSpec(), waiting=waiting).fired
    verdict = judge(plan, GuardsSpec(), waiting=waiting - {"leave-0"})
    assert (verdict.breaches[0].found, verdict.blocked & waiting) == (5, {"leave-0"})
    assert judge(plan, GuardsSpec()).breaches[0].found == 12


def test_one_leaver_who_is_written_every_night_is_one_leaver() -> None:
    again = RecentRuns(done={"leavers": frozenset({"target t0"})})
    assert not judge(plan_of(8, *leaving(2)), GuardsSpec(), again).fired
    others = RecentRuns(done={"leavers": frozenset({"target t8"})})
    (breach,) = judge(plan_of(8, *leaving(2)), GuardsSpec(), others).breaches
    assert (breach.found, breach.earlier, breach.ceiling) == (2, 1, 2)


def test_side_effects_of_earlier_updates_hold_all_updates_and_nothing_else() -> None:
    """However many records are managed; and none fires where there is none to be held.

    Unless one of the records keeps out somebody whom the source has.
    """
    history = RecentRuns(side_effects=frozenset({"t2", "t1"}))
    for some, managed, ceiling, out in product([0, 3], [30, 300], [0, 1, 2], [None, "t1", "t7"]):
        updates = [action(n + 9, Verb.UPDATE, f"name{n}") for n in range(some)]
        allowed = (Allowance("side_effects", ceiling, "me"),) if ceiling else ()
        plan = plan_of(managed, *updates, *leaving(2), allowed=allowed)
        if out is not None:
            back = Outcome(Kind.REHIRE, "", "", "s1", out, (), ())
            plan = replace(plan, outcomes=(*plan.outcomes, back))
        verdict = judge(plan, GuardsSpec(), history)
        assert verdict.fired == (ceiling < 2 and bool(some or out == "t1"))
        assert verdict.blocked == ({each.id for each in updates} if ceiling < 2 else set())
        if verdict.fired:
            (breach,) = verdict.breaches
            assert breach.text.startswith("side_effects: 2 target records were changed")
            assert "(W117): t1, t2;" in breach.text
            assert breach.allow == "--allow side_effects=2"


def test_a_leave_date_that_is_put_right_makes_no_leaver() -> None:
    assert not judge(plan_of(8, *leaving(5, Verb.CORRECT)), GuardsSpec()).fired


def test_who_is_brought_back_is_counted() -> None:
    back = [action(n, Verb.REACTIVATE) for n in range(3)]
    (breach,) = judge(plan_of(8, *back), GuardsSpec()).breaches
    assert (breach.name, breach.found, breach.ceiling) == ("reactivations", 3, 2)
    assert len(breach.blocked) == 3


def strangers(*verbs: Verb) -> Plan:
    actions = tuple(action(7, verb) for verb in verbs)
    reason = Reason(STRANGER, "nothing tells", warning=True)
    outcome = Outcome(Kind.UPDATE, "00007", "", "s7", "t7", (reason,), actions, True)
    return replace(plan_of(8), outcomes=(outcome,))


@pytest.mark.parametrize(
    ("managed", "nobody", "is_held"), [(5, 0, True), (8, 0, False), (8, 3, True)]
)
def test_records_that_show_nobody_do_not_vouch_for_the_source(
    managed: int, nobody: int, is_held: bool
) -> None:
    """Three linked people would leave who are somebody else: more than half of those who show."""
    strange = Reason(STRANGER, "nothing tells", warning=True)
    alone = Reason(ANONYMOUS, "does not show the person")
    leave = [Outcome(Kind.LEAVE, f"{n}", "", f"s{n}", f"t{n}", (strange,), (action(n, Verb.LEAVE),))
             for n in range(3)]  # fmt: skip
    left = [
        Outcome(Kind.UNCHANGED, f"{n}", "", f"s{n}", f"t{n}", (alone,))
        for n in range(3, 3 + nobody)
    ]
    verdict = judge(replace(plan_of(managed), outcomes=(*leave, *left)), GuardsSpec())
    assert ("identities" in [each.name for each in verdict.breaches]) is is_held


def test_who_becomes_somebody_else_is_held_and_let_through_by_name() -> None:
    plan = strangers(Verb.REACTIVATE, Verb.UPDATE)
    (breach,) = judge(plan, GuardsSpec()).breaches
    assert (breach.name, breach.found, breach.ceiling) == ("identities", 1, 0)
    assert breach.blocked == ("reactivate-7", "update-7")
    assert breach.allow == "--allow identities:00007"
    allowed = (Allowance("identities:00007", 1, "me"),)
    assert not judge(replace(plan, allowed=allowed), GuardsSpec()).fired
    other = (Allowance("identities:00008", 1, "me"),)
    assert judge(replace(plan, allowed=other), GuardsSpec()).fired


def test_nobody_is_kept_in_because_they_seem_somebody_else() -> None:
    verdict = judge(strangers(Verb.LEAVE, Verb.UPDATE), GuardsSpec())
    assert verdict.blocked == {"update-7"}


def test_nobody_is_locked_out_by_a_key_that_everything_else_contradicts() -> None:
    plan = strangers(Verb.LEAVE, Verb.UPDATE)
    unlinked = tuple(replace(each, only_by_key=True) for each in plan.outcomes)
    (breach,) = judge(replace(plan, outcomes=unlinked), GuardsSpec()).breaches
    assert breach.blocked == ("leave-7", "update-7")
    assert breach.allow == "--allow identities:00007"


@pytest.mark.parametrize(("now", "fired"), [(0, True), (31, True), (32, False), (41, False)])
def test_a_target_that_shrank_holds_everything_and_says_which(now: int, fired: bool) -> None:
    plan = plan_of(now, action(1, Verb.CREATE), *leaving(1))
    plan = replace(plan, inputs={"target": PlanInput("expensein", "users", {})})
    verdict = judge(plan, GuardsSpec(), RecentRuns(managed=40))
    assert verdict.shrank is fired
    if fired:
        assert verdict.blocked == {"create-1", "leave-0"}
        (breach,) = verdict.breaches
        said = f"target_shrink: expensein users: 40 matched records at the last good run, {now} now"
        assert breach.text.startswith(said)
        assert breach.allow == f"--allow target_shrink={40 - now}"


def reading(had: int, of: int, has: int, now: int, *, key: str = "leave") -> Verdict:
    """Judge a plan: `has` of `now` records state a key, and `had` of `of` did before."""
    plan = plan_of(40, *leaving(1), action(1, Verb.UPDATE))
    read = Read("source", now, True, stated={key: has})
    plan = replace(plan, reads=(read, *plan.reads[1:]))
    return judge(plan, GuardsSpec(), RecentRuns(stated={"source": (of, {"leave": had})}))


@pytest.mark.parametrize(
    ("had", "of", "has", "now", "fired"),
    [
        (10, 10, 4, 10, True),
        (10, 10, 5, 10, False),
        (11, 11, 5, 11, True),
        (9, 9, 0, 9, False),
        (40, 40, 0, 40, True),
        (40, 40, 15, 30, False),
        (40, 40, 14, 30, True),
        (10, 100, 0, 100, True),
        (20, 20, 40, 40, False),
    ],
)
def test_a_key_that_most_records_have_no_more_holds_everything(
    had: int, of: int, has: int, now: int, fired: bool
) -> None:
    verdict = reading(had, of, has, now)
    assert (verdict.fired, verdict.shrank) == (fired, fired)
    if fired:
        assert verdict.blocked == {"leave-0", "update-1"}
        (breach,) = verdict.breaches
        assert breach.name == GONE
        assert breach.allow == f"--allow {GONE}={had * now // of - has}"


@pytest.mark.parametrize(
    ("source", "target", "matched", "named"),
    [
        ((40, 33), (40, 0), 7, {"source_shrink"}),  # the target has lost nobody
        ((40, 40), (40, 0), 0, {"source_shrink"}),
        ((40, 8), (40, 0), 32, set()),  # no more than may be missing
        ((40, 0), (40, 33), 7, set()),  # rows of the target
        ((40, 8), (20, 8), 12, {"target_shrink"}),  # and others are gone
        ((7, 0), (40, 0), 7, {"source_shrink", "target_shrink"}),
    ],
)
def test_records_that_cannot_be_read_are_not_blamed_on_keys_or_the_target(
    source: tuple[int, int], target: tuple[int, int], matched: int, named: set[str]
) -> None:
    """Each is records and how many of them cannot be read; those that can have their keys."""
    reads = tuple(
        Read(name, records, True, stated={"code": records - unread}, unread=unread)
        for name, (records, unread) in (("source", source), ("target", target))
    )
    plan = replace(plan_of(matched, *leaving(1)), reads=reads)
    stated = {name: (40, {"code": 40}) for name in ("source", "target")}
    verdict = judge(plan, GuardsSpec(), RecentRuns({}, 40, 40, stated))
    assert {breach.name for breach in verdict.breaches} == named
    for breach in verdict.breaches:
        unread = source[1] + (target[1] if breach.name == "target_shrink" else 0)
        assert (f"beside {unread} that cannot be read" in breach.text) == bool(unread)


def test_a_key_that_the_mapping_did_not_read_before_is_not_missed() -> None:
    assert not reading(40, 40, 0, 40, key="other").fired


def test_a_person_lets_a_key_go_in_one_plan() -> None:
    plan = plan_of(40, *leaving(1), allowed=(Allowance(GONE, 40, "me"),))
    plan = replace(plan, reads=(Read("source", 40, True, stated={"leave": 0}), *plan.reads[1:]))
    history = RecentRuns(stated={"source": (40, {"leave": 40})})
    assert not judge(plan, GuardsSpec(), history).fired
    few = (Allowance(GONE, 39, "me"),)
    assert judge(replace(plan, allowed=few), GuardsSpec(), history).fired
    every = (Allowance("keys_gone", 40, "me"),)
    assert not judge(replace(plan, allowed=every), GuardsSpec(), history).fired


@given(st.integers(0, 4), st.integers(0, 4))
def test_what_is_said_to_be_held_back_is_as_much_as_is_held(held: int, free: int) -> None:
    plan = plan_of(40, *leaving(held), *(action(9 + n, Verb.UPDATE, f"f{n}") for n in range(free)))
    said = held_back(plan, Verdict((), frozenset(f"leave-{n}" for n in range(held))))
    numbers = [int(each) for each in re.findall(r"\d+", said)]
    assert numbers == (
        [held, held + free] if held and free else [held + free] if held + free else []
    )
    assert said.startswith("All of it") == bool(held and not free)
    assert ("can be applied" in said) == bool(held and free)
