"""Compiles a record schema into quick checks of single values.

A check returns what is wrong in words, or nothing, and never shows the value. Full JSON Schema
validation of each record costs about twenty times its planning, so a check covers only what the
schema says of one field: type, length, pattern, and the words allowed.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache, partial
from typing import TypeAlias

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.description import Field, Resource
from oneway.core.parsing import ISO_DAY, parse_day
from oneway.core.paths import ItemPath, at, path_of, path_text
from oneway.core.records import MISSING, Value, is_blank
from oneway.core.schema_pattern import SchemaPattern, compiled
from oneway.core.unicode import encodable
from oneway.mapping.expressions import Reading
from oneway.mapping.expressions.item_places import by_keys

Check: TypeAlias = Callable[[Value], str]
"""Returns what is wrong with a non-blank value, or nothing."""

_NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def writable(field: Field | None, resource: Resource | None = None) -> Check:
    """Return the check of a value to be written to a field (None: an unknown field).

    With its resource, what is within a list or an object is checked as well.
    """
    checks: list[Check] = [_sendable]
    if field is not None:
        checks += _declared(field)
        checks += _of_parts(path_of(field.path), resource) if resource is not None else ()
    return partial(_first, tuple(checks))


def _of_parts(path: tuple[str, ...], resource: Resource) -> Iterator[Check]:
    """Yield the checks of what is within a list or an object."""
    inner = [((path_of(name),), each) for name, each in resource.fields.items()]
    for (first, *others), field in (*inner, *resource.items.items()):
        rest = (first[len(path) :], *others)
        inside = first[: len(path)] == path and (others or rest[0])
        if inside and (declared := _declared(field)):
            yield partial(_part, rest, partial(_first, tuple(declared)))


def _part(places: ItemPath, check: Check, value: Value) -> str:
    """Return what is wrong with a part of a value, and where."""
    wrong = (check(each) for each in _parts(places, value) if not is_blank(each))
    found = next(filter(None, wrong), "")
    where = path_text(tuple(key for keys in places for key in keys))
    return found and (f"in '{where}', {found}" if where else f"of an item, {found}")


def _parts(places: ItemPath, value: Value) -> Iterator[Value]:
    first, *others = places
    found = at(value, first) if first and isinstance(value, dict) else value
    if found is MISSING or (first and not isinstance(value, dict)):
        return
    if not others:
        yield found
    elif isinstance(found, list):
        for each in found:
            yield from _parts(tuple(others), each)


@dataclass(frozen=True, slots=True)
class Sure:
    """Values that certainly pass a check, by what can be seen of them at once.

    `classes` are names of Python's classes all of whose values pass, `words` texts that do. With
    `text`, all text in ASCII does that is no longer than `longest` (0: of any length); with
    `fits`, if that says so, which it does of text in ASCII alone.
    """

    null: bool = False
    classes: frozenset[str] = frozenset()
    words: AbstractSet[str] | None = None
    text: bool = False
    longest: int = 0
    fits: Callable[[str], object] | None = None


def sure_of(check: object) -> Sure | None:
    """Return the values that certainly pass a check; None if unknown."""
    if not isinstance(check, partial):
        sure = getattr(check, "sure", None)
        return sure if isinstance(sure, Sure) else None
    if check.func is _typed:
        return Sure(classes=_classes(check.args[0]))
    if check.func is _decidable:
        nullable, parts = check.args
        return _sure_to_decide(nullable, parts)
    return _sure_to_write(check.args[0]) if check.func is _first else None


def _sure_to_decide(nullable: bool, parts: Sequence[object]) -> Sure | None:
    types = [each.args[0] for each in parts if isinstance(each, partial) and each.func is _typed]
    known = [each.args[0] for each in parts if isinstance(each, partial) and each.func is _known]
    if known:
        is_text = all("string" in each for each in types)
        words = frozenset(each for each in known[0] if isinstance(each, str))
        return Sure(null=nullable, words=words if is_text else None)
    return Sure(null=nullable, classes=_classes(types[0])) if types else None


def _sure_to_write(parts: Sequence[object]) -> Sure | None:
    rules = [each for each in parts if isinstance(each, partial)]
    if any(each.func is _one_of for each in rules):
        return None
    none: frozenset[str] = frozenset()
    types = next((each.args[0] for each in rules if each.func is _typed), none)
    classes = _classes(types & {"number", "integer", "boolean"})
    longest = next((each.args[0] for each in rules if each.func is _short), None)
    others = [each for each in parts if each not in (*rules, _sendable, _a_day)]
    fits: list[Callable[[str], object] | None] = [
        each.args[1] and each.args[1].fullmatch for each in rules if each.func is _shaped
    ]
    fits += [_is_day for each in parts if each is _a_day]
    known = not others and all(each.func in (_typed, _short, _shaped) for each in rules)
    of_text = known and len(fits) <= 1 and None not in fits
    text = of_text and longest != 0 and (not types or "string" in types)
    fit = fits[0] if fits and text else None
    return Sure(classes=classes, text=text, longest=longest or 0, fits=fit)


def _classes(types: frozenset[str]) -> frozenset[str]:
    return frozenset(name for each in types for name in _PYTHON.get(each, ()))


_PYTHON: Mapping[str, tuple[str, ...]] = {
    "string": ("str",),
    "number": ("int", "float"),
    "integer": ("int",),
    "boolean": ("bool",),
    "array": ("list",),
    "object": ("dict",),
}


def allows(field: Field | None, value: Value) -> bool:
    """Return whether a record schema allows a value of a field (None: an unknown field)."""
    if field is None:
        return True
    if value is None:
        return not field.types or "null" in field.types
    if isinstance(value, str) and len(value) < (field.min_length or 0):
        return False
    if field.format == "email" and isinstance(value, str) and not is_blank(value):
        return "@" in value and not _first(tuple(_declared(field)), value)
    return not _first(tuple(_declared(field)), value)


def readable(field: Field | None) -> Check | None:
    """Return the check that a value has the type that its source declares, if any."""
    if field is None or not field.types - {"null"}:
        return None
    return partial(_typed, field.types - {"null"})


def decidable(field: Field | None) -> Check | None:
    """Return the check that a value is one that its source declares, where it declares any.

    Whether someone has left must not depend on an unknown word, nor on a blank where
    there must be a word. Unlike the others, this check is asked of blank values as well.
    """
    if field is None or not (field.types or field.enum):
        return None
    checks: list[Check] = []
    nullable = not field.types or "null" in field.types or None in field.enum
    if field.types - {"null"}:
        checks.append(partial(_typed, field.types - {"null"}))
    if field.enum:
        checks.append(partial(_known, frozenset(map(identity, field.enum))))
    return partial(_decidable, nullable, tuple(checks))


def reading_of(resource: Resource, *, deciding: bool = False) -> Reading:
    """Return what a resource says of the keys of its records.

    It includes checks of values that decide something.
    """
    fields = resource.fields.items()
    default = resource.absent_is_null
    checks = {path_of(path): decidable(each) for path, each in fields} if deciding else {}
    items = {path: decidable(each) for path, each in resource.items.items()} if deciding else {}
    within = {path: check for path, check in items.items() if check is not None}
    for (*lists, keys), check in tuple(within.items()):
        if keys or resource.items[*lists, keys].types & _NESTED:
            continue
        if len(lists) == 1:
            checks[lists[0]] = partial(_all_items, checks.get(lists[0]), check)
        else:
            within[*lists,] = partial(_all_items, within.get((*lists,)), check)
    return Reading(
        absent_is_null=default,
        except_for=frozenset(
            path_of(path) for path, each in fields if each.absent_is_null != default
        ),
        checks={path: check for path, check in checks.items() if check is not None},
        declared=frozenset(path_of(path) for path, _ in fields),
        item_checks=within,
        items_except_for=frozenset(
            path for path, each in resource.items.items() if each.absent_is_null != default
        ),
        null_items=frozenset(
            by_keys(path) for path, each in resource.items.items() if each.absent_is_null
        ),
    )


_NESTED = frozenset({"object", "array"})


def _all_items(check: Check | None, of_each: Check, value: Value) -> str:
    """Return what is wrong with a list of plain values, or with one of them."""
    wrong = check(value) if check is not None else ""
    if wrong or not isinstance(value, list):
        return wrong
    return next((f"of an item, {each}" for each in map(of_each, value) if each), "")


def words_of(resource: Resource) -> Mapping[tuple[str, ...], frozenset[Hashable]]:
    """Return the identities of the words that a resource names, by their paths."""
    named = {path: each.enum for path, each in resource.fields.items() if each.enum}
    return {path_of(path): frozenset(map(identity, enum)) for path, enum in named.items()}


def json_types(value: Value) -> frozenset[str]:
    """Return the JSON Schema types that a value has: a whole number is a number as well."""
    known = _TYPES.get(value.__class__)
    if known is not None:
        return known
    if isinstance(value, float):
        return frozenset({"number", "integer"} if value.is_integer() else {"number"})
    found = (types for kind, types in _TYPES.items() if isinstance(value, kind))
    return next(found, frozenset({"object"}))


def in_words(types: frozenset[str]) -> str:
    """Return types in words: "text or a number"."""
    return " or ".join(_NAMES[name] for name in _NAMES if name in types) or "nothing"


def typed(value: Value) -> str:
    """Return a value with its type in words: "the text 'false'"."""
    match value:
        case None:
            return "null"
        case bool():
            return f"the boolean {json.dumps(value)}"
        case int() | float():
            return f"the number {json.dumps(value)}"
        case str():
            return f"the text '{value}'"
        case _:
            return in_words(json_types(value))


def _declared(field: Field) -> list[Check]:
    checks: list[Check] = []
    types = field.types - {"null"}
    if types:
        checks.append(partial(_typed, types))
    if field.enum:
        checks.append(partial(_one_of, frozenset(map(identity, field.enum))))
    if field.min_length is not None and field.min_length > 1:
        # A blank is not checked, and anything else has a character.
        checks.append(partial(_long, field.min_length))
    if field.max_length is not None:
        checks.append(partial(_short, field.max_length))
    if field.pattern:
        checks.append(partial(_shaped, compiled(field.pattern), _quick_shape(field.pattern)))
    if field.format in _FORMATS:
        checks.append(_FORMATS[field.format])
    return checks


_TYPES: Mapping[type, frozenset[str]] = {
    type(None): frozenset({"null"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    str: frozenset({"string"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
}


def _first(checks: tuple[Check, ...], value: Value) -> str:
    for check in checks:
        wrong = check(value)
        if wrong:
            return wrong
    return ""


def _typed(types: frozenset[str], value: Value) -> str:
    have = json_types(value)
    if have & types:
        return ""
    if "integer" in have:
        have = frozenset({"integer"})  # adding that it is a number would say less
    return f"declared as {in_words(types)}, but it is {in_words(have)}"


def _one_of(allowed: frozenset[object], value: Value) -> str:
    return "" if identity(value) in allowed else "not one of the values that the target allows"


def _known(declared: frozenset[object], value: Value) -> str:
    return "" if identity(value) in declared else "not one of the declared values (`record`)"


def _decidable(nullable: bool, checks: tuple[Check, ...], value: Value) -> str:
    if value is None:
        return "" if nullable else "it is null, where the record schema allows no null"
    wrong = _first(checks, value)
    if wrong and isinstance(value, str) and is_blank(value):
        return "it is blank (`record` declares no blank word)"
    return wrong


def _long(least: int, value: Value) -> str:
    if not isinstance(value, str) or len(value) >= least:
        return ""
    return f"{len(value)} characters long; at least {least} are needed"


def _short(most: int, value: Value) -> str:
    if not isinstance(value, str) or len(value) <= most:
        return ""
    return f"{len(value)} characters long; at most {most} fit"


def _quick_shape(pattern: str) -> re.Pattern[str] | None:
    """Return a pattern of so many characters of one class for Python's `re`, None for others.

    Nothing in it can be matched in two ways, so that it takes the same time on any text.
    """
    found = _ONE_CLASS.fullmatch(pattern)
    return None if found is None else re.compile(found[1].replace(r"\d", "[0-9]"))


_ONE_CLASS = re.compile(r"\^((?:\\d|\[(?:0-9|A-Z|a-z|A-Z0-9|A-Za-z|A-Za-z0-9)\])\{[0-9]{1,3}\})\$")


def _shaped(pattern: SchemaPattern, quick: re.Pattern[str] | None, value: Value) -> str:
    if not isinstance(value, str):
        return ""
    found = pattern.found_in(value) if quick is None else quick.fullmatch(value) is not None
    if found:
        return ""
    return "does not have the shape that the target asks for"


_DAY = len("2026-03-31")


@lru_cache(maxsize=4_096)
def _is_day(text: str) -> bool:
    """Return whether a text is a day; of a million records, most share some thousand days."""
    return ISO_DAY.fullmatch(text) is not None and parse_day(text) is not None


def _a_day(value: Value) -> str:
    if not isinstance(value, str):
        return ""
    if len(value) == _DAY and _is_day(value):
        return ""
    if parse_day(value) is None:
        return "not a date (YYYY-MM-DD)"
    return "more than a date (YYYY-MM-DD); parse_date() takes its day"


def _in_form(form: str, words: str, value: Value) -> str:
    if not isinstance(value, str) or re.fullmatch(form, value):
        return ""
    return f"not {words}"


def _an_instant(value: Value) -> str:
    if isinstance(value, str) and not (re.fullmatch(_INSTANT, value) and parse_day(value)):
        return "not a date and time with its zone, such as 2026-03-31T09:00:00Z"
    return ""


_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
_INSTANT = f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_TIME}"
_FORMATS: dict[str, Check] = {
    "date": _a_day,
    "date-time": _an_instant,
    "time": partial(_in_form, _TIME, "a time with its zone, such as 09:00:00Z"),
    "uuid": partial(_in_form, "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", "a UUID"),
}
"""The formats of JSON Schema that are checked: whole, in ASCII digits, with nothing around them.

Not email: what is one is for the target to say.
"""


def _sendable(value: Value) -> str:
    """A lone surrogate is half a character: JSON cannot carry it in UTF-8 (RFC 8259, 8.2)."""
    match value:
        case str():
            return "" if encodable(value) else "holds half a character (a lone surrogate)"
        case list():
            return next((wrong for item in value if (wrong := _sendable(item))), "")
        case dict():
            members = (each for pair in value.items() for each in pair)
            return next((wrong for item in members if (wrong := _sendable(item))), "")
        case _:
            return ""
