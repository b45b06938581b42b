"""Replaces named expressions and tables of rules by what they stand for, where they are used.

`let('is_staff')` becomes the text of `is_staff` in brackets, and `choose('access_level')` the rows
of that table as conditions. So everything that follows works on plain expressions; their spans
still show where each part of the text is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Fix, Span, TextPiece, did_you_mean
from oneway.core.similar_words import only_slip
from oneway.mapping.expressions import Expression, ExpressionSyntax, parse
from oneway.mapping.expressions.named_calls import CHOOSE, LET, calls_in
from oneway.mapping.expressions.steps import literal_text
from oneway.mapping.expressions.syntax import MAX_WRITTEN_OUT
from oneway.mapping.resolver import Resolver, unknown_kind
from oneway.mapping.spec import (
    CellSpec,
    Constant,
    FieldSpec,
    LeaversSpec,
    MappingSpec,
    NamedSpec,
    OnePerSpec,
    ReferenceSpec,
    RuleSpec,
    TableRowSpec,
    TableSpec,
    Text,
)
from oneway.mapping.splicing import Splicing

What = tuple[str, str]
"""The use of a name: `let` or `choose`, and the name."""


@dataclass(frozen=True, slots=True)
class NamedExpressions:
    """The named expressions of a mapping, each written out."""

    bodies: Mapping[What, Text] = field(default_factory=dict)

    def written_out(self, text: Text) -> Text:
        """Return a text in which names are replaced by what they stand for.

        Unknown and invalid names stay as they are.
        """
        calls = [each for each in calls_in(text.text) if each.what in self.bodies]
        calls = [each for each in calls if not each.after_dot]
        if not calls:
            return text
        whole = Splicing(text)
        for call in calls:
            whole.splice(call, self.bodies[call.what])
        names = frozenset().union(*({each.what} | self.bodies[each.what].names for each in calls))
        return replace(whole.result(), names=names)

    def parsed(self, text: Text) -> Expression:
        """Return the expression of a text that may use names; raise `ExpressionSyntax`."""
        whole = self.written_out(text)
        found = parse(whole.text, whole.span, whole.written)
        for use in found.named:
            known = [name for function, name in self.bodies if function == use.function]
            help = did_you_mean(use.name, known) or "the mapping does not declare it"
            summary = f"unknown {unknown_kind(use.function)} '{use.name}'"
            raise ExpressionSyntax(summary, use.place.offset, use.place.length, help)
        return found


NO_NAMES = NamedExpressions()


def written_out(names: Resolver) -> tuple[MappingSpec, NamedExpressions]:
    """Return a mapping whose expressions use no names, and the names; report mistakes."""
    spec = names.spec
    if not (spec.let or spec.choices):
        return spec, NO_NAMES
    named = NamedExpressions(_Bodies(names).found())

    def change(text: Text) -> Text:
        found = named.written_out(text)
        _refuse_misuse(text, found, names)
        return found

    return with_expressions(spec, change), named


def names_used(spec: MappingSpec) -> frozenset[What]:
    """Return the names that the expressions of a mapping use, once it is written out."""
    found: set[What] = set()

    def note(text: Text) -> Text:
        found.update(text.names)
        return text

    with_expressions(spec, note)
    return frozenset(found)


class _Bodies:
    """Writes out the named expressions of a mapping, each after those that it uses."""

    def __init__(self, names: Resolver) -> None:
        self.names = names
        self.uses = _uses(names.spec)
        self.made: dict[What, NamedSpec | TableSpec] = {
            **{(LET, each.name): each for each in names.spec.let},
            **{(CHOOSE, each.name): each for each in names.spec.choices},
        }
        self.bodies: dict[What, Text | None] = {}
        """None for an invalid expression, and for one in progress."""

    def found(self) -> Mapping[What, Text]:
        for what in self.made:
            self._visit(what, ())
        return {what: body for what, body in self.bodies.items() if body is not None}

    def _visit(self, what: What, way: tuple[What, ...]) -> None:
        if what in way:
            self._circle(way[way.index(what) :])
        if what in self.bodies:
            return
        self.bodies[what] = None
        made = self.made[what]
        texts = [made.expression] if isinstance(made, NamedSpec) else list(_texts_of(made))
        called = [call.what for text in texts for call in calls_in(text.text)]
        for each in (each for each in called if each in self.made):
            self._visit(each, (*way, what))
        known = {each: body for each, body in self.bodies.items() if body is not None}
        written = [NamedExpressions(known).written_out(text) for text in texts]
        for text, whole in zip(texts, written, strict=True):
            _refuse_misuse(text, whole, self.names)
        sound = [self._is_sound(what, each) for each in written]
        if isinstance(made, TableSpec):
            sound.append(self._has_columns(what, made))
        if all(sound) and all(self.bodies.get(e) is not None for e in called if e in self.made):
            self._keep(what, made, written)

    def _keep(self, what: What, made: NamedSpec | TableSpec, written: Sequence[Text]) -> None:
        body = written[0] if isinstance(made, NamedSpec) else _as_call(made, written)
        if len(body.text) > MAX_WRITTEN_OUT:
            summary = f"'{what[1]}' is longer than {MAX_WRITTEN_OUT:,} characters, written out"
            self.names.error("M103", made.span, summary, "use fewer names within each other")
            return
        self.bodies[what] = body

    def _is_sound(self, what: What, body: Text) -> bool:
        try:
            parse(body.text, body.span, body.written)
        except ExpressionSyntax as error:
            for use in self.uses.get(what, [None]):
                self.names.invalid(_used_at(use, body), error)
            return False
        return True

    def _has_columns(self, what: What, table: TableSpec) -> bool:
        """Return whether a table has the columns that its rows name; report it if not."""
        columns = [each.name for each in table.columns if each.name != "then"]
        sound = True
        for column in (each for each in table.columns if each.name == "then"):
            summary = "`then` is what a row says, and no column"
            self.names.error("M158", column.span, summary, "give the column another name")
            sound = False
        for cell in (cell for row in table.rows for cell in row.cells):
            if cell.column not in columns:
                near = only_slip(cell.column, columns)
                fix = Fix(cell.span, cell.column, near) if near else None
                help = (
                    did_you_mean(cell.column, columns) or f"it has: {', '.join(columns) or 'none'}"
                )
                summary = f"'{what[1]}' has no column '{cell.column}'"
                self.names.error("M158", cell.span, summary, help, fix)
                sound = False
        return sound

    def _circle(self, way: Sequence[What]) -> None:
        names = [name for _, name in way]
        summary = f"'{names[0]}' uses itself"
        if names[1:]:
            summary = f"{' uses '.join(map(repr, (*names, names[0])))}: a circle"
        help = "write one of them without the others"
        self.names.error("M157", self.made[way[0]].span, summary, help)


def _texts_of(table: TableSpec) -> Iterator[Text]:
    """Yield the expressions of a table: its columns, and the answers of its rows."""
    yield from (each.expression for each in table.columns)
    yield from (each.then for each in table.rows if isinstance(each.then, Text))


def _as_call(table: TableSpec, written: Sequence[Text]) -> Text:
    """Return a table as a call with its rows as arguments: condition, answer, and so on.

    `written` are its expressions, written out.
    """
    columns = {each.name: text for each, text in zip(table.columns, written, strict=False)}
    answers = iter(written[len(columns) :])
    call = Text("", table.span)
    whole = Splicing(call)
    whole.add(f"{CHOOSE}({literal_text(table.name)}", table.span)
    for row in table.rows:
        whole.add(", ", row.span)
        _add_condition(whole, row, columns)
        whole.add(", ", row.span)
        if isinstance(row.then, Text):
            answer = next(answers)
            whole.add(answer.text, answer.span)
        else:
            whole.add(literal_text(row.then.value), row.then.span)
    whole.add(")", table.span)
    found = whole.result()
    names = frozenset().union(*(each.names for each in written))
    return replace(found, written=f"{CHOOSE}('{table.name}')", names=names)


def _add_condition(whole: "Splicing", row: TableRowSpec, columns: Mapping[str, Text]) -> None:
    if not row.cells:
        whole.add("`true`", row.span)
    for position, cell in enumerate(row.cells):
        whole.add(" && " if position else "", row.span)
        _add_values(whole, cell, cell.values, columns[cell.column])


def _add_values(
    whole: "Splicing", cell: CellSpec, values: Sequence[Constant], column: Text
) -> None:
    """Add that a column has one of some values, as a balanced tree that does not nest deeply."""
    if len(values) == 1:
        whole.add("(", cell.span)
        whole.add(column.text, column.span)
        whole.add(") == ", cell.span)
        whole.add(literal_text(values[0].value), values[0].span)
        return
    half = len(values) // 2
    whole.add("(", cell.span)
    _add_values(whole, cell, values[:half], column)
    whole.add(" || ", cell.span)
    _add_values(whole, cell, values[half:], column)
    whole.add(")", cell.span)


def _uses(spec: MappingSpec) -> Mapping[What, list[Span]]:
    """Return the places that use each name."""
    found: dict[What, list[Span]] = {}

    def note(text: Text) -> Text:
        for call in calls_in(text.text):
            place = text.span.part(call.place.offset, call.place.length)
            found.setdefault(call.what, []).append(place)
        return text

    with_expressions(spec, note)
    for each in spec.let:
        note(each.expression)
    for table in spec.choices:
        for text in _texts_of(table):
            note(text)
    return found


def _used_at(use: Span | None, body: Text) -> Text:
    """Return a text whose parts record the place that uses it."""
    piece = TextPiece(0, len(body.text) + 1, body.span, via=use)
    return replace(body, span=replace(body.span, pieces=(piece,)))


def _refuse_misuse(text: Text, whole: Text, names: Resolver) -> None:
    """Report the calls that cannot be written out in a text; `whole` has all others written out."""
    for call in calls_in(text.text, whole=False):
        place = text.span.part(call.place.offset, call.place.length)
        if call.after_dot:
            summary = f"{call.function}() cannot be used after a dot"
            help = f"write `| {call.text}`, or, for each item, map(&{call.text}, ...)"
            names.error("M103", place, summary, help)
        elif call.function == CHOOSE and call.further and whole.written:  # else it is not a call
            names.error(
                "M103", place, f"{CHOOSE}(name) takes 1 argument", "give only the name of the table"
            )


def with_uses(found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield findings without repetition, with the lines that use a finding's subject by name."""
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
    """Return a mapping with each of its expressions changed, other than the named ones."""
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
            parent=self.maybe(spec.parent),
            top=self.maybe(spec.top),
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
