"""Translates the errors of a YAML parser into an integrator's words.

The two parsers of PyYAML (libyaml's, and its own where libyaml is not at hand) word the same
mistake differently; both are recognised here.
"""

import re
from dataclasses import replace

from oneway.core.dataclass import dataclass

_QUOTE = "put the whole value between double quotes"


@dataclass(frozen=True, slots=True)
class MistakeWords:
    """The words for one kind of mistake; with `opening`, reported at the construct's start.

    With `indents`, the cause may be the spaces that the line begins with.
    """

    pattern: str
    code: str
    summary: str
    help: str = ""
    opening: bool = False
    indents: bool = False


TAB = MistakeWords(
    "tab character",
    "Y107",
    "a tab is used for indentation",
    "use spaces; YAML does not allow tabs there",
)
RESERVED = MistakeWords(
    "cannot start any token",
    "Y109",
    "a value that is not in quotes begins with a character that YAML keeps for itself",
    _QUOTE,
)

_QUOTED_START = re.compile(
    r"""(^|[:-] +)("[^"]*"|'[^']*') *[^\s:,}\]#].*$|(^|[:-] +)("[^"]*"|'[^']*') +$"""
)
AFTER_QUOTES = MistakeWords(
    "a^",
    "Y106",
    "a value that begins with a quote ends with it, and more follows here",
    "put the whole expression between double quotes: \"'Mr ' || lastName\"",
)
CHOICE = MistakeWords(
    "a^",
    "Y106",
    "'? :' is not an operator here, and a value with a colon needs quotes",
    "write iif(condition, then, otherwise), between double quotes",
)


def bang_words(value: str) -> MistakeWords:
    """Return the words for an expression that begins with `!` and is not in quotes."""
    quote = next((each for each in "\"'" if each not in value), "")
    help = f"write {quote}{value}{quote}" if quote else _QUOTE
    return MistakeWords("a^", "Y112", "a value that begins with ! must be in quotes", help)


TRAILING_COLON = MistakeWords(
    "a^", "Y106", "a colon ends this value", "take it out, or put the value between quotes"
)
SECOND_COLON = MistakeWords(
    "a^",
    "Y106",
    "a value with ': ' must be in quotes",
    "put the whole value between double quotes",
)

_BLOCK = (
    "put the expression on the next line, indented, after '>-': quotes and colons are allowed there"
)
_TABLE = MistakeWords(
    "a^",
    "Y106",
    "a value with ': ' must be in quotes, or on lines of its own",
    _BLOCK,
)
_IN_BRACES = MistakeWords(
    "a^",
    "Y110",
    "an expression within braces ends at its first comma or bracket",
    f"quote it; if it contains both kinds of quotes, write 'from: >-' without braces, and {_BLOCK}",
)

_KNOWN = (
    TAB,
    RESERVED,
    MistakeWords(
        r"quoted scalar.*(end of stream|document (indicator|separator))",
        "Y110",
        "the text that begins with a quote here never ends",
        "close it with the same quote",
        opening=True,
    ),
    MistakeWords(
        r"flow (sequence|mapping)|parsing a flow node",
        "Y110",
        "the list or object that begins here is not closed where it should be",
        "check its brackets and commas; a value with a comma, bracket or colon needs quotes",
        opening=True,
    ),
    MistakeWords(
        r"unknown escape|hexdecimal|hexadecimal|escape code|chr\(\)",
        "Y111",
        "a backslash between double quotes begins an escape, and YAML does not know this one",
        "write the backslash twice, or use single quotes",
    ),
    MistakeWords(
        r"while scanning an? (alias|anchor)",
        "Y109",
        "a value that begins with & or * would be an anchor or alias in YAML, and this is neither",
        _QUOTE,
        opening=True,
    ),
    MistakeWords(
        r"tag",
        "Y112",
        "a value that begins with ! is a tag in YAML, and tags are not used here",
        f"take the tag out; if it is text or an expression, {_QUOTE}",
        opening=True,
    ),
    MistakeWords(
        r"mapping values are not allowed",
        "Y106",
        "a colon is not allowed here",
        "check the indentation of this line; a value with ': ' must be in quotes",
        indents=True,
    ),
    MistakeWords(
        r"sequence entries are not allowed",
        "Y106",
        "a list item cannot begin here",
        "put each '- item' on a line of its own, below its key",
    ),
    MistakeWords(
        r"expected ':'",
        "Y106",
        "a key without a colon",
        "write 'key: value', or indent the line if it belongs to the text above",
        opening=True,
    ),
    MistakeWords(
        r"expected key|'-' indicator|<block end>|block collection",
        "Y106",
        "this does not fit the lines above it",
        "check the indentation, and that text after a closing quote is inside the quotes",
        indents=True,
    ),
    MistakeWords(
        r"block scalar",
        "Y106",
        "text after | or > must begin on the next line",
        "begin the text on the next line, indented",
    ),
    MistakeWords(
        r"directive|incompatible YAML|%YAML",
        "Y113",
        "a line that begins with % is a directive, and this one is not known",
        "take the line out",
    ),
    MistakeWords(r"<document start>", "Y105", "text after the end of the document", "take it out"),
    MistakeWords(
        r"expected (the )?node content",
        "Y109",
        "a value cannot begin with this character",
        _QUOTE,
    ),
)
_AMONG_KEYS = MistakeWords(
    r"expected key|<block end>",
    "Y106",
    "a list item is among keys",
    "take the '- ' away, or put one before each of them",
    indents=True,
)
_OTHER = MistakeWords(
    "", "Y106", "this is not YAML", "check the indentation and the quotes around it"
)


_EXPRESSION = re.compile(r":\s+[^'\"#]*\w\(.*\{")
_CALL_IN_BRACES = re.compile(r"\{.*:\s+[\w.]+[(\[]")


_COMPARED = re.compile(r"""(?:^|[:-] +)"([A-Za-z_][\w.]*)" *([=!]=) *"([^"']*)"\s*$""")
_IN_FLOW = re.compile(r"""[{,]\s*\w+:\s+[^\s,{}\[\]'"][^,{}\[\]'"]*$""")
_VALUE = re.compile(r"^\s*(?:- +)?[^\s:]+:\s+\S")


def words_for(complaint: str, character: str, before: str = "", after: str = "") -> MistakeWords:
    """Return the words for a parser's error.

    `character` is the one it stopped at, `before` and `after` are what stands on its line.
    """
    if compared := _COMPARED.search(f"{before}{character}{after}"):
        field, sign, text = compared.groups()
        return replace(
            AFTER_QUOTES, help=f"write the field without quotes: {field} {sign} '{text}'"
        )
    if _QUOTED_START.search(before):
        return AFTER_QUOTES
    if character == ":" and "?" in before:
        return CHOICE
    if character == ":" and _EXPRESSION.search(before):
        return _TABLE
    if character == ":" and "mapping values" in complaint and _VALUE.match(before):
        return SECOND_COLON if after.strip() else TRAILING_COLON
    if character == ":" and "flow" in complaint and _IN_FLOW.search(before):
        return SECOND_COLON
    if "flow" in complaint and _CALL_IN_BRACES.search(before + character):
        return _IN_BRACES
    if re.search(RESERVED.pattern, complaint) and character == "\t":
        return TAB
    if character == "-" and re.search(_AMONG_KEYS.pattern, complaint):
        return _AMONG_KEYS
    return next((words for words in _KNOWN if re.search(words.pattern, complaint)), _OTHER)
