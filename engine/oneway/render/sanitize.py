"""Makes text from files and systems visible and harmless.

A name can contain an escape sequence that repaints the terminal, a line break that forges a line
of a plan, or an override that reorders text. Characters that are not visible as themselves become
an escape, `\\n`, `\\x1b`, `\\u202e`, or their name: `[no-break space]`.
"""

import json
import re
import unicodedata

from oneway.core.records import Value
from oneway.core.sealed import MASK, Sealed

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHOWN_SPACES = frozenset({" ", "\u3000"})
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NAMED = {
    "\u00a0": "[no-break space]",
    "\u00ad": "[soft hyphen]",
    "\u200b": "[zero-width space]",
    "\u202f": "[narrow no-break space]",
    "\ufeff": "[byte order mark]",
}
"""The names of invisible characters that are frequent in exports, as clerks cannot read escapes."""
_STACKED = 4
"""How many combining marks one character may have; no name needs more."""

_DEEPEST = 20
"""The depth to which lists and objects are shown."""

# Invisible letters and marks (Unicode's Default_Ignorable_Code_Point, beyond Cf).
_IGNORABLE = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_MARKDOWN = r"""[!-/:-@\[-`{-~]"""


def harmless(text: str) -> str:
    """Return the text on one line, with every character escaped that is not visible as itself."""
    if text.isascii() and text.isprintable():
        return text
    shown = []
    marks = _STACKED  # a leading mark would combine with the quote before it
    for character in text:
        is_mark = unicodedata.category(character).startswith("M")
        if _is_hidden(character) or (is_mark and marks >= _STACKED):
            shown.append(escape(character))
            marks = _STACKED
        else:
            shown.append(character)
            marks = marks + 1 if is_mark else 0
    return "".join(shown)


def escape(character: str) -> str:
    """Return an escape or a name for a character."""
    if character in _SHORT or character in _NAMED:
        return _SHORT.get(character) or _NAMED[character]
    point = ord(character)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def masked(value: object) -> object:
    """Return a value of a plan as JSON data; a sealed one as `***`."""
    return MASK if isinstance(value, Sealed) else value


def json_text(value: object) -> str:
    """Return a value as JSON for people."""
    return harmless(json.dumps(value, ensure_ascii=False))


def shown(value: "Value | Sealed") -> str:
    """Return a value as harmless JSON; "nothing" for null, `***` if it is sealed."""
    if isinstance(value, Sealed):
        return MASK
    return "nothing" if value is None else _json(value, _DEEPEST)


def _json(value: Value, depth: int) -> str:
    match value:
        case str():
            return quoted(value)
        case list() | dict() if not depth:
            return "..."
        case list():
            return f"[{', '.join(_json(item, depth - 1) for item in value)}]"
        case dict():
            items = (f"{quoted(key)}: {_json(item, depth - 1)}" for key, item in value.items())
            return f"{{{', '.join(items)}}}"
        case _:
            return json.dumps(value)


def quoted(text: str) -> str:
    """Return harmless text in double quotes, with quotes and backslashes escaped."""
    slashed = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{harmless(slashed)}"'


def on_one_line(expression: str) -> str:
    """Return an expression, harmless, with line breaks folded into spaces."""
    return harmless(" ".join(expression.split()))


def markdown(text: str) -> str:
    """Return data as a Markdown code span, in which no markup, mention or link takes effect."""
    safe = harmless(text)
    if not safe.strip():
        return "<code>&#32;</code>" if safe else ""
    if safe == safe.strip() and not re.search(r"[`|\\]", safe):
        return f"`{safe}`"
    entities = re.sub(_MARKDOWN, lambda found: f"&#{ord(found.group())};", safe)
    return f"<code>{entities}</code>"


def _is_hidden(character: str) -> bool:
    category = unicodedata.category(character)
    if category in _HIDDEN_CATEGORIES:
        return True
    if category == "Zs":
        return character not in _SHOWN_SPACES
    return re.match(_IGNORABLE, character) is not None
