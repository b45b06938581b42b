"""Proving: seeded faults are found, sound mappings pass, and what is found replays as a test."""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from oneway.render import proving as render
from oneway.render.style import Style
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving.choice import choose
from oneway.runs.proving.laws import BrokenLaw
from oneway.runs.proving.prove import Sameness, VersionComparison, maker_of, prove, same
from proving.faults import (
    AS_OF,
    FAULTS,
    LEAVE,
    SOUND,
    TEST,
    compiled,
    mapping_test,
    records,
    replays,
)

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [
    each
    for each in sorted((ROOT / "mappings").rglob("*.yaml"))
    if not each.name.endswith(".test.yaml") and each.parent.name != "connections"
]
FEW = 600
"""Situations: all single classes and many pairs of the mapping below."""


def broken(text: str, test: MappingTest | None, most: int = FEW) -> dict[str, BrokenLaw]:
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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("email: {from: lower(email), compare: ignore_case}", "email: {from: lower(email)}"),
        ("reference: {from: code, write: on_create}", "reference: {from: code, write: if_empty}"),
        ("target: reference}", "target: reference, compare: ignore_case}"),
    ],
)
def test_a_key_that_the_target_lacks_or_spells_otherwise_is_tried(one: str, other: str) -> None:
    """Found by another key, beside which it stands."""
    key = "  - {source: code, target: reference}\n"
    more = "  - {source: lower(email), target: email, compare: ignore_case}\n"
    both = SOUND.replace(key, key + more)
    assert one in both
    test = mapping_test(TEST)
    found = same(compiled(both), compiled(both.replace(one, other)), AS_OF, test, 2 * FEW)
    assert found.person is not None
    assert found.case is not None


ONLY = "only: [{id: kind, when: type != 'Contractor', otherwise: Not for us}]\n"
RECORD = """, record: {type: object, additionalProperties: true,
  properties: {type: {type: string, enum: [Contractor, Employee]}}}}"""


@pytest.mark.parametrize("field", ["name: name", "pay: parse_number(pay, ',')"])
def test_the_usual_record_is_of_a_person_whom_the_sync_is_for(field: str) -> None:
    """Though the first word is one that `only` leaves out, and nothing of such a record fails."""
    name = "name: join(' ', [first || '', last || ''])"
    mapping = SOUND.replace(name, field).replace(
        "options: {id: code}}", f"options: {{id: code}}{RECORD}"
    )
    assert "the usual syncs" not in broken(mapping.replace("eligible:", f"{ONLY}eligible:"), None)


def test_the_shipped_examples_keep_their_laws() -> None:
    for path in SHIPPED:
        mapping = compile_data(path.read_bytes(), str(path), ())[0]
        beside = path.with_name(f"{path.stem}.test.yaml")
        for test in (None, load_test(beside.read_bytes(), str(beside))):
            assert prove(mapping, AS_OF, test, FEW).broken == (), path.name


LEAVING = [
    # who has left, by one value, by either of two, and by two at once
    "status == 'Left'",
    "status == 'Left' || status == 'Gone'",
    "iif(leaveDate, is_past(leaveDate), status == 'Left')",
    "status == 'Left' && is_past(leaveDate)",
]


def kept(when: str, rules: int, fault: int) -> str:
    """Return a mapping of many fields and rules, of which one keeps leavers as well."""
    head, rest = SOUND.split("eligible:")[0], SOUND[SOUND.index("fields:") :]
    text = f"{head}eligible:\n"
    for number in range(rules):
        also = ", leavers" if number == fault else ""
        words = " || ".join(f"word{number} == '{each}'" for each in "abc")
        rule = f"id: rule{number}, when: {words}, otherwise: Other, for: [joiners, movers{also}]"
        text += f"  - {{{rule}}}\n"
    for number in range(2 - rules):
        rest = rest.replace("fields:\n", f"fields:\n  also{number}: also{number}\n")
    return text + rest.replace("status == 'Left'", f'"{when}"')


@pytest.mark.parametrize(("when", "rules"), [*zip(LEAVING, (3, 1, 1, 3), strict=True)])
def test_a_rule_that_keeps_leavers_is_found_though_not_all_pairs_are_tried(
    when: str, rules: int
) -> None:
    for fault in {0, rules - 1}:
        proof = prove(compiled(kept(when, rules, fault)), AS_OF, None, 1_200)
        assert proof.bound.pairs < proof.bound.of_pairs
        assert LEAVE in [each.law for each in proof.broken], (fault, proof.bound)


def test_a_rule_that_keeps_leavers_is_found_by_default_and_same_shows_it() -> None:
    faulty = kept(LEAVING[2], 2, 1)
    sound = faulty.replace("[joiners, movers, leavers]", "[joiners, movers]")
    assert LEAVE in [each.law for each in prove(compiled(faulty), AS_OF, None).broken]
    found = same(compiled(sound), compiled(faulty), AS_OF, None)
    assert found.person is not None
    assert found.person.turn == ("leave", "ineligible")


def test_the_pairs_of_what_decides_are_tried_first_with_each_kind_of_target_record() -> None:
    text = kept(LEAVING[1], 4, 0)
    maker = maker_of(compiled(text), AS_OF, None)
    chosen = choose(maker, 1_200)
    tried = {
        (each.user, frozenset(change.text for change in each.changes)) for each in chosen.situations
    }
    ways = [f"source status is {word!r}" for word in ("Left", "Gone")]
    failed = [{t for _, texts in tried for t in texts if f"word{n} is" in t} for n in range(4)]
    for way in ways:
        for fails in failed:
            for user in ("none", "agrees", "left", "other"):
                assert any((user, frozenset((way, fail))) in tried for fail in fails), (way, user)
    for one, other in combinations(range(4), 2):
        both = [{a, b} for a in failed[one] for b in failed[other]]
        assert any(("none", frozenset(each)) in tried for each in both)


def test_what_was_not_tried_is_said() -> None:
    few = prove(compiled(SOUND), AS_OF, mapping_test(TEST), FEW)
    whole = choose(maker_of(compiled(SOUND), AS_OF, mapping_test(TEST)), few.bound.of_pairs)
    assert few.bound.pairs < few.bound.of_pairs == whole.pairs == whole.of_pairs
    said = " ".join(render.text(few, Style()).split())
    assert f"{few.bound.pairs:,} of {few.bound.of_pairs:,} pairs of" in said
    assert "--situations tries more" in said
    all_ = replace(few, bound=replace(few.bound, pairs=whole.pairs))
    assert f": all {whole.pairs:,} pairs of" in render.text(all_, Style())


def test_what_is_the_same_in_a_sample_is_not_called_the_same_for_every_record() -> None:
    treated = same(compiled(SOUND), compiled(SOUND), AS_OF, None, FEW)
    found = VersionComparison(Sameness.UNDECIDED, ("no solver is installed",), treated)
    said = render.same_text(found, Style())
    assert said.startswith("no difference in ")
    assert "every record" not in said
    assert render.same_as_json(found)["same"] is None


def test_a_leave_that_repairs_a_record_may_be_followed_by_an_update() -> None:
    """A date that is `true` makes `left` fail: the other fields wait until the leave is written."""
    text = """\
oneway: 1
name: people
source: {connector: file, resource: p.json}
target: {connector: file, resource: t.json}
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  email: {from: email, compare: ignore_case}
leavers: {when: status == 'Former', set: {leaveDate: leave || today()}, left: is_past(leaveDate)}
"""
    assert "settles" not in broken(text, None, 20 * FEW)
