"""`oneway test --record`: a case of a mapping test, from a real record."""

from collections.abc import Sequence
from os.path import isdir
from typing import Any

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import request_of
from oneway.cli.printing import introduce
from oneway.core.diagnostics import refusal
from oneway.core.seal import Seal
from oneway.documents.yaml_source import LIMIT
from oneway.inspect.explain import explain, near_keys
from oneway.planning.plan import Outcome, Plan
from oneway.render import mapping_tests as render
from oneway.runs.mapping_tests.load import ENDINGS, find_tests, load_test
from oneway.runs.mapping_tests.recording import record_case
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.plan import plan_of
from oneway.runs.prepare.compilation import read_file
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.read import ReadInputs, read_inputs
from oneway.runs.systems import OpenSystems

_SEAL = Seal(b"a case that is recorded holds nobody's values")


def print_recorded(console: Console, paths: Sequence[str], key: str, asked: dict[str, Any]) -> Exit:
    """Print a case with an invented person whom the mapping treats like the one with this key."""
    if len(paths) != 1 or isdir(paths[0]):
        raise click.UsageError(
            "--record needs the one mapping or connection that reads the record."
        )
    path = paths[0]
    mapping = load_test(read_file(path, LIMIT + 1), path).mapping if _is_test(path) else path
    prepared = prepare_run(request_of(mapping, **asked))
    introduce(console, prepared)
    with OpenSystems(prepared) as systems, console.progress() as progress:
        reading = read_inputs(prepared, systems, progress)
    plan = plan_of(prepared, reading, _SEAL)
    outcome = _named(prepared, reading, plan, key)
    found = record_case(prepared, reading, outcome, _test_of(prepared.spec.file))
    console.out(render.recorded(found))
    if not found.faithful:
        kind = found.outcome.kind.value
        console.note(
            f"note: the case ({kind}) is not planned quite like the record ({outcome.kind.value}): "
            "what earlier runs remember, the rest of the list, or a replaced value decides there"
        )
        return Exit.UNPROVEN
    return Exit.DONE


def _is_test(path: str) -> bool:
    return path.endswith(ENDINGS)


def _test_of(mapping: str) -> MappingTest | None:
    """Return the mapping's test, or None without one or for an empty file."""
    file = find_tests(mapping)[0]
    data = read_file(file, LIMIT + 1) if _is_test(file) else b""
    return load_test(data, file) if data.strip() else None


def _named(prepared: PreparedRun, reading: ReadInputs, plan: Plan, key: str) -> Outcome:
    """Return the outcome of the only record with this key; raise `Refused` for none or several."""
    named = explain(prepared.compiled, reading.program, reading.source, reading.target, plan, key)
    ids = {(each.source_id, each.target_id) for each in named}
    found = [each for each in plan.outcomes if (each.source_id, each.target_id) in ids]
    if len(found) == 1:
        return found[0]
    if found:
        each_id = ", ".join(str(each.source_id or each.target_id) for each in found)
        said, help = f"{len(found)} records answer", f"name one by its id: {each_id}"
    else:
        near = ", ".join(near_keys(plan, key))
        said = "no record answers"
        help = f"did you mean: {near}?" if near else "give a match value, an id or an email"
    raise refusal("U151", "--record", f"{said} to {key!r}", help)
