"""Pastes the cases that `oneway test --mutate` prints into a mapping's test, as a person does."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest import mock

import yaml

from oneway.core.diagnostics import Refused
from oneway.documents.yaml_source import Document, parse
from oneway.mapping.compiler import Compiled
from oneway.render.mapping_tests import edits_text
from oneway.render.style import Style
from oneway.runs.mapping_tests.check import check_test, holds_for
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving import mutate
from oneway.runs.proving.mutate import EditResult, Fate, MappingEdit, edits, tried
from oneway.runs.proving.other_constants import Enums
from oneway.runs.proving.prove import EditJudge

_CASES = 2
"""How many printed cases are tried."""
_APART = 9
"""How far apart the edits are that are tried first."""


def pasted(test: str, printed: str) -> str:
    """Return the text of a test with printed cases below `cases`, and no others before them."""
    of_a_case = re.compile(r"    (- name: |  [a-z_]+: |    \S)")  # a long value has several lines
    lines = [line for line in printed.splitlines() if of_a_case.match(line)]
    assert lines, printed
    head, _, own = test.partition("cases:\n")
    indent = re.match(" *", own)
    moved = "".join(f"{indent[0] if indent else ''}{line[4:]}\n" for line in lines)
    return f"{head}cases:\n{moved}{own}"


def wrong_cases(mapping: Path, text: str) -> Iterator[str]:
    """Yield each printed case that fails on the mapping, or passes on the edit it is printed for.

    For time alone, the first few cases are tried, of edits from all over the mapping; all of
    them if EVERY_EDIT is set in the environment.
    """
    compiled, known = compile_data(mapping.read_bytes(), str(mapping), ())
    test, count = _test(mapping, text), 0
    assert not check_test(test, compiled).failed
    for each in _survivors(mapping, test):
        printed = edits_text([each], Style())
        if each.treated is None or each.treated.case is None:
            assert "no case" in printed
            continue
        count += 1
        other = _test(mapping, pasted(text, printed))
        assert len(other.cases) == len(test.cases) + 1
        data = json.dumps(each.edit.data).encode()
        if check_test(other, compiled).failed:
            yield f"it fails on the mapping: {printed}"
        if _holds(other, compile_data(data, str(mapping), (), known=known)[0]):
            yield f"it does not notice the edit: {printed}"
        if count == _CASES and not os.environ.get("EVERY_EDIT"):
            return
    assert count >= _CASES


def _survivors(mapping: Path, test: MappingTest) -> Iterator[EditResult]:
    """Yield the edits that a test does not notice: the first of each few, then the second, ..."""

    def spread(document: Document, enums: Enums) -> Iterator[MappingEdit]:
        found = list(edits(document, enums))
        yield from (each for first in range(_APART) for each in found[first::_APART])

    def compiled(text: bytes) -> Compiled:
        return compile_data(text, str(mapping), ())[0]

    document = parse(mapping.read_bytes(), str(mapping))
    fewer = partial(EditJudge, most=250)
    with mock.patch.object(mutate, "EditJudge", fewer), mock.patch.object(mutate, "edits", spread):
        for each in tried(test, document, compiled):
            if each.fate is Fate.SURVIVED:
                yield each


def _test(mapping: Path, text: str) -> MappingTest:
    file = mapping.with_name(f"{mapping.stem}.test.yaml")
    return replace(load_test(text.encode(), str(file)), fixture=None)


def _holds(test: MappingTest, compiled: Compiled) -> bool:
    try:
        return holds_for(test, compiled)
    except Refused:
        return False


def cut_down(text: str, *, target: bool) -> str:
    """Return a test with one case alone, so that most edits go unnoticed; also without a target."""
    data = yaml.safe_load(text)
    kept = ["oneway_test", "mapping", "references", "settings", "record"]
    head = {key: data[key] for key in (*kept, *(["target"] if target else [])) if key in data}
    head = {**head, "as_of": str(data["as_of"])}
    lines = [f"{key}: {json.dumps(value)}" for key, value in head.items()]
    return "\n".join([*lines, "cases:", "  - {name: new, expect: {outcome: create}}"]) + "\n"
