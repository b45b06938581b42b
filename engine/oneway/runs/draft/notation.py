"""Writes names, expressions and texts as a mapping does."""

import json
import re
from datetime import date, timedelta

from oneway.core.records import Value
from oneway.runs.draft.side import DraftSide

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z_](?:[^:#]|:(?=\S)|(?<=\S)#)*")
_IN_FLOW = re.compile(r"[A-Za-z_][^:#,?\[\]{}]*")
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Line breaks, and characters that YAML does not allow
(https://yaml.org/spec/1.2.2/#51-character-set)."""
_WORDS = ("true", "false", "null", "yes", "no", "on", "off")


def expression(side: DraftSide, path: str) -> str:
    """Return the expression that reads a field."""
    return ".".join(map(name_text, side.keys(path)))


def name_text(key: str) -> str:
    """Return a key as an expression writes it."""
    return key if _IDENTIFIER.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def literal(value: Value) -> str:
    """Return a value as an expression writes it."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"`{json.dumps(value)}`"


def yaml_text(text: str, *, flow: bool = False) -> str:
    """Return text as YAML, quoted if necessary; `flow` means within braces."""
    plain = _IN_FLOW if flow else _PLAIN
    special = text.strip().lower() in _WORDS
    if plain.fullmatch(text) and text == text.strip() and text.isprintable() and not special:
        return text
    if not is_one_line(text):
        return json.dumps(text)
    return "'" + text.replace("'", "''") + "'"


def is_one_line(text: str) -> bool:
    """Return whether a text has no line breaks and no characters that YAML refuses."""
    return not _ODD.search(text)


def yaml_name(path: str, *, flow: bool = False) -> str:
    """Return the name of a target field as a YAML key; `flow` means within braces."""
    if path.startswith(".") or ".." in path:
        return yaml_text(json.dumps(path, ensure_ascii=False), flow=flow)
    return yaml_text(path, flow=flow)


def past_day(today: date) -> str:
    """Return a day some weeks ago, for a leaver's record."""
    return (today - timedelta(days=30)).isoformat()


def called(path: str) -> str:
    """Return a field's name for texts, or "A value" if its heading has a line break."""
    return path if path.isprintable() else "A value"


def comment(text: str) -> str:
    """Return a comment on one line: a line break in a heading must not continue as YAML."""
    return "".join(c if c.isprintable() else " " for c in text)
