"""Compiles a spec and its connectors' descriptions to a program, resolving every name.

One run finds all mistakes. What an expression reads is checked against the record schema of its
system, so unknown fields are reported before any call.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import PurePath
from typing import TYPE_CHECKING

from oneway.core.dataclass import dataclass
from oneway.core.description import Description, Field, Resource
from oneway.core.diagnostics import Diagnostic, Fix, did_you_mean
from oneway.core.field_concepts import concept, names_person
from oneway.core.paths import path_of, path_text
from oneway.core.records import Value, as_written
from oneway.core.similar_words import only_slip
from oneway.mapping.code import FieldCode, MappingCode, OnePerCode, ReferenceCode, Typed
from oneway.mapping.expressions import Context, Expression, parse
from oneway.mapping.leaving_rules import LeavingRules
from oneway.mapping.lint import lint, weighed
from oneway.mapping.named_expressions import NO_NAMES, NamedExpressions, with_uses, written_out
from oneway.mapping.policy import FieldRule, Policy, Rule
from oneway.mapping.record_schema import readable, reading_of, words_of, writable
from oneway.mapping.required_capabilities import RequiredCapabilities
from oneway.mapping.resolver import UNKNOWN, Resolver, it_has
from oneway.mapping.sensitive_keys import SensitiveKeys
from oneway.mapping.spec import (
    Constant,
    FieldSpec,
    MappingSpec,
    MatchSpec,
    Merge,
    ReferenceSpec,
    Text,
    Write,
)
from oneway.mapping.spelling import with_spellings
from oneway.mapping.values_read import Secrets

if TYPE_CHECKING:
    from oneway.mapping.interpreter import Interpreted
    from oneway.mapping.lookup_table import LookupTable


@dataclass(frozen=True, slots=True)
class Compiled:
    """A mapping with every name resolved; `validate` shows its `warnings`."""

    spec: MappingSpec
    code: MappingCode
    source: Resource
    target: Resource
    zone: tzinfo
    warnings: tuple[Diagnostic, ...] = ()
    named: NamedExpressions = NO_NAMES

    @property
    def decided_on_target(self) -> tuple[tuple[str, ...], ...]:
        """The paths of a target record that identify it or show whether it has left."""
        code = self.code
        asked = (*code.match_target, *(each for _, each in code.target_conditions))
        read = [use.keys for each in asked for use in each.paths]
        watched = [code.policy.fields[i].keys for i in code.policy.watched]
        return tuple(dict.fromkeys((*read, *watched)))

    def context(self, settings: Mapping[str, Value], as_of: datetime) -> Context:
        """Return what expressions may read besides a record."""
        return Context(as_of=as_of, settings=settings, zone=self.zone, strict=True)

    def bind(self, context: Context, tables: "Mapping[str, LookupTable]") -> "Interpreted":
        """Return the program, ready to turn records into rows."""
        from oneway.mapping.generated import GeneratedProgram

        return GeneratedProgram(self.code, context, tables)


def drops_spaces(file: str, options: Mapping[str, str]) -> bool:
    """Return whether a file is read without the spaces around its texts: only tables can be."""
    format = options.get("format") or PurePath(file).suffix.removeprefix(".")
    return options.get("spaces") == "trim" and format.lower() in ("csv", "tsv")


def connectors_of(spec: MappingSpec) -> tuple[Text, ...]:
    """Return the names of the connectors of a mapping, each once, where it occurs first."""
    endpoints = [spec.source, spec.target]
    endpoints += [each.endpoint for each in spec.references if each.endpoint is not None]
    first: dict[str, Text] = {}
    for endpoint in endpoints:
        first.setdefault(endpoint.connector.text, endpoint.connector)
    return tuple(first.values())


def compile_partly(
    spec: MappingSpec, lines: Sequence[str], catalogue: Mapping[str, Description]
) -> Compiled:
    """Return a mapping compiled as far as possible; `warnings` may hold errors as well.

    With an error, the result only serves to find more mistakes. `lines` is the text of the mapping,
    which diagnostics quote; `catalogue` holds the description of each of `connectors_of(spec)`.
    """
    names = Resolver(spec, lines, catalogue)
    spec, named = written_out(names)
    compiled = _Compiler(replace(names, spec=spec)).compile()
    compiled = replace(compiled, named=named)
    found, names.findings.found = [*with_uses(names.findings.found)], []
    for diagnostic in weighed(spec, found):
        names.report(diagnostic)
    return replace(compiled, warnings=names.findings.sorted())


class _Compiler:
    """Builds the code of one mapping; the resolver collects the mistakes."""

    def __init__(self, names: Resolver) -> None:
        self.names = names
        self.spec = names.spec
        self.source = names.resource(self.spec.source)
        self.target = names.resource(self.spec.target)
        self.sensitive = SensitiveKeys(names, self.source, self.target)
        self.leaving = LeavingRules(names, self.target)

    def compile(self) -> Compiled:
        spec, leavers = self.spec, self.spec.leavers
        RequiredCapabilities(self.names, self.source, self.target).report()
        code = MappingCode(
            policy=self.policy(),
            match_source=tuple(self.typed(each.source) for each in spec.match),
            match_target=tuple(self.on_target(each.target) for each in spec.match),
            only=tuple(self.on_source(each.when, deciding=True) for each in spec.only),
            rules=tuple(self.on_source(each.when, deciding=True) for each in spec.eligible),
            fields=tuple(map(self.field, spec.fields)),
            leaver=self.on_source(leavers.when, deciding=True) if leavers else None,
            leaving=tuple(map(self.field, leavers.set)) if leavers else (),
            left=self.decided_on_target(leavers.left if leavers else None),
            scheduled=self.decided_on_target(leavers.scheduled if leavers else None),
            absent_when=self.decided_on_target(spec.absent_when),
            label=self.on_source(spec.label) if spec.label else None,
            one_per=self.one_per(),
            target_reading=reading_of(self.target),
            unsure=self.leaving.unsure(),
            marked=self.sensitive.marked,
            words=words_of(self.source),
            made=self.source.made,
        )
        secrets = self.sensitive.secrets(code)
        tables = tuple(self.reference(each, secrets) for each in spec.references)
        code = with_spellings(replace(code, secrets=secrets, references=tables))
        sound = not self.names.findings.failed
        for diagnostic in lint(spec, code, self.source, self.target, sound=sound):
            self.names.report(diagnostic)
        return Compiled(spec, code, self.source, self.target, self.zone())

    def on_source(self, text: Text, *, deciding: bool = False) -> Expression:
        return self.names.parsed(text, self.source, "source", deciding=deciding)

    def decided_on_target(self, text: Text | None) -> Expression | None:
        if text is None:
            return None
        return self.names.parsed(text, self.target, "target", deciding=True)

    def on_target(self, text: Text) -> Expression:
        return self.names.parsed(text, self.target, "target")

    def one_per(self) -> OnePerCode | None:
        spec = self.spec.one_per
        if spec is None:
            return None
        return OnePerCode(
            self.on_source(spec.person),
            self.on_source(spec.latest_by),
            self.on_source(spec.current, deciding=True) if spec.current else None,
        )

    def reference(self, spec: ReferenceSpec, secrets: Secrets) -> ReferenceCode:
        resource = self.names.reference_resource(spec)
        where = f"reference '{spec.name}'"
        key = self.names.parsed(spec.key, resource, where)
        value = self.names.parsed(spec.value, resource, where) if spec.says_value else key
        label = self.names.parsed(spec.label, resource, where) if spec.label else None
        if label is None and resource.label:
            label = replace(parse(resource.label, spec.span), reading=reading_of(resource))
        parent = self.names.parsed(spec.parent, resource, where) if spec.parent else None
        top = self.names.parsed(spec.top, resource, where) if spec.top else None
        own = self.is_own(spec)
        hidden = {path_of(name) for name, each in resource.fields.items() if each.sensitive}
        hidden |= secrets.target if own else set()
        found = {"key": key, "value": value, "label": label, "parent": parent, "top": top}
        read = {name: each for name, each in found.items() if each is not None}
        return ReferenceCode(
            spec.name,
            key,
            value,
            own=self.id_of_target() if own else (),
            label=label,
            says_label=spec.label is not None,
            parent=parent,
            top=top,
            secret=frozenset(name for name, each in read.items() if each.reads_any(hidden)),
        )

    def id_of_target(self) -> tuple[str, ...]:
        """Return the keys of a target record's id; for a file, as its options name it."""
        id = self.option_of_target("id")
        if not self.target_is_file() or not id:
            return path_of(self.target.id)
        return (id,) if self.option_of_target("headings") == "flat" else path_of(id)

    def option_of_target(self, wanted: str) -> str:
        """Return an option of the target; "" if the mapping does not set it."""
        return next(
            (str(each.value) for name, each in self.spec.target.options if name == wanted), ""
        )

    def is_own(self, spec: ReferenceSpec) -> bool:
        """Return whether a lookup table is made of the target's own records."""
        target = self.spec.target
        if spec.endpoint is None:
            return spec.side == "target" and spec.resource.text == target.resource.text
        return spec.endpoint.identity == target.identity

    def policy(self) -> Policy:
        spec = self.spec
        leavers = spec.leavers
        leaving = tuple(map(self.field_rule, leavers.set)) if leavers else ()
        options = {name: self.option_of_target(name) for name in ("spaces", "format")}
        return Policy(
            name=spec.name,
            match=tuple(each.compare for each in spec.match),
            match_paths=tuple(self.match_path(each) for each in spec.match),
            key_shown=tuple(not self.sensitive.is_sensitive(each.source) for each in spec.match),
            carried=tuple(self.is_carried(each) for each in spec.match),
            only=tuple(
                Rule(each.id, each.otherwise, each.categories, each.span) for each in spec.only
            ),
            out_of_scope=spec.out_of_scope,
            rules=tuple(
                Rule(each.id, each.otherwise, each.categories, each.span) for each in spec.eligible
            ),
            fields=tuple(map(self.field_rule, spec.fields)),
            leaving=leaving,
            reactivating=self.leaving.reactivating(),
            returning=self.leaving.returning(leaving),
            create=spec.joiners.create,
            unless_taken=self.positions(spec.joiners.unless_taken),
            together=tuple(map(self.positions, spec.together)),
            required=self.required(),
            has_leavers=leavers is not None,
            telling=self.leaving.telling(),
            condition_paths=self.leaving.condition_paths(),
            left=self.leaving.left_condition(),
            rehires=spec.rehires,
            absent=spec.absent,
            absent_place=spec.absent_when.span if spec.absent_when else None,
            absent_when=spec.absent_when.text if spec.absent_when else "",
            guards=spec.guards,
            rekey=spec.rekey,
            gone=spec.gone,
            identifying=self.identifying(),
            trims=self.target_is_file() and drops_spaces(spec.target.resource.text, options),
            one_per=spec.one_per is not None,
        )

    def identifying(self) -> tuple[int, ...]:
        """Return the fields that identify people: those of `label` and of `unless_taken`.

        If `label` names none of them, the fields that hold names stand in for it. Match keys are
        left out, and so are fields that are looked up.
        """
        spec = self.spec
        keyed = {self.match_path(each) for each in spec.match}
        sources = {each.source.text.strip() for each in spec.match}
        own = [
            position
            for position, each in enumerate(spec.fields)
            if each.path not in keyed
            and each.lookup is None
            and each.source is not None
            and each.source.text.strip() not in sources
        ]
        taken = {text.text for text in spec.joiners.unless_taken}
        labelled = self.reads(spec.label)
        named = [i for i in own if labelled & self.reads(spec.fields[i].source)]
        if not set(named) - {i for i in own if spec.fields[i].path in taken}:
            named += [i for i in own if self.is_name(spec.fields[i])]
        return tuple(i for i in own if i in named or spec.fields[i].path in taken)

    def is_name(self, field: FieldSpec) -> bool:
        """Return whether a field holds a person's name, going by its own name or its expression."""
        known = concept(field.path)
        paths = [path_of(field.path)] if known else self.reads(field.source)
        return any(map(names_person, paths))

    def reads(self, text: Text | None) -> frozenset[tuple[str, ...]]:
        """Return the paths that an expression on a source record reads."""
        expression = self.names.quietly(text) if text is not None else None
        uses = expression.paths if expression is not None else ()
        return frozenset(tuple(use.keys) for use in uses)

    def required(self) -> tuple[str, ...]:
        """Return the fields that the target requires on create; of objects, their members."""
        fields = self.target.fields
        paths = [name for name, each in fields.items() if each.required and not each.computed]
        return tuple(
            path for path in paths if not any(other.startswith(f"{path}.") for other in paths)
        )

    def match_path(self, spec: MatchSpec) -> str:
        expression = self.names.quietly(spec.target)
        return path_text(expression.simple) if expression and expression.simple else ""

    def is_carried(self, spec: MatchSpec) -> bool:
        """Return whether each created record holds the value that it was matched by."""
        path = self.match_path(spec)
        return any(
            field.path == path
            and field.source is not None
            and field.source.text.strip() == spec.source.text.strip()
            and field.when is None
            and field.lookup is None
            and field.write is not Write.NEVER
            for field in self.spec.fields
        )

    def positions(self, names: Iterable[Text]) -> tuple[int, ...]:
        """Return the places of target fields among those of the mapping."""
        positions = {field.path: i for i, field in enumerate(self.spec.fields)}
        found = []
        for text in names:
            if text.text in positions:
                found.append(positions[text.text])
                continue
            help = did_you_mean(text.text, positions) or "add it to `fields`"
            self.names.error(
                "M114", text.span, f"'{text.text}' is not a field of this mapping", help
            )
        return tuple(sorted(set(found)))

    def field_rule(self, spec: FieldSpec) -> FieldRule:
        field = self.target_field(spec)
        constant = spec.value.value if spec.value else None
        return FieldRule(
            path=spec.path,
            keys=path_of(spec.path),
            expression=spec.source.shown if spec.source else as_written(constant),
            place=(spec.source or spec.value or spec).span,
            write=spec.write,
            on_blank=spec.on_blank,
            on_miss=spec.on_miss,
            fallback=spec.fallback.value if spec.fallback else None,
            compare=spec.compare,
            sensitive=spec.sensitive
            or bool(field and field.sensitive)
            or self.sensitive.reads_secret(spec),
            merge=spec.merge or Merge.REPLACE,
            owned=spec.owned,
            unique=bool(field and field.unique),
            unique_ignores_case=bool(
                field and (field.unique_ignores_case or field.format == "email")
            ),
            own_table=self.own_table(spec),
            written=spec.written,
            clear=field.clear if field else self.target.clear,
            constants=spec.constants,
            reads_record=self.reads_record(spec),
            by_run=self.is_by_run(spec),
            always_shown=self.target_is_file(),
        )

    def target_is_file(self) -> bool:
        """Return whether the target is a file: it is read, and written again, as a whole."""
        description = self.names.catalogue.get(self.spec.target.connector.text)
        return description is not None and description.kind == "file"

    def is_by_run(self, spec: FieldSpec) -> bool:
        """Return whether a field's value may depend on the day of the run."""
        asked = (each for each in (spec.source, spec.default) if isinstance(each, Text))
        return any(each and each.uses_today for each in map(self.names.quietly, asked))

    def reads_record(self, spec: FieldSpec) -> bool:
        """Return whether the source record decides a field's value."""
        expression = self.names.quietly(spec.source) if spec.source is not None else None
        return expression is None or not expression.constant

    def own_table(self, spec: FieldSpec) -> str:
        """Return the name of a field's lookup table, if it is made of the target's records."""
        name = spec.lookup.text if spec.lookup else ""
        own = (each.name for each in self.spec.references if self.is_own(each))
        return name if name in own else ""

    def field(self, spec: FieldSpec) -> FieldCode:
        field = self.target_field(spec)
        if field is None and not self.target.open and self.target is not UNKNOWN:
            help = did_you_mean(spec.path, self.target.fields) or it_has(self.target)
            mapped = {each.path for each in self.spec.fields}
            near = only_slip(spec.path, set(self.target.fields) - mapped)
            fix = Fix(spec.key_span, spec.path, near) if near else None
            self.names.error(
                "M102", spec.key_span, f"unknown target field '{spec.path}'", help, fix
            )
        return FieldCode(
            rule=self.field_rule(spec),
            source=self.typed(spec.source) if spec.source else None,
            constant=spec.value.value if spec.value else None,
            default=self.stand_in(spec.default),
            initial=self.stand_in(spec.initial),
            when=self.on_source(spec.when) if spec.when else None,
            lookup=self.lookup(spec),
            check=writable(field, self.target),
        )

    def lookup(self, spec: FieldSpec) -> str | None:
        if spec.lookup is None:
            return None
        known = [each.name for each in self.spec.references]
        if spec.lookup.text not in known:
            listed = f"; it has: {', '.join(known)}" if known else ""
            help = did_you_mean(spec.lookup.text, known) or f"declare it under `references`{listed}"
            near = only_slip(spec.lookup.text, known)
            fix = Fix(spec.lookup.span, spec.lookup.text, near) if near else None
            self.names.error(
                "M107", spec.lookup.span, f"unknown reference '{spec.lookup.text}'", help, fix
            )
        return spec.lookup.text

    def target_field(self, spec: FieldSpec) -> Field | None:
        return self.target.fields.get(spec.path)

    def stand_in(self, value: Text | Constant | None) -> Expression | Constant | None:
        if isinstance(value, Text):
            return self.on_source(value)
        return value

    def typed(self, text: Text) -> Typed:
        expression = self.on_source(text)
        simple = path_text(expression.simple) if expression.simple else ""
        return Typed(expression, readable(self.source.fields.get(simple)))

    def zone(self) -> tzinfo:
        text = self.spec.time_zone
        if text is None:
            return UTC
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(text.text)
        except (KeyError, ValueError, OSError):
            help = "use an IANA name such as Europe/London"
            self.names.error("M118", text.span, f"unknown time zone '{text.text}'", help)
            return UTC
