"""Every diagnostic code, including those of the lint rules."""

from collections.abc import Mapping

from oneway.core.codes import CODES as OTHER_CODES
from oneway.core.codes import DiagnosticCode
from oneway.mapping.lint.every_rule import RULES

CODES: Mapping[str, DiagnosticCode] = OTHER_CODES | {
    rule.code: DiagnosticCode(rule.code, rule.title, rule.advice) for rule in RULES
}
