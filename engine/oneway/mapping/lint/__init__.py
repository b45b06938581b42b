"""Lint: finds mistakes in a mapping, and effects that will surprise its author.

Each rule is a module in `rules`, where it is found. Errors would break a law of the language (a
second plan that is not empty, a write to the source); warnings are for a person to decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from oneway.core.description import Resource
from oneway.core.diagnostics import Diagnostic, Severity, did_you_mean
from oneway.mapping.code import MappingCode
from oneway.mapping.lint.every_rule import RULES
from oneway.mapping.lint.rule import LintRule, Subject, fields
from oneway.mapping.open_questions import LEAVERLESS
from oneway.mapping.spec import LintLevel, LintSpec, MappingSpec

EXAMPLE = f"""\
oneway: 1
name: example
source: {{connector: staffology, resource: employees}}
target: {{connector: expensein, resource: users}}
match:
  - {{source: employmentDetails.payrollCode, target: reference}}
{fields()}"""
"""The mapping whose top-level keys the examples of rules replace."""


def lint(
    spec: MappingSpec, code: MappingCode, source: Resource, target: Resource, *, sound: bool
) -> Iterator[Diagnostic]:
    """Yield the findings of every rule; `sound` says that there are no other errors."""
    subject = Subject(spec, code, source, target)
    for rule in (each for each in RULES if not each.waits):
        for found in _found(rule, subject):
            sound = sound and found.severity is not Severity.ERROR
            yield found
    for rule in (each for each in RULES if each.waits and sound):
        yield from _found(rule, subject)


def _found(rule: LintRule, subject: Subject) -> Iterator[Diagnostic]:
    for found in rule.check(subject):
        yield Diagnostic(
            found.span, rule.severity, rule.code, found.summary, found.help, fix=found.fix
        )


def weighed(spec: MappingSpec, found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield findings with the severity that the mapping's `lint` gives them.

    An error stays an error: it would break a law of the language.
    """
    used: set[LintSpec] = set()
    for each in found:
        entry = next((one for one in spec.lint if one.covers(each.code, each.span)), None)
        if entry is None or each.severity is Severity.ERROR:
            yield each
            continue
        used.add(entry)
        if entry.severity is not LintLevel.OFF:
            yield replace(each, severity=Severity(entry.severity.value))
    waiting = any(each.severity is Severity.ERROR for each in found)
    for entry in spec.lint:
        wrong = _wrong(entry, found)
        if wrong:
            yield Diagnostic(entry.span, Severity.ERROR, "M153", *wrong)
        elif entry not in used and not waiting and entry.code != LEAVERLESS:
            summary = (
                f"nothing that is found{f' at {entry.at}' if entry.at else ''} is {entry.code}"
            )
            yield Diagnostic(entry.span, Severity.WARNING, "M253", summary, "remove the entry")


def _wrong(entry: LintSpec, found: Sequence[Diagnostic]) -> tuple[str, str] | None:
    from oneway.mapping.lint.codes import CODES  # most mappings name none of them

    if entry.code not in CODES:
        help = did_you_mean(entry.code, CODES) or "`oneway docs codes` lists them"
        return f"there is no code '{entry.code}'", help
    if entry.at and entry.start is None:
        return f"the mapping has no part '{entry.at}'", "write it as fields.NAME or eligible.ID"
    errors = (each for each in found if each.severity is Severity.ERROR)
    if any(entry.covers(each.code, each.span) for each in errors):
        return f"{entry.code} is an error, and stays one", "correct what it reports"
    return None
