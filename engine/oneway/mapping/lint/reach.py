"""Computes the results that an expression can have, by the record schema.

This covers expressions of paths, constants, comparisons, `||`, `&&`, `!` and functions that
distinguish a few classes of values: one value of each class is tried for each path, in every
combination. The results of other expressions are unknown.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.description import Resource
from oneway.core.paths import path_text, with_value
from oneway.core.records import Value, holds
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.mapping.expressions.syntax import SAME_SCOPE, Node, path_in
from oneway.mapping.spec import MappingSpec, SettingSpec

_MOST = 4_000
"""The most records to try; an expression that needs more is not examined."""

_AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)
_DAYS = ("2026-01-01", "2026-06-15", "2026-12-31")

IDEMPOTENT = frozenset({"lower", "upper", "trim", "normalize_spaces", "remove_spaces", "digits"})
"""Idempotent functions: a text that one of them returns is its own class."""

_PLAIN = frozenset({"is_blank", "is_present", "default", "coalesce", "not_null", "iif"})
_DATED = frozenset({"is_past", "is_future", "parse_date", "today"})
_LISTS: tuple[Value, ...] = ([], ["an item"])
_OBJECTS: tuple[Value, ...] = ({}, {"key": "a value"})
_OPEN_TYPES = frozenset({"string", "number", "integer", "boolean"})


@dataclass(frozen=True, slots=True)
class Answers:
    """The results of an expression on the records tried."""

    holds: bool
    fails: bool


def answers(expression: Expression, resource: Resource, spec: MappingSpec) -> Answers | None:
    """Return the results that an expression can have; None if unknown."""
    if not decidable(expression.tree):
        return None
    literals = list(_literals(expression.tree))
    paths = list(dict.fromkeys(use.keys for use in expression.paths))
    if any(one != other and one == other[: len(one)] for one in paths for other in paths):
        return None  # an object and its content
    used = {each.name for each in expression.settings}
    settings = [each for each in spec.settings if each.name in used]
    folds = not IDEMPOTENT.isdisjoint(expression.functions)
    spellings = [*_spellings(literals)] if folds else []
    choices = [[*_values(path, resource, literals, spellings)] for path in paths]
    choices += [[*_of_setting(each, literals)] for each in settings]
    size = 1
    for each in choices:
        size *= len(each)
    if size > _MOST or not size:
        return None
    return _tried(expression, paths, settings, choices)


def _tried(
    expression: Expression,
    paths: list[tuple[str, ...]],
    settings: list[SettingSpec],
    choices: list[list[Value]],
) -> Answers | None:
    """Return the results of an expression on all chosen values; None if it fails on all of them."""
    can_hold = can_fail = False
    for picked in product(*choices):
        data: dict[str, Value] = {}
        for path, value in zip(paths, picked, strict=False):
            data = with_value(data, path, value)
        given = zip(settings, picked[len(paths) :], strict=True)
        context = Context(_AS_OF, {each.name: value for each, value in given}, strict=True)
        try:
            value = expression.evaluate(data, context)[0]
        except EvaluationError:
            continue  # other rules check types
        can_hold, can_fail = can_hold or holds(value), can_fail or not holds(value)
        if can_hold and can_fail:
            break
    return Answers(can_hold, can_fail) if can_hold or can_fail else None


def decidable(node: Node) -> bool:
    """Return whether trying values of a few classes finds all results of a node."""
    kind = node["type"]
    if path_in(node) is not None:
        return True
    if kind == "literal":
        return not isinstance(node["value"], dict)
    if kind == "comparator":
        numeric = node["value"] in ("eq", "ne") or any(
            each["type"] == "literal" for each in node["children"]
        )
        return numeric and all(map(decidable, node["children"]))
    if kind == "function_expression":
        return _known(node) and all(map(decidable, node["children"]))
    return kind in SAME_SCOPE - {"multi_select_dict", "key_val_pair"} and all(
        map(decidable, node["children"])
    )


def _known(node: Node) -> bool:
    name, arguments = str(node["value"]), node["children"]
    if name in IDEMPOTENT:
        return path_in(arguments[0]) is not None
    if name in _DATED:
        return all(path_in(each) is not None for each in arguments)
    if name == "one_of":
        return arguments[1]["type"] in ("literal", "multi_select_list")
    if name == "contains":
        return arguments[0]["type"] in ("literal", "multi_select_list")
    return name in _PLAIN or name == "setting"


def _literals(node: Node) -> Iterator[Value]:
    if node["type"] == "literal":
        value = node["value"]
        yield from value if isinstance(value, list) else [value]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _literals(child)


def _values(
    path: tuple[str, ...], resource: Resource, literals: list[Value], spellings: list[Value]
) -> Iterator[Value]:
    """Yield a value of each class at a path that the expression can tell apart."""
    field = resource.fields.get(path_text(path))
    types = field.types if field is not None and field.types else _OPEN_TYPES | {"null"}
    found: list[Value] = []
    if field is not None and field.enum:
        found += field.enum
    else:
        found += _free(types, literals, field.format if field is not None else "")
        found += spellings
    if "null" in types or (field is not None and not field.types):
        found.append(None)
    yield from {identity(each): each for each in found}.values()


def _free(types: frozenset[str], literals: list[Value], format: str) -> Iterator[Value]:
    if "string" in types:
        yield from (each for each in literals if isinstance(each, str))
        yield from _DAYS
        if not format:
            yield from ("another text", "Another Text", "")
    if types & {"number", "integer"}:
        numbers = [n for n in literals if isinstance(n, int | float) and not isinstance(n, bool)]
        steps = (-1, 0, 0.5, 1) if "number" in types else (-1, 0, 1)
        yield from (n + step for n in numbers for step in steps)
        yield from (0, 1, 4_711)
    if "boolean" in types:
        yield from (True, False)
    if "array" in types:
        yield from _LISTS
    if "object" in types:
        yield from _OBJECTS


def _spellings(literals: list[Value]) -> Iterator[Value]:
    """Yield texts that differ from each literal and that a function may turn into it."""
    for each in (each for each in literals if isinstance(each, str) and each):
        yield from (each.upper(), each.lower(), f" {each}", f"{each[0]} {each[1:]}")


def _of_setting(setting: SettingSpec, literals: list[Value]) -> Iterator[Value]:
    types = {"number": {"number", "integer"}}.get(setting.type, {setting.type})
    yield from _free(frozenset(types), [*literals, setting.default], "")
