"""Parses expressions, and explains syntax errors."""

import json
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from jmespath.exceptions import (
    EmptyExpressionError,
    IncompleteExpressionError,
    LexerError,
    ParseError,
)
from jmespath.lexer import Lexer
from jmespath.parser import Parser

from oneway.core.budget import weight
from oneway.core.dataclass import dataclass
from oneway.core.nesting import nests_too_deep

if TYPE_CHECKING:
    from jmespath.visitor import _TreeNode
else:
    _TreeNode = dict[str, Any]

Node: TypeAlias = _TreeNode
"""A node of a syntax tree: a `type`, a `value` and `children`."""

Path: TypeAlias = tuple[str, ...]
"""The keys that lead from a record to a value."""

SAME_SCOPE = frozenset(
    {
        "or_expression",
        "and_expression",
        "not_expression",
        "comparator",
        "function_expression",
        "multi_select_list",
        "multi_select_dict",
        "key_val_pair",
    }
)
"""Nodes whose children are evaluated on the same data as themselves."""

_NUMBER = "-?[0-9]+"
# JSON between backticks, which may also occur within quoted texts.
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|`((?:[^`\\]|\\.)*+)""", re.DOTALL)

MAX_LENGTH = 10_000
MAX_WRITTEN_OUT = 200_000
"""The longest text with its named expressions and tables of rules written out."""
MAX_DEPTH = 100
"""The deepest nesting of an expression: far below the limit of Python's stack, and fixed."""


class ExpressionSyntax(Exception):
    """A text is not an expression; `offset` and `length` locate the mistake, from 0.

    `instead` is the correct text for that place, if it is certain.
    """

    def __init__(
        self, summary: str, offset: int = 0, length: int = 1, help: str = "", instead: str = ""
    ) -> None:
        self.summary = summary
        self.offset = offset
        self.length = length
        self.help = help
        self.instead = instead
        super().__init__(summary)


@dataclass(frozen=True, slots=True)
class TextRange:
    """A range of an expression's text, in characters from 0."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.offset + self.length


def tree_of(text: str, longest: int = MAX_LENGTH) -> Node:
    """Return the syntax tree of an expression; raise `ExpressionSyntax` if it is invalid."""
    if len(text) > longest:
        raise ExpressionSyntax(f"the expression is longer than {longest:,} characters")
    if any(map(nests_too_deep, _LITERAL.findall(text))):
        raise too_deep()
    tree = _parsed(text)
    _refuse_depth(tree)
    _refuse_misread_negation(text, tree)
    _refuse_double_keys(text, tree)
    weight(tree)  # which is kept in its nodes
    return tree


def _parsed(text: str) -> Node:
    try:
        with warnings.catch_warnings():
            # `foo` for "foo" is deprecated, but part of the published suite
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            return Parser().parse(text).parsed
    except (IncompleteExpressionError, EmptyExpressionError):
        raise _too_short(text) from None
    except ParseError as problem:
        raise _explained(problem, text) from None
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
        # such as a number of 5,000 digits, which the package does not handle
        raise ExpressionSyntax("the expression is not valid", 0, max(len(text), 1)) from None


def _too_short(text: str) -> ExpressionSyntax:
    return ExpressionSyntax("the expression ends too soon", max(len(text) - 1, 0))


def _explained(problem: ParseError, text: str) -> ExpressionSyntax:
    offset = min(max(problem.lex_position, 0), max(len(text) - 1, 0))
    if isinstance(problem, LexerError):
        return _bad_token(problem, offset, text)
    if problem.token_type == "EOF":
        return _too_short(text)
    if "Quoted identifier" in problem.msg:
        name = _quoted_name(text)
        return ExpressionSyntax("a function's name has no quotes", name.offset, name.length)
    length = _token_length(str(problem.token_value), text, offset)
    found = text[offset : offset + length]
    help = f"write a number between backticks: `{found}`" if re.fullmatch(_NUMBER, found) else ""
    return ExpressionSyntax(f"{found!r} is not allowed here", offset, length, help)


def _quoted_name(text: str) -> TextRange:
    # the package gives no place for this mistake
    start = next(
        name["start"]
        for name, after in pairwise(_tokens(text))
        if name["type"] == "quoted_identifier" and after["type"] == "lparen"
    )
    return TextRange(start, _quoted_length(text, start))


def _token_length(token: str, text: str, offset: int) -> int:
    if text[offset] in "'\"`":
        return _quoted_length(text, offset)
    return len(token) if token and text.startswith(token, offset) else 1


def _bad_token(problem: LexerError, offset: int, text: str) -> ExpressionSyntax:
    rest = len(text) - offset
    if problem.message.startswith("Unclosed"):
        sign = text[offset]
        help = "an apostrophe within text is written \\': 'O\\'Neil'" if sign == "'" else ""
        return ExpressionSyntax(f"the {sign} is never closed", offset, rest, help)
    if text[offset] == "=":
        return ExpressionSyntax("a single = means nothing", offset, 1, "compare with ==")
    if text[offset] == "`":
        return ExpressionSyntax("the text between ` is not JSON", offset, rest)
    help = _dashed(text, offset) if text[offset] == "-" else ""
    return ExpressionSyntax(f"{text[offset]!r} means nothing in an expression", offset, 1, help)


def _dashed(text: str, offset: int) -> str:
    """Return how to write a name with a hyphen; "" if there is none here."""
    found = next(
        (each for each in re.finditer(_DASHED, text) if offset in range(*each.span())), None
    )
    if found is None:
        return ""
    name = found[0]
    whole = f'"{name}"'
    *way, last = name.split(".")
    if not way:
        return f"write a name with - in double quotes: {whole}"
    path = ".".join([*way, f'"{last}"'])
    return f"write a name with - in double quotes: {path}, or {whole} if `headings` are flat"


_DASHED = r"\w[\w.]*-[\w.-]*\w"


_BELOW = {"subexpression", "index_expression", "projection", "filter_projection", "flatten"}
_BELOW |= {"value_projection", "pipe"}
_NAME = r"""(?:[\w.*]|"[^"]*"|\[[^\]]*\])+"""
_VALUE = r"""'[^']*'|`[^`]*`"""
_NEGATED = rf"!\s*({_NAME}(?:\s*[=!<>]=?\s*(?:{_VALUE}))?)"


def _refuse_misread_negation(text: str, tree: Node) -> None:
    """Refuse `!a.b`, which is `(!a).b` and so null, and `!a == 'x'`, which is never true.

    In JMESPath, `!` applies only to the name that follows it.
    """
    level, wrong = [tree], False
    while level:
        wrong = wrong or any(map(_misreads, level))
        level = [c for node in level if node["type"] != "slice" for c in node["children"]]
    if not wrong:
        return
    starts = [token["start"] for token in _tokens(text) if token["type"] == "not"]
    negation = re.compile(_NEGATED)
    found = [negated for at in starts if (negated := negation.match(text, at)) is not None]
    # a negation of a single name is not the one meant
    found = [each for each in found if not each[1].isidentifier()] or found
    raise ExpressionSyntax(
        "'!' applies only to the name right after it",
        found[0].start() if found else starts[0],
        len(found[0][0]) if found else 1,
        f"write !({found[0][1]})" if found else "write !(...)",
    )


def _refuse_double_keys(text: str, tree: Node) -> None:
    """Refuse `{X: 'a', X: 'b'}`: the last key would win, and a table would lose a row."""
    level, double = [tree], ""
    while level and not double:
        for node in level:
            if node["type"] == "multi_select_dict":
                names = [pair["value"] for pair in node["children"]]
                double = double or next((e for e in names if names.count(e) > 1), "")
        level = [c for node in level if node["type"] != "slice" for c in node["children"]]
    if not double:
        return
    keys = [
        key for key, after in pairwise(_tokens(text))
        if after["type"] == "colon" and key["value"] == double
    ]  # fmt: skip
    again = keys[1] if len(keys) > 1 else keys[0]
    length = _quoted_length(text, again["start"]) if text[again["start"]] == '"' else len(double)
    help = "correct or remove one of them"
    raise ExpressionSyntax(f"the key '{double}' is there twice", again["start"], length, help)


def _misreads(node: Node) -> bool:
    parts = node["children"]
    if node["type"] in _BELOW:
        return parts[0]["type"] == "not_expression"
    if node["type"] != "comparator" or not any(p["type"] == "not_expression" for p in parts):
        return False
    return any(p["type"] == "literal" and not isinstance(p["value"], bool) for p in parts)


def too_deep() -> ExpressionSyntax:
    """Return the error of an expression that nests too deeply."""
    return ExpressionSyntax(f"the expression nests deeper than {MAX_DEPTH} levels")


def _refuse_depth(tree: Node) -> None:
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise too_deep()
        # A slice keeps its numbers among its children.
        level = [c for node in level if node["type"] != "slice" for c in node["children"]]


def path_in(node: Node) -> Path | None:
    """Return the keys of a node that is a path of the record itself, else None."""
    steps = node["children"] if node["type"] == "subexpression" else [node]
    keys = tuple(str(step["value"]) for step in steps if step["type"] == "field")
    return keys if len(keys) == len(steps) else None


@dataclass(frozen=True, slots=True)
class SyntaxToken:
    """An identifier or a literal of the text."""

    identifier: bool
    value: Any
    place: TextRange


def tokens_of(text: str) -> Iterator[SyntaxToken]:
    """Return the identifiers and literals of a text that has a tree.

    A tree has no places; its nodes in textual order correspond to these tokens one to one. The
    package's token starts are reliable, its ends are not.
    """
    return iter(_worded(text))


@lru_cache(maxsize=16)
def _worded(text: str) -> tuple[SyntaxToken, ...]:
    """Return these tokens; each constant of a long text asks for its place."""
    return tuple(_words_of(text))


def _words_of(text: str) -> Iterator[SyntaxToken]:
    for token in _tokens(text):
        kind, start = token["type"], token["start"]
        if kind == "unquoted_identifier":
            yield SyntaxToken(True, token["value"], TextRange(start, len(token["value"])))
        elif kind == "quoted_identifier":
            yield SyntaxToken(True, token["value"], TextRange(start, _quoted_length(text, start)))
        elif kind == "literal":
            yield SyntaxToken(False, token["value"], TextRange(start, _quoted_length(text, start)))


def _tokens(text: str) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return list(Lexer().tokenize(text))


def lexed(text: str) -> list[Any]:
    """Return the package's tokens of a text; none if some are invalid."""
    try:
        return _tokens(text)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
        return []


def _quoted_length(text: str, start: int) -> int:
    position = start + 1
    while text[position] != text[start]:
        position += 2 if text[position] == "\\" else 1
    return position + 1 - start


def finite(value: object) -> bool:
    """Return whether a literal is JSON: the package accepts NaN and Infinity."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
