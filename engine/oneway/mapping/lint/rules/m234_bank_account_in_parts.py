"""Parts of a bank account of which one may be written without the other."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.key_names import letters
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import FieldSpec, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    groups = [{each.text for each in group} for group in subject.spec.together]
    for sort in subject.spec.fields:
        if not letters(sort.path).endswith(_SORT_CODES):
            continue  # nearly every field, without reading the words of all concepts
        beside = [each for each in subject.spec.fields if _parent(each) == _parent(sort)]
        paths = {each.path for each in beside}
        if any(paths <= group for group in groups) or not _is(sort, "sort"):
            continue
        account = next((each for each in reversed(beside) if _is(each, "account")), None)
        if account is None:
            continue
        if not any({sort.path, account.path} <= group for group in groups):
            summary = (
                f"'{sort.path}' and '{account.path}' look like parts of one bank account, and one "
                "is written without the other if the source lacks it"
            )
            help = f"add `together: [[{account.path}, {sort.path}]]` to the mapping"
            yield LintFinding(sort.key_span, summary, help)


_SORT_CODES = ("sortcode", "bic")
"""The ends of the names that mean a sort code."""


def _is(field: FieldSpec, what: str) -> bool:
    from oneway.core.field_concepts import concept  # which most mappings do not need

    return concept(field.path) == what and field.write is not Write.NEVER


def _parent(field: FieldSpec) -> str:
    return field.path.rpartition(".")[0]


_ACCOUNT = "bankDetails.accountNumber: {from: bankDetails.accountNumber, sensitive: true}"
_BOTH = fields(_ACCOUNT) + "  bankDetails.sortCode: {from: bankDetails.sortCode, sensitive: true}\n"
RULE = LintRule(
    code="M234",
    severity=Severity.WARNING,
    title="one part of a bank account may be written without the other",
    advice="Name both under `together`.",
    check=check,
    failing=_BOTH,
    passing=_BOTH + "together: [[bankDetails.accountNumber, bankDetails.sortCode]]\n",
)
