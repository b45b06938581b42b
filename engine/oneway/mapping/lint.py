"""Lint rules: what a mapping says that cannot be meant, or that will surprise.

One function a rule; each looks at the whole mapping and yields what it finds. Errors are
what would break one of the laws of the language (a second plan that is not empty, a write
to the source); warnings are for a person to decide.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from oneway.core.connector import Resource
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.core.records import Value, is_blank
from oneway.mapping.interpreter import FieldCode, MappingCode
from oneway.mapping.record_schema import in_words, json_types
from oneway.mapping.spec import (
    Absent,
    Category,
    EndpointSpec,
    FieldSpec,
    MappingSpec,
    Merge,
    OnBlank,
    Rehires,
    Write,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule looks at: the mapping as written, as compiled, and both record schemas."""

    spec: MappingSpec
    code: MappingCode
    source: Resource
    target: Resource

    @property
    def fields(self) -> Iterator[tuple[FieldSpec, FieldCode]]:
        """The field rules, as written and as compiled."""
        yield from zip(self.spec.fields, self.code.fields, strict=True)
        if self.spec.leavers is not None:
            yield from zip(self.spec.leavers.set, self.code.leaving, strict=True)


def lint(
    spec: MappingSpec, code: MappingCode, source: Resource, target: Resource
) -> Iterator[Diagnostic]:
    """Yield what every rule finds."""
    subject = Subject(spec, code, source, target)
    for rule in RULES:
        yield from rule(subject)


def written_twice(subject: Subject) -> Iterator[Diagnostic]:
    """Two entries write one target path, or one of them writes what holds the other."""
    seen: list[FieldSpec] = []
    for field, _ in subject.fields:
        for other in seen:
            if _overlap(field.path, other.path):
                line = other.key_span.line
                summary = f"'{field.path}' and '{other.path}' (line {line}) write one target field"
                yield _error("M109", field.key_span, summary, "keep one of them")
        seen.append(field)


def merge_on_single(subject: Subject) -> Iterator[Diagnostic]:
    """`merge` speaks of lists."""
    for field, _ in subject.fields:
        known = subject.target.fields.get(field.path)
        if field.merge is None or known is None or not known.types or "array" in known.types:
            continue
        summary = f"`merge` on '{field.path}', which holds {in_words(known.types)}, not a list"
        yield _error("M110", field.key_span, summary, "remove `merge`")


def computed_field(subject: Subject) -> Iterator[Diagnostic]:
    """A field that the target computes cannot be written."""
    for field, _ in subject.fields:
        known = subject.target.fields.get(field.path)
        if known is not None and known.computed and field.write is not Write.NEVER:
            summary = f"the target computes '{field.path}' itself; it cannot be written"
            yield _error("M111", field.key_span, summary, "remove it, or use `write: never`")


def stand_ins(subject: Subject) -> Iterator[Diagnostic]:
    """A stand-in that the next run would take away again."""
    for field, _ in subject.fields:
        if field.initial is None:
            continue
        if field.default is not None:
            summary = f"'{field.path}' has `default` and `initial`; the next run would swap them"
            yield _error("M113", field.key_span, summary, "keep one of them")
        if field.on_blank is OnBlank.CLEAR:
            summary = (
                f"'{field.path}' has `initial`, which `on_blank: clear` takes away at the next run"
            )
            yield _error("M113", field.key_span, summary, "use `on_blank: keep`, or no `initial`")


def leaving_without_leavers(subject: Subject) -> Iterator[Diagnostic]:
    """What needs to know how somebody leaves."""
    spec = subject.spec
    if spec.leavers is not None:
        return
    if spec.absent is Absent.DEACTIVATE:
        summary = "`absent: deactivate` needs `leavers.set`, which says what to write"
        yield _error("M116", Span(spec.file), summary, "add `leavers`, or use `absent: report`")
    if spec.rehires is Rehires.REACTIVATE:
        summary = "`rehires: reactivate` undoes `leavers.set`, and there is none"
        yield _error("M116", Span(spec.file), summary, "add `leavers`, or leave `rehires` out")


def one_system(subject: Subject) -> Iterator[Diagnostic]:
    """One way: the target must not be the source."""
    target = subject.spec.target
    if _endpoint(subject.spec.source) == _endpoint(target):
        summary = f"source and target are both {target.connector.text} {target.resource.text}"
        yield _error("M120", target.resource.span, summary, "a source is never written to")


def secret_label(subject: Subject) -> Iterator[Diagnostic]:
    """A label names people in reports."""
    label = subject.spec.label
    if label is None or subject.code.label is None:
        return
    secret = {
        field.source.text.strip()
        for field, code in subject.fields
        if code.rule.sensitive and field.source is not None
    }
    marked = {name for name, field in subject.source.fields.items() if field.sensitive}
    paths = {".".join(use.keys) for use in subject.code.label.paths}
    if label.text.strip() in secret or any(_overlap(p, m) for p in paths for m in marked):
        yield _error("M122", label.span, "`label` reads a sensitive field", "use a name or a code")


def moving_value(subject: Subject) -> Iterator[Diagnostic]:
    """A value that is another one tomorrow is written every day."""
    for field, code in subject.fields:
        expression = code.source.expression if code.source is not None else None
        if (
            expression is None
            or "today" not in expression.functions
            or field.write is not Write.OVERWRITE
        ):
            continue
        in_leavers = subject.spec.leavers is not None and field in subject.spec.leavers.set
        if in_leavers and subject.code.left is not None and "write" not in field.written:
            continue  # once `left` holds, it is left alone
        if expression.constant or in_leavers:
            help = "use `write: on_create` or `if_empty`"
            if in_leavers:
                help = "say under `leavers.left` how a record shows that it has left"
            summary = f"'{field.path}' takes another value every day, and is written every day"
            yield _error("M124", expression.span, summary, help)
        else:
            summary = f"'{field.path}' depends on the day of the run and may be written every day"
            yield _warning(
                "M212",
                expression.span,
                summary,
                "compare dates of the data, or use `write: on_create`",
            )


def unmatched_creates(subject: Subject) -> Iterator[Diagnostic]:
    """What is created must be matched from then on, or it is created again."""
    policy = subject.code.policy
    known = any(subject.target.open or path in subject.target.fields for path in policy.match_paths)
    if policy.create and known and not any(policy.carried):
        key = subject.spec.match[0]
        summary = "a created record would not be matched by any key, and be created every run"
        help = f"add the field `{key.target.text}: {key.source.text}`, without `when` or `lookup`"
        yield _error("M130", key.target.span, summary, help)


def lost_matches(subject: Subject) -> Iterator[Diagnostic]:
    """A field that is a match key must hold what it is matched by, and nobody else's value."""
    for key, path in zip(subject.spec.match, subject.code.policy.match_paths, strict=True):
        for field, _ in subject.fields:
            if not path or field.path != path or field.write is Write.NEVER:
                continue
            own = field.source is not None and field.source.text.strip() == key.source.text.strip()
            if not own and field.write is not Write.ON_CREATE:
                summary = (
                    f"'{path}' is a match key, and is overwritten by another value than its own"
                )
                help = "the record would not be matched at the next run; use `write: on_create`"
                yield _error("M131", field.key_span, summary, help)
            elif own and (field.default is not None or field.initial is not None):
                summary = f"'{path}' is a match key, and has a value that stands in for its own"
                help = "the record would be matched by whoever has that value; remove the stand-in"
                yield _error("M131", field.key_span, summary, help)


def default_type(subject: Subject) -> Iterator[Diagnostic]:
    """A setting's default has the setting's type."""
    for setting in subject.spec.settings:
        if setting.default is not None and setting.type not in json_types(setting.default):
            summary = (
                f"the default of '{setting.name}' is not {in_words(frozenset({setting.type}))}"
            )
            yield _error("M119", setting.span, summary, "change the default, or the type")


def twice_named(subject: Subject) -> Iterator[Diagnostic]:
    """Two rules with one id cannot be told apart in a report."""
    seen: set[str] = set()
    for rule in subject.spec.eligible:
        if rule.id in seen:
            yield _error(
                "M121", rule.span, f"two eligibility rules are called '{rule.id}'", "rename one"
            )
        seen.add(rule.id)


def blocked_leavers(subject: Subject) -> Iterator[Diagnostic]:
    """A leaver that an eligibility rule blocks keeps access."""
    if subject.spec.leavers is None:
        return
    for rule in subject.spec.eligible:
        if Category.LEAVERS in rule.categories and not rule.limited:
            summary = "leavers that are ineligible keep their access"
            help = (
                "write `for: [joiners, movers, leavers]` where that is meant, or leave leavers out"
            )
            yield _warning("M203", rule.span, summary, help)
            return


def idle_keys(subject: Subject) -> Iterator[Diagnostic]:
    """A key that has no effect where it stands."""
    for field, _ in subject.fields:
        idle = {
            "on_miss": field.lookup is None,
            "on_blank": field.write is Write.IF_EMPTY and field.on_blank is OnBlank.CLEAR,
            "default": field.value is not None,
            "initial": field.value is not None,
        }
        for key, useless in idle.items():
            if useless and key in field.written:
                summary = f"`{key}` has no effect on '{field.path}'"
                yield _warning("M204", field.key_span, summary, _IDLE[key])


def required_fields(subject: Subject) -> Iterator[Diagnostic]:
    """A target that asks for a field at create refuses every record without it."""
    if not subject.spec.joiners.create:
        return
    mapped = [field.path for field in subject.spec.fields]
    for name, field in subject.target.fields.items():
        if field.required and not field.computed and not any(_overlap(name, m) for m in mapped):
            summary = f"the target requires '{name}' of a new record, and no field writes it"
            yield _warning(
                "M205", subject.spec.target.resource.span, summary, f"add '{name}' to `fields`"
            )


def key_types(subject: Subject) -> Iterator[Diagnostic]:
    """Numbers and text differ: 42 is not "42"."""
    for key, typed, target in zip(
        subject.spec.match, subject.code.match_source, subject.code.match_target, strict=True
    ):
        left = _types(subject.source, typed.expression.simple)
        right = _types(subject.target, target.simple)
        if left and right and not left & right:
            summary = (
                f"{in_words(left)} in the source never matches {in_words(right)} in the target"
            )
            yield _warning(
                "M207", key.source.span, summary, "convert one of them, e.g. to_text(...)"
            )


def field_types(subject: Subject) -> Iterator[Diagnostic]:
    """What a field takes and what it is given."""
    for field, code in subject.fields:
        right = _types(subject.target, tuple(field.path.split(".")))
        if code.source is not None and code.lookup is None and field.source is not None:
            left = _types(subject.source, code.source.expression.simple)
            if left and right and not left & right:
                summary = f"'{field.path}' takes {in_words(right)}, and is given {in_words(left)}"
                yield _warning("M208", field.source.span, summary, "convert it in the expression")
        elif field.value is not None and right and not _fits(field.value.value, right):
            summary = f"'{field.path}' takes {in_words(right)}, and is given something else"
            yield _error("M123", field.value.span, summary, "change the constant")


def added_and_matched(subject: Subject) -> Iterator[Diagnostic]:
    """A list that is only added to never loses what the source dropped."""
    for field, _ in subject.fields:
        if field.merge is Merge.ADD and field.on_blank is OnBlank.CLEAR:
            summary = f"'{field.path}' is only added to (`merge: add`), and cleared when blank"
            yield _warning(
                "M206", field.key_span, summary, "use `merge: replace`, or `on_blank: keep`"
            )


RULES: tuple[Callable[[Subject], Iterator[Diagnostic]], ...] = (
    written_twice,
    merge_on_single,
    computed_field,
    stand_ins,
    leaving_without_leavers,
    one_system,
    secret_label,
    moving_value,
    unmatched_creates,
    lost_matches,
    default_type,
    twice_named,
    blocked_leavers,
    idle_keys,
    required_fields,
    key_types,
    field_types,
    added_and_matched,
)

_IDLE = {
    "on_miss": "add `lookup`, or remove it",
    "on_blank": "`write: if_empty` never takes a value away",
    "default": "a constant is never blank; remove it",
    "initial": "a constant is never blank; remove it",
}


def _types(resource: Resource, path: tuple[str, ...] | None) -> frozenset[str]:
    field = resource.fields.get(".".join(path)) if path else None
    if field is None:
        return frozenset()
    wide = {"integer"} if "number" in field.types else set()
    return (field.types | wide) - {"null"}


def _fits(value: Value, types: frozenset[str]) -> bool:
    return is_blank(value) or bool(json_types(value) & types)


def _endpoint(endpoint: EndpointSpec) -> tuple[object, ...]:
    options = tuple(sorted((name, repr(each.value)) for name, each in endpoint.options))
    return (endpoint.connector.text, endpoint.resource.text, options)


def _overlap(left: str, right: str) -> bool:
    return left == right or left.startswith(f"{right}.") or right.startswith(f"{left}.")


def _error(code: str, span: Span, summary: str, help: str) -> Diagnostic:
    return Diagnostic(span, Severity.ERROR, code, summary, help)


def _warning(code: str, span: Span, summary: str, help: str) -> Diagnostic:
    return Diagnostic(span, Severity.WARNING, code, summary, help)
