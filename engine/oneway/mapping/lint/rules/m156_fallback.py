"""The value that `on_miss` writes when a table lacks a value does not fit its field."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.paths import path_of
from oneway.core.records import is_blank
from oneway.mapping.code import FieldCode
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields, fits, types_of
from oneway.mapping.record_schema import in_words
from oneway.mapping.spec import FieldSpec, Merge, OnMiss


def check(subject: Subject) -> Iterator[LintFinding]:
    leavers = subject.spec.leavers
    keys = set(subject.code.policy.match_paths) | subject.code.policy.claimed_paths
    for field, code in subject.fields:
        if field.fallback is None:
            continue
        if code.rule.unique or field.path in keys:
            summary = f"a fallback for '{field.path}', whose value only one record may hold"
            help = "use `on_miss: keep` or `on_miss: ineligible`"
            yield LintFinding(field.fallback.span, summary, help)
        if code.rule.own_table and leavers is not None and field in leavers.set:
            summary = f"a fallback for '{field.path}', in a table that the run itself may extend"
            yield LintFinding(field.fallback.span, summary, "use `on_miss: keep` in `leavers.set`")
        if field.merge is Merge.ADD:
            summary = (
                f"a fallback for '{field.path}', which `merge: add` would never take away again"
            )
            yield LintFinding(field.fallback.span, summary, "use `merge: {own: ...}`")
        elif wrong := _wrong(subject, field, code):
            yield LintFinding(field.fallback.span, wrong, "change the fallback")


def _wrong(subject: Subject, field: FieldSpec, code: FieldCode) -> str:
    """Return what is wrong with a fallback for its field; "" if it fits."""
    assert field.fallback is not None
    value, right = field.fallback.value, types_of(subject.target, path_of(field.path))
    if is_blank(value):
        return f"the fallback for '{field.path}' is blank"
    if field.on_miss is not OnMiss.USE:
        return ""
    if right and not fits(value, right):
        return f"'{field.path}' takes {in_words(right)}, and its fallback is something else"
    if field.merge is Merge.OWN and not (isinstance(value, list) and field.owned.owns_all(value)):
        return f"the fallback for '{field.path}' is not a list of items that the sync owns"
    wrong = code.check(value) if code.check is not None else ""
    return f"the fallback for '{field.path}' cannot be written: {wrong}" if wrong else ""


_TABLE = """\
references:
  departments: {from: target, resource: departments, key: reference, value: id}
"""
_LOOK_UP = "departmentId: {from: employmentDetails.department.code, lookup: departments, on_miss: "
RULE = LintRule(
    code="M156",
    severity=Severity.ERROR,
    title="a fallback of `on_miss` does not fit its field",
    advice="Write a value that the field takes and that many records may have.",
    check=check,
    failing=_TABLE + fields(_LOOK_UP + "{use: OPS}}"),
    passing=_TABLE + fields(_LOOK_UP + "{use: 12}}"),
)
