"""Coming back clears a field that holds a value in every record."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.records import as_written
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.lint.type_inference import is_csv
from oneway.mapping.record_schema import in_words
from oneway.mapping.spec import Merge, Rehires, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    spec = subject.spec
    if spec.rehires is not Rehires.REACTIVATE or spec.leavers is None or is_csv(spec.target):
        return
    given = dict(spec.reactivated)
    for each in spec.leavers.set:
        field = subject.target.fields.get(each.path)
        cleared = each.path not in given and each.merge in (None, Merge.REPLACE)
        if field is None or not cleared or each.write is Write.NEVER:
            continue
        if field.types and "null" not in field.types and None not in field.enum:
            words = in_words(field.types)
            summary = f"coming back clears '{each.path}', which takes {words} and never null"
            set_to = each.value.value if each.value is not None else None
            value = as_written(not set_to) if isinstance(set_to, bool) else "..."
            help = f"say what it is then, as in `rehires: {{reactivate: {{{each.path}: {value}}}}}`"
            yield LintFinding(each.span, summary, help)


_LEAVERS = """\
target:
  connector: file
  resource: users.json
  record: {type: object, additionalProperties: true, properties: {active: {type: boolean}}}
leavers: {when: status == 'Former', set: {active: {value: false}}, left: "active == `false`"}
rehires: """

RULE = LintRule(
    code="M162",
    severity=Severity.ERROR,
    title="a return clears a field that may not be null",
    advice="Under `rehires.reactivate`, give the field a value for people who are back.",
    check=check,
    failing=_LEAVERS + "reactivate\n",
    passing=_LEAVERS + "{reactivate: {active: true}}\n",
)
