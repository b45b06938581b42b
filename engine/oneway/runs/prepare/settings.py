"""Converts settings, given as text or in a connection, to their declared types."""

from collections.abc import Callable, Iterable, Mapping

from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, did_you_mean
from oneway.core.records import Value
from oneway.mapping.spec import SettingSpec


def resolve_settings(
    specs: Iterable[SettingSpec],
    given: Mapping[str, str],
    own: Mapping[str, Value] | None = None,
) -> dict[str, Value]:
    """Return every setting's value; raise `Refused` for each that is unknown or ill-typed.

    `given` are texts, which win; `own` are the values of a connection, known to be right.
    """
    declared = {spec.name: spec for spec in specs}
    values = {spec.name: spec.default for spec in declared.values()}
    values |= {name: value for name, value in (own or {}).items() if name in declared}
    wrong = []
    for name, text in given.items():
        if name not in declared:
            wrong.append(_unknown(name, declared))
            continue
        try:
            values[name] = _PARSERS[declared[name].type](text)
        except ValueError:
            wrong.append(_ill_typed(declared[name]))
    if wrong:
        raise Refused(wrong)
    return values


def is_of(type: str, value: Value) -> bool:
    """Return whether a value has the type that a setting declares."""
    match type:
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _unknown(name: str, declared: Iterable[str]) -> Diagnostic:
    known = ", ".join(declared)
    help = did_you_mean(name, declared) or (f"it has: {known}" if known else "it has none")
    return _error("U101", name, f"the mapping has no setting '{name}'", help)


def _ill_typed(spec: SettingSpec) -> Diagnostic:
    want = WANTED[spec.type]
    return _error("U102", spec.name, f"setting '{spec.name}' is {want[0]}", f"write {want[1]}")


def _error(code: str, name: str, summary: str, help: str) -> Diagnostic:
    return Diagnostic(Span(f"--set {name}"), Severity.ERROR, code, summary, help)


def _boolean(text: str) -> Value:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _integer(text: str) -> Value:
    if len(text) > 18:
        raise ValueError
    return int(text)


def _number(text: str) -> Value:
    number = float(text)
    if number - number != 0:  # not a number, or without end
        raise ValueError
    return number


_PARSERS: Mapping[str, Callable[[str], Value]] = {
    "boolean": _boolean,
    "string": str,
    "integer": _integer,
    "number": _number,
}
WANTED = {
    "boolean": ("a switch", "true or false"),
    "integer": ("a whole number", "digits, such as 30"),
    "number": ("a number", "digits, such as 30 or 2.5"),
    "string": ("text", "text"),
}
"""What each type of setting is, and what to write, in words."""
