"""Refuses names in a mapping test that neither the mapping nor a record schema knows."""

from collections.abc import Mapping
from dataclasses import replace

from oneway.core.diagnostics import Diagnostic, Findings, Severity, Span, did_you_mean
from oneway.core.paths import at, keys_overlap, path_of, path_text
from oneway.core.records import MISSING
from oneway.core.similar_words import only_slip
from oneway.mapping.compiler import Compiled
from oneway.mapping.profile.read_keys import read_in_source
from oneway.runs.mapping_tests.spec import MappingTest, UnreadField
from oneway.runs.prepare.request import parse_instant
from oneway.runs.prepare.settings import WANTED, is_of


def refuse_unknown(test: MappingTest, compiled: Compiled) -> None:
    """Raise `Refused` with every name in the test that the mapping does not have."""
    found = Findings()
    settings = {each.name: each for each in compiled.spec.settings}
    tables = {each.name for each in compiled.spec.references}
    fields = {each.rule.path for each in (*compiled.code.fields, *compiled.code.leaving)}
    for case in test.cases:
        for name, value in case.settings.items():
            if name not in settings:
                _unknown(found, case.span, "setting", name, settings)
            elif not is_of(settings[name].type, value):
                what, write = WANTED[settings[name].type]
                summary = f"setting '{name}' is {what}"
                _add(found, "T103", case.span, summary, f"write {write}")
        for name in case.references.keys() - tables:
            _unknown(found, case.span, "reference", name, tables)
        for each in case.expected.values():
            for name in (*(each.fields or ()), *each.not_written):
                if name not in fields:
                    _unknown(found, each.place(f"fields.{name}"), "field", name, fields)
    _refuse_misspelt(found, test, compiled)
    for asked in test.not_read:
        _refuse_no_field(found, asked, test, compiled)
    for place, text in {(case.span, case.as_of) for case in test.cases}:
        try:
            parse_instant(text)
        except ValueError:
            _add(found, "T103", place, f"'{text}' is not an instant")
    found.refuse_errors()


def warnings_of(test: MappingTest, compiled: Compiled) -> tuple[Diagnostic, ...]:
    """Return a test's warnings, and names for its fixture alone that the mapping does not have.

    Those for cases are refused: each case has those of the file.
    """
    found = Findings()
    if test.fixture is not None and not test.cases:
        settings = {each.name for each in compiled.spec.settings}
        tables = {each.name for each in compiled.spec.references}
        for name in test.settings.keys() - settings:
            _unknown(found, Span(test.file), "setting", name, settings)
        for name in test.references.keys() - tables:
            _unknown(found, Span(test.file), "reference", name, tables)
    unknown = (replace(each, severity=Severity.WARNING) for each in found.sorted())
    return (*test.warnings, *unknown)


def _refuse_misspelt(found: Findings, test: MappingTest, compiled: Compiled) -> None:
    """Add a mistake for each misspelt field of a record, whose test would show nothing.

    If no record schema lists the fields, a field is misspelt if it nearly has the name of one that
    the mapping reads or writes.
    """
    sides = {"source": compiled.source, "target": compiled.target}
    named = {side: _named(side, compiled) for side in sides}
    for each in test.given:
        resource = sides[each.side]
        known = {*map(path_of, (*resource.fields, resource.id)), *named[each.side]}
        known = {
            one for one in known if not any(other[: len(one)] == one for other in known - {one})
        }
        if any(keys_overlap(one, each.keys) for one in known):
            continue
        name, names = each.written(each.keys), {each.written(one): one for one in known}
        near = only_slip(name, names)
        if name in names:
            nested = " within ".join(f"'{key}'" for key in reversed(names[name]))
            help = f"keys are written here as they are in the data: write {nested}"
        elif near or not resource.open:
            help = f"did you mean '{near}'?" if near else did_you_mean(name, names)
        else:
            continue
        summary = f"no record of the {each.side} has a field '{name}'"
        _add(found, "T102", each.span, summary, help or "take it out, or correct its name")


def _named(side: str, compiled: Compiled) -> set[tuple[str, ...]]:
    """Return the keys of the fields of a side that the mapping reads or writes."""
    if side == "target":
        fields = (*compiled.code.fields, *compiled.code.leaving)
        return {*(each.rule.keys for each in fields), *compiled.decided_on_target}
    reads = read_in_source(compiled.code)
    return {use.keys for expression, _ in reads for use in expression.paths}


def _refuse_no_field(
    found: Findings, asked: UnreadField, test: MappingTest, compiled: Compiled
) -> None:
    """Add a mistake for a forbidden field that no record has: it would never be read."""
    keys = path_of(asked.field)
    records = [test.record, *(record for case in test.cases for record in case.records)]
    known = set(compiled.source.fields)
    if not any(at(each, keys) is not MISSING for each in records) and asked.field not in known:
        named = known.union(path_text((name,)) for each in records for name in each)
        help = did_you_mean(asked.field, named) or "give the test's `record` a value for it"
        summary = f"no source record of the test has '{asked.field}', and no record schema"
        _add(found, "T102", asked.span, summary, help)


def _unknown(
    found: Findings, place: Span, what: str, name: str, known: Mapping[str, object] | set[str]
) -> None:
    help = did_you_mean(name, known) or f"it has: {', '.join(sorted(known)) or 'none'}"
    summary = f"the mapping has no {what} '{name}'"
    _add(found, "T102", place, summary, help)


def _add(found: Findings, code: str, place: Span, summary: str, help: str = "") -> None:
    found.add(Diagnostic(place, Severity.ERROR, code, summary, help))
