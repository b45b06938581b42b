"""A quoted text stands where a field is meant, so nothing of the record is ever read there.

A heading with a space is a field in double quotes, and a text in single quotes or backticks. Such a
text is recognised if it is all that an expression or call consists of, if it precedes what would be
read if it were blank, or if a field has the same name.
"""

import re
from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import BY_NAME
from oneway.mapping.functions.function import Uses
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject

_NAME = r"[^\W\d_][\w .#/()&'-]*"
_PLAIN = r"(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_][A-Za-z0-9_]*"
"""A name that needs no quotes, neither in an expression nor in YAML."""
_HEADING = r".*[\s.].*"
_ASK = {"coalesce", "default", "not_null"}
"""Functions that use an argument only if the ones before it are blank."""
_PURE = {
    "literal", "or_expression", "and_expression", "not_expression", "comparator",
    "multi_select_list", "multi_select_dict", "key_val_pair",
}  # fmt: skip
"""Nodes that read nothing themselves."""


def check(subject: Subject) -> Iterator[LintFinding]:
    source, target = set(subject.source.fields), set(subject.target.fields)
    sides = ((subject.on_source, source), (subject.on_target, target), (subject.on_references, ()))
    for expressions, fields in sides:
        headings = {each for each in fields if re.fullmatch(_HEADING, each)}
        for expression in expressions:
            if text := _mistaken(expression, headings):
                summary = f"{text!r} in these quotes is the text itself, the same for every record"
                yield LintFinding(expression.span, summary, _help(expression, text))


def _help(expression: Expression, text: str) -> str:
    """Return how to write the field, and the text if it is all of an expression."""
    if not expression.constant:
        return f'for the field, write "{text}", in double quotes'
    plain = re.fullmatch(_PLAIN, text)
    field = f"{text}, without quotes" if plain else f"'\"{text}\"'"
    is_all = expression.tree["type"] == "literal"
    return f"for the field, write {field}" + f"; for the text, write `value: {text}`" * is_all


def _mistaken(expression: Expression, headings: set[str]) -> str:
    """Return the text in an expression that is probably meant as a field; or ""."""
    tree = expression.tree
    if expression.constant and not any(map(_moves, expression.functions)):
        return next((each for each in _texts(tree) if any(map(str.isalpha, each))), "")
    return next((text for node in _within(tree) for text in _suspects(node, headings)), "")


def _within(node: Node) -> Iterator[Node]:
    yield node
    for child in _children(node):
        yield from _within(child)


def _children(node: Node) -> list[Node]:
    return [] if node["type"] == "slice" else node["children"]  # a slice holds its numbers there


def _suspects(node: Node, headings: set[str]) -> Iterator[str]:
    """Yield the texts of a node in places where a field is expected."""
    kind, children = node["type"], _children(node)
    fixed = [each for each in children if _is_fixed(each)]
    if kind == "function_expression":
        name, fixed_call = node["value"], len(fixed) == len(children) and not _is_setting(node)
        if name in _ASK:
            yield from _named(children[:-1], fixed)
        elif name == "iif" or fixed_call:
            yield from _named(children[:1], fixed)
    elif kind in ("or_expression", "and_expression"):
        yield from _named(children[:1], fixed)
    elif kind in ("not_expression", "comparator") and len(fixed) == len(children):
        yield from _named(children, fixed)
    if kind != "comparator" and not _is_setting(node):
        yield from (t for each in children for t in _own(each) if t in headings)


def _named(nodes: list[Node], fixed: list[Node]) -> Iterator[str]:
    """Yield the texts of fixed nodes that could be a field's name."""
    for each in nodes:
        if any(each is other for other in fixed):
            yield from (text for text in _texts(each) if re.fullmatch(_NAME, text))


def _is_fixed(node: Node) -> bool:
    """Return whether a node has the same value for every record, day and setting."""
    if node["type"] == "function_expression":
        return not _moves(node["value"]) and all(map(_is_fixed, _children(node)))
    return node["type"] in _PURE and all(map(_is_fixed, _children(node)))


def _is_setting(node: Node) -> bool:
    known = BY_NAME.get(node["value"]) if node["type"] == "function_expression" else None
    return known is not None and known.uses in (Uses.SETTINGS, Uses.NAMED)


def _moves(function: str) -> bool:
    known = BY_NAME.get(function)
    return known is not None and known.uses is not Uses.NOTHING


def _texts(node: Node) -> Iterator[str]:
    for each in _within(node):
        yield from _own(each)


def _own(node: Node) -> Iterator[str]:
    if node["type"] == "literal" and isinstance(node["value"], str):
        yield node["value"]


RULE = LintRule(
    code="M226",
    severity=Severity.WARNING,
    title="a text in quotes is probably meant to be a field",
    advice="If the name of a field has a space, write it in double quotes within single ones.",
    check=check,
    failing="""\
fields:
  reference: employmentDetails.payrollCode
  firstName: personalDetails.firstName
  lastName: "'Last Name'"
  email: personalDetails.email
""",
    passing="""\
fields:
  reference: employmentDetails.payrollCode
  firstName: personalDetails.firstName
  lastName: personalDetails.lastName
  email: personalDetails.email
""",
)
