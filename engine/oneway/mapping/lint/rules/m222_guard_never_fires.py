"""A guard that is so loose that it never fires."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from oneway.core.diagnostics import Severity, Span
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import GuardKind, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    guards = subject.spec.guards
    for kind, limit in guards.limits:
        if kind is GuardKind.CREATES:
            continue  # more may be created than are managed
        if ceil(Fraction(str(limit.share)) * _MANY) >= _MANY:
            text = f"a share of {limit.share * 100:g}% lets everybody through"
            yield _finding(limit.span, kind.value, text)
        elif limit.floor >= _MANY and kind is not GuardKind.UPDATES:
            text = f"a floor of {limit.floor:,} lets as many people through at once"
            yield _finding(limit.span, kind.value, text)
    for kind, share in guards.lists.items():
        if share >= 1:
            text = "a share of 100% lets all of them go"
            yield _finding(Span(subject.spec.file), kind.value, text)
    if _knows_nobody(subject):
        text = "beside the match key, nothing shows that a record now belongs to another person"
        help = "name the fields with names in `label`: join(' ', [firstName, lastName])"
        yield LintFinding(Span(subject.spec.file), _FIRES.format("identities", text), help)


def _knows_nobody(subject: Subject) -> bool:
    """Return whether much is overwritten while at most one field tells people apart."""
    policy = subject.code.policy
    overwritten = [
        rule
        for rule, field in zip(policy.fields, subject.spec.fields, strict=True)
        if field.source is not None
        and rule.write is Write.OVERWRITE
        and rule.path not in policy.match_paths
    ]
    if len(overwritten) < _SEVERAL and not any(rule.sensitive for rule in overwritten):
        return False
    return len(policy.identifying) < _SEVERAL and not policy.naming


_FIRES = "the guard '{}' never fires: {}"
_SEVERAL = 2
"""How many values must change at once for a person to seem another one."""
_MANY = 500
"""People of a usual company: a limit that is this high for them never holds anybody back."""


def _finding(span: Span, kind: str, text: str) -> LintFinding:
    help = "give it a limit that a mistake would pass; one plan may be let through with --allow"
    return LintFinding(span, _FIRES.format(kind, text), help)


RULE = LintRule(
    code="M222",
    severity=Severity.WARNING,
    title="a guard never fires",
    advice="Give it a limit that a mistake would exceed; --allow lets one plan through.",
    check=check,
    failing="""\
guards:
  leavers: {share: 100%, floor: 2}
""",
    passing="""\
guards:
  leavers: {share: 10%, floor: 2}
""",
)
