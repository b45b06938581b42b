"""A field that looks secret, but that nothing marks as sensitive."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.key_names import names_secret
from oneway.core.paths import path_text
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, code in subject.fields:
        if code.rule.sensitive or field.value is not None:
            continue
        names = [field.path]
        if code.source is not None:
            names += [path_text(use.keys) for use in code.source.expression.paths]
        name = next((each for each in names if names_secret(each)), None)
        if name is not None:
            summary = f"'{name}' looks sensitive, but is not marked as such"
            help = f"add `sensitive: true` to '{field.path}': it is then never shown or stored"
            yield LintFinding(field.key_span, summary, help)


RULE = LintRule(
    code="M221",
    severity=Severity.WARNING,
    title="a field looks sensitive, and nothing says that it is",
    advice="Add `sensitive: true`, here or in the manifest.",
    check=check,
    failing="""\
target: {connector: file, resource: users.json}
fields:
  reference: employmentDetails.payrollCode
  lastName: personalDetails.lastName
  salary: employmentDetails.jobTitle
""",
    passing="""\
target: {connector: file, resource: users.json}
fields:
  reference: employmentDetails.payrollCode
  lastName: personalDetails.lastName
  salary: {from: employmentDetails.jobTitle, sensitive: true}
""",
)
