"""Proving: seeded faults are found, sound mappings pass, and what is found replays as a test."""

import json
from pathlib import Path

import pytest

from oneway.render import proving as render
from oneway.runs.compilation import compile_data
from oneway.runs.mapping_tests import MappingTest, load_test
from oneway.runs.proving import Breaking, prove, same
from proving.faults import AS_OF, FAULTS, SOUND, TEST, compiled, mapping_test, records, replays

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [
    each
    for each in sorted((ROOT / "mappings").rglob("*.yaml"))
    if not each.name.endswith(".test.yaml") and each.parent.name != "connections"
]
FEW = 600
"""Situations: all single classes and many pairs of the mapping below."""


def broken(text: str, test: MappingTest | None, most: int = FEW) -> dict[str, Breaking]:
    return {each.law: each for each in prove(compiled(text), AS_OF, test, most).broken}


def test_a_sound_mapping_passes() -> None:
    assert broken(SOUND, mapping_test(TEST)) == {}


@pytest.mark.parametrize(("good", "bad", "law"), FAULTS, ids=range(len(FAULTS)))
def test_a_seeded_fault_is_found(good: str, bad: str, law: str) -> None:
    assert SOUND.count(good) == 1
    found = broken(SOUND.replace(good, bad), mapping_test(TEST), FEW)
    assert law in found, found


def test_what_breaks_a_law_is_at_most_two_records_and_replays_as_a_test() -> None:
    mapping = SOUND.replace("when: status == 'Left'", "when: '!status'")
    proof = prove(compiled(mapping), AS_OF, mapping_test(TEST), FEW)
    assert proof.broken
    assert all(records(each) <= 2 for each in proof.broken)
    assert replays(proof, mapping)


def test_a_proof_is_the_same_each_time_and_says_how_far_it_looked() -> None:
    first, second = (prove(compiled(SOUND), AS_OF, None, FEW) for _ in range(2))
    assert render.as_json(first) == render.as_json(second)
    assert FEW // 2 < first.bound.situations <= FEW
    assert json.dumps(render.as_json(first))


SAME = [
    ("first || ''", "(first || '')"),
    ("when: status == 'Left'", "when: \"'Left' == status\""),
    ("when: status == 'Left'", "when: \"!(status != 'Left')\""),
    ("lower(email)", "lower(lower(email))"),
    ("when: email,", "when: email && email,"),
    ("when: email,", "when: '!(!email)',"),
    ("last || ''", "last || '-'"),  # nobody without a last name syncs
]
DIFFERENT = [
    ("status == 'Left'", "status == 'Gone'"),
    ("compare: ignore_case", "compare: exact"),
    ("lower(email)", "email"),
    ("first || ''", "first || '-'"),
    ("{unless_taken: [email]}", "{create: false}"),
    ("lookup: teams", "lookup: teams, on_miss: clear"),
    ("is_past(leaveDate)", "leaveDate"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_rewrites_that_keep_the_meaning_are_the_same(one: str, other: str) -> None:
    assert one in SOUND
    found = same(compiled(SOUND), compiled(SOUND.replace(one, other)), AS_OF, None, FEW)
    assert found.situation is None


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_an_edit_is_shown_by_a_record_that_is_treated_differently(one: str, other: str) -> None:
    assert one in SOUND
    found = same(compiled(SOUND), compiled(SOUND.replace(one, other)), AS_OF, None, 2 * FEW)
    assert found.situation is not None
    assert found.person is not None


def test_the_shipped_examples_keep_their_laws() -> None:
    for path in SHIPPED:
        mapping = compile_data(path.read_bytes(), str(path), ())[0]
        beside = path.with_name(f"{path.stem}.test.yaml")
        for test in (None, load_test(beside.read_bytes(), str(beside))):
            assert prove(mapping, AS_OF, test, FEW).broken == (), path.name
