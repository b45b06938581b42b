"""Infers the types of an expression's parts from the record schema; None if unknown."""

from collections.abc import Iterator

from oneway.core.description import Resource
from oneway.core.paths import path_of, path_text
from oneway.mapping.expressions import BUILT_IN, Expression
from oneway.mapping.expressions.named_calls import CHOOSE
from oneway.mapping.expressions.syntax import SAME_SCOPE, Node, path_in
from oneway.mapping.expressions.table_rows import is_table, rows_of
from oneway.mapping.functions.library import BY_NAME
from oneway.mapping.record_schema import json_types
from oneway.mapping.spec import EndpointSpec

_ANY = frozenset[str]()
NUMBERS = {"number", "integer"}
_LISTS = ("projection", "filter_projection", "flatten", "multi_select_list", "value_projection")
_TRUTHS = ("comparator", "not_expression")


def types_in(node: Node, resource: Resource) -> frozenset[str]:
    """Return the JSON types of a node's value if it is not null."""
    kind, path = node["type"], path_in(node)
    if path is not None:
        field = resource.fields.get(path_text(path))
        return _wide(field.types) if field is not None else _ANY
    if kind == "literal":
        return json_types(node["value"]) - {"null"}
    if kind in _TRUTHS:
        return frozenset({"boolean"})
    if kind in _LISTS:
        return frozenset({"array"})
    if kind == "multi_select_dict":
        return frozenset({"object"})
    if is_table(node):
        said = [types_in(then, resource) for _, then in rows_of(node)]
        return _ANY.union(*said) if all(said) else _ANY
    if kind == "function_expression":
        return _returned(str(node["value"]))
    return _ANY


def _wide(types: frozenset[str]) -> frozenset[str]:
    return (types | ({"integer"} if "number" in types else set())) - {"null"}


def _returned(name: str) -> frozenset[str]:
    function = BY_NAME.get(name)
    if function is not None:
        return (
            _ANY if function.returns == "any" else _wide(frozenset(function.returns.split(" or ")))
        )
    return _RETURNED.get(name, _ANY)


_RETURNED = {
    **dict.fromkeys(("contains", "starts_with", "ends_with"), frozenset({"boolean"})),
    **dict.fromkeys(("length", "abs", "avg", "ceil", "floor", "sum", "to_number"),
                    frozenset({"number", "integer"})),
    **dict.fromkeys(("join", "to_string", "type"), frozenset({"string"})),
}  # fmt: skip


def taken(name: str, position: int) -> frozenset[str]:
    """Return the types that a function takes at a position; an empty set if it takes any."""
    function = BY_NAME.get(name)
    if name == CHOOSE and position:  # a condition, or the answer of a row
        return _ANY
    if function is not None:
        types = frozenset(function.parameter(position).types)
        return _ANY if "any" in types else _wide(types) | (types & {"null"})
    signature = BUILT_IN.get(name, ())
    known = signature[min(position, len(signature) - 1)]["types"] if signature else []
    return _wide(frozenset("array" if each.startswith("array") else each for each in known))


def nodes_in(expression: Expression) -> Iterator[Node]:
    """Yield the nodes of an expression that are evaluated on the record itself."""
    todo = [expression.tree]
    while todo:
        node = todo.pop()
        yield node
        if node["type"] in SAME_SCOPE:
            todo += reversed(node["children"])


def column_types(end: EndpointSpec) -> dict[str, str]:
    """Return the types of a file's columns as its option states them, by `plain` paths."""
    types = dict(end.options).get("types")
    said = str(types.value) if types is not None else ""
    pairs = (each.partition("=") for each in said.split(","))
    return {plain(path_of(name.strip())): kind.strip() for name, _, kind in pairs if kind.strip()}


def is_csv(end: EndpointSpec) -> bool:
    """Return whether a side is a CSV file, whose cells hold text unless `types` says otherwise."""
    format = dict(end.options).get("format")
    ending = end.resource.text.rpartition(".")[2].lower()
    named = ending if format is None else str(format.value)
    return end.connector.text == "file" and named in ("csv", "tsv")


def plain(keys: tuple[str, ...]) -> str:
    """Return a path as one text, whether its dots are part of a flat heading or not."""
    return ".".join(keys)
