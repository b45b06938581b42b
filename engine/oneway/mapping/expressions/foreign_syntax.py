"""Recognises the syntax of other languages, and suggests ours.

Only invalid expressions are checked. The first pattern that fits gives cause and remedy; if none
fits, the parser's own message stays.
"""

import re
from collections.abc import Mapping

from oneway.core.dataclass import dataclass
from oneway.mapping.expressions.syntax import ExpressionSyntax
from oneway.mapping.functions import BY_NAME

_NAME = r'(?:[A-Za-z_][\w.]*|"[^"]*")'


@dataclass(frozen=True, slots=True)
class ForeignSyntax:
    """A pattern in the text of an expression, outside of quotes, and the message for it."""

    pattern: re.Pattern[str]
    summary: str
    help: str


def _habit(pattern: str, summary: str, help: str) -> ForeignSyntax:
    return ForeignSyntax(re.compile(pattern), summary, help)


_HABITS = (
    _habit(
        r"(?i)\b[VXH]LOOKUP\s*\(",
        "a table is not looked up by a function",
        "declare a table under `references`, then write {from: code, lookup: NAME}",
    ),
    _habit(
        r"[\x00-\x08\x0b\x0c\x0e-\x1f]",
        "a backslash within double quotes made another character of what follows it",
        "write the backslash twice, or the whole between single quotes",
    ),
    _habit(
        "[\u00a0\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]",
        "this space is a no-break space, or cannot be seen",
        "type it again, with the space bar",
    ),
    _habit("[‘’‚‛“”„‟«»]", "a curly quote is not a quote", "type it straight: 'text'"),
    _habit(
        r"(?<=[,()\[\]{}'\"`])\s*#(?!\{)",
        "an expression cannot contain a comment",
        "put it on a line of its own, above the field, or take it out",
    ),
    _habit(r",(?=\s*[}\])])", "a comma before a closing bracket", "take it out"),
    _habit(
        r"\{\{|\}\}|\{%|\$\{|#\{|<%",
        "the whole text is an expression, without marks around it",
        "write only the name: firstName; join texts with join(' ', [firstName, lastName])",
    ),
    _habit(
        r"\$\.?|(?<![\w.])\.(?=[A-Za-z_])",
        "a path begins with the name of a field",
        "the record itself is where a path starts: write department.code",
    ),
    _habit(r"\band\b|\bAND\b(?!\()", "'and' is written &&", "for example: email && code"),
    _habit(r"\bor\b|\bOR\b(?!\()", "'or' is written ||", "for example: mobile || phone"),
    _habit(
        r"\bis\s+(not\s+)?(null|blank|none|empty|NULL|None)\b",
        "'is null' is written as a function",
        "write is_blank(email) or is_present(email)",
    ),
    _habit(
        r"\b(not\s+)?in\s*[\[(]",
        "'in' is written as a function",
        "write contains(['Former', 'Left'], status)",
    ),
    _habit(
        r"\b(like|LIKE|matches)\b",
        "'like' is written as a function",
        "write starts_with(), ends_with(), contains() or regex_match()",
    ),
    _habit(r"\b(not|NOT)\s+(?=[\w(\"])", "'not' is written !", "for example: !onHold"),
    _habit(
        r"=~|~=|!~",
        "'=~' is written as a function",
        "for example: regex_match(email, '^[^@]+@example[.]com$')",
    ),
    _habit(r"\?\?", "'??' is written ||", "for example: mobile || phone"),
    _habit(
        r"(?<![\w.])[fFrRbB](?=['\"]_*['\"])",
        "a letter before a quote means nothing",
        "take it out; join texts with join(' ', [first, last])",
    ),
    _habit(r"<>", "'<>' is written !=", "for example: status != 'Current'"),
    _habit(r"!==|===", "there is one kind of comparison", "write == or !="),
    _habit(
        r"(?<!\[)\?",
        "'? :' is written as a function",
        "write iif(condition, then, otherwise)",
    ),
    _habit(
        r"\b(if|IF)\s+(?!\()",
        "'if' is written as a function",
        "write iif(condition, then, otherwise)",
    ),
    _habit(
        r"(?<=[\w\"')\]`])\s*\+",
        "'+' does not join or add",
        "join texts with join(' ', [first, last]) or concat(first, last); add with sum([a, b])",
    ),
    _habit(
        r"(?<=[\w\"')\]`])\s*(?<!&)&(?!&)",
        "'&' does not join texts",
        "write join(' ', [first, last]) or concat(first, last); 'and' is &&",
    ),
    _habit(
        r"(?<=[\w\"')\]`])\s+[*/%-](?=\s)|(?<=[\w\"')`])[*/](?=\w)",
        "expressions do not calculate",
        "sum([a, b]) adds; leave the rest to the source or the target",
    ),
    _habit(r";\s*$", "an expression ends without a semicolon", "take it out"),
)


def explained(text: str, error: ExpressionSyntax) -> ExpressionSyntax:
    """Return the error with a better message if a known pattern explains it."""
    if len(text) > _LONGEST:  # longer texts are not such slips, and some patterns look far ahead
        return error
    bare = _masked(text)
    return (
        _as_formula(text, bare)
        or _as_heading(text, bare)
        or _tabular(text, bare)
        or _habitual(bare)
        or _as_called(text, error)
        or (error if error.help else None)
        or _unbalanced(bare)
        or _spaced(text, bare)
        or _unparted(bare, error)
        or ExpressionSyntax(error.summary, error.offset, error.length, _READ_ON)
    )


def _as_formula(text: str, bare: str) -> ExpressionSyntax | None:
    """Return the error for a spreadsheet formula, with what to write instead."""
    if not _FORMULA.match(bare):
        return None
    mended = _CALL.sub(_as_ours, text.lstrip().removeprefix("=").strip())
    return ExpressionSyntax(
        "an expression does not begin with =", text.index("="), 1, f"remove it: write {mended}"
    )


def _as_ours(found: re.Match[str]) -> str:
    """Return the start of a call of our function that corresponds to a spreadsheet's."""
    ours = _FUNCTIONS.get(found[1].lower(), "")
    return f"{ours if ours.isidentifier() else found[1].lower()}("


_FORMULA = re.compile(r"\s*=(?!=)")
_CALL = re.compile(r"\b([A-Za-z_]+)\(")


def _as_heading(text: str, bare: str) -> ExpressionSyntax | None:
    """Return the error for a heading such as `Cost Centre/Unit`, whose marks are not operators."""
    if not _HEADING.fullmatch(bare.strip()) or not _MARKED.search(bare.strip()):
        return None
    help = f"""write '"{text.strip()}"': {_BOTH_QUOTES}"""
    return ExpressionSyntax("a name with such marks needs quotes", 0, len(text), help)


_BOTH_QUOTES = "double quotes for the name, and single ones for YAML around it"
_HEADING = re.compile(r"[^\W\d]\w*\.?(?:[ /#°&-]{1,2}\w+\.?)+")
_MARKED = re.compile(r"\w[/-]\w.* | .*\w[/-]\w|\.$|\. ")
"""Marks within words, or next to a space: they do not calculate anything."""


def _tabular(text: str, bare: str) -> ExpressionSyntax | None:
    """Return the error for a table entry with missing or wrong quotes."""
    for entry in _ENTRY.finditer(bare):
        key = text[entry.start("key") : entry.end("key")].strip()
        if not (key.startswith('"') or _PLAIN_KEY.fullmatch(key)):
            named = key.strip("'")
            help = f"""write {{"{named}": 'TEXT'}}: keys in double quotes, texts in single ones"""
            said = "a key of a table must be in double quotes"
            return ExpressionSyntax(said, entry.start("key"), len(key), help)
        value = text[entry.start("value") : entry.end("value")].strip()
        if _TEXT.fullmatch(value):
            help = f"""write '{value}' for the text; a field with that name is "{value}\""""
            said = "a text in a table must be in single quotes"
            return ExpressionSyntax(said, entry.start("value"), len(value), help)
    return None


_ENTRY = re.compile(
    r"""[{,]\s*(?P<key>'_*'|"_*"|[\w][^:{}()'"`,|=]*?)\s*:(?!=)\s*(?P<value>[^,}]*)"""
)
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*")
_TEXT = re.compile(r"\w[\w.]*(?:[ -][\w.]+)+")


def _habitual(bare: str) -> ExpressionSyntax | None:
    for habit in _HABITS:
        found = habit.pattern.search(bare)
        if found:
            space = len(found[0]) - len(found[0].lstrip(" "))
            length = len(found[0].strip(" ")) or 1
            return ExpressionSyntax(habit.summary, found.start() + space, length, habit.help)
    return None


def _masked(text: str) -> str:
    """Return a text with everything in quotes blanked, so that patterns do not match there."""
    return _QUOTED.sub(lambda found: found[0][0] + "_" * (len(found[0]) - 2) + found[0][0], text)


def _unbalanced(bare: str) -> ExpressionSyntax | None:
    """Return the error of a bracket without a partner."""
    open_at: list[int] = []
    for at, character in enumerate(bare):
        if character in "([{":
            open_at.append(at)
        elif character in ")]}":
            if not open_at:
                return ExpressionSyntax(f"this {character} closes nothing", at, 1, "take it out")
            if _PARTNERS[bare[open_at[-1]]] != character:
                opener = bare[open_at[-1]]
                help = f"the last one that is open is {opener}: close it with {_PARTNERS[opener]}"
                return ExpressionSyntax(f"this {character} has no partner", at, 1, help)
            open_at.pop()
    if not open_at:
        return None
    opener = bare[open_at[-1]]
    help = f"add {_PARTNERS[opener]} where it ends"
    return ExpressionSyntax(f"this {opener} is never closed", open_at[-1], 1, help)


def _spaced(text: str, bare: str) -> ExpressionSyntax | None:
    """Return the error for a heading without quotes."""
    if not re.fullmatch(r"\w[\w .#/°&-]*", bare) or " " not in bare:
        return None
    help = f"""write '"{text}"': {_BOTH_QUOTES}"""
    return ExpressionSyntax("a name with a space needs quotes", 0, len(text), help)


def _unparted(bare: str, error: ExpressionSyntax) -> ExpressionSyntax | None:
    """Return the error for two adjacent values."""
    found = re.search(rf"(?:{_NAME}|'_*'|`[^`]*`|[)\]])\s+(?={_NAME}|'|`|\[)", bare)
    if found is None or found.end() > error.offset + 1:
        return None
    help = 'add a comma or an operator; a name with a space needs quotes: "First Name"'
    return ExpressionSyntax("two values are side by side", found.end(), 1, help)


def _as_called(text: str, error: ExpressionSyntax) -> ExpressionSyntax | None:
    """Return the error for a function of another language, or a method call with a dot."""
    name = text[error.offset : error.offset + error.length]
    known = not error.summary.startswith("unknown function")
    piped = _PIPED.search(text[: error.offset])
    if known and piped and f"{name}(" in error.summary:
        help = f"a function takes its value itself: {name}({piped['value'].strip()}, ...)"
        return ExpressionSyntax(error.summary, error.offset, error.length, help)
    if known and not (text[: error.offset].endswith(".") and f"{name}(" in error.summary):
        return None
    ours = name if known else _FUNCTIONS.get(name.lower().replace("_", ""), "")
    if text[: error.offset].endswith(".") and (ours.isidentifier() or not ours):
        value = _value_before(text, error.offset)
        help = f"a function comes before its value: {ours or 'trim'}({value})"
        return ExpressionSyntax(error.summary, error.offset, error.length, help)
    if not ours:
        help = error.help or "`oneway functions` lists all there are"
        return ExpressionSyntax(error.summary, error.offset, error.length, help, error.instead)
    known_here = BY_NAME[ours].signature if ours in BY_NAME else f"{ours}()"
    help = f"here it is {known_here}" if ours.isidentifier() else ours
    return ExpressionSyntax(error.summary, error.offset, error.length, help)


_PIPED = re.compile(r"(?P<value>[^|]+)(?<!\|)\|\s*$")


def _value_before(text: str, offset: int) -> str:
    found = re.search(rf"{_NAME}$", text[: offset - 1])
    return found[0] if found else "value"


_LONGEST = 2_000
_READ_ON = "an expression is JMESPath; `oneway functions` lists the functions"
_PARTNERS = {"(": ")", "[": "]", "{": "}"}
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`", re.DOTALL)
_TABLE = "declare a table under `references`, and name it beside `from`: {from: code, lookup: NAME}"
_FUNCTIONS: Mapping[str, str] = {
    **dict.fromkeys(("proper", "titlecase", "title", "capitalize", "initcap", "ucfirst",
                     "ucwords", "capitalise"), "title_case"),
    **dict.fromkeys(("ucase", "touppercase", "uppercase", "toupper", "upper"), "upper"),
    **dict.fromkeys(("lcase", "tolowercase", "lowercase", "tolower", "lower"), "lower"),
    **dict.fromkeys(("strip", "ltrim", "rtrim", "clean", "trim"), "trim"),
    **dict.fromkeys(("if", "iff", "ifs", "when", "ternary", "cond"), "iif"),
    **dict.fromkeys(("vlookup", "xlookup", "hlookup", "lookup", "index", "match"), _TABLE),
    **dict.fromkeys(("concatenate", "concatws", "textjoin", "concat"), "concat"),
    **dict.fromkeys(("len", "size", "count", "length"), "length"),
    **dict.fromkeys(("mid", "substr", "slice", "substring"), "substring"),
    **dict.fromkeys(("substitute", "replaceall", "replace"), "replace"),
    **dict.fromkeys(("now", "currentdate", "sysdate", "getdate", "utcnow", "today"), "today"),
    **dict.fromkeys(("date", "datevalue", "todate", "strptime", "parsedate"), "parse_date"),
    **dict.fromkeys(("text", "formatdate", "dateformat", "strftime", "tochar"), "format_date"),
    **dict.fromkeys(("dateadd", "adddays"), "add_days"),
    **dict.fromkeys(("edate", "addmonths"), "add_months"),
    **dict.fromkeys(("datedif", "datediff"), "days_between"),
    **dict.fromkeys(("isblank", "isnull", "isempty", "isnullorempty", "empty"), "is_blank"),
    **dict.fromkeys(("ifnull", "nvl", "ifblank", "iferror", "ifempty", "coalesce"), "coalesce"),
    **dict.fromkeys(("switch", "case", "decode", "mapvalue"), "map_value"),
    **dict.fromkeys(("startswith", "beginswith", "beginwith"), "starts_with"),
    **dict.fromkeys(("endswith", "endwith"), "ends_with"),
    **dict.fromkeys(("contains", "includes", "has", "find", "search", "instr"), "contains"),
    **dict.fromkeys(("str", "string", "tostring", "totext", "cstr"), "to_text"),
    **dict.fromkeys(("int", "integer", "parseint", "cint"), "to_integer"),
    **dict.fromkeys(("number", "float", "parsefloat", "value", "val", "cdbl"), "to_number"),
    **dict.fromkeys(("numbervalue", "parsenumber"), "parse_number"),
    **dict.fromkeys(("bool", "boolean", "toboolean", "cbool"), "to_boolean"),
    **dict.fromkeys(("regex", "regexmatch", "regexp", "regexplike"), "regex_match"),
    **dict.fromkeys(("regexreplace", "regexpreplace"), "regex_replace"),
    **dict.fromkeys(("regexextract", "regexpsubstr"), "regex_extract"),
    "and": "write && between the two",
    "or": "write || between the two",
    "not": "write ! before it: !onHold",
}  # fmt: skip
"""Functions of spreadsheets, SQL and programming languages, and their equivalents here."""
