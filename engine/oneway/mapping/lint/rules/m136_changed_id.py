"""A field that is the record's id is written to existing records."""

from collections.abc import Iterator

from oneway.core.compare import Compare
from oneway.core.diagnostics import Severity
from oneway.core.paths import path_of, path_text
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import FieldSpec, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    id = _id_of(subject)
    for field, _ in subject.fields:
        writes = field.write is Write.OVERWRITE and field.path == id
        if writes and not _is_matched_by(subject, field):
            summary = f"'{field.path}' is the id of a target record, which never changes"
            yield LintFinding(field.key_span, summary, _help(subject, field))


def _id_of(subject: Subject) -> str:
    """Return the path of the target's ids; for a file, the mapping's option names it."""
    options = dict(subject.spec.target.options)
    given = options.get("id")
    if subject.spec.target.connector.text != "file":
        return subject.target.id
    name = str(given.value) if given is not None else "id"
    headings = options.get("headings")
    flat = headings is not None and headings.value == "flat"
    return path_text((name,) if flat else path_of(name))


def _is_matched_by(subject: Subject, field: FieldSpec) -> bool:
    """Return whether, because of the only match key, the record has this value already."""
    keys = subject.spec.match
    if len(keys) != 1 or field.source is None or keys[0].compare is not Compare.EXACT:
        return False
    paths = subject.code.policy.match_paths
    same = keys[0].source.text.strip() == field.source.text.strip()
    return same and paths == (field.path,)


def _help(subject: Subject, field: FieldSpec) -> str:
    said = "a new record alone gets it: `write: on_create`"
    if subject.spec.target.connector.text != "file":
        return said
    return f"{said}; or name as the target's option `id` a column other than {field.path!r}"


RULE = LintRule(
    code="M136",
    severity=Severity.ERROR,
    title="the id of a record would change",
    advice=(
        "Write it with `write: on_create`. If the file has a better column for its ids, name it "
        "in the option `id`."
    ),
    check=check,
    failing="""\
target: {connector: file, resource: users.json, options: {id: code}}
"""
    + fields("code: employmentDetails.payrollCode"),
    passing="""\
target: {connector: file, resource: users.json, options: {id: code}}
"""
    + fields("code: {from: employmentDetails.payrollCode, write: on_create}"),
)
