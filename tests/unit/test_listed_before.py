"""What the next run must know about records that were listed, and which answers end a listing."""

from oneway.core.records import Record, Snapshot
from oneway.planning.access import StillIn, still_in
from oneway.planning.links import LinkEvidence
from oneway.planning.listed_before import carried_on
from worlds import World, planned

BOTH = frozenset({"s0", "s1"})
MAPPING = {
    "oneway": 1,
    "name": "listed",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": {"from": "code", "write": "on_create"}, "fullName": "name"},
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    },
}


def test_a_record_that_is_listed_for_one_of_two_may_still_belong_to_the_other() -> None:
    one = StillIn("A", "Ann", "s0", "t0", "the target refused it")
    assert carried_on({"t0": BOTH}, [one], frozenset()) == {"t0": frozenset({"s1"})}
    assert carried_on({"t0": BOTH}, [], frozenset()) == {"t0": BOTH}
    assert carried_on({"t0": BOTH}, [], frozenset({"t0"})) == {}


def test_an_answer_of_somebody_whose_words_nobody_noted_ends_no_listing() -> None:
    """A word that only they have may be a new word for leavers."""
    person = Record("s0", {"code": "A", "name": "Ann", "status": "Out"})
    user = Record("t0", {"ref": "A", "fullName": "Ann", "state": "on"})
    world = World(MAPPING, Snapshot((person,)), Snapshot((user,)), Snapshot(()))
    for unasked, listed in ((frozenset({"s0"}), ["t0"]), (frozenset[str](), [])):
        evidence = LinkEvidence(before={"t0": frozenset({"s0"})}, unasked=unasked)
        found = still_in(planned(world, evidence=evidence), {}, planned=True)
        assert [each.target_id for each in found] == listed
