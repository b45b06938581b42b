"""A created record would not match afterwards, and would be created again."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    policy = subject.code.policy
    paths, fields = policy.match_paths, subject.target.fields
    # a misspelt field is an error already; a key made of several fields has no path
    known = any(subject.target.open or not path or path in fields for path in paths)
    if policy.create and known and not any(policy.carried):
        key = subject.spec.match[0]
        summary = "a created record would not be matched by any key, and be created every run"
        help = f"add the field `{key.target.shown}: {key.source.shown}`, without `when` or `lookup`"
        if not policy.match_paths[0]:  # the key is made of fields, and is not a field itself
            help = "match by a plain target field that `fields` writes as well"
        yield LintFinding(key.target.span, summary, help)


RULE = LintRule(
    code="M130",
    severity=Severity.ERROR,
    title="a created record would not be matched at the next run",
    advice="Add a field for the match key, without `when` or `lookup`.",
    check=check,
    failing="""\
match:
  - {source: employmentDetails.payrollCode, target: status}
""",
    passing="""\
match:
  - {source: employmentDetails.payrollCode, target: reference}
""",
)
