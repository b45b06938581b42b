"""Writes a situation as a case of the mapping's test; runs the case before it is shown."""

import json
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.compare import identity
from oneway.core.diagnostics import Refused
from oneway.core.paths import at, path_of, without_path
from oneway.core.records import MISSING, Value
from oneway.core.seal import Sealed
from oneway.mapping.compiler import Compiled
from oneway.planning.impact import PersonImpact, impact
from oneway.planning.plan import Kind, Outcome
from oneway.runs.mapping_tests.case_data import leaves
from oneway.runs.mapping_tests.check import TARGET, holds_for, plan_case
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.results import Planned
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.request import instant_text
from oneway.runs.proving.situation import ProofSituation
from oneway.runs.proving.situations import SituationMaker

Data = dict[str, Value]

_LONGEST = 200
"""The longest name that a case may have."""


def noticing(
    situation: ProofSituation, name: str, maker: SituationMaker, old: Compiled, new: Compiled
) -> Data | None:
    """Return a case that passes on one version of a mapping and fails on another; both are run.

    Returns None if no case tells them apart, or only one with a sensitive value does.
    """
    for bare in _cases(situation, name, maker):
        before, after = _planned(bare, maker, old), _planned(bare, maker, new)
        if before is None or after is None:
            continue
        for person in impact(before.plan, after.plan).people[:1]:
            for expected in _expectations(person, before):
                data = bare | expected
                if _passes(data, maker, old) and not _passes(data, maker, new):
                    return data
    return None


def breaking(
    situation: ProofSituation, name: str, maker: SituationMaker, got: Outcome, wanted: str
) -> Data | None:
    """Return a case that expects `wanted` for a person whom a mapping treats otherwise; it is run.

    Returns None if no case reproduces the situation's outcome, or if the outcome is as wanted after
    all.
    """
    for bare in _cases(situation, name, maker):
        planned = _planned(bare, maker, maker.compiled)
        if planned is None or got.source_id is None:
            continue
        about = planned.source.records[int(got.source_id) - 1].id
        found = next(each for each in planned.plan.outcomes if each.source_id == about)
        if found.kind is got.kind and found.kind.value != wanted:
            return bare | _of(found, planned, {"outcome": wanted})
    return None


def _cases(situation: ProofSituation, name: str, maker: SituationMaker) -> Iterator[Data]:
    """Yield a situation as cases without expectations, first with the test's lookup tables.

    Each gives its records as changes to the test's records, or whole if the test has none.
    """
    what = "; ".join(each.text for each in situation.changes) or "the usual record"
    data: Data = {"name": f"{name}: {what}"[:_LONGEST]}
    if situation.settings:
        data["settings"] = situation.settings
    usual, user = (maker.test.record, maker.test.target) if maker.test else ({}, {})
    data |= _side(situation.source, usual, ("record", "records", "without"))
    if situation.target:
        users = [_open(each, situation, maker) for each in situation.target]
        data |= {"target": {}} if len(users) == 1 else {}
        data |= _side(users, user, ("target", "targets", "target_without"))
    yield data
    if tables := maker.lookup_rows():
        yield data | {"references": {key: [*map(dict, rows)] for key, rows in tables.items()}}


def _side(
    records: Sequence[Mapping[str, Value]], usual: Mapping[str, Value], names: tuple[str, str, str]
) -> Data:
    """Return how records differ from the usual one: their values and the paths they lack."""
    one, several, without = names
    known = dict(leaves(usual))
    found: list[Value] = [
        {
            path: value
            for path, value in leaves(each)
            if path not in known or identity(known[path]) != identity(value)
        }
        for each in records
    ]
    data: Data = {several: found} if len(found) > 1 else {one: found[0]} if found[0] else {}
    gone = [path for path in known if at(records[0], path_of(path)) is MISSING]
    return data | ({without: [*gone]} if gone else {})


def _open(
    user: Mapping[str, Value], situation: ProofSituation, maker: SituationMaker
) -> Mapping[str, Value]:
    """Return a target record without sensitive values that the situation does not depend on."""
    about = {each.found.path for each in situation.changes if each.side == "target"}
    for path in maker.compiled.code.secrets.target - about:
        user = without_path(user, path)
    return user


def _expectations(person: PersonImpact, planned: Planned) -> Iterator[Data]:
    """Yield what a case could expect of a person, the least first; nothing sensitive."""
    found = person.before.outcome
    if found is None:
        return
    least: Data = {"outcome": found.kind.value}
    yield _of(found, planned, least)
    reasons: list[Value] = [*sorted({reason.code for reason in found.reasons})]
    yield _of(found, planned, least | {"only_reasons": reasons})
    differ = [each.field for each in person.fields]
    written = {
        each.field: each.after
        for each in found.changes
        if each.field in differ and each.awaits is None and not isinstance(each.after, Sealed)
    }
    silent: list[Value] = [name for name in differ if name not in {e.field for e in found.changes}]
    more: Data = ({"fields": written} if written else {}) | (
        {"not_written": silent} if silent else {}
    )
    yield _of(found, planned, least | more)


def _of(found: Outcome, planned: Planned, expected: Data) -> Data:
    """Return an expectation under the case's key for an outcome's record."""
    if found.source_id is None:
        return {"expect_each": {f"{TARGET}{found.target_id}": expected}}
    only = len(planned.source.records) == 1
    return {"expect": expected} if only else {"expect_each": {found.source_id: expected}}


def _planned(case: Data, maker: SituationMaker, compiled: Compiled) -> Planned | None:
    """Return the plan of a case; None if a test may not contain its records."""
    try:
        test = _test_of({"expect": {"outcome": Kind.UNCHANGED.value}, **case}, maker)
        return plan_case(test.cases[0], test, compiled)
    except Refused:
        return None


def _passes(case: Data, maker: SituationMaker, compiled: Compiled) -> bool:
    """Return whether a case passes; a case with names that the mapping lacks fails."""
    try:
        return holds_for(_test_of(case, maker), compiled)
    except Refused:
        return False


def _test_of(case: Data, maker: SituationMaker) -> MappingTest:
    """Return the mapping's test with only this case."""
    test = maker.test
    head: Data = {"oneway_test": 1, "mapping": "m", "as_of": instant_text(maker.as_of)}
    if test is not None:
        head["as_of"] = test.as_of
        head |= {"settings": dict(test.settings), "record": dict(test.record)}
        head["references"] = {key: [*map(dict, rows)] for key, rows in test.references.items()}
        head["target"] = dict(test.target)
    return load_test(json.dumps(head | {"cases": [case]}).encode(), "case")
