"""No expression reads a setting."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    expressions = [*subject.on_source, *subject.on_target, *subject.on_references]
    used = {use.name for each in expressions for use in each.settings}
    for setting in subject.spec.settings:
        if setting.name not in used:
            help = f"read it with setting('{setting.name}'), or remove it"
            yield LintFinding(setting.span, f"no expression reads '{setting.name}'", help)


RULE = LintRule(
    code="M213",
    severity=Severity.WARNING,
    title="a setting is never read",
    advice="Use it where it should decide something, or remove it.",
    check=check,
    failing="""\
settings:
  with_names: {type: boolean, default: true, description: Copy names as well.}
""",
    passing="""\
settings:
  with_names: {type: boolean, default: true, description: Copy names as well.}
"""
    + fields("firstName: {from: personalDetails.firstName, when: setting('with_names')}"),
    waits=True,
)
