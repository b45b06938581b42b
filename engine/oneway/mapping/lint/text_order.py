"""Finds comparisons of texts by order, in which blank text comes first."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from oneway.core.description import Resource
from oneway.core.paths import path_text, with_value
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.mapping.expressions.compared_words import constant_of, only_path
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.expressions.syntax import SAME_SCOPE, Node, path_in
from oneway.mapping.lint.rule import Subject
from oneway.mapping.lint.type_inference import NUMBERS, nodes_in, types_in

WITHIN_HELP = (
    "ask first whether there is a value, `status && contains('FL', status)`, or list the words: "
    "one_of(status, ['F', 'L'])"
)
ORDER_HELP = (
    "compare dates with is_past(), is_future() or days_between(), which are false for a blank"
)


def without_order(node: Node, resource: Resource) -> frozenset[str]:
    """Return the types of a node that is compared by order, if none is a number; otherwise none."""
    if node["type"] != "comparator" or node["value"] in ("eq", "ne"):
        return frozenset()
    both = (types_in(each, resource) for each in node["children"])
    return next((each for each in both if each and not each & NUMBERS), frozenset())


def blanks_first(subject: Subject) -> Iterator[tuple[Expression, Node]]:
    """Yield comparisons of texts by order that decide who leaves or takes part.

    Comparisons that are only made if there is a value are left out: `date && date < today()`.
    """
    for expression, node, resource in _deciding(subject):
        if "string" in without_order(node, resource):
            yield expression, node


def blanks_within(subject: Subject) -> Iterator[tuple[Expression, Node]]:
    """Yield tests whether a value is part of a constant, as `contains('FL', status)`.

    A blank text is part of every text, and would give rights. Tests that are only made if there is
    a value are left out, and so are values whose record schema lists the words without a blank.
    """
    code = subject.code
    of_fields = [one for each in (*code.fields, *code.leaving) for one in each.expressions]
    of_fields += [each.expression for each in code.match_source]
    given = (*_deciding(subject), *_unsure((each, subject.source) for each in of_fields))
    for expression, node, resource in given:
        path = _within(node)
        if path is None or not types_in(node["children"][1], resource) <= {"string", "null"}:
            continue
        if not _takes_blank(node, path):
            continue
        field = resource.fields.get(path_text(path))
        if field is None or not field.enum or "" in field.enum:
            yield expression, node


def _within(node: Node) -> tuple[str, ...] | None:
    """Return the path whose value is searched for in a constant text."""
    if node["type"] != "function_expression" or node["value"] not in _SEARCHED:
        return None
    first, *others = node["children"]
    return only_path(others[0]) if others and isinstance(constant_of(first), str) else None


def _takes_blank(node: Node, path: tuple[str, ...]) -> bool:
    """Return whether a test holds for a blank text that nothing replaces."""
    try:
        return evaluated(node, with_value({}, path, ""), _SOME_DAY).value is True
    except EvaluationError:
        return False


_SOME_DAY = Context(datetime(2026, 1, 1, tzinfo=UTC))


_SEARCHED = frozenset({"contains", "starts_with", "ends_with"})


def _deciding(subject: Subject) -> Iterator[tuple[Expression, Node, Resource]]:
    """Yield the nodes that decide access, except tests of a single value."""
    code = subject.code
    deciding = (
        *((each, subject.source) for each in (code.leaver, *code.only, *code.rules)),
        *((each, subject.target) for _, each in code.target_conditions),
    )
    yield from _unsure((each, resource) for each, resource in deciding if each is not None)


def _unsure(
    expressions: Iterable[tuple[Expression, Resource]],
) -> Iterator[tuple[Expression, Node, Resource]]:
    """Yield the nodes of expressions, except those evaluated only if there is a value."""
    for expression, resource in expressions:
        asked = {id(node) for node in _asked(expression.tree, frozenset())}
        for node in nodes_in(expression):
            if id(node) not in asked:
                yield expression, node, resource


_Paths = frozenset[tuple[str, ...]]


def _asked(node: Node, known: _Paths) -> Iterator[Node]:
    """Yield the comparisons of a path that are only made if it has a value.

    `known` are the paths that have one here: `date && ...`, `!date || ...` and `iif(date, ...)`
    test it first.
    """
    kind, children = node["type"], node["children"]
    read = {path_in(each) for each in children} if kind == "comparator" else {_within(node)}
    if read & known:
        yield node
    if kind not in SAME_SCOPE:
        return
    then = [known] * len(children)
    if kind == "and_expression":
        then[1] |= _present(children[0])
    elif kind == "or_expression":
        then[1] |= _present(children[0], holding=False)
    elif kind == "function_expression" and node["value"] == "iif" and len(children) == 3:
        then[1] |= _present(children[0])
        then[2] |= _present(children[0], holding=False)
    for child, there in zip(children, then, strict=True):
        yield from _asked(child, there)


def _present(node: Node, *, holding: bool = True) -> _Paths:
    """Return the paths that have a value if a condition holds, or if it does not."""
    kind, children = node["type"], node["children"]
    path = path_in(node)
    if path is not None:
        return frozenset({path}) if holding else frozenset()
    if kind == "not_expression":
        return _present(children[0], holding=not holding)
    if kind == ("and_expression" if holding else "or_expression"):
        return _present(children[0], holding=holding) | _present(children[1], holding=holding)
    asks = "is_present" if holding else "is_blank"
    if kind == "function_expression" and node["value"] == asks:
        read = path_in(children[0])
        return frozenset({read}) if read is not None else frozenset()
    return frozenset()
