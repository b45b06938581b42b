"""The values written for leavers can never make a record say that they have left."""

from collections.abc import Iterator
from typing import cast

from oneway.core.description import Capability
from oneway.core.diagnostics import Severity, did_you_mean
from oneway.core.paths import overlap, path_text
from oneway.core.records import Value
from oneway.mapping.code import FieldCode
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import TextRange
from oneway.mapping.lint.leaving import (
    left_by,
    left_reads,
    misspelt,
    written_to_leave,
    written_to_return,
)
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.program import LeftAnswer
from oneway.mapping.record_schema import typed
from oneway.mapping.spec import FieldSpec, Rehires, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    left = subject.code.left
    if left is None or subject.spec.leavers is None:
        return
    found = list(_unwritten(subject, left))
    if not found and not left.settings:
        found = [*_kept_in(subject, left), *_kept_out(subject, left)]
    yield from found


def _unwritten(subject: Subject, left: Expression) -> Iterator[LintFinding]:
    """Yield what is written to a field that `left` does not read, in place of one that it does."""
    assert subject.spec.leavers is not None
    going, read = subject.spec.leavers.set, left_reads(left)
    every = {each.path for each in (*going, *_kept_equal(subject))}
    slips = misspelt(going, read, every, subject.target)
    for field in going:
        meant = slips.get(field.path, "")
        if meant and field.path in {each.path for each in subject.spec.fields}:
            yield _misread(subject, left, meant, field.path)
        elif meant:
            summary = (
                f"leavers.set writes '{field.path}', which `left` does not read; nothing writes "
                f"'{meant}', which it does: leavers keep access ({_asked(subject)})"
            )
            yield LintFinding(field.key_span, summary, f"did you mean '{meant}'?")
    told, policy = read and not left.facts.whole, subject.code.policy
    unsure = subject.code.unsure.get(Capability.LEAVE)
    elsewhere = any(overlap(each.path, path) for each in _kept_equal(subject) for path in read)
    known = subject.target.open or subject.target.fields.keys() >= set(read)  # else M101
    if slips or not known or not told or policy.telling or unsure or elsewhere or not going:
        return
    near = {each.path: did_you_mean(each.path, read) for each in going}
    field = next((each for each in going if near[each.path]), going[0])
    others = " or ".join(f"'{path}'" for path in read)
    summary = (
        f"leavers.set writes '{field.path}', and nothing that `left` reads: leavers keep "
        f"access ({_asked(subject)})"
    )
    help = f"write {others} there too; what the target itself sets is readOnly in its manifest"
    yield LintFinding(field.key_span, summary, near[field.path] or help)


def _misread(subject: Subject, left: Expression, read: str, written: str) -> LintFinding:
    """Report that `left` misspells a name on which `leavers.set` and `fields` agree."""
    summary = (
        f"`left` reads '{read}', which nothing writes; leavers.set and fields write '{written}': "
        f"leavers keep access ({_asked(subject)})"
    )
    place = next(
        left.within(TextRange(use.offset, use.length))
        for use in left.paths if path_text(use.keys) == read
    )  # fmt: skip
    return LintFinding(place, summary, f"did you mean '{written}'?")


def _kept_equal(subject: Subject) -> Iterator[FieldSpec]:
    """Yield the other fields that are written to existing records."""
    for each in subject.spec.fields:
        if each.write in (Write.OVERWRITE, Write.IF_EMPTY):
            yield each


def _kept_in(subject: Subject, left: Expression) -> Iterator[LintFinding]:
    """Yield the constants with which `left` does not hold."""
    code = subject.code
    constants = dict(written_to_leave(code.leaving))
    computed = [each.rule.keys for each in code.leaving if each.rule.keys not in constants]
    for value in (None, *_COMPUTED) if computed else (None,):
        # A value that is computed may be any; `is_present()` and the like ask whether there is one.
        more = {} if value is None else dict.fromkeys(computed, value)
        written = {**constants, **more}.items()
        if left_by(code, written, Capability.LEAVE) is not LeftAnswer.STAYS:
            return
    read = left_reads(left)
    for field, compiled in zip(_going(subject), code.leaving, strict=True):
        if compiled.rule.keys not in constants or not _is_read(field, read):
            continue
        summary = (
            f"'{field.path}' becomes {_shown(compiled, compiled.constant)}, and `left` does not "
            f"hold with that: leavers keep access ({_asked(subject)})"
        )
        yield LintFinding(field.value.span if field.value else field.key_span, summary, _HELP)
        return
    yield LintFinding(left.span, "`left` holds for no record, whatever leavers.set writes", _HELP)


def _kept_out(subject: Subject, left: Expression) -> Iterator[LintFinding]:
    """Yield the constants with which `left` still holds for a returning person."""
    spec, code = subject.spec, subject.code
    if spec.rehires is not Rehires.REACTIVATE:
        return
    given = dict(code.policy.reactivating)
    back = tuple(written_to_return(code.leaving, given))
    if left_by(code, back, Capability.REACTIVATE) is not LeftAnswer.LEFT:
        return
    read = left_reads(left)
    places = {name: constant.span for name, constant in spec.reactivated}
    for field, compiled in zip(_going(subject), code.leaving, strict=True):
        if _is_read(field, read):
            value = cast(Value, dict(back).get(compiled.rule.keys))
            becomes = "is cleared" if value is None else f"becomes {_shown(compiled, value)}"
            summary = (
                f"'{field.path}' {becomes} when a person is back, and `left` holds with that: "
                f"they stay locked out ({_asked(subject)})"
            )
            help = "name in `rehires: {reactivate: ...}` a value with which `left` does not hold"
            yield LintFinding(places.get(field.path, left.span), summary, help)
            return


_COMPUTED: tuple[Value, ...] = ("2000-01-01", True, 1)
"""Values that a computed field of `leavers.set` may have: a day in the past, and others."""

_HELP = "write in leavers.set what `left` checks, or check in `left` what is written"


def _going(subject: Subject) -> tuple[FieldSpec, ...]:
    assert subject.spec.leavers is not None
    return subject.spec.leavers.set


def _is_read(field: FieldSpec, read: tuple[str, ...]) -> bool:
    return any(overlap(field.path, path) for path in read)


def _shown(field: FieldCode, value: Value) -> str:
    return "a value that is not shown" if field.rule.sensitive else typed(value)


def _asked(subject: Subject) -> str:
    """Return what `left` asks, and what it compares with."""
    left = subject.code.policy.left
    assert left is not None
    compared = f", which compares with {'; '.join(left.compared)}" if left.compared else ""
    return f"left: {left.text}{compared}"


RULE = LintRule(
    code="M134",
    severity=Severity.ERROR,
    title="the values for leavers never make `left` hold, or those for rehires never end it",
    advice=(
        "Write in `leavers.set` the value that `left` looks for, or let `left` look for the "
        "value that is written. With the values of `rehires: {reactivate: ...}`, `left` must not "
        "hold."
    ),
    check=check,
    failing="""\
leavers:
  when: status == 'Former'
  set: {policyId: {value: 1}}
  left: policyId == `2`
""",
    passing="""\
leavers:
  when: status == 'Former'
  set: {policyId: {value: 2}}
  left: policyId == `2`
""",
)
