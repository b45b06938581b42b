"""Values that are gone for many people at once, counted beside a model that counts one by one."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.core.records import Record, Snapshot, Value
from oneway.mapping.expressions import Reading
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.profile.read_keys import tallies_of
from oneway.mapping.rows import TargetRow
from oneway.mapping.spec import GuardsSpec
from oneway.planning.breach import Verdict
from oneway.planning.guards import RecentRuns, gone, judge
from oneway.planning.leaving_doubts import as_written, doubted, left_out
from oneway.planning.links import Link
from oneway.planning.plan import Action, Change, Kind, Outcome, Plan, Verb
from oneway.planning.plan_inputs import Allowance, Read
from worlds import World, bound, compiled

Data = dict[str, Any]
SPAN = Span("m.yaml", 1, 1, 1)
TOLD = {"code", "kind", "job.end", "role"}
"""The keys of the source below on whose value something hangs; `mail` is written as it is."""
WORDS = "kind::Contractor"
"""The word whose loss would let people in."""
MAPPING: Mapping[str, Any] = {
    "oneway": 1,
    "name": "gone",
    "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "eligible": [{"id": "staff", "when": "kind != 'Contractor'", "otherwise": "is not staff"}],
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "email": "mail",
        "nick": {"from": "role", "default": "'Employee'"},
    },
    "leavers": {
        "when": "job.end",
        "set": {"leaveDate": "job.end"},
        "left": "leaveDate",
    },
}
BLANKS: Sequence[Value] = (None, "", " ", "\u3000\t", [], {})
VALUES: Sequence[Value] = ("2026-01-31", 0, False, "x", [0], {"a": None}, "Contractor")
ANY = st.sampled_from([*BLANKS, *VALUES])


WORLD = World(MAPPING, Snapshot(()), Snapshot(()), Snapshot(()))
UNCOUNTED = tallies_of(bound(WORLD).code, compiled(WORLD).spec)["source"]
DECLARED = frozenset({("code",), ("kind",), ("job",), ("job", "end"), ("role",)})


def tally(people: Sequence[Data], absent_is_null: bool) -> KeyTally:
    """Return the engine's counts of some source records."""
    reading = Reading(absent_is_null=absent_is_null, declared=DECLARED)
    groups = dict.fromkeys(UNCOUNTED.groups, 0)
    found = KeyTally(UNCOUNTED.side, UNCOUNTED.keys, reading, UNCOUNTED.words, groups=groups)
    for n, each in enumerate(people):
        found.note(Record(str(n), each))
    return found


def has_value(person: Data, key: str, absent_is_null: bool) -> bool:
    """Return whether a person does not say that a key is blank: the model's own reading.

    Of a word, whether they do not say another one, or none.
    """
    key, _, word = key.partition("::")
    if word:
        silent = key not in person and not absent_is_null
        return silent or person.get(key) == word
    value: object = person
    for part in key.split("."):
        if value is None:
            return False
        if not isinstance(value, dict):
            return True  # misshapen: an error where something is decided by it
        if part not in value:
            return not absent_is_null
        value = value[part]
    if isinstance(value, str):
        return value.strip() != ""
    return value not in (None, [], {})


def people(least: int = 0) -> st.SearchStrategy[list[Data]]:
    job = st.one_of(st.none(), st.just("text"), st.just({}), st.fixed_dictionaries({"end": ANY}))
    some = st.fixed_dictionaries(
        {}, optional={"code": ANY, "kind": ANY, "job": job, "role": ANY, "mail": ANY}
    )
    whole = st.fixed_dictionaries(
        {"code": ANY, "kind": ANY, "job": st.fixed_dictionaries({"end": ANY}), "role": ANY}
        | {"mail": ANY}
    )
    return st.lists(some | whole, min_size=least, max_size=9)


@given(people(), st.booleans())
@settings(max_examples=60)
def test_values_are_counted_as_one_by_one(found: list[Data], absent_is_null: bool) -> None:
    counted = tally(found, absent_is_null).valued()
    assert counted == {
        key: sum(has_value(each, key, absent_is_null) for each in found) for key in {*TOLD, WORDS}
    }


def plan_of(found: KeyTally, left: int = 0, allowed: tuple[Allowance, ...] = ()) -> Plan:
    """Return a plan of one update and one leave, made from a read that was counted."""
    actions = [
        Action(verb.value, verb, verb.value, verb.value, (Change("name", "a", "b", "e", SPAN),))
        for verb in (Verb.UPDATE, Verb.LEAVE)
    ]
    outcomes = tuple(
        Outcome(kind, "", "", each.source_id, each.target_id, actions=(each,))
        for kind, each in zip((Kind.UPDATE, Kind.LEAVE), actions, strict=True)
    )
    reads = (
        Read("source", found.records, True, valued=found.valued(), left_out=left),
        Read("target", 0, True),
    )
    as_of = "2026-06-15T00:00:00Z"
    return Plan("m", "m.yaml", "0", as_of, {}, {}, reads, 100, outcomes, (), allowed)


def judged(before: Sequence[Data], plan: Plan, guards: GuardsSpec) -> Verdict:
    return judge(plan, guards, remembering(before))


def remembering(before: Sequence[Data]) -> RecentRuns:
    counted = tally(before, absent_is_null=False)
    return RecentRuns(valued={"source": (counted.records, counted.valued())})


def expected_lost(
    before: Sequence[Data], now: Sequence[Data], left: int, key: str
) -> tuple[int, int]:
    """Return how many records should have a value, and how many of them have none: the model."""
    had = sum(has_value(each, key, False) for each in before)
    have = sum(has_value(each, key, False) for each in now)
    should = (
        min(had - left, had * len(now) // len(before)) if len(now) < len(before) else had - left
    )
    return should, should - have


NIGHTS = st.tuples(people(least=1), people())


@given(NIGHTS, st.integers(0, 4), st.sampled_from([0, 0.1, 0.5, 0.75, 1]))
@settings(max_examples=60)
def test_the_guard_fires_where_the_model_says_so(
    nights: tuple[list[Data], list[Data]], left: int, share: float
) -> None:
    before, now = nights
    plan, guards = plan_of(tally(now, False), left), GuardsSpec(values_gone=share)
    verdict, wanted = judged(before, plan, guards), {}
    for key in (*sorted(TOLD), WORDS):
        if key == WORDS and "values_gone.source.kind" in wanted:
            continue  # what says nothing at all is counted so alone
        should, lost = expected_lost(before, now, left, key)
        if lost > max(2, floor(Fraction(str(share)) * should)):
            wanted[f"values_gone.source.{key}"] = lost
    assert {each.name: each.found for each in verdict.breaches} == wanted
    assert verdict.blocked == ({"update", "leave"} if wanted else frozenset())
    assert verdict.shrank is bool(wanted)
    names = gone(plan.reads, guards, remembering(before), ())
    assert {f"values_gone.{each}" for each in names} == wanted.keys()


WHOLE: Data = {"code": "x", "kind": "Contractor", "job": {"end": "x"}, "role": "x"}


@given(st.integers(3, 9), st.sets(st.sampled_from(["code", "kind", "job", "role"]), min_size=1))
def test_a_person_lets_as_many_values_go_as_they_say(people: int, blank: set[str]) -> None:
    before, now = [WHOLE] * people, [WHOLE | dict.fromkeys(blank)] * people
    verdict = judged(before, plan_of(tally(now, False)), GuardsSpec())
    assert len(verdict.breaches) == len(blank)
    for more, fired in ((0, False), (-1, True)):
        allowed = tuple(Allowance(each.name, each.found + more, "me") for each in verdict.breaches)
        again = judged(before, plan_of(tally(now, False), allowed=allowed), GuardsSpec())
        assert again.fired is fired


@given(people(least=1), st.data())
@settings(max_examples=60)
def test_it_fires_for_nothing_but_values_that_are_gone(
    found: list[Data], data: st.DataObject
) -> None:
    """Not for new records, for values that come or change, or for people who are listed no more.

    A word of a condition that is another one by now is gone.
    """
    now = [*found, *data.draw(people())]
    filled = dict.fromkeys(data.draw(st.sets(st.sampled_from(["code", "role"]))), "y")
    now = [{**each, **filled} for each in now]
    assert not judged(found, plan_of(tally(now, False)), GuardsSpec()).fired
    gone_ = data.draw(st.sets(st.integers(0, len(found) - 1)))
    left = [each for n, each in enumerate(found) if n not in gone_]
    assert not judged(found, plan_of(tally(left, False), len(gone_)), GuardsSpec()).fired


def row(id: str, left: bool) -> TargetRow:
    return TargetRow(id, "", (), left, False, ())


LINKS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["here", "left", "gone"]), st.booleans()),
    unique_by=lambda each: each[0],
)


@given(LINKS, st.sets(st.sampled_from("abcd")))
def test_who_has_left_and_is_listed_no_more_has_lost_nothing(
    links: list[tuple[str, str, bool]], still_in: set[str]
) -> None:
    """Each is a source record, what its target record says, and whether it was there last night."""
    unlisted = [
        Link(id, f"t{id}", "", "2026-01-01", "2026-06-02" if late else "2026-05-01")
        for id, _, late in links
    ]
    targets = [row(f"t{id}", said == "left") for id, said, _ in links if said != "gone"]
    wanted = {id for id, said, late in links if late and (said != "here" or id in still_in)}
    assert left_out(unlisted, targets, still_in, "2026-06-01") == len(wanted)


@given(st.lists(st.sampled_from(["leaveDate", "job", "name", "job.ended"]), max_size=6))
def test_what_the_sync_clears_itself_is_not_gone(cleared: list[str]) -> None:
    written = [
        Action(str(n), Verb.REACTIVATE, None, None, (Change(field, "x", None, "e", SPAN),))
        for n, field in enumerate(cleared)
    ]
    counts = {"leaveDate": 10, "job.end": 10}
    reads = (Read("source", 20, True, valued=counts), Read("target", 20, True, valued=counts))
    source, target = as_written(reads, written)
    assert source.valued == counts
    jobs = cleared.count("job")
    assert target.valued == {"leaveDate": 10 - cleared.count("leaveDate"), "job.end": 10 - jobs}


def test_why_somebody_is_doubted_names_the_fields() -> None:
    (why,) = set(doubted(["a", "b"], ["source.job.end", "references.x.code"]).values())
    assert "'job.end' (source), 'code' (references.x)" in why
    assert not doubted(["a"], [])


@given(st.integers(3, 9), st.integers(0, 40))
def test_leavers_of_whom_the_source_lists_none_any_more(leavers: int, others: int) -> None:
    """It fires where the target still lets them in, as far as their share of the rest tells."""
    staying = [WHOLE | {"job": None}] * others
    before = [WHOLE] * leavers + staying
    assert not judged(before, plan_of(tally(staying, False), leavers), GuardsSpec()).fired
    should = leavers * others // len(before)
    assert judged(before, plan_of(tally(staying, False)), GuardsSpec()).fired is (should > 2)
