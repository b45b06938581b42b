"""Lint: what a mapping says that cannot be meant, or that will surprise.

Each rule is one module in `rules`, found by being there. Errors would break one of the laws of
the language (a second plan that is not empty, a write to the source); warnings are for a
person to decide.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from oneway.core.codes import CODES as OTHER_CODES
from oneway.core.codes import DiagnosticCode
from oneway.core.connector import Resource
from oneway.core.diagnostics import Diagnostic
from oneway.mapping.interpreter import MappingCode
from oneway.mapping.lint import rules
from oneway.mapping.lint.rule import LintRule, Subject
from oneway.mapping.spec import MappingSpec

EXAMPLE = """\
oneway: 1
name: example
source: {connector: staffology, resource: employees}
target: {connector: expensein, resource: users}
match:
  - {source: employmentDetails.payrollCode, target: reference}
fields:
  reference: employmentDetails.payrollCode
  firstName: personalDetails.firstName
  lastName: personalDetails.lastName
  email: personalDetails.email
"""
"""The mapping whose top-level keys a rule's examples replace."""


def _rules() -> Iterator[LintRule]:
    for module in sorted(iter_modules(rules.__path__), key=lambda each: each.name):
        rule: LintRule = import_module(f"{rules.__name__}.{module.name}").RULE
        yield rule


RULES: tuple[LintRule, ...] = tuple(_rules())
"""Every rule, by its code."""


CODES: Mapping[str, DiagnosticCode] = OTHER_CODES | {
    rule.code: DiagnosticCode(rule.code, rule.title, rule.advice) for rule in RULES
}
"""Every diagnostic code there is, those of the rules among them."""


def lint(
    spec: MappingSpec, code: MappingCode, source: Resource, target: Resource
) -> Iterator[Diagnostic]:
    """Yield what every rule finds."""
    subject = Subject(spec, code, source, target)
    for rule in RULES:
        for found in rule.check(subject):
            yield Diagnostic(found.span, rule.severity, rule.code, found.summary, found.help)
