"""A guard that is so loose that it never fires."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity, Span
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import GuardKind, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    guards = subject.spec.guards
    for kind, limit in guards.limits:
        if kind in _OF_MANAGED and limit.share >= 1:
            yield _finding(limit.span, kind.value, "a share of 100% lets everybody through")
        elif kind in _OF_ACCESS and limit.floor >= _MANY:
            text = f"a floor of {limit.floor:,} lets as many people through at once"
            yield _finding(limit.span, kind.value, text)
    for side, shrink in (("source", guards.source_shrink), ("target", guards.target_shrink)):
        if shrink >= 1:
            text = "what has lost all of its records passes"
            yield _finding(Span(subject.spec.file), side, text)
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
_OF_ACCESS = (GuardKind.LEAVERS, GuardKind.REACTIVATIONS, GuardKind.CLEARS)
_OF_MANAGED = (*_OF_ACCESS, GuardKind.UPDATES, GuardKind.FIELD_CHANGES)
"""Counts that never exceed the number of managed records."""


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
