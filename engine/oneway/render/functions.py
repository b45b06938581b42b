"""Renders the function library: a list by family, or one function with all details."""

from collections.abc import Sequence

from oneway.core.records import Value
from oneway.mapping.functions import FAMILIES, Example, Function, Parameter
from oneway.render.layout import columns, pad, wrap
from oneway.render.sanitize import harmless, shown
from oneway.render.style import Ink, Style


def text(functions: Sequence[Function], style: Style) -> str:
    """Return functions as text: one with its parameters and examples, several as a list."""
    if len(functions) == 1:
        return "\n".join(_whole(functions[0], style)) + "\n"
    parts = []
    for family, members in FAMILIES:
        listed = [each for each in members if each in functions]
        if listed:
            parts.append("\n".join([style.paint(family, Ink.STRONG), *_list(listed, style)]))
    return "\n\n".join(parts) + "\n"


def as_json(functions: Sequence[Function]) -> list[dict[str, object]]:
    """Return functions as data.

    Keys: name, family, signature, returns, summary, parameters (name, types, description,
    optional, variadic), examples (expression, data, result, as_of, settings, let, choices).
    """
    return [
        {
            "name": each.name,
            "family": _family(each),
            "signature": each.signature,
            "returns": each.returns,
            "summary": each.summary,
            "parameters": [_parameter(parameter) for parameter in each.parameters],
            "examples": [_example(example) for example in each.examples],
        }
        for each in functions
    ]


def _list(functions: Sequence[Function], style: Style) -> list[str]:
    wide = min(max(columns(each.signature) for each in functions), 30)
    lines = []
    for each in functions:
        if columns(each.signature) <= wide:
            lines += wrap(f"{pad(each.signature, wide)}  {each.summary}", style, 2, 4 + wide)
        else:
            lines += wrap(each.signature, style, 2, 4)
            lines += wrap(each.summary, style, 4 + wide)
    return lines


def _whole(function: Function, style: Style) -> list[str]:
    lines = [style.paint(line, Ink.STRONG) for line in wrap(function.signature, style, 0, 2)]
    lines += [*wrap(function.summary, style, 2), *wrap(f"Returns {function.returns}.", style, 2)]
    if function.parameters:
        lines += ["", "Parameters"]
    for parameter in function.parameters:
        optional = ", may be left out" if parameter.optional else ""
        said = f"{parameter.name} ({' or '.join(parameter.types)}{optional})"
        about = f"{said}: {parameter.description}" if parameter.description else said
        lines += wrap(about, style, 2, 4)
    lines += ["", "Examples"]
    for example in function.examples:
        lines += _shown(example, style)
    quoted = next((each for each in function.examples if ": " in each.expression), None)
    if quoted is not None:
        lines += ["", "In a mapping, where ': ' and both kinds of quotes need lines of their own"]
        lines += ["  field: >-", f"    {harmless(quoted.expression)}"]
    return lines


def _shown(example: Example, style: Style) -> list[str]:
    lines = wrap(harmless(example.expression), style, 2, 4)
    for name, text in example.let.items():
        lines += wrap(f"let  {name}: {harmless(text)}", style, 4, 8)
    for name, table in example.choices.items():
        lines += wrap(f"choices  {name}: {_value(table)}", style, 4, 8)
    if example.data:
        lines += wrap(f"on  {_value(example.data)}", style, 4, 8)
    for name, rows in example.trees.items():
        lines += wrap(f"{name}, with their parents  {_value(dict(rows))}", style, 4, 8)
    return lines + wrap(f"->  {_value(example.result)}", style, 4, 8)


def _value(value: Value) -> str:
    return "null" if value is None else shown(value)


def _family(function: Function) -> str:
    return next((family for family, members in FAMILIES if function in members), "")


def _parameter(parameter: Parameter) -> dict[str, object]:
    return {
        "name": parameter.name,
        "types": list(parameter.types),
        "description": parameter.description,
        "optional": parameter.optional,
        "variadic": parameter.variadic,
    }


def _example(example: Example) -> dict[str, object]:
    return {
        "expression": example.expression,
        "data": example.data,
        "result": example.result,
        "as_of": example.as_of,
        "settings": dict(example.settings),
        "let": dict(example.let),
        "choices": dict(example.choices),
        "trees": {name: dict(rows) for name, rows in example.trees.items()},
    }
