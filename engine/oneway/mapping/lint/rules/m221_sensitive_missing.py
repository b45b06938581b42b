"""A field that holds what nobody should read, and that nothing calls sensitive."""

import re
from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.records import path_text
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject

_WORDS = (
    r"account ?(number|no)|sort ?code|iban|routing ?number|bank ?account|building ?society"
    r"|national ?insurance( ?(number|no))?|ni ?(number|no)|nino|social ?security( ?number)?|ssn"
    r"|passport( ?(number|no))?|tax ?(file|payer) ?number|salary|annual ?pay|pay ?rate|wage"
    r"|password|secret|api ?key|access ?token|pin"
)
_SECRET = re.compile(_WORDS)
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+|\s+")


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, code in subject.fields:
        if code.rule.sensitive or field.value is not None:
            continue
        names = [field.path]
        if code.source is not None:
            names += [path_text(use.keys) for use in code.source.expression.paths]
        name = next((each for each in names if _is_secret(each)), None)
        if name is not None:
            summary = f"'{name}' looks like something that nobody should read"
            help = f"add `sensitive: true` to '{field.path}': it is then never shown or stored"
            yield LintFinding(field.key_span, summary, help)


def _is_secret(path: str) -> bool:
    words = " ".join(_CAPITAL.split(path.rsplit(".", 1)[-1])).strip().lower()
    return _SECRET.fullmatch(words) is not None


RULE = LintRule(
    code="M221",
    severity=Severity.WARNING,
    title="a field looks sensitive, and nothing says that it is",
    advice="Add `sensitive: true`, here or in the manifest.",
    check=check,
    failing="""\
target: {connector: file, resource: users.json}
fields:
  reference: employmentDetails.payrollCode
  salary: employmentDetails.jobTitle
""",
    passing="""\
target: {connector: file, resource: users.json}
fields:
  reference: employmentDetails.payrollCode
  salary: {from: employmentDetails.jobTitle, sensitive: true}
""",
)
