"""Another spelling of a word that decides something is no answer; any other word is one."""

import json
from typing import Any
from unicodedata import category, normalize

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from oneway.core.records import Record, Snapshot, Value
from oneway.core.similar_words import spelt
from oneway.core.yes_and_no import NO
from oneway.mapping.functions.values import as_text
from oneway.mapping.record_schema import sure_of
from oneway.planning.access import still_in
from oneway.planning.plan import Kind, Outcome
from worlds import World, bound, planned

WORD = "Contractor"
CONDITIONS = [
    "kind != 'Contractor'",
    "!(kind == 'Contractor')",
    "!one_of(kind, ['Agency', 'Contractor'])",
    "trim(kind) != 'Contractor'",
    "!one_of(kind, split('Agency,Contractor', ','))",
    "kind != trim(' Contractor ')",
    "[kind] != ['Contractor']",
    "index_of(kind, 'Contractor') != `0`",
    "type(kind) == 'string' && kind != 'Contractor'",
    "kind != 'Contractor' && length(kind) > `0`",
    "kind != 'Contractor' && (type(kind) == 'string' || type(kind) == 'number')",
]


def world_of(condition: str, kind: object, *, only: bool = False, there: bool = False) -> World:
    """Return a world of one person, of whom a condition must hold to take part."""
    rule = {"id": "staff", "when": condition, "otherwise": "is not staff"}
    mapping: dict[str, Any] = {
        "oneway": 1,
        "name": "spelt",
        "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "only" if only else "eligible": [rule],
        "fields": {"ref": {"from": "code", "write": "on_create"}},
    }
    users = (Record("t", {"id": "t", "ref": "a", "leaveDate": None}),) if there else ()
    person = Record("s", {"id": "s", "code": "a", "kind": kind})
    return World(mapping, Snapshot((person,)), Snapshot(users), Snapshot(()))


def outcome_of(world: World) -> Outcome:
    (found,) = planned(world).outcomes
    return found


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """Draw the word in letters of another case, with spaces and invisible marks among them."""
    upper = draw(st.lists(st.booleans(), min_size=len(WORD), max_size=len(WORD)))
    letters = [a.upper() if up else a.lower() for a, up in zip(WORD, upper, strict=True)]
    for at in draw(st.lists(st.integers(0, len(WORD)), max_size=3)):
        letters.insert(at, draw(st.sampled_from([" ", "\t", "\u00a0", "\u200b", "\ufeff"])))
    return "".join(letters)


@given(spellings(), st.sampled_from(CONDITIONS), st.booleans())
@settings(max_examples=50)
@example("  c ontractor", "index_of(kind, 'Contractor') != `0`", False)
def test_nobody_is_let_in_by_the_spelling_of_a_word(kind: str, condition: str, only: bool) -> None:
    found = outcome_of(world_of(condition, kind, only=only))
    assert found.kind in (Kind.INELIGIBLE, Kind.IGNORED, Kind.ERROR)
    assert not found.actions


OTHERS = ["Employee", "Contractors", "Sub-Contractor", "Contract", "Kontraktor", "", "7", "C", "A+"]


@given(st.sampled_from(OTHERS) | st.text(max_size=12), st.sampled_from(CONDITIONS))
@settings(max_examples=50)
def test_a_word_that_is_another_one_is_an_answer(kind: str, condition: str) -> None:
    """An ordinary new word changes nothing: also one that is near.

    A blank has no length, and what begins with the word holds it.
    """
    same = "".join(kind.split()).casefold()
    assume(kind or "length" not in condition)
    assume("index_of" not in condition or not kind.startswith(WORD))
    if same not in ("contractor", "agency") and kind.isascii():
        assert outcome_of(world_of(condition, kind)).kind is Kind.CREATE


NOES = [*sorted(NO), "FALSE ", "No", "NEIN", "FALSCH", "na\u0303o", "\u200bno", "\uff2e\uff4f"]


@given(st.sampled_from(NOES), st.sampled_from(["kind", "!kind", "kind || code == 'b'"]))
def test_a_text_that_says_no_is_neither_yes_nor_no(kind: str, asks: str) -> None:
    assert outcome_of(world_of(asks, kind, only=True)).kind is Kind.ERROR
    (listed,) = still_in(planned(leaving(asks, kind)), {}, planned=True)
    assert listed.may_have_left
    assert "of another type than `false`, which the mapping asks for" in listed.why


@given(
    st.sampled_from(["yes", "N.N.", "Noor", "2026-03-31", "00", "x@no.example", 7, True, ["no"]])
)
def test_any_other_value_holds(kind: Value) -> None:
    assert outcome_of(world_of("kind", kind, only=True)).kind is Kind.CREATE


@given(st.sampled_from(NOES))
def test_a_rule_asks_whether_a_value_is_there(kind: str) -> None:
    assert outcome_of(world_of("kind", kind)).kind is Kind.CREATE


@pytest.mark.parametrize("asks", ["to_boolean(kind)", "kind == 'yes'", "kind && kind != 'no'"])
def test_what_says_how_it_is_meant_is_answered(asks: str) -> None:
    assert outcome_of(world_of(asks, "no", only=True)).kind is Kind.IGNORED
    assert outcome_of(world_of(f"!({asks})", "no", only=True)).kind is Kind.CREATE


@given(st.sampled_from(NOES))
def test_so_it_is_within_lists(no: str) -> None:
    for asks in ("kind[?is]", "kind[0].is"):
        assert outcome_of(world_of(asks, [{"is": no}], only=True)).kind in (
            Kind.INELIGIBLE,
            Kind.ERROR,
        )
        assert outcome_of(leaving(asks, [{"is": no}])).kind is Kind.ERROR
        assert outcome_of(leaving(asks, [{"is": "yes"}])).kind is Kind.LEAVE


def test_zero_holds_but_in_who_has_left() -> None:
    assert outcome_of(world_of("kind", 0)).kind is Kind.CREATE
    assert outcome_of(leaving("kind", 0)).kind is Kind.ERROR
    assert outcome_of(leaving("kind", 1)).kind is Kind.LEAVE


@pytest.mark.parametrize("kind", ["contractor", "CONTRACTOR "])
def test_a_spelling_that_the_mapping_names_is_known(kind: str) -> None:
    named = f"kind == '{kind}' || kind != 'Contractor'"
    assert outcome_of(world_of(named, kind)).kind is Kind.CREATE
    held = "starts_with(lower(kind), 'contractor') || kind != 'Contractor'"
    assert outcome_of(world_of(held, kind)).kind is Kind.CREATE


@given(spellings().filter(lambda each: each != WORD))
@settings(max_examples=30)
def test_a_word_in_a_list_that_is_searched_is_checked(kind: str) -> None:
    for condition in ("!one_of('Contractor', kind)", "!contains(kind, 'Contractor')"):
        for kinds in ([kind], ["Agency", kind]):
            assert outcome_of(world_of(condition, kinds)).kind is Kind.INELIGIBLE, condition
        assert outcome_of(world_of(condition, ["Agency"])).kind is Kind.CREATE


CODES = "CA"
"""The words of a status, each of one letter, written as one text."""


@given(st.sampled_from(["c", "C ", " a", "\uff23", "C\u200b"]))
def test_a_word_within_a_text_is_checked(kind: str) -> None:
    """`contains('CA', kind)` asks whether `kind` is one of the letters."""
    for condition in (
        f"kind && !contains('{CODES}', kind)",
        "kind && !starts_with('CA', kind)",
        "kind && !ends_with('AC', kind)",
    ):
        assert outcome_of(world_of(condition, kind)).kind in (Kind.INELIGIBLE, Kind.ERROR)
    assert outcome_of(world_of(f"kind && !contains('{CODES}', kind)", "E")).kind is Kind.CREATE
    assert outcome_of(world_of(f"kind && contains('{CODES}', kind)", "A")).kind is Kind.CREATE


@pytest.mark.parametrize(
    "asks", ["lower(code) == 'a'", "trim(code) == 'a'", "type(kind) == 'string'", "code == 'a'"]
)
@pytest.mark.parametrize("join", ["&&", "||"])
def test_the_check_of_one_value_leaves_that_of_the_next_as_it_is(asks: str, join: str) -> None:
    """A check evaluates the part that a word is compared with, in the midst of a condition."""
    condition = f"{asks} && kind != 'Contractor'"
    if join == "||":
        condition = f"!({asks}) || kind != 'Contractor'"
    assert outcome_of(world_of(condition, "CONTRACTOR")).kind is Kind.INELIGIBLE
    assert outcome_of(world_of(condition, "Employee")).kind is Kind.CREATE


def test_what_all_spellings_pass_names_none() -> None:
    """Also where another condition of the same side asks it."""
    left = {"id": "left", "when": "kind != 'Left'", "otherwise": "has left"}
    for asks in ("type(kind) == 'string'", "length(kind) == `4`", "!is_blank(kind)"):
        world = world_of(asks, "LEFT")
        rules = [*world.mapping["eligible"], left]
        world = World(
            {**world.mapping, "eligible": rules}, world.source, world.target, world.departments
        )
        assert outcome_of(world).kind is Kind.INELIGIBLE, asks


@pytest.mark.parametrize("status", ["left", " Left", "LEFT\u200b"])
def test_a_leaver_by_another_spelling_is_named_and_not_taken_for_employed(status: str) -> None:
    world = world_of("code", None, there=True)
    leavers = {"when": "kind == 'Left'", "set": {"leaveDate": "today()"}, "left": "leaveDate"}
    mapping = {**world.mapping, "leavers": leavers}
    person = Record("s", {"id": "s", "code": "a", "kind": status})
    world = World(mapping, Snapshot((person,)), world.target, world.departments)
    plan = planned(world)
    (found,) = plan.outcomes
    assert (found.kind, found.actions) == (Kind.ERROR, ())
    assert "another spelling of 'Left'" in found.reasons[0].said
    (listed,) = still_in(plan, {}, planned=True)
    assert listed.may_have_left


def test_all_conditions_of_a_side_share_the_checks() -> None:
    """Code that is made of them looks a key up once, for all of them."""
    world = world_of("kind != 'Contractor'", "x")
    mapping = {
        **world.mapping,
        "only": [{"id": "o", "when": "kind != 'Agency'", "otherwise": "is agency"}],
    }
    code = bound(World(mapping, world.source, world.target, world.departments)).code
    checks = {id(each.reading.checks["kind",]) for each in (*code.only, *code.rules)}
    assert len(checks) == 1


UNSEEN = "\x00\x1b\x7f\u00ad\u034f\u115f\u2800\u3164\ufe0f\ufeff\U000e0100"
TEXTS = st.text() | st.text("aA\u00df \t\x1c\u200b\u3000\uff21\u0130\u0131\u2011-" + UNSEEN)


IGNORABLE = {*UNSEEN, *"\u1160\u17b4\u17b5\uffa0\u180f"} | {
    chr(each)
    for ends in ((0x180B, 0x180E), (0xFE00, 0xFE10), (0xE0100, 0xE01F0))
    for each in range(*ends)
}


@given(TEXTS)
def test_what_is_no_matter_of_spelling_is_all_but_case_spaces_and_what_is_invisible(
    text: str,
) -> None:
    """Said again letter by letter: the same for texts of ASCII and for any others."""
    seen = [c for c in text if c.isspace() or (category(c)[0] != "C" and c not in IGNORABLE)]
    plain = normalize("NFKC", normalize("NFKC", "".join(seen)).casefold())
    for one, other in (("i\u0307", "i"), ("\u0131", "i"), ("\u2010", "-"), ("\u2014", "-")):
        plain = plain.replace(one, other)
    assume(not {*plain} & {*"\u2012\u2013\u2015\u2212\u2018\u2019\u02bc\u00b4\u2032"})
    assert spelt(text) == "".join(each for each in plain if not each.isspace())


def spelt_otherwise(word: str) -> st.SearchStrategy[str]:
    """Draw a text that people read as a word, and which is not it."""
    forms = [word.upper(), word.title(), f" {word}", f"{word}\u00a0", normalize("NFD", word)]
    forms += [f"{word[:2]}{each}{word[2:]}" for each in UNSEEN]
    return st.sampled_from([each for each in forms if each != word])


def as_another_type(word: Value) -> list[Value]:
    """Return values that a system may give in place of a word once it types it otherwise."""
    found: list[Value] = [as_text(word), [word], {"value": word}, [{"name": as_text(word)}]]
    if isinstance(word, bool):
        found += [str(word), int(word), str(int(word)), "yes" if word else "No", float(word)]
    elif isinstance(word, int):
        found += [f" {word}", f"{word}.0", str(word).translate({ord("9"): "\uff19"})]
        found += [bool(word)] if word in (0, 1) else []
    elif str(word).isdigit():
        found += [int(str(word)), float(str(word))]
    elif str(word).casefold() in ("true", "yes"):
        found += [True]
    return [each for each in found if each.__class__ is not word.__class__ or each != word]


WORDS: list[Value] = ["inactivit\u00e9", "former", "9", "true", "Yes", True, False, 9, 1, 0]


@st.composite
def words_and_what_is_nearly_one(draw: st.DrawFn) -> tuple[Value, Value]:
    word = draw(st.sampled_from(WORDS))
    other: st.SearchStrategy[Value] = st.sampled_from(as_another_type(word))
    if isinstance(word, str) and not word.isdigit():
        other = other | spelt_otherwise(word)
    return word, draw(other)


def literal(word: Value) -> str:
    return f"`{json.dumps(word, ensure_ascii=False)}`"


COMPARED = [
    "kind == {0}",
    "{0} == kind",
    "kind != {0}",
    "!(kind == {0})",
    "contains([{0}, 'Agency'], kind)",
]


@given(words_and_what_is_nearly_one(), st.sampled_from(COMPARED), st.booleans())
@settings(max_examples=150)
@example(("inactivit\u00e9", "inactivite\u0301"), "kind != {0}", False)
@example(("inactivit\u00e9", "inactivite\u0301"), "contains([{0}, 'Agency'], kind)", True)
def test_what_is_nearly_a_word_decides_nothing(
    pair: tuple[Value, Value], condition: str, only: bool
) -> None:
    """Nobody is let in or kept out in silence by the spelling or the type of a value."""
    word, value = pair
    text = condition.format(literal(word))
    found = outcome_of(world_of(text, value, only=only))
    assert found.kind in (Kind.INELIGIBLE, Kind.ERROR), (text, value, found)
    assert not found.actions
    assert any("kind" in each.said for each in found.reasons)


@given(words_and_what_is_nearly_one(), st.sampled_from(COMPARED[:4]))
def test_who_may_have_left_by_nearly_a_word_is_named(
    pair: tuple[Value, Value], condition: str
) -> None:
    word, value = pair
    (listed,) = still_in(planned(leaving(condition.format(literal(word)), value)), {}, planned=True)
    assert listed.may_have_left


def leaving(condition: str, value: Value) -> World:
    """Return a world of one person who has an account, and leaves on a condition."""
    world = world_of("code", None, there=True)
    leavers = {"when": condition, "set": {"leaveDate": "today()"}, "left": "leaveDate"}
    person = Record("s", {"id": "s", "code": "a", "kind": value})
    mapping = {**world.mapping, "leavers": leavers}
    return World(mapping, Snapshot((person,)), world.target, world.departments)


ANSWERS: list[tuple[str, Value]] = [
    ("kind != `1`", 1.5), ("kind != `true`", False), ("kind != `true`", None), ("kind != '9'", "8"),
    ("kind != `9`", 8), ("kind != `true`", 0), ("kind != '9'", None), ("kind != 'x'", []),
    ("kind != 'x'", ["y"]), ("kind != 'x'", {"x": "y"}), ("kind != '09'", "9"),
    ("kind == `1`", 1.0), ("kind == `true` || kind == 'true'", "true"),
    ("to_text(kind) == '9'", 9), ("kind == `1` || kind == `true`", True),
    ("to_boolean(kind) == `true`", "yes"), ("one_of(kind, ['\u00e9'])", "e\u0301"),
    ("kind != `false` && kind != `0`", 1), ("contains(kind, '9')", ["9"]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "value"), ANSWERS)
def test_what_is_another_value_or_named_in_its_type_is_an_answer(
    condition: str, value: Value
) -> None:
    assert outcome_of(world_of(condition, value)).kind is Kind.CREATE


@given(st.sampled_from(WORDS), st.sampled_from([None, "", 0, 1, True, False, 9, 8.5, "x", "9"]))
def test_what_code_takes_for_sure_passes_the_check(word: Value, value: Value) -> None:
    code = bound(world_of(f"kind != {literal(word)}", None)).code
    check = code.rules[0].reading.checks["kind",]
    for _ in range(2):  # what passed is remembered
        sure = sure_of(check)
        assert sure is not None
        taken = value.__class__.__name__ in sure.classes or (value is None and sure.null)
        taken = taken or (value.__class__ is str and value in (sure.words or ()))
        taken = taken or (isinstance(value, str) and sure.fits is not None and sure.fits(value))
        assert not (taken and check(value))
        before = check(value)
        assert check(value) == before
