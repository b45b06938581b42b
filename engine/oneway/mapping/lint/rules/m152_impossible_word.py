"""A field is compared with a word that it can never hold."""

from collections.abc import Iterator

from oneway.core.compare import identity
from oneway.core.description import Resource
from oneway.core.diagnostics import Fix, Severity, did_you_mean
from oneway.core.paths import path_text
from oneway.core.similar_words import only_slip
from oneway.mapping.expressions import Comparison, Expression
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import EndpointSpec

_MOST = 12
"""How many words a finding lists."""


def check(subject: Subject) -> Iterator[LintFinding]:
    spec = subject.spec
    for expression in subject.on_source:
        yield from _impossible(expression, subject.source)
        yield from _blanked(expression, spec.source)
    for expression in subject.on_target:
        yield from _impossible(expression, subject.target)
        yield from _blanked(expression, spec.target)


def _blanked(expression: Expression, end: EndpointSpec) -> Iterator[LintFinding]:
    """Yield the words that the connector reads as blank."""
    given = dict(end.options).get("blank") if end.connector.text == "file" else None
    words = {each.strip().casefold() for each in str(given.value if given else "").split(",")}
    for compared in expression.comparisons:
        word = compared.value
        if isinstance(word, str) and word.strip() and word.strip().casefold() in words:
            path = path_text(compared.keys)
            summary = f"'{path}' is never {word!r}, which the option `blank` makes blank"
            help = f"write is_blank({path}) or is_present({path}), or take it out of the option"
            yield LintFinding(expression.within(compared.place), summary, help)


def _impossible(expression: Expression, resource: Resource) -> Iterator[LintFinding]:
    for compared in expression.comparisons:
        field = resource.fields.get(path_text(compared.keys))
        if field is None or not field.enum or compared.value is None:
            continue
        if identity(compared.value) not in set(map(identity, field.enum)):
            yield _finding(expression, compared, tuple(map(str, field.enum)))


def _finding(expression: Expression, compared: Comparison, words: tuple[str, ...]) -> LintFinding:
    value = str(compared.value)
    near = next((word for word in words if word.casefold() == value.casefold()), "")
    near = near or only_slip(value, words)
    help = f"did you mean '{near}'?" if near else did_you_mean(value, words)
    listed = ", ".join(words[:_MOST]) + (", ..." if len(words) > _MOST else "")
    summary = f"'{path_text(compared.keys)}' is never {value!r}"
    span, at = expression.within(compared.place), compared.place
    written = expression.text[at.offset : at.offset + at.length]
    fix = Fix(span, written, f"'{near}'") if near and written.startswith("'") else None
    return LintFinding(span, summary, f"{help} It is one of: {listed}".strip(), fix)


RULE = LintRule(
    code="M152",
    severity=Severity.ERROR,
    title="a field is compared with a word that it can never have",
    advice="Use one of the named words; case counts. For a blank, use is_blank().",
    check=check,
    failing="""\
leavers:
  when: status == 'Leaver'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
    passing="""\
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
)
