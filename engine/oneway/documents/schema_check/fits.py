"""Tells whether data fits a schema, without saying why not.

jsonschema gives the same answer, but importing it takes longer than the rest of `oneway validate`.
So it is imported only to explain a mistake, or for a schema with a keyword that this module does
not know.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.linear_pattern import RegexMistake
from oneway.core.schema_pattern import compiled

Fits: TypeAlias = Callable[[Any], bool]


def fits_of(schema: Mapping[str, Any]) -> Fits | None:
    """Return a function that tells whether data fits a schema; None for an unknown keyword."""
    try:
        return _Rules(schema).of(schema)
    except _Unknown:
        return None


class _Unknown(Exception):
    """A schema has a keyword that this module does not know."""


@dataclass(slots=True)
class _Rules:
    root: Mapping[str, Any]
    made: dict[str, Fits] = field(default_factory=dict)

    def of(self, schema: object) -> Fits:
        if isinstance(schema, bool):
            return lambda _: schema
        assert isinstance(schema, Mapping)
        rules = [rule for word, said in schema.items() if (rule := self._rule(word, said, schema))]
        if len(rules) == 1:
            return rules[0]

        def fits(value: Any) -> bool:
            for rule in rules:  # noqa: SIM110  # `all` takes twice as long, and is met most
                if not rule(value):
                    return False
            return True

        return fits

    def _rule(self, word: str, said: Any, schema: Mapping[str, Any]) -> Fits | None:
        if word in _ANNOTATIONS:
            return None
        if word in _BOUNDS:
            kind, fits = _BOUNDS[word]
            return lambda value: not _is_a(kind, value) or fits(value, said)
        make = getattr(self, f"_{word.removeprefix('$')}", None)
        if make is None:
            raise _Unknown
        rule: Fits = make(said, schema)
        return rule

    def _ref(self, said: str, _: object) -> Fits:
        if said not in self.made:
            name = said.removeprefix("#/$defs/")
            if name not in self.root.get("$defs", {}):
                raise _Unknown
            self.made[said] = lambda value: self.made[said](value)  # a schema may contain itself
            self.made[said] = self.of(self.root["$defs"][name])
        return self.made[said]

    def _type(self, said: str | Sequence[str], _: object) -> Fits:
        if isinstance(said, str):
            return partial(_is_a, said)
        kinds = tuple(said)
        return lambda value: any(_is_a(kind, value) for kind in kinds)

    def _const(self, said: object, _: object) -> Fits:
        return lambda value: _equal(value, said)

    def _enum(self, said: Sequence[object], _: object) -> Fits:
        if all(isinstance(each, str) for each in said):
            words = frozenset(map(str, said))
            return lambda value: isinstance(value, str) and value in words
        return lambda value: any(_equal(value, each) for each in said)

    def _pattern(self, said: str, _: object) -> Fits:
        return lambda value: not isinstance(value, str) or compiled(said).found_in(value)

    def _format(self, said: str, _: object) -> Fits:
        return lambda value: said != "re2" or not isinstance(value, str) or _is_pattern(value)

    def _properties(self, said: Mapping[str, object], _: object) -> Fits:
        parts = {name: self.of(each) for name, each in said.items()}

        def fits(value: Any) -> bool:
            if isinstance(value, dict):
                for name, each in value.items():
                    if name in parts and not parts[name](each):
                        return False
            return True

        return fits

    def _additionalProperties(self, said: object, schema: Mapping[str, Any]) -> Fits:
        if "patternProperties" in schema:
            raise _Unknown
        rest, named = self.of(said), frozenset(schema.get("properties", ()))
        return lambda value: (
            not isinstance(value, dict)
            or all(rest(each) for name, each in value.items() if name not in named)
        )

    def _propertyNames(self, said: object, _: object) -> Fits:
        fits = self.of(said)
        return lambda value: not isinstance(value, dict) or all(map(fits, value))

    def _required(self, said: Sequence[str], _: object) -> Fits:
        return lambda value: not isinstance(value, dict) or all(name in value for name in said)

    def _dependentRequired(self, said: Mapping[str, Sequence[str]], _: object) -> Fits:
        return lambda value: (
            not isinstance(value, dict)
            or all(name in value for key in said if key in value for name in said[key])
        )

    def _items(self, said: object, schema: Mapping[str, Any]) -> Fits:
        fits, first = self.of(said), len(schema.get("prefixItems", ()))
        return lambda value: not isinstance(value, list) or all(map(fits, value[first:]))

    def _prefixItems(self, said: Sequence[object], _: object) -> Fits:
        parts = [self.of(each) for each in said]
        return lambda value: (
            not isinstance(value, list)
            or all(part(each) for part, each in zip(parts, value, strict=False))
        )

    def _uniqueItems(self, said: bool, _: object) -> Fits:
        return lambda value: not said or not isinstance(value, list) or each_once(value)

    def _anyOf(self, said: Sequence[object], _: object) -> Fits:
        parts = [self.of(each) for each in said]
        return lambda value: any(part(value) for part in parts)

    def _allOf(self, said: Sequence[object], _: object) -> Fits:
        parts = [self.of(each) for each in said]
        return lambda value: all(part(value) for part in parts)

    def _oneOf(self, said: Sequence[object], _: object) -> Fits:
        parts = [self.of(each) for each in said]
        return lambda value: sum(part(value) for part in parts) == 1

    def _if(self, said: object, schema: Mapping[str, Any]) -> Fits:
        asked = self.of(said)
        yes, no = self.of(schema.get("then", True)), self.of(schema.get("else", True))
        return lambda value: yes(value) if asked(value) else no(value)


_ANNOTATIONS = frozenset(
    [
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "title",
        "description",
        "examples",
        "default",
        "deprecated",
        "then",
        "else",
        "errorMessage",
        "patternErrorMessage",
    ]
)
"""Keywords without an effect of their own; `then` and `else` belong to `if`."""

_BOUNDS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "minLength": ("string", lambda value, least: len(value) >= least),
    "maxLength": ("string", lambda value, most: len(value) <= most),
    "minItems": ("array", lambda value, least: len(value) >= least),
    "maxItems": ("array", lambda value, most: len(value) <= most),
    "minProperties": ("object", lambda value, least: len(value) >= least),
    "maxProperties": ("object", lambda value, most: len(value) <= most),
    "minimum": ("number", lambda value, least: not value < least),
    "maximum": ("number", lambda value, most: not value > most),
    "exclusiveMinimum": ("number", lambda value, least: not value <= least),
    "exclusiveMaximum": ("number", lambda value, most: not value >= most),
}
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "object": dict,
    "array": list,
    "boolean": bool,
    "null": type(None),
}


def _is_a(kind: str, value: object) -> bool:
    if kind == "integer":
        whole = isinstance(value, float) and value.is_integer()
        return whole or (isinstance(value, int) and not isinstance(value, bool))
    if kind not in _TYPES:
        return False
    return isinstance(value, _TYPES[kind]) and (kind != "number" or not isinstance(value, bool))


def each_once(values: Sequence[object]) -> bool:
    """Return whether all values differ, in linear time."""
    return len(set(map(_hashable, values))) == len(values)


def _hashable(value: object) -> Hashable:
    """Return a hashable that is equal exactly if `_equal` says so."""
    if isinstance(value, dict):
        return frozenset((key, _hashable(each)) for key, each in value.items())
    if isinstance(value, list):
        return ("list", *map(_hashable, value))
    return ("bool", value) if isinstance(value, bool) else value


def _is_pattern(text: str) -> bool:
    try:
        compiled(text)
    except RegexMistake:
        return False
    return True


def _equal(one: object, other: object) -> bool:
    """Return whether two values are the same JSON: `1` is `1.0`, and not `true`."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_equal(*pair) for pair in pairs)
    return isinstance(one, bool) is isinstance(other, bool) and one == other
