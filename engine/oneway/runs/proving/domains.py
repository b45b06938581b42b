"""The classes of values that a mapping distinguishes, for each path that it reads."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.description import Field, Resource
from oneway.core.records import MISSING, Missing, Value, is_blank
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import Node, path_in
from oneway.mapping.expressions.table_rows import is_table, rows_of
from oneway.mapping.record_schema import allows, json_types
from oneway.runs.proving.moved_days import UNITS, boundary_days
from oneway.runs.proving.pattern_text import text_of

Path = tuple[str, ...]

HIT, MISS, TWICE = "HIT", "MISS", "TWICE"
"""Values that a situation's lookup table contains once, not at all, and twice."""
TOP, BELOW, BESIDE = "TOP", "BELOW", "BESIDE"
"""Nodes of each tree: above the starting nodes, below one of them, and outside their branches."""
LOWER = "lower"
"""A value that it contains only in upper case."""


@dataclass(frozen=True, slots=True)
class ValueClass:
    """A class of values of one path, with a representative; MISSING if the key is absent.

    `fits`: the record schema allows it. Only then must the mapping cope with it. `edge`: a day next
    to one on which an expression changes its answer.
    """

    path: Path
    label: str
    value: Value | Missing
    fits: bool = True
    edge: bool = False


def source_expressions(compiled: Compiled) -> Iterator[Expression]:
    """Yield every expression that a mapping evaluates on source records."""
    code = compiled.code
    yield from (each.expression for each in code.match_source)
    yield from code.only
    yield from code.rules
    if code.leaver is not None:
        yield code.leaver
    for field in (*code.fields, *code.leaving):
        stand_ins = (field.default, field.initial)
        found = [field.source.expression if field.source else None, field.when]
        found += [each if isinstance(each, Expression) else None for each in stand_ins]
        yield from (each for each in found if each is not None)


def target_expressions(compiled: Compiled) -> Iterator[Expression]:
    """Yield the conditions, other than keys, that a mapping evaluates on target records."""
    yield from (each for _, each in compiled.code.target_conditions)


def domains(
    expressions: Iterable[Expression],
    resource: Resource,
    as_of: datetime,
    settings: Mapping[str, Value],
    lookups: Iterable[Path] = (),
) -> dict[Path, tuple[ValueClass, ...]]:
    """Return the classes of each path that the expressions read; `settings` are their values."""
    literals: dict[Path, list[Value]] = {}
    dated: set[Path] = set()
    nodes: set[Path] = set()
    edges: dict[Path, set[date]] = {}
    for expression in expressions:
        # `company == setting('company')` distinguishes the setting's value as it would a word.
        chosen = [each for use in expression.settings for each in _words(settings.get(use.name))]
        for path in dict.fromkeys(use.keys for use in expression.paths):
            literals.setdefault(path, []).extend([*_literals(expression.tree, path), *chosen])
            if any(name in _OF_DATES for name in expression.functions):
                dated.add(path)
                near = boundary_days(expression.tree, path, as_of.date(), settings)
                edges.setdefault(path, set()).update(near)
            if expression.trees:
                nodes.add(path)
    tables = set(lookups)
    classes = {}
    for path, given in literals.items():
        field = resource.fields.get(".".join(path))
        days = [*_days(path, as_of, field, edges.get(path, ()))]
        made = _classes(path, field, given, days, dated=path in dated, looked_up=path in tables)
        of_trees = _nodes(path) if path in nodes else ()
        found = (class_of(field, each) for each in (*made, *of_trees))
        classes[path] = tuple(_each_once(found))
    return classes


def class_of(field: Field | None, one: ValueClass) -> ValueClass:
    """Return a class that fits only if the record schema allows its representative."""
    value = one.value
    return replace(one, fits=isinstance(value, Missing) or allows(field, value))


_OF_DATES = {"is_past", "is_future", "today", "parse_date", "to_date", "format_date", *UNITS}
_TEXTS = ("alpha", "Alpha Beta", " beta ")


def _classes(
    path: Path,
    field: Field | None,
    literals: Iterable[Value],
    days: Iterable[ValueClass],
    *,
    dated: bool,
    looked_up: bool,
) -> Iterator[ValueClass]:
    types = field.types if field is not None else frozenset[str]()
    words = field.enum if field is not None else ()
    for value in (*words, *literals):
        if not types or json_types(value) & types:
            yield ValueClass(path, f"is {value!r}", value)
    if looked_up:
        for value in (HIT, MISS, TWICE):
            yield ValueClass(path, f"is {value.lower()} in its table", value)
        yield ValueClass(path, "is in its table in another case", LOWER)
    is_date = field is not None and field.format in ("date", "date-time")
    if is_date or (dated and not words and (not types or "string" in types)):
        yield from days
    elif not words and (not types or "string" in types):
        if field is None or not (field.pattern or field.format):
            yield from (ValueClass(path, f"is the text {text!r}", text) for text in _TEXTS)
        elif field.format == "email":
            yield ValueClass(path, "is another address", "Other.Person@example.com")
    if types & {"integer", "number"}:
        yield from (ValueClass(path, f"is {number}", number) for number in (0, 7))
    if "boolean" in types or not types:
        yield from (ValueClass(path, f"is {str(b).lower()}", b) for b in (True, False))
    yield ValueClass(path, "is null", None)
    yield ValueClass(path, "is blank text", "")
    yield ValueClass(path, "is absent", MISSING)


def _nodes(path: Path) -> Iterator[ValueClass]:
    yield ValueClass(path, "is below the starting node", BELOW)
    yield ValueClass(path, "is a node apart from the starting node", BESIDE)


def _days(
    path: Path, as_of: datetime, field: Field | None, edges: Collection[date]
) -> Iterator[ValueClass]:
    time = "T09:00:00Z" if field is not None and field.format == "date-time" else ""
    for label, days in (("past", -40), ("of today", 0), ("to come", 40)):
        day = (as_of + timedelta(days=days)).date()
        yield ValueClass(path, f"is a day {label}", f"{day}{time}", edge=day in edges)
    yield from (ValueClass(path, f"is {day}", f"{day}{time}", edge=True) for day in sorted(edges))


def _literals(node: Node, path: Path) -> Iterator[Value]:
    """Yield the texts, numbers and booleans that an expression may compare a path with."""
    if is_table(node):
        for condition, then in rows_of(node):
            yield from _of_cells(condition, path)
            yield from _literals(then, path) if then["type"] != "literal" else ()
        return
    if node["type"] == "literal":
        yield from _words(node["value"])
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _literals(child, path)
            if node["type"] == "comparator" and node["value"] in ("gt", "lte"):
                yield from _next_number(child)


def _next_number(node: Node) -> Iterator[Value]:
    """Yield the number after a literal: `> 5` and `> 6` differ there alone."""
    value = node["value"] if node["type"] == "literal" else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value + 1


def _words(value: Value) -> Iterator[Value]:
    """Yield a text, number or boolean, or those in a list; no blank text."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str | int | float) and each != "":
            yield each


def _of_cells(condition: Node, path: Path) -> Iterator[Value]:
    """Yield what the cells of a row compare a path with; each column has its own words."""
    if condition["type"] == "comparator":
        column = path_in(condition["children"][0])
        if column is None or column == path:
            yield from _literals(condition, path)
        return
    for child in condition["children"]:
        yield from _of_cells(child, path)


def _each_once(classes: Iterable[ValueClass]) -> Iterator[ValueClass]:
    seen: dict[object, ValueClass] = {}
    for each in classes:
        seen.setdefault(identity(each.value) if each.value is not MISSING else MISSING, each)
    yield from seen.values()


def lookup_paths(compiled: Compiled) -> dict[Path, str]:
    """Return the source paths whose values are looked up, with the names of their tables."""
    return {
        use.keys: field.lookup
        for field in (*compiled.code.fields, *compiled.code.leaving)
        if field.lookup is not None and field.source is not None
        for use in field.source.expression.paths
    }


def typical(
    resource: Resource, classes: Mapping[Path, tuple[ValueClass, ...]]
) -> dict[Path, Value]:
    """Return a typical value for each path of a record of this kind."""
    fields = {path: resource.fields.get(".".join(path)) for path in classes}
    return {path: _usual(path, fields[path], found) for path, found in classes.items()}


def _usual(path: Path, field: Field | None, found: tuple[ValueClass, ...]) -> Value:
    """Return a typical value for a path, one that its record schema allows if it can."""
    name, fitting = path[-1].casefold(), [each for each in found if each.fits]
    if (field is not None and field.format == "email") or "mail" in name:
        usual: Value = "ada.quill@example.com"
    elif any(each.label == "is a day to come" for each in fitting):
        usual = None
    elif any(each.value == HIT for each in fitting):
        usual = HIT
    elif field is not None and field.enum:
        usual = field.enum[0]
    else:
        usual = _as_long(f"{path[-1]} A", field)
    if allows(field, usual):
        return usual
    values = [each.value for each in fitting if not is_blank(each.value)]
    made = text_of(field.pattern) if field is not None and field.pattern else ""
    stated = [made, *(each for each in values if not isinstance(each, Missing))]
    texts = field is None or not field.types or "string" in field.types
    known = (each for each in stated if each != "" and allows(field, each))
    return next(known, usual if texts and not allows(field, None) else None)


def _as_long(text: str, field: Field | None) -> str:
    """Return a text as long as its field asks for, and no longer than that allows."""
    if field is None:
        return text
    return text.ljust(field.min_length or 0, "A")[: field.max_length]
