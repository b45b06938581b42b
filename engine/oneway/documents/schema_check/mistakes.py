"""Translates a validator's errors into an integrator's words, each with its place."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import did_you_mean
from oneway.core.similar_words import only_slip
from oneway.documents.schema_check.unions import alternatives, closest, rule_of, value_of
from oneway.documents.schema_check.wording import expected, found, listed, one_of, type_help
from oneway.documents.yaml_source import Path, shown

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in the shape of a document; `key` where the key itself is wrong.

    `instead` is the word that must stand there, where that is certain.
    """

    path: Path
    code: str
    summary: str
    help: str = ""
    key: bool = False
    instead: str = ""


def mistakes(error: "ValidationError") -> Iterator[Mistake]:
    """Return what a validator's error says, as one mistake or more."""
    is_key = "propertyNames" in tuple(error.relative_schema_path)[:-1]
    say = _key_name if is_key else _SAYERS.get(str(error.validator), _other)
    yield from say(error, tuple(error.absolute_path))


def _type(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    wanted = rule_of(error)
    types = [wanted] if isinstance(wanted, str) else list(wanted)
    summary = f"expected {expected(types)}, found {found(value_of(error))}"
    cut = _is_cut(path, value_of(error))
    yield Mistake(
        path,
        "S101",
        summary,
        cut
        or _own_advice(error)
        or _of_expression(error)
        or type_help(types, value_of(error))
        or _example(error),
    )


def _of_expression(error: "ValidationError") -> str:
    """Return the remedy for a switch in the place of an expression, where quotes name a field."""
    value = value_of(error)
    if _schema(error).get("title") != "Expression" or not isinstance(value, bool | int | float):
        return ""
    word = json.dumps(value)
    if not isinstance(value, bool):
        return f"for {word} of every record write '`{word}`'"
    return f"for {word} of every record write '`{word}`'; for a field of that name, '{word}'"


_CUT_OFF = frozenset("()[]'")
"""A remainder of an expression that a comma cut off; no key of ours looks like it."""


def _is_cut(path: Path, value: object) -> str:
    """Return the remedy for a key that is the remainder of a value cut at a comma."""
    if value is None and path and _CUT_OFF.intersection(str(path[-1])):
        return "within { } a value with a comma must be in double quotes"
    return ""


def _unknown_keys(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    known = list(_schema(error).get("properties", ()))
    given = value_of(error)
    for key in given:
        if key not in known:
            near = did_you_mean(key, known)
            cut = _CUT_LIST if given[key] is None and not near else ""
            help = near or cut or f"known here: {listed(known)}"
            help = _is_cut((key,), given[key]) or _is_joined(key, known) or help
            free = [each for each in known if each not in given]
            near = "" if _is_joined(key, known) else only_slip(key, free)
            summary = f"unknown key {shown(key)}"
            yield Mistake((*path, key), "S102", summary, help, key=True, instead=near)


_CUT_LIST = "within { } a comma ends a value: put [ ] around a list, and quotes around a text"


def _is_joined(key: str, known: Sequence[str]) -> str:
    """Return the remedy for a key that a missing space has joined with its value."""
    name, colon, value = key.partition(":")
    if not colon or name not in known:
        return ""
    return f"a colon needs a space after it: {name}: {value}"


def _required(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    known: dict[str, Any] = _schema(error).get("properties", {})
    for key in rule_of(error):
        # jsonschema gives one error for each missing key; the set of mistakes makes them one.
        misspelt = (other for other in value_of(error) if other not in known)
        meant = any(f"'{key}'" in did_you_mean(other, known) for other in misspelt)
        if key not in value_of(error) and not meant:
            about = known.get(key, {})
            what = about.get("description", "") if isinstance(about, dict) else ""
            help = f"add it: {what}" if what else f"add '{key}: ...'"
            yield Mistake(path, "S103", f"key {shown(key)} is missing", help, key=True)


def _choice(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    allowed = rule_of(error) if error.validator == "enum" else [rule_of(error)]
    yield _not_among(path, value_of(error), allowed, _own_advice(error))


def _not_among(path: Path, value: object, allowed: list[object], advice: str = "") -> Mistake:
    words = [each for each in allowed if isinstance(each, str)]
    near = did_you_mean(value, map(str, allowed)) if isinstance(value, str) else ""
    if isinstance(value, str) and any(value == str(a) for a in allowed):
        near = f"write it without quotes: {value}"
    summary = f"expected {one_of(allowed)}, found {found(value)}"
    write = advice or ("write one of these" if len(allowed) > 1 else "write that")
    instead = only_slip(value, words) if isinstance(value, str) else ""
    return Mistake(path, "S104", summary, near or write, instead=instead)


def _text(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    name = str(_schema(error).get("title", "value")).lower()
    if error.validator == "minLength":
        yield Mistake(path, "S105", "expected text, found none", _advice(error))
    elif error.validator == "maxLength":
        length = len(value_of(error))
        summary = f"this text has {length:,} characters; at most {rule_of(error):,} fit"
        yield Mistake(path, "S105", summary, _advice(error))
    else:
        advice = _advice(error, "patternErrorMessage")
        yield Mistake(path, "S105", f"{shown(value_of(error))} is not a valid {name}", advice)


def _unusable_pattern(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    help = "write one as RE2 has them, such as ^[0-9]{6}$; maxLength bounds a long text"
    yield Mistake(path, "C108", f"this pattern cannot be used: {error.message}", help)


def _number(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    limits = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
        "multipleOf": "a multiple of",
    }
    limit = f"{limits[str(error.validator)]} {rule_of(error)}"
    yield Mistake(path, "S106", f"expected {limit}, found {found(value_of(error))}", _advice(error))


def _size(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    kind = str(error.validator)
    things = "keys" if kind.endswith("Properties") else "items"
    if kind == "uniqueItems":
        yield Mistake(path, "S107", "the same item appears twice", _advice(error))
        return
    bound = "at least" if kind.startswith("min") else "at most"
    summary = f"expected {bound} {rule_of(error)} {things}, found {len(value_of(error))}"
    yield Mistake(path, "S107", summary, _advice(error))


def _key_name(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    # The error's instance is the key itself; the parent's is the object that has it.
    summary = f"{shown(str(value_of(error)))} cannot be a key here"
    advice = _advice(error, "patternErrorMessage")
    yield Mistake((*path, str(value_of(error))), "S109", summary, advice, key=True)


def _union(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    keys = alternatives(error)
    if keys:
        given = [key for key in keys if key in value_of(error)]
        yield from _one_key(path, keys, given)
        return
    fit = closest(error)
    for inner in fit.errors:
        yield from mistakes(inner)
    if fit.kinds:
        first = fit.kinds[0]
        allowed = [rule_of(kind) for kind in fit.kinds]
        yield _not_among(tuple(first.absolute_path), value_of(first), allowed)
    if fit.types:
        summary = f"expected {expected(fit.types)}, found {found(value_of(error))}"
        cut = _is_cut(path, value_of(error))
        yield Mistake(path, "S101", summary, cut or _type_help(error, fit.types))


def _one_key(path: Path, keys: list[str], given: list[str]) -> Iterator[Mistake]:
    if not given:
        yield Mistake(
            path, "S108", f"one of the keys {listed(keys)} is missing", "add one of them", key=True
        )
    for extra in given[1:]:
        summary = f"'{given[0]}' and '{extra}' exclude each other"
        yield Mistake((*path, extra), "S108", summary, "take one of them out", key=True)


def _dependent(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    for key, needs in rule_of(error).items():
        for need in needs:
            if key in value_of(error) and need not in value_of(error):
                yield Mistake(
                    (*path, key), "S108", f"'{key}' needs '{need}' beside it", "", key=True
                )


def _other(error: "ValidationError", path: Path) -> Iterator[Mistake]:
    yield Mistake(path, "S110", f"{found(value_of(error))} is not allowed here", _advice(error))


def _advice(error: "ValidationError", kind: str = "errorMessage") -> str:
    """Return the schema's own advice, or its first example."""
    return _own_advice(error, kind) or _example(error)


def _type_help(error: "ValidationError", types: Sequence[str]) -> str:
    branch = next((e for e in map(_schema, error.context or ()) if "enum" in e), {})
    words = [each for each in branch.get("enum", ()) if isinstance(each, str)]
    if words:  # the text that is allowed is one of a few words: quotes would not help
        made = next((e for e in _schema(error).get("examples", ()) if isinstance(e, dict)), None)
        shown = f"write {one_of(words)}{f', or {json.dumps(made)}' if made else ''}"
        return _own_advice(error) or str(branch.get("errorMessage", "")) or shown
    return _own_advice(error) or type_help(types, value_of(error)) or _example(error)


def _own_advice(error: "ValidationError", kind: str = "errorMessage") -> str:
    return str(_schema(error).get(kind, ""))


def _example(error: "ValidationError") -> str:
    examples = _schema(error).get("examples", ())
    if not examples:
        return "compare it with the schema (oneway schema)"
    first = examples[0]
    return f"for example: {first if isinstance(first, str) else json.dumps(first)}"


def _schema(error: "ValidationError") -> dict[str, Any]:
    return error.schema if isinstance(error.schema, dict) else {}


_Sayer = Callable[["ValidationError", Path], Iterator[Mistake]]
_SAYERS: dict[str, _Sayer] = {
    "type": _type,
    "additionalProperties": _unknown_keys,
    "unevaluatedProperties": _unknown_keys,
    "required": _required,
    "enum": _choice,
    "const": _choice,
    "pattern": _text,
    "format": _unusable_pattern,
    "minLength": _text,
    "maxLength": _text,
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": _number,
    "exclusiveMaximum": _number,
    "multipleOf": _number,
    "minItems": _size,
    "maxItems": _size,
    "uniqueItems": _size,
    "minProperties": _size,
    "maxProperties": _size,
    "anyOf": _union,
    "oneOf": _union,
    "dependentRequired": _dependent,
}
