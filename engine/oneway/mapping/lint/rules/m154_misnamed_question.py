"""A question names nothing that could answer it, so it would stay open forever."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity, did_you_mean
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject

_WHOLE = ("leavers", "eligible", "only", "source", "target")
_NAMED = ("eligible", "fields")
_ALL = "name what answers it: leavers, eligible, only, eligible.ID, fields.NAME, source or target"


def check(subject: Subject) -> Iterator[LintFinding]:
    for each in subject.spec.questions:
        head, _, name = each.about.partition(".")
        if each.about in _WHOLE or (head in _NAMED and name.strip()):
            continue
        known = (*_WHOLE, *(f"{part}.{name}" for part in _NAMED if name.strip()))
        said = f"'{each.about}' is not a part of a mapping that answers a question"
        yield LintFinding(each.span, said, did_you_mean(each.about, known) or _ALL)


RULE = LintRule(
    code="M154",
    severity=Severity.ERROR,
    title="a key of `questions` names no part that could answer it",
    advice="Write leavers, eligible, only, eligible.ID, fields.NAME, source or target.",
    check=check,
    failing="questions: {leaver: Who has left}\n",
    passing="questions: {leavers: Who has left}\n",
)
