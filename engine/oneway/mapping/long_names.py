"""Makes a record an error if its id, key or label is longer than a plan may hold.

Such a text is a broken cell, often one whose quotation mark closes far below. Without this check,
the plan as a whole would be refused, and one record would stop the run for everybody.
"""

from oneway.core.diagnostics import Span
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Expression
from oneway.mapping.rows import LONGEST_NAME, EvaluationFailure, SourceRow, TargetRow


def source_within_limits(row: SourceRow, code: MappingCode) -> SourceRow:
    """Return a source row; as an error, with shortened names, if one of its names is too long."""
    wrong = _too_long(row.source_id, row.key, row.label)
    if not wrong:
        return row
    error = row.evaluation_error or _failure(*wrong, code, code.match_source[0].expression)
    row = row._replace(key=_short(row.key), label=_short(row.label))
    if row.outside and not row.leaver:
        return row
    row = row._replace(evaluation_error=error)
    if len(row.source_id) <= LONGEST_NAME:
        return row
    # No action can name the record, so its person is reported as one who may keep access.
    may_have_left = row.leaver or row.may_have_left
    return row._replace(leaver=False, leaving=(), may_have_left=may_have_left)


def target_within_limits(row: TargetRow, code: MappingCode) -> TargetRow:
    """Return a target row; as one that cannot be read if its id is too long."""
    wrong = _too_long(row.target_id, row.key)
    if not wrong:
        return row
    row = row._replace(key=_short(row.key))
    if len(row.target_id) <= LONGEST_NAME:
        return row
    error = row.evaluation_error or _failure(*wrong, code, code.match_target[0])
    return row._replace(evaluation_error=error, keys=(), keys_known=False, readable_keys=row.keys)


def _too_long(id: str, key: str, label: str = "") -> tuple[str, int] | None:
    """Return the first text that is too long: what it is, and its length."""
    named = {"the id": id, "the match key": key, "the name (`label`)": label}
    return next(((k, len(text)) for k, text in named.items() if len(text) > LONGEST_NAME), None)


def _failure(what: str, length: int, code: MappingCode, key: Expression) -> EvaluationFailure:
    asked = code.label if "label" in what else key if "key" in what else None
    text = (
        f"{what} has {length:,} characters, and may have {LONGEST_NAME:,}: correct the value; in a "
        f"CSV file, look for a quotation mark that closes too late"
    )
    shown, place = (asked.shown, asked.span) if asked else ("", Span(code.policy.name))
    return EvaluationFailure(text, shown, place)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[:_SHOWN]}..."


_SHOWN = 60
