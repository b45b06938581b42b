"""Named expressions and tables of rules as data, written out as those of a mapping are."""

import json
from collections.abc import Mapping
from typing import Any

from oneway.core.diagnostics import Span
from oneway.mapping.expressions import Expression
from oneway.mapping.spec import Text
from whole_mappings import compile_mapping, load_mapping
from worlds import catalogue

MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "tables",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": "code"},
}


def expression(
    text: str, *, let: Mapping[str, str] | None = None, choices: Mapping[str, Any] | None = None
) -> Expression:
    """Return an expression that uses named ones and tables of rules."""
    data = {**MAPPING, **({"let": let} if let else {}), **({"choices": choices} if choices else {})}
    loaded = load_mapping(json.dumps(data, indent=1).encode(), "m.yaml")
    compiled = compile_mapping(
        loaded.spec, loaded.document.lines, catalogue(typed=False, unique=frozenset())
    )
    return compiled.named.parsed(Text(text, Span("m.yaml", 1, 1, len(text) + 1)))
