"""Finds what an expression reads, without evaluating it.

The compiler uses it to compare fields with the record schema and underline unknown ones, to find
the settings, and to know whether the day of the run matters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field
from math import inf
from typing import Any, cast

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import did_you_mean
from oneway.core.records import is_blank
from oneway.core.similar_words import only_slip
from oneway.mapping.expressions.named_calls import CHOOSE
from oneway.mapping.expressions.syntax import (
    ExpressionSyntax,
    Node,
    SyntaxToken,
    TextRange,
    finite,
    path_in,
    tokens_of,
)
from oneway.mapping.functions import BY_NAME, EvaluationError, Function, Uses
from oneway.mapping.functions.built_in import BUILT_IN
from oneway.mapping.functions.function import checked_argument

MAX_GROWTH = 10_000
"""How many times larger than the record the result of an expression may be.

`[@, @] | [@, @] | ...` doubles its input at each step; sixty steps would fill any memory.
"""


@dataclass(frozen=True, slots=True)
class PathUse:
    """A path read from the root of the record, and where each of its keys stands in the text.

    It ends before a projection, an index, or a function's result.
    """

    keys: tuple[str, ...]
    places: tuple[TextRange, ...]

    @property
    def offset(self) -> int:
        """Where its first key starts."""
        return self.places[0].offset

    @property
    def length(self) -> int:
        """From the start of its first key to the end of its last."""
        return self.places[-1].end - self.places[0].offset


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name given to a function in quotes, and its place in the text including the quotes."""

    name: str
    place: TextRange
    function: str = ""


@dataclass(frozen=True, slots=True)
class TreeUse:
    """The use of a tree: the place of its name in the text, and the arguments of the call.

    `start` is a constant, or reads a setting.
    """

    name: str
    place: TextRange
    node: Node
    start: Node


@dataclass(frozen=True, slots=True)
class ExpressionReads:
    """What an expression reads.

    `whole`: it reads the record as a whole (`@`, `keys(@)`, `*`), which no path shows.
    """

    paths: tuple[PathUse, ...]
    functions: tuple[str, ...]
    settings: tuple[NameUse, ...]
    named: tuple[NameUse, ...]
    whole: bool
    simple: tuple[str, ...] | None
    uses_today: bool
    trees: tuple[TreeUse, ...] = ()


def reads_of(text: str, tree: Node, *, written_out: bool) -> ExpressionReads:
    """Return what an expression reads; raise `ExpressionSyntax` for a call that cannot work.

    With `written_out`, a table of rules may be part of it.
    """
    walk = _Walk(tokens_of(text), written_out)
    walk.use(walk.visit(tree, PathUse((), ())))
    if _growth(tree) > MAX_GROWTH:
        raise ExpressionSyntax(
            f"the result could be more than {MAX_GROWTH:,} times as large as the record"
        )
    uses_today = any(n in BY_NAME and BY_NAME[n].uses is Uses.TODAY for n in walk.functions)
    return ExpressionReads(
        tuple(walk.paths),
        tuple(dict.fromkeys(walk.functions)),
        tuple(walk.names[Uses.SETTINGS]),
        tuple(walk.names[Uses.NAMED]),
        walk.whole,
        _simple(tree),
        uses_today,
        tuple(walk.trees),
    )


def _simple(tree: Node) -> tuple[str, ...] | None:
    steps = tree["children"] if tree["type"] == "subexpression" else [tree]
    keys = [str(step["value"]) for step in steps if step["type"] == "field"]
    return tuple(keys) if len(keys) == len(steps) else None


@dataclass(slots=True)
class _Walk:
    """Reads a tree in textual order, in step with its tokens.

    `visit` gets the path that `@` stands for, or None if it is not a path of the record, and
    returns the path of the result, or None if it cannot be extended.
    """

    tokens: Iterator[SyntaxToken]
    written_out: bool = False
    paths: list[PathUse] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    names: dict[Uses, list[NameUse]] = field(
        default_factory=lambda: {Uses.SETTINGS: [], Uses.NAMED: []}
    )
    trees: list[TreeUse] = field(default_factory=list)
    whole: bool = False

    def use(self, path: PathUse | None) -> None:
        if path is None:
            return
        if path.keys:
            self.paths.append(path)
        else:
            self.whole = True

    def visit(self, node: Node, here: PathUse | None) -> PathUse | None:
        kind, children = node["type"], node["children"]
        if kind in ("field", "literal", "function_expression"):
            return self._worded(node, here)
        if kind in ("current", "identity"):
            return here
        if kind in ("subexpression", "pipe"):
            return self._in_turn(children, here)
        if kind == "index_expression" or kind.endswith("projection") or kind == "flatten":
            self._projected(kind, children, here)
        elif kind not in ("index", "slice"):
            self._each(node, here)
        return None

    def _worded(self, node: Node, here: PathUse | None) -> PathUse | None:
        token = next(self.tokens)
        if node["type"] == "field":
            found = _extended(here, token)
            if found is not None:
                # so that an evaluation of the node can tell which key of the record is absent
                cast(dict[str, Any], node)["path"] = found.keys
            return found
        if node["type"] == "function_expression":
            self._called(node, token.place, here)
        elif not finite(node["value"]):
            raise ExpressionSyntax(
                "NaN and Infinity are not JSON numbers", token.place.offset, token.place.length
            )
        return None

    def _in_turn(self, steps: Sequence[Node], here: PathUse | None) -> PathUse | None:
        for step in steps:
            read = len(self.paths)
            there = self.visit(step, here)
            # `a.b | 'x'` reads a.b, although its value is not used
            if there is None and len(self.paths) == read and step is not steps[0]:
                self.use(here)
            here = there
        return here

    def _projected(self, kind: str, children: Sequence[Node], here: PathUse | None) -> None:
        self.use(self.visit(children[0], here))
        # a filter's condition precedes the projection in the text, but comes last in the tree
        order = (2, 1) if kind == "filter_projection" else range(1, len(children))
        for position in order:
            self.visit(children[position], None)

    def _each(self, node: Node, here: PathUse | None) -> None:
        if node["type"] == "expref":
            raise ExpressionSyntax("& is only for a function's parameter that takes an expression")
        if node["type"] == "key_val_pair":
            next(self.tokens)
        for child in node["children"]:
            self.use(self.visit(child, here))

    def _called(self, node: Node, place: TextRange, here: PathUse | None) -> None:
        name, arguments = str(node["value"]), node["children"]
        self.functions.append(name)
        is_table = self.written_out and name == CHOOSE and len(arguments) > 1
        _check_call(name, 1 if is_table else len(arguments), place)
        function = BY_NAME.get(name)
        if function is not None and function.uses in self.names and not _is_text(arguments[0]):
            summary = f"{name}() needs the name itself, in single quotes"
            path = path_in(arguments[0]) if arguments else None
            help = f"write {name}('{path[-1]}')" if path and len(arguments) == 1 else ""
            raise ExpressionSyntax(summary, place.offset, place.length, help)
        if function is not None and function.uses is Uses.TREES:
            _check_tree(name, arguments, place)
        for position, argument in enumerate(arguments):
            if argument["type"] == "expref":
                self._expression_argument(name, position, argument, place)
            elif argument["type"] == "literal":
                self._literal_argument(None if is_table else function, position, arguments)
            else:
                self.use(self.visit(argument, here))

    def _expression_argument(self, name: str, position: int, node: Node, place: TextRange) -> None:
        signature = BUILT_IN.get(name, ())
        wanted = signature[position]["types"] if position < len(signature) else []
        if "expref" not in wanted:
            raise ExpressionSyntax(
                f"{name}() does not take an expression with &", place.offset, place.length
            )
        self.visit(node["children"][0], None)

    def _literal_argument(
        self, function: Function | None, position: int, arguments: Sequence[Node]
    ) -> None:
        token = next(self.tokens)
        if not finite(token.value):
            raise ExpressionSyntax(
                "NaN and Infinity are not JSON numbers", token.place.offset, token.place.length
            )
        if function is None:
            return
        if function.uses is Uses.TREES and position == 0:
            self.trees.append(TreeUse(token.value, token.place, *arguments[1:]))
        if function.uses in self.names:
            self.names[function.uses].append(NameUse(token.value, token.place, function.name))
        if position == 0 and token.value is None and function.null_in_null_out:
            return
        try:
            checked_argument(function, position, token.value)
        except EvaluationError as problem:
            help = f"`oneway functions {function.name}` shows what it takes"
            raise ExpressionSyntax(
                problem.summary, token.place.offset, token.place.length, help
            ) from None


def _check_tree(name: str, arguments: Sequence[Node], place: TextRange) -> None:
    """Refuse a tree whose name is not a constant, and a starting node that differs by record."""
    start = arguments[2]
    is_setting = start["type"] == "function_expression" and start["value"] == "setting"
    if not _is_text(arguments[0]):
        text = f"{name}() needs the name of the reference itself, in single quotes"
    elif not (is_setting or (start["type"] == "literal" and not is_blank(start["value"]))):
        text = f"the starting node of {name}() is a constant, or setting('...')"
    else:
        return
    raise ExpressionSyntax(text, place.offset, place.length)


def _is_text(node: Node) -> bool:
    return node["type"] == "literal" and isinstance(node["value"], str)


def _extended(here: PathUse | None, token: SyntaxToken) -> PathUse | None:
    if here is None:
        return None
    return PathUse((*here.keys, token.value), (*here.places, token.place))


def _check_call(name: str, given: int, place: TextRange) -> None:
    fewest, most = _arity(name, place)
    if given < fewest or (most is not None and given > most):
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        wanted = f"at least {fewest}" if most is None else wanted
        shown = BY_NAME[name].signature if name in BY_NAME else f"{name}()"
        raise ExpressionSyntax(
            f"{shown} takes {wanted} argument{'' if wanted in ('1', 'at least 1') else 's'},"
            f" not {given}",
            place.offset,
            place.length,
            _ARITY_HELP.get(name, ""),
        )


_ARITY_HELP = {"to_number": "parse_number(text, ',') reads numbers with that decimal mark"}


def _arity(name: str, place: TextRange) -> tuple[int, int | None]:
    if name in BY_NAME:
        return BY_NAME[name].fewest, BY_NAME[name].most
    if name in BUILT_IN:
        signature = BUILT_IN[name]
        variadic = any(parameter.get("variadic") for parameter in signature)
        return len(signature), None if variadic else len(signature)
    known = [*BY_NAME, *BUILT_IN]
    raise ExpressionSyntax(
        f"unknown function {name!r}",
        place.offset,
        place.length,
        did_you_mean(name, known),
        only_slip(name, known),
    )


_PRODUCTS = {"subexpression", "pipe", "index_expression", "projection", "value_projection"}
_SCALARS = {"literal", "comparator", "not_expression", "index", "slice"}


def _growth(node: Node) -> float:
    """Return how many times larger than its input a node's result can be."""
    kind = node["type"]
    if kind in _SCALARS:
        return 1
    parts = [_growth(child) for child in node["children"]]
    if kind == "filter_projection":
        parts = parts[:2]
    if kind in _PRODUCTS or kind == "filter_projection" or _is_map(node):
        product = 1.0
        for part in parts:
            product = min(product * part, inf)
        return product
    return max(sum(parts), 1)


def _is_map(node: dict[str, Any] | Node) -> bool:
    return node["type"] == "function_expression" and node["value"] == "map"
