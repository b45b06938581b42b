"""Plans as files: what is read is what was written, or it is refused."""

import dataclasses
import json
import os
from operator import itemgetter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oneway.core.compare import Compare
from oneway.core.diagnostics import Refused, Span
from oneway.core.seal import Sealed, canonical
from oneway.documents.schema_check.files import schema_data
from oneway.planning import plan as plans
from oneway.planning import plan_inputs, quiet_outcomes
from oneway.planning.plan import Action, Change, Claim, Kind, Outcome, Plan, Verb
from oneway.planning.plan_file import Proof, dump, fingerprint, load, save
from oneway.planning.plan_file.shape import json_path
from oneway.planning.plan_inputs import PlanInput
from oneway.planning.quiet_outcomes import OutcomesInRuns, PassedOver, QuietRun, QuietTexts

words = st.text(st.characters(exclude_categories=()), max_size=6).filter(
    lambda text: text == json.loads(json.dumps(text))  # two halves of one character become one
)
ids = st.none() | words
counts = st.integers(0, 10**6)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
keys = words | st.just("sealed")
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
    max_leaves=4,
)
contents = values | st.builds(Sealed, words)
places = st.builds(Span, words, counts, counts, counts)


def many(each: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=2).map(tuple)


changes = st.builds(Change, words, contents, contents, words, places)
claims = st.builds(Claim, words, contents, st.sampled_from(Compare))
actions = st.builds(
    Action, words, st.sampled_from(Verb), ids, ids, many(changes), many(claims), many(words), words
)
reasons = st.builds(plans.Reason, words, words, st.none() | places, many(words), st.booleans())
outcomes = st.builds(
    Outcome,
    *(st.sampled_from(Kind), words, words, ids, ids),
    *(many(reasons), many(actions), st.booleans()),
)
names = words | st.sampled_from(["],[", 'false],["', "],\n["])
quiet = st.builds(plans.Quiet, names, words, names, words, st.booleans())
inputs = st.builds(
    PlanInput, words, words, st.dictionaries(words, words, max_size=2), st.none() | words
)
any_plan = st.builds(
    Plan,
    *(words, words, words, words),
    settings=st.dictionaries(words, values, max_size=2),
    connection=st.none() | st.builds(plan_inputs.PlanConnection, words, words),
    inputs=st.dictionaries(words, inputs, max_size=2),
    reads=many(st.builds(plan_inputs.Read, words, counts, st.booleans(), many(words))),
    managed=counts,
    outcomes=many(outcomes | quiet.map(lambda each: each.outcome)),
    matched_by=many(st.builds(plans.KeyCount, words, counts)),
    remarks=many(st.builds(plans.Reason, words, words, st.none() | places)),
    misses=many(st.builds(plans.Miss, words, words, counts, counts, words, many(words))),
    allowed=many(st.builds(plan_inputs.Allowance, words, counts, words)),
    names=st.dictionaries(words, st.dictionaries(words, words, max_size=2), max_size=2),
)
PLACE = Span("mappings/a:b.yaml", 21, 5, 24)
PLAN = Plan(
    mapping="acme",
    mapping_file="mappings/acme.yaml",
    mapping_digest="d" * 64,
    as_of="2026-03-31T04:00:00+00:00",
    settings={"include_bank_details": True},
    connection=plan_inputs.PlanConnection("acme", "connections/acme.yaml"),
    inputs={
        "source": PlanInput("staffology", "employees", {"employer": "1"}),
        "target": PlanInput("expensein", "users", {"id": "id", "types": ""}, "users.csv"),
    },
    reads=(plan_inputs.Read("source", 1, True),),
    managed=1,
    names={"departmentId": {"13": "OPS"}},
    matched_by=(plans.KeyCount("reference", 0), plans.KeyCount("email", 1)),
    remarks=(plans.Reason("M254", "nobody loses access", warning=True),),
    outcomes=(
        Outcome(
            *(Kind.UPDATE, "E1", "Zoë Example", "s1", "t1"),
            actions=(
                Action(
                    *("a1", Verb.UPDATE, "s1", "t1"),
                    changes=(
                        Change("firstName", "Zoe", "Zoë", "personalDetails.firstName", PLACE),
                        Change("bankDetails", Sealed("b" * 64), Sealed("c" * 64), "bank", PLACE),
                        Change("odd", {"sealed": "text"}, None, "odd", PLACE),
                    ),
                ),
            ),
        ),
        Outcome(Kind.UNCHANGED, "E2", "Ann Example", "s2", "t2"),
    ),
)  # fmt: skip
DATA = dump(PLAN).encode()


def codes(data: bytes) -> list[str]:
    with pytest.raises(Refused) as caught:
        load(data, "a.plan")
    assert all(d.span.file == "a.plan" and d.summary and d.help for d in caught.value.diagnostics)
    return [d.code for d in caught.value.diagnostics]


def signed(content: dict[str, Any]) -> bytes:
    """Return a plan file over any content, with the fingerprint that belongs to it."""
    content.pop("fingerprint", None)
    digest = plans.hashlib.sha256(canonical(content).encode()).hexdigest()
    return json.dumps({**content, "fingerprint": digest}).encode()


@given(any_plan)
@settings(max_examples=150)
def test_what_is_loaded_is_what_was_dumped(plan: Plan) -> None:
    text = dump(plan)
    again = load(text.encode("ascii"), "a.plan")
    assert again == plan
    assert dump(again) == text
    assert json.loads(text)["fingerprint"] == fingerprint(plan) == fingerprint(again)


any_proof = st.none() | st.builds(Proof, *(st.text(max_size=3) for _ in dataclasses.fields(Proof)))


@given(any_plan, any_proof)
@settings(max_examples=40)
def test_every_dumped_plan_has_the_shape_of_the_schema(plan: Plan, proof: Proof | None) -> None:
    VALIDATOR.validate(json.loads(dump(plan, proof)))


@given(any_plan, any_plan)
@settings(max_examples=60)
def test_equal_plans_and_only_they_have_one_fingerprint(left: Plan, right: Plan) -> None:
    assert (fingerprint(left) == fingerprint(right)) == (dump(left) == dump(right))


@given(any_plan, st.integers(1, 3))
@settings(max_examples=60)
def test_a_fingerprint_is_the_same_for_some_outcomes_at_a_time(plan: Plan, some: int) -> None:
    with patch("oneway.planning.plan_file.outcome_text._AT_A_TIME", some):
        assert fingerprint(plan) == json.loads(dump(plan))["fingerprint"]


def text_of(content: dict[str, Any]) -> str:
    """Return what the file of a plan looks like: a line for each item of a list."""
    lines = {
        key: "[\n" + ",\n".join(map(canonical, value)) + "\n]"
        if isinstance(value, list) and value
        else canonical(value)
        for key, value in content.items()
    }
    return "{\n" + ",\n".join(f'"{key}": {lines[key]}' for key in sorted(lines)) + "\n}\n"


@given(any_plan, st.lists(st.lists(quiet, min_size=1, max_size=3), max_size=4), st.integers(1, 3))
@settings(max_examples=80)
def test_a_file_has_a_line_for_each_record(
    plan: Plan, runs: list[list[plans.Quiet]], some: int
) -> None:
    outcomes = OutcomesInRuns([*plan.outcomes, *map(QuietRun.of, runs)])
    proof = Proof("2026-03-31T04:00:00Z", "0f")
    for each in (plan, dataclasses.replace(plan, outcomes=outcomes)):
        with patch("oneway.planning.plan_file.outcome_text._AT_A_TIME", some):
            text = dump(each, proof)
        assert text == text_of(json.loads(text))
        assert load(text.encode(), "a.plan") == each


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
@settings(max_examples=400)
def test_a_flipped_byte_never_loads_as_another_plan(at: int, flip: int) -> None:
    spoiled = DATA[:at] + bytes([DATA[at] ^ flip]) + DATA[at + 1 :]
    try:
        assert load(spoiled, "a.plan") == PLAN
    except Refused as refused:
        assert refused.diagnostics  # noqa: PT017  # either is right


@given(st.integers(0, len(DATA) - 2))
def test_a_torn_plan_is_refused(at: int) -> None:
    assert codes(DATA[:at]) == ["P101" if at else "P102"]


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert codes(data) in (["P101"], ["P102"])


@given(st.data())
@settings(max_examples=200)
def test_a_plan_of_another_shape_is_refused(data: st.DataObject) -> None:
    content = json.loads(DATA)
    holder, key = data.draw(st.sampled_from(list(spots(content))))
    holder[key] = data.draw(values)
    file = signed(content)
    try:
        plan = load(file, "a.plan")
    except Refused as refused:
        assert {d.code for d in refused.diagnostics} <= {"P102", "P103", "P105", "P109"}  # noqa: PT017
    else:
        assert json.loads(dump(plan)) == json.loads(file)
        VALIDATOR.validate(json.loads(file))


def spots(data: Any) -> Any:
    """Yield every place in JSON data as its holder and key."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in list(pairs):
        yield data, key
        if isinstance(value, dict | list):
            yield from spots(value)


VALIDATOR = Draft202012Validator(schema_data("plan"))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c["outcomes"][0].update(kind="delete"), "$.outcomes[0].kind"),
        (lambda c: c["outcomes"][0].pop("label"), "'label'"),
        (lambda c: c["outcomes"][0].update(extra=1), "extra"),
        (lambda c: c["outcomes"][1].pop(), "$.outcomes[1]"),
        (lambda c: c["outcomes"][1].append("x"), "$.outcomes[1]"),
        (lambda c: c["outcomes"][1].__setitem__(4, 0), "$.outcomes[1][4]"),
        (lambda c: c.update(managed=True), "$.managed"),
        (lambda c: c.update(managed=-1), "$.managed"),
        (lambda c: c.update(outcomes={}), "$.outcomes"),
        (lambda c: c["counts"].update(create=1), "counts"),
        (lambda c: c["reads"][0].update(complete="yes"), "$.reads[0].complete"),
        (lambda c: c["outcomes"][0]["actions"][0]["changes"][0].update(place="a"), "place"),
        (lambda c: c["outcomes"][0]["actions"][0]["changes"][0].update(place="a:01:2:3"), "place"),
        (lambda c: c["outcomes"][0]["actions"][0]["changes"][0].update(after={}), "after"),
        (lambda c: c["outcomes"][0]["actions"][0]["changes"][0].update(after="Zoë"), "after"),
        (lambda c: c.update(settings=[["a", 1]]), "$.settings"),
    ],
)
def test_a_wrong_shape_is_told_by_its_path(edit: Any, words: str) -> None:
    content = json.loads(DATA)
    edit(content)
    with pytest.raises(Refused, match="P105") as caught:
        load(signed(content), "a.plan")
    assert words in caught.value.diagnostics[0].summary


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "P102"),
        (b"oneway: 1\n", "P102"),
        (b"[1, 2]", "P102"),
        (b'{"oneway_plan": true}', "P102"),
        (b'{"oneway_plan": 0}', "P102"),
        (b'{"name": "a mapping"}', "P102"),
        (b'{"oneway_plan": 4, "of": "the future"}', "P103"),
        (b'{"oneway_plan": 2}', "P109"),
        (b'{"oneway_plan": 3}', "P104"),
        (b'{"oneway_plan": 3, "n": NaN}', "P101"),
        (b'{"oneway_plan": 3, "n": 1e999}', "P105"),
        (b'{"oneway_plan": 3, "n": ' + b"[" * 9000 + b"]" * 9000 + b"}", "P101"),
        (b'{"oneway_plan": 3, "n": ' + b"[" * 400 + b"]" * 400 + b"}", "P101"),
        (DATA.replace(b"Zoe", b"Bob"), "P104"),
        (DATA.replace(b"Zoe", "Zoé".encode()), "P101"),
        (b"\xef\xbb\xbf" + DATA, "P102"),
        (DATA + DATA, "P101"),
    ],
)
def test_each_kind_of_damage_has_its_own_code(data: bytes, code: str) -> None:
    assert codes(data) == [code]


def test_a_plan_beyond_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oneway.planning.plan_file.MAX_SIZE", 1000)
    assert codes(DATA) == ["P108"]


def test_a_value_that_no_plan_can_hold_is_refused() -> None:
    deep, deeper = json.loads("[" * 410 + "]" * 410), []
    for _ in range(5000):
        deeper = [deeper]
    for value in (deep, deeper, float("nan")):
        with pytest.raises(Refused, match="P105"):
            dump(dataclasses.replace(PLAN, settings={"a": value}))


def nested(depth: int) -> Any:
    return json.loads("[" * depth + "]" * depth)


@pytest.mark.parametrize(("settings", "outcomes"), [(397, 0), (0, 391)])
def test_a_plan_nests_as_deep_as_one_is_read(tmp_path: Path, settings: int, outcomes: int) -> None:
    def with_depth(more: int) -> Plan:
        change = Change("a", None, nested(outcomes + more), "a", PLACE)
        action = Action("a1", Verb.UPDATE, "s1", "t1", (change,))
        outcome = Outcome(Kind.UPDATE, "E1", "", "s1", "t1", actions=(action,))
        deep = {"a": nested(settings + more)}
        return dataclasses.replace(PLAN, settings=deep, outcomes=(outcome,))

    path = tmp_path / "a.plan"
    save(with_depth(1), path)
    assert load(path.read_bytes(), "a.plan") == with_depth(1)
    with pytest.raises(Refused, match="P105"):
        save(with_depth(2), path)
    assert load(path.read_bytes(), "a.plan") == with_depth(1)
    assert os.listdir(tmp_path) == ["a.plan"]


def test_a_plan_is_saved_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.plan"
    path.write_text("old")
    path.chmod(0o666)
    save(PLAN, path)
    assert path.stat().st_mode & 0o7777 == 0o600
    assert load(path.read_bytes(), str(path)) == PLAN
    assert os.listdir(tmp_path) == ["a.plan"]


@pytest.mark.parametrize("name", ["none/a.plan", "folder", "nul\0.plan"])
def test_a_plan_that_cannot_be_saved_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").touch()
    with pytest.raises(Refused, match="P107"):
        save(PLAN, tmp_path / name)
    assert os.listdir(tmp_path) == ["folder"]


def test_every_field_of_a_plan_is_in_the_file() -> None:
    """Whoever adds a field to a plan adds it here: nothing of it may be lost on the way."""
    definitions = schema_data("plan")["$defs"]
    for name in (
        "PlanInput",
        "PlanConnection",
        "Read",
        "Outcome",
        "Reason",
        "Action",
        "Change",
        "Claim",
        "Miss",
        "KeyCount",
        "Allowance",
    ):
        fields = {field.name for field in dataclasses.fields(getattr(plans, name))}
        assert fields == set(definitions[name]["properties"]), name
    flat = set(json.loads(dump(PLAN))) - {"mapping", "oneway_plan", "counts", "fingerprint"}
    fields = {field.name for field in dataclasses.fields(Plan) if field.compare}
    assert flat | {"mapping", "mapping_file", "mapping_digest"} == fields


def test_the_schema_is_one_and_knows_all_words() -> None:
    schema = schema_data("plan")
    Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["Outcome"]["properties"]["kind"]["enum"] == [k.value for k in Kind]
    assert schema["$defs"]["Action"]["properties"]["verb"]["enum"] == [v.value for v in Verb]
    assert schema["$defs"]["Claim"]["properties"]["compare"]["enum"] == [c.value for c in Compare]
    for definition in (schema, *schema["$defs"].values()):
        assert definition["title"]
        assert definition["description"]


def test_paths_are_written_as_people_write_them() -> None:
    assert json_path(("outcomes", 3, "kind")) == "$.outcomes[3].kind"


def test_nothing_sealed_is_shown() -> None:
    assert "b" * 64 not in repr(PLAN)


@given(st.data())
def test_outcomes_that_were_passed_over_are_written_as_any_others(data: st.DataObject) -> None:
    found = data.draw(st.lists(quiet, max_size=12, unique_by=lambda each: each[:2]))
    ordered = sorted(found)
    some = data.draw(st.sets(st.sampled_from(range(len(ordered))))) if ordered else set()
    new = data.draw(st.lists(quiet, max_size=3, unique_by=lambda each: each[:2]))
    new = [each for each in new if each[:2] not in {other[:2] for other in ordered}]
    told = [Outcome(Kind.UPDATE, e.key, e.label, e.source_id, e.target_id) for e in new]
    with patch.object(quiet_outcomes, "_AT_A_TIME", data.draw(st.sampled_from([1, 2, 1000]))):
        kept = QuietTexts.of(ordered)
    read = [ordered[at] for at in sorted(some)]
    runs = data.draw(st.lists(st.lists(quiet, min_size=1, max_size=3), max_size=4))
    together = plans.Outcomes([each for run in runs for each in run])
    apart = OutcomesInRuns(list(map(QuietRun.of, runs)))
    assert len(apart) == len(together)
    one, other = (dataclasses.replace(PLAN, outcomes=each) for each in (apart, together))
    assert (fingerprint(one), dump(one), one) == (fingerprint(other), dump(other), other)
    people = sorted([*read, *((e.key, e.source_id or "", e) for e in told)], key=itemgetter(0, 1))
    with patch.object(quiet_outcomes, "_APART", data.draw(st.sampled_from([1, 2, 5, 64]))):
        partly = PassedOver(kept, some).beside(people, ())
    everybody = [*ordered, *(each for each in people if not isinstance(each, plans.Quiet))]
    everybody.sort(key=itemgetter(0, 1))
    whole = plans.Outcomes([e if isinstance(e, plans.Quiet) else e[2] for e in everybody])
    one, other = (dataclasses.replace(PLAN, outcomes=each) for each in (partly, whole))
    assert len(partly) == len(partly.parts) == len(other.outcomes)
    assert one == other
    assert fingerprint(one) == fingerprint(other)
    assert dump(one) == dump(other)
    assert fingerprint(load(dump(one).encode(), "plan.json")) == fingerprint(one)
