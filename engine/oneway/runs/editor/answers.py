"""Diagnostics, completion, hover and go to definition at a place in a mapping's text.

Places are lines and columns from 0, in characters.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from oneway.core.dataclass import dataclass
from oneway.core.description import Field
from oneway.core.diagnostics import Diagnostic, Refused, Span
from oneway.core.paths import path_of
from oneway.documents.schema_check import schema_data
from oneway.documents.yaml_source import Path as Place
from oneway.documents.yaml_source import read_all
from oneway.mapping.expressions import BUILT_IN
from oneway.mapping.functions import BY_NAME
from oneway.runs.editor.facts import EditorFacts, EditorSide, kept_file
from oneway.runs.editor.hover_text import about_field, about_function, read_expression
from oneway.runs.prepare.compilation import compile_partly
from oneway.runs.validation import found_in

_WORD = re.compile(r'[\w."]+(?=\()|"[^"]*"|[\w.]+')
_KEY = re.compile(r"^(\s*)(- )?[\w.\"' ]*$")
_AFTER = re.compile(r"([\w]+):\s*[^:]*$")
_TARGET_KEYS = {"target", "left", "scheduled"}
_WORDS = {"write": "Write", "on_blank": "OnBlank", "on_miss": "OnMiss", "compare": "Compare",
          "merge": "Merge", "absent": "Absent", "on_breach": "OnBreach"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may stand at a place: what is typed, of which kind, and what it is."""

    text: str
    kind: str
    about: str = ""


def diagnostics(data: bytes, file: str, folders: Sequence[Path]) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a mapping, and its warnings."""
    try:
        return found_in(compile_partly(data, file, folders), kept_file)
    except Refused as refused:
        return refused.diagnostics


def completions(facts: EditorFacts, text: str, line: int, column: int) -> list[Offer]:
    """Return what may stand at a place."""
    lines = text.splitlines()
    before = (lines[line] if line < len(lines) else "")[:column]
    if _KEY.fullmatch(before) and _block(lines, line) in ("fields", "set"):
        return [
            Offer(_name(path), "field", about_field(field))
            for path, field in facts.target.fields.items()
            if not field.computed
        ]
    found = _AFTER.search(re.split(r"[{,]\s*(?=\w+:)", before)[-1])
    key = found[1] if found else ""
    if key == "lookup":
        return [Offer(name, "reference") for name in facts.references]
    if key == "connector":
        return [Offer(name, "connector") for name in facts.connectors]
    if key in ("unless_taken", "together"):
        return [Offer(_name(p), "field", about_field(f)) for p, f in facts.target.fields.items()]
    if key in _WORDS:
        return [Offer(word, "word") for word in _allowed(_WORDS[key])]
    if key == "resource":
        return [Offer(name, "resource") for name in _resources(facts, lines, line)]
    table = _table(facts, lines, line)
    side = facts.target if key in _TARGET_KEYS and _block(lines, line) != "" else facts.source
    side = side if table is None else table
    named = [Offer(f"let('{name}')", "expression") for name in facts.let]
    named += [Offer(f"choose('{name}')", "expression") for name in facts.choices]
    return [*named, *_fields(side.fields), *_functions()]


def hover(facts: EditorFacts, text: str, line: int, column: int) -> str:
    """Return what the word at a place is, as Markdown; nothing if it is not known."""
    lines = text.splitlines()
    word, is_call = _word(lines, line, column)
    if is_call:
        return about_function(word)
    for side in _sides(facts, lines, line, column):
        field = side.fields.get(word)
        if field is not None:
            return f"**{field.path}**: {about_field(field) or 'a field'}"
    return ""


def definition(facts: EditorFacts, text: str, line: int, column: int) -> Span | None:
    """Return where the name at a place is defined: in the mapping, or in a manifest."""
    lines = text.splitlines()
    word, _ = _word(lines, line, column)
    document = facts.document
    parts = {"references": facts.references, "settings": facts.settings, "let": facts.let,
             "choices": facts.choices}  # fmt: skip
    for part, known in parts.items():
        if word in known and document is not None:
            return document.span((part, word), key=True)
    for side in _sides(facts, lines, line, column):
        place = _in_manifest(side, word)
        if place is not None:
            return place
    return None


def _block(lines: Sequence[str], line: int) -> str:
    """Return the key that the nearest line with less indentation holds."""
    own = _indent(lines[line]) if line < len(lines) else 0
    for each in reversed(lines[:line]):
        if each.strip() and not each.lstrip().startswith("#") and _indent(each) < max(own, 1):
            return each.strip().lstrip("- ").partition(":")[0]
    return ""


def _table(facts: EditorFacts, lines: Sequence[str], line: int) -> EditorSide | None:
    """Return the records of the reference that a line is part of; None elsewhere."""
    tops = (each for each in reversed(lines[: line + 1]) if each and each[0] not in " \t#")
    if not next(tops, "").startswith("references:"):
        return None
    own = lines[line].strip().partition(":")[0]
    return facts.tables.get(own if _block(lines, line) == "references" else _block(lines, line))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _allowed(part: str) -> list[str]:
    return [str(word) for word in schema_data("mapping")["$defs"][part].get("enum", ())]


def _resources(facts: EditorFacts, lines: Sequence[str], line: int) -> list[str]:
    own = lines[line].partition(":")[0]
    block = own if own and not own[0].isspace() else _block(lines, line)
    side = facts.target if block == "target" else facts.source
    known = side.description.resources if side.description else {}
    return [name for name in known if name != "*"]


def _fields(fields: Mapping[str, Field]) -> Iterator[Offer]:
    for path, field in fields.items():
        yield Offer(read_expression(path), "field", about_field(field))


def _functions() -> Iterator[Offer]:
    for name, function in BY_NAME.items():
        yield Offer(name, "function", f"{function.signature}: {function.summary}")
    yield from (Offer(name, "function") for name in BUILT_IN)


def _name(path: str) -> str:
    return path if re.fullmatch(r"[\w.]+( [\w.]+)*", path) else "'" + path.replace("'", "''") + "'"


def _word(lines: Sequence[str], line: int, column: int) -> tuple[str, bool]:
    """Return the name at a place, and whether it is called as a function."""
    text = lines[line] if line < len(lines) else ""
    for found in _WORD.finditer(text):
        if found.start() <= column <= found.end():
            return found[0].strip('"'), text[found.end() : found.end() + 1] == "("
    return "", False


def _sides(
    facts: EditorFacts, lines: Sequence[str], line: int, column: int
) -> tuple[EditorSide, ...]:
    """Return the sides that a name at a place may be a field of, the likelier one first."""
    table = _table(facts, lines, line)
    if table is not None:
        return (table,)
    text = lines[line] if line < len(lines) else ""
    before = text[:column]
    is_key = ":" not in before and _block(lines, line) in ("fields", "set")
    found = _AFTER.search(re.split(r"[{,]\s*(?=\w+:)", before)[-1])
    on_target = is_key or (found is not None and found[1] in _TARGET_KEYS)
    both = (facts.target, facts.source)
    return both if on_target else both[::-1]


def _in_manifest(side: EditorSide, word: str) -> Span | None:
    """Return where a manifest describes a field."""
    description = side.description
    if description is None or not description.file or word not in side.fields:
        return None
    try:
        document = read_all(Path(description.file).read_bytes(), description.file).document
    except (OSError, Refused):
        return None
    place: Place = ("resources", side.resource, "record")
    for key in path_of(word):
        place = (*place, "properties", key)
    if document is None or place not in document.places:
        return None
    return document.span(place, key=True)
