"""Writes out the named expressions of a mapping where they are used.

`let('is_staff')` means what the text of `is_staff` would mean there in brackets. So everything that
follows works on plain expressions; their spans still tell where each part of the text stands.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Span, TextPiece, did_you_mean
from oneway.mapping.expressions import Expression, ExpressionSyntax, parse
from oneway.mapping.expressions.named_calls import NamedCall, calls_in
from oneway.mapping.resolver import Resolver
from oneway.mapping.spec import (
    Constant,
    FieldSpec,
    LeaversSpec,
    MappingSpec,
    OnePerSpec,
    ReferenceSpec,
    RuleSpec,
    Text,
)


@dataclass(frozen=True, slots=True)
class NamedExpressions:
    """The named expressions of a mapping by name, each written out."""

    bodies: Mapping[str, Text] = field(default_factory=dict)

    def written_out(self, text: Text) -> Text:
        """Return a text with the named expressions that it uses in their place.

        A name that is not known stays as it is, and so does one that is not sound.
        """
        calls = [each for each in calls_in(text.text) if each.name in self.bodies]
        calls = [each for each in calls if not each.after_dot]
        return _spliced(text, [(each, self.bodies[each.name]) for each in calls])

    def parsed(self, text: Text) -> Expression:
        """Return the expression of a text that may use them; raise `ExpressionSyntax`."""
        whole = self.written_out(text)
        found = parse(whole.text, whole.span, whole.written)
        for use in found.named:
            help = did_you_mean(use.name, self.bodies) or "the mapping declares them under `let`"
            summary = f"unknown named expression '{use.name}'"
            raise ExpressionSyntax(summary, use.place.offset, use.place.length, help)
        return found


NO_NAMES = NamedExpressions()


def written_out(names: Resolver) -> tuple[MappingSpec, NamedExpressions]:
    """Return a mapping whose expressions use no names, and the names; report what is wrong."""
    spec = names.spec
    if not spec.let:
        return spec, NO_NAMES
    named = NamedExpressions(_Bodies(names).found())

    def change(text: Text) -> Text:
        _refuse_after_dot(text, names)
        return named.written_out(text)

    return with_expressions(spec, change), named


def names_used(spec: MappingSpec) -> frozenset[str]:
    """Return the names that expressions of a mapping use, once it is written out."""
    found: set[str] = set()

    def note(text: Text) -> Text:
        found.update(text.names)
        return text

    with_expressions(spec, note)
    return frozenset(found)


class _Bodies:
    """Writes out the named expressions themselves, those they use before them."""

    def __init__(self, names: Resolver) -> None:
        self.names = names
        self.uses = _uses(names.spec)
        self.texts = {each.name: each.expression for each in names.spec.let}
        self.places = {each.name: each.span for each in names.spec.let}
        self.bodies: dict[str, Text | None] = {}
        """None for an expression that is not sound, and for one that is being looked at."""

    def found(self) -> Mapping[str, Text]:
        for name in self.texts:
            self._visit(name, ())
        return {name: body for name, body in self.bodies.items() if body is not None}

    def _visit(self, name: str, way: tuple[str, ...]) -> None:
        if name in way:
            self._circle(way[way.index(name) :])
        if name in self.bodies:
            return
        self.bodies[name] = None
        text = self.texts[name]
        for call in calls_in(text.text):
            if call.name in self.texts:
                self._visit(call.name, (*way, name))
        _refuse_after_dot(text, self.names)
        known = {each: body for each, body in self.bodies.items() if body is not None}
        body = NamedExpressions(known).written_out(text)
        if self._is_sound(name, body) and not self._uses_unsound(text):
            self.bodies[name] = body

    def _uses_unsound(self, text: Text) -> bool:
        called = [call.name for call in calls_in(text.text)]
        return any(self.bodies.get(each) is None for each in called if each in self.texts)

    def _is_sound(self, name: str, body: Text) -> bool:
        try:
            parse(body.text, body.span)
        except ExpressionSyntax as error:
            for use in self.uses.get(name, [None]):
                self.names.invalid(_used_at(use, body), error)
            return False
        return True

    def _circle(self, names: Sequence[str]) -> None:
        summary = f"'{names[0]}' uses itself"
        if names[1:]:
            summary = f"{' uses '.join(map(repr, (*names, names[0])))}: a circle"
        help = "write one of them without the others"
        self.names.error("M157", self.places[names[0]], summary, help)


def _uses(spec: MappingSpec) -> Mapping[str, list[Span]]:
    """Return the places that use each named expression."""
    found: dict[str, list[Span]] = {}

    def note(text: Text) -> Text:
        for call in calls_in(text.text):
            place = text.span.part(call.place.offset, call.place.length)
            found.setdefault(call.name, []).append(place)
        return text

    with_expressions(spec, note)
    for each in spec.let:
        note(each.expression)
    return found


def _used_at(use: Span | None, body: Text) -> Text:
    """Return a text whose parts say that a place uses it."""
    piece = TextPiece(0, len(body.text) + 1, body.span, via=use)
    return replace(body, span=replace(body.span, pieces=(piece,)))


def _refuse_after_dot(text: Text, names: Resolver) -> None:
    for call in calls_in(text.text):
        if call.after_dot:
            place = text.span.part(call.place.offset, call.place.length)
            summary = "a named expression cannot stand after a dot"
            help = f"write `| let('{call.name}')`, or, for each item, map(&let('{call.name}'), ...)"
            names.error("M103", place, summary, help)


def _spliced(text: Text, calls: Sequence[tuple[NamedCall, Text]]) -> Text:
    if not calls:
        return text
    whole = _Splicing(text)
    for call, body in calls:
        whole.splice(call, body)
    whole.own(len(text.text))
    return replace(
        text,
        text="".join(whole.parts),
        span=replace(text.span, pieces=tuple(whole.pieces)),
        written=text.text,
        names=frozenset().union(*({call.name} | body.names for call, body in calls)),
    )


class _Splicing:
    """Puts a text together, and tracks where its pieces stand."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.parts: list[str] = []
        self.pieces: list[TextPiece] = []
        self.at, self.end = 0, 0

    def own(self, until: int) -> None:
        """Add the text itself up to an offset."""
        self._add(self.text.text[self.at : until], self.text.span, self.at)
        self.at = until

    def splice(self, call: NamedCall, body: Text) -> None:
        """Add the text of a named expression in place of a call."""
        self.own(call.place.offset)
        via = self.text.span.part(call.place.offset, call.place.length)
        before, after = ("", "") if call.stands_apart else ("(", ")")
        self._add(before, via)
        self._add(body.text, body.span, via=via)
        self._add(after, via)
        self.at = call.place.end

    def _add(self, part: str, place: Span, offset: int = 0, via: Span | None = None) -> None:
        if part:
            start, self.end = self.end, self.end + len(part)
            self.pieces.append(TextPiece(start, self.end, place, offset, via))
            self.parts.append(part)


def with_uses(found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield findings, each once, with the lines that use what they are about by its name."""
    groups: dict[tuple[object, ...], list[Diagnostic]] = {}
    for each in found:
        groups.setdefault((each.code, each.span, each.summary), []).append(each)
    for (first, *others), in_use in ((group, _lines(group)) for group in groups.values()):
        if not in_use:
            yield from (first, *others)
            continue
        said = f"it is used on line{'s' if in_use[1:] else ''} {', '.join(map(str, in_use))}"
        yield replace(first, help=f"{first.help}; {said}" if first.help else said)


def _lines(found: Sequence[Diagnostic]) -> list[int]:
    return sorted({each.span.via.line for each in found if each.span.via is not None})


def with_expressions(spec: MappingSpec, change: Callable[[Text], Text]) -> MappingSpec:
    """Return a mapping with each of its expressions changed, apart from the named ones."""
    changed = _Changed(change)
    return replace(
        spec,
        label=changed.maybe(spec.label),
        match=tuple(
            replace(each, source=change(each.source), target=change(each.target))
            for each in spec.match
        ),
        references=tuple(map(changed.reference, spec.references)),
        one_per=spec.one_per and changed.one_per(spec.one_per),
        only=changed.rules(spec.only),
        eligible=changed.rules(spec.eligible),
        fields=changed.fields(spec.fields),
        leavers=spec.leavers and changed.leavers(spec.leavers),
        absent_when=changed.maybe(spec.absent_when),
    )


@dataclass(frozen=True, slots=True)
class _Changed:
    """Changes the expressions of the parts of a mapping."""

    change: Callable[[Text], Text]

    def maybe(self, text: Text | None) -> Text | None:
        return None if text is None else self.change(text)

    def stand_in(self, given: Text | Constant | None) -> Text | Constant | None:
        return self.change(given) if isinstance(given, Text) else given

    def rules(self, specs: Sequence[RuleSpec]) -> tuple[RuleSpec, ...]:
        return tuple(replace(each, when=self.change(each.when)) for each in specs)

    def fields(self, specs: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
        return tuple(
            replace(
                each,
                source=self.maybe(each.source),
                default=self.stand_in(each.default),
                initial=self.stand_in(each.initial),
                when=self.maybe(each.when),
            )
            for each in specs
        )

    def reference(self, spec: ReferenceSpec) -> ReferenceSpec:
        return replace(
            spec,
            key=self.change(spec.key),
            value=self.change(spec.value),
            label=self.maybe(spec.label),
        )

    def one_per(self, spec: OnePerSpec) -> OnePerSpec:
        return replace(
            spec,
            person=self.change(spec.person),
            latest_by=self.change(spec.latest_by),
            current=self.maybe(spec.current),
        )

    def leavers(self, spec: LeaversSpec) -> LeaversSpec:
        return replace(
            spec,
            when=self.change(spec.when),
            set=self.fields(spec.set),
            left=self.maybe(spec.left),
            scheduled=self.maybe(spec.scheduled),
        )
