"""What `explain` says of each rule is what the interpreter said, and it asked what it answers."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from made import made

from oneway.core.records import Record
from oneway.inspect.explain import explain
from oneway.mapping.interpreter import Interpreted

MAPPING = """
oneway: 1
name: m
source: {connector: payroll, resource: employees}
target: {connector: expenses, resource: users}
match:
  - {source: code, target: reference}
only:
  - {id: kind, when: kind == 'staff', otherwise: Not staff}
  - {id: site, when: site != 'abroad', otherwise: Abroad}
out_of_scope: SCOPE
eligible:
  - {id: email, when: email, otherwise: Email is missing}
  - {id: site, when: site == 'home', otherwise: Not at home, for: [joiners]}
  - {id: number, when: "to_integer(number) > `3`", otherwise: Too low, for: [movers]}
  - {id: kind, when: kind == 'staff' && !email, otherwise: Has an email, for: LEAVERS}
fields:
  reference: {from: code, write: on_create}
  email: {from: email, when: site == 'home'}
leavers:
  when: status == 'gone'
  set: {active: "`false`"}
  left: active == `false`
"""


@dataclass(frozen=True, slots=True)
class Listening(Interpreted):
    """An interpreter that remembers each expression that it evaluates."""

    heard: list[str] = field(default_factory=list)

    def _answer(self, expression, record):
        self.heard.append(expression.text)
        return Interpreted._answer(self, expression, record)


words = {
    "code": st.sampled_from(["1", "2", "3", "", None]),
    "kind": st.sampled_from(["staff", "staff", "temp", "", None]),
    "site": st.sampled_from(["home", "abroad", None]),
    "email": st.sampled_from(["a@example.com", "", None]),
    "number": st.sampled_from([1, "5", "five", None]),
    "status": st.sampled_from(["here", "here", "gone", None, 7]),
}
people = st.fixed_dictionaries({}, optional=words)
troubles = st.sampled_from(["", "", "", "", "a torn line"])


records = st.lists(st.tuples(people, troubles), max_size=4).map(
    lambda found: [
        Record(f"s{i}", data, problem=problem) for i, (data, problem) in enumerate(found)
    ]
)
users = st.lists(
    st.fixed_dictionaries(
        {"reference": st.sampled_from(["1", "2", "3"]), "email": st.just("a@example.com")},
        optional={"active": st.booleans()},
    ),
    max_size=3,
).map(lambda found: [Record(str(i), data) for i, data in enumerate(found)])


@given(
    records,
    users,
    st.sampled_from(["ignore", "leave"]),
    st.sampled_from(["[joiners]", "[joiners, movers, leavers]"]),
    st.booleans(),
)
def test_no_rule_is_said_to_hold_that_does_not_or_was_not_asked(
    source, target, scope, leavers, leaves_out_nulls
):
    text = MAPPING.replace("SCOPE", scope).replace("LEAVERS", leavers)
    done = made(text, source, target, leaves_out_nulls=leaves_out_nulls)
    compiled, inputs = done.compiled, (done.program, done.source, done.target, done.plan)
    by_id = {record.id: record for record in source}
    found = [
        (id, each)
        for id in by_id
        for each in explain(compiled, *inputs, id)
        if each.source_id == id
    ]
    assert len(found) == len(by_id)
    for id, each in found:
        program = Listening(compiled.code, done.program.context)
        row = program.source_row(by_id[id])
        heard = tuple(program.heard)
        for step, rule in zip(each.rules, compiled.code.rules, strict=True):
            if not step.verdict.startswith("not asked"):
                assert rule.text in heard, step
                fails = program._fails(rule, by_id[id])
                assert fails == (step.holds is not True, fails[1]), step
                assert step.holds is None or not fails[1], step
        for step, rule in zip(each.scope, compiled.code.only, strict=True):
            assert (step.holds is False) == (
                compiled.code.only.index(rule) in row.outside
            ) or row.evaluation_error is not None, step
            assert step.holds is not True or program._answer(rule, by_id[id]).value is True
        if row.outside:
            assert {step.verdict for step in each.rules} == {
                "not asked: the sync is not for this person"
            }
        leaving = {step.about: step.verdict for step in each.leaving}
        said = leaving["is a leaver in the source"]
        if not said.startswith("not asked"):
            assert "status == 'gone'" in heard
            assert (said == "yes") == row.leaver
            assert (said == "no") == (not row.leaver and not row.may_have_left)
