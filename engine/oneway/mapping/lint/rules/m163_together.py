"""Fields of `together` that one night may write without each other."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import Merge, Write

_TIMES = (Write.OVERWRITE, Write.ON_CREATE)


def check(subject: Subject) -> Iterator[LintFinding]:
    written = {field.path: field for field in subject.spec.fields}
    keys = {each.target.text.strip() for each in subject.spec.match}
    seen: set[str] = set()
    for group in subject.spec.together:
        known = [each for each in group if each.text in written]
        first = written[known[0].text].write if known else Write.OVERWRITE
        for each in known:
            write = written[each.text].write
            if each.text in seen:
                summary = f"'{each.text}' is in two groups of `together`"
                yield LintFinding(each.span, summary, "make one group of them")
            elif each.text in keys:
                summary = (
                    f"'{each.text}' is a match key: without it, a record is created each night"
                )
                yield LintFinding(each.span, summary, "take it out of the group")
            elif written[each.text].merge not in (None, Merge.REPLACE):
                summary = f"'{each.text}' has `merge`, so what is written depends on the target"
                yield LintFinding(each.span, summary, "take it out of the group")
            elif write not in _TIMES or write is not first:
                summary = (
                    f"'{each.text}' has `write: {write.value}`, so it is not always written with "
                    "the rest of its group"
                )
                help = "write all fields of a group with `overwrite`, or all with `on_create`"
                yield LintFinding(each.span, summary, help)
        seen |= {each.text for each in known}


_TOGETHER = "together: [[bankDetails.sortCode, bankDetails.accountNumber]]\n"
_SORT = "  bankDetails.sortCode: {from: bankDetails.sortCode, sensitive: true}\n"
_ACCOUNT = "bankDetails.accountNumber: {from: bankDetails.accountNumber, sensitive: true"
RULE = LintRule(
    code="M163",
    severity=Severity.ERROR,
    title="a field of `together` may be written without the others",
    advice="Give all fields of a group the same `write`: overwrite or on_create.",
    check=check,
    failing=fields(_ACCOUNT + ", write: if_empty}") + _SORT + _TOGETHER,
    passing=fields(_ACCOUNT + "}") + _SORT + _TOGETHER,
)
